#include "serve/installation.h"

#include "base/clock.h"
#include "base/log.h"
#include "gen/facts.h"
#include "gen/schema_hash.h"
#include "journal/journal_keys.h"
#include "rules/rulebook_load.h"
#include "serve/incarnation_file.h"
#include "serve/version.h"

#include <sodium.h>

enum { MEMORY_BYTES = 256 << 20 };

/* A rulebook that does not load is no reason not to start: what is in force stays so. */
static void read_rulebook(struct installation *inst)
{
	const struct rulebook *access;
	struct error wrong;
	int failed = rulebook_collect(&inst->rules_text, "rules/access", &inst->memory, &wrong);
	if (failed == 0)
		failed = rulebook_load_json(&access, &access_request_vocabulary, &inst->memory, "rules/access",
					    inst->rules_text, &wrong);
	if (failed < 0) {
		LOG(rules_not_loaded, .why = &wrong);
		inst->rules_text = (struct str){0};
		return;
	}
	inst->rulebooks.access = access;
	memcpy(inst->access_hash, rulebook_hash(access), sizeof inst->access_hash);
}

int installation_load_rules(const struct rulebook **ret_rules, struct arena *arena, struct str text,
			    struct error *error)
{
	return rulebook_load_json(ret_rules, &access_request_vocabulary, arena, "rules/access", text, error);
}

static int read_journal_key(struct installation *inst, struct error *error)
{
	struct str name = mission_file_origin(&inst->mission, inst->incarnation.incarnation, &inst->memory);
	struct journal_keys *keys = ARENA_TAKE(&inst->memory, struct journal_keys, 1);
	int failed = journal_keys_load("keys", name, keys, error);
	if (failed < 0)
		return failed;
	inst->journal = (struct journal_options){.path = "journal.db", .origin = name, .seed = keys->seed};
	return 0;
}

static int read_environment(struct installation *inst, struct error *error)
{
	char zone[65] = {0};
	memcpy(zone, inst->mission.zone.at, inst->mission.zone.len);
	int n = zone_offsets(zone, clock_wall_ms(), inst->offsets, error);
	if (n < 0)
		return n;
	bool read = hex_read(STR(SCHEMA_HASH), inst->schema_hash, sizeof inst->schema_hash);
	ASSERT(read);
	inst->environment =
	    (struct mission_begin){.program = str_of(version_program),
				   .schema = {(const char *)inst->schema_hash, sizeof inst->schema_hash},
				   .access = {(const char *)inst->access_hash, sizeof inst->access_hash},
				   .zone = inst->mission.zone,
				   .offsets = {(size_t)n, inst->offsets}};
	return 0;
}

/* Keys, and what is kept beside the journal */

static int open_snapshots(struct installation *inst, struct error *error)
{
	int failed = file_open("snapshot.0", 0600, &inst->snapshots[0], error);
	return failed < 0 ? failed : file_open("snapshot.1", 0600, &inst->snapshots[1], error);
}

int installation_unlocked(struct installation *inst, struct error *error)
{
	struct key_id id = key_of_index();
	const uint8_t *key;
	int failed = keyfile_make(inst->keys.keys.file, &id, &key, error);
	if (failed == 0)
		failed = keys_sync(&inst->keys.keys, error);
	if (failed == 0)
		kept_remember(inst->kept, &inst->keys);
	if (failed == 0)
		crypto_generichash(inst->cursor_key, sizeof inst->cursor_key, (const uint8_t *)"cursor", 6, key,
				   CRYPT_KEY_BYTES);
	return failed;
}

int installation_look(struct installation *ret_installation, struct error *error)
{
	struct installation *inst = ret_installation;
	*inst = (struct installation){.memory = arena_map(MEMORY_BYTES)};
	int failed = mission_file_read(&inst->mission, &inst->memory, error);
	if (failed == 0)
		failed = keyring_open(&inst->doors, KEYRING_DOOR, "keys", error);
	if (failed == 0)
		failed = keyring_open(&inst->keys, KEYRING_MASTER, "keys", error);
	if (failed == 0)
		failed = incarnation_read_file(".", &inst->incarnation, &inst->memory, error);
	if (failed == 0)
		failed = read_journal_key(inst, error);
	if (failed == 0)
		failed = read_environment(inst, error);
	if (failed == 0)
		read_rulebook(inst);
	return failed;
}

int installation_open(struct installation *ret_installation, struct kept *kept, struct error *error)
{
	struct installation *inst = ret_installation;
	int failed = installation_look(inst, error);
	inst->kept = kept;
	if (failed == 0)
		failed = open_snapshots(inst, error);
	if (failed == 0)
		failed = keyring_by_file(&inst->doors, error);
	if (failed == 0)
		kept_open(kept, &inst->keys);
	if (failed == 0 && !inst->keys.keys.file && keyring_is_by_file(&inst->keys))
		failed = keyring_by_file(&inst->keys, error);
	return failed < 0 || !inst->keys.keys.file ? failed : installation_unlocked(inst, error);
}
