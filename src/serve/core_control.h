/* core_control.h: the core's end of the keeper's control socket (keeper.h: struct keeper_message). */
#ifndef SERVE_CORE_CONTROL_H
#define SERVE_CORE_CONTROL_H

#include "serve/keeper.h"

/* One message: its descriptor, close-on-exec, or -1 when there is none; ret_place says whose it is. The descriptor is the caller's. False: the keeper is gone.
 * `taken` counts messages, with a descriptor or without. */
bool core_control_take(uint32_t *taken, uint32_t *ret_place, int *ret_fd);

#endif
