/* keeper_look.h: what run/keeper.json says, for whoever looks at the mission in the current directory from outside. */
#ifndef SERVE_KEEPER_LOOK_H
#define SERVE_KEEPER_LOOK_H

#include "base/arena.h"
#include "base/error.h"
#include "gen/codec.h"

/* Texts live in the arena. ERROR_GONE when no keeper runs here, ERROR_INPUT when another version wrote it. */
int keeper_look(struct arena *arena, struct keeper_state *ret_state, struct error *error);

#endif
