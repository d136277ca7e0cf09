/* imply.h: whether one rule's conditions follow from another's, over everything that can be known. Pure.
 *
 * The question is exact, not a look at the words: a case in which the one holds and the other does not is searched for
 * (case.h). Only of texts that begin with, end with or contain another fact's is nothing known but that a comparison
 * follows from itself; so what is said to follow does. It may take too long, and then nobody knows.
 */
#ifndef RULES_IMPLY_H
#define RULES_IMPLY_H

#include "rules/case.h"

enum imply_answer {
	IMPLY_NO,
	IMPLY_YES,
	IMPLY_TOO_HARD,
};

/* In every case in which a holds, b holds. */
enum imply_answer imply_follows(struct cases *cases, const struct node *a, const struct node *b);

/* In no case a holds. When in some it does, ret_facts is one, until the next question. */
enum imply_answer imply_never(struct cases *cases, const struct node *a, struct fact *ret_facts);

#endif
