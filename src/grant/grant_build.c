#include "grant/grant_build.h"

struct grant_profile {
	uint64_t hash;
	struct str facts;
	int64_t from, until; /* of a person */
	uint32_t number;     /* in the table */
};

struct grant_built_reader {
	struct grant_reader reader;
	uint32_t place;
};

struct grant_built_credential {
	uint8_t token[GRANT_TOKEN_BYTES];
	uint32_t person;
};

struct grant_built_standing {
	uint64_t door;
	uint8_t token[GRANT_TOKEN_BYTES];
};

enum { UNNUMBERED = UINT32_MAX, NO_PROFILE = 0 };

static void fault(struct grant_builder *b, const char *what)
{
	if (!b->fault)
		b->fault = what;
}

/* Profiles */

static struct grant_profiles profiles_of(struct arena *arena, uint32_t max)
{
	uint32_t slots = max * 2; /* max is a power of two */
	return (struct grant_profiles){.at = arena_take(arena, max, sizeof(struct grant_profile)),
				       .slots = ARENA_TAKE(arena, uint32_t, slots),
				       .max = max,
				       .mask = slots - 1};
}

static bool same(const struct grant_profile *a, const struct grant_profile *b)
{
	return a->hash == b->hash && a->from == b->from && a->until == b->until && str_eq(a->facts, b->facts);
}

/* The slot of this profile, or the free one where it belongs. */
static uint32_t *slot_of(const struct grant_profiles *p, const struct grant_profile *wanted)
{
	uint32_t i = (uint32_t)wanted->hash & p->mask;
	while (p->slots[i] && !same(&p->at[p->slots[i] - 1], wanted))
		i = (i + 1) & p->mask;
	return &p->slots[i];
}

static uint32_t add_profile(struct grant_builder *b, struct grant_profiles *p, struct grant_profile profile)
{
	profile.hash = str_hash(profile.facts) ^ (uint64_t)profile.from * 31 ^ (uint64_t)profile.until * 17;
	profile.number = UNNUMBERED;
	uint32_t *slot = slot_of(p, &profile);
	if (*slot)
		return *slot - 1;
	if (p->n == p->max || profile.facts.len > GRANT_FACTS_BYTES_MAX - b->facts_bytes) {
		fault(b, "there are too many different rights for one table");
		return NO_PROFILE;
	}
	b->facts_bytes += profile.facts.len;
	profile.facts = arena_str(b->arena, profile.facts);
	p->at[p->n] = profile;
	*slot = ++p->n;
	return *slot - 1;
}

/* Adding */

void grant_begin(struct grant_builder *b, const struct grant_head *head, struct arena *arena)
{
	*b = (struct grant_builder){.arena = arena, .head = *head};
	b->persons = profiles_of(arena, GRANT_PERSONS_MAX);
	b->places = profiles_of(arena, GRANT_PLACES_MAX);
	b->schedules = profiles_of(arena, GRANT_SCHEDULES_MAX);
	b->readers = arena_take(arena, GRANT_READERS_MAX, sizeof *b->readers);
	b->credentials = arena_take(arena, GRANT_CREDENTIALS_MAX, sizeof *b->credentials);
	b->standing = arena_take(arena, GRANT_STANDING_MAX, sizeof *b->standing);
	b->cells = ARENA_TAKE(arena, uint16_t, GRANT_CELLS_MAX);
	if (head->mission.len == 0 || head->mission.len > GRANT_MISSION_BYTES_MAX || head->driver.len == 0 ||
	    head->driver.len > GRANT_DRIVER_BYTES_MAX)
		fault(b, "the name of the mission or the driver is empty or too long");
}

uint32_t grant_add_reader(struct grant_builder *b, const struct grant_reader *reader, struct str facts)
{
	if (b->n_readers == GRANT_READERS_MAX)
		fault(b, "there are too many readers for one table");
	if (b->fault)
		return NO_PROFILE;
	uint32_t place = add_profile(b, &b->places, (struct grant_profile){.facts = facts});
	b->readers[b->n_readers++] = (struct grant_built_reader){*reader, place};
	return place;
}

