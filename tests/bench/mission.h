/* mission.h: a large mission for benches, made by real means: what `chancery init` calls makes its directory and keys, commands to a hub furnish it, the
 * lines of a driver fill its record. Everything in it is invented, by a seed. Afterwards the real processes can run it.
 *
 *     mission_make("access_bench.mission");     the directory, which from then on is the current one
 *     mission_open(&mission);                   its hub, with the process's own clocks, disk and child
 *     mission_furnish(&mission);
 *     …
 *     mission_close(&mission);
 *     mission_remove();                         back, and everything away
 */
#ifndef TESTS_BENCH_MISSION_H
#define TESTS_BENCH_MISSION_H

#include "serve/core_outside.h"
#include "serve/installation.h"

enum {
	MISSION_PEOPLE = 10000, /* a badge each */
	MISSION_DOORS = 500,	/* a reader each */
	MISSION_LINES = 10,	/* door n is on line n % MISSION_LINES */
	MISSION_RULES = 500,
	MISSION_BUSY_DOOR = 1,	   /* where mission_fill lets every fourth badge be shown */
	MISSION_ORDERS_MAX = 8192, /* that wait to be answered */
};

/* An order that a driver was sent, and has not answered. */
struct mission_order {
	unsigned peer;
	int64_t entry, event;
};

struct mission {
	struct core_outside outside; /* first: the context of the hub's outside */
	struct installation installation;
	struct hub_driver drivers[MISSION_LINES];
	struct hub *hub;
	unsigned peers[MISSION_LINES]; /* of the lines, when mission_attach was called */
	int64_t sequence[MISSION_LINES];
	struct mission_order *orders;
	size_t n_orders;
	uint64_t snapshot_entries; /* as in hub_options; 0: never */
};

void mission_make(const char *name);
void mission_remove(void);

/* The hub remembers what was there. */
void mission_open(struct mission *mission);
void mission_close(struct mission *mission);

/* Places, people and badges, by commands. */
void mission_furnish(struct mission *mission);

/* The drivers of all lines say hello. */
void mission_attach(struct mission *mission);

/* The line of a driver that says: this person's card was read at this door. Returns the driver's peer. */
unsigned mission_badge(struct mission *mission, uint64_t door, uint64_t person, struct buf *line);

/* The drivers carry out what they were told. */
void mission_answer_orders(struct mission *mission);

/* Badges at doors, and their orders carried out, until the record has so many entries. */
void mission_fill(struct mission *mission, uint64_t entries);

/* One batch; and batches until nothing is left to be done. */
void mission_commit(struct mission *mission);
void mission_settle(struct mission *mission);

/* Numbers that look random and are the same in each run. */
uint64_t mission_roll(uint64_t below);

/* At most 2,047 bytes. */
void mission_put(struct buf *b, const char *format, ...) PRINTF(2, 3);

#endif
