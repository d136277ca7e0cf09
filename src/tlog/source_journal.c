/* source_journal.c: the record of a stopped mission, or of a backup. The journal is opened as a copy: without its
 * seed, it cannot be signed here by mistake. */
#include "tlog/source.h"

#include <unistd.h>

static int get_checkpoint(void *context, struct buf *note, uint64_t *ret_size, struct error *error)
{
	struct journal *journal = context;
	(void)error;
	buf_put_str(note, journal_checkpoint(journal));
	*ret_size = journal_signed_size(journal);
	return 0;
}

static int get_entries(void *context, uint64_t from, uint64_t to, journal_entry_fn *entry, void *entry_context,
		       struct error *error)
{
	return journal_read(context, from, to - from, entry, entry_context, error);
}

static int get_cosigned(void *context, source_cosigned_fn *cosigned, void *cosigned_context, struct error *error)
{
	struct journal_cosigned row = {0};
	int stop = 0, found;
	while (stop == 0 && (found = journal_next_cosigned(context, row.witness, &row, error)) != 0)
		stop = found < 0 ? found : cosigned(cosigned_context, row.witness, row.note);
	return stop;
}

static int get_proof(void *context, enum source_proof of, uint64_t from, uint64_t to, struct proof *ret_proof,
		     struct error *error)
{
	struct journal *journal = context;
	struct proof_source hashes = journal_hashes(journal);
	bool is_inside =
	    to <= journal_signed_size(journal) && (of == SOURCE_INCLUSION ? from < to : from > 0 && from <= to);
	if (!is_inside) {
		error_set(error, ERROR_INPUT, "no checkpoint is for that many entries");
		return error_remedy(error, "`chancery status` says how many there are.");
	}
	return of == SOURCE_INCLUSION ? proof_of_inclusion(&hashes, from, to, ret_proof, error)
				      : proof_of_consistency(&hashes, from, to, ret_proof, error);
}

static int next_blob(void *context, struct str after, struct journal_blob_name *ret_name, struct error *error)
{
	return journal_next_blob(context, after, ret_name, error);
}

static int get_blob(void *context, struct str hash, struct arena *arena, struct str *ret_data, struct error *error)
{
	struct journal_blob blob = {0};
	int found = journal_get_blob(context, hash, arena, &blob, error);
	*ret_data = blob.data;
	return found;
}

static void close_journal(void *context)
{
	journal_close(context);
}

int source_of_journal(struct source *ret_source, const char *path, const struct note_key *key, struct error *error)
{
	static const struct source_verbs verbs = {get_checkpoint, get_entries, get_cosigned, get_proof,
						  next_blob,	  get_blob,    close_journal};
	struct journal_options options = {.path = path, .key = key};
	struct journal *journal;
	if (access(path, F_OK) != 0) {
		error_system(error, "no mission runs here, and its journal is not here either");
		error_where(error, "%s", path);
		return error_remedy(error, "Name the mission's directory: chancery -C DIR …");
	}
	int failed = journal_open(&journal, &options, error);
	if (failed == 0)
		*ret_source = (struct source){journal, &verbs};
	return failed;
}
