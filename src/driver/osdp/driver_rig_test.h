/* driver_rig_test.h: for tests only: the driver as a process of its own, a pseudo-terminal with one reader
 * behind it, and we are the core. */
#ifndef OSDP_DRIVER_RIG_TEST_H
#define OSDP_DRIVER_RIG_TEST_H

#include "base/clock.h"
#include "base/lines.h"
#include "base/test.h"
#include "base/traffic.h"
#include "driver/osdp/driver.h"
#include "driver/osdp/fake_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define KEY "0f1e2d3c4b5a69788796a5b4c3d2e1f1"

enum { SAID_MAX = 256, WAIT_MS = 3000 };

static const uint8_t key[16] = {0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78,
				0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf1};

static struct {
	pid_t pid;
	int to, from, terminal;
	char device[64];
	struct fake fake;
	struct lines_in in;
	uint8_t memory[LINES_MEMORY_MIN];
	size_t n_said;
	char said[SAID_MAX][512]; /* by the driver, heartbeats left out */
	unsigned heartbeats;
} rig;

static inline void say(const char *text)
{
	traffic_put(NULL, "maybe CoreLine", str_of(text));
	CHECK_INT(write(rig.to, text, strlen(text)), (long long)strlen(text));
	CHECK_INT(write(rig.to, "\n", 1), 1);
}

static inline void say_config(const char *accepted, const char *reader_key, const char *device)
{
	char line[512];
	snprintf(line, sizeof line,
		 "{\"config\":{\"contract\":1,\"driver\":\"line-1\",%s\"now\":0,\"answer\":1500,"
		 "\"settings\":{\"baud\":115200,"
		 "\"device\":\"%s\","
		 "\"readers\":[{\"address\":0,\"key\":\"%s\",\"output\":2,\"reader\":3}]}}}",
		 accepted, device, reader_key);
	say(line);
}

/* An open master whose slave is kept open too, so that it exists before the driver has opened it. */
static inline void open_terminal(void)
{
	rig.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ASSERT(rig.terminal >= 0 && grantpt(rig.terminal) == 0 && unlockpt(rig.terminal) == 0);
	ASSERT(ptsname_r(rig.terminal, rig.device, sizeof rig.device) == 0);
}

/* The process alone; the reader and its terminal stay as they are. */
static inline void start_process(void)
{
	int to[2], from[2];
	signal(SIGPIPE, SIG_IGN);
	rig.n_said = 0;
	ASSERT(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
	fflush(stdout);
	rig.pid = fork();
	ASSERT(rig.pid >= 0);
	if (rig.pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		_exit(driver_osdp_main());
	}
	close(to[0]);
	close(from[1]);
	rig.to = to[1];
	rig.from = from[0];
	fcntl(rig.from, F_SETFL, O_NONBLOCK);
	lines_in_init(&rig.in, rig.from, rig.memory, sizeof rig.memory);
}

static inline void start(void)
{
	memset(&rig, 0, sizeof rig);
	rig.fake = fake_new(0, key);
	open_terminal();
	start_process();
}

/* The exit code; 1000 and the signal when a signal ended it. */
static inline int end(void)
{
	int status;
	close(rig.to);
	ASSERT(waitpid(rig.pid, &status, 0) == rig.pid);
	close(rig.from);
	close(rig.terminal);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline void hear_driver(void)
{
	struct str line;
	lines_in_fill(&rig.in, NULL);
	while (lines_in_next(&rig.in, &line) == LINES_LINE) {
		traffic_put(NULL, "DriverLine", line);
		if (str_starts(line, STR("{\"heartbeat\""))) {
			rig.heartbeats++;
			continue;
		}
		ASSERT(rig.n_said < SAID_MAX);
		snprintf(rig.said[rig.n_said++], sizeof rig.said[0], STR_FMT, STR_ARG(line));
	}
}

/* The reader answers whole commands as they come. */
static inline void hear_line(void)
{
	uint8_t bytes[FRAME_BYTES_MAX], answer[FRAME_COMMAND_BYTES_MAX];
	ssize_t n = read(rig.terminal, bytes, sizeof bytes);
	size_t m = n > 0 ? fake_hear(&rig.fake, bytes, (size_t)n, answer) : 0;
	if (m > 0)
		ASSERT(write(rig.terminal, answer, m) == (ssize_t)m);
}

static inline void turn(int ms)
{
	struct pollfd fds[2] = {{.fd = rig.from, .events = POLLIN}, {.fd = rig.terminal, .events = POLLIN}};
	poll(fds, 2, ms);
	if (fds[0].revents)
		hear_driver();
	if (fds[1].revents & POLLIN)
		hear_line();
	else if (fds[1].revents)
		poll(NULL, 0, 1); /* the driver has not opened the line yet */
}

static inline void let_run(int64_t ms)
{
	for (int64_t end_us = clock_elapsed_us() + ms * 1000; clock_elapsed_us() < end_us;)
		turn(5);
}

/* Waits until the driver has said a line with both parts in it, and gives its index; SAID_MAX when it does
 * not. */
static inline size_t wait_for(size_t from, const char *part, const char *and_part)
{
	for (int64_t end_us = clock_elapsed_us() + WAIT_MS * 1000; clock_elapsed_us() < end_us; turn(5)) {
		for (size_t i = from; i < rig.n_said; i++) {
			if (strstr(rig.said[i], part) && strstr(rig.said[i], and_part))
				return i;
		}
	}
	return SAID_MAX;
}

static inline void show_card(void)
{
	static const uint8_t card[4] = {0xAB, 0xCD, 0xEF, 0x40};
	fake_card(&rig.fake, card, 26);
}

static inline void start_online(void)
{
	start();
	say_config("", KEY, rig.device);
	CHECK_INT(wait_for(0, "{\"hello\"", "\"next\":1"), 0);
	CHECK(wait_for(1, "doors.reader_tamper", "\"tamper\":false") < SAID_MAX);
}

#endif
