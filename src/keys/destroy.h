/* destroy.h: wipes a mission's directory of keys, whatever else is dead: no key, no database and no process is
 * needed for it.
 *
 * What opens most goes first: the protector file of the master key (8 KiB: after the first milliseconds no
 * personal value opens any more), then the door key's, the key files, every other file there. Each is overwritten,
 * synced, read back, compared and cut to nothing (wipe.h). A file that cannot be wiped is told, and the others are
 * wiped all the same.
 *
 * Two stay: journal.vkey, which is public, and lets anybody check the journal for ever; journal.seed, with which
 * the receipt is signed before destroy_seed wipes it too.
 */
#ifndef KEYS_DESTROY_H
#define KEYS_DESTROY_H

#include "base/error.h"

enum {
	DESTROY_FILES_MAX = 64, /* named in the receipt; more are wiped and counted */
	DESTROY_NAME_BYTES = 256,
};

struct destroyed {
	struct destroyed_file {
		char name[DESTROY_NAME_BYTES];
		uint64_t bytes;
		bool failed;
	} files[DESTROY_FILES_MAX];
	size_t n; /* files that were there; those beyond DESTROY_FILES_MAX have no name here */
	size_t n_failed;
	uint64_t bytes; /* of those that were wiped */
};

/* 0, or the first error when a file could not be wiped. May be called again: a process that was not dead yet may
 * have written. */
int destroy_keys(const char *directory, struct destroyed *ret_destroyed, struct error *error);
int destroy_seed(const char *directory, struct error *error);

#endif
