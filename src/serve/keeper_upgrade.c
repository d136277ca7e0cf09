/* keeper_upgrade.c: another program lies where this one lay, and takes its place while the mission runs.
 *
 *     settled ──SIGHUP──► trial: the other program reads what it would be given, and this mission's files; if it cannot, nothing happens
 *                         exec: the same process id, lock, sockets, children
 *     core_ends           the old core is asked to end; what it has acknowledged is durable
 *     core_starts         the new one starts; when it does not become ready the program before takes its place back (its file is still open), loudly
 *     drivers             one after the other is asked to end and started; the next when the core says that the one before is back, or after a while
 *     settled
 *
 * Doors do not wait for any of it: drivers live on while there is no core, and report what happened when there is one again.
 */
#include "serve/keeper_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "serve/installation.h"
#include "serve/log_book.h"
#include "serve/notify.h"
#include "serve/version.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIPTOR_BYTES = 16, TRIAL_TEXT_BYTES = 8192 };

/* Becoming another program */

static void inherit(int fd, bool inherited)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

static void inherit_all(const struct keeper *keeper, int state, bool inherited)
{
	inherit(state, inherited);
	inherit(keeper->lock, inherited);
	inherit(keeper->listener, inherited);
	inherit(keeper->kept_fd, inherited);
	inherit(keeper->previous, inherited);
	for (size_t i = 0; i < keeper->n; i++) {
		inherit(keeper->children[i].control, inherited);
		inherit(keeper->children[i].lines, inherited);
		inherit(keeper->children[i].log, inherited);
	}
}

/* Returns only when it failed. */
static int become(struct keeper *keeper, int program, struct error *error)
{
	char descriptor[DESCRIPTOR_BYTES];
	int state = keeper_leave_state(keeper, error);
	if (state < 0)
		return state;
	snprintf(descriptor, sizeof descriptor, "%d", state);
	const char *argv[] = {keeper->path, "serve", "--resume", descriptor, keeper->raw ? "--raw" : NULL, NULL};
	inherit_all(keeper, state, true);
	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
	error_system(error, "starting %s", keeper->path);
	inherit_all(keeper, state, false);
	close(state);
	return ERROR_SYSTEM;
}

/* The trial */

int keeper_try(int state)
{
	static struct installation installation;
	struct error error;
	if (installation_look(&installation, &error) < 0) {
		error_print(&error);
		return EXIT_FAILED;
	}
	if (keeper_check_state(state, &error) == 0)
		return EXIT_OK;
	error_print(&error);
	return EXIT_REFUSED;
}

_Noreturn static void be_trial(const struct keeper *keeper, int program, int state, int log)
{
	char descriptor[DESCRIPTOR_BYTES];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(log, STDERR_FILENO);
	inherit(state, true);
	snprintf(descriptor, sizeof descriptor, "%d", state);
	const char *argv[] = {keeper->path, "keeper-try", "--state", descriptor, NULL};
	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
	_exit(EXIT_FAILED);
}

/* What it said for itself becomes the log's. */
static void relay(int log)
{
	char text[TRIAL_TEXT_BYTES];
	struct log_line line;
	ssize_t n = read(log, text, sizeof text);
	struct str rest = {text, n > 0 ? (size_t)n : 0}, said;
	while (str_cut(rest, '\n', &said, &rest))
		if (log_line_read(said, &line))
			log_book_put(STR("program on disk"), said, &line);
}

/* Its exit code; -1 when a signal or the end of patience ended it. */
static int wait_for(pid_t pid)
{
	int status;
	int64_t until_us = clock_elapsed_us() + KEEPER_TRIAL_MS * INT64_C(1000);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_elapsed_us() > until_us)
			kill(pid, SIGKILL);
		poll(NULL, 0, 10);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 0 when the program can take over, with or without the children that there are. */
