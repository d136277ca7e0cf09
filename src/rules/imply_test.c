#include "base/test.h"
#include "rules/imply.h"
#include "rules/rules_try.h"
#include "rules/compiled.h"

static enum imply_answer follows(const char *a, const char *b)
{
	struct arena scratch = arena_map(IMPLY_SCRATCH_BYTES);
	struct imply imply = {.vocabulary = &try_vocabulary, .scratch = &scratch};
	enum imply_answer answer =
	    imply_follows(&imply, try_match(a)->rules[0].applies, try_match(b)->rules[0].applies);
	CHECK_INT(scratch.used, 0);
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
		enum imply_answer there = follows(a, b), back = follows(b, a);
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

/* n selections of a set of texts, each of its own text, any of which will do: 2 to the n kinds of sets. */
static struct str many(char *memory, size_t size, char name, size_t n)
{
	struct buf b = {.at = (uint8_t *)memory, .size = size - 1};
	for (size_t i = 0; i < n; i++) {
		char one[64];
		snprintf(one, sizeof one, "s%zu: {groups: %c%zu}, ", i, name, i);
		buf_put_str(&b, str_of(one));
	}
	BUF_LIT(&b, "condition: all of them");
	ASSERT(!b.over);
	memory[b.len] = 0;
	return buf_str(&b);
}

TEST(what_is_too_intricate_is_said_to_be)
{
	static char a[4000], b[4000], c[4000];
	many(a, sizeof a, 'x', 16);
	many(b, sizeof b, 'y', 16);
	many(c, sizeof c, 'x', 4);
	CHECK_INT(follows(a, b), IMPLY_TOO_HARD);
	CHECK_INT(follows(c, c), IMPLY_YES);
}
