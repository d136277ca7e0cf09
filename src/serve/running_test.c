#include "serve/running.h"

#include "base/clock.h"
#include "base/test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct error error;

static char directory[32];

static void enter(void)
{
	snprintf(directory, sizeof directory, "/tmp/running_test.XXXXXX");
	ASSERT(mkdtemp(directory) && chdir(directory) == 0);
}

static void leave(void)
{
	unlink("run/keeper.lock");
	rmdir("run");
	CHECK(chdir("/") == 0 && rmdir(directory) == 0);
}

/* A process that holds the lock until it is ended; `stubborn` ones do not listen. */
static pid_t start(bool stubborn)
{
	int ready[2];
	char byte;
	ASSERT(pipe(ready) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (stubborn)
			signal(SIGTERM, SIG_IGN);
		if (running_lock(NULL) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* What ended it. Meanwhile somebody must wait for it, or the process stays as a zombie, which poll takes for an end. */
static int end_of(pid_t pid)
{
	int status = 0;
	ASSERT(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(nobody_holds_the_lock_of_a_stopped_mission)
{
	enter();
	CHECK_INT(running_keeper(), 0);
	CHECK(running_end(0));
	leave();
}

TEST(who_holds_the_lock_is_known_and_a_second_one_is_refused)
{
	enter();
	pid_t pid = start(false);
	CHECK_INT(running_keeper(), pid);
	CHECK_INT(running_lock(&error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "runs already") && error.remedy[0]);
	CHECK_INT(running_keeper(), pid);
	kill(pid, SIGKILL);
	end_of(pid);
	CHECK_INT(running_keeper(), 0); /* though the file is still there */
	leave();
}

TEST(a_keeper_that_listens_is_asked_and_one_that_does_not_is_killed)
{
	enter();
	pid_t pid = start(false);
	CHECK(running_end(5000));
	CHECK_INT(end_of(pid), SIGTERM);
	pid = start(true);
	int64_t begun = clock_elapsed_us();
	CHECK(!running_end(200));
	CHECK(clock_elapsed_us() - begun >= 200000);
	CHECK_INT(running_keeper(), pid);
	CHECK(running_kill());
	CHECK_INT(end_of(pid), SIGKILL);
	leave();
}
