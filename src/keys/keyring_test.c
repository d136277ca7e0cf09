/* A mission's keys by their names: made with a file beside, opened by it, by a passphrase, by shares; what is
 * refused. */
#include "keys/keyring.h"

#include "base/test.h"

#include <sys/stat.h>
#include <unistd.h>

static const char passphrase[] = "correct horse battery";

static char directory[64];
static struct error error;

static const char *in(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/keyring-XXXXXX");
	ASSERT(mkdtemp(directory));
	CHECK_OK(keyring_make(KEYRING_MASTER, directory, &error), &error);
	CHECK_OK(keyring_make(KEYRING_DOOR, directory, &error), &error);
}

static void end(void)
{
	static const char *const files[] = {"master", "master.key", "subjects.0", "subjects.1",
					    "door",   "door.key",   "doors.0",	  "doors.1"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		CHECK_INT(unlink(in(files[i])), 0);
	CHECK_INT(rmdir(directory), 0);
}

static struct keyring opened(enum keyring_kind kind)
{
	struct keyring ring;
	CHECK_OK(keyring_open(&ring, kind, directory, &error), &error);
	return ring;
}

TEST(new_keys_open_by_the_file_beside_and_each_pair_by_its_own)
{
	begin();
	struct keyring master = opened(KEYRING_MASTER), door = opened(KEYRING_DOOR);
	CHECK_OK(keyring_by_file(&master, &error), &error);
	CHECK_OK(keyring_by_file(&door, &error), &error);
	CHECK(keyring_is_by_file(&master) && keyring_is_by_file(&door));
	CHECK(memcmp(keyfile_root(master.keys.file), keyfile_root(door.keys.file), CRYPT_KEY_BYTES) != 0);
	keyring_close(&master);
	keyring_close(&door);
	char others[128];
	snprintf(others, sizeof others, "%s", in("master.key"));
	CHECK_INT(unlink(in("door.key")), 0);
	CHECK_INT(link(others, in("door.key")), 0);
	door = opened(KEYRING_DOOR);
	CHECK_INT(keyring_by_file(&door, &error), ERROR_CRYPTO);
	keyring_close(&door);
	end();
}

TEST(files_are_for_the_missions_user_alone)
{
	struct stat status;
	static const char *const files[] = {"master", "master.key", "subjects.0", "doors.1"};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		CHECK(stat(in(files[i]), &status) == 0 && (status.st_mode & 0777) == 0600);
	ASSERT(chmod(in("master.key"), 0640) == 0);
	struct keyring ring = opened(KEYRING_MASTER);
	CHECK_INT(keyring_by_file(&ring, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "other users") && strstr(error.remedy, "chmod 600"));
	keyring_close(&ring);
	end();
}

TEST(keys_that_are_there_are_never_made_again)
{
	begin();
	CHECK_INT(keyring_make(KEYRING_MASTER, directory, &error), ERROR_RECORD);
	CHECK(strstr(error.where, "master") && error.remedy[0]);
	struct keyring ring = opened(KEYRING_MASTER);
	CHECK_OK(keyring_by_file(&ring, &error), &error);
	keyring_close(&ring);
	end();
}

TEST(a_passphrase_and_shares_open_the_same_keys_and_the_file_may_go)
{
	struct share shares[3];
	const uint8_t *key = NULL;
	uint8_t right[CRYPT_KEY_BYTES];
	struct key_id id = key_of_subject(STR("person"), 1);
	begin();
	struct keyring ring = opened(KEYRING_MASTER);
	CHECK_OK(keyring_by_file(&ring, &error), &error);
	const uint8_t *root = keyfile_root(ring.keys.file);
	CHECK_OK(keyfile_make(ring.keys.file, &id, &key, &error), &error);
	CHECK_OK(keys_sync(&ring.keys, &error), &error);
	memcpy(right, key, sizeof right);
	CHECK_OK(
	    master_add_passphrase(&ring.master, root, STR(""), str_of(passphrase), (struct master_cost){1, 8}, &error),
	    &error);
	CHECK_OK(master_add_shares(&ring.master, root, STR(""), 2, 3, shares, &error), &error);
	struct stat status;
	CHECK_OK(keyring_drop_file(&ring, &error), &error);
	CHECK(stat(in("master.key"), &status) == 0 && status.st_size == 65); /* it is needed yet */
	CHECK_OK(master_remove(&ring.master, 1, &error), &error);
	CHECK(!keyring_is_by_file(&ring));
	CHECK_OK(keyring_drop_file(&ring, &error), &error);
	CHECK(stat(in("master.key"), &status) == 0 && status.st_size == 0);
	keyring_close(&ring);
	for (int i = 0; i < 2; i++) {
		ring = opened(KEYRING_MASTER);
		CHECK_INT(keyring_by_file(&ring, &error), ERROR_INPUT);
		CHECK_INT(keyring_by_passphrase(&ring, STR("something else"), &error), ERROR_CRYPTO);
		if (i == 0)
			CHECK_OK(keyring_by_passphrase(&ring, str_of(passphrase), &error), &error);
		else
			CHECK_OK(keyring_by_shares(&ring, shares, 2, &error), &error);
		key = keyfile_find(ring.keys.file, &id);
		CHECK(key && memcmp(key, right, sizeof right) == 0);
		keyring_close(&ring);
	}
	end();
}

static const struct {
	const char *name, *bytes;
	enum error_code code;
	const char *where;
} rows[] = {
    {"master.key", "", ERROR_INPUT, "master.key"},
    {"master.key", "0123\n", ERROR_INPUT, "master.key"},
    {"master.key", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n", ERROR_INPUT, "master.key"},
    {"master.key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ERROR_INPUT, "master.key"},
    {"master.key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\n", ERROR_INPUT, "master.key"},
    {"master.key", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", ERROR_CRYPTO, ""},
    {"master", "", ERROR_RECORD, "master"},
    {"subjects.0", "", ERROR_RECORD, "subjects.0"},
};

TEST(what_is_damaged_or_another_missions_is_told_with_its_file)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct keyring ring;
		begin();
		FILE *file = fopen(in(rows[i].name), "wb");
		ASSERT(file && fputs(rows[i].bytes, file) >= 0 && fclose(file) == 0);
		int failed = keyring_open(&ring, KEYRING_MASTER, directory, &error);
		bool is_open = failed == 0;
		if (is_open)
			failed = keyring_by_file(&ring, &error);
		CHECK_INT(failed, rows[i].code);
		CHECK(strstr(error.where, rows[i].where));
		if (is_open)
			keyring_close(&ring);
		end();
	}
}

TEST(a_missions_path_has_a_limit)
{
	static char long_one[KEYRING_PATH_BYTES + 1];
	struct keyring ring;
	memset(long_one, 'x', KEYRING_PATH_BYTES);
	CHECK_INT(keyring_open(&ring, KEYRING_MASTER, long_one, &error), ERROR_LIMIT);
	long_one[KEYRING_PATH_BYTES - 1] = 0;
	CHECK_INT(keyring_open(&ring, KEYRING_MASTER, long_one, &error), ERROR_LIMIT);
	CHECK_INT(keyring_open(&ring, KEYRING_MASTER, "/tmp/there-is-no-such-directory", &error), ERROR_SYSTEM);
}
