/* see.h: who may see and do what: tables made of the schemas as they are written (see.py), and an oracle of a
 * reader's view of an entry that shares nothing with serve/view.c. docs and attributes.py have the words; here they
 * are said once more:
 *
 *   a body     is seen by the roles of its own `see`, else of its domain's; or when any member of it is
 *   a member   by the roles of its own `see`, its column's, its body's or its domain's; by the person whom `see` names; up to the reader's clearance
 *   purpose    null, unless a look of the reader's is open at whose it is
 */
#ifndef TESTS_SIM_SEE_H
#define TESTS_SIM_SEE_H

#include "base/arena.h"

enum see_kind { SEE_COMMAND, SEE_REPORT, SEE_TIMER, SEE_START, SEE_EVENT, SEE_REFUSAL, SEE_TABLE };

struct see_member {
	const char *name;
	uint32_t roles;
	const char *self; /* the member that names the person who may too, or NULL */
	unsigned mark;
	bool purpose, personal, secret;
	const char *table; /* that it refers to, or NULL */
	const char *whose,
	    *whose_table; /* of a personal one: the member that names its subject, and its table; NULL: whom the input concerns */
};

struct see_body {
	enum see_kind kind;
	const char *name; /* access.Granted; of a table: person */
	uint32_t roles;
	size_t first, n; /* in see_members */
	/* Of a command */
	uint32_t who, approvers;
	bool grave, life_safety;
	const char *undo;
	size_t box_bytes; /* of any input */
};

/* Which member of a table names its rows for people. */
struct see_label {
	const char *table, *member;
};

extern const char *const see_roles[];
extern const size_t n_see_roles;
extern const struct see_member see_members[];
extern const struct see_body see_bodies[];
extern const size_t n_see_bodies;
extern const struct see_label see_labels[];
extern const size_t n_see_labels;

/* NULL when there is none. */
const struct see_body *see_body_of(enum see_kind kind, struct str name);
const struct see_member *see_member_of(const struct see_body *body, struct str name);
uint32_t see_role(const char *name);

struct see_viewer {
	uint32_t roles;
	unsigned clearance;
	uint64_t person;
	struct str login;
};

/* Whether a reader of these roles may have indexes, numbers and raw entries of the record. */
bool see_may_read_record(const struct see_viewer *viewer);
bool see_may_read_raw(const struct see_viewer *viewer);
/* Why it was decided so; and what was known of the person then. */
bool see_may_read_because(const struct see_viewer *viewer);
bool see_may_read_facts(const struct see_viewer *viewer);

/* `body` is JSON with its values in clear; erased ones are null. */
bool see_member_is_seen(const struct see_viewer *viewer, const struct see_member *member, struct str body);
bool see_body_is_seen(const struct see_viewer *viewer, const struct see_body *of, struct str body);

/* Whether this row's name may be told: by the label's own `see`. */
bool see_label_is_seen(const struct see_viewer *viewer, struct str table, uint64_t id);

#endif
