#include "journal/journal_inner.h"

#include <inttypes.h>

/* Opening */

static int set_key(struct journal *journal, const struct journal_options *options, struct error *error)
{
	if (options->seed)
		return note_signer_init(&journal->signer, options->origin, options->seed, error);
	ASSERT(options->key && options->key->type == NOTE_ED25519);
	journal->signer.key = *options->key;
	journal->is_copy = true;
	return 0;
}

int journal_open(struct journal **ret_journal, const struct journal_options *options, struct error *error)
{
	struct journal *journal = calloc(1, sizeof *journal);
	ASSERT(journal);
	journal->note = BUF(journal->note_bytes);
	journal->root = merkle_empty();
	int failed = set_key(journal, options, error);
	int log_pages = options->log_pages > 0 ? options->log_pages : STORE_LOG_PAGES;
	if (failed == 0)
		failed = store_open(&journal->store, options->path, options->vfs, log_pages, error);
	if (failed == 0)
		failed = journal_check(journal, error);
	if (failed < 0) {
		if (journal->store)
			store_abandon(journal->store);
		journal_close(journal);
		return failed;
	}
	*ret_journal = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	ASSERT(!journal->is_reading);
	if (journal->store)
		store_close(journal->store);
	note_signer_release(&journal->signer);
	free(journal);
}

uint64_t journal_size(const struct journal *journal)
{
	return journal->size;
}

uint64_t journal_signed_size(const struct journal *journal)
{
	return journal->signed_size;
}

bool journal_is_signing(const struct journal *journal)
{
	return journal->is_signing;
}

struct str journal_checkpoint(const struct journal *journal)
{
	return buf_str(&journal->note);
}

void journal_root(const struct journal *journal, uint8_t ret_root[MERKLE_HASH_BYTES])
{
	memcpy(ret_root, journal->root.at, MERKLE_HASH_BYTES);
}

/* Writing */

static int put_tile(struct journal *journal, unsigned level, uint64_t number, const struct merkle_hash *hashes,
		    unsigned n, struct error *error)
{
	struct str row = {(const char *)hashes, n * sizeof *hashes};
	return store_put_tile(journal->store, level, number, row, error);
}

static int put_full_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
			 struct error *error)
{
	return put_tile(context, level, number, hashes, MERKLE_TILE_HASHES, error);
}

int journal_append(struct journal *journal, struct str body, struct error *error)
{
	ASSERT(body.len <= JOURNAL_BODY_BYTES_MAX && journal->edge.size < JOURNAL_ENTRIES_MAX && !journal->is_reading);
	int failed = store_put_entry(journal->store, journal->edge.size, body, error);
	if (failed < 0)
		return failed;
	struct merkle_hash leaf = merkle_leaf(body);
	struct merkle_sink sink = {put_full_tile, journal};
	failed = merkle_edge_append(&journal->edge, &leaf, &sink, error);
	if (failed < 0)
		store_abandon(journal->store);
	return failed;
}

/* The edge's tiles that got hashes in this batch. Those that it filled are in the store already. */
static int put_edge(struct journal *journal, struct error *error)
{
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		uint64_t hashes = merkle_level_hashes(journal->edge.size, level);
		unsigned n = merkle_edge_hashes(&journal->edge, level);
		if (hashes == merkle_level_hashes(journal->size, level))
			break;
		if (n == 0)
			continue;
		int failed = put_tile(journal, level, merkle_edge_number(&journal->edge, level),
				      journal->edge.tile[level], n, error);
		if (failed < 0)
			return failed;
	}
	return 0;
}

/* The batch, and what else was put into the transaction, with this checkpoint or with none. */
static int commit(struct journal *journal, const struct note_checkpoint *checkpoint, struct str note,
		  struct error *error)
{
	int failed = put_edge(journal, error);
	if (failed == 0 && checkpoint)
		failed = store_put_checkpoint(journal->store, checkpoint->size, note, error);
	if (failed == 0)
		failed = store_commit(journal->store, error);
	if (failed < 0)
		return failed;
	journal->size = journal->edge.size;
	if (!checkpoint)
		return 0;
	journal->signed_size = checkpoint->size;
	journal->root = checkpoint->root;
	buf_clear(&journal->note);
	buf_put_str(&journal->note, note);
	return 0;
}

int journal_commit(struct journal *journal, struct error *error)
{
	ASSERT(!journal->is_reading);
	if (journal->edge.size == journal->size)
		return store_check(journal->store, error);
	if (!journal->is_signing)
		return commit(journal, NULL, (struct str){0}, error);
	struct note_checkpoint checkpoint = {note_key_name(&journal->signer.key), journal->edge.size,
					     merkle_edge_root(&journal->edge)};
	char text_bytes[NOTE_OWN_BYTES_MAX], note_bytes[NOTE_OWN_BYTES_MAX];
	struct buf text = BUF(text_bytes), note = BUF(note_bytes);
	note_checkpoint_write(&text, &checkpoint);
	note_sign(&note, &journal->signer, buf_str(&text));
	ASSERT(!text.over && !note.over);
	return commit(journal, &checkpoint, buf_str(&note), error);
}

void journal_stop_signing(struct journal *journal)
{
	ASSERT(journal->signed_size > 0);
	journal->is_signing = false;
}

int journal_adopt(struct journal *journal, struct str note, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text;
	struct note_line line;
	ASSERT(journal->is_copy && !journal->is_reading);
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = journal_open_own(journal, note, &checkpoint, &text, &line, error);
	if (failed < 0)
		return failed;
	struct merkle_hash root = merkle_edge_root(&journal->edge);
	if (checkpoint.size == journal->edge.size && merkle_eq(&checkpoint.root, &root))
		return commit(journal, &checkpoint, note, error);
	error_set(error, ERROR_RECORD, "the checkpoint is for %" PRIu64 " entries%s, and there are %" PRIu64,
		  checkpoint.size, checkpoint.size == journal->edge.size ? " of another tree" : "", journal->edge.size);
	return error_remedy(error, "This copy is of another history than the checkpoint: begin a new one elsewhere.");
}

/* Hashes */

static int get_hashes(void *context, unsigned level, uint64_t first, unsigned n, struct merkle_hash *ret_hashes,
		      struct error *error)
{
	struct journal *journal = context;
	const struct merkle_hash *tile;
	unsigned begin = first & (MERKLE_TILE_HASHES - 1);
	ASSERT(begin + n <= MERKLE_TILE_HASHES && first + n <= merkle_level_hashes(journal->size, level));
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = tiles_get(&journal->tiles, level, first >> MERKLE_TILE_BITS, &tile, error);
	if (failed == 0)
		memcpy(ret_hashes, tile + begin, n * sizeof *tile);
	return failed;
}

struct proof_source journal_hashes(struct journal *journal)
{
	return (struct proof_source){get_hashes, journal};
}
