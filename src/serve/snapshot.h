/* snapshot.h: the state after so many entries, in a file, so that a start need not read what lies before.
 *
 *         0  magic "ChcySnap" (8), format 1 (4), zeros (4), number (8), entries (8), sealed bytes (8), SHA-256 of them (32), zeros up to 4088,
 *            and the first 8 bytes of SHA-256 of all that (8)
 *      4096  the sealed bytes (keys/stream.h), under the snapshot's own key, which lies in the key file by its number:
 *
 *            schema hash (32), salt of the last entry (16), entries, env (8 each), incarnation, wall, elapsed (8 each), then the rows (state_save)
 *
 * Integers are little endian, as rows are: a snapshot is for the same program, of the same schema, on the same kind of machine, and one
 * of another is passed over. There are two files, written in turn; the header is written when the rest is durable, so a power failure leaves the
 * other one. A snapshot is destroyed by destroying its key.
 */
#ifndef SERVE_SNAPSHOT_H
#define SERVE_SNAPSHOT_H

#include "base/file.h"
#include "core/core.h"

enum { SNAPSHOT_HASH_BYTES = 32, SNAPSHOT_SALT_BYTES = 16, SNAPSHOT_KEY_BYTES = 32 };

/* What stands in the header, and can be read without a key. */
struct snapshot_head {
	uint64_t number, entries, sealed_bytes;
	uint8_t hash[SNAPSHOT_HASH_BYTES];
};

/* False when there is none, or it was not written to its end. */
bool snapshot_head(struct file file, struct snapshot_head *ret_head);

/* Writes the core's state; durable when it returns 0. Fills ret_head's rest: number is given. */
int snapshot_write(struct file file, const struct core *core, const uint8_t key[SNAPSHOT_KEY_BYTES],
		   const uint8_t schema[32], const uint8_t salt[SNAPSHOT_SALT_BYTES], struct snapshot_head *head,
		   struct error *error);

/* Fills a core that was just initialised. ERROR_INPUT: it is of another schema or program; ERROR_CRYPTO: it does not open with this
 * key, or was changed. After an error the core must be initialised again. */
int snapshot_read(struct file file, const struct snapshot_head *head, const uint8_t key[SNAPSHOT_KEY_BYTES],
		  const uint8_t schema[32], struct core *core, uint8_t ret_salt[SNAPSHOT_SALT_BYTES],
		  struct error *error);

/* Overwrites the file with zeros, and cuts it to nothing. */
int snapshot_wipe(struct file file, struct error *error);

#endif
