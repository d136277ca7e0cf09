/* keys_bench.c: packets of 200 bytes sealed and opened, beside the cipher alone; opening a key file; the table of
 * marks; a new root key; wiping. */
#include "bench/bench.h"

#include "keys/marks.h"
#include "keys/master.h"
#include "keys/stream.h"
#include "keys/vault.h"
#include "keys/wipe.h"

#include <sodium.h>
#include <unistd.h>

enum {
	PEOPLE = 16384,
	PACKETS = 100000,
	PACKET_BYTES = 200,
	TIMED = BENCH_ROUNDS_MAX,
	SLOTS = 65536,
	WALL_2026 = 1773000000,
	BLOB_BYTES = 16 << 20,
};

static const uint8_t root[CRYPT_KEY_BYTES] = {1};
static const uint8_t salt[VAULT_SALT_BYTES] = {2};
static const char *const names[] = {"keys_bench.0", "keys_bench.1", "keys_bench.master"};

static struct file files[3];
static struct keys keys;
static struct master master;

static void check(int code, const struct error *error)
{
	if (code < 0)
		die(EXIT_FAILED, error);
}

static void set_up(void)
{
	struct error error;
	uint8_t ours[CRYPT_KEY_BYTES];
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		unlink(names[i]);
		check(file_open(names[i], 0600, &files[i], &error), &error);
	}
	crypt_init();
	master_make(&master, files[2], ours);
	check(master_add_file(&master, ours, STR("bench"), root, &error), &error);
	check(keys_create(files, ours, &error), &error);
	check(keys_open(&keys, files, ours, KEYFILE_SLOTS_MAX, &error), &error);
}

/* Packets, each of another of 16,384 people */

static struct vault_place place_of(uint64_t i)
{
	return (struct vault_place){i, salt, WALL_2026 * INT64_C(1000), i % 64};
}

/* What a packet costs at the least: one encryption of as many bytes. */
static double cipher(void)
{
	uint8_t bytes[PACKET_BYTES + 24 + 16] = {0}, nonce[24] = {0};
	double begin = bench_now();
	crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, NULL, bytes, 224, nonce, 8, NULL, nonce, root);
	bench_use(bytes);
	return bench_now() - begin;
}

static void measure_packets(const struct vault *vault)
{
	static struct bench_rounds seals, opens, alone;
	static uint8_t memory[1 << 16];
	char values[PACKET_BYTES + 1];
	bool forged;
	snprintf(values, sizeof values, "[\"%0*d\"]", PACKET_BYTES - 4, 7);
	for (uint64_t i = 0; i < PACKETS; i++) {
		struct arena arena = arena_over(memory, sizeof memory);
		struct vault_place place = place_of(i);
		struct subject subject = {STR("person"), 1 + i * 7919 % PEOPLE};
		struct vault_packet packet;
		struct str found;
		double begin = bench_now();
		vault->seal(vault->context, &place, &subject, STR("90d"), str_of(values), &arena, &packet);
		double sealed = bench_now();
		bool opened = vault->open(vault->context, &place, &packet, &arena, &found, &forged);
		double end = bench_now();
		ASSERT(opened && found.len == PACKET_BYTES);
		if (i < PEOPLE || i % (PACKETS / TIMED))
			continue;
		bench_add(&seals, sealed - begin);
		bench_add(&opens, end - sealed);
		bench_add(&alone, cipher());
	}
	bench_tell("a packet of 200 bytes sealed, median", bench_quantile(&seals, 0.5) / 1e3, "us", BENCH_BELOW(2),
		   "%.2f us p99, the cipher alone %.2f us", bench_quantile(&seals, 0.99) / 1e3,
		   bench_quantile(&alone, 0.5) / 1e3);
	bench_tell("a packet of 200 bytes opened, median", bench_quantile(&opens, 0.5) / 1e3, "us", BENCH_BELOW(2),
		   "%.2f us p99, the cipher alone %.2f us", bench_quantile(&opens, 0.99) / 1e3,
		   bench_quantile(&alone, 0.5) / 1e3);
}

static double measure(const char *what, struct bench_rounds *rounds, double scale, const char *unit)
{
	double median = bench_quantile(rounds, 0.5);
	bench_tell(what, median / scale, unit, BENCH_NONE, "slowest %.2f %s", bench_quantile(rounds, 1) / scale, unit);
	return median;
}

