/* source_core.c: the record as a running core gives it. */
#include "tlog/asker.h"
#include "tlog/source.h"

#include <inttypes.h>

enum { NAMES_MAX = 64 }; /* in one answer */

struct core_source {
	struct asker asker;
	uint8_t body[JOURNAL_BODY_BYTES_MAX]; /* of an entry that comes in parts */
	struct journal_blob_name names[NAMES_MAX];
	size_t n_names, names_at; /* those before were given */
};

static int get_checkpoint(void *context, struct buf *note, uint64_t *ret_size, struct error *error)
{
	struct core_source *core = context;
	struct answer_line answer;
	asker_forget(&core->asker);
	int failed = asker_ask_one(&core->asker, &(struct ask_line){.kind = ASK_LINE_CHECKPOINT},
				   ANSWER_LINE_CHECKPOINT, &answer, error);
	if (failed < 0)
		return failed;
	buf_put_str(note, answer.checkpoint.note);
	*ret_size = (uint64_t)answer.checkpoint.size;
	return 0;
}

static int out_of_order(struct error *error, uint64_t index)
{
	error_set(error, ERROR_GONE, "the core did not send entry %" PRIu64 " when it was its turn", index);
	return error_remedy(error, "Try again; if it stays so, chancery-verify the journal.");
}

/* The rest of an entry whose first part is in `answer`. */
static int join_parts(struct core_source *core, struct answer_line answer, struct str *ret_body, struct error *error)
{
	struct buf body = BUF(core->body);
	int64_t index = answer.part.entry, left;
	int failed = 0;
	do {
		if (answer.kind != ANSWER_LINE_PART || answer.part.entry != index)
			return out_of_order(error, (uint64_t)index);
		buf_put_str(&body, answer.part.data);
		left = answer.part.left;
		if (body.over || left > (int64_t)(body.size - body.len) || (left > 0 && answer.part.data.len == 0))
			return out_of_order(error, (uint64_t)index);
		if (left > 0)
			failed = asker_next(&core->asker, &answer, error);
	} while (left > 0 && failed == 0);
	*ret_body = buf_str(&body);
	return failed;
}

static int next_body(struct core_source *core, uint64_t index, struct str *ret_body, struct error *error)
{
	struct answer_line answer;
	asker_forget(&core->asker);
	int failed = asker_next(&core->asker, &answer, error);
	if (failed < 0)
		return failed;
	if (answer.kind == ANSWER_LINE_PART && answer.part.entry == (int64_t)index)
		return join_parts(core, answer, ret_body, error);
	if (answer.kind != ANSWER_LINE_RAW || answer.raw.entry != (int64_t)index)
		return out_of_order(error, index);
	*ret_body = answer.raw.body;
	return 0;
}

static int get_entries(void *context, uint64_t from, uint64_t to, journal_entry_fn *entry, void *entry_context,
		       struct error *error)
{
	struct core_source *core = context;
	struct ask_raw ask = {.from = (int64_t)from, .has_to = true, .to = (int64_t)to};
	struct answer_line end;
	int stop = asker_ask(&core->asker, &(struct ask_line){.kind = ASK_LINE_RAW, .raw = ask}, error);
	for (uint64_t index = from; index < to && stop == 0; index++) {
		struct str body;
		stop = next_body(core, index, &body, error);
		if (stop == 0)
			stop = entry(entry_context, index, body);
	}
	if (stop == 0)
		stop = asker_next(&core->asker, &end, error);
	return stop != 0 || end.kind == ANSWER_LINE_END ? stop : out_of_order(error, to);
}

static int get_cosigned(void *context, source_cosigned_fn *cosigned, void *cosigned_context, struct error *error)
{
	struct core_source *core = context;
	int stop = asker_ask(&core->asker, &(struct ask_line){.kind = ASK_LINE_COSIGNATURES}, error);
	while (stop == 0) {
		struct answer_line answer;
		asker_forget(&core->asker);
		stop = asker_next(&core->asker, &answer, error);
		if (stop == 0 && answer.kind == ANSWER_LINE_END)
			return 0;
		if (stop == 0 && answer.kind != ANSWER_LINE_COSIGNED)
			return error_set(error, ERROR_GONE, "the core answered something else than it was asked");
		if (stop == 0)
			stop = cosigned(cosigned_context, answer.cosigned.witness, answer.cosigned.note);
	}
	return stop;
}

