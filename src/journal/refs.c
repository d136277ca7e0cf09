#include "journal/refs.h"

#include <sqlite3.h>

enum {
	REFS_APPLICATION_ID = 1128813449, /* ChcI */
	REFS_FORMAT = 1,
	COMMIT_ENTRIES = 128, /* in one transaction, because neighbours touch the same pages */
};

enum statement { BEGIN, COMMIT, PUT, DONE, FIND, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [PUT] = "INSERT OR IGNORE INTO ref(row, entry) VALUES(?1, ?2)",
    [DONE] = "INSERT OR REPLACE INTO progress(one, size, mark) VALUES(1, ?1, ?2)",
    [FIND] = "SELECT entry FROM ref WHERE row = ?1 AND entry < ?2 ORDER BY entry DESC LIMIT ?3",
};

struct refs {
	sqlite3 *db;
	char path[256];
	sqlite3_stmt *statement[STATEMENTS];
	bool is_writing, is_damaged;
	uint64_t size, committed; /* what may be found, and what the disk has of it */
	uint8_t mark[REFS_MARK_BYTES];
};

static int fail(struct refs *refs, struct error *error, const char *doing)
{
	int code = sqlite3_errcode(refs->db);
	refs->is_damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	error_set(error, ERROR_SYSTEM, "%s: %s", doing, sqlite3_errmsg(refs->db));
	error_where(error, "%s", refs->path);
	return error_remedy(error, "The index can be made anew: end the mission, delete this file, start again.");
}

static int execute(struct refs *refs, const char *sql, struct error *error)
{
	return sqlite3_exec(refs->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(refs, error, "cannot prepare");
}

/* The log is short, because the core waits while it is moved into the database: often and briefly is better for whoever
 * stands at a door than rarely and long, and costs the index no more. */
static int set_up(struct refs *refs, struct error *error)
{
	return execute(refs,
		       "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
		       "PRAGMA mmap_size=0; PRAGMA cache_size=-2048; PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
		       "PRAGMA wal_autocheckpoint=64;",
		       error);
}

/* A number that stands in the file's header. False also when there is none. */
static bool has_number(struct refs *refs, const char *pragma, int number)
{
	sqlite3_stmt *s = NULL;
	bool has = sqlite3_prepare_v2(refs->db, pragma, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
		   sqlite3_column_int(s, 0) == number;
	sqlite3_finalize(s);
	return has;
}

static int prepare(struct refs *refs, struct error *error)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(refs->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &refs->statement[i],
				       NULL) != SQLITE_OK)
			return fail(refs, error, "cannot prepare");
	return 0;
}

static void finalize(struct refs *refs)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(refs->statement[i]);
		refs->statement[i] = NULL;
	}
}

static int make(struct refs *refs, struct error *error)
{
	char sql[512];
	snprintf(sql, sizeof sql,
		 "CREATE TABLE ref(row BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(row, entry)) WITHOUT ROWID;"
		 "CREATE TABLE progress(one INTEGER PRIMARY KEY, size INTEGER NOT NULL, mark BLOB NOT NULL);"
		 "PRAGMA application_id=%d; PRAGMA user_version=%d;",
		 REFS_APPLICATION_ID, REFS_FORMAT);
	int failed = execute(refs, sql, error);
	return failed < 0 ? failed : prepare(refs, error);
}

/* Whatever is in the file, it is an empty index afterwards. */
int refs_clear(struct refs *refs, struct error *error)
{
	finalize(refs);
	if (refs->is_writing)
		sqlite3_exec(refs->db, "ROLLBACK", NULL, NULL, NULL);
	refs->is_writing = refs->is_damaged = false;
	refs->size = refs->committed = 0;
	memset(refs->mark, 0, sizeof refs->mark);
	sqlite3_db_config(refs->db, SQLITE_DBCONFIG_RESET_DATABASE, 1, 0);
	int failed = execute(refs, "VACUUM", error);
	sqlite3_db_config(refs->db, SQLITE_DBCONFIG_RESET_DATABASE, 0, 0);
	if (failed == 0)
		failed = set_up(refs, error);
	return failed < 0 ? failed : make(refs, error);
}

bool refs_is_damaged(const struct refs *refs)
{
	return refs->is_damaged;
}