static void measure_marks(void)
{
	static struct bench_rounds times;
	for (int i = 0; i < 25; i++) {
		struct marks marks;
		double begin = bench_now();
		marks_build(&marks, STR("90d"), 600 + i, keys.file);
		bench_add(&times, bench_now() - begin);
		marks_release(&marks);
	}
	measure("marks of 16,384 subjects", &times, 1e6, "ms");
}

/* The whole file */

static void measure_file(void)
{
	static struct bench_rounds opening, rekeying, destroying;
	struct error error;
	const uint8_t *key;
	for (uint64_t i = PEOPLE + 1; i <= SLOTS - 64; i++)
		check(keyfile_make(keys.file, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, i}, &key, &error),
		      &error);
	check(keys_sync(&keys, &error), &error);
	for (int i = 0; i < 9; i++) {
		uint8_t now[CRYPT_KEY_BYTES];
		double begin = bench_now();
		check(keys_rekey(&keys, &master, &error), &error);
		bench_add(&rekeying, bench_now() - begin);
		memcpy(now, keyfile_root(keys.file), sizeof now);
		keys_close(&keys);
		begin = bench_now();
		check(keys_open(&keys, files, now, KEYFILE_SLOTS_MAX, &error), &error);
		bench_add(&opening, bench_now() - begin);
	}
	for (uint64_t i = 1; i <= 64; i++) {
		double begin = bench_now();
		check(keys_forget(&keys, STR("person"), i, &error), &error);
		bench_add(&destroying, bench_now() - begin);
	}
	measure("65,536 slots opened", &opening, 1e6, "ms");
	measure("65,536 slots, new root key", &rekeying, 1e6, "ms");
	measure("a subject forgotten", &destroying, 1e6, "ms");
}

static int swallow(void *context, const void *bytes, size_t n, struct error *error)
{
	(void)context;
	(void)n;
	(void)error;
	bench_use(bytes);
	return 0;
}

static void measure_stream(void)
{
	static struct bench_rounds times;
	static struct stream stream;
	static uint8_t blob[BLOB_BYTES];
	uint8_t hash[STREAM_HASH_BYTES];
	for (int i = 0; i < 7; i++) {
		double begin = bench_now();
		stream_seal_begin(&stream, root, (struct stream_sink){NULL, swallow}, NULL);
		stream_seal_put(&stream, blob, sizeof blob, NULL);
		stream_seal_end(&stream, hash, NULL);
		bench_add(&times, bench_now() - begin);
	}
	measure("a stream of 16 MiB sealed", &times, 1e6, "ms");
}

static void measure_passphrase(void)
{
	static struct bench_rounds times;
	struct error error;
	uint8_t now[CRYPT_KEY_BYTES];
	check(master_add_passphrase(&master, keyfile_root(keys.file), STR(""), STR("correct horse battery"),
				    MASTER_COST, &error),
	      &error);
	for (int i = 0; i < 9; i++) {
		double begin = bench_now();
		check(master_by_passphrase(&master, STR("correct horse battery"), now, &error), &error);
		bench_add(&times, bench_now() - begin);
	}
	measure("a passphrase", &times, 1e6, "ms");
}

static void measure_wiping(void)
{
	struct error error;
	uint64_t bytes = (uint64_t)KEYFILE_SLOTS_MAX * SLOT_BYTES;
	check(file_resize(files[0], bytes, &error), &error);
	double begin = bench_now();
	check(file_wipe(files[0], NULL, &error), &error);
	bench_tell("64 MiB wiped", (bench_now() - begin) / 1e9, "s", BENCH_BELOW(2), NULL);
}

int main(void)
{
	set_up();
	struct keys_vault *keys_vault = keys_vault_open(&keys);
	struct vault vault = keys_vault_of(keys_vault);
	measure_packets(&vault);
	measure_marks();
	keys_vault_close(keys_vault);
	measure_file();
	measure_stream();
	measure_passphrase();
	keys_close(&keys);
	measure_wiping();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		file_close(files[i]);
		unlink(names[i]);
	}
	return EXIT_OK;
}
