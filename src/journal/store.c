#include "journal/store.h"

#include "journal/log_renew.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>

static const char tile_table[] = "CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, "
				 "PRIMARY KEY(level, number)) WITHOUT ROWID";
static const char *const tables[] = {
    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    tile_table,
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL)",
    "CREATE TABLE cosigned(witness TEXT PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL)",
    "CREATE TABLE blob(hash BLOB PRIMARY KEY, owner TEXT NOT NULL, data BLOB NOT NULL)",
};

enum statement {
	BEGIN,
	COMMIT,
	PUT_ENTRY,
	PUT_TILE,
	DROP_CHECKPOINT,
	PUT_CHECKPOINT,
	PUT_COSIGNED,
	PUT_BLOB,
	DROP_BLOBS,
	DROP_BLOB,
	GET_BLOB,
	NEXT_BLOB,
	GET_CHECKPOINT,
	GET_COSIGNED,
	NEXT_COSIGNED,
	GET_TILE,
	GET_BOUNDS,
	ENTRIES,
	STATEMENTS,
};

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [PUT_ENTRY] = "INSERT INTO entry(seq, body) VALUES(?1, ?2)",
    [PUT_TILE] = "INSERT OR REPLACE INTO tile(level, number, hashes) VALUES(?1, ?2, ?3)",
    [DROP_CHECKPOINT] = "DELETE FROM checkpoint",
    [PUT_CHECKPOINT] = "INSERT INTO checkpoint(size, note) VALUES(?1, ?2)",
    [PUT_COSIGNED] = "INSERT OR REPLACE INTO cosigned(witness, size, note) VALUES(?1, ?2, ?3)",
    [PUT_BLOB] = "INSERT OR IGNORE INTO blob(hash, owner, data) VALUES(?1, ?2, ?3)",
    [DROP_BLOBS] = "DELETE FROM blob WHERE owner = ?1",
    [DROP_BLOB] = "DELETE FROM blob WHERE hash = ?1",
    [NEXT_BLOB] = "SELECT hash, owner FROM blob WHERE hash > ?1 ORDER BY hash LIMIT 1",
    [GET_BLOB] = "SELECT owner, data FROM blob WHERE hash = ?1",
    [GET_COSIGNED] = "SELECT size, note FROM cosigned WHERE witness = ?1",
    [NEXT_COSIGNED] = "SELECT witness FROM cosigned WHERE witness > ?1 ORDER BY witness LIMIT 1",
    [GET_CHECKPOINT] = "SELECT size, note, (SELECT count(*) FROM checkpoint) FROM checkpoint LIMIT 1",
    [GET_TILE] = "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2",
    [GET_BOUNDS] = "SELECT (SELECT min(seq) FROM entry), (SELECT max(seq) FROM entry)",
    [ENTRIES] = "SELECT seq, body FROM entry WHERE seq >= ?1 ORDER BY seq",
};

struct store {
	sqlite3 *db;
	char path[256]; /* for messages */
	sqlite3_stmt *statement[STATEMENTS];
	int log_pages, log_pages_max; /* in the write-ahead log after the last commit, and when it is moved */
	bool is_open, is_writing, is_broken;
};

/* Errors */

static int fail(const struct store *store, struct error *error, const char *doing)
{
	int code = sqlite3_extended_errcode(store->db);
	if ((code & 0xff) == SQLITE_BUSY) {
		error_set(error, ERROR_LIMIT, "another process has the journal open");
		error_where(error, "%s", store->path);
		return error_remedy(error, "Stop the other one first: a journal has one writer and no other reader.");
	}
	bool is_damage = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
	if (is_damage)
		return store_damaged(store, error, "%s: %s", doing, sqlite3_errmsg(store->db));
	error_set(error, ERROR_SYSTEM, "%s: %s (SQLite %d, system %d)", doing, sqlite3_errmsg(store->db), code,
		  sqlite3_system_errno(store->db));
	error_where(error, "%s", store->path);
	return error_remedy(error, (code & 0xff) == SQLITE_FULL
				       ? "Make space on this disk, then start again."
				       : "Check the disk and the rights to the file and its directory, then start "
					 "again; what was confirmed is in the journal.");
}

