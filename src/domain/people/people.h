/* people.h: the mission's people and the badges that speak for them.
 *
 * A person belongs to groups, and rules speak of groups. A badge is known by the card number that a reader sends; it speaks for one person
 * as long as it is active. A badge with an end expires by itself (a timer); a suspended one can be restored.
 */
#ifndef DOMAIN_PEOPLE_H
#define DOMAIN_PEOPLE_H

#include "gen/dispatch.h"
#include "schema/turn.h"

/* What is personal of somebody whose stay has an end is kept for 90 days after it. */
#define PEOPLE_KEEP_MS (INT64_C(90) * 24 * 60 * 60 * 1000)

/* The person that a badge speaks for. Exists: nothing removes a person. */
const struct person *people_holder(const struct state *state, const struct badge *badge);

/* Whether `now` lies inside the person's stay. A stay without an end has none. */
bool people_is_present(const struct person *person, int64_t now);

/* Whether so many bytes are what a card of so many bits needs. */
bool people_card_fits(int64_t bits, size_t bytes);

#endif
