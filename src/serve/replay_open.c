#include "serve/replay_open.h"

#include "base/folder.h"
#include "gen/facts.h"
#include "rules/rulebook_load.h"
#include "serve/installation.h"
#include "serve/running.h"

#include <unistd.h>

enum { RULES_MEMORY = 96 << 20 };

int replay_read_rules(struct replay_mission *mission, const char *directory, struct error *error)
{
	*mission = (struct replay_mission){.memory = arena_map(RULES_MEMORY)};
	return directory
		   ? rulebook_load(&mission->rules, &access_request_vocabulary, &mission->memory, directory, error)
		   : 0;
}

static int read_key(struct replay_mission *mission, struct note_key *ret_key, struct error *error)
{
	struct str line, rest;
	int failed = folder_read("keys/journal.vkey", &mission->memory, NOTE_VKEY_BYTES_MAX + 1, &line, error);
	if (failed < 0)
		return failed;
	str_cut(line, '\n', &line, &rest);
	return note_key_parse(line, ret_key, error);
}

/* A backup has no run/, and nobody runs it. */
int replay_open(struct replay_mission *mission, struct error *error)
{
	struct note_key key;
	int failed = access("run", F_OK) == 0 ? running_lock(error) : 0;
	failed = failed < 0 ? failed : read_key(mission, &key, error);
	if (failed == 0)
		failed = keyring_open(&mission->keys, KEYRING_MASTER, "keys", error);
	if (failed < 0)
		return failed;
	struct journal_options options = {.path = "journal.db", .key = &key};
	failed = journal_open(&mission->journal, &options, error);
	if (failed < 0)
		replay_close(mission);
	return failed;
}

void replay_close(struct replay_mission *mission)
{
	if (mission->vault)
		keys_vault_close(mission->vault);
	if (mission->journal)
		journal_close(mission->journal);
	keyring_close(&mission->keys);
	arena_unmap(&mission->memory);
}

int replay_mission_run(struct replay_mission *mission, void (*progress)(uint64_t done, uint64_t size),
		       void (*differs)(void *context, const struct replay_difference *difference),
		       struct replay_result *ret_result, struct error *error)
{
	mission->vault = keys_vault_open(&mission->keys.keys);
	struct replay_options options = {.journal = mission->journal,
					 .vault = keys_vault_of(mission->vault),
					 .load_rules = installation_load_rules,
					 .rules = mission->rules,
					 .progress = progress,
					 .differs = differs};
	return replay_run(&options, ret_result, error);
}
