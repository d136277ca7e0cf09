/* witness_state.h: what a witness has cosigned: of each log the newest checkpoint, on the disk before anybody is told.
 *
 * A SQLite database (WAL, synchronous=FULL) of one table:
 *
 *     seen(origin TEXT PRIMARY KEY, size INTEGER, root BLOB, time INTEGER, note BLOB)
 *
 * witness_state_advance compares and writes in one statement, so that of two requests which began at the same size one
 * is told that the size has changed. After an error of a write the state is unknown: the process ends and opens anew.
 */
#ifndef TLOG_WITNESS_STATE_H
#define TLOG_WITNESS_STATE_H

#include "journal/note.h"

enum {
	WITNESS_STATE_APPLICATION_ID = 1128814441, /* "ChWi" */
	WITNESS_STATE_FORMAT = 1,
};

struct witness_state;

struct witness_seen {
	uint64_t size;
	struct merkle_hash root;
	uint64_t time_s; /* of the cosignature */
};

/* Opens the database or makes an empty one. ERROR_RECORD: it is something else, or damaged; ERROR_LIMIT: another
 * process has it open; ERROR_SYSTEM. vfs is NULL for the system's. */
int witness_state_open(struct witness_state **ret_state, const char *path, const char *vfs, struct error *error);
void witness_state_close(struct witness_state *state);

/* The newest cosignature's time of all logs, 0 when there is none. */
uint64_t witness_state_time(const struct witness_state *state);

/* What was cosigned of this log, and the note with both signatures; note may be NULL. 1, or 0: nothing yet. */
int witness_state_get(struct witness_state *state, struct str origin, struct witness_seen *ret_seen, struct buf *note,
		      struct error *error);

/* Puts `seen` in the place of `before`, or of nothing where before is NULL, and makes it durable. 1; 0: that is not
 * what is there. */
int witness_state_advance(struct witness_state *state, struct str origin, const struct witness_seen *before,
			  const struct witness_seen *seen, struct str note, struct error *error);

#endif
