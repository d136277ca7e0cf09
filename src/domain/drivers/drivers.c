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

/* The driver's row, made where there is none. */
static struct driver *driver_of(struct state *state, struct str name)
{
	const struct driver *known = driver_by_name(state, name);
	if (known)
		return driver_edit(state, known->driver);
	struct driver row = {.driver = driver_next_id(state)};
	text_set(&row.name, name);
	driver_add(state, &row);
	return driver_edit(state, row.driver);
}

void drivers_take(struct state *state, const struct entry_driver *from)
{
	ASSERT(drivers_check(state, from) == DRIVERS_NEXT);
	struct driver *driver = driver_of(state, from->name);
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

void drivers_give_order(struct state *state, const struct drivers_order *order, const struct entry_from *from)
{
	struct order row = {.order = order_id(order->entry, order->event),
			    .not_after = order->not_after,
			    .overdue = order->not_after + DRIVERS_ANSWER_MS_MAX};
	text_set(&row.driver, order->driver);
	text_set(&row.name, order->name);
	text_set(&row.body, order->body);
	if (from->kind == ENTRY_FROM_DRIVER && str_eq(from->driver.name, order->driver)) {
		row.answers = from->driver.sequence;
		row.has_boot = true;
		text_set(&row.boot, from->driver.boot);
	}
	order_add(state, &row);
}

/* The order when it was given to the driver that speaks, else NULL. */
static const struct order *own_order(const struct turn *t, int64_t entry, int64_t event)
{
	const struct order *order = order_get(t->state, order_id((uint64_t)entry, (size_t)event));
	return order && str_eq(text_str(order->driver), t->driver) ? order : NULL;
}

static const struct desired *own_desired(const struct turn *t, int64_t entry, int64_t event)
{
	const struct desired *row = desired_first_by_driver(t->state, t->driver);
	while (row && !(row->entry == entry && row->event == event))
		row = desired_next_by_driver(t->state, row);
	return row;
}

static const struct desired *find_desired(const struct state *state, struct str device, struct str name)
{
	const struct desired *row = desired_first_by_device(state, device);
	while (row && !str_eq(text_str(row->name), name))
		row = desired_next_by_device(state, row);
	return row;
}

void drivers_desire(struct state *state, uint64_t entry, size_t event, struct str driver, struct str name,
		    const struct subject *device, struct str body)
{
	char text[64];
	struct buf ref = BUF(text);
	buf_put_str(&ref, device->table);
	buf_put_char(&ref, ':');
	buf_put_u64(&ref, device->id);
	const struct desired *before = find_desired(state, buf_str(&ref), name);
	if (before)
		desired_remove(state, before->desired);
	struct desired row = {
	    .desired = desired_next_id(state), .entry = (int64_t)entry, .event = (int64_t)event, .reached = false};
	text_set(&row.driver, driver);
	text_set(&row.device, buf_str(&ref));
	text_set(&row.name, name);
	text_set(&row.body, body);
	desired_add(state, &row);
}

static void close_order(struct state *s, int64_t entry, int64_t event)
{
	order_remove(s, order_id((uint64_t)entry, (size_t)event));
}

/* The row goes when the event is applied, so what reacts to it gets name and body from the event: copies that outlive the row. */
void drivers_decide_done(struct turn *t, const struct drivers_done *ask)
{
	const struct order *order = own_order(t, ask->entry, ask->event);
	const struct desired *desired = order ? NULL : own_desired(t, ask->entry, ask->event);
	if (order)
		emit(t, drivers_order_done, .entry = ask->entry, .event = ask->event,
		     .name = arena_str(t->arena, text_str(order->name)),
		     .body = arena_str(t->arena, text_str(order->body)));
	else if (!desired)
		refuse(t, DRIVERS_NO_ORDER, .entry = ask->entry, .event = ask->event);
	else if (!desired->reached)
		emit(t, drivers_desired_reached, .desired = desired->desired, .device = text_str(desired->device),
		     .name = text_str(desired->name));
}

void drivers_apply_desired_reached(struct state *s, const struct drivers_desired_reached *ev)
{
	desired_edit(s, ev->desired)->reached = true;
}

void drivers_apply_order_done(struct state *s, const struct drivers_order_done *ev)
{
	close_order(s, ev->entry, ev->event);
}

void drivers_decide_expired(struct turn *t, const struct drivers_expired *ask)
{
	if (own_order(t, ask->entry, ask->event))
		emit(t, drivers_order_expired, .entry = ask->entry, .event = ask->event);
	else
		refuse(t, DRIVERS_NO_ORDER, .entry = ask->entry, .event = ask->event);
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

/* Grant tables */

void drivers_decide_issue_table(struct turn *t, const struct drivers_issue_table *ask)
{
	const struct driver *driver = driver_by_name(t->state, ask->driver);
	if (driver && ask->number <= driver->issued)
		refuse(t, DRIVERS_TABLE_OLD, .number = driver->issued);
	else
		emit(t, drivers_table_issued, .driver = ask->driver, .number = ask->number, .until = ask->until,
		     .hash = ask->hash, .badges = ask->badges);
}

void drivers_apply_table_issued(struct state *s, const struct drivers_table_issued *ev)
{
	struct driver *driver = driver_of(s, ev->driver);
	ASSERT(ev->number > driver->issued);
	driver->issued = ev->number;
	driver->has_until = true;
	driver->until = ev->until;
}

void drivers_decide_confirmed(struct turn *t, const struct drivers_confirmed *ask)
{
	const struct driver *driver = driver_by_name(t->state, t->driver);
	if (!driver || ask->number > driver->issued)
		refuse(t, DRIVERS_NO_TABLE, .number = ask->number);
	else if (ask->number > driver->confirmed)
		emit(t, drivers_table_confirmed, .driver = driver->driver, .number = ask->number);
}

void drivers_apply_table_confirmed(struct state *s, const struct drivers_table_confirmed *ev)
{
	driver_edit(s, ev->driver)->confirmed = ev->number;
}
