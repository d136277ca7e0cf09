/* secret_input.h: lines that nobody else may read: passphrases, shares. From the terminal, without echo where it
 * must be so; for programs from a descriptor, a line each, in the order in which they are asked for. Never from
 * arguments: these every process of the machine can see.
 */
#ifndef CLI_SECRET_INPUT_H
#define CLI_SECRET_INPUT_H

#include "base/error.h"
#include "base/str.h"

enum { SECRET_LINE_BYTES_MAX = 1024 };

struct secret_input {
	int fd;
	bool is_terminal;
	char line[SECRET_LINE_BYTES_MAX + 1];
};

/* `fd` is a number as it was written, or NULL for the terminal. Ends the process when there is neither. */
void secret_input_open(struct secret_input *input, const char *fd);

/* The next line without its end; it holds until the next one. Prompts only a terminal. Ends the process when there
 * is no line, or it is too long. */
struct str secret_input_line(struct secret_input *input, const char *prompt, bool is_shown);

/* Wipes the last line. */
void secret_input_close(struct secret_input *input);

#endif
