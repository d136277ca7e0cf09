#include "driver/kit/desired.h"

struct driver_desired desired_line(const struct kept_desired *d)
{
	return (struct driver_desired){.entry = d->entry,
				       .event = d->event,
				       .name = {d->name, d->name_len},
				       .key = {d->key, d->key_len},
				       .body = {d->body, d->body_len}};
}

/* Where it stands, or would; the number of all when it is new. */
static size_t find(const struct desired_set *set, const struct driver_desired *line)
{
	size_t i = 0;
	for (; i < set->n; i++) {
		struct driver_desired there = desired_line(&set->at[i]);
		if (str_eq(there.name, line->name) && str_eq(there.key, line->key))
			break;
	}
	return i;
}

enum desired_is desired_compare(const struct desired_set *set, const struct driver_desired *line)
{
	size_t at = find(set, line);
	if (line->body.len > DESIRED_BODY_BYTES_MAX || at == DESIRED_MAX)
		return DESIRED_TOO_MUCH;
	bool same = at < set->n && set->at[at].entry == line->entry && set->at[at].event == line->event;
	return same ? DESIRED_SAME : DESIRED_NEW;
}

void desired_take(struct desired_set *set, const struct driver_desired *line)
{
	size_t at = find(set, line);
	struct kept_desired *d = &set->at[at];
	ASSERT(desired_compare(set, line) == DESIRED_NEW);
	set->n += at == set->n;
	*d = (struct kept_desired){.entry = line->entry,
				   .event = line->event,
				   .name_len = (uint8_t)line->name.len,
				   .key_len = (uint8_t)line->key.len,
				   .body_len = (uint16_t)line->body.len};
	memcpy(d->name, line->name.at, line->name.len);
	memcpy(d->key, line->key.at, line->key.len);
	memcpy(d->body, line->body.at, line->body.len);
}
