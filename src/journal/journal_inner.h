/* journal_inner.h: what the journal's three files share: journal.c (life, writing, reading), journal_check.c (what
 * opening checks), journal_cosigned.c (what witnesses have seen). Nobody else includes it.
 */
#ifndef JOURNAL_JOURNAL_INNER_H
#define JOURNAL_JOURNAL_INNER_H

#include "journal/journal.h"
#include "journal/store.h"
#include "journal/tiles.h"

/* Entry numbers are JSON integers. */
#define JOURNAL_ENTRIES_MAX (UINT64_C(1) << 53)

struct journal {
	struct store *store;
	struct note_signer signer; /* of a copy only its key */
	bool is_copy, is_signing;
	uint64_t size;	      /* durable entries; edge.size counts those of the open batch too */
	uint64_t signed_size; /* what the newest checkpoint is for */
	struct merkle_hash root;
	struct buf note; /* over note_bytes: the newest checkpoint */
	uint8_t note_bytes[NOTE_BYTES_MAX];
	char witness_bytes[NOTE_NAME_BYTES_MAX]; /* of the last journal_next_cosigned */
	char cosigned_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct merkle_edge edge;
	struct tiles tiles;
	bool is_reading;
};

/* Fills sizes, root, note and edge from the store, or says what contradicts what. */
int journal_check(struct journal *journal, struct error *error);

/* A checkpoint that our key signed, its text and our line under it. */
int journal_open_own(const struct journal *journal, struct str note, struct note_checkpoint *ret_checkpoint,
		     struct str *ret_text, struct note_line *ret_line, struct error *error);

#endif
