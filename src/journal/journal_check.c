/* journal_check.c: what is checked before a journal is used. */
#include "journal/journal_inner.h"

#include <inttypes.h>

/* The stored checkpoint's size and root, if our key signed it. */
static int check_checkpoint(struct journal *journal, uint64_t size, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text, name = note_key_name(&journal->signer.key);
	struct error why;
	if (journal->note.over)
		return store_damaged(journal->store, error, "the checkpoint is longer than %d bytes", NOTE_BYTES_MAX);
	int failed = note_open(buf_str(&journal->note), &journal->signer.key, &text, &why);
	if (failed == ERROR_CRYPTO) {
		store_damaged(journal->store, error, "the checkpoint: %s", why.what);
		if (error)
			error->code = ERROR_CRYPTO;
		return error_remedy(error, "Use the keys directory that belongs to this journal. Nothing was changed.");
	}
	if (failed == 0)
		failed = note_checkpoint_parse(text, &checkpoint, &why);
	if (failed < 0)
		return store_damaged(journal->store, error, "the checkpoint: %s", why.what);
	if (!str_eq(checkpoint.origin, name))
		return store_damaged(journal->store, error, "the checkpoint is of " STR_FMT ", not of " STR_FMT,
				     STR_ARG(checkpoint.origin), STR_ARG(name));
	if (checkpoint.size != size || size == 0 || size > JOURNAL_ENTRIES_MAX)
		return store_damaged(journal->store, error,
				     "the checkpoint's row is for %" PRIu64 " entries, its text for %" PRIu64, size,
				     checkpoint.size);
	journal->signed_size = size;
	journal->root = checkpoint.root;
	return 0;
}

/* How many entries there are; at least those that were signed. */
static int check_bounds(struct journal *journal, struct error *error)
{
	uint64_t first, last, size = journal->signed_size;
	int found = store_get_bounds(journal->store, &first, &last, error);
	if (found < 0)
		return found;
	if (found == 0 && size > 0)
		return store_damaged(journal->store, error,
				     "the checkpoint is for %" PRIu64 " entries, but there is none", size);
	if (found == 0)
		return 0;
	if (first != 0 || last >= JOURNAL_ENTRIES_MAX || last + 1 < size || (size == 0 && !journal->is_copy))
		return store_damaged(journal->store, error,
				     "the checkpoint is for %" PRIu64 " entries, but they run from %" PRIu64
				     " to %" PRIu64,
				     size, first, last);
	journal->size = last + 1;
	return 0;
}

static int check_edge(struct journal *journal, struct error *error)
{
	int failed = tiles_load_edge(journal->store, journal->signed_size, journal->size, &journal->edge, error);
	if (failed < 0)
		return failed;
	struct merkle_hash root = merkle_edge_root(&journal->edge);
	if (!merkle_eq(&root, &journal->root))
		return store_damaged(journal->store, error, "the tiles' root is not the checkpoint's");
	return 0;
}

static int check_full_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
			   struct error *error)
{
	struct journal *journal = context;
	return tiles_check(journal->store, level, number, hashes, MERKLE_TILE_HASHES, error);
}

/* Behind the checkpoint the tiles are only what the entries make of them: the edge grows by each, and every tile that
 * it touches must be the stored one. */
static int check_tail(struct journal *journal, struct error *error)
{
	struct merkle_sink sink = {check_full_tile, journal};
	int failed = 0;
	if (journal->size == journal->signed_size)
		return 0;
	store_entries_seek(journal->store, journal->signed_size);
	while (journal->edge.size < journal->size && failed == 0) {
		uint64_t seq;
		struct str body;
		failed = store_entries_next(journal->store, &seq, &body, error);
		if (failed >= 0 && (failed == 0 || seq != journal->edge.size))
			failed =
			    store_damaged(journal->store, error, "entry %" PRIu64 " is missing", journal->edge.size);
		if (failed < 0)
			break;
		struct merkle_hash leaf = merkle_leaf(body);
		failed = merkle_edge_append(&journal->edge, &leaf, &sink, error);
	}
	store_entries_done(journal->store);
	for (unsigned level = 0; level < MERKLE_LEVELS && failed == 0; level++) {
		unsigned n = merkle_edge_hashes(&journal->edge, level);
		if (n > 0)
			failed = tiles_check(journal->store, level, merkle_edge_number(&journal->edge, level),
					     journal->edge.tile[level], n, error);
	}
	return failed;
}

static int check_cosigned(struct journal *journal, struct error *error)
{
	struct journal_cosigned row = {0};
	struct note_checkpoint checkpoint;
	struct error why;
	int found;
	while ((found = journal_next_cosigned(journal, row.witness, &row, error)) > 0) {
		int is_ours = journal_has_signed(journal, row.note, &checkpoint, &why);
		if (is_ours == ERROR_RECORD || is_ours == ERROR_SYSTEM)
			return store_damaged(journal->store, error, "%s", why.what);
		if (is_ours < 0 || is_ours == 0 || checkpoint.size != row.size)
			return store_damaged(journal->store, error,
					     "what witness " STR_FMT " cosigned is not a checkpoint of this journal",
					     STR_ARG(row.witness));
	}
	return found;
}

int journal_check(struct journal *journal, struct error *error)
{
	uint64_t size;
	int failed = 0, found = store_get_checkpoint(journal->store, &size, &journal->note, error);
	if (found < 0)
		return found;
	if (found > 0)
		failed = check_checkpoint(journal, size, error);
	if (failed == 0)
		failed = check_bounds(journal, error);
	if (failed == 0)
		failed = check_edge(journal, error);
	if (failed == 0)
		failed = check_tail(journal, error);
	if (failed < 0)
		return failed;
	journal->is_signing = !journal->is_copy && journal->signed_size == journal->size;
	journal->tiles = (struct tiles){.store = journal->store, .edge = &journal->edge};
	return check_cosigned(journal, error);
}
