/* send.h: what is too large for a command goes to the core before it, in parts; the command names it by a hash.
 *
 * Each verb returns 0, or fills the error: ERROR_SYSTEM (the file), ERROR_LIMIT (its size), ERROR_INPUT (the core, or the
 * mission, did not take it, and why), ERROR_GONE. Between the calls the answers of `link` are forgotten.
 */
#ifndef CLI_SEND_H
#define CLI_SEND_H

#include "tlog/asker.h"

enum { SEND_HASH_BYTES = 32, SEND_PART_BYTES = 24000 };

/* All of a file of at most so many bytes, in the arena. */
int send_read_file(const char *path, size_t bytes_max, struct arena *arena, struct str *ret_text, struct error *error);

/* A file of a row of the mission's, such as person:12, under whose key it lies then. `shown` is what progress calls it. */
int send_blob(struct asker *link, const char *shown, struct str subject, struct str file,
	      uint8_t ret_hash[SEND_HASH_BYTES], struct error *error);

/* A text, under the hash that the command will name it by. What is there already is not sent again. */
int send_staged(struct asker *link, const char *shown, struct str text, const uint8_t hash[SEND_HASH_BYTES],
		struct error *error);

#endif
