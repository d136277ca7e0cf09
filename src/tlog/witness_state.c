#include "tlog/witness_state.h"

#include <inttypes.h>
#include <sqlite3.h>

static const char table[] = "CREATE TABLE seen(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, "
			    "time INTEGER NOT NULL, note BLOB NOT NULL) WITHOUT ROWID";

enum statement { GET, FIRST, NEXT, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [GET] = "SELECT size, root, time, note FROM seen WHERE origin = ?1",
    [FIRST] = "INSERT OR IGNORE INTO seen(origin, size, root, time, note) VALUES(?1, ?2, ?3, ?4, ?5)",
    [NEXT] = "UPDATE seen SET size = ?2, root = ?3, time = ?4, note = ?5 WHERE origin = ?1 AND size = ?6 AND root = ?7",
};

struct witness_state {
	sqlite3 *db;
	char path[256]; /* for messages */
	sqlite3_stmt *statement[STATEMENTS];
	uint64_t time_s;
	bool is_broken;
};

/* Errors */

static int damaged(const struct witness_state *state, struct error *error, const char *what)
{
	error_set(error, ERROR_RECORD, "%s", what);
	error_where(error, "%s", state->path);
	return error_remedy(error,
			    "A witness that has lost its memory must not go on under this key: keep the file, and "
			    "begin a witness with another key elsewhere.");
}

static int fail(const struct witness_state *state, struct error *error, const char *doing)
{
	int code = sqlite3_extended_errcode(state->db);
	if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
		return damaged(state, error, sqlite3_errmsg(state->db));
	if ((code & 0xff) == SQLITE_BUSY) {
		error_set(error, ERROR_LIMIT, "another process has the witness's memory open");
		error_where(error, "%s", state->path);
		return error_remedy(error, "One witness, one process: end the other one first.");
	}
	error_set(error, ERROR_SYSTEM, "%s: %s (SQLite %d, system %d)", doing, sqlite3_errmsg(state->db), code,
		  sqlite3_system_errno(state->db));
	error_where(error, "%s", state->path);
	return error_remedy(error, "Check the disk and the rights to the file and its directory, then start again.");
}

/* Opening */

static int execute(struct witness_state *state, const char *sql, struct error *error)
{
	return sqlite3_exec(state->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(state, error, sql);
}

/* The one value that a question answers; text NULL: an integer. */
static int ask(struct witness_state *state, const char *sql, const char *text, int64_t *ret_value, struct error *error)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(state->db, sql, -1, &s, NULL) != SQLITE_OK)
		return fail(state, error, sql);
	int failed = sqlite3_step(s) == SQLITE_ROW ? 0 : fail(state, error, sql);
	if (failed == 0 && text) {
		const char *found = (const char *)sqlite3_column_text(s, 0);
		*ret_value = found && strcmp(found, text) == 0;
	} else if (failed == 0) {
		*ret_value = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return failed;
}

static int create(struct witness_state *state, struct error *error)
{
	char sql[512];
	snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; %s; PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;",
		 table, WITNESS_STATE_APPLICATION_ID, WITNESS_STATE_FORMAT);
	return execute(state, sql, error);
}

static int check(struct witness_state *state, struct error *error)
{
	int64_t id, format, objects, is_table = 0, is_wal;
	int failed = ask(state, "PRAGMA application_id", NULL, &id, error);
	failed = failed < 0 ? failed : ask(state, "PRAGMA user_version", NULL, &format, error);
	failed = failed < 0 ? failed : ask(state, "SELECT count(*) FROM sqlite_schema", NULL, &objects, error);
	if (failed < 0)
		return failed;
	bool is_new = id == 0 && format == 0 && objects == 0;
	if (!is_new && (id != WITNESS_STATE_APPLICATION_ID || format != WITNESS_STATE_FORMAT || objects != 1))
		return damaged(state, error, "this is not the memory of a witness, or of a newer program");
	failed = ask(state, "PRAGMA journal_mode=WAL", "wal", &is_wal, error);
	if (failed == 0 && is_new)
		failed = create(state, error);
	failed = failed < 0 ? failed : ask(state, "SELECT sql FROM sqlite_schema", table, &is_table, error);
	if (failed == 0 && !(is_wal && is_table))
		failed = damaged(state, error, "this is not the memory of a witness");
	return failed;
}