uint32_t grant_add_credential(struct grant_builder *b, const struct grant_credential *credential, struct str facts)
{
	if (b->n_credentials == GRANT_CREDENTIALS_MAX)
		fault(b, "there are too many credentials for one table");
	if (b->fault)
		return NO_PROFILE;
	uint32_t person =
	    add_profile(b, &b->persons,
			(struct grant_profile){.facts = facts, .from = credential->from, .until = credential->until});
	struct grant_built_credential *built = &b->credentials[b->n_credentials++];
	memcpy(built->token, credential->token, sizeof built->token);
	built->person = person;
	return person;
}

void grant_add_standing(struct grant_builder *b, uint64_t door, const uint8_t token[GRANT_TOKEN_BYTES])
{
	if (b->n_standing == GRANT_STANDING_MAX)
		fault(b, "too many credentials stand for one table");
	if (b->fault)
		return;
	struct grant_built_standing *standing = &b->standing[b->n_standing++];
	standing->door = door;
	memcpy(standing->token, token, sizeof standing->token);
}

/* A schedule is a profile whose facts are its intervals. */
static uint32_t add_schedule(struct grant_builder *b, const struct grant_times *times)
{
	ASSERT(times->n <= GRANT_INTERVALS_EACH_MAX);
	uint32_t before = b->schedules.n;
	struct str intervals = {(const char *)times->at, times->n * sizeof times->at[0]};
	uint32_t schedule = add_profile(b, &b->schedules, (struct grant_profile){.facts = intervals});
	if (b->schedules.n > before)
		b->n_intervals += (uint32_t)times->n;
	if (b->n_intervals > GRANT_INTERVALS_MAX)
		fault(b, "there are too many times for one table");
	return schedule;
}

void grant_schedule(struct grant_builder *b, grant_ask *ask, void *context)
{
	struct grant_times times;
	if ((uint64_t)b->persons.n * b->places.n > GRANT_CELLS_MAX)
		fault(b, "there are too many different rights at too many different doors for one table");
	for (uint32_t person = 0; person < b->persons.n; person++) {
		for (uint32_t place = 0; place < b->places.n && !b->fault; place++) {
			times.n = 0;
			ask(context, person, place, &times);
			b->cells[person * b->places.n + place] = (uint16_t)add_schedule(b, &times);
		}
	}
}

/* The order of the table */

/* Whether row x comes before row y. */
typedef bool comes_before(const struct grant_builder *b, uint32_t x, uint32_t y);

static bool reader_before(const struct grant_builder *b, uint32_t x, uint32_t y)
{
	return b->readers[x].reader.reader < b->readers[y].reader.reader;
}

static bool credential_before(const struct grant_builder *b, uint32_t x, uint32_t y)
{
	return memcmp(b->credentials[x].token, b->credentials[y].token, GRANT_TOKEN_BYTES) < 0;
}

static bool standing_before(const struct grant_builder *b, uint32_t x, uint32_t y)
{
	const struct grant_built_standing *a = &b->standing[x], *c = &b->standing[y];
	if (a->door != c->door)
		return a->door < c->door;
	return memcmp(a->token, c->token, GRANT_TOKEN_BYTES) < 0;
}

/* Merges the rising halves of from[begin … end) into `to`. */
static void merge(const struct grant_builder *b, comes_before *before, const uint32_t *from, uint32_t *to, size_t begin,
		  size_t middle, size_t end)
{
	size_t left = begin, right = middle;
	for (size_t i = begin; i < end; i++) {
		bool takes_right = left == middle || (right < end && before(b, from[right], from[left]));
		to[i] = takes_right ? from[right++] : from[left++];
	}
}

