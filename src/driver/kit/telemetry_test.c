#include "driver/kit/telemetry.h"
#include "base/test.h"
#include "driver/kit/disk_test.h"

#include <sodium.h>

enum { BLOCKS = 4, AGE_MS = 100000 };

static struct disk_test disk;
static struct telemetry t;
static const uint8_t key[SEAL_KEY_BYTES] = {1}, other_key[SEAL_KEY_BYTES] = {2};

static void reopen(const uint8_t *with)
{
	disk_starts(&disk);
	CHECK_INT(telemetry_open(&t, disk_file(&disk, "telemetry"), BLOCKS, AGE_MS, with, NULL), 0);
}

static void begin(void)
{
	disk_make(&disk, 1);
	reopen(key);
}

static int put(int64_t time_ms, size_t n)
{
	static char bytes[TELEMETRY_BYTES_MAX];
	memset(bytes, 'a' + (int)(time_ms % 26), n);
	struct telemetry_record record = {time_ms, (uint16_t)(time_ms % 7), {bytes, n}};
	return telemetry_put(&t, &record, NULL);
}

static struct {
	size_t n;
	int64_t first_ms, last_ms;
} seen;

static bool see(void *context, const struct telemetry_record *record)
{
	(void)context;
	CHECK(seen.n == 0 || record->time_ms == seen.last_ms + 1);
	CHECK_INT(record->kind, record->time_ms % 7);
	for (size_t i = 0; i < record->bytes.len; i++)
		CHECK_INT(record->bytes.at[i], 'a' + record->time_ms % 26);
	if (seen.n++ == 0)
		seen.first_ms = record->time_ms;
	seen.last_ms = record->time_ms;
	return true;
}

static size_t walk(int64_t from_ms, int64_t until_ms)
{
	memset(&seen, 0, sizeof seen);
	CHECK_INT(telemetry_walk(&t, from_ms, until_ms, see, NULL, NULL), 0);
	return seen.n;
}

TEST(records_are_found_by_time_in_the_order_they_came)
{
	begin();
	for (int64_t i = 1; i <= 100; i++)
		CHECK_INT(put(i, (size_t)i * 7), 0);
	CHECK_INT(walk(0, 1000), 100);
	CHECK_INT(walk(20, 30), 10);
	CHECK_INT(seen.first_ms, 20);
	CHECK_INT(seen.last_ms, 29);
	CHECK_INT(walk(101, 1000), 0);
	disk_release(&disk);
}

TEST(what_was_flushed_is_there_for_the_next_process_and_what_was_not_is_lost)
{
	begin();
	put(1, 10);
	put(2, 0);
	CHECK_INT(telemetry_flush(&t, 2, NULL), 0);
	put(3, 10);
	CHECK_INT(telemetry_flush(&t, 3, NULL), 0);
	put(4, 10);
	reopen(key);
	CHECK_INT(walk(0, 1000), 3);
	put(4, 20);
	CHECK_INT(walk(0, 1000), 4);
	reopen(other_key);
	CHECK_INT(walk(0, 1000), 0);
	disk_release(&disk);
}

TEST(the_ring_is_bounded_and_the_oldest_go_first)
{
	enum { RECORDS = 8 * BLOCKS * TELEMETRY_PLAIN_BYTES / TELEMETRY_BYTES_MAX };
	begin();
	for (int64_t i = 1; i <= RECORDS; i++)
		put(i, TELEMETRY_BYTES_MAX);
	CHECK_INT(media_find(&disk.media, "telemetry")->now.len, BLOCKS * TELEMETRY_BLOCK_BYTES);
	size_t n = walk(0, RECORDS + 1);
	CHECK_INT(seen.last_ms, RECORDS);
	CHECK_INT(n, RECORDS - seen.first_ms + 1);
	CHECK(n >= (BLOCKS - 1) * (TELEMETRY_PLAIN_BYTES / TELEMETRY_BYTES_MAX - 1));
	telemetry_flush(&t, RECORDS, NULL);
	reopen(key);
	CHECK(walk(0, RECORDS + 1) >= n - TELEMETRY_PLAIN_BYTES / TELEMETRY_BYTES_MAX);
	CHECK_INT(seen.last_ms, RECORDS);
	disk_release(&disk);
}

TEST(what_is_too_old_is_wiped_from_the_disk)
{
	begin();
	put(1000, 500);
	CHECK_INT(telemetry_flush(&t, 1000, NULL), 0);
	reopen(key);
	put(2000, 10);
	CHECK_INT(telemetry_flush(&t, 1000 + AGE_MS, NULL), 0);
	CHECK_INT(walk(0, 1500), 1);
	CHECK_INT(telemetry_flush(&t, 1001 + AGE_MS, NULL), 0);
	CHECK_INT(walk(0, 1500), 0);
	const uint8_t *block = media_find(&disk.media, "telemetry")->now.at + TELEMETRY_BLOCK_BYTES; /* number 1 */
	CHECK(sodium_is_zero(block, TELEMETRY_BLOCK_BYTES));
	CHECK_INT(walk(0, 3000), 1);
	disk_release(&disk);
}

TEST(the_hash_is_that_of_the_records_alone_wherever_they_lie)
{
	uint8_t one[TELEMETRY_HASH_BYTES], two[TELEMETRY_HASH_BYTES], by_hand[TELEMETRY_HASH_BYTES];
	static const uint8_t records[] = {5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 0, 'f', 'f',
					  6, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1, 0, 'g'};
	uint64_t n;
	begin();
	put(4, 9);
	put(5, 2);
	put(6, 1);
	put(7, 9);
	CHECK_INT(telemetry_hash(&t, 5, 7, one, &n, NULL), 0);
	CHECK_INT(n, 2);
	crypto_hash_sha256(by_hand, records, sizeof records);
	CHECK(memcmp(one, by_hand, sizeof one) == 0);
	telemetry_flush(&t, 7, NULL);
	reopen(key);
	CHECK_INT(telemetry_hash(&t, 5, 7, two, &n, NULL), 0);
	CHECK(memcmp(one, two, sizeof one) == 0);
	CHECK_INT(telemetry_hash(&t, 5, 8, two, &n, NULL), 0);
	CHECK(memcmp(one, two, sizeof one) != 0);
	disk_release(&disk);
}

TEST(a_changed_block_is_left_out_and_a_failing_disk_is_told)
{
	begin();
	put(1, 10);
	telemetry_flush(&t, 1, NULL);
	reopen(key);
	put(2, 10);
	telemetry_flush(&t, 2, NULL);
	media_find(&disk.media, "telemetry")->now.at[TELEMETRY_BLOCK_BYTES + 60] ^= 1;
	reopen(key);
	CHECK_INT(walk(0, 1000), 1);
	CHECK_INT(seen.first_ms, 2);
	put(3, 10);
	disk.fail_at = 1;
	CHECK_INT(telemetry_flush(&t, 3, NULL), ERROR_SYSTEM);
	disk_release(&disk);
}
