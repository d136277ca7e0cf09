/* log.h: what a process says about itself, one line each on standard error: time, who, what.
 *
 * A log is for whoever runs the machine. What happened in the mission is in the journal, not here: no personal data, no card numbers, no keys.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

/* "2026-11-23T20:15:19.123Z who: what". Longer than 1,000 bytes is cut. */
void log_line(const char *who, const char *format, ...) PRINTF(2, 3);

#endif
