/* backup.h: a copy of a mission's record that stands for itself, while the mission runs.
 *
 * A backup is a directory. In it lies what a mission has lost when its disk is lost, each part by one function in the
 * table of backup.c:
 *
 *     journal.db   the record: the same rows and tiles, the newest checkpoint as it was signed, what witnesses
 *                  cosigned. Every entry was hashed on its way, and the tree held against the checkpoint before
 *                  that was written.
 *
 * A backup goes on from what is there. One that was cut short holds a part of the record without a checkpoint, which
 * the next run completes; it is whole when backup_run returns 0.
 */
#ifndef TLOG_BACKUP_H
#define TLOG_BACKUP_H

#include "tlog/export.h"

enum { BACKUP_BATCH_ENTRIES = 4096 }; /* in one transaction of the copy */

struct backup {
	struct source source;
	const struct note_key *key; /* the mission's */
	const char *path;	    /* the backup's directory */
	export_progress_fn *progress;
	uint64_t before, size, cosignatures; /* what the record's part has done */
};

/* Makes the directory where there is none. ERROR_RECORD: what is there is of another history, or ahead. */
int backup_run(struct backup *backup, struct error *error);

#endif
