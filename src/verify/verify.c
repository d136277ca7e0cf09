#include "verify.h"

#include "members.h"
#include "snapshot.h"

#include <string.h>

#define PROGRESS_EVERY_ENTRIES 1024

static const char next_file[] = "Check that this is a journal of format 1. If it should be, take it from a backup.";
static const char next_read[] = "Nothing is known of the journal yet. Put this right and verify again.";
static const char next_again[] = "Verify again; best when the mission rests.";
static const char next_entry[] =
    "Copy the journal away as it is. Then compare with the newest backup that verifies: what stands there before this\n"
    "place is good; who could write to this machine since then is the question.";
static const char next_tile[] = "Copy the journal away as it is. Entries and tiles disagree: an entry was changed "
				"after it was written, or the tile\n"
				"was damaged. A backup that verifies shows which of the two.";
static const char next_checkpoint[] = "Check that the key is this mission's, from a place outside this machine. If it "
				      "is, copy the journal away as it is:\n"
				      "what was signed is not what lies here.";
static const char next_since[] = "Copy the journal away as it is, and keep the saved checkpoint: it proves, by the "
				 "mission's own signature, that the\n"
				 "journal once was another. Find the backup that begins with the saved tree.";

struct verify {
	const struct verify_request *request;
	struct verify_result *result;
	struct verify_fault *fault;
	struct snapshot snapshot;
	struct members members;
	struct tree tree;
	struct checkpoint checkpoint;
	sqlite3_stmt *tile;
	enum verify_answer answer;
};

/* These three return false, as complain does. */

static bool wrong(struct verify *v, const char *next)
{
	v->answer = VERIFY_WRONG;
	v->fault->next = next;
	return false;
}

static bool unreadable(struct verify *v, const char *next)
{
	v->answer = VERIFY_UNREADABLE;
	v->fault->next = next;
	return false;
}

static bool sqlite_failed(struct verify *v, const char *where)
{
	complain(&v->fault->complaint, "%s: %s", where, sqlite3_errmsg(v->snapshot.db));
	v->answer = snapshot_answer(sqlite3_errcode(v->snapshot.db));
	v->fault->next = v->answer == VERIFY_WRONG ? next_file : next_read;
	return false;
}

#define COMPLAIN(v, next, ...) (complain(&(v)->fault->complaint, __VA_ARGS__), wrong(v, next))

static bool prepare(struct verify *v, const char *sql, sqlite3_stmt **ret_statement)
{
	return sqlite3_prepare_v2(v->snapshot.db, sql, -1, ret_statement, NULL) == SQLITE_OK ||
	       sqlite_failed(v, "the database");
}

/* SQLite gives NULL for an empty blob. */
static const uint8_t *blob_of(sqlite3_stmt *row, int column, size_t *ret_len)
{
	const uint8_t *bytes = sqlite3_column_blob(row, column);
	*ret_len = (size_t)sqlite3_column_bytes(row, column);
	return bytes ? bytes : (const uint8_t *)"";
}

/* The numbers and tables */

static bool check_number(struct verify *v, const char *name, const char *sql, int expected)
{
	sqlite3_stmt *statement = NULL;
	if (!prepare(v, sql, &statement))
		return false;
	bool ok = sqlite3_step(statement) == SQLITE_ROW || sqlite_failed(v, "the database");
	int found = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	if (ok && found != expected)
		return COMPLAIN(v, next_file, "the database: %s is %d, expected %d", name, found, expected);
	return ok;
}

static bool check_table(struct verify *v, const char *name, const char *expected)
{
	static const char sql[] =
	    "SELECT (SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info(?1)) FROM sqlite_schema"
	    " WHERE name = ?1 AND type = 'table'";
	sqlite3_stmt *statement = NULL;
	if (!prepare(v, sql, &statement))
		return false;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	int code = sqlite3_step(statement);
	const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	bool ok = true;
	if (code == SQLITE_DONE)
		ok = COMPLAIN(v, next_file, "the database: table %s is missing", name);
	else if (code != SQLITE_ROW)
		ok = sqlite_failed(v, "the database");
	else if (!found || strcmp(found, expected) != 0)
		ok = COMPLAIN(v, next_file, "the database: table %s has columns (%s), expected (%s)", name,
			      found ? found : "", expected);
	sqlite3_finalize(statement);
	return ok;
}

