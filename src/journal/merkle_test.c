#include "base/buf.h"
#include "base/test.h"
#include "journal/merkle_naive.h"

#define CHECK_HASH(found, hex)                                                                                         \
	do {                                                                                                           \
		char digits_[2 * MERKLE_HASH_BYTES];                                                                   \
		struct merkle_hash hash_ = (found);                                                                    \
		struct buf b_ = BUF(digits_);                                                                          \
		buf_put_hex(&b_, hash_.at, sizeof hash_.at);                                                           \
		CHECK_STR(buf_str(&b_), str_of(hex));                                                                  \
	} while (0)

/* The tree that the Certificate Transparency implementations test with: eight entries and the root after
 * each. */
static const struct {
	const char *entry, *root;
} known[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

enum { ENTRIES = 70000 };

static struct merkle_hash leaves[ENTRIES];

static void make_leaves(void)
{
	char memory[24];
	for (uint64_t i = 0; i < ENTRIES; i++)
		leaves[i] = merkle_naive_leaf(merkle_naive_entry(&memory, i));
}

/* A sink that counts the tiles of each level and compares each with the naive tree. */
struct tiles_seen {
	unsigned n[MERKLE_LEVELS], wrong;
};

static int see_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
		    struct error *error)
{
	(void)error;
	struct tiles_seen *seen = context;
	uint64_t each = UINT64_C(1) << (MERKLE_TILE_BITS * level);
	seen->wrong += number != seen->n[level]++;
	for (uint64_t i = 0; i < MERKLE_TILE_HASHES; i++) {
		uint64_t first = (number * MERKLE_TILE_HASHES + i) * each;
		struct merkle_hash wanted = merkle_naive_root(leaves + first, each);
		seen->wrong += !merkle_eq(&hashes[i], &wanted);
	}
	return 0;
}

TEST(no_entries_have_the_hash_of_nothing_as_root)
{
	static struct merkle_edge edge;
	CHECK_HASH(merkle_empty(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_HASH(merkle_edge_root(&edge), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(known_entries_have_known_roots)
{
	static struct merkle_edge edge;
	struct tiles_seen seen = {0};
	struct merkle_sink sink = {see_tile, &seen};
	struct error error;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		uint8_t bytes[16];
		size_t n = strlen(known[i].entry) / 2;
		CHECK(hex_read(str_of(known[i].entry), bytes, n));
		struct merkle_hash leaf = merkle_leaf((struct str){(const char *)bytes, n});
		CHECK_OK(merkle_edge_append(&edge, &leaf, &sink, &error), &error);
		CHECK_HASH(merkle_edge_root(&edge), known[i].root);
	}
	CHECK_INT(seen.n[0], 0);
}

TEST(any_number_of_hashes_has_the_naive_root)
{
	make_leaves();
	for (uint64_t n = 1; n <= 300; n++) {
		struct merkle_hash found = merkle_root(leaves, n), wanted = merkle_naive_root(leaves, n);
		CHECK(merkle_eq(&found, &wanted));
	}
}

TEST(the_edge_gives_the_root_of_every_size)
{
	static struct merkle_edge edge;
	struct tiles_seen seen = {0};
	struct merkle_sink sink = {see_tile, &seen};
	struct error error;
	unsigned wrong = 0;
	make_leaves();
	for (uint64_t i = 0; i < ENTRIES; i++) {
		CHECK_OK(merkle_edge_append(&edge, &leaves[i], &sink, &error), &error);
		if (i >= 1100 && i % 9973 != 0 && (i < 65534 || i > 65538))
			continue;
		struct merkle_hash found = merkle_edge_root(&edge), wanted = merkle_naive_root(leaves, i + 1);
		wrong += !merkle_eq(&found, &wanted);
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(seen.wrong, 0);
}

/* An edge that was put down at any size and taken up again from its tiles goes on as if nothing had been. */
TEST(an_edge_restored_from_its_tiles_goes_on)
{
	static struct merkle_edge edge;
	struct tiles_seen seen = {0};
	struct merkle_sink sink = {see_tile, &seen};
	unsigned wrong = 0;
	make_leaves();
	for (uint64_t i = 0; i < ENTRIES; i++) {
		bool is_tried = i < 600 || i > ENTRIES - 600 || (i > 65500 && i < 65600);
		if (is_tried) {
			memset(edge.peak, 0xff, sizeof edge.peak);
			merkle_edge_restore(&edge);
		}
		merkle_edge_append(&edge, &leaves[i], &sink, NULL);
		struct merkle_hash found = merkle_edge_root(&edge);
		if (is_tried && i % 31 == 0) {
			struct merkle_hash wanted = merkle_naive_root(leaves, i + 1);
			wrong += !merkle_eq(&found, &wanted);
		}
	}
	CHECK_INT(wrong, 0);
}

/* The example of C2SP tlog-tiles: 70,000 entries are 273 full tiles and one of 112, 1 and one of 17, and one
 * of 1. */
TEST(seventy_thousand_entries_lie_in_the_tiles_of_the_standard)
{
	static struct merkle_edge edge;
	struct tiles_seen seen = {0};
	struct merkle_sink sink = {see_tile, &seen};
	make_leaves();
	for (uint64_t i = 0; i < ENTRIES; i++)
		merkle_edge_append(&edge, &leaves[i], &sink, NULL);
	static const unsigned full[] = {273, 1, 0, 0}, partial[] = {112, 17, 1, 0};
	for (unsigned level = 0; level < ARRAY_LEN(full); level++) {
		CHECK_INT(seen.n[level], full[level]);
		CHECK_INT(merkle_edge_number(&edge, level), full[level]);
		CHECK_INT(merkle_edge_hashes(&edge, level), partial[level]);
		CHECK_INT(merkle_tile_hashes(ENTRIES, level, full[level]), partial[level]);
		CHECK_INT(merkle_tile_hashes(ENTRIES, level, full[level] + 1), 0);
	}
	CHECK_INT(merkle_tile_hashes(ENTRIES, 0, 272), MERKLE_TILE_HASHES);
	CHECK_INT(merkle_level_hashes(ENTRIES, 1), 273);
}

static int refuse_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
		       struct error *error)
{
	(void)context, (void)level, (void)number, (void)hashes;
	return error_set(error, ERROR_SYSTEM, "no room");
}

TEST(an_error_of_the_sink_is_the_appends)
{
	static struct merkle_edge edge;
	struct merkle_sink sink = {refuse_tile, NULL};
	struct merkle_hash leaf = merkle_leaf(STR("one"));
	struct error error;
	for (int i = 0; i < MERKLE_TILE_HASHES - 1; i++)
		CHECK_OK(merkle_edge_append(&edge, &leaf, &sink, &error), &error);
	CHECK_INT(merkle_edge_append(&edge, &leaf, &sink, &error), ERROR_SYSTEM);
}
