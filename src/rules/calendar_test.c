#include "rules/calendar.h"
#include "base/test.h"

static int64_t day_of(const char *date)
{
	int64_t days = INT64_MIN;
	CHECK(calendar_read_date(str_of(date), &days));
	return days;
}

TEST(days_count_from_1970)
{
	CHECK_INT(day_of("1970-01-01"), 0);
	CHECK_INT(day_of("1969-12-31"), -1);
	CHECK_INT(day_of("2026-11-23"), 20780);
	CHECK_INT(day_of("0001-01-01"), CALENDAR_DAY_MIN);
	CHECK_INT(day_of("9999-12-31"), CALENDAR_DAY_MAX);
	CHECK_INT(calendar_day(2000, 2, 29), day_of("2000-02-29"));
}

TEST(what_is_no_date_or_time_is_not_read)
{
	static const char *const dates[] = {"2026-13-01", "2026-00-01", "2026-01-00",  "2026-04-31",
					    "2027-02-29", "1900-02-29", "0000-01-01",  "2026-1-01",
					    "26-01-01",	  "2026/01/01", "2026-01-01 ", "2o26-01-01"};
	static const char *const times[] = {"24:00", "07:60", "7:00", "07.00", "07:0", "", "07:000"};
	int64_t number;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		CHECK(!calendar_read_date(str_of(dates[i]), &number));
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		CHECK(!calendar_read_time(str_of(times[i]), &number));
	CHECK(calendar_read_time(STR("23:59"), &number) && number == MINUTES_PER_DAY - 1);
}

/* By the C library's calendar, over a whole era, in which every date there can be is met. */
TEST(parts_of_every_day_are_those_of_the_c_library)
{
	static const char *const formats[PARTS] = {
	    [PART_DAY] = "%d", [PART_WEEK] = "%V", [PART_MONTH] = "%m", [PART_YEAR] = "%Y"};
	size_t wrong = 0;
	for (int64_t day = -146097 / 2; day < 146097 / 2; day++) {
		time_t seconds = (time_t)day * 86400;
		struct tm broken;
		ASSERT(gmtime_r(&seconds, &broken));
		for (int part = PART_DAY; part < PARTS; part++) {
			char text[16];
			ASSERT(strftime(text, sizeof text, formats[part], &broken) > 0);
			wrong += strtol(text, NULL, 10) != calendar_part((enum part)part, day);
		}
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(calendar_part(PART_HOUR, 7 * 60 + 30), 7);
	CHECK_INT(calendar_part(PART_MINUTE, 7 * 60 + 30), 30);
}

TEST(days_outside_the_calendar_are_taken_as_its_ends)
{
	CHECK_INT(calendar_part(PART_YEAR, INT64_MAX), 9999);
	CHECK_INT(calendar_part(PART_WEEK, INT64_MIN), 1);
	char text[32];
	struct buf b = BUF(text);
	calendar_put_date(&b, INT64_MIN);
	CHECK_STR(buf_str(&b), STR("0001-01-01"));
}

/* What the search for a day relies on. */
TEST(every_day_month_and_week_together_come_again_within_a_round)
{
	static int32_t seen[13][32][54];
	int64_t longest = 0;
	for (int64_t day = 1; day <= 2 * 146097; day++) {
		int32_t *last =
		    &seen[calendar_part(PART_MONTH, day)][calendar_part(PART_DAY, day)][calendar_part(PART_WEEK, day)];
		longest = *last && day - *last > longest ? day - *last : longest;
		*last = (int32_t)day;
	}
	CHECK(longest <= CALENDAR_ROUND_DAYS);
	CHECK(longest > CALENDAR_ROUND_DAYS - 100);
}
