/* keeper_child.c: how a child is started, watched and seen off. */
#include "serve/keeper_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "serve/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGIN_BYTES = 512 };
enum { LAST_READS = 4 }; /* of what a child left in its pipe: more than a pipe holds */

static const struct child_kind core_kind = {.word = "core", .control = true, .beats = true};
static const struct child_kind driver_kind = {.word = "driver", .lines = true, .comes_back = true};
static const struct child_kind cosign_kind = {.word = "cosign", .lines = true};

const struct child_kind *child_kind_core(void)
{
	return &core_kind;
}

const struct child_kind *child_kind_driver(void)
{
	return &driver_kind;
}

const struct child_kind *child_kind_cosign(void)
{
	return &cosign_kind;
}

void child_init(struct child *child, const struct child_kind *kind, const char *name, const char *argument,
		struct arena *arena)
{
	*child = (struct child){.kind = kind, .argument = argument, .lines = -1, .control = -1, .log = -1};
	snprintf(child->name, sizeof child->name, "%s", name);
	child->in.at = arena_take(arena, LINES_MEMORY_MIN, 1);
}

void child_stamp(struct child *child, const struct keeper *keeper)
{
	snprintf(child->program, sizeof child->program, "%s", version_program);
	snprintf(child->build, sizeof child->build, "%s", keeper->build);
}

bool child_is_ready(const struct child *child)
{
	return child->pid > 0 && (!child->kind->beats || child->beat.ready);
}

/* Handing descriptors to the core */

/* A core that is not there, or does not read, gets what it missed when the next one starts. */
static void hand_over(struct keeper *keeper, uint32_t driver, int fd, const char *whose)
{
	struct child *core = &keeper->children[KEEPER_CORE];
	struct keeper_message message = {driver};
	struct iovec part = {&message, sizeof message};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr header = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	struct error error;
	if (core->control < 0)
		return;
	if (sendmsg(core->control, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
		core->given++;
		return;
	}
	error_system(&error, "sending it");
	LOG(core_missed, .child = whose, .why = &error);
}

static void hand_over_lines(struct keeper *keeper, const struct child *child)
{
	bool driver = child->kind == &driver_kind;
	hand_over(keeper, driver ? (uint32_t)(child - keeper->children - 1) : KEEPER_COSIGN, child->lines, child->name);
}

static void hand_over_all(struct keeper *keeper)
{
	hand_over(keeper, KEEPER_LISTEN, keeper->listener, "all who ask");
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].lines >= 0)
			hand_over_lines(keeper, &keeper->children[i]);
}

/* Starting */

struct ends {
	int ours, childs;
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Everything else is close-on-exec. */
_Noreturn static void become(const struct keeper *keeper, const struct child *child, const struct ends *socket,
			     const struct ends *log)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(log->childs, STDERR_FILENO);
	if (child->kind->lines) {
		dup2(socket->childs, STDIN_FILENO);
		dup2(socket->childs, STDOUT_FILENO);
	}
	int program = fcntl(keeper->program, F_DUPFD_CLOEXEC, KEEPER_KEPT_FD + 1);
	int kept = fcntl(keeper->kept_fd, F_DUPFD_CLOEXEC, KEEPER_KEPT_FD + 1);
	if (child->kind->control) {
		dup2(socket->childs, KEEPER_CONTROL_FD);
		fcntl(KEEPER_CONTROL_FD, F_SETFD, 0);
		dup2(kept, KEEPER_KEPT_FD);
	}
	const char *argv[] = {keeper->path, child->kind->word, child->argument, NULL};
	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
	_exit(EXIT_FAILED);
}

