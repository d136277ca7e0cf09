/* tree.h: the Merkle tree of RFC 6962 (section 2.1), grown leaf by leaf, and its tiles (C2SP tlog-tiles).
 *
 * The tree keeps the roots of its full subtrees, one a set bit of its size, and in each level the tile that is being
 * filled. A tile that has become full waits: the owner compares it with what is stored and says tree_tile_next before
 * the next leaf is added.
 */
#ifndef VERIFY_TREE_H
#define VERIFY_TREE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_HASH_BYTES	 32
#define TREE_TILE_HASHES 256
#define TREE_TILE_HEIGHT 8
#define TREE_LEVELS	 8 /* enough for 2^64 leaves */

struct tree_hash {
	uint8_t bytes[TREE_HASH_BYTES];
};

struct tree_tile {
	uint64_t number;
	unsigned count; /* hashes in it, 0 to TREE_TILE_HASHES */
	struct tree_hash hash[TREE_TILE_HASHES];
};

/* SHA-256, fetched once: to fetch it for each entry would cost as much as hashing it. One thread uses it at a time. */
struct tree_hasher {
	EVP_MD_CTX *context;
	EVP_MD *sha256;
};

struct tree {
	uint64_t size;
	struct tree_hash full[64]; /* full[h]: the root of the full subtree of 2^h leaves, if bit h of size is set */
	struct tree_tile tile[TREE_LEVELS];
	struct tree_hasher *hasher;
};

/* False only if libcrypto has no SHA-256 to give. */
bool tree_hasher_init(struct tree_hasher *hasher);
void tree_hasher_release(struct tree_hasher *hasher);
struct tree_hash tree_leaf(struct tree_hasher *hasher, const uint8_t *body, size_t len);

/* An empty tree; the hasher stays the caller's and outlives it. */
void tree_init(struct tree *tree, struct tree_hasher *hasher);
void tree_add(struct tree *tree, const struct tree_hash *leaf);
/* The root over all leaves so far; the size is not 0. */
struct tree_hash tree_root(const struct tree *tree);

bool tree_tile_is_full(const struct tree *tree, unsigned level);
void tree_tile_next(struct tree *tree, unsigned level);

bool tree_hash_same(const struct tree_hash *a, const struct tree_hash *b);

#endif
