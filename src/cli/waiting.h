/* waiting.h: what waits for a second person: commands for approval, and what was done at once for review.
 */
#ifndef CLI_WAITING_H
#define CLI_WAITING_H

#include "cli/link.h"

/* The approval of that number, as far as the asker may see it; false when nothing waits under it. Its texts hold until
 * asker_forget. */
bool waiting_find(struct asker *link, uint64_t pending, struct answer_waiting *ret_row);

/* "people forget --person Ana Brook, asked by ana 12 min ago" */
void waiting_put(struct buf *b, const struct answer_waiting *row, int64_t now, struct arena *arena);

#endif