/* The numbers below n in order: merge sort, because the C library's may take memory. */
static uint32_t *order_of(struct grant_builder *b, uint32_t n, comes_before *before)
{
	uint32_t *at = ARENA_TAKE(b->arena, uint32_t, n), *other = ARENA_TAKE(b->arena, uint32_t, n);
	for (uint32_t i = 0; i < n; i++)
		at[i] = i;
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t begin = 0; begin < n; begin += 2 * width) {
			size_t middle = begin + width < n ? begin + width : n;
			size_t end = middle + width < n ? middle + width : n;
			merge(b, before, at, other, begin, middle, end);
		}
		uint32_t *sorted = other;
		other = at;
		at = sorted;
	}
	return at;
}

/* The profile's number in the table: the next free one when it is first named. `order` then leads back. */
static uint32_t number_of(struct grant_profiles *p, uint32_t profile, uint32_t *order, uint32_t *used)
{
	if (p->at[profile].number == UNNUMBERED) {
		order[*used] = profile;
		p->at[profile].number = (*used)++;
	}
	return p->at[profile].number;
}

/* Writing */

static void put_number(struct buf *out, uint64_t value, size_t bytes)
{
	uint8_t at[8];
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
	buf_put(out, at, bytes);
}

static void put_zeros(struct buf *out, size_t n)
{
	static const uint8_t zeros[GRANT_MISSION_BYTES_MAX];
	ASSERT(n <= sizeof zeros);
	buf_put(out, zeros, n);
}

static void put_head(const struct grant_builder *b, struct buf *out)
{
	const struct grant_head *head = &b->head;
	uint32_t counts[] = {b->n_readers,   b->n_credentials, b->persons.n, b->places.n,
			     b->schedules.n, b->n_intervals,   b->n_standing};
	buf_put(out, "chcygrt1", 8);
	put_number(out, head->number, 8);
	put_number(out, (uint64_t)head->made, 8);
	put_number(out, (uint64_t)head->until, 8);
	buf_put(out, head->salt, sizeof head->salt);
	put_number(out, 0, 4); /* its length, which put_length knows */
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		put_number(out, counts[i], 4);
	put_number(out, head->mission.len, 1);
	put_number(out, head->driver.len, 1);
	buf_put_str(out, head->mission);
	put_zeros(out, GRANT_MISSION_BYTES_MAX - head->mission.len);
	buf_put_str(out, head->driver);
	put_zeros(out, GRANT_DRIVER_BYTES_MAX - head->driver.len);
	put_zeros(out, GRANT_HEAD_BYTES - 250);
}

static void put_length(struct buf *out, size_t begin)
{
	enum { AT = 48 };
	struct buf length = {.at = out->at + begin + AT, .size = 4};
	if (!out->over)
		put_number(&length, out->len - begin, 4);
}

static const char *put_readers(struct grant_builder *b, uint32_t *places, struct buf *out)
{
	uint32_t used = 0;
	const uint32_t *order = order_of(b, b->n_readers, reader_before);
	for (uint32_t i = 0; i < b->n_readers; i++) {
		const struct grant_built_reader *built = &b->readers[order[i]];
		const struct grant_reader *reader = &built->reader;
		if (i > 0 && b->readers[order[i - 1]].reader.reader == reader->reader)
			return "a reader is there twice";
		put_number(out, reader->reader, 8);
		put_number(out, reader->door, 8);
		put_number(out, (uint64_t)reader->release_ms, 4);
		put_number(out, number_of(&b->places, built->place, places, &used), 2);
		put_number(out, reader->flags, 2);
	}
	return NULL;
}

