/* export.h: the record as a C2SP tlog-tiles directory (tile_dir.h), made or continued.
 *
 * What is exported ends at the newest checkpoint, which comes last, with the lines of those witnesses that have
 * cosigned just this one.
 */
#ifndef TLOG_EXPORT_H
#define TLOG_EXPORT_H

#include "tlog/source.h"

struct export_result {
	uint64_t before, size; /* entries there before and now */
	uint64_t cosignatures; /* under the checkpoint */
};

/* Called now and then, and at the end. */
typedef void export_progress_fn(uint64_t done, uint64_t size);

enum { EXPORT_PROGRESS_ENTRIES = 4096 };

/* ERROR_INPUT: nothing is signed yet. ERROR_RECORD: the directory and the record are two histories, or the directory is
 * ahead. The directory stays as it was published in all cases. */
int export_record(struct source source, const struct note_key *key, const char *path, export_progress_fn *progress,
		  struct export_result *ret_result, struct error *error);

#endif
