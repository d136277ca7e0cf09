/* access_bench.c: an access decision with its explanation; and the whole core on it, lines in, durable entries out, batch 256, beside
 * SQLite alone writing the same rows. 10,000 people, 500 rules, 40 doors. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/mission.h"

#include "domain/access/access.h"
#include "rules/because.h"

#include <unistd.h>

enum { DECISIONS = 200000, TIMED = 4096, ROUNDS = 25, BATCHES = 16, BATCH = HUB_BATCH_MAX };

static struct hub *hub;
static unsigned driver;
static int64_t sequence;

static char orders[2 * BATCHES * BATCH][320]; /* lines that were sent, and are to be answered */
static size_t n_orders;

static uint64_t roll(uint64_t below)
{
	static uint64_t dice = 88172645463325252u;
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % below;
}

/* A driver's queue takes the bytes; what the driver makes of them is not the core's time. */
static bool send(void *context, unsigned peer, struct str text)
{
	(void)context;
	(void)peer;
	if (!str_starts(text, STR("{\"order\"")))
		return true;
	ASSERT(n_orders < ARRAY_LEN(orders) && text.len < sizeof orders[0]);
	memcpy(orders[n_orders], text.at, text.len);
	orders[n_orders++][text.len] = 0;
	return true;
}

/* The decision alone */

static uint8_t decision_memory[1 << 16];

static void decide(const struct state *state, const struct badge *badge, const struct reader *reader, int64_t now)
{
	struct arena arena = arena_over(decision_memory, sizeof decision_memory);
	struct access_request request;
	struct answer answer;
	access_request_of(state, badge, reader, now, &request);
	rulebook_decide(mission_rulebook(), request.facts, &answer);
	bench_use(rules_because(mission_rulebook(), request.facts, &answer, &arena));
}

static void measure_decisions(void)
{
	static struct bench_rounds times;
	const struct state *state = &hub_core(hub)->state;
	int64_t now = hub_core(hub)->wall;
	double clock = 0;
	for (int i = 0; i < DECISIONS; i++) {
		const struct badge *badge = badge_get(state, 1 + roll(MISSION_PEOPLE));
		const struct reader *reader = reader_get(state, 1 + roll(MISSION_DOORS));
		int64_t at = now + (int64_t)roll(7 * 86400) * 1000;
		double begin = bench_now();
		decide(state, badge, reader, at);
		double end = bench_now();
		clock = bench_now() - end;
		if (i % (DECISIONS / TIMED) == 0 && times.n < TIMED)
			bench_add(&times, end - begin - clock);
	}
	printf("%-28s %8.0f ns median, %.0f ns p99 | target median 2000 ns, p99 20000 ns\n",
	       "a decision with explanation", bench_quantile(&times, 0.5), bench_quantile(&times, 0.99));
}

/* The whole core */

static void say(const char *text)
{
	hub_line(hub, driver, str_of(text));
}

static void commit(void)
{
	struct error error;
	int more;
	while ((more = hub_commit(hub, &error)) > 0)
		;
	if (more < 0)
		die(EXIT_FAILED, &error);
}

static char lines[BATCHES * BATCH][256];

/* What drivers will say, written before the clock runs. */
static void write_lines(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		char card[9];
		mission_card(1 + roll(MISSION_PEOPLE), card);
		snprintf(lines[i], sizeof lines[i],
			 "{\"report\":{\"sequence\":%lld,\"ago\":0,\"name\":\"access.card_read\",\"body\":{\"reader\":%"
			 "llu,\"format\":\"wiegand\",\"bits\":26,"
			 "\"card\":\"%s\"}}}",
			 (long long)++sequence, (unsigned long long)(1 + roll(MISSION_DOORS)), card);
	}
}

static void show_badges(int batch)
{
	for (int i = 0; i < BATCH; i++)
		say(lines[batch * BATCH + i]);
	commit();
}

static void answer_orders(void)
{
	for (size_t i = 0; i < n_orders; i++) {
		char line[128];
		uint8_t memory[1024];
		struct arena arena = arena_over(memory, sizeof memory);
		struct json j = json_over(str_of(orders[i]), &arena);
		struct core_line order;
		bool read = core_line_read(&j, &order);
		ASSERT(read);
		snprintf(line, sizeof line, "{\"done\":{\"sequence\":%lld,\"entry\":%lld,\"event\":%lld}}",
			 (long long)++sequence, (long long)order.order.entry, (long long)order.order.event);
		say(line);
		if (hub_is_full(hub))
			commit();
	}
	commit();
	n_orders = 0;
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
	double took = 0;
	while (bare->size < journal_size(hub_journal(hub))) {
		uint64_t left = journal_size(hub_journal(hub)) - bare->size, from = bare->size;
		uint64_t n = left < ARRAY_LEN(bodies) ? left : ARRAY_LEN(bodies);
		arena_clear(&body_memory);
		if (journal_read(hub_journal(hub), from, n, keep_body, &from, &error) < 0)
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
	uint64_t from = journal_size(hub_journal(hub)), n = BATCHES * BATCH;
	write_lines();
	double begin = bench_now();
	for (int i = 0; i < BATCHES; i++)
		show_badges(i);
	double mine = bench_now() - begin;
	ASSERT(journal_size(hub_journal(hub)) == from + n);
	double theirs = catch_up(bare);
	answer_orders();
	catch_up(bare);
	bench_add(ours, (double)n * 1e9 / mine);
	bench_add(limit, (double)n * 1e9 / theirs);
	bench_add(ratio, theirs / mine);
}

static void measure_core(void)
{
	static struct bench_rounds ours, limit, ratio;
	struct bare bare;
	bare_open(&bare, "access_bench_bare.db");
	body_memory = arena_map(64 << 20);
	driver = hub_attach_driver(hub, 0);
	say("{\"hello\":{\"contract\":1,\"driver\":\"line-1\",\"kind\":\"osdp\",\"boot\":\"0011223344556677\",\"next\":"
	    "1}}");
	commit();
	catch_up(&bare);
	for (int i = 0; i < ROUNDS; i++)
		measure_round(&bare, &ours, &limit, &ratio);
	printf("%-28s %8.0f /s | SQLite   %8.0f /s | %5.2f, target 0.50\n", "durable decisions, batch 256",
	       bench_quantile(&ours, 0.5), bench_quantile(&limit, 0.5), bench_quantile(&ratio, 0.5));
	bare_close(&bare);
	unlink("access_bench_bare.db");
}

int main(void)
{
	hub = mission_open("access_bench.db", send);
	measure_decisions();
	measure_core();
	hub_close(hub);
	unlink("access_bench.db");
	return EXIT_OK;
}
