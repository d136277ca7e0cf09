/* journal_keys.h: the pair of keys a mission signs its journal with, in two files of one directory.
 *
 *     journal.seed   64 lower-case hexadecimal digits and LF: the Ed25519 seed. Mode 0600. Who has it can
 * write another history. journal.vkey   the C2SP verifier key line and LF (note.h). Public; keep a copy of it
 * somewhere else.
 *
 * The pair is complete when journal.seed is there: it is written last. Both are durable when
 * journal_keys_make returns.
 */
#ifndef JOURNAL_JOURNAL_KEYS_H
#define JOURNAL_JOURNAL_KEYS_H

#include "base/error.h"
#include "journal/note.h"

struct journal_keys {
	uint8_t seed[NOTE_SEED_BYTES];
	struct note_key key;
};

/* Makes a new pair for this origin in a directory that exists. A seed that is already there is never
 * replaced: ERROR_RECORD. */
int journal_keys_make(const char *directory, struct str origin, struct error *error);

/* Reads the pair. Refused: other users may read the seed, either file is not exactly as above, the two do not
 * belong together, or they belong to another origin. */
int journal_keys_load(const char *directory, struct str origin, struct journal_keys *ret_keys, struct error *error);

/* Another origin for the same seed: of a mission that goes on after a fork. */
int journal_keys_rename(const char *directory, struct str origin, struct error *error);

/* The same for a witness of other logs: witness.seed and witness.vkey, of its own name and type. */
int witness_keys_make(const char *directory, struct str name, struct error *error);
int witness_keys_load(const char *directory, struct str name, struct journal_keys *ret_keys, struct error *error);

/* Wipes the seed. */
void journal_keys_release(struct journal_keys *keys);

#endif
