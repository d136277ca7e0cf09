#include "notes.h"

/* One row with a note, of either table. `where` is how complaints begin. */
struct note_row {
	const char *where, *next;
	const uint8_t *note;
	size_t len;
	struct checkpoint checkpoint;
};

/* Columns: size, note. */
static bool read_row(struct check *c, sqlite3_stmt *rows, struct note_row *row)
{
	sqlite3_int64 size = sqlite3_column_int64(rows, 0);
	if (sqlite3_column_type(rows, 1) != SQLITE_BLOB)
		return CHECK_COMPLAIN(c, row->next, "%s: the note is not a blob", row->where);
	row->note = check_blob(rows, 1, &row->len);
	if (!checkpoint_read(row->note, row->len, c->request->key, &row->checkpoint, &c->fault->complaint)) {
		complain_in(&c->fault->complaint, "%s", row->where);
		return check_wrong(c, row->next);
	}
	if (sqlite3_column_type(rows, 0) != SQLITE_INTEGER || size != (sqlite3_int64)row->checkpoint.size)
		return CHECK_COMPLAIN(c, row->next, "%s: line 2: the size is %llu, the row says %s", row->where,
				      (unsigned long long)row->checkpoint.size, sqlite3_column_text(rows, 0));
	return true;
}

/* When those witnesses that were asked for have seen it; the newest counts. */
static bool note_witnesses(struct check *c, const struct note_row *row)
{
	for (unsigned i = 0; i < c->request->witnesses; i++) {
		struct verify_seen *seen = &c->result->seen[i];
		bool found;
		uint64_t time_s;
		if (!checkpoint_seen(row->note, row->len, &c->request->witness[i], &found, &time_s,
				     &c->fault->complaint)) {
			complain_in(&c->fault->complaint, "%s", row->where);
			return check_wrong(c, check_next_witness);
		}
		if (found && row->checkpoint.size >= seen->size)
			*seen = (struct verify_seen){row->checkpoint.size, time_s};
	}
	return true;
}

static bool read_checkpoint(struct check *c, sqlite3_stmt *rows)
{
	struct note_row row = {.where = "the checkpoint", .next = check_next_checkpoint};
	if (!read_row(c, rows, &row) || !note_witnesses(c, &row))
		return false;
	c->checkpoint = row.checkpoint;
	memcpy(c->result->note, row.note, row.len);
	c->result->note_len = row.len;
	return true;
}

static bool check_checkpoint(struct check *c)
{
	sqlite3_stmt *rows = NULL;
	if (!check_prepare(c, "SELECT size, note FROM checkpoint ORDER BY size", &rows))
		return false;
	int code = sqlite3_step(rows);
	bool ok = true;
	if (code == SQLITE_DONE)
		ok = CHECK_COMPLAIN(c, check_next_checkpoint, "the checkpoint: there is none");
	else if (code == SQLITE_ROW)
		ok = read_checkpoint(c, rows);
	else
		ok = check_sqlite_failed(c, "the checkpoint");
	if (ok && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ok = CHECK_COMPLAIN(c, check_next_checkpoint, "the checkpoint: there is more than one");
	else if (ok && code != SQLITE_DONE)
		ok = check_sqlite_failed(c, "the checkpoint");
	sqlite3_finalize(rows);
	return ok;
}

/* What witnesses have cosigned. Columns: size, note, witness. */

static const char cosigned_sql[] = "SELECT size, note, witness FROM cosigned ORDER BY size, witness";

static bool read_cosigned(struct check *c, sqlite3_stmt *rows, char where[NOTES_WHERE_BYTES], struct note_row *ret_row)
{
	const char *witness = (const char *)sqlite3_column_text(rows, 2);
	size_t len = (size_t)sqlite3_column_bytes(rows, 2);
	struct note_row row = {.where = where, .next = check_next_witness};
	snprintf(where, NOTES_WHERE_BYTES, "cosigned by %.*s", CHECKPOINT_NAME_BYTES_MAX, witness ? witness : "");
	if (sqlite3_column_type(rows, 2) != SQLITE_TEXT)
		return CHECK_COMPLAIN(c, row.next, "%s: the witness is not a text", where);
	if (!read_row(c, rows, &row))
		return false;
	if (row.checkpoint.size > c->checkpoint.size)
		return CHECK_COMPLAIN(c, row.next, "%s: has %llu entries, the checkpoint %llu", where,
				      (unsigned long long)row.checkpoint.size, (unsigned long long)c->checkpoint.size);
	if (!checkpoint_names_witness(row.note, row.len, witness, len))
		return CHECK_COMPLAIN(c, row.next, "%s: no line is a cosignature of that name", where);
	*ret_row = row;
	return true;
}

static bool check_cosigned(struct check *c)
{
	sqlite3_stmt *rows = NULL;
	char where[NOTES_WHERE_BYTES];
	struct note_row row;
	int code = SQLITE_OK;
	bool ok = check_prepare(c, cosigned_sql, &rows);
	while (ok && (code = sqlite3_step(rows)) == SQLITE_ROW)
		ok = read_cosigned(c, rows, where, &row) && note_witnesses(c, &row);
	if (ok && code != SQLITE_DONE)
		ok = check_sqlite_failed(c, "cosigned");
	sqlite3_finalize(rows);
	return ok;
}

bool notes_check(struct check *c)
{
	return check_checkpoint(c) && check_cosigned(c);
}

/* The roots */

static bool notes_next(struct check *c, struct notes *notes)
{
	struct note_row row;
	int code = sqlite3_step(notes->rows);
	notes->more = code == SQLITE_ROW;
	if (code == SQLITE_DONE)
		return true;
	if (code != SQLITE_ROW)
		return check_sqlite_failed(c, "cosigned");
	if (!read_cosigned(c, notes->rows, notes->where, &row))
		return false;
	notes->next = row.checkpoint;
	return true;
}

bool notes_begin(struct check *c, struct notes *notes)
{
	*notes = (struct notes){0};
	return check_prepare(c, cosigned_sql, &notes->rows) && notes_next(c, notes);
}

bool notes_reached(struct check *c, struct notes *notes)
{
	if (c->tree.size == c->checkpoint.size) {
		c->result->root = tree_root(&c->tree);
		if (!tree_hash_same(&c->result->root, &c->checkpoint.root))
			return CHECK_COMPLAIN(c, check_next_checkpoint,
					      "the checkpoint: line 3: the root is not that of the entries, %s",
					      checkpoint_root_text(&c->result->root).text);
	}
	while (notes->more && notes->next.size == c->tree.size) {
		struct tree_hash root = tree_root(&c->tree);
		if (!tree_hash_same(&root, &notes->next.root))
			return CHECK_COMPLAIN(
			    c, check_next_witness, "%s: line 3: the root is not that of the first %llu entries, %s",
			    notes->where, (unsigned long long)c->tree.size, checkpoint_root_text(&root).text);
		if (!notes_next(c, notes))
			return false;
	}
	return true;
}

void notes_end(struct notes *notes)
{
	sqlite3_finalize(notes->rows);
}
