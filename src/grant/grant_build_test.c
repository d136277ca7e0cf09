#include "grant/grant_build.h"
#include "grant/sample_test.h"

/* Random houses, decided by the table and by hand; and each limit, at it and one beyond. */

enum { READERS = 12, CARDS = 60, KINDS = 5, PLACES = 3, HOURS = 24, MADE = 1000, HOUR = 100 };

static struct grant_builder builder;
static struct arena arena;
static _Alignas(16) uint8_t memory[GRANT_BUILD_BYTES];
static uint8_t first[GRANT_BYTES_MAX], second[GRANT_BYTES_MAX];
static uint64_t dice;

static const struct grant_head head = {
    .number = 1, .made = MADE, .until = MADE + HOURS * HOUR, .mission = {"chancery/test", 13}, .driver = {"line-1", 6}};

static uint32_t roll(uint32_t below)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice >> 33) % below;
}

/* A house: what kind of person has each card, which place each reader is at, at which hours who may go where. */
static struct {
	uint8_t kind[CARDS], place[READERS];
	bool hours[KINDS][PLACES][HOURS];
	bool stands[CARDS][READERS];		/* by door, which is half the reader */
	uint32_t kinds[CARDS], places[READERS]; /* by the builder's numbers: what was added first */
} house;

static void furnish(uint64_t seed)
{
	dice = seed;
	memset(&house, 0, sizeof house);
	for (size_t i = 0; i < CARDS; i++)
		house.kind[i] = (uint8_t)roll(KINDS);
	for (size_t i = 0; i < READERS; i++)
		house.place[i] = (uint8_t)roll(PLACES);
	for (size_t i = 0; i < KINDS * PLACES * HOURS; i++)
		house.hours[i / HOURS % KINDS][i / HOURS / KINDS][i % HOURS] = roll(3) == 0;
	for (size_t i = 0; i < CARDS; i++)
		for (size_t k = 0; k < READERS; k += 2)
			house.stands[i][k] = house.stands[i][k + 1] = roll(8) == 0;
}

static void token_of(size_t card, uint8_t ret[GRANT_TOKEN_BYTES])
{
	uint64_t mixed = (card + 1) * UINT64_C(0x9e3779b97f4a7c15);
	memset(ret, 0, GRANT_TOKEN_BYTES);
	memcpy(ret, &mixed, sizeof mixed);
}

static struct str bytes_of(const void *at, size_t n)
{
	return (struct str){at, n};
}

static void ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret)
{
	const bool *hours = house.hours[house.kinds[person]][house.places[place]];
	(void)context;
	for (int64_t h = 0; h < HOURS; h++) {
		if (!hours[h])
			continue;
		bool goes_on = h > 0 && hours[h - 1];
		if (!goes_on)
			ret->at[ret->n++].from = MADE + h * HOUR;
		ret->at[ret->n - 1].until = MADE + (h + 1) * HOUR;
	}
}

/* The house's table, its rows added from `begin` on and around. */
static size_t make(size_t begin, uint8_t *ret_bytes)
{
	struct buf out = {.at = ret_bytes, .size = GRANT_BYTES_MAX};
	arena = arena_over(memory, sizeof memory);
	memset(memory, 0, sizeof memory);
	grant_begin(&builder, &head, &arena);
	for (size_t i = 0; i < READERS; i++) {
		size_t r = (i + begin) % READERS;
		struct grant_reader reader = {r + 1, r / 2 + 1, 1000, 0};
		uint32_t place = grant_add_reader(&builder, &reader, bytes_of(&house.place[r], 1));
		house.places[place] = house.place[r];
	}
	for (size_t i = 0; i < CARDS; i++) {
		size_t c = (i + begin) % CARDS;
		struct grant_credential credential = {.until = INT64_MAX};
		token_of(c, credential.token);
		uint32_t person = grant_add_credential(&builder, &credential, bytes_of(&house.kind[c], 1));
		house.kinds[person] = house.kind[c];
		for (size_t r = 0; r < READERS; r += 2)
			if (house.stands[c][r])
				grant_add_standing(&builder, r / 2 + 1, credential.token);
	}
	grant_schedule(&builder, ask, NULL);
	const char *wrong = grant_end(&builder, &out);
	if (!test_count(!wrong))
		test_fail(__FILE__, __LINE__, "%s", wrong);
	return out.len;
}

