#include "serve/core_outside.h"

#include "base/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SALT_POOL_BYTES = 256, /* getrandom gives as many at once, whole; one call for 16 entries */
	WORKER_NICE = 10,
};

/* The file only lends its pages to the next process; what a power failure leaves of it does not matter. */
static int map_danger(struct core_outside *outside, struct error *error)
{
	static const char path[] = "run/danger";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || ftruncate(fd, sizeof *outside->danger) < 0) {
		error_system(error, "cannot open the file");
		error_where(error, "%s", path);
		if (fd >= 0)
			close(fd);
		return ERROR_SYSTEM;
	}
	void *at = mmap(NULL, sizeof *outside->danger, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	ASSERT(at != MAP_FAILED);
	outside->danger = at;
	return 0;
}

int core_outside_open(struct core_outside *outside, struct error *error)
{
	struct arena shared = arena_map_shared(HUB_SHARED_BYTES);
	*outside = (struct core_outside){.shared = shared.at};
	outside->directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (outside->directory < 0)
		return error_system(error, "cannot open the mission's directory");
	return map_danger(outside, error);
}

int64_t core_outside_elapsed_us(void *context)
{
	(void)context;
	return clock_elapsed_us();
}

int64_t core_outside_wall_ms(void *context)
{
	(void)context;
	return clock_wall_ms();
}

void core_outside_salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint8_t pool[SALT_POOL_BYTES];
	static size_t left;
	(void)context;
	ASSERT(n <= sizeof pool);
	if (left < n) {
		ssize_t got = getrandom(pool, sizeof pool, 0);
		ASSERT(got == (ssize_t)sizeof pool);
		left = sizeof pool;
	}
	left -= n;
	memcpy(ret_bytes, pool + left, n);
	explicit_bzero(pool + left, n);
}

uint64_t core_outside_free_bytes(const struct core_outside *outside)
{
	struct statvfs status;
	if (fstatvfs(outside->directory, &status) < 0)
		return UINT64_MAX;
	return (uint64_t)status.f_bavail * status.f_frsize;
}

/* A copy of this process, with its memory as it is now. It writes to what is open and ends, at the latest with this process: the next one writes to the
 * same files. It reads nothing from anybody. */
void core_outside_work(struct core_outside *outside, int (*work)(void *hub, void *shared), void *hub)
{
	ASSERT(outside->worker == 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpriority(PRIO_PROCESS, 0, WORKER_NICE);
		_exit(work(hub, outside->shared) == 0 ? 0 : 1);
	}
	/* No process to be had: it ends at once, and has done nothing. */
	outside->worker = pid > 0 ? pid : -1;
}

bool core_outside_work_ended(struct core_outside *outside, bool *ret_done)
{
	int status = 0;
	if (outside->worker == 0)
		return false;
	if (outside->worker > 0 && waitpid(outside->worker, &status, WNOHANG) == 0)
		return false;
	*ret_done = outside->worker > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	outside->worker = 0;
	return true;
}
