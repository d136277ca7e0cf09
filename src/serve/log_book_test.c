#include "serve/log_book.h"

#include "base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static int errors, home;
static char here[] = "/tmp/chancery-log-XXXXXX";

/* Each test has a directory of its own, and standard error goes to a file in it. */
static void enter(void)
{
	memcpy(here + strlen(here) - 6, "XXXXXX", 6);
	fflush(stdout);
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errors = dup(STDERR_FILENO);
	ASSERT(mkdtemp(here) && chdir(here) == 0);
	int fd = open("said", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
	log_book_close();
	log_book_open();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void leave(void)
{
	dup2(errors, STDERR_FILENO);
	close(errors);
	log_redirect(NULL);
	ASSERT(fchdir(home) == 0);
	close(home);
	nftw(here, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct str file(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
	if (fd >= 0)
		close(fd);
	return (struct str){text, n > 0 ? (size_t)n : 0};
}

static off_t size(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? status.st_size : -1;
}

TEST(a_line_is_kept_as_json_and_said_in_words)
{
	struct log_kept kept;
	enter();
	LOG(child_failed, .child = "driver line-1", .code = 5, .wait_ms = 100);
	struct str text = file(LOG_BOOK_PATH);
	CHECK(str_ends(text, STR("}\n")));
	CHECK(log_line_read_kept((struct str){text.at, text.len - 1}, &kept));
	CHECK_STR(kept.who, STR("keeper"));
	CHECK(str_ends(file("said"), STR("Z keeper: driver line-1 ended with code 5; it starts again in 100 ms\n")));
	leave();
}

TEST(a_child_s_line_stands_under_its_name)
{
	struct str text = STR("{\"event\":\"line_lost\"}");
	struct log_line line;
	struct log_kept kept;
	enter();
	CHECK(log_line_read(text, &line));
	log_book_put(STR("driver line-2"), text, &line);
	struct str found = file(LOG_BOOK_PATH);
	CHECK(log_line_read_kept((struct str){found.at, found.len - 1}, &kept));
	CHECK_STR(kept.who, STR("driver line-2"));
	leave();
}

TEST(systemd_s_journal_gets_the_priority_instead_of_the_time)
{
	char stream[64];
	struct stat status;
	enter();
	CHECK_INT(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_book_open();
	LOG(mission_ended);
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_book_open();
	LOG(mission_ended);
	unsetenv("JOURNAL_STREAM");
	struct str said = file("said");
	CHECK(str_starts(said, STR("<5>keeper: the mission has ended\n2")));
	leave();
}

TEST(files_are_put_aside_at_their_limit_and_the_oldest_goes)
{
	char path[64], last[64];
	enter();
	CHECK_INT(mkdir(LOG_BOOK_DIRECTORY, 0750), 0);
	for (int i = 0; i < LOG_BOOK_FILES_MAX + 2; i++) {
		log_book_close();
		CHECK_INT(truncate(LOG_BOOK_PATH, LOG_BOOK_FILE_BYTES_MAX - 1), i == 0 ? -1 : 0);
		LOG(core_ready, .size = i);
	}
	for (int i = 1; i < LOG_BOOK_FILES_MAX; i++) {
		snprintf(path, sizeof path, "%s.%d", LOG_BOOK_PATH, i);
		CHECK(size(path) > 0);
		CHECK(size(path) <= LOG_BOOK_FILE_BYTES_MAX);
	}
	snprintf(last, sizeof last, "%s.%d", LOG_BOOK_PATH, LOG_BOOK_FILES_MAX);
	CHECK_INT(size(last), -1);
	CHECK(size(LOG_BOOK_PATH) < 256);
	leave();
}

TEST(a_log_that_cannot_be_written_is_told_once_and_written_again_when_it_can)
{
	enter();
	int fd =
	    open(LOG_BOOK_DIRECTORY, O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* a file where the directory should be */
	CHECK(fd >= 0);
	close(fd);
	LOG(core_ready, .size = 1);
	LOG(core_ready, .size = 2);
	struct str said = file("said"), head, tail;
	CHECK(str_contains(said, STR("2 entries, ready")));
	CHECK(str_cut(said, 'l', &head, &tail) &&
	      str_contains(said, STR("the log cannot be written: log/chancery.log")));
	const char *first = strstr(said.at, "cannot be written");
	CHECK(first && !strstr(first + 1, "cannot be written"));
	unlink(LOG_BOOK_DIRECTORY);
	LOG(core_ready, .size = 3);
	CHECK(str_contains(file(LOG_BOOK_PATH), STR("\"size\":3")));
	leave();
}

TEST(a_reader_that_reads_nothing_holds_nobody_up)
{
	int ends[2];
	enter();
	CHECK_INT(pipe(ends), 0);
	CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
	for (int i = 0; i < 4000; i++)
		LOG(core_ready, .size = i);
	struct stat status;
	CHECK_INT(stat(LOG_BOOK_PATH, &status), 0);
	CHECK(status.st_size > 4000 * 64);
	close(ends[0]);
	close(ends[1]);
	leave();
}

TEST(the_newest_lines_are_remembered_for_crash_reports)
{
	static uint8_t memory[LOG_BOOK_RECENT * LOG_KEPT_BYTES_MAX];
	struct buf b = BUF(memory);
	char oldest[32];
	enter();
	for (int i = 0; i < LOG_BOOK_RECENT + 3; i++)
		LOG(core_ready, .size = 1000 + i);
	log_book_put_recent(&b);
	struct str rest = buf_str(&b), line;
	size_t n = 0;
	snprintf(oldest, sizeof oldest, "\"size\":%d}", 1003);
	while (str_cut(rest, '\n', &line, &rest))
		CHECK(n++ > 0 || str_ends(line, str_of(oldest)));
	CHECK_INT(n, LOG_BOOK_RECENT);
	leave();
}
