/* tables.h: at whose doors what was decided holds already where the core does not answer: those of drivers that have
 * confirmed a grant table which has it in it. Elsewhere an older table decides until then.
 */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include "cli/link.h"

/* Says which drivers have not yet, and names their doors; true when there are none. `is_news`: says also that. */
bool tables_tell(struct asker *link, bool is_news);

/* Behind a command that was done: says where it does not hold yet when it takes something away. With `waits`, of any
 * command, waits until it holds everywhere; false when it did not after TABLES_WAIT_S. */
enum { TABLES_WAIT_S = 120 };
bool tables_follow(struct asker *link, struct str command, bool waits);

#endif
