#include "cli/passkey_file.h"

#include "base/test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test in a directory of its own, which is the current one while it runs. */
static char directory[] = "/tmp/passkey-XXXXXX";

static void begin(void)
{
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
	bool there = mkdtemp(directory) && chdir(directory) == 0;
	ASSERT(there);
}

static void end(void)
{
	unlink("key");
	unlink("key.new");
	rmdir("key.new");
	bool gone = chdir("/") == 0 && rmdir(directory) == 0;
	ASSERT(gone);
}

static const struct assertion_asked forget = {
    .name = {"people.forget", 13}, .body = {"{\"person\":12}", 13}, .nonce = {"0123456789abcdef0123456789abcdef", 32}};

static void make(void)
{
	struct passkey_file p;
	struct error error = {0};
	CHECK_OK(passkey_file_make(&p, "key", STR("Duty laptop"), &error), &error);
	passkey_file_close(&p);
}

/* The counter of an assertion, when the core would take it after `before`; -1 when it would not. */
static int64_t taken(const struct passkey_file *p, const struct assertion *made, const struct assertion_asked *asked,
		     int64_t before)
{
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct assertion_asked known = *asked;
	int64_t counter = -1;
	known.key = (struct str){(const char *)p->point, sizeof p->point};
	known.counter = before;
	return assertion_check(made, &known, &arena, &counter) ? -1 : counter;
}

static int64_t assert_once(const char *path, struct error *error)
{
	struct passkey_file p;
	struct assertion made;
	int failed = passkey_file_open(&p, path, error);
	if (failed < 0)
		return failed;
	failed = passkey_file_assert(&p, &forget, &made, error);
	int64_t counter = failed < 0 ? failed : taken(&p, &made, &forget, (int64_t)p.counter - 1);
	passkey_file_close(&p);
	return counter;
}

TEST(the_core_takes_its_word_for_the_command_that_it_was_given_for_and_no_other)
{
	static const struct assertion_asked others[] = {{.name = {"people.forge", 12},
							 .body = {"{\"person\":12}", 13},
							 .nonce = {"0123456789abcdef0123456789abcdef", 32}},
							{.name = {"people.forget", 13},
							 .body = {"{\"person\":13}", 13},
							 .nonce = {"0123456789abcdef0123456789abcdef", 32}},
							{.name = {"people.forget", 13},
							 .body = {"{\"person\":12}", 13},
							 .nonce = {"1123456789abcdef0123456789abcdef", 32}}};
	struct passkey_file p;
	struct assertion made;
	struct error error = {0};
	begin();
	make();
	CHECK_OK(passkey_file_open(&p, "key", &error), &error);
	CHECK_STR(str_of(p.label), STR("Duty laptop"));
	CHECK_OK(passkey_file_assert(&p, &forget, &made, &error), &error);
	CHECK_INT(taken(&p, &made, &forget, 0), 1);
	CHECK_STR(made.credential, ((struct str){(const char *)p.credential, sizeof p.credential}));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK_INT(taken(&p, &made, &others[i], 0), -1);
	CHECK_INT(taken(&p, &made, &forget, 1), -1);
	passkey_file_close(&p);
	end();
}

TEST(it_counts_on_from_command_to_command)
{
	struct error error = {0};
	begin();
	make();
	for (int64_t i = 1; i <= 3; i++)
		CHECK_INT(assert_once("key", &error), i);
	end();
}

static int wait_for(pid_t child)
{
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(what_was_given_out_is_not_given_out_again_when_the_process_dies)
{
	struct error error = {0};
	begin();
	make();
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		if (child == 0) {
			struct passkey_file p;
			struct assertion made;
			_exit(passkey_file_open(&p, "key", &error) < 0 ||
			      passkey_file_assert(&p, &forget, &made, &error) < 0);
		}
		CHECK_INT(wait_for(child), 0);
	}
	CHECK_INT(assert_once("key", &error), 3);
	end();
}

TEST(a_second_command_waits_for_the_first)
{
	struct passkey_file p;
	struct assertion made;
	struct error error = {0};
	begin();
	make();
	CHECK_OK(passkey_file_open(&p, "key", &error), &error);
	pid_t child = fork();
	if (child == 0) {
		close(p.fd);
		_exit((int)assert_once("key", &error));
	}
	usleep(100 * 1000); /* it waits by now */
	CHECK_OK(passkey_file_assert(&p, &forget, &made, &error), &error);
	usleep(100 * 1000); /* also now, with another file under the name */
	CHECK_OK(passkey_file_assert(&p, &forget, &made, &error), &error);
	CHECK_INT(p.counter, 2);
	passkey_file_close(&p);
	CHECK_INT(wait_for(child), 3);
	end();
}

TEST(nothing_is_given_out_when_the_counter_cannot_be_kept)
{
	struct error error = {0};
	begin();
	make();
	CHECK_INT(mkdir("key.new", 0700), 0);
	CHECK_INT(assert_once("key", &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "counter cannot be kept") != NULL);
	CHECK_INT(rmdir("key.new"), 0);
	CHECK_INT(assert_once("key", &error), 1);
	end();
}

