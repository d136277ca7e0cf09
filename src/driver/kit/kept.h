/* kept.h: the driver's state file: what it must know when it starts and no core speaks.
 *
 *     time       8 bytes: what the calendar said, ten seconds ago at most (wall.h)
 *     orders     the newest orders taken, u64 entry and u32 event each: none is carried out twice
 *     settings   the last config, as a DriverConfig line without `accepted`; it holds the readers' keys
 *     desired    a DriverKept line (desired.h)
 *     table      the grant table, as signed (grant.h)
 *
 * Each is a pair of slots (pair.h) of this name, one behind the other in this order. The first two are small
 * enough for a sector and are never synced; the others are, before anything is told that rests on them.
 */
#ifndef KIT_KEPT_H
#define KIT_KEPT_H

#include "base/lines.h"
#include "driver/kit/desired.h"
#include "driver/kit/pair.h"
#include "grant/grant.h"

enum {
	KEPT_ORDERS_MAX = 32,
	KEPT_ORDER_BYTES = 12,
	KEPT_SETTINGS_BYTES_MAX = LINE_BYTES_MAX + 1,
};

enum kept_what { KEPT_TIME, KEPT_ORDERS, KEPT_SETTINGS, KEPT_DESIRED, KEPT_TABLE, KEPT_WHATS };

struct kept {
	struct file file;
	struct pair pairs[KEPT_WHATS];
	uint8_t memory[PAIR_SLOT_BYTES(GRANT_BYTES_MAX)];
};

/* The key must outlive it. */
void kept_init(struct kept *kept, struct file file, const uint8_t *key);

/* As pair_read and pair_write. What is read lies in the memory until the next call; settings are wiped by
 * kept_wipe. */
static inline int kept_read(struct kept *kept, enum kept_what what, struct str *ret_value, struct error *error)
{
	return pair_read(&kept->pairs[what], ret_value, error);
}

static inline int kept_write(struct kept *kept, enum kept_what what, const void *value, size_t n, struct error *error)
{
	return pair_write(&kept->pairs[what], value, n, error);
}

/* Written, and durable when it returns. */
int kept_save(struct kept *kept, enum kept_what what, const void *value, size_t n, struct error *error);

static inline void kept_wipe(struct kept *kept)
{
	seal_wipe(kept->memory, PAIR_SLOT_BYTES(KEPT_SETTINGS_BYTES_MAX));
}

#endif
