/* attempt.c: makes a running process try a system call: what could a captured child do? For tests; needs the right to trace the process.
 *
 *     attempt PID NUMBER [ARGUMENT…]   up to six: a number, or @text, which is put into the process's memory for the call
 *     attempt PID hang NUMBER …        leaves the process inside the call
 *     attempt PID copy NUMBER …        not the process, but the next copy that it makes of itself, as soon as it has
 *
 * Prints how it went: `signal N` (it died of it), `errno N` (it was refused), `value N` (it was done). x86-64 only: registers have names.
 */
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>

enum {
	ARGUMENTS_MAX = 6,
	TEXT_BYTES_MAX = 64,
	ROOM_BELOW_STACK = 1024, /* beyond the 128 bytes that the ABI lets a function use there */
	SYSCALL_INSTRUCTION = 0x050f,
	RETRY_US = 1000,
};

_Noreturn static void give_up(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(2);
}

static void write_words(pid_t pid, uint64_t at, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof(long)) {
		long word = 0;
		memcpy(&word, bytes + i, n - i < sizeof word ? n - i : sizeof word);
		if (ptrace(PTRACE_POKEDATA, pid, at + i, word) < 0)
			give_up("writing into the process");
	}
}

static void wait_for_stop(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		give_up("waiting for the process");
}

static void stop(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		give_up("stopping the process");
	wait_for_stop(pid);
}

/* The copy, stopped at its first instruction; the process goes on. Says so once it looks, so that somebody may make the process do it. */
static pid_t stop_copy(pid_t pid)
{
	int status;
	unsigned long copy;
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK) < 0)
		give_up("watching the process");
	printf("watching\n");
	fflush(stdout);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && status >> 16 != PTRACE_EVENT_FORK)
		ptrace(PTRACE_CONT, pid, 0, status >> 16 ? 0 : WSTOPSIG(status));
	if (!WIFSTOPPED(status) || ptrace(PTRACE_GETEVENTMSG, pid, 0, &copy) < 0 ||
	    ptrace(PTRACE_DETACH, pid, 0, 0) < 0)
		give_up("waiting for a copy of the process");
	wait_for_stop((pid_t)copy);
	return (pid_t)copy;
}

/* Numbers as they are; texts into the room below the stack, one place each. */
static uint64_t argument(pid_t pid, const char *word, uint64_t stack, int i)
{
	if (word[0] != '@')
		return strtoull(word, NULL, 0);
	uint64_t at = stack - ROOM_BELOW_STACK + (uint64_t)i * TEXT_BYTES_MAX;
	ASSERT(strlen(word) < TEXT_BYTES_MAX);
	write_words(pid, at, word + 1, strlen(word));
	return at;
}

static void set_call(pid_t pid, struct user_regs_struct *regs, int argc, char **argv)
{
	unsigned long long *const places[ARGUMENTS_MAX] = {&regs->rdi, &regs->rsi, &regs->rdx,
							   &regs->r10, &regs->r8,  &regs->r9};
	regs->rax = strtoull(argv[0], NULL, 0);
	regs->orig_rax = ~0ULL; /* the call that was interrupted is not begun again */
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		*places[i] = i + 1 < argc ? argument(pid, argv[i + 1], regs->rsp, i) : 0;
}

static void tell(pid_t pid, int status)
{
	struct user_regs_struct after;
	if (WIFSIGNALED(status)) {
		printf("signal %d\n", WTERMSIG(status));
		return;
	}
	if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, 0, &after) < 0)
		give_up("reading the outcome");
	long long value = (long long)after.rax;
	if (value < 0 && value > -4096)
		printf("errno %lld\n", -value);
	else
		printf("value %lld\n", value);
}

int main(int argc, char **argv)
{
	bool hang = argc > 2 && strcmp(argv[2], "hang") == 0, copy = argc > 2 && strcmp(argv[2], "copy") == 0;
	int first = hang || copy ? 3 : 2, status;
	if (argc <= first || argc - first > 1 + ARGUMENTS_MAX) {
		printf("usage: attempt PID [hang|copy] NUMBER [ARGUMENT…]\n");
		return 2;
	}
	pid_t pid = (pid_t)strtol(argv[1], NULL, 10);
	struct user_regs_struct before, regs;
	if (copy)
		pid = stop_copy(pid);
	else
		stop(pid);
	if (ptrace(PTRACE_GETREGS, pid, 0, &before) < 0)
		give_up("reading registers");
	/* A process that is left there must wait in a call already: other code of it, that of its crash handler too, may run through the place that is
	 * written over. */
	while (hang && (long)before.orig_rax < 0) {
		ptrace(PTRACE_DETACH, pid, 0, 0);
		usleep(RETRY_US);
		stop(pid);
		if (ptrace(PTRACE_GETREGS, pid, 0, &before) < 0)
			give_up("reading registers");
	}
	regs = before;
	long code = ptrace(PTRACE_PEEKTEXT, pid, before.rip, 0);
	set_call(pid, &regs, argc - first, argv + first);
	if (ptrace(PTRACE_POKETEXT, pid, before.rip, (code & ~0xffffL) | SYSCALL_INSTRUCTION) < 0 ||
	    ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0)
		give_up("preparing the call");
	if (hang)
		return ptrace(PTRACE_DETACH, pid, 0, 0) < 0;
	if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0 || waitpid(pid, &status, 0) != pid)
		give_up("making the call");
	tell(pid, status);
	if (WIFSTOPPED(status)) {
		ptrace(PTRACE_POKETEXT, pid, before.rip, code);
		ptrace(PTRACE_SETREGS, pid, 0, &before);
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
	return 0;
}
