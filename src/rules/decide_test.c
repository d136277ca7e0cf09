#include "base/test.h"
#include "rules/rules_try.h"

/* What an answer says, as a line: outcome, the deciding rule, what spoke, what was outweighed and why, conditions,
 * what to ask. */
static struct str told(const struct rulebook *book, const struct answer *a, char memory[1000])
{
	struct buf b = {.at = (uint8_t *)memory, .size = 1000};
	buf_put_str(&b, outcome_name(a->outcome));
	if (a->by_default)
		BUF_LIT(&b, " by default");
	for (size_t i = 0; i < a->spoke_count && i < ANSWER_RULES_MAX; i++) {
		buf_put_str(&b, i > 0 ? STR(" ") : a->deciding ? STR(" by ") : STR(" beside "));
		buf_put_str(&b, rulebook_rule(book, a->spoke[i])->id);
	}
	for (size_t i = 0; i < a->outweighed_count && i < ANSWER_RULES_MAX; i++) {
		BUF_LIT(&b, "; ");
		buf_put_str(&b, rulebook_rule(book, a->outweighed[i].by)->id);
		BUF_LIT(&b, " > ");
		buf_put_str(&b, rulebook_rule(book, a->outweighed[i].rule)->id);
		BUF_LIT(&b, ": ");
		buf_put_str(&b, outweighs_name(a->outweighed[i].why));
	}
	for (unsigned i = 0; i < RULEBOOK_CONDITIONS_MAX; i++) {
		if (!(a->conditions >> i & 1))
			continue;
		BUF_LIT(&b, "; with ");
		buf_put_str(&b, rulebook_condition(book, i));
	}
	for (size_t i = 0; i < a->unknown_count && i < ANSWER_UNKNOWN_MAX; i++) {
		buf_put_str(&b, i > 0 ? STR(", ") : STR("; ask "));
		buf_put_str(&b, rulebook_vocabulary(book)->facts[a->unknown[i]].name);
	}
	ASSERT(!b.over);
	return buf_str(&b);
}

struct row {
	const char *request, *expected;
};

static void check_rows(const struct rulebook *book, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct try_request request;
		struct answer answer;
		char memory[1000];
		try_request(&request, rows[i].request);
		memset(&answer, 0xA5, sizeof answer);
		rulebook_decide(book, request.facts, &answer);
		struct str found = told(book, &answer, memory);
		if (!test_count(str_eq(found, str_of(rows[i].expected))))
			test_fail(__FILE__, __LINE__, "of \"%s\": \"" STR_FMT "\", expected \"%s\"", rows[i].request,
				  STR_ARG(found), rows[i].expected);
	}
}

/* Rules in one line each: id, layer, outcome, the fields of one selection, and what else. */
#define RULE(id, layer, outcome, fields, more)                                                                         \
	"  - {id: " id ", title: t, layer: " layer ", outcome: " outcome ", match: {s: {" fields                       \
	"}, condition: s}" more "}\n"

TEST(what_no_rule_permits_is_refused)
{
	static const struct row rows[] = {
	    {"name=a; level=1", "refuse by default"},
	    {"name=-; level=-", "refuse by default"},
	    {"", "refuse; ask level"},
	    {"level=2", "permit by two"},
	};
	check_rows(try_book("rules:\n" RULE("two", "low", "permit", "level: 2", "")), rows, ARRAY_LEN(rows));
	check_rows(try_book("rules: []\n"), rows, 2);
	check_rows(try_book(""), rows, 2);
	static const struct row nothing[] = {{"", "refuse by default"}};
	check_rows(try_book(""), nothing, 1);
}

TEST(an_unless_that_holds_or_might_takes_a_rule_its_voice)
{
	static const struct row rows[] = {
	    {"level=2; secure=true", "refuse by default"}, {"level=2; secure=false", "permit by two"},
	    {"level=2; secure=-", "permit by two"},	   {"level=2", "refuse; ask secure"},
	    {"secure=true", "refuse by default"},
	};
	check_rows(try_book("rules:\n" RULE("two", "low", "permit", "level: 2",
					    ", unless: {s: {secure: true}, condition: s}")),
		   rows, ARRAY_LEN(rows));
}

