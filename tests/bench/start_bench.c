#include "bench/bench.h"
#include "bench/mission.h"

#include <unistd.h>

static struct mission mission;

int main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 500000;
	if (argc > 2) {
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
	for (int i = 0; i < 3; i++) {
		double a = bench_now();
		mission_open(&mission);
		double t = (bench_now() - a);
		uint64_t n = journal_size(hub_journal(mission.hub));
		printf("open %.3f s, %llu, %.0f/s\n", t / 1e9, (unsigned long long)n, (double)n * 1e9 / t);
		fflush(stdout);
		mission_close(&mission);
	}
	return 0;
}
