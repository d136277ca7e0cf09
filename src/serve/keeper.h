/* keeper.h: starts the mission's processes and starts them again.
 *
 *     keeper ── control ──► core          one process that decides and records
 *        │                    ▲
 *        ├── driver, driver … ┤           one process a line; its stdin and stdout are a socket whose other end the core has
 *        └── cosign ──────────┘           likewise, when mission.yaml names witnesses: sends them checkpoints
 *
 * The keeper reads nothing from outside: it makes sockets, starts children, and hands each end to whom it belongs. It holds the core's ends
 * too, so that drivers live on when the core dies, and gives them to the next core.
 *
 * A child that ends is started again: at once when it ended well (a driver with new settings), else after 100 ms, doubled each time up to 10 s;
 * ten seconds of life make it a good child again.
 */
#ifndef SERVE_KEEPER_H
#define SERVE_KEEPER_H

#include "base/error.h"

enum {
	KEEPER_CONTROL_FD = 3, /* where the core finds its end */
	KEEPER_BACKOFF_MS_MIN = 100,
	KEEPER_BACKOFF_MS_MAX = 10000,
	KEEPER_GOOD_LIFE_MS = 10000,
	KEEPER_GOODBYE_MS = 3000, /* children that were asked to end are killed after so long */
};

/* One message on the control socket, with one descriptor beside it: the listening socket when driver is KEEPER_LISTEN, else the core's end of
 * cosign or of drivers[driver] of mission.yaml. */
struct keeper_message {
	uint32_t driver;
};
enum { KEEPER_LISTEN = UINT32_MAX, KEEPER_COSIGN = UINT32_MAX - 1 };

/* Runs the mission in the current directory until SIGTERM or SIGINT. Returns an exit code. `program` is the path of this executable. */
int keeper_run(const char *program);

#endif
