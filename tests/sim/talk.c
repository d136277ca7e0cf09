#include "sim/talk.h"

#include "sim/peek.h"
#include "sim/sight.h"
#include "sim/trace.h"

enum { MEMORY_BYTES = 256 << 20 };

void talk_init(struct talk *talk, struct ledger *ledger, struct values *values)
{
	memset(talk, 0, offsetof(struct talk, said));
	talk->ledger = ledger;
	talk->values = values;
	talk->memory = arena_map(MEMORY_BYTES);
}

void talk_release(struct talk *talk)
{
	arena_unmap(&talk->memory);
}

void talk_hang_up(struct talk *talk)
{
	memset(talk->at, 0, sizeof talk->at);
}

struct talk_connection *talk_by_peer(struct talk *talk, unsigned peer)
{
	for (size_t i = 0; i < TALK_CONNECTIONS; i++)
		if (talk->at[i].is_open && talk->at[i].peer == peer)
			return &talk->at[i];
	return NULL;
}

bool talk_is_busy(const struct talk_connection *c)
{
	return c->enacts || c->n_asks + 4 > TALK_ASKS_MAX;
}

/* What was said */

struct str talk_without_secrets(struct str body, struct arena *arena)
{
	static const struct str names[] = {{",\"key\":", 7}, {",\"pin\":", 7}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *found = memmem(body.at, body.len, names[i].at, names[i].len);
		if (!found)
			continue;
		size_t before = (size_t)(found - body.at) + names[i].len, n = 0;
		while (before + n < body.len && body.at[before + n] != ',' && body.at[before + n] != '}')
			n++;
		struct buf b = arena_buf(arena);
		buf_put(&b, body.at, before);
		buf_put_char(&b, '0');
		buf_put(&b, body.at + before + n, body.len - before - n);
		return arena_keep(arena, &b);
	}
	return body;
}

static uint64_t hash_of(struct str who, struct str name, struct str body)
{
	return (str_hash(who) * 31 + str_hash(name)) * 31 + str_hash(body);
}

static struct talk_said *find_said(struct talk *talk, uint64_t hash)
{
	for (size_t i = talk->n_said; i > 0; i--)
		if (talk->said[i - 1].hash == hash)
			return &talk->said[i - 1];
	return NULL;
}

uint64_t talk_say(struct talk *talk, struct str who, struct str name, struct str body)
{
	struct str plain = talk_without_secrets(body, &talk->memory);
	uint64_t hash = hash_of(who, name, plain);
	struct talk_said *said = find_said(talk, hash);
	if (!said) {
		ASSERT(talk->n_said < TALK_SAID_MAX);
		said = &talk->said[talk->n_said++];
		*said = (struct talk_said){.hash = hash,
					   .who = arena_str(&talk->memory, who),
					   .name = arena_str(&talk->memory, name),
					   .body = arena_str(&talk->memory, plain)};
	}
	said->said++;
	return (uint64_t)(said - talk->said);
}

static struct str report_name(struct arena *arena, struct str line, struct str boot, int64_t sequence)
{
	struct buf b = arena_buf(arena);
	buf_put_str(&b, line);
	buf_put_char(&b, ' ');
	buf_put_str(&b, boot);
	buf_put_char(&b, ' ');
	buf_put_i64(&b, sequence);
	return arena_keep(arena, &b);
}

void talk_check_entry(struct talk *talk, const struct ledger_entry *entry, uint64_t index, struct str boot,
		      int64_t sequence)
{
	struct arena *scratch = &talk->ledger->scratch;
	bool reported = entry->line.len > 0, asked = entry->login.len > 0;
	if ((!reported && !asked) || str_eq(entry->name, STR("record.lay_aside")))
		return;
	struct str who = reported ? report_name(scratch, entry->line, boot, sequence) : entry->login;
	struct talk_said *said =
	    find_said(talk, hash_of(who, entry->name, talk_without_secrets(entry->input, scratch)));
	MUST(said, "entry %llu holds " STR_FMT " " STR_FMT " of " STR_FMT ", who never said so",
	     (unsigned long long)index, STR_ARG(entry->name), STR_ARG(entry->input), STR_ARG(who));
	if (!said)
		return;
	said->entered++;
	MUST(said->entered <= said->said,
	     "entry %llu: " STR_FMT " of " STR_FMT " was said %u times and entered %u times", (unsigned long long)index,
	     STR_ARG(entry->name), STR_ARG(who), said->said, said->entered);
}

