/* The keys of one file: found, made, destroyed; what lies on the disk; limits. Power failures are in
 * keyfile_crash_test.c. */
#include "keys/disk_test.h"
#include "keys/keyfile.h"

#include "base/test.h"

static const uint8_t root[CRYPT_KEY_BYTES] = {1, 2, 3}, other_root[CRYPT_KEY_BYTES] = {9};

static struct disk disk;
static struct error error;

static struct keyfile *fresh(uint32_t slots_max)
{
	struct keyfile *f = NULL;
	crypt_init();
	disk_init(&disk, 1);
	CHECK_OK(keyfile_create(disk_open(&disk, "subjects.0"), root, 1, &error), &error);
	CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, slots_max, &error), &error);
	return f;
}

static struct keyfile *again(struct keyfile *f)
{
	keyfile_close(f);
	CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), &error);
	return f;
}

static void done(struct keyfile *f)
{
	keyfile_close(f);
	disk_release(&disk);
}

static void make(struct keyfile *f, struct key_id id, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	const uint8_t *key = NULL;
	CHECK_OK(keyfile_make(f, &id, &key, &error), &error);
	memcpy(ret_key, key, CRYPT_KEY_BYTES);
}

static bool has(const struct keyfile *f, struct key_id id, const uint8_t key[CRYPT_KEY_BYTES])
{
	const uint8_t *found = keyfile_find(f, &id);
	return found && memcmp(found, key, CRYPT_KEY_BYTES) == 0;
}

/* One of each kind that has 32 bytes. */
static size_t all_kinds(struct key_id ret[5])
{
	ret[0] = key_of_subject(STR("person"), 12);
	ret[1] = key_of_month(STR("90d"), 671);
	ret[2] = key_of_compartment(STR("duress"));
	ret[3] = key_of_snapshot(3);
	ret[4] = key_of_index();
	return 5;
}

TEST(a_key_that_was_made_is_found_again_after_the_file_was_closed)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	struct key_id ids[5];
	uint8_t keys[5][CRYPT_KEY_BYTES];
	size_t n = all_kinds(ids);
	for (size_t i = 0; i < n; i++) {
		CHECK(!keyfile_find(f, &ids[i]));
		make(f, ids[i], keys[i]);
		CHECK(has(f, ids[i], keys[i]));
	}
	CHECK_OK(keyfile_sync(f, &error), &error);
	f = again(f);
	for (size_t i = 0; i < n; i++)
		CHECK(has(f, ids[i], keys[i]));
	CHECK(memcmp(keys[0], keys[1], CRYPT_KEY_BYTES) != 0 && !crypt_is_zero(keys[0], CRYPT_KEY_BYTES));
	done(f);
}

TEST(keys_are_told_apart_by_kind_table_member_and_number)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	uint8_t a[CRYPT_KEY_BYTES], b[CRYPT_KEY_BYTES];
	make(f, key_of_subject(STR("person"), 12), a);
	make(f, key_of_subject(STR("person"), 12), b);
	CHECK(memcmp(a, b, sizeof a) == 0);
	make(f, key_of_subject(STR("person"), 13), b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	make(f, key_of_subject(STR("visit"), 12), b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK(!keyfile_find(f, &(struct key_id){KEY_MONTH, STR("person"), {0}, 12}));
	done(f);
}

TEST(a_destroyed_key_is_gone_and_another_may_be_made_under_its_name)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	struct key_id id = key_of_subject(STR("person"), 12);
	uint8_t old[CRYPT_KEY_BYTES], fresh_key[CRYPT_KEY_BYTES];
	make(f, id, old);
	CHECK_OK(keyfile_destroy(f, &id, 1, &error), &error);
	CHECK(!keyfile_find(f, &id));
	f = again(f);
	CHECK(!keyfile_find(f, &id));
	make(f, id, fresh_key);
	CHECK(memcmp(old, fresh_key, sizeof old) != 0);
	done(f);
}

TEST(destroying_what_is_not_there_or_one_twice_does_nothing_more)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	struct key_id ids[] = {key_of_subject(STR("person"), 1), key_of_subject(STR("person"), 1),
			       key_of_subject(STR("person"), 2)};
	uint8_t key[CRYPT_KEY_BYTES];
	make(f, ids[0], key);
	CHECK_OK(keyfile_destroy(f, ids, ARRAY_LEN(ids), &error), &error);
	CHECK(!keyfile_find(f, &ids[0]));
	struct keyfile_state state;
	keyfile_state(f, &state);
	CHECK_INT(state.used[KEY_SUBJECT], 0);
	done(f);
}

