/* process_bench.c: the real processes, with 10,000 people and 500 doors: how long an asker waits for its command to be durable when 64 of them ask at once and
 * each asks again when it has its answer, beside fdatasync of as many bytes, on the same disk, in the same seconds; the core's memory then; and how long
 * `chancery destroy` takes, beside as many bytes as it overwrites. */
#include "bench/bench.h"
#include "bench/live.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WRITERS = 64,
	ROUNDS = 12,
	ROUND_MS = 1000,
	SYNCS = 100, /* a round */
	SYNC_BYTES = WRITERS * 900,
};

static struct mission mission;

static struct writer {
	int fd;
	bool suspended;
	double asked_ns;
} writers[WRITERS];

static struct bench_rounds waits, syncs;
static double answers, seconds;

/* A bounded sample of all that were measured. */
static void add_wait(double ns)
{
	static uint64_t seen;
	if (waits.n < BENCH_ROUNDS_MAX)
		bench_add(&waits, ns);
	else if (mission_roll(++seen + BENCH_ROUNDS_MAX) < BENCH_ROUNDS_MAX)
		waits.at[mission_roll(BENCH_ROUNDS_MAX)] = ns;
}

static void ask(struct writer *w)
{
	char line[256];
	int badge = (int)(w - writers) + 1;
	snprintf(line, sizeof line,
		 w->suspended
		     ? "{\"command\":{\"name\":\"people.restore_badge\",\"body\":{\"badge\":%d}}}"
		     : "{\"command\":{\"name\":\"people.suspend_badge\",\"body\":{\"badge\":%d,\"why\":\"lost\"}}}",
		 badge);
	w->suspended = !w->suspended;
	w->asked_ns = bench_now();
	live_say(w->fd, str_of(line));
}

static void hear(struct writer *w)
{
	char line[4096];
	size_t n = live_hear(w->fd, line, sizeof line);
	ASSERT(str_starts((struct str){line, n}, STR("{\"done\"")));
	add_wait(bench_now() - w->asked_ns);
	answers++;
}

/* All ask, and go on asking until the time is over. */
static void round_of_writers(void)
{
	struct pollfd wait[WRITERS];
	double begin = bench_now();
	size_t waiting = WRITERS;
	for (int i = 0; i < WRITERS; i++) {
		ask(&writers[i]);
		wait[i] = (struct pollfd){.fd = writers[i].fd, .events = POLLIN};
	}
	while (waiting > 0) {
		poll(wait, WRITERS, -1);
		bool goes_on = bench_now() - begin < ROUND_MS * 1e6;
		for (int i = 0; i < WRITERS; i++) {
			if (!wait[i].revents)
				continue;
			hear(&writers[i]);
			if (goes_on)
				ask(&writers[i]);
			else
				waiting--;
		}
	}
	seconds += (bench_now() - begin) / 1e9;
}

static void round_of_syncs(void)
{
	static char bytes[SYNC_BYTES];
	int fd = open("sync", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT(fd >= 0);
	for (int i = 0; i < SYNCS; i++) {
		double begin = bench_now();
		ASSERT(write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes && fdatasync(fd) == 0);
		bench_add(&syncs, bench_now() - begin);
	}
	close(fd);
}

static void measure_writers(void)
{
	for (int i = 0; i < WRITERS; i++)
		writers[i].fd = live_connect();
	for (int i = 0; i < ROUNDS; i++) {
		round_of_writers();
		round_of_syncs();
	}
	double sync = bench_quantile(&syncs, 0.5) / 1e6, sync_p99 = bench_quantile(&syncs, 0.99) / 1e6;
	bench_tell("a command durable, 64 writers, median", bench_quantile(&waits, 0.5) / 1e6, "ms", BENCH_NONE,
		   "fdatasync of as much %.2f ms; %.0f commands/s", sync, answers / seconds);
	bench_tell("a command durable, 64 writers, p99", bench_quantile(&waits, 0.99) / 1e6, "ms", BENCH_BELOW(15),
		   "fdatasync of as much %.2f ms p99", sync_p99);
}

/* KiB of the core, by the name that /proc gives it. */
static double memory_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	long found = -1;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	ASSERT(file);
	while (found < 0 && fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			found = strtol(line + strlen(name), NULL, 10);
	fclose(file);
	ASSERT(found >= 0);
	return (double)found;
}

static void measure_memory(const struct live *live)
{
	pid_t core = live_core(live);
	bench_tell("memory of the core, 64 askers connected", memory_of(core, "VmRSS:") / 1024, "MiB", BENCH_BELOW(64),
		   "the most it had %.1f MiB; not of files %.1f MiB", memory_of(core, "VmHWM:") / 1024,
		   memory_of(core, "RssAnon:") / 1024);
}

static size_t size_of(const char *path)
{
	struct stat status;
	ASSERT(stat(path, &status) == 0);
	return (size_t)status.st_size;
}

/* What is to be overwritten: all keys, and the snapshots. */
static size_t secret_bytes(void)
{
	size_t bytes = size_of("snapshot.0") + size_of("snapshot.1");
	struct dirent *entry;
	DIR *keys = opendir("keys");
	ASSERT(keys);
	while ((entry = readdir(keys))) {
		char path[512];
		snprintf(path, sizeof path, "keys/%s", entry->d_name);
		bytes += entry->d_type == DT_REG ? size_of(path) : 0;
	}
	closedir(keys);
	return bytes;
}

/* Nanoseconds to write so many bytes over what a file has, once, and sync it. */
static double overwrite(size_t bytes)
{
	uint8_t *zeros = calloc(1, bytes);
	int fd = open("wipe", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT(zeros && fd >= 0 && pwrite(fd, zeros, bytes, 0) == (ssize_t)bytes && fsync(fd) == 0);
	double begin = bench_now();
	ASSERT(pwrite(fd, zeros, bytes, 0) == (ssize_t)bytes && fsync(fd) == 0);
	double took = bench_now() - begin;
	close(fd);
	free(zeros);
	return took;
}

static void measure_destroying(const struct live *live)
{
	size_t bytes = secret_bytes();
	double limit = overwrite(bytes);
	fflush(stdout);
	double begin = bench_now();
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (freopen("destroy.log", "we", stdout))
			execl("../../chancery", "chancery", "destroy", "--yes", "bench", (char *)NULL);
		_exit(127);
	}
	ASSERT(waitpid(pid, &status, 0) == pid && status == 0);
	bench_tell("chancery destroy, mission running", (bench_now() - begin) / 1e9, "s", BENCH_BELOW(2),
		   "as many bytes as its keys and snapshots, %.1f MiB, written over and synced once: %.3f s",
		   (double)bytes / (1 << 20), limit / 1e9);
	waitpid(live->keeper, NULL, 0);
}

int main(void)
{
	struct live live;
	mission_make("process_bench.mission");
	mission_open(&mission);
	mission_furnish(&mission);
	mission_close(&mission);
	live_begin(&live);
	measure_writers();
	measure_memory(&live);
	measure_destroying(&live);
	mission_remove();
	return EXIT_OK;
}
