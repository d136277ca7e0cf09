/* chance.h: chance that follows from a seed: the same numbers on every machine and with every compiler.
 */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include "base/base.h"

struct chance {
	uint64_t state;
};

/* `of` tells apart the streams of one seed. */
struct chance chance_of(uint64_t seed, uint64_t of);

/* 0 to below - 1. */
uint64_t chance_below(struct chance *chance, uint64_t below);
/* True so many times in a thousand. */
bool chance_in_thousand(struct chance *chance, unsigned times);
void chance_bytes(struct chance *chance, uint8_t *ret_bytes, size_t n);

/* From here on libsodium's and SQLite's random numbers are of this seed too, in this process and those that it
 * forks. */
void chance_rules(uint64_t seed);

#endif
