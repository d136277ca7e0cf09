#include "bench/bench.h"

#include <stdarg.h>

double bench_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void bench_add(struct bench_rounds *rounds, double value)
{
	ASSERT(rounds->n < BENCH_ROUNDS_MAX);
	rounds->at[rounds->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_quantile(struct bench_rounds *rounds, double part)
{
	ASSERT(rounds->n > 0);
	qsort(rounds->at, rounds->n, sizeof rounds->at[0], compare);
	size_t i = (size_t)((double)rounds->n * part);
	return rounds->at[i < rounds->n ? i : rounds->n - 1];
}

void bench_use(const void *made)
{
	__asm__ volatile("" : : "r"(made) : "memory");
}

/* Three figures, however large it is. */
static void put_number(char ret_text[32], double value)
{
	int behind = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
	snprintf(ret_text, 32, "%.*f", behind, value);
}

void bench_tell(const char *name, double figure, const char *unit, struct bench_target target, const char *beside, ...)
{
	char number[32], wanted[32];
	put_number(number, figure);
	put_number(wanted, target.value);
	printf("%-40s %9s %-6s", name, number, unit);
	if (target.kind != BENCH_ANY) {
		bool reached = target.kind == BENCH_UNDER ? figure < target.value : figure >= target.value;
		printf(" | %s %s: %s", target.kind == BENCH_UNDER ? "under" : "at least", wanted,
		       reached ? "reached" : "MISSED");
	}
	if (beside) {
		va_list args;
		va_start(args, beside);
		fputs(" | ", stdout);
		vprintf(beside, args);
		va_end(args);
	}
	putchar('\n');
	fflush(stdout);
}
