/* marks.h: from the mark of a packet to the subject whose it is, for one class and month.
 *
 * A mark is BLAKE2b of 8 bytes under the subject's key over "packet mark " ‖ keep ‖ " " ‖ month
 * (docs/journal-format.md). The table is open addressing with linear probing, at most half full; two subjects may
 * share a mark, and are then both found.
 */
#ifndef KEYS_MARKS_H
#define KEYS_MARKS_H

#include "keys/keyfile.h"

enum {
	MARK_BYTES = 8,
	MARK_TEXT_BYTES_MAX = 40, /* "packet mark ", the class, a blank, the month */
};

struct marks {
	uint8_t text[MARK_TEXT_BYTES_MAX]; /* what is hashed */
	size_t text_len;
	struct str keep; /* inside the text */
	int64_t month;
	uint64_t *marks;
	uint32_t *slots; /* of the key file, plus one; 0 is a free place */
	uint32_t mask, n;
};

/* The table of all subjects of the file as it is now. */
void marks_build(struct marks *marks, struct str keep, int64_t month, const struct keyfile *file);
void marks_release(struct marks *marks);

/* A subject that was made since. */
void marks_add(struct marks *marks, const struct keyfile *file, uint32_t slot);

/* The next slot with this mark: begin with *place 0. False: no more. */
bool marks_find(const struct marks *marks, const uint8_t mark[MARK_BYTES], uint32_t *place, uint32_t *ret_slot);

/* The mark of one subject. */
void marks_of(const uint8_t key[CRYPT_KEY_BYTES], struct str keep, int64_t month, uint8_t ret_mark[MARK_BYTES]);

#endif