void talk_ask(struct talk_connection *c, struct talk_ask ask)
{
	ASSERT(c->n_asks < TALK_ASKS_MAX);
	c->asks[(c->first + c->n_asks++) % TALK_ASKS_MAX] = ask;
}

/* What is heard */

static const struct talk_ask *front(const struct talk_connection *c)
{
	return c->n_asks > 0 ? &c->asks[c->first] : NULL;
}

static void answered(struct talk *talk, struct talk_connection *c)
{
	c->enacts &= !c->asks[c->first].is_enact;
	c->first = (c->first + 1) % TALK_ASKS_MAX;
	c->n_asks--;
	c->part_of = 0;
	talk->answered++;
}

/* The entry that the answer to a command names: by number for those who may know it, by its mark for all. */
static bool entry_of(const struct talk *talk, const struct talk_connection *c, struct str body, uint64_t *ret_index)
{
	int64_t number = peek_int(body, "entry", -1);
	bool marked = cursor_read(peek_text(body, "at"), talk->cursor_key, ret_index);
	MUST(marked, "an answer with a mark of no entry");
	MUST((number >= 0) == see_may_read_record(&c->viewer), "%s is told the number of an entry, or not told",
	     people_login(c->who));
	MUST(number < 0 || !marked || (uint64_t)number == *ret_index, "an answer whose mark and number differ");
	return marked;
}

static void check_command(struct talk *talk, const struct talk_connection *c, const struct talk_ask *ask,
			  struct str body, bool is_refused)
{
	const struct talk_said *said = &talk->said[ask->said];
	const struct ledger *ledger = talk->ledger;
	uint64_t index;
	if (!entry_of(talk, c, body, &index))
		return;
	MUST(index < ledger->size, "%s is answered with entry %llu, which is not durable", people_login(c->who),
	     (unsigned long long)index);
	if (index >= ledger->size)
		return;
	const struct ledger_entry *entry = &ledger->entries[index];
	bool aside = str_eq(entry->name, STR("record.put_aside"));
	MUST(aside || (str_eq(entry->login, said->who) && str_eq(entry->name, said->name)),
	     "%s asked for " STR_FMT " and is answered with entry %llu, " STR_FMT " of " STR_FMT, people_login(c->who),
	     STR_ARG(said->name), (unsigned long long)index, STR_ARG(entry->name), STR_ARG(entry->login));
	MUST(aside || str_eq(talk_without_secrets(entry->input, (struct arena *)&ledger->scratch), said->body),
	     "entry %llu is not what was asked for", (unsigned long long)index);
	MUST((entry->refusal.len > 0) == is_refused,
	     "entry %llu is refused, and said to be done, or the other way round", (unsigned long long)index);
	MUST(!is_refused || str_eq(entry->refusal, peek_text(body, "name")),
	     "a refusal is told that is not the entry's");
}

/* Values in what a command is told: what the person said itself, or may see anyhow. */
static void check_values(const struct talk *talk, const struct talk_connection *c, struct str line)
{
	uint32_t value;
	for (size_t at = 0; values_find(talk->values, line.at, line.len, &at, &value);)
		sight_check_value(talk->ledger, &c->viewer, value, line);
}

static void done(struct talk *talk, struct talk_connection *c, struct str body, bool is_refused)
{
	const struct talk_ask *ask = front(c);
	MUST(ask && ask->kind == TALK_COMMAND, "%s is answered what nobody asked", people_login(c->who));
	if (!ask)
		return;
	check_command(talk, c, ask, body, is_refused);
	answered(talk, c);
}

static void blob(struct talk *talk, struct talk_connection *c, struct str body)
{
	const struct talk_ask *ask = front(c);
	MUST(ask && ask->kind == TALK_BLOB, "%s is answered what nobody asked", people_login(c->who));
	if (!ask)
		return;
	struct str hash = peek_text(body, "hash");
	MUST((hash.len > 0) == ask->is_last, "a file has a hash before its last part, or none with it");
	if (hash.len > 0) {
		struct talk_blob *file = &talk->blobs[ask->blob];
		file->is_kept = true;
		snprintf(file->hash, sizeof file->hash, STR_FMT, STR_ARG(hash));
	}
	answered(talk, c);
}

