/* program.h: a pattern or a regular expression as steps over characters, so that it can be told what two of them can
 * match together. For comparing rules at load; what a decision matches with is match.h. Pure.
 *
 * Of regular expressions only those of Sigma's flavour can be told so (modifiers appendix, "Regular Expression"):
 * characters, `.`, brackets, groups, |, * + ? {n,m}, ^ $, and \d \w \s \b with their contraries. What an expression
 * means is PCRE2's and the options of regex.h; the tests hold the two against each other.
 *
 * A program is a nondeterministic automaton. A walk begins at step 0; it may be at several steps at once.
 */
#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

#include "base/arena.h"
#include "rules/compiled.h"

enum {
	PROGRAM_STEPS_MAX = 2048,
	PROGRAM_DEPTH_MAX = 32, /* of groups inside each other */
	CHARACTER_MAX = 0x10FFFF,
	RANGES_MAX = 64, /* of one set of characters */
};

/* Ranges of characters, sorted and apart. Character 0 is in none: no text has it. */
struct characters {
	size_t n;
	struct {
		uint32_t low, high;
	} at[];
};

enum step_kind {
	STEP_CHARACTER, /* one character of the set, then the next step */
	STEP_SPLIT,	/* the next step, and the one `to` steps on */
	STEP_GO,	/* the step `to` steps on */
	STEP_PLACE,	/* the next step, if the place is right */
	STEP_END,	/* it matches if the text ends here */
	STEP_WHATEVER,	/* it matches, whatever follows */
};

enum place {
	PLACE_BEGIN,
	PLACE_END,
	PLACE_LINE_BEGIN,
	PLACE_LINE_END,
	PLACE_WORD_EDGE,
	PLACE_NO_WORD_EDGE,
};

struct step {
	enum step_kind kind : 8;
	enum place place : 8;
	int16_t to;
	const struct characters *set;
};

struct program {
	size_t n;
	const struct step *steps;
};

bool characters_have(const struct characters *set, uint32_t character);
bool is_word_character(uint32_t character);

/* In the arena. False when it becomes too long. */
bool program_of_pattern(const struct pattern *pattern, struct arena *arena, struct program *ret_program);

/* The expression is one of PCRE2's (regex_compile). Returns NULL, or why it cannot be told, with the byte. */
const char *program_of_regex(const struct regex *regex, struct arena *arena, struct program *ret_program,
			     size_t *ret_byte);

#endif
