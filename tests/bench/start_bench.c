/* start_bench.c: from the start of `chancery serve` to the core's first answer, with ten million entries behind it: all of them read, and from a snapshot.
 * Beside the first, what no start that reads them all can do without: all rows read and hashed, in one thread; beside the second, its file read and hashed.
 * And what doors do meanwhile: when the last driver has taken up the grant table that it had from before.
 *
 *     start_bench [ENTRIES]       with fewer, what was measured is put in proportion
 *
 * The entries are made by the hub itself, a batch of 256 at a time: cards are read at doors, decided, and what was ordered is carried out. Ten million take
 * 10 GB of disk.
 */
#include "bench/bench.h"
#include "bench/live.h"
#include "bench/scan.h"

#include "serve/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

enum { ENTRIES = 10000000, SNAPSHOT_ROUNDS = 7, PATIENCE_S = 300, LOOK_EVERY_US = 20000, DAY_MS = 86400000 };

static struct mission mission;

/* Reads the journal from the disk the next time, not from memory. */
static void forget_pages(void)
{
	int fd = open("journal.db", O_RDONLY | O_CLOEXEC);
	ASSERT(fd >= 0 && fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	close(fd);
}

/* What the processes said in their log: lines with these words, and when the last of them was written, since the core was started. */
struct told {
	int n;
	int last_ms;
};

static struct told told(const char *words)
{
	struct told told = {0};
	int began_ms = -1;
	char line[1024];
	FILE *log = fopen("serve.log", "re");
	ASSERT(log);
	while (fgets(line, sizeof line, log)) {
		int h, m, s, ms;
		if (sscanf(line, "%*10sT%d:%d:%d.%d", &h, &m, &s, &ms) != 4)
			continue;
		ms += ((h * 60 + m) * 60 + s) * 1000;
		if (began_ms < 0 && strstr(line, "core is started"))
			began_ms = ms;
		if (strstr(line, words)) {
			told.n++;
			told.last_ms = (ms - began_ms + DAY_MS) % DAY_MS;
		}
	}
	fclose(log);
	return told;
}

static bool has_snapshot(const char *path)
{
	struct file file;
	struct snapshot_head head;
	struct error error;
	if (file_open(path, 0600, &file, &error) < 0)
		die(EXIT_FAILED, &error);
	bool has = snapshot_head(file, &head);
	file_close(file);
	return has;
}

/* The running core writes a snapshot as soon as it has nothing else to do, and makes a table for each line. */
static bool is_settled(void)
{
	return (has_snapshot("snapshot.0") || has_snapshot("snapshot.1")) &&
	       told("decides from now on").n >= MISSION_LINES;
}

static void wait_until_settled(void)
{
	double begin = bench_now();
	while (!is_settled()) {
		ASSERT(bench_now() - begin < PATIENCE_S * 1e9);
		usleep(LOOK_EVERY_US);
	}
}

static double scan_once(void)
{
	double begin = bench_now();
	uint64_t n = scan_and_hash("journal.db");
	ASSERT(n > 0);
	return bench_now() - begin;
}

/* All entries are read; returns the nanoseconds that took. */
static double start_without(double *ret_own_s, double *ret_helper_s)
{
	struct live live;
	ASSERT(truncate("snapshot.0", 0) == 0 && truncate("snapshot.1", 0) == 0);
	live_begin(&live);
	live_core_time(&live, ret_own_s, ret_helper_s);
	wait_until_settled();
	live_end(&live);
	return live.took_ns;
}

static void measure_reading(uint64_t entries)
{
	double scale = ENTRIES / (double)entries, own_s, helper_s;
	double took = start_without(&own_s, &helper_s), scan = scan_once();
	bench_tell("start without a snapshot, 10 million", took * scale / 1e9, "s", BENCH_BELOW(30),
		   "rows read and hashed in one thread %.1f s; %.1f s of one processor and %.1f s of another",
		   scan * scale / 1e9, own_s * scale, helper_s * scale);
	forget_pages();
	took = start_without(&own_s, &helper_s);
	/* Now the drivers had tables before they began. */
	struct told tables = told("is there from before"), ready = told("entries, ready");
	ASSERT(ready.n == 1 && tables.n >= MISSION_LINES);
	bench_tell("the same, the journal not in memory", took * scale / 1e9, "s", BENCH_BELOW(30), NULL);
	bench_tell("  and all doors are on their tables in", tables.last_ms / 1e3, "s",
		   BENCH_BELOW(ready.last_ms / 1e3), "%d drivers; the core decides from %.1f s on", tables.n,
		   ready.last_ms / 1e3);
	bench_tell("  and says how far it is", told("reading the journal").n, "times",
		   entries < ENTRIES ? BENCH_NONE : BENCH_FROM(30), NULL);
}

static void measure_snapshot(void)
{
	static struct bench_rounds starts, hashing;
	const char *path = has_snapshot("snapshot.1") ? "snapshot.1" : "snapshot.0";
	for (int i = 0; i < SNAPSHOT_ROUNDS; i++) {
		struct live live;
		double begin = bench_now();
		uint64_t bytes = hash_file(path);
		ASSERT(bytes > 0);
		bench_add(&hashing, bench_now() - begin);
		live_begin(&live);
		live_end(&live);
		bench_add(&starts, live.took_ns);
	}
	bench_tell("start from a snapshot", bench_quantile(&starts, 0.5) / 1e9, "s", BENCH_BELOW(2),
		   "slowest %.2f s; its file read and hashed %.3f s", bench_quantile(&starts, 1) / 1e9,
		   bench_quantile(&hashing, 0.5) / 1e9);
}

int main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : ENTRIES;
	mission_make("start_bench.mission");
	mission_open(&mission);
	mission_furnish(&mission);
	mission_attach(&mission);
	double begin = bench_now();
	mission_fill(&mission, entries);
	double took = bench_now() - begin;
	uint64_t n = journal_size(hub_journal(mission.hub));
	mission_close(&mission);
	printf("%llu entries made in %.0f s, %.0f entries/s\n", (unsigned long long)n, took / 1e9,
	       (double)n * 1e9 / took);
	measure_reading(n);
	measure_snapshot();
	mission_remove();
	return EXIT_OK;
}
