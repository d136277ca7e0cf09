/* classes.h: the values of one fact, one for each way in which predicates can judge them. Pure.
 *
 * Two values that the same predicates hold of are one class, and one of them stands for all. For numbers and
 * addresses classes are found at the ends of ranges; for texts by walking all patterns at once, as one deterministic
 * automaton over characters; a set of texts is judged by the union of what its texts are. So there are no more
 * classes than the predicates can really tell apart.
 */
#ifndef RULES_CLASSES_H
#define RULES_CLASSES_H

#include "base/arena.h"
#include "rules/compiled.h"

enum {
	CLASSES_PREDICATES_MAX = 64,
	CLASSES_MAX = 4096,
	CLASSES_BYTES_MAX = 16 << 20, /* that one call takes */
};

struct classes {
	size_t n;
	const struct fact *facts; /* known ones; the last is the absent one */
};

/* The predicates are all on one fact of that kind, n of them at most CLASSES_PREDICATES_MAX. False when there are too
 * many classes, or too little of the arena is left for them. `work` grows by what it cost. */
bool classes_of(const struct predicate *const *predicates, size_t n, enum fact_kind kind, struct arena *arena,
		struct classes *ret_classes, size_t *work);

#endif
