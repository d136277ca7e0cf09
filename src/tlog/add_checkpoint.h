/* add_checkpoint.h: what a log sends to a witness (C2SP tlog-witness, add-checkpoint).
 *
 *     old 20852014              the size that the witness has cosigned last; below 10^18
 *     PlRNCrwHpqhGrupue0L7…     RFC 6962's consistency proof from there on, in base64, 0 to 63 lines
 *                               an empty line
 *     example.com/log           the new checkpoint, a signed note
 *     …
 */
#ifndef TLOG_ADD_CHECKPOINT_H
#define TLOG_ADD_CHECKPOINT_H

#include "journal/note.h"
#include "journal/proof.h"

enum {
	ADD_CHECKPOINT_HASHES_MAX = 63,
	ADD_CHECKPOINT_BYTES_MAX = 30 + ADD_CHECKPOINT_HASHES_MAX * 45 + NOTE_BYTES_MAX,
};

struct add_checkpoint {
	uint64_t old;
	struct proof proof;
	struct str note;
};

void add_checkpoint_write(struct buf *b, const struct add_checkpoint *request);

/* ERROR_INPUT names the line. The note points into the body; it is not looked at. */
int add_checkpoint_parse(struct str body, struct add_checkpoint *ret_request, struct error *error);

#endif
