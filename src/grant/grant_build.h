/* grant_build.h: how a grant table is made. Pure.
 *
 *     grant_begin(&b, &head, &arena);
 *     grant_add_reader(&b, &reader, facts of its door);        one for each reader of the driver
 *     grant_add_credential(&b, &credential, facts of its person);
 *     grant_add_standing(&b, door, token);
 *     grant_schedule(&b, ask, context);                        when may which person pass which place
 *     what = grant_end(&b, &out);                              the table, unsigned: grant_sign (grant_seal.h) signs it
 *
 * Facts are bytes of the caller's making: credentials whose facts are equal, and that are good at the same
 * times, become one person; readers whose facts are equal become one place. So they must hold everything that
 * the answer to `ask` depends on, beside the time. Persons and places are numbered as they are first added, 0
 * first; these numbers `ask` is called with, once for each pair. In the table they are numbered otherwise, so
 * that the order of adding does not show.
 *
 * What is too many, twice there or out of bounds sets `fault`; nothing more is added then, and grant_end says
 * it.
 */
#ifndef GRANT_GRANT_BUILD_H
#define GRANT_GRANT_BUILD_H

#include "base/arena.h"
#include "grant/grant.h"

enum {
	GRANT_FACTS_BYTES_MAX = 1 << 20, /* of all profiles together */
	GRANT_BUILD_BYTES = 8 << 20,	 /* an arena of this size holds the making of any table */
};

struct grant_head {
	uint64_t number;
	int64_t made, until;
	uint8_t salt[GRANT_SALT_BYTES];
	struct str mission, driver;
};

struct grant_reader {
	uint64_t reader, door;
	int64_t release_ms;
	uint16_t flags;
};

struct grant_credential {
	uint8_t token[GRANT_TOKEN_BYTES];
	int64_t from, until; /* when it is good at all; 0 and INT64_MAX where nothing bounds it */
};

struct grant_times {
	size_t n;
	struct grant_interval {
		int64_t from, until;
	} at[GRANT_INTERVALS_EACH_MAX];
};

/* When may this person pass this place: intervals rising inside the table's time, apart from each other. */
typedef void grant_ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret_times);

struct grant_profiles {
	struct grant_profile *at;
	uint32_t *slots; /* by hash: number and one, 0 free */
	uint32_t n, max, mask;
};

struct grant_builder {
	const char *fault;
	struct arena *arena;
	struct grant_head head;
	size_t facts_bytes;
	struct grant_profiles persons, places, schedules;
	struct grant_built_reader *readers;
	struct grant_built_credential *credentials;
	struct grant_built_standing *standing;
	uint16_t *cells; /* schedules, by person and place */
	uint32_t n_readers, n_credentials, n_standing, n_intervals;
};

/* The head's texts and the arena must outlive the builder. */
void grant_begin(struct grant_builder *b, const struct grant_head *head, struct arena *arena);

/* Each returns the number of the profile. */
uint32_t grant_add_reader(struct grant_builder *b, const struct grant_reader *reader, struct str facts);
uint32_t grant_add_credential(struct grant_builder *b, const struct grant_credential *credential, struct str facts);

/* This credential opens this door also when the table has expired. Both must be there when the table is ended. */
void grant_add_standing(struct grant_builder *b, uint64_t door, const uint8_t token[GRANT_TOKEN_BYTES]);

/* Behind this call only grant_end may come. */
void grant_schedule(struct grant_builder *b, grant_ask *ask, void *context);

/* Writes the table with zeros for its signature. NULL, or what is wrong; then nothing that was written counts. */
const char *grant_end(struct grant_builder *b, struct buf *out);

#endif
