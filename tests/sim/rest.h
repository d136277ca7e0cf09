/* rest.h: what lies on the disk, as somebody sees it who takes it away: no value in clear, ever; no key of what was
 * forgotten, in any file, under any key that ever opened them; no snapshot, not even one that was copied earlier,
 * that opens and holds what was forgotten.
 */
#ifndef TESTS_SIM_REST_H
#define TESTS_SIM_REST_H

#include "sim/machine.h"
#include "sim/ledger.h"

enum { REST_DOOMED_MAX = 512, REST_COPIES_MAX = 4, REST_KEYS_MAX = 256 };

struct rest {
	struct machine *machine;
	struct ledger *ledger;
	/* Keys of what is forgotten in row i of the ledger's forgettings, as they were. */
	struct rest_doomed {
		bool there;
		uint8_t key[CRYPT_KEY_BYTES];
	} doomed[REST_DOOMED_MAX];
	/* Of a record that was put back: these are gone for ever. */
	uint8_t gone[REST_DOOMED_MAX][CRYPT_KEY_BYTES];
	size_t n_gone;
	size_t n_doomed;
	uint64_t erased; /* of the ledger's, that were looked for */
	/* Snapshots that somebody copied. */
	struct rest_copy {
		uint8_t *at;
		size_t n;
	} copies[REST_COPIES_MAX];
	size_t n_copies;
};

void rest_init(struct rest *rest, struct machine *machine, struct ledger *ledger);
void rest_release(struct rest *rest);

/* After each commit, the keys being open: remembers the keys of what was forgotten in it. */
void rest_catch_up(struct rest *rest);

/* The record is put back to an earlier time, and the ledger will be: what is gone stays gone. */
void rest_restore(struct rest *rest);

/* Somebody copies the snapshots. */
void rest_copy(struct rest *rest);

/* Looks everywhere for what should be gone. True when there was anything new to look for. */
bool rest_check(struct rest *rest);

#endif
