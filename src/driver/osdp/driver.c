#include "driver/osdp/driver.h"
#include "base/clock.h"
#include "base/log.h"
#include "driver/kit/process.h"
#include "driver/osdp/contract.h"
#include "driver/osdp/porter.h"
#include "driver/osdp/tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	FAREWELL_US = 500 * 1000, /* to hand over the last reports when the line is lost, or the keeper asked to end */
	LAST_ANSWER_US = 100 * 1000, /* what a reader is answering when the keeper asks to end has come by then */
	HEALTH_US = 60 * 1000 * 1000,
	ARENA_BYTES = 256 * 1024,
	DEVICE_PATH_MAX = 256,
	TIMER_SLACK_NS = 1000,
	/* Without a spool: how many reports wait before no cards are asked for, and before the line stands still. Polls are lost then, no reports. */
	QUIET_REPORTS = 1000,
	STILL_REPORTS = 1500,
};

/* A kind of telemetry record behind what passed on the line (panel.h, enum panel_seen): a sample of the line's
 * health, as text. */
enum { RECORD_HEALTH = PANEL_NOISE + 1 };

/* One process, one driver: all its memory stands here. */
static struct {
	struct process process;
	struct panel panel;
	struct porter porter;
	int line;
	int64_t health_us;
	bool still;	   /* so many reports wait that the line stands still */
	int64_t leaves_us; /* the keeper asked to end: when that was; 0: it did not */
	_Alignas(16) uint8_t arena_memory[ARENA_BYTES];
} driver;

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int number)
{
	asked_to_end = number;
}

/* The signal comes only while we wait (wait_for), so that it is never missed between a look and a wait. */
static void catch_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = ask_to_end}, NULL);
}

static void entropy(uint8_t *bytes, size_t n)
{
	ASSERT(getrandom(bytes, n, 0) == (ssize_t)n);
}

static void witness(enum panel_seen seen, const uint8_t *bytes, size_t n, int64_t now_us)
{
	kit_remember(&driver.process.kit, (uint16_t)seen, (struct str){(const char *)bytes, n}, now_us);
}

/* How much waits decides how much is asked: with a spool there is always room, or what is too much is dropped
 * and counted. */
static void watch_backlog(void)
{
	size_t waiting = driver.process.kit.spools ? 0 : outbox_waiting(&driver.process.kit.outbox);
	bool quiet = waiting >= QUIET_REPORTS, still = waiting >= STILL_REPORTS;
	if (quiet && !driver.panel.quiet)
		LOG(backlog_quiet, .reports = (int64_t)waiting);
	if (still && !driver.still)
		LOG(backlog_still, .reports = (int64_t)waiting);
	driver.panel.quiet = quiet;
	driver.still = still;
}

static void sample_health(int64_t now_us)
{
	char text[160];
	size_t online = 0;
	if (now_us < driver.health_us)
		return;
	driver.health_us = now_us + HEALTH_US;
	for (size_t i = 0; i < driver.panel.n_readers; i++)
		online += driver.panel.readers[i].state == PD_ONLINE;
	snprintf(text, sizeof text, "readers %zu online %zu frames %llu refused %llu waiting %zu",
		 driver.panel.n_readers, online, (unsigned long long)driver.panel.frames,
		 (unsigned long long)panel_refused(&driver.panel), outbox_waiting(&driver.process.kit.outbox));
	kit_remember(&driver.process.kit, RECORD_HEALTH, str_of(text), now_us);
}

/* The line of readers. False when it is gone. A command that the device takes only in part is lost, and will
 * be sent again. */
static bool write_line(void)
{
	size_t n = driver.panel.out_len;
	driver.panel.out_len = 0;
	return n == 0 || write(driver.line, driver.panel.out, n) >= 0 || errno == EAGAIN || errno == EINTR;
}

