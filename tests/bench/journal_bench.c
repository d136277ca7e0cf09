/* journal_bench.c: what durable entries cost, next to what SQLite alone costs on the same directory in the
 * same minute.
 *
 *     journal_bench [DIRECTORY]          default: the working directory
 *
 * Each line is: name, value, unit | limit, value, unit | ratio of the two. The limit writes the same rows of
 * entries and tiles, with the same settings, in the same batches, but hashes nothing and signs nothing.
 * Rounds of both take turns; the figure is the median of the rounds, the ratio the median of each round's
 * ratio.
 */
#include "base/clock.h"
#include "base/error.h"
#include "journal/journal.h"
#include "journal/store.h"

#include <sqlite3.h>
#include <unistd.h>

enum {
	ROUNDS = 15,
	ENTRY_BYTES = 800,
	BODIES = 1024, /* different ones, used in turn */
	ODD = 100,     /* entries at first, so that batches do not end where tiles do */
};

static char bodies[BODIES][ENTRY_BYTES];

static struct str body(uint64_t i)
{
	return (struct str){bodies[i % BODIES], ENTRY_BYTES};
}

static void make_bodies(void)
{
	uint32_t random = 1;
	for (size_t i = 0; i < BODIES; i++)
		for (size_t k = 0; k < ENTRY_BYTES; k++) {
			random = random * 1664525 + 1013904223;
			bodies[i][k] = (char)(' ' + (random >> 24) % 94);
		}
}

static void must(bool ok, const char *doing)
{
	struct error error;
	if (ok)
		return;
	error_set(&error, ERROR_SYSTEM, "%s failed", doing);
	die(EXIT_FAILED, &error);
}

/* The two that are measured, behind the same verbs. */
struct rival {
	uint64_t size;
	struct journal *journal;
	sqlite3 *db;
	sqlite3_stmt *begin, *entry, *tile, *commit;
};

/* Journal */

static void journal_batch(struct rival *r, uint64_t n)
{
	struct error error;
	for (uint64_t i = 0; i < n; i++)
		if (journal_append(r->journal, body(r->size + i), &error) < 0)
			die(EXIT_FAILED, &error);
	if (journal_commit(r->journal, &error) < 0)
		die(EXIT_FAILED, &error);
	r->size += n;
}

static int nothing(void *context, uint64_t index, struct str found)
{
	(void)index;
	*(uint64_t *)context += found.len;
	return 0;
}

static void journal_scan(struct rival *r)
{
	struct error error;
	uint64_t bytes = 0;
	if (journal_read(r->journal, 0, r->size, nothing, &bytes, &error) < 0)
		die(EXIT_FAILED, &error);
	must(bytes == r->size * ENTRY_BYTES, "reading the journal");
}

/* Bare SQLite */

static void run(sqlite3_stmt *s)
{
	must(sqlite3_step(s) == SQLITE_DONE, "a statement");
	sqlite3_reset(s);
}

static void bare_open(struct rival *r, const char *path)
{
	char sql[512];
	snprintf(sql, sizeof sql,
		 "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA "
		 "page_size=%d;"
		 "PRAGMA cache_size=-%d; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=%d;"
		 "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
		 "CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, "
		 "number))"
		 " WITHOUT ROWID;",
		 STORE_PAGE_BYTES, STORE_CACHE_KIB, STORE_LOG_PAGES);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	must(sqlite3_open_v2(path, &r->db, flags, NULL) == SQLITE_OK, path);
	must(sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
	sqlite3_prepare_v2(r->db, "BEGIN IMMEDIATE", -1, &r->begin, NULL);
	sqlite3_prepare_v2(r->db, "INSERT INTO entry VALUES(?1, ?2)", -1, &r->entry, NULL);
	sqlite3_prepare_v2(r->db, "INSERT OR REPLACE INTO tile VALUES(?1, ?2, ?3)", -1, &r->tile, NULL);
	sqlite3_prepare_v2(r->db, "COMMIT", -1, &r->commit, NULL);
}

static void bare_tile(struct rival *r, unsigned level, uint64_t number, uint64_t size)
{
	sqlite3_bind_int64(r->tile, 1, level);
	sqlite3_bind_int64(r->tile, 2, (sqlite3_int64)number);
	sqlite3_bind_blob(r->tile, 3, bodies,
			  (int)merkle_tile_hashes(size, level, number) * MERKLE_HASH_BYTES, SQLITE_STATIC);
	run(r->tile);
}

static void bare_batch(struct rival *r, uint64_t n)
{
	uint64_t size = r->size + n;
	run(r->begin);
	for (uint64_t i = r->size; i < size; i++) {
		sqlite3_bind_int64(r->entry, 1, (sqlite3_int64)i);
		sqlite3_bind_blob(r->entry, 2, body(i).at, ENTRY_BYTES, SQLITE_STATIC);
		run(r->entry);
	}
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		uint64_t before = merkle_level_hashes(r->size, level),
			 after = merkle_level_hashes(size, level);
		for (uint64_t tile = before / MERKLE_TILE_HASHES;
		     after > before && tile * MERKLE_TILE_HASHES < after; tile++)
			bare_tile(r, level, tile, size);
	}
	run(r->commit);
	r->size = size;
}

