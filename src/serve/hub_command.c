/* hub_command.c: what askers ask to be done. Before the core decides: how often it was asked for, whether a passkey's owner asserts it, whether
 * it is a second person's agreement, or an undoing; each of them enters the record as `checked`. */
#include "serve/hub_inner.h"

#include "schema/text.h"
#include "serve/assertion.h"
#include "serve/bodies.h"

enum { MS = 1000, NONCE_LIFE_US = 120 * 1000 * 1000 };

/* One command on its way, and what was checked of it. */
struct asked {
	unsigned peer;
	struct str line; /* for places in it; empty when the body is not the asker's own */
	struct str name, body;
	const struct assertion *assertion;
	struct turn_checked was;
	uint64_t approves; /* the entry that asked, when was.pending is set */
	int64_t asked_wall;
	const uint64_t *undoes; /* the entry, or NULL */
	bool from_record;	/* the body was read from the journal: numbers stand in it where secrets were */
};

/* What was checked, for the record */

static void put_roles(struct buf *b, const struct peer_asker *asker)
{
	BUF_LIT(b, "{\"uid\":");
	buf_put_u64(b, asker->uid);
	BUF_LIT(b, ",\"roles\":[");
	for (size_t i = 0; i < asker->n_roles; i++) {
		if (i > 0)
			buf_put_char(b, ',');
		json_put_text(b, asker->roles[i]);
	}
	buf_put_char(b, ']');
}

static struct str checked_json(struct hub *hub, const struct peer_asker *asker, const struct asked *asked)
{
	struct buf b = arena_buf(&hub->batch);
	put_roles(&b, asker);
	if (asked->was.asserted) {
		BUF_LIT(&b, ",\"asserted\":");
		buf_put_u64(&b, asked->was.passkey);
		BUF_LIT(&b, ",\"counter\":");
		buf_put_i64(&b, asked->was.counter);
	}
	if (asked->was.pending != 0) {
		BUF_LIT(&b, ",\"pending\":");
		buf_put_u64(&b, asked->was.pending);
		BUF_LIT(&b, ",\"asked\":{\"entry\":");
		buf_put_u64(&b, asked->approves);
		BUF_LIT(&b, ",\"login\":");
		json_put_text(&b, asked->was.asked_by);
		BUF_LIT(&b, ",\"wall\":");
		buf_put_i64(&b, asked->asked_wall);
		BUF_LIT(&b, "}");
	}
	if (asked->undoes) {
		BUF_LIT(&b, ",\"undoes\":");
		buf_put_u64(&b, *asked->undoes);
	}
	if (asked->was.staged.len > 0) {
		BUF_LIT(&b, ",\"staged\":");
		json_put_text(&b, asked->was.staged);
	}
	BUF_LIT(&b, "}");
	return arena_keep(&hub->batch, &b);
}

/* How often */

static struct hub_rate *rate_of(struct hub *hub, const struct input_type *type, uint64_t who, int64_t now_us)
{
	struct hub_rate *free = NULL, *oldest = &hub->rates[0];
	for (size_t i = 0; i < RATES_MAX; i++) {
		struct hub_rate *rate = &hub->rates[i];
		bool over = !rate->type || now_us - rate->begin_us >= rate->type->rate_every * MS;
		if (!over && rate->type == type && rate->who == who)
			return rate;
		if (over)
			free = rate;
		if (rate->begin_us < oldest->begin_us)
			oldest = rate;
	}
	/* So many at once that no row is free: the oldest gives way. */
	free = free ? free : oldest;
	*free = (struct hub_rate){type, who, now_us, 0};
	return free;
}

/* Counted, not entered. */
static bool is_too_often(struct hub *hub, unsigned peer, const struct input_type *type)
{
	const struct hub_outside *outside = &hub->options.outside;
	const struct peer_asker *asker = &hub->peers[peer].asker;
	if (type->rate_times == 0)
		return false;
	int64_t now_us = outside->elapsed_us(outside->context);
	struct hub_rate *rate = rate_of(hub, type, str_hash(asker->viewer.login), now_us);
	if (rate->times < type->rate_times) {
		rate->times++;
		return false;
	}
	struct answer_busy busy = {type->rate_every - (now_us - rate->begin_us) / MS};
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_BUSY, .busy = busy});
	return true;
}

