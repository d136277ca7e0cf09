/* hub_snapshot_test.c: snapshots that the hub writes and starts from. */
#include "sim/rig.h"

#include "domain/doors/doors.h"
#include "serve/snapshot.h"

enum { EVERY = 10, RETRY_MS = 60000 };

static uint64_t number_in(size_t file)
{
	struct snapshot_head head;
	return snapshot_head(rig.premises.snapshots[file], &head) ? head.number : 0;
}

static uint32_t snapshot_keys(void)
{
	struct keyfile_state state;
	keyfile_state(rig.premises.keys.file, &state);
	return state.used[KEY_SNAPSHOT];
}

static void write_entries(int n)
{
	for (int i = 0; i < n; i++)
		rig_say(OFFICER, ADD_BUILDING("Annex"));
	rig_commit();
	rig_forget();
}

/* A hub that writes one after every ten entries, and has written the first. */
static void begin(void)
{
	rig_begin();
	rig.options.snapshot_entries = EVERY;
	rig_reopen();
	rig_commit();
	CHECK(number_in(0) == 0 && number_in(1) == 1);
}

#define SNAPSHOT_TEST(name) TEST_BETWEEN(begin, name, rig_end)

static void check_same(struct rig_hash before)
{
	CHECK(memcmp(before.at, rig_hash().at, sizeof before.at) == 0);
}

SNAPSHOT_TEST(they_are_written_in_turn_and_the_keys_of_those_that_are_written_over_go)
{
	static const uint64_t expected[][2] = {{2, 1}, {2, 3}, {4, 3}, {4, 5}};
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		write_entries(EVERY - 1);
		CHECK(number_in((i + 1) % 2) == expected[i][(i + 1) % 2]);
		CHECK(number_in(i % 2) != expected[i][i % 2]);
		write_entries(1);
		CHECK(number_in(0) == expected[i][0] && number_in(1) == expected[i][1]);
		CHECK_INT(snapshot_keys(), 2);
	}
	struct rig_hash before = rig_hash();
	rig_reopen();
	check_same(before);
	rig_commit();
	CHECK(number_in(0) == 4 && number_in(1) == 5); /* a start alone writes none */
	write_entries(EVERY);
	CHECK_INT(number_in(0), 6);
}

static void read_key(uint64_t number, uint8_t ret_key[SNAPSHOT_KEY_BYTES])
{
	struct key_id id = key_of_snapshot(number);
	const uint8_t *key = keyfile_find(rig.premises.keys.file, &id);
	ASSERT(key);
	memcpy(ret_key, key, SNAPSHOT_KEY_BYTES);
}

SNAPSHOT_TEST(one_that_fails_is_tried_again_after_a_minute_under_the_same_number_and_another_key)
{
	uint8_t first[SNAPSHOT_KEY_BYTES], second[SNAPSHOT_KEY_BYTES];
	rig.premises.work_dies = 1;
	write_entries(EVERY);
	read_key(2, first);
	CHECK_INT(number_in(0), 0);
	write_entries(EVERY);
	rig_wait_ms(RETRY_MS - 1);
	CHECK_INT(number_in(0), 0);
	rig_wait_ms(1);
	CHECK_INT(number_in(0), 2);
	CHECK_INT(snapshot_keys(), 2);
	read_key(2, second);
	CHECK(memcmp(first, second, sizeof first) != 0);
}

SNAPSHOT_TEST(entries_go_on_while_one_is_written)
{
	struct snapshot_head head;
	rig.premises.work_slow = 100;
	write_entries(EVERY);
	CHECK(rig.premises.is_working);
	write_entries(3 * EVERY);
	rig.premises.work_left = 0;
	rig.premises.work_slow = 0;
	rig_commit();
	CHECK(snapshot_head(rig.premises.snapshots[1], &head));
	CHECK_INT(head.number, 3); /* and at once the next */
	CHECK_INT(head.entries, RIG_FURNISHED + 4 * EVERY);
	struct rig_hash before = rig_hash();
	rig_reopen();
	check_same(before);
}

/* Which one a start begins from. What is written here differs from the record in one bit, so it shows in the state when it was used. */

static void read_salt(uint8_t ret_salt[SNAPSHOT_SALT_BYTES])
{
	struct str entry = rig_entry(hub_core(rig.hub)->size - 1), text;
	const char *at = memmem(entry.at, entry.len, "\"salt\":\"", 8);
	CHECK(at != NULL);
	text = (struct str){at + 8, 2 * SNAPSHOT_SALT_BYTES};
	CHECK(hex_read(text, ret_salt, SNAPSHOT_SALT_BYTES));
}

static uint8_t other_salt; /* 1: of another journal */
static uint64_t more;	   /* entries than there are */

