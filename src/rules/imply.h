/* imply.h: whether one rule's conditions follow from another's, over everything that can be known. Pure.
 *
 * The question is exact, not a look at the words: a request in which all is known (each fact has a value, or is
 * absent) and in which the one holds and the other does not is searched for, fact by fact, over the classes of values
 * that the two can tell apart (classes.h). It may take too long: the steps of one question and of all together are
 * counted, and the answer is then that nobody knows.
 */
#ifndef RULES_IMPLY_H
#define RULES_IMPLY_H

#include "base/arena.h"
#include "rules/compiled.h"

enum imply_answer {
	IMPLY_NO,
	IMPLY_YES,
	IMPLY_TOO_HARD,
};

struct imply {
	const struct vocabulary *vocabulary;
	struct arena *scratch; /* as it was after each question; IMPLY_SCRATCH_BYTES of it suffice */
	size_t work;	       /* of all questions so far */
};

enum {
	IMPLY_SCRATCH_BYTES = 64 << 20,
	IMPLY_WORK_MAX = 1 << 20, /* of one question */
	IMPLY_WORK_ALL_MAX = 1 << 27,
};

/* In every request in which a holds, b holds. */
enum imply_answer imply_follows(struct imply *imply, const struct node *a, const struct node *b);

/* In no request a holds. */
enum imply_answer imply_never(struct imply *imply, const struct node *a);

#endif