/* A log never waits: what finds the pipe full is lost. Packets keep beats and descriptors whole. */
static int make_ends(const struct child *child, struct ends *socket, struct ends *log, struct error *error)
{
	int pair[2], pipe[2];
	*socket = *log = (struct ends){-1, -1};
	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_system(error, "making a pipe");
	*log = (struct ends){pipe[0], pipe[1]};
	if (!child->kind->lines && !child->kind->control)
		return 0;
	if (socketpair(AF_UNIX, (child->kind->control ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, pair) < 0)
		return error_system(error, "making a socket");
	*socket = (struct ends){pair[0], pair[1]};
	return 0;
}

/* Before the core has the socket, so that it comes first. */
static void send_begin(const struct keeper *keeper, const struct child *child, int fd)
{
	char text[BEGIN_BYTES];
	uint8_t key[CRYPT_KEY_BYTES];
	struct buf b = BUF(text);
	/* Its name is “driver NAME”. */
	struct str name = str_of(child->name + strlen(driver_kind.word) + 1);
	struct driver_begin begin = {.contract = 1, .driver = name, .key = {(char *)key, sizeof key}};
	kept_driver_key(keeper->kept->drivers, begin.driver, key);
	core_line_write(&b, &(struct core_line){.kind = CORE_LINE_BEGIN, .begin = begin});
	buf_put_char(&b, '\n');
	ASSERT(!b.over);
	ssize_t sent = send(fd, b.at, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	ASSERT(sent == (ssize_t)b.len); /* a new socket has room */
	crypt_wipe(text, sizeof text);
	crypt_wipe(key, sizeof key);
}

static void put_off(struct child *child, const struct error *error)
{
	LOG(child_not_started, .child = child->name, .why = error);
	child->start_at_us = clock_elapsed_us() + KEEPER_BACKOFF_MS_MAX * 1000;
}

static void start(struct keeper *keeper, struct child *child)
{
	struct ends socket, log;
	struct error error;
	int failed = make_ends(child, &socket, &log, &error);
	pid_t pid = failed < 0 ? -1 : fork();
	if (pid == 0)
		become(keeper, child, &socket, &log);
	if (pid < 0 && failed == 0)
		error_system(&error, "making a process");
	/* While the keeper still has the child's end too: then nobody can have closed it. */
	if (pid > 0 && child->kind == &driver_kind)
		send_begin(keeper, child, socket.ours);
	close_end(&socket.childs);
	close_end(&log.childs);
	if (pid < 0) {
		close_end(&socket.ours);
		close_end(&log.ours);
		put_off(child, &error);
		return;
	}
	close_end(&child->log);
	child->pid = pid;
	child->log = log.ours;
	child->lines = child->kind->lines ? socket.ours : -1;
	child->control = child->kind->control ? socket.ours : -1;
	child->started_us = child->heard_us = clock_elapsed_us();
	child->since_ms = clock_wall_ms();
	child->start_at_us = child->asked_us = child->aborted_us = 0;
	child->killed = false;
	child->beat = (struct keeper_beat){0};
	child->given = 0;
	child->starts++;
	lines_in_init(&child->in, child->log, child->in.at, LINES_MEMORY_MIN);
	child_stamp(child, keeper);
	keeper->changed = true;
	LOG(child_started, .child = child->name);
	if (child == &keeper->children[KEEPER_CORE])
		hand_over_all(keeper);
	else if (child->lines >= 0)
		hand_over_lines(keeper, child);
}

void keeper_start_due(struct keeper *keeper, int64_t now_us)
{
	for (size_t i = 0; i < keeper->n && !keeper->ending; i++)
		if (keeper->children[i].pid <= 0 && keeper->children[i].start_at_us <= now_us)
			start(keeper, &keeper->children[i]);
}

/* Ending */

void keeper_ask_to_end(struct child *child, int64_t now_us)
{
	if (child->pid <= 0 || child->asked_us > 0)
		return;
	child->asked_us = now_us;
	kill(child->pid, SIGTERM);
}

static void say_how_it_ended(struct child *child, int status)
{
	if (WIFSIGNALED(status) && child->aborted_us > 0)
		snprintf(child->last, sizeof child->last, "signal %d: no sign of life for %d ms", WTERMSIG(status),
			 KEEPER_SILENCE_MS);
	else if (WIFSIGNALED(status) && child->killed)
		snprintf(child->last, sizeof child->last, "signal %d: it did not end when asked to", WTERMSIG(status));
	else if (WIFSIGNALED(status))
		snprintf(child->last, sizeof child->last, "signal %d%s", WTERMSIG(status),
			 WTERMSIG(status) == SIGSYS ? ": a call that its sandbox forbids" : "");
	else
		snprintf(child->last, sizeof child->last, "code %d", WEXITSTATUS(status));
}

static void tell_end(const struct child *child, int status, int64_t wait_ms)
{
	if (WIFSIGNALED(status))
		LOG(child_killed, .child = child->name, .signal = WTERMSIG(status), .wait_ms = wait_ms);
	else if (WEXITSTATUS(status) != 0)
		LOG(child_failed, .child = child->name, .code = WEXITSTATUS(status), .wait_ms = wait_ms);
	else
		LOG(child_left, .child = child->name);
}

/* Whoever was asked to end did well, however it went. */
static void ended(struct keeper *keeper, struct child *child, int status)
{
	int64_t now = clock_elapsed_us(), lived_ms = (now - child->started_us) / 1000;
	bool asked = child->asked_us > 0 && !child->killed && child->aborted_us == 0;
	bool well = asked || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (int i = 0; i < LAST_READS; i++)
		keeper_hear_lines(keeper, child, now);
	say_how_it_ended(child, status);
	child->pid = 0;
	close_end(&child->lines);
	close_end(&child->control);
	close_end(&child->log);
	keeper->changed = true;
	if (!well && WIFSIGNALED(status))
		keeper_report_crash(child, child->name, child->last, now);
	if (keeper->ending)
		return;
	if (well || lived_ms > KEEPER_GOOD_LIFE_MS)
		child->backoff_ms = 0;
	int64_t wait_ms = well ? 0 : child->backoff_ms ? child->backoff_ms : KEEPER_BACKOFF_MS_MIN;
	child->backoff_ms = wait_ms * 2 < KEEPER_BACKOFF_MS_MAX ? wait_ms * 2 : KEEPER_BACKOFF_MS_MAX;
	child->start_at_us = now + wait_ms * 1000;
	child->bad_ends += !well;
	if (!asked)
		tell_end(child, status, wait_ms);
}

void keeper_reap(struct keeper *keeper)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < keeper->n; i++)
			if (keeper->children[i].pid == pid)
				ended(keeper, &keeper->children[i], status);
}

