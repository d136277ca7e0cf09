#include "bench/bench.h"

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
