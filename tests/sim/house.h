/* house.h: the small house that the simulator lives in, and the oracle: who may pass, in a few lines that share nothing with rules/ and domain/.
 */
#ifndef TESTS_SIM_HOUSE_H
#define TESTS_SIM_HOUSE_H

#include "base/buf.h"

enum {
	HOUSE_LINES = 2,
	HOUSE_READERS = 8, /* reader n on line n % 2 */
	HOUSE_PEOPLE = 24, /* person n is staff, guard or visitor by n % 3 */
	HOUSE_COMMANDS = 3 + 2 * HOUSE_READERS + 2 * HOUSE_PEOPLE + HOUSE_READERS,
};

/* The n-th command that furnishes the house, as a line of an asker. */
void house_command(size_t n, struct buf *b);

/* The card of that person (1 first), 8 hex digits. */
void house_card(uint64_t person, char ret_hex[9]);

const char *house_rules(void);

/* Whether this person, with a badge that is not suspended, may pass any door of the house at that wall time (ms, UTC). */
bool house_permits(uint64_t person, int64_t wall);

#endif
