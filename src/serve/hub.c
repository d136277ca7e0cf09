#include "serve/hub_inner.h"

#include "domain/mission/mission.h"
#include "domain/record/record.h"
#include "schema/text.h"

#include <stdlib.h>

enum {
	BATCH_MEMORY = 256 << 20, /* address space; touched as far as batches really go */
	PIECE_MEMORY = 64 << 20,
	MS = 1000,
	FOLD_PROGRESS_ENTRIES = 4096,
};

/* Time */

int64_t hub_elapsed_us(const struct hub *hub)
{
	return hub->options.outside.elapsed_us(hub->options.outside.context);
}

static int64_t since_start_ms(const struct hub *hub)
{
	return (hub_elapsed_us(hub) - hub->start_us) / MS;
}

int64_t hub_wall(const struct hub *hub)
{
	return hub->wall_base + since_start_ms(hub);
}

/* At start the wall clock is the greater of the machine's and the last entry's; from then on it is carried by the elapsed clock alone, so that nobody
 * who sets the machine's clock sets the mission's. */
static void set_clocks(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	int64_t last = hub->core.wall, now = hub->options.wall;
	hub->wall_base = now > last ? now : last;
	hub->elapsed_base = hub->core.size == 0 ? 0 : hub->core.elapsed + (hub->wall_base - last);
	hub->start_us = outside->elapsed_us(outside->context);
}

static struct core_moment moment(const struct hub *hub)
{
	int64_t since = since_start_ms(hub);
	struct core_moment now = {.wall = hub->wall_base + since, .elapsed = hub->elapsed_base + since};
	hub->options.outside.salt(hub->options.outside.context, now.salt, sizeof now.salt);
	return now;
}

/* Answers wait for their batch */

struct buf hub_park_begin(struct hub *hub)
{
	return arena_buf(&hub->batch);
}

void hub_park_end(struct hub *hub, unsigned peer, const struct buf *line)
{
	ASSERT(hub->n_parked < PARKED_MAX);
	hub->parked[hub->n_parked++] = (struct parked){peer, arena_keep(&hub->batch, line)};
}

void hub_bad(struct hub *hub, unsigned peer, size_t offset, const char *what, const char *remedy)
{
	struct bad bad = {.offset = (int64_t)offset, .what = str_of(what), .remedy = str_of(remedy)};
	struct buf b = hub_park_begin(hub);
	if (hub->peers[peer].kind == PEER_DRIVER) {
		hub->peers[peer].driver.bad_lines++;
		core_line_write(&b, &(struct core_line){.kind = CORE_LINE_BAD, .bad = bad});
	} else {
		answer_line_write(&b, &(struct answer_line){.kind = ANSWER_LINE_BAD, .bad = bad});
	}
	hub_park_end(hub, peer, &b);
}

void hub_bad_json(struct hub *hub, unsigned peer, const struct json *json, const char *remedy)
{
	char what[256];
	json_error_text(json, what, sizeof what);
	hub->not_understood = true;
	hub_bad(hub, peer, json->offset, what, remedy);
}

size_t hub_offset(struct str line, struct str body, size_t offset)
{
	bool inside = body.at >= line.at && body.at <= line.at + line.len;
	return inside ? (size_t)(body.at - line.at) + offset : offset;
}

static void tap(const struct hub *hub, const char *what, struct str line)
{
	const struct hub_outside *outside = &hub->options.outside;
	if (outside->tap)
		outside->tap(outside->context, what, line);
}

bool hub_send(struct hub *hub, unsigned peer, struct str line)
{
	const struct hub_outside *outside = &hub->options.outside;
	tap(hub, hub->peers[peer].kind == PEER_DRIVER ? "CoreLine" : "AnswerLine", line);
	return outside->send(outside->context, peer, line);
}

static void send_parked(struct hub *hub)
{
	for (size_t i = 0; i < hub->n_parked; i++) {
		unsigned peer = hub->parked[i].peer;
		bool there = peer < HUB_PEERS_MAX && hub->peers[peer].kind != PEER_FREE;
		if (there && !hub_send(hub, peer, hub->parked[i].line))
			hub_detach(hub, peer);
	}
	hub->n_parked = 0;
}

/* Turns */

