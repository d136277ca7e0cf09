#include "base/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What glibc's fork asks of clone. */
#define FORK_FLAGS ((uint64_t)(CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD))

/* One allowed call; with a mask, only while (argument & mask) == value. */
struct call {
	int number;
	unsigned argument;
	uint64_t mask, value;
	bool refused; /* fails with EACCES, whatever the profile says: a library tries it and can do without */
};

static const struct call driver_calls[] = {
    {.number = SCMP_SYS(read)},
    {.number = SCMP_SYS(readv)},
    {.number = SCMP_SYS(write)},
    {.number = SCMP_SYS(writev)},
    {.number = SCMP_SYS(pread64)},
    {.number = SCMP_SYS(pwrite64)},
    {.number = SCMP_SYS(lseek)},
    {.number = SCMP_SYS(fdatasync)},
    {.number = SCMP_SYS(ftruncate)},
    {.number = SCMP_SYS(close)},
    {.number = SCMP_SYS(poll)},
    {.number = SCMP_SYS(ppoll)},
    {.number = SCMP_SYS(epoll_wait)},
    {.number = SCMP_SYS(epoll_pwait)},
    {.number = SCMP_SYS(clock_gettime)},
    {.number = SCMP_SYS(gettimeofday)},
    {.number = SCMP_SYS(clock_nanosleep)},
    {.number = SCMP_SYS(getrandom)},
    {.number = SCMP_SYS(brk)},
    {.number = SCMP_SYS(mmap), .argument = 2, .mask = PROT_EXEC, .value = 0},
    {.number = SCMP_SYS(mremap)},
    {.number = SCMP_SYS(munmap)},
    {.number = SCMP_SYS(madvise)},
    {.number = SCMP_SYS(futex)},
    {.number = SCMP_SYS(getpid)},
    {.number = SCMP_SYS(gettid)},
    {.number = SCMP_SYS(rt_sigaction)},
    {.number = SCMP_SYS(rt_sigprocmask)},
    {.number = SCMP_SYS(rt_sigreturn)},
    {.number = SCMP_SYS(restart_syscall)},
#ifdef SANDBOX_SANITIZED
    {.number = SCMP_SYS(sigaltstack)},
#endif
    {.number = SCMP_SYS(exit)},
    {.number = SCMP_SYS(exit_group)},
};

/* Beside the driver's: what SQLite does with the files that it has open, and taking in those who connect. */
static const struct call core_calls[] = {
    {.number = SCMP_SYS(fsync)},
    {.number = SCMP_SYS(fallocate)},
    {.number = SCMP_SYS(fstat)},
    {.number = SCMP_SYS(newfstatat)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(epoll_ctl)},
    {.number = SCMP_SYS(accept4)},
    {.number = SCMP_SYS(shutdown)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(getsockopt)},
    {.number = SCMP_SYS(geteuid)},
    {.number = SCMP_SYS(getppid)},
    {.number = SCMP_SYS(fstatfs)},
    /* A copy of itself for long work: no thread, no other program, and the same list of calls. */
    {.number = SCMP_SYS(clone), .argument = 0, .mask = UINT64_MAX, .value = FORK_FLAGS},
    {.number = SCMP_SYS(set_robust_list)},
    {.number = SCMP_SYS(prctl),
     .argument = 0,
     .mask = UINT64_MAX,
     .value = PR_SET_PDEATHSIG}, /* the copy ends with it */
    {.number = SCMP_SYS(setpriority)},
    {.number = SCMP_SYS(wait4)},
    {.number = SCMP_SYS(mlock2)}, /* keys may be opened when somebody comes with the passphrase */
    {.number = SCMP_SYS(openat), .refused = true},
    {.number = SCMP_SYS(unlink), .refused = true}, /* of an empty log, when the journal is closed */
};

/* Beside the driver's: what SQLite does with the one file that it has open, and a library with those who connect over a network. */
static const struct call server_calls[] = {
    {.number = SCMP_SYS(pread64)},
    {.number = SCMP_SYS(pwrite64)},
    {.number = SCMP_SYS(lseek)},
    {.number = SCMP_SYS(fdatasync)},
    {.number = SCMP_SYS(fsync)},
    {.number = SCMP_SYS(ftruncate)},
    {.number = SCMP_SYS(fstat)},
    {.number = SCMP_SYS(newfstatat)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(geteuid)},
    {.number = SCMP_SYS(openat), .refused = true},
    {.number = SCMP_SYS(unlink), .refused = true}, /* of an empty log, when the database is closed */
    {.number = SCMP_SYS(epoll_ctl)},
    {.number = SCMP_SYS(accept4)},
    {.number = SCMP_SYS(shutdown)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(getsockopt)},
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(setsockopt)},
    {.number = SCMP_SYS(getsockname)},
    {.number = SCMP_SYS(getrusage)}, /* GnuTLS asks the kernel for noise */
};

