/* sight.h: what readers are shown, held against what they may see: entry by entry, and whether all came that
 * should. The oracle is see.h's tables over the ledger; it shares nothing with serve/view.c.
 */
#ifndef TESTS_SIM_SIGHT_H
#define TESTS_SIM_SIGHT_H

#include "sim/talk.h"

/* A value that stands in any line to this reader. */
void sight_check_value(const struct ledger *ledger, const struct see_viewer *viewer, uint32_t value, struct str line);
/* A file of a person (or, when that is 0, of a building). */
bool sight_may_read_file(const struct see_viewer *viewer, uint64_t person, uint64_t building);

/* Whether the reader may see anything of an entry at all. */
bool sight_has_entry(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index);
/* Whether the entry mentions the row where the reader sees it; ret_is_sealed: only in what is sealed. */
bool sight_mentions(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index,
		    const struct talk_history *history, bool *ret_is_sealed);
/* The first of the last so many entries of which the reader sees anything. */
uint64_t sight_last(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t last);

/* An entry as a reader is shown it. */
void sight_check_entry(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index, struct str shown);
/* Whether keys of what the entry holds sealed may be gone. */
bool sight_may_be_erased(const struct ledger *ledger, const struct ledger_entry *entry);

/* A line of a stream, a history, or raw entries. */
void sight_hear(struct talk *talk, struct talk_connection *connection, struct str kind, struct str body, uint64_t then);
/* Whoever reads and is not slow has seen all there is. */
void sight_check_idle(const struct talk *talk, const struct talk_connection *connection);

#endif
