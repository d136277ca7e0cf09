/* changes_build.h: the values of each fact that rulebook_changes tries. */
#ifndef RULES_CHANGES_BUILD_H
#define RULES_CHANGES_BUILD_H

#include "rules/case.h"

/* The rules are complete; fills rulebook->options. Values live in the arena; scratch has DOMAIN_SCRATCH_BYTES and 4 MiB,
 * and is as it was after the call. */
void changes_build(struct rulebook *rulebook, struct arena *arena, struct arena *scratch);

#endif
