/* hub_list.c: what is there now, row by row: what waits for a second person, by which grant tables doors decide, and the text of the rulebook in force. In
 * pieces, as hub_read.c; a row that comes or goes meanwhile is there or not. */
#include "serve/hub_inner.h"

#include "domain/doors/doors.h"
#include "schema/text.h"
#include "schema/words.h"

enum { DOORS_MAX = 128, PIECE_ROWS = 16 };

void hub_list_ask(struct hub *hub, unsigned peer, enum list_kind kind)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	if (kind == LIST_RULEBOOK && !viewer_sees_record(&asker->viewer)) {
		hub_bad(hub, peer, 0, "the rulebook's text is for those who may read the record",
			"`chancery history` tells the rules that decided what you may see.");
		return;
	}
	if (kind == LIST_RULEBOOK && !hub_stage_has_text(hub)) {
		hub_bad(hub, peer, 0, "the text of the rulebook in force is not in the record",
			"Its files are in rules/access, if nobody has changed them.");
		return;
	}
	asker->list = (struct peer_list){.kind = kind};
}

bool hub_list_reads(const struct hub *hub, unsigned peer)
{
	return hub->peers[peer].asker.list.kind != LIST_NONE;
}

static void send_end(struct hub *hub, unsigned peer)
{
	arena_clear(&hub->piece);
	hub->peers[peer].asker.list = (struct peer_list){0};
	hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_END});
}

/* What waits for a second person */

struct waits {
	enum answer_waiting_of of;
	uint64_t number, entry;
	struct str command, login;
	bool has_until;
	int64_t until;
	/* Who may answer it. */
	const struct str *roles;
	size_t n_roles;
};

static struct waits of_approval(const struct pending *row)
{
	struct str command = text_str(row->command);
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, command);
	return (struct waits){.of = ANSWER_WAITING_OF_APPROVAL,
			      .number = row->pending,
			      .entry = (uint64_t)row->entry,
			      .command = command,
			      .login = text_str(row->login),
			      .has_until = true,
			      .until = row->until,
			      .roles = type ? type->approvers : NULL,
			      .n_roles = type ? type->n_approvers : 0};
}

static struct waits of_review(const struct review *row)
{
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, STR("oversight.review"));
	return (struct waits){.of = ANSWER_WAITING_OF_REVIEW,
			      .number = row->review,
			      .entry = (uint64_t)row->entry,
			      .command = text_str(row->command),
			      .login = text_str(row->login),
			      .has_until = row->has_until,
			      .until = row->until,
			      .roles = type->who,
			      .n_roles = type->n_who};
}

/* The next row of the list, or of the one behind it. */
static bool next_waits(const struct state *state, struct peer_list *list, struct waits *ret_waits)
{
	const struct pending *pending = list->kind == LIST_APPROVALS ? pending_after(state, list->next) : NULL;
	if (pending) {
		*ret_waits = of_approval(pending);
		list->next = pending->pending;
		return true;
	}
	if (list->kind == LIST_APPROVALS)
		*list = (struct peer_list){.kind = LIST_REVIEWS};
	const struct review *review = review_after(state, list->next);
	if (!review)
		return false;
	*ret_waits = of_review(review);
	list->next = review->review;
	return true;
}

static bool may_answer(const struct viewer *viewer, const struct waits *waits)
{
	return (viewer->roles & viewer_roles(waits->roles, waits->n_roles)) != 0 &&
	       !str_eq(waits->login, viewer->login);
}

static bool sees_all(const struct viewer *viewer)
{
	return (viewer->roles & words_of_event(STR("oversight.ApprovalAsked"))->roles) != 0;
}

/* Those who see that something was asked for, those who are to answer it, and whoever asked. */
static bool sees_waits(const struct viewer *viewer, const struct waits *waits)
{
	return sees_all(viewer) || may_answer(viewer, waits) || str_eq(waits->login, viewer->login);
}

static int send_waits(struct hub *hub, unsigned peer, const struct waits *waits, struct error *error)
{
	const struct viewer *viewer = &hub->peers[peer].asker.viewer;
	struct view view = {
	    .state = &hub->core.state, .vault = hub->core.vault, .viewer = viewer, .arena = &hub->piece};
	struct answer_entry cut = {0};
	struct hub_entry read;
	int failed = hub_read_entry(hub, waits->entry, &read, error);
	if (failed < 0)
		return failed;
	view_entry(&view, &read.entry, &cut);
	struct answer_waiting row = {.of = waits->of,
				     .number = (int64_t)waits->number,
				     .at = hub_cursor(hub, waits->entry, &hub->piece),
				     .has_entry = viewer_sees_record(viewer),
				     .entry = (int64_t)waits->entry,
				     .wall = read.entry.wall,
				     .command = waits->command,
				     .login = waits->login,
				     .has_until = waits->has_until,
				     .until = waits->until,
				     .may = may_answer(viewer, waits),
				     .names = cut.names,
				     .has_body = cut.has_input,
				     .body = cut.input.body,
				     .masked = cut.masked,
				     .erased = cut.erased};
	row.whole = row.has_body && str_eq(row.body, hub_clear_body(&read, &hub->piece));
	hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_WAITING, .waiting = row});
	return 0;
}