TEST(a_disk_that_does_not_take_the_overwriting_is_told)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	struct key_id id = key_of_subject(STR("person"), 12);
	uint8_t key[CRYPT_KEY_BYTES];
	make(f, id, key);
	disk.files[0].lies = true;
	CHECK_INT(keyfile_destroy(f, &id, 1, &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "read back") && error.remedy[0]);
	CHECK(!keyfile_find(f, &id));
	done(f);
}

TEST(keys_that_come_and_go_among_many_are_found)
{
	enum { MANY = 3000 };
	static uint8_t keys[MANY][CRYPT_KEY_BYTES];
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	for (uint64_t i = 0; i < MANY; i++)
		make(f, key_of_subject(STR("person"), i), keys[i]);
	for (uint64_t i = 0; i < MANY; i += 3)
		CHECK_OK(keyfile_destroy(f, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, i}, 1, &error), &error);
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < MANY; i++)
			CHECK_INT(has(f, key_of_subject(STR("person"), i), keys[i]), i % 3 != 0);
		f = again(f);
	}
	uint32_t cursor = 0, met = 0;
	for (struct key_id id; keyfile_next(f, KEY_SUBJECT, &cursor, &id); met++)
		CHECK(memcmp(keyfile_at(f, cursor - 1), keys[id.number], CRYPT_KEY_BYTES) == 0);
	CHECK_INT(met, MANY - MANY / 3);
	done(f);
}

/* Secrets */

static int secret_of(struct keyfile *f, struct key_id id, uint8_t ret_value[RECORD_VALUE_BYTES_MAX])
{
	int n = keyfile_secret(f, &id, ret_value, &error);
	CHECK_OK(n, &error);
	return n;
}

TEST(a_secret_of_up_to_128_bytes_is_kept_replaced_and_destroyed)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	struct key_id pin = key_of_secret(STR("person"), 12, STR("pin"));
	uint8_t first[RECORD_VALUE_BYTES_MAX], value[RECORD_VALUE_BYTES_MAX];
	memset(first, 0x5a, sizeof first);
	CHECK_INT(secret_of(f, pin, value), 0);
	CHECK_OK(keyfile_put_secret(f, &pin, first, sizeof first, &error), &error);
	CHECK_OK(keyfile_sync(f, &error), &error);
	f = again(f);
	CHECK_INT(secret_of(f, pin, value), sizeof first);
	CHECK(memcmp(value, first, sizeof first) == 0);
	CHECK_OK(keyfile_put_secret(f, &pin, (const uint8_t *)"x", 1, &error), &error);
	for (int round = 0; round < 2; round++) {
		CHECK_INT(secret_of(f, pin, value), 1);
		CHECK_INT(value[0], 'x');
		f = again(f);
	}
	CHECK_OK(keyfile_destroy(f, &pin, 1, &error), &error);
	CHECK_INT(secret_of(again(f), pin, value), 0);
	disk_release(&disk);
}

/* What lies on the disk */

TEST(neither_keys_nor_names_nor_the_root_key_lie_on_the_disk_in_clear)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	uint8_t key[CRYPT_KEY_BYTES];
	make(f, key_of_subject(STR("ambassador"), 12), key);
	CHECK_OK(keyfile_sync(f, &error), &error);
	CHECK(!disk_holds(&disk, key, 8) && !disk_holds(&disk, "ambassador", 10) && !disk_holds(&disk, root, 4));
	CHECK(disk_holds(&disk, "ChcyKeys", 8));
	done(f);
}

TEST(a_file_opens_with_its_own_root_key_only)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX), *none = NULL;
	CHECK_INT(keyfile_open(&none, disk_open(&disk, "subjects.0"), other_root, KEYFILE_SLOTS_MAX, &error),
		  ERROR_CRYPTO);
	CHECK(error.remedy[0] && !none);
	done(f);
}

static const struct {
	size_t at; /* the byte that is changed */
	enum error_code code;
	const char *what;
} heads[] = {
    {0, ERROR_RECORD, "no key file"},	 {8, ERROR_RECORD, "another format"}, {13, ERROR_RECORD, "another format"},
    {16, ERROR_CRYPTO, "does not open"}, {24, ERROR_CRYPTO, "does not open"}, {40, ERROR_CRYPTO, "does not open"},
    {95, ERROR_CRYPTO, "does not open"}, {96, ERROR_RECORD, "damaged"},	      {4095, ERROR_RECORD, "damaged"},
};

TEST(a_head_that_was_changed_is_told_and_nothing_is_written)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX), *none = NULL;
	uint8_t *bytes = media_find(&disk.media, "subjects.0")->now.at;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		bytes[heads[i].at] ^= 0x10;
		disk.power = 0;
		CHECK_INT(keyfile_open(&none, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error),
			  heads[i].code);
		CHECK(strstr(error.what, heads[i].what) && error.remedy[0]);
		bytes[heads[i].at] ^= 0x10;
	}
	disk.power = DISK_FOREVER;
	done(f);
}

