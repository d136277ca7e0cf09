/* journal_bench.c: what durable entries cost the journal alone, beside SQLite alone, in the same directory and the same minute. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "base/error.h"
#include "journal/journal.h"

#include <unistd.h>

enum {
	ROUNDS = 15,
	ENTRY_BYTES = 800,
	BODIES = 1024, /* different ones, used in turn */
	ODD = 100,     /* entries at first, so that batches do not end where tiles do */
	BATCH_MAX = 256,
};

static char texts[BODIES][ENTRY_BYTES];
static struct journal *journal;
static uint64_t size;
static struct bare bare;

static const struct str *bodies(uint64_t from, uint64_t n)
{
	static struct str at[BATCH_MAX];
	for (uint64_t i = 0; i < n; i++)
		at[i] = (struct str){texts[(from + i) % BODIES], ENTRY_BYTES};
	return at;
}

static void make_texts(void)
{
	uint32_t random = 1;
	for (size_t i = 0; i < BODIES; i++)
		for (size_t k = 0; k < ENTRY_BYTES; k++) {
			random = random * 1664525 + 1013904223;
			texts[i][k] = (char)(' ' + (random >> 24) % 94);
		}
}

static void write_ours(uint64_t n)
{
	struct error error;
	const struct str *at = bodies(size, n);
	for (uint64_t i = 0; i < n; i++)
		if (journal_append(journal, at[i], &error) < 0)
			die(EXIT_FAILED, &error);
	if (journal_commit(journal, &error) < 0)
		die(EXIT_FAILED, &error);
	size += n;
}

static void write_bare(uint64_t n)
{
	bare_batch(&bare, bodies(bare.size, n), n);
}

static int add_length(void *context, uint64_t index, struct str body)
{
	(void)index;
	*(uint64_t *)context += body.len;
	return 0;
}

static void read_ours(uint64_t n)
{
	struct error error;
	uint64_t bytes = 0;
	if (journal_read(journal, 0, n, add_length, &bytes, &error) < 0)
		die(EXIT_FAILED, &error);
	ASSERT(bytes == n * ENTRY_BYTES);
}

static void read_bare(uint64_t n)
{
	ASSERT(bare_scan(&bare) == n * ENTRY_BYTES);
}

/* Entries a second of `times` calls with n. */
static double rate(void (*run)(uint64_t n), unsigned times, uint64_t n)
{
	double begin = bench_now();
	for (unsigned i = 0; i < times; i++)
		run(n);
	return (double)(times * n) * 1e9 / (bench_now() - begin);
}

static void compare(const char *name, void (*ours)(uint64_t n), void (*theirs)(uint64_t n), unsigned times, uint64_t n)
{
	static struct bench_rounds mine, limit, ratio;
	mine.n = limit.n = ratio.n = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double a = rate(ours, times, n), b = rate(theirs, times, n);
		bench_add(&mine, a);
		bench_add(&limit, b);
		bench_add(&ratio, a / b);
	}
	bench_tell(name, bench_quantile(&ratio, 0.5), "", BENCH_NONE, "%.0f /s, SQLite alone %.0f /s",
		   bench_quantile(&mine, 0.5), bench_quantile(&limit, 0.5));
}

int main(void)
{
	static const uint8_t seed[JOURNAL_SEED_BYTES] = {1};
	static const char path[] = "journal_bench.db", bare_path[] = "journal_bench_bare.db";
	struct journal_options options = {.path = path, .origin = STR("chancery/bench"), .seed = seed};
	struct error error;
	unlink(path);
	make_texts();
	if (journal_open(&journal, &options, &error) < 0)
		die(EXIT_FAILED, &error);
	bare_open(&bare, bare_path);
	write_ours(ODD);
	write_bare(ODD);
	printf("entries of %d bytes\n", ENTRY_BYTES);
	compare("the journal, of SQLite's own, batch 256", write_ours, write_bare, 30, 256);
	compare("the same, batch 16", write_ours, write_bare, 100, 16);
	compare("the same, batch 1", write_ours, write_bare, 200, 1);
	compare("the journal read, each leaf checked", read_ours, read_bare, 1, size);
	journal_close(journal);
	bare_close(&bare);
	unlink(path);
	unlink(bare_path);
	return EXIT_OK;
}
