#include "rules/profile.h"

#include "base/test.h"
#include "rules/rulebook_text.h"
#include "rules/rules_try.h"

enum { NAME, GROUPS, LEVEL, TIME, DATE, FROM, SECURE, ZONE, LIMIT };

static const struct rulebook *book(const char *rules)
{
	char text[2048];
	snprintf(text, sizeof text, "%srules:\n%s", try_head, rules);
	return rulebook_of_text(&try_vocabulary, text);
}

#define RULE(id, match) "- {id: " id ", title: t, layer: low, outcome: permit, match: {s: {" match "}, condition: s}}\n"

static void put(struct buf *b, const struct rulebook *rulebook, const char *request, uint32_t facts)
{
	struct try_request r;
	try_request(&r, request);
	buf_clear(b);
	profile_put(b, rulebook, r.facts, facts);
}

TEST(requests_that_no_comparison_tells_apart_have_one_profile)
{
	static const struct {
		const char *a, *b;
		bool alike;
	} rows[] = {
	    {"name=Ann; groups=staff", "name=Bea; groups=staff", true}, /* neither is named */
	    {"name=Ann; groups=staff", "name=Cleo; groups=staff", false},
	    {"name=Ann; groups=staff", "name=Ann; groups=guard", false},
	    {"name=Ann; groups=staff", "name=Ann; groups=staff, other", true},
	    {"name=Ann; groups=staff", "name=-; groups=staff", true},
	    {"name=Ann; groups=staff", "groups=staff", false},				  /* it might be Cleo */
	    {"name=Ann; groups=staff; level=1", "name=Ann; groups=staff; level=9", true}, /* not of ours */
	};
	const struct rulebook *rulebook = book(RULE("a", "name: Cleo, level: 2") RULE("b", "groups: [staff, clerk]"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char first[256], second[256];
		struct buf a = BUF(first), b = BUF(second);
		put(&a, rulebook, rows[i].a, 1 << NAME | 1 << GROUPS);
		put(&b, rulebook, rows[i].b, 1 << NAME | 1 << GROUPS);
		CHECK_INT(str_eq(buf_str(&a), buf_str(&b)), rows[i].alike);
	}
	CHECK_INT(profile_facts(rulebook), 1 << NAME | 1 << GROUPS | 1 << LEVEL);
}

TEST(what_is_compared_with_a_fact_of_others_stands_in_the_profile_as_it_is)
{
	char first[256], second[256];
	struct buf a = BUF(first), b = BUF(second);
	const struct rulebook *rulebook = book(RULE("a", "level|fieldref: limit"));
	put(&a, rulebook, "level=3; limit=3", 1 << LEVEL);
	put(&b, rulebook, "level=4; limit=3", 1 << LEVEL);
	CHECK(!str_eq(buf_str(&a), buf_str(&b)));
	put(&a, rulebook, "level=3; limit=3", 1 << LIMIT);
	put(&b, rulebook, "level=3; limit=4", 1 << LIMIT);
	CHECK(!str_eq(buf_str(&a), buf_str(&b)));
	put(&a, rulebook, "level=3; limit=4", 1 << LEVEL | 1 << LIMIT);
	put(&b, rulebook, "level=5; limit=9", 1 << LEVEL | 1 << LIMIT);
	CHECK(str_eq(buf_str(&a), buf_str(&b)));
	CHECK_INT(profile_facts(rulebook), 1 << LEVEL | 1 << LIMIT);
}

TEST(times_change_answers_where_a_rule_names_them_and_nowhere_else)
{
	int64_t edges[8];
	const struct rulebook *rulebook = book(RULE("a", "'time|gte': '08:00', 'time|lt': '18:00'")
						   RULE("b", "time: '12:30'") RULE("c", "zone: hall"));
	CHECK_INT(profile_edges(rulebook, TIME, edges, ARRAY_LEN(edges)), 4);
	int64_t day = 0, last = -1;
	for (size_t i = 0; i < 4; i++) {
		CHECK(edges[i] > last);
		last = edges[i];
		day += edges[i];
	}
	CHECK_INT(day, 8 * 60 + 12 * 60 + 30 + 12 * 60 + 31 + 18 * 60);
	CHECK_INT(profile_edges(rulebook, LEVEL, edges, ARRAY_LEN(edges)), 0);
	CHECK_INT(profile_edges(rulebook, TIME, edges, 3), PROFILE_ANYWHERE);
}

TEST(parts_of_a_time_and_other_facts_change_answers_often)
{
	int64_t edges[32];
	const struct rulebook *rulebook = book(RULE("a", "'time|hour': 7"));
	CHECK_INT(profile_edges(rulebook, TIME, edges, ARRAY_LEN(edges)), 2);
	CHECK_INT(edges[0], 7 * 60);
	CHECK_INT(edges[1], 8 * 60);
	rulebook = book(RULE("a", "'time|minute': 7"));
	CHECK_INT(profile_edges(rulebook, TIME, edges, ARRAY_LEN(edges)), PROFILE_ANYWHERE);
	rulebook = book(RULE("a", "level|fieldref: limit"));
	CHECK_INT(profile_edges(rulebook, LIMIT, edges, ARRAY_LEN(edges)), PROFILE_ANYWHERE);
}
