/* installation_test.c: what the core finds in a mission's directory, made from the sample. Runs in the tree's root, as tools/test does. */
#include "serve/installation.h"

#include "base/test.h"
#include "gen/schema_hash.h"
#include "serve/init.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static struct installation inst;
static struct error error;
static char directory[64];
static int back = -1;

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/chancery-installation-%d", (int)getpid());
	back = open(".", O_RDONLY | O_DIRECTORY);
	int made = init_mission(directory, "sample", &error);
	CHECK_OK(made, &error);
	ASSERT(made == 0 && chdir(directory) == 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	ASSERT(status && place && kind != FTW_NS);
	return remove(path);
}

static void end(void)
{
	ASSERT(fchdir(back) == 0);
	close(back);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void release(void)
{
	keyring_close(&inst.keys);
	keyring_close(&inst.doors);
	for (size_t i = 0; i < 2; i++)
		file_close(inst.snapshots[i]);
	arena_unmap(&inst.memory);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	ASSERT(file);
	fputs(text, file);
	fclose(file);
}

TEST(what_a_core_needs_is_there)
{
	uint8_t hash[32];
	begin();
	CHECK_OK(installation_open(&inst, NULL, &error), &error);
	CHECK(inst.mission.name.len > 0 && inst.mission.n_drivers > 0);
	CHECK_STR(inst.journal.origin, STR("chancery/Embassy-of-the-Republic-of-Velmara-in-Port-Callis"));
	CHECK(inst.keys.keys.file && inst.doors.keys.file);
	CHECK(hex_read(STR(SCHEMA_HASH), hash, sizeof hash));
	CHECK_STR(inst.environment.schema, ((struct str){(const char *)hash, sizeof hash}));
	CHECK(inst.rulebooks.access &&
	      memcmp(rulebook_hash(inst.rulebooks.access), inst.environment.access.at, 32) == 0);
	CHECK_STR(inst.environment.zone, STR("Europe/Lisbon"));
	CHECK(inst.environment.offsets.n > 10);
	/* The text that it brings into the record is that rulebook. */
	const struct rulebook *again;
	struct arena arena = arena_map(96 << 20);
	CHECK_OK(installation_load_rules(&again, &arena, inst.rules_text, &error), &error);
	CHECK(memcmp(rulebook_hash(again), inst.environment.access.at, 32) == 0);
	arena_unmap(&arena);
	release();
	end();
}

TEST(the_key_of_marks_is_the_same_at_every_start_and_another_one_in_every_mission)
{
	uint8_t keys[3][32];
	for (int i = 0; i < 3; i++) {
		if (i != 1)
			begin();
		CHECK_OK(installation_open(&inst, NULL, &error), &error);
		memcpy(keys[i], inst.cursor_key, sizeof keys[i]);
		release();
		if (i != 0)
			end();
	}
	CHECK(memcmp(keys[0], keys[1], sizeof keys[0]) == 0);
	CHECK(memcmp(keys[0], keys[2], sizeof keys[0]) != 0);
}

TEST(a_rulebook_that_does_not_load_is_no_reason_not_to_start)
{
	begin();
	write_text("rules/access/zzz.yaml", "rules: wrong\n");
	CHECK_OK(installation_open(&inst, NULL, &error), &error);
	CHECK(!inst.rulebooks.access && inst.rules_text.len == 0);
	release();
	ASSERT(rename("rules/access", "rules/elsewhere") == 0);
	CHECK_OK(installation_open(&inst, NULL, &error), &error);
	CHECK(!inst.rulebooks.access && inst.rules_text.len == 0);
	release();
	end();
}

/* Each is taken away, or spoilt; the error names it. */
TEST(what_is_missing_or_wrong_is_named)
{
	static const struct {
		const char *path, *text; /* NULL: taken away */
		enum error_code code;
	} rows[] = {
	    {"mission.yaml", NULL, ERROR_SYSTEM},	 {"mission.yaml", "mission: [", ERROR_INPUT},
	    {"keys/master", NULL, ERROR_RECORD},	 {"keys/master", "nothing", ERROR_RECORD},
	    {"keys/master.key", NULL, ERROR_SYSTEM},	 {"keys/subjects.0", "nothing", ERROR_RECORD},
	    {"keys/doors.0", "nothing", ERROR_RECORD},	 {"keys/journal.seed", NULL, ERROR_SYSTEM},
	    {"keys/journal.seed", "short", ERROR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin();
		error = (struct error){0};
		if (rows[i].text)
			write_text(rows[i].path, rows[i].text);
		else
			ASSERT(unlink(rows[i].path) == 0);
		int failed = installation_open(&inst, NULL, &error);
		if (!test_count(failed == (int)rows[i].code && error.what[0]))
			test_fail(__FILE__, __LINE__, "%s: %d: %s: %s", rows[i].path, failed, error.where, error.what);
		arena_unmap(&inst.memory); /* a core that finds this ends */
		end();
	}
}

static void close_with_a_passphrase(void)
{
	struct keyring ring;
	struct protector first;
	CHECK_OK(keyring_open(&ring, KEYRING_MASTER, "keys", &error), &error);
	CHECK_OK(keyring_by_file(&ring, &error), &error);
	CHECK(master_protector(&ring.master, 0, &first));
	CHECK_OK(master_add_passphrase(&ring.master, keyfile_root(ring.keys.file), STR("night"), STR("correct horse"),
				       (struct master_cost){1, MASTER_MEMORY_KIB_MIN}, &error),
		 &error);
	CHECK_OK(master_remove(&ring.master, first.number, &error), &error);
	CHECK_OK(keyring_drop_file(&ring, &error), &error);
	keyring_close(&ring);
}

TEST(keys_that_no_file_opens_stay_closed_until_somebody_comes_with_the_passphrase)
{
	static const uint8_t none[32];
	begin();
	CHECK_OK(installation_open(&inst, NULL, &error), &error);
	uint8_t before[32];
	memcpy(before, inst.cursor_key, sizeof before);
	release();
	close_with_a_passphrase();
	CHECK_OK(installation_open(&inst, NULL, &error), &error);
	CHECK(!inst.keys.keys.file && inst.doors.keys.file && memcmp(inst.cursor_key, none, sizeof none) == 0);
	CHECK_INT(keyring_by_passphrase(&inst.keys, STR("wrong horse is it"), &error), ERROR_CRYPTO);
	CHECK_OK(keyring_by_passphrase(&inst.keys, STR("correct horse"), &error), &error);
	CHECK_OK(installation_unlocked(&inst, &error), &error);
	CHECK(memcmp(inst.cursor_key, before, sizeof before) == 0);
	release();
	end();
}