static int get_proof(void *context, enum source_proof of, uint64_t from, uint64_t to, struct proof *ret_proof,
		     struct error *error)
{
	struct core_source *core = context;
	struct answer_line answer;
	struct proof made = {0};
	struct ask_proof ask = {of == SOURCE_INCLUSION ? ASK_PROOF_OF_INCLUSION : ASK_PROOF_OF_CONSISTENCY,
				(int64_t)from, (int64_t)to};
	asker_forget(&core->asker);
	int failed = asker_ask_one(&core->asker, &(struct ask_line){.kind = ASK_LINE_PROOF, .proof = ask},
				   ANSWER_LINE_PROOF, &answer, error);
	if (failed < 0)
		return failed;
	for (size_t i = 0; i < answer.proof.hashes.n; i++)
		if (!note_hash_read(answer.proof.hashes.at[i], &made.at[made.n++]))
			return error_set(error, ERROR_GONE, "the core sent a hash that is none");
	*ret_proof = made;
	return 0;
}

/* Names come in pages: the next one is asked for when this one is used up. */
static int next_blob(void *context, struct str after, struct journal_blob_name *ret_name, struct error *error)
{
	struct core_source *core = context;
	struct answer_line answer;
	asker_forget(&core->asker);
	if (core->names_at == core->n_names) {
		struct ask_line ask = {.kind = ASK_LINE_BLOB_NAMES, .blob_names = {after}};
		int failed = asker_ask_one(&core->asker, &ask, ANSWER_LINE_BLOB_NAMES, &answer, error);
		if (failed < 0)
			return failed;
		core->names_at = 0;
		core->n_names = answer.blob_names.blobs.n;
		for (size_t i = 0; i < core->n_names; i++) {
			const struct answer_blob_name *from = &answer.blob_names.blobs.at[i];
			struct journal_blob_name *to = &core->names[i];
			memcpy(to->hash, from->hash.at, sizeof to->hash);
			memcpy(to->owner, from->owner.at, from->owner.len);
			to->owner_len = from->owner.len;
		}
	}
	if (core->names_at == core->n_names)
		return 0;
	*ret_name = core->names[core->names_at++];
	return 1;
}

static int get_blob(void *context, struct str hash, struct arena *arena, struct str *ret_data, struct error *error)
{
	struct core_source *core = context;
	struct answer_line answer = {.file = {.of = 1}};
	struct buf data = {.at = arena_take(arena, JOURNAL_BLOB_BYTES_MAX, 1), .size = JOURNAL_BLOB_BYTES_MAX};
	for (int64_t part = 1, of = 1; part <= of; part++) {
		struct ask_line ask = {.kind = ASK_LINE_BLOB_PART, .blob_part = {hash, part}};
		asker_forget(&core->asker);
		int failed = asker_ask(&core->asker, &ask, error);
		if (failed == 0)
			failed = asker_next(&core->asker, &answer, error);
		if (failed < 0 || answer.kind == ANSWER_LINE_END)
			return failed;
		if (answer.kind != ANSWER_LINE_FILE || answer.file.part != part)
			return error_set(error, ERROR_GONE, "the core answered something else than it was asked");
		of = answer.file.of;
		buf_put_str(&data, answer.file.data);
	}
	if (data.over)
		return error_set(error, ERROR_LIMIT, "a file is longer than %d bytes", JOURNAL_BLOB_BYTES_MAX);
	*ret_data = buf_str(&data);
	return 1;
}

static void close_core(void *context)
{
	struct core_source *core = context;
	asker_release(&core->asker);
	free(core);
}

static const struct source_verbs verbs = {get_checkpoint, get_entries, get_cosigned, get_proof,
					  next_blob,	  get_blob,    close_core};

int source_open(struct source *ret_source, const struct note_key *key, struct error *error)
{
	struct core_source *core = calloc(1, sizeof *core);
	ASSERT(core);
	int failed = asker_connect(&core->asker, error);
	if (failed == 0) {
		*ret_source = (struct source){core, &verbs};
		return 0;
	}
	free(core);
	return failed == ERROR_GONE ? source_of_journal(ret_source, "journal.db", key, error) : failed;
}
