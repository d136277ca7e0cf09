/* profile.h: what of a request a rulebook can tell apart. Pure.
 *
 * Whoever must know the answers to many requests asks for one of each profile: two requests that agree in the profile of some facts, and in all others, are
 * answered alike, because every comparison that the rulebook makes comes out the same.
 */
#ifndef RULES_PROFILE_H
#define RULES_PROFILE_H

#include "base/buf.h"
#include "rules/rulebook.h"

enum { PROFILE_ANYWHERE = -1 };

/* Bit i: some rule looks at fact i. */
uint32_t profile_facts(const struct rulebook *rulebook);

/* Writes the profile of these facts (bits). A fact that is compared with one that is none of them stands in it as it is. */
void profile_put(struct buf *b, const struct rulebook *rulebook, const struct fact *request, uint32_t facts);

/* The values of a number or time behind which answers may change, rising: from each on, up to the next, all values are alike. How many, at most `max`;
 * PROFILE_ANYWHERE when they may change everywhere, or there are more. */
int profile_edges(const struct rulebook *rulebook, size_t fact, int64_t *ret_edges, size_t max);

#endif
