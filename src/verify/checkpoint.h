/* checkpoint.h: a signed checkpoint (C2SP tlog-checkpoint in a signed-note) and the key that verifies it.
 *
 *     chancery/lakeside                            line 1: the origin, which is the key's name
 *     1042                                         line 2: how many entries the tree has
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   line 3: the tree's root
 *                                                  line 4: empty
 *     — chancery/lakeside Az3grlgt…=               line 5: base64(key id (4 bytes) ‖ Ed25519 signature of lines 1 to 3)
 *
 * A verifier key is NAME+ID+BASE64: the id in 8 hexadecimal digits, base64 of 0x01 ‖ public key (32 bytes). The id is
 * the first 4 bytes of SHA-256(NAME ‖ "\n" ‖ 0x01 ‖ public key).
 */
#ifndef VERIFY_CHECKPOINT_H
#define VERIFY_CHECKPOINT_H

#include "complaint.h"
#include "tree.h"

#define CHECKPOINT_NAME_BYTES_MAX 255
#define CHECKPOINT_NOTE_BYTES_MAX 65536

struct checkpoint_key {
	char name[CHECKPOINT_NAME_BYTES_MAX + 1];
	uint8_t id[4];
	uint8_t public[32];
};

struct checkpoint {
	uint64_t size; /* never 0 */
	struct tree_hash root;
};

/* One line; the newline at its end may be missing. */
bool checkpoint_key_read(const uint8_t *line, size_t len, struct checkpoint_key *ret_key, struct complaint *complaint);

/* Reads the note and verifies the signature of `key`. A complaint names the line. */
bool checkpoint_read(const uint8_t *note, size_t len, const struct checkpoint_key *key,
		     struct checkpoint *ret_checkpoint, struct complaint *complaint);

/* In base64: 44 characters and a NUL. */
struct checkpoint_root_text {
	char text[45];
};
struct checkpoint_root_text checkpoint_root_text(const struct tree_hash *root);

#endif
