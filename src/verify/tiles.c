#include "tiles.h"

static bool compare_hashes(struct check *c, unsigned level, const uint8_t *found)
{
	const struct tree_tile *tile = &c->tree.tile[level];
	unsigned long long number = tile->number;
	for (unsigned i = 0; i < tile->count; i++) {
		if (memcmp(found + i * TREE_HASH_BYTES, tile->hash[i].bytes, TREE_HASH_BYTES) == 0)
			continue;
		unsigned long long of = number * TREE_TILE_HASHES + i;
		if (level == 0)
			return CHECK_COMPLAIN(c, check_next_tile, "tile (0, %llu): hash %u is not that of entry %llu",
					      number, i, of);
		return CHECK_COMPLAIN(c, check_next_tile, "tile (%u, %llu): hash %u is not the root of tile (%u, %llu)",
				      level, number, i, level - 1, of);
	}
	return true;
}

static bool compare_length(struct check *c, unsigned level, size_t len)
{
	const struct tree_tile *tile = &c->tree.tile[level];
	unsigned long long number = tile->number;
	if (len % TREE_HASH_BYTES != 0)
		return CHECK_COMPLAIN(c, check_next_tile, "tile (%u, %llu): has %zu bytes, not a multiple of 32", level,
				      number, len);
	return len / TREE_HASH_BYTES == tile->count ||
	       CHECK_COMPLAIN(c, check_next_tile, "tile (%u, %llu): has %zu hashes, expected %u", level, number,
			      len / TREE_HASH_BYTES, tile->count);
}

/* Finds the stored tile; returns SQLite's code. */
static int find_tile(struct check *c, struct tiles *tiles, unsigned level)
{
	sqlite3_reset(tiles->one);
	sqlite3_bind_int(tiles->one, 1, (int)level);
	sqlite3_bind_int64(tiles->one, 2, (sqlite3_int64)c->tree.tile[level].number);
	return sqlite3_step(tiles->one);
}

static bool compare_tile(struct check *c, struct tiles *tiles, unsigned level)
{
	unsigned long long number = c->tree.tile[level].number;
	int code = find_tile(c, tiles, level);
	if (code == SQLITE_DONE)
		return CHECK_COMPLAIN(c, check_next_tile, "tile (%u, %llu): is missing", level, number);
	if (code != SQLITE_ROW)
		return check_sqlite_failed(c, "the tiles");
	if (sqlite3_column_type(tiles->one, 0) != SQLITE_BLOB)
		return CHECK_COMPLAIN(c, check_next_tile, "tile (%u, %llu): is not a blob", level, number);
	size_t len;
	const uint8_t *hashes = check_blob(tiles->one, 0, &len);
	return compare_length(c, level, len) && compare_hashes(c, level, hashes);
}

static bool is_expected(const struct tree *tree, sqlite3_stmt *row)
{
	sqlite3_int64 level = sqlite3_column_int64(row, 0), number = sqlite3_column_int64(row, 1);
	if (sqlite3_column_type(row, 0) != SQLITE_INTEGER || sqlite3_column_type(row, 1) != SQLITE_INTEGER ||
	    level < 0 || level >= TREE_LEVELS || number < 0)
		return false;
	const struct tree_tile *tile = &tree->tile[level];
	return (uint64_t)number < tile->number + (tile->count > 0);
}

/* All that must be there has been compared; whatever else there is, is too many. */
static bool check_no_more(struct check *c)
{
	sqlite3_stmt *rows = NULL;
	if (!check_prepare(c, "SELECT level, number FROM tile ORDER BY level, number", &rows))
		return false;
	bool ok = true;
	int code;
	while (ok && (code = sqlite3_step(rows)) != SQLITE_DONE) {
		if (code != SQLITE_ROW)
			ok = check_sqlite_failed(c, "the tiles");
		else if (!is_expected(&c->tree, rows))
			ok = CHECK_COMPLAIN(c, check_next_tile, "tile (%s, %s): is too many",
					    sqlite3_column_text(rows, 0), sqlite3_column_text(rows, 1));
	}
	sqlite3_finalize(rows);
	return ok;
}

bool tiles_begin(struct check *c, struct tiles *tiles)
{
	*tiles = (struct tiles){0};
	return check_prepare(c, "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2", &tiles->one);
}

bool tiles_full(struct check *c, struct tiles *tiles)
{
	for (unsigned level = 0; level < TREE_LEVELS && tree_tile_is_full(&c->tree, level); level++) {
		if (!compare_tile(c, tiles, level))
			return false;
		tree_tile_next(&c->tree, level);
	}
	return true;
}

void tiles_name_entry(struct check *c, struct tiles *tiles)
{
	size_t len;
	if (c->tree.tile[0].count == 0 || find_tile(c, tiles, 0) != SQLITE_ROW)
		return;
	const uint8_t *hashes = check_blob(tiles->one, 0, &len);
	if (len >= c->tree.tile[0].count * sizeof(struct tree_hash))
		compare_hashes(c, 0, hashes);
}

bool tiles_rest(struct check *c, struct tiles *tiles)
{
	for (unsigned level = 0; level < TREE_LEVELS; level++)
		if (c->tree.tile[level].count > 0 && !compare_tile(c, tiles, level))
			return false;
	return check_no_more(c);
}

void tiles_end(struct tiles *tiles)
{
	sqlite3_finalize(tiles->one);
}
