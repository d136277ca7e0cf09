/* members.h: the members of an entry, as docs/journal-format.md ("The entry") has them, and what each must be after the
 * entries before. A walk begins zeroed, sees all entries in order and ends with members_release. */
#ifndef VERIFY_MEMBERS_H
#define VERIFY_MEMBERS_H

#include "boots.h"

#define MEMBERS_EVENTS_MAX 64

struct members {
	uint64_t entries;			       /* how many were taken; the next one's index */
	int64_t incarnation, wall_ms, elapsed_ms, env; /* the last one's */
	int64_t wall_first_ms;
	struct boots boots;
};

/* Checks the next entry: that its bytes are canonical and its members in order. */
bool members_check(struct members *members, const uint8_t *body, size_t len, struct complaint *complaint);
void members_release(struct members *members);

#endif
