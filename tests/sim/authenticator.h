/* authenticator.h: a passkey in software, for tests: an ES256 key that says what it is asked to, right or wrong.
 *
 * Made from WebAuthn level 2, sections 5.8.1 and 6.1, and of libcrypto; it shares nothing with src/serve/assertion.c but the challenge, which is what a
 * command's name, body and nonce make of it.
 */
#ifndef TESTS_SIM_AUTHENTICATOR_H
#define TESTS_SIM_AUTHENTICATOR_H

#include "base/arena.h"
#include "gen/types.h"

#include <openssl/evp.h>

enum {
	AUTHENTICATOR_UP = 0x01,
	AUTHENTICATOR_UV = 0x04,
	AUTHENTICATOR_BE = 0x08,
	AUTHENTICATOR_BS = 0x10,
	AUTHENTICATOR_AT = 0x40,
	AUTHENTICATOR_ED = 0x80,
};

struct authenticator {
	EVP_PKEY *key;
	uint8_t point[65], credential[16];
	/* What it says next. A test may change it; authenticator_init sets what is right. */
	const char *rp, *type, *origin,
	    *behind; /* behind: what stands in the client data behind `origin` and before the last brace */
	uint8_t flags;
	uint32_t counter;
	size_t more; /* bytes of zeros behind the authenticator data */
};

/* The credential is `number`, sixteen times. */
void authenticator_init(struct authenticator *a, uint8_t number);
void authenticator_release(struct authenticator *a);

/* Texts live in the arena. The nonce is 32 bytes. */
struct assertion authenticator_assert(const struct authenticator *a, struct str name, struct str body, struct str nonce,
				      struct arena *arena);

#endif
