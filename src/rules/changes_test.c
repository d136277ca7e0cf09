#include "rules/changes.h"
#include "base/test.h"
#include "rules/fact_words.h"
#include "rules/rules_try.h"

/* The changes as a line: sets apart by "; ", facts by " and ". */
static struct str told(const struct rulebook *book, const char *request, uint32_t fixed)
{
	static char line[2000];
	struct buf b = BUF(line);
	struct try_request r;
	struct changes changes;
	try_request(&r, request);
	rulebook_changes(book, r.facts, fixed, &changes);
	for (size_t i = 0; i < changes.n; i++) {
		for (size_t k = 0; k < changes.sets[i].n; k++) {
			const struct change *c = &changes.sets[i].at[k];
			buf_put_str(&b, k ? STR(" and ") : i ? STR("; ") : STR(""));
			if (c->how == CHANGE_ADD || c->how == CHANGE_REMOVE) {
				buf_put_str(&b, c->how == CHANGE_ADD ? STR("+") : STR("-"));
				buf_put_str(&b, c->value.text);
			} else {
				fact_put(&b, &try_facts[c->fact], &c->value);
			}
		}
	}
	if (changes.gave_up)
		BUF_LIT(&b, " …");
	ASSERT(!b.over);
	return buf_str(&b);
}

#define RULE(id, layer, outcome, fields)                                                                               \
	"  - {id: " id ", title: t, layer: " layer ", outcome: " outcome ", match: {s: {" fields "}, condition: s}}\n"

