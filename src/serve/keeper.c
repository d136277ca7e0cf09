#include "serve/keeper_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "serve/log_book.h"
#include "serve/notify.h"
#include "serve/running.h"
#include "serve/version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MISSION_MEMORY = 2 << 20,
	LISTEN_BACKLOG = 16,
	LEFT_ROUND_MS = 20,
	GOODBYE_ROUND_MS = 50,
	UPGRADE_ROUND_MS = 20,
	WATCHED_MAX = 1 + 2 * KEEPER_CHILDREN_MAX,
};

static const char socket_path[] = "run/core.sock";

/* Ending */

static void hear_all(struct keeper *keeper, int64_t now_us)
{
	for (size_t i = 0; i < keeper->n; i++) {
		struct child *child = &keeper->children[i];
		if (child->control >= 0)
			keeper_hear_beat(child, now_us);
		keeper_hear_lines(keeper, child, now_us);
		keeper_hear_budget(child, now_us);
	}
}

static void say_goodbye(struct keeper *keeper)
{
	keeper->ending = true;
	notify("STOPPING=1");
	for (size_t i = 0; i < keeper->n; i++)
		keeper_ask_to_end(&keeper->children[i], clock_elapsed_us());
	while (keeper_any_alive(keeper)) {
		struct pollfd wait = {.fd = keeper->signals, .events = POLLIN};
		struct signalfd_siginfo taken;
		poll(&wait, 1, GOODBYE_ROUND_MS);
		while (read(keeper->signals, &taken, sizeof taken) > 0)
			;
		hear_all(keeper, clock_elapsed_us());
		keeper_reap(keeper);
		keeper_be_patient(keeper, clock_elapsed_us());
	}
	crypt_wipe(keeper->kept, sizeof *keeper->kept);
	unlink(KEEPER_STATE_PATH);
	unlink(socket_path);
}

/* The loop */

static int wait_ms(const struct keeper *keeper, int64_t now_us)
{
	int64_t first =
	    now_us + (keeper->stage == KEEPER_STATE_STAGE_SETTLED ? KEEPER_BEAT_MS : UPGRADE_ROUND_MS) * 1000;
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].pid <= 0 && keeper->children[i].start_at_us < first)
			first = keeper->children[i].start_at_us;
	return first <= now_us ? 0 : (int)((first - now_us) / 1000 + 1);
}

/* A machine that slept, a keeper that was stopped: nobody could be heard in that time. */
static void forgive(struct keeper *keeper, int64_t now_us)
{
	int64_t still_us = now_us - keeper->round_us - KEEPER_BEAT_MS * 1000;
	keeper->round_us = now_us;
	if (still_us < KEEPER_STILL_MS * 1000)
		return;
	LOG(stood_still, .still_ms = still_us / 1000);
	for (size_t i = 0; i < keeper->n; i++)
		keeper->children[i].heard_us += still_us;
}

static void wait_for_something(struct keeper *keeper)
{
	struct pollfd fds[WATCHED_MAX] = {{.fd = keeper->signals, .events = POLLIN}};
	nfds_t n = 1;
	for (size_t i = 0; i < keeper->n; i++) {
		fds[n++] = (struct pollfd){.fd = keeper->children[i].log, .events = POLLIN};
		fds[n++] = (struct pollfd){.fd = keeper->children[i].control, .events = POLLIN};
	}
	poll(fds, n, wait_ms(keeper, clock_elapsed_us()));
}

/* A terminal that was closed ends the mission that was begun there; anybody else means an upgrade. */
static void hang_up(struct keeper *keeper)
{
	if (keeper->terminal && !isatty(STDIN_FILENO))
		say_goodbye(keeper);
	else
		keeper_begin_upgrade(keeper);
}

static void take_signals(struct keeper *keeper)
{
	struct signalfd_siginfo signal;
	while (!keeper->ending && read(keeper->signals, &signal, sizeof signal) == sizeof signal) {
		if (signal.ssi_signo == SIGHUP)
			hang_up(keeper);
		else if (signal.ssi_signo != SIGCHLD)
			say_goodbye(keeper);
	}
}

/* Tells the manager and run/keeper.json what has changed. */
static void tell(struct keeper *keeper, int64_t now_us)
{
	bool ready = child_is_ready(&keeper->children[KEEPER_CORE]);
	if (ready && !keeper->ready && keeper->stage == KEEPER_STATE_STAGE_SETTLED)
		notify("READY=1\nSTATUS=The mission runs.");
	keeper->changed |= ready != keeper->ready;
	keeper->ready = ready;
	if (keeper->watchdog_us > 0 && now_us - keeper->notified_us >= keeper->watchdog_us) {
		keeper->notified_us = now_us;
		notify("WATCHDOG=1");
	}
	if (keeper->changed)
		keeper_write_state(keeper);
}

static void run(struct keeper *keeper)
{
	keeper->round_us = clock_elapsed_us();
	while (!keeper->ending) {
		keeper_start_due(keeper, clock_elapsed_us());
		tell(keeper, clock_elapsed_us());
		wait_for_something(keeper);
		take_signals(keeper); /* the trial of another program may take a while: that too is forgiven */
		if (keeper->ending)
			break;
		int64_t now_us = clock_elapsed_us();
		forgive(keeper, now_us);
		hear_all(keeper, now_us);
		keeper_reap(keeper);
		keeper_be_patient(keeper, now_us);
		keeper_go_on_upgrading(keeper, now_us);
	}
}