TEST(a_higher_layer_outweighs)
{
	static const struct row rows[] = {
	    {"level=2; secure=true", "permit by above below; above > below: layer"},
	    {"level=3; secure=true", "refuse by above-not below-yes; above-not > below-yes: layer"},
	    {"level=2; secure=-", "refuse by below"},
	    {"level=2", "refuse by below; ask secure"},
	};
	check_rows(try_book("rules:\n" RULE("below", "low", "refuse", "level: 2", "")
				RULE("above", "high", "permit", "level: 2, secure: true", "")
				    RULE("below-yes", "low", "permit", "level: 3", "")
					RULE("above-not", "high", "refuse", "level: [3, 4]", "")),
		   rows, ARRAY_LEN(rows));
}

TEST(overrides_then_specificity_then_date_then_the_refusal)
{
	static const struct row rows[] = {
	    {"level=1; secure=true; name=x; zone=x", "permit by p1 r1; p1 > r1: overrides"},
	    {"level=2; secure=true; name=x; zone=x", "permit by p2 r2; p2 > r2: specificity"},
	    {"level=3; secure=true; name=x; zone=x", "permit by p3 r3; p3 > r3: date"},
	    {"level=4; secure=true; name=x; zone=x", "refuse by r4 p4; r4 > p4: prohibition"},
	    {"level=5; secure=true; name=x; zone=x", "refuse by r5 p5; r5 > p5: specificity"},
	    {"level=6; secure=true; name=x; zone=x", "refuse by r6 p6; r6 > p6: prohibition"},
	    {"level=7; secure=true; name=x; zone=x", "refuse by r7 p7; r7 > p7: overrides"},
	};
	check_rows(try_book("rules:\n"
			    /* Without the override the refusal would be the more particular. */
			    RULE("p1", "low", "permit", "level: 1", ", overrides: r1")
				RULE("r1", "low", "refuse", "level: 1, name: x", "")
			    /* The date is later, and comes too late. */
			    RULE("p2", "low", "permit", "level: 2, name: x", ", date: 2020-01-01")
				RULE("r2", "low", "refuse", "level: 2", ", date: 2021-01-01")
				    RULE("p3", "low", "permit", "level: 3, name: x", ", date: 2021-01-01")
					RULE("r3", "low", "refuse", "level: 3, zone: x", ", date: 2020-12-31")
					    RULE("p4", "low", "permit", "level: 4, name: x", ", date: 2021-01-01")
						RULE("r4", "low", "refuse", "level: 4, zone: x", "")
						    RULE("p5", "low", "permit", "level: 5", "")
							RULE("r5", "low", "refuse", "level: 5, zone: x", "")
							    RULE("p6", "low", "permit", "level: 6", "")
								RULE("r6", "low", "refuse", "level: 6", "")
								    RULE("p7", "low", "permit", "level: 7, name: x", "")
									RULE("r7", "low", "refuse", "level: 7",
									     ", overrides: [p7]")),
		   rows, ARRAY_LEN(rows));
}

TEST(two_permissions_do_not_join_forces)
{
	static const struct row rows[] = {
	    {"level=1; secure=true; name=x; zone=x",
	     "refuse by r1 p1 p2 r2; r2 > p1: prohibition; r1 > p2: prohibition"},
	    {"level=1; secure=true; name=y; zone=x", "refuse by r2 p1 r1; r2 > p1: prohibition"},
	    {"level=1; secure=false; name=x; zone=x", "permit by p1 p2 r1; p1 > r1: overrides"},
	};
	check_rows(try_book("rules:\n" RULE("p1", "low", "permit", "zone: x", ", overrides: r1") RULE(
		       "p2", "low", "permit", "name: x", ", overrides: r2") RULE("r1", "low", "refuse", "level: 1", "")
				RULE("r2", "low", "refuse", "secure: true", "")),
		   rows, ARRAY_LEN(rows));
}

TEST(a_refusal_that_might_speak_stands_in_the_way_until_it_is_known)
{
	static const struct row rows[] = {
	    {"level=1", "refuse beside p; ask name"},
	    {"level=1; name=y", "permit by p"},
	    {"level=1; name=-", "permit by p"},
	    {"level=1; name=x", "refuse by r p; r > p: prohibition"},
	    {"name=x", "refuse by r"},
	    {"", "refuse; ask name, level"},
	};
	check_rows(
	    try_book("rules:\n" RULE("p", "low", "permit", "level: 1", "") RULE("r", "low", "refuse", "name: x", "")),
	    rows, ARRAY_LEN(rows));
}