static int fail_writing(struct store *store, struct error *error, const char *doing)
{
	store->is_broken = true;
	return fail(store, error, doing);
}

int store_damaged(const struct store *store, struct error *error, const char *format, ...)
{
	char what[400];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	error_set(error, ERROR_RECORD, "%s", what);
	error_where(error, "%s", store->path);
	return error_remedy(error,
			    "Keep the file as it is, run chancery-verify on a copy to see what else is wrong, and "
			    "restore the newest backup. Nothing was changed.");
}

/* Running statements */

static sqlite3_stmt *numbered(struct store *store, enum statement which, uint64_t number)
{
	sqlite3_stmt *s = store->statement[which];
	int bound = sqlite3_bind_int64(s, 1, (sqlite3_int64)number);
	ASSERT(bound == SQLITE_OK);
	return s;
}

static void bind_text(sqlite3_stmt *s, int place, struct str text)
{
	int bound = sqlite3_bind_text64(s, place, text.at ? text.at : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
	ASSERT(bound == SQLITE_OK);
}

static void bind_bytes(sqlite3_stmt *s, int place, struct str bytes)
{
	int bound = sqlite3_bind_blob64(s, place, bytes.at ? bytes.at : "", bytes.len, SQLITE_STATIC);
	ASSERT(bound == SQLITE_OK);
}

/* A statement that answers nothing. */
static bool run(sqlite3_stmt *s)
{
	int stepped = sqlite3_step(s);
	sqlite3_reset(s);
	return stepped == SQLITE_DONE;
}

/* 1: a row is there to be read; 0: no row; or the error. Whoever got a row resets the statement. */
static int look(struct store *store, sqlite3_stmt *s, struct error *error)
{
	int stepped = sqlite3_step(s);
	if (stepped == SQLITE_ROW)
		return 1;
	int found = stepped == SQLITE_DONE ? 0 : fail(store, error, "cannot read");
	sqlite3_reset(s);
	return found;
}

static struct str column_bytes(sqlite3_stmt *s, int column)
{
	const char *at = sqlite3_column_blob(s, column);
	return (struct str){at, (size_t)sqlite3_column_bytes(s, column)};
}

/* The one integer that a pragma or a count answers. */
static int ask(struct store *store, const char *sql, int64_t *ret_value, struct error *error)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK)
		return fail(store, error, sql);
	int found = look(store, s, error);
	if (found > 0)
		*ret_value = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return found < 0 ? found : 0;
}

static int execute(struct store *store, const char *sql, struct error *error)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(store, error, sql);
}

/* Opening */

static int count_log_pages(void *context, sqlite3 *db, const char *name, int pages)
{
	(void)db, (void)name;
	((struct store *)context)->log_pages = pages;
	return SQLITE_OK;
}

/* Until is_open the log stays as it is, so that a journal which we refuse is not changed. */
static int connect(struct store *store, const char *path, const char *vfs, struct error *error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	if (sqlite3_open_v2(path, &store->db, flags, vfs) != SQLITE_OK)
		return fail(store, error, "cannot open");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_wal_hook(store->db, count_log_pages, store);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	char sql[256];
	snprintf(sql, sizeof sql,
		 "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
		 "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-%d; PRAGMA page_size=%d;",
		 STORE_CACHE_KIB, STORE_PAGE_BYTES);
	return execute(store, sql, error);
}

/* Write-ahead logging is a property of the file; asking for it again changes nothing. */
static int keep_log(struct store *store, struct error *error)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(store->db, "PRAGMA journal_mode=WAL", -1, &s, NULL) != SQLITE_OK)
		return fail(store, error, "cannot ask for a write-ahead log");
	int found = look(store, s, error);
	bool is_kept = found > 0 && str_eq(column_bytes(s, 0), STR("wal"));
	sqlite3_finalize(s);
	if (found >= 0 && !is_kept)
		return error_set(error, ERROR_SYSTEM, "SQLite keeps no write-ahead log here");
	return found < 0 ? found : 0;
}

