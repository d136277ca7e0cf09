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

/* Authenticator data, section 6.1: hash of the rp id, flags, counter (4 bytes, the highest first); with neither attested credential nor extensions that
 * is all. */
enum { ASSERTION_RP_HASH_BYTES = 32, ASSERTION_AUTHENTICATOR_BYTES = 37 };
enum {
	ASSERTION_USER_PRESENT = 1 << 0,
	ASSERTION_USER_VERIFIED = 1 << 2,
	ASSERTION_BACKUP_ELIGIBLE = 1 << 3,
	ASSERTION_BACKED_UP = 1 << 4,
	ASSERTION_ATTESTED = 1 << 6,
	ASSERTION_EXTENSIONS = 1 << 7,
};

struct assertion_asked {
	struct str name, body, nonce;
	struct str key;	 /* the uncompressed point */
	int64_t counter; /* as it was when it was used last */
};

void assertion_challenge(const struct assertion_asked *asked, uint8_t ret_challenge[ASSERTION_CHALLENGE_BYTES]);

/* What the client data of a good one begin with; whoever makes one ends it with }. */
void assertion_put_client(struct buf *b, const struct assertion_asked *asked);

/* NULL when it is good, and ret_counter is its counter; else what is wrong with it, in words. */
const char *assertion_check(const struct assertion *assertion, const struct assertion_asked *asked, struct arena *arena,
			    int64_t *ret_counter);

/* Has libcrypto load what it needs, before a sandbox closes. */
void assertion_warm(void);

#endif
