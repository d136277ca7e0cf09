/* wipe.h: a file's bytes overwritten with random ones, synced, read back and compared, and the file cut to nothing:
 * at once, or a piece at a time by whoever has other things to do meanwhile. */
#ifndef KEYS_WIPE_H
#define KEYS_WIPE_H

#include "base/file.h"
#include "keys/crypt.h"

enum { WIPE_BLOCK_BYTES = 65536 };

/* ret_bytes, when not NULL, is how many it had. ERROR_SYSTEM: a call failed, or what was read back is not what was
 * written; the file may then still hold something. */
int file_wipe(struct file file, uint64_t *ret_bytes, struct error *error);

struct wipe {
	struct file file;
	uint64_t size, at;	       /* what lies before is overwritten */
	uint8_t seed[CRYPT_KEY_BYTES]; /* of the random bytes */
};
int wipe_begin(struct wipe *wipe, struct file file, struct error *error);

/* Another `blocks` blocks; the last step cuts the file. 1: there is more; 0: it is done; or the error. */
int wipe_step(struct wipe *wipe, size_t blocks, struct error *error);

#endif
