/* rulebook_text.h: for tests of what stands on rules: a rulebook from a text in the test. It lives until the process ends; a text that does not
 * load ends the process with the error. */
#ifndef RULES_RULEBOOK_TEXT_H
#define RULES_RULEBOOK_TEXT_H

#include "rules/rulebook.h"

const struct rulebook *rulebook_of_text(const struct vocabulary *vocabulary, const char *text);

#endif