static bool read_line(void)
{
	uint8_t bytes[FRAME_BYTES_MAX];
	ssize_t n = read(driver.line, bytes, sizeof bytes);
	if (n > 0)
		panel_bytes(&driver.panel, bytes, (size_t)n, clock_elapsed_us());
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* False: it is time to go. */
static bool take_lines(int64_t now_us)
{
	struct kit_said said;
	process_fill(&driver.process);
	while (process_next(&driver.process, now_us, &said)) {
		if (said.kind == KIT_LEAVE)
			return false;
		porter_take(&driver.porter, &said, now_us);
	}
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum { FROM_CORE, FROM_LINE, TO_CORE, DESCRIPTORS };

/* Waits for bytes or until next_us. */
static void wait_for(struct pollfd fds[DESCRIPTORS], int64_t next_us)
{
	fds[FROM_CORE] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	fds[FROM_LINE] = (struct pollfd){.fd = driver.line, .events = POLLIN};
	fds[TO_CORE] = (struct pollfd){.fd = process_waits(&driver.process) ? STDOUT_FILENO : -1, .events = POLLOUT};
	int64_t us = next_us - clock_elapsed_us();
	us = us > 0 ? us : 0;
	struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	sigset_t none;
	sigemptyset(&none);
	int ready = ppoll(fds, DESCRIPTORS, &wait, &none);
	ASSERT(ready >= 0 || errno == EINTR);
	for (size_t i = 0; ready <= 0 && i < DESCRIPTORS; i++)
		fds[i].revents = 0;
}

/* What is due now, in the order that counts: cards, so that what is decided goes out at once; the line; the
 * core; the disk. Returns when it is due again. Ticking can bring notices, of time alone. */
static int64_t do_due(bool *ret_core, bool *ret_line)
{
	int64_t now_us = clock_elapsed_us();
	struct kit *kit = &driver.process.kit;
	porter_due(&driver.porter, now_us);
	int64_t next_us = driver.still || driver.leaves_us ? PD_NEVER_US : panel_tick(&driver.panel, now_us);
	*ret_line = write_line();
	next_us = earlier(next_us, porter_due(&driver.porter, now_us));
	kit->frames = driver.panel.frames;
	kit->refused = panel_refused(&driver.panel);
	sample_health(now_us);
	next_us = earlier(next_us, kit_due(kit, now_us));
	*ret_core = process_flush(&driver.process);
	watch_backlog();
	return earlier(next_us, driver.health_us);
}

/* The last reports, if the core takes them in time; with a spool they wait. */
static int leave_line(void)
{
	int64_t end_us = clock_elapsed_us() + FAREWELL_US;
	LOG(line_lost);
	panel_line_lost(&driver.panel, clock_elapsed_us());
	porter_due(&driver.porter, clock_elapsed_us());
	kit_due(&driver.process.kit, clock_elapsed_us());
	while (process_flush(&driver.process) && process_waits(&driver.process) && clock_elapsed_us() < end_us) {
		struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
		poll(&out, 1, FAREWELL_US / 1000);
	}
	return EXIT_DEVICE;
}

/* Asked to end, a driver asks its readers for nothing more, but hears what they are answering, and waits until the core has it. */
static bool has_left(int64_t now_us)
{
	if (asked_to_end && driver.leaves_us == 0)
		driver.leaves_us = now_us;
	if (driver.leaves_us == 0)
		return false;
	int64_t since_us = now_us - driver.leaves_us;
	return since_us > FAREWELL_US || (since_us > LAST_ANSWER_US && outbox_waiting(&driver.process.kit.outbox) == 0);
}

static int run(void)
{
	/* What came together with the first line waits already, and nothing would wake us for it. */
	if (!take_lines(clock_elapsed_us()))
		return EXIT_OK;
	for (;;) {
		struct pollfd fds[DESCRIPTORS];
		bool core, line;
		int64_t next_us = do_due(&core, &line);
		if (has_left(clock_elapsed_us()))
			return EXIT_OK;
		if (driver.leaves_us)
			next_us = earlier(next_us, clock_elapsed_us() + LAST_ANSWER_US / 4);
		if (!core)
			return EXIT_OK;
		if (!line)
			return leave_line();
		wait_for(fds, next_us);
		if (fds[FROM_LINE].revents && !read_line())
			return leave_line();
		if (fds[FROM_CORE].revents && !take_lines(clock_elapsed_us())) {
			process_flush(&driver.process);
			return EXIT_OK;
		}
	}
}

/* Starting */

static int add_readers(const struct contract_settings *settings, struct error *error)
{
	panel_init(&driver.panel, (uint32_t)settings->baud, entropy);
	driver.panel.witness = witness;
	for (size_t i = 0; i < settings->n_readers; i++) {
		int code = panel_add(&driver.panel, &settings->readers[i], clock_elapsed_us(), error);
		if (code < 0)
			return code;
	}
	return 0;
}

static int open_line(const struct contract_settings *settings, struct error *error)
{
	char path[DEVICE_PATH_MAX];
	snprintf(path, sizeof path, STR_FMT, STR_ARG(settings->device));
	driver.line = tty_open(path, settings->baud, error);
	if (driver.line >= 0)
		LOG(line_opened, .baud = settings->baud, .readers = (int64_t)settings->n_readers);
	return driver.line < 0 ? driver.line : 0;
}

/* Settings hold the readers' keys: what is done with is wiped. ret_exit: what the process ends with should it fail. */
static int use_settings(struct str json, int *ret_exit, struct error *error)
{
	struct arena arena = arena_over(driver.arena_memory, sizeof driver.arena_memory);
	struct contract_settings *settings = ARENA_TAKE(&arena, struct contract_settings, 1);
	int code = contract_read_settings(json, &arena, settings, error);
	*ret_exit = EXIT_FAILED;
	if (code == 0)
		code = add_readers(settings, error);
	if (code == 0) {
		*ret_exit = EXIT_DEVICE;
		code = open_line(settings, error);
	}
	process_settings_used(&driver.process);
	seal_wipe(driver.arena_memory, sizeof driver.arena_memory);
	if (code < 0)
		panel_release(&driver.panel);
	return code;
}

/* What was kept may be of no use any more: the port has another name, the key was changed. Then the core's word
 * is waited for a moment. */
static int set_up(int *ret_exit, struct error *error)
{
	struct str settings;
	*ret_exit = EXIT_FAILED;
	int code = secure_load(error);
	if (code == 0)
		code = process_start(&driver.process, STR("osdp"), &settings, error);
	if (code == ERROR_GONE)
		*ret_exit = EXIT_OK;
	if (code < 0)
		return code;
	code = use_settings(settings, ret_exit, error);
	if (code < 0 && driver.process.kept) {
		error_print(error);
		struct error none;
		if (process_other_settings(&driver.process, &settings, &none) == 0)
			code = use_settings(settings, ret_exit, error);
	}
	return code < 0 ? code : process_enter(&driver.process, &driver.line, 1, error);
}

int driver_osdp_main(void)
{
	struct error error = {0};
	int exit_code;
	driver.line = -1;
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	if (set_up(&exit_code, &error) < 0) {
		if (exit_code != EXIT_OK)
			error_print(&error);
		return exit_code;
	}
	porter_init(&driver.porter, &driver.process.kit, &driver.panel, clock_elapsed_us());
	driver.health_us = clock_elapsed_us() + HEALTH_US;
	catch_signals();
	exit_code = run();
	kit_close(&driver.process.kit, clock_elapsed_us());
	panel_release(&driver.panel);
	return exit_code;
}
