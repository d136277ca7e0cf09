#include "rules/search.h"
#include "base/test.h"
#include "rules/match.h"
#include "rules/rules_try.h"

static struct arena arena;

static int load(const char *head, const char *rules, const struct rulebook **ret_book, struct error *error)
{
	static char text[TRY_BOOK_BYTES];
	int n = snprintf(text, sizeof text, "%s%s\nrules:\n%s", try_head, head, rules);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	if (!arena.at)
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	*error = (struct error){0};
	return rulebook_load_text(ret_book, &try_vocabulary, &arena, "f", (struct str){text, (size_t)n}, error);
}

/* Rules in one line each, as in decide_test. */
#define RULE(id, layer, outcome, fields, more)                                                                         \
	"  - {id: " id ", title: t, layer: " layer ", outcome: " outcome ", match: {s: {" fields                       \
	"}, condition: s}" more "}\n"

struct row {
	const char *head, *rules, *where, *what; /* NULL: it loads */
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct rulebook *book;
		struct error error;
		int code = load(rows[i].head, rows[i].rules, &book, &error);
		bool ok = rows[i].what ? code < 0 && str_eq(str_of(error.where), str_of(rows[i].where)) &&
					     str_eq(str_of(error.what), str_of(rows[i].what)) && error.remedy[0] &&
					     arena.used == 0
				       : code == 0;
		if (!test_count(ok))
			test_fail(__FILE__, __LINE__, "row %zu: %d, %s: %s", i, code, error.where, error.what);
	}
}

#define P1 RULE("p1", "low", "permit", "level: 1", ", overrides: r1")
#define R1 RULE("r1", "low", "refuse", "secure: true", ", date: 2026-02-02")
#define P2 RULE("p2", "low", "permit", "zone: a", ", date: 2026-01-01, overrides: r2")
#define R2 RULE("r2", "low", "refuse", "name: x", ", overrides: p1")

