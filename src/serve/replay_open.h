/* replay_open.h: what a replay needs of a stopped mission, or of a backup with its keys, in the current directory. */
#ifndef SERVE_REPLAY_OPEN_H
#define SERVE_REPLAY_OPEN_H

#include "keys/keyring.h"
#include "keys/vault.h"
#include "serve/replay.h"

struct replay_mission {
	struct keyring keys; /* to be opened by the caller, between replay_open and replay_mission_run */
	struct journal *journal;
	struct keys_vault *vault;
	const struct rulebook *rules;
	struct arena memory;
};

/* A rulebook to be tried; NULL: none, those that were in force decide. First of all, because its path may be relative to another directory. */
int replay_read_rules(struct replay_mission *mission, const char *directory, struct error *error);

/* ERROR_LIMIT: the mission runs. */
int replay_open(struct replay_mission *mission, struct error *error);
void replay_close(struct replay_mission *mission);

int replay_mission_run(struct replay_mission *mission, void (*progress)(uint64_t done, uint64_t size),
		       void (*differs)(void *context, const struct replay_difference *difference),
		       struct replay_result *ret_result, struct error *error);

#endif
