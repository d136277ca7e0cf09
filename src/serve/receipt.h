/* receipt.h: what is left in the hand of whoever destroyed a mission's keys: a C2SP signed note, by the journal's
 * key, in lines of words and a value.
 *
 *     chancery/destroyed/v1
 *     mission chancery/lakeside
 *     time 2026-03-08T20:00:00Z
 *     journal 600 5zCkMZkSH1WcKDiV9fGdIQkQXVKrNWzAS2QKmcUTCFQ=      entries and root; `unread` when nobody could tell
 *     wiped 8192 master                                             bytes and name, in the order of wiping
 *     failed door.key
 *     more 3 9999                                                   files without a line, the bytes of all
 *     last journal.seed                                             wiped after this was signed
 *
 * Whoever has journal.vkey checks it, for ever. In names `?` stands for what is not a visible character of ASCII.
 */
#ifndef SERVE_RECEIPT_H
#define SERVE_RECEIPT_H

#include "base/buf.h"
#include "base/error.h"
#include "keys/destroy.h"

enum { RECEIPT_BYTES_MAX = 32768 };

/* In the current directory: reads keys/journal.vkey and keys/journal.seed, and the journal when nobody has it open. */
int receipt_write(struct buf *b, const struct destroyed *destroyed, int64_t wall, struct error *error);

#endif
