#include "rules/regex_load.h"
#include "base/test.h"

#include <malloc.h>

static uint8_t memory[1 << 20];
static struct arena arena;

static struct regex compiled(const char *source, const char *flags)
{
	struct regex regex = {.source = str_of(source),
			      .any_case = strchr(flags, 'i'),
			      .lines = strchr(flags, 'm'),
			      .dot_all = strchr(flags, 's')};
	char what[REGEX_MESSAGE_BYTES];
	size_t byte;
	regex_ready();
	arena = arena_over(memory, sizeof memory);
	bool good = regex_compile(&regex, &arena, &byte, what);
	if (!test_count(good))
		test_fail(__FILE__, __LINE__, "%s: %s", source, what);
	return regex;
}

TEST(flags_and_lines_are_as_they_are_said_to_be)
{
	static const struct {
		const char *source, *flags, *text;
		enum truth expected;
	} rows[] = {
	    {"ann", "", "joanna", TRUTH_YES},
	    {"^ann", "", "joanna", TRUTH_NO},
	    {"ANN", "", "ann", TRUTH_NO},
	    {"ANN", "i", "ann", TRUTH_YES},
	    {"\xc3\x89", "", "\xc3\xa9", TRUTH_NO},
	    {"^.$", "", "\xc3\xa9", TRUTH_YES},
	    {"^b", "", "a\nb", TRUTH_NO},
	    {"^b", "m", "a\nb", TRUTH_YES},
	    {"a$", "m", "a\nb", TRUTH_YES},
	    {"a$", "", "a\n", TRUTH_NO},
	    {"a.b", "", "a\nb", TRUTH_NO},
	    {"a.b", "s", "a\nb", TRUTH_YES},
	    {"\\w+", "", "\xc3\xa9", TRUTH_NO},
	    {"^[^a]$", "", "\xc3\xa9", TRUTH_YES},
	    {"^$", "", "", TRUTH_YES},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct regex regex = compiled(rows[i].source, rows[i].flags);
		enum truth found = regex_match(&regex, str_of(rows[i].text));
		if (!test_count(found == rows[i].expected))
			test_fail(__FILE__, __LINE__, "/%s/%s of %s is %d", rows[i].source, rows[i].flags, rows[i].text,
				  (int)found);
	}
}

TEST(a_mistake_is_told_with_its_byte)
{
	struct regex regex = {.source = STR("ab(c")};
	char what[REGEX_MESSAGE_BYTES];
	size_t byte;
	arena = arena_over(memory, sizeof memory);
	CHECK(!regex_compile(&regex, &arena, &byte, what));
	CHECK_INT(byte, 4);
	CHECK_STR(str_of(what), STR("missing closing parenthesis"));
	/* Parentheses capture nothing that could be referred to. */
	regex.source = STR("(a)\\1");
	CHECK(!regex_compile(&regex, &arena, &byte, what));
	/* A compiler without memory says so. */
	regex.source = STR("abcdefghijklmnopqrstuvwxyz");
	struct arena small = arena_over(memory, 200);
	CHECK(!regex_compile(&regex, &small, &byte, what));
}

/* However hostile the expression and long the text, the steps are about the same, and few. */
TEST(a_match_that_takes_too_long_is_given_up_and_nobody_knows)
{
	static char text[1 << 17];
	struct regex regex = compiled("^(a+)+$", "");
	memset(text, 'a', sizeof text);
	for (size_t n = 32; n < sizeof text; n *= 2) {
		text[n - 1] = 'b';
		CHECK_INT(regex_match(&regex, (struct str){text, n}), TRUTH_UNKNOWN);
		text[n - 1] = 'a';
	}
	regex = compiled("(?:a|aa)[a-z]{1,30}b", "");
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CHECK(regex_match(&regex, (struct str){text, sizeof text}) != TRUTH_YES);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK(end.tv_sec - begin.tv_sec < 2);
}

TEST(what_is_no_utf8_is_not_known)
{
	struct regex regex = compiled("a", "");
	CHECK_INT(regex_match(&regex, (struct str){"\xff", 1}), TRUTH_UNKNOWN);
	CHECK_INT(regex_match(&regex, (struct str){"\0a", 2}), TRUTH_YES);
}

TEST(a_match_allocates_nothing_however_deep_it_goes)
{
	static char text[4096];
	struct regex regex = compiled("(?:a|b)*c", "");
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'c';
	size_t used = arena.used;
	struct mallinfo2 before = mallinfo2();
	CHECK_INT(regex_match(&regex, (struct str){text, sizeof text}),
		  TRUTH_UNKNOWN); /* more choices than may be open */
	CHECK_INT(regex_match(&regex, (struct str){text + sizeof text - 100, 100}), TRUTH_YES);
	struct mallinfo2 after = mallinfo2();
	CHECK_INT(after.uordblks, before.uordblks);
	CHECK_INT(arena.used, used);
}
