#include "base/test.h"

#include "tree.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 6962, section 2.1, word by word. */
static struct tree_hash naive_leaf(const void *body, size_t len)
{
	uint8_t bytes[64] = {0x00};
	struct tree_hash hash;
	memcpy(bytes + 1, body, len);
	SHA256(bytes, len + 1, hash.bytes);
	return hash;
}

static struct tree_hash naive_root(const struct tree_hash *leaf, size_t n)
{
	uint8_t bytes[65] = {0x01};
	struct tree_hash left, right, hash;
	size_t k = 1;
	if (n == 1)
		return leaf[0];
	while (k * 2 < n)
		k *= 2;
	left = naive_root(leaf, k);
	right = naive_root(leaf + k, n - k);
	memcpy(bytes + 1, left.bytes, 32);
	memcpy(bytes + 33, right.bytes, 32);
	SHA256(bytes, sizeof(bytes), hash.bytes);
	return hash;
}

static struct tree_hasher hasher;

static void tree_test_init(struct tree *tree)
{
	CHECK(hasher.context || tree_hasher_init(&hasher));
	tree_init(tree, &hasher);
}

__attribute__((destructor)) static void tree_test_end(void)
{
	tree_hasher_release(&hasher);
}

static void tree_test_add(struct tree *tree, struct tree_hash *leaf, uint32_t i)
{
	struct tree_hash hash = tree_leaf(&hasher, (const uint8_t *)&i, sizeof(i));
	tree_add(tree, &hash);
	leaf[i] = naive_leaf(&i, sizeof(i));
}

TEST(the_hashes_are_those_of_certificate_transparency)
{
	static const char *const leaves[] = {"",
					     "\x00",
					     "\x10",
					     "\x20\x21",
					     "\x30\x31",
					     "\x40\x41\x42\x43",
					     "\x50\x51\x52\x53\x54\x55\x56\x57",
					     "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
	static const size_t lengths[] = {0, 1, 1, 2, 2, 4, 8, 16};
	static const char *const roots[] = {
	    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct tree tree;
	tree_test_init(&tree);
	for (size_t i = 0; i < 8; i++) {
		char hex[65];
		struct tree_hash leaf = tree_leaf(&hasher, (const uint8_t *)leaves[i], lengths[i]);
		tree_add(&tree, &leaf);
		struct tree_hash root = tree_root(&tree);
		for (size_t j = 0; j < 32; j++)
			snprintf(hex + 2 * j, 3, "%02x", root.bytes[j]);
		CHECK_STR(str_of(hex), str_of(roots[i]));
	}
}

TEST(every_root_up_to_a_thousand_leaves_is_the_naive_one)
{
	static struct tree_hash leaf[1000];
	struct tree tree;
	tree_test_init(&tree);
	for (uint32_t i = 0; i < 1000; i++) {
		tree_test_add(&tree, leaf, i);
		struct tree_hash found = tree_root(&tree), expected = naive_root(leaf, i + 1);
		CHECK(tree_hash_same(&found, &expected));
		if (tree_tile_is_full(&tree, 0))
			tree_tile_next(&tree, 0);
	}
}

/* One more than two levels of full tiles. */
TEST(tiles_hold_leaf_hashes_and_roots_of_full_tiles)
{
	enum { LEAVES = 256 * 256 + 257 };
	struct tree_hash *leaf = calloc(LEAVES, sizeof(*leaf));
	struct tree tree;
	unsigned full[3] = {0};
	tree_test_init(&tree);
	for (uint32_t i = 0; i < LEAVES; i++) {
		tree_test_add(&tree, leaf, i);
		for (unsigned level = 0; tree_tile_is_full(&tree, level); level++) {
			full[level]++;
			CHECK_INT(tree.tile[level].number, full[level] - 1);
			struct tree_hash expected = level == 0 ? leaf[i - 255] : naive_root(leaf + i + 1 - 65536, 256);
			CHECK(tree_hash_same(&tree.tile[level].hash[0], &expected));
			tree_tile_next(&tree, level);
		}
	}
	CHECK_INT(full[0], 257);
	CHECK_INT(full[1], 1);
	CHECK_INT(tree.tile[0].count, 1);
	CHECK_INT(tree.tile[1].count, 1);
	CHECK_INT(tree.tile[1].number, 1);
	CHECK_INT(tree.tile[2].count, 1);
	struct tree_hash expected = naive_root(leaf, 65536);
	CHECK(tree_hash_same(&tree.tile[2].hash[0], &expected));
	expected = naive_root(leaf + 65536, 256);
	CHECK(tree_hash_same(&tree.tile[1].hash[0], &expected));
	free(leaf);
}
