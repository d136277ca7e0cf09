/* assertion.h: whether a passkey's owner has touched it for this very command: WebAuthn level 2, section 7.2, as far as it concerns an assertion that
 * is asked for here (no extensions, one origin), with section 5.8.1.2's comparison of the client data.
 *
 *     challenge = SHA-256(name LF body LF nonce)         the nonce is the core's own, good once and for two minutes
 *
 * ES256 only. The signature is libcrypto's work; flags, lengths, challenge, origin and counter are checked here, each strictly.
 */
#ifndef SERVE_ASSERTION_H
#define SERVE_ASSERTION_H

#include "base/arena.h"
#include "gen/types.h"

#define ASSERTION_RP_ID	 "localhost"
#define ASSERTION_ORIGIN "https://localhost"

enum { ASSERTION_CHALLENGE_BYTES = 32, ASSERTION_KEY_BYTES = 65 };

struct assertion_asked {
	struct str name, body, nonce;
	struct str key;	 /* the uncompressed point */
	int64_t counter; /* as it was when it was used last */
};

void assertion_challenge(const struct assertion_asked *asked, uint8_t ret_challenge[ASSERTION_CHALLENGE_BYTES]);

/* NULL when it is good, and ret_counter is its counter; else what is wrong with it, in words. */
const char *assertion_check(const struct assertion *assertion, const struct assertion_asked *asked, struct arena *arena,
			    int64_t *ret_counter);

/* Has libcrypto load what it needs, before a sandbox closes. */
void assertion_warm(void);

#endif
