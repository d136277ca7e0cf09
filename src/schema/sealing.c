#include "schema/sealing.h"

void sealing_clear(struct sealing *sealing)
{
	sealing->concerned = (struct subject){0};
	sealing->n_packets = 0;
	sealing->n_values = 0;
	sealing->bytes = BUF(sealing->memory);
}

static bool same_packet(const struct sealing_packet *packet, const struct subject *subject, struct str keep)
{
	return packet->subject.id == subject->id && str_eq(packet->keep, keep) &&
	       (subject->id == 0 || str_eq(packet->subject.table, subject->table));
}

static unsigned find_packet(struct sealing *sealing, const struct subject *subject, struct str keep)
{
	unsigned i = 0;
	while (i < sealing->n_packets && !same_packet(&sealing->packets[i], subject, keep))
		i++;
	if (i == sealing->n_packets && i < VAULT_PACKETS_MAX)
		sealing->packets[sealing->n_packets++] = (struct sealing_packet){*subject, keep, 0};
	return i;
}

struct buf *sealing_begin(struct sealing *sealing, struct subject subject, struct str keep, bool of_row)
{
	if (subject.id != 0 && !sealing->exists(sealing->state, &subject))
		subject = (struct subject){0};
	if (of_row && subject.id != 0)
		keep = (struct str){0};
	unsigned packet = find_packet(sealing, &subject, keep);
	if (packet == VAULT_PACKETS_MAX || sealing->n_values == SEALING_VALUES_MAX)
		sealing->bytes.over = true; /* sealing_finish says so */
	else
		sealing->values[sealing->n_values] = (struct sealing_value){packet, sealing->bytes.len, 0};
	return &sealing->bytes;
}

void sealing_end(struct sealing *sealing, struct buf *b)
{
	if (sealing->bytes.over)
		return;
	struct sealing_value *value = &sealing->values[sealing->n_values++];
	value->len = sealing->bytes.len - value->at;
	buf_put_char(b, '[');
	buf_put_u64(b, value->packet);
	buf_put_char(b, ',');
	buf_put_u64(b, sealing->packets[value->packet].n++);
	buf_put_char(b, ']');
}

/* The array of a packet's values. */
static struct str packet_text(const struct sealing *sealing, unsigned packet, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	for (size_t i = 0; i < sealing->n_values; i++) {
		const struct sealing_value *value = &sealing->values[i];
		if (value->packet != packet)
			continue;
		buf_put_char(&b, b.len == 0 ? '[' : ',');
		buf_put(&b, sealing->memory + value->at, value->len);
	}
	buf_put_char(&b, ']');
	return arena_keep(arena, &b);
}

bool sealing_finish(struct sealing *sealing, const struct vault *vault, const struct vault_place *place,
		    struct arena *arena, const struct vault_packet **ret_packets)
{
	if (sealing->bytes.over)
		return false;
	struct vault_packet *packets = ARENA_TAKE(arena, struct vault_packet, sealing->n_packets);
	for (unsigned i = 0; i < sealing->n_packets; i++) {
		const struct sealing_packet *packet = &sealing->packets[i];
		struct vault_place here = *place;
		here.packet = i;
		struct str values = packet_text(sealing, i, arena);
		vault->seal(vault->context, &here, &packet->subject, packet->keep, values, arena, &packets[i]);
	}
	*ret_packets = packets;
	return true;
}
