/* test.h: what a test file is written with. A test reads like a line of the specification:
 *
 *     TEST(a_full_buffer_takes_nothing_more)
 *     {
 *             CHECK(b.over);
 *             CHECK_INT(b.len, 4);
 *     }
 *
 * CHECK, CHECK_INT (integers) and CHECK_STR (struct str) say what was found and what was expected, and go on.
 * CHECK_OK(call, &error) prints the error of a call that returned less than zero.
 * The runner prints one line a test and closes with "N passed, N failed"; an argument runs only the tests whose name contains it.
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include "base/error.h"
#include "base/str.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *test);
void test_fail(const char *file, int line, const char *format, ...) PRINTF(3, 4);
/* Counts one check; a test that makes none fails. Returns ok. */
bool test_count(bool ok);

#define TEST(name)                                                                                                     \
	static void test_##name(void);                                                                                 \
	__attribute__((constructor)) static void test_add_##name(void)                                                 \
	{                                                                                                              \
		static struct test test = {#name, test_##name, NULL};                                                  \
		test_add(&test);                                                                                       \
	}                                                                                                              \
	static void test_##name(void)

/* A test that is run between these two. */
#define TEST_BETWEEN(begin, name, end)                                                                                 \
	static void between_##name(void);                                                                              \
	TEST(name)                                                                                                     \
	{                                                                                                              \
		begin();                                                                                               \
		between_##name();                                                                                      \
		end();                                                                                                 \
	}                                                                                                              \
	static void between_##name(void)

#define CHECK(c)                                                                                                       \
	do {                                                                                                           \
		if (!test_count(c))                                                                                    \
			test_fail(__FILE__, __LINE__, "%s", #c);                                                       \
	} while (0)
#define CHECK_INT(found, expected)                                                                                     \
	do {                                                                                                           \
		long long found_ = (long long)(found), expected_ = (long long)(expected);                              \
		if (!test_count(found_ == expected_))                                                                  \
			test_fail(__FILE__, __LINE__, "%s is %lld, expected %lld", #found, found_, expected_);         \
	} while (0)
#define CHECK_STR(found, expected)                                                                                     \
	do {                                                                                                           \
		struct str found_ = (found), expected_ = (expected);                                                   \
		if (!test_count(str_eq(found_, expected_)))                                                            \
			test_fail(__FILE__, __LINE__, "%s is \"" STR_FMT "\", expected \"" STR_FMT "\"", #found,       \
				  STR_ARG(found_), STR_ARG(expected_));                                                \
	} while (0)
#define CHECK_OK(call, error)                                                                                          \
	do {                                                                                                           \
		if (!test_count((call) >= 0))                                                                          \
			test_fail(__FILE__, __LINE__, "%s: %s: %s", #call, (error)->where, (error)->what);             \
	} while (0)

#endif