static void enter(struct hub *hub, const struct core_result *result)
{
	if (result->verdict == CORE_BAD)
		return;
	tap(hub, "Entry", result->entry);
	if (hub->failed == 0)
		hub->failed = journal_append(hub->journal, result->entry, &hub->error);
	hub->n_entries++;
}

void hub_turn_plainly(struct hub *hub, const struct core_input *input, struct core_result *ret_result)
{
	struct core_moment now = moment(hub);
	const struct input_type *type = input_find(input->kind, input->name);
	panic_context(type ? type->name.at : "an input that has no such name");
	core_turn(&hub->core, input, &now, &hub->batch, ret_result);
	panic_context(NULL);
	hub->not_understood |= ret_result->verdict == CORE_BAD && !hub->had_no_room;
	enter(hub, ret_result);
	if (ret_result->verdict == CORE_DONE)
		hub_table_changed(hub, input);
}

bool hub_turn(struct hub *hub, const struct core_input *input, struct core_result *ret_result)
{
	if (!hub_watch_begin(hub, input)) {
		hub_watch_set_aside(hub, input, ret_result);
		return false;
	}
	hub_turn_plainly(hub, input, ret_result);
	hub_watch_end(hub);
	return true;
}

void hub_start(struct hub *hub, struct str name, struct str body)
{
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_START, .name = name, .body = body, .from = {.kind = ENTRY_FROM_CORE}};
	struct core_result result;
	hub_turn_plainly(hub, &input, &result);
	ASSERT(result.verdict != CORE_BAD);
}

static void run_timers(struct hub *hub)
{
	struct core_result result;
	struct str name;
	uint64_t row;
	while (core_due(&hub->core) <= hub_wall(hub) && !hub_is_full(hub)) {
		struct core_moment now = moment(hub);
		if (!core_next_timer(&hub->core, &now, &name, &row))
			break;
		if (!hub_watch_timer(hub, name, row))
			continue;
		panic_context(name.at);
		core_timer(&hub->core, &now, &hub->batch, &result);
		panic_context(NULL);
		enter(hub, &result);
		hub_watch_end(hub);
	}
}

/* Settings that changed go to their drivers when they have stayed the same for a while; the driver starts again with them. */
static void send_configs(struct hub *hub)
{
	int64_t now = hub->options.outside.elapsed_us(hub->options.outside.context);
	for (size_t i = 0; i < hub->options.n_drivers; i++) {
		if (hub->config_due_us[i] == 0 || hub->config_due_us[i] > now)
			continue;
		hub->config_due_us[i] = 0;
		for (unsigned peer = 0; peer < hub->peers_end; peer++)
			if (hub->peers[peer].kind == PEER_DRIVER && hub->peers[peer].driver.index == i)
				hub_driver_config(hub, peer);
	}
}

/* Keys first: nothing is sealed by a key that a power failure may take. */
static int make_durable(struct hub *hub)
{
	int failed = keys_sync(hub->options.keys, &hub->error);
	if (failed == 0)
		failed = keys_sync(hub->options.doors, &hub->error);
	return failed < 0 ? failed : journal_commit(hub->journal, &hub->error);
}

/* What runs behind the commit, a little at a time, when nobody waits for a decision. */
static int work_behind(struct hub *hub, bool idle, struct error *error)
{
	int more = hub_forget_step(hub, error);
	if (more >= 0) {
		int keys = hub_rekey_step(hub, error);
		more = keys < 0 ? keys : more + keys;
	}
	hub_stage_step(hub);
	bool parts = hub_table_step(hub);
	if (more < 0)
		return more;
	int behind = idle ? hub_index_catch_up(hub, error) : refs_size(hub->refs) < journal_size(hub->journal);
	return behind < 0 ? behind : more > 0 || behind > 0 || parts;
}

int hub_commit(struct hub *hub, struct error *error)
{
	run_timers(hub);
	send_configs(hub);
	hub_watch_step(hub);
	bool idle = hub->n_entries == 0;
	uint64_t first = hub->core.size - hub->n_entries;
	if (!idle || hub->failed < 0) {
		int64_t before = hub_elapsed_us(hub);
		panic_context("commit");
		if (hub->failed == 0)
			hub->failed = make_durable(hub);
		panic_context(NULL);
		if (hub->failed < 0) {
			*error = hub->error;
			return hub->failed;
		}
		hub->commit_us = hub_elapsed_us(hub) - before;
		hub->n_entries = 0;
	}
	hub_driver_park(hub, first);
	send_parked(hub);
	arena_clear(&hub->batch);
	int failed = 0;
	bool more = hub_read_pieces(hub, error, &failed);
	int working = failed < 0 ? failed : work_behind(hub, idle, error);
	if (working < 0)
		return working;
	/* What was decided behind the commit becomes durable in the next. */
	return more || working || hub->n_entries > 0 || hub->n_parked > 0;
}