/* Beside the driver's: connections over a network to others. */
static const struct call client_calls[] = {
    {.number = SCMP_SYS(socket), .argument = 0, .mask = ~UINT64_C(0), .value = AF_INET},
    {.number = SCMP_SYS(socket), .argument = 0, .mask = ~UINT64_C(0), .value = AF_INET6},
    {.number = SCMP_SYS(socket), .refused = true, .argument = 0, .mask = ~UINT64_C(0), .value = AF_UNIX},
    {.number = SCMP_SYS(connect)},
    {.number = SCMP_SYS(getsockopt)},
    {.number = SCMP_SYS(setsockopt)},
    {.number = SCMP_SYS(getsockname)},
    {.number = SCMP_SYS(getpeername)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(shutdown)},
    {.number = SCMP_SYS(fcntl)},
    {.number = SCMP_SYS(openat), .refused = true},
    {.number = SCMP_SYS(newfstatat), .refused = true},
};

struct calls {
	const struct call *at;
	size_t n;
};

#define CALLS(array)                                                                                                   \
	{                                                                                                              \
		array, ARRAY_LEN(array)                                                                                \
	}

static const struct profile {
	struct calls calls[2];
	uint32_t otherwise;
	bool takes_descriptors; /* those that are open stay, and more may come */
	bool copies_itself;	/* for long work */
	bool connects;		/* to others, over a network */
} profiles[SANDBOX_PROFILES] = {
    [SANDBOX_DRIVER] = {.calls = {CALLS(driver_calls)}, .otherwise = SCMP_ACT_KILL_PROCESS},
    [SANDBOX_DRIVER_EPERM] = {.calls = {CALLS(driver_calls)}, .otherwise = SCMP_ACT_ERRNO(EPERM)},
    [SANDBOX_CORE] = {.calls = {CALLS(driver_calls), CALLS(core_calls)},
		      .otherwise = SCMP_ACT_KILL_PROCESS,
		      .takes_descriptors = true,
		      .copies_itself = true},
    [SANDBOX_CORE_EPERM] = {.calls = {CALLS(driver_calls), CALLS(core_calls)},
			    .otherwise = SCMP_ACT_ERRNO(EPERM),
			    .takes_descriptors = true,
			    .copies_itself = true},
    [SANDBOX_SERVER] = {.calls = {CALLS(driver_calls), CALLS(server_calls)},
			.otherwise = SCMP_ACT_KILL_PROCESS,
			.takes_descriptors = true},
    [SANDBOX_SERVER_EPERM] = {.calls = {CALLS(driver_calls), CALLS(server_calls)},
			      .otherwise = SCMP_ACT_ERRNO(EPERM),
			      .takes_descriptors = true},
    [SANDBOX_CLIENT] = {.calls = {CALLS(driver_calls), CALLS(client_calls)},
			.otherwise = SCMP_ACT_KILL_PROCESS,
			.takes_descriptors = true,
			.connects = true},
    [SANDBOX_CLIENT_EPERM] = {.calls = {CALLS(driver_calls), CALLS(client_calls)},
			      .otherwise = SCMP_ACT_ERRNO(EPERM),
			      .takes_descriptors = true,
			      .connects = true},
};

/* The kernel's own header may be older than the kernel: the newest layout known here, cut to the version that
 * runs. linux/landlock.h, versions 1 to 6. */
struct landlock_ruleset {
	uint64_t files, network, scoped;
};

enum {
	LANDLOCK_VERSION = 1, /* flag of landlock_create_ruleset */
	LANDLOCK_NET_ABI = 4,
	LANDLOCK_SCOPE_ABI = 6,
};

static uint64_t low_bits(unsigned n)
{
	return (UINT64_C(1) << n) - 1;
}

/* How many file rights a version knows: 13 at first; moving, truncating and device control came later. */
static unsigned file_rights(int abi)
{
	return abi == 1 ? 13 : abi == 2 ? 14 : abi <= 4 ? 15 : 16;
}

