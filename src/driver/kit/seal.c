#include "driver/kit/seal.h"

#include "grant/grant_seal.h"

#include <sodium.h>

_Static_assert((int)SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "seal.h says so");

void seal_load(void)
{
	int ready = sodium_init();
	ASSERT(ready >= 0);
}

void seal_keys_of(const uint8_t key[SEAL_KEY_BYTES], struct seal_keys *ret_keys)
{
	uint8_t *const keys[] = {ret_keys->kept, ret_keys->spool, ret_keys->telemetry};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		crypto_kdf_derive_from_key(keys[i], SEAL_KEY_BYTES, i + 1, "chcydrvr", key);
	grant_token_key(key, ret_keys->token);
}

void seal_wipe(void *at, size_t n)
{
	sodium_memzero(at, n);
}

void seal_put(const uint8_t key[SEAL_KEY_BYTES], const void *place, size_t place_n, const uint8_t *plain, size_t n,
	      uint8_t *ret_sealed)
{
	randombytes_buf(ret_sealed, SEAL_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + SEAL_NONCE_BYTES, NULL, plain, n, place, place_n, NULL,
						   ret_sealed, key);
}

bool seal_open(const uint8_t key[SEAL_KEY_BYTES], const void *place, size_t place_n, const uint8_t *sealed, size_t n,
	       uint8_t *ret_plain)
{
	return n >= SEAL_MORE_BYTES &&
	       crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, sealed + SEAL_NONCE_BYTES,
							  n - SEAL_NONCE_BYTES, place, place_n, sealed, key) == 0;
}
