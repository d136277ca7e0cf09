/* inner.h: what the core's files share. Nobody else includes it.
 *
 *     core.c   an input becomes a turn: who may, what is decided
 *     entry.c  a turn becomes an entry
 *     fold.c   an entry becomes the same state again
 */
#ifndef CORE_INNER_H
#define CORE_INNER_H

#include "core/core.h"

enum { ENTRY_FORMAT = 2 };

/* What an entry does beside its events, whatever their subject: its report is taken, its orders wait for their drivers' answers, its months are
 * kept in mind until they are forgotten, and it may be the environment of later ones. core_turn and core_fold both call these, after all events are
 * applied, so that both make the same state. */
void core_note_from(struct core *core, const struct entry_from *from);
void core_note_month(struct core *core, struct str keep, int64_t month);

/* `json` is the event's body. Fills ret_order and says what it is. */
enum core_noted { CORE_NOTED_EVENT, CORE_NOTED_ORDER, CORE_NOTED_DESIRED };
enum core_noted core_note_event(struct core *core, size_t number, const struct turn_event *event, struct str json,
				const struct entry_from *from, struct core_order *ret_order);

/* The turn is over: writes the entry, and makes the state what core_fold will make of it. `ask` is the input's body; NULL when `body` has it as JSON. */
void core_finish(struct core *core, const struct turn *t, const struct core_input *input, const void *ask,
		 const struct core_moment *moment, struct core_result *result);

#endif
