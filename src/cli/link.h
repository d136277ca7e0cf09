/* link.h: questions to the core from a command (tlog/asker.h): where there is no answer, the process ends and says what to do.
 */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "tlog/asker.h"

/* The core of the mission in the current directory. */
void link_open(struct asker *link);

void link_send(struct asker *link, const struct ask_line *ask);

/* The next line of the answer; one that the core did not take ends the process too. */
struct answer_line link_next(struct asker *link);

/* How the mission is. Texts hold until asker_forget. */
struct answer_status link_status(struct asker *link);

/* Ends the process with the exit code that belongs to an error of asker.h. */
_Noreturn void link_die(const struct error *error);

#endif
