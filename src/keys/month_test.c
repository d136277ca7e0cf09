#include "keys/month.h"

#include "base/test.h"

/* Counted day by day, with the calendar as it is taught at school. */
TEST(the_month_of_each_day_until_the_year_9999)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day = 0, month = 1, wrong = 0;
	for (int year = 1970; year <= 9999; year++)
		for (int m = 0; m < 12; m++, month++) {
			bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
			wrong += month_begin(month) != day * 86400000;
			for (int d = 0; d < days[m] + (m == 1 && leap); d++, day++)
				wrong +=
				    month_of(day * 86400000) != month || month_of(day * 86400000 + 86399999) != month;
		}
	CHECK_INT(wrong, 0);
	CHECK_INT(month, MONTH_MAX + 1);
}

static const struct {
	const char *keep;
	int64_t month;
	bool good;
	int64_t end; /* days since 1970-01-01 */
} rows[] = {
    {"1d", 1, true, 31 + 1},
    {"90d", 1, true, 31 + 90},
    {"1m", 1, true, 31 + 28},
    {"12m", 1, true, 365 + 31},
    {"2y", 1, true, 2 * 365 + 31},
    {"3y", 1, true, 3 * 365 + 1 + 31},
    {"99999d", 1, true, 31 + 99999},
    {"100000d", 1, false, 0},
    {"", 1, false, 0},
    {"d", 1, false, 0},
    {"0d", 1, false, 0},
    {"-1d", 1, false, 0},
    {"90", 1, false, 0},
    {"90w", 1, false, 0},
    {"090d", 1, false, 0},
    {"90d", 0, false, 0},
    {"90d", MONTH_MAX + 1, false, 0},
};

TEST(how_long_a_class_keeps_a_month)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t end = 0;
		CHECK_INT(month_keep_end(str_of(rows[i].keep), rows[i].month, &end), rows[i].good);
		CHECK_INT(end, rows[i].end * 86400000);
	}
}
