/* drivers.h: the processes that speak to equipment, and the orders they were given.
 *
 * A report is named by (driver, boot, sequence), sequences rise by one; what was taken once is never taken again. An order is an
 * event; it waits here until its driver says what became of it, or its time is long over. Both are kept from the entries themselves, by
 * the core, for events of all domains: these two functions are called for every entry, when it is made and when it is read again.
 */
#ifndef DOMAIN_DRIVERS_H
#define DOMAIN_DRIVERS_H

#include "gen/dispatch.h"
#include "schema/turn.h"

enum {
	DRIVERS_ANSWER_MS_MAX = 5000, /* after an order's not_after, its driver has so long to say what became of it */
};

enum drivers_sequence { DRIVERS_NEXT, DRIVERS_TAKEN, DRIVERS_GAP };

/* Whether a report is the next one, was taken already, or one before it is missing. A boot not seen before begins at 1. */
enum drivers_sequence drivers_check(const struct state *state, const struct entry_driver *from);

/* The entry of this report was made. */
void drivers_take(struct state *state, const struct entry_driver *from);

/* Whether an entry with as many orders as an entry can have would still find room. */
bool drivers_have_room(const struct state *state);

/* Event number `event` of `entry` is an order for `driver`. Body: its canonical JSON. */
struct drivers_order {
	uint64_t entry;
	size_t event;
	struct str driver, name, body;
	int64_t not_after;
};
/* `from` made the entry: when it is a report of the same driver, the order answers it. */
void drivers_give_order(struct state *state, const struct drivers_order *order, const struct entry_from *from);

/* Event number `event` of `entry` says how the device is to be from now on; what was said before by an event of that name is over. */
void drivers_desire(struct state *state, uint64_t entry, size_t event, struct str driver, struct str name,
		    const struct subject *device, struct str body);

#endif
