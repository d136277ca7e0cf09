/* because.h: an answer as the journal keeps it: rules by their ids, facts by their names and values, in texts. Pure.
 *
 * The deciding rule stands first in `spoke`. Texts longer than the entry allows are cut between characters; lists too.
 */
#ifndef RULES_BECAUSE_H
#define RULES_BECAUSE_H

#include "base/arena.h"
#include "gen/types.h"
#include "rules/rulebook.h"

/* Lives in the arena, and points into the rulebook and the request. */
const struct entry_because *rules_because(const struct rulebook *rulebook, const struct fact *request,
					  const struct answer *answer, struct arena *arena);

#endif
