#include "serve/installation.h"

#include "base/clock.h"
#include "base/yaml.h"
#include "gen/facts.h"
#include "gen/schema_hash.h"
#include "journal/journal_keys.h"
#include "rules/rulebook_load.h"
#include "serve/version.h"

#include <sys/stat.h>

enum { MEMORY_BYTES = 256 << 20 };

static const char keys_path[] = "keys/readers.json";

/* JSON is YAML: a map from "line/address" to 32 hexadecimal digits. */
/* The one place that another key has too; NULL when each is its own. */
static const struct installation_key *shared_key(const struct installation *inst)
{
	for (size_t i = 0; i < inst->n_keys; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(inst->keys[i].key, inst->keys[k].key, sizeof inst->keys[i].key) == 0)
				return &inst->keys[i];
	return NULL;
}

static int read_reader_keys(struct installation *inst, struct error *error)
{
	const struct yaml *root;
	int failed = yaml_read_file(keys_path, &inst->memory, &root, error);
	if (failed < 0)
		return failed;
	if (root->kind != YAML_MAP || root->n > INSTALLATION_READERS_MAX) {
		error_set(error, ERROR_INPUT, "this is not a map of reader keys");
		return error_where(error, "%s", keys_path);
	}
	inst->keys = ARENA_TAKE(&inst->memory, struct installation_key, root->n);
	for (const struct yaml *node = root->first; node; node = node->next) {
		struct installation_key *key = &inst->keys[inst->n_keys++];
		key->place = node->key;
		if (node->kind == YAML_TEXT && hex_read(node->text, key->key, sizeof key->key))
			continue;
		error_set(error, ERROR_INPUT, "a reader's key is not 32 lower-case hexadecimal digits");
		yaml_where(node, keys_path, error);
		return error_remedy(error, "Pair the reader again and write its new key.");
	}
	const struct installation_key *shared = shared_key(inst);
	if (!shared)
		return 0;
	error_set(error, ERROR_CRYPTO, "the key of " STR_FMT " is another reader's too", STR_ARG(shared->place));
	error_where(error, "%s", keys_path);
	return error_remedy(error, "Give each reader a key of its own.");
}

/* A file that others may read gives every door away. */
static int check_private(const char *path, struct error *error)
{
	struct stat status;
	if (stat(path, &status) < 0) {
		error_system(error, "cannot open the file");
		return error_where(error, "%s", path);
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0;
	error_set(error, ERROR_CRYPTO, "other users may read these keys");
	error_where(error, "%s", path);
	return error_remedy(error, "chmod 600 %s; if others have been on this machine, make new keys.", path);
}

bool installation_reader_key(const struct installation *installation, struct str line, int64_t address,
			     uint8_t ret_key[16])
{
	char text[80];
	struct buf place = BUF(text);
	buf_put_str(&place, line);
	buf_put_char(&place, '/');
	buf_put_i64(&place, address);
	for (size_t i = 0; i < installation->n_keys; i++) {
		if (!str_eq(installation->keys[i].place, buf_str(&place)))
			continue;
		memcpy(ret_key, installation->keys[i].key, 16);
		return true;
	}
	return false;
}

static int read_rulebook(struct installation *inst, struct error *error)
{
	const struct rulebook *access;
	int failed = rulebook_load(&access, &access_request_vocabulary, &inst->memory, "rules/access", error);
	if (failed < 0)
		return failed;
	inst->rulebooks.access = access;
	memcpy(inst->access_hash, rulebook_hash(access), sizeof inst->access_hash);
	return 0;
}

static int read_journal_key(struct installation *inst, struct error *error)
{
	struct str name = mission_file_origin(&inst->mission, &inst->memory);
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

int installation_open(struct installation *ret_installation, struct error *error)
{
	struct installation *inst = ret_installation;
	*inst = (struct installation){.memory = arena_map(MEMORY_BYTES)};
	int failed = mission_file_read(&inst->mission, &inst->memory, error);
	if (failed == 0)
		failed = check_private(keys_path, error);
	if (failed == 0)
		failed = read_reader_keys(inst, error);
	if (failed == 0)
		failed = read_rulebook(inst, error);
	if (failed == 0)
		failed = read_journal_key(inst, error);
	if (failed == 0)
		failed = read_environment(inst, error);
	return failed;
}
