/* master.h: the protector file: the root key of a pair of key files, wrapped once for each way to come to it.
 *
 * A protector turns what somebody has (a file, a passphrase, shares on paper) into a key K; the root key lies
 * wrapped under K. K lies wrapped under the root key, so that whoever has the root key can put another in its
 * place for all protectors, without asking anybody: `rekey` of a running mission needs no passphrase. It shuts out
 * who had the old root key, but not who had this file as well, and so each K: that takes new protectors.
 *
 * The file is two slots of 4096 bytes; what was written last, whole, counts. Integers are little endian.
 *
 *      0  magic "ChcyMstr" (8), format 1 (4), protectors (4), generation (8), the file's id (16, random), the next
 *         protector's number (4)
 *     44  zeros up to 224
 *    224  BLAKE2b of 32 bytes, key of 32 zeros, over the slot with zeros here: tells a torn slot, and protects nothing
 *    256  15 protectors of 256 bytes; those behind the last are zeros
 *
 *      0  kind (1), threshold (1), shares (1), length of the label (1), number (4), passes (4), memory in KiB (4)
 *     16  salt (16), label (64), zeros (8)
 *    104  the root key, wrapped under K (72): the additional data are the file's id and the 104 bytes before
 *    176  K, wrapped under H(root key; "protectors") (72), the same additional data; zeros (8)
 *
 *     kind           K
 *     1 file         H(the file's 32 bytes; "protector file" ‖ salt)
 *     2 passphrase   Argon2id 1.3 over the passphrase, one lane, with salt, passes and memory
 *     3 shares       H(the 32 bytes that the shares make; "protector shares" ‖ salt); its set is the salt's first 4
 *     4 tpm2, 5 fido2   reserved: kept as they are, and rewrapped; this version cannot open them
 *
 * A change is written into the slot that does not count and synced; then the other one is overwritten. So after a
 * power failure at any moment the file opens with what it opened with before, or with what it opens with after.
 */
#ifndef KEYS_MASTER_H
#define KEYS_MASTER_H

#include "base/file.h"
#include "keys/share.h"

enum {
	MASTER_SLOT_BYTES = 4096,
	MASTER_PROTECTORS_MAX = 15,
	MASTER_LABEL_BYTES_MAX = 64,
	MASTER_PASSPHRASE_BYTES_MIN = 12,
	MASTER_PASSPHRASE_BYTES_MAX = 1024,
	MASTER_PASSES_MAX = 64,
	MASTER_MEMORY_KIB_MIN = 8, /* Argon2's own least */
	MASTER_MEMORY_KIB_MAX = 1048576,
};

enum protector_kind {
	PROTECTOR_FILE = 1,
	PROTECTOR_PASSPHRASE,
	PROTECTOR_SHARES,
	PROTECTOR_TPM2,
	PROTECTOR_FIDO2,
	PROTECTOR_KINDS,
};

/* What Argon2id costs whoever guesses, and whoever knows. */
struct master_cost {
	uint32_t passes, memory_kib;
};
#define MASTER_COST ((struct master_cost){3, 65536}) /* 64 MiB: about 0.1 s */

struct protector {
	enum protector_kind kind;
	uint32_t number; /* never given twice in one file */
	unsigned threshold, shares;
	struct master_cost cost;
	char label[MASTER_LABEL_BYTES_MAX + 1];
};

/* The file as it was read; no secret in clear. The file is the caller's to close. */
struct master {
	struct file file;
	uint8_t slot[MASTER_SLOT_BYTES]; /* the one that counts */
	unsigned place;			 /* which of the two it is */
};

/* A new file, and a new root key for it: the first protector that is added makes it durable; without one there is
 * no file. What was in the file is overwritten then. */
void master_make(struct master *master, struct file file, uint8_t ret_root[CRYPT_KEY_BYTES]);

/* ERROR_RECORD: neither slot is one of ours, or what it says cannot be. */
int master_open(struct master *master, struct file file, struct error *error);

/* The i-th protector, from 0; false behind the last. */
bool master_protector(const struct master *master, size_t i, struct protector *ret_protector);
const char *protector_kind_name(enum protector_kind kind);

/* The root key. ERROR_CRYPTO: no protector of that kind opens with it. Each passphrase protector costs one run of
 * Argon2id. The caller wipes the root key. */
int master_by_file(const struct master *master, const uint8_t key[CRYPT_KEY_BYTES], uint8_t ret_root[CRYPT_KEY_BYTES],
		   struct error *error);
int master_by_passphrase(const struct master *master, struct str passphrase, uint8_t ret_root[CRYPT_KEY_BYTES],
			 struct error *error);
int master_by_shares(const struct master *master, const struct share *shares, size_t n,
		     uint8_t ret_root[CRYPT_KEY_BYTES], struct error *error);

/* Whether this is the root key behind the protectors. ERROR_CRYPTO: it is another one's, or was theirs once. */
int master_check_root(const struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct error *error);

/* Whether a protector's shares were made together with this one; if not, it is another mission's, or of a
 * protector that was removed. */
bool master_knows_share(const struct master *master, const struct share *share);

/* One more protector for the root key that the file has; durable when it returns. ERROR_LIMIT: there are
 * MASTER_PROTECTORS_MAX, or the passphrase is too short or too long. */
int master_add_file(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label,
		    const uint8_t key[CRYPT_KEY_BYTES], struct error *error);
int master_add_passphrase(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label,
			  struct str passphrase, struct master_cost cost, struct error *error);
/* ret_shares are on no disk; the caller prints and wipes them. */
int master_add_shares(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label, unsigned threshold,
		      unsigned count, struct share *ret_shares, struct error *error);

/* Durable when it returns. Whoever had that protector and a copy of the files from before still opens the copy;
 * rekey, so that it opens nothing newer. ERROR_INPUT: there is no such number; ERROR_LIMIT: it is the last one. */
int master_remove(struct master *master, uint32_t number, struct error *error);

/* Another root key behind the same protectors; durable when it returns: the moment at which a rekey has happened
 * (keys.h). */
int master_switch(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], const uint8_t new_root[CRYPT_KEY_BYTES],
		  struct error *error);

#endif
