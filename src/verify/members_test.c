/* The members of an entry, by themselves and after the entries before. */
#include "base/test.h"

#include "order.h"
#include "sample.h"

static struct canonical canonical;

static bool entry_check(struct order *order, const char *body, size_t len, struct complaint *complaint)
{
	struct members members;
	return members_read(&canonical, (const uint8_t *)body, len, &members, complaint) &&
	       order_check(order, &members, complaint);
}

/* What is said of an entry of the sample in which the first `find` became `put`, after all before it. */
static const char *entry_says(unsigned index, const char *find, const char *put)
{
	static struct complaint complaint;
	struct order order = {0};
	const char *says = "good";
	for (unsigned i = 0; i <= index; i++) {
		char body[SAMPLE_BYTES_MAX];
		int len = i == index ? sample_entry_changed(body, i, find, put) : sample_entry(body, i);
		if (!entry_check(&order, body, (size_t)len, &complaint))
			says = i == index ? complaint.what : "wrong too early";
	}
	order_release(&order);
	return says;
}

TEST(members_are_in_their_places)
{
	static const char *const names[] = {"index",  "incarnation", "wall",	"elapsed", "env",
					    "salt",   "from",	     "checked", "input",   "refusal",
					    "events", "because",     "law",	"sealed",  "box"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char find[32], put[32], expected[64];
		snprintf(find, sizeof(find), ",\"%s\":", names[i]);
		snprintf(put, sizeof(put), ",\"%sx\":", names[i]);
		snprintf(expected, sizeof(expected), "member %s is not in its place", names[i]);
		CHECK_STR(str_of(entry_says(3, find, put)), str_of(expected));
	}
	CHECK_STR(str_of(entry_says(3, "{\"format\"", "{\"fromat\"")), STR("member format is not in its place"));
	CHECK_STR(str_of(entry_says(3, "\"index\":3,\"incarnation\":1", "\"incarnation\":1,\"index\":3")),
		  STR("member index is not in its place"));
	CHECK_STR(str_of(entry_says(3, "\"box\":null", "\"box\":null,\"more\":1")),
		  STR("there are members behind box"));
	CHECK_STR(str_of(entry_says(3, ",\"box\":null", "")), STR("member box is not in its place"));
}

#define BOOT_AA "\"boot\":\"00000000000000aa\",\"sequence\":"
#define BOOT_BB "\"boot\":\"00000000000000bb\",\"sequence\":"

struct row {
	unsigned index;
	const char *find, *put, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		CHECK_STR(str_of(entry_says(rows[i].index, rows[i].find, rows[i].put)), str_of(rows[i].expected));
}

