/* hub_asker.c: the lines of those who ask (src/schema/contract.yaml: AskLine, AnswerLine): commands, history, the stream, status. */
#include "serve/hub_inner.h"

#include "domain/doors/doors.h"
#include "schema/text.h"

enum { NAMES_MAX = 64, ROOT_BASE64_BYTES = 44 };

static void park(struct hub *hub, unsigned peer, const struct answer_line *line)
{
	struct buf b = hub_park_begin(hub);
	answer_line_write(&b, line);
	hub_park_end(hub, peer, &b);
}

/* Commands */

/* What was checked before the decision: the kernel's word for who is on the other end of the socket (SO_PEERCRED), and the roles that mission.yaml gives. */
static struct str checked_json(struct hub *hub, const struct peer_asker *asker)
{
	struct buf b = arena_buf(&hub->batch);
	BUF_LIT(&b, "{\"uid\":");
	buf_put_u64(&b, asker->uid);
	BUF_LIT(&b, ",\"roles\":[");
	for (size_t i = 0; i < asker->n_roles; i++) {
		if (i > 0)
			buf_put_char(&b, ',');
		json_put_text(&b, asker->roles[i]);
	}
	BUF_LIT(&b, "]}");
	return arena_keep(&hub->batch, &b);
}

static void command(struct hub *hub, unsigned peer, struct str line, const struct ask_command *ask)
{
	const struct peer_asker *asker = &hub->peers[peer].asker;
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_COMMAND,
	    .name = ask->name,
	    .body = ask->body,
	    .from = {.kind = ENTRY_FROM_OPERATOR, .operator= {.login = {asker->login, asker->login_len}} },
		     .checked = checked_json(hub, asker),
		     .roles = asker->roles,
		     .n_roles = asker->n_roles};
	struct core_result result;
	hub_turn(hub, &input, &result);
	if (result.verdict == CORE_BAD) {
		hub_bad(hub, peer, hub_offset(line, ask->body, result.offset), result.what,
			"`chancery help` lists the commands and their members.");
	} else if (result.verdict == CORE_REFUSED) {
		struct answer_refused refused = {(int64_t)result.index, result.refusal, result.refusal_takes};
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_REFUSED, .refused = refused});
	} else {
		struct answer_done done = {(int64_t)result.index, result.gives};
		park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_DONE, .done = done});
	}
	hub_driver_readers_changed(hub);
}

/* Entries, with the names of what they mention */

struct mentions {
	const struct state *state;
	struct arena *arena;
	struct answer_name names[NAMES_MAX];
	size_t n;
	struct str table; /* looked for */
	uint64_t id;
	bool found;
};

static void mention(void *context, struct str table, uint64_t id, struct str member)
{
	(void)member;
	struct mentions *m = context;
	if (id == m->id && str_eq(table, m->table))
		m->found = true;
	struct buf b = arena_buf(m->arena);
	buf_put_str(&b, table);
	buf_put_char(&b, ':');
	buf_put_u64(&b, id);
	struct str ref = buf_str(&b), name;
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->names[i].ref, ref))
			return;
	if (m->n == NAMES_MAX || !state_name(m->state, table, id, &name))
		return;
	m->names[m->n++] = (struct answer_name){arena_keep(m->arena, &b), name};
}

static void event_mentions(const struct entry_event *event, struct arena *arena, struct mentions *m)
{
	enum event kind;
	if (!event_of(event->name, &kind))
		return;
	void *body = arena_take(arena, 1, event_size(kind));
	struct json json = json_over(event->body, arena);
	if (event_read(kind, &json, body))
		event_refs(kind, body, mention, m);
}

static void input_mentions(const struct entry_input *input, struct arena *arena, struct mentions *m)
{
	const struct input_type *type = input_find(input->kind, input->name);
	if (!type)
		return;
	void *body = arena_take(arena, 1, type->size);
	struct json json = json_over(input->body, arena);
	if (input_read(type, &json, body))
		input_refs(type, body, mention, m);
}

/* Fills m with what the entry mentions. */
static void entry_mentions(struct str body, struct arena *arena, struct mentions *m)
{
	struct entry entry;
	struct json json = json_over(body, arena);
	bool read = entry_read(&json, &entry);
	ASSERT(read);
	input_mentions(&entry.input, arena, m);
	for (size_t i = 0; i < entry.events.n; i++)
		event_mentions(&entry.events.at[i], arena, m);
}

