#include "base/test.h"

#include "canonical.h"

#include <stdlib.h>

static struct canonical canonical;

/* What canonical_check says of a text of which one wants to see only what comes behind "not canonical at ". */
static const char *canonical_says(const char *text, size_t len)
{
	static struct complaint complaint;
	static const char prefix[] = "not canonical at ";
	complaint.what[0] = 0;
	if (canonical_check(&canonical, (const uint8_t *)text, len, &complaint))
		return "good";
	bool usual = strncmp(complaint.what, prefix, sizeof(prefix) - 1) == 0;
	return usual ? complaint.what + sizeof(prefix) - 1 : complaint.what;
}

TEST(a_value_has_one_canonical_form)
{
	static const char *const rows[][2] = {
	    {"null", "good"},
	    {"[true,false,null]", "good"},
	    {"{}", "good"},
	    {"[]", "good"},
	    {"{\"b\":1,\"a\":{\"b\":2}}", "good"},
	    {"{\"x\":{\"a\":1},\"a\":{\"a\":2}}", "good"},
	    {"\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f/\x7f\xc3\xa9\xf0\x9f\x94\x92\"", "good"},
	    {"", "byte 0: a value is missing"},
	    {" 1", "byte 0: a value is missing"},
	    {"1 ", "byte 1: something follows the value"},
	    {"1\n", "byte 1: something follows the value"},
	    {"[1, 2]", "byte 3: a value is missing"},
	    {"[1,]", "byte 3: a value is missing"},
	    {"[1", "byte 2: ',' or ']' is missing"},
	    {"[1}", "byte 2: ',' or ']' is missing"},
	    {"{\"a\":1", "byte 6: ',' or '}' is missing"},
	    {"{\"a\":1,}", "byte 7: a string is missing"},
	    {"{\"a\" :1}", "byte 4: ':' is missing"},
	    {"{a:1}", "byte 1: a string is missing"},
	    {"{\"a\":1,\"b\":2,\"a\":3}", "byte 13: this member occurs twice"},
	    {"{\"x\":[{\"a\":1,\"a\":1}]}", "byte 13: this member occurs twice"},
	    {"nul", "byte 0: a value is missing"},
	    {"True", "byte 0: a value is missing"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
}

TEST(integers_have_no_other_form)
{
	static const char *const rows[][2] = {
	    {"0", "good"},
	    {"-1", "good"},
	    {"9007199254740991", "good"},
	    {"-9007199254740991", "good"},
	    {"9007199254740992", "byte 15: an integer's magnitude is below 2^53"},
	    {"-9007199254740992", "byte 16: an integer's magnitude is below 2^53"},
	    {"99999999999999999999999999", "byte 15: an integer's magnitude is below 2^53"},
	    {"-0", "byte 2: zero has no sign"},
	    {"01", "byte 2: an integer has no leading zero"},
	    {"-01", "byte 3: an integer has no leading zero"},
	    {"-", "byte 1: a digit is missing"},
	    {"+1", "byte 0: a value is missing"},
	    {"1.0", "byte 1: there are no fractions or exponents"},
	    {"1e3", "byte 1: there are no fractions or exponents"},
	    {"1E3", "byte 1: there are no fractions or exponents"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
}

TEST(strings_escape_what_must_be_and_nothing_else)
{
	static const char *const rows[][2] = {
	    {"\"", "byte 1: the string does not end"},
	    {"\"\\", "byte 2: this is not escaped by a backslash"},
	    {"\"\\/\"", "byte 2: this is not escaped by a backslash"},
	    {"\"\\u00", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u0020\"", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u00e9\"", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u0000\"", "byte 3: U+0000 does not occur"},
	    {"\"\\u001F\"", "byte 3: \\u00xx has lower-case hexadecimal digits"},
	    {"\"\\u000a\"", "byte 3: this character has a shorter escape"},
	    {"\"\\u0008\"", "byte 3: this character has a shorter escape"},
	    {"\"\n\"", "byte 1: a character below U+0020 is not escaped"},
	    {"\"\x80\"", "byte 1: not UTF-8"},
	    {"\"\xc0\xaf\"", "byte 1: not UTF-8"},
	    {"\"\xe0\x9f\xbf\"", "byte 1: not UTF-8"},
	    {"\"\xed\xa0\x80\"", "byte 1: not UTF-8"},
	    {"\"\xf4\x90\x80\x80\"", "byte 1: not UTF-8"},
	    {"\"\xe2\x82", "byte 1: not UTF-8"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
	CHECK_STR(str_of(canonical_says("\"\0\"", 3)), STR("byte 1: a character below U+0020 is not escaped"));
	CHECK_STR(str_of(canonical_says("\"\\\0\"", 4)), STR("byte 2: this is not escaped by a backslash"));
}

TEST(nesting_and_length_end_at_their_limits)
{
	char deep[2 * CANONICAL_DEPTH_MAX + 3];
	static char longest[CANONICAL_BYTES_MAX + 2];
	for (int depth = CANONICAL_DEPTH_MAX; depth <= CANONICAL_DEPTH_MAX + 1; depth++) {
		memset(deep, '[', (size_t)depth);
		memset(deep + depth, ']', (size_t)depth);
		CHECK_STR(str_of(canonical_says(deep, 2 * (size_t)depth)),
			  str_of(depth == CANONICAL_DEPTH_MAX ? "good" : "byte 16: nested more than 16 deep"));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = longest[CANONICAL_BYTES_MAX - 1] = '"';
	CHECK_STR(str_of(canonical_says(longest, CANONICAL_BYTES_MAX)), STR("good"));
	longest[CANONICAL_BYTES_MAX - 1] = 'x';
	longest[CANONICAL_BYTES_MAX] = '"';
	CHECK_STR(str_of(canonical_says(longest, CANONICAL_BYTES_MAX + 1)),
		  STR("has 65536 bytes, at most 65535 are allowed"));
}

TEST(as_many_members_as_fit_are_compared)
{
	static char text[CANONICAL_BYTES_MAX + 64];
	size_t len = 0;
	text[len++] = '{';
	for (unsigned i = 0; len + 16 < CANONICAL_BYTES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\"%x\":0,", i);
	text[len - 1] = '}';
	CHECK_STR(str_of(canonical_says(text, len)), STR("good"));
	len += (size_t)snprintf(text + len - 1, sizeof(text) - len, ",\"0\":0}") - 1;
	CHECK(strstr(canonical_says(text, len), "this member occurs twice") != NULL);
}

TEST(names_of_other_objects_do_not_count)
{
	static const char *const rows[][2] = {
	    {"{\"a\":{\"b\":1,\"c\":2},\"b\":[{\"a\":1},{\"a\":1}],\"c\":{}}", "good"},
	    {"{\"8\":1,\"b\":{\"x\":1},\"x\":2,\"d\":{\"8\":1}}", "good"}, /* these two set the same bit */
	    {"{\"\":1,\"\":2}", "byte 6: this member occurs twice"},
	    {"{\"a\":{\"b\":1},\"a\":2}", "byte 13: this member occurs twice"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
}

/* A string is looked at sixteen bytes at a time: what is not plain must be found at each place, in strings of each
 * length, and at the end of memory nothing be read behind it. */
TEST(a_byte_that_is_not_plain_is_found_at_each_place)
{
	static const char *const rows[][2] = {
	    {"\x1f", "a character below U+0020 is not escaped"},
	    {"\"", "something follows the value"},
	    {"\\", "this is not escaped by a backslash"},
	    {"\x80", "not UTF-8"},
	    {"\xff", "not UTF-8"},
	    {"\x7f", NULL},
	    {" ", NULL},
	};
	for (size_t len = 1; len < 50; len++)
		for (size_t at = 0; at < len; at++)
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				char *text = malloc(len + 2), expected[80] = "good";
				memset(text, 'x', len + 2);
				text[0] = text[len + 1] = '"';
				text[1 + at] = rows[i][0][0];
				size_t where = 1 + at + (*rows[i][0] == '"' || *rows[i][0] == '\\');
				bool escapes_the_end = *rows[i][0] == '\\' && at == len - 1;
				if (rows[i][1])
					snprintf(expected, sizeof(expected), "byte %zu: %s",
						 escapes_the_end ? where + 1 : where,
						 escapes_the_end ? "the string does not end" : rows[i][1]);
				CHECK_STR(str_of(canonical_says(text, len + 2)), str_of(expected));
				free(text);
			}
}

TEST(the_reader_takes_what_is_next_or_nothing)
{
	static const char text[] = "[-12,\"a\\\"b\",{\"x\":\"}\",\"y\":{}},null]";
	struct canonical_text string = {"", 0};
	int64_t value;
	CHECK_STR(str_of(canonical_says(text, sizeof(text) - 1)), STR("good"));
	struct canonical_reader r = canonical_read(&canonical);
	CHECK(!canonical_take_string(&r, &string) && !canonical_take_object(&r, &string) &&
	      !canonical_take(&r, "null"));
	CHECK(canonical_take(&r, "[") && canonical_take_integer(&r, &value) && value == -12);
	CHECK(!canonical_take_integer(&r, &value) && canonical_take(&r, ","));
	CHECK(canonical_take_string(&r, &string) && canonical_text_is(string, "a\\\"b"));
	CHECK(canonical_take(&r, ",") && canonical_take_object(&r, &string));
	CHECK(canonical_text_is(string, "{\"x\":\"}\",\"y\":{}}"));
	CHECK(canonical_take(&r, ",null]") && r.at == r.end);
	CHECK(!canonical_take(&r, "x") && !canonical_take_object(&r, &string) && !canonical_take_string(&r, &string));
}

TEST(pairs_of_integers_are_found_where_they_stand)
{
	static const char text[] = "{\"a\":[1,2],\"b\":[[3,-4],[5],[6,7,8],[9,\"\"],[],[[10,11]],[{},12],[17,18,null],"
				   "\"[13,14]\"],\"c\":{\"d\":[15,16]}}";
	static const int64_t inside[][2] = {{3, -4}, {10, 11}};
	struct canonical_text all = {text, sizeof(text) - 1}, b = {strstr(text, "[[3"), 0};
	unsigned pair = 0, found = 0;
	int64_t value[2];
	CHECK_STR(str_of(canonical_says(text, sizeof(text) - 1)), STR("good"));
	CHECK_INT(canonical.pairs, 4);
	b.len = (size_t)(strstr(text, ",\"c\"") - b.at);
	for (; canonical_pair(&canonical, b, &pair, value) && found < 2; found++)
		CHECK(value[0] == inside[found][0] && value[1] == inside[found][1]);
	CHECK_INT(found, 2);
	CHECK(canonical_pair(&canonical, all, &pair, value) && value[0] == 15 && value[1] == 16);
	CHECK(!canonical_pair(&canonical, all, &pair, value));
}
