/* rule_words.h: what a rule asks for, in words that a person understands. Pure. */
#ifndef RULES_RULE_WORDS_H
#define RULES_RULE_WORDS_H

#include "base/buf.h"
#include "rules/rulebook.h"

/* A line of the words: how far it stands inside others, and what it says. */
struct rule_line {
	size_t depth;
	const char *before; /* "and", "either", "or" … */
	struct str text;    /* "person.groups is staff"; may be empty */
};

/* Calls `put` for each line of what must hold for the rule to speak. The text lives until put returns. */
void rule_put_lines(const struct rulebook *rulebook, uint16_t rule,
		    void (*put)(void *context, const struct rule_line *line), void *context);

#endif
