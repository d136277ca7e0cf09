#include "driver/kit/pair.h"
#include "base/test.h"
#include "driver/kit/disk_test.h"

enum { VALUE_MAX = 3000, SMALL_MAX = 400, AT = 8192 };

static struct disk_test disk;
static uint8_t memory[PAIR_SLOT_BYTES(VALUE_MAX)];
static const uint8_t key[SEAL_KEY_BYTES] = {1}, other_key[SEAL_KEY_BYTES] = {2};

static struct pair pair_with(const char *name, size_t value_max, const uint8_t *with)
{
	disk_starts(&disk);
	return pair_at(disk_file(&disk, "kept"), AT, name, value_max, with, memory);
}

/* A value whose every byte tells which one it is. */
static struct str value_of(unsigned number, size_t n)
{
	static char text[VALUE_MAX];
	memset(text, 'a' + (int)(number % 26), n);
	return (struct str){text, n};
}

static int write_value(struct pair *pair, unsigned number, size_t n)
{
	struct str value = value_of(number, n);
	return pair_write(pair, value.at, value.len, NULL);
}

TEST(what_was_written_is_read_again_and_the_newest_counts)
{
	static const size_t lengths[] = {0, 1, 10, VALUE_MAX};
	struct str found;
	disk_make(&disk, 1);
	struct pair pair = pair_with("state", VALUE_MAX, key);
	CHECK_INT(pair_read(&pair, &found, NULL), 0);
	for (unsigned i = 0; i < ARRAY_LEN(lengths); i++) {
		CHECK_INT(write_value(&pair, i, lengths[i]), 0);
		pair = pair_with("state", VALUE_MAX, key);
		CHECK_INT(pair_read(&pair, &found, NULL), 1);
		CHECK_STR(found, value_of(i, lengths[i]));
		CHECK_INT(pair.generation, i + 1);
	}
	disk_release(&disk);
}

TEST(another_key_another_name_and_a_changed_byte_open_nothing)
{
	struct str found;
	struct error error;
	disk_make(&disk, 1);
	struct pair pair = pair_with("state", VALUE_MAX, key);
	write_value(&pair, 1, 100);
	pair = pair_with("state", VALUE_MAX, other_key);
	CHECK_INT(pair_read(&pair, &found, &error), ERROR_RECORD);
	CHECK_STR(str_of(error.what), STR("what is kept as state does not open"));
	pair = pair_with("table", VALUE_MAX, key);
	CHECK_INT(pair_read(&pair, &found, NULL), 0);
	pair = pair_with("state", VALUE_MAX, key);
	struct media_node *node = media_find(&disk.media, "kept");
	size_t begin = AT + PAIR_SLOT_BYTES(VALUE_MAX);
	CHECK_INT(node->now.len, (long long)(begin + PAIR_HEAD_BYTES + 100 + SEAL_MORE_BYTES));
	for (size_t i = begin; i < node->now.len; i++) {
		node->now.at[i] ^= 1;
		CHECK(pair_read(&pair, &found, NULL) != 1);
		node->now.at[i] ^= 1;
	}
	CHECK_INT(pair_read(&pair, &found, NULL), 1);
	disk_release(&disk);
}

TEST(behind_a_value_that_does_not_open_a_new_one_can_be_written)
{
	struct str found;
	disk_make(&disk, 1);
	struct pair pair = pair_with("state", VALUE_MAX, key);
	write_value(&pair, 1, 100);
	write_value(&pair, 2, 100);
	pair = pair_with("state", VALUE_MAX, other_key);
	CHECK_INT(pair_read(&pair, &found, NULL), ERROR_RECORD);
	CHECK_INT(write_value(&pair, 3, 50), 0);
	CHECK_INT(pair_read(&pair, &found, NULL), 1);
	CHECK_STR(found, value_of(3, 50));
	disk_release(&disk);
}

/* The power fails at each write and sync of a row of values, many times with other dice. */
TEST(a_power_failure_leaves_the_last_synced_value_or_the_one_being_written)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		for (uint64_t at = 1; at <= 12; at++) {
			unsigned synced = 0, written = 0;
			struct str found;
			disk_make(&disk, seed);
			struct pair pair = pair_with("state", VALUE_MAX, key);
			disk.fail_at = at;
			for (unsigned i = 1; i <= 6 && !disk.down; i++) {
				written = i;
				if (write_value(&pair, i, 100 * i + 1700) == 0 && pair_sync(&pair, NULL) == 0)
					synced = i;
			}
			pair = pair_with("state", VALUE_MAX, key);
			int read = pair_read(&pair, &found, NULL);
			if (synced == 0) {
				CHECK(read <= 1);
			} else {
				CHECK_INT(read, 1);
				unsigned number = (unsigned)(found.len - 1700) / 100;
				CHECK(number == synced || number == written);
				CHECK_STR(found, value_of(number, 100 * number + 1700));
			}
			disk_release(&disk);
		}
	}
}

/* A value that lies in one sector needs no sync to be whole: it is one of those that were written. */
TEST(a_small_value_that_is_never_synced_is_still_never_torn)
{
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct str found;
		disk_make(&disk, seed);
		struct pair pair = pair_with("time", SMALL_MAX, key);
		write_value(&pair, 1, SMALL_MAX);
		pair_sync(&pair, NULL);
		for (unsigned i = 2; i <= 7; i++)
			write_value(&pair, i, SMALL_MAX);
		disk_power_fails(&disk);
		pair = pair_with("time", SMALL_MAX, key);
		CHECK_INT(pair_read(&pair, &found, NULL), 1);
		CHECK_STR(found, value_of((unsigned)(found.at[0] - 'a'), SMALL_MAX));
		disk_release(&disk);
	}
}
