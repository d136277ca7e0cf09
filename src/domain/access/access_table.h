/* access_table.h: the grant table of a driver: what its doors decide by when the core does not answer (grant/grant.h). Pure.
 *
 * It holds what rules 3 to 7 of access.h would answer from `made` to `until`, if nobody changes anything: every active badge, every reader on the driver's
 * line, and the times at which one passes the other. A permission on a condition (an escort, say) is none here: nobody is there to see to it. A lockdown is
 * no part of it; drivers are told of that by itself.
 */
#ifndef DOMAIN_ACCESS_ACCESS_TABLE_H
#define DOMAIN_ACCESS_ACCESS_TABLE_H

#include "grant/grant_build.h"
#include "rules/rulebook.h"
#include "schema/turn.h"

enum { ACCESS_TABLE_BYTES = GRANT_BUILD_BYTES + (4 << 20) }; /* an arena of this size holds the making of any */

/* The token of a card under the driver's key and the table's salt. */
typedef void access_token(void *context, int64_t bits, struct str card, uint8_t ret_token[GRANT_TOKEN_BYTES]);

/* Writes the table of head->driver into `out`, unsigned. NULL, or what is too much for a table. ret_badges is how many badges it holds. */
const char *access_table_make(const struct state *state, const struct rulebook *rulebook, const struct grant_head *head,
			      access_token *token, void *context, struct arena *arena, struct buf *out,
			      int64_t *ret_badges);

#endif
