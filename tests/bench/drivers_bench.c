/* drivers_bench.c: what a driver needs without a core: a grant table made, opened and asked, a report written
 * to the spool beside the disk's own sync, and the start of a process with all of it.
 */
#include "bench/bench.h"
#include "driver/kit/kit.h"
#include "grant/grant_build.h"
#include "grant/grant_seal.h"

#include <sodium.h>
#include <unistd.h>

enum {
	CREDENTIALS = 10000,
	PERSONS = 60, /* different rights among them */
	PLACES = 25,  /* different kinds of doors */
	DAYS = 3,
	MADE = 1000000,
	ROUNDS = 15,
	LOOKUPS = 100000,
	APPENDS = 2000,
};
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static const uint8_t driver_key[GRANT_KEY_BYTES] = {3}, seed[GRANT_SEED_BYTES] = {4};
static uint8_t token_key[GRANT_KEY_BYTES];
static struct grant_head head = {.number = 1,
				 .made = MADE,
				 .until = MADE + DAYS * DAY_MS,
				 .mission = {"chancery/bench", 14},
				 .driver = {"line-1", 6}};
static uint8_t table[GRANT_BYTES_MAX];
static size_t table_bytes;
static struct grant grant;

static struct str card_of(uint32_t number)
{
	static uint32_t at;
	at = number * 2654435761U;
	return (struct str){(const char *)&at, sizeof at};
}

/* Office hours of its own for each pair, some at night, some never. */
static void ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret_times)
{
	(void)context;
	for (int64_t day = 0; day < DAYS && (person + place) % 7 > 0; day++) {
		int64_t begin = MADE + day * DAY_MS + (person % 9) * DAY_MS / 24;
		ret_times->at[ret_times->n++] = (struct grant_interval){begin, begin + (6 + place % 8) * DAY_MS / 24};
	}
}

static void build(uint32_t readers)
{
	static struct grant_builder builder;
	static struct arena arena;
	struct buf out = BUF(table);
	if (!arena.at)
		arena = arena_map(GRANT_BUILD_BYTES);
	arena_clear(&arena);
	grant_begin(&builder, &head, &arena);
	for (uint32_t i = 0; i < readers; i++) {
		uint32_t place = i % PLACES;
		struct grant_reader reader = {i + 1, i + 1, 3000, 0};
		grant_add_reader(&builder, &reader, (struct str){(const char *)&place, sizeof place});
	}
	for (uint32_t i = 0; i < CREDENTIALS; i++) {
		uint32_t person = i % PERSONS;
		struct grant_credential credential = {.until = INT64_MAX};
		grant_token(token_key, head.salt, 26, card_of(i), credential.token);
		grant_add_credential(&builder, &credential, (struct str){(const char *)&person, sizeof person});
	}
	grant_schedule(&builder, ask, NULL);
	const char *wrong = grant_end(&builder, &out);
	ASSERT(!wrong);
	table_bytes = out.len;
	grant_sign(table, table_bytes, seed);
}

static void bench_table(uint32_t readers)
{
	static struct bench_rounds made, opened, asked, hashed;
	struct grant_fault fault;
	uint8_t key[GRANT_KEY_BYTES], token[GRANT_TOKEN_BYTES];
	size_t granted = 0;
	made.n = opened.n = asked.n = hashed.n = 0;
	grant_public_key(seed, key);
	for (int round = 0; round < ROUNDS; round++) {
		double begin = bench_now();
		build(readers);
		bench_add(&made, (bench_now() - begin) / 1e6);
		begin = bench_now();
		bool good = grant_open(table, table_bytes, &grant, &fault) && grant_is_signed(table, table_bytes, key);
		ASSERT(good);
		bench_add(&opened, (bench_now() - begin) / 1e6);
		begin = bench_now();
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			grant_token(token_key, grant.salt, 26, card_of(i % CREDENTIALS), token);
			bench_use(token);
		}
		bench_add(&hashed, (bench_now() - begin) / LOOKUPS);
		begin = bench_now();
		for (uint32_t i = 0; i < LOOKUPS; i++) {
			const uint8_t *there = grant.tokens + (size_t)(i * 7919U % CREDENTIALS) * GRANT_TOKEN_BYTES;
			struct grant_question question = {i % readers + 1, there, false, MADE + i * 1000};
			granted += grant_decide(&grant, &question).granted;
		}
		bench_add(&asked, (bench_now() - begin) / LOOKUPS);
	}
	ASSERT(granted > 0);
	printf("grant table, %d cards, %3u readers: made and signed %5.1f ms, %zu bytes; opened and checked %4.1f ms; "
	       "asked %3.0f ns, a card's token %3.0f ns\n",
	       CREDENTIALS, readers, bench_quantile(&made, 0.5), table_bytes, bench_quantile(&opened, 0.5),
	       bench_quantile(&asked, 0.5), bench_quantile(&hashed, 0.5));
}

