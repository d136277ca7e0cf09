/* json_apart.c: values that do not stand where they belong: personal ones in packets, secrets in a file of keys. */
#include "schema/json.h"

static bool take_mark(struct json *j, char mark)
{
	if (j->at == j->end || *j->at != mark)
		return json_fail(j, "is no marker of a sealed value");
	j->at++;
	return true;
}

/* [packet,value] */
static bool marker(struct json *j, int64_t *ret_packet, int64_t *ret_value)
{
	return take_mark(j, '[') && json_int(j, 0, INT32_MAX, ret_packet) && take_mark(j, ',') &&
	       json_int(j, 0, INT32_MAX, ret_value) && take_mark(j, ']');
}

static const struct json_packet *opened(const struct json_packets *packets, size_t number)
{
	struct json_packet *p = &packets->at[number];
	if (p->state == JSON_PACKET_CLOSED && packets->open)
		packets->open(packets->context, number, p);
	return p;
}

struct json *json_personal(struct json *j, struct json *apart)
{
	int64_t packet, value;
	if (!j->packets)
		return j;
	if (!marker(j, &packet, &value))
		return NULL;
	const struct json_packet *p = (size_t)packet < j->packets->n ? opened(j->packets, (size_t)packet) : NULL;
	if (!p || (p->state == JSON_PACKET_OPEN && (size_t)value >= p->n)) {
		json_fail(j, "names a sealed value that is not there");
		return NULL;
	}
	if (p->state == JSON_PACKET_CHANGED)
		json_fail(j, "stands in a sealed packet that was changed");
	if (p->state != JSON_PACKET_OPEN)
		return NULL;
	j->packet = (size_t)packet;
	*apart = json_over(p->values[value], j->arena);
	return apart;
}

bool json_personal_end(struct json *j, struct json *from, bool good)
{
	if (from == j || (good && json_end(from)))
		return good;
	memcpy(j->path, from->path, from->n_path * sizeof j->path[0]);
	j->n_path = from->n_path;
	j->bound = from->bound;
	j->limit = from->limit;
	return json_fail_word(j, from->what, from->word);
}

bool json_packet_values(struct str array, struct arena *arena, struct json_packet *ret_packet)
{
	struct json j = json_over(array, arena);
	struct json_array a;
	struct str *values = NULL;
	size_t size = 0;
	if (!json_array_begin(&j, &a, JSON_PACKET_VALUES_MAX))
		return false;
	while (json_array_next(&j, &a)) {
		if (a.n > size)
			values = json_array_grow(&j, values, &size, JSON_PACKET_VALUES_MAX, sizeof *values);
		if (!json_raw(&j, &values[a.n - 1]))
			return false;
	}
	*ret_packet = (struct json_packet){JSON_PACKET_OPEN, a.n, values};
	return json_end(&j);
}

bool json_secret(struct json *j, size_t bytes_min, size_t bytes_max, bool door, uint64_t *ret_number)
{
	struct str secret;
	if (!j->secrets)
		return json_id(j, ret_number);
	if (!json_bytes(j, bytes_min, bytes_max, &secret))
		return false;
	return j->secrets->keep(j->secrets->context, door, secret, ret_number) ||
	       json_fail(j, "finds no room among the mission's secrets");
}
