/* regex.h: regular expressions, by PCRE2's interpreter. Pure, but for memory of the process that is set aside for it.
 *
 * An expression is compiled at load (regex_load.h) into the rulebook's arena, so that a rulebook which a forked child
 * has loaded into shared memory is used by its parent at the same addresses. What a match writes is no part of the
 * rulebook: it lies in static memory of the process, filled to its limit when it is made ready. So two processes that
 * share a rulebook cannot disturb each other, and a match allocates nothing. JIT is not used: its code would be
 * executable memory outside the arena.
 *
 * Texts are UTF-8; `.` and brackets are about whole characters; \d, \w, \s and |i are about ASCII, but that PCRE2 takes
 * U+017F for s and U+212A for k. `$` is the very end of the text (with |m, of a line too), lines end in LF, and
 * parentheses capture nothing. Of a match that takes more than its steps, nobody knows.
 */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include "rules/match.h"

enum {
	/* Steps of one match from one place in the text are bounded by its length, so that those of all places are about
	 * REGEX_STEPS_MAX: texts of up to 64, 512, 4096 … bytes. */
	REGEX_STEPS_MAX = 1 << 17,
	REGEX_LENGTHS = 5,
	REGEX_SHORTEST_BYTES = 64,
	REGEX_LENGTH_FACTOR = 8,
	REGEX_NESTED_MAX = 1000,   /* choices that one match keeps open */
	REGEX_HEAP_KIBIBYTES = 80, /* for them */
};

/* TRUTH_UNKNOWN when the match was given up, or the text is no UTF-8. */
enum truth regex_match(const struct regex *regex, struct str text);

/* What every match of this process works with: PCRE2's match data, and a match context for each length of texts. */
void regex_work_with(void *match_data, void *const contexts[REGEX_LENGTHS]);

#endif
