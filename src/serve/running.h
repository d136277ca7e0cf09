/* running.h: whether the mission in the current directory runs, and as which process.
 *
 * The keeper holds run/keeper.lock for as long as it lives, as both kinds of lock that Linux has: of a record lock
 * the kernel tells who holds it, so there is no number in a file that could be another process's by now. Whoever
 * changes the mission's files while it is stopped holds it in the same way.
 */
#ifndef SERVE_RUNNING_H
#define SERVE_RUNNING_H

#include <sys/types.h>

#include "base/error.h"

/* A descriptor that holds the lock, and so until the process ends; once a process. Refused with a remedy when another one has it. */
int running_lock(struct error *error);

/* The keeper's process, 0 when nobody holds the lock. */
pid_t running_keeper(void);

/* Asks the keeper to end its children and itself, and waits so long. True when nobody holds the lock any more. */
bool running_end(int patience_ms);

/* Kills a keeper that does not listen. Its children then are asked to end by the kernel, and by nobody else. */
bool running_kill(void);

#endif