static bool check_file(struct verify *v)
{
	return check_number(v, "application_id", "PRAGMA application_id", VERIFY_APPLICATION_ID) &&
	       check_number(v, "user_version", "PRAGMA user_version", VERIFY_FORMAT) &&
	       check_table(v, "entry", "seq INTEGER, body BLOB") &&
	       check_table(v, "tile", "level INTEGER, number INTEGER, hashes BLOB") &&
	       check_table(v, "checkpoint", "size INTEGER, note BLOB");
}

/* The checkpoint */

static bool read_note(struct verify *v, sqlite3_stmt *row)
{
	if (sqlite3_column_type(row, 1) != SQLITE_BLOB)
		return COMPLAIN(v, next_checkpoint, "the checkpoint: the note is not a blob");
	size_t len;
	const uint8_t *note = blob_of(row, 1, &len);
	if (!checkpoint_read(note, len, v->request->key, &v->checkpoint, &v->fault->complaint)) {
		complain_in(&v->fault->complaint, "the checkpoint");
		return wrong(v, next_checkpoint);
	}
	sqlite3_int64 size = sqlite3_column_int64(row, 0);
	if (size != (sqlite3_int64)v->checkpoint.size)
		return COMPLAIN(v, next_checkpoint, "the checkpoint: line 2: the size is %llu, the row says %lld",
				(unsigned long long)v->checkpoint.size, size);
	memcpy(v->result->note, note, len);
	v->result->note_len = len;
	return true;
}

