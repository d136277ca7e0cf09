/* wall.h: the driver's idea of the calendar's time, by which tables and orders expire. Pure.
 *
 * The core says what time it is (config), and elapsed time carries it on: a machine's clock that is set while
 * the core is there moves nothing. Where no core has spoken since the start it is the machine's clock, and
 * never earlier than the latest time that this driver has written down: setting the clock back makes no expired
 * table good again.
 */
#ifndef KIT_WALL_H
#define KIT_WALL_H

#include "base/base.h"

struct wall {
	int64_t at_ms, at_us; /* what the calendar said at that elapsed time */
};

static inline struct wall wall_of_core(int64_t now_ms, int64_t now_us)
{
	return (struct wall){now_ms, now_us};
}

static inline struct wall wall_of_machine(int64_t clock_ms, int64_t latest_ms, int64_t now_us)
{
	return (struct wall){clock_ms > latest_ms ? clock_ms : latest_ms, now_us};
}

/* Milliseconds since 1970-01-01T00:00Z. */
static inline int64_t wall_ms(const struct wall *wall, int64_t now_us)
{
	return wall->at_ms + (now_us - wall->at_us) / 1000;
}

#endif
