#include "entries.h"

#include "crew.h"
#include "notes.h"
#include "tiles.h"

struct entries {
	struct check *check;
	sqlite3_stmt *rows;
	uint64_t read; /* rows that were right in number and kind */
	uint64_t of;   /* how many there seem to be, for the progress */
	bool ended;    /* there are no more, or the next row is wrong and the fault filled in */
	bool faulty;
	struct crew *crew;
	struct tiles tiles;
	struct notes notes;
};

/* The rows: numbers without gaps, bodies that are blobs and not too long. */

static bool row_is_right(struct entries *e, size_t *ret_len)
{
	struct check *c = e->check;
	sqlite3_int64 seq = sqlite3_column_int64(e->rows, 0);
	unsigned long long expected = e->read;
	if (sqlite3_column_type(e->rows, 0) != SQLITE_INTEGER || seq < 0 || (unsigned long long)seq < expected)
		return CHECK_COMPLAIN(c, check_next_entry, "entry %s: there is no such number",
				      sqlite3_column_text(e->rows, 0));
	if ((unsigned long long)seq > expected)
		return CHECK_COMPLAIN(c, check_next_entry, "entry %llu: is missing; the next is %lld", expected, seq);
	if (sqlite3_column_type(e->rows, 1) != SQLITE_BLOB)
		return CHECK_COMPLAIN(c, check_next_entry, "entry %llu: is not a blob", expected);
	*ret_len = (size_t)sqlite3_column_bytes(e->rows, 1);
	return *ret_len <= CANONICAL_BYTES_MAX ||
	       CHECK_COMPLAIN(c, check_next_entry, "entry %llu: has %zu bytes, at most %d are allowed", expected,
			      *ret_len, CANONICAL_BYTES_MAX);
}

/* The next row into the batch, or the end. A fault found here is told only when no entry before has one: an earlier one
 * takes its place. */
static void read_row(struct entries *e, struct crew_batch *batch)
{
	size_t len;
	int code = sqlite3_step(e->rows);
	if (code == SQLITE_DONE) {
		e->ended = true;
	} else if (code != SQLITE_ROW) {
		e->ended = e->faulty = !check_sqlite_failed(e->check, "the entries");
	} else if (!row_is_right(e, &len)) {
		e->ended = e->faulty = true;
	} else {
		uint32_t *at = &batch->at[batch->entries++];
		const uint8_t *body = check_blob(e->rows, 1, &len);
		memcpy(batch->bytes + at[0], body, len);
		at[1] = at[0] + (uint32_t)len;
		e->read++;
	}
}

static void read_ahead(struct entries *e)
{
	struct crew_batch *batch;
	while (!e->ended && (batch = crew_empty(e->crew))) {
		while (!e->ended && batch->entries < CREW_ENTRIES_MAX && batch->at[batch->entries] < CREW_BYTES_MAX)
			read_row(e, batch);
		crew_give(e->crew);
	}
}

/* The entries, of which each by itself has been checked */

static bool check_since(struct check *c)
{
	const struct checkpoint *since = c->request->since;
	if (!since || since->size != c->tree.size)
		return true;
	struct tree_hash root = tree_root(&c->tree);
	return tree_hash_same(&root, &since->root) ||
	       CHECK_COMPLAIN(c, check_next_since,
			      "the journal no longer begins with the %llu entries of the saved checkpoint",
			      (unsigned long long)since->size);
}

static bool entry_wrong(struct check *c, const struct complaint *complaint)
{
	c->fault->complaint = *complaint;
	complain_in(&c->fault->complaint, "entry %llu", (unsigned long long)c->tree.size);
	return check_wrong(c, check_next_entry);
}

static void note_times(struct check *c, int64_t wall_ms)
{
	if (c->tree.size == 0)
		c->result->wall_first_ms = wall_ms;
	if (c->tree.size == c->checkpoint.size)
		c->result->wall_unproved_ms = wall_ms;
	c->result->wall_last_ms = wall_ms;
}

static bool take_entry(struct entries *e, const struct members *members, const struct tree_hash *leaf)
{
	struct check *c = e->check;
	struct complaint complaint;
	if (!order_check(&c->order, members, &complaint))
		return entry_wrong(c, &complaint);
	note_times(c, members->wall_ms);
	tree_add(&c->tree, leaf);
	if (!tiles_full(c, &e->tiles))
		return false;
	if (notes_reached(c, &e->notes) && check_since(c))
		return true;
	tiles_name_entry(c, &e->tiles);
	return false;
}

static bool take_batch(struct entries *e, const struct crew_batch *batch)
{
	for (unsigned i = 0; i < batch->good; i++)
		if (!take_entry(e, &batch->members[i], &batch->leaf[i]))
			return false;
	if (batch->good < batch->entries)
		return entry_wrong(e->check, &batch->complaint);
	if (e->check->request->progress)
		e->check->request->progress(e->check->tree.size, e->of);
	return true;
}

static bool take_all(struct entries *e)
{
	struct check *c = e->check;
	const struct crew_batch *batch;
	for (read_ahead(e); (batch = crew_take(e->crew)); read_ahead(e)) {
		if (!take_batch(e, batch))
			return false;
		crew_return(e->crew);
	}
	if (e->faulty)
		return false;
	return c->tree.size >= c->checkpoint.size ||
	       CHECK_COMPLAIN(c, check_next_entry, "entry %llu: is missing; the checkpoint has %llu entries",
			      (unsigned long long)c->tree.size, (unsigned long long)c->checkpoint.size);
}

static bool begin(struct entries *e)
{
	struct check *c = e->check;
	sqlite3_stmt *last = NULL;
	if (!check_prepare(c, "SELECT max(seq) FROM entry", &last))
		return false;
	if (sqlite3_step(last) == SQLITE_ROW)
		e->of = (uint64_t)sqlite3_column_int64(last, 0) + 1;
	sqlite3_finalize(last);
	if (!tiles_begin(c, &e->tiles) || !notes_begin(c, &e->notes) ||
	    !check_prepare(c, "SELECT seq, body FROM entry ORDER BY seq", &e->rows))
		return false;
	if ((e->crew = crew_start()))
		return true;
	complain(&c->fault->complaint, "there is no memory");
	return check_unreadable(c, check_next_read);
}

bool entries_check(struct check *check)
{
	struct entries e = {.check = check};
	bool ok = begin(&e) && take_all(&e) && tiles_rest(check, &e.tiles);
	crew_end(e.crew);
	sqlite3_finalize(e.rows);
	notes_end(&e.notes);
	tiles_end(&e.tiles);
	return ok;
}