bool hub_is_full(const struct hub *hub)
{
	return hub->n_entries >= HUB_BATCH_MAX || hub->n_parked > 8 * HUB_BATCH_MAX;
}

int64_t hub_due_us(const struct hub *hub)
{
	int64_t due = core_due(&hub->core);
	int64_t us = due == INT64_MAX ? INT64_MAX : hub->start_us + (due - hub->wall_base) * MS;
	for (size_t i = 0; i < hub->options.n_drivers; i++)
		if (hub->config_due_us[i] != 0 && hub->config_due_us[i] < us)
			us = hub->config_due_us[i];
	int64_t table = hub_table_due_us(hub);
	return table < us ? table : us;
}

/* Peers */

/* Drivers have places of their own, in front: no number of askers keeps one out. */
static unsigned free_peer(const struct hub *hub, unsigned from, unsigned end)
{
	unsigned peer = from;
	while (peer < end && hub->peers[peer].kind != PEER_FREE)
		peer++;
	return peer < end ? peer : HUB_PEERS_MAX;
}

static void place_peer(struct hub *hub, unsigned peer, const struct peer *is)
{
	hub->peers[peer] = *is;
	if (peer >= hub->peers_end)
		hub->peers_end = peer + 1;
	while (hub->peers_end > 0 && hub->peers[hub->peers_end - 1].kind == PEER_FREE)
		hub->peers_end--;
}

unsigned hub_attach_driver(struct hub *hub, size_t driver)
{
	ASSERT(driver < hub->options.n_drivers);
	unsigned peer = free_peer(hub, 0, HUB_DRIVERS_MAX);
	if (peer == HUB_PEERS_MAX)
		return peer;
	place_peer(hub, peer, &(struct peer){.kind = PEER_DRIVER, .driver = {.index = driver}});
	hub->config_due_us[driver] = 0;
	hub_driver_config(hub, peer);
	return peer;
}

unsigned hub_attach_asker(struct hub *hub, const struct hub_person *person)
{
	unsigned peer = free_peer(hub, HUB_DRIVERS_MAX, HUB_PEERS_MAX);
	if (peer == HUB_PEERS_MAX)
		return peer;
	ASSERT(person->login.len <= PEER_LOGIN_BYTES_MAX && person->n_roles <= PEER_ROLES_MAX);
	place_peer(hub, peer, &(struct peer){.kind = PEER_ASKER});
	struct peer_asker *asker = &hub->peers[peer].asker;
	asker->login_len = person->login.len;
	asker->uid = person->uid;
	asker->n_roles = person->n_roles;
	memcpy(asker->login, person->login.at, person->login.len);
	for (size_t i = 0; i < person->n_roles; i++)
		asker->roles[i] = person->roles[i];
	asker->viewer = (struct viewer){.roles = viewer_roles(person->roles, person->n_roles),
					.clearance = person->clearance,
					.login = {asker->login, asker->login_len},
					.person = person->person};
	return peer;
}

void hub_detach(struct hub *hub, unsigned peer)
{
	ASSERT(peer < HUB_PEERS_MAX && hub->peers[peer].kind != PEER_FREE);
	if (hub->peers[peer].kind == PEER_ASKER)
		hub_blob_drop(&hub->peers[peer].asker.blob);
	place_peer(hub, peer, &(struct peer){.kind = PEER_FREE});
	hub_stage_leave(hub, peer);
	hub_rekey_detach(hub, peer);
	for (size_t i = 0; i < hub->n_parked; i++)
		if (hub->parked[i].peer == peer)
			hub->parked[i].peer = HUB_PEERS_MAX; /* for nobody; the others keep their order */
}

bool hub_is_attached(const struct hub *hub, unsigned peer)
{
	ASSERT(peer < HUB_PEERS_MAX);
	return hub->peers[peer].kind != PEER_FREE;
}

