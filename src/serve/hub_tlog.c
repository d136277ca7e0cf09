/* hub_tlog.c: the lines of those who take the record outside (src/schema/contract.yaml: AskRaw to AskWitnessState):
 * exact entries, checkpoints, proofs, and what witnesses answered. */
#include "serve/hub_inner.h"

#include "base/log.h"

enum {
	RAW_BODY_BYTES_MAX = 65000, /* what fits into a line beside its envelope */
	PART_BYTES_MAX = 24000,
	HASH_BASE64_BYTES = 44,
	MS = 1000,
};

static void park(struct hub *hub, unsigned peer, const struct answer_line *line)
{
	struct buf b = hub_park_begin(hub);
	answer_line_write(&b, line);
	hub_park_end(hub, peer, &b);
}

static void bad(struct hub *hub, unsigned peer, const struct error *error)
{
	hub_bad(hub, peer, 0, error->what, error->remedy);
}

/* Who may ask */

static const struct right {
	enum ask_line_kind line;
	bool people, cosign;
} rights[] = {
    {ASK_LINE_RAW, true, false},	   {ASK_LINE_CHECKPOINT, true, true},  {ASK_LINE_COSIGNATURES, true, true},
    {ASK_LINE_PROOF, true, true},	   {ASK_LINE_COSIGNED, true, true},    {ASK_LINE_WITNESS_AHEAD, true, true},
    {ASK_LINE_WITNESS_STATE, false, true}, {ASK_LINE_BLOB_NAMES, true, false}, {ASK_LINE_BLOB_PART, true, false},
};

static const struct right *right_of(enum ask_line_kind line)
{
	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		if (rights[i].line == line)
			return &rights[i];
	return NULL;
}

static bool has_role(const struct peer_asker *asker)
{
	static const struct str roles[] = {
	    {"security_officer", 16},
	    {"auditor", 7},
	    {"administrator", 13},
	};
	for (size_t i = 0; i < asker->n_roles; i++)
		for (size_t k = 0; k < ARRAY_LEN(roles); k++)
			if (str_eq(asker->roles[i], roles[k]))
				return true;
	return false;
}

static bool is_allowed(struct hub *hub, unsigned peer, const struct right *right)
{
	const struct peer_asker *asker = &hub->peers[peer].asker;
	if (asker->is_cosign && right && right->cosign)
		return true;
	if (!asker->is_cosign && right->people && has_role(asker))
		return true;
	if (asker->is_cosign)
		hub_bad(hub, peer, 0, "this is not for the process that talks to witnesses", "Ask as a person.");
	else
		hub_bad(hub, peer, 0, "the whole record is for the security officer, auditors and administrators",
			"Roles stand in mission.yaml, under operators.");
	return false;
}

unsigned hub_attach_cosign(struct hub *hub)
{
	unsigned peer = hub_attach_asker(hub, &(struct hub_person){.login = STR("cosign")});
	if (peer < HUB_PEERS_MAX)
		hub->peers[peer].asker.is_cosign = true;
	return peer;
}

/* Exact entries, in small pieces between turns */

struct raw_piece {
	struct hub *hub;
	unsigned peer;
};

static bool send_parts(struct hub *hub, unsigned peer, uint64_t index, struct str body)
{
	do {
		size_t n = body.len < PART_BYTES_MAX ? body.len : PART_BYTES_MAX;
		struct answer_raw_part part = {(int64_t)index, (int64_t)(body.len - n), {body.at, n}};
		if (!hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_PART, .part = part}))
			return false;
		body = (struct str){body.at + n, body.len - n};
	} while (body.len > 0);
	return true;
}

static int send_raw(void *context, uint64_t index, struct str row)
{
	const struct raw_piece *piece = context;
	struct hub *hub = piece->hub;
	struct str body = row.len > 0 ? row : STR("");
	arena_clear(&hub->piece);
	struct answer_line line = {.kind = ANSWER_LINE_RAW, .raw = {(int64_t)index, body}};
	bool sent = body.len <= RAW_BODY_BYTES_MAX ? hub_asker_send(hub, piece->peer, &line)
						   : send_parts(hub, piece->peer, index, body);
	if (!sent)
		return 1;
	hub->peers[piece->peer].asker.raw.next = index + 1;
	return 0;
}

