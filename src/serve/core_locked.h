/* core_locked.h: the core while the mission's keys are closed, as they are when the power comes back at night.
 *
 * It decides nothing and reads nothing of the record. It says so to whoever asks, takes what may open the keys, and keeps for later what the keeper hands
 * over: drivers stay connected, and decide by their tables. It is in its sandbox already.
 */
#ifndef SERVE_CORE_LOCKED_H
#define SERVE_CORE_LOCKED_H

#include "serve/installation.h"

struct core_locked {
	struct installation *installation;
	int signals;
	/* What came of it. */
	int listener, cosign, drivers[MISSION_DRIVERS_MAX]; /* -1: none */
	uint32_t taken;					    /* messages of the keeper */
	struct mission_unlock unlock;			    /* who opened the keys, and by what */
	char login[MISSION_LOGIN_BYTES_MAX];
};

/* True once the keys are open; false when this process is to end. */
bool core_locked_run(struct core_locked *locked, struct installation *installation, int signals);

#endif
