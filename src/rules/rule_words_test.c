/* What rules ask for, in words. */
#include "rules/rule_words.h"
#include "base/test.h"
#include "rules/rules_try.h"

static void put_line(void *context, const struct rule_line *line)
{
	struct buf *b = context;
	if (b->len)
		buf_put_char(b, '\n');
	for (size_t i = 0; i < line->depth; i++)
		buf_put_char(b, ' ');
	if (line->before[0]) {
		buf_put_str(b, str_of(line->before));
		buf_put_char(b, ' ');
	}
	buf_put_str(b, line->text);
}

/* The lines of a rule, each with a blank for each step inwards. */
static struct str told(const char *match)
{
	static char lines[10000], rules[TRY_BOOK_BYTES / 2];
	struct buf b = BUF(lines);
	int n = snprintf(rules, sizeof rules,
			 "placeholders: {who: [ann, bob]}\nrules:\n"
			 "  - {id: a, title: t, layer: low, outcome: permit, match: {%s}}\n",
			 match);
	ASSERT(n > 0 && (size_t)n < sizeof rules);
	rule_put_lines(try_book(rules), 1, put_line, &b);
	ASSERT(!b.over);
	return buf_str(&b);
}

TEST(a_comparison_is_a_short_sentence)
{
	static const char *const rows[][2] = {
	    {"name: Ann", "name is Ann"},
	    {"name: [Ann, bob, c]", "name is Ann, bob or c"},
	    {"name: ''", "name is \"\""},
	    {"name: null", "there is no name"},
	    {"name|exists: true", "there is a name"},
	    {"name|neq: ann", "there is a name\nand name is not ann"},
	    {"name|startswith: a", "name begins with a"},
	    {"name|endswith: [a, b]", "name ends with a or b"},
	    {"name|contains: a", "name contains a"},
	    {"name|re: '^a'", "name matches /^a/"},
	    {"name|cased: Ann", "name is Ann, letter for letter"},
	    {"name|windash: -a", "name is -a, with any dashes"},
	    {"name|base64offset|contains: [abcd, efgh]", "name contains abcd or efgh, in base64"},
	    {"name|wide|base64: abc", "name is abc, in base64 of UTF-16"},
	    {"name|expand: '%who%'", "name is ann or bob"},
	    {"name|fieldref: zone", "name is the same as zone"},
	    {"name|startswith|fieldref: zone", "name begins with zone"},
	    {"name: [a, b, c, d, e, f, g]", "name is a, b, c, d, e, f, … (7 in all)"},
	    {"groups: a", "groups has a"},
	    {"groups|all: [a, b]", "groups has a\nand groups has b"},
	    {"level: [1, 3]", "level is 1 or 3"},
	    {"level|gt: 1", "level is at least 2"},
	    {"level|lte: 4", "level is at most 4"},
	    {"level|gte|fieldref: limit", "level is at least limit"},
	    {"level|lt|fieldref: limit", "level is less than limit"},
	    {"time|gte: '07:00'", "time is at least 07:00"},
	    {"time|hour: 7", "time is from 07:00 to 07:59"},
	    {"date: 2026-11-23", "date is 2026-11-23"},
	    {"date|year: 2026", "date is from 2026-01-01 to 2026-12-31"},
	    {"date|month|gte: 11", "the month of date is at least 11"},
	    {"date|day: 1", "the day of date is 1"},
	    {"date|week|lt: 5", "the week of date is at most 4"},
	    {"from: 192.0.2.7", "from is 192.0.2.7"},
	    {"from|cidr: [192.0.2.0/24, '2001:db8::/32']",
	     "from is in 192.0.2.0/24 or in 2001:0db8:0000:0000:0000:0000:0000:0000/32"},
	    {"secure: true", "secure is true"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char match[300];
		snprintf(match, sizeof match, "s: {%s}, condition: s", rows[i][0]);
		CHECK_STR(told(match), str_of(rows[i][1]));
	}
}

TEST(what_is_not_is_said_of_each_comparison)
{
	static const char *const rows[][2] = {
	    {"name: ann", "name is not ann"},
	    {"name|startswith: a", "name does not begin with a"},
	    {"name|endswith: a", "name does not end with a"},
	    {"name|contains: a", "name does not contain a"},
	    {"name|re: a", "name does not match /a/"},
	    {"groups: a", "groups has not a"},
	    {"level|gte: 2", "level is not at least 2"},
	    {"name|exists: true", "there is no name"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char match[300];
		snprintf(match, sizeof match, "s: {%s}, condition: not s", rows[i][0]);
		CHECK_STR(told(match), str_of(rows[i][1]));
	}
}

TEST(alternatives_stand_further_in)
{
	CHECK_STR(told("a: {name: x}, b: {level: 1}, c: {level: 2}, condition: a and (b or not c)"),
		  STR("name is x\nand one of these:\n either level is 1\n or level is not 2"));
	CHECK_STR(told("a: [{name: x, level: 1}, {name: y}], condition: a"),
		  STR("one of these:\n either all of these:\n  name is x\n  and level is 1\n or name is y"));
}

/* Six values of a thousand bytes are shown. */
TEST(a_line_has_room_for_its_values)
{
	char match[8000], value[1001] = {0};
	struct buf b = BUF(match);
	memset(value, 'x', sizeof value - 1);
	BUF_LIT(&b, "s: {name: [");
	for (size_t i = 0; i < 7; i++) {
		value[0] = (char)('a' + i);
		buf_put_str(&b, str_of(value));
		buf_put_str(&b, i < 6 ? STR(", ") : STR("]}, condition: s"));
	}
	buf_put_char(&b, 0);
	CHECK(str_ends(told(match), STR("x, … (7 in all)")));
}
