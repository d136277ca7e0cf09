/* stepped_clock.c: a machine whose clock somebody sets. For tests: linked in the place of clock_wall_ms (ld --wrap).
 *
 * CHANCERY_CLOCK names a file of eight bytes, in the machine's order: how many ms its clock is ahead of this one's. It is looked at anew each time, and was
 * opened before anything else, so that processes that can open nothing any more see the clock jump under them.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void);

static _Atomic int64_t *ahead_ms;

__attribute__((constructor)) static void open_clock(void)
{
	const char *path = getenv("CHANCERY_CLOCK");
	int fd = open(path ? path : "", O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, sizeof *ahead_ms, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT(at != MAP_FAILED);
	ahead_ms = at;
}

int64_t __wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + *ahead_ms;
}
