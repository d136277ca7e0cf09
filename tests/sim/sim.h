/* sim.h: a mission in one process: the hub that the core process runs, with its journal, keys, index and snapshots,
 * on a simulated disk and clock, with people, drivers and a witness who say what the contract allows, and some who
 * say anything. One seed decides all of it, so a seed and a commit are a bug report.
 *
 *     build/release/sim_test seed=7              plays one seed
 *     build/release/sim_test seed=7 trace        tells it, line by line
 *     build/release/sim_test seed=7 until=120    … and no further than that step
 *     build/release/sim_test seed=7 shrink       looks for the fewest steps, kinds of deeds and faults that still break it
 *     build/release/sim_test seeds=1000 base=5   many
 *
 * A seed is a climate (what is done how often, which faults there are) and a number of lives. Each life of the
 * core's process ends well, by a power failure, by death, by a full disk, a failed sync or an input that kills it,
 * at any write or sync of the disk; between lives the machine may sleep, its clock be set, its index or snapshots
 * be lost, an old copy of its disk be put in place. At last everything comes to rest.
 *
 * What must hold is checked by code that shares nothing with what it checks, after every commit:
 *
 *   ledger.h   each entry follows from those before: who may, who may pass, two persons, orders, forgetting, clocks
 *   annals.h   what was durable stays; the state is the fold, with a snapshot and without; chancery-verify agrees
 *   talk.h     every entry was said, and is entered once; everybody is answered once, with what the record says
 *   sight.h    a reader is shown all that it may see, and nothing else
 *   line.h     what a driver is told; at rest its devices are as they are to be
 *   rest.h     nothing personal is ever written in clear; nothing that was forgotten can be opened, by any key, from any file
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/base.h"

struct sim_plan {
	uint64_t seed;
	unsigned steps;	    /* 0: the seed says */
	uint64_t without;   /* bit i: deed i of sim_deed_name is never done */
	unsigned no_faults; /* bit i: fault i of sim_fault_name does not happen */
	bool loud;
};

struct sim_outcome {
	bool broken;
	char where[64]; /* the check that failed */
	unsigned steps, lives;
	uint64_t entries, granted, denied, orders, tables, by_table, answered, shown, snapshots, erased, disk_steps;
	uint64_t hash;	     /* of all that was said, and of the disk at the end */
	uint64_t deaths[16]; /* by fault */
};

void sim_run(const struct sim_plan *plan, struct sim_outcome *ret_outcome);

/* NULL behind the last. */
const char *sim_deed_name(size_t deed);
const char *sim_fault_name(size_t fault);

#endif