static void write_marked(uint64_t number)
{
	static struct core core;
	struct snapshot_head head = {.number = number};
	struct key_id id = key_of_snapshot(number);
	struct error error;
	const uint8_t *key;
	uint8_t salt[SNAPSHOT_SALT_BYTES];
	core = *hub_core(rig.hub);
	core.size += more;
	read_salt(salt);
	salt[0] ^= other_salt;
	CHECK_OK(keyfile_make(rig.premises.keys.file, &id, &key, &error), &error);
	CHECK_OK(keys_sync(&rig.premises.keys, &error), &error);
	reader_edit(&core.state, 1)->power = true;
	CHECK_OK(snapshot_write(rig.premises.snapshots[number % 2], &core, key,
				(const uint8_t *)rig.options.environment.schema.at, salt, &head, &error),
		 &error);
	reader_edit(&core.state, 1)->power = false;
}

static bool is_marked(void)
{
	return reader_get(rig_state(), 1)->power;
}

SNAPSHOT_TEST(a_start_begins_from_the_newest)
{
	write_marked(1);
	rig_reopen();
	CHECK(is_marked());
	rig_commit();
	write_entries(EVERY); /* the second, of the marked state; and a third that is marked no more */
	CHECK_INT(number_in(0), 2);
	reader_edit((struct state *)(uintptr_t)rig_state(), 1)->power = false;
	write_entries(EVERY);
	rig_reopen();
	CHECK(number_in(0) == 2 && number_in(1) == 3 && !is_marked());
}

/* Bytes of a file changed, or cut off. */
static void damage(size_t file, uint64_t at)
{
	uint8_t byte;
	struct error error;
	struct file f = rig.premises.snapshots[file];
	CHECK_OK(file_read(f, at, &byte, 1, &error), &error);
	byte ^= 1;
	CHECK_OK(file_write(f, at, &byte, 1, &error), &error);
	CHECK_OK(file_sync(f, &error), &error);
}

SNAPSHOT_TEST(one_that_is_damaged_is_passed_over_for_the_other_and_then_for_the_record)
{
	enum { IN_HEAD = 9, IN_HASH = 45, SEALED = 4096 + 100 };
	static const uint64_t places[] = {0, IN_HEAD, IN_HASH, 4090, 4096, SEALED};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		write_marked(1);
		struct rig_hash before = rig_hash();
		write_entries(0);
		damage(1, places[i]);
		rig_reopen();
		CHECK(!is_marked());
		check_same(before);
	}
	write_marked(3);
	write_marked(2);
	damage(1, SEALED);
	rig_reopen();
	CHECK(is_marked());
}

SNAPSHOT_TEST(one_that_was_cut_off_is_passed_over)
{
	static const uint64_t lengths[] = {0, 1, 4095, 4096, 5000};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct error error;
		write_marked(1);
		CHECK_OK(file_resize(rig.premises.snapshots[1], lengths[i], &error), &error);
		rig_reopen();
		CHECK(!is_marked());
	}
}

static uint64_t newest(void)
{
	return number_in(0) > number_in(1) ? number_in(0) : number_in(1);
}

SNAPSHOT_TEST(one_without_a_key_of_another_schema_or_another_record_is_passed_over)
{
	static const char schema[32] = {1};
	struct error error;
	write_marked(newest() + 1);
	struct key_id id = key_of_snapshot(newest());
	CHECK_OK(keyfile_destroy(rig.premises.keys.file, &id, 1, &error), &error);
	rig_reopen();
	CHECK(!is_marked());
	write_marked(newest() + 1);
	rig.options.environment.schema.at = schema;
	rig_reopen();
	CHECK(!is_marked());
	other_salt = 1;
	write_marked(newest() + 1);
	other_salt = 0;
	rig_reopen();
	CHECK(!is_marked());
	more = 1;
	write_marked(newest() + 1);
	more = 0;
	rig_reopen();
	CHECK(!is_marked());
	write_marked(newest() + 1);
	rig_reopen();
	CHECK(is_marked());
}

/* The next one does not overwrite a good one because of a bad one. */
SNAPSHOT_TEST(a_number_is_in_its_own_file)
{
	struct error error;
	uint8_t bytes[8192];
	uint64_t size;
	write_marked(1);
	CHECK_OK(file_size(rig.premises.snapshots[1], &size, &error), &error);
	for (uint64_t at = 0; at < size; at += sizeof bytes) {
		size_t n = size - at < sizeof bytes ? (size_t)(size - at) : sizeof bytes;
		CHECK_OK(file_read(rig.premises.snapshots[1], at, bytes, n, &error), &error);
		CHECK_OK(file_write(rig.premises.snapshots[0], at, bytes, n, &error), &error);
	}
	CHECK_OK(snapshot_wipe(rig.premises.snapshots[1], &error), &error);
	rig_reopen();
	CHECK(!is_marked());
}
