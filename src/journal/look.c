#include "journal/look.h"

#include "journal/store.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

static uint64_t size_of(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* The first column of the one row: a number, or bytes into the buffer. */
static bool ask(sqlite3 *db, const char *sql, int64_t *ret_number, struct buf *ret_bytes)
{
	sqlite3_stmt *statement = NULL;
	bool found =
	    sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
	if (found && ret_number)
		*ret_number = sqlite3_column_int64(statement, 0);
	if (found && ret_bytes)
		buf_put(ret_bytes, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
	sqlite3_finalize(statement);
	return found;
}

static int read_rows(sqlite3 *db, struct journal_look *look, struct buf *last, struct error *error)
{
	int64_t id = 0, format = 0, entries = 0;
	if (look->bytes == 0 && look->waiting > 0)
		return 0; /* so young that all of it lies in its log */
	if (!ask(db, "PRAGMA application_id", &id, NULL) || !ask(db, "PRAGMA user_version", &format, NULL) ||
	    id != STORE_APPLICATION_ID)
		return error_set(error, ERROR_RECORD, "this is no journal");
	if (format != STORE_FORMAT)
		return error_set(error, ERROR_RECORD, "its format is %lld, this program knows %d", (long long)format,
				 STORE_FORMAT);
	if (ask(db, "SELECT size FROM checkpoint", &entries, NULL))
		look->entries = (uint64_t)entries;
	if (look->entries > 0 && !ask(db, "SELECT body FROM entry ORDER BY seq DESC LIMIT 1", NULL, last))
		return error_set(error, ERROR_RECORD, "its newest entry is missing");
	return 0;
}

int journal_look(const char *path, struct journal_look *ret_look, struct buf *ret_last, struct error *error)
{
	char name[PATH_BYTES];
	sqlite3 *db = NULL;
	snprintf(name, sizeof name, "%s-wal", path);
	struct journal_look look = {.bytes = size_of(path), .waiting = size_of(name)};
	snprintf(name, sizeof name, "file:%s?immutable=1", path);
	int opened = sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	int failed = opened == SQLITE_OK
			 ? read_rows(db, &look, ret_last, error)
			 : error_set(error, ERROR_SYSTEM, "it cannot be opened: %s", sqlite3_errstr(opened));
	sqlite3_close(db);
	if (failed < 0)
		return error_where(error, "%s", path);
	*ret_look = look;
	return 0;
}
