/* core_process.h: the process that decides and records: sockets, clocks and a disk round the hub (hub.h).
 *
 * One thread, one epoll. In each round it reads what has come, up to a full batch; commits it; and lets the answers leave. It opens the journal,
 * keys and rulebooks of the mission in the current directory, then locks itself in, then reads its first byte from outside.
 */
#ifndef SERVE_CORE_PROCESS_H
#define SERVE_CORE_PROCESS_H

#include "base/error.h"

/* Runs until the keeper goes away or SIGTERM. Returns an exit code. Descriptor KEEPER_CONTROL_FD is the keeper's socket. */
int core_process_run(void);

#endif
