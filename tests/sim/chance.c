#include "sim/chance.h"

#include <sodium.h>
#include <sqlite3.h>

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct chance chance_of(uint64_t seed, uint64_t of)
{
	struct chance chance = {seed};
	chance.state = next(&chance) ^ of * UINT64_C(0xd1342543de82ef95);
	return chance;
}

uint64_t chance_below(struct chance *chance, uint64_t below)
{
	ASSERT(below > 0);
	return (next(chance) >> 11) % below;
}

bool chance_in_thousand(struct chance *chance, unsigned times)
{
	return chance_below(chance, 1000) < times;
}

void chance_bytes(struct chance *chance, uint8_t *ret_bytes, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t number = next(chance);
		memcpy(ret_bytes + i, &number, n - i < 8 ? n - i : 8);
	}
}

/* libsodium's */

static struct chance rule;

static const char *name(void)
{
	return "simulated";
}

static uint32_t number(void)
{
	return (uint32_t)next(&rule);
}

static void bytes(void *const at, const size_t n)
{
	chance_bytes(&rule, at, n);
}

void chance_rules(uint64_t seed)
{
	static randombytes_implementation simulated = {.implementation_name = name, .random = number, .buf = bytes};
	enum { STREAM = 99, SEED_MAX = 0x7fffffff };
	int set = randombytes_set_implementation(&simulated);
	ASSERT(set == 0 && sodium_init() >= 0);
	rule = chance_of(seed, STREAM);
	/* 0 would ask for the machine's chance again. */
	sqlite3_initialize();
	int ruled = sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(seed % SEED_MAX) + 1, NULL);
	ASSERT(ruled == SQLITE_OK);
}
