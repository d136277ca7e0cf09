/* sim.h: a mission in one process: the hub that the core process runs, with its journal, keys, index and snapshots,
 * on a simulated disk and clock; drivers of ours, each on a disk of its own, with simulated readers and cards; and people
 * who say what the contract allows, and some who say anything. One seed decides all of it, so a seed and a commit are a bug report.
 *
 *     SIM_SEED=7 build/release/sim_test one_seed                plays one seed, and tells it line by line
 *     SIM_SEED=7 SIM_STEPS=120 build/release/sim_test one_seed  … with so many steps
 *     SIM_SEED=7 SIM_SHRINK=1 build/release/sim_test one_seed   looks for what deeds and faults it breaks without, too
 *     SIM_SEEDS=1000 SIM_BASE=5 SIM_WORKERS=2 build/release/sim_test many
 *     make soak SEEDS=10000                                     new ones
 *
 * A seed is a climate (what is done how often, which faults there are) and a number of lives. Each life of the
 * core's process ends well, by a power failure, by death, by a full disk, a failed sync or an input that kills it,
 * at any write or sync of the disk; between lives the machine may sleep, its clock be set, its index or snapshots
 * be lost. Drivers live and die on their own. At last everything comes to rest.
 *
 * What must hold is checked by code that shares nothing with what it checks, after every commit:
 *
 *   ledger.h   each entry follows from those before: who may, who may pass, two persons, orders, forgetting, clocks
 *   annals.h   what was durable stays; the state is the fold, with a snapshot and without; chancery-verify agrees
 *   talk.h     every entry was said, and is entered once; everybody is answered once, with what the record says
 *   sight.h    a reader is shown all that it may see, and nothing else
 *   line.h     what a driver is told, what it does at its doors, by whose word; at rest its devices are as they are to be
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
	uint64_t entries, granted, denied, orders, tables, by_table, answered, shown, erased;
	uint64_t hash; /* of all that was said, and of the disk at the end */
};

void sim_run(const struct sim_plan *plan, struct sim_outcome *ret_outcome);

/* NULL behind the last. */
const char *sim_deed_name(size_t deed);
const char *sim_fault_name(size_t fault);

#endif
