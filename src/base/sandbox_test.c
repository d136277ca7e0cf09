#include "base/buf.h"
#include "base/sandbox.h"
#include "base/test.h"

#include <errno.h>
#include <sched.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child tries behind sandbox_enter. Each answers 0 when it could do it, else errno. */
static int open_file(void)
{
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : errno;
}

static int make_file(void)
{
	return open("/tmp/chancery_sandbox_test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 0 : errno;
}

static int open_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? 0 : errno;
}

static int open_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ? 0 : errno;
}

static int run_program(void)
{
	char *argv[] = {"true", NULL};
	execv("/bin/true", argv);
	return errno;
}

static int make_process(void)
{
	return fork() >= 0 ? 0 : errno;
}

static int trace_parent(void)
{
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int run_memory(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at != MAP_FAILED ? 0 : errno;
}

static int ordinary_work(void)
{
	struct timespec now;
	uint8_t bytes[8];
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
	void *memory = malloc(1 << 20);
	bool good = memory && clock_gettime(CLOCK_BOOTTIME, &now) == 0 && getrandom(bytes, 8, 0) == 8 &&
		    ppoll(fds, 2, &(struct timespec){0}, NULL) >= 0 && write(1, "", 0) == 0;
	free(memory);
	return good ? 0 : EINVAL;
}

static int call_abort(void)
{
	abort();
}

/* Stays open, when it is one. */
static int kept_file = -1;

/* The child's wait status: its attempt's errno as exit code, or the signal that ended it. 200: entering
 * failed. */
static int in_sandbox(enum sandbox_profile profile, int (*attempt)(void))
{
	fflush(stdout);
	pid_t child = fork();
	ASSERT(child >= 0);
	if (child == 0) {
		struct error error;
		if (sandbox_enter(profile, &kept_file, kept_file >= 0, &error) < 0) {
			error_print(&error);
			_exit(200);
		}
		_exit(attempt());
	}
	int status;
	ASSERT(waitpid(child, &status, 0) == child);
	return status;
}

static int (*const forbidden[])(void) = {
    open_file, make_file, open_socket, open_unix_socket, run_program, make_process, trace_parent, run_memory,
};

TEST(a_driver_that_tries_anything_else_is_ended)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		int status = in_sandbox(SANDBOX_DRIVER, forbidden[i]);
		CHECK(WIFSIGNALED(status));
		CHECK_INT(WTERMSIG(status), SIGSYS);
	}
}

TEST(a_driver_under_a_sanitizer_is_refused_the_same_and_goes_on)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		int status = in_sandbox(SANDBOX_DRIVER_EPERM, forbidden[i]);
		CHECK(WIFEXITED(status));
		CHECK_INT(WEXITSTATUS(status), EPERM);
	}
}

TEST(a_driver_can_do_its_work)
{
	CHECK_INT(in_sandbox(SANDBOX_DRIVER, ordinary_work), 0);
	CHECK_INT(in_sandbox(SANDBOX_DRIVER_EPERM, ordinary_work), 0);
}

/* SQLite tries to open the directory of a log that it removes: that is refused, not fatal. */
TEST(the_core_opens_nothing_and_is_ended_for_anything_else)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		bool opens = forbidden[i] == open_file || forbidden[i] == make_file;
		if (forbidden[i] == make_process)
			continue; /* the next test */
		int status = in_sandbox(SANDBOX_CORE, forbidden[i]);
		CHECK_INT(opens ? WEXITSTATUS(status) : WTERMSIG(status), opens ? EACCES : SIGSYS);
		CHECK_INT(WEXITSTATUS(in_sandbox(SANDBOX_CORE_EPERM, forbidden[i])), opens ? EACCES : EPERM);
	}
}

/* What a thread asks of clone. */
static int make_thread(void)
{
	long made =
	    syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL, NULL, NULL, 0);
	return made < 0 ? errno : 0;
}

/* A copy for long work is under the same list. */
static int copy_runs_program(void)
{
	int status = 0;
	pid_t copy = fork();
	if (copy == 0)
		_exit(run_program());
	if (copy < 0 || waitpid(copy, &status, 0) < 0)
		return 1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(the_core_may_copy_itself_and_its_copy_may_do_no_more_than_it)
{
	CHECK_INT(WEXITSTATUS(in_sandbox(SANDBOX_CORE, copy_runs_program)), SIGSYS);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_CORE, make_thread)), SIGSYS);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_DRIVER, make_process)), SIGSYS);
}

static int life[2]; /* whose writing end the copy holds as long as it lives */

static int leave_copy(void)
{
	pid_t copy = fork();
	if (copy == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		poll(NULL, 0, 2000);
		_exit(write(life[1], "late", 4) != 4);
	}
	poll(NULL, 0, 100); /* until it has asked */
	return copy < 0;
}

static int become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1) == 0 ? 0 : errno;
}

TEST(a_copy_of_the_core_ends_with_it)
{
	char byte;
	CHECK(pipe2(life, O_CLOEXEC) == 0);
	CHECK_INT(in_sandbox(SANDBOX_CORE, leave_copy), 0);
	close(life[1]);
	CHECK_INT(read(life[0], &byte, 1), 0);
	close(life[0]);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_CORE, become_dumpable)), SIGSYS);
}

