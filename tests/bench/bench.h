/* bench.h: how benches measure and speak.
 *
 * A figure is the median, or another quantile, of many rounds; what it is compared with is measured in the same rounds, in turn, so that a busy machine slows
 * both. A line is
 *
 *     name                             figure unit | target: reached or MISSED | what stands beside it
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "base/base.h"

enum { BENCH_ROUNDS_MAX = 8192 };

struct bench_rounds {
	double at[BENCH_ROUNDS_MAX];
	size_t n;
};

/* Nanoseconds of a clock that never goes back. */
double bench_now(void);

void bench_add(struct bench_rounds *rounds, double value);
/* The value that `part` of all rounds (0 to 1) are not above. Sorts. */
double bench_quantile(struct bench_rounds *rounds, double part);

/* Keeps the compiler from leaving out what made it. */
void bench_use(const void *made);

struct bench_target {
	enum { BENCH_ANY, BENCH_UNDER, BENCH_LEAST } kind;
	double value;
};

#define BENCH_NONE	  ((struct bench_target){BENCH_ANY, 0})
#define BENCH_BELOW(most) ((struct bench_target){BENCH_UNDER, (most)})
#define BENCH_FROM(least) ((struct bench_target){BENCH_LEAST, (least)})

/* One line. `beside` is a format, or NULL. */
void bench_tell(const char *name, double figure, const char *unit, struct bench_target target, const char *beside, ...)
    PRINTF(5, 6);

#endif
