/* cursor.h: the index of an entry as a mark that tells nothing: not how many entries there are, nor how many the reader was not shown.
 *
 * The same index is the same mark as long as the mission has the same key, so that a reader resumes after any restart. A mark that was not made
 * here is refused.
 */
#ifndef SERVE_CURSOR_H
#define SERVE_CURSOR_H

#include "base/buf.h"

enum { CURSOR_KEY_BYTES = 32, CURSOR_TEXT_BYTES = 64 };

void cursor_write(struct buf *b, const uint8_t key[CURSOR_KEY_BYTES], uint64_t index);
bool cursor_read(struct str text, const uint8_t key[CURSOR_KEY_BYTES], uint64_t *ret_index);

#endif
