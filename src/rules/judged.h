/* judged.h: texts, one for each way in which predicates on a text can judge one. Pure.
 *
 * Exact texts are looked at one by one. Where there are wild patterns too, all of them are walked at once, as one
 * deterministic automaton over characters, whose every state is reached by some text.
 */
#ifndef RULES_JUDGED_H
#define RULES_JUDGED_H

#include "rules/classes.h"

/* Bit i of a judgement is whether predicate i holds of the text. No judgement stands here twice. */
struct judged {
	size_t n;
	uint64_t *judgements;
	struct str *texts;
};

/* False when there are too many. `work` grows by what it cost. */
bool judged_texts(const struct predicate *const *predicates, size_t n, struct arena *arena, struct judged *ret_judged,
		  size_t *work);

/* How many different judgements n predicates can have, up to CLASSES_MAX. */
size_t judged_max(size_t n);

/* The place of the judgement among the n, or n. */
size_t judged_find(const uint64_t *judgements, size_t n, uint64_t judgement);

#endif