TEST(numbers_times_and_senders_are_as_the_page_says)
{
	static const struct row rows[] = {
	    {3, "\"format\":2", "\"format\":1", "member format: is 1, expected 2"},
	    {3, "\"index\":3", "\"index\":4", "member index: is 4, expected 3"},
	    {3, "\"index\":3", "\"index\":\"3\"",
	     "member index: is not of its form near \",\"index\":\"3\",\"incarnation\":1,\"wall\":1700\""},
	    {0, "\"incarnation\":1", "\"incarnation\":2", "member incarnation: is 2, expected 1 at first"},
	    {3, "\"incarnation\":1", "\"incarnation\":0", "member incarnation: is 0, less than 1 in the entry before"},
	    {3, "\"incarnation\":1", "\"incarnation\":2", "good"},
	    {3, "\"wall\":1700000000750", "\"wall\":1700000000499",
	     "member wall: is 1700000000499, less than 1700000000500 in the entry before"},
	    {3, "\"wall\":1700000000750", "\"wall\":1700000000500", "good"},
	    {0, "\"wall\":1700000000000", "\"wall\":-1", "member wall: is -1, less than zero"},
	    {3, "\"elapsed\":750", "\"elapsed\":499", "member elapsed: is 499, less than 500 in the entry before"},
	    {0, "\"elapsed\":0", "\"elapsed\":1", "good"},
	    {3, "\"env\":0", "\"env\":3", "member env: is 3, expected 0, the newest entry with mission.InForce"},
	    {3, "access.DoorHeld", "mission.InForce",
	     "member env: is 0, expected 3, the newest entry with mission.InForce"},
	    {0, "mission.InForce", "mission.InFarce", "good"},
	    {3, "\"salt\":\"0", "\"salt\":\"", "member salt: is not 32 lower-case hexadecimal digits"},
	    {3, "\"salt\":\"0", "\"salt\":\"A", "member salt: is not 32 lower-case hexadecimal digits"},
	    {3, "{\"core\":{}}", "{\"core\":{},\"operator\":{\"login\":\"vera\"}}",
	     "member from: is not of its form near \",\"from\":{\"core\":{},\"operator\":{\"login\":\"\""},
	    {3, "{\"core\":{}}", "{\"core\":{\"x\":1}}",
	     "member from: is not of its form near \",\"from\":{\"core\":{\"x\":1}},\"checked\":null,\""},
	    {3, "{\"core\":{}}", "null",
	     "member from: is not of its form near \",\"from\":null,\"checked\":null,\"input\":{\"ki\""},
	    {3, "{\"core\":{}}", "{\"operator\":{\"login\":\"vera\"}}",
	     "member input: a timer does not come from an operator"},
	    {4, "\"kind\":\"report\"", "\"kind\":\"start\"", "member input: a start does not come from a driver"},
	    {5, "{\"operator\":{\"login\":\"vera\"}}", "{\"core\":{}}",
	     "member input: a command does not come from the core"},
	    {4, "00000000000000aa", "0000000000000aa", "member from: boot is not 16 lower-case hexadecimal digits"},
	    {4, "00000000000000aa", "00000000000000AA", "member from: boot is not 16 lower-case hexadecimal digits"},
	    {4, "00000000000000aa", "00000000000000ag", "member from: boot is not 16 lower-case hexadecimal digits"},
	    {4, "\"ago\":0", "\"ago\":-1", "member from: is -1, less than zero"},
	    {4, "\"ago\":0", "\"ago\":9007199254740991", "good"},
	    {4, ",\"ago\":0", "",
	     "member from: is not of its form near \",\"from\":{\"driver\":{\"name\":\"gate\",\"boot\":\""},
	    {4, BOOT_AA "2", BOOT_AA "3",
	     "member from: sequence 3 of driver \"gate\", boot 00000000000000aa, follows 1"},
	    {4, BOOT_AA "2", BOOT_AA "1",
	     "member from: sequence 1 of driver \"gate\", boot 00000000000000aa, follows 1"},
	    {1, BOOT_AA "1", BOOT_AA "0", "member from: sequence is 0, expected 1 or more"},
	    {1, BOOT_AA "1", BOOT_AA "7", "good"},
	    {4, "\"gate\"", "\"door\"", "good"},
	    {304, BOOT_BB "2", BOOT_AA "101",
	     "member from: driver \"gate\" reports under its older boot 00000000000000aa"},
	    {304, BOOT_BB "2", "\"boot\":\"00000000000000cc\",\"sequence\":1", "good"},
	    {5, "caf\xc3\xa9", "\\u0000", "not canonical at byte 263: U+0000 does not occur"},
	};
	check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(what_came_and_what_was_made_of_it_are_as_the_page_says)
{
	static const struct row rows[] = {
	    {3, "\"checked\":null", "\"checked\":[]",
	     "member checked: is not of its form near \",\"checked\":[],\"input\":{\"kind\":\"timer\",\"n\""},
	    {3, "\"kind\":\"timer\"", "\"kind\":\"wish\"",
	     "member input: kind \"wish\" is none of report, command, timer, start"},
	    {3, "access.door_held", "door_held", "member input: name \"door_held\" is not domain.name"},
	    {3, "access.door_held", "access.door.held", "member input: name \"access.door.held\" is not domain.name"},
	    {3, "access.door_held", ".door_held", "member input: name \".door_held\" is not domain.name"},
	    {3, "access.door_held", "access.", "member input: name \"access.\" is not domain.name"},
	    {3, "\"body\":{\"door\":\"D-01\"}", "\"body\":null",
	     "member input: is not of its form near \",\"input\":{\"kind\":\"timer\",\"name\":\"access.\""},
	    {3, "\"refusal\":null", "\"refusal\":{\"name\":\"no\",\"takes\":{}}",
	     "member events: has events although the input was refused"},
	    {5, "\"takes\":{\"rule\":\"R-7\",\"person\":[1,0]}", "\"takes\":[]",
	     "member refusal: is not of its form near \",\"refusal\":{\"name\":\"not_permitted\",\"take\""},
	    {3, "access.DoorHeld", "DoorHeld", "member events: name \"DoorHeld\" is not domain.name"},
	    {3, "\"events\":[", "\"events\":[1,",
	     "member events: is not of its form near \",\"events\":[1,{\"name\":\"access.DoorHeld\",\"\""},
	    {3, "\"because\":null", "\"because\":{}",
	     "member because: is not of its form near \",\"because\":{},\"law\":null,\"sealed\":[],\"bo\""},
	    {5, "\"spoke\":[\"R-7\"]", "\"spoke\":[7]",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"why\":\"priority\"", "\"who\":\"priority\"",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"value\":[]", "\"value\":[\"x\"]", "member because: an unknown fact has values"},
	    {5, "\"known\":false", "\"known\":true",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, ",\"known\":false", "", "good"},
	    {5, ",\"personal\":[1,1]", "",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"personal\":[1,1]", "\"personal\":[1,7]", "good"},
	    {5, "\"personal\":[1,1]", "\"personal\":[2,0]",
	     "member sealed: has 2 packets, and there is a marker of packet 2"},
	    {5, "\"personal\":[1,1]", "\"personal\":[0,-1]",
	     "member because: marker [0,-1] has a number less than zero"},
	    {5, "\"personal\":[1,1]", "\"personal\":[0]",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"personal\":[1,1]", "\"personal\":[0,1,2]",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"personal\":[1,1]", "\"personal\":null",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {3, "\"law\":null", "\"law\":\"\"",
	     "member law: is not of its form near \",\"law\":\"\",\"sealed\":[],\"box\":null}\""},
	    {3, "\"box\":null", "\"box\":7", "member box: is not of its form near \",\"box\":7}\""},
	    {3, "\"box\":null", "\"box\":\"\"", "good"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AAE\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AA==\"", "good"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AB==\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AAF=\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"A===\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"====\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AA=C\"", "member box: is not base64"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AA-_\"", "member box: is not base64"},
	    {3, "\"index\"", " \"index\"", "not canonical at byte 12: a string is missing"},
	};
	check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(the_environment_is_the_newest_that_came_in_force)
{
	static const char *const envs[][2] = {
	    {"\"env\":3", "good"},
	    {"\"env\":0", "member env: is 0, expected 3, the newest entry with mission.InForce"},
	    {"\"env\":4", "member env: is 4, expected 3, the newest entry with mission.InForce"},
	};
	for (size_t i = 0; i < sizeof(envs) / sizeof(envs[0]); i++) {
		struct order order = {0};
		struct complaint complaint = {"good"};
		char body[SAMPLE_BYTES_MAX], *name;
		for (unsigned n = 0; n < 5; n++) {
			int len = n < 3 ? sample_entry(body, n)
					: sample_entry_changed(body, n, "\"env\":0", n == 3 ? "\"env\":3" : envs[i][0]);
			if (n == 3 && (name = strstr(body, "access.DoorHeld")))
				memcpy(name, "mission.InForce", strlen("mission.InForce"));
			bool good = entry_check(&order, body, (size_t)len, &complaint);
			CHECK(good == (n < 4 || i == 0));
			if (n == 4)
				CHECK_STR(good ? STR("good") : str_of(complaint.what), str_of(envs[i][1]));
		}
		order_release(&order);
	}
}

TEST(before_the_first_environment_there_are_only_starts)
{
	static const struct {
		unsigned index; /* of the sample's entry that comes second */
		const char *find, *put, *expected;
	} rows[] = {
	    {0, "\"index\":0", "\"index\":1", "member env: is 0, expected 1, the newest entry with mission.InForce"},
	    {0, "\"events\":[{\"name\":\"mission.InForce\"", "\"events\":[{\"name\":\"mission.InFarce\"",
	     "member index: is 0, expected 1"},
	    {1, "\"env\":0", "\"env\":0", "member input: is no start, and nothing is in force yet"},
	    {1, "access.Granted", "mission.InForce",
	     "member env: is 0, expected 1, the newest entry with mission.InForce"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order order = {0};
		struct complaint complaint = {"good"};
		char body[SAMPLE_BYTES_MAX];
		int len = sample_entry_changed(body, 0, "mission.InForce", "record.Brought");
		CHECK(entry_check(&order, body, (size_t)len, &complaint));
		len = sample_entry_changed(body, rows[i].index, rows[i].find, rows[i].put);
		CHECK(!entry_check(&order, body, (size_t)len, &complaint));
		CHECK_STR(str_of(complaint.what), str_of(rows[i].expected));
		order_release(&order);
	}
}

#define DATA_48 "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7/"

TEST(packets_are_of_their_form)
{
	static const struct {
		const char *find, *put, *expected;
	} rows[] = {
	    {"\"sealed\":[{", "\"sealed\":[[],{",
	     "is not of its form near \",\"sealed\":[[],{\"keep\":\"90d\",\"month\":647,\""},
	    {"\"keep\":\"90d\"", "\"kept\":\"90d\"",
	     "is not of its form near \",\"sealed\":[{\"kept\":\"90d\",\"month\":647,\"ma\""},
	    {"\"keep\":\"90d\",\"month\":647", "\"keep\":\"\",\"month\":647", "month is 647, expected 0"},
	    {"\"keep\":\"90d\",\"month\":647", "\"keep\":\"\",\"month\":0", "good"},
	    {"\"keep\":\"90d\",\"month\":647", "\"keep\":\"24h\",\"month\":647", "good"},
	    {"\"month\":647", "\"month\":0", "month is 0, expected 647"},
	    {"\"month\":647", "\"month\":648", "month is 648, expected 647"},
	    {"\"mark\":\"00ff", "\"mark\":\"00fF", "mark is not 16 lower-case hexadecimal digits"},
	    {"\"mark\":\"00ff", "\"mark\":\"0ff", "mark is not 16 lower-case hexadecimal digits"},
	    {"\"mark\":\"00ff", "\"mark\":\"000ff", "mark is not 16 lower-case hexadecimal digits"},
	    {DATA_48, DATA_48 DATA_48, "data has 96 bytes, expected 48, or 32, 64 and so on more"},
	    {DATA_48, "", "data has 0 bytes, expected 48, or 32, 64 and so on more"},
	    {DATA_48, "ABEiM0RVZneImaq7zN3u/w==", "data has 16 bytes, expected 48, or 32, 64 and so on more"},
	    {DATA_48, "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e4=",
	     "data has 47 bytes, expected 48, or 32, 64 and so on more"},
	    {DATA_48, "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e5", "data is not base64"},
	    {DATA_48, DATA_48 "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=", "good"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *says = entry_says(4, rows[i].find, rows[i].put), *prefix = "member sealed: ";
		bool named = strncmp(says, prefix, strlen(prefix)) == 0;
		CHECK_STR(str_of(named ? says + strlen(prefix) : says), str_of(rows[i].expected));
	}
}

TEST(markers_name_packets_that_are_there)
{
	static const struct row rows[] = {
	    {4, "\"card\":[0,0]", "\"card\":[0,9007199254740991]", "good"},
	    {4, "\"card\":[0,0]", "\"card\":[1,0]", "member sealed: has 1 packets, and there is a marker of packet 1"},
	    {4, "\"card\":[0,0]", "\"card\":{\"of\":[[\"x\"],[[1,0]]]}",
	     "member sealed: has 1 packets, and there is a marker of packet 1"},
	    {4, "\"card\":[0,0]", "\"card\":[-1,0]", "member input: marker [-1,0] has a number less than zero"},
	    {4, "\"card\":[0,0]", "\"card\":[0,-1]", "member input: marker [0,-1] has a number less than zero"},
	    {4, "\"card\":[0,0]", "\"card\":[7,0,0]", "good"},
	    {4, "\"card\":[0,0]", "\"card\":[7]", "good"},
	    {4, "\"card\":[0,0]", "\"card\":[7,\"0\"]", "good"},
	    {4, "\"card\":[0,0]", "\"card\":\"[7,0]\"", "good"},
	    {4, "\"person\":[0,1]", "\"person\":[1,1]",
	     "member sealed: has 1 packets, and there is a marker of packet 1"},
	    {4, "\"person\":[0,1]", "\"person\":[0,-0]", "not canonical at byte 396: zero has no sign"},
	    {4, "\"personal\":[0,2]", "\"personal\":[1,2]",
	     "member sealed: has 1 packets, and there is a marker of packet 1"},
	    {5, "\"person\":[1,0]", "\"person\":[2,0]",
	     "member sealed: has 2 packets, and there is a marker of packet 2"},
	    {3, "\"door\":\"D-01\"", "\"door\":[0,0]",
	     "member sealed: has 0 packets, and there is a marker of packet 0"},
	    {5, "{\"how\":\"pin\"}", "{\"how\":[9,9]}", "good"}, /* what was checked holds nothing sealed */
	    {5, "\"articles\":[22,29]", "\"articles\":[64,65]", "good"},
	};
	check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(the_month_is_that_of_wall_in_utc)
{
	static const struct {
		const char *wall;
		int64_t month;
	} rows[] = {
	    {"0", 1},
	    {"2678399999", 1}, /* 1970-01-31T23:59:59.999Z */
	    {"2678400000", 2},
	    {"951782400000", 362}, /* 2000-02-29 */
	    {"951868799999", 362},
	    {"951868800000", 363},
	    {"1735689599999", 660}, /* 2024-12-31T23:59:59.999Z */
	    {"1735689600000", 661},
	    {"4107542399999", 1562}, /* 2100-02-28T23:59:59.999Z; no leap year */
	    {"4107542400000", 1563},
	    {"253402300799999", 96360}, /* 9999-12-31T23:59:59.999Z */
	    {"9007199254740991", 3425122},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char body[SAMPLE_BYTES_MAX], changed[SAMPLE_BYTES_MAX], expected[80];
		struct complaint complaint;
		struct members members;
		for (int64_t month = rows[i].month; month <= rows[i].month + 1; month++) {
			sample_entry(body, 1);
			char *wall = strstr(body, "1700000000250"), *then = strstr(body, "647");
			int len =
			    snprintf(changed, sizeof(changed), "%.*s%s%.*s%lld%s", (int)(wall - body), body,
				     rows[i].wall, (int)(then - wall - 13), wall + 13, (long long)month, then + 3);
			bool good =
			    members_read(&canonical, (const uint8_t *)changed, (size_t)len, &members, &complaint);
			snprintf(expected, sizeof(expected), "member sealed: month is %lld, expected %lld",
				 (long long)month, (long long)rows[i].month);
			CHECK_INT(good, month == rows[i].month);
			if (!good)
				CHECK_STR(str_of(complaint.what), str_of(expected));
		}
	}
}

/* `count` times `item` in the array that `begin` begins, which is empty in the sample's entry 3. */
static const char *many_say(const char *begin, const char *item, unsigned count)
{
	static char put[64 * SAMPLE_BYTES_MAX], changed[sizeof(put) + SAMPLE_BYTES_MAX];
	static struct complaint complaint;
	struct members members;
	char body[SAMPLE_BYTES_MAX];
	size_t at = 0;
	sample_entry(body, 3);
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(put + at, sizeof(put) - at, "%s%s", i ? "," : "", item);
	char *place = strstr(body, begin) + strlen(begin);
	int len = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(place - body), body, put, strchr(place, ']'));
	return members_read(&canonical, (const uint8_t *)changed, (size_t)len, &members, &complaint) ? "good"
												     : complaint.what;
}

TEST(an_entry_has_at_most_64_events_and_64_packets)
{
	static const char event[] = "{\"name\":\"access.DoorHeld\",\"body\":{}}";
	static const char packet[] =
	    "{\"keep\":\"\",\"month\":0,\"mark\":\"0000000000000000\",\"data\":\"" DATA_48 "\"}";
	CHECK_STR(str_of(many_say("\"events\":[", event, MEMBERS_EVENTS_MAX)), STR("good"));
	CHECK_STR(str_of(many_say("\"events\":[", event, MEMBERS_EVENTS_MAX + 1)),
		  STR("member events: has 65 events, at most 64 are allowed"));
	CHECK_STR(str_of(many_say("\"sealed\":[", packet, MEMBERS_PACKETS_MAX)), STR("good"));
	CHECK_STR(str_of(many_say("\"sealed\":[", packet, MEMBERS_PACKETS_MAX + 1)),
		  STR("member sealed: has 65 packets, at most 64 are allowed"));
}

TEST(many_drivers_and_boots_are_told_apart)
{
	struct boots boots = {0};
	struct complaint complaint;
	char name[16], boot[20];
	for (int64_t sequence = 1; sequence <= 2; sequence++)
		for (unsigned i = 0; i < 2000; i++) {
			int name_len = snprintf(name, sizeof(name), "driver-%u", i % 500);
			snprintf(boot, sizeof(boot), "%016x", i / 500);
			bool good = boots_report(&boots, (struct canonical_text){name, (size_t)name_len},
						 (struct canonical_text){boot, 16}, sequence, &complaint);
			CHECK_INT(good, sequence == 1 || i >= 1500);
		}
	CHECK_STR(str_of(complaint.what), STR("driver \"driver-499\" reports under its older boot 0000000000000002"));
	boots_release(&boots);
}