static bool check_checkpoint(struct verify *v)
{
	sqlite3_stmt *rows = NULL;
	if (!prepare(v, "SELECT size, note FROM checkpoint ORDER BY size", &rows))
		return false;
	int code = sqlite3_step(rows);
	bool ok = true;
	if (code == SQLITE_DONE)
		ok = COMPLAIN(v, next_checkpoint, "the checkpoint: there is none");
	else if (code == SQLITE_ROW)
		ok = read_note(v, rows);
	else
		ok = sqlite_failed(v, "the checkpoint");
	if (ok && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ok = COMPLAIN(v, next_checkpoint, "the checkpoint: there is more than one");
	else if (ok && code != SQLITE_DONE)
		ok = sqlite_failed(v, "the checkpoint");
	sqlite3_finalize(rows);
	return ok;
}

/* The tiles */

static bool compare_hashes(struct verify *v, unsigned level, const uint8_t *found, size_t len)
{
	const struct tree_tile *tile = &v->tree.tile[level];
	unsigned long long number = tile->number;
	if (len % TREE_HASH_BYTES != 0)
		return COMPLAIN(v, next_tile, "tile (%u, %llu): has %zu bytes, not a multiple of 32", level, number,
				len);
	if (len / TREE_HASH_BYTES != tile->count)
		return COMPLAIN(v, next_tile, "tile (%u, %llu): has %zu hashes, expected %u", level, number,
				len / TREE_HASH_BYTES, tile->count);
	for (unsigned i = 0; i < tile->count; i++) {
		if (memcmp(found + i * TREE_HASH_BYTES, tile->hash[i].bytes, TREE_HASH_BYTES) == 0)
			continue;
		unsigned long long of = number * TREE_TILE_HASHES + i;
		if (level == 0)
			return COMPLAIN(v, next_tile, "tile (0, %llu): hash %u is not that of entry %llu", number, i,
					of);
		return COMPLAIN(v, next_tile, "tile (%u, %llu): hash %u is not the root of tile (%u, %llu)", level,
				number, i, level - 1, of);
	}
	return true;
}

static bool check_tile(struct verify *v, unsigned level)
{
	unsigned long long number = v->tree.tile[level].number;
	sqlite3_reset(v->tile);
	sqlite3_bind_int(v->tile, 1, (int)level);
	sqlite3_bind_int64(v->tile, 2, (sqlite3_int64)number);
	int code = sqlite3_step(v->tile);
	if (code == SQLITE_DONE)
		return COMPLAIN(v, next_tile, "tile (%u, %llu): is missing", level, number);
	if (code != SQLITE_ROW)
		return sqlite_failed(v, "the tiles");
	if (sqlite3_column_type(v->tile, 0) != SQLITE_BLOB)
		return COMPLAIN(v, next_tile, "tile (%u, %llu): is not a blob", level, number);
	size_t len;
	const uint8_t *hashes = blob_of(v->tile, 0, &len);
	return compare_hashes(v, level, hashes, len);
}

static bool check_full_tiles(struct verify *v)
{
	for (unsigned level = 0; level < TREE_LEVELS && tree_tile_is_full(&v->tree, level); level++) {
		if (!check_tile(v, level))
			return false;
		tree_tile_next(&v->tree, level);
	}
	return true;
}

static bool tile_is_expected(const struct verify *v, sqlite3_stmt *row)
{
	sqlite3_int64 level = sqlite3_column_int64(row, 0), number = sqlite3_column_int64(row, 1);
	if (sqlite3_column_type(row, 0) != SQLITE_INTEGER || sqlite3_column_type(row, 1) != SQLITE_INTEGER ||
	    level < 0 || level >= TREE_LEVELS || number < 0)
		return false;
	const struct tree_tile *tile = &v->tree.tile[level];
	return (uint64_t)number < tile->number + (tile->count > 0);
}

/* All that must be there has been compared; whatever else there is, is too many. */
static bool check_no_more_tiles(struct verify *v)
{
	sqlite3_stmt *rows = NULL;
	if (!prepare(v, "SELECT level, number FROM tile ORDER BY level, number", &rows))
		return false;
	bool ok = true;
	int code;
	while (ok && (code = sqlite3_step(rows)) != SQLITE_DONE) {
		if (code != SQLITE_ROW)
			ok = sqlite_failed(v, "the tiles");
		else if (!tile_is_expected(v, rows))
			ok = COMPLAIN(v, next_tile, "tile (%s, %s): is too many", sqlite3_column_text(rows, 0),
				      sqlite3_column_text(rows, 1));
	}
	sqlite3_finalize(rows);
	return ok;
}

static bool check_last_tiles(struct verify *v)
{
	for (unsigned level = 0; level < TREE_LEVELS; level++)
		if (v->tree.tile[level].count > 0 && !check_tile(v, level))
			return false;
	return check_no_more_tiles(v);
}

/* The entries */

static bool check_since(struct verify *v)
{
	const struct checkpoint *since = v->request->since;
	if (!since || since->size != v->tree.size)
		return true;
	struct tree_hash root = tree_root(&v->tree);
	return tree_hash_same(&root, &since->root) ||
	       COMPLAIN(v, next_since, "the journal no longer begins with the %llu entries of the saved checkpoint",
			(unsigned long long)since->size);
}

static bool check_entry(struct verify *v, sqlite3_stmt *row)
{
	unsigned long long seq = v->tree.size;
	sqlite3_int64 found = sqlite3_column_int64(row, 0);
	if (sqlite3_column_type(row, 0) != SQLITE_INTEGER || found < 0 || (unsigned long long)found < seq)
		return COMPLAIN(v, next_entry, "entry %s: there is no such number", sqlite3_column_text(row, 0));
	if ((unsigned long long)found > seq)
		return COMPLAIN(v, next_entry, "entry %llu: is missing; the next is %lld", seq, found);
	if (sqlite3_column_type(row, 1) != SQLITE_BLOB)
		return COMPLAIN(v, next_entry, "entry %llu: is not a blob", seq);
	if (seq >= v->checkpoint.size)
		return COMPLAIN(v, next_entry, "entry %llu: is not under the checkpoint, which has %llu entries", seq,
				(unsigned long long)v->checkpoint.size);
	size_t len;
	const uint8_t *body = blob_of(row, 1, &len);
	if (!members_check(&v->members, body, len, &v->fault->complaint)) {
		complain_in(&v->fault->complaint, "entry %llu", seq);
		return wrong(v, next_entry);
	}
	tree_add(&v->tree, body, len);
	return check_full_tiles(v) && check_since(v);
}

static bool check_entries(struct verify *v)
{
	sqlite3_stmt *rows = NULL;
	if (!prepare(v, "SELECT seq, body FROM entry ORDER BY seq", &rows))
		return false;
	bool ok = true;
	int code;
	while (ok && (code = sqlite3_step(rows)) != SQLITE_DONE) {
		ok = code == SQLITE_ROW ? check_entry(v, rows) : sqlite_failed(v, "the entries");
		if (v->request->progress && v->tree.size % PROGRESS_EVERY_ENTRIES == 0)
			v->request->progress(v->tree.size, v->checkpoint.size);
	}
	sqlite3_finalize(rows);
	if (ok && v->tree.size < v->checkpoint.size)
		return COMPLAIN(v, next_entry, "entry %llu: is missing; the checkpoint has %llu entries",
				(unsigned long long)v->tree.size, (unsigned long long)v->checkpoint.size);
	return ok;
}

static bool check_root(struct verify *v)
{
	v->result->root = tree_root(&v->tree);
	return tree_hash_same(&v->result->root, &v->checkpoint.root) ||
	       COMPLAIN(v, next_checkpoint, "the checkpoint: line 3: the root is not that of the entries, %s",
			checkpoint_root_text(&v->result->root).text);
}

static bool check_since_size(struct verify *v)
{
	const struct checkpoint *since = v->request->since;
	return !since || since->size <= v->checkpoint.size ||
	       COMPLAIN(v, next_since, "the journal has %llu entries, the saved checkpoint %llu",
			(unsigned long long)v->checkpoint.size, (unsigned long long)since->size);
}

static bool verify_open(struct verify *v)
{
	v->answer = snapshot_open(&v->snapshot, v->request->path, &v->fault->complaint);
	v->fault->next = v->answer == VERIFY_WRONG ? next_file : next_read;
	return v->answer == VERIFY_OK;
}

static bool verify_all(struct verify *v)
{
	return verify_open(v) && check_file(v) && check_checkpoint(v) && check_since_size(v) &&
	       prepare(v, "SELECT hashes FROM tile WHERE level = ?1 AND number = ?2", &v->tile) && check_entries(v) &&
	       check_last_tiles(v) && check_root(v);
}

enum verify_answer verify_journal(const struct verify_request *request, struct verify_result *ret_result,
				  struct verify_fault *ret_fault)
{
	struct verify v = {.request = request, .result = ret_result, .fault = ret_fault, .snapshot.fd = -1};
	if (!tree_init(&v.tree)) {
		complain(&ret_fault->complaint, "libcrypto has no SHA-256");
		ret_fault->next = next_read;
		return VERIFY_UNREADABLE;
	}
	verify_all(&v);
	if (v.snapshot.db && !snapshot_is_unchanged(&v.snapshot)) {
		complain(&ret_fault->complaint, "the journal was written while it was read");
		unreadable(&v, next_again);
	}
	ret_result->entries = v.tree.size;
	ret_result->wall_first_ms = v.members.wall_first_ms;
	ret_result->wall_last_ms = v.members.wall_ms;
	sqlite3_finalize(v.tile);
	snapshot_close(&v.snapshot);
	members_release(&v.members);
	tree_release(&v.tree);
	return v.answer;
}
