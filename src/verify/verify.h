/* verify.h: answers whether a journal is what docs/journal-format.md says it must be.
 *
 * One pass over the entries in order: each is checked, and grows the tree; each tile that becomes full is compared with
 * the stored one, each signed root when the tree has its size. Behind the last entry the partial tiles and the number of
 * tiles are compared. The first thing that is wrong ends it. Entries are checked and hashed by as many threads as there
 * are processors, in a bounded number of batches (crew.h); what is found is told in the order of the entries.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "checkpoint.h"

#define VERIFY_APPLICATION_ID 1128813433 /* "Chcy" */
#define VERIFY_FORMAT	      2
#define VERIFY_WITNESSES_MAX  16

struct verify_request {
	const char *path;
	const struct checkpoint_key *key;
	const struct checkpoint *since; /* NULL: none */
	const struct checkpoint_key *witness;
	unsigned witnesses;				 /* at most VERIFY_WITNESSES_MAX */
	void (*progress)(uint64_t entries, uint64_t of); /* NULL: none; called now and then */
};

/* The newest checkpoint of a witness, by its own clock. */
struct verify_seen {
	uint64_t size; /* 0: the journal holds none */
	uint64_t time_s;
};

struct verify_result {
	uint64_t entries;
	uint64_t proved; /* that many of them are under the checkpoint */
	int64_t wall_first_ms, wall_last_ms;
	int64_t wall_unproved_ms; /* of the first entry behind the checkpoint, if there is one */
	struct tree_hash root;	  /* of those under the checkpoint */
	struct verify_seen seen[VERIFY_WITNESSES_MAX];
	uint8_t note[CHECKPOINT_NOTE_BYTES_MAX]; /* the verified checkpoint, as it is stored */
	size_t note_len;
};

/* What is wrong, beginning with where, and what a reader should do next. */
struct verify_fault {
	struct complaint complaint;
	const char *next;
};

/* VERIFY_OK; VERIFY_IN_PART: all that lies here is right, but entries lie behind the checkpoint or a witness that was
 * asked for has seen nothing; VERIFY_UNREADABLE; VERIFY_WRONG. The result is complete only with the first two, the fault
 * only with the others. */
enum verify_answer verify_journal(const struct verify_request *request, struct verify_result *ret_result,
				  struct verify_fault *ret_fault);

#endif
