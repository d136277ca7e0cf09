/* crypt.h: the three things that keys do here, in libsodium's words: hash under a key, wrap, unwrap.
 *
 * A hash is BLAKE2b keyed with 32 bytes. What is wrapped is XChaCha20-Poly1305 with a random nonce of 24 bytes,
 * which is too long to fall on the same twice:
 *
 *     nonce (24) | cipher text | tag (16)
 */
#ifndef KEYS_CRYPT_H
#define KEYS_CRYPT_H

#include "base/str.h"

enum {
	CRYPT_KEY_BYTES = 32,
	CRYPT_NONCE_BYTES = 24,
	CRYPT_TAG_BYTES = 16,
	CRYPT_WRAP_BYTES = CRYPT_NONCE_BYTES + CRYPT_TAG_BYTES, /* what wrapping adds */
};

/* Before anything else here, once a process and before its sandbox: what libsodium looks up of the machine it
 * looks up now. */
void crypt_init(void);

void crypt_random(void *ret_bytes, size_t n);

/* Wipes, and no compiler leaves it out. */
void crypt_wipe(void *at, size_t n);

/* H(key; a ‖ b) of n bytes, 8 to 64. libsodium documents 16 as the least, and makes 8 as BLAKE2b has them. */
void crypt_hash(const uint8_t key[CRYPT_KEY_BYTES], struct str a, struct str b, uint8_t *ret_hash, size_t n);

/* n + CRYPT_WRAP_BYTES bytes; `at` and `ret_wrapped` do not overlap. */
void crypt_wrap(const uint8_t key[CRYPT_KEY_BYTES], struct str aad, const void *at, size_t n, uint8_t *ret_wrapped);

/* False, and ret_bytes zeroed, when it was wrapped under another key or for another place, or was changed. n is
 * what was wrapped. */
bool crypt_unwrap(const uint8_t key[CRYPT_KEY_BYTES], struct str aad, const uint8_t *wrapped, void *ret_bytes,
		  size_t n);

/* Numbers in files are little endian. */
static inline void crypt_put_le(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t crypt_get_le(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static inline bool crypt_is_zero(const uint8_t *at, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= at[i];
	return any == 0;
}

#endif
