#include "domain/drivers/drivers.h"

#include "schema/text.h"

enum drivers_sequence drivers_check(const struct state *state, const struct entry_driver *from)
{
	const struct driver *driver = driver_by_name(state, from->name);
	int64_t taken = driver && str_eq(text_str(driver->boot), from->boot) ? driver->sequence : 0;
	if (from->sequence <= taken)
		return DRIVERS_TAKEN;
	return from->sequence == taken + 1 ? DRIVERS_NEXT : DRIVERS_GAP;
}

void drivers_take(struct state *state, const struct entry_driver *from)
{
	ASSERT(drivers_check(state, from) == DRIVERS_NEXT);
	const struct driver *known = driver_by_name(state, from->name);
	if (!known) {
		struct driver row = {.driver = driver_next_id(state)};
		text_set(&row.name, from->name);
		driver_add(state, &row);
		known = driver_by_name(state, from->name);
	}
	struct driver *driver = driver_edit(state, known->driver);
	text_set(&driver->boot, from->boot);
	driver->sequence = from->sequence;
}

bool drivers_have_room(const struct state *state)
{
	return order_count(state) + TURN_EVENTS_MAX <= ORDER_AT_MOST;
}

/* The row of an order: entry and event as one number. */
static uint64_t order_id(uint64_t entry, size_t event)
{
	ASSERT(event < TURN_EVENTS_MAX);
	return entry * TURN_EVENTS_MAX + event + 1;
}

void drivers_give_order(struct state *state, uint64_t entry, size_t event, struct str driver, struct str name,
			struct str body, int64_t not_after)
{
	struct order row = {
	    .order = order_id(entry, event), .not_after = not_after, .overdue = not_after + DRIVERS_ANSWER_MS_MAX};
	text_set(&row.driver, driver);
	text_set(&row.name, name);
	text_set(&row.body, body);
	order_add(state, &row);
}

/* The order when it was given to the driver that speaks; refuses otherwise. */
static const struct order *own_order(struct turn *t, int64_t entry, int64_t event)
{
	const struct order *order = order_get(t->state, order_id((uint64_t)entry, (size_t)event));
	if (order && str_eq(text_str(order->driver), t->driver))
		return order;
	refuse(t, DRIVERS_NO_ORDER, .entry = entry, .event = event);
	return NULL;
}

static void close_order(struct state *s, int64_t entry, int64_t event)
{
	order_remove(s, order_id((uint64_t)entry, (size_t)event));
}

/* The row goes when the event is applied, so what reacts to it gets name and body from the event: copies that outlive the row. */
void drivers_decide_done(struct turn *t, const struct drivers_done *ask)
{
	const struct order *order = own_order(t, ask->entry, ask->event);
	if (order)
		emit(t, drivers_order_done, .entry = ask->entry, .event = ask->event,
		     .name = arena_str(t->arena, text_str(order->name)),
		     .body = arena_str(t->arena, text_str(order->body)));
}

void drivers_apply_order_done(struct state *s, const struct drivers_order_done *ev)
{
	close_order(s, ev->entry, ev->event);
}

void drivers_decide_expired(struct turn *t, const struct drivers_expired *ask)
{
	if (own_order(t, ask->entry, ask->event))
		emit(t, drivers_order_expired, .entry = ask->entry, .event = ask->event);
}

void drivers_apply_order_expired(struct state *s, const struct drivers_order_expired *ev)
{
	close_order(s, ev->entry, ev->event);
}

void drivers_due_order_overdue(struct turn *t, const struct order *row)
{
	uint64_t number = row->order - 1;
	emit(t, drivers_order_unanswered, .entry = (int64_t)(number / TURN_EVENTS_MAX),
	     .event = (int64_t)(number % TURN_EVENTS_MAX), .driver = arena_str(t->arena, text_str(row->driver)));
}

void drivers_apply_order_unanswered(struct state *s, const struct drivers_order_unanswered *ev)
{
	close_order(s, ev->entry, ev->event);
}
