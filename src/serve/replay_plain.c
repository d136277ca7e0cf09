#include "serve/replay_plain.h"

#include "keys/month.h"

static void seal(void *context, const struct vault_place *place, const struct subject *subject, struct str keep,
		 struct str values, struct arena *arena, struct vault_packet *ret)
{
	(void)context, (void)subject;
	*ret = (struct vault_packet){
	    .keep = keep, .month = keep.len > 0 ? month_of(place->wall) : 0, .data = arena_str(arena, values)};
}

static bool open_sealed(void *context, const struct vault_place *place, const struct vault_packet *packet,
			struct arena *arena, struct str *ret_values, bool *ret_forged)
{
	const struct vault *sealed = context;
	return sealed->open(sealed->context, place, packet, arena, ret_values, ret_forged);
}

static struct str behind_hyphen(struct str contents, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	buf_put_char(&b, '-');
	buf_put_str(&b, contents);
	return arena_keep(arena, &b);
}

static void box(void *context, const struct vault_place *place, struct str compartment, struct str contents,
		size_t size, struct arena *arena, struct str *ret_box)
{
	(void)context, (void)place, (void)compartment, (void)size;
	*ret_box = behind_hyphen(contents, arena);
}

static bool unbox(void *context, const struct vault_place *place, struct str compartment, struct str sealed_box,
		  struct arena *arena, struct str *ret_contents)
{
	const struct vault *sealed = context;
	return sealed->unbox(sealed->context, place, compartment, sealed_box, arena, ret_contents);
}

struct vault replay_plain_vault(const struct vault *sealed)
{
	return (struct vault){(void *)(uintptr_t)sealed, seal, open_sealed, box, unbox};
}

static struct str base64_of(struct str bytes, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	buf_put_base64(&b, (const uint8_t *)bytes.at, bytes.len);
	return arena_keep(arena, &b);
}

static bool bytes_of(struct str base64, struct arena *arena, struct str *ret_bytes)
{
	size_t size = base64.len / 4 * 3, n;
	uint8_t *bytes = arena_take(arena, size, 1);
	if (!base64_decode(base64, bytes, size, &n))
		return false;
	*ret_bytes = (struct str){(const char *)bytes, n};
	return true;
}

static struct vault_place place_of(const struct entry *entry, uint64_t packet)
{
	return (struct vault_place){(uint64_t)entry->index, (const uint8_t *)entry->salt.at, entry->wall, packet};
}

static bool plain_packet(const struct vault *sealed, const struct entry *entry, size_t i, struct arena *arena,
			 struct entry_packet *ret)
{
	static const char zeros[VAULT_MARK_BYTES];
	const struct entry_packet *from = &entry->sealed.at[i];
	struct vault_place place = place_of(entry, i);
	struct vault_packet packet = {.keep = from->keep, .month = from->month};
	struct str values;
	bool forged;
	memcpy(packet.mark, from->mark.at, sizeof packet.mark);
	if (!bytes_of(from->data, arena, &packet.data) ||
	    !sealed->open(sealed->context, &place, &packet, arena, &values, &forged))
		return false;
	*ret = (struct entry_packet){from->keep, from->month, {zeros, sizeof zeros}, base64_of(values, arena)};
	return true;
}

static struct str plain_box(const struct vault *sealed, const struct entry *entry, struct arena *arena)
{
	const struct input_type *type = input_find(entry->input.kind, entry->input.name);
	struct vault_place place = place_of(entry, VAULT_PACKETS_MAX);
	struct str bytes, contents = {0};
	if (type && bytes_of(entry->box, arena, &bytes))
		sealed->unbox(sealed->context, &place, type->compartment, bytes, arena, &contents);
	return base64_of(behind_hyphen(contents, arena), arena);
}

bool replay_plain_entry(const struct vault *sealed, const struct entry *entry, struct arena *arena,
			struct str *ret_plain)
{
	struct entry plain = *entry;
	struct entry_packet *packets = ARENA_TAKE(arena, struct entry_packet, entry->sealed.n);
	for (size_t i = 0; i < entry->sealed.n; i++)
		if (!plain_packet(sealed, entry, i, arena, &packets[i]))
			return false;
	plain.sealed = (struct entry_packet_list){entry->sealed.n, packets};
	if (entry->has_box)
		plain.box = plain_box(sealed, entry, arena);
	struct buf b = arena_buf(arena);
	entry_write(&b, &plain);
	*ret_plain = arena_keep(arena, &b);
	return true;
}

bool replay_plain_packets(const struct entry *plain, struct arena *arena, struct json_packets *ret_packets)
{
	struct json_packet *packets = ARENA_TAKE(arena, struct json_packet, plain->sealed.n);
	for (size_t i = 0; i < plain->sealed.n; i++) {
		struct str values;
		if (!bytes_of(plain->sealed.at[i].data, arena, &values))
			return false;
		json_packet_values(values, arena, &packets[i]);
	}
	*ret_packets = (struct json_packets){.n = plain->sealed.n, .at = packets};
	return true;
}
