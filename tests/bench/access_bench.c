/* access_bench.c: an access decision with its explanation, beside nothing at all, timed alike, which tells what the machine adds; and the whole core on
 * it, lines in, durable entries out, batch 256, beside SQLite alone writing the same rows. 10,000 people, 500 doors, 500 rules. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/mission.h"

#include "domain/access/access.h"
#include "rules/because.h"

#include <unistd.h>

enum { DECISIONS = 200000, TIMED = 4096, ROUNDS = 25, BATCHES = 16, BATCH = HUB_BATCH_MAX };

static struct mission mission;

/* The decision alone */

static uint8_t decision_memory[1 << 16];

static void decide(const struct state *state, const struct badge *badge, const struct reader *reader, int64_t now)
{
	const struct rulebook *rulebook = hub_core(mission.hub)->rulebooks.access;
	struct arena arena = arena_over(decision_memory, sizeof decision_memory);
	struct access_request request;
	struct answer answer;
	access_request_of(state, badge, reader, now, &request);
	rulebook_decide(rulebook, request.facts, &answer);
	bench_use(rules_because(rulebook, request.facts, &answer, &arena));
}

static void measure_decisions(void)
{
	static struct bench_rounds times, nothing;
	const struct state *state = &hub_core(mission.hub)->state;
	int64_t now = hub_core(mission.hub)->wall;
	double clock = 0;
	for (int i = 0; i < DECISIONS; i++) {
		const struct badge *badge = badge_get(state, 1 + mission_roll(MISSION_PEOPLE));
		const struct reader *reader = reader_get(state, 1 + mission_roll(MISSION_DOORS));
		int64_t at = now + (int64_t)mission_roll(7 * 86400) * 1000;
		double begin = bench_now();
		decide(state, badge, reader, at);
		double end = bench_now();
		clock = bench_now() - end;
		if (i % (DECISIONS / TIMED) != 0 || times.n == TIMED)
			continue;
		bench_add(&times, end - begin - clock);
		bench_add(&nothing, clock);
	}
	bench_tell("an access decision, explained, p99", bench_quantile(&times, 0.99) / 1e3, "us", BENCH_BELOW(20),
		   "median %.2f us; nothing, timed alike, %.2f us p99; %d people, %d rules",
		   bench_quantile(&times, 0.5) / 1e3, bench_quantile(&nothing, 0.99) / 1e3, MISSION_PEOPLE,
		   MISSION_RULES);
}

/* The whole core */

static struct {
	unsigned peer;
	size_t len;
	char text[256];
} lines[BATCHES * BATCH];

/* What drivers will say, written before the clock runs. */
static void write_lines(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct buf b = BUF(lines[i].text);
		lines[i].peer =
		    mission_badge(&mission, 1 + mission_roll(MISSION_DOORS), 1 + mission_roll(MISSION_PEOPLE), &b);
		lines[i].len = b.len;
	}
}

static void show_badges(int batch)
{
	for (int i = batch * BATCH; i < (batch + 1) * BATCH; i++)
		hub_line(mission.hub, lines[i].peer, (struct str){lines[i].text, lines[i].len});
	mission_commit(&mission);
}

static struct str bodies[BATCHES * BATCH];
static struct arena body_memory;

static int keep_body(void *context, uint64_t index, struct str body)
{
	bodies[index - *(uint64_t *)context] = arena_str(&body_memory, body);
	return 0;
}

/* The limit writes what the journal has beyond it; returns the nanoseconds of writing. */
static double catch_up(struct bare *bare)
{
	struct error error;
	struct journal *journal = hub_journal(mission.hub);
	double took = 0;
	while (bare->size < journal_size(journal)) {
		uint64_t left = journal_size(journal) - bare->size, from = bare->size;
		uint64_t n = left < ARRAY_LEN(bodies) ? left : ARRAY_LEN(bodies);
		arena_clear(&body_memory);
		if (journal_read(journal, from, n, keep_body, &from, &error) < 0)
			die(EXIT_FAILED, &error);
		double begin = bench_now();
		for (uint64_t i = 0; i < n; i += BATCH)
			bare_batch(bare, bodies + i, n - i < BATCH ? n - i : BATCH);
		took += bench_now() - begin;
	}
	return took;
}

static void measure_round(struct bare *bare, struct bench_rounds *ours, struct bench_rounds *limit,
			  struct bench_rounds *ratio)
{
	uint64_t from = journal_size(hub_journal(mission.hub)), n = BATCHES * BATCH;
	write_lines();
	double begin = bench_now();
	for (int i = 0; i < BATCHES; i++)
		show_badges(i);
	double mine = bench_now() - begin;
	ASSERT(journal_size(hub_journal(mission.hub)) == from + n);
	double theirs = catch_up(bare);
	mission_answer_orders(&mission);
	catch_up(bare);
	bench_add(ours, (double)n * 1e9 / mine);
	bench_add(limit, (double)n * 1e9 / theirs);
	bench_add(ratio, theirs / mine);
}

static void measure_core(void)
{
	static struct bench_rounds ours, limit, ratio;
	struct bare bare;
	bare_open(&bare, "bare.db");
	body_memory = arena_map(64 << 20);
	mission_attach(&mission);
	catch_up(&bare);
	for (int i = 0; i < ROUNDS; i++)
		measure_round(&bare, &ours, &limit, &ratio);
	bench_tell("durable decisions, of SQLite's own commits", bench_quantile(&ratio, 0.5), "", BENCH_FROM(0.5),
		   "%.0f /s, SQLite alone %.0f /s, batch %d", bench_quantile(&ours, 0.5), bench_quantile(&limit, 0.5),
		   BATCH);
	bare_close(&bare);
}

int main(void)
{
	mission_make("access_bench.mission");
	mission_open(&mission);
	mission_furnish(&mission);
	measure_decisions();
	measure_core();
	mission_close(&mission);
	mission_remove();
	return EXIT_OK;
}
