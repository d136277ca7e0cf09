#include "base/test.h"
#include "world/tell.h"

static struct plan_line lines[] = {{.name = {"line-1", 6}}};
static struct plan_reader readers[] = {{.line = 0, .address = 126}};
static struct plan_person people[] = {{.handle = {"ines", 4}}, {.handle = {NULL, 0}}};
static const struct plan plan = {
    .lines = lines, .readers = readers, .people = people, .lines_len = 1, .readers_len = 1, .people_len = 2};

static struct tell tell;
static char *told;
static size_t told_len;

static void begin(void)
{
	FILE *out = open_memstream(&told, &told_len);
	ASSERT(out);
	tell_init(&tell, &plan, out);
}

static void check_told(struct str expected)
{
	CHECK_STR(((struct str){told, told_len}), expected);
	fclose(tell.out);
	free(told);
}

TEST(a_line_of_a_reader)
{
	begin();
	tell_begin_reader(&tell, 1795487160886, 0, "led");
	tell_text(&tell, "colour", STR("green"));
	tell_bool(&tell, "blinks", false);
	tell_number(&tell, "ms", -3);
	tell_who(&tell, 0);
	tell_end(&tell);
	check_told(STR("{\"at\":1795487160886,\"reader\":\"line-1/126\",\"what\":\"led\",\"colour\":\"green\","
		       "\"blinks\":false,\"ms\":-3,\"who\":\"ines\"}\n"));
}

TEST(a_line_of_no_reader_and_another_behind_it)
{
	begin();
	tell_begin(&tell, 1, "people");
	tell_bool(&tell, "on", true);
	tell_end(&tell);
	tell_begin(&tell, 2, "badge");
	tell_who(&tell, PLAN_NONE);
	tell_end(&tell);
	check_told(STR("{\"at\":1,\"what\":\"people\",\"on\":true}\n{\"at\":2,\"what\":\"badge\",\"who\":"
		       "\"stranger\"}\n"));
}

TEST(what_json_does_not_allow_is_escaped)
{
	begin();
	tell_begin(&tell, 1, "a\"b\\c\n\x1f é");
	tell_end(&tell);
	check_told(STR("{\"at\":1,\"what\":\"a\\\"b\\\\c\\u000a\\u001f é\"}\n"));
}

TEST(the_longest_handle_is_told_and_a_longer_one_left_out)
{
	static const char handle[] = "0123456789012345678901234567890123456789012345678901234567890123+";
	begin();
	people[1].handle = (struct str){handle, TELL_NAME_BYTES_MAX};
	tell_begin(&tell, 1, "x");
	tell_who(&tell, 1);
	tell_end(&tell);
	CHECK(str_contains((struct str){told, told_len}, STR("890123\"")));
	people[1].handle.len++;
	tell_begin(&tell, 2, "x");
	tell_who(&tell, 1);
	tell_end(&tell);
	CHECK(str_ends((struct str){told, told_len}, STR("{\"at\":2,\"what\":\"x\"}\n")));
	fclose(tell.out);
	free(told);
}

TEST(a_reader_that_went_away_ends_the_telling_only)
{
	FILE *full = fopen("/dev/full", "w");
	ASSERT(full);
	tell_init(&tell, &plan, full);
	tell_begin(&tell, 1, "x");
	tell_end(&tell);
	CHECK(!tell.out);
	tell_begin(&tell, 2, "x");
	tell_end(&tell);
	fclose(full);
}
