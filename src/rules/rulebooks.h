/* rulebooks.h: the rulebooks that a mission decides by, one for each question. Loaded at start, read only from then on. */
#ifndef RULES_RULEBOOKS_H
#define RULES_RULEBOOKS_H

#include "rules/rulebook.h"

struct rulebooks {
	const struct rulebook *access;
};

#endif
