#include "cli/progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <unistd.h>

enum { PATIENCE_US = 500000, AGAIN_US = 100000 };

void progress_begin(struct progress *ret_progress, const char *what, const char *units)
{
	*ret_progress = (struct progress){.what = what, .units = units, .begun_us = clock_elapsed_us()};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t of)
{
	int64_t now_us = clock_elapsed_us();
	if (!isatty(STDERR_FILENO) || now_us - progress->begun_us < PATIENCE_US ||
	    now_us - progress->shown_us < AGAIN_US)
		return;
	progress->shown_us = now_us;
	progress->is_shown = true;
	fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " %s\033[K", progress->what, done, of, progress->units);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
