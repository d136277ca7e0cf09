#include "driver/kit/spool.h"
#include "base/test.h"
#include "driver/kit/disk_test.h"

enum { PLACES = 40 };

static struct disk_test disk;
static struct spool spool;
static _Alignas(16) uint8_t scratch_memory[SPOOL_SCRATCH_BYTES + 4096];
static const uint8_t key[SEAL_KEY_BYTES] = {1}, other_key[SEAL_KEY_BYTES] = {2};
static const struct spool_names fresh = {.boot = "boot one", .machine = "start 1"},
				other = {.boot = "boot two", .machine = "start 1"},
				later = {.boot = "boot two", .machine = "start 2"};

static int reopen_with(const uint8_t *with, const struct spool_names *names, bool *ret_new)
{
	memset(scratch_memory, 0, sizeof scratch_memory);
	struct arena scratch = arena_over(scratch_memory, sizeof scratch_memory);
	disk_starts(&disk);
	return spool_open(&spool, disk_file(&disk, "spool"), PLACES, with, names, &scratch, ret_new, NULL);
}

static bool reopen(void)
{
	bool is_new = false;
	CHECK_INT(reopen_with(key, &other, &is_new), 0);
	return is_new;
}

static void begin(uint64_t seed)
{
	bool is_new = false;
	disk_make(&disk, seed);
	CHECK_INT(reopen_with(key, &fresh, &is_new), 0);
	CHECK(is_new);
}

static int put(int64_t number)
{
	char text[SPOOL_BYTES_MAX];
	int n = snprintf(text, sizeof text, "report %lld", (long long)number);
	return spool_put(&spool, (struct str){text, (size_t)n}, NULL);
}

/* Each record that waits says its own number. There are no gaps before `whole`. */
static void check_contents(int64_t whole)
{
	for (int64_t number = spool.first; number < spool.next; number++) {
		char text[SPOOL_BYTES_MAX], expected[32];
		struct buf bytes = BUF(text);
		snprintf(expected, sizeof expected, "report %lld", (long long)number);
		int code = spool_get(&spool, number, &bytes, NULL);
		CHECK(code == 0 || (code == ERROR_RECORD && number >= whole));
		if (code == 0)
			CHECK_STR(buf_str(&bytes), str_of(expected));
	}
}

static void check_waiting(int64_t first, int64_t next)
{
	CHECK_INT(spool.first, first);
	CHECK_INT(spool.next, next);
	check_contents(next);
}

TEST(what_was_put_waits_behind_the_process_s_death_with_its_number)
{
	begin(1);
	check_waiting(1, 1);
	for (int64_t i = 1; i <= 5; i++)
		CHECK_INT(put(i), 0);
	CHECK(!reopen());
	check_waiting(1, 6);
	CHECK(memcmp(spool.names.boot, "boot one", SPOOL_BOOT_BYTES) == 0);
	CHECK_INT(put(6), 0);
	check_waiting(1, 7);
	disk_release(&disk);
}

TEST(what_was_settled_is_known_from_the_record_behind_it)
{
	begin(1);
	for (int64_t i = 1; i <= 5; i++)
		put(i);
	spool_settle(&spool, 3);
	check_waiting(4, 6);
	reopen();
	check_waiting(1, 6); /* nothing was written; the core will say it */
	spool_settle(&spool, 3);
	put(6);
	reopen();
	check_waiting(4, 7);
	disk_release(&disk);
}

TEST(a_record_is_as_long_as_can_be_and_not_longer)
{
	char text[SPOOL_BYTES_MAX], found[SPOOL_BYTES_MAX];
	struct buf bytes = BUF(found);
	begin(1);
	memset(text, 'x', sizeof text);
	CHECK_INT(spool_put(&spool, (struct str){text, sizeof text}, NULL), 0);
	reopen();
	CHECK_INT(spool_get(&spool, 1, &bytes, NULL), 0);
	CHECK_STR(buf_str(&bytes), ((struct str){text, sizeof text}));
	disk_release(&disk);
}

TEST(the_file_stays_short_while_the_core_keeps_up)
{
	begin(1);
	for (int64_t i = 1; i <= 500; i++) {
		put(i);
		spool_settle(&spool, i);
	}
	CHECK_INT(media_find(&disk.media, "spool")->now.len, SPOOL_HEAD_BYTES + SPOOL_RECORD_BYTES);
	reopen();
	CHECK_INT(spool.next, 501);
	disk_release(&disk);
}

TEST(a_full_ring_takes_nothing_more_until_something_is_settled)
{
	begin(1);
	for (int64_t i = 1; i <= 5 * PLACES; i++) {
		if (spool.next - spool.first == PLACES) {
			CHECK_INT(put(i), ERROR_LIMIT);
			spool_settle(&spool, spool.first);
		}
		CHECK_INT(put(i), 0);
	}
	check_waiting(5 * PLACES - PLACES + 1, 5 * PLACES + 1);
	reopen();
	check_waiting(5 * PLACES - PLACES + 1, 5 * PLACES + 1);
	CHECK_INT(media_find(&disk.media, "spool")->now.len, SPOOL_HEAD_BYTES + PLACES * SPOOL_RECORD_BYTES);
	disk_release(&disk);
}

