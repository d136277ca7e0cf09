#include "base/test.h"
#include "rules/imply.h"
#include "rules/rules_try.h"
#include "rules/compiled.h"

/* Both in one rulebook, in two layers, so that loading does not compare them itself. */
static const struct rulebook *both(const char *a, const char *b)
{
	static char rules[TRY_BOOK_BYTES];
	int n = snprintf(rules, sizeof rules,
			 "rules:\n  - {id: a, title: t, layer: high, outcome: permit, match: {%s}}\n"
			 "  - {id: b, title: t, layer: low, outcome: refuse, match: {%s}}\n",
			 a, b);
	ASSERT(n > 0 && (size_t)n < sizeof rules);
	return try_book(rules);
}

static enum imply_answer follows(const struct rulebook *book, size_t from, size_t to)
{
	struct arena scratch = arena_map(CASE_SCRATCH_BYTES + (8 << 20));
	struct cases cases;
	cases_init(&cases, &try_vocabulary, book->n_predicates, &scratch, SIZE_MAX);
	size_t used = scratch.used;
	enum imply_answer answer = imply_follows(&cases, book->rules[from].applies, book->rules[to].applies);
	CHECK_INT(scratch.used, used);
	arena_unmap(&scratch);
	return answer;
}

struct row {
	const char *a, *b; /* selections */
	enum imply_answer there, back;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char a[600], b[600];
		snprintf(a, sizeof a, strstr(rows[i].a, "condition") ? "%s" : "s: {%s}, condition: s", rows[i].a);
		snprintf(b, sizeof b, strstr(rows[i].b, "condition") ? "%s" : "s: {%s}, condition: s", rows[i].b);
		const struct rulebook *book = both(a, b);
		enum imply_answer there = follows(book, 0, 1), back = follows(book, 1, 0);
		if (!test_count(there == rows[i].there && back == rows[i].back))
			test_fail(__FILE__, __LINE__, "%s -> %s: %d and back %d, expected %d and %d", rows[i].a,
				  rows[i].b, (int)there, (int)back, (int)rows[i].there, (int)rows[i].back);
	}
}