static int write_and_sync(void)
{
	char back[5];
	bool good = pwrite(kept_file, "entry", 5, 0) == 5 && pread(kept_file, back, 5, 0) == 5 &&
		    fdatasync(kept_file) == 0 && lseek(kept_file, 0, SEEK_END) == 5 && ftruncate(kept_file, 0) == 0;
	return good ? 0 : errno;
}

TEST(files_that_are_open_already_are_written_and_synced)
{
	char path[] = "/tmp/chancery-sandbox-XXXXXX";
	kept_file = mkstemp(path);
	CHECK(kept_file >= 0);
	CHECK_INT(in_sandbox(SANDBOX_CORE, write_and_sync), 0);
	CHECK_INT(in_sandbox(SANDBOX_DRIVER, write_and_sync), 0);
	CHECK_INT(in_sandbox(SANDBOX_CORE, ordinary_work), 0);
	close(kept_file);
	kept_file = -1;
	unlink(path);
}

/* OpenSSL and SQLite try files, and libcurl the name service's socket: that is refused, not fatal. */
TEST(a_server_opens_nothing_and_connects_to_nobody)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		bool opens = forbidden[i] == open_file || forbidden[i] == make_file;
		int status = in_sandbox(SANDBOX_SERVER, forbidden[i]);
		CHECK_INT(opens ? WEXITSTATUS(status) : WTERMSIG(status), opens ? EACCES : SIGSYS);
		CHECK_INT(WEXITSTATUS(in_sandbox(SANDBOX_SERVER_EPERM, forbidden[i])), opens ? EACCES : EPERM);
	}
}

TEST(a_client_opens_no_file_and_no_socket_but_to_a_network)
{
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		bool opens = forbidden[i] == open_file || forbidden[i] == make_file || forbidden[i] == open_unix_socket;
		if (forbidden[i] == open_socket)
			continue;
		int status = in_sandbox(SANDBOX_CLIENT, forbidden[i]);
		CHECK_INT(opens ? WEXITSTATUS(status) : WTERMSIG(status), opens ? EACCES : SIGSYS);
		CHECK_INT(WEXITSTATUS(in_sandbox(SANDBOX_CLIENT_EPERM, forbidden[i])), opens ? EACCES : EPERM);
	}
}

/* A listener that is there already, and one who connects to it. */
static int listener_port, listener = -1;

static int connect_to_it(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)listener_port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
}

static int listen_anew(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && listen(fd, 1) == 0 ? 0 : errno;
}

static int take_one_in(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fd >= 0 || errno == EAGAIN ? 0 : errno;
}

static void open_listener(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof at;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ASSERT(listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 4) == 0);
	ASSERT(getsockname(listener, (struct sockaddr *)&at, &length) == 0);
	listener_port = ntohs(at.sin_port);
}

TEST(a_client_connects_and_does_not_listen_and_a_server_the_other_way_round)
{
	open_listener();
	CHECK_INT(in_sandbox(SANDBOX_CLIENT, connect_to_it), 0);
	CHECK_INT(in_sandbox(SANDBOX_CLIENT, ordinary_work), 0);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_CLIENT, listen_anew)), SIGSYS);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_CLIENT, take_one_in)), SIGSYS);
	CHECK_INT(in_sandbox(SANDBOX_SERVER, take_one_in), 0);
	CHECK_INT(in_sandbox(SANDBOX_SERVER, ordinary_work), 0);
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_SERVER, connect_to_it)), SIGSYS);
	close(listener);
}

TEST(a_panic_still_ends_as_a_panic)
{
	CHECK_INT(WTERMSIG(in_sandbox(SANDBOX_DRIVER, call_abort)), SIGABRT);
}

/* Looked at from outside, because the profile does not let the child ask: /proc names what is in force. */
static void read_state(pid_t child, const char *file, struct buf *ret)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)child, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	for (ssize_t n; fd >= 0 && (n = read(fd, ret->at + ret->len, ret->size - ret->len)) > 0;)
		ret->len += (size_t)n;
	if (fd >= 0)
		close(fd);
}

TEST(the_limits_are_in_force_and_only_what_is_named_stays_open)
{
	int ends[2], ready[2];
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int keep[] = {ends[1], ready[0]};
		if (sandbox_enter(SANDBOX_DRIVER_EPERM, keep, 2, NULL) < 0)
			_exit(200);
		char kept = write(ends[1], "k", 1) == 1 ? 'y' : 'n';
		char other = write(ready[1], "o", 1) == 1 ? 'y' : 'n';
		char pair[3] = {kept, other, 0};
		if (write(ends[1], pair, 2) != 2 || read(ready[0], pair, 1) < 0)
			_exit(201);
		_exit(0);
	}
	char seen[3];
	CHECK_INT(read(ends[0], seen, 1), 1);
	CHECK_INT(read(ends[0], seen, 2), 2);
	CHECK_INT(seen[0], 'y');
	CHECK_INT(seen[1], 'n');
	static uint8_t memory[8192];
	struct buf state = BUF(memory);
	read_state(child, "status", &state);
	CHECK(str_contains(buf_str(&state), STR("NoNewPrivs:\t1")));
	CHECK(str_contains(buf_str(&state), STR("Seccomp:\t2")));
	buf_clear(&state);
	read_state(child, "limits", &state);
	CHECK(str_contains(buf_str(&state), STR("Max core file size        0                    0")));
	CHECK(str_contains(buf_str(&state), STR("Max processes             0                    0")));
	CHECK_INT(write(ready[1], "e", 1), 1);
	int status;
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(ready[i]);
	}
}
