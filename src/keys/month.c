#include "keys/month.h"

enum { DAY_MS = 86400000, KEEP_NUMBER_MAX = 99999 };

/* Days from 1970-01-01 to the first of a month of the proleptic Gregorian calendar. Years begin in March here, so
 * that the leap day is the last. */
static int64_t days_before(int64_t month)
{
	int64_t march = month - 1 + 12 * 1970 - 2; /* months since March of year 0 */
	int64_t year = march / 12, of_year = march % 12;
	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * of_year + 2) / 5 - 719468;
}

int64_t month_begin(int64_t month)
{
	ASSERT(month >= 1);
	return days_before(month) * DAY_MS;
}

int64_t month_of(int64_t wall)
{
	ASSERT(wall >= 0);
	/* 400 years are 4800 months and 146097 days; a month begins less than a month away from the average. */
	int64_t days = wall / DAY_MS, month = days * 4800 / 146097 + 2;
	while (days_before(month) > days)
		month--;
	return month;
}

bool month_keep_end(struct str keep, int64_t month, int64_t *ret_wall)
{
	int64_t number;
	if (keep.len < 2 || month < 1 || month > MONTH_MAX ||
	    !str_to_i64((struct str){keep.at, keep.len - 1}, 1, KEEP_NUMBER_MAX, &number))
		return false;
	switch (keep.at[keep.len - 1]) {
	case 'd':
		*ret_wall = month_begin(month + 1) + number * DAY_MS;
		return true;
	case 'm':
		*ret_wall = month_begin(month + 1 + number);
		return true;
	case 'y':
		*ret_wall = month_begin(month + 1 + 12 * number);
		return true;
	}
	return false;
}
