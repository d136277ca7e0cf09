/* tile_form.h: how C2SP tlog-tiles names a tree's files, and what stands in a bundle of entries.
 *
 *     checkpoint                       the newest signed note
 *     tile/0/x001/234                  level 0, tile 1234, full: 256 hashes
 *     tile/1/004.p/210                 level 1, tile 4, so far 210 hashes
 *     tile/entries/x001/234            the entries whose hashes stand in tile/0/x001/234
 *
 * A number is written in groups of three digits, each but the last with an x in front. A bundle is the entries one
 * after the other, each behind its length in two bytes, big endian.
 */
#ifndef TLOG_TILE_FORM_H
#define TLOG_TILE_FORM_H

#include "base/buf.h"
#include "base/error.h"

enum {
	TILE_FORM_ENTRIES = 64, /* in place of a level (0 to 63): the bundle */
	TILE_FORM_PATH_BYTES_MAX = 64,
	TILE_FORM_ENTRY_BYTES_MAX = 65535,
	TILE_FORM_BUNDLE_BYTES_MAX = 256 * (2 + TILE_FORM_ENTRY_BYTES_MAX),
};

/* The path of a tile or bundle; width is 0 for a full one, else 1 to 255. */
void tile_form_put_path(struct buf *b, unsigned level, uint64_t number, unsigned width);

void tile_form_put_entry(struct buf *b, struct str entry);

/* Takes the next entry from the front of a bundle. 1; 0 when nothing is left; ERROR_INPUT when the bundle ends inside
 * an entry. */
int tile_form_next_entry(struct str *bundle, struct str *ret_entry, struct error *error);

#endif
