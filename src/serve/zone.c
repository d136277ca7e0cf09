#include "serve/zone.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, DAYS = ZONE_YEARS * 366 };

static int64_t offset_at(int64_t second)
{
	struct tm local;
	time_t t = (time_t)second;
	bool converted = localtime_r(&t, &local) != NULL;
	ASSERT(converted);
	return local.tm_gmtoff / 60;
}

/* The first second at which the offset is no longer what it is at `low`; it is not any more at `high`. */
static int64_t change_between(int64_t low, int64_t high)
{
	int64_t before = offset_at(low);
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int64_t year_begin(int64_t wall)
{
	struct tm utc;
	time_t t = (time_t)(wall / 1000);
	bool converted = gmtime_r(&t, &utc) != NULL;
	ASSERT(converted);
	struct tm begin = {.tm_year = utc.tm_year, .tm_mday = 1};
	return timegm(&begin);
}

/* RFC 9636, section 3.1: a file of zone data begins so. */
static bool is_zone_file(const char *path)
{
	char magic[4] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

int zone_offsets(const char *zone, int64_t wall, struct offset *ret_offsets, struct error *error)
{
	char path[256];
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
	bool outside = zone[0] == '/' || zone[0] == ':' || strstr(zone, "..");
	if (outside || !is_zone_file(path)) {
		error_set(error, ERROR_INPUT, "this machine knows no time zone %s", zone);
		return error_remedy(error, "Write an IANA name as Europe/Lisbon; the package tzdata has them.");
	}
	setenv("TZ", zone, 1);
	tzset();
	int64_t begin = year_begin(wall);
	int n = 0;
	ret_offsets[n++] = (struct offset){.from = begin * 1000, .minutes = offset_at(begin)};
	for (int64_t day = begin; day < begin + (int64_t)DAYS * DAY && n < ZONE_OFFSETS_MAX; day += DAY) {
		if (offset_at(day) == offset_at(day + DAY))
			continue;
		int64_t change = change_between(day, day + DAY);
		ret_offsets[n++] = (struct offset){.from = change * 1000, .minutes = offset_at(change)};
	}
	return n;
}
