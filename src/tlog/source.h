/* source.h: where the record is read from on its way outside: a running mission, or the journal of a stopped one.
 *
 * Both give the same: the newest checkpoint, entries byte for byte, cosigned checkpoints, proofs, files. Nothing is believed:
 * whoever takes entries hashes them and holds the hashes against the checkpoint.
 */
#ifndef TLOG_SOURCE_H
#define TLOG_SOURCE_H

#include "journal/journal.h"

enum source_proof { SOURCE_INCLUSION, SOURCE_CONSISTENCY };

/* Texts hold only for the call. Not 0 ends the reading and is what the verb returns; who returns a negative code fills
 * the error that it gave to the verb. */
typedef int source_cosigned_fn(void *context, struct str witness, struct str note);

struct source {
	void *context;
	const struct source_verbs *verbs;
};

struct source_verbs {
	/* Puts the newest signed note, nothing when there is none. */
	int (*checkpoint)(void *context, struct buf *note, uint64_t *ret_size, struct error *error);
	/* Entries from `from` to the one before `to`, which is at most the checkpoint's size. */
	int (*entries)(void *context, uint64_t from, uint64_t to, journal_entry_fn *entry, void *entry_context,
		       struct error *error);
	int (*cosigned)(void *context, source_cosigned_fn *cosigned, void *cosigned_context, struct error *error);
	/* That entry `from`, or the tree of `from` entries, is in the tree of `to`. */
	int (*proof)(void *context, enum source_proof of, uint64_t from, uint64_t to, struct proof *ret_proof,
		     struct error *error);
	/* The first file whose hash is greater than `after`: 1 and its name, 0 when there is none. */
	int (*next_blob)(void *context, struct str after, struct journal_blob_name *ret_name, struct error *error);
	/* As it is kept, in the arena; 0 when it has gone meanwhile. */
	int (*blob)(void *context, struct str hash, struct arena *arena, struct str *ret_data, struct error *error);
	void (*close)(void *context);
};

static inline int source_checkpoint(struct source s, struct buf *note, uint64_t *ret_size, struct error *error)
{
	return s.verbs->checkpoint(s.context, note, ret_size, error);
}

static inline int source_entries(struct source s, uint64_t from, uint64_t to, journal_entry_fn *entry, void *context,
				 struct error *error)
{
	return s.verbs->entries(s.context, from, to, entry, context, error);
}

static inline int source_cosigned(struct source s, source_cosigned_fn *cosigned, void *context, struct error *error)
{
	return s.verbs->cosigned(s.context, cosigned, context, error);
}

static inline int source_proof(struct source s, enum source_proof of, uint64_t from, uint64_t to,
			       struct proof *ret_proof, struct error *error)
{
	return s.verbs->proof(s.context, of, from, to, ret_proof, error);
}

static inline int source_next_blob(struct source s, struct str after, struct journal_blob_name *ret_name,
				   struct error *error)
{
	return s.verbs->next_blob(s.context, after, ret_name, error);
}

static inline int source_blob(struct source s, struct str hash, struct arena *arena, struct str *ret_data,
			      struct error *error)
{
	return s.verbs->blob(s.context, hash, arena, ret_data, error);
}

static inline void source_close(struct source s)
{
	if (s.verbs)
		s.verbs->close(s.context);
}

/* The mission in the current directory: its core, when one answers at run/core.sock, else its journal.db, which then
 * nobody else opens until source_close. The key is the mission's. */
int source_open(struct source *ret_source, const struct note_key *key, struct error *error);

/* A journal's file. */
int source_of_journal(struct source *ret_source, const char *path, const struct note_key *key, struct error *error);

#endif
