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

#endif
