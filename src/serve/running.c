#include "serve/running.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILLED_MS = 1000 }; /* a killed process is gone after so long, or never */

static const char lock_path[] = "run/keeper.lock";

int running_lock(struct error *error)
{
	struct flock record = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (mkdir("run", 0750) < 0 && errno != EEXIST)
		return error_system(error, "cannot make the directory run");
	int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return error_system(error, "cannot open %s", lock_path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fcntl(fd, F_SETLK, &record) == 0)
		return fd;
	close(fd);
	error_set(error, ERROR_SYSTEM, "this mission runs already");
	return error_remedy(error, "End the other `chancery serve` first.");
}

pid_t running_keeper(void)
{
	struct flock record = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(lock_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	bool asked = fcntl(fd, F_GETLK, &record) == 0;
	close(fd);
	return asked && record.l_type != F_UNLCK ? record.l_pid : 0;
}

/* By a descriptor that means this process and no later one of the same number: it is the keeper if it still is
 * after the descriptor is there. */
static bool signal_keeper(int number, int wait_ms)
{
	pid_t pid = running_keeper();
	if (pid == 0)
		return true;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return running_keeper() == 0;
	struct pollfd end = {.fd = fd, .events = POLLIN};
	if (running_keeper() == pid && syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) == 0)
		poll(&end, 1, wait_ms);
	close(fd);
	return running_keeper() == 0;
}

bool running_end(int patience_ms)
{
	return signal_keeper(SIGTERM, patience_ms);
}

bool running_kill(void)
{
	return signal_keeper(SIGKILL, KILLED_MS);
}
