#include "tlog/cosign.h"

#include "base/clock.h"
#include "base/log.h"
#include "tlog/add_checkpoint.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <poll.h>

enum { MS = 1000, ATTEMPTS_MAX = 3, PATH_BYTES = 96, SAYS_BYTES = 240 };

/* How it stands with a witness. */
struct witnessed {
	uint64_t size;	     /* that it has cosigned, as we know */
	int64_t due_us;	     /* when it may be asked again */
	int64_t cosigned_us; /* when it last cosigned, 0: not in this process's life */
	int64_t reached_us;
	int64_t backoff_ms;
	char says[SAYS_BYTES];
};

struct cosigning {
	struct asker *core;
	struct cosign_http *http;
	const struct mission_file *mission;
	struct witnessed standings[MISSION_WITNESSES_MAX];
	uint64_t size; /* of the newest checkpoint */
	char note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note;
	char request_bytes[ADD_CHECKPOINT_BYTES_MAX];
	struct cosign_reply reply;
};

static struct str name_of(const struct cosigning *c, size_t i)
{
	return note_key_name(&c->mission->witnesses[i].key);
}

/* The core */

static int look(struct cosigning *c, struct error *error)
{
	struct answer_line answer;
	asker_forget(c->core);
	int failed = asker_ask_one(c->core, &(struct ask_line){.kind = ASK_LINE_CHECKPOINT}, ANSWER_LINE_CHECKPOINT,
				   &answer, error);
	if (failed < 0)
		return failed;
	c->size = (uint64_t)answer.checkpoint.size;
	c->note = BUF(c->note_bytes);
	buf_put_str(&c->note, answer.checkpoint.note);
	return 0;
}

/* What each witness has cosigned before this process began. */
static int recall(struct cosigning *c, struct error *error)
{
	struct answer_line answer = {0};
	int failed = asker_ask(c->core, &(struct ask_line){.kind = ASK_LINE_COSIGNATURES}, error);
	while (failed == 0 && answer.kind != ANSWER_LINE_END) {
		failed = asker_next(c->core, &answer, error);
		for (size_t i = 0; failed == 0 && answer.kind == ANSWER_LINE_COSIGNED && i < c->mission->n_witnesses;
		     i++)
			if (str_eq(name_of(c, i), answer.cosigned.witness))
				c->standings[i].size = (uint64_t)answer.cosigned.size;
	}
	return failed;
}

/* Tells the core something; 1 it took it, 0 it did not, for the reason in `error`; or the error. */
static int tell(struct cosigning *c, const struct ask_line *line, struct error *error)
{
	struct answer_line answer;
	asker_forget(c->core);
	int failed = asker_ask_one(c->core, line, ANSWER_LINE_KEPT, &answer, error);
	return failed == 0 ? 1 : failed == ERROR_INPUT ? 0 : failed;
}

static int say(struct cosigning *c, size_t i, const char *words, struct error *error)
{
	struct witnessed *standing = &c->standings[i];
	if (strcmp(standing->says, words) == 0)
		return 0;
	snprintf(standing->says, sizeof standing->says, "%s", words);
	char witness[LOG_NAME_BYTES_MAX + 1];
	struct error why;
	snprintf(witness, sizeof witness, STR_FMT, STR_ARG(name_of(c, i)));
	error_set(&why, ERROR_GONE, "%s", words);
	if (*words)
		LOG(witness_trouble, .witness = witness, .why = &why);
	else
		LOG(witness_well, .witness = witness);
	struct ask_witness_state state = {name_of(c, i), str_of(standing->says)};
	int told = tell(c, &(struct ask_line){.kind = ASK_LINE_WITNESS_STATE, .witness_state = state}, error);
	return told < 0 ? told : 0;
}

/* Something is wrong with this witness: told in words, and tried again later. */
static int put_off(struct cosigning *c, size_t i, const char *words, struct error *error)
{
	struct witnessed *standing = &c->standings[i];
	int64_t twice = 2 * standing->backoff_ms;
	standing->backoff_ms = twice == 0		       ? COSIGN_BACKOFF_MS_MIN
			       : twice < COSIGN_BACKOFF_MS_MAX ? twice
							       : COSIGN_BACKOFF_MS_MAX;
	standing->due_us = clock_elapsed_us() + standing->backoff_ms * MS;
	return say(c, i, words, error);
}

/* What a witness shows when it does not believe us */

