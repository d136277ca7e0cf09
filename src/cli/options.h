/* options.h: the words behind a command: one operand, and options written --name VALUE. How a command is called stands in
 * its row in main.c, and nowhere else.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"

#include <stdio.h>

struct option_value {
	const char *name;
	bool flag;	   /* takes no value; `value` is then its name when it was given */
	const char *value; /* NULL, or what is meant when it is not given */
};

/* How the command that runs is called, a way a line: what options_usage tells. Holds from here on. */
void options_begin(const char *usage);

/* "usage: chancery …", a line for each way to call it. */
void options_put_usage(FILE *file, const char *usage);

/* Ends the process with the usage. */
_Noreturn void options_usage(void);

/* Fills the values; returns the one operand, NULL when there is none. Ends the process with the usage when a word does not belong. */
const char *options_read(int argc, char **argv, struct option_value *values, size_t n);

/* The option's value as a number inside [min, max]; ends the process otherwise. */
void options_number(const struct option_value *value, int64_t min, int64_t max, int64_t *ret_number);

/* The same of an operand, which errors call `name`: the usage's word for it. It must be there. */
int64_t options_operand(const char *operand, const char *name);

#endif
