/* bodies.h: the bodies of an entry, member by member, by what the schema says of each (schema/words.h).
 *
 * The record keeps bodies as JSON with markers where personal values were. Here each member gets its value back, or is known to be erased; what is
 * asked of bodies regardless of their subject (who may see which member, which rows are mentioned) is asked of the members.
 */
#ifndef SERVE_BODIES_H
#define SERVE_BODIES_H

#include "schema/json.h"
#include "schema/words.h"

enum { BODIES_MEMBERS_MAX = 64, BODIES_NO_PACKET = -1 };

struct body_value {
	const struct word_member *member;
	struct str json; /* empty: the member is absent, or erased */
	int packet;	 /* that held it; BODIES_NO_PACKET when it stands in the clear */
	bool erased;
};

/* The members of a body that stands in an entry, in the order of the schema: as many as `members` has. False when the body does not fit it.
 * packets NULL: nothing in it is sealed. */
bool body_split(const struct word_members *members, struct str body, const struct json_packets *packets,
		struct arena *arena, struct body_value *ret_values);

/* Whether the value names a row: then ret_id is its id. Lists are gone through by body_refs. */
typedef void body_ref_fn(void *context, const struct body_value *value, uint64_t id);
void body_refs(const struct body_value *values, size_t n, struct arena *arena, body_ref_fn *ref, void *context);

#endif
