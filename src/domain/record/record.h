/* record.h: the record's own affairs: what is staged, what is forgotten and when, and whether the clock can be relied on.
 *
 * Forgetting has two halves. Here, in the state: a subject's rows are blank, or a month has run out; what is then to be destroyed stands in the table
 * Forgetting. In the core process: a snapshot of the blank state, its hash as a Baseline, and then the keys; `erase` empties the table. A process
 * that dies in between finds the table as it was, and goes on.
 *
 * What is too large for an entry comes in parts under one hash. The table StagePart says which entries hold them; it is dropped when nobody uses it in
 * time, and kept as long as it is in force.
 */
#ifndef DOMAIN_RECORD_H
#define DOMAIN_RECORD_H

#include "gen/dispatch.h"
#include "schema/turn.h"

enum {
	RECORD_CLOCK_ROW = 1,
	RECORD_SILENCE_ROW = 1,
	RECORD_FORK_ROW = 1,
	RECORD_REKEY_MISSION = 1, /* rows of Rekey */
	RECORD_REKEY_DOORS,
	RECORD_STAGE_MS = 60 * 60 * 1000, /* what was staged and not used is dropped after so long */
};

/* Whether nothing may be forgotten and nothing expire by date. */
bool record_clock_is_doubted(const struct state *state);

/* Whether nothing is signed any more. */
bool record_is_unsigned(const struct state *state);

/* Whether all parts of this hash are there. */
bool record_is_staged(const struct state *state, struct str hash);

/* For every packet of every entry: this month's values, of those kept so long, are to be forgotten when it has run out. By the core, when the entry is made
 * and when it is read again. */
void record_note_month(struct state *state, struct str keep, int64_t month);

/* The subject's rows are blank now; its key is to be destroyed. By the core, as above. */
void record_forget(struct state *state, const struct subject *subject);

/* When a month (12 (year - 1970) + month, January 1) of values kept so long ("90d") has run out, ms since 1970-01-01T00:00Z: `keep` after its end. */
int64_t record_month_ends(struct str keep, int64_t month);

#endif
