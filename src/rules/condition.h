/* condition.h: the text of a condition as a tree over the selections beside it. Pure.
 *
 *     condition = and { "or" and }          and = not { "and" not }
 *     not       = "not" not | "(" condition ")" | NAME | ( "1" | "all" ) "of" ( "them" | PATTERN )
 *
 * `1 of P` holds when one of the selections whose names match the pattern does, `all of P` when all do; in a pattern `*`
 * is any run of characters. `them` are all selections but those that begin with _ (Sigma, rules specification,
 * "Condition"). A NAME is a letter or _, then letters, digits, _ and -. The words and, or, not, of, all, them are no
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

/* The tree lives in the arena. `strict`, as rulebooks are: a selection that is not named, however truly, is a mistake,
 * and so is a pattern without a star. Else it is as Sigma's detections are. */
int condition_read(const struct source *source, const struct yaml *text, const struct str *selections, size_t n,
		   bool strict, struct arena *arena, const struct condition **ret_condition);

#endif
