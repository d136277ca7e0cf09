/* forgotten.h: whom and what a record forgets, read from its entries; no key is needed for it. */
#ifndef TLOG_FORGOTTEN_H
#define TLOG_FORGOTTEN_H

#include "gen/types.h"
#include "tlog/export.h"

/* Of the entries that the source's checkpoint is for. Lives in the arena, which has room for the declared numbers (backup.yaml). ERROR_LIMIT: there are more;
 * ERROR_RECORD: an entry or an event of another schema. */
int forgotten_list(struct source source, const struct note_key *key, export_progress_fn *progress, struct arena *arena,
		   struct forgotten *ret_forgotten, struct error *error);

/* A list that somebody carried here. ERROR_INPUT: it is none, or of another record than this one. */
int forgotten_read_file(const char *path, struct str origin, struct arena *arena, struct forgotten *ret_forgotten,
			struct error *error);

#endif
