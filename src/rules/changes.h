/* changes.h: what would have to be otherwise for another outcome. Pure.
 *
 * The smallest changes of a request: sets of at most three facts, the fewest first, each with the value to change it to,
 * after which the outcome is the other one. No set holds a smaller one that does. Values are those that the rules can
 * tell apart, the nearest first; a set of texts is changed by one text more or less.
 *
 * Which sets can matter is found by the decision itself: with their facts unknown, an outcome that is certain is not in
 * their power. The work is bounded, and what was not finished is said.
 */
#ifndef RULES_CHANGES_H
#define RULES_CHANGES_H

#include "rules/rulebook.h"

enum {
	CHANGES_MAX = 3,
	CHANGES_FACTS_MAX = 3,
	CHANGES_OPTIONS_MAX = 64,      /* values that are tried for one fact */
	CHANGES_DECISIONS_MAX = 20000, /* for one request */
};

enum change_how {
	CHANGE_TO,	   /* `value` */
	CHANGE_TO_NOTHING, /* there is to be none */
	CHANGE_ADD,	   /* to the set of texts: value.text */
	CHANGE_REMOVE,
};

struct change {
	uint8_t fact;
	enum change_how how;
	struct fact value;
};

struct change_set {
	size_t n;
	struct change at[CHANGES_FACTS_MAX];
};

struct changes {
	size_t n;
	struct change_set sets[CHANGES_MAX];
	bool gave_up; /* there may be others, or smaller ones */
};

/* Facts whose bit is set in `fixed` are as they are. Texts point into the rulebook and the request. */
void rulebook_changes(const struct rulebook *rulebook, const struct fact *request, uint32_t fixed,
		      struct changes *ret_changes);

#endif
