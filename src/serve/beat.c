#include "serve/beat.h"

#include "base/clock.h"

#include <sys/socket.h>

static int64_t due_us;

int64_t beat_due_us(void)
{
	return due_us;
}

void beat_soon(void)
{
	due_us = 0;
}

/* A keeper that does not read gets no more than its socket holds. */
void beat(const struct keeper_beat *now, int64_t again_ms)
{
	int64_t now_us = clock_elapsed_us();
	if (now_us < due_us)
		return;
	due_us = now_us + again_ms * 1000;
	ssize_t sent = send(KEEPER_CONTROL_FD, now, sizeof *now, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)sent;
}

void beat_progress(uint64_t progress)
{
	beat(&(struct keeper_beat){.progress = progress}, KEEPER_BEAT_MS);
}
