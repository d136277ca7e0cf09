/* annals.h: the journal's entries into the ledger, as they become durable, and the promise that they stay: what was
 * durable once is there after every start, byte for byte; the state is what a fold of all entries makes, whether a
 * snapshot was loaded or not; and chancery-verify agrees.
 */
#ifndef TESTS_SIM_ANNALS_H
#define TESTS_SIM_ANNALS_H

#include "sim/machine.h"
#include "sim/talk.h"

struct annals {
	struct machine *machine;
	struct ledger *ledger;
	struct talk *talk;
	struct arena scratch;
	const uint8_t *seed; /* the journal's key */
};

void annals_init(struct annals *annals, struct machine *machine, struct ledger *ledger, struct talk *talk,
		 const uint8_t *seed);
void annals_release(struct annals *annals);

/* After a commit: takes what is durable now. */
void annals_catch_up(struct annals *annals, struct hub *hub);

/* After a start: nothing that was durable is gone or was changed. */
void annals_check_start(struct annals *annals, struct hub *hub);

/* A fold of all entries makes the state that the hub has. Nothing may wait for a commit. */
void annals_check_fold(struct hub *hub);

/* The database as it lies on the disk, read by chancery-verify. The hub is closed, or idle. */
void annals_check_outside(struct annals *annals);

/* Every packet of the record, opened once more with the keys that there are: nothing comes of what was forgotten. */
void annals_check_erased(struct annals *annals, struct hub *hub);

#endif
