/* replay_plain.h: entries as they are without encryption, so that two that say the same are the same bytes.
 *
 * A packet's data are its values, its mark is zero; a box is its contents behind a hyphen.
 */
#ifndef SERVE_REPLAY_PLAIN_H
#define SERVE_REPLAY_PLAIN_H

#include "core/core.h"

/* A vault that seals so, and opens what the other one has sealed. It outlives what it is given. */
struct vault replay_plain_vault(const struct vault *sealed);

/* False: a value is erased, or a packet was changed. */
bool replay_plain_entry(const struct vault *sealed, const struct entry *entry, struct arena *arena,
			struct str *ret_plain);

/* The packets of an entry that is plain already. */
bool replay_plain_packets(const struct entry *plain, struct arena *arena, struct json_packets *ret_packets);

#endif