static struct answer_line checkpoint_line(const struct hub *hub)
{
	struct answer_checkpoint checkpoint = {.size = (int64_t)journal_signed_size(hub->journal),
					       .entries = (int64_t)journal_size(hub->journal),
					       .note = journal_checkpoint(hub->journal)};
	return (struct answer_line){.kind = ANSWER_LINE_CHECKPOINT, .checkpoint = checkpoint};
}

/* The first entry that is not sent now. */
static uint64_t raw_end(const struct hub *hub, const struct peer_raw *raw)
{
	uint64_t size = journal_size(hub->journal);
	return raw->has_to && raw->to < size ? raw->to : size;
}

bool hub_tlog_reads(const struct hub *hub, unsigned peer)
{
	const struct peer_raw *raw = &hub->peers[peer].asker.raw;
	if (!raw->reading)
		return false;
	bool has_end = raw->has_to ? raw->next == raw->to : raw->told != journal_signed_size(hub->journal);
	return raw->next < raw_end(hub, raw) || has_end;
}

int hub_tlog_piece(struct hub *hub, unsigned peer, struct error *error)
{
	struct peer_raw *raw = &hub->peers[peer].asker.raw;
	struct raw_piece piece = {hub, peer};
	uint64_t left = raw_end(hub, raw) - raw->next;
	int stop = journal_read(hub->journal, raw->next, left < HUB_PIECE_ENTRIES ? left : HUB_PIECE_ENTRIES, send_raw,
				&piece, error);
	if (stop != 0 || raw->next < raw_end(hub, raw))
		return stop < 0 ? stop : 0;
	arena_clear(&hub->piece);
	struct answer_line line = {.kind = ANSWER_LINE_END};
	if (raw->has_to && raw->next < raw->to)
		return 0;
	if (raw->has_to) {
		raw->reading = false;
	} else {
		raw->told = journal_signed_size(hub->journal);
		line = checkpoint_line(hub);
	}
	hub_asker_send(hub, peer, &line);
	return 0;
}

static void raw(struct hub *hub, unsigned peer, const struct ask_raw *ask)
{
	uint64_t from = (uint64_t)ask->from, to = (uint64_t)ask->to;
	if (from > journal_size(hub->journal) + hub->n_entries || (ask->has_to && to < from)) {
		hub_bad(hub, peer, 0, "there are not so many entries, or `to` is before `from`",
			"Ask for the checkpoint first: it says how many there are.");
		return;
	}
	hub->peers[peer].asker.raw =
	    (struct peer_raw){.reading = true, .has_to = ask->has_to, .next = from, .to = to, .told = UINT64_MAX};
}

/* Proofs, of what is signed */

static void proof(struct hub *hub, unsigned peer, const struct ask_proof *ask)
{
	uint64_t from = (uint64_t)ask->from, to = (uint64_t)ask->to, is_signed = journal_signed_size(hub->journal);
	struct proof_source source = journal_hashes(hub->journal);
	struct proof made;
	struct error error;
	bool is_inclusion = ask->of == ASK_PROOF_OF_INCLUSION;
	if (to > is_signed || (is_inclusion ? from >= to : from == 0 || from > to)) {
		hub_bad(hub, peer, 0, "no checkpoint is for that many entries, or `from` is not inside them",
			"An entry's number is below `to`; an old size is 1 to `to`; the checkpoint says how many are "
			"signed.");
		return;
	}
	int failed = is_inclusion ? proof_of_inclusion(&source, from, to, &made, &error)
				  : proof_of_consistency(&source, from, to, &made, &error);
	if (failed < 0) {
		bad(hub, peer, &error);
		return;
	}
	struct str *hashes = ARENA_TAKE(&hub->batch, struct str, PROOF_HASHES_MAX);
	for (size_t i = 0; i < made.n; i++) {
		struct buf b = {.at = arena_take(&hub->batch, HASH_BASE64_BYTES, 1), .size = HASH_BASE64_BYTES};
		buf_put_base64(&b, made.at[i].at, MERKLE_HASH_BYTES);
		hashes[i] = buf_str(&b);
	}
	struct answer_proof answer = {{made.n, hashes}};
	park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_PROOF, .proof = answer});
}

