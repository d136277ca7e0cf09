/* index_build.h: makes the index of index.h. */
#ifndef RULES_INDEX_BUILD_H
#define RULES_INDEX_BUILD_H

#include "base/arena.h"
#include "rules/compiled.h"

/* Above these a fact gets no field of the index, and does not narrow down the rules. */
enum {
	INDEX_BUILD_WORK_MAX = 1 << 28,	  /* its classes times what the rules compare it with */
	INDEX_BUILD_VALUES_MAX = 1 << 20, /* that rules compare it with */
};

/* The rules are complete; fills n_fields and fields. Sets live in the arena; scratch is as it was after the call. */
void index_build(struct rulebook *rulebook, struct arena *arena, struct arena *scratch);

#endif
