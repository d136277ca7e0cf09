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

/* The values of Sigma's rules specification, "Escape Character". */
TEST(backslashes_are_read_as_sigma_reads_them)
{
	static const struct row rows[] = {
	    {"name: 'a\\b'", "name=a\\b", TRUTH_YES},
	    {"name: 'a\\\\b'", "name=a\\b", TRUTH_YES},
	    {"name: 'a\\\\\\b'", "name=a\\\\b", TRUTH_YES},
	    {"name: 'a\\\\\\\\b'", "name=a\\\\b", TRUTH_YES},
	    {"name: 'a\\*'", "name=a*", TRUTH_YES},
	    {"name: 'a\\*'", "name=ab", TRUTH_NO},
	    {"name: 'a\\\\*'", "name=a\\bc", TRUTH_YES},
	    {"name: 'a\\\\*'", "name=a*", TRUTH_NO},
	    {"name: 'a\\\\\\*'", "name=a\\*", TRUTH_YES},
	    {"name: 'a\\\\\\*'", "name=a\\b", TRUTH_NO},
	    {"name|endswith: '\\cmd.exe'", "name=c:\\cmd.exe", TRUTH_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(what_is_cased_is_compared_letter_for_letter)
{
	static const struct row rows[] = {
	    {"name|cased: Ann", "name=Ann", TRUTH_YES},
	    {"name|cased: Ann", "name=ann", TRUTH_NO},
	    {"name|cased|startswith: A", "name=Ann", TRUTH_YES},
	    {"name|startswith|cased: A", "name=ann", TRUTH_NO},
	    {"name|contains|cased: 'N?'", "name=aNn", TRUTH_YES},
	    {"groups|cased: [A, B]", "groups=a, B", TRUTH_YES},
	    {"groups|cased|all: [A, B]", "groups=a, B", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(expressions_match_anywhere_and_look_at_case)
{
	static const struct row rows[] = {
	    {"name|re: 'n{2}'", "name=anna", TRUTH_YES},
	    {"name|re: '^n'", "name=anna", TRUTH_NO},
	    {"name|re: ANN", "name=anna", TRUTH_NO},
	    {"name|re|i: ANN", "name=anna", TRUTH_YES},
	    {"name|re: ['^b', 'a$']", "name=anna", TRUTH_YES},
	    {"name|re|all: ['^b', 'a$']", "name=anna", TRUTH_NO},
	    {"name|re|neq: '^b'", "name=anna", TRUTH_YES},
	    {"groups|re: '^.$'", "groups=ab, c", TRUTH_YES},
	    {"name|re: '.'", "name=-", TRUTH_NO},
	    {"name|re: '.'", "", TRUTH_UNKNOWN},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_value_is_different_only_where_there_is_one)
{
	static const struct row rows[] = {
	    {"name|neq: ann", "name=bob", TRUTH_YES},
	    {"name|neq: ann", "name=Ann", TRUTH_NO},
	    {"name|neq: ann", "name=-", TRUTH_NO},
	    {"name|neq: ann", "", TRUTH_UNKNOWN},
	    {"name|neq: [ann, bob]", "name=bob", TRUTH_NO},
	    {"name|startswith|neq: a", "name=bob", TRUTH_YES},
	    {"level|neq: 3", "level=2", TRUTH_YES},
	    {"from|cidr|neq: 192.0.2.0/24", "from=192.0.2.7", TRUTH_NO},
	    {"from|neq: 192.0.2.7", "from=::1", TRUTH_YES},
	    {"date|neq: 2026-11-23", "date=2026-11-24", TRUTH_YES},
	    {"time|hour|neq: 7", "time=08:00", TRUTH_YES},
	    {"zone|neq|fieldref: name", "zone=a; name=b", TRUTH_YES},
	    {"zone|neq|fieldref: name", "zone=a; name=-", TRUTH_YES},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(presence_is_asked_for_and_null_is_no_value)
{
	static const struct row rows[] = {
	    {"name|exists: true", "name=", TRUTH_YES},
	    {"name|exists: true", "name=-", TRUTH_NO},
	    {"name|exists: false", "name=-", TRUTH_YES},
	    {"name|exists: false", "", TRUTH_UNKNOWN},
	    {"groups|exists: true", "groups=", TRUTH_YES},
	    {"groups: null", "groups=", TRUTH_YES},
	    {"groups: null", "groups=a", TRUTH_NO},
	    {"groups: null", "groups=-", TRUTH_YES},
	    {"level: null", "level=-", TRUTH_YES},
	    {"level: null", "level=0", TRUTH_NO},
	    {"name: 'null'", "name=null", TRUTH_YES},
	    {"name: null", "name=null", TRUTH_NO},
	    {"secure|exists: false", "secure=false", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(facts_are_compared_with_each_other)
{
	static const struct row rows[] = {
	    {"name|fieldref: zone", "name=Lobby; zone=lobby", TRUTH_YES},
	    {"name|cased|fieldref: zone", "name=Lobby; zone=lobby", TRUTH_NO},
	    {"name|startswith|fieldref: zone", "name=Lobby 2; zone=lobby", TRUTH_YES},
	    {"name|endswith|fieldref: zone", "name=the Lobby; zone=lobby", TRUTH_YES},
	    {"name|contains|fieldref: zone", "name=a lobby b; zone=LOBBY", TRUTH_YES},
	    {"name|contains|fieldref: zone", "name=a; zone=", TRUTH_YES},
	    {"name|endswith|fieldref: zone", "name=bby; zone=lobby", TRUTH_NO},
	    {"groups|fieldref: zone", "groups=a, lobby; zone=Lobby", TRUTH_YES},
	    {"zone|fieldref: groups", "groups=a, lobby; zone=Lobby", TRUTH_YES},
	    {"name|fieldref: [zone, groups]", "name=a; zone=b; groups=c, a", TRUTH_YES},
	    {"level|gte|fieldref: limit", "level=3; limit=3", TRUTH_YES},
	    {"level|gt|fieldref: limit", "level=3; limit=3", TRUTH_NO},
	    {"level|lt|fieldref: limit", "level=2; limit=3", TRUTH_YES},
	    {"level|lte|fieldref: limit", "level=4; limit=3", TRUTH_NO},
	    {"level|fieldref: limit", "level=4; limit=4", TRUTH_YES},
	    {"level|fieldref: limit", "level=4", TRUTH_UNKNOWN},
	    {"level|fieldref: limit", "level=-", TRUTH_NO},
	    {"level|fieldref: limit", "limit=-", TRUTH_NO},
	    {"name|fieldref: [zone, groups]", "name=a; zone=-", TRUTH_UNKNOWN},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(parts_of_times_and_dates_are_numbers)
{
	static const struct row rows[] = {
	    {"time|hour: 7", "time=07:59", TRUTH_YES},
	    {"time|hour|gte: 22", "time=21:59", TRUTH_NO},
	    {"time|minute: [0, 30]", "time=11:30", TRUTH_YES},
	    {"time|minute|lt: 5", "time=11:05", TRUTH_NO},
	    {"date|day: 14, date|month: 5", "date=2031-05-14", TRUTH_YES},
	    {"date|month|gt: 11", "date=2026-11-30", TRUTH_NO},
	    {"date|year: 2026", "date=2026-12-31", TRUTH_YES},
	    {"date|year|lte: 2026", "date=2027-01-01", TRUTH_NO},
	    {"date|week: 53", "date=2027-01-01", TRUTH_YES},
	    {"date|week: 1", "date=2024-12-30", TRUTH_YES},
	    {"date|day: 31", "", TRUTH_UNKNOWN},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(dashes_stand_for_each_other_where_windash_says_so)
{
	static const struct row rows[] = {
	    {"name|windash|contains: ' -a'", "name=cmd /a", TRUTH_YES},
	    {"name|contains|windash: ' /a'",
	     "name=cmd \xe2\x80\x95"
	     "A",
	     TRUTH_YES},
	    {"name|windash: '\xe2\x80\x93x'", "name=-x", TRUTH_YES},
	    {"name|windash: '-x'", "name=\xe2\x80\x92x", TRUTH_NO},
	    {"name: '-x'", "name=/x", TRUTH_NO},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(one_map_of_a_list_is_enough)
{
	CHECK_INT(truth_of("s: [{name: a, level: 1}, {name: b}], condition: s", "name=b; level=-"), TRUTH_YES);
	CHECK_INT(truth_of("s: [{name: a, level: 1}, {name: b}], condition: s", "name=a; level=2"), TRUTH_NO);
	CHECK_INT(truth_of("s: [{name: a, level: 1}, {name: b}], condition: not s", "name=a; level=2"), TRUTH_YES);
	CHECK_INT(truth_of("s: [{name: a, level: 1}, {name: b}], condition: s", "name=a"), TRUTH_UNKNOWN);
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