/* Setting up */

static int catch_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int listen_for_askers(struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, socket_path, sizeof socket_path);
	unlink(socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return error_system(error, "cannot listen at %s", socket_path);
	/* Operators are other users of the mission's group; who they are the kernel says, what they may mission.yaml. */
	chmod(socket_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
	return fd;
}

static void add_child(struct keeper *keeper, const struct child_kind *kind, const char *name, const char *argument)
{
	ASSERT(keeper->n < KEEPER_CHILDREN_MAX);
	child_init(&keeper->children[keeper->n++], kind, name, argument, &keeper->arena);
}

/* Drivers stand in mission.yaml's order, one behind the core: the core knows them by that number. */
static void add_children(struct keeper *keeper)
{
	add_child(keeper, child_kind_core(), "core", NULL);
	for (size_t i = 0; i < keeper->mission.n_drivers; i++) {
		const struct mission_driver *driver = &keeper->mission.drivers[i];
		char name[KEEPER_NAME_BYTES];
		struct str kind = arena_str(&keeper->arena, driver->kind);
		char *argument = arena_take(&keeper->arena, kind.len + 1, 1);
		memcpy(argument, kind.at, kind.len);
		snprintf(name, sizeof name, "driver " STR_FMT, STR_ARG(driver->name));
		add_child(keeper, child_kind_driver(), name, argument);
	}
	if (keeper->mission.n_witnesses > 0)
		add_child(keeper, child_kind_cosign(), "cosign", NULL);
}

/* Taking over, cold: all that the program before left is ended and closed, and then it is a start like any other. */

static void signal_all_children(int number)
{
	char path[64], text[4096];
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
	struct str rest = {text, n > 0 ? (size_t)n : 0}, word;
	int64_t pid;
	while (str_cut(rest, ' ', &word, &rest))
		if (str_to_i64(word, 2, INT32_MAX, &pid))
			kill((pid_t)pid, number);
	if (fd >= 0)
		close(fd);
}

static void end_everything(void)
{
	int64_t until_us = clock_elapsed_us() + KEEPER_GOODBYE_MS * INT64_C(1000);
	signal_all_children(SIGTERM);
	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		if (clock_elapsed_us() > until_us)
			signal_all_children(SIGKILL);
		poll(NULL, 0, LEFT_ROUND_MS);
	}
	log_book_close();
	close_range(STDERR_FILENO + 1, ~0U, 0);
}

static int start_anew(struct keeper *keeper, struct error *error)
{
	keeper->lock = running_lock(error);
	if (keeper->lock < 0)
		return keeper->lock;
	keeper->listener = listen_for_askers(error);
	if (keeper->listener < 0)
		return keeper->listener;
	keeper->kept_fd = kept_make(error);
	if (keeper->kept_fd < 0)
		return keeper->kept_fd;
	keeper->kept = kept_map(keeper->kept_fd);
	ASSERT(keeper->kept);
	return kept_read_drivers(keeper->kept, "keys", error);
}

static int take_over(struct keeper *keeper, int state, struct error *error)
{
	int failed = keeper_take_state(keeper, state, error);
	if (failed == 0) {
		close(state);
		keeper->kept = kept_map(keeper->kept_fd);
		ASSERT(keeper->kept);
		keeper_resume_upgrade(keeper, keeper->round_us);
		return 0;
	}
	LOG(handover_unreadable, .why = error);
	end_everything();
	return start_anew(keeper, error);
}

static int open_program(struct keeper *keeper, struct error *error)
{
	keeper->program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (keeper->program < 0)
		return error_system(error, "cannot open this program itself");
	version_build(keeper->build);
	return 0;
}

static int set_up(struct keeper *keeper, const struct keeper_options *options, struct error *error)
{
	int failed = mission_file_read(&keeper->mission, &keeper->arena, error);
	if (failed < 0)
		return failed;
	add_children(keeper);
	failed = options->resume >= 0 ? take_over(keeper, options->resume, error) : start_anew(keeper, error);
	if (failed == 0)
		failed = open_program(keeper, error);
	keeper->signals = catch_signals();
	return failed;
}

int keeper_run(const struct keeper_options *options)
{
	static struct keeper keeper;
	struct error error;
	keeper = (struct keeper){.path = options->program,
				 .raw = options->raw,
				 .previous = -1,
				 .stage = KEEPER_STATE_STAGE_SETTLED,
				 .outcome = KEEPER_STATE_OUTCOME_NOTHING,
				 .since_ms = clock_wall_ms(),
				 .round_us = clock_elapsed_us(),
				 .terminal = isatty(STDIN_FILENO),
				 .watchdog_us = notify_watchdog_us(),
				 .changed = true};
	keeper.arena = arena_map(MISSION_MEMORY + (KEEPER_CHILDREN_MAX + 1) * (size_t)LINES_MEMORY_MIN);
	umask(S_IRWXO | S_IWGRP); /* what the mission writes is its user's; its group may read */
	log_book_open();
	if (set_up(&keeper, options, &error) < 0) {
		if (options->resume >= 0)
			LOG(failed, .why = &error);
		die(EXIT_FAILED, &error);
	}
	if (options->resume < 0)
		LOG(mission_began, .program = version_program, .children = (int64_t)keeper.n);
	run(&keeper);
	LOG(mission_ended);
	return EXIT_OK;
}
