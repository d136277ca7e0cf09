#include "bench/bench.h"
#include "bench/mission.h"
#include "bench/scan.h"

#include <unistd.h>
#include <sys/resource.h>

static struct mission mission;

static double cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

int main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
	int rounds = argc > 2 ? (int)strtoull(argv[2], NULL, 10) : 3;
	static struct bench_rounds w, c, sw, sc;
	if (entries == 0) {
		ASSERT(chdir("start_bench.mission/mission") == 0);
	} else {
		mission_make("start_bench.mission");
		mission_open(&mission);
		mission_furnish(&mission);
		mission_attach(&mission);
		double a = bench_now();
		mission_fill(&mission, entries);
		printf("fill %.1f s\n", (bench_now() - a) / 1e9);
		mission_close(&mission);
	}
	uint64_t n = 0;
	for (int i = 0; i < rounds; i++) {
		double a = bench_now(), b = cpu();
		mission_open(&mission);
		bench_add(&w, bench_now() - a);
		bench_add(&c, cpu() - b);
		n = journal_size(hub_journal(mission.hub));
		mission_close(&mission);
		a = bench_now();
		b = cpu();
		scan_and_hash("journal.db");
		bench_add(&sw, bench_now() - a);
		bench_add(&sc, cpu() - b);
	}
	printf("scan wall best %.0f ns median %.0f; cpu best %.0f ns median %.0f\n", bench_quantile(&sw, 0) / (double)n, bench_quantile(&sw, .5) / (double)n,
	bench_quantile(&sc, 0) / (double)n, bench_quantile(&sc, .5) / (double)n);
	printf("%llu wall best %.0f ns median %.0f; cpu best %.0f ns median %.0f\n", (unsigned long long)n, bench_quantile(&w, 0) / (double)n, bench_quantile(&w, .5) / (double)n,
	bench_quantile(&c, 0) / (double)n, bench_quantile(&c, .5) / (double)n);
	return 0;
}
