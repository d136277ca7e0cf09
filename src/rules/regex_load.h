/* regex_load.h: regular expressions made ready (regex.h). */
#ifndef RULES_REGEX_LOAD_H
#define RULES_REGEX_LOAD_H

#include "base/arena.h"
#include "rules/regex.h"

/* Once in a process before its first match; again is nothing. Whatever loads expressions does it by itself. Not in a
 * process that has threads. */
void regex_ready(void);

enum { REGEX_MESSAGE_BYTES = 128 };

/* Compiles ret_regex, whose flags and source are set, into the arena. False, with the byte and what is wrong there,
 * when it is no expression. */
bool regex_compile(struct regex *ret_regex, struct arena *arena, size_t *ret_byte, char ret_what[REGEX_MESSAGE_BYTES]);

#endif
