#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tree_init(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	tree->sha = EVP_MD_CTX_new();
	tree->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (tree->sha && tree->sha256)
		return true;
	tree_release(tree);
	return false;
}

void tree_release(struct tree *tree)
{
	EVP_MD_CTX_free(tree->sha);
	EVP_MD_free(tree->sha256);
	tree->sha = NULL;
	tree->sha256 = NULL;
}

/* SHA-256(prefix ‖ a ‖ b). Hashing memory does not fail once the algorithm is there; if it did, no answer is right. */
static struct tree_hash tree_sha256(const struct tree *tree, uint8_t prefix, const void *a, size_t a_len, const void *b,
				    size_t b_len)
{
	struct tree_hash hash;
	bool ok = EVP_DigestInit_ex2(tree->sha, tree->sha256, NULL) && EVP_DigestUpdate(tree->sha, &prefix, 1) &&
		  EVP_DigestUpdate(tree->sha, a, a_len) && EVP_DigestUpdate(tree->sha, b, b_len) &&
		  EVP_DigestFinal_ex(tree->sha, hash.bytes, NULL);
	if (!ok) {
		fputs("chancery-verify: SHA-256 failed\n", stderr);
		exit(1);
	}
	return hash;
}

static struct tree_hash tree_node(const struct tree *tree, const struct tree_hash *left, const struct tree_hash *right)
{
	return tree_sha256(tree, 0x01, left, sizeof(*left), right, sizeof(*right));
}

void tree_add(struct tree *tree, const uint8_t *body, size_t len)
{
	struct tree_hash hash = tree_sha256(tree, 0x00, body, len, NULL, 0);
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
