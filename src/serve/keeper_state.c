/* keeper_state.c: the keeper's state as src/schema/keeper.yaml has it: in run/keeper.json for whoever asks, and in a nameless file for the program that takes
 * over. */
#include "serve/keeper_inner.h"

#include "base/log.h"
#include "serve/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORMAT = 1, STATE_BYTES_MAX = 256 << 10, READ_MEMORY = 1 << 20 };

/* Writing */

static struct keeper_child describe(const struct child *child)
{
	return (struct keeper_child){.name = str_of(child->name),
				     .pid = child->pid,
				     .since = child->since_ms,
				     .starts = child->starts,
				     .bad_ends = child->bad_ends,
				     .last = str_of(child->last),
				     .program = str_of(child->program),
				     .build = str_of(child->build),
				     .started_us = child->started_us,
				     .backoff_ms = child->backoff_ms,
				     .control = child->control,
				     .lines = child->lines,
				     .log = child->log};
}

static void put_state(struct buf *b, const struct keeper *keeper)
{
	static struct keeper_child children[KEEPER_CHILDREN_MAX];
	for (size_t i = 0; i < keeper->n; i++)
		children[i] = describe(&keeper->children[i]);
	struct keeper_state state = {.format = FORMAT,
				     .pid = getpid(),
				     .program = str_of(version_program),
				     .build = str_of(keeper->build),
				     .since = keeper->since_ms,
				     .ready = keeper->ready,
				     .upgrades = keeper->upgrades,
				     .stage = keeper->stage,
				     .outcome = keeper->outcome,
				     .path = str_of(keeper->path),
				     .lock = keeper->lock,
				     .listener = keeper->listener,
				     .kept = keeper->kept_fd,
				     .previous = keeper->previous,
				     .children = {keeper->n, children}};
	keeper_state_write(b, &state);
	ASSERT(!b->over);
}

/* Beside it, then in its place: whoever reads finds the old or the new. What it says is lost with the machine, so nothing is synced. */
void keeper_write_state(struct keeper *keeper)
{
	static const char beside[] = KEEPER_STATE_PATH ".new";
	static char text[STATE_BYTES_MAX];
	struct buf b = BUF(text);
	struct error error;
	keeper->changed = false;
	put_state(&b, keeper);
	buf_put_char(&b, '\n');
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool written = fd >= 0 && write(fd, b.at, b.len) == (ssize_t)b.len && rename(beside, KEEPER_STATE_PATH) == 0;
	if (!written) {
		error_system(&error, "writing it");
		LOG(state_not_written, .why = &error);
	}
	if (fd >= 0)
		close(fd);
}

int keeper_leave_state(struct keeper *keeper, struct error *error)
{
	static char text[STATE_BYTES_MAX];
	struct buf b = BUF(text);
	put_state(&b, keeper);
	int fd = memfd_create("keeper", MFD_CLOEXEC);
	if (fd < 0)
		return error_system(error, "making a nameless file");
	if (write(fd, b.at, b.len) == (ssize_t)b.len)
		return fd;
	error_system(error, "writing the keeper's state");
	close(fd);
	return ERROR_SYSTEM;
}

/* Taking over */

static int unreadable(struct error *error, const char *what)
{
	return error_set(error, ERROR_INPUT, "%s", what);
}

static int read_state(int fd, struct arena *arena, struct keeper_state *ret_state, struct error *error)
{
	char *text = arena_take(arena, STATE_BYTES_MAX, 1);
	ssize_t n = pread(fd, text, STATE_BYTES_MAX, 0);
	if (n < 0)
		return error_system(error, "reading the keeper's state");
	struct json json = json_over((struct str){text, (size_t)n}, arena);
	if (keeper_state_read(&json, ret_state) && json_end(&json))
		return 0;
	char what[256];
	json_error_text(&json, what, sizeof what);
	return unreadable(error, what);
}

static bool is_open(int64_t fd, mode_t kind)
{
	struct stat status;
	return fd == -1 || (fd > STDERR_FILENO && fd <= INT32_MAX && fstat((int)fd, &status) == 0 &&
			    (status.st_mode & S_IFMT) == kind);
}

static bool is_ours(int64_t pid)
{
	siginfo_t none;
	return pid == 0 || (pid <= INT32_MAX && waitid(P_PID, (id_t)pid, &none, WEXITED | WNOHANG | WNOWAIT) == 0);
}

