/* sim.h: a mission in one process, on a simulated disk, clock and drivers.
 *
 * It runs the hub that the core process runs (serve/hub.h) and nothing in it is real but the code under test: the disk keeps what was synced and
 * loses what it likes of the rest, the clock moves when the simulator says so, drivers speak the contract's lines. One seed decides
 * everything, so a seed and a commit are a bug report.
 *
 * What must hold, and is checked as it goes:
 *   1  an acknowledged report or command is in the journal after any crash;
 *   2  an order that left is an event of an entry that is in the journal after any crash;
 *   3  the state after opening the journal again is the fold of its entries, twice the same; after a clean end it is the state that was;
 *   4  a door is released only when an oracle of a few lines, which shares nothing with rules/ and domain/, permits it;
 *   5  a report is counted once, whatever is lost, repeated or sent again.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/error.h"
#include "sim/disk.h"

struct sim_plan {
	uint64_t seed;
	unsigned steps;	  /* things that happen: badges, commands, reconnections */
	uint64_t fail_at; /* the n-th write or sync of the disk is its last; 0: none */
	bool quiet;
};

struct sim_outcome {
	bool crashed;	     /* the disk failed as planned */
	uint64_t operations; /* writes and syncs of the disk */
	uint64_t entries, granted, denied, acknowledged, orders;
	uint8_t state_hash[32]; /* of the state at the end */
};

/* Runs one plan: to its end, or to the crash and then the recovery. Broken promises fail the running test (base/test.h) with the seed. */
void sim_run(const struct sim_plan *plan, struct sim_outcome *ret_outcome);

#endif
