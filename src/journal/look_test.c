#include "journal/look.h"

#include "base/test.h"
#include "journal/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t seed[JOURNAL_SEED_BYTES] = {1};
static char path[] = "/tmp/chancery-look-XXXXXX";
static uint8_t memory[1 << 16];

static const char *beside(const char *end)
{
	static char name[sizeof path + 16];
	snprintf(name, sizeof name, "%s%s", path, end);
	return name;
}

static void make(unsigned entries)
{
	struct journal *journal;
	struct error error;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	close(mkstemp(path));
	unlink(path);
	struct journal_options options = {.path = path, .origin = STR("chancery/Test"), .seed = seed, .log_pages = 1};
	CHECK_OK(journal_open(&journal, &options, &error), &error);
	for (unsigned i = 0; i < entries; i++) {
		char body[32];
		snprintf(body, sizeof body, "{\"index\":%u}", i);
		CHECK_OK(journal_append(journal, str_of(body), &error), &error);
		CHECK_OK(journal_commit(journal, &error), &error);
	}
	journal_close(journal);
}

static void clear(void)
{
	unlink(path);
	unlink(beside("-wal"));
}

static struct timespec changed(const char *name)
{
	struct stat status = {0};
	stat(name, &status);
	return status.st_mtim;
}

TEST(a_look_counts_entries_and_reads_the_newest_and_changes_nothing)
{
	struct journal_look look;
	struct buf last = BUF(memory);
	struct error error;
	make(5);
	struct timespec before = changed(path);
	CHECK_OK(journal_look(path, &look, &last, &error), &error);
	CHECK(look.entries > 0);
	CHECK(look.entries <= 5);
	CHECK(str_starts(buf_str(&last), STR("{\"index\":")));
	struct timespec after = changed(path);
	CHECK(memcmp(&before, &after, sizeof before) == 0);
	CHECK(access(beside("-shm"), F_OK) < 0);
	CHECK(access(beside("-journal"), F_OK) < 0);
	clear();
}

TEST(what_is_no_journal_is_told)
{
	struct journal_look look;
	struct buf last = BUF(memory);
	struct error error;
	make(1);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(write(fd, "no database, but long enough to look at", 39) == 39);
	close(fd);
	unlink(beside("-wal"));
	CHECK_INT(journal_look(path, &look, &last, &error), ERROR_RECORD);
	CHECK_STR(str_of(error.what), STR("this is no journal"));
	clear();
	CHECK_INT(journal_look(path, &look, &last, &error), ERROR_SYSTEM);
}
