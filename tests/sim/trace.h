/* trace.h: what happens in the simulation, told line by line to whoever wants to see it; and the first thing that
 * must not have happened.
 *
 * MUST says what was found when its condition does not hold. The first one of a seed is printed, with seed and
 * step; the run goes on to its next look at trace_is_broken, and ends. Everything told is hashed, so that two runs
 * of one seed can be compared.
 */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include "base/str.h"

#define MUST(c, ...)                                                                                                   \
	do {                                                                                                           \
		if (!(c))                                                                                              \
			trace_broken(__FILE__, __LINE__, __VA_ARGS__);                                                 \
	} while (0)

/* A new run. loud: everything is printed. */
void trace_begin(uint64_t seed, bool loud);
void trace_step(unsigned step);
unsigned trace_at(void);

void trace_say(const char *format, ...) PRINTF(1, 2);
/* A line between two, cut when it is long. */
void trace_line(const char *from, const char *to, struct str line);

void trace_broken(const char *file, int line, const char *format, ...) PRINTF(3, 4);
bool trace_is_broken(void);
/* Where the first one was, as file:line; for comparing failures. */
const char *trace_where(void);

uint64_t trace_hash(void);

#endif