TEST(the_table_decides_as_the_house_does)
{
	struct grant grant;
	struct grant_fault fault;
	size_t granted = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		furnish(seed);
		CHECK(grant_open(first, make(0, first), &grant, &fault));
		for (int i = 0; i < 2000; i++) {
			size_t card = roll(CARDS + 2), reader = roll(READERS + 1);
			int64_t now = MADE + (int64_t)roll((HOURS + 2) * HOUR);
			uint8_t token[GRANT_TOKEN_BYTES];
			token_of(card, token);
			struct grant_question question = {reader + 1, token, false, now};
			bool expected = false;
			if (card < CARDS && reader < READERS && now < grant.until)
				expected = house.hours[house.kind[card]][house.place[reader]][(now - MADE) / HOUR];
			else if (card < CARDS && reader < READERS)
				expected = house.stands[card][reader];
			CHECK_INT(grant_decide(&grant, &question).granted, expected);
			granted += expected;
		}
	}
	CHECK(granted > 5000);
}

TEST(the_same_state_gives_the_same_bytes_in_whatever_order_it_is_added)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		furnish(seed);
		size_t n = make(0, first);
		for (size_t begin = 1; begin < CARDS; begin += 7) {
			CHECK_INT(make(begin, second), (long long)n);
			CHECK(memcmp(first, second, n) == 0);
		}
	}
}

TEST(equal_rights_are_one_profile)
{
	struct grant grant;
	struct grant_fault fault;
	furnish(3);
	CHECK(grant_open(first, make(0, first), &grant, &fault));
	CHECK_INT(grant.n_credentials, CARDS);
	CHECK_INT(grant.n_persons, KINDS);
	CHECK_INT(grant.n_places, PLACES);
	CHECK(grant.n_schedules <= KINDS * PLACES);
}

/* Limits */

static struct {
	size_t readers, places, credentials, persons, standing, intervals, facts_bytes;
	bool different; /* each cell has a schedule of its own */
} plan;

static void planned_times(void *context, uint32_t person, uint32_t place, struct grant_times *ret)
{
	(void)context;
	ret->n = plan.intervals;
	for (size_t i = 0; i < plan.intervals; i++)
		ret->at[i] = (struct grant_interval){MADE + (int64_t)(2 * i), MADE + (int64_t)(2 * i) + 1};
	if (plan.different && ret->n > 0)
		ret->at[ret->n - 1].until = MADE + 1000 + person * 512 + place;
}

static const char *build(void)
{
	static char facts[GRANT_FACTS_BYTES_MAX + 1];
	struct buf out = BUF(first);
	struct grant_head wide = head;
	wide.until = head.made + GRANT_VALID_MS_MAX;
	arena = arena_over(memory, sizeof memory);
	memset(memory, 0, sizeof memory);
	grant_begin(&builder, &wide, &arena);
	for (size_t i = 0; i < plan.readers; i++) {
		size_t place = i % plan.places;
		struct grant_reader reader = {i + 1, i + 1, 1000, 0};
		grant_add_reader(&builder, &reader, bytes_of(&place, sizeof place));
	}
	for (size_t i = 0; i < plan.credentials; i++) {
		size_t person = i % plan.persons;
		struct grant_credential credential = {.until = INT64_MAX};
		token_of(i, credential.token);
		memcpy(facts, &person, sizeof person);
		size_t n = plan.facts_bytes > sizeof person ? plan.facts_bytes : sizeof person;
		grant_add_credential(&builder, &credential, bytes_of(facts, n));
	}
	for (size_t i = 0; i < plan.standing; i++) {
		uint8_t token[GRANT_TOKEN_BYTES];
		token_of(i % plan.credentials, token);
		grant_add_standing(&builder, i / plan.credentials + 1, token);
	}
	grant_schedule(&builder, planned_times, NULL);
	return grant_end(&builder, &out);
}

static void check_limit(size_t *number, size_t most, const char *said)
{
	*number = most;
	const char *wrong = build();
	if (!test_count(!wrong))
		test_fail(__FILE__, __LINE__, "at the limit of %zu: %s", most, wrong);
	*number = most + 1;
	wrong = build();
	if (!test_count(wrong && strstr(wrong, said)))
		test_fail(__FILE__, __LINE__, "one beyond %zu: %s", most, wrong ? wrong : "was taken");
	memset(&plan, 0, sizeof plan);
	plan.readers = plan.places = plan.credentials = plan.persons = 1;
}

