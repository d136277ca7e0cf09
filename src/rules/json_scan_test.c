#include "rules/json_scan.h"
#include "base/test.h"

static uint8_t memory[1 << 16];

/* The tokens as a line: brackets, k:key, "text", numbers, and what is wrong. */
static struct str told(struct str text)
{
	static char line[4000];
	struct buf b = BUF(line);
	struct arena arena = arena_over(memory, sizeof memory);
	struct scan s = scan_over(text, &arena);
	struct str found;
	static const char *const marks[] = {
	    [SCAN_OBJECT] = "{",    [SCAN_OBJECT_END] = "}", [SCAN_ARRAY] = "[", [SCAN_ARRAY_END] = "]",
	    [SCAN_KEY] = "k:",	    [SCAN_TEXT] = "t:",	     [SCAN_NUMBER] = "", [SCAN_TRUE] = "true",
	    [SCAN_FALSE] = "false", [SCAN_NULL] = "null"};
	enum scan_token token;
	for (token = scan_next(&s, &found); token != SCAN_DONE && token != SCAN_WRONG; token = scan_next(&s, &found)) {
		if (b.len)
			buf_put_char(&b, ' ');
		buf_put_str(&b, str_of(marks[token]));
		buf_put_str(&b, found);
	}
	if (token == SCAN_WRONG) {
		BUF_LIT(&b, "! ");
		buf_put_str(&b, str_of(s.wrong));
		CHECK_INT(scan_next(&s, &found), SCAN_WRONG);
	}
	ASSERT(!b.over);
	return buf_str(&b);
}

TEST(values_are_told_one_after_the_other)
{
	static const char *const rows[][2] = {
	    {"{}", "{ }"},
	    {" [ ] ", "[ ]"},
	    {"{\"a\":1,\"b\":[true,false,null]}", "{ k:a 1 k:b [ true false null ] }"},
	    {"{\"a\":{\"b\":{}},\"c\":[[1],[]]}", "{ k:a { k:b { } } k:c [ [ 1 ] [ ] ] }"},
	    {"\"x\"", "t:x"},
	    {"-0.5e+10", "-0.5e+10"},
	    {"[0, -1, 1E5, 12.25]", "[ 0 -1 1E5 12.25 ]"},
	    {"{\"a\" :\n\"\\\"\\\\\\/\\b\"}", "{ k:a t:\"\\/\b }"},
	    {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "t:A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\"\\ud800\\udc00\\udbff\\udfff\\ud7ff\\ue000\"",
	     "t:\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"},
	    /* Half of a pair must not hide an event. */
	    {"\"\\ud83d x \\ude00 \\ud83d\\u0041\"", "t:\xef\xbf\xbd x \xef\xbf\xbd \xef\xbf\xbd"
						     "A"},
	    {"{\"a\":1,\"a\":2}", "{ k:a 1 k:a 2 }"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(told(str_of(rows[i][0])), str_of(rows[i][1]));
}

TEST(what_is_no_json_is_wrong)
{
	static const char *const rows[] = {
	    "",
	    " ",
	    "{",
	    "[",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1,}",
	    "[1,]",
	    "[,1]",
	    "[1 2]",
	    "{a:1}",
	    "{'a':1}",
	    "01",
	    "-",
	    "1.",
	    ".5",
	    "1e",
	    "+1",
	    "nul",
	    "True",
	    "\"",
	    "\"\\",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u12g4\"",
	    "\"\n\"",
	    "[1]]",
	    "{} {}",
	    "1 2",
	    "]",
	    "\"\xff\"",
	    "NaN",
	    "/* */ 1",
	    "{\"a\" 1}",
	    "{\"a\":1 \"b\":2}",
	    "[1}",
	    "{\"a\":1]",
	    "\"\t\"",
	    "\xef\xbb\xbf{}",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str found = told(str_of(rows[i]));
		if (!test_count(memchr(found.at, '!', found.len)))
			test_fail(__FILE__, __LINE__, "%s is read as " STR_FMT, rows[i], STR_ARG(found));
	}
	CHECK(memchr(told((struct str){"\"\0\"", 3}).at, '!', 3));
}

TEST(depth_ends_at_its_limit)
{
	char text[2 * SCAN_DEPTH_MAX + 4];
	for (size_t n = SCAN_DEPTH_MAX; n <= SCAN_DEPTH_MAX + 1; n++) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		struct str found = told((struct str){text, 2 * n});
		CHECK_INT(memchr(found.at, '!', found.len) != NULL, n > SCAN_DEPTH_MAX);
	}
}

TEST(escapes_need_room_and_without_it_are_wrong)
{
	struct arena small = arena_over(memory, 128);
	static const char text[] = "[\"\\n\",\"\\n\",\"\\n\",\"\\n\",\"\\n\",\"\\n\",\"\\n\",\"\\n\",\"\\n\"]";
	struct scan s = scan_over((struct str){text, sizeof text - 1}, &small);
	struct str found;
	enum scan_token token = scan_next(&s, &found);
	while (token != SCAN_DONE && token != SCAN_WRONG)
		token = scan_next(&s, &found);
	CHECK_INT(token, SCAN_WRONG);
	CHECK(strstr(s.wrong, "room"));
}