bool keeper_any_alive(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].pid > 0)
			return true;
	return false;
}

/* Patience */

static void kill_child(struct child *child)
{
	child->killed = true;
	kill(child->pid, SIGKILL);
}

static void watch(struct child *child, int64_t now_us)
{
	int64_t silent_ms = (now_us - child->heard_us) / 1000;
	if (child->aborted_us > 0 && now_us - child->aborted_us > KEEPER_LAST_WORDS_MS * INT64_C(1000)) {
		kill_child(child);
	} else if (child->aborted_us == 0 && silent_ms > KEEPER_SILENCE_MS) {
		LOG(child_silent, .child = child->name, .silent_ms = silent_ms);
		child->aborted_us = now_us;
		kill(child->pid, SIGABRT);
	}
}

void keeper_be_patient(struct keeper *keeper, int64_t now_us)
{
	for (size_t i = 0; i < keeper->n; i++) {
		struct child *child = &keeper->children[i];
		if (child->pid <= 0 || child->killed)
			continue;
		if (child->asked_us > 0 && now_us - child->asked_us > KEEPER_GOODBYE_MS * INT64_C(1000)) {
			LOG(child_stubborn, .child = child->name);
			kill_child(child);
		} else if (child->kind->beats) {
			watch(child, now_us);
		}
	}
}
