#include "base/arena.h"
#include "base/test.h"

TEST(a_full_buffer_takes_nothing_more_and_says_so_once)
{
	char memory[4];
	struct buf b = BUF(memory);
	BUF_LIT(&b, "abc");
	BUF_LIT(&b, "de");
	CHECK(b.over);
	BUF_LIT(&b, "f");
	CHECK_STR(buf_str(&b), STR("abc"));
	buf_clear(&b);
	BUF_LIT(&b, "wxyz");
	CHECK(!b.over);
}

TEST(integers_are_written_in_decimal)
{
	static const struct {
		int64_t value;
		const char *text;
	} rows[] = {{0, "0"}, {-1, "-1"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char memory[32];
		struct buf b = BUF(memory);
		buf_put_i64(&b, rows[i].value);
		CHECK_STR(buf_str(&b), str_of(rows[i].text));
	}
}

TEST(base64_is_read_strictly)
{
	static const char *const wrong[] = {"A",    "AA",   "AAA",   "AA=",	 "AB==",
					    "AAB=", "A===", "====",  "AA==AA==", "AA\nA",
					    "AA A", "AA-_", "AAAA=", "=AAA",	 "\xc3\xa9\x41\x41",
					    "AA=A"};
	static const struct {
		const char *text, *bytes;
	} right[] = {{"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYmFy", "foobar"}};
	uint8_t bytes[16];
	size_t n;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (!test_count(!base64_decode(str_of(wrong[i]), bytes, sizeof bytes, &n)))
			test_fail(__FILE__, __LINE__, "%s was read", wrong[i]);
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		CHECK(base64_decode(str_of(right[i].text), bytes, sizeof bytes, &n));
		CHECK_STR(((struct str){(const char *)bytes, n}), str_of(right[i].bytes));
	}
	CHECK(base64_decode(STR("Zm9vYg=="), bytes, 4, &n) && n == 4);
	CHECK(!base64_decode(STR("Zm9vYmE="), bytes, 4, &n));
}

TEST(base64_is_rfc_4648_section_10)
{
	static const char *const rows[][2] = {{"", ""},
					      {"f", "Zg=="},
					      {"fo", "Zm8="},
					      {"foo", "Zm9v"},
					      {"foob", "Zm9vYg=="},
					      {"fooba", "Zm9vYmE="},
					      {"foobar", "Zm9vYmFy"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char memory[16];
		struct buf b = BUF(memory);
		buf_put_base64(&b, (const uint8_t *)rows[i][0], strlen(rows[i][0]));
		CHECK_STR(buf_str(&b), str_of(rows[i][1]));
	}
}

TEST(hex_is_lower_case_and_of_the_exact_length)
{
	uint8_t bytes[2];
	CHECK(hex_read(STR("0aff"), bytes, 2) && bytes[0] == 0x0a && bytes[1] == 0xff);
	CHECK(!hex_read(STR("0AFF"), bytes, 2));
	CHECK(!hex_read(STR("0aff0"), bytes, 2));
	CHECK(!hex_read(STR("0a f"), bytes, 2));
}

TEST(an_integer_is_the_whole_string_in_its_shortest_form)
{
	static const char *const bad[] = {"", "-", "01", "-0", "1 ", "+1", "0x1", "1.0", "9999999999999999999"};
	int64_t value = 7;
	CHECK(str_to_i64(STR("-42"), -100, 100, &value) && value == -42);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!str_to_i64(str_of(bad[i]), INT64_MIN / 2, INT64_MAX / 2, &value));
	CHECK(!str_to_i64(STR("101"), 0, 100, &value));
	CHECK_INT(value, -42);
}

TEST(utf8_is_the_table_3_7_of_unicode)
{
	static const struct {
		const char *bytes;
		bool good;
	} rows[] = {
	    {"é", true},
	    {"\xe2\x82\xac", true},
	    {"\xf0\x9f\x94\x92", true},
	    {"\xf4\x8f\xbf\xbf", true},
	    {"\x80", false},
	    {"\xc0\xaf", false},
	    {"\xc1\xbf", false},
	    {"\xe0\x9f\xbf", false},
	    {"\xed\xa0\x80", false},
	    {"\xf0\x8f\xbf\xbf", false},
	    {"\xf4\x90\x80\x80", false},
	    {"\xf5\x80\x80\x80", false},
	    {"\xe2\x82", false},
	    {"\xe2\x28\xa1", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(str_is_utf8(str_of(rows[i].bytes)), rows[i].good);
}

TEST(strings_are_cut_and_compared_by_bytes)
{
	struct str head = {0}, tail = {0};
	CHECK(str_cut(STR("door:3"), ':', &head, &tail));
	CHECK_STR(head, STR("door"));
	CHECK_STR(tail, STR("3"));
	CHECK(!str_cut(STR("door"), ':', &head, &tail));
	CHECK(str_starts(STR("chancery"), STR("chan")) && !str_starts(STR("cha"), STR("chan")));
	CHECK(str_ends(STR("chancery"), STR("ery")) && !str_ends(STR("ry"), STR("ery")));
	CHECK(str_contains(STR("chancery"), STR("ance")) && !str_contains(STR("chancery"), STR("anse")));
	CHECK(str_compare(STR("a"), STR("ab")) < 0 && str_compare(STR("b"), STR("ab")) > 0);
	CHECK_INT(str_compare(STR("ab"), STR("ab")), 0);
}

TEST(an_arena_hands_out_zeroed_memory_and_takes_it_back_at_once)
{
	static uint8_t memory[256];
	memset(memory, 0xff, sizeof memory);
	struct arena arena = arena_over(memory, sizeof memory);
	uint64_t *numbers = ARENA_TAKE(&arena, uint64_t, 4);
	CHECK(numbers[0] == 0 && numbers[3] == 0);
	struct buf b = arena_buf(&arena);
	BUF_LIT(&b, "kept");
	struct str kept = arena_keep(&arena, &b);
	struct str copy = arena_str(&arena, kept);
	CHECK_STR(copy, STR("kept"));
	CHECK(copy.at != kept.at);
	arena_clear(&arena);
	CHECK(ARENA_TAKE(&arena, uint64_t, 1) == numbers);
}
