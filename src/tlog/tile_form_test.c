#include "base/test.h"
#include "tlog/tile_form.h"

static const struct {
	unsigned level;
	uint64_t number;
	unsigned width;
	const char *path;
} paths[] = {
    {0, 0, 0, "tile/0/000"},
    {0, 999, 0, "tile/0/999"},
    {0, 1000, 0, "tile/0/x001/000"},
    {0, 1234067, 0, "tile/0/x001/x234/067"}, /* the specification's example */
    {63, 5, 255, "tile/63/005.p/255"},
    {1, 1234, 1, "tile/1/x001/234.p/1"},
    {TILE_FORM_ENTRIES, 273, 112, "tile/entries/273.p/112"},
    {TILE_FORM_ENTRIES, UINT64_C(1) << 45, 0, "tile/entries/x035/x184/x372/x088/832"},
};

TEST(a_tiles_path_is_that_of_the_specification)
{
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		char text[TILE_FORM_PATH_BYTES_MAX];
		struct buf b = BUF(text);
		tile_form_put_path(&b, paths[i].level, paths[i].number, paths[i].width);
		CHECK_STR(buf_str(&b), str_of(paths[i].path));
	}
}

TEST(the_longest_path_has_its_room)
{
	char text[TILE_FORM_PATH_BYTES_MAX];
	struct buf b = BUF(text);
	tile_form_put_path(&b, TILE_FORM_ENTRIES, UINT64_MAX, 255);
	CHECK(!b.over);
}

TEST(entries_of_0_to_65535_bytes_come_back_from_a_bundle)
{
	static char bytes[4 * (TILE_FORM_ENTRY_BYTES_MAX + 2)], longest[TILE_FORM_ENTRY_BYTES_MAX];
	static const size_t lengths[] = {0, 1, 255, 256, 65534, 65535};
	struct buf b = BUF(bytes);
	struct error error;
	struct str entry;
	memset(longest, 'a', sizeof longest);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		tile_form_put_entry(&b, (struct str){longest, lengths[i]});
	CHECK(!b.over);
	struct str bundle = buf_str(&b);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CHECK_INT(tile_form_next_entry(&bundle, &entry, &error), 1);
		CHECK(str_eq(entry, (struct str){longest, lengths[i]}));
	}
	CHECK_INT(tile_form_next_entry(&bundle, &entry, &error), 0);
}

TEST(the_length_stands_in_front_big_endian)
{
	char bytes[600], entry[258];
	struct buf b = BUF(bytes);
	memset(entry, 'a', sizeof entry);
	tile_form_put_entry(&b, (struct str){entry, sizeof entry});
	CHECK_INT(b.len, 260);
	CHECK(b.at[0] == 1 && b.at[1] == 2);
}

TEST(a_bundle_that_ends_inside_an_entry_is_refused)
{
	static const char *const bundles[] = {"a", "\1\1", "\1\1aaaa"};
	for (size_t i = 0; i < ARRAY_LEN(bundles); i++) {
		struct str bundle = str_of(bundles[i]), entry;
		struct error error = {0};
		CHECK_INT(tile_form_next_entry(&bundle, &entry, &error), ERROR_INPUT);
		CHECK(error.remedy[0]);
	}
}
