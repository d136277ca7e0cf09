/* domain.h: a value of one fact of which some predicates hold and others do not, out of all that it could be. Pure.
 *
 * Numbers, dates and addresses are tried where ranges begin and have just ended; texts, where what rules name does not
 * do, by the automaton of texts.h; a set of texts by a text for each predicate that must hold. So a value is found
 * whenever there is one, or it is said that nobody knows.
 */
#ifndef RULES_DOMAIN_H
#define RULES_DOMAIN_H

#include "rules/bag.h"
#include "rules/match.h"

enum {
	DOMAIN_WANTS_MAX = 1024,
	DOMAIN_SCRATCH_BYTES = 48 << 20,
	DOMAIN_ROOM_BYTES = 1 << 20, /* that the arena of values must have left */
	DOMAIN_EXACT_MAX = 63,	     /* texts named in full that a text found by its patterns must not be */
	DOMAIN_LATELY = 8,
};

/* The predicate is on the fact alone: no PREDICATE_FACT. */
struct want {
	const struct predicate *predicate;
	bool holds;
};

enum found {
	FOUND_NONE,
	FOUND_ONE,
	FOUND_TOO_HARD,
};

/* Texts that the automaton found lately. Rules are compared in pairs, and most often one of these does again. */
struct lately {
	size_t next;
	struct {
		uint8_t len;
		char at[127];
	} texts[DOMAIN_LATELY];
};

struct domain {
	const struct vocabulary *vocabulary;
	struct arena *arena;   /* keeps values */
	struct arena *scratch; /* as it was after each call */
	struct lately *lately; /* outlives the search; or NULL */
	size_t work;	       /* grows */
};

/* A value of the fact, best the one that it has now. */
enum found domain_find(struct domain *d, size_t fact, const struct want *wants, size_t n, const struct fact *now,
		       struct fact *ret_value);

/* Adds to the bag of struct fact a value for each way in which the predicates, all of the fact's kind and no set, can
 * judge one, `times` where there are so many; the absent one is the last. `by_case`: texts that differ only in the case
 * of their letters are told apart even where the predicates do not. False when nobody knows them all. */
bool domain_list(struct domain *d, enum fact_kind kind, const struct predicate *const *predicates, size_t n,
		 size_t times, bool by_case, struct bag *values);

#endif
