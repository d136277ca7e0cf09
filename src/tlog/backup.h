/* backup.h: a copy of a mission that stands for itself, made while the mission runs.
 *
 * A backup is a directory. In it lies what a mission has lost when its disk is lost, each part by one function in the
 * table of backup.c:
 *
 *     journal.db      the record: the same rows and tiles, the newest checkpoint as it was signed, what witnesses
 *                     cosigned, files that entries name. Every entry was hashed on its way, and the tree held against
 *                     the checkpoint before that was written. What the mission has forgotten goes here too.
 *     mission.yaml, incarnation.json, earlier/, rules/     as they are
 *     keys/           journal.vkey; when they are asked for all the mission's keys, wrapped as they are, or in clear as
 *                     they are (docs/keys.md). Who has such a backup has what is behind its protectors.
 *     backup.json     each file with its hash, and where the record ends (src/schema/backup.yaml). It comes last.
 *
 * A backup goes on from what is there. One that was cut short has no backup.json, and the next run completes it; it is
 * whole when backup_run returns 0.
 */
#ifndef TLOG_BACKUP_H
#define TLOG_BACKUP_H

#include "gen/types.h"
#include "tlog/export.h"

enum {
	BACKUP_BATCH_ENTRIES = 4096, /* in one transaction of the copy */
	BACKUP_FILES_MAX = 4096,
	BACKUP_FILE_BYTES_MAX = 128 << 20,
};

struct backup {
	struct source source;
	const struct note_key *key; /* the mission's */
	const char *path;	    /* the backup's directory */
	const char *mission;	    /* its directory; NULL: the record alone is copied */
	bool keys;
	export_progress_fn *progress;
	uint64_t before, size, cosignatures, blobs; /* what the record's part has done; blobs that are there */
};

/* Makes the directory where there is none. ERROR_RECORD: what is there is of another history, or ahead. */
int backup_run(struct backup *backup, struct error *error);

/* What backup.json says, each file held against its hash. ERROR_INPUT: there is none, or it is none; ERROR_RECORD: a file is
 * not what it says. */
int backup_read(const char *path, struct arena *arena, struct backup_index *ret_index, struct error *error);

/* The parts. Files beside the record: backup_files.c. */
int backup_blobs(struct backup *backup, struct journal *copy, struct error *error);
int backup_files(struct backup *backup, struct error *error);

#endif
