#include "base/test.h"

#include "members.h"
#include "sample.h"

#include <string.h>

/* What canonical_check says of a text of which one wants to see only what comes behind "not canonical at ". */
static const char *canonical_says(const char *text, size_t len)
{
	static struct complaint complaint;
	static const char prefix[] = "not canonical at ";
	complaint.what[0] = 0;
	if (canonical_check((const uint8_t *)text, len, &complaint))
		return "good";
	bool usual = strncmp(complaint.what, prefix, sizeof(prefix) - 1) == 0;
	return usual ? complaint.what + sizeof(prefix) - 1 : complaint.what;
}

TEST(a_value_has_one_canonical_form)
{
	static const char *const rows[][2] = {
	    {"null", "good"},
	    {"[true,false,null]", "good"},
	    {"{}", "good"},
	    {"[]", "good"},
	    {"{\"b\":1,\"a\":{\"b\":2}}", "good"},
	    {"{\"x\":{\"a\":1},\"a\":{\"a\":2}}", "good"},
	    {"\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f/\x7f\xc3\xa9\xf0\x9f\x94\x92\"", "good"},
	    {"", "byte 0: a value is missing"},
	    {" 1", "byte 0: a value is missing"},
	    {"1 ", "byte 1: something follows the value"},
	    {"1\n", "byte 1: something follows the value"},
	    {"[1, 2]", "byte 3: a value is missing"},
	    {"[1,]", "byte 3: a value is missing"},
	    {"[1", "byte 2: ',' or ']' is missing"},
	    {"[1}", "byte 2: ',' or ']' is missing"},
	    {"{\"a\":1", "byte 6: ',' or '}' is missing"},
	    {"{\"a\":1,}", "byte 7: a string is missing"},
	    {"{\"a\" :1}", "byte 4: ':' is missing"},
	    {"{a:1}", "byte 1: a string is missing"},
	    {"{\"a\":1,\"b\":2,\"a\":3}", "byte 13: this member occurs twice"},
	    {"{\"x\":[{\"a\":1,\"a\":1}]}", "byte 13: this member occurs twice"},
	    {"nul", "byte 0: a value is missing"},
	    {"True", "byte 0: a value is missing"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
}

TEST(integers_have_no_other_form)
{
	static const char *const rows[][2] = {
	    {"0", "good"},
	    {"-1", "good"},
	    {"9007199254740991", "good"},
	    {"-9007199254740991", "good"},
	    {"9007199254740992", "byte 15: an integer's magnitude is below 2^53"},
	    {"-9007199254740992", "byte 16: an integer's magnitude is below 2^53"},
	    {"99999999999999999999999999", "byte 15: an integer's magnitude is below 2^53"},
	    {"-0", "byte 2: zero has no sign"},
	    {"01", "byte 2: an integer has no leading zero"},
	    {"-01", "byte 3: an integer has no leading zero"},
	    {"-", "byte 1: a digit is missing"},
	    {"+1", "byte 0: a value is missing"},
	    {"1.0", "byte 1: there are no fractions or exponents"},
	    {"1e3", "byte 1: there are no fractions or exponents"},
	    {"1E3", "byte 1: there are no fractions or exponents"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
}

TEST(strings_escape_what_must_be_and_nothing_else)
{
	static const char *const rows[][2] = {
	    {"\"", "byte 1: the string does not end"},
	    {"\"\\", "byte 2: this is not escaped by a backslash"},
	    {"\"\\/\"", "byte 2: this is not escaped by a backslash"},
	    {"\"\\u00", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u0020\"", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u00e9\"", "byte 3: only characters below U+0020 are written \\u00xx"},
	    {"\"\\u0000\"", "byte 3: U+0000 does not occur"},
	    {"\"\\u001F\"", "byte 3: \\u00xx has lower-case hexadecimal digits"},
	    {"\"\\u000a\"", "byte 3: this character has a shorter escape"},
	    {"\"\\u0008\"", "byte 3: this character has a shorter escape"},
	    {"\"\n\"", "byte 1: a character below U+0020 is not escaped"},
	    {"\"\x80\"", "byte 1: not UTF-8"},
	    {"\"\xc0\xaf\"", "byte 1: not UTF-8"},
	    {"\"\xe0\x9f\xbf\"", "byte 1: not UTF-8"},
	    {"\"\xed\xa0\x80\"", "byte 1: not UTF-8"},
	    {"\"\xf4\x90\x80\x80\"", "byte 1: not UTF-8"},
	    {"\"\xe2\x82", "byte 1: not UTF-8"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(canonical_says(rows[i][0], strlen(rows[i][0]))), str_of(rows[i][1]));
	CHECK_STR(str_of(canonical_says("\"\0\"", 3)), STR("byte 1: a character below U+0020 is not escaped"));
	CHECK_STR(str_of(canonical_says("\"\\\0\"", 4)), STR("byte 2: this is not escaped by a backslash"));
}

TEST(nesting_and_length_end_at_their_limits)
{
	char deep[2 * CANONICAL_DEPTH_MAX + 3];
	static char longest[CANONICAL_BYTES_MAX + 2];
	for (int depth = CANONICAL_DEPTH_MAX; depth <= CANONICAL_DEPTH_MAX + 1; depth++) {
		memset(deep, '[', (size_t)depth);
		memset(deep + depth, ']', (size_t)depth);
		CHECK_STR(str_of(canonical_says(deep, 2 * (size_t)depth)),
			  str_of(depth == CANONICAL_DEPTH_MAX ? "good" : "byte 16: nested more than 16 deep"));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = longest[CANONICAL_BYTES_MAX - 1] = '"';
	CHECK_STR(str_of(canonical_says(longest, CANONICAL_BYTES_MAX)), STR("good"));
	longest[CANONICAL_BYTES_MAX - 1] = 'x';
	longest[CANONICAL_BYTES_MAX] = '"';
	CHECK_STR(str_of(canonical_says(longest, CANONICAL_BYTES_MAX + 1)),
		  STR("has 65536 bytes, at most 65535 are allowed"));
}

TEST(as_many_members_as_fit_are_compared)
{
	static char text[CANONICAL_BYTES_MAX + 64];
	size_t len = 0;
	text[len++] = '{';
	for (unsigned i = 0; len + 16 < CANONICAL_BYTES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\"%x\":0,", i);
	text[len - 1] = '}';
	CHECK_STR(str_of(canonical_says(text, len)), STR("good"));
	len += (size_t)snprintf(text + len - 1, sizeof(text) - len, ",\"0\":0}") - 1;
	CHECK(strstr(canonical_says(text, len), "this member occurs twice") != NULL);
}

TEST(the_reader_takes_what_is_next_or_nothing)
{
	static const char text[] = "-12\"a\\\"b\"{\"x\":\"}\",\"y\":{}}null";
	struct canonical_reader r = {text, text + sizeof(text) - 1};
	struct canonical_text string;
	int64_t value;
	CHECK(!canonical_take_string(&r, &string) && !canonical_take_object(&r) && !canonical_take_null(&r));
	CHECK(canonical_take_integer(&r, &value) && value == -12);
	CHECK(!canonical_take_integer(&r, &value));
	CHECK(canonical_take_string(&r, &string) && canonical_text_is(string, "a\\\"b"));
	CHECK(canonical_take_object(&r) && canonical_take_null(&r) && r.at == r.end);
	CHECK(!canonical_take(&r, "x") && !canonical_take_object(&r) && !canonical_take_string(&r, &string));
}

/* The members. A row changes one entry of the sample: the first `find` becomes `put`. */

static const char *members_says(unsigned index, const char *find, const char *put)
{
	static struct complaint complaint;
	struct members members = {0};
	char body[SAMPLE_BYTES_MAX], changed[2 * SAMPLE_BYTES_MAX];
	const char *says = "good";
	for (unsigned i = 0; i <= index; i++) {
		int len = sample_entry(body, i);
		const char *at = i == index ? strstr(body, find) : NULL;
		if (i == index && !at)
			return "not found";
		if (at)
			len = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - body), body, put,
				       at + strlen(find));
		if (!members_check(&members, (const uint8_t *)(at ? changed : body), (size_t)len, &complaint))
			says = i == index ? complaint.what : "wrong too early";
	}
	members_release(&members);
	return says;
}

TEST(members_are_in_their_places)
{
	static const char *const names[] = {"index",   "incarnation", "wall",	 "elapsed", "env",     "salt", "from",
					    "checked", "input",	      "refusal", "events",  "because", "law",  "box"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char find[32], put[32], expected[64];
		snprintf(find, sizeof(find), ",\"%s\":", names[i]);
		snprintf(put, sizeof(put), ",\"%sx\":", names[i]);
		snprintf(expected, sizeof(expected), "member %s is not in its place", names[i]);
		CHECK_STR(str_of(members_says(3, find, put)), str_of(expected));
	}
	CHECK_STR(str_of(members_says(3, "{\"format\"", "{\"fromat\"")), STR("member format is not in its place"));
	CHECK_STR(str_of(members_says(3, "\"index\":3,\"incarnation\":1", "\"incarnation\":1,\"index\":3")),
		  STR("member index is not in its place"));
	CHECK_STR(str_of(members_says(3, "\"box\":null", "\"box\":null,\"more\":1")),
		  STR("there are members behind box"));
	CHECK_STR(str_of(members_says(3, ",\"box\":null", "")), STR("member box is not in its place"));
}

#define BOOT_AA "\"boot\":\"00000000000000aa\",\"sequence\":"
#define BOOT_BB "\"boot\":\"00000000000000bb\",\"sequence\":"

TEST(members_are_as_the_page_says)
{
	static const struct {
		unsigned index;
		const char *find, *put, *expected;
	} rows[] = {
	    {3, "\"format\":1", "\"format\":2", "member format: is 2, expected 1"},
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
	    {0, "\"elapsed\":0", "\"elapsed\":1", "member elapsed: is 1, expected 0 at first"},
	    {3, "\"env\":0", "\"env\":3", "member env: is 3, expected 0, the newest entry with mission.InForce"},
	    {3, "access.DoorHeld", "mission.InForce",
	     "member env: is 0, expected 3, the newest entry with mission.InForce"},
	    {0, "mission.InForce", "mission.InFarce", "member events: has no mission.InForce, which entry 0 must have"},
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
	    {4, "00000000000000aa", "0000000000000aa", "member from: boot is not 16 hexadecimal digits"},
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
	    {5, "\"takes\":{\"rule\":\"R-7\"}", "\"takes\":[]",
	     "member refusal: is not of its form near \",\"refusal\":{\"name\":\"not_permitted\",\"take\""},
	    {3, "access.DoorHeld", "DoorHeld", "member events: name \"DoorHeld\" is not domain.name"},
	    {3, "\"events\":[", "\"events\":[1,",
	     "member events: is not of its form near \",\"events\":[1,{\"name\":\"access.DoorHeld\",\"\""},
	    {3, "\"because\":null", "\"because\":{}",
	     "member because: is not of its form near \",\"because\":{},\"law\":null,\"box\":null}\""},
	    {5, "\"spoke\":[\"R-7\"]", "\"spoke\":[7]",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"why\":\"priority\"", "\"who\":\"priority\"",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, "\"value\":[]", "\"value\":[\"x\"]", "member because: an unknown fact has values"},
	    {5, "\"known\":false", "\"known\":true",
	     "member because: is not of its form near \",\"because\":{\"rulebook\":\"house-3\",\"outcom\""},
	    {5, ",\"known\":false", "", "good"},
	    {3, "\"law\":null", "\"law\":\"\"", "member law: is not of its form near \",\"law\":\"\",\"box\":null}\""},
	    {3, "\"box\":null", "\"box\":7", "member box: is not of its form near \",\"box\":7}\""},
	    {3, "\"index\"", " \"index\"", "not canonical at byte 12: a string is missing"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(members_says(rows[i].index, rows[i].find, rows[i].put)), str_of(rows[i].expected));
}

TEST(an_entry_has_at_most_64_events)
{
	static const char event[] = "{\"name\":\"access.DoorHeld\",\"body\":{}},";
	for (unsigned events = MEMBERS_EVENTS_MAX; events <= MEMBERS_EVENTS_MAX + 1; events++) {
		char body[SAMPLE_BYTES_MAX], more[8192];
		struct complaint complaint;
		struct members members = {0};
		size_t more_len = (size_t)snprintf(more, sizeof(more), "\"events\":[");
		for (unsigned i = 1; i < events; i++)
			more_len += (size_t)snprintf(more + more_len, sizeof(more) - more_len, "%s", event);
		for (unsigned i = 0; i < 3; i++) {
			int len = sample_entry(body, i);
			CHECK(members_check(&members, (const uint8_t *)body, (size_t)len, &complaint));
		}
		sample_entry(body, 3);
		char changed[sizeof(body) + sizeof(more)], *at = strstr(body, "\"events\":[");
		int len = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - body), body, more, at + 10);
		bool good = members_check(&members, (const uint8_t *)changed, (size_t)len, &complaint);
		CHECK_INT(good, events == MEMBERS_EVENTS_MAX);
		if (!good)
			CHECK_STR(str_of(complaint.what), STR("member events: has 65 events, at most 64 are allowed"));
		members_release(&members);
	}
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
