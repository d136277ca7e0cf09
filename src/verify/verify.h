/* verify.h: answers whether a journal is what docs/journal-format.md says it must be.
 *
 * One pass over the entries in order: each is checked, and grows the tree; each tile that becomes full is compared with
 * the stored one. Behind the last entry the partial tiles, the number of tiles and the checkpoint are compared. The
 * first thing that is wrong ends it.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "checkpoint.h"

#define VERIFY_APPLICATION_ID 1128813433 /* "Chcy" */
#define VERIFY_FORMAT	      1

struct verify_request {
	const char *path;
	const struct checkpoint_key *key;
	const struct checkpoint *since;			 /* NULL: none */
	void (*progress)(uint64_t entries, uint64_t of); /* NULL: none; called now and then */
};

struct verify_result {
	uint64_t entries;
	int64_t wall_first_ms, wall_last_ms;
	struct tree_hash root;
	uint8_t note[CHECKPOINT_NOTE_BYTES_MAX]; /* the verified checkpoint, as it is stored */
	size_t note_len;
};

/* What is wrong, beginning with where, and what a reader should do next. */
struct verify_fault {
	struct complaint complaint;
	const char *next;
};

/* Returns VERIFY_OK, VERIFY_UNREADABLE or VERIFY_WRONG; the result is complete only with the first, the fault only with
 * the others. */
enum verify_answer verify_journal(const struct verify_request *request, struct verify_result *ret_result,
				  struct verify_fault *ret_fault);

#endif