TEST(rules_that_outweigh_each_other_in_a_circle_are_told_with_a_case)
{
	static const struct row rows[] = {
	    {"", P1 R1 P2 R2, "f:6:10",
	     "\"p1\" outweighs \"r1\" (f:7:10) outweighs \"p2\" (f:8:10) outweighs \"r2\" (f:9:10) outweighs \"p1\", "
	     "round in a circle, when name is x, level is 1, secure is true, zone is a, and nothing else"},
	    /* Open at one place, or where one of them cannot speak beside the others, it is none. */
	    {"", P1 R1 P2 RULE("r2", "low", "refuse", "name: x", ""), NULL, NULL},
	    {"", P1 R1 P2 RULE("r2", "low", "refuse", "zone: b", ", overrides: p1"), NULL, NULL},
	    {"", P1 R1 RULE("p2", "high", "permit", "zone: a", ", date: 2026-01-01, overrides: r2") R2, NULL, NULL},
	    /* Where prohibition closes the circle, prohibition settles it. */
	    {"", P1 RULE("r1", "low", "refuse", "secure: true", "") P2 R2, NULL, NULL},
	    /* Six rules: dates and particulars. */
	    {"",
	     RULE("p1", "low", "permit", "level: 1, secure: true", ", date: 2026-01-01")
		 RULE("r1", "low", "refuse", "level: 1", ", date: 2026-01-02")
		     RULE("p2", "low", "permit", "zone: a", ", date: 2026-01-01, overrides: r2")
			 RULE("r2", "low", "refuse", "name: x", ", overrides: p3")
			     RULE("p3", "low", "permit", "groups: g", ", overrides: r3")
				 RULE("r3", "low", "refuse", "time: '07:00'", ", overrides: p1"),
	     "f:6:10",
	     "\"p1\" outweighs \"r1\" (f:7:10) outweighs \"p2\" (f:8:10) outweighs \"r2\" (f:9:10) outweighs \"p3\" "
	     "(f:10:10) outweighs \"r3\" (f:11:10) outweighs \"p1\", round in a circle, when name is x, groups is g, "
	     "level is 1, time is 07:00, secure is true, zone is a, and nothing else"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

/* However long the names and the case are: the first rules, that there are more, and what can be told of the case. */
TEST(of_a_long_circle_and_a_long_case_the_beginning_is_told)
{
	static char rules[TRY_BOOK_BYTES / 2], name[201];
	struct buf b = BUF(rules);
	const struct rulebook *book;
	struct error error;
	for (size_t i = 0; i < sizeof name - 1; i += 2)
		memcpy(name + i, "é", 2);
	for (int i = 0; i < 6; i++) {
		char rule[800];
		snprintf(rule, sizeof rule,
			 "  - {id: %c%060d, title: t, layer: low, outcome: %s, overrides: %c%060d, match: {s: {name: "
			 "%s}, condition: s}}\n",
			 'a' + i, 0, i % 2 ? "refuse" : "permit", 'a' + (i + 1) % 6, 0, name);
		buf_put_str(&b, str_of(rule));
	}
	buf_put_char(&b, 0);
	CHECK_INT(load("", rules, &book, &error), ERROR_INPUT);
	const char *more = strstr(error.what, " outweighs … outweighs \"a0"),
		   *when = strstr(error.what, ", when name is é");
	CHECK(more && when && more < when && strstr(error.what, "\"c0"));
	CHECK(str_ends(str_of(error.what), STR("é…")) && str_is_utf8(str_of(error.what)));
}

TEST(what_only_prohibition_settles_is_a_conflict_where_the_head_says_so)
{
	static const char *const both =
	    RULE("p", "low", "permit", "level: 1", "") RULE("r", "low", "refuse", "zone: a", "");
	static const struct row rows[] = {
	    {"unsettled: prohibition",
	     RULE("p", "low", "permit", "level: 1", "") RULE("r", "low", "refuse", "zone: a", ""), NULL, NULL},
	    {"unsettled: conflict",
	     RULE("p", "low", "permit", "level: 1", "") RULE("r", "low", "refuse", "zone: a", ""), "f:6:10",
	     "\"p\" permits what \"r\" (f:7:10) refuses, and nothing but prohibition tells them apart, when level is "
	     "1, "
	     "zone is a, and nothing else"},
	    {"unsettled: conflict",
	     RULE("p", "low", "permit", "level: 1", ", overrides: r") RULE("r", "low", "refuse", "zone: a", ""), NULL,
	     NULL},
	    {"unsettled: conflict",
	     RULE("p", "high", "permit", "level: 1", "") RULE("r", "low", "refuse", "zone: a", ""), NULL, NULL},
	    {"unsettled: conflict",
	     RULE("p", "low", "permit", "level: 1, zone: a", "") RULE("r", "low", "refuse", "zone: a", ""), NULL, NULL},
	    {"unsettled: conflict",
	     RULE("p", "low", "permit", "level: 1, zone: b", "") RULE("r", "low", "refuse", "zone: a", ""), NULL, NULL},
	};
	const struct rulebook *book;
	struct error error;
	check_rows(rows, ARRAY_LEN(rows));
	CHECK_OK(load("", both, &book, &error), &error);
}

TEST(a_case_that_only_the_default_meets_is_told)
{
	static const struct row rows[] = {
	    {"covers: {s: {zone: [a, b]}, condition: s}",
	     RULE("p", "low", "permit", "zone: a, time|lt: '21:00'", "")
		 RULE("r", "low", "refuse", "zone: a, time|gte: '21:00'", "") RULE("q", "low", "refuse", "zone: b", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when zone is a, and nothing else"},
	    {"covers: {s: {zone: [a, b], time|exists: true}, condition: s}",
	     RULE("p", "low", "permit", "zone: a, time|lt: '21:00'", "")
		 RULE("r", "low", "refuse", "zone: a, time|gte: '21:00'", "") RULE("q", "low", "refuse", "zone: b", ""),
	     NULL, NULL},
	    {"covers: {s: {zone: [a, b], time|exists: true}, condition: s}",
	     RULE("p", "low", "permit", "zone: a, time|lt: '21:00'", "")
		 RULE("r", "low", "refuse", "zone: a, time|gt: '21:00'", "") RULE("q", "low", "refuse", "zone: b", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when time is 21:00, zone is a, and nothing else"},
	    {"covers: {s: {level|gte|fieldref: limit}, condition: s}",
	     RULE("p", "low", "permit", "level|gt|fieldref: limit", "") RULE("q", "low", "refuse", "level|neq: 7", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when level is 7, limit is 7, and nothing else"},
	    {"covers: {s: {date|exists: true}, condition: s}",
	     RULE("p", "low", "permit", "date|month|neq: 5", "") RULE("q", "low", "refuse", "date|day|neq: 14", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when date is 2026-05-14, and nothing else"},
	    {"covers: {s: {name|re: '^a+b$'}, condition: s}",
	     RULE("p", "low", "permit", "name|contains: aab", "") RULE("q", "low", "refuse", "name|startswith: aa", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when name is ab, and nothing else"},
	    /* A set of twenty groups that a man may or may not be in. */
	    {"covers: {s: {groups: g*}, condition: s}",
	     RULE("p", "low", "permit", "groups: [g1, g2, g3, g4, g5, g6, g7, g8, g9, g10, g11]", "")
		 RULE("q", "low", "refuse", "groups: [g12, g13, g14, g15, g16, g17, g18, g19, g20]", ""),
	     "f:4:9", "no rule speaks, and only the default is left, when groups is g*, and nothing else"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

/* Eight expressions that count in ways of their own have more states together than are walked. */
TEST(a_rulebook_that_cannot_be_searched_does_not_load)
{
	static char rules[4000];
	const struct rulebook *book;
	struct error error;
	struct buf b = {.at = (uint8_t *)rules, .size = sizeof rules - 1};
	for (int i = 0; i < 8; i++) {
		char line[200];
		snprintf(line, sizeof line,
			 " - {id: p%d, title: t, layer: low, outcome: permit, match: {s: {name|re: 'x%d.{%d}x'}, "
			 "condition: s}}\n",
			 i, i, 11 + i);
		buf_put_str(&b, str_of(line));
	}
	rules[b.len] = 0;
	CHECK_OK(load("", rules, &book, &error), &error);
	CHECK_INT(
	    load(
		"covers: {s: {name|re|all: ['x0.{11}x', 'y1.{9}x', 'y2.{13}y', 'y3.{12}z', 'y4.{10}z']}, condition: s}",
		rules, &book, &error),
	    ERROR_LIMIT);
	CHECK_STR(str_of(error.what), STR("the rules are too intricate to find the cases of which none speaks"));
	CHECK_STR(str_of(error.where), STR("f:4:9"));
	CHECK_INT(arena.used, 0);
}

/* ---- what is asked of a rulebook that has loaded ---- */

/* The name is settled first, and a zone looked for that it compares with. */
TEST(a_text_that_another_is_compared_with_is_found)
{
	static const char *const rows[][2] = {{"name|fieldref: zone", "abc"},
					      {"name|startswith|fieldref: zone", "a"},
					      {"name|endswith|fieldref: zone", "c"},
					      {"name|contains|fieldref: zone", "b"}};
	struct arena scratch = arena_map(SEARCH_SCRATCH_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char rules[600];
		const struct rulebook *book;
		struct error error;
		struct search search;
		struct finding f;
		snprintf(rules, sizeof rules,
			 RULE("p", "low", "permit", "name: abc, %s", "") RULE("r", "low", "refuse", "zone: '%s'", ""),
			 rows[i][0], rows[i][1]);
		CHECK_OK(load("", rules, &book, &error), &error);
		arena_clear(&scratch);
		search_init(&search, book, &scratch, SIZE_MAX);
		CHECK_INT(search_overlap(&search, 1, 2, &f), FOUND_ONE);
		CHECK_STR(f.facts[7].text, str_of(rows[i][1]));
		snprintf(rules, sizeof rules,
			 RULE("p", "low", "permit", "name: abc, %s", "") RULE("r", "low", "refuse", "zone: 'x%s'", ""),
			 rows[i][0], rows[i][1]);
		CHECK_OK(load("", rules, &book, &error), &error);
		arena_clear(&scratch);
		search_init(&search, book, &scratch, SIZE_MAX);
		CHECK(search_overlap(&search, 1, 2, &f) != FOUND_ONE);
	}
	arena_unmap(&scratch);
}

/* Of the zone é the only part of one character is é itself: half of it is no text. */
TEST(a_text_has_no_part_that_ends_inside_a_character)
{
	static const char *const rules = RULE("p", "low", "permit", "zone: é, zone|contains|fieldref: name", "")
	    RULE("r", "low", "refuse", "name|re: '^.$', name|neq: é", "")
		RULE("q", "low", "refuse", "name|re: '^.$', level: 1", "");
	const struct rulebook *book;
	struct error error;
	struct arena scratch = arena_map(SEARCH_SCRATCH_BYTES);
	struct search search;
	struct finding f;
	CHECK_OK(load("", rules, &book, &error), &error);
	search_init(&search, book, &scratch, SIZE_MAX);
	CHECK(search_overlap(&search, 1, 2, &f) != FOUND_ONE);
	CHECK_INT(search_overlap(&search, 1, 3, &f), FOUND_ONE);
	CHECK_STR(f.facts[0].text, STR("é"));
	arena_unmap(&scratch);
}

TEST(cases_that_are_found_are_cases)
{
	static const char *const rules = RULE("p", "low", "permit", "level|gte: 2, groups|all: [a, b]", "")
	    RULE("r", "low", "refuse", "zone|startswith: x, name|neq: ann", "")
		RULE("q", "low", "refuse", "level|lt: 2", "") RULE("s", "high", "refuse", "level: 3", "");
	const struct rulebook *book;
	struct error error;
	struct arena scratch = arena_map(SEARCH_SCRATCH_BYTES);
	struct search search;
	struct finding f;
	CHECK_OK(load("", rules, &book, &error), &error);
	search_init(&search, book, &scratch, SIZE_MAX);
	/* Numbered by layers: s is 1. */
	CHECK_INT(search_unsettled(&search, 2, 3, &f), FOUND_ONE);
	CHECK_INT(f.n, 2);
	CHECK_INT(f.rules[1], 3);
	CHECK_INT(match_expression(book->rules[1].applies, f.facts), TRUTH_YES);
	CHECK_INT(match_expression(book->rules[2].applies, f.facts), TRUTH_YES);
	CHECK_INT(search_unsettled(&search, 2, 4, &f), FOUND_NONE); /* they exclude each other */
	CHECK_INT(search_unsettled(&search, 2, 1, &f), FOUND_NONE); /* the layer tells them apart, */
	CHECK_INT(search_overlap(&search, 2, 1, &f), FOUND_ONE);    /* but both can speak */
	CHECK_INT(match_expression(book->rules[0].applies, f.facts), TRUTH_YES);
	CHECK_INT(search_gap(&search, &f), FOUND_NONE); /* no `covers` */
	CHECK_INT(search_circle(&search, &f), FOUND_NONE);
	arena_unmap(&scratch);
}
