/* The test is the driver: it opens the line as a driver does, and the clock is its own. */
#include "base/test.h"
#include "world/line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SECOND_US = 1000000,
	CARRIED_MS = 50, /* in that time the kernel has carried all bytes to the other end */
};

static struct line line;
static struct reader readers[2];
static struct error error;
static char directory[] = "/tmp/chancery-line-XXXXXX", path[64];
static int driver = -1;
static int64_t now_us;

static void nonce(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	memset(bytes, 0xa0, n);
}

static void make_directory(void)
{
	if (path[0])
		return;
	bool made = mkdtemp(directory) != NULL;
	ASSERT(made);
	snprintf(path, sizeof(path), "%s/line-1", directory);
}

static void come_again(void)
{
	if (driver >= 0)
		close(driver);
	driver = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CHECK(driver >= 0);
}

static void begin(uint32_t baud)
{
	make_directory();
	now_us = 100 * SECOND_US;
	CHECK_OK(line_open(&line, path, baud, &error), &error);
	for (uint8_t i = 0; i < ARRAY_LEN(readers); i++) {
		struct reader_config config = {.address = i, .nonce = nonce};
		reader_init(&readers[i], &config);
		line_add(&line, &readers[i]);
	}
	come_again();
}

static void end(void)
{
	close(driver);
	driver = -1;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		reader_release(&readers[i]);
	line_close(&line);
	unlink(path);
	rmdir(directory);
	bool made = mkdir(directory, 0700) == 0;
	ASSERT(made);
}

__attribute__((destructor)) static void remove_directory(void)
{
	rmdir(directory);
}

/* A POLL, always of sequence 0: it begins a session, and is answered with an ACK. */
static size_t poll_frame(uint8_t address, uint8_t *out)
{
	struct reader_frame_parts parts = {.address = address, .crc = true, .code = READER_POLL};
	return reader_frame_close(out, reader_frame_write(&parts, out), true);
}

static bool comes(int fd)
{
	struct pollfd waits = {.fd = fd, .events = POLLIN};
	return poll(&waits, 1, CARRIED_MS) > 0;
}

static void hear_all(void)
{
	while (comes(line.master))
		CHECK_OK(line_hear(&line, now_us, &error), &error);
}

static size_t ask(uint8_t address)
{
	uint8_t bytes[READER_FRAME_BYTES_MAX];
	size_t n = poll_frame(address, bytes);
	CHECK_INT(write(driver, bytes, n), n);
	hear_all();
	return n;
}

/* The addresses of all that came, as digits: "01" when reader 0 answered, then reader 1. */
static struct str heard(void)
{
	static uint8_t bytes[4096];
	static char digits[64];
	struct buf out = BUF(digits);
	size_t n = 0;
	while (comes(driver)) {
		ssize_t got = read(driver, bytes + n, sizeof(bytes) - n);
		ASSERT(got > 0);
		n += (size_t)got;
	}
	for (size_t at = 0; at < n;) {
		struct reader_frame f;
		at += reader_frame_find(bytes + at, n - at, &f);
		if (!f.len)
			break;
		CHECK(f.well_formed && f.code == READER_ACK);
		buf_put_u64(&out, f.address & 0x7f);
	}
	return buf_str(&out);
}

TEST(the_reader_that_is_meant_answers_through_the_symlink)
{
	begin(0);
	ask(1);
	CHECK_INT(line_due_us(&line), now_us);
	line_send(&line, now_us);
	CHECK_STR(heard(), STR("1"));
	CHECK_INT(line_due_us(&line), INT64_MAX);
	CHECK_INT(line.frames, 1);
	ask(5);
	CHECK_INT(line_due_us(&line), INT64_MAX);
	end();
}

TEST(bytes_take_the_time_that_they_need_at_the_lines_speed)
{
	begin(9600);
	size_t command = ask(0), answer = line.answers[0].len;
	int64_t wire = (int64_t)(command + answer + LINE_GAP_BYTES) * LINE_BITS_A_BYTE * SECOND_US / 9600;
	CHECK_INT(line_due_us(&line) - now_us, wire + LINE_THINK_US);
	line_send(&line, now_us + wire + LINE_THINK_US - 1);
	CHECK_STR(heard(), STR(""));
	line_send(&line, now_us + wire + LINE_THINK_US);
	CHECK_STR(heard(), STR("0"));
	end();
}

