/* status.h: how the mission is.
 */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "gen/codec.h"

/* What somebody must see to, worst first, a line each with what to do, and an empty line behind them; nothing when all is
 * well. */
void status_put_cares(struct buf *b, const struct answer_status *status);

#endif
