/* ask.h: one command to the core, for whoever gives commands. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli/cli.h"

/* EXIT_OK: ret_answer is done; EXIT_REFUSED: it is refused; EXIT_USAGE: the core did not understand, and that is printed. */
enum exit_code ask_command(struct core_link *link, struct str name, struct str body, struct answer_line *ret_answer);

void ask_print_refusal(const struct answer_refused *refused, struct arena *arena);

#endif
