#include "journal/tiles.h"

#include <inttypes.h>

static int load(struct store *store, unsigned level, uint64_t number, unsigned n, struct merkle_hash *ret_hashes,
		struct error *error)
{
	struct buf row = {.at = ret_hashes[0].at, .size = n * sizeof *ret_hashes};
	int found = store_get_tile(store, level, number, &row, error);
	if (found < 0)
		return found;
	if (found == 0)
		return store_damaged(store, error, "tile (%u, %" PRIu64 ") is missing", level, number);
	if (row.len != row.size) /* 0 when it ran over */
		return store_damaged(store, error, "tile (%u, %" PRIu64 ") has not the size of %u hashes", level,
				     number, n);
	return 0;
}

int tiles_load_edge(struct store *store, uint64_t size, uint64_t rows, struct merkle_edge *edge, struct error *error)
{
	edge->size = size;
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		struct merkle_hash tile[MERKLE_TILE_HASHES];
		uint64_t number = merkle_edge_number(edge, level);
		unsigned n = merkle_edge_hashes(edge, level);
		if (n == 0)
			continue;
		int failed = load(store, level, number, merkle_tile_hashes(rows, level, number), tile, error);
		if (failed < 0)
			return failed;
		memcpy(edge->tile[level], tile, n * sizeof *tile);
	}
	merkle_edge_restore(edge);
	return 0;
}

int tiles_check(struct store *store, unsigned level, uint64_t number, const struct merkle_hash *hashes, unsigned n,
		struct error *error)
{
	struct merkle_hash row[MERKLE_TILE_HASHES];
	int failed = load(store, level, number, n, row, error);
	if (failed < 0)
		return failed;
	if (memcmp(row, hashes, n * sizeof *hashes) == 0)
		return 0;
	return store_damaged(store, error, "tile (%u, %" PRIu64 ") is not that of its entries", level, number);
}

/* Reads a full tile and holds its root against the level above. */
static int prove(struct tiles *tiles, unsigned level, uint64_t number, struct tiles_kept *kept, struct error *error)
{
	const struct merkle_hash *above;
	kept->is_held = false;
	int failed = load(tiles->store, level, number, MERKLE_TILE_HASHES, kept->at, error);
	if (failed < 0)
		return failed;
	failed = tiles_get(tiles, level + 1, number >> MERKLE_TILE_BITS, &above, error);
	if (failed < 0)
		return failed;
	struct merkle_hash root = merkle_root(kept->at, MERKLE_TILE_HASHES);
	if (!merkle_eq(&root, &above[number & (MERKLE_TILE_HASHES - 1)]))
		return store_damaged(tiles->store, error, "tile (%u, %" PRIu64 ") is not the one that was signed",
				     level, number);
	kept->number = number;
	kept->is_held = true;
	return 0;
}

int tiles_get(struct tiles *tiles, unsigned level, uint64_t number, const struct merkle_hash **ret_hashes,
	      struct error *error)
{
	ASSERT(level < MERKLE_LEVELS && number <= merkle_edge_number(tiles->edge, level));
	if (number == merkle_edge_number(tiles->edge, level)) {
		*ret_hashes = tiles->edge->tile[level];
		return 0;
	}
	struct tiles_kept *kept = &tiles->kept[level];
	if (!kept->is_held || kept->number != number) {
		int failed = prove(tiles, level, number, kept, error);
		if (failed < 0)
			return failed;
	}
	*ret_hashes = kept->at;
	return 0;
}
