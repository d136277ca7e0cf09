/* restore.h: the record of a backup, as the beginning of a mission that goes on after a fork.
 *
 * Its entries are taken over as they are, byte for byte, and signed under the new origin; what others signed and cosigned of them stays readable under
 * the old one, in earlier/N, one note a file. Entries that an outside reader has kept beyond the backup come behind, if they and the backup are what the
 * reader's checkpoint signs.
 */
#ifndef TLOG_RESTORE_H
#define TLOG_RESTORE_H

#include "tlog/export.h"

struct restore {
	struct source from;	      /* the backup */
	const struct note_key *key;   /* the mission's before the fork */
	const char *directory;	      /* of the mission that is made: journal.db, earlier/ */
	const char *keys;	      /* where journal.seed and journal.vkey lie, as they were before the fork */
	struct str origin;	      /* from now on */
	const char *tail;	      /* a directory that chancery export has made, or NULL */
	struct str known;	      /* a checkpoint, as somebody outside has it; empty: there is none */
	export_progress_fn *progress; /* may be NULL */

	struct note_key new_key;
	uint64_t entries, fetched, known_size; /* of the backup; behind it; known outside, as far as was told */
	bool has_root;
	struct merkle_hash root; /* of what was known and is lost */
	int64_t incarnation;	 /* of the last entry */
	uint64_t blobs, notes;	 /* files that entries name; what was signed before */
};

/* ERROR_RECORD: the tail or what was known is of another history than the backup. */
int restore_record(struct restore *restore, struct error *error);

/* The key in this directory gets the new origin's name; the seed stays. */
int restore_name_key(const char *keys, struct str origin, struct error *error);

/* The incarnation of the last entry that the source's checkpoint is for. */
int restore_incarnation(struct source from, int64_t *ret_incarnation, struct error *error);

#endif
