#include "core/inner.h"

#include "domain/drivers/drivers.h"
#include "domain/record/record.h"
#include "schema/json.h"

void core_note_from(struct core *core, const struct entry_from *from)
{
	if (from->kind == ENTRY_FROM_DRIVER)
		drivers_take(&core->state, &from->driver);
}

void core_note_month(struct core *core, struct str keep, int64_t month)
{
	if (keep.len > 0)
		record_note_month(&core->state, keep, month);
}

/* Whose rows are blank from this event on. An event of a subject that is itself a value names its table; all others have it in the schema. */
static bool forgets(const struct turn_event *event, struct subject *ret_subject)
{
	if (event->kind != EVENT_RECORD_SUBJECT_FORGOTTEN)
		return event_forgets(event->kind, event->body, ret_subject);
	const struct record_subject_forgotten *body = event->body;
	*ret_subject = (struct subject){body->table, (uint64_t)body->subject};
	return true;
}

enum core_noted core_note_event(struct core *core, size_t number, const struct turn_event *event, struct str json,
				const struct entry_from *from, struct core_order *ret_order)
{
	struct core_order order = {.event = number, .name = event_name(event->kind), .body = json};
	int64_t valid_ms;
	struct subject forgotten;
	if (event->kind == EVENT_MISSION_IN_FORCE)
		core->env = core->size;
	if (forgets(event, &forgotten)) {
		state_forget(&core->state, forgotten.table, forgotten.id);
		record_forget(&core->state, &forgotten);
	}
	if (event_order(event->kind, &core->state, event->body, &order.driver, &valid_ms)) {
		order.not_after = core->wall + valid_ms;
		if (from->kind == ENTRY_FROM_DRIVER && str_eq(from->driver.name, order.driver))
			order.answers = from->driver.sequence;
		struct drivers_order given = {core->size, number, order.driver, order.name, json, order.not_after};
		drivers_give_order(&core->state, &given, from);
		*ret_order = order;
		return CORE_NOTED_ORDER;
	}
	if (event_desired(event->kind, &core->state, event->body, &order.driver, &order.device)) {
		drivers_desire(&core->state, core->size, number, order.driver, order.name, &order.device, json);
		*ret_order = order;
		return CORE_NOTED_DESIRED;
	}
	return CORE_NOTED_EVENT;
}

/* Events: those that everybody's record has, and those of the compartment, which go into the box */

struct writer {
	struct core *core;
	const struct turn *t;
	const struct entry_from *from;
	struct core_result *result;
};

static bool is_boxed(const struct turn *t, size_t event)
{
	struct str compartment = event_compartment(t->events[event].kind);
	ASSERT(compartment.len == 0 || (t->type && str_eq(t->type->compartment, compartment)));
	return compartment.len > 0;
}

/* Orders go out in the clear, and hold nothing personal: what stands in the entry is what the driver gets. */
static void note(const struct writer *w, size_t event, size_t number, struct str json)
{
	struct core_order order;
	switch (core_note_event(w->core, number, &w->t->events[event], json, w->from, &order)) {
	case CORE_NOTED_ORDER:
		w->result->orders[w->result->n_orders++] = order;
		break;
	case CORE_NOTED_DESIRED:
		w->result->desired[w->result->n_desired++] = order;
		break;
	case CORE_NOTED_EVENT:
		break;
	}
}

static struct entry_event_list open_events(const struct writer *w)
{
	const struct turn *t = w->t;
	struct entry_event *list = ARENA_TAKE(t->arena, struct entry_event, t->n_events);
	size_t n = 0;
	for (size_t i = 0; i < t->n_events; i++) {
		if (is_boxed(t, i))
			continue;
		struct buf b = arena_buf(t->arena);
		event_write(t->events[i].kind, &b, t->events[i].body, &w->core->sealing);
		list[n++] = (struct entry_event){event_name(t->events[i].kind), arena_keep(t->arena, &b)};
	}
	return (struct entry_event_list){n, list};
}

/* `at` is the event's place among all, so that a fold applies them in the order in which they were emitted. */
static struct str boxed_events(const struct writer *w)
{
	const struct turn *t = w->t;
	struct boxed_event *list = ARENA_TAKE(t->arena, struct boxed_event, t->n_events);
	size_t n = 0;
	for (size_t i = 0; i < t->n_events; i++) {
		if (!is_boxed(t, i))
			continue;
		struct buf b = arena_buf(t->arena);
		event_write(t->events[i].kind, &b, t->events[i].body, NULL);
		list[n++] = (struct boxed_event){(int64_t)i, event_name(t->events[i].kind), arena_keep(t->arena, &b)};
	}
	if (n == 0)
		return (struct str){0};
	struct buf b = arena_buf(t->arena);
	entry_box_write(&b, &(struct entry_box){{n, list}});
	return arena_keep(t->arena, &b);
}

static void note_all(const struct writer *w, const struct entry_event_list *open)
{
	const struct turn *t = w->t;
	size_t number = 0, boxed = open->n;
	for (size_t i = 0; i < t->n_events; i++) {
		if (!is_boxed(t, i)) {
			note(w, i, number, open->at[number].body);
			number++;
			continue;
		}
		struct buf b = arena_buf(t->arena);
		event_write(t->events[i].kind, &b, t->events[i].body, NULL);
		note(w, i, boxed++, arena_keep(t->arena, &b));
	}
}

