/* reader_secure.h: the reader's half of the OSDP secure channel (SIA OSDP 2.2 annex D), AES-128. Pure.
 *
 * Three keys are made for one session from the reader's own key, SCBK, and six of the panel's eight random
 * bytes A. Both sides prove that they hold them: the reader by E(S-ENC, A || B) in CCRYPT, the panel by
 * E(S-ENC, B || A) in SCRYPT. From then on every frame carries a MAC that is chained to the MAC of the last
 * frame in the other direction: a command starts from the last reply's MAC, a reply from the last command's.
 * So a frame that was left out, repeated or exchanged shows in the next one.
 *
 * Life: reader_secure_init; then sessions: challenge → prove → frames → drop. A dropped session leaves no key
 * in memory.
 */
#ifndef WORLD_READER_SECURE_H
#define WORLD_READER_SECURE_H

#include "world/reader_frame.h"

enum {
	READER_KEY_BYTES = 16,
	READER_RANDOM_BYTES = 8,
	READER_BLOCK_BYTES = 16,
};

enum reader_secure_stage {
	READER_SECURE_NONE,
	READER_SECURE_CHALLENGED, /* CCRYPT was sent; the panel has still to prove itself */
	READER_SECURE_STANDS,
};

struct reader_secure {
	void *aes; /* an EVP_CIPHER_CTX, owned */
	enum reader_secure_stage stage;
	uint8_t key[READER_KEY_BYTES]; /* SCBK */
	uint8_t s_enc[READER_KEY_BYTES], s_mac1[READER_KEY_BYTES], s_mac2[READER_KEY_BYTES];
	uint8_t panel_random[READER_RANDOM_BYTES], reader_random[READER_RANDOM_BYTES];
	uint8_t command_mac[READER_BLOCK_BYTES], reply_mac[READER_BLOCK_BYTES]; /* the last ones, whole */
};

void reader_secure_init(struct reader_secure *s, const uint8_t key[READER_KEY_BYTES]);
void reader_secure_release(struct reader_secure *s);

/* CHLNG: makes the session keys; ret_cryptogram is E(S-ENC, A || B). */
void reader_secure_challenge(struct reader_secure *s, const uint8_t panel_random[READER_RANDOM_BYTES],
			     const uint8_t reader_random[READER_RANDOM_BYTES],
			     uint8_t ret_cryptogram[READER_BLOCK_BYTES]);

/* SCRYPT: true, and the first reply MAC in ret_rmac, when the panel holds the key. False drops the session.
 */
bool reader_secure_prove(struct reader_secure *s, const uint8_t cryptogram[READER_BLOCK_BYTES],
			 uint8_t ret_rmac[READER_BLOCK_BYTES]);

/* Checks a command's MAC and takes it as the next link. False leaves the chain alone. */
bool reader_secure_check(struct reader_secure *s, const struct reader_frame *frame);

/* The clear data of a checked command of type 17, at most as long as what was encrypted. -1 when the padding
 * is wrong. */
int reader_secure_open(struct reader_secure *s, const struct reader_frame *frame, uint8_t *ret_data);

/* Encrypts a reply's data, padded. Answers the length, a multiple of 16. `out` holds n + 16 bytes. */
size_t reader_secure_seal(struct reader_secure *s, const uint8_t *data, size_t n, uint8_t *out);

/* Writes the MAC behind n bytes of a reply whose LEN is final. Answers n + 4. */
size_t reader_secure_sign(struct reader_secure *s, uint8_t *frame, size_t n);

void reader_secure_drop(struct reader_secure *s);

#endif