static int show_core(struct cosigning *c, size_t i, const char *otherwise, struct error *error)
{
	struct ask_witness_ahead ahead = {name_of(c, i), buf_str(&c->reply.body)};
	struct ask_line line = {.kind = ASK_LINE_WITNESS_AHEAD, .witness_ahead = ahead};
	int taken = tell(c, &line, error);
	if (taken < 0)
		return taken;
	return put_off(c, i, taken > 0 ? "shows another history of this mission, under our own signature" : otherwise,
		       error);
}

/* Where a witness shows what it has cosigned: /SHA-256 of the origin/checkpoint. */
static void put_path(const struct cosigning *c, struct buf *path)
{
	uint8_t digest[MERKLE_HASH_BYTES];
	struct str origin, rest;
	bool is_there = str_cut(buf_str(&c->note), '\n', &origin, &rest);
	int done = is_there && EVP_Digest(origin.at, origin.len, digest, NULL, EVP_sha256(), NULL);
	ASSERT(done == 1);
	buf_put_char(path, '/');
	buf_put_hex(path, digest, sizeof digest);
	buf_put_str(path, STR("/checkpoint"));
	buf_put_char(path, 0);
}

/* The witness's word, and what it shows for it. */
static int look_into(struct cosigning *c, size_t i, const char *word, struct error *error)
{
	char path_bytes[PATH_BYTES];
	struct buf path = BUF(path_bytes);
	struct error why;
	put_path(c, &path);
	bool is_shown = cosign_http_ask(c->http, i, path_bytes, (struct str){0}, &c->reply, &why) == 0 &&
			c->reply.status == 200 && str_is_utf8(buf_str(&c->reply.body)) &&
			c->reply.body.len <= COSIGN_SHOWN_BYTES_MAX;
	return is_shown ? show_core(c, i, word, error) : put_off(c, i, word, error);
}

/* Answers */

static int take_cosignature(struct cosigning *c, size_t i, struct error *error)
{
	static char joined_bytes[NOTE_COSIGNED_BYTES_MAX + COSIGN_HTTP_REPLY_BYTES_MAX];
	struct buf joined = BUF(joined_bytes);
	struct witnessed *standing = &c->standings[i];
	const struct note_key *key = &c->mission->witnesses[i].key;
	struct note_line line;
	struct str text;
	buf_put_str(&joined, buf_str(&c->note));
	buf_put_str(&joined, buf_str(&c->reply.body));
	if (note_find(buf_str(&joined), key, &text, &line, NULL) < 0)
		return put_off(
		    c, i, "answers, but not with its signature: see whether its key in mission.yaml is right", error);
	buf_clear(&joined);
	buf_put_str(&joined, buf_str(&c->note));
	buf_put_str(&joined, line.line);
	struct ask_line cosigned = {.kind = ASK_LINE_COSIGNED, .cosigned = {buf_str(&joined)}};
	int taken = tell(c, &cosigned, error);
	if (taken < 0)
		return taken;
	if (taken == 0)
		return put_off(c, i, "cosigned, and the core did not take it", error);
	standing->size = c->size;
	standing->backoff_ms = 0;
	standing->cosigned_us = clock_elapsed_us();
	standing->due_us = standing->cosigned_us + COSIGN_BETWEEN_MS * INT64_C(1000);
	return say(c, i, "", error);
}

/* "1234\n" of the type that says so. */
static bool is_size(const struct cosign_reply *reply, uint64_t *ret_size)
{
	struct str number, rest;
	int64_t size;
	if (strcmp(reply->type, "text/x.tlog.size") != 0 || !str_cut(buf_str(&reply->body), '\n', &number, &rest) ||
	    rest.len > 0 || !str_to_i64(number, 0, INT64_MAX, &size))
		return false;
	*ret_size = (uint64_t)size;
	return true;
}

static const struct {
	long status;
	const char *words;
} refusals[] = {
    {403, "does not accept our signature: its keeper has another key of this mission"},
    {404, "does not know this mission: give its keeper the line of keys/journal.vkey"},
    {422, "says that our record does not grow out of what it has cosigned"},
    {429, "is asked too often"},
};

static int refused(struct cosigning *c, size_t i, struct error *error)
{
	char words[SAYS_BYTES];
	snprintf(words, sizeof words, "answers %ld", c->reply.status);
	for (size_t k = 0; k < ARRAY_LEN(refusals); k++)
		if (refusals[k].status == c->reply.status)
			snprintf(words, sizeof words, "%s", refusals[k].words);
	bool is_of_history = c->reply.status == 422 || c->reply.status == 409;
	return is_of_history ? look_into(c, i, words, error) : put_off(c, i, words, error);
}

