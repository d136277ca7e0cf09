/* telemetry.h: the driver's own store of what is too much to report: raw frames, samples of health; in a ring
 * on disk, sealed.
 *
 * It never leaves the driver. A finding cites it: from when until when, how many records, and their hash
 * (telemetry_hash); whoever has the file and the driver's key can look at them as long as they are there. They
 * go when they are too old, and when the ring comes round.
 *
 * Records are gathered in memory and written by the block, at the latest with telemetry_flush; nothing is
 * synced: a power failure costs the newest. A disk that fails costs the store, not the driver.
 *
 * The file is blocks of 16,384 bytes; number n lies at place n modulo the number of places. Integers are little
 * endian:
 *
 *     u64 number, 1 first; i64 time of the newest record, ms since 1970-01-01T00:00Z; then sealed (seal.h; its place
 *     are the 16 bytes before): u16 length of the records; the records; zeros
 *
 * A record: i64 time, u16 kind, u16 length, the bytes. Of a block that is too old all bytes are zero.
 */
#ifndef KIT_TELEMETRY_H
#define KIT_TELEMETRY_H

#include "base/buf.h"
#include "base/file.h"
#include "driver/kit/seal.h"

enum {
	TELEMETRY_BLOCK_BYTES = 16384,
	TELEMETRY_HEAD_BYTES = 16,
	TELEMETRY_PLAIN_BYTES = TELEMETRY_BLOCK_BYTES - TELEMETRY_HEAD_BYTES - SEAL_MORE_BYTES,
	TELEMETRY_RECORD_HEAD_BYTES = 12,
	TELEMETRY_BYTES_MAX = 2048, /* of one record */
	TELEMETRY_BLOCKS_MAX = 4096,
	TELEMETRY_HASH_BYTES = 32,
};

struct telemetry {
	struct file file;
	uint32_t blocks;
	int64_t age_ms;
	const uint8_t *key;
	uint64_t number;   /* of the block that is being filled */
	int64_t newest_ms; /* in it */
	bool changed;	   /* since it was last written */
	size_t used;
	uint8_t plain[TELEMETRY_PLAIN_BYTES];
	uint8_t sealed[TELEMETRY_BLOCK_BYTES]; /* to write, and to read */
	struct telemetry_block {
		uint64_t number; /* 0: nothing */
		int64_t newest_ms;
	} at[TELEMETRY_BLOCKS_MAX]; /* by place */
};

struct telemetry_record {
	int64_t time_ms;
	uint16_t kind; /* the driver's own */
	struct str bytes;
};

/* Goes on behind what the file holds, which may be nothing. Records older than age_ms are not kept. The key
 * must outlive it. */
int telemetry_open(struct telemetry *t, struct file file, uint32_t blocks, int64_t age_ms, const uint8_t *key,
		   struct error *error);

/* Times should not go back. Writes when a block is full. */
int telemetry_put(struct telemetry *t, const struct telemetry_record *record, struct error *error);

/* Writes what is in memory, and wipes blocks that are too old. */
int telemetry_flush(struct telemetry *t, int64_t now_ms, struct error *error);

/* Calls visit with each record of from_ms ≤ time < until_ms, as they were put, until it says false. Blocks that
 * do not open are left out. */
int telemetry_walk(struct telemetry *t, int64_t from_ms, int64_t until_ms,
		   bool (*visit)(void *context, const struct telemetry_record *record), void *context,
		   struct error *error);

/* SHA-256 over these records as they lie in their blocks, and how many there are. */
int telemetry_hash(struct telemetry *t, int64_t from_ms, int64_t until_ms, uint8_t ret_hash[TELEMETRY_HASH_BYTES],
		   uint64_t *ret_records, struct error *error);

#endif
