#include "base/crash.h"
#include "base/log_line.h"
#include "base/sandbox.h"
#include "base/test.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child did before it died. */
struct told {
	int status;
	size_t n_frames;
	bool panicked, crashed, whole;
	int64_t signal, line;
	char doing[LOG_NAME_BYTES_MAX + 1];
};

static void take(struct told *told, const struct log_line *line)
{
	told->n_frames += line->event == LOG_EVENT_crash_frame;
	told->panicked |= line->event == LOG_EVENT_panicked;
	told->whole |= line->event == LOG_EVENT_crash_told;
	if (line->event == LOG_EVENT_panicked)
		told->line = log_line_number(line, "line");
	if (line->event != LOG_EVENT_crashed)
		return;
	told->crashed = true;
	told->signal = log_line_number(line, "signal");
	snprintf(told->doing, sizeof told->doing, STR_FMT, STR_ARG(log_line_text(line, "doing")));
}

static void read_lines(int fd, struct told *told)
{
	static char text[1 << 17];
	size_t n = 0;
	for (ssize_t got; (got = read(fd, text + n, sizeof text - n)) > 0;)
		n += (size_t)got;
	struct str rest = {text, n}, said;
	struct log_line line;
	while (str_cut(rest, '\n', &said, &rest))
		if (log_line_read(said, &line))
			take(told, &line);
}

/* In a driver's sandbox, as children of the keeper are. `outside` is a signal that comes from there; 0: none. */
static struct told child(void (*act)(void), int outside)
{
	int ends[2], ready[2];
	struct told told = {0};
	ASSERT(pipe(ends) == 0 && pipe(ready) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		log_begin();
		crash_catch();
		panic_context("people.enrol");
		if (sandbox_enter(SANDBOX_DRIVER_HERE, &ready[1], 1, NULL) < 0 || write(ready[1], "r", 1) != 1)
			_exit(200);
		act();
		_exit(0);
	}
	char go;
	close(ends[1]);
	ASSERT(read(ready[0], &go, 1) == 1);
	if (outside)
		kill(pid, outside);
	read_lines(ends[0], &told);
	ASSERT(waitpid(pid, &told.status, 0) == pid);
	close(ends[0]);
	close(ready[0]);
	close(ready[1]);
	return told;
}

static void check_told(const struct told *told, int number)
{
	CHECK(WIFSIGNALED(told->status));
	CHECK_INT(WTERMSIG(told->status), number);
	CHECK(told->crashed);
	CHECK(told->whole);
	CHECK_INT(told->signal, number);
	CHECK_STR(str_of(told->doing), STR("people.enrol"));
	CHECK(told->n_frames >= 3);
	CHECK(told->n_frames <= CRASH_FRAMES_MAX);
}

enum { FAILS_AT = __LINE__ + 4 };

static void fail_assertion(void)
{
	ASSERT(clock() == 7 && "a test's");
}

TEST(a_panic_is_told_with_its_place_and_where_the_process_stood)
{
	struct told told = child(fail_assertion, 0);
	check_told(&told, SIGABRT);
	CHECK(told.panicked);
	CHECK_INT(told.line, FAILS_AT);
}

static void wait_for_ever(void)
{
	poll(NULL, 0, -1);
}

TEST(a_process_that_the_keeper_ends_says_where_it_hung)
{
	struct told told = child(wait_for_ever, SIGABRT);
	check_told(&told, SIGABRT);
	CHECK(!told.panicked);
}

#ifndef SANDBOX_SANITIZED
static void touch_nothing(void)
{
	volatile int *volatile nowhere = NULL;
	*nowhere = 1;
}

TEST(a_fault_is_told)
{
	struct told told = child(touch_nothing, 0);
	check_told(&told, SIGSEGV);
}

static int recurse(volatile int depth)
{
	volatile char room[4096];
	room[0] = (char)depth;
	return depth < INT32_MAX ? recurse(depth + 1) + room[0] : 0;
}

static void overflow(void)
{
	recurse(0);
}

TEST(a_stack_that_is_full_is_told_from_another_one)
{
	struct told told = child(overflow, 0);
	check_told(&told, SIGSEGV);
	CHECK_INT(told.n_frames, CRASH_FRAMES_MAX);
}

static void jump_nowhere(void)
{
	void (*volatile nowhere)(void) = NULL;
	nowhere();
}

TEST(a_jump_to_nowhere_is_told)
{
	struct told told = child(jump_nowhere, 0);
	CHECK_INT(WTERMSIG(told.status), SIGSEGV);
	CHECK(told.crashed);
}
#endif

static void leave(void)
{
}

TEST(a_process_that_ends_by_itself_tells_nothing)
{
	struct told told = child(leave, 0);
	CHECK_INT(told.status, 0);
	CHECK(!told.crashed);
	CHECK_INT(told.n_frames, 0);
}
