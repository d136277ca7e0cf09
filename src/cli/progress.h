/* progress.h: how far long work is: on a terminal, once it takes long enough to wonder.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/base.h"

struct progress {
	const char *what, *units; /* "photo.jpg", "parts" */
	int64_t begun_us, shown_us;
	bool is_shown;
};

void progress_begin(struct progress *ret_progress, const char *what, const char *units);

/* "photo.jpg: 3 of 12 parts" */
void progress_show(struct progress *progress, uint64_t done, uint64_t of);

/* Takes it off the screen. Again is nothing. */
void progress_end(struct progress *progress);

#endif
