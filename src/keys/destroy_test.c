/* A directory of keys is wiped: afterwards no raw byte of any file there is one of a key. */
#include "keys/destroy.h"
#include "keys/keys.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/test.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUBJECTS = 2000, FULL_S = 2 };

static const uint8_t key_file[CRYPT_KEY_BYTES] = "thirty-two bytes of a protector", scbk[16] = "a reader's key!!";

static char directory[64];
static struct error error;

static const char *in(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t n)
{
	FILE *file = fopen(in(name), "wb");
	ASSERT(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static struct file open_file(const char *name)
{
	struct file file = {.context = NULL};
	CHECK_OK(file_open(in(name), 0600, &file, &error), &error);
	return file;
}

/* A pair of key files with its protectors, and what keys it has. */
static struct keys make_pair(const char *protectors, const char *a, const char *b)
{
	uint8_t root[CRYPT_KEY_BYTES];
	struct file files[2] = {open_file(a), open_file(b)};
	struct master master;
	struct keys keys = {.file = NULL};
	crypt_init();
	master_make(&master, open_file(protectors), root);
	CHECK_OK(master_add_file(&master, root, STR("sample"), key_file, &error), &error);
	file_close(master.file);
	CHECK_OK(keys_create(files, root, &error), &error);
	CHECK_OK(keys_open(&keys, files, root, KEYFILE_SLOTS_MAX, &error), &error);
	return keys;
}

static void close_pair(struct keys *keys)
{
	CHECK_OK(keys_sync(keys, &error), &error);
	file_close(keys->files[0]);
	file_close(keys->files[1]);
	keys_close(keys);
}

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/destroy-XXXXXX");
	ASSERT(mkdtemp(directory));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void end(void)
{
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Whether the bytes stand anywhere in any file there. */
static const void *sought;
static size_t sought_n;
static bool met;

static int search_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	static uint8_t bytes[1 << 24];
	(void)place;
	if (kind != FTW_F || status->st_size == 0)
		return 0;
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
	ASSERT(file && fclose(file) == 0 && n == (size_t)status->st_size);
	met |= memmem(bytes, n, sought, sought_n) != NULL;
	return 0;
}

static bool holds(const void *bytes, size_t n)
{
	sought = bytes;
	sought_n = n;
	met = false;
	ASSERT(nftw(directory, search_one, 8, FTW_PHYS) == 0);
	return met;
}

static size_t size_of(const char *name)
{
	struct stat status;
	ASSERT(stat(in(name), &status) == 0);
	return (size_t)status.st_size;
}

TEST(no_key_and_no_wrapped_key_is_left_and_the_public_key_and_the_seed_are)
{
	static uint8_t wrapped[4][SLOT_BYTES];
	struct destroyed d;
	begin();
	struct keys keys = make_pair("master", "subjects.0", "subjects.1"),
		    doors = make_pair("door", "doors.0", "doors.1");
	const uint8_t *key;
	for (uint64_t i = 1; i <= SUBJECTS; i++)
		CHECK_OK(keyfile_make(keys.file, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, i}, &key, &error),
			 &error);
	struct key_id reader = key_of_secret(STR("reader"), 1, STR("scbk"));
	CHECK_OK(keyfile_put_secret(doors.file, &reader, scbk, sizeof scbk, &error), &error);
	for (uint64_t i = 0; i < 4; i++)
		CHECK_OK(file_read((i < 2 ? keys : doors).files[0], SLOTS_HEADER_BYTES + i * 300 * SLOT_BYTES,
				   wrapped[i], SLOT_BYTES, &error),
			 &error);
	close_pair(&keys);
	close_pair(&doors);
	write_file("master.key", key_file, sizeof key_file);
	write_file("readers.json", scbk, sizeof scbk);
	write_file("journal.seed", "the seed", 8);
	write_file("journal.vkey", "the line", 8);
	CHECK(holds(key_file, sizeof key_file) && holds(scbk, sizeof scbk) && holds(wrapped[3], 32) &&
	      holds("ChcyMstr", 8) && holds("ChcyKeys", 8));
	CHECK_OK(destroy_keys(directory, &d, &error), &error);
	CHECK(!holds(key_file, 8) && !holds(scbk, 8) && !holds("ChcyMstr", 8) && !holds("ChcyKeys", 8));
	for (size_t i = 0; i < 4; i++)
		CHECK(!holds(wrapped[i], 16));
	CHECK_INT(d.n, 8);
	CHECK_INT(d.n_failed, 0);
	CHECK_STR(str_of(d.files[0].name), STR("master"));
	CHECK_INT(d.files[0].bytes, 2 * MASTER_SLOT_BYTES);
	CHECK(holds("the seed", 8) && holds("the line", 8));
	CHECK_OK(destroy_seed(directory, &error), &error);
	CHECK(!holds("the seed", 8) && size_of("journal.seed") == 0 && size_of("subjects.0") == 0);
	CHECK_OK(destroy_seed(directory, &error), &error);
	end();
}

TEST(a_file_that_cannot_be_wiped_is_told_and_the_others_are_wiped)
{
	struct destroyed d;
	begin();
	write_file("elsewhere", "outside!", 8);
	ASSERT(mkdir(in("keys"), 0700) == 0);
	char keys[128];
	snprintf(keys, sizeof keys, "%s", in("keys"));
	write_file("keys/master", "the master", 10);
	ASSERT(symlink("../elsewhere", in("keys/door.key")) == 0);
	ASSERT(mkdir(in("keys/a-directory"), 0700) == 0);
	write_file("keys/other", "another", 7);
	CHECK_INT(destroy_keys(keys, &d, &error), ERROR_SYSTEM);
	CHECK(strstr(error.where, "door.key"));
	CHECK(!holds("the master", 10) && !holds("another", 7) && holds("outside!", 8));
	CHECK_INT(d.n, 4);
	CHECK_INT(d.n_failed, 2);
	CHECK(!d.files[0].failed && d.files[1].failed);
	end();
}

TEST(more_files_than_a_receipt_names_are_wiped_too)
{
	struct destroyed d;
	char name[32];
	begin();
	for (int i = 0; i <= DESTROY_FILES_MAX; i++) {
		snprintf(name, sizeof name, "key-%d", i);
		write_file(name, "secret", 6);
	}
	CHECK_OK(destroy_keys(directory, &d, &error), &error);
	CHECK_INT(d.n, DESTROY_FILES_MAX + 1);
	CHECK(!holds("secret", 6));
	end();
}

TEST(a_directory_that_is_not_there_is_told)
{
	struct destroyed d;
	CHECK_INT(destroy_keys("/tmp/there-is-no-such-mission/keys", &d, &error), ERROR_SYSTEM);
}

TEST(a_key_file_at_its_limit_takes_no_key_more_and_is_wiped_in_two_seconds)
{
	struct destroyed d;
	const uint8_t *key = NULL;
	uint64_t refused = 0;
	begin();
	struct keys keys = make_pair("master", "subjects.0", "subjects.1");
	for (uint64_t i = 1; i <= KEYFILE_SLOTS_MAX; i++)
		refused +=
		    keyfile_make(keys.file, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, i}, &key, NULL) < 0;
	CHECK_INT(refused, 0);
	CHECK_INT(keyfile_make(keys.file, &(struct key_id){KEY_SUBJECT, STR("visit"), {0}, 1}, &key, &error),
		  ERROR_LIMIT);
	close_pair(&keys);
	CHECK_INT(size_of("subjects.0"), SLOTS_HEADER_BYTES + (size_t)KEYFILE_SLOTS_MAX * SLOT_BYTES);
	sync();
	int64_t begun = clock_elapsed_us();
	CHECK_OK(destroy_keys(directory, &d, &error), &error);
	int64_t took = clock_elapsed_us() - begun;
	printf("64 MiB of keys: %lld ms\n", (long long)took / 1000);
	CHECK(took < FULL_S * 1000000);
	end();
}
