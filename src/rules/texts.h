/* texts.h: texts, one for each way in which predicates can judge one. Pure.
 *
 * The patterns and expressions of all predicates are walked at once, as one deterministic automaton over characters
 * whose every state is reached by some text, the shortest first. So what is found is a text that there is, and when the
 * walk comes to its end there is no other way to judge one.
 */
#ifndef RULES_TEXTS_H
#define RULES_TEXTS_H

#include "rules/program.h"

enum {
	TEXTS_PREDICATES_MAX = 256,
	TEXTS_JUDGEMENT_WORDS = TEXTS_PREDICATES_MAX / 64,
	TEXTS_STATES_MAX = 8192,    /* of the automaton */
	TEXTS_STEPS_MAX = 64 * 64,  /* of all programs */
	TEXTS_BYTES_MAX = 32 << 20, /* that one walk takes of its arena */
};

enum walk {
	WALK_ENDED,    /* nothing else is to be found */
	WALK_STOPPED,  /* enough was found */
	WALK_TOO_HARD, /* too many states, or predicates too long */
};

struct texts {
	/* PREDICATE_TEXT or PREDICATE_REGEX, on texts; bit i of a judgement is whether the i-th holds. */
	const struct predicate *const *predicates;
	size_t n;
	size_t times;	       /* how often a state is come to: for more than one text that is judged alike */
	bool one_case;	       /* no predicate looks at the case of letters: texts have no capital ones */
	struct arena *scratch; /* as it was after the walk, so the text is to be copied */
	size_t work;	       /* grows by what the walk cost */
	bool (*take)(void *context, const uint64_t *judgement, struct str text); /* false: that is enough */
	void *context;
};

enum walk texts_walk(struct texts *texts);

#endif
