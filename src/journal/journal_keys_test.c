#include "base/test.h"
#include "journal/journal_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN STR("chancery/lakeside")

/* A directory of the test's own, and paths in it. */
static char directory[64];

static const char *in(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/journal_keys_test.XXXXXX");
	ASSERT(mkdtemp(directory));
}

static void end(void)
{
	static const char *const names[] = {"journal.seed", "journal.vkey", "elsewhere"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(in(names[i]));
	CHECK_INT(rmdir(directory), 0); /* nothing else was left behind */
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, mode);
	ASSERT(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	ASSERT(fchmod(fd, mode) == 0);
	close(fd);
}

static mode_t mode_of(const char *name)
{
	struct stat info;
	return stat(in(name), &info) == 0 ? info.st_mode & 07777 : 0;
}

static void make(void)
{
	struct error error;
	CHECK_OK(journal_keys_make(directory, ORIGIN, &error), &error);
}

TEST(a_pair_is_made_and_loaded)
{
	struct journal_keys keys, again;
	struct note_signer signer;
	struct error error;
	begin();
	make();
	CHECK_INT(mode_of("journal.seed"), 0600);
	CHECK_INT(mode_of("journal.vkey"), 0644);
	CHECK_OK(journal_keys_load(directory, ORIGIN, &keys, &error), &error);
	CHECK_STR(note_key_name(&keys.key), ORIGIN);
	CHECK_OK(note_signer_init(&signer, ORIGIN, keys.seed, &error), &error);
	CHECK(memcmp(signer.key.public_key, keys.key.public_key, sizeof keys.key.public_key) == 0);
	CHECK_OK(journal_keys_load(directory, ORIGIN, &again, &error), &error);
	CHECK(memcmp(again.seed, keys.seed, sizeof keys.seed) == 0);
	end();
}

TEST(a_witness_has_a_pair_of_its_own_beside_the_journals)
{
	static const char *const names[] = {"witness.seed", "witness.vkey"};
	struct journal_keys keys, other;
	struct error error;
	begin();
	make();
	CHECK_OK(witness_keys_make(directory, STR("witness.example/w1"), &error), &error);
	CHECK_INT(witness_keys_make(directory, STR("witness.example/w1"), &error), ERROR_RECORD);
	CHECK_INT(mode_of("witness.seed"), 0600);
	CHECK_OK(witness_keys_load(directory, STR("witness.example/w1"), &keys, &error), &error);
	CHECK_INT(keys.key.type, NOTE_COSIGNATURE);
	CHECK_INT(witness_keys_load(directory, ORIGIN, &other, &error), ERROR_CRYPTO);
	CHECK_OK(journal_keys_load(directory, ORIGIN, &other, &error), &error);
	CHECK_INT(other.key.type, NOTE_ED25519);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(in(names[i]));
	end();
}

TEST(every_pair_is_another)
{
	struct journal_keys keys[2];
	struct error error;
	for (size_t i = 0; i < 2; i++) {
		begin();
		make();
		CHECK_OK(journal_keys_load(directory, ORIGIN, &keys[i], &error), &error);
		end();
	}
	CHECK(memcmp(keys[0].seed, keys[1].seed, sizeof keys[0].seed) != 0);
}

TEST(a_seed_that_is_there_is_never_replaced)
{
	struct journal_keys before, after;
	struct error error;
	begin();
	make();
	CHECK_OK(journal_keys_load(directory, ORIGIN, &before, &error), &error);
	CHECK_INT(journal_keys_make(directory, ORIGIN, &error), ERROR_RECORD);
	CHECK(strstr(error.where, "journal.seed") && error.remedy[0]);
	CHECK_OK(journal_keys_load(directory, ORIGIN, &after, &error), &error);
	CHECK(memcmp(before.seed, after.seed, sizeof before.seed) == 0);
	end();
}

TEST(a_making_that_did_not_end_is_done_again)
{
	begin();
	make();
	unlink(in("journal.seed"));
	write_file("journal.seed.new", "0123", 0600);
	write_file("journal.vkey.new", "0123", 0600);
	make();
	struct journal_keys keys;
	struct error error;
	CHECK_OK(journal_keys_load(directory, ORIGIN, &keys, &error), &error);
	end();
}

TEST(wiping_leaves_no_seed)
{
	struct journal_keys keys;
	static const uint8_t zero[NOTE_SEED_BYTES];
	memset(&keys, 1, sizeof keys);
	journal_keys_release(&keys);
	CHECK(memcmp(keys.seed, zero, sizeof zero) == 0);
}

static const char other_seed[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char other_vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n";

static const struct {
	const char *about, *name, *text;
	mode_t mode;
	enum error_code code;
	const char *what;
} changes[] = {
    {"readable by the group", "journal.seed", other_seed, 0640, ERROR_CRYPTO, "others may read"},
    {"readable by all", "journal.seed", other_seed, 0604, ERROR_CRYPTO, "others may read"},
    {"another seed", "journal.seed", other_seed, 0600, ERROR_CRYPTO, "not the key of journal.seed"},
    {"empty", "journal.seed", "", 0600, ERROR_INPUT, "64 lower-case"},
    {"without LF", "journal.seed", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0600,
     ERROR_INPUT, "64 lower-case"},
    {"in capitals", "journal.seed", "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n", 0600,
     ERROR_INPUT, "64 lower-case"},
    {"too short", "journal.seed", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\n", 0600, ERROR_INPUT,
     "64 lower-case"},
    {"too long", "journal.seed", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", 0600,
     ERROR_INPUT, "not a file of a key"},
    {"of another origin", "journal.vkey", other_vkey, 0644, ERROR_CRYPTO, "of PeterNeumann, not of"},
    {"no key", "journal.vkey", "lakeside\n", 0644, ERROR_INPUT, "not a verifier key"},
    {"two lines", "journal.vkey", "a\nb\n", 0644, ERROR_INPUT, "not one line"},
    {"empty", "journal.vkey", "", 0644, ERROR_INPUT, "not one line"},
};

TEST(a_pair_that_is_not_exactly_right_is_refused_with_its_file)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct journal_keys keys;
		struct error error = {0};
		begin();
		make();
		write_file(changes[i].name, changes[i].text, changes[i].mode);
		const char *where =
		    strcmp(changes[i].what, "not the key of journal.seed") == 0 ? "journal.vkey" : changes[i].name;
		if (journal_keys_load(directory, ORIGIN, &keys, &error) != changes[i].code ||
		    !strstr(error.what, changes[i].what) || !strstr(error.where, where))
			test_fail(__FILE__, __LINE__, "%s %s: %s: %s", changes[i].name, changes[i].about, error.where,
				  error.what);
		test_count(true);
		end();
	}
}