TEST(conditions_of_all_rules_that_stand_go_with_the_outcome)
{
	static const struct row rows[] = {
	    {"level=1; name=x; zone=y", "permit by p1 p2; with escort; with log"},
	    {"level=2; name=x; zone=y", "permit by p2; with log"},
	    {"level=1; name=x; zone=x", "refuse by r p1 p2; r > p1: prohibition; r > p2: prohibition; with alarm"},
	};
	check_rows(try_book("rules:\n" RULE("p1", "low", "permit", "level: 1", ", conditions: [escort, log]")
				RULE("p2", "low", "permit", "name: x", ", conditions: log")
				    RULE("r", "low", "refuse", "zone: x", ", conditions: [alarm]")),
		   rows, ARRAY_LEN(rows));
}

TEST(facts_are_those_that_rules_which_spoke_looked_at_and_those_to_ask)
{
	const struct rulebook *book = try_book("rules:\n" RULE("p", "low", "permit", "level: 1, secure: true", "") RULE(
	    "r", "low", "refuse", "name: x", "") RULE("other", "low", "permit", "zone: q", ""));
	struct try_request request;
	struct answer answer;
	try_request(&request, "level=1; secure=true; zone=z");
	rulebook_decide(book, request.facts, &answer);
	CHECK_INT(answer.facts, 1 << 2 | 1 << 6 | 1 << 0);
	CHECK_INT(answer.outcome, OUTCOME_REFUSE);
	CHECK_INT(answer.deciding, 0);
}

static void put_rule(struct buf *b, size_t i, const char *outcome, const char *fields)
{
	char line[200];
	snprintf(line, sizeof line,
		 "  - {id: %c%zu, title: t, layer: low, outcome: %s, match: {s: {%s}, condition: s}}\n", outcome[0], i,
		 outcome, fields);
	buf_put_str(b, str_of(line));
}

TEST(lists_are_cut_and_counts_are_not)
{
	static char rules[TRY_BOOK_BYTES / 2];
	struct buf b = {.at = (uint8_t *)rules, .size = sizeof rules - 1};
	struct try_request request;
	struct answer answer;
	BUF_LIT(&b, "rules:\n");
	for (size_t i = 0; i < 80; i++)
		put_rule(&b, i, "permit", "level|gte: 1");
	put_rule(&b, 0, "refuse", "level: 1");
	const struct rulebook *book = try_book(rules);
	try_request(&request, "level=1");
	rulebook_decide(book, request.facts, &answer);
	CHECK_INT(answer.spoke_count, 81);
	CHECK_INT(answer.deciding, 81);
	CHECK_INT(answer.spoke[0], 81);
	CHECK_INT(answer.spoke[ANSWER_RULES_MAX - 1], ANSWER_RULES_MAX - 1);
	CHECK_INT(answer.outweighed_count, 80);
	CHECK_INT(answer.outweighed[ANSWER_RULES_MAX - 1].rule, ANSWER_RULES_MAX);
	try_request(&request, "level=2");
	rulebook_decide(book, request.facts, &answer);
	CHECK_INT(answer.outcome, OUTCOME_PERMIT);
	CHECK_INT(answer.spoke_count, 80);
}

/* Five facts are asked for, of which four are told. */
TEST(of_more_unknown_facts_than_are_told_the_first_are)
{
	struct try_request request;
	struct answer answer;
	const struct rulebook *book =
	    try_book("rules:\n  - {id: p, title: t, layer: low, outcome: permit, match: {s: {name: a, level: 1, "
		     "time: '07:00', secure: true, zone: z}, condition: s}}\n");
	try_request(&request, "");
	rulebook_decide(book, request.facts, &answer);
	CHECK_INT(answer.unknown_count, ANSWER_UNKNOWN_MAX + 1);
	CHECK_INT(answer.unknown[ANSWER_UNKNOWN_MAX - 1], 6);
	CHECK_INT(answer.spoke_count, 0);
	CHECK_INT(answer.spoke[0], 0);
	CHECK(!answer.by_default);
}

TEST(zeroed_memory_is_an_answer_that_refuses)
{
	struct answer answer = {0};
	CHECK_INT(answer.outcome, OUTCOME_REFUSE);
}
