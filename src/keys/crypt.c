#include "keys/crypt.h"

#include <sodium.h>

void crypt_init(void)
{
	int ready = sodium_init();
	ASSERT(ready >= 0);
}

void crypt_random(void *ret_bytes, size_t n)
{
	randombytes_buf(ret_bytes, n);
}

void crypt_wipe(void *at, size_t n)
{
	sodium_memzero(at, n);
}

void crypt_hash(const uint8_t key[CRYPT_KEY_BYTES], struct str a, struct str b, uint8_t *ret_hash, size_t n)
{
	crypto_generichash_blake2b_state state;
	int done = crypto_generichash_blake2b_init(&state, key, CRYPT_KEY_BYTES, n);
	if (a.len > 0)
		done |= crypto_generichash_blake2b_update(&state, (const uint8_t *)a.at, a.len);
	if (b.len > 0)
		done |= crypto_generichash_blake2b_update(&state, (const uint8_t *)b.at, b.len);
	done |= crypto_generichash_blake2b_final(&state, ret_hash, n);
	ASSERT(done == 0);
	crypt_wipe(&state, sizeof state);
}

void crypt_wrap(const uint8_t key[CRYPT_KEY_BYTES], struct str aad, const void *at, size_t n, uint8_t *ret_wrapped)
{
	crypt_random(ret_wrapped, CRYPT_NONCE_BYTES);
	int done = crypto_aead_xchacha20poly1305_ietf_encrypt(ret_wrapped + CRYPT_NONCE_BYTES, NULL, at, n,
							      (const uint8_t *)aad.at, aad.len, NULL, ret_wrapped, key);
	ASSERT(done == 0);
}

bool crypt_unwrap(const uint8_t key[CRYPT_KEY_BYTES], struct str aad, const uint8_t *wrapped, void *ret_bytes, size_t n)
{
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret_bytes, NULL, NULL, wrapped + CRYPT_NONCE_BYTES,
						       n + CRYPT_TAG_BYTES, (const uint8_t *)aad.at, aad.len, wrapped,
						       key) == 0)
		return true;
	crypt_wipe(ret_bytes, n);
	return false;
}
