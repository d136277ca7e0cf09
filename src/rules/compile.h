/* compile.h: `match` and `unless` of a rule as one expression (compiled.h). */
#ifndef RULES_COMPILE_H
#define RULES_COMPILE_H

#include "rules/value.h"

struct compiler {
	struct value_reader values; /* its arena keeps the expression */
	struct arena *scratch;	    /* as it was after each call */
};

/* Fills ret_rule->applies and ->facts. unless may be NULL. */
int compile_rule(struct compiler *c, const struct yaml *match, const struct yaml *unless, struct rule *ret_rule);

/* One map of selections with its `condition`: for `covers:` of a rulebook, and for `detection:` of a rule about events,
 * whose fields have no vocabulary; there a condition may be a list, of which one is enough, a selection a list of
 * keywords, and ret_facts is of no use. */
int compile_clause(struct compiler *c, const struct yaml *clause, const struct node **ret_expression,
		   uint32_t *ret_facts);

#endif
