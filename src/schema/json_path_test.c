#include "base/test.h"
#include "gen/codec.h"

/* Each class of mistake, at the top, inside nested objects and inside lists: the whole path is named. Rows are written with ' for ". */

static uint8_t memory[1 << 20];

#define READERS(reader)	 "{'device':'d','baud':9600,'readers':[" READER "," reader "]}"
#define READER		 "{'reader':1,'address':1,'key':'000102030405060708090a0b0c0d0e0f','output':0}"
#define KEYED(key)	 READERS("{'reader':1,'address':1,'key':" key ",'output':0}")
#define ADDRESSED(value) READERS("{'reader':1,'address':" value ",'key':'000102030405060708090a0b0c0d0e0f','output':0}")
#define NAMED(name)	 "{'names':[{'ref':'door:1','name':" name "}],'body':{}}"
#define BODY(body)	 "{'done':{'gives':" body "}}"
#define WEIGHED(why)	 "{'rule':'a','by':'b','why':" why "}"
#define BECAUSE(rest)	 "{'rulebook':'r','outcome':'o','spoke':[],'facts':[]," rest "}"

static bool read_settings(struct json *j)
{
	struct osdp_settings value;
	return osdp_settings_read(j, &value);
}

static bool read_answer(struct json *j)
{
	struct answer_line value;
	return answer_line_read(j, &value);
}

static bool read_entry(struct json *j)
{
	struct answer_entry value;
	return answer_entry_read(j, &value);
}

static bool read_because(struct json *j)
{
	struct entry_because value;
	return entry_because_read(j, &value);
}

static bool read_enrol(struct json *j)
{
	struct people_enrol value;
	return people_enrol_read(j, &value);
}