void hub_line(struct hub *hub, unsigned peer, struct str line)
{
	ASSERT(peer < HUB_PEERS_MAX && hub->peers[peer].kind != PEER_FREE);
	if (line.len == 0)
		return;
	hub->not_understood = hub->had_no_room = false;
	if (hub->peers[peer].kind == PEER_DRIVER) {
		hub_driver_line(hub, peer, line);
		tap(hub, hub->not_understood ? "not DriverLine" : "DriverLine", line);
	} else {
		hub_asker_line(hub, peer, line);
		tap(hub, hub->not_understood ? "not AskLine" : hub->had_no_room ? "maybe AskLine" : "AskLine", line);
	}
}

void hub_line_too_long(struct hub *hub, unsigned peer)
{
	hub_bad(hub, peer, 0, "the line is longer than 65,535 bytes", "Send at most 65,535 bytes a line.");
}

/* Start */

struct fold {
	struct hub *hub;
	uint64_t size;
	struct error *error;
};

static const void *read_entry(struct str body, struct arena *arena)
{
	struct entry *entry = ARENA_TAKE(arena, struct entry, 1);
	struct json json = json_over(body, arena);
	return entry_read(&json, entry) ? entry : NULL;
}

static int fold_entry(void *context, uint64_t index, struct str body, const void *entry)
{
	struct fold *fold = context;
	struct hub *hub = fold->hub;
	const char *what;
	arena_clear(&hub->piece);
	bool folded = entry ? core_fold_entry(&hub->core, entry, &hub->piece, &what)
			    : core_fold(&hub->core, body, &hub->piece, &what);
	if (!folded) {
		error_set(fold->error, ERROR_RECORD, "%s", what);
		error_where(fold->error, "journal entry %llu", (unsigned long long)index);
		return error_remedy(fold->error, "Run chancery-verify. Nothing was changed.");
	}
	if (hub->options.progress && hub->core.size % FOLD_PROGRESS_ENTRIES == 0)
		hub->options.progress(hub->core.size, fold->size);
	return 0;
}

static bool same_environment(const struct hub *hub)
{
	const struct mission_begin *now = &hub->options.environment;
	const struct environment *last = environment_get(&hub->core.state, ENVIRONMENT_ROW);
	if (!last || last->offsets.n != now->offsets.n || !str_eq(text_str(last->zone), now->zone))
		return false;
	for (size_t i = 0; i < now->offsets.n; i++)
		if (last->offsets.at[i].from != now->offsets.at[i].from ||
		    last->offsets.at[i].minutes != now->offsets.at[i].minutes)
			return false;
	return str_eq(text_str(last->program), now->program) && str_eq(text_str(last->schema), now->schema) &&
	       str_eq(text_str(last->access), now->access);
}

static int record_environment(struct hub *hub, struct error *error)
{
	struct buf b = arena_buf(&hub->batch);
	mission_begin_write(&b, &hub->options.environment);
	struct core_input input = {.kind = ENTRY_INPUT_KIND_START,
				   .name = STR("mission.begin"),
				   .body = arena_keep(&hub->batch, &b),
				   .from = {.kind = ENTRY_FROM_CORE}};
	struct core_result result;
	hub_turn(hub, &input, &result);
	if (result.verdict != CORE_DONE)
		return error_set(error, ERROR_INPUT, "the environment is not valid: %s", result.what);
	return 0;
}

static void record_unlock(struct hub *hub, const struct mission_unlock *unlock)
{
	struct buf b = arena_buf(&hub->batch);
	mission_unlock_write(&b, unlock);
	hub_start(hub, STR("mission.unlock"), arena_keep(&hub->batch, &b));
}

static int record_start(struct hub *hub, const struct mission_unlock *unlock, struct error *error)
{
	hub_watch_open(hub);
	int failed = hub->core.size > 0 && same_environment(hub) ? 0 : record_environment(hub, error);
	if (failed < 0)
		return failed;
	hub_stage_bring(hub);
	if (unlock)
		record_unlock(hub, unlock);
	int done = hub->n_entries > 0 ? hub_commit(hub, error) : 0;
	return done < 0 ? done : 0;
}

void hub_reset_core(struct hub *hub)
{
	struct rulebooks rulebooks = hub->core.rulebooks;
	/* Fresh pages: wiping the old ones would touch all that the state may ever need. */
	arena_unmap(&hub->memory);
	hub->memory = arena_map(core_memory());
	core_init(&hub->core, rulebooks, &hub->sealer, &hub->memory);
}