static int create(struct store *store, struct error *error)
{
	char sql[1024];
	struct buf b = BUF(sql);
	buf_put_str(&b, STR("BEGIN IMMEDIATE;"));
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		buf_put_str(&b, str_of(tables[i]));
		buf_put_char(&b, ';');
	}
	buf_put_str(&b, STR("PRAGMA application_id="));
	buf_put_u64(&b, STORE_APPLICATION_ID);
	buf_put_str(&b, STR("; PRAGMA user_version="));
	buf_put_u64(&b, STORE_FORMAT);
	buf_put_str(&b, STR("; COMMIT;"));
	buf_put_char(&b, 0);
	ASSERT(!b.over);
	return execute(store, sql, error);
}

static int check_tables(struct store *store, struct error *error)
{
	sqlite3_stmt *s;
	/* SQLite makes the index of a key that is no number itself, and without SQL. */
	static const char sql[] = "SELECT count(*), sum(sql IN (?1, ?2, ?3, ?4, ?5)) FROM sqlite_schema "
				  "WHERE name NOT IN ('sqlite_autoindex_cosigned_1', 'sqlite_autoindex_blob_1')";
	if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK)
		return fail(store, error, "cannot read the tables");
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		sqlite3_bind_text(s, (int)i + 1, tables[i], -1, SQLITE_STATIC);
	int found = look(store, s, error);
	int n = (int)ARRAY_LEN(tables);
	bool is_right = found > 0 && sqlite3_column_int(s, 0) == n && sqlite3_column_int(s, 1) == n;
	sqlite3_finalize(s);
	if (found < 0)
		return found;
	return is_right ? 0 : store_damaged(store, error, "the tables are not those of format %d", STORE_FORMAT);
}

static int check_format(struct store *store, struct error *error)
{
	int64_t id, format, objects;
	int failed = ask(store, "PRAGMA application_id", &id, error);
	failed = failed < 0 ? failed : ask(store, "PRAGMA user_version", &format, error);
	failed = failed < 0 ? failed : ask(store, "SELECT count(*) FROM sqlite_schema", &objects, error);
	if (failed < 0)
		return failed;
	if (id == 0 && format == 0 && objects == 0) {
		failed = keep_log(store, error);
		return failed < 0 ? failed : create(store, error);
	}
	if (id == STORE_APPLICATION_ID && format == STORE_FORMAT) {
		failed = keep_log(store, error);
		return failed < 0 ? failed : check_tables(store, error);
	}
	if (id == STORE_APPLICATION_ID && format == 1) {
		error_set(error, ERROR_RECORD, "the journal is of format 1, which no release wrote");
		error_where(error, "%s", store->path);
		return error_remedy(error,
				    "It was a trial: make a new mission with `chancery init`. Nothing was changed.");
	}
	if (id == STORE_APPLICATION_ID && format > STORE_FORMAT) {
		error_set(error, ERROR_RECORD, "the journal is of format %" PRId64 ", this program knows format %d",
			  format, STORE_FORMAT);
		error_where(error, "%s", store->path);
		return error_remedy(error, "Use the newer program that wrote it. Nothing was changed.");
	}
	error_set(error, ERROR_RECORD, "this database is not a journal of Chancery");
	error_where(error, "%s", store->path);
	return error_remedy(error, "Name the mission's journal.db, or a path where nothing is. Nothing was changed.");
}

static int prepare(struct store *store, struct error *error)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statement[i],
				       NULL) != SQLITE_OK)
			return fail(store, error, statements[i]);
	return 0;
}

