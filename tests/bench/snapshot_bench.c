/* snapshot_bench.c: how long a decision at a door keeps the core, from its line until it is durable and the core is free again: before a process of its own
 * writes a snapshot of 10,000 people, and while it does. One is begun every so many entries, so the two come in turn; what counts is by how much each
 * snapshot put up the p99 of the decisions just before it. Beside it fdatasync of as many bytes, in the same turns. */
#include "bench/bench.h"
#include "bench/mission.h"

#include <fcntl.h>
#include <unistd.h>

enum {
	SNAPSHOTS = 11,
	EVERY_ENTRIES = 4000,
	ORDERS_AT_ONCE = 50,
	PAUSE_US = 500,		   /* people do not come all at once */
	SYNC_EVERY = 8,		   /* decisions */
	DECISION_BYTES = 2 * 1024, /* a decision and its share of checkpoint and tiles */
};

static struct mission mission;

/* Of one state: of this turn, and of all. */
static struct state_rounds {
	struct bench_rounds now, all, syncs;
} quiet, meanwhile;

static struct bench_rounds rises, lasted;

static void add(struct bench_rounds *rounds, double took)
{
	if (rounds->n < BENCH_ROUNDS_MAX)
		bench_add(rounds, took);
}

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

static double sync_once(int fd)
{
	static char bytes[DECISION_BYTES];
	double begin = bench_now();
	ASSERT(pwrite(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes && fdatasync(fd) == 0);
	return bench_now() - begin;
}

/* A snapshot that was begun before the first decision has none to be compared with. */
static void end_turn(double begun)
{
	if (quiet.now.n > 0) {
		bench_add(&rises, bench_quantile(&meanwhile.now, 0.99) - bench_quantile(&quiet.now, 0.99));
		bench_add(&lasted, bench_now() - begun);
	}
	quiet.now.n = meanwhile.now.n = 0;
}

/* The process is there from the commit that begins it until the one that finds it ended. */
static void decide_until_all_are_written(int fd)
{
	double begun = 0;
	for (unsigned i = 0; rises.n < SNAPSHOTS; i++) {
		bool before = mission.outside.worker != 0;
		double took = decide();
		bool works = mission.outside.worker != 0;
		struct state_rounds *state = before || works ? &meanwhile : &quiet;
		add(&state->now, took);
		add(&state->all, took);
		if (i % SYNC_EVERY == 0)
			add(&state->syncs, sync_once(fd));
		if (mission.n_orders >= ORDERS_AT_ONCE)
			mission_answer_orders(&mission);
		if (works && begun == 0)
			begun = bench_now();
		if (!works && begun != 0) {
			end_turn(begun);
			begun = 0;
		}
	}
}

static void tell(const char *name, struct state_rounds *state)
{
	bench_tell(name, bench_quantile(&state->all, 0.5) / 1e6, "ms", BENCH_NONE,
		   "%.2f ms p99, %zu decisions; fdatasync %.2f ms, %.2f ms p99",
		   bench_quantile(&state->all, 0.99) / 1e6, state->all.n, bench_quantile(&state->syncs, 0.5) / 1e6,
		   bench_quantile(&state->syncs, 0.99) / 1e6);
}

int main(void)
{
	mission_make("snapshot_bench.mission");
	mission.snapshot_entries = EVERY_ENTRIES;
	mission_open(&mission);
	mission_furnish(&mission);
	mission_attach(&mission);
	int fd = open("sync", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ASSERT(fd >= 0);
	decide_until_all_are_written(fd);
	close(fd);
	tell("a decision durable, no snapshot, median", &quiet);
	tell("the same while one is written, median", &meanwhile);
	bench_tell("a snapshot puts the p99 up by", bench_quantile(&rises, 0.5) / 1e6, "ms", BENCH_BELOW(1),
		   "least %.2f ms, most %.2f ms; %zu snapshots of %.0f ms", bench_quantile(&rises, 0) / 1e6,
		   bench_quantile(&rises, 1) / 1e6, rises.n, bench_quantile(&lasted, 0.5) / 1e6);
	mission_settle(&mission);
	mission_close(&mission);
	mission_remove();
	return EXIT_OK;
}
