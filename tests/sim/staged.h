/* staged.h: rulebooks for a hub under test (rig.h): as the record keeps them, and staged by an officer.
 *
 * They are collected from files in a directory of this machine, as the core and `chancery` do it, so that mistakes have lines and columns.
 */
#ifndef TESTS_SIM_STAGED_H
#define TESTS_SIM_STAGED_H

#include "rules/rulebook.h"
#include "sim/rig.h"

struct staged {
	struct str text;		   /* rules_text.h; lives as long as the process */
	const struct rulebook *rules;	   /* NULL: it does not load */
	uint8_t hash[RULEBOOK_HASH_BYTES]; /* its own; of one that does not load some other */
};

/* Of a rulebook whose head is the house's, and whose one file rules.yaml is this text. */
void staged_make(struct staged *staged, const char *rules);

/* The hub loads rulebooks, and finds this one in its files. */
void staged_install(const struct staged *staged);

enum { STAGED_PART_BYTES = 24000 };
int64_t staged_parts(const struct staged *staged);
/* The line that stages a part; and all of them, by an officer. */
struct str staged_line(const struct staged *staged, int64_t part);
void staged_say(const struct staged *staged);

/* mission.enact of its hash. */
struct str staged_enact(const struct staged *staged);

#endif
