/* journal_read.c: entries out of the journal, each proven. */
#include "journal/helper.h"
#include "journal/journal_inner.h"

#include <inttypes.h>

enum { LONG_ENTRIES = 16384 }; /* from so many on another process is worth its making */

/* The row that is next; the body holds until the one behind it. */
static int next_row(struct journal *journal, uint64_t index, struct str *ret_body, struct error *error)
{
	uint64_t seq;
	int found = store_entries_next(journal->store, &seq, ret_body, error);
	if (found < 0)
		return found;
	if (found == 0 || seq != index)
		return store_damaged(journal->store, error, "entry %" PRIu64 " is missing", index);
	return 0;
}

static int check_leaf(struct journal *journal, uint64_t index, const struct merkle_hash *leaf, struct error *error)
{
	const struct merkle_hash *tile;
	int failed = tiles_get(&journal->tiles, 0, index >> MERKLE_TILE_BITS, &tile, error);
	if (failed < 0)
		return failed;
	if (merkle_eq(leaf, &tile[index & (MERKLE_TILE_HASHES - 1)]))
		return 0;
	return store_damaged(journal->store, error, "entry %" PRIu64 " is not the one that was signed", index);
}

struct reading {
	struct journal *journal;
	uint64_t next, end; /* to be handed out */
	const struct journal_reader *reader;
	struct error *error;
};

static int hand_out(struct reading *r, struct str body, const struct merkle_hash *leaf, const void *prepared)
{
	int failed = check_leaf(r->journal, r->next, leaf, r->error);
	return failed < 0 ? failed : r->reader->entry(r->reader->context, r->next++, body, prepared);
}

static int read_short(struct reading *r)
{
	int stop = 0;
	while (r->next < r->end && stop == 0) {
		struct str body;
		stop = next_row(r->journal, r->next, &body, r->error);
		if (stop < 0)
			break;
		struct merkle_hash leaf = merkle_leaf(body);
		stop = hand_out(r, body, &leaf, NULL);
	}
	return stop;
}

/* A long reading: another process hashes and prepares (helper.h), while this one reads rows ahead and hands out
 * what is proven. Rows that cannot be read are told when all before them were handed out. */
struct ahead {
	struct reading *reading;
	struct helper *helper;
	uint64_t next; /* to be read */
	bool has_row;  /* it was read, and found no room in its block */
	struct str row;
	int failed;
	struct error why;
};

static void fill(struct ahead *a, struct helper_block *block)
{
	while (a->next < a->reading->end) {
		if (!a->has_row)
			a->failed = next_row(a->reading->journal, a->next, &a->row, &a->why);
		if (a->failed < 0)
			return;
		a->has_row = !helper_put(block, a->row);
		if (a->has_row)
			return;
		a->next++;
	}
}

static void read_ahead(struct ahead *a)
{
	struct helper_block *block;
	while (a->failed == 0 && a->next < a->reading->end && (block = helper_free(a->helper))) {
		fill(a, block);
		if (block->n > 0)
			helper_give(a->helper);
	}
}

static int hand_out_block(struct reading *r, const struct helper_block *block)
{
	int stop = 0;
	for (size_t i = 0; i < block->n && stop == 0; i++)
		stop = hand_out(r, helper_entry(block, i), &block->leaf[i], block->prepared[i]);
	return stop;
}

static int read_long(struct reading *r)
{
	struct ahead ahead = {.reading = r, .helper = helper_begin(r->reader->prepare), .next = r->next};
	const struct helper_block *block;
	int stop = 0;
	read_ahead(&ahead);
	while (stop == 0 && (block = helper_take(ahead.helper))) {
		stop = hand_out_block(r, block);
		helper_done(ahead.helper);
		read_ahead(&ahead);
	}
	helper_end(ahead.helper);
	if (stop == 0 && ahead.failed < 0 && r->error)
		*r->error = ahead.why;
	return stop == 0 ? ahead.failed : stop;
}

int journal_read_with(struct journal *journal, uint64_t from, uint64_t count, const struct journal_reader *reader,
		      struct error *error)
{
	struct reading reading = {journal, from, from + count, reader, error};
	ASSERT(from <= journal->size && count <= journal->size - from && !journal->is_reading);
	int stop = store_check(journal->store, error);
	if (stop < 0)
		return stop;
	journal->is_reading = true;
	store_entries_seek(journal->store, from);
	stop = count < LONG_ENTRIES ? read_short(&reading) : read_long(&reading);
	store_entries_done(journal->store);
	journal->is_reading = false;
	return stop;
}

struct plain {
	journal_entry_fn *entry;
	void *context;
};

static int plain_entry(void *context, uint64_t index, struct str body, const void *prepared)
{
	const struct plain *plain = context;
	(void)prepared;
	return plain->entry(plain->context, index, body);
}

int journal_read(struct journal *journal, uint64_t from, uint64_t count, journal_entry_fn *entry, void *context,
		 struct error *error)
{
	struct plain plain = {entry, context};
	return journal_read_with(journal, from, count, &(struct journal_reader){NULL, plain_entry, &plain}, error);
}
