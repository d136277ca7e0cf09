/* secret.h: memory for keys: pages of their own, zeroed, in no core dump, and not in swap as far as the system
 * allows it.
 *
 * Pages cost memory when they are touched, so a table may be as large as its limit. RLIMIT_MEMLOCK says how much
 * may be locked (8 MiB is usual); of a larger piece the beginning is locked: put the most secret first. A fork
 * gets a copy, which is not locked: the child that writes a snapshot needs its key.
 */
#ifndef KEYS_SECRET_H
#define KEYS_SECRET_H

#include "base/base.h"

/* Ends the process when the system has none. ret_locked: how many bytes from the beginning are kept out of swap. */
void *secret_map(size_t bytes, size_t *ret_locked);

/* Wipes the first `used` bytes, behind which no secret was ever written, and gives the pages back. */
void secret_unmap(void *at, size_t bytes, size_t used);

#endif
