/* condition.h: the text of a condition as a tree over the selections beside it. Pure.
 *
 *     condition = and { "or" and }          and = not { "and" not }
 *     not       = "not" not | "(" condition ")" | NAME | ( "1" | "all" ) "of" ( "them" | NAME "*" )
 *
 * `1 of X*` holds when one of the selections whose names begin with X does, `all of X*` when all do; `them` are all
 * selections. A NAME is a letter or _, then letters, digits, _ and -. The words and, or, not, of, all, them are no
 * names.
 */
#ifndef RULES_CONDITION_H
#define RULES_CONDITION_H

#include "rules/source.h"

enum {
	CONDITION_SELECTIONS_MAX = 64, /* of one match */
	CONDITION_DEPTH_MAX = 16,      /* of parentheses and nots inside each other; bounds the recursion */
	CONDITION_NODES_MAX = 1024,
};

enum condition_op {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_NOT,
	CONDITION_SELECTION,
};

struct condition {
	enum condition_op op;
	size_t selection;		      /* its place among the selections */
	const struct condition *first, *next; /* parts: and, or have any number, not has one */
};

/* Whether a selection may be called so. */
bool condition_is_name(struct str text);

/* The tree lives in the arena. A selection that is not named, however truly, is a mistake of the condition. */
int condition_read(const struct source *source, const struct yaml *text, const struct str *selections, size_t n,
		   struct arena *arena, const struct condition **ret_condition);

#endif