/* Passkeys */

void hub_command_nonce(struct hub *hub, unsigned peer)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct peer_asker *asker = &hub->peers[peer].asker;
	outside->salt(outside->context, asker->nonce, NONCE_BYTES / 2);
	outside->salt(outside->context, asker->nonce + NONCE_BYTES / 2, NONCE_BYTES / 2);
	asker->nonce_until_us = outside->elapsed_us(outside->context) + NONCE_LIFE_US;
	struct answer_nonce nonce = {{(const char *)asker->nonce, NONCE_BYTES}};
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_NONCE, .nonce = nonce});
}

static const struct passkey *find_passkey(const struct state *state, struct str login, struct str credential)
{
	const struct passkey *row = passkey_by_credential(state, credential);
	return row && str_eq(text_str(row->login), login) ? row : NULL;
}

/* NULL when the assertion is good, else what is wrong with it. A nonce is used up either way. */
static const char *check_assertion(struct hub *hub, unsigned peer, struct asked *asked)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct peer_asker *asker = &hub->peers[peer].asker;
	const struct passkey *passkey =
	    find_passkey(&hub->core.state, asker->viewer.login, asked->assertion->credential);
	bool fresh = asker->nonce_until_us > outside->elapsed_us(outside->context);
	asker->nonce_until_us = 0;
	if (!passkey)
		return "that passkey is not one of yours";
	if (!fresh)
		return "its nonce was used already or is older than two minutes";
	struct assertion_asked about = {.name = asked->name,
					.body = asked->body,
					.nonce = {(const char *)asker->nonce, NONCE_BYTES},
					.key = text_str(passkey->key),
					.counter = passkey->counter};
	const char *wrong = assertion_check(asked->assertion, &about, &hub->batch, &asked->was.counter);
	asked->was.asserted = !wrong;
	asked->was.passkey = passkey->passkey;
	return wrong;
}

/* The turn */

static bool keep_secret(void *context, bool door, struct str secret, uint64_t *ret_number)
{
	return hub_keep_secret(context, door, secret, ret_number);
}

static bool has_blob(void *context, struct str hash)
{
	return hub_has_blob(context, hash);
}

void hub_command_done(struct hub *hub, unsigned peer, uint64_t entry, uint64_t pending, struct str gives)
{
	struct answer_done done = {.has_entry = viewer_sees_record(&hub->peers[peer].asker.viewer),
				   .entry = (int64_t)entry,
				   .at = hub_cursor(hub, entry, &hub->batch),
				   .has_pending = pending != 0,
				   .pending = pending,
				   .gives = gives};
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_DONE, .done = done});
}

static void answer(struct hub *hub, const struct asked *asked, const struct core_result *result)
{
	const struct peer_asker *asker = &hub->peers[asked->peer].asker;
	if (result->verdict == CORE_BAD) {
		size_t offset = asked->line.len ? hub_offset(asked->line, asked->body, result->offset) : 0;
		hub_bad(hub, asked->peer, offset, result->what,
			"`chancery help` lists the commands and their members.");
	} else if (result->verdict == CORE_REFUSED) {
		struct answer_refused refused = {viewer_sees_record(&asker->viewer), (int64_t)result->index,
						 hub_cursor(hub, result->index, &hub->batch), result->refusal,
						 result->refusal_takes};
		hub_asker_park(hub, asked->peer,
			       &(struct answer_line){.kind = ANSWER_LINE_REFUSED, .refused = refused});
	} else if (!hub_rekey_holds(hub, asked->peer, asked->name, asked->body, result->index)) {
		hub_command_done(hub, asked->peer, result->index, result->pending, result->gives);
	}
}

