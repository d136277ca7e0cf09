/* case.h: a case, that is a fact for each of the vocabulary, in which some expressions hold and others do not. Pure.
 *
 * The search has a case in its hands from the beginning, and changes it. Where an expression is not as it is wanted, a
 * predicate in it is turned round, and a value looked for (domain.h) with which that and all that was settled before is
 * so; then what was turned round is tried as it was. So every case is looked at that the predicates can tell apart, and
 * whatever is found is a case that there is.
 *
 * Steps are counted, and a search that takes too many says that nobody knows. The same questions in the same order
 * always take the same.
 *
 * Facts that are compared with each other (|fieldref) have their values found together. Where one begins with, ends
 * with or contains another, that is done by trial, and a case may be missed; who must not miss one asks for `sound`:
 * then it is taken to be possible whatever the texts are, and what is found may be no case, but a contradiction is one.
 */
#ifndef RULES_CASE_H
#define RULES_CASE_H

#include "rules/domain.h"

struct goal {
	const struct node *expression;
	bool holds; /* else it is to be no */
};

struct cases {
	const struct vocabulary *vocabulary;
	size_t n_predicates;   /* of the rulebook: every number of one is less */
	struct arena *scratch; /* as it was after each search */
	size_t work;	       /* of all searches so far */
	size_t work_max;       /* of all searches */
	/* For the search only, made by cases_init: of each predicate whether it is settled, and whether it is assumed to
	 * hold; what is settled, in order; values that were found. */
	uint8_t *settled, *assumed;
	struct want *trail;
	struct arena values;
	struct lately lately;
};

enum {
	CASE_WORK_MAX = 1 << 20, /* of one search, unless it is told otherwise */
	CASE_DEPTH_MAX = 4096,	 /* predicates that are settled at once */
	CASE_VALUES_BYTES = 4 << 20,
	CASE_SCRATCH_BYTES = DOMAIN_SCRATCH_BYTES + (16 << 20),
};

struct case_question {
	const struct goal *goals;
	size_t n;
	const struct rulebook *silent; /* or NULL: none of its rules is to speak; its index is made */
	bool sound;
	size_t work_max;
};

void cases_init(struct cases *cases, const struct vocabulary *vocabulary, size_t n_predicates, struct arena *scratch,
		size_t work_max);

/* ret_facts gets one fact for each of the vocabulary; their texts live until the next search. */
enum found case_find(struct cases *cases, const struct case_question *question, struct fact *ret_facts);

/* The facts with their texts in the arena. */
void case_keep(const struct vocabulary *vocabulary, struct fact *facts, struct arena *arena);

#endif
