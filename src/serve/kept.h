/* kept.h: secrets that outlive the core, and die with the keeper: nameless memory, in no core dump, locked, whose descriptor the keeper gives to each new core.
 *
 * A core that dies at night must come back without anybody's passphrase. Whoever could read this memory could read the core's, which has the same in it.
 */
#ifndef SERVE_KEPT_H
#define SERVE_KEPT_H

#include "keys/keyring.h"

struct kept {
	uint8_t drivers[CRYPT_KEY_BYTES]; /* what drivers' own keys are made of; the keeper writes it */
	uint8_t root[CRYPT_KEY_BYTES];	  /* of the mission's keys, once somebody opened them; the core writes it */
	uint8_t next
	    [CRYPT_KEY_BYTES]; /* the root key that is about to take its place; the core may die before it knows whether it did */
	bool has_root, has_next;
};

/* A descriptor of new memory, or an error. */
int kept_make(struct error *error);

/* NULL: it is none of these. The descriptor stays the caller's. */
struct kept *kept_map(int fd);
void kept_unmap(struct kept *kept);

/* Finds, or makes, what drivers' keys are made of among the door's keys in `directory`, which no other process may have open. */
int kept_read_drivers(struct kept *kept, const char *directory, struct error *error);

/* The key under which a driver keeps its spool, its state and its last grant table. */
void kept_driver_key(const uint8_t drivers[CRYPT_KEY_BYTES], struct str driver, uint8_t ret_key[CRYPT_KEY_BYTES]);

/* Opens the mission's keys as they were open before. Without such memory, or when it fits no more, they stay closed. */
void kept_open(const struct kept *kept, struct keyring *ring);

/* After they were opened, and whenever they have a new root key. */
void kept_remember(struct kept *kept, const struct keyring *ring);

/* Before they get it: whichever it is that the protectors then have, kept_open opens with it. */
void kept_expect(struct kept *kept, const uint8_t root[CRYPT_KEY_BYTES]);

#endif