TEST(another_key_finds_nothing_and_begins_anew_under_the_fresh_boot)
{
	bool is_new;
	begin(1);
	put(1);
	put(2);
	CHECK_INT(reopen_with(other_key, &other, &is_new), 0);
	CHECK(is_new);
	CHECK_INT(spool.unreadable, 2);
	check_waiting(1, 1);
	CHECK(memcmp(spool.names.boot, "boot two", SPOOL_BOOT_BYTES) == 0);
	disk_release(&disk);
}

TEST(a_changed_record_is_a_gap_and_the_others_are_there)
{
	begin(1);
	for (int64_t i = 1; i <= 5; i++)
		put(i);
	media_find(&disk.media, "spool")->now.at[SPOOL_HEAD_BYTES + 2 * SPOOL_RECORD_BYTES + 100] ^= 1;
	for (int i = 0; i < 2; i++) {
		char text[SPOOL_BYTES_MAX];
		struct buf bytes = BUF(text);
		CHECK_INT(spool_get(&spool, 3, &bytes, NULL), ERROR_RECORD);
		CHECK_INT(spool_get(&spool, 5, &bytes, NULL), 0);
		CHECK_STR(buf_str(&bytes), STR("report 5"));
		reopen();
		CHECK_INT(spool.first, 1);
		CHECK_INT(spool.next, 6);
	}
	disk_release(&disk);
}

TEST(names_are_durable_and_a_new_start_of_the_machine_makes_what_follows_unsure)
{
	bool is_new;
	begin(1);
	for (int64_t i = 1; i <= 4; i++)
		put(i);
	struct spool_names names = {.boot = "boot six", .base = 2, .machine = "start 1"};
	CHECK_INT(spool_name(&spool, &names, NULL), 0);
	spool_sync(&spool, NULL);
	disk_power_fails(&disk);
	CHECK_INT(reopen_with(key, &later, &is_new), 0);
	CHECK(!is_new && memcmp(spool.names.boot, "boot six", SPOOL_BOOT_BYTES) == 0);
	CHECK_INT(spool.names.base, 2);
	CHECK_INT(spool.names.unsure, 5);
	check_waiting(3, 5); /* a sequence is 1 at least */
	put(5);
	CHECK_INT(reopen_with(key, &later, &is_new), 0);
	CHECK_INT(spool.names.unsure, 5);
	disk_release(&disk);
}

/* Random work (for some seeds without a sync of ours, or without answers), the power failing or the process
 * dying at each step in turn. What must be there: every record that was put before the last sync and not
 * settled; and nothing that was not put. */
static void work_until_the_end(uint64_t seed, uint64_t fail_at, bool kill)
{
	uint64_t dice = seed;
	int64_t synced = 1, put_from = 1, first = 1;
	begin(seed);
	disk.fail_at = kill ? 0 : fail_at;
	for (uint64_t i = 0; !disk.down && i < (kill ? fail_at : 1000); i++) {
		uint64_t roll = media_random(&dice) % 8;
		if (roll < 5) {
			put_from = spool.next;
			put(spool.next);
		} else if (roll == 5 && seed % 4 > 0 && spool.next > spool.first) {
			int64_t n = spool.next - spool.first;
			spool_settle(&spool, spool.first + (int64_t)(media_random(&dice) % (uint64_t)n));
		} else if (roll == 6 && seed % 4 > 1) {
			spool_sync(&spool, NULL);
		}
		if (spool.unsynced == 0)
			synced = spool.next;
	}
	first = spool.first;
	int64_t next = spool.next;
	reopen();
	int64_t must = kill ? next : synced;
	if (first < must)
		CHECK(spool.first <= first && spool.next >= must);
	for (int64_t k = first; k < must; k++) {
		char text[SPOOL_BYTES_MAX];
		struct buf bytes = BUF(text);
		CHECK_INT(spool_get(&spool, k, &bytes, NULL), 0);
	}
	CHECK(spool.next <= (kill ? next : put_from + 1 > next ? put_from + 1 : next));
	check_contents(spool.first);
	put(spool.next);
	check_contents(spool.first);
	disk_release(&disk);
}

TEST(a_power_failure_at_any_step_loses_nothing_that_was_synced)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		for (uint64_t at = 1; at <= 400; at += 1 + seed % 7)
			work_until_the_end(seed, at, false);
}

TEST(a_dead_process_loses_nothing_that_was_put)
{
	for (uint64_t seed = 1; seed <= 6; seed++)
		for (uint64_t at = 1; at <= 400; at += 1 + seed % 7)
			work_until_the_end(seed, at, true);
}

TEST(a_disk_that_fails_is_told_and_nothing_is_counted_as_put)
{
	begin(1);
	put(1);
	disk.fail_sync = 1;
	CHECK_INT(spool_sync(&spool, NULL), ERROR_SYSTEM);
	disk.fail_at = 1;
	CHECK_INT(put(2), ERROR_SYSTEM);
	CHECK_INT(spool.next, 2);
	disk_release(&disk);
}