TEST(each_limit_holds_and_one_beyond_it_is_refused_in_words)
{
	memset(&plan, 0, sizeof plan);
	plan.readers = plan.places = plan.credentials = plan.persons = 1;
	check_limit(&plan.readers, GRANT_READERS_MAX, "readers");
	plan.readers = plan.places = GRANT_READERS_MAX;
	check_limit(&plan.places, GRANT_PLACES_MAX, "different rights");
	check_limit(&plan.credentials, GRANT_CREDENTIALS_MAX, "credentials");
	plan.credentials = GRANT_PERSONS_MAX + 1;
	check_limit(&plan.persons, GRANT_PERSONS_MAX, "different rights");
	plan.credentials = plan.persons = GRANT_CELLS_MAX / GRANT_PLACES_MAX;
	plan.readers = GRANT_PLACES_MAX + 1;
	plan.places = GRANT_PLACES_MAX;
	CHECK(!build());
	plan.credentials = ++plan.persons;
	CHECK(strstr(build(), "at too many different doors"));
	memset(&plan, 0, sizeof plan);
	plan.readers = plan.places = 1;
	plan.credentials = plan.persons = 128;
	plan.different = true;
	plan.persons = plan.credentials = GRANT_INTERVALS_MAX / GRANT_INTERVALS_EACH_MAX;
	plan.intervals = GRANT_INTERVALS_EACH_MAX;
	CHECK(!build());
	plan.credentials = ++plan.persons;
	CHECK(strstr(build(), "times"));
	plan.intervals = 1;
	plan.readers = plan.places = 64;
	plan.persons = plan.credentials = GRANT_SCHEDULES_MAX / 64;
	CHECK(!build());
	plan.credentials = ++plan.persons;
	CHECK(strstr(build(), "different rights"));
	memset(&plan, 0, sizeof plan);
	plan.places = plan.persons = 1;
	plan.readers = 64;
	plan.credentials = 1000;
	check_limit(&plan.standing, GRANT_STANDING_MAX, "stand");
	check_limit(&plan.facts_bytes, GRANT_FACTS_BYTES_MAX - sizeof(size_t), "different rights");
}

TEST(what_is_twice_there_or_out_of_bounds_is_refused_in_words)
{
	static const struct grant_reader good = {1, 1, 1000, 0};
	static const struct {
		struct grant_reader reader;
		struct grant_credential credential;
		const char *said;
	} rows[] = {
	    {{1, 2, 1000, 0}, {{1}, 0, 5}, "reader is there twice"},
	    {{0, 2, 1000, 0}, {{1}, 0, 5}, "readers do not rise"},
	    {{2, 0, 1000, 0}, {{1}, 0, 5}, "readers do not rise"},
	    {{2, 2, 0, 0}, {{1}, 0, 5}, "release"},
	    {{2, 2, GRANT_RELEASE_MS_MAX + 1, 0}, {{1}, 0, 5}, "release"},
	    {{2, 2, 1000, 2}, {{1}, 0, 5}, "flag"},
	    {{2, 2, 1000, 0}, {{0}, 0, 5}, "credential is there twice"},
	    {{2, 2, 1000, 0}, {{1}, 5, 5}, "good at no time"},
	    {{2, 2, 1000, 0}, {{1}, -1, 5}, "good at no time"},
	    {{2, 2, GRANT_RELEASE_MS_MAX, GRANT_SHUT}, {{1}, 4, 5}, NULL},
	};
	memset(&plan, 0, sizeof plan);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = BUF(first);
		struct grant_credential zero = {.until = 9};
		arena = arena_over(memory, sizeof memory);
		memset(memory, 0, sizeof memory);
		grant_begin(&builder, &head, &arena);
		grant_add_reader(&builder, &good, STR("door"));
		grant_add_reader(&builder, &rows[i].reader, STR("door"));
		grant_add_credential(&builder, &zero, STR("somebody"));
		grant_add_credential(&builder, &rows[i].credential, STR("somebody"));
		grant_schedule(&builder, planned_times, NULL);
		const char *wrong = grant_end(&builder, &out);
		bool as_expected = rows[i].said ? wrong && strstr(wrong, rows[i].said) : !wrong;
		if (!test_count(as_expected))
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, wrong ? wrong : "was taken");
	}
}

TEST(only_what_was_added_stands)
{
	static const uint8_t stranger[GRANT_TOKEN_BYTES] = {0xee};
	struct grant_head nameless = head;
	struct buf out = BUF(first);
	memset(&plan, 0, sizeof plan);
	for (int i = 0; i < 2; i++) {
		nameless.driver.len = i == 0 ? head.driver.len : 0;
		arena = arena_over(memory, sizeof memory);
		memset(memory, 0, sizeof memory);
		grant_begin(&builder, &nameless, &arena);
		grant_add_standing(&builder, 1, stranger);
		grant_schedule(&builder, planned_times, NULL);
		const char *wrong = grant_end(&builder, &out);
		CHECK_STR(str_of(wrong), i == 0 ? STR("a credential stands that was not added")
						: STR("the name of the mission or the driver is empty or too long"));
	}
}