TEST(more_fields_and_fewer_values_are_more_particular)
{
	static const struct row rows[] = {
	    {"name: a, level: 1", "name: a", IMPLY_YES, IMPLY_NO},
	    {"name: a", "name: [a, b]", IMPLY_YES, IMPLY_NO},
	    {"name: A", "name: a", IMPLY_YES, IMPLY_YES},
	    {"name: a", "name: b", IMPLY_NO, IMPLY_NO},
	    {"name: a", "level: 1", IMPLY_NO, IMPLY_NO},
	    {"groups|all: [a, b]", "groups: a", IMPLY_YES, IMPLY_NO},
	    {"groups|all: [a, b]", "groups: [a, c]", IMPLY_YES, IMPLY_NO},
	    {"groups: a", "groups: '*'", IMPLY_YES, IMPLY_NO},
	    {"a: {groups: a}, b: {groups: b}, condition: a and not b", "groups: a", IMPLY_YES, IMPLY_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(patterns_are_compared_by_the_texts_that_they_match)
{
	static const struct row rows[] = {
	    {"name: anna", "name|startswith: an", IMPLY_YES, IMPLY_NO},
	    {"name|startswith: ann", "name|startswith: an", IMPLY_YES, IMPLY_NO},
	    {"name|startswith: an", "name|contains: n", IMPLY_YES, IMPLY_NO},
	    {"name|startswith: a, name|endswith: b", "name: 'a*b'", IMPLY_YES, IMPLY_YES},
	    {"name|startswith: a, name|endswith: a", "name: 'a*a'", IMPLY_NO, IMPLY_YES},
	    {"name: 'a*b'", "name: 'a?*b'", IMPLY_NO, IMPLY_YES},
	    {"name: ['a?*b', ab]", "name: 'a*b'", IMPLY_YES, IMPLY_YES},
	    {"name: ['?', '??*', '']", "name: '*'", IMPLY_YES, IMPLY_YES},
	    {"name: ['?', '??*']", "name: '*'", IMPLY_YES, IMPLY_NO},
	    {"name: 'a?', name|endswith: b", "name: ab", IMPLY_YES, IMPLY_YES},
	    {"name: 'É?'", "name: '?\?'", IMPLY_YES, IMPLY_NO},
	    {"name: 'É'", "name: '?\?'", IMPLY_NO, IMPLY_NO},
	    {"name: '\U0001F600?'", "name: '?\?'", IMPLY_YES, IMPLY_NO},
	    {"name|re: '^\U0001F600[\U0001F600x]$'", "name: '\U0001F600?'", IMPLY_YES, IMPLY_NO},
	    {"name: '*a*b*c*'", "name: '*a*c*'", IMPLY_YES, IMPLY_NO},
	    {"name: '\\*'", "name: '?'", IMPLY_YES, IMPLY_NO},
	    {"name|startswith: a, name|contains: b", "name: 'a*b*'", IMPLY_YES, IMPLY_YES},
	    {"groups|startswith: a", "groups|contains: a", IMPLY_YES, IMPLY_NO},
	    /* Two texts of the set may hold the two halves. */
	    {"groups|startswith: a, groups|endswith: b", "groups: 'a*b'", IMPLY_NO, IMPLY_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(ranges_are_compared_by_their_numbers)
{
	static const struct row rows[] = {
	    {"level: 3", "level|gte: 3", IMPLY_YES, IMPLY_NO},
	    {"level|gt: 2", "level|gte: 3", IMPLY_YES, IMPLY_YES},
	    {"level|gte: 1, level|lte: 3", "level: [1, 2, 3]", IMPLY_YES, IMPLY_YES},
	    {"time|gte: '08:00', time|lt: '09:00'", "time|gte: '07:00', time|lt: '19:00'", IMPLY_YES, IMPLY_NO},
	    {"time|gte: '00:00'", "time|lte: '23:59'", IMPLY_YES, IMPLY_YES},
	    {"a: {time|lt: '12:00'}, b: {time|gte: '12:00'}, condition: a or b", "time|gte: '00:00'", IMPLY_YES,
	     IMPLY_YES},
	    {"secure: true", "secure: [true, false]", IMPLY_YES, IMPLY_NO},
	    {"date: 2026-11-23", "date|gte: 2026-01-01", IMPLY_YES, IMPLY_NO},
	    /* What is absent is not true, and not false either. */
	    {"a: {secure: true}, condition: not a", "secure: false", IMPLY_NO, IMPLY_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(networks_are_compared_by_their_addresses)
{
	static const struct row rows[] = {
	    {"from|cidr: 192.0.2.0/25", "from|cidr: 192.0.2.0/24", IMPLY_YES, IMPLY_NO},
	    {"from|cidr: [192.0.2.0/25, 192.0.2.128/25]", "from|cidr: 192.0.2.0/24", IMPLY_YES, IMPLY_YES},
	    {"from: 192.0.2.255", "from|cidr: 192.0.2.0/24", IMPLY_YES, IMPLY_NO},
	    {"from|cidr: 255.0.0.0/8", "from|cidr: 0.0.0.0/0", IMPLY_YES, IMPLY_NO},
	    {"from|cidr: 0.0.0.0/0", "from|cidr: '::/0'", IMPLY_NO, IMPLY_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(two_conditions_worded_differently_may_say_the_same)
{
	static const struct row rows[] = {
	    {"a: {name: a}, b: {level: 1}, condition: not (a or b)",
	     "a: {name: a}, b: {level: 1}, condition: not a and not b", IMPLY_YES, IMPLY_YES},
	    {"a: {name: a}, b: {level: 1}, c: {secure: true}, condition: a and (b or c)",
	     "a: {name: a}, b: {level: 1}, c: {secure: true}, condition: a and b or a and c", IMPLY_YES, IMPLY_YES},
	    {"a: {name: a}, b: {level: 1}, condition: a and b or a and not b", "name: a", IMPLY_YES, IMPLY_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_contradiction_never_holds)
{
	static const struct {
		const char *match;
		enum imply_answer expected;
	} rows[] = {
	    {"a: {level|gt: 3, level|lt: 4}, condition: a", IMPLY_YES},
	    {"a: {level|gt: 3, level|lt: 5}, condition: a", IMPLY_NO},
	    {"a: {name|all: [a, b]}, condition: a", IMPLY_YES},
	    {"a: {groups|all: [a, b]}, condition: a", IMPLY_NO},
	    {"a: {name: 'a*'}, b: {name: '*a*'}, condition: a and not b", IMPLY_YES},
	    {"a: {name: '*'}, b: {name: ['?*', '']}, condition: a and not b", IMPLY_YES},
	    {"a: {date|day: 29, date|month: 2, date|year: 2026}, condition: a", IMPLY_YES},
	    {"a: {date|day: 29, date|month: 2, date|year|gt: 2100}, condition: a", IMPLY_NO},
	    {"a: {name|re: '^a'}, b: {name|re: '^b'}, condition: a and b", IMPLY_YES},
	    {"a: {name|re: '^a+$'}, b: {name|re: '^(aa)*$'}, c: {name|re: '^(aaa)*$'}, condition: a and b and c",
	     IMPLY_NO},
	    {"a: {name: x, name|neq: X}, condition: a", IMPLY_YES},
	    {"a: {name|exists: false, name: '*'}, condition: a", IMPLY_YES},
	    {"a: {name|fieldref: zone, name: a, zone: b}, condition: a", IMPLY_YES},
	    {"a: {name|startswith|fieldref: zone, name: a, zone: b}, condition: a", IMPLY_NO}, /* not looked into */
	};
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char rules[800], text[TRY_BOOK_BYTES];
		const struct rulebook *book;
		struct error error = {0};
		snprintf(rules, sizeof rules, "rules: [{id: r, title: t, layer: low, outcome: permit, match: {%s}}]",
			 rows[i].match);
		arena_clear(&arena);
		int code = rulebook_load_text(&book, &try_vocabulary, &arena, "f", try_book_text(text, rules), &error);
		CHECK_INT(code, rows[i].expected == IMPLY_YES ? ERROR_INPUT : 0);
		if (code < 0)
			CHECK(strstr(error.what, "can never speak"));
	}
	arena_unmap(&arena);
}

TEST(expressions_are_compared_by_the_texts_that_they_match)
{
	static const struct row rows[] = {
	    {"name|re: '^ann'", "name|startswith|cased: ann", IMPLY_YES, IMPLY_YES},
	    {"name|re: '^ann'", "name|startswith: ann", IMPLY_YES, IMPLY_NO},
	    {"name|re|i: '^ann$'", "name: ann", IMPLY_YES, IMPLY_YES},
	    {"name|re: '^[ab]+$'", "name|re: '^(a|b)*$'", IMPLY_YES, IMPLY_NO},
	    {"name|re: '^(ab){2,3}$'", "name|re: '^(ab)+$'", IMPLY_YES, IMPLY_NO},
	    {"name|re: '^ab(ab)?(ab)?$'", "name|re: '^(ab){1,3}$'", IMPLY_YES, IMPLY_YES},
	    {"name|re: a.c", "name|re|s: a.c", IMPLY_YES, IMPLY_NO},
	    {"name|re|i: '^k$'", "name: k", IMPLY_NO, IMPLY_YES},
	    {"name|re: '\\bann\\b'", "name|contains: ann", IMPLY_YES, IMPLY_NO},
	    {"name|re: '^\\w+$', name|re|m: '^b'", "name|startswith: b", IMPLY_YES, IMPLY_NO},
	    {"name|cased: Ann", "name: ann", IMPLY_YES, IMPLY_NO},
	    {"name|cased: [Ann, ANn]", "name|re: '^A[nN]n$'", IMPLY_YES, IMPLY_YES},
	    {"groups|re: '^a'", "groups|contains: a", IMPLY_YES, IMPLY_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(presence_and_parts_of_dates_and_dashes_are_compared_too)
{
	static const struct row rows[] = {
	    {"name: '*'", "name|exists: true", IMPLY_YES, IMPLY_YES},
	    {"name: null", "name|exists: false", IMPLY_YES, IMPLY_YES},
	    {"groups: null", "groups|exists: false", IMPLY_NO, IMPLY_YES},
	    {"groups: '*'", "groups|exists: true", IMPLY_YES, IMPLY_NO},
	    {"name|neq: a", "name|exists: true", IMPLY_YES, IMPLY_NO},
	    {"a: {name: a}, condition: not a", "name|neq: a", IMPLY_NO, IMPLY_YES},
	    {"date: 2026-05-14", "date|month: 5, date|day: 14", IMPLY_YES, IMPLY_NO},
	    {"date|month: 1, date|day: 1", "date|week: [1, 52, 53]", IMPLY_YES, IMPLY_NO},
	    {"date|day: 30", "date|month|neq: 2", IMPLY_YES, IMPLY_NO},
	    {"date|year: 2026", "date|gte: 2026-01-01, date|lte: 2026-12-31", IMPLY_YES, IMPLY_YES},
	    {"time|hour|gte: 7, time|hour|lt: 19", "time|gte: '07:00', time|lt: '19:00'", IMPLY_YES, IMPLY_YES},
	    {"time|minute: 30, time|hour: 7", "time: '07:30'", IMPLY_YES, IMPLY_YES},
	    {"name: a-b", "name|windash: a/b", IMPLY_YES, IMPLY_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(facts_that_are_compared_with_each_other_are_thought_of_together)
{
	static const struct row rows[] = {
	    {"name|fieldref: zone, zone: lobby", "name: lobby", IMPLY_YES, IMPLY_NO},
	    {"name|fieldref: zone", "zone|fieldref: name", IMPLY_YES, IMPLY_YES},
	    {"name|fieldref: zone", "name|exists: true", IMPLY_YES, IMPLY_NO},
	    {"a: {name: lobby, zone: lobby}, condition: a", "name|fieldref: zone", IMPLY_YES, IMPLY_NO},
	    {"a: {name: lobby, zone: court}, condition: a", "name|neq|fieldref: zone", IMPLY_YES, IMPLY_NO},
	    {"groups|fieldref: zone, zone: lobby", "groups: lobby", IMPLY_YES, IMPLY_NO},
	    {"name|cased|fieldref: zone", "name|fieldref: zone", IMPLY_YES, IMPLY_NO},
	    /* Of parts of texts only that a comparison follows from itself. */
	    {"name|startswith|fieldref: zone, level: 1", "name|startswith|fieldref: zone", IMPLY_YES, IMPLY_NO},
	    {"name|fieldref: zone", "name|startswith|fieldref: zone", IMPLY_NO, IMPLY_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

/* n expressions that must all hold, each of which has to count in its own way. */
static void many(char *memory, size_t size, char letter, size_t n)
{
	struct buf b = {.at = (uint8_t *)memory, .size = size - 1};
	for (size_t i = 0; i < n; i++) {
		char one[64];
		snprintf(one, sizeof one, "s%zu: {name|re: '%c%zu.{%zu}%c'}, ", i, letter, i, 11 + i, letter);
		buf_put_str(&b, str_of(one));
	}
	BUF_LIT(&b, "condition: all of them");
	ASSERT(!b.over);
	memory[b.len] = 0;
}

TEST(what_is_too_intricate_is_said_to_be)
{
	static char a[4000], b[4000];
	many(a, sizeof a, 'x', 8);
	many(b, sizeof b, 'y', 8);
	const struct rulebook *book = both(a, b),
			      *same = both("s: {name: x}, condition: s", "s: {name: x}, condition: s");
	CHECK_INT(follows(book, 0, 1), IMPLY_TOO_HARD);
	CHECK_INT(follows(same, 0, 1), IMPLY_YES);
}

/* Sixteen texts of a set, any of which may be in it or not: not a case for each, but a few steps. */
TEST(sets_of_many_texts_are_compared_one_text_at_a_time)
{
	static char texts[2][1000];
	for (size_t k = 0; k < 2; k++) {
		struct buf b = {.at = (uint8_t *)texts[k], .size = sizeof texts[k] - 1};
		for (size_t i = 0; i < 16; i++) {
			char one[64];
			snprintf(one, sizeof one, "s%zu: {groups: %c%zu}, ", i, k ? 'y' : 'x', i);
			buf_put_str(&b, str_of(one));
		}
		BUF_LIT(&b, "condition: all of them");
		texts[k][b.len] = 0;
	}
	const struct rulebook *book = both(texts[0], texts[1]);
	CHECK_INT(follows(book, 0, 1), IMPLY_NO);
}
