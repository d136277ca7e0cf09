/* keeper_inner.h: what the keeper's files share: keeper.c (setting up, the loop), keeper_child.c (starting, ending, patience), keeper_hear.c (what children
 * say), keeper_state.c (run/keeper.json, and the same from program to program), keeper_upgrade.c. Nobody else includes it.
 */
#ifndef SERVE_KEEPER_INNER_H
#define SERVE_KEEPER_INNER_H

#include "base/lines.h"
#include "gen/codec.h"
#include "serve/crash_report.h"
#include "serve/keeper.h"
#include "serve/kept.h"
#include "serve/mission_file.h"

enum {
	KEEPER_CORE = 0, /* number of the child that is the core */
	KEEPER_CHILDREN_MAX = 2 + MISSION_DRIVERS_MAX,
	KEEPER_NAME_BYTES = 48,
	KEEPER_PROGRAM_BYTES = 64,
	KEEPER_LAST_BYTES = 120,
	KEEPER_PATH_BYTES = 4096,
	KEEPER_LINES = 200, /* lines that a child may log in KEEPER_LINES_MS */
	KEEPER_LINES_MS = 10000,
};

/* A kind of child. A new one is a row in keeper_child.c, and a row in tests/children. */
struct child_kind {
	const char *word; /* of the command line: chancery WORD */
	bool control;	  /* has a control socket */
	bool lines;	  /* its stdin and stdout are a socket to the core */
	bool beats;	  /* promises a beat a second on its control socket */
	bool comes_back;  /* the core says when it is back (struct keeper_beat) */
};

struct child {
	const struct child_kind *kind;
	char name[KEEPER_NAME_BYTES];
	const char *argument; /* behind the word; NULL: none */
	pid_t pid;	      /* 0: not running */
	int lines;	      /* the core's end of a driver's socket */
	int control;	      /* the keeper's end of a control socket */
	int log;	      /* the reading end of its standard error; each is -1 when there is none */
	int64_t started_us, start_at_us, heard_us, since_ms;
	int64_t asked_us;   /* it was asked to end; 0: not */
	int64_t aborted_us; /* the watchdog has sent SIGABRT; 0: not */
	bool killed;	    /* and SIGKILL */
	int64_t backoff_ms, starts, bad_ends;
	struct keeper_beat beat; /* the newest of this process */
	uint32_t given;		 /* messages that this process was given */
	char last[KEEPER_LAST_BYTES];
	char program[KEEPER_PROGRAM_BYTES], build[KEEPER_PROGRAM_BYTES];
	struct crash crash;
	struct crash_memory memory;
	struct lines_in in;
	int64_t window_us, n_lines, unknown, left_out; /* of what it logs */
};

struct keeper {
	const char *path; /* of the program, where it lies or lay */
	int program;	  /* the file itself, open */
	char build[KEEPER_PROGRAM_BYTES];
	char path_memory[KEEPER_PATH_BYTES];
	struct child children[KEEPER_CHILDREN_MAX];
	size_t n;
	struct mission_file mission;
	struct arena arena; /* of mission.yaml and the lines that are read */
	int lock, listener, signals;
	int kept_fd;
	struct kept *kept; /* the same, mapped */
	int previous;	   /* the program before this one, until the upgrade is done; -1: none */
	int64_t since_ms, round_us, stage_us, progress_us;
	uint64_t progress;
	int64_t upgrades;
	enum keeper_state_stage stage;
	enum keeper_state_outcome outcome;
	size_t upgrading;		  /* the driver that is started again now */
	int64_t false_start;		  /* bad ends of the core before this stage */
	int64_t watchdog_us, notified_us; /* of the service manager */
	bool ending, raw, ready, changed, terminal;
};

/* keeper_child.c */
void child_init(struct child *child, const struct child_kind *kind, const char *name, const char *argument,
		struct arena *arena);
const struct child_kind *child_kind_core(void);
const struct child_kind *child_kind_driver(void);
const struct child_kind *child_kind_cosign(void);
void keeper_start_due(struct keeper *keeper, int64_t now_us);
/* Waits for every child that has ended. */
void keeper_reap(struct keeper *keeper);
/* What time alone decides: silence, and children that do not end. */
void keeper_be_patient(struct keeper *keeper, int64_t now_us);
void keeper_ask_to_end(struct child *child, int64_t now_us);
bool keeper_any_alive(const struct keeper *keeper);
bool child_is_ready(const struct child *child);
/* This program's own, in words. */
void child_stamp(struct child *child, const struct keeper *keeper);

/* keeper_hear.c */
void keeper_hear_beat(struct child *child, int64_t now_us);
void keeper_hear_lines(struct keeper *keeper, struct child *child, int64_t now_us);
/* Once a round: says what was left out. */
void keeper_hear_budget(struct child *child, int64_t now_us);
void keeper_report_crash(struct child *child, const char *who, const char *ended, int64_t now_us);

/* keeper_state.c */
void keeper_write_state(struct keeper *keeper);
/* A descriptor that the next program reads it from, or an error. */
int keeper_leave_state(struct keeper *keeper, struct error *error);
/* Adopts the children that the state names; ERROR_INPUT when it cannot be read. */
int keeper_take_state(struct keeper *keeper, int state, struct error *error);
/* Whether this program reads that form. */
int keeper_check_state(int state, struct error *error);

/* keeper_upgrade.c */
/* Tries the program on disk and becomes it; returns when nothing has changed. */
void keeper_begin_upgrade(struct keeper *keeper);
/* This program has taken over. */
void keeper_resume_upgrade(struct keeper *keeper, int64_t now_us);
void keeper_go_on_upgrading(struct keeper *keeper, int64_t now_us);

#endif
