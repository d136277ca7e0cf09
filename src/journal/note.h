/* note.h: a text with signatures under it (C2SP signed-note), and the text that says how far a journal has
 * come (C2SP tlog-checkpoint).
 *
 *     chancery/lakeside                                          origin: the log's name, and its key's
 *     600                                                        entries
 *     5zCkMZkSH1WcKDiV9fGdIQkQXVKrNWzAS2QKmcUTCFQ=               root of the tree over them, base64
 *                                                                an empty line ends the text
 *     — chancery/lakeside Zm9v…                                  base64 of key id (4 bytes) and signature (64
 * bytes)
 *
 * The signature is Ed25519 over the text with its last LF. The key id is the beginning of SHA-256(name || LF
 * || type || public key), type 0x01. A verifier key is one line: name+id+base64, the id in 8 lower-case hexadecimal
 * digits, the base64 of type || public key.
 *
 * A witness's line (C2SP tlog-cosignature, v1, type 0x04) has the time before the signature, 8 bytes big endian,
 * seconds since 1970, and signs "cosignature/v1" LF "time " and that time in decimal LF, and the text: no larger
 * tree of this origin was seen until then.
 *
 * Notes and keys are foreign bytes: what is not exactly so is refused, with the reason. Signature lines of
 * other keys are allowed and skipped.
 */
#ifndef JOURNAL_NOTE_H
#define JOURNAL_NOTE_H

#include "base/buf.h"
#include "journal/merkle.h"

enum {
	NOTE_NAME_BYTES_MAX = 255,
	NOTE_SIGNATURES_MAX = 64,	/* lines under one text */
	NOTE_BYTES_MAX = 65535,		/* with its signatures */
	NOTE_OWN_BYTES_MAX = 1024,	/* a checkpoint with one signature: two names, a number, a hash, a signature */
	NOTE_COSIGNED_BYTES_MAX = 1536, /* with a witness's line under it */
	NOTE_VKEY_BYTES_MAX = NOTE_NAME_BYTES_MAX + 1 + 8 + 1 + 44,
	NOTE_SEED_BYTES = 32,
};

enum note_type {
	NOTE_ED25519 = 0x01,	 /* a log's signature */
	NOTE_COSIGNATURE = 0x04, /* a witness's */
};

struct note_key {
	enum note_type type;
	char name_at[NOTE_NAME_BYTES_MAX];
	size_t name_len;
	uint8_t id[4];
	uint8_t public_key[32];
};

static inline struct str note_key_name(const struct note_key *key)
{
	return (struct str){key->name_at, key->name_len};
}

/* The line without LF, of a log's key or a witness's. ERROR_INPUT when it is not such a verifier key, ERROR_CRYPTO
 * when its id is not its key's. */
int note_key_parse(struct str line, struct note_key *ret_key, struct error *error);
int note_witness_parse(struct str line, struct note_key *ret_key, struct error *error);
void note_key_write(struct buf *b, const struct note_key *key);

struct note_signer {
	struct note_key key;
	uint8_t secret[64]; /* libsodium's form: seed || public key */
};

/* A name is 1 to 255 bytes of UTF-8 without white space and without '+'; otherwise ERROR_INPUT. */
int note_signer_init(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		     struct error *error);
int note_witness_init(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		      struct error *error);
void note_signer_release(struct note_signer *signer); /* wipes the secret */

/* Writes text and signature. The text ends with LF and holds no other control character. */
void note_sign(struct buf *b, const struct note_signer *signer, struct str text);

/* Writes a witness's line over the text, and not the text. */
void note_cosign(struct buf *b, const struct note_signer *witness, struct str text, uint64_t time_s);

/* Checks the note by the key; ret_text points into the note. ERROR_INPUT: this is no note; ERROR_CRYPTO: not
 * signed by this key, or a signature that names it is wrong. */
int note_open(struct str note, const struct note_key *key, struct str *ret_text, struct error *error);

/* The same, and where it stands: the key's line with its LF, the newest of several of a witness. */
struct note_line {
	struct str line;
	uint64_t time_s; /* of a witness's; else 0 */
};
int note_find(struct str note, const struct note_key *key, struct str *ret_text, struct note_line *ret_line,
	      struct error *error);

/* A hash as it stands in checkpoints and proofs: 44 characters of base64. */
bool note_hash_read(struct str base64, struct merkle_hash *ret_hash);

struct note_checkpoint {
	struct str origin;
	uint64_t size;
	struct merkle_hash root;
};

void note_checkpoint_write(struct buf *b, const struct note_checkpoint *checkpoint);

/* The three lines and nothing else; ret_checkpoint->origin points into the text. */
int note_checkpoint_parse(struct str text, struct note_checkpoint *ret_checkpoint, struct error *error);

/* Of any log: its origin is any line, and more lines that are not empty may follow the three. */
int note_checkpoint_parse_any(struct str text, struct note_checkpoint *ret_checkpoint, struct error *error);

#endif
