/* order.h: what an entry must be after the entries before it: numbered, not earlier, under the right environment, and in
 * its driver's order. A walk begins zeroed, sees all entries in order and ends with order_release. */
#ifndef VERIFY_ORDER_H
#define VERIFY_ORDER_H

#include "boots.h"
#include "members.h"

struct order {
	uint64_t entries;			       /* how many were taken; the next one's index */
	bool in_force;				       /* one of them had a mission.InForce event */
	int64_t incarnation, wall_ms, elapsed_ms, env; /* the last one's */
	struct boots boots;
};

bool order_check(struct order *order, const struct members *members, struct complaint *complaint);
void order_release(struct order *order);

#endif
