#include "journal/merkle.h"

#include <openssl/evp.h>

/* One algorithm fetched once and one context used again: twice as fast as asking libcrypto for both each
 * time. */
static EVP_MD_CTX *digest_begin(void)
{
	static EVP_MD *sha256;
	static EVP_MD_CTX *context;
	if (!sha256) {
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		context = EVP_MD_CTX_new();
		ASSERT(sha256 && context);
	}
	int done = EVP_DigestInit_ex2(context, sha256, NULL);
	ASSERT(done == 1);
	return context;
}

static struct merkle_hash digest_end(EVP_MD_CTX *context)
{
	struct merkle_hash hash;
	unsigned len;
	int done = EVP_DigestFinal_ex(context, hash.at, &len);
	ASSERT(done == 1 && len == sizeof hash.at);
	return hash;
}

struct merkle_hash merkle_empty(void)
{
	return digest_end(digest_begin());
}

struct merkle_hash merkle_leaf(struct str entry)
{
	static const uint8_t prefix = 0x00;
	EVP_MD_CTX *context = digest_begin();
	int done = EVP_DigestUpdate(context, &prefix, 1) && EVP_DigestUpdate(context, entry.at, entry.len);
	ASSERT(done);
	return digest_end(context);
}

struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right)
{
	uint8_t bytes[1 + 2 * MERKLE_HASH_BYTES] = {0x01};
	memcpy(bytes + 1, left->at, MERKLE_HASH_BYTES);
	memcpy(bytes + 1 + MERKLE_HASH_BYTES, right->at, MERKLE_HASH_BYTES);
	EVP_MD_CTX *context = digest_begin();
	int done = EVP_DigestUpdate(context, bytes, sizeof bytes);
	ASSERT(done);
	return digest_end(context);
}

struct merkle_hash merkle_root(const struct merkle_hash *hashes, size_t n)
{
	ASSERT(n > 0);
	if (n == 1)
		return hashes[0];
	size_t split = 1;
	while (2 * split < n)
		split *= 2;
	struct merkle_hash left = merkle_root(hashes, split), right = merkle_root(hashes + split, n - split);
	return merkle_node(&left, &right);
}

uint64_t merkle_level_hashes(uint64_t size, unsigned level)
{
	ASSERT(level < MERKLE_LEVELS);
	return size >> (MERKLE_TILE_BITS * level);
}

unsigned merkle_tile_hashes(uint64_t size, unsigned level, uint64_t number)
{
	uint64_t hashes = merkle_level_hashes(size, level);
	if (number > hashes >> MERKLE_TILE_BITS)
		return 0;
	uint64_t behind = hashes - (number << MERKLE_TILE_BITS);
	return behind < MERKLE_TILE_HASHES ? (unsigned)behind : MERKLE_TILE_HASHES;
}

/* The edge */

uint64_t merkle_edge_number(const struct merkle_edge *edge, unsigned level)
{
	return merkle_level_hashes(edge->size, level) >> MERKLE_TILE_BITS;
}

unsigned merkle_edge_hashes(const struct merkle_edge *edge, unsigned level)
{
	return merkle_level_hashes(edge->size, level) & (MERKLE_TILE_HASHES - 1);
}

/* One more hash of a level. */
static int take(struct merkle_edge *edge, unsigned level, const struct merkle_hash *hash,
		const struct merkle_sink *sink, struct error *error)
{
	struct merkle_hash *tile = edge->tile[level];
	unsigned n = merkle_edge_hashes(edge, level);
	tile[n] = *hash;
	if (n + 1 < MERKLE_TILE_HASHES)
		return 0;
	return sink->full(sink->context, level, merkle_edge_number(edge, level), tile, error);
}

int merkle_edge_append(struct merkle_edge *edge, const struct merkle_hash *leaf, const struct merkle_sink *sink,
		       struct error *error)
{
	struct merkle_hash hash = *leaf; /* of the last 2^bit entries */
	unsigned bit = 0;
	for (;; bit++) {
		ASSERT(bit < ARRAY_LEN(edge->peak));
		int failed = 0;
		if (bit % MERKLE_TILE_BITS == 0)
			failed = take(edge, bit / MERKLE_TILE_BITS, &hash, sink, error);
		if (failed < 0)
			return failed;
		if ((edge->size >> bit & 1) == 0)
			break;
		hash = merkle_node(&edge->peak[bit], &hash);
	}
	edge->peak[bit] = hash;
	edge->size++;
	return 0;
}

void merkle_edge_restore(struct merkle_edge *edge)
{
	for (unsigned bit = 0; bit < ARRAY_LEN(edge->peak); bit++) {
		unsigned level = bit / MERKLE_TILE_BITS, n = 1U << bit % MERKLE_TILE_BITS;
		unsigned first = merkle_edge_hashes(edge, level) & ~(2 * n - 1);
		if ((edge->size >> bit & 1) != 0)
			edge->peak[bit] = merkle_root(edge->tile[level] + first, n);
	}
}

struct merkle_hash merkle_edge_root(const struct merkle_edge *edge)
{
	if (edge->size == 0)
		return merkle_empty();
	struct merkle_hash root = edge->peak[__builtin_ctzll(edge->size)];
	for (uint64_t left = edge->size & (edge->size - 1); left > 0; left &= left - 1)
		root = merkle_node(&edge->peak[__builtin_ctzll(left)], &root);
	return root;
}
