#include "verify.h"

#include "entries.h"
#include "notes.h"

static const char next_again[] = "Verify again; best when the mission rests.";

/* The numbers and tables */

static bool check_number(struct check *c, const char *name, const char *sql, int expected)
{
	sqlite3_stmt *statement = NULL;
	if (!check_prepare(c, sql, &statement))
		return false;
	bool ok = sqlite3_step(statement) == SQLITE_ROW || check_sqlite_failed(c, "the database");
	int found = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	if (ok && found != expected)
		return CHECK_COMPLAIN(c, check_next_file, "the database: %s is %d, expected %d", name, found, expected);
	return ok;
}

static bool check_table(struct check *c, const char *name, const char *expected)
{
	static const char sql[] =
	    "SELECT (SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info(?1)) FROM sqlite_schema"
	    " WHERE name = ?1 AND type = 'table'";
	sqlite3_stmt *statement = NULL;
	if (!check_prepare(c, sql, &statement))
		return false;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	int code = sqlite3_step(statement);
	const char *found = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	bool ok = true;
	if (code == SQLITE_DONE)
		ok = CHECK_COMPLAIN(c, check_next_file, "the database: table %s is missing", name);
	else if (code != SQLITE_ROW)
		ok = check_sqlite_failed(c, "the database");
	else if (!found || strcmp(found, expected) != 0)
		ok = CHECK_COMPLAIN(c, check_next_file, "the database: table %s has columns (%s), expected (%s)", name,
				    found ? found : "", expected);
	sqlite3_finalize(statement);
	return ok;
}

static bool check_file(struct check *c)
{
	return check_number(c, "application_id", "PRAGMA application_id", VERIFY_APPLICATION_ID) &&
	       check_number(c, "user_version", "PRAGMA user_version", VERIFY_FORMAT) &&
	       check_table(c, "entry", "seq INTEGER, body BLOB") &&
	       check_table(c, "tile", "level INTEGER, number INTEGER, hashes BLOB") &&
	       check_table(c, "checkpoint", "size INTEGER, note BLOB") &&
	       check_table(c, "cosigned", "witness TEXT, size INTEGER, note BLOB") &&
	       check_table(c, "blob", "hash BLOB, owner TEXT, data BLOB");
}

/* The blobs */

static bool check_blob_row(struct check *c, sqlite3_stmt *row)
{
	size_t len, hash_len;
	unsigned hash_size = 0;
	const uint8_t *hash = check_blob(row, 0, &hash_len), *data = check_blob(row, 2, &len);
	struct tree_hash found;
	bool ok = sqlite3_column_type(row, 0) == SQLITE_BLOB && sqlite3_column_type(row, 1) == SQLITE_TEXT &&
		  sqlite3_column_type(row, 2) == SQLITE_BLOB && hash_len == sizeof(found) &&
		  EVP_Digest(data, len, found.bytes, &hash_size, c->hasher.sha256, NULL) &&
		  memcmp(found.bytes, hash, sizeof(found)) == 0;
	return ok ||
	       CHECK_COMPLAIN(c, check_next_blob, "blob %s: is not what its hash says", sqlite3_column_text(row, 3));
}

static bool check_blobs(struct check *c)
{
	sqlite3_stmt *rows = NULL;
	int code = SQLITE_OK;
	bool ok = check_prepare(c, "SELECT hash, owner, data, hex(hash) FROM blob", &rows);
	while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ok = check_blob_row(c, rows);
	if (ok && code != SQLITE_DONE)
		ok = check_sqlite_failed(c, "the blobs");
	sqlite3_finalize(rows);
	return ok;
}

static bool check_since_size(struct check *c)
{
	const struct checkpoint *since = c->request->since;
	return !since || since->size <= c->checkpoint.size ||
	       CHECK_COMPLAIN(c, check_next_since, "the journal has %llu signed entries, the saved checkpoint %llu",
			      (unsigned long long)c->checkpoint.size, (unsigned long long)since->size);
}

static bool check_open(struct check *c)
{
	c->answer = snapshot_open(&c->snapshot, c->request->path, &c->fault->complaint);
	c->fault->next = c->answer == VERIFY_WRONG ? check_next_file : check_next_read;
	return c->answer == VERIFY_OK;
}

static enum verify_answer answer_of(const struct check *c)
{
	bool whole = c->result->entries == c->result->proved;
	for (unsigned i = 0; i < c->request->witnesses; i++)
		whole &= c->result->seen[i].size > 0;
	return whole ? VERIFY_OK : VERIFY_IN_PART;
}

enum verify_answer verify_journal(const struct verify_request *request, struct verify_result *ret_result,
				  struct verify_fault *ret_fault)
{
	struct check c = {.request = request, .result = ret_result, .fault = ret_fault, .snapshot.fd = -1};
	*ret_result = (struct verify_result){0};
	if (!tree_hasher_init(&c.hasher)) {
		complain(&ret_fault->complaint, "libcrypto has no SHA-256");
		ret_fault->next = check_next_read;
		return VERIFY_UNREADABLE;
	}
	tree_init(&c.tree, &c.hasher);
	bool ok = check_open(&c) && check_file(&c) && notes_check(&c) && check_since_size(&c) && entries_check(&c) &&
		  check_blobs(&c);
	if (c.snapshot.db && !snapshot_is_unchanged(&c.snapshot)) {
		complain(&ret_fault->complaint, "the journal was written while it was read");
		ok = check_unreadable(&c, next_again);
	}
	ret_result->entries = c.tree.size;
	ret_result->proved = c.checkpoint.size;
	snapshot_close(&c.snapshot);
	order_release(&c.order);
	tree_hasher_release(&c.hasher);
	return ok ? answer_of(&c) : c.answer;
}