static int load_progress(struct refs *refs, struct error *error)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(refs->db, "SELECT size, mark FROM progress", -1, &s, NULL) != SQLITE_OK)
		return fail(refs, error, "cannot read");
	int stepped = sqlite3_step(s);
	if (stepped == SQLITE_ROW && sqlite3_column_bytes(s, 1) == REFS_MARK_BYTES) {
		refs->size = refs->committed = (uint64_t)sqlite3_column_int64(s, 0);
		memcpy(refs->mark, sqlite3_column_blob(s, 1), REFS_MARK_BYTES);
	}
	int failed = stepped == SQLITE_ROW || stepped == SQLITE_DONE ? 0 : fail(refs, error, "cannot read");
	sqlite3_finalize(s);
	return failed;
}

/* ERROR_SYSTEM: the disk; or, when it is damaged, what was looked at. */
static int look(struct refs *refs, struct error *error)
{
	int failed = set_up(refs, error);
	if (failed < 0)
		return failed;
	if (!has_number(refs, "PRAGMA application_id", REFS_APPLICATION_ID) ||
	    !has_number(refs, "PRAGMA user_version", REFS_FORMAT))
		return refs_clear(refs, error);
	failed = prepare(refs, error);
	return failed < 0 ? failed : load_progress(refs, error);
}

int refs_open(struct refs **ret_refs, const char *path, const char *vfs, struct error *error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	struct refs *refs = calloc(1, sizeof *refs);
	ASSERT(refs);
	snprintf(refs->path, sizeof refs->path, "%s", path);
	int failed = sqlite3_open_v2(path, &refs->db, flags, vfs) == SQLITE_OK ? 0 : fail(refs, error, "cannot open");
	if (failed == 0)
		failed = look(refs, error);
	if (failed < 0 && refs->is_damaged)
		failed = refs_clear(refs, error);
	if (failed < 0) {
		refs_close(refs);
		return failed;
	}
	*ret_refs = refs;
	return 0;
}

static int write_progress(struct refs *refs, struct error *error);

/* What is not committed then is filled in again. */
void refs_close(struct refs *refs)
{
	if (refs->is_writing)
		write_progress(refs, NULL);
	finalize(refs);
	sqlite3_close(refs->db);
	free(refs);
}

uint64_t refs_size(const struct refs *refs)
{
	return refs->size;
}

const uint8_t *refs_mark(const struct refs *refs)
{
	return refs->mark;
}

static bool run(sqlite3_stmt *s)
{
	int stepped = sqlite3_step(s);
	sqlite3_reset(s);
	return stepped == SQLITE_DONE;
}

static int begin(struct refs *refs, struct error *error)
{
	if (!refs->is_writing && !run(refs->statement[BEGIN]))
		return fail(refs, error, "cannot write");
	refs->is_writing = true;
	return 0;
}

int refs_put(struct refs *refs, const uint8_t row[REFS_ROW_BYTES], uint64_t entry, struct error *error)
{
	int failed = begin(refs, error);
	if (failed < 0)
		return failed;
	sqlite3_bind_blob(refs->statement[PUT], 1, row, REFS_ROW_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(refs->statement[PUT], 2, (sqlite3_int64)entry);
	return run(refs->statement[PUT]) ? 0 : fail(refs, error, "cannot write");
}

static int write_progress(struct refs *refs, struct error *error)
{
	sqlite3_bind_int64(refs->statement[DONE], 1, (sqlite3_int64)refs->size);
	sqlite3_bind_blob(refs->statement[DONE], 2, refs->mark, REFS_MARK_BYTES, SQLITE_STATIC);
	if (!run(refs->statement[DONE]) || !run(refs->statement[COMMIT]))
		return fail(refs, error, "cannot write");
	refs->is_writing = false;
	refs->committed = refs->size;
	return 0;
}

int refs_commit(struct refs *refs, uint64_t size, const uint8_t mark[REFS_MARK_BYTES], struct error *error)
{
	int failed = begin(refs, error);
	if (failed < 0)
		return failed;
	refs->size = size;
	memcpy(refs->mark, mark, sizeof refs->mark);
	return size - refs->committed < COMMIT_ENTRIES ? 0 : write_progress(refs, error);
}

int refs_find(struct refs *refs, const uint8_t row[REFS_ROW_BYTES], uint64_t before, uint64_t *ret_entries, size_t max,
	      struct error *error)
{
	sqlite3_stmt *s = refs->statement[FIND];
	int n = 0, stepped;
	sqlite3_bind_blob(s, 1, row, REFS_ROW_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)before);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)max);
	while ((stepped = sqlite3_step(s)) == SQLITE_ROW)
		ret_entries[n++] = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return stepped == SQLITE_DONE ? n : fail(refs, error, "cannot read");
}
