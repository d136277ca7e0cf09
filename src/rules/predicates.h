/* predicates.h: the predicates of a rulebook, each once, however often rules write it. Pure.
 *
 * Two that are alike are one, so that whoever searches over what rules can judge has to think of each only once.
 */
#ifndef RULES_PREDICATES_H
#define RULES_PREDICATES_H

#include "base/arena.h"
#include "rules/compiled.h"

struct predicates {
	struct arena *memory; /* of the table; what it finds may live elsewhere */
	size_t n, slots;
	const struct predicate **at; /* by their numbers */
	uint32_t *table;	     /* of numbers, 1 more; 0 is free */
};

/* The one that is alike, or NULL. */
const struct predicate *predicates_find(const struct predicates *all, const struct predicate *sought);

/* A copy of one that is not there yet, with its values and their texts in the arena; gives it its number. Expressions
 * are copied as they are. */
struct predicate *predicates_add(struct predicates *all, const struct predicate *made, struct arena *arena);

#endif
