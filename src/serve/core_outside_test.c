/* core_outside_test.c: what the core has of the machine: above all the process for long work. */
#include "serve/core_outside.h"

#include "base/test.h"
#include "core/try.h"
#include "serve/snapshot.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct core_outside outside;
static struct error error;
static char directory[64];
static int back = -1;

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/chancery-outside-XXXXXX");
	back = open(".", O_RDONLY | O_DIRECTORY);
	ASSERT(mkdtemp(directory) && chdir(directory) == 0 && mkdir("run", 0700) == 0);
}

static void end(void)
{
	unlink("run/danger");
	unlink("snapshot.0");
	rmdir("run");
	ASSERT(fchdir(back) == 0);
	close(back);
	CHECK_INT(rmdir(directory), 0);
}

static void release(void)
{
	struct arena shared = {.at = outside.shared, .size = HUB_SHARED_BYTES};
	arena_unmap(&shared);
	close(outside.directory);
}

TEST(what_a_process_was_doing_outlives_it)
{
	begin();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	CHECK(outside.danger->now == 0 && outside.danger->n == 0);
	outside.danger->now = 7;
	pid_t pid = fork();
	if (pid == 0) {
		outside.danger->suspects[3].kills = 2;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	release();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	CHECK(outside.danger->now == 7 && outside.danger->suspects[3].kills == 2);
	release();
	end();
}

TEST(where_that_is_written_must_be_a_file_of_the_missions)
{
	begin();
	ASSERT(symlink("/dev/null", "run/danger") == 0);
	CHECK_INT(core_outside_open(&outside, &error), ERROR_SYSTEM);
	CHECK(strstr(error.where, "run/danger"));
	unlink("run/danger");
	ASSERT(rmdir("run") == 0);
	CHECK_INT(core_outside_open(&outside, &error), ERROR_SYSTEM);
	ASSERT(mkdir("run", 0700) == 0);
	end();
}

TEST(chance_is_new_every_time_and_room_is_what_the_disk_has)
{
	uint8_t salts[64][16];
	size_t same = 0;
	begin();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	for (size_t i = 0; i < ARRAY_LEN(salts); i++)
		core_outside_salt(NULL, salts[i], sizeof salts[i]);
	for (size_t i = 0; i < ARRAY_LEN(salts); i++)
		for (size_t k = 0; k < i; k++)
			same += memcmp(salts[i], salts[k], sizeof salts[i]) == 0;
	CHECK_INT(same, 0);
	uint64_t room = core_outside_free_bytes(&outside);
	CHECK(room > 0 && room < UINT64_MAX);
	CHECK(core_outside_wall_ms(NULL) > INT64_C(1600000000000));
	int64_t before = core_outside_elapsed_us(NULL);
	CHECK(core_outside_elapsed_us(NULL) >= before);
	release();
	struct core_outside nowhere = {.directory = -1};
	CHECK(core_outside_free_bytes(&nowhere) == UINT64_MAX); /* cannot tell: then it is no reason to stop anybody */
	end();
}

/* Work of its own process */

static int write_and_end(void *hub, void *shared)
{
	*(int *)shared = *(int *)hub + 1;
	return getpriority(PRIO_PROCESS, 0) > 0 ? 0 : -1;
}

static int fail(void *hub, void *shared)
{
	return hub && shared ? -1 : 0;
}

static int die_of_it(void *hub, void *shared)
{
	raise(SIGKILL);
	return hub && shared ? 0 : -1;
}

static int go_on(void *hub, void *shared)
{
	for (;;)
		pause();
	return hub && shared ? 0 : -1;
}

static bool wait_for_it(void)
{
	bool done = false;
	while (!core_outside_work_ended(&outside, &done))
		usleep(1000);
	return done;
}

TEST(work_is_done_by_a_copy_and_ends_once_well_or_badly)
{
	int seen = 41;
	bool done;
	begin();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	CHECK(!core_outside_work_ended(&outside, &done));
	core_outside_work(&outside, write_and_end, &seen);
	CHECK(wait_for_it());
	CHECK_INT(*(int *)outside.shared, 42);
	CHECK_INT(seen, 41);
	CHECK(!core_outside_work_ended(&outside, &done)); /* is told once */
	core_outside_work(&outside, fail, &seen);
	CHECK(!wait_for_it());
	core_outside_work(&outside, die_of_it, &seen);
	CHECK(!wait_for_it());
	core_outside_work(&outside, go_on, &seen);
	for (int i = 0; i < 5; i++)
		CHECK(!core_outside_work_ended(&outside, &done));
	kill(outside.worker, SIGKILL);
	CHECK(!wait_for_it());
	release();
	end();
}

/* In a process that may have no other one: as whoever has no rights, and no number of processes. */
TEST(where_no_process_is_to_be_had_the_work_ends_badly)
{
	int status = 0;
	begin();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit none = {0, 0};
		bool done = true;
		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0 ||
		    setrlimit(RLIMIT_NPROC, &none) < 0)
			_exit(3); /* is nobody who may do that */
		core_outside_work(&outside, fail, &status);
		_exit(core_outside_work_ended(&outside, &done) && !done && outside.worker == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
	release();
	end();
}

/* A snapshot that is being written when its process is killed */

static struct try try;
static struct file file;

static int slow_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *e)
{
	int failed = file_write(file, at, bytes, n, e);
	(*(volatile unsigned *)context)++;
	usleep(20000);
	return failed;
}

static int sync_it(void *context, struct error *e)
{
	return context ? file_sync(file, e) : 0;
}

static int resize_it(void *context, uint64_t bytes, struct error *e)
{
	return context ? file_resize(file, bytes, e) : 0;
}

static const uint8_t key[32] = {1}, schema[32] = {2}, salt[16] = {3};

static int write_slowly(void *hub, void *shared)
{
	static const struct file_verbs verbs = {.write = slow_write, .sync = sync_it, .resize = resize_it};
	struct snapshot_head head = {.number = 2};
	return snapshot_write((struct file){shared, &verbs}, hub, key, schema, salt, &head, NULL);
}

TEST(a_snapshot_whose_process_is_killed_is_none_and_the_next_one_is_whole)
{
	struct snapshot_head head = {.number = 1};
	bool done;
	begin();
	CHECK_OK(core_outside_open(&outside, &error), &error);
	CHECK_OK(file_open("snapshot.0", 0600, &file, &error), &error);
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_OK(snapshot_write(file, &try.core, key, schema, salt, &head, &error), &error);
	volatile unsigned *writes = outside.shared;
	core_outside_work(&outside, write_slowly, &try.core);
	while (*writes == 0 && !core_outside_work_ended(&outside, &done))
		usleep(1000);
	kill(outside.worker, SIGKILL);
	CHECK(!wait_for_it());
	CHECK(!snapshot_head(file, &head));
	core_outside_work(&outside, write_slowly, &try.core);
	CHECK(wait_for_it());
	CHECK(snapshot_head(file, &head) && head.number == 2 && head.entries == try.core.size);
	try_release(&try);
	file_close(file);
	release();
	end();
}