int store_open(struct store **ret_store, const char *path, const char *vfs, int log_pages_max, struct error *error)
{
	struct store *store = calloc(1, sizeof *store);
	ASSERT(store);
	store->log_pages_max = log_pages_max;
	snprintf(store->path, sizeof store->path, "%s", path);
	int failed = connect(store, path, vfs, error);
	failed = failed < 0 ? failed : check_format(store, error);
	failed = failed < 0 ? failed : prepare(store, error);
	if (failed == 0 && log_renew(store->db) != SQLITE_OK)
		failed = fail(store, error, "cannot write the log once more");
	store->is_open = failed == 0;
	if (failed < 0) {
		store_close(store);
		return failed;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(store->statement[i]);
	if (store->is_open && !store->is_broken)
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	int closed = sqlite3_close(store->db);
	ASSERT(closed == SQLITE_OK);
	free(store);
}

void store_abandon(struct store *store)
{
	store->is_broken = true;
}

int store_check(const struct store *store, struct error *error)
{
	if (!store->is_broken)
		return 0;
	error_set(error, ERROR_SYSTEM, "an earlier write failed");
	error_where(error, "%s", store->path);
	return error_remedy(error, "End this process and start it again; what was confirmed is in the journal.");
}

/* Writing */

static int begin(struct store *store, struct error *error)
{
	int failed = store_check(store, error);
	if (failed < 0)
		return failed;
	if (!store->is_writing && !run(store->statement[BEGIN]))
		return fail_writing(store, error, "cannot begin a batch");
	store->is_writing = true;
	return 0;
}

int store_put_entry(struct store *store, uint64_t seq, struct str body, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	sqlite3_stmt *s = numbered(store, PUT_ENTRY, seq);
	bind_bytes(s, 2, body);
	return run(s) ? 0 : fail_writing(store, error, "cannot write an entry");
}

int store_put_tile(struct store *store, unsigned level, uint64_t number, struct str hashes, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	sqlite3_stmt *s = numbered(store, PUT_TILE, level);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)number);
	bind_bytes(s, 3, hashes);
	return run(s) ? 0 : fail_writing(store, error, "cannot write a tile");
}

int store_put_checkpoint(struct store *store, uint64_t size, struct str note, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	sqlite3_stmt *s = numbered(store, PUT_CHECKPOINT, size);
	bind_bytes(s, 2, note);
	return run(store->statement[DROP_CHECKPOINT]) && run(s)
		   ? 0
		   : fail_writing(store, error, "cannot write the checkpoint");
}

int store_put_cosigned(struct store *store, struct str witness, uint64_t size, struct str note, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	sqlite3_stmt *s = store->statement[PUT_COSIGNED];
	bind_text(s, 1, witness);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)size);
	bind_bytes(s, 3, note);
	return run(s) ? 0 : fail_writing(store, error, "cannot write a cosigned checkpoint");
}

int store_put_blob(struct store *store, struct str hash, struct str owner, struct str data, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	sqlite3_stmt *s = store->statement[PUT_BLOB];
	bind_bytes(s, 1, hash);
	bind_text(s, 2, owner);
	bind_bytes(s, 3, data);
	return run(s) ? 0 : fail_writing(store, error, "cannot write a blob");
}

int store_drop_blobs(struct store *store, struct str owner, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	bind_text(store->statement[DROP_BLOBS], 1, owner);
	return run(store->statement[DROP_BLOBS]) ? 0 : fail_writing(store, error, "cannot delete blobs");
}

int store_drop_blob(struct store *store, struct str hash, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	bind_bytes(store->statement[DROP_BLOB], 1, hash);
	return run(store->statement[DROP_BLOB]) ? 0 : fail_writing(store, error, "cannot delete a blob");
}

int store_commit(struct store *store, struct error *error)
{
	int failed = begin(store, error);
	if (failed < 0)
		return failed;
	if (!run(store->statement[COMMIT]))
		return fail_writing(store, error, "cannot make a batch durable");
	store->is_writing = false;
	if (store->log_pages < store->log_pages_max)
		return 0;
	if (sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK)
		return fail_writing(store, error, "cannot move the write-ahead log into the database");
	return 0;
}

