/* A journal is read without a trace of it: of a mission that rests, runs, writes all the while, or has crashed. */
#include "base/test.h"

#include "sample.h"
#include "verify.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES = 600, ENTRIES_MAX = 2000 };

static char folder[] = "/tmp/snapshot_test-XXXXXX", db_path[64], wal_path[80], shm_path[80];

static void folder_make(void)
{
	if (db_path[0])
		return;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(db_path, sizeof(db_path), "%s/journal.db", folder);
	snprintf(wal_path, sizeof(wal_path), "%s-wal", db_path);
	snprintf(shm_path, sizeof(shm_path), "%s-shm", db_path);
}

static void folder_clear(void)
{
	unlink(db_path);
	unlink(wal_path);
	unlink(shm_path);
}

__attribute__((destructor)) static void folder_remove(void)
{
	rmdir(folder);
}

static struct sample mission;
static struct verify_result result;

static void mission_open(void)
{
	folder_make();
	folder_clear();
	sample_open(&mission, db_path);
}

static void mission_end(void)
{
	sample_release(&mission);
	folder_clear();
}

static void mission_write(unsigned entries)
{
	sample_exec(&mission, "BEGIN");
	while (mission.entries < entries) {
		char body[SAMPLE_BYTES_MAX];
		int len = sample_entry(body, mission.entries);
		sample_add(&mission, body, (size_t)len);
	}
	sample_seal(&mission);
	sample_exec(&mission, "COMMIT");
}

static enum verify_answer answer_of(const char **ret_says)
{
	static struct verify_fault fault;
	struct sample_key key;
	sample_key_make(&key, CHECKPOINT_LOG, "chancery/test", 7);
	EVP_PKEY_free(key.secret);
	struct verify_request request = {.path = db_path, .key = &key.public};
	enum verify_answer answer = verify_journal(&request, &result, &fault);
	*ret_says = answer == VERIFY_OK ? "good" : fault.complaint.what;
	return answer;
}

static void check_good(void)
{
	const char *says;
	enum verify_answer answer = answer_of(&says);
	CHECK_STR(str_of(says), STR("good"));
	CHECK_INT(answer, VERIFY_OK);
}

struct trace {
	bool there;
	struct timespec changed;
	struct tree_hash bytes;
};

static struct trace trace_of(const char *path)
{
	static uint8_t bytes[1 << 22];
	struct trace trace = {0};
	struct stat now;
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return trace;
	ssize_t len = pread(fd, bytes, sizeof(bytes), 0);
	CHECK(len >= 0 && len < (ssize_t)sizeof(bytes) && fstat(fd, &now) == 0);
	close(fd);
	trace.there = true;
	trace.changed = now.st_mtim;
	SHA256(bytes, (size_t)len, trace.bytes.bytes);
	return trace;
}

static void check_leaves_no_trace(void)
{
	const char *const paths[] = {db_path, wal_path, shm_path};
	struct trace before[3];
	for (size_t i = 0; i < 3; i++)
		before[i] = trace_of(paths[i]);
	check_good();
	CHECK_INT(result.entries, ENTRIES);
	for (size_t i = 0; i < 3; i++) {
		struct trace after = trace_of(paths[i]);
		CHECK_INT(after.there, before[i].there);
		CHECK(memcmp(&after.changed, &before[i].changed, sizeof(after.changed)) == 0);
		CHECK(tree_hash_same(&after.bytes, &before[i].bytes));
	}
}

/* Runs `work` as the mission in a process of its own, until it says that it is ready. */
static pid_t mission_run(void (*work)(int ready))
{
	int ready[2];
	char byte;
	CHECK_INT(pipe(ready), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(ready[0]);
		work(ready[1]);
		_exit(0);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void mission_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void write_and_wait(int ready)
{
	mission_open();
	sample_exec(&mission, "PRAGMA wal_autocheckpoint=0");
	mission_write(ENTRIES - 100);
	sample_exec(&mission, "PRAGMA wal_checkpoint(TRUNCATE)");
	mission_write(ENTRIES - 50);
	mission_write(ENTRIES);
	if (write(ready, "", 1) == 1)
		pause();
}

TEST(a_mission_that_runs_or_has_crashed_is_read_without_a_trace)
{
	folder_make();
	pid_t pid = mission_run(write_and_wait);
	CHECK(trace_of(wal_path).there && trace_of(shm_path).there);
	check_leaves_no_trace();
	mission_kill(pid);
	check_leaves_no_trace();
	unlink(shm_path);
	check_leaves_no_trace();
	CHECK(!trace_of(shm_path).there);

	struct stat wal; /* the power failed while the last transaction was written */
	CHECK_INT(stat(wal_path, &wal), 0);
	CHECK_INT(truncate(wal_path, wal.st_size - 100), 0);
	check_good();
	CHECK_INT(result.entries, ENTRIES - 50);

	CHECK_INT(sqlite3_open(db_path, &mission.db), SQLITE_OK);
	sample_exec(&mission, "SELECT count(*) FROM entry");
	sample_close(&mission);
	CHECK(!trace_of(wal_path).there);
	check_good();
	folder_clear();
}

TEST(a_folder_that_may_not_be_written_is_enough)
{
	mission_open();
	mission_write(ENTRIES);
	sample_close(&mission);
	CHECK_INT(chmod(db_path, 0400), 0);
	CHECK_INT(chmod(folder, 0500), 0);
	check_leaves_no_trace();
	CHECK_INT(chmod(folder, 0700), 0);
	mission_end();
}

static void write_on_and_on(int ready)
{
	mission_open();
	sample_exec(&mission, "PRAGMA wal_autocheckpoint=1; CREATE TABLE ballast AS SELECT zeroblob(4000000)");
	mission_write(ENTRIES);
	if (write(ready, "", 1) != 1)
		return;
	while (mission.entries < ENTRIES_MAX - 1)
		mission_write(mission.entries + 1);
	pause();
}

/* Every state that is seen is one that was committed. The mission checkpoints the -wal at each commit, so that copies
 * are often overtaken. */
TEST(a_mission_that_writes_all_the_while_verifies)
{
	uint64_t last = 0;
	unsigned answers = 0;
	folder_make();
	pid_t pid = mission_run(write_on_and_on);
	for (unsigned i = 0; i < 200 && last < ENTRIES_MAX - 1; i++) {
		const char *says;
		enum verify_answer answer = answer_of(&says);
		if (answer == VERIFY_UNREADABLE) /* it was faster: allowed, but not always */
			continue;
		CHECK_STR(str_of(says), STR("good"));
		CHECK(result.entries >= last);
		last = result.entries;
		answers++;
	}
	CHECK(answers > 0 && last > ENTRIES);
	mission_kill(pid);
	folder_clear();
}

TEST(nothing_is_left_in_the_temporary_folder)
{
	char temporary[80];
	mission_open();
	mission_write(ENTRIES);
	snprintf(temporary, sizeof(temporary), "%s/tmp", folder);
	CHECK_INT(mkdir(temporary, 0700), 0);
	setenv("TMPDIR", temporary, 1);
	check_good();
	CHECK_INT(rmdir(temporary), 0); /* it is empty */
	const char *says;
	CHECK_INT(answer_of(&says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "No such file or directory") != NULL);
	unsetenv("TMPDIR");
	mission_end();
}