/* A rule set that handles everything and allows nothing; of TCP it leaves connecting alone (its second right) where that is the work. */
static int enter_landlock(bool connects, struct error *error)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	if (abi < 1)
		return 0;
	struct landlock_ruleset rules = {.files = low_bits(file_rights(abi))};
	size_t size = sizeof rules.files;
	if (abi >= LANDLOCK_NET_ABI) {
		rules.network = low_bits(connects ? 1 : 2);
		size += sizeof rules.network;
	}
	if (abi >= LANDLOCK_SCOPE_ABI) {
		rules.scoped = low_bits(2);
		size += sizeof rules.scoped;
	}
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return error_system(error, "making a Landlock rule set");
	long done = syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return done == 0 ? abi : error_system(error, "entering Landlock");
}

static bool is_kept(int fd, const int *keep, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (keep[i] == fd)
			return true;
	}
	return false;
}

/* Closes all but 0, 1, 2 and keep: the gaps between what is kept, then everything above. */
static int close_others(const int *keep, size_t n, struct error *error)
{
	int highest = STDERR_FILENO;
	for (size_t i = 0; i < n; i++)
		highest = keep[i] > highest ? keep[i] : highest;
	for (int fd = STDERR_FILENO + 1; fd < highest; fd++) {
		if (!is_kept(fd, keep, n))
			close(fd);
	}
	if (close_range((unsigned)highest + 1, ~0U, 0) != 0)
		return error_system(error, "closing descriptors");
	return highest + 1;
}

static int set_limit(__rlimit_resource_t what, rlim_t most, struct error *error)
{
	if (setrlimit(what, &(struct rlimit){most, most}) != 0)
		return error_system(error, "setting resource limit %d", (int)what);
	return 0;
}

static int set_flag(int option, unsigned long value, struct error *error)
{
	if (prctl(option, value, 0, 0, 0) != 0)
		return error_system(error, "setting process option %d", option);
	return 0;
}

static int allow(scmp_filter_ctx filter, const struct call *call)
{
	uint32_t action = call->refused ? SCMP_ACT_ERRNO(EACCES) : SCMP_ACT_ALLOW;
	if (!call->mask)
		return seccomp_rule_add(filter, action, call->number, 0);
	return seccomp_rule_add(filter, action, call->number, 1,
				SCMP_CMP(call->argument, SCMP_CMP_MASKED_EQ, call->mask, call->value));
}

/* abort() must end the process as a panic, not as a forbidden call; signals reach nobody else. */
static int allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_CMP(0, SCMP_CMP_EQ, (uint64_t)getpid(), 0));
}

static int enter_seccomp(const struct profile *profile, struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(profile->otherwise);
	int failed = filter ? 0 : -ENOMEM;
	for (size_t list = 0; list < ARRAY_LEN(profile->calls); list++)
		for (size_t i = 0; i < profile->calls[list].n && !failed; i++)
			failed = allow(filter, &profile->calls[list].at[i]);
	if (!failed)
		failed = allow_abort(filter);
	if (!failed)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	errno = -failed;
	return failed ? error_system(error, "entering seccomp") : 0;
}

static bool is_entered;

bool sandbox_is_entered(void)
{
	return is_entered;
}

int sandbox_enter(enum sandbox_profile profile, const int *keep, size_t n, struct error *error)
{
	ASSERT((unsigned)profile < SANDBOX_PROFILES && n <= SANDBOX_KEEP_MAX);
	int code, landlock_abi, descriptors = 0;
	bool counted = !profiles[profile].takes_descriptors;
	if (counted && (descriptors = close_others(keep, n, error)) < 0)
		return descriptors;
	signal(SIGPIPE, SIG_IGN);
	if ((code = set_flag(PR_SET_NO_NEW_PRIVS, 1, error)) < 0)
		return code;
	if ((landlock_abi = enter_landlock(profiles[profile].connects, error)) < 0)
		return landlock_abi;
	if ((code = set_limit(RLIMIT_CORE, 0, error)) < 0)
		return code;
	if (!profiles[profile].copies_itself && (code = set_limit(RLIMIT_NPROC, 0, error)) < 0)
		return code;
	if (counted && (code = set_limit(RLIMIT_NOFILE, (rlim_t)descriptors, error)) < 0)
		return code;
	if ((code = set_flag(PR_SET_DUMPABLE, 0, error)) < 0)
		return code;
	if ((code = enter_seccomp(&profiles[profile], error)) < 0)
		return code;
	is_entered = true;
	return landlock_abi;
}
