/* tiles.h: full tiles from the store, each proven before it is used.
 *
 * A full tile's root is a hash of the level above. So a tile is right when its root is the hash that the tile
 * above it holds, and so on up to the right edge, which is in memory and was held against the signed
 * checkpoint. Full tiles never change, so the last one read of each level is kept.
 */
#ifndef JOURNAL_TILES_H
#define JOURNAL_TILES_H

#include "journal/merkle.h"
#include "journal/store.h"

struct tiles {
	struct store *store;
	const struct merkle_edge *edge;
	struct tiles_kept {
		bool is_held;
		uint64_t number;
		struct merkle_hash at[MERKLE_TILE_HASHES];
	} kept[MERKLE_LEVELS];
};

/* The hashes of a tile; those the tree has are proven. They hold until another tile of that level is got, or
 * the edge grows. A tile that is missing or wrong is ERROR_RECORD. */
int tiles_get(struct tiles *tiles, unsigned level, uint64_t number, const struct merkle_hash **ret_hashes,
	      struct error *error);

/* Makes the edge of a tree of this size from the store's tiles, which are those of a tree of `rows` >= size entries;
 * only the caller can say whether its root is right. */
int tiles_load_edge(struct store *store, uint64_t size, uint64_t rows, struct merkle_edge *edge, struct error *error);

/* Whether the store has exactly these hashes as that tile; ERROR_RECORD when not. */
int tiles_check(struct store *store, unsigned level, uint64_t number, const struct merkle_hash *hashes, unsigned n,
		struct error *error);

#endif
