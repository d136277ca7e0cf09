/* journal_cosigned.c: our checkpoints as they come back from outside. */
#include "journal/journal_inner.h"

#include <inttypes.h>

int journal_open_own(const struct journal *journal, struct str note, struct note_checkpoint *ret_checkpoint,
		     struct str *ret_text, struct note_line *ret_line, struct error *error)
{
	int failed = note_find(note, &journal->signer.key, ret_text, ret_line, error);
	if (failed == 0)
		failed = note_checkpoint_parse(*ret_text, ret_checkpoint, error);
	if (failed < 0 || str_eq(ret_checkpoint->origin, note_key_name(&journal->signer.key)))
		return failed;
	error_set(error, ERROR_INPUT, "the checkpoint is of " STR_FMT, STR_ARG(ret_checkpoint->origin));
	return error_remedy(error, "Give one of " STR_FMT ".", STR_ARG(note_key_name(&journal->signer.key)));
}

int journal_has_signed(struct journal *journal, struct str note, struct note_checkpoint *ret_checkpoint,
		       struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text;
	struct note_line line;
	struct merkle_hash root;
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = journal_open_own(journal, note, &checkpoint, &text, &line, error);
	if (failed < 0)
		return failed;
	bool is_ours = checkpoint.size <= journal->signed_size;
	if (checkpoint.size == 0) {
		root = merkle_empty();
	} else if (is_ours) {
		struct proof_source source = journal_hashes(journal);
		failed = proof_root(&source, checkpoint.size, &root, error);
	}
	if (failed < 0)
		return failed;
	*ret_checkpoint = checkpoint;
	return is_ours && merkle_eq(&root, &checkpoint.root);
}

int journal_next_cosigned(struct journal *journal, struct str after, struct journal_cosigned *ret_cosigned,
			  struct error *error)
{
	char name_bytes[NOTE_NAME_BYTES_MAX];
	struct buf name = BUF(name_bytes), note = BUF(journal->cosigned_bytes), kept = BUF(journal->witness_bytes);
	int found = store_next_cosigned(journal->store, after, &name, error);
	if (found > 0 && !name.over)
		found = store_get_cosigned(journal->store, buf_str(&name), &ret_cosigned->size, &note, error);
	if (found <= 0)
		return found;
	if (name.over || note.over)
		return store_damaged(journal->store, error, "a witness's name or checkpoint is too long");
	buf_put_str(&kept, buf_str(&name));
	ret_cosigned->witness = buf_str(&kept);
	ret_cosigned->note = buf_str(&note);
	return 1;
}

/* Whether this witness has a row, or there is place for one more. */
static int check_place(struct journal *journal, struct str witness, struct error *error)
{
	struct journal_cosigned row = {0};
	int n = 0, found;
	while ((found = journal_next_cosigned(journal, row.witness, &row, error)) > 0) {
		if (str_eq(row.witness, witness))
			return 0;
		n++;
	}
	if (found < 0 || n < JOURNAL_WITNESSES_MAX)
		return found;
	error_set(error, ERROR_LIMIT, "the journal keeps cosignatures of %d witnesses already", JOURNAL_WITNESSES_MAX);
	return error_remedy(error, "Work with fewer witnesses.");
}

/* The size in the kept note of this witness, 0 when there is none; and its time, if the key made it. */
static int kept_size(struct journal *journal, struct str name, const struct note_key *witness, uint64_t *ret_size,
		     uint64_t *ret_time_s, struct error *error)
{
	char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(bytes);
	struct str text;
	struct note_line line;
	*ret_size = *ret_time_s = 0;
	int found = store_get_cosigned(journal->store, name, ret_size, &note, error);
	if (found > 0 && witness && note_find(buf_str(&note), witness, &text, &line, NULL) == 0)
		*ret_time_s = line.time_s;
	return found < 0 ? found : 0;
}

/* Keeps a note whose size and time are not older than what is kept. */
static int keep(struct journal *journal, struct str name, const struct note_key *witness, struct str note,
		uint64_t time_s, struct error *error)
{
	struct note_checkpoint checkpoint;
	uint64_t size, kept_time_s;
	ASSERT(!journal->is_reading);
	int found = journal_has_signed(journal, note, &checkpoint, error);
	if (found == 0 || (found > 0 && checkpoint.size == 0)) {
		error_set(error, ERROR_RECORD,
			  "our key signed this checkpoint for %" PRIu64 " entries, and it is of another tree",
			  checkpoint.size);
		return error_remedy(error, "There is another history of this mission: see docs/outside.md.");
	}
	int failed = found < 0 ? found : check_place(journal, name, error);
	if (failed == 0)
		failed = kept_size(journal, name, witness, &size, &kept_time_s, error);
	if (failed < 0)
		return failed;
	if (size > checkpoint.size || (size == checkpoint.size && kept_time_s > time_s))
		return 0;
	failed = store_put_cosigned(journal->store, name, checkpoint.size, note, error);
	if (failed == 0 && journal->edge.size == journal->size)
		failed = store_commit(journal->store, error);
	return failed < 0 ? failed : 1;
}

int journal_keep_cosignature(struct journal *journal, struct str note, const struct note_key *witness,
			     struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text, again;
	struct note_line own, line;
	char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf b = BUF(bytes);
	ASSERT(witness->type == NOTE_COSIGNATURE);
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = journal_open_own(journal, note, &checkpoint, &text, &own, error);
	if (failed == 0)
		failed = note_find(note, witness, &again, &line, error);
	if (failed < 0)
		return failed;
	buf_put_str(&b, text);
	buf_put_char(&b, '\n');
	buf_put_str(&b, own.line);
	buf_put_str(&b, line.line);
	ASSERT(!b.over);
	return keep(journal, note_key_name(witness), witness, buf_str(&b), line.time_s, error);
}

int journal_keep_cosigned(struct journal *journal, struct str witness, struct str note, struct error *error)
{
	ASSERT(journal->is_copy);
	if (witness.len > 0 && witness.len <= NOTE_NAME_BYTES_MAX && note.len <= NOTE_COSIGNED_BYTES_MAX)
		return keep(journal, witness, NULL, note, 0, error);
	error_set(error, ERROR_INPUT, "a witness's name or checkpoint is too long");
	return error_remedy(error, "Copy the journal of a mission that runs this version.");
}
