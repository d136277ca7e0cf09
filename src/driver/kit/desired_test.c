#include "driver/kit/desired.h"
#include "base/test.h"

static struct desired_set set;

static struct driver_desired line_of(int64_t entry, const char *key, const char *body)
{
	return (struct driver_desired){
	    .entry = entry, .event = 1, .name = STR("doors.Held"), .key = str_of(key), .body = str_of(body)};
}

static enum desired_is say(int64_t entry, const char *key, const char *body)
{
	struct driver_desired line = line_of(entry, key, body);
	enum desired_is is = desired_compare(&set, &line);
	if (is == DESIRED_NEW)
		desired_take(&set, &line);
	return is;
}

TEST(the_last_of_a_name_and_key_counts)
{
	set.n = 0;
	CHECK_INT(say(7, "reader:1", "{\"held\":true}"), DESIRED_NEW);
	CHECK_INT(say(7, "reader:2", "{\"held\":true}"), DESIRED_NEW);
	CHECK_INT(say(7, "reader:1", "{\"held\":true}"), DESIRED_SAME);
	CHECK_INT(say(9, "reader:1", "{\"held\":false}"), DESIRED_NEW);
	CHECK_INT(set.n, 2);
	CHECK_STR(desired_line(&set.at[0]).body, STR("{\"held\":false}"));
	CHECK_STR(desired_line(&set.at[0]).key, STR("reader:1"));
	CHECK_STR(desired_line(&set.at[1]).body, STR("{\"held\":true}"));
	/* A core restored from a backup may count from lower: what it says last is what counts. */
	CHECK_INT(say(3, "reader:1", "{\"held\":true}"), DESIRED_NEW);
	CHECK_INT(set.at[0].entry, 3);
}

TEST(as_many_and_as_long_as_declared_and_not_more)
{
	char key[32], body[DESIRED_BODY_BYTES_MAX + 2];
	set.n = 0;
	memset(body, '1', sizeof body);
	body[DESIRED_BODY_BYTES_MAX + 1] = 0;
	CHECK_INT(say(1, "reader:1", body), DESIRED_TOO_MUCH);
	body[DESIRED_BODY_BYTES_MAX] = 0;
	for (int i = 1; i <= DESIRED_MAX; i++) {
		snprintf(key, sizeof key, "reader:%d", i);
		CHECK_INT(say(1, key, body), DESIRED_NEW);
	}
	CHECK_INT(say(1, "reader:0", "{}"), DESIRED_TOO_MUCH);
	CHECK_INT(say(2, "reader:7", "{}"), DESIRED_NEW);
}
