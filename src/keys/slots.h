/* slots.h: a key file as it lies on the disk. Integers are little endian.
 *
 *         0  magic "ChcyKeys" (8), format 1 (4), bytes of a slot 256 (4), generation (8), the file's id (16, random)
 *        40  check: 16 zeros, wrapped under the root key (56)
 *        96  zeros up to 4096
 *      4096  slots, 256 bytes each: a record (record.h), wrapped under the root key
 *
 * What is wrapped is bound to its place: the additional data are the 40 bytes at the beginning, and the slot's
 * number (8), for the check 2^64 - 1. So a slot opens in no other file and at no other place.
 *
 * A slot that holds nothing is an empty record, wrapped like any other: without the root key nobody can tell how
 * many keys there are, and with it a slot that does not open was torn when the power failed, or is damaged. The
 * header is written when all slots are durable, and never again: a file with a good header is a whole file. Two
 * writes to one sector of the disk are not torn together (SQLite assumes the same): a slot lies in one sector.
 */
#ifndef KEYS_SLOTS_H
#define KEYS_SLOTS_H

#include "base/file.h"
#include "keys/crypt.h"
#include "keys/record.h"

enum {
	SLOTS_BEGIN_BYTES = 40,
	SLOTS_HEADER_BYTES = 4096,
	SLOT_BYTES = RECORD_BYTES + CRYPT_WRAP_BYTES,
	SLOTS_CHUNK = 64, /* slots that are read or written at once, at most */
};

struct slots {
	struct file file;
	uint64_t generation; /* greater than that of every file it has replaced */
	uint32_t n;
	uint8_t begin[SLOTS_BEGIN_BYTES];
	uint8_t root[CRYPT_KEY_BYTES];
};

/* Whether there is anything in the file, header or not. */
int slots_is_blank(struct file file, bool *ret_blank, struct error *error);

/* A file that does not open yet: slots are added by slots_write, and slots_finish makes it whole and durable. What
 * was in the file before does not open any more. */
int slots_begin(struct slots *slots, struct file file, const uint8_t root[CRYPT_KEY_BYTES], uint64_t generation,
		struct error *error);
int slots_finish(struct slots *slots, struct error *error);

/* ERROR_RECORD: this is no key file, or not of our format. ERROR_CRYPTO: it is another root key's. */
int slots_open(struct slots *slots, struct file file, const uint8_t root[CRYPT_KEY_BYTES], struct error *error);

/* Records of `count` slots from `first` on, at most SLOTS_CHUNK; ret_whole says of each whether it opened; those
 * that did not are zeroed. The caller wipes the records. */
int slots_read(const struct slots *slots, uint32_t first, uint32_t count, uint8_t ret_records[][RECORD_BYTES],
	       bool *ret_whole, struct error *error);

/* Writes them, and counts those behind the end. Not durable yet. */
int slots_write(struct slots *slots, uint32_t first, uint32_t count, const uint8_t records[][RECORD_BYTES],
		struct error *error);

/* As many empty ones. */
int slots_write_empty(struct slots *slots, uint32_t first, uint32_t count, struct error *error);

#endif
