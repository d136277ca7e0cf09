/* sample_test.h: for tests only: a grant table in a few lines.
 *
 *     grant_sample_begin(&sample, &(struct grant_head){.number = 7, …});
 *     grant_sample_reader(&sample, 3, 1, 0);                          reader 3 of door 1, no flags
 *     grant_sample_card(&sample, card, 26, from, until);              opens every door of the table at that time
 *     grant_sample_end(&sample, seed);                                sample.bytes, sample.n, sample.grant
 */
#ifndef GRANT_SAMPLE_TEST_H
#define GRANT_SAMPLE_TEST_H

#include "base/test.h"
#include "grant/grant_build.h"
#include "grant/grant_seal.h"

#include <sodium.h>

enum { GRANT_SAMPLE_PERSONS_MAX = 16, GRANT_SAMPLE_RELEASE_MS = 5000 };

struct grant_sample {
	struct grant_builder builder;
	struct grant_interval persons[GRANT_SAMPLE_PERSONS_MAX];
	uint8_t driver_key[GRANT_KEY_BYTES], token_key[GRANT_KEY_BYTES];
	struct arena arena;
	_Alignas(16) uint8_t memory[GRANT_BUILD_BYTES];
	uint8_t bytes[GRANT_BYTES_MAX];
	size_t n;
	struct grant grant;
};

/* driver_key counts when it is set before. */
static inline void grant_sample_begin(struct grant_sample *sample, const struct grant_head *head)
{
	ASSERT(sodium_init() >= 0);
	grant_token_key(sample->driver_key, sample->token_key);
	sample->arena = arena_over(sample->memory, sizeof sample->memory);
	grant_begin(&sample->builder, head, &sample->arena);
}

static inline void grant_sample_reader(struct grant_sample *sample, uint64_t reader, uint64_t door, uint16_t flags)
{
	struct grant_reader row = {reader, door, GRANT_SAMPLE_RELEASE_MS, flags};
	grant_add_reader(&sample->builder, &row, STR("a door"));
}

/* The token of a card with the sample's key and salt. */
static inline void grant_sample_token(struct grant_sample *sample, struct str card, uint16_t bits,
				      uint8_t ret_token[GRANT_TOKEN_BYTES])
{
	grant_token(sample->token_key, sample->builder.head.salt, bits, card, ret_token);
}

static inline void grant_sample_card(struct grant_sample *sample, struct str card, uint16_t bits, int64_t from,
				     int64_t until)
{
	struct grant_credential credential = {.until = INT64_MAX};
	struct grant_interval when = {from, until};
	grant_sample_token(sample, card, bits, credential.token);
	uint32_t person =
	    grant_add_credential(&sample->builder, &credential, (struct str){(const char *)&when, sizeof when});
	ASSERT(person < GRANT_SAMPLE_PERSONS_MAX);
	sample->persons[person] = when;
}

static inline void grant_sample_ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret_times)
{
	const struct grant_sample *sample = context;
	ASSERT(place == 0);
	ret_times->at[0] = sample->persons[person];
	ret_times->n = sample->persons[person].from < sample->persons[person].until;
}

static inline void grant_sample_end(struct grant_sample *sample, const uint8_t seed[GRANT_SEED_BYTES])
{
	struct buf out = BUF(sample->bytes);
	struct grant_fault fault;
	grant_schedule(&sample->builder, grant_sample_ask, sample);
	const char *wrong = grant_end(&sample->builder, &out);
	if (!test_count(!wrong))
		test_fail(__FILE__, __LINE__, "the table: %s", wrong);
	sample->n = out.len;
	grant_sign(sample->bytes, sample->n, seed);
	CHECK(grant_open(sample->bytes, sample->n, &sample->grant, &fault));
}

#endif
