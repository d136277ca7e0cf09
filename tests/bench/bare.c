#include "bench/bare.h"

#include "journal/merkle.h"
#include "journal/store.h"

#include <unistd.h>

static void run(sqlite3_stmt *s)
{
	ASSERT(sqlite3_step(s) == SQLITE_DONE);
	sqlite3_reset(s);
}

void bare_open(struct bare *bare, const char *path)
{
	char sql[512];
	snprintf(
	    sql, sizeof sql,
	    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA page_size=%d;"
	    "PRAGMA cache_size=-%d; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=%d;"
	    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	    "CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, number)) "
	    "WITHOUT ROWID;",
	    STORE_PAGE_BYTES, STORE_CACHE_KIB, STORE_LOG_PAGES);
	unlink(path);
	*bare = (struct bare){0};
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	ASSERT(sqlite3_open_v2(path, &bare->db, flags, NULL) == SQLITE_OK);
	ASSERT(sqlite3_exec(bare->db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_prepare_v2(bare->db, "BEGIN IMMEDIATE", -1, &bare->begin, NULL);
	sqlite3_prepare_v2(bare->db, "INSERT INTO entry VALUES(?1, ?2)", -1, &bare->entry, NULL);
	sqlite3_prepare_v2(bare->db, "INSERT OR REPLACE INTO tile VALUES(?1, ?2, ?3)", -1, &bare->tile, NULL);
	sqlite3_prepare_v2(bare->db, "COMMIT", -1, &bare->commit, NULL);
}

static void write_tile(struct bare *bare, unsigned level, uint64_t number, uint64_t size)
{
	static const uint8_t hashes[MERKLE_TILE_HASHES * MERKLE_HASH_BYTES];
	sqlite3_bind_int64(bare->tile, 1, level);
	sqlite3_bind_int64(bare->tile, 2, (sqlite3_int64)number);
	sqlite3_bind_blob(bare->tile, 3, hashes, (int)merkle_tile_hashes(size, level, number) * MERKLE_HASH_BYTES,
			  SQLITE_STATIC);
	run(bare->tile);
}

void bare_batch(struct bare *bare, const struct str *bodies, uint64_t n)
{
	uint64_t size = bare->size + n;
	run(bare->begin);
	for (uint64_t i = 0; i < n; i++) {
		sqlite3_bind_int64(bare->entry, 1, (sqlite3_int64)(bare->size + i));
		sqlite3_bind_blob(bare->entry, 2, bodies[i].at, (int)bodies[i].len, SQLITE_STATIC);
		run(bare->entry);
	}
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		uint64_t before = merkle_level_hashes(bare->size, level), after = merkle_level_hashes(size, level);
		for (uint64_t tile = before / MERKLE_TILE_HASHES; after > before && tile * MERKLE_TILE_HASHES < after;
		     tile++)
			write_tile(bare, level, tile, size);
	}
	run(bare->commit);
	bare->size = size;
}

uint64_t bare_scan(struct bare *bare)
{
	sqlite3_stmt *s;
	uint64_t bytes = 0;
	sqlite3_prepare_v2(bare->db, "SELECT seq, body FROM entry WHERE seq >= 0 ORDER BY seq", -1, &s, NULL);
	while (sqlite3_step(s) == SQLITE_ROW) {
		ASSERT(sqlite3_column_blob(s, 1));
		bytes += (uint64_t)sqlite3_column_bytes(s, 1);
	}
	sqlite3_finalize(s);
	return bytes;
}

void bare_close(struct bare *bare)
{
	sqlite3_finalize(bare->begin);
	sqlite3_finalize(bare->entry);
	sqlite3_finalize(bare->tile);
	sqlite3_finalize(bare->commit);
	sqlite3_close(bare->db);
}
