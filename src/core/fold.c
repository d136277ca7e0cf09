#include "core/inner.h"

#include "domain/drivers/drivers.h"
#include "schema/json.h"

/* Packets and boxes */

static struct vault_place place_of(const struct entry *entry, uint64_t packet)
{
	return (struct vault_place){.index = (uint64_t)entry->index,
				    .salt = (const uint8_t *)entry->salt.at,
				    .wall = entry->wall,
				    .packet = packet};
}

static bool from_base64(struct str text, struct arena *arena, struct str *ret_bytes)
{
	size_t size = text.len / 4 * 3, n;
	uint8_t *bytes = arena_take(arena, size, 1);
	if (!base64_decode(text, bytes, size, &n))
		return false;
	*ret_bytes = (struct str){(const char *)bytes, n};
	return true;
}

struct opener {
	const struct vault *vault;
	const struct entry *entry;
	struct arena *arena;
};

static void open_packet(const void *context, size_t number, struct json_packet *packet)
{
	const struct opener *o = context;
	const struct entry_packet *sealed = &o->entry->sealed.at[number];
	struct vault_place place = place_of(o->entry, number);
	struct vault_packet it = {.keep = sealed->keep, .month = sealed->month};
	struct str values;
	bool forged = false;
	memcpy(it.mark, sealed->mark.at, sizeof it.mark);
	packet->state = JSON_PACKET_CHANGED;
	if (!from_base64(sealed->data, o->arena, &it.data))
		return;
	if (o->vault->open(o->vault->context, &place, &it, o->arena, &values, &forged))
		json_packet_values(values, o->arena, packet);
	else if (!forged)
		packet->state = JSON_PACKET_ERASED;
}

void core_packets(const struct vault *vault, const struct entry *entry, struct arena *arena,
		  struct json_packets *ret_packets)
{
	struct opener *opener = ARENA_TAKE(arena, struct opener, 1);
	*opener = (struct opener){vault, entry, arena};
	*ret_packets = (struct json_packets){entry->sealed.n, ARENA_TAKE(arena, struct json_packet, entry->sealed.n),
					     opener, open_packet};
}

bool core_open_packets(const struct vault *vault, const struct entry *entry, struct arena *arena,
		       struct json_packets *ret_packets)
{
	bool changed = false;
	core_packets(vault, entry, arena, ret_packets);
	for (size_t i = 0; i < entry->sealed.n; i++) {
		open_packet(ret_packets->context, i, &ret_packets->at[i]);
		changed |= ret_packets->at[i].state == JSON_PACKET_CHANGED;
	}
	return !changed;
}

static struct boxed_event_list unbox(const struct vault *vault, const struct entry *entry, struct arena *arena)
{
	const struct input_type *type = input_find(entry->input.kind, entry->input.name);
	struct vault_place place = place_of(entry, VAULT_PACKETS_MAX);
	struct str box, contents;
	if (!type || type->box_bytes == 0 || !entry->has_box || !from_base64(entry->box, arena, &box) ||
	    !vault->unbox(vault->context, &place, type->compartment, box, arena, &contents))
		return (struct boxed_event_list){0};
	struct json j = json_over(contents, arena);
	struct entry_box opened;
	bool read = entry_box_read(&j, &opened);
	ASSERT(read);
	return opened.events;
}

struct entry_event_list core_unbox(const struct vault *vault, const struct entry *entry, struct arena *arena)
{
	struct boxed_event_list boxed = unbox(vault, entry, arena);
	struct entry_event *events = ARENA_TAKE(arena, struct entry_event, boxed.n);
	for (size_t i = 0; i < boxed.n; i++)
		events[i] = (struct entry_event){boxed.at[i].name, boxed.at[i].body};
	return (struct entry_event_list){boxed.n, events};
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
	if (entry->has_refusal && entry->events.n > 0)
		return "it was refused, and has events";
	return NULL;
}

/* Open events and boxed ones in the order in which they were emitted; `number` is what each is called in orders. */
struct replayed {
	struct turn_event event;
	struct str json;
	size_t number;
};

