/* calendar.h: days and minutes as people write them, and the parts of a date that rules may ask for. Pure.
 *
 * Days count from 1970-01-01 in the proleptic Gregorian calendar. Weeks are those of ISO 8601: they begin on Monday,
 * and week 1 holds the year's first Thursday, so a year has 52 or 53 of them.
 */
#ifndef RULES_CALENDAR_H
#define RULES_CALENDAR_H

#include "base/buf.h"

enum {
	MINUTES_PER_DAY = 24 * 60,
	CALENDAR_DAY_MIN = -719162, /* 0001-01-01 */
	CALENDAR_DAY_MAX = 2932896, /* 9999-12-31 */
	/* In so many days that follow each other, every month, day and week that there are together is met. */
	CALENDAR_ROUND_DAYS = 40 * 366 + 1,
};

/* Sigma, modifiers appendix, "Time Modifiers". */
enum part {
	PART_NONE,
	PART_MINUTE,
	PART_HOUR,
	PART_DAY,
	PART_WEEK,
	PART_MONTH,
	PART_YEAR,
	PARTS,
};

/* A date between 0001-01-01 and 9999-12-31: "2026-11-23". */
bool calendar_read_date(struct str text, int64_t *ret_days);
/* "07:00", to "23:59". */
bool calendar_read_time(struct str text, int64_t *ret_minutes);

int64_t calendar_day(int64_t year, int64_t month, int64_t day);

/* PART_DAY to PART_YEAR of a day, of the nearest inside the years 1 to 9999; PART_MINUTE, PART_HOUR of a minute of the
 * day. */
int64_t calendar_part(enum part part, int64_t number);

/* "2026-11-23", of the nearest day inside the years 1 to 9999; "07:00". */
void calendar_put_date(struct buf *b, int64_t days);
void calendar_put_time(struct buf *b, int64_t minutes);

/* The least and the greatest value of a part. */
int64_t calendar_part_min(enum part part);
int64_t calendar_part_max(enum part part);

#endif