static int try_program(struct keeper *keeper, int program, struct error *error)
{
	int log[2], state = keeper_leave_state(keeper, error);
	if (state < 0 || pipe2(log, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_system(error, "making a pipe");
	pid_t pid = fork();
	if (pid == 0)
		be_trial(keeper, program, state, log[1]);
	int code = pid < 0 ? -1 : wait_for(pid);
	relay(log[0]);
	close(log[0]);
	close(log[1]);
	close(state);
	if (code == EXIT_REFUSED)
		LOG(upgrade_cold);
	if (code == EXIT_OK || code == EXIT_REFUSED)
		return 0;
	error_set(error, ERROR_INPUT, code < 0 ? "a signal ended its trial" : "its trial failed with code %d", code);
	return error_remedy(error, "See what `program on disk` says above, or put the program before it back.");
}

static int open_on_disk(const struct keeper *keeper, struct error *error)
{
	int fd = open(keeper->path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? error_system(error, "cannot open %s", keeper->path) : fd;
}

void keeper_begin_upgrade(struct keeper *keeper)
{
	struct error error;
	if (keeper->stage != KEEPER_STATE_STAGE_SETTLED) {
		LOG(upgrade_busy);
		return;
	}
	LOG(upgrade_began);
	notify_reloading();
	keeper->outcome = KEEPER_STATE_OUTCOME_NOTHING;
	keeper->upgrades++;
	int program = open_on_disk(keeper, &error), failed = program;
	if (program >= 0)
		failed = try_program(keeper, program, &error);
	if (failed >= 0) {
		keeper->previous = keeper->program;
		failed = become(keeper, program, &error);
		keeper->previous = -1;
	}
	if (program >= 0)
		close(program);
	keeper->outcome = KEEPER_STATE_OUTCOME_REFUSED;
	keeper->changed = true;
	LOG(upgrade_refused, .why = &error);
	notify("READY=1\nSTATUS=The program on disk does not take over; see the log.");
}

/* The stages */

static void go_to(struct keeper *keeper, enum keeper_state_stage stage)
{
	keeper->stage = stage;
	keeper->changed = true;
}

void keeper_resume_upgrade(struct keeper *keeper, int64_t now_us)
{
	LOG(upgrade_taken, .program = version_program);
	keeper->stage_us = now_us;
	keeper_ask_to_end(&keeper->children[KEEPER_CORE], now_us);
	go_to(keeper, KEEPER_STATE_STAGE_CORE_ENDS);
}

static void settle(struct keeper *keeper, enum keeper_state_outcome outcome)
{
	if (keeper->previous >= 0)
		close(keeper->previous);
	keeper->previous = -1;
	if (keeper->outcome == KEEPER_STATE_OUTCOME_NOTHING)
		keeper->outcome = outcome;
	go_to(keeper, KEEPER_STATE_STAGE_SETTLED);
	notify(keeper->outcome == KEEPER_STATE_OUTCOME_DONE ? "READY=1\nSTATUS=The mission runs."
							    : "READY=1\nSTATUS=The upgrade failed; see the log.");
}

/* The program before has its file open still, whatever lies on the disk. */
static void give_up(struct keeper *keeper)
{
	struct error error;
	int previous = keeper->previous;
	if (previous >= 0) {
		LOG(upgrade_back, .program = version_program);
		keeper->outcome = KEEPER_STATE_OUTCOME_WENT_BACK;
		keeper->previous = -1;
		inherit(previous, false);
		become(keeper, previous, &error);
		LOG(upgrade_refused, .why = &error);
		keeper->outcome = KEEPER_STATE_OUTCOME_NOTHING;
	}
	LOG(upgrade_stuck, .program = version_program);
	settle(keeper, KEEPER_STATE_OUTCOME_STUCK);
}

static void wait_for_core(struct keeper *keeper, int64_t now_us)
{
	const struct child *core = &keeper->children[KEEPER_CORE];
	if (core->beat.progress > keeper->progress)
		keeper->progress_us = now_us;
	keeper->progress = core->beat.progress;
	if (child_is_ready(core)) {
		LOG(upgrade_core, .away_ms = (now_us - keeper->stage_us) / 1000);
		keeper->upgrading = KEEPER_CORE;
		go_to(keeper, KEEPER_STATE_STAGE_DRIVERS);
	} else if (core->bad_ends - keeper->false_start >= KEEPER_FALSE_STARTS ||
		   now_us - keeper->progress_us > KEEPER_READY_MS * INT64_C(1000)) {
		give_up(keeper);
	}
}

/* A driver of another program than this. */
static size_t next_stale(const struct keeper *keeper)
{
	size_t i = KEEPER_CORE + 1;
	while (i < keeper->n && (keeper->children[i].pid <= 0 || strcmp(keeper->children[i].build, keeper->build) == 0))
		i++;
	return i < keeper->n ? i : KEEPER_CORE;
}

/* What the core says of a driver counts when it has taken the driver's new socket. */
static bool is_back(const struct keeper *keeper, size_t number)
{
	const struct child *core = &keeper->children[KEEPER_CORE], *child = &keeper->children[number];
	if (child->pid <= 0 || child->asked_us > 0)
		return false;
	return !child->kind->comes_back ||
	       (core->beat.taken == core->given && (core->beat.back >> (number - 1) & 1) == 1);
}

static void go_on_with_drivers(struct keeper *keeper, int64_t now_us)
{
	if (keeper->upgrading == KEEPER_CORE) {
		keeper->upgrading = next_stale(keeper);
		keeper->progress_us = now_us;
		if (keeper->upgrading != KEEPER_CORE) {
			keeper_ask_to_end(&keeper->children[keeper->upgrading], now_us);
			return;
		}
		settle(keeper, KEEPER_STATE_OUTCOME_DONE);
		if (keeper->outcome == KEEPER_STATE_OUTCOME_DONE)
			LOG(upgrade_done, .took_ms = (now_us - keeper->stage_us) / 1000);
		return;
	}
	const char *name = keeper->children[keeper->upgrading].name;
	int64_t away_ms = (now_us - keeper->progress_us) / 1000;
	bool back = is_back(keeper, keeper->upgrading);
	if (!back && away_ms < KEEPER_DRIVER_BACK_MS)
		return;
	if (back)
		LOG(upgrade_driver, .child = name, .away_ms = away_ms);
	else
		LOG(upgrade_driver_late, .child = name, .away_ms = away_ms);
	keeper->upgrading = KEEPER_CORE;
}

/* The old core has ended when it does not run, or one runs that nobody has asked to end. */
void keeper_go_on_upgrading(struct keeper *keeper, int64_t now_us)
{
	struct child *core = &keeper->children[KEEPER_CORE];
	if (keeper->ending || keeper->stage == KEEPER_STATE_STAGE_SETTLED)
		return;
	if (keeper->stage == KEEPER_STATE_STAGE_CORE_ENDS && (core->pid == 0 || core->asked_us == 0)) {
		core->start_at_us = 0;
		keeper->false_start = core->bad_ends;
		keeper->progress = 0;
		keeper->progress_us = now_us;
		go_to(keeper, KEEPER_STATE_STAGE_CORE_STARTS);
	} else if (keeper->stage == KEEPER_STATE_STAGE_CORE_STARTS) {
		wait_for_core(keeper, now_us);
	} else if (keeper->stage == KEEPER_STATE_STAGE_DRIVERS) {
		go_on_with_drivers(keeper, now_us);
	}
}
