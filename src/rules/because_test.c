#include "rules/because.h"

#include "base/test.h"
#include "base/traffic.h"
#include "gen/codec.h"
#include "rules/rules_try.h"

static const char rules[] =
    "rules:\n"
    "  - {id: two, title: t, layer: low, outcome: permit, match: {s: {level: 2}, condition: s}}\n"
    "  - {id: but, title: t, layer: low, outcome: refuse, match: {s: {zone: court}, condition: s}}\n"
    "  - {id: all, title: t, layer: low, outcome: permit, match: {condition: 1 of them, n: {name: a}, g: {groups: a},\n"
    "     t: {time: '07:00'}, d: {date: 2026-11-23}, f: {from: 192.0.2.7}, s: {secure: true}}}\n";

static const struct entry_because *because_of(const struct fact *facts, struct arena *arena)
{
	struct answer answer;
	const struct rulebook *book = try_book(rules);
	rulebook_decide(book, facts, &answer);
	return rules_because(book, facts, &answer, arena);
}

static struct str written(const struct entry_because *because)
{
	static char memory[1 << 16];
	struct buf b = BUF(memory);
	entry_because_write(&b, because);
	ASSERT(!b.over);
	traffic_put(NULL, "EntryBecause", buf_str(&b));
	return buf_str(&b);
}

static void check(const char *request, const char *expected)
{
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct try_request r;
	try_request(&r, request);
	CHECK_STR(written(because_of(r.facts, &arena)), str_of(expected));
}

TEST(an_answer_is_told_in_ids_and_values)
{
	check("level=2; zone=court; name=b; groups=b; time=08:00; date=2027-01-01; from=::1; secure=false",
	      "{\"rulebook\":\"try\",\"outcome\":\"refuse\",\"spoke\":[\"but\",\"two\"],"
	      "\"outweighed\":[{\"rule\":\"two\",\"by\":\"but\",\"why\":\"prohibition\"}],"
	      "\"facts\":[{\"name\":\"level\",\"value\":[\"2\"]},{\"name\":\"zone\",\"value\":[\"court\"]}],"
	      "\"personal\":[]}");
}

TEST(each_kind_of_fact_is_told_as_a_rule_writes_it)
{
	check("name=Ann; groups=a, b; time=07:05; date=2026-11-23; from=192.0.2.7; secure=true; level=-3; zone=-",
	      "{\"rulebook\":\"try\",\"outcome\":\"permit\",\"spoke\":[\"all\"],\"outweighed\":[],\"facts\":["
	      "{\"name\":\"name\",\"value\":[\"Ann\"]},{\"name\":\"groups\",\"value\":[\"a\",\"b\"]},{\"name\":"
	      "\"time\",\"value\":[\"07:05\"]},"
	      "{\"name\":\"date\",\"value\":[\"2026-11-23\"]},{\"name\":\"from\",\"value\":[\"192.0.2.7\"]},"
	      "{\"name\":\"secure\",\"value\":[\"true\"]}],\"personal\":[]}");
	check(
	    "name=a; groups=; time=-; date=1969-12-31; from=2001:db8::ff; secure=false; level=1; zone=-",
	    "{\"rulebook\":\"try\",\"outcome\":\"permit\",\"spoke\":[\"all\"],\"outweighed\":[],\"facts\":["
	    "{\"name\":\"name\",\"value\":[\"a\"]},{\"name\":\"groups\",\"value\":[]},{\"name\":\"time\",\"value\":[]},"
	    "{\"name\":\"date\",\"value\":[\"1969-12-31\"]},{\"name\":\"from\",\"value\":[\"2001:0db8:0000:0000:0000:"
	    "0000:0000:00ff\"]},"
	    "{\"name\":\"secure\",\"value\":[\"false\"]}],\"personal\":[]}");
}

TEST(what_is_unknown_is_told_to_be)
{
	check("level=2; name=b; groups=-; time=-; date=-; from=-; secure=-",
	      "{\"rulebook\":\"try\",\"outcome\":\"refuse\",\"spoke\":[\"two\"],\"outweighed\":[],\"facts\":["
	      "{\"name\":\"level\",\"value\":[\"2\"]},{\"name\":\"zone\",\"value\":[],\"known\":false}],\"personal\":[]"
	      "}");
}

TEST(a_long_text_is_cut_between_characters_and_a_long_list_at_its_limit)
{
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct str many[40];
	char name[1 + 2 * 60 + 1] = "x"; /* the 120th byte is the first of a character of two */
	for (size_t i = 0; i < 60; i++)
		memcpy(name + 1 + 2 * i, "\xc3\xa9", 2);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = STR("a");
	struct try_request r;
	try_request(&r, "level=3; zone=x; time=07:00; date=-; from=-; secure=-");
	r.facts[0] = (struct fact){.state = FACT_KNOWN, .text = {name, sizeof name - 1}};
	r.facts[1] = (struct fact){.state = FACT_KNOWN, .texts = {ARRAY_LEN(many), many}};
	const struct entry_because *because = because_of(r.facts, &arena);
	CHECK_STR(because->facts.at[0].value.at[0], ((struct str){name, 119}));
	CHECK_INT(because->facts.at[1].value.n, 16);
	struct json j = json_over(written(because), &arena);
	struct entry_because again;
	CHECK(entry_because_read(&j, &again));
}

TEST(each_way_to_outweigh_has_its_name)
{
	static const char first[] =
	    "rules:\n"
	    "  - {id: a, title: t, outcome: permit, match: {s: {level: 2%s}, condition: s}, %s}\n"
	    "  - {id: b, title: t, outcome: refuse, match: {s: {level: 2%s}, condition: s}, %s}\n";
	static const struct {
		const char *a_more, *a, *b_more, *b, *why;
	} rows[] = {
	    {"", "layer: high", "", "layer: low", "\"rule\":\"b\",\"by\":\"a\",\"why\":\"layer\""},
	    {"", "layer: low, overrides: b", "", "layer: low", "\"rule\":\"b\",\"by\":\"a\",\"why\":\"overrides\""},
	    {", name: x", "layer: low", "", "layer: low", "\"rule\":\"b\",\"by\":\"a\",\"why\":\"specificity\""},
	    {", name: x", "layer: low, date: 2021-01-01", ", zone: x", "layer: low, date: 2020-12-31",
	     "\"rule\":\"b\",\"by\":\"a\",\"why\":\"date\""},
	    {", name: x", "layer: low", ", zone: x", "layer: low",
	     "\"rule\":\"a\",\"by\":\"b\",\"why\":\"prohibition\""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static uint8_t memory[1 << 16];
		char text[512];
		struct arena arena = arena_over(memory, sizeof memory);
		struct try_request r;
		struct answer answer;
		snprintf(text, sizeof text, first, rows[i].a_more, rows[i].a, rows[i].b_more, rows[i].b);
		const struct rulebook *book = try_book(text);
		try_request(&r, "level=2; name=x; zone=x");
		rulebook_decide(book, r.facts, &answer);
		struct str because = written(rules_because(book, r.facts, &answer, &arena));
		if (!test_count(str_contains(because, str_of(rows[i].why))))
			test_fail(__FILE__, __LINE__, "no %s in " STR_FMT, rows[i].why, STR_ARG(because));
	}
}
