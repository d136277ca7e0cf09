/* proof_file.h: that one entry is in a journal, in a file that proves it anywhere (C2SP tlog-proof, version 1).
 *
 *     c2sp.org/tlog-proof@v1
 *     index 73894                  the entry's number
 *     gSKyXoYZUgZ6jduWYrkD…        RFC 6962's inclusion proof, in base64, from the leaf's neighbour up
 *                                  an empty line
 *     chancery/lakeside            a checkpoint, with the log's line and those of witnesses
 *     …
 *
 * Behind the first line may stand `extra ` and base64: it is passed over, because nobody signs it.
 */
#ifndef TLOG_PROOF_FILE_H
#define TLOG_PROOF_FILE_H

#include "journal/note.h"
#include "journal/proof.h"

enum {
	PROOF_FILE_EXTRA_BYTES_MAX = 65536,
	PROOF_FILE_BYTES_MAX = 64 + PROOF_FILE_EXTRA_BYTES_MAX + PROOF_HASHES_MAX * 45 + NOTE_BYTES_MAX,
};

struct proof_file {
	uint64_t index;
	struct proof proof;
	struct str note;
};

void proof_file_write(struct buf *b, const struct proof_file *file);

/* ERROR_INPUT names the line. The note points into the text; it is not looked at. */
int proof_file_parse(struct str text, struct proof_file *ret_file, struct error *error);

/* Whether the file proves that body is the log's entry: the checkpoint is signed by the log's key, and the hashes lead
 * from the body to its root. ERROR_INPUT, ERROR_CRYPTO: the checkpoint is none, or another log's; ERROR_RECORD: the
 * entry is not in it. */
int proof_file_check(const struct proof_file *file, struct str body, const struct note_key *key,
		     struct note_checkpoint *ret_checkpoint, struct error *error);

#endif
