/* checkpoint.h: a signed checkpoint (C2SP tlog-checkpoint in a signed-note), the cosignatures of witnesses under it
 * (C2SP tlog-cosignature), and the keys that verify them.
 *
 *     chancery/lakeside                            line 1: the origin, which is the key's name
 *     1042                                         line 2: how many entries the tree has
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   line 3: the tree's root
 *                                                  line 4: empty
 *     — chancery/lakeside Az3grlgt…=               line 5: base64(key id (4 bytes) ‖ Ed25519 signature of lines 1 to 3)
 *     — witness.example/w1 nZ8sfg3k…=              further lines; a witness's is base64(key id ‖ time (8 bytes, big
 *                                                  endian, seconds since 1970) ‖ Ed25519 signature), of this text:
 *     cosignature/v1
 *     time 1700000000
 *     …lines 1 to 3
 *
 * A verifier key is NAME+ID+BASE64: the id in 8 hexadecimal digits, base64 of TYPE ‖ public key (32 bytes). The id is
 * the first 4 bytes of SHA-256(NAME ‖ "\n" ‖ TYPE ‖ public key).
 */
#ifndef VERIFY_CHECKPOINT_H
#define VERIFY_CHECKPOINT_H

#include "complaint.h"
#include "tree.h"

#define CHECKPOINT_NAME_BYTES_MAX 255
#define CHECKPOINT_NOTE_BYTES_MAX 65536

/* What a key signs. */
enum checkpoint_type {
	CHECKPOINT_LOG = 0x01,	   /* the mission's own checkpoints */
	CHECKPOINT_WITNESS = 0x04, /* cosignature/v1 of others' */
};

struct checkpoint_key {
	enum checkpoint_type type;
	char name[CHECKPOINT_NAME_BYTES_MAX + 1];
	uint8_t id[4];
	uint8_t public[32];
};

struct checkpoint {
	uint64_t size; /* never 0 */
	struct tree_hash root;
};

/* One line; the newline at its end may be missing. */
bool checkpoint_key_read(const uint8_t *line, size_t len, enum checkpoint_type type, struct checkpoint_key *ret_key,
			 struct complaint *complaint);

/* Reads the note and verifies the signature of the log's key. A complaint names the line. */
bool checkpoint_read(const uint8_t *note, size_t len, const struct checkpoint_key *key,
		     struct checkpoint *ret_checkpoint, struct complaint *complaint);

/* The same for a note that somebody kept: the key may have signed it under another origin, before or after a fork. */
bool checkpoint_read_kept(const uint8_t *note, size_t len, const struct checkpoint_key *key,
			  struct checkpoint *ret_checkpoint, struct complaint *complaint);

/* The next two take a note that has passed checkpoint_read. */

/* Whether a line is in the form of that witness's cosignature: more is not known without its key. */
bool checkpoint_names_witness(const uint8_t *note, size_t len, const char *name, size_t name_len);

/* When the witness has seen this checkpoint, in seconds since 1970 by its own clock. False with a complaint if its line
 * is wrong; ret_found is false if it has none. */
bool checkpoint_seen(const uint8_t *note, size_t len, const struct checkpoint_key *witness, bool *ret_found,
		     uint64_t *ret_time_s, struct complaint *complaint);

/* In base64: 44 characters and a NUL. */
struct checkpoint_root_text {
	char text[45];
};
struct checkpoint_root_text checkpoint_root_text(const struct tree_hash *root);

#endif
