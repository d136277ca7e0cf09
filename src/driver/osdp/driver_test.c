#include "driver/osdp/driver.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/test.h"
#include "base/traffic.h"
#include "driver/osdp/fake_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The driver as a process of its own, a pseudo-terminal with one reader behind it, and we are the core. */

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

static void say(const char *text)
{
	traffic_put(NULL, "maybe CoreLine", str_of(text));
	CHECK_INT(write(rig.to, text, strlen(text)), (long long)strlen(text));
	CHECK_INT(write(rig.to, "\n", 1), 1);
}

static void say_config(const char *accepted, const char *reader_key, const char *device)
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

#define KEY "0f1e2d3c4b5a69788796a5b4c3d2e1f1"

/* An open master whose slave is kept open too, so that it exists before the driver has opened it. */
static void open_terminal(void)
{
	rig.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ASSERT(rig.terminal >= 0 && grantpt(rig.terminal) == 0 && unlockpt(rig.terminal) == 0);
	ASSERT(ptsname_r(rig.terminal, rig.device, sizeof rig.device) == 0);
}

static void start(void)
{
	int to[2], from[2];
	memset(&rig, 0, sizeof rig);
	signal(SIGPIPE, SIG_IGN);
	rig.fake = fake_new(0, key);
	open_terminal();
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

/* The exit code; 1000 and the signal when a signal ended it. */
static int end(void)
{
	int status;
	close(rig.to);
	ASSERT(waitpid(rig.pid, &status, 0) == rig.pid);
	close(rig.from);
	close(rig.terminal);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void hear_driver(void)
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
static void hear_line(void)
{
	uint8_t bytes[FRAME_BYTES_MAX], answer[FRAME_COMMAND_BYTES_MAX];
	ssize_t n = read(rig.terminal, bytes, sizeof bytes);
	size_t m = n > 0 ? fake_hear(&rig.fake, bytes, (size_t)n, answer) : 0;
	if (m > 0)
		ASSERT(write(rig.terminal, answer, m) == (ssize_t)m);
}

static void turn(int ms)
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

static void let_run(int64_t ms)
{
	for (int64_t end_us = clock_elapsed_us() + ms * 1000; clock_elapsed_us() < end_us;)
		turn(5);
}

/* Waits until the driver has said a line with both parts in it, and gives its index; SAID_MAX when it does
 * not. */
static size_t wait_for(size_t from, const char *part, const char *and_part)
{
	for (int64_t end_us = clock_elapsed_us() + WAIT_MS * 1000; clock_elapsed_us() < end_us; turn(5)) {
		for (size_t i = from; i < rig.n_said; i++) {
			if (strstr(rig.said[i], part) && strstr(rig.said[i], and_part))
				return i;
		}
	}
	return SAID_MAX;
}

static void show_card(void)
{
	static const uint8_t card[4] = {0xAB, 0xCD, 0xEF, 0x40};
	fake_card(&rig.fake, card, 26);
}

static void start_online(void)
{
	start();
	say_config("", KEY, rig.device);
	CHECK_INT(wait_for(0, "{\"hello\"", "\"next\":1"), 0);
	CHECK(wait_for(1, "doors.reader_tamper", "\"tamper\":false") < SAID_MAX);
}

TEST(the_driver_says_hello_and_reports_the_reader)
{
	start_online();
	CHECK(strstr(rig.said[0], "\"driver\":\"line-1\"") && strstr(rig.said[0], "\"kind\":\"osdp\""));
	CHECK(strstr(rig.said[1], "\"doors.reader_online\"") && strstr(rig.said[1], "\"sequence\":1"));
	CHECK(strstr(rig.said[1], "\"vendor\":\"0a0017\"") && strstr(rig.said[1], "\"firmware\":\"1.2.3\""));
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_card_is_reported_and_an_order_opens_the_door)
{
	start_online();
	show_card();
	size_t card = wait_for(0, "access.card_read", "\"sequence\":3");
	CHECK(card < SAID_MAX);
	CHECK(wait_for(card, "\"bits\":26", "\"card\":\"abcdef40\"") == card);
	CHECK(wait_for(card, "\"format\":\"wiegand\"", "\"reader\":3") == card);
	say("{\"ack\":{\"sequence\":3}}");
	say("{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":5000},\"entry\":812,\"event\":1,"
	    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}");
	size_t done = wait_for(card, "{\"done\"", "\"entry\":812");
	CHECK(wait_for(done, "\"event\":1", "\"sequence\":4") == done);
	const uint8_t out[] = {2, 5, 50, 0};
	CHECK(memcmp(rig.fake.out, out, sizeof out) == 0);
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_signal_is_given)
{
	start_online();
	say("{\"order\":{\"body\":{\"reader\":3,\"signal\":\"refused\"},\"entry\":7,\"event\":0,"
	    "\"name\":\"doors.Signalled\",\"not_after\":4000,\"now\":1000}}");
	CHECK(wait_for(0, "{\"done\"", "\"entry\":7") < SAID_MAX);
	CHECK_INT(rig.fake.led[5], 1);
	CHECK_INT(rig.fake.heard[FRAME_BUZ], 1);
	CHECK_INT(end(), EXIT_OK);
}

TEST(an_error_is_signalled_too)
{
	start_online();
	say("{\"order\":{\"entry\":7,\"event\":0,\"name\":\"doors.Signalled\",\"now\":1000,\"not_after\":4000,"
	    "\"answers\":2,\"body\":{\"reader\":3,\"signal\":\"error\"}}}");
	CHECK(wait_for(0, "{\"done\"", "\"entry\":7") < SAID_MAX);
	CHECK_INT(rig.fake.heard[FRAME_BUZ], 1);
	CHECK_INT(end(), EXIT_OK);
}

/* A driver that keeps nothing and has no desired state passes these over. */
TEST(lines_that_this_driver_has_no_use_for_stop_nothing)
{
	start_online();
	say("{\"begin\":{\"contract\":1,\"driver\":\"line-1\","
	    "\"key\":\"000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\"}}");
	say_config("\"table_key\":\"000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\",", KEY,
		   rig.device);
	say("{\"desired\":{\"entry\":3,\"event\":0,\"name\":\"doors.Released\",\"key\":\"reader:3\",\"body\":{\"door\":"
	    "1,"
	    "\"reader\":3,\"release\":1000}}}");
	say("{\"table\":{\"number\":1,\"part\":1,\"of\":1,\"data\":\"00\"}}");
	show_card();
	CHECK(wait_for(0, "access.card_read", "\"sequence\":3") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(the_same_order_twice_is_done_once)
{
	start_online();
	const char *order = "{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":1000},\"entry\":9,\"event\":2,"
			    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}";
	say(order);
	CHECK(wait_for(0, "{\"done\"", "\"entry\":9") < SAID_MAX);
	say(order);
	let_run(300);
	CHECK_INT(rig.fake.heard[FRAME_OUT], 1);
	CHECK_INT(end(), EXIT_OK);
}

TEST(orders_that_cannot_be_done_are_expired)
{
	const char *orders[] = {
	    /* too late */
	    "{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":1000},\"entry\":10,\"event\":0,"
	    "\"name\":\"doors.Released\",\"not_after\":1000,\"now\":1000}}",
	    /* a reader of another line */
	    "{\"order\":{\"body\":{\"door\":1,\"reader\":4,\"release\":1000},\"entry\":11,\"event\":0,"
	    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}",
	    /* an order of another driver */
	    "{\"order\":{\"body\":{},\"entry\":12,\"event\":0,\"name\":\"lights.Lit\",\"not_after\":4000,"
	    "\"now\":1000}}",
	    /* a body that is not one */
	    "{\"order\":{\"body\":{\"reader\":3},\"entry\":13,\"event\":0,\"name\":\"doors.Released\","
	    "\"not_after\":4000,\"now\":1000}}",
	};
	start_online();
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		char entry[32];
		snprintf(entry, sizeof entry, "\"entry\":%zu,", 10 + i);
		say(orders[i]);
		CHECK(wait_for(0, "{\"expired\"", entry) < SAID_MAX);
	}
	CHECK_INT(rig.fake.heard[FRAME_OUT], 0);
	CHECK_INT(end(), EXIT_OK);
}

