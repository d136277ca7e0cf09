#include "serve/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "serve/mission_file.h"
#include "serve/running.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CORE = 0, CHILDREN_MAX = 2 + MISSION_DRIVERS_MAX, MISSION_MEMORY = 1 << 20, LISTEN_BACKLOG = 16 };

struct child {
	char name[48];
	const char *arguments[5]; /* behind the program's name */
	uint32_t place;		  /* as which the core gets its end */
	pid_t pid;		  /* 0: not running */
	int core_end;		  /* of all but the core, -1 otherwise */
	int64_t started_us, start_at_us;
	int64_t backoff_ms;
};

struct keeper {
	const char *program;
	struct child children[CHILDREN_MAX];
	size_t n;
	int listener, control, signals;
	bool ending;
};

/* Handing descriptors to the core */

/* A core that is not there, or does not read, gets what it missed when the next one starts. */
static void hand_over(const struct keeper *keeper, uint32_t driver, int fd)
{
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
	if (keeper->control >= 0 && sendmsg(keeper->control, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line("keeper", "the core took no descriptor for %u: %s", driver, strerror(errno));
}

/* Starting */

_Noreturn static void become(const struct keeper *keeper, const struct child *child, int fd, bool is_core)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (is_core) {
		dup2(fd, KEEPER_CONTROL_FD);
	} else {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
	}
	/* Everything else is close-on-exec. */
	const char *argv[ARRAY_LEN(child->arguments) + 2] = {keeper->program};
	for (size_t i = 0; child->arguments[i]; i++)
		argv[i + 1] = child->arguments[i];
	execv(keeper->program, (char *const *)argv);
	_exit(EXIT_FAILED);
}

static void start(struct keeper *keeper, size_t number)
{
	struct child *child = &keeper->children[number];
	bool is_core = number == CORE;
	int ends[2];
	if (socketpair(AF_UNIX, (is_core ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, ends) < 0) {
		child->start_at_us = clock_elapsed_us() + KEEPER_BACKOFF_MS_MAX * 1000;
		return;
	}
	child->pid = fork();
	if (child->pid == 0)
		become(keeper, child, ends[1], is_core);
	if (child->pid < 0) {
		log_line("keeper", "cannot start %s: %s", child->name, strerror(errno));
		close(ends[0]);
		close(ends[1]);
		child->pid = 0;
		child->start_at_us = clock_elapsed_us() + KEEPER_BACKOFF_MS_MAX * 1000;
		return;
	}
	close(ends[1]);
	child->started_us = clock_elapsed_us();
	child->start_at_us = 0;
	if (!is_core) {
		child->core_end = ends[0];
		hand_over(keeper, child->place, ends[0]);
		return;
	}
	keeper->control = ends[0];
	hand_over(keeper, KEEPER_LISTEN, keeper->listener);
	for (size_t i = 1; i < keeper->n; i++)
		if (keeper->children[i].core_end >= 0)
			hand_over(keeper, keeper->children[i].place, keeper->children[i].core_end);
}

static void start_due(struct keeper *keeper)
{
	int64_t now = clock_elapsed_us();
	for (size_t i = 0; i < keeper->n && !keeper->ending; i++)
		if (keeper->children[i].pid <= 0 && keeper->children[i].start_at_us <= now)
			start(keeper, i);
}

/* Ending */

static void ended(struct keeper *keeper, struct child *child, int status)
{
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	int64_t now = clock_elapsed_us(), lived_ms = (now - child->started_us) / 1000;
	child->pid = 0;
	if (child->core_end >= 0)
		close(child->core_end);
	child->core_end = -1;
	if (child == &keeper->children[CORE] && keeper->control >= 0) {
		close(keeper->control);
		keeper->control = -1;
	}
	if (keeper->ending)
		return;
	if (well || lived_ms > KEEPER_GOOD_LIFE_MS)
		child->backoff_ms = 0;
	int64_t wait_ms = well ? 0 : child->backoff_ms ? child->backoff_ms : KEEPER_BACKOFF_MS_MIN;
	child->backoff_ms = wait_ms * 2 < KEEPER_BACKOFF_MS_MAX ? wait_ms * 2 : KEEPER_BACKOFF_MS_MAX;
	child->start_at_us = now + wait_ms * 1000;
	if (WIFSIGNALED(status))
		log_line("keeper", "%s was ended by signal %d; it starts again in %lld ms", child->name,
			 WTERMSIG(status), (long long)wait_ms);
	else
		log_line("keeper", "%s ended with code %d; it starts again in %lld ms", child->name,
			 WEXITSTATUS(status), (long long)wait_ms);
}

static void reap(struct keeper *keeper)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < keeper->n; i++)
			if (keeper->children[i].pid == pid)
				ended(keeper, &keeper->children[i], status);
}

