/* clock.h: the two clocks. Only processes read them; everything that decides is given the time.
 *
 * clock_wall_ms     what the calendar says: milliseconds since the Unix epoch; it may jump.
 * clock_elapsed_us  microseconds since the machine started, sleep included (CLOCK_BOOTTIME); it never goes
 * back.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

int64_t clock_wall_ms(void);
int64_t clock_elapsed_us(void);

#endif
