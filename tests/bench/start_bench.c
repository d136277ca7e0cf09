/* start_bench.c: from the start of `chancery serve` to the core's first answer, with entries behind it: all of them read, and from a snapshot. Beside it what
 * no start that reads them all can do without: all rows read and hashed, in one thread.
 *
 *     start_bench [ENTRIES]       a million without the word; what is asked for is ten million, and what is measured is put in proportion
 */
#include "bench/bench.h"
#include "bench/live.h"
#include "bench/scan.h"

#include "serve/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

enum { ENTRIES = 1000000, ROUNDS = 3, SNAPSHOT_ROUNDS = 7, PATIENCE_S = 120 };
static const double whole = 10e6;

static struct mission mission;

/* Reads the journal from the disk the next time, not from memory. */
static void forget_pages(void)
{
	int fd = open("journal.db", O_RDONLY | O_CLOEXEC);
	ASSERT(fd >= 0 && fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	close(fd);
}

static void remove_snapshots(void)
{
	ASSERT(truncate("snapshot.0", 0) == 0 && truncate("snapshot.1", 0) == 0);
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

/* The running core writes one as soon as it has nothing else to do. */
static void wait_for_snapshot(void)
{
	double begin = bench_now();
	while (!has_snapshot("snapshot.0") && !has_snapshot("snapshot.1")) {
		ASSERT(bench_now() - begin < PATIENCE_S * 1e9);
		usleep(20000);
	}
}

static double start_once(bool with_snapshot)
{
	struct live live;
	if (!with_snapshot)
		remove_snapshots();
	live_begin(&live);
	if (!with_snapshot)
		wait_for_snapshot();
	live_end(&live);
	return live.took_ns;
}

static double scan_once(void)
{
	double begin = bench_now();
	uint64_t n = scan_and_hash("journal.db");
	ASSERT(n > 0);
	return bench_now() - begin;
}

static void measure(uint64_t entries)
{
	static struct bench_rounds reading, scans, snapshots;
	double scale = whole / (double)entries;
	forget_pages();
	double cold = start_once(false);
	for (int i = 0; i < ROUNDS; i++) {
		bench_add(&reading, start_once(false));
		bench_add(&scans, scan_once());
	}
	for (int i = 0; i < SNAPSHOT_ROUNDS; i++)
		bench_add(&snapshots, start_once(true));
	double took = bench_quantile(&reading, 0.5), scan = bench_quantile(&scans, 0.5);
	printf("%llu entries behind; of ten million what follows from them in proportion\n",
	       (unsigned long long)entries);
	bench_tell("start without a snapshot, 10 million", took * scale / 1e9, "s", BENCH_BELOW(30),
		   "rows read and hashed in one thread %.1f s, %.2f of it; %.0f entries/s", scan * scale / 1e9,
		   took / scan, (double)entries * 1e9 / took);
	bench_tell("the same, the journal not in memory", cold * scale / 1e9, "s", BENCH_BELOW(30), NULL);
	bench_tell("start from a snapshot", bench_quantile(&snapshots, 0.5) / 1e9, "s", BENCH_BELOW(2),
		   "slowest %.2f s", bench_quantile(&snapshots, 1) / 1e9);
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
	printf("made in %.0f s, %.0f entries/s\n", took / 1e9, (double)n * 1e9 / took);
	measure(n);
	mission_remove();
	return EXIT_OK;
}
