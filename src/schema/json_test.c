#include "schema/json.h"

#include "base/test.h"
#include "gen/codec.h"

static uint8_t memory[1 << 20];

static struct arena fresh(void)
{
	return arena_over(memory, sizeof memory);
}

static const char entry_text[] =
    "{\"format\":2,\"index\":7,\"incarnation\":1,\"wall\":1795424400000,\"elapsed\":12,\"env\":0,"
    "\"salt\":\"000102030405060708090a0b0c0d0e0f\",\"from\":{\"driver\":{\"name\":\"line-1\",\"boot\":"
    "\"0011223344556677\","
    "\"sequence\":3,\"ago\":0}},\"checked\":null,\"input\":{\"kind\":\"report\",\"name\":\"drivers.done\",\"body\":{"
    "\"entry\":6,"
    "\"event\":1}},"
    "\"refusal\":null,\"events\":[{\"name\":\"a.B\",\"body\":{}},{\"name\":\"a.C\",\"body\":{\"x\":[1,2]}}],"
    "\"because\":null,"
    "\"law\":null,\"sealed\":[],\"box\":null}";

TEST(what_was_written_is_read_and_written_again_the_same)
{
	static char again[sizeof entry_text];
	struct arena arena = fresh();
	struct json j = json_over(str_of(entry_text), &arena);
	struct buf b = BUF(again);
	struct entry entry;
	CHECK(entry_read(&j, &entry));
	CHECK_INT(entry.index, 7);
	CHECK_INT(entry.from.kind, ENTRY_FROM_DRIVER);
	CHECK_INT(entry.events.n, 2);
	CHECK_STR(entry.events.at[1].body, STR("{\"x\":[1,2]}"));
	CHECK(!entry.has_because);
	entry_write(&b, &entry);
	CHECK_STR(buf_str(&b), str_of(entry_text));
}

TEST(members_come_in_any_order_and_with_white_space)
{
	static const char *const texts[] = {
	    "{\"door\":3,\"line\":\"line-1\",\"address\":4,\"output\":0,\"secure\":true}",
	    "{\"secure\":true,\"output\":0,\"address\":4,\"line\":\"line-1\",\"door\":3}",
	    " {\n\t\"line\" : \"line-1\" ,\r\n \"door\": 3, \"output\" :0,\"secure\":true ,\"address\":4 } \n",
	    "{\"\\u0064oor\":3,\"line\":\"l\\u0069ne-1\",\"address\":4,\"output\":0,\"secure\":true}",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct arena arena = fresh();
		struct json j = json_over(str_of(texts[i]), &arena);
		struct doors_add_reader ask;
		CHECK(doors_add_reader_read(&j, &ask));
		CHECK_INT(ask.door, 3);
		CHECK_STR(ask.line, STR("line-1"));
		CHECK(ask.secure);
	}
}

/* Each row: what is read as a command that enrols a person, and what is said of it. */
TEST(a_mistake_is_told_with_its_path_and_offset)
{
	static const struct {
		const char *text, *said;
		size_t offset;
	} rows[] = {
	    {"", "is not an object", 0},
	    {"[]", "is not an object", 0},
	    {"{\"name\":\"A\",\"groups\":[\"staff\"],\"clearance\":1", "has no comma or end where one must be", 44},
	    {"{\"name\":\"A\",\"groups\":[\"staff\"]}", "has no member `clearance`", 31},
	    {"{\"name\":\"A\",\"groups\":[\"staff\"],\"clearance\":1,\"colour\":2}", "has no member called `colour`",
	     45},
	    {"{\"name\":\"A\",\"name\":\"B\",\"groups\":[],\"clearance\":1}", "has a member twice: `name`", 12},
	    {"{\"name\":7,\"groups\":[],\"clearance\":1}", "name: is not a text", 8},
	    {"{\"name\":\"A\",\"groups\":[\"staff\",\"king\"],\"clearance\":1}",
	     "groups[1]: is not one of its values: `king`", 36},
	    {"{\"name\":\"A\",\"groups\":[1],\"clearance\":1}", "groups[0]: is not a text", 22},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":6}", "clearance: is more than it may be (at most 5)", 36},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":-1}", "clearance: is less than it may be (at least 0)", 36},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":1.0}",
	     "clearance: is not a whole number in its shortest form, below 2^53", 36},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":01}",
	     "clearance: is not a whole number in its shortest form, below 2^53", 36},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":1} x", "there is something behind the value", 39},
	    {"{\"name\":\"A\",\"groups\":[],\"clearance\":null}",
	     "clearance: is not a whole number in its shortest form, below 2^53", 36},
	    {"{\"name\":\"A\\q\",\"groups\":[],\"clearance\":1}", "name: an escape is not one of JSON's", 12},
	    {"{\"name\":\"A", "name: a text has no end", 10},
	    {"{\"name\":\"A\n\",\"groups\":[],\"clearance\":1}", "name: holds a control character", 10},
	    {"{\"name\":\"\\u0000\",\"groups\":[],\"clearance\":1}", "name: holds U+0000", 15},
	    {"{\"name\":\"\\ud800\",\"groups\":[],\"clearance\":1}", "name: an escape is half of a pair", 15},
	    {"{\"name\":\"\xff\",\"groups\":[],\"clearance\":1}", "name: is not UTF-8", 11},
	    {"{\"name\":\"\xc3\x28\",\"groups\":[],\"clearance\":1}", "name: is not UTF-8", 12},
	    {"{\"name\":\"\\n\xc3\x28\",\"groups\":[],\"clearance\":1}", "name: is not UTF-8", 14},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena arena = fresh();
		struct json j = json_over(str_of(rows[i].text), &arena);
		struct people_enrol ask;
		char text[256];
		struct buf b = BUF(text);
		CHECK(!people_enrol_read(&j, &ask));
		json_error_put(&j, &b);
		CHECK_STR(buf_str(&b), str_of(rows[i].said));
		CHECK_INT(j.offset, rows[i].offset);
	}
}

