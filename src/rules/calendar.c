#include "rules/calendar.h"

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

int64_t calendar_day(int64_t year, int64_t month, int64_t day)
{
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 + CALENDAR_DAY_MIN;
	for (int64_t m = 1; m < month; m++)
		days += days_of_month(year, m);
	return days + day - 1;
}

static bool digits(struct str text, int64_t *ret_value)
{
	int64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (text.at[i] - '0');
	}
	*ret_value = value;
	return true;
}

bool calendar_read_date(struct str text, int64_t *ret_days)
{
	int64_t year, month, day;
	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !digits((struct str){text.at, 4}, &year) ||
	    !digits((struct str){text.at + 5, 2}, &month) || !digits((struct str){text.at + 8, 2}, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	*ret_days = calendar_day(year, month, day);
	return true;
}

bool calendar_read_time(struct str text, int64_t *ret_minutes)
{
	int64_t hours, minutes;
	if (text.len != 5 || text.at[2] != ':' || !digits((struct str){text.at, 2}, &hours) ||
	    !digits((struct str){text.at + 3, 2}, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = hours * 60 + minutes;
	return true;
}

struct date {
	int64_t year, month, day;
};

/* By whole eras of 400 years from 1 March of year 0. */
static struct date date_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day = z - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	return (struct date){year + era * 400 + (month >= 10), month < 10 ? month + 3 : month - 9,
			     of_year - (153 * month + 2) / 5 + 1};
}

/* The week belongs to the year in which its Thursday lies. */
static int64_t week_of(int64_t days)
{
	int64_t weekday = ((days + 3) % 7 + 7) % 7; /* 0 is Monday; 1970-01-01 was a Thursday */
	int64_t thursday = days - weekday + 3;
	return (thursday - calendar_day(date_of(thursday).year, 1, 1)) / 7 + 1;
}

static int64_t inside(int64_t days)
{
	return days < CALENDAR_DAY_MIN ? CALENDAR_DAY_MIN : days > CALENDAR_DAY_MAX ? CALENDAR_DAY_MAX : days;
}

int64_t calendar_part(enum part part, int64_t number)
{
	switch (part) {
	case PART_MINUTE:
		return number % 60;
	case PART_HOUR:
		return number / 60;
	case PART_DAY:
		return date_of(inside(number)).day;
	case PART_WEEK:
		return week_of(inside(number));
	case PART_MONTH:
		return date_of(inside(number)).month;
	case PART_YEAR:
		return date_of(inside(number)).year;
	default:
		WRONG("no part of a date or time");
	}
}

int64_t calendar_part_min(enum part part)
{
	ASSERT(part > PART_NONE && part < PARTS);
	return part >= PART_DAY;
}

int64_t calendar_part_max(enum part part)
{
	static const int16_t most[PARTS] = {
	    [PART_MINUTE] = 59, [PART_HOUR] = 23,  [PART_DAY] = 31,
	    [PART_WEEK] = 53,	[PART_MONTH] = 12, [PART_YEAR] = 9999,
	};
	ASSERT(part > PART_NONE && part < PARTS);
	return most[part];
}

void calendar_put_date(struct buf *b, int64_t days)
{
	struct date date = date_of(inside(days));
	buf_put_digits(b, (uint64_t)date.year, 4);
	buf_put_char(b, '-');
	buf_put_digits(b, (uint64_t)date.month, 2);
	buf_put_char(b, '-');
	buf_put_digits(b, (uint64_t)date.day, 2);
}

void calendar_put_time(struct buf *b, int64_t minutes)
{
	ASSERT(minutes >= 0 && minutes < MINUTES_PER_DAY);
	buf_put_digits(b, (uint64_t)minutes / 60, 2);
	buf_put_char(b, ':');
	buf_put_digits(b, (uint64_t)minutes % 60, 2);
}
