#include "serve/zone.h"

#include "base/test.h"

/* Moments in ms since the epoch, UTC. */
#define MS		INT64_C(1000)
#define BEGIN_2024	(1704067200 * MS)
#define JULY_2024	(1719792000 * MS)
#define LAST_MS_OF_2024 (1735689600 * MS - 1)

/* The offset at a moment, as a reader of the InForce entry finds it. */
static int64_t minutes_at(const struct offset *offsets, int n, int64_t wall)
{
	while (n > 1 && offsets[n - 1].from > wall)
		n--;
	return offsets[n - 1].minutes;
}

TEST(a_zone_is_its_offset_at_new_year_and_every_change_in_ten_years)
{
	static const struct {
		const char *zone;
		int n;
		int64_t begin_minutes, july_minutes;
	} rows[] = {
	    {"Etc/UTC", 1, 0, 0},
	    {"Asia/Tokyo", 1, 540, 540},
	    {"Asia/Kathmandu", 1, 345, 345},	  /* a quarter of an hour */
	    {"America/St_Johns", 21, -210, -150}, /* half an hour, west */
	    {"Europe/Lisbon", 21, 0, 60},
	    {"Australia/Lord_Howe", 21, 660, 630}, /* the south's winter, and a change of half an hour */
	    {"Pacific/Kiritimati", 1, 840, 840},   /* the farthest east */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct offset offsets[ZONE_OFFSETS_MAX];
		struct error error = {0};
		int n = zone_offsets(rows[i].zone, BEGIN_2024, offsets, &error);
		CHECK_OK(n, &error);
		CHECK_INT(n, rows[i].n);
		CHECK_INT(offsets[0].from, BEGIN_2024);
		CHECK_INT(offsets[0].minutes, rows[i].begin_minutes);
		CHECK_INT(minutes_at(offsets, n, JULY_2024), rows[i].july_minutes);
	}
}

TEST(a_change_is_known_to_the_second)
{
	/* Directive 2000/84/EC: 01:00 UTC on the last Sundays of March and October. */
	static const struct offset expected[] = {
	    {.from = BEGIN_2024, .minutes = 60},
	    {.from = 1711846800 * MS, .minutes = 120}, /* 2024-03-31 */
	    {.from = 1729990800 * MS, .minutes = 60},  /* 2024-10-27 */
	    {.from = 1743296400 * MS, .minutes = 120}, /* 2025-03-30 */
	};
	struct offset offsets[ZONE_OFFSETS_MAX];
	struct error error = {0};
	CHECK_OK(zone_offsets("Europe/Paris", BEGIN_2024, offsets, &error), &error);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		CHECK_INT(offsets[i].from, expected[i].from);
		CHECK_INT(offsets[i].minutes, expected[i].minutes);
	}
}

TEST(two_changes_a_month_apart_are_both_seen)
{
	/* Morocco leaves its hour for Ramadan and takes it again a month later. */
	struct offset offsets[ZONE_OFFSETS_MAX];
	struct error error = {0};
	int n = zone_offsets("Africa/Casablanca", BEGIN_2024, offsets, &error);
	CHECK_OK(n, &error);
	CHECK_INT(offsets[0].minutes, 60);
	CHECK_INT(minutes_at(offsets, n, 1711000000 * MS), 0); /* 2024-03-21 */
	CHECK_INT(minutes_at(offsets, n, JULY_2024), 60);
}

TEST(offsets_rise_in_time_and_each_is_a_change)
{
	static const char *const zones[] = {"Europe/Lisbon", "Africa/Casablanca", "America/St_Johns",
					    "Australia/Lord_Howe"};
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		struct offset offsets[ZONE_OFFSETS_MAX];
		struct error error = {0};
		int n = zone_offsets(zones[z], BEGIN_2024, offsets, &error);
		CHECK(n > 1 && n <= ZONE_OFFSETS_MAX);
		for (int i = 1; i < n; i++)
			CHECK(offsets[i - 1].from < offsets[i].from && offsets[i - 1].minutes != offsets[i].minutes);
	}
}

TEST(a_restart_in_the_same_year_finds_the_same_offsets)
{
	struct offset first[ZONE_OFFSETS_MAX], later[ZONE_OFFSETS_MAX];
	struct error error = {0};
	int n = zone_offsets("Europe/Lisbon", BEGIN_2024, first, &error);
	CHECK_OK(n, &error);
	CHECK_INT(zone_offsets("Europe/Lisbon", LAST_MS_OF_2024, later, &error), n);
	for (int i = 0; i < n; i++)
		CHECK(first[i].from == later[i].from && first[i].minutes == later[i].minutes);
	CHECK_OK(zone_offsets("Europe/Lisbon", LAST_MS_OF_2024 + 1, later, &error), &error);
	CHECK_INT(later[0].from, LAST_MS_OF_2024 + 1);
}

TEST(a_zone_that_this_machine_does_not_know_is_an_error_with_a_remedy)
{
	static const char *const zones[] = {"Europe/Nowhere", "../../../etc/passwd", "Europe/../Europe/Paris"};
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		struct offset offsets[ZONE_OFFSETS_MAX];
		struct error error = {0};
		CHECK_INT(zone_offsets(zones[i], BEGIN_2024, offsets, &error), ERROR_INPUT);
		CHECK(strstr(error.what, zones[i]) != NULL);
		CHECK(error.remedy[0] != 0);
	}
}

TEST(what_is_no_zone_file_is_no_zone)
{
	static const char *const zones[] = {"", "Europe", "zone.tab", "leapseconds"};
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		struct offset offsets[ZONE_OFFSETS_MAX];
		struct error error = {0};
		CHECK_INT(zone_offsets(zones[i], BEGIN_2024, offsets, &error), ERROR_INPUT);
	}
}