/* Reading */

int store_get_checkpoint(struct store *store, uint64_t *ret_size, struct buf *note, struct error *error)
{
	sqlite3_stmt *s = store->statement[GET_CHECKPOINT];
	int found = look(store, s, error);
	if (found > 0) {
		int rows = sqlite3_column_int(s, 2);
		*ret_size = (uint64_t)sqlite3_column_int64(s, 0);
		buf_put_str(note, column_bytes(s, 1));
		sqlite3_reset(s);
		if (rows != 1)
			return store_damaged(store, error, "there are %d checkpoints, not one", rows);
	}
	return found;
}

int store_get_blob(struct store *store, struct str hash, struct buf *owner, struct buf *data, struct error *error)
{
	sqlite3_stmt *s = store->statement[GET_BLOB];
	bind_bytes(s, 1, hash);
	int found = look(store, s, error);
	if (found > 0) {
		buf_put_str(owner, column_bytes(s, 0));
		buf_put_str(data, column_bytes(s, 1));
		sqlite3_reset(s);
	}
	return found;
}

int store_next_blob(struct store *store, struct str after, struct buf *hash, struct buf *owner, struct error *error)
{
	sqlite3_stmt *s = store->statement[NEXT_BLOB];
	bind_bytes(s, 1, after);
	int found = look(store, s, error);
	if (found > 0) {
		buf_put_str(hash, column_bytes(s, 0));
		buf_put_str(owner, column_bytes(s, 1));
		sqlite3_reset(s);
	}
	return found;
}

int store_get_tile(struct store *store, unsigned level, uint64_t number, struct buf *hashes, struct error *error)
{
	sqlite3_stmt *s = numbered(store, GET_TILE, level);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)number);
	int found = look(store, s, error);
	if (found > 0) {
		buf_put_str(hashes, column_bytes(s, 0));
		sqlite3_reset(s);
	}
	return found;
}

int store_get_cosigned(struct store *store, struct str witness, uint64_t *ret_size, struct buf *note,
		       struct error *error)
{
	sqlite3_stmt *s = store->statement[GET_COSIGNED];
	bind_text(s, 1, witness);
	int found = look(store, s, error);
	if (found > 0) {
		*ret_size = (uint64_t)sqlite3_column_int64(s, 0);
		buf_put_str(note, column_bytes(s, 1));
		sqlite3_reset(s);
	}
	return found;
}

int store_next_cosigned(struct store *store, struct str after, struct buf *witness, struct error *error)
{
	sqlite3_stmt *s = store->statement[NEXT_COSIGNED];
	bind_text(s, 1, after);
	int found = look(store, s, error);
	if (found > 0) {
		buf_put_str(witness, column_bytes(s, 0));
		sqlite3_reset(s);
	}
	return found;
}

int store_get_bounds(struct store *store, uint64_t *ret_first, uint64_t *ret_last, struct error *error)
{
	sqlite3_stmt *s = store->statement[GET_BOUNDS];
	int found = look(store, s, error);
	if (found <= 0)
		return found;
	bool is_empty = sqlite3_column_type(s, 0) == SQLITE_NULL;
	*ret_first = (uint64_t)sqlite3_column_int64(s, 0);
	*ret_last = (uint64_t)sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	return is_empty ? 0 : 1;
}

void store_entries_seek(struct store *store, uint64_t seq)
{
	numbered(store, ENTRIES, seq);
}

int store_entries_next(struct store *store, uint64_t *ret_seq, struct str *ret_body, struct error *error)
{
	sqlite3_stmt *s = store->statement[ENTRIES];
	int found = look(store, s, error);
	if (found > 0) {
		*ret_seq = (uint64_t)sqlite3_column_int64(s, 0);
		*ret_body = column_bytes(s, 1);
	}
	return found;
}

void store_entries_done(struct store *store)
{
	sqlite3_reset(store->statement[ENTRIES]);
}
