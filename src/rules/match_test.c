#include "base/test.h"
#include "rules/match.h"
#include "rules/rules_try.h"

static enum truth truth_of(const char *match, const char *request)
{
	struct try_request r;
	try_request(&r, request);
	return match_expression(try_match(match)->rules[0].applies, r.facts);
}

struct row {
	const char *selection, *request;
	enum truth expected;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char match[400];
		snprintf(match, sizeof match, "s: {%s}, condition: s", rows[i].selection);
		enum truth found = truth_of(match, rows[i].request);
		if (!test_count(found == rows[i].expected))
			test_fail(__FILE__, __LINE__, "{%s} of %s is %d, expected %d", rows[i].selection,
				  rows[i].request, (int)found, (int)rows[i].expected);
	}
}

TEST(texts_match_whole_and_by_their_parts_in_any_case_of_ascii)
{
	static const struct row rows[] = {
	    {"name: Ann", "name=aNN", TRUTH_YES},
	    {"name: ann", "name=anna", TRUTH_NO},
	    {"name: [bob, ann]", "name=ann", TRUTH_YES},
	    {"name: Éva", "name=Éva", TRUTH_YES},
	    {"name: éva", "name=Éva", TRUTH_NO},
	    {"name|startswith: AN", "name=anna", TRUTH_YES},
	    {"name|startswith: nn", "name=anna", TRUTH_NO},
	    {"name|endswith: NA", "name=anna", TRUTH_YES},
	    {"name|endswith: nn", "name=anna", TRUTH_NO},
	    {"name|contains: nn", "name=anna", TRUTH_YES},
	    {"name|contains: nnn", "name=anna", TRUTH_NO},
	    {"name|contains|all: [nn, a]", "name=anna", TRUTH_YES},
	    {"name|all|contains: [nn, b]", "name=anna", TRUTH_NO},
	    {"name: ''", "name=", TRUTH_YES},
	    {"name: ''", "name=a", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_star_is_any_run_and_a_question_mark_one_character)
{
	static const struct row rows[] = {
	    {"name: '*'", "name=", TRUTH_YES},
	    {"name: 'a*a'", "name=anna", TRUTH_YES},
	    {"name: 'a*a'", "name=a", TRUTH_NO},
	    {"name: 'a*n*a'", "name=anna", TRUTH_YES},
	    {"name: 'a*b*a'", "name=anna", TRUTH_NO},
	    {"name: '*na'", "name=nana", TRUTH_YES},
	    {"name: '?va'", "name=Éva", TRUTH_YES},
	    {"name: '??va'", "name=Éva", TRUTH_NO},
	    {"name: 'ann?'", "name=ann", TRUTH_NO},
	    {"name: 'a**?'", "name=an", TRUTH_YES},
	    {"name: 'a\\*'", "name=a*", TRUTH_YES},
	    {"name: 'a\\*'", "name=ann", TRUTH_NO},
	    {"name: 'a\\?'", "name=a?", TRUTH_YES},
	    {"name: 'a\\\\*'", "name=a\\nn", TRUTH_YES},
	    {"name: 'a\\b'", "name=a\\b", TRUTH_YES},
	    {"name|contains: '\\*'", "name=a*b", TRUTH_YES},
	    {"name|contains: 'a?c'", "name=xabcx", TRUTH_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_set_of_texts_matches_when_one_of_them_does)
{
	static const struct row rows[] = {
	    {"groups: staff", "groups=guard, staff", TRUTH_YES},
	    {"groups: staff", "groups=guard", TRUTH_NO},
	    {"groups: staff", "groups=", TRUTH_NO},
	    {"groups: [staff, guard]", "groups=x, guard", TRUTH_YES},
	    {"groups|all: [staff, guard]", "groups=x, guard", TRUTH_NO},
	    {"groups|all: [staff, guard]", "groups=staff, x, guard", TRUTH_YES},
	    {"groups|startswith: st", "groups=x, staff", TRUTH_YES},
	    {"groups: '*'", "groups=", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(numbers_times_and_dates_have_bounds)
{
	static const struct row rows[] = {
	    {"level: 3", "level=3", TRUTH_YES},
	    {"level: [1, 3]", "level=2", TRUTH_NO},
	    {"level: -3", "level=-3", TRUTH_YES},
	    {"level|gte: 3", "level=3", TRUTH_YES},
	    {"level|gt: 3", "level=3", TRUTH_NO},
	    {"level|lte: 3", "level=3", TRUTH_YES},
	    {"level|lt: 3", "level=3", TRUTH_NO},
	    {"level|gt: 1, level|lt: 3", "level=2", TRUTH_YES},
	    {"time|gte: '07:00', time|lt: '19:00'", "time=07:00", TRUTH_YES},
	    {"time|gte: '07:00', time|lt: '19:00'", "time=19:00", TRUTH_NO},
	    {"time: '23:59'", "time=23:59", TRUTH_YES},
	    {"date: 2028-02-29", "date=2028-02-29", TRUTH_YES},
	    {"date|gt: 2027-12-31", "date=2028-01-01", TRUTH_YES},
	    {"date|lt: 1970-01-01", "date=1970-01-01", TRUTH_NO},
	    {"secure: true", "secure=true", TRUTH_YES},
	    {"secure: false", "secure=true", TRUTH_NO},
	    {"secure: [true, false]", "secure=-", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(addresses_match_alone_and_by_networks_of_their_own_kind)
{
	static const struct row rows[] = {
	    {"from: 192.0.2.7", "from=192.0.2.7", TRUTH_YES},
	    {"from: 192.0.2.7", "from=192.0.2.8", TRUTH_NO},
	    {"from: '2001:db8::1'", "from=2001:db8:0::1", TRUTH_YES},
	    {"from|cidr: 192.0.2.0/24", "from=192.0.2.255", TRUTH_YES},
	    {"from|cidr: 192.0.2.0/24", "from=192.0.3.0", TRUTH_NO},
	    {"from|cidr: 192.0.2.128/25", "from=192.0.2.127", TRUTH_NO},
	    {"from|cidr: 0.0.0.0/0", "from=255.1.2.3", TRUTH_YES},
	    {"from|cidr: 0.0.0.0/0", "from=::1", TRUTH_NO},
	    {"from|cidr: '2001:db8::/33'", "from=2001:db8:7fff::1", TRUTH_YES},
	    {"from|cidr: '2001:db8::/33'", "from=2001:db8:8000::1", TRUTH_NO},
	    {"from|cidr: ['10.0.0.0/8', '192.0.2.1/32']", "from=192.0.2.1", TRUTH_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(what_is_unknown_is_unknown_and_what_is_absent_matches_nothing)
{
	static const struct row rows[] = {
	    {"name: '*'", "", TRUTH_UNKNOWN},
	    {"name: '*'", "name=-", TRUTH_NO},
	    {"name: a, level: 3", "name=b", TRUTH_NO},
	    {"name: a, level: 3", "name=a", TRUTH_UNKNOWN},
	    {"name: a, level: 3", "name=a; level=3", TRUTH_YES},
	    {"groups|all: [a, b]", "groups=-", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(and_or_and_not_are_kleenes)
{
	static const struct {
		const char *condition;
		enum truth expected;
	} rows[] = {
	    {"yes and maybe", TRUTH_UNKNOWN},	  {"no and maybe", TRUTH_NO},
	    {"yes or maybe", TRUTH_YES},	  {"no or maybe", TRUTH_UNKNOWN},
	    {"yes and not maybe", TRUTH_UNKNOWN}, {"not (no and maybe)", TRUTH_YES},
	    {"not (yes or maybe)", TRUTH_NO},	  {"yes and not not maybe", TRUTH_UNKNOWN},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char match[400];
		snprintf(
		    match, sizeof match,
		    "yes: {level: 1}, no: {level: [2, 9]}, maybe: {name: a}, condition: (%s) or (yes and no and maybe)",
		    rows[i].condition);
		CHECK_INT(truth_of(match, "level=1"), rows[i].expected);
	}
}

TEST(the_unknown_facts_are_those_that_keep_it_from_an_answer)
{
	struct try_request r;
	const struct node *applies =
	    try_match("a: {name: a}, b: {level: 1}, c: {secure: true}, condition: (a and b) or c")->rules[0].applies;
	try_request(&r, "");
	CHECK_INT(match_unknowns(applies, r.facts), 1 << 0 | 1 << 2 | 1 << 6);
	try_request(&r, "name=b");
	CHECK_INT(match_unknowns(applies, r.facts), 1 << 6);
	try_request(&r, "secure=true");
	CHECK_INT(match_unknowns(applies, r.facts), 0);
}