/* The other members */

static struct entry_input input_of(const struct turn *t, const struct core_input *input, const void *ask,
				   struct sealing *sealing)
{
	struct entry_input made = {input->kind, input->name, input->body};
	if (ask) {
		struct buf b = arena_buf(t->arena);
		input_write(t->type, &b, ask, sealing);
		made.body = arena_keep(t->arena, &b);
	}
	return made;
}

static struct str because_of(struct core *core, const struct turn *t)
{
	if (!t->because)
		return (struct str){0};
	struct buf b = arena_buf(t->arena);
	entry_because_seal(&b, t->because, &core->sealing);
	return arena_keep(t->arena, &b);
}

static struct entry_refusal refusal_of(struct core *core, const struct turn *t, struct core_result *result)
{
	struct buf b = arena_buf(t->arena), clear;
	refusal_write(t->refusal, &b, t->refusal_args, &core->sealing);
	struct str takes = arena_keep(t->arena, &b);
	clear = arena_buf(t->arena);
	refusal_write(t->refusal, &clear, t->refusal_args, NULL);
	result->refusal = refusal_name(t->refusal);
	result->refusal_takes = arena_keep(t->arena, &clear);
	return (struct entry_refusal){result->refusal, takes};
}

static struct entry_packet_list packets_of(struct core *core, const struct vault_place *place, struct arena *arena)
{
	const struct vault_packet *packets = NULL;
	bool fits = sealing_finish(&core->sealing, core->vault, place, arena, &packets);
	ASSERT(fits);
	struct entry_packet *list = ARENA_TAKE(arena, struct entry_packet, core->sealing.n_packets);
	for (size_t i = 0; i < core->sealing.n_packets; i++) {
		struct buf b = arena_buf(arena);
		buf_put_base64(&b, (const uint8_t *)packets[i].data.at, packets[i].data.len);
		list[i] = (struct entry_packet){.keep = packets[i].keep,
						.month = packets[i].month,
						.mark = {(const char *)packets[i].mark, VAULT_MARK_BYTES},
						.data = arena_keep(arena, &b)};
		core_note_month(core, packets[i].keep, packets[i].month);
	}
	return (struct entry_packet_list){core->sealing.n_packets, list};
}

static struct str box_of(struct core *core, const struct writer *w, const struct vault_place *place)
{
	const struct input_type *type = w->t->type;
	if (!type || type->box_bytes == 0)
		return (struct str){0};
	struct str contents = boxed_events(w), box;
	ASSERT(contents.len <= type->box_bytes);
	struct vault_place here = *place;
	here.packet = VAULT_PACKETS_MAX;
	core->vault->box(core->vault->context, &here, type->compartment, contents, type->box_bytes, w->t->arena, &box);
	struct buf b = arena_buf(w->t->arena);
	buf_put_base64(&b, (const uint8_t *)box.at, box.len);
	return arena_keep(w->t->arena, &b);
}

void core_finish(struct core *core, const struct turn *t, const struct core_input *input, const void *ask,
		 const struct core_moment *moment, struct core_result *result)
{
	struct writer w = {core, t, &input->from, result};
	struct vault_place place = {core->size, moment->salt, core->wall, 0};
	ASSERT(t->refusal == REFUSAL_NONE || t->n_events == 0);
	result->verdict = t->refusal == REFUSAL_NONE ? CORE_DONE : CORE_REFUSED;
	result->index = core->size;
	result->gives = t->gives.len ? t->gives : STR("{}");
	sealing_clear(&core->sealing);
	core->sealing.concerned = t->concerned;
	struct entry entry = {.format = ENTRY_FORMAT,
			      .index = (int64_t)core->size,
			      .incarnation = core->incarnation,
			      .wall = core->wall,
			      .elapsed = core->elapsed,
			      .salt = {(const char *)moment->salt, CORE_SALT_BYTES},
			      .from = input->from,
			      .has_checked = input->checked.len > 0,
			      .checked = input->checked,
			      .has_refusal = t->refusal != REFUSAL_NONE,
			      .has_because = t->because != NULL};
	/* Packets and values are numbered as they come: one after the other, whatever the compiler. */
	entry.input = input_of(t, input, ask, &core->sealing);
	entry.events = open_events(&w);
	entry.because = because_of(core, t);
	if (entry.has_refusal)
		entry.refusal = refusal_of(core, t, result);
	core_note_from(core, &input->from);
	note_all(&w, &entry.events);
	entry.env = (int64_t)core->env;
	entry.sealed = packets_of(core, &place, t->arena);
	entry.box = box_of(core, &w, &place);
	entry.has_box = entry.box.len > 0;
	struct buf b = arena_buf(t->arena);
	entry_write(&b, &entry);
	result->entry = arena_keep(t->arena, &b);
	ASSERT(result->entry.len <= CORE_ENTRY_BYTES_MAX);
	core->size++;
}
