#include "driver/osdp/driver.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "driver/osdp/contract.h"
#include "driver/osdp/outbox.h"
#include "driver/osdp/panel.h"
#include "driver/osdp/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	HEARTBEAT_US = 2 * 1000 * 1000,
	FAREWELL_US = 500 * 1000, /* to hand over the last reports when the line is lost, or the keeper asked to end */
	LAST_ANSWER_US = 100 * 1000, /* what a reader is answering when the keeper asks to end has come by then */
	ORDERS_REMEMBERED = 1024,
	ARENA_BYTES = 256 * 1024,
	DEVICE_PATH_MAX = 256,
	IN_BYTES = 2 * LINES_MEMORY_MIN,
	OUT_BYTES = 4 * LINES_MEMORY_MIN,
	TIMER_SLACK_NS = 1000,
	SETTINGS_HASH_BYTES = 32,
};

/* One process, one driver: all its memory stands here. */
static struct {
	char name_text[CONTRACT_NAME_MAX + 1];
	struct str name;
	uint8_t boot[CONTRACT_BOOT_BYTES];
	uint8_t settings_hash[SETTINGS_HASH_BYTES]; /* to know other ones; they hold keys, so they are not kept */
	int line;
	int64_t heartbeat_us;
	bool still;	   /* so many reports wait that the line stands still */
	int64_t leaves_us; /* the keeper asked to end: when that was; 0: it did not */
	struct panel panel;
	struct outbox outbox;
	struct lines_in in;
	struct lines_out out;
	size_t n_orders; /* ever taken; the newest are remembered */
	struct notice_order orders[ORDERS_REMEMBERED];
	uint8_t in_memory[IN_BYTES], out_memory[OUT_BYTES], arena_memory[ARENA_BYTES];
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

static struct arena fresh_arena(void)
{
	return arena_over(driver.arena_memory, sizeof driver.arena_memory);
}

/* To the core. A line that finds no room is made again later: hello and reports are kept elsewhere, and a
 * heartbeat is overtaken by the next. */
static bool send_notice(const struct notice *notice, int64_t sequence, int64_t now_us)
{
	struct buf line = lines_out_begin(&driver.out);
	contract_write_notice(&line, sequence, (now_us - notice->at_us) / 1000, notice);
	return lines_out_end(&driver.out, &line, NULL) == 0;
}

static void send_reports(int64_t now_us)
{
	int64_t sequence;
	for (const struct notice *notice; (notice = outbox_next(&driver.outbox, now_us, &sequence)) != NULL;) {
		if (!send_notice(notice, sequence, now_us))
			return;
		outbox_sent(&driver.outbox);
	}
}

static void send_hello(void)
{
	struct buf line = lines_out_begin(&driver.out);
	contract_write_hello(&line, driver.name, driver.boot, driver.outbox.first);
	if (lines_out_end(&driver.out, &line, NULL) < 0)
		LOG(core_not_reading);
}

static void send_heartbeat(int64_t now_us)
{
	if (now_us < driver.heartbeat_us)
		return;
	driver.heartbeat_us = now_us + HEARTBEAT_US;
	struct buf line = lines_out_begin(&driver.out);
	contract_write_heartbeat(&line, driver.panel.frames, panel_refused(&driver.panel));
	lines_out_end(&driver.out, &line, NULL);
}

/* How much waits decides how much is asked. */
static void watch_backlog(void)
{
	bool quiet = driver.outbox.n >= OUTBOX_QUIET, still = driver.outbox.n >= OUTBOX_STILL;
	if (quiet && !driver.panel.quiet)
		LOG(backlog_quiet, .reports = (int64_t)driver.outbox.n);
	if (still && !driver.still)
		LOG(backlog_still, .reports = (int64_t)driver.outbox.n);
	driver.panel.quiet = quiet;
	driver.still = still;
}

static void take_events(void)
{
	struct notice notice;
	while (notice_take(&driver.panel.notices, &notice))
		outbox_put(&driver.outbox, &notice);
	watch_backlog();
}

/* Orders. */
static bool is_known_order(const struct notice_order *id)
{
	size_t n = driver.n_orders < ORDERS_REMEMBERED ? driver.n_orders : ORDERS_REMEMBERED;
	for (size_t i = 0; i < n; i++) {
		if (driver.orders[i].entry == id->entry && driver.orders[i].event == id->event)
			return true;
	}
	return false;
}

static void expire(const struct notice_order *id, uint64_t reader, int64_t now_us)
{
	struct notice notice = {.kind = NOTICE_EXPIRED, .reader = reader, .at_us = now_us, .order = *id};
	outbox_put(&driver.outbox, &notice);
}

/* The core's own clock says how much time is left; ours only counts it down. */
static void take_order(const struct contract_order *line, int64_t now_us)
{
	struct arena arena = fresh_arena();
	struct pd_order order = {0};
	struct error error;
	uint64_t reader = 0;
	if (is_known_order(&line->id))
		return;
	driver.orders[driver.n_orders++ % ORDERS_REMEMBERED] = line->id;
	int64_t left_ms = line->not_after_ms - line->now_ms;
	if (contract_read_order(line, &arena, &reader, &order, &error) < 0) {
		LOG(line_not_read, .why = &error);
		expire(&line->id, reader, now_us);
		return;
	}
	order.name = line->id;
	order.until_us = now_us + left_ms * 1000;
	if (left_ms > 0 && panel_order(&driver.panel, reader, &order, now_us))
		return;
	LOG(order_not_done, .entry = (int64_t)line->id.entry, .event = line->id.event, .reader = (int64_t)reader);
	expire(&line->id, reader, now_us);
}

/* Settings hold the readers' keys: what is done with is wiped. */
static void hash_settings(struct str settings, uint8_t ret_hash[SETTINGS_HASH_BYTES])
{
	size_t n = SETTINGS_HASH_BYTES;
	ASSERT(EVP_Q_digest(NULL, "SHA256", NULL, settings.at, settings.len, ret_hash, &n) == 1);
}

static void wipe(struct str text)
{
	OPENSSL_cleanse((char *)(uintptr_t)text.at, text.len);
	OPENSSL_cleanse(driver.arena_memory, sizeof driver.arena_memory);
}

/* The core was started again. False when it wants other settings: the keeper starts us again with them. */
static bool take_config(const struct contract_config *config)
{
	uint8_t hash[SETTINGS_HASH_BYTES];
	hash_settings(config->settings, hash);
	wipe(config->settings);
	if (memcmp(hash, driver.settings_hash, sizeof hash) != 0)
		return false;
	if (config->has_accepted && memcmp(config->boot, driver.boot, sizeof driver.boot) == 0)
		outbox_ack(&driver.outbox, config->accepted);
	send_hello();
	outbox_again(&driver.outbox);
	return true;
}

/* One line of the core. False: it is time to go. */
static bool take_line(struct str text, int64_t now_us)
{
	struct arena arena = fresh_arena();
	struct contract_line line;
	struct error error;
	if (text.len == 0)
		return true;
	if (contract_read(text, &arena, &line, &error) < 0) {
		LOG(line_not_read, .why = &error);
		return true;
	}
	switch (line.kind) {
	case CONTRACT_CONFIG:
		return take_config(&line.config);
	case CONTRACT_ORDER:
		take_order(&line.order, now_us);
		break;
	case CONTRACT_ACK:
		outbox_ack(&driver.outbox, line.sequence);
		break;
	case CONTRACT_REFUSED:
		outbox_refused(&driver.outbox, line.sequence);
		break;
	case CONTRACT_BUSY:
		outbox_busy(&driver.outbox, line.sequence, now_us + line.retry_ms * 1000);
		break;
	case CONTRACT_SKIPPED:
		break;
	case CONTRACT_BAD:
		error_set(&error, ERROR_INPUT, STR_FMT, STR_ARG(line.bad));
		LOG(line_not_taken, .why = &error);
		break;
	}
	return true;
}

static void log_too_long(void)
{
	struct error error;
	error_set(&error, ERROR_LIMIT, "it is longer than a line may be");
	LOG(line_not_read, .why = &error);
}

/* Reads once and takes every whole line. False: the core closed the input, or it is time to go. */
static bool take_lines(int64_t now_us)
{
	struct str line;
	bool open = lines_in_fill(&driver.in, NULL) >= 0, stay = true;
	for (enum lines_found found; stay && (found = lines_in_next(&driver.in, &line)) != LINES_NONE;) {
		if (found == LINES_LINE)
			stay = take_line(line, now_us);
		else
			log_too_long();
	}
	watch_backlog();
	return open && stay;
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
	fds[TO_CORE] = (struct pollfd){.fd = lines_out_waiting(&driver.out) ? STDOUT_FILENO : -1, .events = POLLOUT};
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

/* What is due now, in the order that counts: the line first, then the core. Returns when it is due again. */
static int64_t do_due(bool *ret_core, bool *ret_line)
{
	int64_t now_us = clock_elapsed_us();
	int64_t next_us = driver.still || driver.leaves_us ? PD_NEVER_US : panel_tick(&driver.panel, now_us);
	*ret_line = write_line();
	take_events();
	send_reports(now_us);
	send_heartbeat(now_us);
	*ret_core = lines_out_flush(&driver.out, NULL) >= 0;
	if (driver.outbox.hold_until_us > now_us)
		next_us = earlier(next_us, driver.outbox.hold_until_us);
	return earlier(next_us, driver.heartbeat_us);
}

/* The last reports, if the core takes them in time. They are not kept: the next process says how things are.
 */
static int leave_line(void)
{
	int64_t end_us = clock_elapsed_us() + FAREWELL_US;
	LOG(line_lost);
	panel_line_lost(&driver.panel, clock_elapsed_us());
	take_events();
	send_reports(clock_elapsed_us());
	while (lines_out_flush(&driver.out, NULL) > 0 && clock_elapsed_us() < end_us) {
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
	return since_us > FAREWELL_US || (since_us > LAST_ANSWER_US && driver.outbox.n == 0);
}

static int run(void)
{
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
			lines_out_flush(&driver.out, NULL);
			return EXIT_OK;
		}
	}
}

/* Blocks until the first line is there. */
static int read_config(struct str *ret_line, struct error *error)
{
	for (;;) {
		enum lines_found found;
		while ((found = lines_in_next(&driver.in, ret_line)) != LINES_NONE) {
			if (found == LINES_TOO_LONG)
				return error_set(error, ERROR_LIMIT, "the configuration is longer than a line may be");
			if (ret_line->len > 0)
				return 0;
		}
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		poll(&in, 1, -1);
		int n = lines_in_fill(&driver.in, error);
		if (n < 0)
			return n;
	}
}

static void keep_config(const struct contract_config *config)
{
	size_t n = config->driver.len < CONTRACT_NAME_MAX ? config->driver.len : CONTRACT_NAME_MAX;
	memcpy(driver.name_text, config->driver.at, n);
	driver.name = (struct str){driver.name_text, n};
	hash_settings(config->settings, driver.settings_hash);
}

static int add_readers(const struct contract_settings *settings, struct error *error)
{
	panel_init(&driver.panel, (uint32_t)settings->baud, entropy);
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

static int use_config(struct str text, struct error *error)
{
	struct contract_line line;
	struct arena arena = fresh_arena();
	struct contract_settings *settings = ARENA_TAKE(&arena, struct contract_settings, 1);
	int code = contract_read(text, &arena, &line, error);
	if (code < 0)
		return code;
	if (line.kind != CONTRACT_CONFIG)
		return error_set(error, ERROR_INPUT, "the first line must be config");
	keep_config(&line.config);
	if ((code = contract_read_settings(line.config.settings, &arena, settings, error)) < 0)
		return code;
	if ((code = add_readers(settings, error)) < 0)
		return code;
	return open_line(settings, error);
}

static int set_up(struct error *error)
{
	struct str text;
	int code = secure_load(error);
	if (code < 0 || (code = read_config(&text, error)) < 0)
		return code;
	code = use_config(text, error);
	wipe(text);
	return code;
}

int driver_osdp_main(void)
{
	struct error error = {0};
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	lines_in_init(&driver.in, STDIN_FILENO, driver.in_memory, sizeof driver.in_memory);
	lines_out_init(&driver.out, STDOUT_FILENO, driver.out_memory, sizeof driver.out_memory);
	outbox_init(&driver.outbox);
	entropy(driver.boot, sizeof driver.boot);
	int code = set_up(&error);
	if (code == ERROR_GONE)
		return EXIT_OK;
	if (code == 0)
		code = sandbox_enter(SANDBOX_DRIVER_HERE, &driver.line, 1, &error);
	if (code < 0) {
		error_print(&error);
		return driver.line < 0 ? EXIT_DEVICE : EXIT_FAILED;
	}
	catch_signals();
	send_hello();
	int exit_code = run();
	panel_release(&driver.panel);
	return exit_code;
}