static void decide(struct hub *hub, struct asked *asked)
{
	const struct peer_asker *asker = &hub->peers[asked->peer].asker;
	struct json_secrets secrets = {hub, keep_secret};
	struct core_input input = {.kind = ENTRY_INPUT_KIND_COMMAND,
				   .name = asked->name,
				   .body = asked->body,
				   .from = {.kind = ENTRY_FROM_OPERATOR},
				   .checked = checked_json(hub, asker, asked),
				   .was = asked->was,
				   .roles = asker->roles,
				   .n_roles = asker->n_roles,
				   .secrets = asked->from_record ? NULL : &secrets,
				   .has_blob = has_blob,
				   .context = hub};
	struct core_result result;
	input.from.operator.login = asker->viewer.login;
	bool decided = hub_turn(hub, &input, &result);
	hub_settle_secrets(hub, result.verdict == CORE_DONE);
	if (decided)
		answer(hub, asked, &result);
	else
		hub_bad(hub, asked->peer, 0, "this command has ended the core twice and was not decided a third time",
			"The record says so; `chancery doctor` tells where the reports of the crashes lie.");
	hub_driver_readers_changed(hub, asked->name);
}

/* What stands before the turn. A command that saves life passes all of it. */
static void ask(struct hub *hub, struct asked *asked)
{
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, asked->name);
	if (type && !type->life_safety) {
		if (hub_space_is_low(hub)) {
			hub_bad(hub, asked->peer, 0, "the disk is nearly full: only what keeps people safe is taken",
				"Free room on the disk of the mission's directory; `chancery doctor` says how much.");
			return;
		}
		if (is_too_often(hub, asked->peer, type))
			return;
	}
	const char *wrong = asked->assertion ? check_assertion(hub, asked->peer, asked) : NULL;
	if (wrong) {
		hub_bad(hub, asked->peer, 0, wrong,
			"Use one that is enrolled for you, with a nonce that was asked for just now.");
		return;
	}
	if (type && hub_stage_is_asked_for(hub, asked->peer, type, asked->body, &asked->was))
		return; /* the answer comes when they are searched */
	decide(hub, asked);
}

void hub_command(struct hub *hub, unsigned peer, struct str line, const struct ask_command *command)
{
	struct asked asked = {.peer = peer,
			      .line = line,
			      .name = command->name,
			      .body = command->body,
			      .assertion = command->has_assertion ? &command->assertion : NULL};
	ask(hub, &asked);
}

void hub_command_staged(struct hub *hub, unsigned peer, struct str name, struct str body,
			const struct turn_checked *was)
{
	struct asked asked = {.peer = peer, .name = name, .body = body, .was = *was};
	decide(hub, &asked);
}

struct str hub_clear_body(const struct hub_entry *read, struct arena *arena)
{
	const struct entry *entry = &read->entry;
	const struct input_type *type = input_find(entry->input.kind, entry->input.name);
	void *body = type ? arena_take(arena, 1, type->size) : NULL;
	struct json json = json_over(entry->input.body, arena);
	json.packets = &read->packets;
	if (!type || !input_read(type, &json, body))
		return (struct str){0};
	struct buf b = arena_buf(arena);
	input_write(type, &b, body, NULL);
	return arena_keep(arena, &b);
}

/* Nothing of the entry was forgotten. */
static bool is_whole(const struct hub_entry *read)
{
	bool whole = true;
	for (size_t i = 0; i < read->packets.n; i++)
		whole &= read->packets.at[i].state == JSON_PACKET_OPEN;
	return whole;
}

static bool read_or_fail(struct hub *hub, uint64_t index, struct hub_entry *ret_read)
{
	int failed = hub_read_entry(hub, index, ret_read, &hub->error);
	if (failed < 0 && hub->failed == 0)
		hub->failed = failed;
	return failed == 0;
}