static bool send(struct hub *hub, unsigned peer, const struct answer_line *line, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	answer_line_write(&b, line);
	if (hub_send(hub, peer, arena_keep(arena, &b)))
		return true;
	hub_detach(hub, peer);
	return false;
}

static bool send_entry(struct hub *hub, unsigned peer, struct str body, const struct mentions *m)
{
	struct answer_entry entry = {{m->n, m->names}, body};
	return send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_ENTRY, .entry = entry}, &hub->piece);
}

/* The stream: every entry from a number on, as it becomes durable */

struct piece {
	struct hub *hub;
	unsigned peer;
	struct str bodies[HUB_PIECE_ENTRIES]; /* history reads a piece forwards and sends it backwards */
	uint64_t first;
	size_t n;
	bool gone;
};

static int stream_entry(void *context, uint64_t index, struct str body)
{
	struct piece *piece = context;
	struct hub *hub = piece->hub;
	struct mentions m = {.state = &hub->core.state, .arena = &hub->piece};
	arena_clear(&hub->piece);
	entry_mentions(body, &hub->piece, &m);
	if (!send_entry(hub, piece->peer, body, &m)) {
		piece->gone = true;
		return 1;
	}
	hub->peers[piece->peer].asker.follow_from = index + 1;
	return 0;
}

/* History: entries that mention a ref, newest first */

static int keep_entry(void *context, uint64_t index, struct str body)
{
	(void)index;
	struct piece *piece = context;
	piece->bodies[piece->n++] = arena_str(&piece->hub->piece, body);
	return 0;
}

static bool send_end(struct hub *hub, unsigned peer, bool more, uint64_t before)
{
	struct answer_end end = {.has_older = more, .older = (int64_t)before};
	hub->peers[peer].asker.reading = false;
	return send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_END, .end = end}, &hub->piece);
}

static int history_piece(struct hub *hub, unsigned peer, struct error *error)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	uint64_t first = asker->before > HUB_PIECE_ENTRIES ? asker->before - HUB_PIECE_ENTRIES : 0;
	struct piece piece = {.hub = hub, .peer = peer, .first = first};
	arena_clear(&hub->piece);
	int failed = journal_read(hub->journal, first, asker->before - first, keep_entry, &piece, error);
	if (failed < 0)
		return failed;
	for (size_t i = piece.n; i-- > 0 && asker->left > 0;) {
		struct mentions m = {.state = &hub->core.state,
				     .arena = &hub->piece,
				     .table = {asker->table, asker->table_len},
				     .id = asker->id};
		entry_mentions(piece.bodies[i], &hub->piece, &m);
		asker->before = first + i;
		if (!m.found)
			continue;
		asker->left--;
		if (!send_entry(hub, peer, piece.bodies[i], &m))
			return 0;
	}
	if (asker->before == 0 || asker->left == 0)
		send_end(hub, peer, asker->before > 0, asker->before);
	return 0;
}

static int stream_piece(struct hub *hub, unsigned peer, struct error *error)
{
	uint64_t from = hub->peers[peer].asker.follow_from, left = journal_size(hub->journal) - from;
	struct piece piece = {.hub = hub, .peer = peer};
	int failed = journal_read(hub->journal, from, left < HUB_PIECE_ENTRIES ? left : HUB_PIECE_ENTRIES, stream_entry,
				  &piece, error);
	return failed < 0 ? failed : 0;
}

static bool has_more(const struct hub *hub, unsigned peer)
{
	const struct peer *p = &hub->peers[peer];
	if (p->kind != PEER_ASKER)
		return false;
	return p->asker.reading || (p->asker.following && p->asker.follow_from < journal_size(hub->journal));
}

bool hub_asker_pieces(struct hub *hub, struct error *error, int *ret_failed)
{
	const struct hub_outside *outside = &hub->options.outside;
	bool more = false;
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		if (!has_more(hub, peer) || !outside->has_room(outside->context, peer))
			continue;
		int failed =
		    hub->peers[peer].asker.reading ? history_piece(hub, peer, error) : stream_piece(hub, peer, error);
		if (failed < 0) {
			*ret_failed = failed;
			return false;
		}
		more |= has_more(hub, peer) && outside->has_room(outside->context, peer);
	}
	return more;
}

