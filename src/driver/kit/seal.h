/* seal.h: the keys of what a driver keeps on disk, and bytes sealed with one: XChaCha20-Poly1305, by libsodium.
 *
 * All keys come from the one that the keeper's `begin` line gives (contract.yaml): crypto_kdf (BLAKE2b),
 * context "chcydrvr", numbers 1 to 3; the token key as grant_seal.h says. Nonces are random, so that writing
 * the same place again tells nothing.
 *
 * Sealed bytes are the nonce, the cipher text and the tag. What they belong to (`place`) is not in them, and
 * they do not open anywhere else.
 */
#ifndef KIT_SEAL_H
#define KIT_SEAL_H

#include "base/base.h"

enum {
	SEAL_KEY_BYTES = 32,
	SEAL_NONCE_BYTES = 24,
	SEAL_MORE_BYTES = SEAL_NONCE_BYTES + 16, /* nonce and tag */
};

struct seal_keys {
	uint8_t kept[SEAL_KEY_BYTES], spool[SEAL_KEY_BYTES], telemetry[SEAL_KEY_BYTES], token[SEAL_KEY_BYTES];
};

/* Loads libsodium; before the sandbox. */
void seal_load(void);

void seal_keys_of(const uint8_t key[SEAL_KEY_BYTES], struct seal_keys *ret_keys);
void seal_wipe(void *at, size_t n);

/* Writes n + SEAL_MORE_BYTES bytes. The plain bytes lie elsewhere, or where their cipher text will:
 * SEAL_NONCE_BYTES behind ret_sealed. */
void seal_put(const uint8_t key[SEAL_KEY_BYTES], const void *place, size_t place_n, const uint8_t *plain, size_t n,
	      uint8_t *ret_sealed);

/* Writes n - SEAL_MORE_BYTES bytes, elsewhere or SEAL_NONCE_BYTES behind `sealed`; false, and nothing that may
 * be used, when they were not sealed so. */
bool seal_open(const uint8_t key[SEAL_KEY_BYTES], const void *place, size_t place_n, const uint8_t *sealed, size_t n,
	       uint8_t *ret_plain);

#endif
