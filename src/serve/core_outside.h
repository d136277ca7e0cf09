/* core_outside.h: what the hub needs of the machine: clocks, chance, room on the disk, a process for long work, and memory that outlives this one.
 *
 * All of it is opened by core_outside_open, before the sandbox.
 */
#ifndef SERVE_CORE_OUTSIDE_H
#define SERVE_CORE_OUTSIDE_H

#include "serve/hub.h"

struct core_outside {
	int directory; /* of the mission, for the room on its disk */
	pid_t worker;  /* 0: none */
	void *shared;
	struct hub_danger *danger;
};

int core_outside_open(struct core_outside *outside, struct error *error);

/* Fills the parts of hub_outside that are its own; `context` is the core_outside where a function's context is one. */
int64_t core_outside_elapsed_us(void *context);
int64_t core_outside_wall_ms(void *context);
void core_outside_salt(void *context, uint8_t *ret_bytes, size_t n);
uint64_t core_outside_free_bytes(const struct core_outside *outside);
void core_outside_work(struct core_outside *outside, int (*work)(void *hub, void *shared), void *hub);
bool core_outside_work_ended(struct core_outside *outside, bool *ret_done);

#endif
