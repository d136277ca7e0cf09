/* rule_bind.h: what rules have to do with each other: their order, what overrides, implies and outweighs what. */
#ifndef RULES_RULE_BIND_H
#define RULES_RULE_BIND_H

#include "rules/rule_read.h"

enum { RULE_BIND_WORK_MAX = 1 << 27 }; /* steps of all comparisons of a rulebook */

/* Fills the rulebook's rules from the n drafts, which it sorts by layers. scratch has CASE_SCRATCH_BYTES and 1 MiB for
 * the cases, and is as it was after the call. */
int rule_bind(struct rulebook *rulebook, struct rule_draft *drafts, size_t n, struct arena *arena,
	      struct arena *scratch, struct error *error);

#endif
