/* merkle.h: the hash tree over the journal's entries: RFC 6962, section 2.1, kept in tiles as C2SP tlog-tiles
 * has them.
 *
 *     leaf hash  = SHA-256(0x00 || entry)              root of n hashes = node(root of the first k, root of
 * the rest), node hash  = SHA-256(0x01 || left || right)                         k the largest power of two
 * below n
 *
 * Level 0 has a hash for each entry; level l + 1 has one for each 256 hashes of level l. A tile is 256
 * neighbouring hashes of a level: tile (l, n) begins at hash 256 n. Only the last tile of a level may have
 * fewer.
 *
 *     level 1   |h0 h1                |                h0 is the root of tile (0, 0), h1 of tile (0, 1)
 *     level 0   |256 hashes|256 hashes|88 hashes|      a tree of 600 entries: edge = 88 hashes of level 0, 2
 * of level 1
 *
 * Growing the tree needs only its right edge: the tiles that are not full, and the peaks, which are the roots
 * of the whole subtrees that the size is the sum of (600 = 512 + 64 + 16 + 8). A full tile never changes
 * again and is handed to a sink once. A new leaf joins the peaks as a one joins a binary number, so an entry
 * costs two hashes in the long run; the root is the peaks joined from the smallest.
 *
 * One thread hashes at a time: the digest context is shared. merkle_empty loads the algorithm, so call it
 * before a sandbox closes.
 */
#ifndef JOURNAL_MERKLE_H
#define JOURNAL_MERKLE_H

#include "base/error.h"
#include "base/str.h"

enum {
	MERKLE_HASH_BYTES = 32,
	MERKLE_TILE_BITS = 8,
	MERKLE_TILE_HASHES = 1 << MERKLE_TILE_BITS,
	MERKLE_LEVELS = 7, /* 2^56 entries, more than an entry's index can say */
};

struct merkle_hash {
	uint8_t at[MERKLE_HASH_BYTES];
};

static inline bool merkle_eq(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return memcmp(a->at, b->at, sizeof a->at) == 0;
}

struct merkle_hash merkle_empty(void); /* the root of no entries */
struct merkle_hash merkle_leaf(struct str entry);
struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right);

/* The root of n >= 1 hashes of one level. */
struct merkle_hash merkle_root(const struct merkle_hash *hashes, size_t n);

/* The hashes of a level that a tree of this size has, and those of them in one tile (0 when there is no such
 * tile). */
uint64_t merkle_level_hashes(uint64_t size, unsigned level);
unsigned merkle_tile_hashes(uint64_t size, unsigned level, uint64_t number);

/* The right edge. Zeroed memory is the edge of the empty tree. tile[l] holds the hashes of the last tile of
 * level l, always fewer than 256; peak[b] is there when bit b of the size is set. */
struct merkle_edge {
	uint64_t size;
	struct merkle_hash tile[MERKLE_LEVELS][MERKLE_TILE_HASHES];
	struct merkle_hash peak[MERKLE_LEVELS * MERKLE_TILE_BITS];
};

/* Takes a tile that has just become full. */
struct merkle_sink {
	int (*full)(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
		    struct error *error);
	void *context;
};

/* The hashes in, and the number of, the edge's tile of a level. The number is also how many full tiles lie
 * before it. */
unsigned merkle_edge_hashes(const struct merkle_edge *edge, unsigned level);
uint64_t merkle_edge_number(const struct merkle_edge *edge, unsigned level);

/* One more leaf. An error is the sink's, and the edge is then of no use. */
int merkle_edge_append(struct merkle_edge *edge, const struct merkle_hash *leaf, const struct merkle_sink *sink,
		       struct error *error);

/* Makes the peaks anew when size and tiles were filled from elsewhere. */
void merkle_edge_restore(struct merkle_edge *edge);

/* The root of all entries; merkle_empty() when there are none. */
struct merkle_hash merkle_edge_root(const struct merkle_edge *edge);

#endif