static bool any_alive(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].pid > 0)
			return true;
	return false;
}

static void signal_all(const struct keeper *keeper, int number)
{
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].pid > 0)
			kill(keeper->children[i].pid, number);
}

static void say_goodbye(struct keeper *keeper)
{
	keeper->ending = true;
	signal_all(keeper, SIGTERM);
	int64_t patience_us = clock_elapsed_us() + KEEPER_GOODBYE_MS * 1000;
	while (any_alive(keeper)) {
		struct pollfd wait = {.fd = keeper->signals, .events = POLLIN};
		struct signalfd_siginfo taken;
		poll(&wait, 1, 50);
		while (read(keeper->signals, &taken, sizeof taken) > 0)
			;
		reap(keeper);
		if (clock_elapsed_us() > patience_us)
			signal_all(keeper, SIGKILL);
	}
}

/* The loop */

static int wait_ms(const struct keeper *keeper)
{
	int64_t now = clock_elapsed_us(), first = INT64_MAX;
	for (size_t i = 0; i < keeper->n; i++)
		if (keeper->children[i].pid <= 0 && keeper->children[i].start_at_us < first)
			first = keeper->children[i].start_at_us;
	if (first == INT64_MAX)
		return -1;
	return first <= now ? 0 : (int)((first - now) / 1000 + 1);
}

static void run(struct keeper *keeper)
{
	while (!keeper->ending) {
		start_due(keeper);
		struct pollfd wait = {.fd = keeper->signals, .events = POLLIN};
		if (poll(&wait, 1, wait_ms(keeper)) <= 0)
			continue;
		struct signalfd_siginfo signal;
		if (read(keeper->signals, &signal, sizeof signal) != sizeof signal)
			continue;
		if (signal.ssi_signo == SIGCHLD)
			reap(keeper);
		else
			say_goodbye(keeper);
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
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int listen_for_askers(struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "run/core.sock"};
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return error_system(error, "cannot listen at run/core.sock");
	/* Operators are other users of the mission's group; who they are the kernel says, what they may mission.yaml. */
	chmod(address.sun_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
	return fd;
}

static void add_children(struct keeper *keeper, const struct mission_file *mission, struct arena *arena)
{
	keeper->children[CORE] = (struct child){.name = "core", .arguments = {"core"}, .core_end = -1};
	keeper->n = 1;
	for (size_t i = 0; i < mission->n_drivers; i++) {
		struct child *child = &keeper->children[keeper->n++];
		*child = (struct child){.core_end = -1, .place = (uint32_t)i};
		snprintf(child->name, sizeof child->name, "driver " STR_FMT, STR_ARG(mission->drivers[i].name));
		child->arguments[0] = "driver";
		child->arguments[1] = arena_str(arena, mission->drivers[i].kind).at;
	}
	if (mission->n_witnesses > 0)
		keeper->children[keeper->n++] = (struct child){
		    .name = "cosign", .arguments = {"cosign"}, .core_end = -1, .place = KEEPER_COSIGN};
}

int keeper_run(const char *program)
{
	static struct mission_file mission;
	struct error error;
	struct arena arena = arena_map(MISSION_MEMORY);
	struct keeper keeper = {.program = program, .control = -1};
	umask(S_IRWXO | S_IWGRP); /* what the mission writes is its user's; its group may read */
	if (mission_file_read(&mission, &arena, &error) < 0 || running_lock(&error) < 0)
		die(EXIT_FAILED, &error);
	keeper.listener = listen_for_askers(&error);
	if (keeper.listener < 0)
		die(EXIT_FAILED, &error);
	keeper.signals = catch_signals();
	add_children(&keeper, &mission, &arena);
	log_line("keeper", STR_FMT ": core, %zu drivers, %zu witnesses", STR_ARG(mission.name), mission.n_drivers,
		 mission.n_witnesses);
	run(&keeper);
	log_line("keeper", "the mission has ended");
	return EXIT_OK;
}
