/* pair.h: one value on disk, sealed, in two slots that are written in turn.
 *
 * The slot that is not the newest is overwritten, so a power failure in the middle leaves the newest whole; the
 * value that counts is the one with the higher generation that opens. A written value survives the process at
 * once, and a power failure when pair_sync has returned. Until then it may be lost or not, but the one before
 * it is not lost by that.
 *
 * A slot, integers little endian:
 *
 *      0  "chcyslt1"      16  u64 generation, 1 first
 *      8  name, 8 bytes   24  u64 length of the value
 *     32  the value sealed (seal.h); its place are the 32 bytes before
 *
 * The two slots lie one behind the other, each a whole number of 4,096 bytes.
 */
#ifndef KIT_PAIR_H
#define KIT_PAIR_H

#include "base/file.h"
#include "base/str.h"
#include "driver/kit/seal.h"

enum { PAIR_HEAD_BYTES = 32, PAIR_ALIGN_BYTES = 4096 };

/* Bytes of one slot, and of both in the file. */
#define PAIR_SLOT_BYTES(value_max)                                                                                     \
	(((value_max) + PAIR_HEAD_BYTES + SEAL_MORE_BYTES + PAIR_ALIGN_BYTES - 1) / PAIR_ALIGN_BYTES * PAIR_ALIGN_BYTES)
#define PAIR_FILE_BYTES(value_max) (2 * PAIR_SLOT_BYTES(value_max))

struct pair {
	struct file file;
	uint64_t at; /* of the first slot in the file */
	size_t value_max;
	uint64_t generation; /* of the newest value; 0: there is none */
	uint8_t name[8];
	const uint8_t *key;
	uint8_t *memory; /* PAIR_SLOT_BYTES(value_max) */
};

/* Which slots these are: the name has at most 8 bytes. Key and memory outlive it; the memory may be shared by
 * slots that are not used at the same time. */
struct pair pair_at(struct file file, uint64_t at, const char *name, size_t value_max, const uint8_t *key,
		    uint8_t *memory);

/* The newest value: ret_value points into the memory until the next call. 1; 0 when there is none; ERROR_RECORD
 * when there is something that does not open: it was written with another key, or changed; writing goes on
 * behind it. */
int pair_read(struct pair *pair, struct str *ret_value, struct error *error);

/* The value lies in the memory or elsewhere. */
int pair_write(struct pair *pair, const void *value, size_t n, struct error *error);

static inline int pair_sync(const struct pair *pair, struct error *error)
{
	return file_sync(pair->file, error);
}

#endif