/* The descriptors and processes are what they are called. */
static int check(const struct keeper_state *state, struct error *error)
{
	if (state->pid != getpid())
		return unreadable(error, "it is another process's");
	if (!is_open(state->lock, S_IFREG) || state->lock < 0 || !is_open(state->listener, S_IFSOCK) ||
	    state->listener < 0 || !is_open(state->kept, S_IFREG) || state->kept < 0 ||
	    !is_open(state->previous, S_IFREG))
		return unreadable(error, "a descriptor of the keeper is not what it should be");
	struct kept *kept = kept_map((int)state->kept);
	if (!kept)
		return unreadable(error, "the memory for keys is not what it should be");
	kept_unmap(kept);
	for (size_t i = 0; i < state->children.n; i++) {
		const struct keeper_child *child = &state->children.at[i];
		if (!is_ours(child->pid))
			return unreadable(error, "a child is none of this process");
		if (!is_open(child->control, S_IFSOCK) || !is_open(child->lines, S_IFSOCK) ||
		    !is_open(child->log, S_IFIFO))
			return unreadable(error, "a child's descriptor is not what it should be");
	}
	return 0;
}

static void keep_closed_on_exec(int64_t fd)
{
	if (fd >= 0)
		fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

static void adopt(struct child *child, const struct keeper_child *was, int64_t now_us)
{
	child->pid = (pid_t)was->pid;
	child->control = (int)was->control;
	child->lines = (int)was->lines;
	child->log = (int)was->log;
	child->since_ms = was->since;
	child->started_us = was->started_us;
	child->heard_us = now_us;
	child->backoff_ms = was->backoff_ms;
	child->starts = was->starts;
	child->bad_ends = was->bad_ends;
	snprintf(child->last, sizeof child->last, STR_FMT, STR_ARG(was->last));
	snprintf(child->program, sizeof child->program, STR_FMT, STR_ARG(was->program));
	snprintf(child->build, sizeof child->build, STR_FMT, STR_ARG(was->build));
	if (child->log >= 0)
		lines_in_init(&child->in, child->log, child->in.at, LINES_MEMORY_MIN);
}

/* mission.yaml may have changed: who is in it no more is asked to end, and nobody will start him again. */
static void dismiss(const struct keeper_child *was)
{
	char name[KEEPER_NAME_BYTES];
	snprintf(name, sizeof name, STR_FMT, STR_ARG(was->name));
	const int64_t descriptors[] = {was->control, was->lines, was->log};
	for (size_t i = 0; i < ARRAY_LEN(descriptors); i++)
		if (descriptors[i] >= 0)
			close((int)descriptors[i]);
	LOG(child_dismissed, .child = name);
	if (was->pid > 0)
		kill((pid_t)was->pid, SIGTERM);
}

static void take_child(struct keeper *keeper, const struct keeper_child *was, int64_t now_us)
{
	for (size_t i = 0; i < keeper->n; i++) {
		struct child *child = &keeper->children[i];
		bool fits = (was->lines >= 0) <= child->kind->lines && (was->control >= 0) <= child->kind->control;
		if (fits && str_eq(str_of(child->name), was->name)) {
			adopt(child, was, now_us);
			return;
		}
	}
	dismiss(was);
}

int keeper_take_state(struct keeper *keeper, int fd, struct error *error)
{
	struct keeper_state state;
	struct arena arena = arena_map(READ_MEMORY + STATE_BYTES_MAX);
	int failed = read_state(fd, &arena, &state, error);
	if (failed == 0)
		failed = check(&state, error);
	if (failed == 0) {
		snprintf(keeper->path_memory, sizeof keeper->path_memory, STR_FMT, STR_ARG(state.path));
		keeper->path = keeper->path_memory;
		keeper->lock = (int)state.lock;
		keeper->listener = (int)state.listener;
		keeper->kept_fd = (int)state.kept;
		keeper->previous = (int)state.previous;
		keeper->since_ms = state.since;
		keeper->upgrades = state.upgrades;
		keeper->outcome = state.outcome;
		keep_closed_on_exec(state.lock);
		keep_closed_on_exec(state.listener);
		keep_closed_on_exec(state.kept);
		keep_closed_on_exec(state.previous);
		for (size_t i = 0; i < state.children.n; i++) {
			const struct keeper_child *child = &state.children.at[i];
			keep_closed_on_exec(child->control);
			keep_closed_on_exec(child->lines);
			keep_closed_on_exec(child->log);
			take_child(keeper, child, keeper->round_us);
		}
	}
	arena_unmap(&arena);
	return failed;
}

int keeper_check_state(int fd, struct error *error)
{
	struct keeper_state state;
	struct arena arena = arena_map(READ_MEMORY + STATE_BYTES_MAX);
	int failed = read_state(fd, &arena, &state, error);
	arena_unmap(&arena);
	return failed;
}
