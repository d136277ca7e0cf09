#include "core/inner.h"

#include "domain/mission/mission.h"
#include "domain/operators/operators.h"
#include "domain/oversight/oversight.h"
#include "domain/record/record.h"
#include "schema/json.h"

size_t core_memory(void)
{
	return state_memory();
}

static bool row_exists(const void *state, const struct subject *subject)
{
	return state_has_row(state, subject->table, subject->id);
}

void core_init(struct core *core, struct rulebooks rulebooks, const struct vault *vault, struct arena *memory)
{
	*core = (struct core){.rulebooks = rulebooks, .vault = vault, .incarnation = 1};
	core->sealing.exists = row_exists;
	core->sealing.state = &core->state;
	state_init(&core->state, memory);
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
		      const struct core_input *input)
{
	bool reported = input->from.kind == ENTRY_FROM_DRIVER, asked = input->from.kind == ENTRY_FROM_OPERATOR;
	t->state = &core->state;
	t->arena = arena;
	t->now = core->wall;
	t->entry = core->size;
	t->rulebooks = &core->rulebooks;
	t->driver = reported ? input->from.driver.name : (struct str){0};
	t->login = asked ? input->from.operator.login : (struct str){0};
	t->ago = reported ? input->from.driver.ago : 0;
	t->checked = input->was;
	t->concerned = (struct subject){0};
	t->n_events = 0;
	t->refusal = REFUSAL_NONE;
	t->refusal_args = NULL;
	t->because = NULL;
	t->gives = (struct str){0};
	t->may = (struct turn_may){0};
	t->type = type;
}

/* Inputs that are not understood */

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

struct blobs {
	const struct core_input *input;
	bool missing;
};

static void look_for_blob(void *context, struct str hash)
{
	struct blobs *blobs = context;
	const struct core_input *input = blobs->input;
	blobs->missing |= !input->has_blob || !input->has_blob(input->context, hash);
}

/* The body as its struct, in the arena; NULL after saying what is wrong with it. */
static const void *understand(const struct core_input *input, const struct input_type **ret_type, struct arena *arena,
			      struct core_result *result)
{
	const struct input_type *type = input_find(input->kind, input->name);
	if (!type) {
		bad(result, 0, STR("there is nothing of the name "), input->name);
		return NULL;
	}
	void *ask = arena_take(arena, 1, type->size);
	struct json json = json_over(input->body, arena);
	json.packets = input->packets;
	json.secrets = input->secrets;
	if (!input_read(type, &json, ask)) {
		json_error_text(&json, result->what, sizeof result->what);
		result->verdict = CORE_BAD;
		result->offset = json.offset;
		return NULL;
	}
	struct blobs blobs = {.input = input};
	input_blobs(type, ask, look_for_blob, &blobs);
	if (blobs.missing) {
		bad(result, 0, STR("a blob that it names was not sent before"), (struct str){0});
		return NULL;
	}
	*ret_type = type;
	return ask;
}

/* Commands: who may, and who else must agree. Reports, timers and starts come from our own processes. */

static bool has_role(const struct core_input *input, const struct str *roles, size_t n)
{
	for (size_t i = 0; i < input->n_roles; i++)
		for (size_t k = 0; k < n; k++)
			if (str_eq(input->roles[i], roles[k]))
				return true;
	return false;
}

/* Lets the decision be made, or says in its place why it is not made now. What saves life waits for nobody but the role. */
static void decide_command(struct turn *t, const struct core_input *input, const void *ask)
{
	const struct input_type *type = t->type;
	bool approved = t->checked.pending != 0;
	if (approved ? !has_role(input, type->approvers, type->n_approvers)
		     : !has_role(input, type->who, type->n_who)) {
		mission_refuse_role(t, type->name, t->login);
	} else if (type->grave && !t->checked.asserted) {
		oversight_refuse_unasserted(t, type->name);
	} else if (type->n_approvers > 0 && !approved) {
		oversight_ask_approval(t, type);
	} else if (!approved || oversight_may_approve(t, type)) {
		input_decide(type, t, ask);
		if (approved && t->refusal == REFUSAL_NONE)
			oversight_approved(t);
		if (type->life_safety && t->n_events > 0)
			oversight_owe_review(t, type);
	}
	/* Its counter is kept whatever became of the command, as long as it was not refused: a refusal has no events. */
	if (t->checked.asserted && t->refusal == REFUSAL_NONE)
		operators_passkey_used(t);
}

/* The approval that the command waits for now, or 0. */
static uint64_t asked_for(const struct turn *t)
{
	bool asks = t->n_events > 0 && t->events[0].kind == EVENT_OVERSIGHT_APPROVAL_ASKED;
	return asks ? ((const struct oversight_approval_asked *)t->events[0].body)->pending : 0;
}

void core_turn(struct core *core, const struct core_input *input, const struct core_moment *moment, struct arena *arena,
	       struct core_result *ret_result)
{
	const struct input_type *type;
	ret_result->n_orders = ret_result->n_desired = 0;
	const void *ask = understand(input, &type, arena, ret_result);
	if (!ask)
		return;
	begin(core, moment);
	struct turn t;
	init_turn(&t, core, arena, type, input);
	if (input->kind == ENTRY_INPUT_KIND_COMMAND)
		decide_command(&t, input, ask);
	else
		input_decide(type, &t, ask);
	ret_result->pending = asked_for(&t);
	core_finish(core, &t, input, ask, moment, ret_result);
}

/* Timers */

static bool earliest(const struct core *core, int64_t *ret_due, enum timer *ret_timer, uint64_t *ret_row)
{
	return state_due(&core->state, !record_clock_is_doubted(&core->state), ret_due, ret_timer, ret_row);
}

bool core_next_timer(const struct core *core, const struct core_moment *moment, struct str *ret_name, uint64_t *ret_row)
{
	int64_t due;
	enum timer timer;
	if (!earliest(core, &due, &timer, ret_row) || due > later(core->wall, moment->wall))
		return false;
	*ret_name = timer_name(timer);
	return true;
}

bool core_timer(struct core *core, const struct core_moment *moment, struct arena *arena,
		struct core_result *ret_result)
{
	int64_t due, next_due;
	enum timer timer, next_timer;
	uint64_t row, next_row;
	ret_result->n_orders = ret_result->n_desired = 0;
	if (!earliest(core, &due, &timer, &row) || due > later(core->wall, moment->wall))
		return false;
	begin(core, moment);
	struct buf b = arena_buf(arena);
	BUF_LIT(&b, "{\"row\":");
	buf_put_u64(&b, row);
	BUF_LIT(&b, ",\"due\":");
	buf_put_i64(&b, due);
	BUF_LIT(&b, "}");
	struct core_input input = {.kind = ENTRY_INPUT_KIND_TIMER,
				   .name = timer_name(timer),
				   .body = arena_keep(arena, &b),
				   .from = {.kind = ENTRY_FROM_CORE}};
	struct turn t;
	init_turn(&t, core, arena, NULL, &input);
	timer_run(timer, &t, row);
	core_finish(core, &t, &input, NULL, moment, ret_result);
	/* A timer that leaves itself due would come again for ever. */
	bool again = earliest(core, &next_due, &next_timer, &next_row) && next_timer == timer && next_row == row;
	ASSERT(!again || next_due > core->wall);
	return true;
}

int64_t core_due(const struct core *core)
{
	int64_t due;
	enum timer timer;
	uint64_t row;
	return earliest(core, &due, &timer, &row) ? due : INT64_MAX;
}
