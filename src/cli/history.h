/* history.h: what happened to something, and why: for the commands that show it.
 */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "cli/link.h"

/* Prints a page of it, and how to ask for the one before. */
void history_show(struct asker *link, const struct ask_history *ask, bool as_json);

#endif
