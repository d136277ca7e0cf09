/* keeper.h: starts the mission's processes, hears whether they live, and starts them again.
 *
 *     keeper ── control ──► core          one process that decides and records
 *        │                    ▲
 *        ├── driver, driver … ┤           one process a line; its stdin and stdout are a socket whose other end the core has
 *        └── cosign ──────────┘           likewise, when mission.yaml names witnesses: sends them checkpoints
 *
 * The keeper reads nothing from outside: it makes sockets, starts children, and hands each end to whom it belongs. It holds the core's ends
 * too, so that drivers live on when the core dies, and gives them to the next core. What it reads of its children is two things of fixed form: beats, and
 * lines of the log (base/log_line.h), from which it makes the one log (log_book.h) and the crash reports (crash_report.h).
 *
 * A child that ends is started again: at once when it ended well (a driver with new settings), else after 100 ms, doubled each time up to 10 s;
 * ten seconds of life make it a good child again. A child that promises beats and is silent for ten seconds gets SIGABRT, so that it says where it
 * stands, and SIGKILL two seconds later. Time in which the machine or the keeper itself stood still counts against nobody.
 *
 * Children run the very file that the keeper runs (it keeps it open), also when another lies on the disk by now. SIGHUP makes the keeper try that other one and
 * become it, with the same process id, sockets and children (keeper_upgrade.c). Its state is in run/keeper.json (src/schema/keeper.yaml).
 */
#ifndef SERVE_KEEPER_H
#define SERVE_KEEPER_H

#include "base/error.h"

enum {
	KEEPER_CONTROL_FD = 3, /* where a child that has one finds its control socket */
	KEEPER_KEPT_FD = 4,    /* and there the memory that outlives it (kept.h) */
	KEEPER_BACKOFF_MS_MIN = 100,
	KEEPER_BACKOFF_MS_MAX = 10000,
	KEEPER_GOOD_LIFE_MS = 10000,
	KEEPER_GOODBYE_MS = 3000, /* children that were asked to end are killed after so long */
	KEEPER_BEAT_MS = 1000,
	KEEPER_SILENCE_MS = 10000,
	KEEPER_LAST_WORDS_MS = 2000, /* from SIGABRT to SIGKILL */
	KEEPER_STILL_MS = 3000,	     /* a round that took so much longer than it should: everything stood still */
	KEEPER_TRIAL_MS = 10000,     /* a program that is to take over has so long to say that it can */
	KEEPER_READY_MS =
	    120000, /* a new core has so long to become ready; each step of its progress counts as a start */
	KEEPER_FALSE_STARTS = 3,       /* a new core that dies so often before it was ready is given up */
	KEEPER_DRIVER_BACK_MS = 15000, /* a driver has so long to come back before the next one is started again */
};

#define KEEPER_STATE_PATH "run/keeper.json"

/* One message on the control socket, with one descriptor beside it: the listening socket when driver is KEEPER_LISTEN, else the core's end of
 * cosign or of drivers[driver] of mission.yaml. */
struct keeper_message {
	uint32_t driver;
};
enum { KEEPER_LISTEN = UINT32_MAX, KEEPER_COSIGN = UINT32_MAX - 1 };

/* And the other way, once a second (beat.h). */
struct keeper_beat {
	uint32_t ready;	   /* 1: everything is open, read and locked in; lines are answered */
	uint32_t taken;	   /* messages of the keeper that the core has taken */
	uint64_t progress; /* of what takes long before it is ready: entries folded */
	uint64_t back;	   /* bit i: drivers[i] has said hello, and how each of its devices is */
};

struct keeper_options {
	const char *program; /* the path of this executable */
	int resume;	     /* the descriptor that the program before left its state in; -1: a start */
	bool
	    raw; /* pass on what children write beside lines of the log; it may hold anything: for whoever writes a driver */
};

/* Runs the mission in the current directory until SIGTERM or SIGINT. Returns an exit code. */
int keeper_run(const struct keeper_options *options);

/* Whether this program could take over from the one that left its state in that descriptor: EXIT_OK, EXIT_USAGE when it does not know that form and would
 * start the children anew, EXIT_FAILED when it could not run this mission at all. */
int keeper_try(int state);

#endif
