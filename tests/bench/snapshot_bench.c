/* snapshot_bench.c: how long a decision at a door keeps the core, from its line until it is durable and the core is free again: while a process of its own
 * writes a snapshot of 10,000 people, and when none does. In turn: a snapshot is begun every so many entries. */
#include "bench/bench.h"
#include "bench/mission.h"

#include <unistd.h>

enum {
	DECISIONS = 12000,
	EVERY_ENTRIES = 4000,
	ORDERS_AT_ONCE = 50,
	PAUSE_US = 500, /* people do not come all at once */
};

static struct mission mission;
static struct bench_rounds quiet, meanwhile, lasted;

static double decide(void)
{
	char text[256];
	struct buf line = BUF(text);
	unsigned peer =
	    mission_badge(&mission, 1 + mission_roll(MISSION_DOORS), 1 + mission_roll(MISSION_PEOPLE), &line);
	usleep(PAUSE_US);
	double begin = bench_now();
	hub_line(mission.hub, peer, buf_str(&line));
	mission_commit(&mission);
	return bench_now() - begin;
}

/* The worker is there from the commit that begins it until the one that finds it ended. */
static void watch_worker(void)
{
	static double begun;
	bool works = mission.outside.worker != 0;
	if (works && begun == 0)
		begun = bench_now();
	if (works || begun == 0)
		return;
	bench_add(&lasted, bench_now() - begun);
	begun = 0;
}

static void decide_often(void)
{
	for (int i = 0; i < DECISIONS; i++) {
		bool before = mission.outside.worker != 0;
		double took = decide();
		struct bench_rounds *rounds = before || mission.outside.worker != 0 ? &meanwhile : &quiet;
		if (rounds->n < BENCH_ROUNDS_MAX)
			bench_add(rounds, took);
		if (mission.n_orders >= ORDERS_AT_ONCE)
			mission_answer_orders(&mission);
		watch_worker();
	}
}

int main(void)
{
	mission_make("snapshot_bench.mission");
	mission.snapshot_entries = EVERY_ENTRIES;
	mission_open(&mission);
	mission_furnish(&mission);
	mission_attach(&mission);
	decide_often();
	double before = bench_quantile(&quiet, 0.99) / 1e6, during = bench_quantile(&meanwhile, 0.99) / 1e6;
	bench_tell("a decision durable, no snapshot, median", bench_quantile(&quiet, 0.5) / 1e6, "ms", BENCH_NONE,
		   "%.2f ms p99, %zu decisions", before, quiet.n);
	bench_tell("the same while one is written, median", bench_quantile(&meanwhile, 0.5) / 1e6, "ms", BENCH_NONE,
		   "%.2f ms p99, %zu decisions; %zu snapshots of %.0f ms", during, meanwhile.n, lasted.n,
		   bench_quantile(&lasted, 0.5) / 1e6);
	bench_tell("a snapshot puts the p99 up by", during - before, "ms", BENCH_BELOW(1), NULL);
	mission_settle(&mission);
	mission_close(&mission);
	mission_remove();
	return EXIT_OK;
}