static int fold_rest(struct hub *hub, struct error *error)
{
	uint64_t from = hub->core.size;
	struct fold fold = {hub, journal_size(hub->journal), error};
	panic_context("fold");
	struct journal_reader reader = {read_entry, fold_entry, &fold};
	int failed = journal_read_with(hub->journal, from, fold.size - from, &reader, error);
	panic_context(NULL);
	return failed;
}

/* Everything that needs the mission's keys. */
static int begin(struct hub *hub, const struct mission_unlock *unlock, struct error *error)
{
	hub->vault = keys_vault_open(hub->options.keys);
	hub->sealer = keys_vault_of(hub->vault);
	core_init(&hub->core, hub->options.rulebooks, &hub->sealer, &hub->memory);
	hub_watch_recall(hub);
	int failed = hub_index_check(hub, error);
	failed = failed < 0 ? failed : hub_forget_open(hub, error);
	failed = failed < 0 ? failed : fold_rest(hub, error);
	if (failed < 0)
		return failed;
	hub->last_wall = hub->core.size == 0 ? 0 : hub->core.wall;
	set_clocks(hub);
	hub->readers_told = hub_driver_readers(hub);
	failed = hub_restore(hub, error);
	if (failed < 0)
		return failed;
	if (record_is_unsigned(&hub->core.state))
		journal_stop_signing(hub->journal);
	failed = hub_stage_open(hub, error);
	if (failed == 0)
		failed = record_start(hub, unlock, error);
	if (failed == 0)
		hub_table_begin(hub);
	return failed;
}

int hub_open(struct hub **ret_hub, const struct hub_options *options, struct error *error)
{
	ASSERT(options->n_drivers <= HUB_DRIVERS_MAX && options->n_witnesses <= HUB_WITNESSES_MAX);
	struct hub *hub = calloc(1, sizeof *hub);
	ASSERT(hub);
	hub->options = *options;
	hub->batch = arena_map(BATCH_MEMORY);
	hub->piece = arena_map(PIECE_MEMORY);
	hub->memory = arena_map(core_memory());
	crypt_hash(options->journal.seed, STR("chancery grant tables"), (struct str){0}, hub->table_seed,
		   sizeof hub->table_seed);
	int failed = journal_open(&hub->journal, &options->journal, error);
	failed = failed < 0 ? failed : refs_open(&hub->refs, options->index_path, options->journal.vfs, error);
	if (failed == 0 && options->outside.opened)
		failed = options->outside.opened(options->outside.context, error);
	if (failed == 0 && options->keys->file)
		failed = begin(hub, NULL, error);
	if (failed < 0) {
		hub_close(hub);
		return failed;
	}
	*ret_hub = hub;
	return 0;
}

int hub_unlock(struct hub *hub, const uint8_t cursor_key[CURSOR_KEY_BYTES], int64_t wall,
	       const struct mission_unlock *unlock, struct error *error)
{
	memcpy(hub->options.cursor_key, cursor_key, CURSOR_KEY_BYTES);
	hub->options.wall = wall;
	int failed = begin(hub, unlock, error);
	if (failed < 0)
		hub_close(hub);
	return failed;
}

void hub_close(struct hub *hub)
{
	for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++)
		if (hub->peers[peer].kind == PEER_ASKER)
			hub_blob_drop(&hub->peers[peer].asker.blob);
	if (hub->journal)
		journal_close(hub->journal);
	if (hub->refs)
		refs_close(hub->refs);
	if (hub->vault)
		keys_vault_close(hub->vault);
	for (size_t i = 0; i < 2; i++)
		if (hub->rules_memory[i].at)
			arena_unmap(&hub->rules_memory[i]);
	if (hub->staged_text.at)
		arena_unmap(&hub->staged_text);
	hub_table_close(hub);
	crypt_wipe(hub->table_seed, sizeof hub->table_seed);
	arena_unmap(&hub->memory);
	arena_unmap(&hub->batch);
	arena_unmap(&hub->piece);
	free(hub);
}

const struct core *hub_core(const struct hub *hub)
{
	return &hub->core;
}

struct journal *hub_journal(struct hub *hub)
{
	return hub->journal;
}