/* "door:3", or the name of a row. */
static bool find_ref(const struct hub *hub, struct str ref, struct str *ret_table, uint64_t *ret_id)
{
	struct str number;
	int64_t id;
	if (str_cut(ref, ':', ret_table, &number) && state_has_table(*ret_table) &&
	    str_to_i64(number, 1, JSON_INT_MAX, &id)) {
		*ret_id = (uint64_t)id;
		return true;
	}
	return state_find(&hub->core.state, ref, ret_table, ret_id);
}

static void history(struct hub *hub, unsigned peer, const struct ask_history *ask)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	struct str table;
	uint64_t id;
	if (!find_ref(hub, ask->ref, &table, &id)) {
		hub_bad(hub, peer, 0, "that is neither a ref nor a name",
			"Write a table and a number, as door:3 or person:12, or a name as it stands in the mission.");
		return;
	}
	ASSERT(table.len <= sizeof asker->table);
	uint64_t size = journal_size(hub->journal) + hub->n_entries;
	asker->reading = true;
	asker->before = ask->has_before && (uint64_t)ask->before < size ? (uint64_t)ask->before : size;
	asker->left = ask->limit;
	asker->id = id;
	asker->table_len = table.len;
	memcpy(asker->table, table.at, table.len);
}

/* Status */

static size_t driver_rows(struct hub *hub, struct answer_driver *rows)
{
	for (size_t i = 0; i < hub->options.n_drivers; i++) {
		const struct driver *row = driver_by_name(&hub->core.state, hub->options.drivers[i].name);
		rows[i] = (struct answer_driver){.name = hub->options.drivers[i].name,
						 .has_boot = row != NULL,
						 .boot = row ? text_str(row->boot) : (struct str){0},
						 .sequence = row ? row->sequence : 0};
	}
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		const struct peer *p = &hub->peers[peer];
		if (p->kind != PEER_DRIVER)
			continue;
		struct answer_driver *row = &rows[p->driver.index];
		row->connected = p->driver.said_hello;
		row->frames = p->driver.frames;
		row->bad = p->driver.bad_lines;
	}
	return hub->options.n_drivers;
}

static void status(struct hub *hub, unsigned peer)
{
	const struct state *state = &hub->core.state;
	struct answer_driver *drivers = ARENA_TAKE(&hub->batch, struct answer_driver, HUB_DRIVERS_MAX);
	uint8_t hash[32];
	char root_text[ROOT_BASE64_BYTES];
	struct buf root = BUF(root_text);
	journal_root(hub->journal, hash);
	buf_put_base64(&root, hash, sizeof hash);
	struct answer_status answer = {.mission = hub->options.mission,
				       .size = (int64_t)journal_size(hub->journal),
				       .wall = hub_wall(hub),
				       .root = buf_str(&root),
				       .doors = (int64_t)door_count(state),
				       .readers = (int64_t)reader_count(state),
				       .online = (int64_t)doors_online_count(state),
				       .people = (int64_t)person_count(state),
				       .rules = (int64_t)rulebook_size(hub->options.rulebooks.access),
				       .pending = (int64_t)order_count(state),
				       .commit_us = hub->commit_us,
				       .drivers = {driver_rows(hub, drivers), drivers}};
	park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_STATUS, .status = answer});
}

void hub_asker_line(struct hub *hub, unsigned peer, struct str line)
{
	struct ask_line asked;
	struct json json = json_over(line, &hub->batch);
	struct peer_asker *asker = &hub->peers[peer].asker;
	if (!ask_line_read(&json, &asked)) {
		hub_bad_json(hub, peer, &json, "See src/schema/contract.yaml, AskLine.");
		return;
	}
	if (asked.kind != ASK_LINE_COMMAND && asker->n_roles == 0) {
		hub_bad(hub, peer, 0, "whoever has no role here is told nothing",
			"Roles stand in mission.yaml, under operators.");
		return;
	}
	switch (asked.kind) {
	case ASK_LINE_COMMAND:
		command(hub, peer, line, &asked.command);
		break;
	case ASK_LINE_HISTORY:
		history(hub, peer, &asked.history);
		break;
	case ASK_LINE_FOLLOW:
		asker->following = true;
		asker->follow_from = (uint64_t)asked.follow.from;
		break;
	case ASK_LINE_STATUS:
		status(hub, peer);
		break;
	case ASK_LINE_NONE:
		WRONG("a line that was read has a kind");
	}
}