static void put_file(const char *text, size_t n, mode_t mode)
{
	int fd = open("key", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool written = fd >= 0 && write(fd, text, n) == (ssize_t)n && fchmod(fd, mode) == 0;
	ASSERT(written);
	close(fd);
}

static const char good[] =
    "chancery passkey 1\n"
    "label Duty laptop\n"
    "credential 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    "counter 4294967294\n"
    "point 046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a"
    "7c0f9e162bce33576b315ececbb6406837bf51f5\n"
    "key 0000000000000000000000000000000000000000000000000000000000000001\n";

TEST(it_counts_to_the_end_and_no_further)
{
	struct error error = {0};
	begin();
	put_file(good, sizeof good - 1, 0600);
	CHECK_INT(assert_once("key", &error), UINT32_MAX);
	CHECK_INT(assert_once("key", &error), ERROR_LIMIT);
	end();
}

TEST(a_file_that_others_may_read_is_refused)
{
	static const mode_t modes[] = {0604, 0602, 0640, 0620, 0601};
	struct passkey_file p;
	struct error error = {0};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		put_file(good, sizeof good - 1, modes[i]);
		CHECK_INT(passkey_file_open(&p, "key", &error), ERROR_INPUT);
		CHECK(strstr(error.what, "others may read") != NULL && strstr(error.remedy, "chmod 600") != NULL);
	}
	put_file(good, sizeof good - 1, 0600);
	if (geteuid() == 0 && chown("key", 1, 1) == 0) {
		CHECK_INT(passkey_file_open(&p, "key", &error), ERROR_INPUT);
		CHECK(strstr(error.what, "another user's") != NULL);
	}
	CHECK_INT(rename("key", "key.new"), 0);
	CHECK_INT(symlink("key.new", "key"), 0);
	CHECK_INT(passkey_file_open(&p, "key", &error), ERROR_SYSTEM);
	CHECK_INT(passkey_file_open(&p, ".", &error), ERROR_INPUT);
	CHECK_INT(passkey_file_open(&p, "none", &error), ERROR_SYSTEM);
	end();
}

TEST(it_is_made_for_its_owner_alone_and_never_over_another)
{
	struct passkey_file p;
	struct stat status;
	struct error error = {0};
	begin();
	mode_t before = umask(0);
	make();
	umask(before);
	CHECK_INT(stat("key", &status), 0);
	CHECK_INT(status.st_mode & 07777, 0600);
	CHECK_INT(assert_once("key", &error), 1);
	CHECK_INT(stat("key", &status), 0);
	CHECK_INT(status.st_mode & 07777, 0600);
	CHECK_INT(passkey_file_make(&p, "key", STR("Another"), &error), ERROR_SYSTEM);
	CHECK(strstr(error.remedy, "another file") != NULL);
	CHECK_INT(assert_once("key", &error), 2);
	end();
}

TEST(a_label_is_a_short_text_on_one_line)
{
	static const struct {
		const char *label;
		int made;
	} rows[] = {{"", ERROR_INPUT},
		    {"a\nkey 00", ERROR_INPUT},
		    {"a\tb", ERROR_INPUT},
		    {"\xff", ERROR_INPUT},
		    {"1234567890123456789012345678901234567890", 0},
		    {"12345678901234567890123456789012345678901", ERROR_INPUT}};
	struct passkey_file p;
	struct error error = {0};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(passkey_file_make(&p, "key", str_of(rows[i].label), &error), rows[i].made);
		if (rows[i].made == 0)
			passkey_file_close(&p);
	}
	end();
}

/* The good one with a line of it changed. */
static struct str changed(const char *old, const char *new)
{
	static char text[1024];
	const char *at = strstr(good, old);
	ASSERT(at);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
	return str_of(text);
}

TEST(each_line_of_the_file_is_read_strictly_and_named_when_it_is_wrong)
{
	static const struct {
		const char *old, *new;
		int line; /* 0: good */
	} rows[] = {{"passkey 1", "passkey 1", 0},
		    {"passkey 1", "passkey 2", 1},
		    {"passkey 1\n", "passkey 1\r\n", 1},
		    {"label Duty laptop", "label ", 2},
		    {"label Duty laptop\n", "", 2},
		    {"credential 00", "credential 0", 3},
		    {"1f\n", "1F\n", 3},
		    {"counter 4294967294", "counter 0", 0},
		    {"counter 4294967294", "counter 4294967296", 4},
		    {"counter 4294967294", "counter 01", 4},
		    {"counter 4294967294", "counter -1", 4},
		    {"point 04", "point 02", 6},
		    {"point 046b", "point 04", 5},
		    {"point 046b", "point 046a", 6},
		    {"0001\n", "0002\n", 6},
		    {"key 0", "key 00", 6},
		    {"0001\n", "0001", 6},
		    {"0001\n", "0000\n", 6},
		    {"0001\n", "0001\n\n", 6}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct passkey_file p;
		struct error error = {0};
		char said[32];
		int read = passkey_file_read(&p, changed(rows[i].old, rows[i].new), &error);
		CHECK_INT(read, rows[i].line ? ERROR_INPUT : 0);
		snprintf(said, sizeof said, "line %d of", rows[i].line);
		if (rows[i].line && !strstr(error.what, said))
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, error.what);
	}
}

TEST(what_was_read_is_written_as_it_was)
{
	struct passkey_file p;
	struct error error = {0};
	char text[PASSKEY_FILE_BYTES_MAX];
	struct buf b = BUF(text);
	CHECK_OK(passkey_file_read(&p, str_of(good), &error), &error);
	passkey_file_write(&b, &p);
	CHECK_STR(buf_str(&b), str_of(good));
}