TEST(limits_hold_at_the_limit_and_not_one_beyond)
{
	for (size_t more = 0; more < 2; more++) {
		static char text[512];
		struct buf b = BUF(text);
		struct arena arena = fresh();
		struct people_enrol ask;
		BUF_LIT(&b, "{\"name\":\"");
		for (size_t i = 0; i < 120 + more; i++)
			buf_put_char(&b, 'x');
		BUF_LIT(&b, "\",\"groups\":[],\"clearance\":0}");
		struct json j = json_over(buf_str(&b), &arena);
		CHECK_INT(people_enrol_read(&j, &ask), more == 0);
	}
	for (size_t n = 8; n < 10; n++) {
		static char text[512];
		struct buf b = BUF(text);
		struct arena arena = fresh();
		struct people_enrol ask;
		BUF_LIT(&b, "{\"name\":\"x\",\"groups\":[\"staff\"");
		for (size_t i = 1; i < n; i++)
			BUF_LIT(&b, ",\"guard\"");
		BUF_LIT(&b, "],\"clearance\":0}");
		struct json j = json_over(buf_str(&b), &arena);
		CHECK_INT(people_enrol_read(&j, &ask), n == 8);
	}
}

TEST(one_of_several_has_exactly_one_member)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
	    {"{}", "has no member, and must have one"},
	    {"{\"status\":{},\"follow\":{\"from\":0}}", "has more than one member"},
	    {"{\"follow\":{\"to\":0}}", "follow: has no member called `to`"},
	    {"{\"quit\":{}}", "has no member called `quit`"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena arena = fresh();
		struct json j = json_over(str_of(rows[i].text), &arena);
		struct ask_line line;
		char text[256];
		struct buf b = BUF(text);
		CHECK(!ask_line_read(&j, &line));
		json_error_put(&j, &b);
		CHECK_STR(buf_str(&b), str_of(rows[i].said));
	}
}

TEST(escapes_are_read_and_the_shortest_are_written)
{
	static const struct {
		const char *read, *value, *written;
	} rows[] = {
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
	    {"\"\\u00e9\\u0041\\u001F\"",
	     "\xc3\xa9"
	     "A\x1f",
	     "\"\xc3\xa9"
	     "A\\u001f\""},
	    {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
	    {"\"plain and long enough for eight at a time\"", "plain and long enough for eight at a time",
	     "\"plain and long enough for eight at a time\""},
	    {"\"\x7f\"", "\x7f", "\"\x7f\""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena arena = fresh();
		struct json j = json_over(str_of(rows[i].read), &arena);
		struct str value;
		char text[128];
		struct buf b = BUF(text);
		CHECK(json_text(&j, 100, &value) && json_end(&j));
		CHECK_STR(value, str_of(rows[i].value));
		json_put_text(&b, value);
		CHECK_STR(buf_str(&b), str_of(rows[i].written));
	}
}

/* Every byte in every place of a text, beside the plain meaning of "special". */
TEST(special_bytes_are_found_wherever_they_stand)
{
	for (int c = 1; c < 256; c++)
		for (size_t place = 0; place < 20; place++) {
			char text[24] = "\"aaaaaaaaaaaaaaaaaaaa\"";
			text[1 + place] = (char)c;
			struct arena arena = fresh();
			struct json j = json_over((struct str){text, 22}, &arena);
			struct str value;
			bool good = json_text(&j, 100, &value) && json_end(&j);
			bool expected = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
			/* \a is no escape; a quote ends the text early, with something behind it, unless it stood last. */
			if (!test_count(good == expected || (c == '"' && place == 19)))
				test_fail(__FILE__, __LINE__, "byte %d at %zu", c, place);
		}
}

TEST(raw_values_are_checked_all_the_way_down)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
	    {"{\"a\":[1,-2,{\"b\":null},true,\"x\"]}", true},
	    {"{\"a\":1,\"a\":2}", false},
	    {"{\"a\":1e3}", false},
	    {"[1,]", false},
	    {"[1 2]", false},
	    {"{\"a\"}", false},
	    {"nul", false},
	    {"-0", false},
	    {"9007199254740991", true},
	    {"9007199254740992", false},
	    {"-9007199254740991", true},
	    {"[[[[[[[[[[[[[]]]]]]]]]]]]]", true},
	    {"[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena arena = fresh();
		struct json j = json_over(str_of(rows[i].text), &arena);
		struct str raw;
		bool good = json_raw(&j, &raw) && json_end(&j);
		if (!test_count(good == rows[i].good))
			test_fail(__FILE__, __LINE__, "%s", rows[i].text);
	}
}

TEST(an_object_whose_first_members_are_optional_has_its_commas_right)
{
	static const struct {
		struct answer_end end;
		const char *written;
	} rows[] = {{{.has_older = false}, "{}"}, {{.has_older = true, .older = STR("5")}, "{\"older\":\"5\"}"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[64];
		struct buf b = BUF(text);
		answer_end_write(&b, &rows[i].end);
		CHECK_STR(buf_str(&b), str_of(rows[i].written));
	}
}
