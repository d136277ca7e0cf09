/* kit_inner.h: what the kit's two files share: kit.c (lines, reports, what is due) and kit_disk.c (what is
 * kept). Nobody else includes it. */
#ifndef KIT_KIT_INNER_H
#define KIT_KIT_INNER_H

#include "driver/kit/kit.h"

static inline struct arena kit_arena(struct kit *kit)
{
	return arena_over(kit->arena_memory, sizeof kit->arena_memory);
}

/* What the core said in config, hashed: the settings alone, and all that is kept of it. */
void kit_hash_settings(struct str settings, uint8_t ret_hash[KIT_HASH_BYTES]);

/* kit_disk.c: each does nothing where nothing is kept; a disk that fails is said in the log, and not used any more. */
void kit_save_config(struct kit *kit, const struct driver_config *config);
void kit_save_desired(struct kit *kit);
void kit_save_orders(struct kit *kit);
void kit_save_time(struct kit *kit, int64_t now_us);
/* The table that arrived. False when it could not be written down: then an older one may come back. */
bool kit_save_table(struct kit *kit);
void kit_sync_spool(struct kit *kit);
/* The spool does not work any more. */
void kit_forsake_spool(struct kit *kit, const struct error *error);

#endif