static bool read_event(struct str name, struct str body, const struct json_packets *packets, struct arena *arena,
		       struct replayed *ret)
{
	if (!event_of(name, &ret->event.kind))
		return false;
	void *read = arena_take(arena, 1, event_size(ret->event.kind));
	struct json json = json_over(body, arena);
	struct json_packets closed;
	json.packets = packets;
	/* What does not matter to the state is held against the schema, but for what is sealed: that costs more than all the rest, and the entry's hash
	 * says that it is what was written. */
	if (packets && !event_matters(ret->event.kind)) {
		closed = (struct json_packets){.n = packets->n, .at = packets->at};
		json.packets = &closed;
	}
	if (!event_read(ret->event.kind, &json, read))
		return false;
	ret->event.body = read;
	ret->json = body;
	return true;
}

static bool read_events(const struct entry *entry, const struct boxed_event_list *boxed,
			const struct json_packets *packets, struct arena *arena, struct replayed *ret)
{
	size_t n = entry->events.n + boxed->n, open = 0, hidden = 0;
	for (size_t i = 0; i < n; i++) {
		bool read;
		if (hidden < boxed->n && boxed->at[hidden].at == (int64_t)i) {
			const struct boxed_event *event = &boxed->at[hidden];
			ret[i].number = entry->events.n + hidden++;
			read = read_event(event->name, event->body, NULL, arena, &ret[i]);
		} else {
			if (open == entry->events.n)
				return false;
			const struct entry_event *event = &entry->events.at[open];
			ret[i].number = open++;
			read = read_event(event->name, event->body, packets, arena, &ret[i]);
		}
		if (!read)
			return false;
	}
	return true;
}

static bool apply_events(struct core *core, const struct entry *entry, const struct json_packets *packets,
			 struct arena *arena)
{
	struct boxed_event_list boxed = unbox(core->vault, entry, arena);
	size_t n = entry->events.n + boxed.n;
	struct replayed *all = ARENA_TAKE(arena, struct replayed, n);
	struct core_order order;
	if (n > TURN_EVENTS_MAX || !read_events(entry, &boxed, packets, arena, all))
		return false;
	for (size_t i = 0; i < n; i++)
		event_apply(all[i].event.kind, &core->state, all[i].event.body);
	core_note_from(core, &entry->from);
	for (size_t i = 0; i < n; i++)
		core_note_event(core, all[i].number, &all[i].event, all[i].json, &entry->from, &order);
	for (size_t i = 0; i < entry->sealed.n; i++)
		core_note_month(core, entry->sealed.at[i].keep, entry->sealed.at[i].month);
	return true;
}

static bool was_changed(const struct json_packets *packets)
{
	bool changed = false;
	for (size_t i = 0; i < packets->n; i++)
		changed |= packets->at[i].state == JSON_PACKET_CHANGED;
	return changed;
}

bool core_fold_entry(struct core *core, const struct entry *entry, struct arena *arena, const char **ret_what)
{
	struct json_packets packets;
	const char *wrong = out_of_order(core, entry);
	if (wrong) {
		*ret_what = wrong;
		return false;
	}
	core_packets(core->vault, entry, arena, &packets);
	core->wall = entry->wall;
	core->elapsed = entry->elapsed;
	core->incarnation = entry->incarnation;
	if (!apply_events(core, entry, &packets, arena)) {
		*ret_what = was_changed(&packets) ? "a sealed packet of it was changed"
						  : "it has an event that this program does not know";
		return false;
	}
	if (entry->env != (int64_t)core->env) {
		*ret_what = "its env is not the newest InForce entry";
		return false;
	}
	core->size++;
	return true;
}

bool core_fold(struct core *core, struct str body, struct arena *arena, const char **ret_what)
{
	struct entry entry;
	struct json json = json_over(body, arena);
	if (entry_read(&json, &entry))
		return core_fold_entry(core, &entry, arena, ret_what);
	*ret_what = json.what;
	return false;
}