static void bare_scan(struct rival *r)
{
	sqlite3_stmt *s;
	uint64_t bytes = 0;
	sqlite3_prepare_v2(r->db, "SELECT seq, body FROM entry WHERE seq >= 0 ORDER BY seq", -1, &s, NULL);
	while (sqlite3_step(s) == SQLITE_ROW) {
		must(sqlite3_column_blob(s, 1) != NULL, "reading");
		bytes += (uint64_t)sqlite3_column_bytes(s, 1);
	}
	sqlite3_finalize(s);
	must(bytes == r->size * ENTRY_BYTES, "reading");
}

static void bare_close(struct rival *r)
{
	sqlite3_finalize(r->begin);
	sqlite3_finalize(r->entry);
	sqlite3_finalize(r->tile);
	sqlite3_finalize(r->commit);
	sqlite3_close(r->db);
}

/* Measuring */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values)
{
	qsort(values, ROUNDS, sizeof *values, compare);
	return values[ROUNDS / 2];
}

/* Entries a second of `batches` batches. */
static uint64_t write_rate(struct rival *r, void (*batch)(struct rival *, uint64_t), uint64_t batches,
			   uint64_t n)
{
	int64_t begin = clock_elapsed_us();
	for (uint64_t i = 0; i < batches; i++)
		batch(r, n);
	return batches * n * 1000000 / (uint64_t)(clock_elapsed_us() - begin + 1);
}

static uint64_t read_rate(struct rival *r, void (*scan)(struct rival *))
{
	int64_t begin = clock_elapsed_us();
	scan(r);
	return r->size * 1000000 / (uint64_t)(clock_elapsed_us() - begin + 1);
}

static void print(const char *name, uint64_t *found, uint64_t *limit)
{
	uint64_t ratio[ROUNDS];
	for (size_t i = 0; i < ROUNDS; i++)
		ratio[i] = found[i] * 100 / (limit[i] + 1);
	uint64_t percent = median(ratio);
	printf("%-28s %8llu entries/s | sqlite %8llu entries/s | %llu.%02llu\n", name,
	       (unsigned long long)median(found), (unsigned long long)median(limit),
	       (unsigned long long)percent / 100, (unsigned long long)percent % 100);
}

static void measure_writing(const char *name, struct rival *ours, struct rival *bare, uint64_t batches,
			    uint64_t n)
{
	uint64_t found[ROUNDS], limit[ROUNDS];
	for (size_t i = 0; i < ROUNDS; i++) {
		found[i] = write_rate(ours, journal_batch, batches, n);
		limit[i] = write_rate(bare, bare_batch, batches, n);
	}
	print(name, found, limit);
}

static void measure_reading(const char *name, struct rival *ours, struct rival *bare)
{
	uint64_t found[ROUNDS], limit[ROUNDS];
	for (size_t i = 0; i < ROUNDS; i++) {
		found[i] = read_rate(ours, journal_scan);
		limit[i] = read_rate(bare, bare_scan);
	}
	print(name, found, limit);
}

int main(int argc, char **argv)
{
	static const uint8_t seed[JOURNAL_SEED_BYTES] = {1};
	const char *directory = argc > 1 ? argv[1] : ".";
	char ours_path[4096], bare_path[4096];
	struct rival ours = {0}, bare = {0};
	struct error error;
	snprintf(ours_path, sizeof ours_path, "%s/journal_bench.db", directory);
	snprintf(bare_path, sizeof bare_path, "%s/journal_bench_bare.db", directory);
	unlink(ours_path);
	unlink(bare_path);
	make_bodies();
	struct journal_options options = {.path = ours_path, .origin = STR("chancery/bench"), .seed = seed};
	if (journal_open(&ours.journal, &options, &error) < 0)
		die(EXIT_FAILED, &error);
	bare_open(&bare, bare_path);
	journal_batch(&ours, ODD);
	bare_batch(&bare, ODD);
	measure_writing("journal.write.batch_256", &ours, &bare, 30, 256);
	measure_writing("journal.write.batch_16", &ours, &bare, 100, 16);
	measure_writing("journal.write.batch_1", &ours, &bare, 200, 1);
	measure_reading("journal.read.proven", &ours, &bare);
	journal_close(ours.journal);
	bare_close(&bare);
	unlink(ours_path);
	unlink(bare_path);
	return EXIT_OK;
}
