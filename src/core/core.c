#include "core/core.h"

#include "domain/drivers/drivers.h"
#include "domain/mission/mission.h"
#include "schema/json.h"

enum { ENTRY_FORMAT = 1 };

size_t core_memory(void)
{
	return state_memory();
}

void core_init(struct core *core, struct rulebooks rulebooks, struct arena *memory)
{
	*core = (struct core){.rulebooks = rulebooks, .incarnation = 1};
	state_init(&core->state, memory);
}

/* What an entry does beside its events, whatever their subject: its report is taken, its orders wait for their drivers' answers, and it may be the
 * environment of later ones. core_turn and core_fold both call these, after all events are applied, so that both make the same state. */

static void note_from(struct core *core, const struct entry_from *from)
{
	if (from->kind == ENTRY_FROM_DRIVER)
		drivers_take(&core->state, &from->driver);
}

/* True when the event is an order: then fills ret_order. `json` is the event's body. */
static bool note_event(struct core *core, size_t number, enum event kind, const void *body, struct str json,
		       struct core_order *ret_order)
{
	if (kind == EVENT_MISSION_IN_FORCE)
		core->env = core->size;
	struct str driver;
	int64_t valid_ms;
	if (!event_order(kind, &core->state, body, &driver, &valid_ms))
		return false;
	*ret_order = (struct core_order){.event = number,
					 .driver = driver,
					 .name = event_name(kind),
					 .body = json,
					 .not_after = core->wall + valid_ms};
	drivers_give_order(&core->state, core->size, number, driver, ret_order->name, json, ret_order->not_after);
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The entry's number, time and place in the record, before anything is decided. */
static void begin(struct core *core, const struct core_moment *moment)
{
	core->wall = later(core->wall, moment->wall);
	core->elapsed = later(core->elapsed, moment->elapsed);
}

/* The events are left as they are: n_events says how many there are. */
static void init_turn(struct turn *t, struct core *core, struct arena *arena, const struct input_type *type,
		      struct str driver)
{
	t->state = &core->state;
	t->arena = arena;
	t->now = core->wall;
	t->entry = core->size;
	t->rulebooks = &core->rulebooks;
	t->driver = driver;
	t->n_events = 0;
	t->refusal = REFUSAL_NONE;
	t->refusal_args = NULL;
	t->because = NULL;
	t->gives = (struct str){0};
	t->may = (struct turn_may){0};
	t->type = type;
}

static struct entry_event_list event_list(struct core *core, const struct turn *t, struct arena *arena,
					  struct core_result *result)
{
	struct entry_event *list = ARENA_TAKE(arena, struct entry_event, t->n_events);
	for (size_t i = 0; i < t->n_events; i++) {
		struct buf b = arena_buf(arena);
		event_write(t->events[i].kind, &b, t->events[i].body);
		list[i] = (struct entry_event){event_name(t->events[i].kind), arena_keep(arena, &b)};
	}
	for (size_t i = 0; i < t->n_events; i++)
		result->n_orders += note_event(core, i, t->events[i].kind, t->events[i].body, list[i].body,
					       &result->orders[result->n_orders]);
	return (struct entry_event_list){t->n_events, list};
}

/* The turn is over: writes the entry, and makes the state what core_fold will make of it. */
static void finish(struct core *core, const struct turn *t, const struct core_input *input, struct str body,
		   const struct core_moment *moment, struct core_result *result)
{
	struct arena *arena = t->arena;
	ASSERT(t->refusal == REFUSAL_NONE || t->n_events == 0);
	result->verdict = t->refusal == REFUSAL_NONE ? CORE_DONE : CORE_REFUSED;
	result->index = core->size;
	result->gives = t->gives.len ? t->gives : STR("{}");
	note_from(core, &input->from);
	struct entry entry = {.format = ENTRY_FORMAT,
			      .index = (int64_t)core->size,
			      .incarnation = core->incarnation,
			      .wall = core->wall,
			      .elapsed = core->elapsed,
			      .salt = {(const char *)moment->salt, CORE_SALT_BYTES},
			      .from = input->from,
			      .has_checked = input->checked.len > 0,
			      .checked = input->checked,
			      .input = {input->kind, input->name, body},
			      .has_refusal = t->refusal != REFUSAL_NONE,
			      .events = event_list(core, t, arena, result),
			      .has_because = t->because != NULL};
	if (entry.has_refusal) {
		struct buf b = arena_buf(arena);
		refusal_write(t->refusal, &b, t->refusal_args);
		result->refusal = refusal_name(t->refusal);
		result->refusal_takes = arena_keep(arena, &b);
		entry.refusal = (struct entry_refusal){result->refusal, result->refusal_takes};
	}
	if (entry.has_because)
		entry.because = *t->because;
	entry.env = (int64_t)core->env;
	struct buf b = arena_buf(arena);
	entry_write(&b, &entry);
	result->entry = arena_keep(arena, &b);
	ASSERT(result->entry.len <= CORE_ENTRY_BYTES_MAX);
	core->size++;
}

static void bad(struct core_result *result, size_t offset, struct str what, struct str about)
{
	struct buf b = {.at = (uint8_t *)result->what, .size = sizeof result->what - 1};
	struct str cut = {about.at, about.len < 128 ? about.len : 128};
	buf_put_str(&b, what);
	buf_put_str(&b, cut);
	result->what[b.len] = 0;
	result->verdict = CORE_BAD;
	result->offset = offset;
}

/* A person's role must be one that the command names. Reports, timers and starts come from our own processes. */
static bool may(const struct input_type *type, const struct core_input *input)
{
	if (input->kind != ENTRY_INPUT_KIND_COMMAND)
		return true;
	for (size_t i = 0; i < input->n_roles; i++)
		for (size_t k = 0; k < type->n_who; k++)
			if (str_eq(input->roles[i], type->who[k]))
				return true;
	return false;
}

void core_turn(struct core *core, const struct core_input *input, const struct core_moment *moment, struct arena *arena,
	       struct core_result *ret_result)
{
	ret_result->n_orders = 0;
	const struct input_type *type = input_find(input->kind, input->name);
	if (!type) {
		bad(ret_result, 0, STR("there is nothing of the name "), input->name);
		return;
	}
	void *ask = arena_take(arena, 1, type->size);
	struct json json = json_over(input->body, arena);
	if (!input_read(type, &json, ask)) {
		json_error_text(&json, ret_result->what, sizeof ret_result->what);
		ret_result->verdict = CORE_BAD;
		ret_result->offset = json.offset;
		return;
	}
	struct buf b = arena_buf(arena);
	input_write(type, &b, ask);
	struct str body = arena_keep(arena, &b);
	begin(core, moment);
	struct turn t;
	init_turn(&t, core, arena, type,
		  input->from.kind == ENTRY_FROM_DRIVER ? input->from.driver.name : (struct str){0});
	if (may(type, input))
		input_decide(type, &t, ask);
	else
		mission_refuse_role(&t, type->name, input->from.operator.login);
	finish(core, &t, input, body, moment, ret_result);
}

bool core_timer(struct core *core, const struct core_moment *moment, struct arena *arena,
		struct core_result *ret_result)
{
	int64_t due;
	enum timer timer;
	uint64_t row;
	ret_result->n_orders = 0;
	if (!state_due(&core->state, &due, &timer, &row) || due > later(core->wall, moment->wall))
		return false;
	begin(core, moment);
	struct buf b = arena_buf(arena);
	BUF_LIT(&b, "{\"row\":");
	buf_put_u64(&b, row);
	BUF_LIT(&b, ",\"due\":");
	buf_put_i64(&b, due);
	BUF_LIT(&b, "}");
	struct str body = arena_keep(arena, &b);
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_TIMER, .name = timer_name(timer), .body = body, .from = {.kind = ENTRY_FROM_CORE}};
	struct turn t;
	init_turn(&t, core, arena, NULL, (struct str){0});
	timer_run(timer, &t, row);
	finish(core, &t, &input, body, moment, ret_result);
	/* A timer that leaves itself due would come again for ever. */
	int64_t next;
	enum timer next_timer;
	uint64_t next_row;
	bool again = state_due(&core->state, &next, &next_timer, &next_row) && next_timer == timer && next_row == row;
	ASSERT(!again || next > core->wall);
	return true;
}

