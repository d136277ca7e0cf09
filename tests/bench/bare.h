/* bare.h: the limit of a journal: SQLite alone, writing the same rows of entries and tiles, with the same settings, in the same batches; it hashes nothing and
 * signs nothing. */
#ifndef TESTS_BENCH_BARE_H
#define TESTS_BENCH_BARE_H

#include "base/str.h"

#include <sqlite3.h>

struct bare {
	uint64_t size;
	sqlite3 *db;
	sqlite3_stmt *begin, *entry, *tile, *commit;
};

/* A new database; what stood there is removed. */
void bare_open(struct bare *bare, const char *path);
void bare_close(struct bare *bare);

/* One transaction of n entries. */
void bare_batch(struct bare *bare, const struct str *bodies, uint64_t n);

/* Reads all entries; returns their bytes. */
uint64_t bare_scan(struct bare *bare);

#endif
