/* keyring.h: a mission's two pairs of key files, by their names in its directory of keys.
 *
 *     protectors   key of the protector “file”   key files
 *     master       master.key                    subjects.0, subjects.1
 *     door         door.key                      doors.0, doors.1
 *
 * Under the master key lie subjects, months, compartments, snapshots and the index; under the door key what readers and
 * drivers need before anybody came with a passphrase.
 *
 * keyring_open opens the files and reads who protects them: a process does it before its sandbox. One of
 * keyring_by_… then opens the keys, and may do so later: it opens no file but keyring_by_file, which reads the key
 * beside.
 *
 * A key file beside what it opens protects from nobody who has the disk. The sample has one; a mission has it for
 * its door key alone, because doors must work when the power comes back at night.
 */
#ifndef KEYS_KEYRING_H
#define KEYS_KEYRING_H

#include "keys/keys.h"

enum keyring_kind { KEYRING_MASTER, KEYRING_DOOR, KEYRING_KINDS };

enum {
	KEYRING_DOOR_SLOTS_MAX = 16384, /* 8,192 readers, and drivers */
	KEYRING_PATH_BYTES = 512,
};

struct keyring {
	enum keyring_kind kind;
	char directory[KEYRING_PATH_BYTES];
	struct file protectors, files[2];
	struct master master;
	struct keys keys; /* keys.file is NULL until they are open */
};

/* "master", "door" */
const char *keyring_name(enum keyring_kind kind);

/* Makes new keys with one protector, a file beside. ERROR_RECORD: there is a protector file already. */
int keyring_make(enum keyring_kind kind, const char *directory, struct error *error);

int keyring_open(struct keyring *ring, enum keyring_kind kind, const char *directory, struct error *error);

/* Wipes the keys' memory and closes the files. */
void keyring_close(struct keyring *ring);

/* Whether a file beside opens it. */
bool keyring_is_by_file(const struct keyring *ring);

/* Wipes the key beside, when no protector needs it any more. */
int keyring_drop_file(const struct keyring *ring, struct error *error);

/* Open the keys. ERROR_CRYPTO: not with this. ERROR_RECORD: the protectors open, the key files do not. */
int keyring_by_file(struct keyring *ring, struct error *error);
/* With the root key itself, which is wiped. ERROR_CRYPTO also when it was these protectors' before. */
int keyring_by_root(struct keyring *ring, uint8_t root[CRYPT_KEY_BYTES], struct error *error);
int keyring_by_passphrase(struct keyring *ring, struct str passphrase, struct error *error);
int keyring_by_shares(struct keyring *ring, const struct share *shares, size_t n, struct error *error);

#endif
