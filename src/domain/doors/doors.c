#include "domain/doors/doors.h"

#include "gen/codec.h"
#include "schema/text.h"

enum { LOCKDOWN_ROW = 1 };

const struct reader *doors_reader_on_line(const struct state *state, uint64_t reader, struct str line)
{
	const struct reader *row = reader_get(state, reader);
	return row && str_eq(text_str(row->line), line) ? row : NULL;
}

const struct door *doors_door_of(const struct state *state, const struct reader *reader)
{
	const struct door *door = door_get(state, reader->door);
	ASSERT(door);
	return door;
}

size_t doors_online_count(const struct state *state)
{
	size_t online = 0;
	const struct reader *reader = NULL;
	while ((reader = reader_after(state, reader ? reader->reader : 0)))
		online += reader->state == READER_STATE_ONLINE;
	return online;
}

/* Doors and readers come to be */

void doors_decide_add_door(struct turn *t, const struct doors_add_door *ask)
{
	if (door_by_name(t->state, ask->name)) {
		refuse(t, DOORS_NAME_TAKEN, .name = ask->name);
		return;
	}
	uint64_t missing = !zone_get(t->state, ask->zone) ? ask->zone : ask->from_zone;
	if (!zone_get(t->state, missing)) {
		refuse(t, DOORS_NO_ZONE, .zone = (int64_t)missing);
		return;
	}
	if (door_full(t->state)) {
		refuse(t, DOORS_FULL, .at_most = DOOR_AT_MOST);
		return;
	}
	uint64_t door = door_next_id(t->state);
	emit(t, doors_door_added, .door = door, .name = ask->name, .zone = ask->zone, .from_zone = ask->from_zone,
	     .release = ask->release);
	give(t, doors_add_door, .door = door);
}

void doors_apply_door_added(struct state *s, const struct doors_door_added *ev)
{
	struct door row = {.door = ev->door, .zone = ev->zone, .from_zone = ev->from_zone, .release = ev->release};
	text_set(&row.name, ev->name);
	door_add(s, &row);
}

static const struct reader *reader_at(const struct state *state, struct str line, int64_t address)
{
	const struct reader *reader = reader_first_by_line(state, line);
	while (reader && reader->address != address)
		reader = reader_next_by_line(state, reader);
	return reader;
}

/* A line has as many first readers as one. */
static size_t count_lines(const struct state *state)
{
	size_t lines = 0;
	const struct reader *row = NULL;
	while ((row = reader_after(state, row ? row->reader : 0)))
		lines += reader_first_by_line(state, text_str(row->line)) == row;
	return lines;
}

void doors_decide_add_reader(struct turn *t, const struct doors_add_reader *ask)
{
	if (!door_get(t->state, ask->door)) {
		refuse(t, DOORS_NO_DOOR, .door = (int64_t)ask->door);
		return;
	}
	const struct reader *there = reader_at(t->state, ask->line, ask->address);
	if (there) {
		refuse(t, DOORS_ADDRESS_TAKEN, .line = ask->line, .address = ask->address, .reader = there->reader);
		return;
	}
	if (!reader_first_by_line(t->state, ask->line) && count_lines(t->state) >= DOORS_LINES_MAX) {
		refuse(t, DOORS_LINES, .at_most = DOORS_LINES_MAX);
		return;
	}
	uint64_t reader = reader_next_id(t->state);
	emit(t, doors_reader_added, .reader = reader, .door = ask->door, .line = ask->line, .address = ask->address,
	     .output = ask->output, .secure = ask->secure);
	give(t, doors_add_reader, .reader = reader);
}

void doors_apply_reader_added(struct state *s, const struct doors_reader_added *ev)
{
	struct reader row = {.reader = ev->reader,
			     .door = ev->door,
			     .address = ev->address,
			     .output = ev->output,
			     .secure = ev->secure,
			     .state = READER_STATE_NEVER_SEEN};
	text_set(&row.line, ev->line);
	reader_add(s, &row);
}

void doors_decide_key_reader(struct turn *t, const struct doors_key_reader *ask)
{
	const struct reader *reader = reader_at(t->state, ask->line, ask->address);
	if (reader)
		emit(t, doors_reader_keyed, .reader = reader->reader, .door = reader->door, .key = ask->key);
	else
		refuse(t, DOORS_NO_READER, .line = ask->line, .address = ask->address);
}

void doors_apply_reader_keyed(struct state *s, const struct doors_reader_keyed *ev)
{
	struct reader *reader = reader_edit(s, ev->reader);
	reader->has_key = true;
	reader->key = ev->key;
}

/* What drivers say of readers */

/* The reader that the reporting driver may speak of; refuses otherwise. */
static const struct reader *own_reader(struct turn *t, uint64_t reader)
{
	const struct reader *row = doors_reader_on_line(t->state, reader, t->driver);
	if (!row)
		refuse(t, DOORS_UNKNOWN_READER, .reader = (int64_t)reader);
	return row;
}

void doors_decide_reader_online(struct turn *t, const struct doors_reader_online *ask)
{
	const struct reader *reader = own_reader(t, ask->reader);
	if (reader)
		emit(t, doors_reader_became_online, .reader = ask->reader, .door = reader->door, .secure = ask->secure);
}

void doors_apply_reader_became_online(struct state *s, const struct doors_reader_became_online *ev)
{
	reader_edit(s, ev->reader)->state = READER_STATE_ONLINE;
}

