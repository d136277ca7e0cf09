/* case_solver.h: the search of case.h while it goes on. Seen only by case.c and case_link.c. Pure. */
#ifndef RULES_CASE_SOLVER_H
#define RULES_CASE_SOLVER_H

#include "rules/case.h"

enum { SETTLED_NOT, SETTLED_NO, SETTLED_YES };

struct solver {
	struct cases *cases;
	const struct case_question *question;
	struct domain domain;
	struct fact model[FACTS_MAX]; /* the case in hand: all that is settled is so in it */
	size_t n_trail;		      /* of cases->trail: what is settled, PREDICATE_FACT too */
	size_t work;		      /* of this search */
	bool unsure;		      /* somewhere nobody knew */
};

/* A comparison of texts by their parts, in a search that is to be sound: nothing of the facts tells whether it holds. */
static inline bool solver_is_free(const struct solver *s, const struct predicate *p)
{
	return s->question->sound && p->kind == PREDICATE_FACT && p->compare >= COMPARE_STARTS &&
	       p->compare <= COMPARE_CONTAINS;
}

/* Whether p compares the fact with another, or another with it. */
bool solver_concerns(const struct predicate *p, size_t fact);

/* Adds to the bag of struct want what the settled comparison says of the one fact, the others being as they are in the
 * case. FOUND_NONE when no value of this fact could make it so. */
enum found solver_instantiate(struct solver *s, const struct want *comparison, size_t fact, struct bag *wants);

/* Finds values for the fact and all facts that are compared with it, directly or by others, so that all that is settled
 * of them is so. */
enum found solver_find_together(struct solver *s, size_t fact);

/* A value of the one fact with which all that is settled of it is so. */
enum found solver_find_one(struct solver *s, size_t fact);

#endif
