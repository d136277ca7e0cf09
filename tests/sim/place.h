/* place.h: the small embassy that the simulator lives in: what furnishes it, its rulebooks, and the oracle: who may
 * pass, in a few lines that share nothing with rules/ and domain/.
 */
#ifndef TESTS_SIM_PLACE_H
#define TESTS_SIM_PLACE_H

#include "sim/values.h"

enum {
	PLACE_LINES = 2,
	PLACE_ZONES = 3,
	PLACE_DOORS = 6,  /* door n leads into zone 2 or 3, and has reader n on line n % 2 at address n */
	PLACE_PEOPLE = 6, /* enrolled at the beginning, with a badge each */
	PLACE_COMMANDS = 1 + PLACE_ZONES + 2 * PLACE_DOORS + 2 * PLACE_PEOPLE + PLACE_DOORS,
	PLACE_RULEBOOKS = 4,	 /* the first is in force at the beginning */
	PLACE_BAD_RULEBOOKS = 2, /* behind them: they do not load */
	PLACE_CARD_BITS = 8 * VALUE_CARD_BYTES,
};

enum place_group { PLACE_STAFF, PLACE_GUARD, PLACE_VISITOR, PLACE_GROUPS };
const char *place_group_name(enum place_group group);

struct str place_line(size_t line); /* "line-0" */

/* The n-th command that furnishes the place, as a line of the security officer. */
void place_command(size_t n, struct values *values, struct buf *b);

/* Further people, badges and keys, as bodies of commands. */
void place_enrol(struct values *values, enum place_group group, bool is_guest_of_honour, struct buf *b);
void place_issue(struct values *values, uint64_t person, struct buf *b);
void place_key(struct values *values, uint64_t reader, struct buf *b);

/* A rulebook as it is staged (rules/rules_text.h). */
void place_rulebook(size_t rulebook, struct buf *b);

struct place_request {
	enum place_group group;
	bool is_guest_of_honour; /* the name says so */
	int64_t grade;		 /* of the zone behind the door */
	int64_t minute;		 /* of the day */
};
bool place_permits(size_t rulebook, const struct place_request *request);

/* The grade of the zone behind a door. */
int64_t place_grade(uint64_t door);

#endif
