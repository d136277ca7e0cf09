#include "base/test.h"
#include "base/traffic.h"

#include <stdarg.h>
#include <stdio.h>

static struct test *tests, **last = &tests;
static unsigned checks, failures;

void test_add(struct test *test)
{
	*last = test;
	last = &test->next;
}

bool test_count(bool ok)
{
	checks++;
	return ok;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	failures++;
	printf("  %s:%d: ", file, line);
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	traffic_open();
	for (struct test *test = tests; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		checks = failures = 0;
		test->run();
		if (checks == 0)
			test_fail(test->name, 0, "this test checks nothing");
		bool ok = failures == 0;
		passed += ok;
		failed += !ok;
		printf("%s %s\n", ok ? "ok  " : "FAIL", test->name);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
