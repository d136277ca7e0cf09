/* crew.h: threads that check and hash entries while their owner reads on.
 *
 *     while ((batch = crew_empty(crew)))   fill it; crew_give(crew);      as many as there is room for
 *     batch = crew_take(crew);             the oldest that was given, checked; use it; crew_return(crew);
 *
 * Batches come back in the order in which they were given, so that the owner finds the first thing that is wrong first.
 * It never only waits: where the oldest is not ready, it checks batches itself. With one processor it does all.
 */
#ifndef VERIFY_CREW_H
#define VERIFY_CREW_H

#include "members.h"
#include "tree.h"

#define CREW_HANDS_MAX	  7
#define CREW_BATCHES_MAX  (2 * (CREW_HANDS_MAX + 1))
#define CREW_ENTRIES_MAX  256	    /* in a batch */
#define CREW_BYTES_MAX	  (1 << 20) /* in a batch: whoever fills it begins another behind this */
#define CREW_MEMORY_BYTES (CREW_BYTES_MAX + CANONICAL_BYTES_MAX)

struct crew_batch {
	unsigned entries;
	uint32_t at[CREW_ENTRIES_MAX + 1]; /* entry i is bytes[at[i]] to bytes[at[i + 1]] */
	uint8_t bytes[CREW_MEMORY_BYTES];

	/* What the check makes of it. */
	bool checked;
	unsigned good; /* entries before the first that is wrong */
	struct complaint complaint;
	struct members members[CREW_ENTRIES_MAX]; /* with texts in `bytes` */
	struct tree_hash leaf[CREW_ENTRIES_MAX];
};

struct crew;

/* NULL if there is no memory or no SHA-256. */
struct crew *crew_start(void);
/* Whatever was given is dropped. NULL is allowed. */
void crew_end(struct crew *crew);

/* The next batch to fill, or NULL if all are given. */
struct crew_batch *crew_empty(struct crew *crew);
void crew_give(struct crew *crew);
/* NULL if none is given. */
struct crew_batch *crew_take(struct crew *crew);
void crew_return(struct crew *crew);

#endif