TEST(a_slot_that_was_changed_or_moved_to_another_place_holds_nothing)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	uint8_t keys[3][CRYPT_KEY_BYTES];
	for (uint64_t i = 0; i < 3; i++)
		make(f, key_of_subject(STR("person"), i), keys[i]);
	uint8_t *slots = media_find(&disk.media, "subjects.0")->now.at + SLOTS_HEADER_BYTES;
	slots[17] ^= 1;
	memcpy(slots + SLOT_BYTES, slots + 2 * SLOT_BYTES, SLOT_BYTES);
	f = again(f);
	CHECK(!keyfile_find(f, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, 0}));
	CHECK(!keyfile_find(f, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, 1}));
	CHECK(has(f, key_of_subject(STR("person"), 2), keys[2]));
	struct keyfile_state state;
	keyfile_state(f, &state);
	CHECK_INT(state.torn, 2);
	f = again(f);
	keyfile_state(f, &state);
	CHECK_INT(state.torn, 0); /* it was overwritten */
	done(f);
}

static void write_slot(uint32_t slot, const uint8_t record[RECORD_BYTES])
{
	struct slots slots;
	CHECK_OK(slots_open(&slots, disk_open(&disk, "subjects.0"), root, &error), &error);
	CHECK_OK(slots_write(&slots, slot, 1, (const uint8_t(*)[RECORD_BYTES])record, &error), &error);
}

TEST(a_record_of_a_newer_program_is_told_with_its_slot)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX), *none = NULL;
	uint8_t record[RECORD_BYTES] = {KEY_KINDS};
	write_slot(7, record);
	CHECK_INT(keyfile_open(&none, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), ERROR_RECORD);
	CHECK(strstr(error.where, "slot 7") && !none);
	done(f);
}

TEST(of_two_records_of_one_name_the_later_counts_and_the_other_is_overwritten)
{
	for (uint32_t later = 0; later < 2; later++) {
		struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
		struct record r = {.id = key_of_secret(STR("person"), 1, STR("pin")), .n = 1};
		uint8_t bytes[RECORD_BYTES], value[RECORD_VALUE_BYTES_MAX];
		for (uint32_t slot = 0; slot < 2; slot++) {
			r.serial = 5 + (slot == later);
			r.value[0] = (uint8_t)('a' + slot);
			record_write(&r, bytes);
			write_slot(slot, bytes);
		}
		f = again(f);
		CHECK_INT(secret_of(f, r.id, value), 1);
		CHECK_INT(value[0], 'a' + later);
		CHECK_OK(keyfile_destroy(f, &r.id, 1, &error), &error);
		f = again(f);
		CHECK_INT(secret_of(f, r.id, value), 0); /* the other did not come back */
		done(f);
	}
}

/* Limits */

TEST(at_the_limit_of_slots_each_holds_a_key_and_one_more_is_refused)
{
	enum { LIMIT = KEYFILE_GROWTH_SLOTS + 100 };
	struct keyfile *f = fresh(LIMIT), *none = NULL;
	uint8_t key[CRYPT_KEY_BYTES];
	const uint8_t *refused = NULL;
	struct keyfile_state state;
	struct key_id one_more = key_of_subject(STR("person"), LIMIT);
	for (uint64_t i = 0; i < LIMIT; i++)
		make(f, key_of_subject(STR("person"), i), key);
	keyfile_state(f, &state);
	CHECK_INT(state.room, 0);
	CHECK_INT(state.slots, LIMIT);
	CHECK_INT(keyfile_make(f, &one_more, &refused, &error), ERROR_LIMIT);
	CHECK(error.remedy[0] && !refused);
	CHECK_OK(keyfile_sync(f, &error), &error); /* the keys that are there are not the worse for it */
	struct key_id gone = key_of_subject(STR("person"), 77);
	CHECK_OK(keyfile_destroy(f, &gone, 1, &error), &error);
	make(f, one_more, key);
	CHECK_INT(keyfile_open(&none, disk_open(&disk, "subjects.0"), root, LIMIT - 1, &error), ERROR_LIMIT);
	f = again(f);
	CHECK(has(f, one_more, key));
	done(f);
}