/* Files beside the bench, made anew. */
static struct kit_disk open_disk(bool anew)
{
	static const char *const paths[] = {"drivers_bench.state", "drivers_bench.spool", "drivers_bench.telemetry"};
	struct kit_disk disk;
	struct file *const files[] = {&disk.state, &disk.spool, &disk.telemetry};
	struct error error;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (anew)
			unlink(paths[i]);
		if (file_open(paths[i], 0600, files[i], &error) < 0)
			die(EXIT_FAILED, &error);
	}
	return disk;
}

static void close_disk(struct kit_disk *disk)
{
	file_close(disk->state);
	file_close(disk->spool);
	file_close(disk->telemetry);
}

static bool send(void *context, struct str line)
{
	bench_use(line.at);
	return !context;
}

static void entropy(uint8_t *bytes, size_t n)
{
	randombytes_buf(bytes, n);
}

static void say(enum log_event event, const void *fields)
{
	(void)event;
	bench_use(fields);
}

static struct kit kit;

static void start_kit(const struct kit_disk *disk)
{
	static const struct kit_outside outside = {.send = send, .entropy = entropy, .log = say};
	kit_init(&kit, STR("bench"), &outside, (const uint8_t *)"start 1", MADE, 0);
	kit_open(&kit, STR("line-1"), driver_key, disk, MADE, 0);
}

static void bench_spool(void)
{
	static struct bench_rounds put, synced;
	struct kit_disk disk = open_disk(true);
	start_kit(&disk);
	for (int i = 0; i < APPENDS; i++) {
		double begin = bench_now();
		int64_t number =
		    kit_report(&kit, STR("access.card_decided"), STR("{\"reader\":3,\"table\":5}"), true, 0);
		bench_add(&put, (bench_now() - begin) / 1e3);
		ASSERT(number > 0);
		begin = bench_now();
		if (spool_sync(&kit.spool, NULL) < 0)
			die(EXIT_FAILED, NULL);
		bench_add(&synced, (bench_now() - begin) / 1e3);
	}
	printf(
	    "a report to the spool        %6.1f µs median, %.1f µs p99 | its fdatasync %.0f µs median, %.0f µs p99\n",
	    bench_quantile(&put, 0.5), bench_quantile(&put, 0.99), bench_quantile(&synced, 0.5),
	    bench_quantile(&synced, 0.99));
	close_disk(&disk);
}

/* What an earlier process left: the table, and as many reports as fit. */
static void bench_start(void)
{
	static struct bench_rounds short_queue, long_queue;
	static char text[KEPT_SETTINGS_BYTES_MAX];
	struct buf config = BUF(text);
	uint8_t key[GRANT_KEY_BYTES];
	struct str settings;
	struct kit_disk disk = open_disk(true);
	start_kit(&disk);
	grant_public_key(seed, key);
	driver_config_write(&config, &(struct driver_config){.contract = 1,
							     .driver = STR("line-1"),
							     .has_table_key = true,
							     .table_key = {(const char *)key, sizeof key},
							     .answer = 1500,
							     .settings = STR("{}")});
	kept_save(&kit.kept, KEPT_SETTINGS, text, config.len, NULL);
	kept_save(&kit.kept, KEPT_TABLE, table, table_bytes, NULL);
	for (int many = 0; many < 2; many++) {
		for (int i = 0; many && i < SPOOL_RECORDS_MAX; i++)
			kit_report(&kit, STR("access.card_decided"), STR("{\"reader\":3,\"table\":5}"), true, 0);
		for (int round = 0; round < ROUNDS; round++) {
			double begin = bench_now();
			start_kit(&disk);
			bool found = kit_kept_settings(&kit, &settings);
			ASSERT(found && tables_grant(&kit.tables));
			bench_add(many ? &long_queue : &short_queue, (bench_now() - begin) / 1e6);
		}
	}
	ASSERT(outbox_waiting(&kit.outbox) == SPOOL_RECORDS_MAX);
	bench_tell("a driver's start until its table decides", bench_quantile(&long_queue, 0.5), "ms",
		   BENCH_BELOW(1000), "%d reports wait; %.1f ms where none do", SPOOL_RECORDS_MAX,
		   bench_quantile(&short_queue, 0.5));
	close_disk(&disk);
}

int main(void)
{
	seal_load();
	grant_token_key(driver_key, token_key);
	bench_table(500);
	bench_table(16);
	bench_spool();
	bench_start();
	unlink("drivers_bench.state");
	unlink("drivers_bench.spool");
	unlink("drivers_bench.telemetry");
	return EXIT_OK;
}