/* The witness has cosigned another size: 1 when it is worth another attempt. */
static int resize(struct cosigning *c, size_t i, uint64_t size, struct error *error)
{
	struct witnessed *standing = &c->standings[i];
	char words[SAYS_BYTES];
	bool is_news = size != standing->size;
	int failed = size > c->size ? look(c, error) : 0;
	if (failed < 0)
		return failed;
	standing->size = size;
	if (size <= c->size && is_news)
		return 1;
	snprintf(words, sizeof words, "says that it has cosigned %" PRIu64 " entries, and there are %" PRIu64, size,
		 c->size);
	return look_into(c, i, words, error);
}

static int make_request(struct cosigning *c, size_t i, struct str *ret_body, struct error *error)
{
	struct add_checkpoint request = {.old = c->standings[i].size, .note = buf_str(&c->note)};
	struct ask_proof ask = {ASK_PROOF_OF_CONSISTENCY, (int64_t)request.old, (int64_t)c->size};
	struct answer_line answer;
	struct buf b = BUF(c->request_bytes);
	int failed = 0;
	asker_forget(c->core);
	if (request.old > 0 && request.old < c->size) {
		failed = asker_ask_one(c->core, &(struct ask_line){.kind = ASK_LINE_PROOF, .proof = ask},
				       ANSWER_LINE_PROOF, &answer, error);
		for (size_t k = 0; failed == 0 && k < answer.proof.hashes.n; k++)
			if (!note_hash_read(answer.proof.hashes.at[k], &request.proof.at[request.proof.n++]))
				failed = error_set(error, ERROR_GONE, "the core sent a hash that is none");
	}
	if (failed < 0)
		return failed;
	add_checkpoint_write(&b, &request);
	*ret_body = buf_str(&b);
	return 0;
}

/* One request to one witness: 1 when another one is worth it at once. */
static int attempt(struct cosigning *c, size_t i, struct error *error)
{
	struct str body;
	struct error why;
	uint64_t size;
	int failed = make_request(c, i, &body, error);
	if (failed < 0)
		return failed;
	if (cosign_http_ask(c->http, i, "/add-checkpoint", body, &c->reply, &why) < 0) {
		char words[SAYS_BYTES];
		snprintf(words, sizeof words, "cannot be reached: %.200s", why.what);
		return put_off(c, i, words, error);
	}
	c->standings[i].reached_us = clock_elapsed_us();
	if (c->reply.status == 200)
		return take_cosignature(c, i, error);
	if (c->reply.status == 409 && is_size(&c->reply, &size))
		return resize(c, i, size, error);
	return refused(c, i, error);
}

/* What a witness says it has cosigned may be more than there is: nothing can be sent to it, but what it shows can be
 * looked at. */
static int ask_witness(struct cosigning *c, size_t i, struct error *error)
{
	struct witnessed *standing = &c->standings[i];
	int more = 1;
	if (standing->size > c->size)
		standing->size = 0; /* it will say again what it has */
	for (int n = 0; n < ATTEMPTS_MAX && more == 1; n++)
		more = attempt(c, i, error);
	if (more == 1)
		more = put_off(c, i, "says another size each time", error);
	return more;
}

static bool is_due(const struct cosigning *c, const struct witnessed *standing, int64_t now_us)
{
	bool is_old = standing->size != c->size || standing->cosigned_us == 0 ||
		      now_us - standing->cosigned_us > COSIGN_AGAIN_MS * INT64_C(1000);
	return c->size > 0 && is_old && standing->due_us <= now_us;
}

/* The loop */

static bool is_lost(const struct cosigning *c)
{
	int64_t now_us = clock_elapsed_us();
	for (size_t i = 0; i < c->mission->n_witnesses; i++)
		if (c->standings[i].backoff_ms > 0 &&
		    now_us - c->standings[i].reached_us > COSIGN_LOST_MS * INT64_C(1000))
			return true;
	return false;
}

int cosign_run(struct asker *core, struct cosign_http *http, const struct mission_file *mission, struct error *error)
{
	static struct cosigning c;
	c = (struct cosigning){.core = core, .http = http, .mission = mission};
	for (size_t i = 0; i < mission->n_witnesses; i++)
		c.standings[i].reached_us = clock_elapsed_us();
	int failed = recall(&c, error);
	while (failed == 0 && !is_lost(&c)) {
		failed = look(&c, error);
		for (size_t i = 0; i < mission->n_witnesses && failed == 0; i++)
			if (is_due(&c, &c.standings[i], clock_elapsed_us()))
				failed = ask_witness(&c, i, error);
		if (failed == 0)
			poll(NULL, 0, COSIGN_LOOK_MS);
	}
	return failed;
}
