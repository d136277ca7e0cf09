/* doors.h: doors, the readers beside them, and what is asked of both.
 *
 * The access domain decides; this one acts: a granted request releases the strike, a denied one makes the reader show it. Both are orders
 * (events that a driver carries out), and what the driver answers comes back as drivers.OrderDone.
 */
#ifndef DOMAIN_DOORS_H
#define DOMAIN_DOORS_H

#include "gen/dispatch.h"
#include "schema/turn.h"

/* The reader of that id when it hangs on that line (the name of the driver that speaks), else NULL: a driver speaks for its own line. */
const struct reader *doors_reader_on_line(const struct state *state, uint64_t reader, struct str line);

/* The door of a reader. It exists: nothing removes a door. */
const struct door *doors_door_of(const struct state *state, const struct reader *reader);

/* Lines that readers may hang on: a lockdown tells each of them in one entry. */
enum { DOORS_LINES_MAX = 56, DOORS_HELD_BYTES = 16 };

/* Whether every door is held shut from outside. */
bool doors_are_held(const struct state *state);

/* How many readers are online now. */
size_t doors_online_count(const struct state *state);

#endif