TEST(the_fewest_facts_come_first_with_the_nearest_value)
{
	const struct rulebook *book = try_book(
	    "rules:\n" RULE("p", "low", "permit", "groups: staff, level|gte: 3, time|gte: '07:00', time|lt: '19:00'")
		RULE("r", "high", "refuse", "zone: closed"));
	static const struct {
		const char *request, *expected;
	} rows[] = {
	    {"groups=staff; level=2; time=12:00; zone=open", "level is 3"},
	    {"groups=staff; level=5; time=20:00; zone=open", "time is 18:59"},
	    {"groups=staff; level=5; time=06:00; zone=open", "time is 07:00"},
	    {"groups=staff; level=1; time=20:00; zone=open", "level is 3 and time is 18:59"},
	    {"groups=guard; level=1; time=20:00; zone=open", "+staff and level is 3 and time is 18:59"},
	    {"groups=guard; level=1; time=20:00; zone=closed", ""},
	    {"groups=staff; level=5; time=12:00; zone=closed", "zone is other"},
	    /* A permission is changed by what it rests on, and by what refuses. */
	    {"groups=staff; level=3; time=12:00; zone=open", "-staff; level is 2; time is 06:59"},
	    {"groups=staff; level=3; time=12:00; zone=-", "-staff; level is 2; time is 06:59"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str found = told(book, rows[i].request, 0);
		if (!test_count(str_eq(found, str_of(rows[i].expected))))
			test_fail(__FILE__, __LINE__, "%s: \"" STR_FMT "\", expected \"%s\"", rows[i].request,
				  STR_ARG(found), rows[i].expected);
	}
}

TEST(what_is_fixed_does_not_change)
{
	const struct rulebook *book =
	    try_book("rules:\n" RULE("p", "low", "permit", "level: 1") RULE("q", "low", "permit", "zone: a"));
	CHECK_STR(told(book, "level=2; zone=b", 0), STR("level is 1; zone is a"));
	CHECK_STR(told(book, "level=2; zone=b", 1u << 2), STR("zone is a"));
	CHECK_STR(told(book, "level=2; zone=b", 1u << 2 | 1u << 7), STR(""));
}

TEST(what_is_unknown_may_turn_out_so)
{
	const struct rulebook *book = try_book("rules:\n" RULE("p", "low", "permit", "level: 1, secure: true"));
	CHECK_STR(told(book, "level=1", 0), STR("secure is true"));
	CHECK_STR(told(book, "", 0), STR("level is 1 and secure is true"));
}

TEST(facts_that_are_compared_are_changed_to_each_other)
{
	const struct rulebook *book = try_book("rules:\n" RULE("p", "low", "permit", "level|gte|fieldref: limit"));
	CHECK_STR(told(book, "level=2; limit=5", 0), STR("level is 5; limit is 2"));
	book = try_book("rules:\n" RULE("p", "low", "permit", "name|fieldref: zone"));
	CHECK_STR(told(book, "name=ann; zone=lobby", 1), STR("zone is ann"));
}

TEST(what_rules_only_ask_to_be_there_may_be_anything)
{
	const struct rulebook *book = try_book("rules:\n" RULE("p", "low", "permit", "level|exists: true"));
	CHECK_STR(told(book, "level=-", 0), STR("level is 0"));
	CHECK_STR(told(book, "level=7", 0), STR("there is no level"));
	book = try_book("rules:\n" RULE("p", "low", "permit", "name|exists: true, groups|exists: true"));
	CHECK_STR(told(book, "name=-; groups=-", 0), STR("name is other and +other"));
	book = try_book("rules:\n" RULE("p", "low", "permit", "date|exists: true, time|exists: true"));
	CHECK_STR(told(book, "date=-; time=-", 0), STR("time is 12:00 and date is 2026-01-01"));
}

/* Three sets of two facts are enough, but one fact of which not everything was tried might do. */
TEST(something_smaller_that_was_not_tried_is_said)
{
	const struct rulebook *book = try_book(
	    "rules:\n" RULE("p", "low", "permit", "date|month: 5") RULE("r", "high", "refuse", "date|month|gte: 5")
		RULE("q", "low", "permit", "level: 1, limit: 1") RULE("s", "low", "permit", "level: 2, zone: a")
		    RULE("t", "low", "permit", "limit: 2, zone: b"));
	CHECK_STR(told(book, "level=9; limit=9; zone=x; date=2026-01-01", 0),
		  STR("level is 2 and zone is a; level is 1 and limit is 1; zone is b and limit is 2 …"));
	book = try_book("rules:\n" RULE("p", "low", "permit", "date|month: 5") RULE("q", "low", "permit", "level: 1")
			    RULE("s", "low", "permit", "zone: a"));
	CHECK_STR(told(book, "level=9; zone=x; date=2026-01-01", 0), STR("level is 1; date is 2026-05-01; zone is a"));
}

TEST(patterns_and_dates_have_values_that_satisfy_them)
{
	const struct rulebook *book =
	    try_book("rules:\n" RULE("p", "low", "permit", "name|re: '^a[0-9]{2}$', date|month: 5, date|day: 14"));
	/* Of dates by their parts nobody knows all values, so there might be others. */
	CHECK_STR(told(book, "name=a07; date=2026-01-01", 0), STR("date is 2026-05-14 …"));
	CHECK_STR(told(book, "name=x; date=2026-05-14", 0), STR("name is a00"));
}

/* Seventy zones are more than are tried, and none of those that are leads anywhere. */
TEST(what_was_not_tried_is_said)
{
	static char zones[2000], rules[TRY_BOOK_BYTES];
	struct buf b = {.at = (uint8_t *)zones, .size = sizeof zones - 1};
	for (int i = 0; i < 70; i++) {
		char zone[20];
		snprintf(zone, sizeof zone, "%sz%d", i ? ", " : "", i);
		buf_put_str(&b, str_of(zone));
	}
	zones[b.len] = 0;
	snprintf(rules, sizeof rules,
		 "rules:\n" RULE("p", "low", "permit", "zone: [%s]") RULE("r", "high", "refuse", "zone|neq: z69"),
		 zones);
	CHECK_STR(told(try_book(rules), "zone=x", 0), STR(" …"));
	/* A set of so many texts is not changed. */
	static struct str many[65];
	struct try_request r;
	struct changes changes;
	try_request(&r, "level=1");
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = STR("a");
	r.facts[1] = (struct fact){.state = FACT_KNOWN, .texts = {ARRAY_LEN(many), many}};
	rulebook_changes(try_book("rules:\n" RULE("p", "low", "permit", "groups: b")), r.facts, 0, &changes);
	CHECK(changes.gave_up && changes.n == 0);
	r.facts[1].texts.n = 60;
	rulebook_changes(try_book("rules:\n" RULE("p", "low", "permit", "groups: b")), r.facts, 0, &changes);
	CHECK(!changes.gave_up && changes.n == 1);
}