void doors_decide_reader_offline(struct turn *t, const struct doors_reader_offline *ask)
{
	const struct reader *reader = own_reader(t, ask->reader);
	if (reader)
		emit(t, doors_reader_became_offline, .reader = ask->reader, .door = reader->door, .why = ask->why);
}

void doors_apply_reader_became_offline(struct state *s, const struct doors_reader_became_offline *ev)
{
	reader_edit(s, ev->reader)->state = READER_STATE_OFFLINE;
}

void doors_decide_reader_tamper(struct turn *t, const struct doors_reader_tamper *ask)
{
	const struct reader *reader = own_reader(t, ask->reader);
	if (reader && (reader->tamper != ask->tamper || reader->power != ask->power))
		emit(t, doors_tamper_changed, .reader = ask->reader, .door = reader->door, .tamper = ask->tamper,
		     .power = ask->power);
}

void doors_apply_tamper_changed(struct state *s, const struct doors_tamper_changed *ev)
{
	struct reader *reader = reader_edit(s, ev->reader);
	reader->tamper = ev->tamper;
	reader->power = ev->power;
}

void doors_decide_frame_refused(struct turn *t, const struct doors_frame_refused *ask)
{
	const struct reader *reader = own_reader(t, ask->reader);
	if (reader)
		emit(t, doors_line_disturbed, .reader = ask->reader, .door = reader->door, .why = ask->why,
		     .count = ask->count, .frame = ask->frame);
}

/* Lockdown */

bool doors_are_held(const struct state *state)
{
	return lockdown_get(state, LOCKDOWN_ROW) != NULL;
}

void doors_decide_lock_down(struct turn *t, const struct doors_lock_down *ask)
{
	const struct lockdown *now = lockdown_get(t->state, LOCKDOWN_ROW);
	emit(t, doors_locked_down, .why = (enum lockdown_why)ask->why, .since = now ? now->since : t->now);
}

void doors_apply_locked_down(struct state *s, const struct doors_locked_down *ev)
{
	if (doors_are_held(s))
		lockdown_remove(s, LOCKDOWN_ROW);
	lockdown_add(s, &(struct lockdown){.lockdown = LOCKDOWN_ROW, .since = ev->since, .why = ev->why});
}

void doors_decide_lift_lockdown(struct turn *t, const struct doors_lift_lockdown *ask)
{
	(void)ask;
	const struct lockdown *now = lockdown_get(t->state, LOCKDOWN_ROW);
	if (now)
		emit(t, doors_lockdown_lifted, .since = now->since);
	else
		refuse(t, DOORS_NO_LOCKDOWN, );
}

void doors_apply_lockdown_lifted(struct state *s, const struct doors_lockdown_lifted *ev)
{
	ASSERT(lockdown_get(s, LOCKDOWN_ROW)->since == ev->since);
	lockdown_remove(s, LOCKDOWN_ROW);
}

/* A driver is told of its whole line, so that the newest word is all that it needs. One that has never spoken has no table to open a door by; it is told
 * when it gets one. */
static void hold_line(struct turn *t, struct str line)
{
	const struct driver *driver = driver_by_name(t->state, line);
	const struct reader *row = reader_first_by_line(t->state, line);
	if (!driver || !row)
		return;
	uint8_t *addresses = arena_take(t->arena, DOORS_HELD_BYTES, 1);
	int64_t n = 0;
	for (; row && doors_are_held(t->state); row = reader_next_by_line(t->state, row), n++)
		addresses[row->address / 8] |= (uint8_t)(1 << row->address % 8);
	emit(t, doors_held, .driver = driver->driver, .readers = n,
	     .addresses = {(const char *)addresses, DOORS_HELD_BYTES});
}

static void hold_all(struct turn *t)
{
	const struct reader *row = NULL;
	while ((row = reader_after(t->state, row ? row->reader : 0)))
		if (reader_first_by_line(t->state, text_str(row->line)) == row)
			hold_line(t, text_str(row->line));
}

void doors_on_doors_locked_down(struct turn *t, const struct doors_locked_down *ev)
{
	(void)ev;
	hold_all(t);
}

void doors_on_doors_lockdown_lifted(struct turn *t, const struct doors_lockdown_lifted *ev)
{
	(void)ev;
	hold_all(t);
}

void doors_on_doors_reader_added(struct turn *t, const struct doors_reader_added *ev)
{
	if (doors_are_held(t->state))
		hold_line(t, ev->line);
}

void doors_on_drivers_table_issued(struct turn *t, const struct drivers_table_issued *ev)
{
	if (doors_are_held(t->state))
		hold_line(t, ev->driver);
}

/* Decisions become orders, answers become what happened */

void doors_on_access_granted(struct turn *t, const struct access_granted *ev)
{
	const struct door *door = door_get(t->state, ev->door);
	ASSERT(door);
	emit(t, doors_released, .door = ev->door, .reader = ev->reader, .release = door->release);
}

void doors_on_access_denied(struct turn *t, const struct access_denied *ev)
{
	emit(t, doors_signalled, .reader = ev->reader, .signal = DOORS_SIGNALLED_SIGNAL_REFUSED);
}

void doors_on_drivers_order_done(struct turn *t, const struct drivers_order_done *ev)
{
	if (!str_eq(ev->name, event_name(EVENT_DOORS_RELEASED)))
		return;
	struct doors_released released;
	struct json json = json_over(ev->body, t->arena);
	bool read = doors_released_read(&json, &released);
	ASSERT(read);
	emit(t, doors_strike_released, .door = released.door, .reader = released.reader);
}