static int connect(struct witness_state *state, const char *vfs, struct error *error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	if (sqlite3_open_v2(state->path, &state->db, flags, vfs) != SQLITE_OK)
		return fail(state, error, "cannot open");
	sqlite3_extended_result_codes(state->db, 1);
	sqlite3_db_config(state->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	int failed = execute(state,
			     "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
			     "PRAGMA mmap_size=0; PRAGMA cache_size=-2048",
			     error);
	return failed < 0 ? failed : check(state, error);
}

int witness_state_open(struct witness_state **ret_state, const char *path, const char *vfs, struct error *error)
{
	struct witness_state *state = calloc(1, sizeof *state);
	ASSERT(state);
	int64_t time_s = 0;
	snprintf(state->path, sizeof state->path, "%s", path);
	int failed = connect(state, vfs, error);
	for (size_t i = 0; i < STATEMENTS && failed == 0; i++)
		if (sqlite3_prepare_v3(state->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &state->statement[i],
				       NULL) != SQLITE_OK)
			failed = fail(state, error, statements[i]);
	failed = failed < 0 ? failed : ask(state, "SELECT ifnull(max(time), 0) FROM seen", NULL, &time_s, error);
	if (failed < 0) {
		witness_state_close(state);
		return failed;
	}
	state->time_s = (uint64_t)time_s;
	*ret_state = state;
	return 0;
}

void witness_state_close(struct witness_state *state)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(state->statement[i]);
	if (state->is_broken)
		sqlite3_db_config(state->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	int closed = sqlite3_close(state->db);
	ASSERT(closed == SQLITE_OK);
	free(state);
}

uint64_t witness_state_time(const struct witness_state *state)
{
	return state->time_s;
}

/* Rows */

static void bind_origin(sqlite3_stmt *s, struct str origin)
{
	int bound = sqlite3_bind_text64(s, 1, origin.at, origin.len, SQLITE_STATIC, SQLITE_UTF8);
	ASSERT(bound == SQLITE_OK);
}

static int take_row(const struct witness_state *state, sqlite3_stmt *s, struct witness_seen *ret_seen, struct buf *note,
		    struct error *error)
{
	const void *root = sqlite3_column_blob(s, 1);
	if (sqlite3_column_bytes(s, 1) != MERKLE_HASH_BYTES || sqlite3_column_int64(s, 0) < 0)
		return damaged(state, error, "a row is not what a witness writes");
	ret_seen->size = (uint64_t)sqlite3_column_int64(s, 0);
	memcpy(ret_seen->root.at, root, MERKLE_HASH_BYTES);
	ret_seen->time_s = (uint64_t)sqlite3_column_int64(s, 2);
	if (note)
		buf_put(note, sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3));
	return 1;
}

int witness_state_get(struct witness_state *state, struct str origin, struct witness_seen *ret_seen, struct buf *note,
		      struct error *error)
{
	sqlite3_stmt *s = state->statement[GET];
	bind_origin(s, origin);
	int stepped = sqlite3_step(s);
	int found = stepped == SQLITE_ROW    ? take_row(state, s, ret_seen, note, error)
		    : stepped == SQLITE_DONE ? 0
					     : fail(state, error, "cannot read");
	sqlite3_reset(s);
	return found;
}

int witness_state_advance(struct witness_state *state, struct str origin, const struct witness_seen *before,
			  const struct witness_seen *seen, struct str note, struct error *error)
{
	sqlite3_stmt *s = state->statement[before ? NEXT : FIRST];
	ASSERT(seen->time_s >= state->time_s && seen->size <= INT64_MAX);
	if (state->is_broken)
		return error_set(error, ERROR_SYSTEM, "an earlier write failed");
	bind_origin(s, origin);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)seen->size);
	sqlite3_bind_blob(s, 3, seen->root.at, MERKLE_HASH_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)seen->time_s);
	sqlite3_bind_blob64(s, 5, note.at, note.len, SQLITE_STATIC);
	if (before) {
		sqlite3_bind_int64(s, 6, (sqlite3_int64)before->size);
		sqlite3_bind_blob(s, 7, before->root.at, MERKLE_HASH_BYTES, SQLITE_STATIC);
	}
	int stepped = sqlite3_step(s);
	state->is_broken = stepped != SQLITE_DONE;
	int done = stepped == SQLITE_DONE ? sqlite3_changes(state->db) : fail(state, error, "cannot write");
	sqlite3_reset(s);
	if (done > 0)
		state->time_s = seen->time_s;
	return done;
}
