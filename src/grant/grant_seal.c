#include "grant/grant_seal.h"

#include <sodium.h>

void grant_token_key(const uint8_t driver_key[GRANT_KEY_BYTES], uint8_t ret_key[GRANT_KEY_BYTES])
{
	static const uint8_t what[] = "chancery grant token";
	int made = crypto_generichash(ret_key, GRANT_KEY_BYTES, what, sizeof what - 1, driver_key, GRANT_KEY_BYTES);
	ASSERT(made == 0);
}

void grant_token(const uint8_t token_key[GRANT_KEY_BYTES], const uint8_t salt[GRANT_SALT_BYTES], uint16_t bits,
		 struct str card, uint8_t ret_token[GRANT_TOKEN_BYTES])
{
	uint8_t text[GRANT_SALT_BYTES + 2 + GRANT_CARD_BYTES_MAX];
	ASSERT(card.len <= GRANT_CARD_BYTES_MAX);
	memcpy(text, salt, GRANT_SALT_BYTES);
	text[GRANT_SALT_BYTES] = (uint8_t)bits;
	text[GRANT_SALT_BYTES + 1] = (uint8_t)(bits >> 8);
	memcpy(text + GRANT_SALT_BYTES + 2, card.at, card.len);
	int made = crypto_generichash(ret_token, GRANT_TOKEN_BYTES, text, GRANT_SALT_BYTES + 2 + card.len, token_key,
				      GRANT_KEY_BYTES);
	ASSERT(made == 0);
	sodium_memzero(text, sizeof text);
}

void grant_public_key(const uint8_t seed[GRANT_SEED_BYTES], uint8_t ret_key[GRANT_KEY_BYTES])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	int made = crypto_sign_seed_keypair(ret_key, secret, seed);
	ASSERT(made == 0);
	sodium_memzero(secret, sizeof secret);
}

void grant_sign(uint8_t *bytes, size_t n, const uint8_t seed[GRANT_SEED_BYTES])
{
	uint8_t key[GRANT_KEY_BYTES], secret[crypto_sign_SECRETKEYBYTES];
	size_t signs = n - GRANT_SIGNATURE_BYTES;
	ASSERT(n >= GRANT_SIGNATURE_BYTES);
	int made = crypto_sign_seed_keypair(key, secret, seed);
	ASSERT(made == 0);
	made = crypto_sign_detached(bytes + signs, NULL, bytes, signs, secret);
	ASSERT(made == 0);
	sodium_memzero(secret, sizeof secret);
}

bool grant_is_signed(const uint8_t *bytes, size_t n, const uint8_t key[GRANT_KEY_BYTES])
{
	size_t signs = n - GRANT_SIGNATURE_BYTES;
	return n >= GRANT_SIGNATURE_BYTES && crypto_sign_verify_detached(bytes + signs, bytes, signs, key) == 0;
}