TEST(what_is_not_acknowledged_is_sent_again_with_its_number)
{
	char accepted[128], boot[17];
	start_online();
	const char *said_boot = strstr(rig.said[0], "\"boot\":\"");
	CHECK(said_boot);
	snprintf(boot, sizeof boot, "%.16s", said_boot ? said_boot + 8 : "");
	size_t before = rig.n_said;
	snprintf(accepted, sizeof accepted, "\"accepted\":{\"boot\":\"%s\",\"sequence\":1},", boot);
	say_config(accepted, KEY, rig.device);
	CHECK_INT(wait_for(before, "{\"hello\"", "\"next\":2"), (long long)before);
	CHECK(wait_for(before, "doors.reader_tamper", "\"sequence\":2") < SAID_MAX);
	say("{\"ack\":{\"sequence\":2}}");
	before = rig.n_said;
	say_config("", KEY, rig.device);
	CHECK_INT(wait_for(before, "{\"hello\"", "\"next\":3"), (long long)before);
	let_run(200);
	CHECK_INT(rig.n_said, (long long)before + 1);
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_busy_core_gets_the_report_again)
{
	start_online();
	size_t before = rig.n_said;
	say("{\"busy\":{\"retry_ms\":100,\"sequence\":2}}");
	CHECK(wait_for(before, "doors.reader_tamper", "\"sequence\":2") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(lines_that_are_not_understood_stop_nothing)
{
	static char long_line[LINE_BYTES_MAX + 10];
	start_online();
	memset(long_line, 'x', sizeof long_line - 1);
	say(long_line);
	say("");
	say("{\"ack\":{\"sequence\":\"two\"}}");
	say("{\"dance\":{}}");
	say("not even JSON \xff");
	say("{\"bad\":{\"offset\":1,\"remedy\":\"none\",\"what\":\"an invented fault\"}}");
	show_card();
	CHECK(wait_for(0, "access.card_read", "\"sequence\":3") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(other_settings_end_the_driver_so_that_it_is_started_with_them)
{
	start_online();
	say_config("", "ffeeddccbbaa99887766554433221101", rig.device);
	int status;
	CHECK_INT(waitpid(rig.pid, &status, 0), rig.pid);
	CHECK_INT(status, 0);
	close(rig.to);
	close(rig.from);
	close(rig.terminal);
}

TEST(a_lost_line_is_reported_and_ends_the_driver)
{
	start_online();
	size_t before = rig.n_said;
	close(rig.terminal);
	rig.terminal = -1;
	CHECK(wait_for(before, "doors.reader_offline", "\"why\":\"line_lost\"") < SAID_MAX);
	CHECK_INT(end(), EXIT_DEVICE);
}

TEST(a_line_that_cannot_be_opened_and_settings_that_cannot_be_used_are_told_apart)
{
	start();
	say_config("", KEY, "run/lines/not-there");
	CHECK_INT(end(), EXIT_DEVICE);
	start();
	say_config("", "000102030405060708090a0b0c0d0e0f", rig.device);
	CHECK_INT(end(), EXIT_FAILED);
	start();
	say("{\"ack\":{\"sequence\":1}}");
	CHECK_INT(end(), EXIT_FAILED);
	start();
	CHECK_INT(end(), EXIT_OK);
}

TEST(the_running_driver_is_locked_in_and_says_that_it_lives)
{
	char path[64], status[8192];
	start_online();
	snprintf(path, sizeof path, "/proc/%d/status", (int)rig.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, status, sizeof status - 1);
	close(fd);
	CHECK(n > 0);
	status[n > 0 ? n : 0] = 0;
	CHECK(strstr(status, "Seccomp:\t2"));
	CHECK(strstr(status, "NoNewPrivs:\t1"));
	let_run(2300);
	CHECK(rig.heartbeats >= 1);
	CHECK_INT(end(), EXIT_OK);
}