static const struct row {
	bool (*read)(struct json *j);
	const char *text, *said;
} rows[] = {
    /* unknown member */
    {read_settings, READERS("{'colour':1}"), "readers[1]: has no member called `colour`"},
    {read_answer, "{'status':{'mission':'m','size':0,'weather':1}}", "status: has no member called `weather`"},
    {read_answer, "{'shout':{}}", "has no member called `shout`"},
    /* wrong type */
    {read_settings, "{'device':7}", "device: is not a text"},
    {read_settings, "{'readers':{}}", "readers: is not a list"},
    {read_settings, READERS("7"), "readers[1]: is not an object"},
    {read_settings, KEYED("7"), "readers[1].key: is not a text"},
    {read_settings, ADDRESSED("'1'"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_answer, "{'status':{'mission':'m','drivers':[{'name':'n','connected':1}]}}",
     "status.drivers[0].connected: is not true or false"},
    {read_because, BECAUSE("'outweighed':[" WEIGHED("null") "]"), "outweighed[0].why: is not a text"},
    {read_answer, BODY("{'a':[0,{'b':nil}]}"), "done.gives.a[1].b: is no value of JSON"},
    /* over the limit, under it */
    {read_settings, ADDRESSED("127"), "readers[1].address: is more than it may be (at most 126)"},
    {read_settings, ADDRESSED("-1"), "readers[1].address: is less than it may be (at least 0)"},
    {read_settings, "{'baud':9599}", "baud: is less than it may be (at least 9600)"},
    {read_settings, KEYED("'000102030405060708090a0b0c0d0e'"),
     "readers[1].key: is shorter than it may be (at least 16 bytes)"},
    {read_settings, KEYED("'000102030405060708090a0b0c0d0e0f10'"),
     "readers[1].key: is longer than it may be (at most 16 bytes)"},
    {read_settings, KEYED("'000'"), "readers[1].key: has half a byte: an odd number of hexadecimal digits"},
    {read_settings, KEYED("'000102030405060708090A0B0C0D0E0F'"),
     "readers[1].key: is not lower-case hexadecimal digits"},
    {read_entry, "{'names':[{'ref':'0123456789012345678901234567890123456789012345678901234567890123x'}]}",
     "names[0].ref: is longer than it may be (at most 64 bytes)"},
    /* bad UTF-8, escapes, control characters */
    {read_entry, NAMED("'\xff'"), "names[0].name: is not UTF-8"},
    {read_entry, NAMED("'\xed\xa0\x80'"), "names[0].name: is not UTF-8"},
    {read_entry, NAMED("'\\x'"), "names[0].name: an escape is not one of JSON's"},
    {read_entry, NAMED("'\\u12'"), "names[0].name: an escape has a character that is no hexadecimal digit"},
    {read_entry, "{'names':[{'ref':'\\u12", "names[0].ref: an escape is cut off"},
    {read_entry, NAMED("'\\udc00'"), "names[0].name: an escape is half of a pair"},
    {read_entry, NAMED("'\\u0000'"), "names[0].name: holds U+0000"},
    {read_entry, NAMED("'\n'"), "names[0].name: holds a control character"},
    {read_entry, "{'names':[{'ref':'door", "names[0].ref: a text has no end"},
    {read_answer, BODY("{'a':['\xc3\x28']}"), "done.gives.a[0]: is not UTF-8"},
    {read_answer, BODY("{'a':[{'\xff':1}]}"), "done.gives.a[0]: is not UTF-8"},
    /* duplicate key */
    {read_settings, "{'device':'d','device':'e'}", "has a member twice: `device`"},
    {read_settings, READERS("{'reader':1,'address':1,'reader':2}"), "readers[1]: has a member twice: `reader`"},
    {read_answer, BODY("{'a':{'b':1,'c':2,'\\u0062':3}}"), "done.gives.a: has a member twice: `b`"},
    /* missing member */
    {read_settings, "{'device':'d','baud':9600}", "has no member `readers`"},
    {read_settings, READERS("{'reader':1,'address':1}"), "readers[1]: has no member `key`"},
    {read_answer, "{'end':{},'done':{}}", "has more than one member"},
    {read_answer, "{}", "has no member, and must have one"},
    /* not in the enum */
    {read_because, BECAUSE("'outweighed':[" WEIGHED("'date'") "," WEIGHED("'whim'") "]"),
     "outweighed[1].why: is not one of its values: `whim`"},
    {read_enrol, "{'name':'A','groups':['staff','king']}", "groups[1]: is not one of its values: `king`"},
    /* too many items, too many members */
    {read_enrol, "{'groups':['staff','staff','staff','staff','staff','staff','staff','staff','staff']}",
     "groups: has more items than it may have (at most 8)"},
    {read_answer,
     BODY("[{'00':0,'01':0,'02':0,'03':0,'04':0,'05':0,'06':0,'07':0,'10':0,'11':0,'12':0,'13':0,'14':0,'15':0,'16':0,"
	  "'17':0,'20':0,'21':0,'22':0,'23':0,'24':0,'25':0,'26':0,'27':0,'30':0,'31':0,'32':0,'33':0,'34':0,'35':0,"
	  "'36':0,'37':0,'40':0,'41':0,'42':0,'43':0,'44':0,'45':0,'46':0,'47':0,'50':0,'51':0,'52':0,'53':0,'54':0,"
	  "'55':0,'56':0,'57':0,'60':0,'61':0,'62':0,'63':0,'64':0,'65':0,'66':0,'67':0,'70':0,'71':0,'72':0,'73':0,"
	  "'74':0,'75':0,'76':0,'77':0,'':0}]"),
     "done.gives[0]: has more members than it may have (at most 64)"},
    /* too deep: the body is the third level, what is in its innermost list the seventeenth */
    {read_answer, BODY("{'a':[[[[{'b':[[[[[[[[0]]]]]]]]}]]]]}"),
     "done.gives.a[0][0][0][0].b[0][0][0][0][0][0][0][0]: is nested deeper than it may be (at most 16)"},
    /* trailing bytes, missing ones */
    {read_settings, "{'device':'d','baud':9600,'readers':[]} x", "there is something behind the value"},
    {read_settings, READERS("{'reader':1 'address':1}"), "readers[1]: has no comma or end where one must be"},
    {read_settings, READERS("{'reader' 1}"), "readers[1]: has no colon behind a member's name"},
    {read_settings, "{'readers':[" READER " " READER "]}", "readers: has no comma or end where one must be"},
    {read_answer, BODY("{'a':[1 2]}"), "done.gives.a: has no comma or end where one must be"},
    {read_answer, BODY("{'a':[{'b' 1}]}"), "done.gives.a[0]: has no colon behind a member's name"},
    {read_answer, "{'done':{'gives':{'a':[", "done.gives.a[0]: ends too early"},
    /* the form of numbers */
    {read_settings, ADDRESSED("01"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_settings, ADDRESSED("1.0"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_settings, ADDRESSED("1e1"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_settings, ADDRESSED("-0"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_settings, ADDRESSED("+1"), "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_settings, ADDRESSED("9007199254740992"),
     "readers[1].address: is not a whole number in its shortest form, below 2^53"},
    {read_answer, BODY("[-1,9007199254740992]"),
     "done.gives[1]: is not a whole number in its shortest form, below 2^53"},
};

/* With " for ', as a reader takes it. */
static struct str unquoted(const char *row, char *text, size_t size)
{
	size_t n = strlen(row);
	ASSERT(n < size);
	for (size_t k = 0; k <= n; k++)
		text[k] = row[k] == '\'' ? '"' : row[k];
	return (struct str){text, n};
}

TEST(every_mistake_names_the_whole_path)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[2048], said[512];
		struct arena arena = arena_over(memory, sizeof memory);
		struct json j = json_over(unquoted(rows[i].text, text, sizeof text), &arena);
		CHECK(!rows[i].read(&j));
		json_error_text(&j, said, sizeof said);
		CHECK_STR(str_of(said), str_of(rows[i].said));
		CHECK(j.offset <= strlen(text));
	}
}

/* In an entry a marker stands where a personal value was, and the value in a packet. */
static const struct row_apart {
	const char *packet, *marker, *said;
} apart[] = {
    {"['Ada',[]]", "7", "personal: is no marker of a sealed value"},
    {"['Ada',[]]", "[0]", "personal: is no marker of a sealed value"},
    {"['Ada',[]]", "[0,1,2]", "personal: is no marker of a sealed value"},
    {"['Ada',[]]", "[0,-1]", "personal: is less than it may be (at least 0)"},
    {"['Ada',[]]", "[1,0]", "personal: names a sealed value that is not there"},
    {"['Ada',[]]", "[0,2]", "personal: names a sealed value that is not there"},
    {"changed", "[0,0]", "personal: stands in a sealed packet that was changed"},
    {"['Ada',[]]", "[0,0]", "personal: is not a list"},
    {"[[{'name':'a','value':[]},{'name':7,'value':[]}]]", "[0,0]", "personal[1].name: is not a text"},
    {"[[{'name':'a','value':[]},{'shoe':7}]]", "[0,0]", "personal[1]: has no member called `shoe`"},
    {"[[{'name':'a'}]]", "[0,0]", "personal[0]: has no member `value`"},
    {"[[{'name':'0123456789012345678901234567890123456789012345678901234567890123x'}]]", "[0,0]",
     "personal[0].name: is longer than it may be (at most 64 bytes)"},
};

TEST(a_mistake_in_a_packet_is_told_as_if_the_value_stood_in_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(apart); i++) {
		char packet_text[512], text[512], row[512], said[512];
		struct arena arena = arena_over(memory, sizeof memory);
		struct json_packet packet = {.state = JSON_PACKET_CHANGED};
		struct json_packets packets = {.n = 1, .at = &packet};
		if (apart[i].packet[0] == '[')
			CHECK(json_packet_values(unquoted(apart[i].packet, packet_text, sizeof packet_text), &arena,
						 &packet));
		snprintf(row, sizeof row, BECAUSE("'outweighed':[],'personal':%s"), apart[i].marker);
		struct json j = json_over(unquoted(row, text, sizeof text), &arena);
		j.packets = &packets;
		CHECK(!read_because(&j));
		json_error_text(&j, said, sizeof said);
		CHECK_STR(str_of(said), str_of(apart[i].said));
	}
}

/* What was sent is shown as far as it is short and UTF-8, wherever the cut falls. */
TEST(a_long_name_is_cut_between_characters)
{
	static const char text[] = "{\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
				   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
				   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
				   "-\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\":1}";
	struct arena arena = arena_over(memory, sizeof memory);
	struct json j = json_over(str_of(text), &arena);
	char said[512];
	CHECK(!read_enrol(&j));
	json_error_text(&j, said, sizeof said);
	CHECK_INT(strlen(said), strlen("has no member called ``") + 63); /* 30 é, -, é; half an é would be the 64th */
	CHECK(str_is_utf8(str_of(said)));
}
