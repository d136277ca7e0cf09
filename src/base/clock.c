#include "base/clock.h"

static struct timespec read_clock(clockid_t id)
{
	struct timespec now;
	ASSERT(clock_gettime(id, &now) == 0);
	return now;
}

int64_t clock_wall_ms(void)
{
	struct timespec now = read_clock(CLOCK_REALTIME);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_elapsed_us(void)
{
	struct timespec now = read_clock(CLOCK_BOOTTIME);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
