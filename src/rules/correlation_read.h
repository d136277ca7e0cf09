/* correlation_read.h: correlation rules, when all rules are known. */
#ifndef RULES_CORRELATION_READ_H
#define RULES_CORRELATION_READ_H

#include "rules/sigma_read.h"

/* Fills the detection's correlations, from those of the drafts that are some, so that each stands behind those that it
 * refers to; rules have the numbers of the drafts that are rules, in order. Marks what only feeds others as quiet. */
int correlation_read(struct sigma_reader *r, struct sigma_draft *drafts, size_t n, struct detected *rules,
		     struct detection *detection);

#endif
