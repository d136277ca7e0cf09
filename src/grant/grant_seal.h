/* grant_seal.h: what a grant table needs of cryptography: the tokens of cards, the signature. By libsodium.
 *
 *     token key   BLAKE2b of 32 bytes, keyed with the driver's key (contract.yaml, begin), over "chancery grant token"
 *     token       BLAKE2b of 16 bytes, keyed with the token key, over salt ‖ bits as u16 ‖ the card's bytes
 *     signature   Ed25519 over the table without its last 64 bytes; nothing else that a mission signs begins as it does
 *
 * The core and the driver make the same tokens because both know the driver's key. Call sodium_init first.
 */
#ifndef GRANT_GRANT_SEAL_H
#define GRANT_GRANT_SEAL_H

#include "base/error.h"
#include "grant/grant.h"

enum { GRANT_KEY_BYTES = 32, GRANT_SEED_BYTES = 32, GRANT_CARD_BYTES_MAX = 32 };

void grant_token_key(const uint8_t driver_key[GRANT_KEY_BYTES], uint8_t ret_key[GRANT_KEY_BYTES]);
void grant_token(const uint8_t token_key[GRANT_KEY_BYTES], const uint8_t salt[GRANT_SALT_BYTES], uint16_t bits,
		 struct str card, uint8_t ret_token[GRANT_TOKEN_BYTES]);

/* The public key of this seed. */
void grant_public_key(const uint8_t seed[GRANT_SEED_BYTES], uint8_t ret_key[GRANT_KEY_BYTES]);

/* Writes the signature over the table's last 64 bytes. */
void grant_sign(uint8_t *bytes, size_t n, const uint8_t seed[GRANT_SEED_BYTES]);

/* Whether the owner of this public key signed the table. */
bool grant_is_signed(const uint8_t *bytes, size_t n, const uint8_t key[GRANT_KEY_BYTES]);

#endif