void hub_command_approve(struct hub *hub, unsigned peer, const struct ask_approve *approve)
{
	const struct pending *pending = pending_get(&hub->core.state, approve->pending);
	struct hub_entry read;
	if (!pending || (uint64_t)pending->entry >= journal_size(hub->journal)) {
		hub_bad(hub, peer, 0, "nothing waits for approval under that number",
			"Its time may be over: let the command be given again.");
		return;
	}
	if (!read_or_fail(hub, (uint64_t)pending->entry, &read))
		return;
	if (!is_whole(&read)) {
		hub_bad(hub, peer, 0, "what was asked for has been forgotten meanwhile",
			"Let the command be given again.");
		return;
	}
	struct asked asked = {
	    .peer = peer,
	    .name = arena_str(&hub->batch, read.entry.input.name),
	    .body = hub_clear_body(&read, &hub->batch),
	    .assertion = approve->has_assertion ? &approve->assertion : NULL,
	    .was = {.pending = approve->pending, .asked_by = arena_str(&hub->batch, text_str(pending->login))},
	    .approves = (uint64_t)pending->entry,
	    .asked_wall = read.entry.wall,
	    .from_record = true};
	ask(hub, &asked);
}

/* Undoing */

struct values {
	const struct word_members *members;
	struct body_value *at;
};

static bool find_value(const struct values *values, struct str name, struct str *ret_json)
{
	for (size_t i = 0; i < values->members->n; i++)
		if (str_eq(values->members->at[i].name, name) && values->at[i].json.len > 0) {
			*ret_json = values->at[i].json;
			return true;
		}
	return false;
}

static struct values values_of(struct hub *hub, const struct word_members *members, struct str body,
			       const struct json_packets *packets)
{
	static const struct word_members none;
	struct values values = {members ? members : &none, NULL};
	values.at = ARENA_TAKE(&hub->piece, struct body_value, values.members->n);
	if (!body_split(values.members, body, packets, &hub->piece, values.at))
		values.members = &none;
	return values;
}

/* The first of that name: what the command took, then what its events say. */
static bool undo_value(struct hub *hub, const struct hub_entry *read, struct str name, struct str *ret_json)
{
	const struct entry *entry = &read->entry;
	const struct input_words *words = words_of_input(entry->input.name);
	struct values taken = values_of(hub, words ? &words->takes : NULL, entry->input.body, &read->packets);
	if (find_value(&taken, name, ret_json))
		return true;
	for (size_t i = 0; i < entry->events.n; i++) {
		const struct event_words *event = words_of_event(entry->events.at[i].name);
		struct values told =
		    values_of(hub, event ? &event->fields : NULL, entry->events.at[i].body, &read->packets);
		if (find_value(&told, name, ret_json))
			return true;
	}
	return false;
}

static bool undo_body(struct hub *hub, const struct hub_entry *read, const struct input_words *undo,
		      struct str *ret_body)
{
	struct buf b = arena_buf(&hub->batch);
	for (size_t i = 0; i < undo->takes.n; i++) {
		struct str value;
		if (!undo_value(hub, read, undo->takes.at[i].name, &value)) {
			if (undo->takes.at[i].optional)
				continue;
			return false;
		}
		buf_put_char(&b, ',');
		json_put_name(&b, undo->takes.at[i].name);
		buf_put_char(&b, ':');
		buf_put_str(&b, value);
	}
	json_put_object_end(&b, 0);
	*ret_body = arena_keep(&hub->batch, &b);
	return true;
}

void hub_command_undo(struct hub *hub, unsigned peer, const struct ask_undo *undo)
{
	uint64_t index = (uint64_t)undo->entry;
	struct hub_entry read;
	struct str body;
	bool there = index < journal_size(hub->journal) && viewer_sees_record(&hub->peers[peer].asker.viewer);
	if (there && !read_or_fail(hub, index, &read))
		return;
	const struct entry *entry = &read.entry;
	bool done = there && entry->input.kind == ENTRY_INPUT_KIND_COMMAND && !entry->has_refusal;
	const struct input_type *type = done ? input_find(entry->input.kind, entry->input.name) : NULL;
	const struct input_words *by = type && type->undo.len ? words_of_command(type->undo) : NULL;
	if (!by || !undo_body(hub, &read, by, &body)) {
		hub_bad(hub, peer, 0, "there is nothing that undoes this entry",
			"Only a command that was done, and whose schema names what undoes it, can be undone.");
		return;
	}
	struct asked asked = {.peer = peer, .name = by->name, .body = body, .undoes = &index, .from_record = true};
	ask(hub, &asked);
}
