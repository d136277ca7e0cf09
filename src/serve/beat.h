/* beat.h: a child's sign of life on its control socket, once a second (keeper.h: struct keeper_beat, KEEPER_SILENCE_MS).
 *
 * Sent from the loop that does the work, never from a timer or a thread of its own: who hangs in a piece of work is silent. Work that takes long
 * calls beat_progress as it goes on.
 */
#ifndef SERVE_BEAT_H
#define SERVE_BEAT_H

#include "serve/keeper.h"

/* When the next beat is due, on the elapsed clock. */
int64_t beat_due_us(void);

/* Sends the beat when it is due; the next one is due after so long, KEEPER_BEAT_MS or less. */
void beat(const struct keeper_beat *now, int64_t again_ms);

/* The next beat is due at once: something has changed that the keeper waits for. */
void beat_soon(void);

/* The same before the process is ready: it has come so far. */
void beat_progress(uint64_t progress);

#endif
