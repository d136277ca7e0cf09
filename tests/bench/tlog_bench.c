/* tlog_bench.c: what it costs to take a record outside: a proof in a journal of a million entries; export and backup of them, beside reading them and
 * beside SQLite alone, writing the same rows. */
#include "bench/bare.h"
#include "bench/bench.h"
#include "tlog/backup.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ENTRIES = 1000000,
	ENTRY_BYTES = 300,
	BATCH = 4096,
	PROOFS = 4000,
};

static char directory[] = "tlog_bench.XXXXXX";
static struct note_key key;

static const char *in(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_LEN(paths)];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

static void need(int code, const struct error *error)
{
	if (code < 0)
		die(EXIT_FAILED, error);
}

static struct str body(uint64_t i)
{
	static char text[ENTRY_BYTES];
	int n = snprintf(text, sizeof text, "{\"index\":%llu,\"fill\":\"", (unsigned long long)i);
	memset(text + n, 'a' + (int)(i % 26), sizeof text - (size_t)n);
	memcpy(text + sizeof text - 2, "\"}", 2);
	return (struct str){text, sizeof text};
}

static void write_journal(void)
{
	static const uint8_t seed[JOURNAL_SEED_BYTES] = {1};
	struct journal_options options = {.path = in("journal.db"), .origin = STR("chancery/bench"), .seed = seed};
	struct journal *journal;
	struct note_signer signer;
	struct error error;
	need(note_signer_init(&signer, options.origin, seed, &error), &error);
	key = signer.key;
	need(journal_open(&journal, &options, &error), &error);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		need(journal_append(journal, body(i), &error), &error);
		if (i % BATCH == BATCH - 1)
			need(journal_commit(journal, &error), &error);
	}
	need(journal_commit(journal, &error), &error);
	journal_close(journal);
}

static void say_rate(const char *name, double begin, double end, double limit)
{
	double rate = ENTRIES * 1e9 / (end - begin);
	if (limit > 0)
		printf("%-36s %9.0f /s | %9.0f /s | %5.2f\n", name, rate, limit, rate / limit);
	else
		printf("%-36s %9.0f /s\n", name, rate);
}

/* Entries anywhere, so that hardly a tile is the one that was just read. */
static void prove(struct source source, enum source_proof of, const char *name)
{
	static struct bench_rounds rounds;
	uint64_t random = 1;
	struct proof proof;
	struct error error;
	rounds.n = 0;
	for (int i = 0; i < PROOFS; i++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		double begin = bench_now();
		need(source_proof(source, of, 1 + (random >> 33) % (ENTRIES - 1), ENTRIES, &proof, &error), &error);
		bench_add(&rounds, bench_now() - begin);
	}
	printf("%-36s %7.1f µs median, %7.1f µs p99, at 1,000,000 entries\n", name, bench_quantile(&rounds, 0.5) / 1e3,
	       bench_quantile(&rounds, 0.99) / 1e3);
}

static int look(void *context, uint64_t index, struct str found)
{
	(void)index;
	*(uint64_t *)context += found.len;
	return 0;
}

static double read_rate(struct source source)
{
	struct error error;
	uint64_t bytes = 0;
	double begin = bench_now();
	need(source_entries(source, 0, ENTRIES, look, &bytes, &error), &error);
	double end = bench_now();
	ASSERT(bytes == (uint64_t)ENTRIES * ENTRY_BYTES);
	say_rate("read, each leaf checked", begin, end, 0);
	return ENTRIES * 1e9 / (end - begin);
}

static double bare_rate(void)
{
	static struct bare bare;
	static char texts[BATCH][ENTRY_BYTES];
	static struct str bodies[BATCH];
	for (uint64_t i = 0; i < BATCH; i++) {
		memcpy(texts[i], body(i).at, ENTRY_BYTES);
		bodies[i] = (struct str){texts[i], ENTRY_BYTES};
	}
	bare_open(&bare, in("bare.db"));
	double begin = bench_now();
	for (uint64_t i = 0; i < ENTRIES; i += BATCH)
		bare_batch(&bare, bodies, ENTRIES - i < BATCH ? ENTRIES - i : BATCH);
	double end = bench_now();
	bare_close(&bare);
	say_rate("SQLite alone, batch 4096", begin, end, 0);
	return ENTRIES * 1e9 / (end - begin);
}

static int drop(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

int main(void)
{
	struct source source;
	struct export_result exported;
	struct backup backup;
	struct error error;
	ASSERT(mkdtemp(directory));
	write_journal();
	need(source_of_journal(&source, in("journal.db"), &key, &error), &error);
	prove(source, SOURCE_INCLUSION, "inclusion proof (target 1 ms)");
	prove(source, SOURCE_CONSISTENCY, "consistency proof");
	printf("entries of %d bytes\n", ENTRY_BYTES);
	double reading = read_rate(source), begin = bench_now();
	need(export_record(source, &key, in("out"), NULL, &exported, &error), &error);
	say_rate("export | read", begin, bench_now(), reading);
	double writing = bare_rate();
	backup = (struct backup){.source = source, .key = &key, .path = in("copy")};
	begin = bench_now();
	need(backup_run(&backup, &error), &error);
	say_rate("backup | SQLite alone", begin, bench_now(), writing);
	source_close(source);
	nftw(directory, drop, 16, FTW_DEPTH | FTW_PHYS);
	return EXIT_OK;
}
