/* month.h: calendar months in UTC, and how long a retention class keeps.
 *
 * A month is a number: 12 (year - 1970) + month, January 1; so January 1970 is 1. A class is written as in the
 * schema: 90d, 6m, 2y.
 *
 * What is kept for a class is wrapped by the key of the month in which it was entered, so a key is past when the
 * whole month is: the last value of March with 90d may stay until 90 days after 31 March, the first one just as
 * long.
 */
#ifndef KEYS_MONTH_H
#define KEYS_MONTH_H

#include "base/str.h"

enum {
	MONTH_MAX = 12 * 8030, /* the end of the year 9999 */
};

/* The month of a time in ms since 1970-01-01T00:00Z, not before it. */
int64_t month_of(int64_t wall);

/* When the month begins, in ms since 1970-01-01T00:00Z. */
int64_t month_begin(int64_t month);

/* From when on nothing of that month may be kept for the class. False: this is not how a class is written. */
bool month_keep_end(struct str keep, int64_t month, int64_t *ret_wall);

#endif
