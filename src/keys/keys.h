/* keys.h: the two key files of which one counts, and what the mission does with keys as a whole.
 *
 * A mission has two such pairs: subjects.0 and subjects.1 under the root key of `master`, doors.0 and doors.1
 * under that of `door`. All of it works on files that are open already:
 *
 *     master_open(&master, file of master, &error);                the protectors
 *     master_by_passphrase(&master, passphrase, root, &error);     … or by_file, by_shares
 *     keys_open(&keys, files of subjects.0 and .1, root, KEYFILE_SLOTS_MAX, &error);
 *     crypt_wipe(root, sizeof root);
 *
 * Only one file of a pair holds keys; the other is empty. Rekeying writes the empty one whole under a new root key
 * (1), puts the new root key behind the protectors (2), and overwrites the old file and cuts it to nothing (3).
 * The power may fail between any two writes: until (2) is durable the old root key and the old file open, from
 * then on the new ones; keys_open overwrites what does not open.
 */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include "keys/keyfile.h"
#include "keys/master.h"
#include "keys/wipe.h"

enum keys_rekeying { KEYS_SETTLED, KEYS_COPYING, KEYS_WIPING };

struct keys {
	struct file files[2];
	unsigned current;
	struct keyfile *file; /* find, make, secrets: keyfile.h */
	enum keys_rekeying rekeying;
	struct wipe wiping; /* the file that was current */
};

/* Makes a new pair; the first file holds no keys yet, the second is empty. */
int keys_create(const struct file files[2], const uint8_t root[CRYPT_KEY_BYTES], struct error *error);

/* ERROR_CRYPTO: neither file opens with this root key; nothing was written then. ERROR_RECORD: neither is a key
 * file. */
int keys_open(struct keys *keys, const struct file files[2], const uint8_t root[CRYPT_KEY_BYTES], uint32_t slots_max,
	      struct error *error);
void keys_close(struct keys *keys); /* wipes the memory; the files stay open */

/* Before each commit of what was sealed: makes the keys durable, or says what the vault could not. After an error
 * the process must end. */
int keys_sync(struct keys *keys, struct error *error);

/* Destroys the subject's key and its secrets: its values are erased from here on, wherever they stand. */
int keys_forget(struct keys *keys, struct str table, uint64_t id, struct error *error);

/* Months: for each class and month in which something was sealed there is a key. */
struct keys_month {
	struct str keep; /* as long as the keys are open */
	int64_t month;	 /* month.h */
	int64_t end;	 /* from when on nothing of it may be kept, ms since 1970-01-01T00:00Z */
};

/* Walks them, in no order: begin with *cursor 0; false at the end. What is past is what ends at or before a time
 * that the caller trusts. */
bool keys_next_month(const struct keys *keys, uint32_t *cursor, struct keys_month *ret_month);
int keys_destroy_month(struct keys *keys, struct str keep, int64_t month, struct error *error);

/* A new root key, in steps of a few milliseconds each, between which the keys are used as ever. 1: there is more;
 * 0: it is done, and the old file is wiped; or an error: when the other file cannot be written all is as before, and
 * keys_sync still works; when it fails later, keys_sync fails from then on, the process must end, and the next one finds
 * the old or the new. */
int keys_rekey_begin(struct keys *keys, struct error *error);
int keys_rekey_step(struct keys *keys, struct master *master, struct error *error);

/* All steps at once. */
int keys_rekey(struct keys *keys, struct master *master, struct error *error);

#endif