/* Witnesses */

static void cosignatures(struct hub *hub, unsigned peer)
{
	struct journal_cosigned row = {0};
	struct error error;
	int found;
	while ((found = journal_next_cosigned(hub->journal, row.witness, &row, &error)) > 0) {
		struct answer_cosigned answer = {row.witness, (int64_t)row.size, row.note};
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_COSIGNED, .cosigned = answer});
	}
	if (found < 0)
		bad(hub, peer, &error);
	else
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_END});
}

/* A failure of the disk ends the process, as one of a batch does (hub_commit). */
static bool is_final(struct hub *hub, int failed, const struct error *error)
{
	if (failed != ERROR_SYSTEM)
		return false;
	hub->failed = failed;
	hub->error = *error;
	return true;
}

/* What time it was when a witness has seen this checkpoint. */
static void tell_time(struct hub *hub, struct str note, const struct hub_witness *witness)
{
	struct str text;
	struct note_line line;
	struct note_checkpoint checkpoint;
	if (note_find(note, &witness->key, &text, &line, NULL) == 0 &&
	    note_checkpoint_parse(text, &checkpoint, NULL) == 0 && line.time_s < JSON_INT_MAX / MS)
		hub_watch_told(hub, witness->name, (int64_t)line.time_s * MS, checkpoint.size);
}

/* Every witness of mission.yaml whose line stands under the note. */
static void cosigned(struct hub *hub, unsigned peer, const struct ask_cosigned *ask)
{
	struct answer_kept kept = {0};
	struct error error, why = {0};
	bool is_of_one = false;
	for (size_t i = 0; i < hub->options.n_witnesses; i++) {
		int done = journal_keep_cosignature(hub->journal, ask->note, &hub->options.witnesses[i].key, &error);
		if (is_final(hub, done, &error))
			return;
		is_of_one |= done >= 0;
		kept.cosignatures += done > 0;
		if (done > 0)
			tell_time(hub, ask->note, &hub->options.witnesses[i]);
		if (done < 0 && why.code != ERROR_RECORD)
			why = error;
	}
	if (is_of_one) {
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_KEPT, .kept = kept});
		return;
	}
	if (hub->options.n_witnesses == 0) {
		error_set(&why, ERROR_INPUT, "this mission has no witnesses");
		error_remedy(&why, "Name them in mission.yaml, under witnesses.");
	}
	bad(hub, peer, &why);
}

static void stop_signing(struct hub *hub, struct str witness, const struct note_checkpoint *checkpoint)
{
	struct hub_ahead *ahead = &hub->ahead;
	journal_stop_signing(hub->journal);
	ahead->is_set = true;
	ahead->size = checkpoint->size;
	ahead->root = checkpoint->root;
	ahead->witness_len = witness.len;
	memcpy(ahead->witness, witness.at, witness.len);
	struct buf b = arena_buf(&hub->batch);
	record_stop_signing_write(&b, &(struct record_stop_signing){witness, (int64_t)checkpoint->size});
	hub_start(hub, STR("record.stop_signing"), arena_keep(&hub->batch, &b));
	LOG(witness_ahead, .size = (int64_t)checkpoint->size,
	    .signed_size = (int64_t)journal_signed_size(hub->journal));
}

/* Only our own signature convinces: a witness's word alone would let it silence the mission. */
static void witness_ahead(struct hub *hub, unsigned peer, const struct ask_witness_ahead *ask)
{
	struct note_checkpoint checkpoint;
	struct error error;
	int is_ours = journal_has_signed(hub->journal, ask->note, &checkpoint, &error);
	if (is_ours < 0) {
		bad(hub, peer, &error);
		return;
	}
	if (is_ours > 0) {
		hub_bad(hub, peer, 0, "this checkpoint is of our own tree: nobody is ahead", "Go on.");
		return;
	}
	if (!hub->ahead.is_set)
		stop_signing(hub, ask->witness, &checkpoint);
	park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_KEPT});
}

