#include "tlog/witness.h"

#include <sodium.h>

enum {
	OK = 200,
	BAD_REQUEST = 400,
	FORBIDDEN = 403,
	NOT_FOUND = 404,
	CONFLICT = 409,
	UNPROCESSABLE = 422,
	TIME_S_MIN = 1, /* a cosignature without a time says nothing */
};

static void begin(struct witness_answer *answer, int status, const char *type)
{
	answer->status = status;
	answer->type = type;
	answer->body = BUF(answer->bytes);
}

void witness_answer_say(struct witness_answer *answer, int status, const char *words)
{
	begin(answer, status, "text/plain; charset=utf-8");
	buf_put_str(&answer->body, str_of(words));
	buf_put_char(&answer->body, '\n');
}

/* The request, understood */

struct asked {
	struct add_checkpoint request;
	struct note_checkpoint checkpoint;
	struct str text;	    /* of the checkpoint */
	struct note_line line;	    /* the log's under it */
	struct witness_seen before; /* what was cosigned last */
	bool has_before;
};

static const struct witness_log *find_log(const struct witness *witness, struct str origin)
{
	for (size_t i = 0; i < witness->n_logs; i++)
		if (str_eq(witness->logs[i].origin, origin))
			return &witness->logs[i];
	return NULL;
}

/* The checks that need no memory, in the order of the specification. True when they all passed. */
static bool is_signed(const struct witness *witness, struct str body, struct asked *asked,
		      struct witness_answer *answer)
{
	struct error why;
	struct str origin, rest;
	int failed = add_checkpoint_parse(body, &asked->request, &why);
	if (failed < 0 || !str_cut(asked->request.note, '\n', &origin, &rest)) {
		witness_answer_say(answer, BAD_REQUEST, failed < 0 ? why.what : "there is no checkpoint");
		return false;
	}
	const struct witness_log *log = find_log(witness, origin);
	if (!log) {
		witness_answer_say(answer, NOT_FOUND, "this witness does not know that origin");
		return false;
	}
	failed = note_find(asked->request.note, &log->key, &asked->text, &asked->line, &why);
	if (failed == 0)
		failed = note_checkpoint_parse_any(asked->text, &asked->checkpoint, &why);
	if (failed < 0) {
		witness_answer_say(answer, failed == ERROR_CRYPTO ? FORBIDDEN : BAD_REQUEST, why.what);
		return false;
	}
	if (asked->request.old > asked->checkpoint.size) {
		witness_answer_say(answer, BAD_REQUEST, "the old size is greater than the checkpoint's");
		return false;
	}
	return true;
}

static void say_size(struct witness_answer *answer, uint64_t size)
{
	begin(answer, CONFLICT, "text/x.tlog.size");
	buf_put_u64(&answer->body, size);
	buf_put_char(&answer->body, '\n');
}

/* What is wrong with the growth from the old size to the checkpoint, or NULL. */
static const char *wrong_growth(const struct asked *asked)
{
	const struct note_checkpoint *to = &asked->checkpoint;
	const struct proof *proof = &asked->request.proof;
	struct merkle_hash empty = merkle_empty();
	if (to->size == 0 && !merkle_eq(&to->root, &empty))
		return "the root of a tree without entries is another one";
	if (asked->request.old == 0)
		return proof->n == 0 ? NULL : "from size 0 there is nothing to prove";
	if (asked->request.old == to->size && !merkle_eq(&to->root, &asked->before.root))
		return "this witness has cosigned another root for that size";
	if (!proof_has_consistency(proof, asked->request.old, to->size, &asked->before.root, &to->root))
		return "the proof does not lead from what was cosigned to this checkpoint";
	return NULL;
}

/* Answers with the cosignature's line, once the note with it is on the disk. */
static int cosign(struct witness *witness, const struct asked *asked, struct witness_answer *answer,
		  struct error *error)
{
	static uint8_t note_bytes[2 * NOTE_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	uint64_t newest_s = witness_state_time(witness->state);
	int64_t now_s = witness->now_s();
	struct witness_seen seen = {.size = asked->checkpoint.size, .root = asked->checkpoint.root, .time_s = newest_s};
	if (now_s > 0 && (uint64_t)now_s > seen.time_s)
		seen.time_s = (uint64_t)now_s;
	if (seen.time_s < TIME_S_MIN)
		seen.time_s = TIME_S_MIN;
	begin(answer, OK, "text/plain; charset=utf-8");
	note_cosign(&answer->body, &witness->signer, asked->text, seen.time_s);
	buf_put_str(&note, asked->text);
	buf_put_char(&note, '\n');
	buf_put_str(&note, asked->line.line);
	buf_put_str(&note, buf_str(&answer->body));
	ASSERT(!note.over && !answer->body.over);
	int done = witness_state_advance(witness->state, asked->checkpoint.origin,
					 asked->has_before ? &asked->before : NULL, &seen, buf_str(&note), error);
	ASSERT(done != 0); /* nobody else writes */
	return done < 0 ? done : 0;
}

int witness_add_checkpoint(struct witness *witness, struct str body, struct witness_answer *ret_answer,
			   struct error *error)
{
	struct asked asked = {0};
	if (!is_signed(witness, body, &asked, ret_answer))
		return 0;
	int found = witness_state_get(witness->state, asked.checkpoint.origin, &asked.before, NULL, error);
	if (found < 0)
		return found;
	asked.has_before = found > 0;
	if (asked.request.old != asked.before.size) {
		say_size(ret_answer, asked.before.size);
		return 0;
	}
	const char *wrong = wrong_growth(&asked);
	if (wrong) {
		witness_answer_say(ret_answer, UNPROCESSABLE, wrong);
		return 0;
	}
	return cosign(witness, &asked, ret_answer, error);
}

static bool has_hash(struct str origin, struct str hash)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex_bytes[2 * sizeof digest];
	struct buf hex = BUF(hex_bytes);
	crypto_hash_sha256(digest, (const uint8_t *)origin.at, origin.len);
	buf_put_hex(&hex, digest, sizeof digest);
	return str_eq(buf_str(&hex), hash);
}

int witness_get_checkpoint_of(struct witness *witness, struct str origin, struct witness_answer *ret_answer,
			      struct error *error)
{
	struct witness_seen seen;
	begin(ret_answer, OK, "text/plain; charset=utf-8");
	int found = witness_state_get(witness->state, origin, &seen, &ret_answer->body, error);
	ASSERT(!ret_answer->body.over);
	if (found == 0)
		witness_answer_say(ret_answer, NOT_FOUND, "this witness has cosigned no such log");
	return found < 0 ? found : 0;
}

int witness_get_checkpoint(struct witness *witness, struct str origin_hash, struct witness_answer *ret_answer,
			   struct error *error)
{
	for (size_t i = 0; i < witness->n_logs; i++)
		if (has_hash(witness->logs[i].origin, origin_hash))
			return witness_get_checkpoint_of(witness, witness->logs[i].origin, ret_answer, error);
	witness_answer_say(ret_answer, NOT_FOUND, "this witness has cosigned no such log");
	return 0;
}
