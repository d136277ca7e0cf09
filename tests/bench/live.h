/* live.h: the mission in the current directory, run by the real processes: keeper, core, and a driver a line; on the lines nobody answers.
 *
 *     live_begin(&live);             `chancery serve`, which logs into serve.log; returns when the core answers
 *     fd = live_connect();           as an asker, who is the mission's operator
 *     live_end(&live);
 */
#ifndef TESTS_BENCH_LIVE_H
#define TESTS_BENCH_LIVE_H

#include "base/str.h"
#include "bench/mission.h"

#include <sys/types.h>

struct live {
	pid_t keeper;
	int lines[MISSION_LINES]; /* the other sides of what drivers open */
	double took_ns;		  /* from the start of the keeper to the core's first answer */
};

void live_begin(struct live *live);
void live_end(struct live *live);

/* The core's process, and how long a processor was its own, and its ended helpers', since it began. */
pid_t live_core(const struct live *live);
void live_core_time(const struct live *live, double *ret_own_s, double *ret_helpers_s);

int live_connect(void);
void live_say(int fd, struct str line); /* without its LF */
/* The next line, which is not to be longer than `size`; its length. */
size_t live_hear(int fd, char *ret_line, size_t size);

#endif
