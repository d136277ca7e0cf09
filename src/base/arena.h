/* arena.h: memory given once and handed out in order; it comes back all at once. Pure, but for arena_map.
 *
 * Taking more than the arena has ends the process: every user has a declared limit below the arena's size.
 * What is handed out is zeroed and aligned for any type.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/buf.h"

struct arena {
	uint8_t *at;
	size_t used, size;
	size_t fresh; /* from here on nothing was ever written: it is zero already */
};

static inline struct arena arena_over(void *memory, size_t size)
{
	return (struct arena){.at = memory, .size = size, .fresh = size};
}

void *arena_take(struct arena *arena, size_t count, size_t each);
#define ARENA_TAKE(arena, type, count) ((type *)arena_take((arena), (count), sizeof(type)))

/* A copy that lives as long as the arena. */
struct str arena_str(struct arena *arena, struct str s);

/* A buffer over all that is left of the arena, not zeroed; arena_keep then takes what was written and returns it. Nothing may be taken from
 * the arena in between. Writing more than is left ends the process. */
struct buf arena_buf(struct arena *arena);
struct str arena_keep(struct arena *arena, const struct buf *written);

/* Everything back. */
static inline void arena_clear(struct arena *arena)
{
	arena->used = 0;
}

/* An arena over fresh pages that cost memory only when touched. Ends the process when the system has none.
 * arena_unmap gives them back. */
struct arena arena_map(size_t size);
void arena_unmap(struct arena *arena);
/* The same, shared with every process that is forked from now on: what a child writes is there, at the same addresses, when it has ended. */
struct arena arena_map_shared(size_t size);

#endif
