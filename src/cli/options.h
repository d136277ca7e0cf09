/* options.h: the words behind a command: one operand, and options written --name VALUE. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"

struct option_value {
	const char *name;
	bool flag;	   /* takes no value; `value` is then its name when it was given */
	const char *value; /* NULL, or what is meant when it is not given */
};

/* Fills the values; returns the one operand, NULL when there is none. Ends the process with the usage when a word does not belong. */
const char *options_read(int argc, char **argv, struct option_value *values, size_t n, const char *usage);

/* The option's value as a number inside [min, max]; ends the process otherwise. */
void options_number(const struct option_value *value, int64_t min, int64_t max, int64_t *ret_number);

/* Ends the process: "usage: chancery …". */
_Noreturn void options_usage(const char *usage);

#endif