int64_t core_due(const struct core *core)
{
	int64_t due;
	enum timer timer;
	uint64_t row;
	return state_due(&core->state, &due, &timer, &row) ? due : INT64_MAX;
}

/* The fold */

/* Null when the entry follows the ones before it. */
static const char *out_of_order(const struct core *core, const struct entry *entry)
{
	if (entry->index != (int64_t)core->size)
		return "its index is not the next one";
	if (entry->wall < core->wall || entry->elapsed < core->elapsed)
		return "its time lies before the last entry's";
	if (entry->incarnation < core->incarnation)
		return "its incarnation is older than the last entry's";
	if (entry->from.kind == ENTRY_FROM_DRIVER && drivers_check(&core->state, &entry->from.driver) != DRIVERS_NEXT)
		return "its driver's sequence is not the next one";
	return NULL;
}

static bool apply_events(struct core *core, const struct entry *entry, struct arena *arena)
{
	ASSERT(entry->events.n <= TURN_EVENTS_MAX);
	struct turn_event events[TURN_EVENTS_MAX];
	for (size_t i = 0; i < entry->events.n; i++) {
		if (!event_of(entry->events.at[i].name, &events[i].kind))
			return false;
		void *body = arena_take(arena, 1, event_size(events[i].kind));
		struct json json = json_over(entry->events.at[i].body, arena);
		if (!event_read(events[i].kind, &json, body))
			return false;
		events[i].body = body;
		event_apply(events[i].kind, &core->state, body);
	}
	note_from(core, &entry->from);
	struct core_order order;
	for (size_t i = 0; i < entry->events.n; i++)
		note_event(core, i, events[i].kind, events[i].body, entry->events.at[i].body, &order);
	return true;
}

bool core_fold(struct core *core, struct str body, struct arena *arena, const char **ret_what)
{
	struct entry entry;
	struct json json = json_over(body, arena);
	if (!entry_read(&json, &entry)) {
		*ret_what = json.what;
		return false;
	}
	const char *wrong = out_of_order(core, &entry);
	if (wrong) {
		*ret_what = wrong;
		return false;
	}
	core->wall = entry.wall;
	core->elapsed = entry.elapsed;
	core->incarnation = entry.incarnation;
	if (!apply_events(core, &entry, arena)) {
		*ret_what = "it has an event that this program does not know";
		return false;
	}
	if (entry.env != (int64_t)core->env) {
		*ret_what = "its env is not the newest InForce entry";
		return false;
	}
	core->size++;
	return true;
}