TEST(at_the_limit_of_names_one_more_is_refused_and_known_ones_are_not)
{
	struct keyfile *f = fresh(KEYFILE_SLOTS_MAX);
	uint8_t key[CRYPT_KEY_BYTES];
	const uint8_t *refused = NULL;
	char text[16];
	for (int i = 0; i < KEYFILE_NAMES_MAX; i++) {
		snprintf(text, sizeof text, "table_%d", i);
		make(f, key_of_subject(str_of(text), 1), key);
	}
	struct key_id one_more = key_of_subject(STR("one_more"), 1);
	CHECK_INT(keyfile_make(f, &one_more, &refused, &error), ERROR_LIMIT);
	CHECK(strstr(error.what, "names") && error.remedy[0]);
	make(f, key_of_subject(str_of(text), 2), key);
	CHECK_OK(keyfile_destroy(f, &(struct key_id){KEY_SUBJECT, STR("table_0"), {0}, 1}, 1, &error), &error);
	f = again(f);
	make(f, one_more, key);
	done(f);
}

static const struct {
	struct key_id id;
	bool good;
} ids[] = {
    {{KEY_SUBJECT, {"0123456789012345678901234567890123456789", 40}, {0}, UINT64_MAX}, true},
    {{KEY_SUBJECT, {"01234567890123456789012345678901234567890", 41}, {0}, 1}, false},
    {{KEY_SUBJECT, {0}, {0}, 1}, false},
    {{KEY_SUBJECT, {"\xff", 1}, {0}, 1}, false},
    {{KEY_SUBJECT, {"person", 6}, {"pin", 3}, 1}, false},
    {{KEY_MONTH, {"12345678", 8}, {0}, 96360}, true},
    {{KEY_MONTH, {"123456789", 9}, {0}, 1}, false},
    {{KEY_MONTH, {"90d", 3}, {0}, 96361}, false},
    {{KEY_COMPARTMENT, {"duress", 6}, {0}, 0}, true},
    {{KEY_COMPARTMENT, {"duress", 6}, {0}, 1}, false},
    {{KEY_SNAPSHOT, {0}, {0}, UINT64_MAX}, true},
    {{KEY_SNAPSHOT, {"a", 1}, {0}, 1}, false},
    {{KEY_INDEX, {0}, {0}, 0}, true},
    {{KEY_INDEX, {0}, {0}, 1}, false},
    {{KEY_SECRET, {"01234567890123456789012345678901", 32}, {"0123456789012345678901234567890123456789", 40}, 1}, true},
    {{KEY_SECRET, {"012345678901234567890123456789012", 33}, {"0123456789012345678901234567890123456789", 40}, 1},
     false},
    {{KEY_SECRET, {"person", 6}, {"01234567890123456789012345678901234567890", 41}, 1}, false},
    {{KEY_SECRET, {"person", 6}, {0}, 1}, false},
};

TEST(what_a_key_may_be_called)
{
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		CHECK_INT(key_id_check(&ids[i].id, &error) == 0, ids[i].good);
		if (!ids[i].good)
			CHECK(error.code == ERROR_LIMIT && error.remedy[0]);
	}
}

static const struct {
	size_t at;
	uint8_t value;
	const char *why;
} wrong[] = {
    {0, 9, "a kind that there is not"},
    {0, 0, "an empty slot with something in it"},
    {0, KEY_COMPARTMENT, "a number that this kind has not"},
    {1, 5, "a text behind the name"},
    {1, 41, "a name too long"},
    {1, 0, "no name"},
    {2, 1, "a member that this kind has not"},
    {3, 31, "a key too short"},
    {3, 33, "a key too long"},
    {3, 129, "a value too long"},
    {87, 1, "something behind the texts"},
    {215, 1, "something behind the value"},
};

TEST(a_record_is_read_strictly)
{
	struct record r = {.id = key_of_subject(STR("person"), 12), .serial = 3, .n = CRYPT_KEY_BYTES}, found;
	uint8_t good[RECORD_BYTES], bad[RECORD_BYTES];
	memset(r.value, 7, CRYPT_KEY_BYTES);
	record_write(&r, good);
	CHECK_OK(record_read(good, &found, &error), &error);
	CHECK_STR(found.id.name, STR("person"));
	CHECK(found.id.number == 12 && found.serial == 3 && found.n == CRYPT_KEY_BYTES);
	memset(bad, 0, sizeof bad);
	CHECK_OK(record_read(bad, &found, &error), &error);
	bad[4] = 1; /* a serial of nothing */
	CHECK_INT(record_read(bad, &found, &error), ERROR_RECORD);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		memcpy(bad, good, sizeof bad);
		bad[wrong[i].at] = wrong[i].value;
		if (!test_count(record_read(bad, &found, &error) == ERROR_RECORD))
			test_fail(__FILE__, __LINE__, "%s was read", wrong[i].why);
	}
}