TEST(a_missing_file_or_directory_is_an_error)
{
	struct journal_keys keys;
	struct error error;
	begin();
	CHECK_INT(journal_keys_load(directory, ORIGIN, &keys, &error), ERROR_SYSTEM);
	CHECK(strstr(error.where, "journal.seed") && error.remedy[0]);
	make();
	unlink(in("journal.vkey"));
	CHECK_INT(journal_keys_load(directory, ORIGIN, &keys, &error), ERROR_SYSTEM);
	CHECK(strstr(error.where, "journal.vkey") && error.remedy[0]);
	end();
	CHECK_INT(journal_keys_load(directory, ORIGIN, &keys, &error), ERROR_SYSTEM);
	CHECK_INT(journal_keys_make(directory, ORIGIN, &error), ERROR_SYSTEM);
	CHECK_STR(str_of(error.where), str_of(directory));
}

TEST(what_is_no_regular_file_is_refused)
{
	struct journal_keys keys;
	struct error error;
	begin();
	make();
	char moved[128];
	snprintf(moved, sizeof moved, "%s", in("elsewhere"));
	ASSERT(rename(in("journal.seed"), moved) == 0);
	ASSERT(symlink("elsewhere", in("journal.seed")) == 0);
	CHECK_INT(journal_keys_load(directory, ORIGIN, &keys, &error), ERROR_SYSTEM);
	unlink(in("journal.seed"));
	ASSERT(mkfifo(in("journal.seed"), 0600) == 0);
	CHECK_INT(journal_keys_load(directory, ORIGIN, &keys, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "not a file of a key"));
	end();
}
