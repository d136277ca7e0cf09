#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tree_hasher_init(struct tree_hasher *hasher)
{
	hasher->context = EVP_MD_CTX_new();
	hasher->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (hasher->context && hasher->sha256)
		return true;
	tree_hasher_release(hasher);
	return false;
}

void tree_hasher_release(struct tree_hasher *hasher)
{
	EVP_MD_CTX_free(hasher->context);
	EVP_MD_free(hasher->sha256);
	*hasher = (struct tree_hasher){0};
}

/* SHA-256(prefix ‖ a ‖ b). Hashing memory does not fail once the algorithm is there; if it did, no answer is right. */
static struct tree_hash tree_sha256(struct tree_hasher *hasher, uint8_t prefix, const void *a, size_t a_len,
				    const void *b, size_t b_len)
{
	struct tree_hash hash;
	EVP_MD_CTX *context = hasher->context;
	bool ok = EVP_DigestInit_ex2(context, hasher->sha256, NULL) && EVP_DigestUpdate(context, &prefix, 1) &&
		  EVP_DigestUpdate(context, a, a_len) && EVP_DigestUpdate(context, b, b_len) &&
		  EVP_DigestFinal_ex(context, hash.bytes, NULL);
	if (!ok) {
		fputs("chancery-verify: SHA-256 failed\n", stderr);
		exit(1);
	}
	return hash;
}

struct tree_hash tree_leaf(struct tree_hasher *hasher, const uint8_t *body, size_t len)
{
	return tree_sha256(hasher, 0x00, body, len, NULL, 0);
}

void tree_init(struct tree *tree, struct tree_hasher *hasher)
{
	memset(tree, 0, sizeof(*tree));
	tree->hasher = hasher;
}

static struct tree_hash tree_node(const struct tree *tree, const struct tree_hash *left, const struct tree_hash *right)
{
	return tree_sha256(tree->hasher, 0x01, left, sizeof(*left), right, sizeof(*right));
}

void tree_add(struct tree *tree, const struct tree_hash *leaf)
{
	struct tree_hash hash = *leaf;
	for (unsigned height = 0;; height++) {
		if (height % TREE_TILE_HEIGHT == 0 && height / TREE_TILE_HEIGHT < TREE_LEVELS) {
			struct tree_tile *tile = &tree->tile[height / TREE_TILE_HEIGHT];
			tile->hash[tile->count++] = hash;
		}
		if (!(tree->size >> height & 1)) {
			tree->full[height] = hash;
			break;
		}
		hash = tree_node(tree, &tree->full[height], &hash);
	}
	tree->size++;
}

struct tree_hash tree_root(const struct tree *tree)
{
	struct tree_hash root = {{0}};
	bool begun = false;
	for (unsigned height = 0; height < 64; height++) {
		if (!(tree->size >> height & 1))
			continue;
		root = begun ? tree_node(tree, &tree->full[height], &root) : tree->full[height];
		begun = true;
	}
	return root;
}

bool tree_tile_is_full(const struct tree *tree, unsigned level)
{
	return tree->tile[level].count == TREE_TILE_HASHES;
}

void tree_tile_next(struct tree *tree, unsigned level)
{
	tree->tile[level].number++;
	tree->tile[level].count = 0;
}

bool tree_hash_same(const struct tree_hash *a, const struct tree_hash *b)
{
	return memcmp(a->bytes, b->bytes, TREE_HASH_BYTES) == 0;
}
