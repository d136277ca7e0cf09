/* filter_build.h: makes the filter of filter.h. */
#ifndef RULES_FILTER_BUILD_H
#define RULES_FILTER_BUILD_H

#include "rules/bag.h"
#include "rules/detected.h"

/* The rules are complete; fills detection->filter. Tables live in the arena; scratch is as it was after the call. */
void filter_build(struct detection *detection, struct arena *arena, struct arena *scratch);

#endif
