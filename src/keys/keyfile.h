/* keyfile.h: the keys of one key file, open: found by name, made, destroyed.
 *
 *     keyfile_make(file, &id, &key, &error);     a key that there was not yet is random, and in a slot of the file
 *     keyfile_sync(file, &error);                … from here on it survives: before what it sealed is committed
 *     keyfile_destroy(file, &id, 1, &error);     … and from here on nobody has it
 *
 * Invariants:
 *   - After a power failure at any moment each key is as it was before or as it was after; one that was made and not
 *     synced is there or not; none is ever another. A slot that was torn is empty, and is overwritten when the file is
 *     opened, because half a cipher text is half a key to somebody who has the root key.
 *   - Destroying is: forgotten in memory, overwritten in the file, synced, read back and found to be what was written.
 *     Reading back goes through the system's cache: it shows that the file was written to, not what the disk keeps
 *     beside it (docs/keys.md).
 *   - A failed sync is final: keyfile_sync fails from then on, and the process must end.
 *
 * Keys are in memory as long as the file is open, in pages of their own (secret.h); secrets are read when they are
 * asked for. Memory is taken at open for slots_max slots and costs something when it is used: 56 bytes a slot. One
 * thread.
 */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include "keys/slots.h"

enum {
	KEYFILE_SLOTS_MAX = 262144,  /* 64 MiB on the disk */
	KEYFILE_GROWTH_SLOTS = 1024, /* so many more when the last one is taken */
	KEYFILE_NAMES_MAX = 1023,    /* different tables, classes, compartments and members in one file */
	KEYFILE_DESTROY_MAX = 64,    /* keys in one call */
	KEYFILE_COPY_SLOTS = 256,    /* in one step */
};

struct keyfile;

/* Makes a whole new file of empty slots, durable when this returns. */
int keyfile_create(struct file file, const uint8_t root[CRYPT_KEY_BYTES], uint64_t generation, struct error *error);

/* slots_max is at most KEYFILE_SLOTS_MAX. The file stays the caller's to close, after keyfile_close. Errors as of
 * slots_open; ERROR_LIMIT: it has more slots; ERROR_RECORD: a slot holds what this program does not know. */
int keyfile_open(struct keyfile **ret_keyfile, struct file file, const uint8_t root[CRYPT_KEY_BYTES],
		 uint32_t slots_max, struct error *error);

/* Wipes the memory. What was made and not synced may be lost. */
void keyfile_close(struct keyfile *keyfile);

/* The 32 bytes, until the key is destroyed; NULL when there is none. Not for secrets. */
const uint8_t *keyfile_find(const struct keyfile *keyfile, const struct key_id *id);

/* Finds it or makes it. ERROR_LIMIT: slots_max or KEYFILE_NAMES_MAX is reached, or the name is none. */
int keyfile_make(struct keyfile *keyfile, const struct key_id *id, const uint8_t **ret_key, struct error *error);

/* The value of a secret, its length returned; 0 when there is none. The caller wipes it. */
int keyfile_secret(const struct keyfile *keyfile, const struct key_id *id, uint8_t ret_value[RECORD_VALUE_BYTES_MAX],
		   struct error *error);

/* A new secret is durable with keyfile_sync. One that replaces another is durable when this returns, and the other
 * is destroyed. */
int keyfile_put_secret(struct keyfile *keyfile, const struct key_id *id, const uint8_t *value, size_t n,
		       struct error *error);

/* Makes durable what was made. Does nothing when nothing was. */
int keyfile_sync(struct keyfile *keyfile, struct error *error);

/* From here on keyfile_sync fails with this error: for who finds out where no error can be returned (vault.c). The
 * first one counts. */
void keyfile_fail(struct keyfile *keyfile, const struct error *error);

/* Destroys keys and secrets, at most KEYFILE_DESTROY_MAX; those that are not there are passed over. */
int keyfile_destroy(struct keyfile *keyfile, const struct key_id *ids, size_t n, struct error *error);

/* Walks the keys of a kind: begin with *cursor 0; false at the end. Texts of the id live as long as the file is
 * open. What is made or destroyed meanwhile may or may not be met. The slot is *cursor - 1. */
bool keyfile_next(const struct keyfile *keyfile, enum key_kind kind, uint32_t *cursor, struct key_id *ret_id);

/* The key in a slot that keyfile_next or a watcher has named. */
const uint8_t *keyfile_at(const struct keyfile *keyfile, uint32_t slot);

/* Called after a subject's key was made, and before any key is destroyed. One watcher. */
struct keyfile_watcher {
	void *context;
	void (*made)(void *context, uint32_t slot);
	void (*destroying)(void *context);
};
void keyfile_watch(struct keyfile *keyfile, struct keyfile_watcher watcher);

struct keyfile_state {
	uint64_t generation;
	uint32_t slots, room;	  /* in the file; how many more keys it may take in all */
	uint32_t used[KEY_KINDS]; /* by kind */
	uint32_t torn;		  /* slots that did not open, and were overwritten when the file was opened */
	bool locked;		  /* all its memory is kept out of swap */
};
void keyfile_state(const struct keyfile *keyfile, struct keyfile_state *ret_state);

/* The root key that it was opened with. */
const uint8_t *keyfile_root(const struct keyfile *keyfile);

/* Another root key, in steps: all of it is written into another file, with the next generation, while keys are found,
 * made and destroyed as ever; what the copy has already is changed there too. A step costs a few milliseconds. 1: there
 * is more; 0: the copy is whole and durable, and must be taken or dropped at once; or an error, which is the copy's alone:
 * it must be dropped then, also after the first call. keys.h has the order of things. */
int keyfile_copy_begin(struct keyfile *keyfile, struct file to, const uint8_t root[CRYPT_KEY_BYTES],
		       struct error *error);
int keyfile_copy_step(struct keyfile *keyfile, struct error *error);
const uint8_t *keyfile_copy_root(const struct keyfile *keyfile);

/* From here on the copy is the file; or the copy is nobody's. */
void keyfile_copy_take(struct keyfile *keyfile);
void keyfile_copy_drop(struct keyfile *keyfile);

#endif
