/* wipe.h: a file's bytes overwritten with random ones, synced, read back and compared, and the file cut to nothing. */
#ifndef KEYS_WIPE_H
#define KEYS_WIPE_H

#include "base/file.h"

/* ret_bytes, when not NULL, is how many it had. ERROR_SYSTEM: a call failed, or what was read back is not what was
 * written; the file may then still hold something. */
int file_wipe(struct file file, uint64_t *ret_bytes, struct error *error);

#endif
