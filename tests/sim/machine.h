/* machine.h: the machine that the simulated mission runs on: a disk with keys, snapshots and journal, clocks that
 * somebody may set, a process for long work, and memory that outlives processes.
 *
 *     machine_init(&m, seed);
 *     … machine_start(&m, &error), machine_fill(&m, &options), hub_open …
 *     … machine_stop(&m, how) …                        as often as processes come and go
 *     machine_release(&m);
 *
 * A process ends well, or dies (what it wrote can be read, its files are closed, its child is killed), or the power
 * fails, which takes the rest too. The context of hub_outside must begin with a pointer to the machine.
 */
#ifndef TESTS_SIM_MACHINE_H
#define TESTS_SIM_MACHINE_H

#include "keys/keys.h"
#include "serve/hub.h"
#include "sim/chance.h"
#include "sim/disk.h"
#include "sim/worker.h"

enum {
	MACHINE_ROOTS_MAX = 512,
	MACHINE_SLOTS_MAX = 4096, /* keys in a file of keys */
};

enum machine_end { MACHINE_ENDS, MACHINE_DIES, MACHINE_LOSES_POWER };

struct machine {
	struct disk *disk;
	struct chance salt, fault;
	int64_t elapsed_us; /* the clock that nobody sets */
	int64_t wall_ms;    /* what the machine's calendar says, whoever set it */
	bool is_started;
	struct file protectors;
	struct master master;
	struct keys keys, doors;
	struct file snapshots[2];
	struct worker worker;
	uint64_t works, works_of; /* how often there was long work; of which entries the last */
	bool work_is_wanted, work_has_ended, work_is_done;
	struct arena shared; /* with the worker; danger lies in it too, and outlives processes */
	struct hub_danger *danger;
	uint8_t cursor_key[CURSOR_KEY_BYTES];
	/* Every root key that ever opened the mission's keys, for whoever looks whether forgotten ones are gone. */
	uint8_t roots[MACHINE_ROOTS_MAX][CRYPT_KEY_BYTES];
	size_t n_roots;
};

/* The key that the keeper gives a driver. */
void machine_driver_key(struct str driver, uint8_t ret_key[CRYPT_KEY_BYTES]);

void machine_init(struct machine *machine, uint64_t seed);
void machine_release(struct machine *machine);

/* A process begins: opens what it needs, and makes keys where there are none. After an error nothing is open, and
 * machine_stop says how it ended. */
int machine_start(struct machine *machine, struct error *error);
void machine_stop(struct machine *machine, enum machine_end end);

/* What of the options is the machine's. */
void machine_fill(struct machine *machine, struct hub_options *options);

/* Time passes, on both clocks. */
void machine_wait(struct machine *machine, int64_t ms);

/* The worker, if there is one, touches the disk that often. */
void machine_let_work(struct machine *machine, unsigned steps);
bool machine_is_working(const struct machine *machine);
void machine_kill_work(struct machine *machine); /* it ends, and has not done it */

/* The bound of the disk is so many bytes above what is on it; 0: there is none. */
void machine_bound(struct machine *machine, uint64_t room);

#endif
