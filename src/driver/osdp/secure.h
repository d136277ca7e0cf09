/* secure.h: the OSDP secure channel, panel's side (SIA OSDP 2.2, annex D), by libcrypto's AES-128.
 *
 *     S-ENC  = E(SCBK, 01 82 A0..A5 00*8)       A: 8 random bytes of the panel, 6 of which enter the keys
 *     S-MAC1 = E(SCBK, 01 01 A0..A5 00*8)       B: 8 random bytes of the reader
 *     S-MAC2 = E(SCBK, 01 02 A0..A5 00*8)
 *
 *     panel                                             reader
 *     CHLNG   A                               ──►
 *                                             ◄──       CCRYPT  cUID, B, E(S-ENC, A B)
 *     SCRYPT  E(S-ENC, B A)                   ──►
 *                                             ◄──       RMAC_I  E(S-MAC2, E(S-MAC1, SCRYPT data)), result
 * byte 01
 *
 * A MAC runs over the frame from its start mark to the end of its data. It is a CBC chain with S-MAC1 whose
 * last block is enciphered with S-MAC2; a message that is no whole number of blocks is padded with 80 and
 * zeros. It starts from the MAC of the frame in the other direction just before (the first from RMAC_I). Four
 * bytes are sent; all sixteen start the next. Data is enciphered by CBC with S-ENC, always padded, from the
 * inverse of that same MAC.
 *
 * Every check is made in constant time, and nothing is taken over from a frame that fails one. A command is
 * sealed once, and sent again bit for bit, so the chain stands still until a good reply moves it: replies
 * that do not fit change nothing.
 *
 * Keys that anybody could guess (secure_key_is_weak) are refused at configuration, SCBK-D among them: there
 * is no installation mode.
 */
#ifndef OSDP_SECURE_H
#define OSDP_SECURE_H

#include "base/error.h"
#include "driver/osdp/frame.h"

enum {
	SECURE_KEY_BYTES = 16,
	SECURE_RANDOM_BYTES = 8,
	SECURE_BLOCK_BYTES = 16,
	SECURE_CCRYPT_BYTES = 32, /* cUID 8, B 8, cryptogram 16 */
	SECURE_KEY_OWN = 1,	  /* security block byte: SCBK; 0 would be SCBK-D */
	SECURE_GOOD = 1,	  /* security block byte of RMAC_I */
};

/* What was wrong with a reply. */
enum secure_fault {
	SECURE_FINE,
	SECURE_WRONG_KEY,      /* CCRYPT for another key than the one asked for */
	SECURE_BAD_CRYPTOGRAM, /* the reader does not have the key */
	SECURE_BAD_RMAC,       /* RMAC_I or its result byte */
	SECURE_BAD_MAC,
	SECURE_CLEAR_DATA, /* data that is under a MAC and not enciphered, or under neither */
	SECURE_BAD_DATA,   /* the padding is not what it must be */
};

struct evp_cipher_ctx_st;

struct secure {
	struct evp_cipher_ctx_st *seal, *open, *mac1, *mac2;
	uint8_t a[SECURE_RANDOM_BYTES];
	uint8_t scrypt[SECURE_BLOCK_BYTES], rmac_i[SECURE_BLOCK_BYTES];
	uint8_t c_mac[SECURE_BLOCK_BYTES],
	    r_mac[SECURE_BLOCK_BYTES]; /* of the last command sealed, of the last reply opened */
};

/* The same byte sixteen times, or each byte the one before plus or minus one (so SCBK-D, 30..3F, too). */
bool secure_key_is_weak(const uint8_t key[SECURE_KEY_BYTES]);

/* Loads libcrypto's parts, so that nothing is opened later. Call once, before the sandbox. */
int secure_load(struct error *error);

/* Life. A secure is used for one session after the other; secure_drop wipes the session's keys. */
void secure_init(struct secure *secure);
void secure_drop(struct secure *secure);
void secure_release(struct secure *secure);

/* The handshake. secure_start derives the keys of a new session from the panel's random A (the CHLNG's data);
 * secure_accept checks CCRYPT and computes `scrypt`, the SCRYPT's data; secure_finish checks RMAC_I. */
void secure_start(struct secure *secure, const uint8_t key[SECURE_KEY_BYTES], const uint8_t a[SECURE_RANDOM_BYTES]);
enum secure_fault secure_accept(struct secure *secure, const struct frame *ccrypt);
enum secure_fault secure_finish(struct secure *secure, const struct frame *rmac_i);

/* Builds a whole command frame under the session: type 15 without data, 17 with. Returns its length. */
size_t secure_seal(struct secure *secure, uint8_t out[FRAME_COMMAND_BYTES_MAX], uint8_t address, uint8_t sequence,
		   uint8_t code, const uint8_t *data, size_t n);

/* Checks and opens a reply of type 16 or 18. ret_data (FRAME_BYTES_MAX bytes) gets the clear data. Only with
 * a good MAC does the chain move; SECURE_CLEAR_DATA and SECURE_BAD_DATA behind a good MAC are the reader's
 * own fault. */
enum secure_fault secure_open(struct secure *secure, const struct frame *reply, uint8_t *ret_data, size_t *ret_n);

#endif