TEST(a_late_answer_is_due_later)
{
	begin(0);
	readers[0].fault = (struct reader_fault){READER_FAULT_late, 1};
	ask(0);
	CHECK_INT(line_due_us(&line) - now_us, READER_FAULT_LATE_MS * 1000);
	end();
}

TEST(a_frame_may_come_in_pieces)
{
	begin(0);
	uint8_t bytes[READER_FRAME_BYTES_MAX];
	size_t n = poll_frame(0, bytes);
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(line_due_us(&line), INT64_MAX);
		CHECK_INT(write(driver, bytes + i, 1), 1);
		hear_all();
	}
	line_send(&line, now_us);
	CHECK_STR(heard(), STR("0"));
	end();
}

TEST(answers_that_nobody_waited_for_are_lost_and_no_more_than_those)
{
	begin(0);
	for (int i = 0; i < LINE_ANSWERS_MAX + 3; i++)
		ask(0);
	CHECK_INT(line.frames, LINE_ANSWERS_MAX);
	line_send(&line, now_us);
	CHECK_STR(heard(), STR("00000000"));
	ask(0);
	line_send(&line, now_us);
	CHECK_STR(heard(), STR("0"));
	end();
}

TEST(a_driver_that_comes_again_finds_the_same_line)
{
	begin(0);
	ask(0);
	CHECK_INT(ioctl(driver, TIOCEXCL), 0);
	close(driver);
	driver = -1;
	line_send(&line, now_us); /* into nowhere */
	CHECK_OK(line_hear(&line, now_us, &error), &error);
	line_tick(&line, now_us);
	come_again();
	int taken = 1;
	CHECK_INT(ioctl(driver, TIOCGEXCL, &taken), 0);
	CHECK_INT(taken, 0);
	ask(1);
	line_send(&line, now_us);
	struct str all = heard(); /* what went into nowhere may have stayed on the line */
	CHECK(str_ends(all, STR("1")));
	end();
}

TEST(nothing_waits_for_a_driver_that_does_not_read)
{
	begin(0);
	uint8_t noise[1024] = {0};
	for (int i = 0; i < 1000; i++)
		line_noise(&line, noise, sizeof(noise));
	CHECK_OK(line_hear(&line, now_us, &error), &error);
	end();
}

TEST(noise_reaches_the_driver_as_it_is)
{
	begin(0);
	uint8_t noise[] = {0x53, 0x00, 0x11, 0x13, 0x03, 0x04, 0x0a, 0x0d, 0xff}, got[32];
	line_noise(&line, noise, sizeof(noise));
	CHECK(comes(driver));
	CHECK_INT(read(driver, got, sizeof(got)), sizeof(noise));
	CHECK(memcmp(got, noise, sizeof(noise)) == 0);
	end();
}

TEST(a_tick_lets_the_readers_forget_a_session)
{
	begin(0);
	ask(0);
	CHECK(readers[0].in_session);
	line_tick(&line, now_us + READER_SESSION_MS * 1000 - 1000);
	CHECK(readers[0].in_session);
	line_tick(&line, now_us + READER_SESSION_MS * 1000);
	CHECK(!readers[0].in_session);
	end();
}

TEST(an_old_symlink_gives_way_and_a_file_does_not)
{
	make_directory();
	CHECK_INT(symlink("/nowhere", path), 0);
	begin(0);
	end();
	int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(file >= 0);
	close(file);
	CHECK_INT(line_open(&line, path, 0, &error), ERROR_SYSTEM);
	CHECK(error.remedy[0]);
	CHECK(line.master < 0 && line.slave < 0);
	struct stat still;
	CHECK(lstat(path, &still) == 0 && S_ISREG(still.st_mode));
	unlink(path);
}

TEST(a_directory_that_is_not_there_is_an_error)
{
	CHECK_INT(line_open(&line, "/nowhere/line-1", 0, &error), ERROR_SYSTEM);
	CHECK(line.master < 0 && line.slave < 0);
}
