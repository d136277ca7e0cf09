#include "serve/cursor.h"

#include "base/test.h"

static const uint8_t key[CURSOR_KEY_BYTES] = {1}, other[CURSOR_KEY_BYTES] = {2};

static struct str mark_of(char (*memory)[CURSOR_TEXT_BYTES], const uint8_t *with, uint64_t index)
{
	struct buf b = BUF(*memory);
	cursor_write(&b, with, index);
	CHECK(!b.over);
	return buf_str(&b);
}

TEST(a_mark_is_read_back_as_its_index)
{
	static const uint64_t indexes[] = {0, 1, 255, 256, UINT32_MAX, INT64_MAX, UINT64_MAX};
	for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
		char memory[CURSOR_TEXT_BYTES];
		uint64_t index = 7;
		struct str mark = mark_of(&memory, key, indexes[i]);
		CHECK_INT(mark.len, CURSOR_TEXT_BYTES);
		CHECK(cursor_read(mark, key, &index) && index == indexes[i]);
	}
}

TEST(one_index_has_one_mark_and_neighbours_have_nothing_in_common)
{
	char a[CURSOR_TEXT_BYTES], b[CURSOR_TEXT_BYTES];
	size_t same = 0;
	CHECK(str_eq(mark_of(&a, key, 5), mark_of(&b, key, 5)));
	mark_of(&b, key, 6);
	for (size_t i = 0; i < sizeof a; i++)
		same += a[i] == b[i];
	CHECK(same < 16); /* one in 64 is so by chance */
}

TEST(a_mark_of_another_mission_and_whatever_was_not_made_here_is_none)
{
	char memory[CURSOR_TEXT_BYTES];
	uint64_t index = 7;
	struct str mark = mark_of(&memory, other, 5);
	CHECK(!cursor_read(mark, key, &index));
	static const char *const texts[] = {"", "5",
					    "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK(!cursor_read(str_of(texts[i]), key, &index));
	CHECK_INT(index, 7);
}

TEST(with_any_character_changed_or_missing_a_mark_is_none)
{
	char memory[CURSOR_TEXT_BYTES];
	uint64_t index;
	struct str mark = mark_of(&memory, key, 5);
	for (size_t i = 0; i < sizeof memory; i++) {
		char kept = memory[i];
		memory[i] = kept == 'A' ? 'B' : 'A';
		CHECK(!cursor_read(mark, key, &index));
		memory[i] = kept;
		CHECK(!cursor_read((struct str){mark.at, i}, key, &index));
	}
	CHECK(cursor_read(mark, key, &index));
}