static void file(struct talk *talk, struct talk_connection *c, struct str body)
{
	const struct talk_ask *ask = front(c);
	MUST(ask && ask->kind == TALK_BLOB_READ, "%s is sent a file that nobody asked for", people_login(c->who));
	if (!ask)
		return;
	const struct talk_blob *asked = &talk->blobs[ask->blob];
	uint32_t value = VALUES_MAX;
	size_t at = 0;
	struct str data = peek_text(body, "data");
	bool has_value = values_find(talk->values, data.at, data.len, &at, &value);
	MUST(peek_int(body, "part", 0) == (int64_t)++c->part_of, "parts of a file come in another order");
	MUST(!has_value || value == asked->value, "another file is sent than was asked for");
	MUST(sight_may_read_file(&c->viewer, asked->person, asked->building), "%s is sent a file that is not for them",
	     people_login(c->who));
	MUST(asked->value == VALUES_MAX || !talk->values->at[asked->value].is_erased, "a file is sent that was erased");
	if (c->part_of == (uint64_t)peek_int(body, "of", 0))
		answered(talk, c);
}

static void simple(struct talk *talk, struct talk_connection *c, enum talk_ask_kind kind)
{
	const struct talk_ask *ask = front(c);
	MUST(ask && ask->kind == kind, "%s is answered what nobody asked", people_login(c->who));
	if (ask)
		answered(talk, c);
}

static void nonce(struct talk *talk, struct talk_connection *c, struct str body)
{
	c->has_nonce = true;
	snprintf(c->nonce, sizeof c->nonce, STR_FMT, STR_ARG(peek_text(body, "nonce")));
	simple(talk, c, TALK_NONCE);
}

static void bad(struct talk *talk, struct talk_connection *c, struct str body)
{
	const struct talk_ask *ask = front(c);
	bool expected = ask && (ask->kind == TALK_MISTAKE || ask->kind == TALK_BLOB_READ || ask->kind == TALK_BLOB ||
				ask->kind == TALK_PROOF || ask->may_be_bad);
	/* Below the low mark only what keeps people safe is taken. */
	expected |=
	    ask && ask->kind == TALK_COMMAND && str_starts(peek_text(body, "what"), STR("the disk is nearly full"));
	MUST(expected, "%s is told that a good line is bad: " STR_FMT, people_login(c->who),
	     STR_ARG(peek_text(body, "what")));
	if (ask)
		answered(talk, c);
}

void talk_hear(struct talk *talk, struct talk_connection *c, struct str line, uint64_t then)
{
	struct peek_walk walk = peek_begin(line);
	struct str kind, body;
	bool read = peek_member(&walk, &kind, &body);
	MUST(read, "a line that is none: " STR_FMT, STR_ARG(line));
	if (!read)
		return;
	if (str_eq(kind, STR("entry")) || str_eq(kind, STR("end")) || str_eq(kind, STR("raw")) ||
	    str_eq(kind, STR("part"))) {
		sight_hear(talk, c, kind, body, then);
		return;
	}
	if (!str_eq(kind, STR("file")))
		check_values(talk, c, line);
	if (str_eq(kind, STR("done")) || str_eq(kind, STR("refused")))
		done(talk, c, body, str_eq(kind, STR("refused")));
	else if (str_eq(kind, STR("bad")))
		bad(talk, c, body);
	else if (str_eq(kind, STR("busy")))
		simple(talk, c, TALK_COMMAND);
	else if (str_eq(kind, STR("nonce")))
		nonce(talk, c, body);
	else if (str_eq(kind, STR("blob")))
		blob(talk, c, body);
	else if (str_eq(kind, STR("file")))
		file(talk, c, body);
	else if (str_eq(kind, STR("status")))
		simple(talk, c, TALK_STATUS);
	else if (str_eq(kind, STR("proof")))
		simple(talk, c, TALK_PROOF);
	else if (str_eq(kind, STR("checkpoint")) && front(c) && front(c)->kind == TALK_CHECKPOINT)
		simple(talk, c, TALK_CHECKPOINT);
	else
		MUST(str_eq(kind, STR("checkpoint")) && c->reads_raw, "%s is answered " STR_FMT ", which nobody asked",
		     people_login(c->who), STR_ARG(kind));
}

void talk_check_idle(const struct talk *talk)
{
	for (size_t i = 0; i < TALK_CONNECTIONS; i++) {
		const struct talk_connection *c = &talk->at[i];
		if (!c->is_open)
			continue;
		MUST(c->n_asks == 0 || c->enacts, "%s asked and is not answered", people_login(c->who));
		sight_check_idle(talk, c);
	}
}
