#include "serve/bodies.h"

static bool take_value(const struct word_member *member, struct json *j, struct body_value *ret)
{
	struct json apart, *from = member->personal ? json_personal(j, &apart) : j;
	*ret = (struct body_value){.member = member, .packet = BODIES_NO_PACKET};
	if (!from) {
		ret->erased = true;
		return !j->what;
	}
	if (from != j)
		ret->packet = (int)j->packet;
	return json_personal_end(j, from, json_raw(from, &ret->json));
}

bool body_split(const struct word_members *members, struct str body, const struct json_packets *packets,
		struct arena *arena, struct body_value *ret_values)
{
	struct json_member keys[BODIES_MEMBERS_MAX];
	ASSERT(members->n <= BODIES_MEMBERS_MAX);
	for (size_t i = 0; i < members->n; i++) {
		struct buf b = arena_buf(arena);
		json_put_name(&b, members->at[i].name);
		buf_put_char(&b, ':');
		keys[i] = (struct json_member){arena_keep(arena, &b), members->at[i].optional};
		ret_values[i] = (struct body_value){.member = &members->at[i], .packet = BODIES_NO_PACKET};
	}
	struct json j = json_over(body, arena);
	struct json_object o;
	int i;
	j.packets = packets;
	if (!json_object_begin(&j, &o, keys, (int)members->n))
		return false;
	while ((i = json_object_next(&j, &o)) >= 0)
		if (!take_value(&members->at[i], &j, &ret_values[i]))
			return false;
	return i == JSON_LAST;
}

static void one_ref(const struct body_value *value, struct json *j, body_ref_fn *ref, void *context)
{
	uint64_t id;
	if (json_id(j, &id) && id != 0)
		ref(context, value, id);
}

void body_refs(const struct body_value *values, size_t n, struct arena *arena, body_ref_fn *ref, void *context)
{
	for (size_t i = 0; i < n; i++) {
		const struct body_value *value = &values[i];
		if (value->member->kind != WORD_REF || value->json.len == 0 || str_eq(value->json, STR("null")))
			continue;
		struct json j = json_over(value->json, arena);
		struct json_array a;
		if (!value->member->list) {
			one_ref(value, &j, ref, context);
			continue;
		}
		if (!json_array_begin(&j, &a, SIZE_MAX))
			continue;
		while (json_array_next(&j, &a))
			one_ref(value, &j, ref, context);
	}
}
