/* hash_lines.h: what the two texts of C2SP that carry a proof have in common: hashes in base64, one a line, then an
 * empty line, then a checkpoint to the end.
 */
#ifndef TLOG_HASH_LINES_H
#define TLOG_HASH_LINES_H

#include "journal/note.h"
#include "journal/proof.h"

/* Writes the hashes and the empty line. */
void hash_lines_put(struct buf *b, const struct proof *proof);

/* Reads them from the front of `rest`, at most `max` hashes; `line` counts the lines that were read. */
bool hash_lines_read(struct str *rest, size_t max, struct proof *ret_proof, int *line);

#endif