static const char *put_credentials(struct grant_builder *b, const uint32_t *order, uint32_t *persons, struct buf *out)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < b->n_credentials; i++) {
		const uint8_t *token = b->credentials[order[i]].token;
		if (i > 0 && memcmp(b->credentials[order[i - 1]].token, token, GRANT_TOKEN_BYTES) == 0)
			return "a credential is there twice";
		buf_put(out, token, GRANT_TOKEN_BYTES);
	}
	for (uint32_t i = 0; i < b->n_credentials; i++)
		put_number(out, number_of(&b->persons, b->credentials[order[i]].person, persons, &used), 2);
	for (uint32_t i = 0; i < used; i++) {
		put_number(out, (uint64_t)b->persons.at[persons[i]].from, 8);
		put_number(out, (uint64_t)b->persons.at[persons[i]].until, 8);
	}
	return NULL;
}

static void put_cells(struct grant_builder *b, const uint32_t *persons, const uint32_t *places, uint32_t *schedules,
		      struct buf *out)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < b->persons.n; i++)
		for (uint32_t k = 0; k < b->places.n; k++) {
			uint16_t schedule = b->cells[persons[i] * b->places.n + places[k]];
			put_number(out, number_of(&b->schedules, schedule, schedules, &used), 2);
		}
}

static void put_schedules(const struct grant_builder *b, const uint32_t *schedules, struct buf *out)
{
	struct grant_interval interval;
	size_t first = 0;
	for (uint32_t i = 0; i < b->schedules.n; i++) {
		put_number(out, first, 4);
		first += b->schedules.at[schedules[i]].facts.len / sizeof interval;
	}
	put_number(out, first, 4);
	for (uint32_t i = 0; i < b->schedules.n; i++) {
		struct str facts = b->schedules.at[schedules[i]].facts;
		for (size_t at = 0; at < facts.len; at += sizeof interval) {
			memcpy(&interval, facts.at + at, sizeof interval);
			put_number(out, (uint64_t)interval.from, 8);
			put_number(out, (uint64_t)interval.until, 8);
		}
	}
}

/* Credentials stand by their number in the table, so both lists are walked in the order of tokens. */
static const char *put_standing(struct grant_builder *b, const uint32_t *credentials, struct buf *out)
{
	const uint32_t *order = order_of(b, b->n_standing, standing_before);
	uint32_t credential = 0;
	for (uint32_t i = 0; i < b->n_standing; i++) {
		const struct grant_built_standing *s = &b->standing[order[i]];
		if (i == 0 || b->standing[order[i - 1]].door != s->door)
			credential = 0;
		while (credential < b->n_credentials &&
		       memcmp(b->credentials[credentials[credential]].token, s->token, GRANT_TOKEN_BYTES) < 0)
			credential++;
		if (credential == b->n_credentials ||
		    memcmp(b->credentials[credentials[credential]].token, s->token, GRANT_TOKEN_BYTES) != 0)
			return "a credential stands that was not added";
		put_number(out, s->door, 8);
		put_number(out, credential, 4);
	}
	return NULL;
}

const char *grant_end(struct grant_builder *b, struct buf *out)
{
	size_t begin = out->len;
	struct grant grant;
	struct grant_fault found;
	if (b->fault)
		return b->fault;
	uint32_t *persons = ARENA_TAKE(b->arena, uint32_t, b->persons.n);
	uint32_t *places = ARENA_TAKE(b->arena, uint32_t, b->places.n);
	uint32_t *schedules = ARENA_TAKE(b->arena, uint32_t, b->schedules.n);
	const uint32_t *credentials = order_of(b, b->n_credentials, credential_before);
	put_head(b, out);
	if (!(b->fault = put_readers(b, places, out)) && !(b->fault = put_credentials(b, credentials, persons, out))) {
		put_cells(b, persons, places, schedules, out);
		put_schedules(b, schedules, out);
		b->fault = put_standing(b, credentials, out);
	}
	put_zeros(out, GRANT_SIGNATURE_BYTES);
	put_length(out, begin);
	if (b->fault || out->over)
		return b->fault ? b->fault : "the table is longer than the room for it";
	return grant_open(out->at + begin, out->len - begin, &grant, &found) ? NULL : found.what;
}