static void witness_state(struct hub *hub, unsigned peer, const struct ask_witness_state *ask)
{
	for (size_t i = 0; i < hub->options.n_witnesses; i++) {
		struct hub_says *says = &hub->witness_says[i];
		if (!str_eq(note_key_name(&hub->options.witnesses[i].key), ask->witness))
			continue;
		says->len = ask->says.len;
		if (says->len > 0)
			memcpy(says->at, ask->says.at, says->len);
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_KEPT});
		return;
	}
	hub_bad(hub, peer, 0, "mission.yaml names no such witness", "Say the name of its key.");
}

static void put_witness(struct hub *hub, size_t i, struct answer_witness *ret_row)
{
	const struct hub_witness *witness = &hub->options.witnesses[i];
	const struct hub_says *says = &hub->witness_says[i];
	struct journal_cosigned kept = {0};
	struct str text;
	struct note_line line;
	*ret_row = (struct answer_witness){.name = witness->name, .says = {says->at, says->len}};
	while (journal_next_cosigned(hub->journal, kept.witness, &kept, NULL) > 0) {
		if (!str_eq(kept.witness, note_key_name(&witness->key)) ||
		    note_find(kept.note, &witness->key, &text, &line, NULL) < 0)
			continue;
		ret_row->size = (int64_t)kept.size;
		ret_row->has_time = line.time_s < JSON_INT_MAX / MS;
		ret_row->time = ret_row->has_time ? (int64_t)line.time_s * MS : 0;
		return;
	}
}

void hub_tlog_status(struct hub *hub, bool sees, struct answer_status *status)
{
	const struct hub_ahead *ahead = &hub->ahead;
	size_t n = hub->options.n_witnesses;
	struct answer_witness *rows = ARENA_TAKE(&hub->batch, struct answer_witness, n);
	for (size_t i = 0; i < n; i++) {
		put_witness(hub, i, &rows[i]);
		rows[i].has_size = sees;
	}
	status->has_signed_size = sees;
	status->signed_size = (int64_t)journal_signed_size(hub->journal);
	status->signing = journal_is_signing(hub->journal);
	status->witnesses = (struct answer_witness_list){n, rows};
	status->has_ahead = sees && ahead->is_set;
	status->ahead = (struct answer_ahead){.witness = {ahead->witness, ahead->witness_len},
					      .size = (int64_t)ahead->size,
					      .root = {(const char *)ahead->root.at, MERKLE_HASH_BYTES}};
}

bool hub_tlog_line(struct hub *hub, unsigned peer, const struct ask_line *asked)
{
	const struct right *right = right_of(asked->kind);
	if (!right && !hub->peers[peer].asker.is_cosign)
		return false;
	if (!is_allowed(hub, peer, right))
		return true;
	struct answer_line checkpoint = checkpoint_line(hub);
	if (asked->kind == ASK_LINE_RAW)
		raw(hub, peer, &asked->raw);
	else if (asked->kind == ASK_LINE_BLOB_NAMES)
		hub_blob_names(hub, peer, &asked->blob_names);
	else if (asked->kind == ASK_LINE_BLOB_PART)
		hub_blob_part(hub, peer, &asked->blob_part);
	else if (asked->kind == ASK_LINE_CHECKPOINT)
		park(hub, peer, &checkpoint);
	else if (asked->kind == ASK_LINE_COSIGNATURES)
		cosignatures(hub, peer);
	else if (asked->kind == ASK_LINE_PROOF)
		proof(hub, peer, &asked->proof);
	else if (asked->kind == ASK_LINE_COSIGNED)
		cosigned(hub, peer, &asked->cosigned);
	else if (asked->kind == ASK_LINE_WITNESS_AHEAD)
		witness_ahead(hub, peer, &asked->witness_ahead);
	else
		witness_state(hub, peer, &asked->witness_state);
	return true;
}