static int waiting_piece(struct hub *hub, unsigned peer, struct error *error)
{
	const struct viewer *viewer = &hub->peers[peer].asker.viewer;
	struct waits waits;
	for (int i = 0; i < PIECE_ROWS; i++) {
		if (!hub_is_attached(hub, peer))
			return 0;
		if (!next_waits(&hub->core.state, &hub->peers[peer].asker.list, &waits)) {
			send_end(hub, peer);
			return 0;
		}
		int failed = sees_waits(viewer, &waits) ? send_waits(hub, peer, &waits, error) : 0;
		if (failed < 0)
			return failed;
	}
	return 0;
}

void hub_list_status(const struct hub *hub, unsigned peer, struct answer_status *status)
{
	const struct state *state = &hub->core.state;
	status->has_approvals = status->has_reviews = sees_all(&hub->peers[peer].asker.viewer);
	status->approvals = (int64_t)pending_count(state);
	status->reviews = (int64_t)review_count(state);
}

/* Whose doors decide by what */

static bool sees_doors(const struct viewer *viewer)
{
	const struct event_words *words = words_of_event(STR("doors.DoorAdded"));
	for (size_t i = 0; i < words->fields.n; i++)
		if (str_eq(words->fields.at[i].name, STR("name")))
			return (words->fields.at[i].roles & viewer->roles) != 0;
	WRONG("a door has a name");
}

static void add_door(struct hub *hub, uint64_t id, struct answer_name_list *doors, struct answer_name *at)
{
	struct str name;
	struct buf ref = {.at = arena_take(&hub->piece, 32, 1), .size = 32};
	BUF_LIT(&ref, "door:");
	buf_put_u64(&ref, id);
	for (size_t i = 0; i < doors->n; i++)
		if (str_eq(at[i].ref, buf_str(&ref)))
			return;
	if (doors->n < DOORS_MAX && state_name(&hub->core.state, STR("door"), id, &name))
		at[doors->n++] = (struct answer_name){buf_str(&ref), name};
}

static struct answer_name_list doors_of(struct hub *hub, struct str driver)
{
	const struct state *state = &hub->core.state;
	struct answer_name *at = ARENA_TAKE(&hub->piece, struct answer_name, DOORS_MAX);
	struct answer_name_list doors = {.at = at};
	for (const struct reader *reader = reader_first_by_line(state, driver); reader;
	     reader = reader_next_by_line(state, reader))
		add_door(hub, reader->door, &doors, at);
	return doors;
}

static void tables_piece(struct hub *hub, unsigned peer)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	size_t i = asker->list.next++;
	if (i == hub->options.n_drivers) {
		send_end(hub, peer);
		return;
	}
	arena_clear(&hub->piece);
	struct str name = hub->options.drivers[i].name;
	const struct driver *row = driver_by_name(&hub->core.state, name);
	struct answer_table table = {
	    .driver = name, .confirmed = row ? row->confirmed : 0, .wanted = hub_table_wanted(hub, i)};
	if (sees_doors(&asker->viewer))
		table.doors = doors_of(hub, name);
	hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_TABLE, .table = table});
}

/* The rulebook in force: a part a piece, each as large as a line takes */

static int rulebook_piece(struct hub *hub, unsigned peer, struct error *error)
{
	struct peer_list *list = &hub->peers[peer].asker.list;
	struct answer_file file = {.part = (int64_t)++list->next};
	arena_clear(&hub->piece);
	int found = hub_stage_part_in_force(hub, file.part, &file.data, &file.of, error);
	if (found < 0)
		return found;
	if (found == 0)
		send_end(hub, peer);
	else
		hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_FILE, .file = file});
	return 0;
}

int hub_list_piece(struct hub *hub, unsigned peer, struct error *error)
{
	switch (hub->peers[peer].asker.list.kind) {
	case LIST_APPROVALS:
	case LIST_REVIEWS:
		return waiting_piece(hub, peer, error);
	case LIST_TABLES:
		tables_piece(hub, peer);
		return 0;
	case LIST_RULEBOOK:
		return rulebook_piece(hub, peer, error);
	case LIST_NONE:
		break;
	}
	WRONG("a list that is read has a kind");
}
