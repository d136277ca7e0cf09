/* The power fails at every write and every sync, one after the other: each key is as it was before or as it is
 * after, or, when nobody waited for it, not there; never another. */
#include "keys/disk_test.h"
#include "keys/keyfile.h"

#include "base/test.h"

enum { KEPT = 20, DICE = 12, POWER_MAX = 400 };

static const uint8_t root[CRYPT_KEY_BYTES] = {1, 2, 3};
static struct disk disk;
static struct error error;

static struct key_id person(uint64_t id)
{
	return key_of_subject(STR("person"), id);
}

static const struct key_id pin = {KEY_SECRET, {"person", 6}, {"pin", 3}, 1};

/* What may be found afterwards. */
struct expected {
	uint8_t kept[KEPT][CRYPT_KEY_BYTES];
	uint8_t last[CRYPT_KEY_BYTES];
	bool made, synced, destroyed, replaced; /* the call returned 0 */
	bool destroying;			/* the call was made */
};

static struct keyfile *begin(struct expected *e, uint64_t seed)
{
	struct keyfile *f = NULL;
	crypt_init();
	disk_init(&disk, seed);
	*e = (struct expected){0};
	CHECK_OK(keyfile_create(disk_open(&disk, "subjects.0"), root, 1, &error), &error);
	CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), &error);
	for (uint64_t i = 0; i < KEPT; i++) {
		const uint8_t *key = NULL;
		struct key_id id = person(i);
		CHECK_OK(keyfile_make(f, &id, &key, &error), &error);
		memcpy(e->kept[i], key, CRYPT_KEY_BYTES);
	}
	CHECK_OK(keyfile_put_secret(f, &pin, (const uint8_t *)"old", 3, &error), &error);
	CHECK_OK(keyfile_sync(f, &error), &error);
	return f;
}

/* A new key, synced; another destroyed; a secret replaced. Stops at the first error, as a process does. */
static void live(struct keyfile *f, struct expected *e)
{
	const uint8_t *key = NULL;
	struct key_id last = person(KEPT), gone = person(3);
	e->made = keyfile_make(f, &last, &key, &error) == 0;
	if (!e->made)
		return;
	memcpy(e->last, key, CRYPT_KEY_BYTES);
	e->synced = keyfile_sync(f, &error) == 0;
	e->destroying = e->synced;
	e->destroyed = e->synced && keyfile_destroy(f, &gone, 1, &error) == 0;
	e->replaced = e->destroyed && keyfile_put_secret(f, &pin, (const uint8_t *)"new", 3, &error) == 0;
}

static void check(struct keyfile *f, const struct expected *e)
{
	uint8_t value[RECORD_VALUE_BYTES_MAX];
	for (uint64_t i = 0; i <= KEPT; i++) {
		struct key_id id = person(i);
		const uint8_t *found = keyfile_find(f, &id), *right = i == KEPT ? e->last : e->kept[i];
		bool must_be = i == KEPT ? e->synced : i != 3 || !e->destroying;
		CHECK(!must_be || found);
		bool known = i < KEPT || e->made; /* nobody was told a key that could not be written */
		CHECK(!found || !known || memcmp(found, right, CRYPT_KEY_BYTES) == 0);
		if (i == 3 && e->destroyed)
			CHECK(!found);
	}
	int n = keyfile_secret(f, &pin, value, &error);
	bool is_old = n == 3 && memcmp(value, "old", 3) == 0, is_new = n == 3 && memcmp(value, "new", 3) == 0;
	CHECK(e->replaced ? is_new : is_old || is_new);
}

/* After it was opened anew, nothing on the disk is half a key. */
static void check_all_whole(void)
{
	struct slots slots;
	uint8_t records[1][RECORD_BYTES];
	bool whole = false;
	CHECK_OK(slots_open(&slots, disk_open(&disk, "subjects.0"), root, &error), &error);
	for (uint32_t i = 0; i < slots.n; i++) {
		CHECK_OK(slots_read(&slots, i, 1, records, &whole, &error), &error);
		CHECK(whole);
	}
}

TEST(a_file_whose_head_is_good_is_whole)
{
	bool finished = false;
	for (long power = 0; !finished; power++)
		for (uint64_t seed = 1; seed <= DICE; seed++) {
			struct slots slots;
			crypt_init();
			disk_init(&disk, seed * 1000 + (uint64_t)power);
			disk.power = power;
			finished = keyfile_create(disk_open(&disk, "subjects.0"), root, 1, &error) == 0;
			disk_crash(&disk);
			bool opens = slots_open(&slots, disk_open(&disk, "subjects.0"), root, &error) == 0;
			CHECK(opens || !finished);
			if (opens)
				check_all_whole();
			disk_release(&disk);
		}
}

TEST(a_power_failure_at_any_call_leaves_each_key_old_new_or_none)
{
	bool finished = false;
	for (long power = 0; !finished && power < POWER_MAX; power++)
		for (uint64_t seed = 1; seed <= DICE; seed++) {
			struct expected e;
			struct keyfile *f = begin(&e, seed * 1000 + (uint64_t)power);
			disk.power = power;
			live(f, &e);
			finished = e.replaced;
			keyfile_close(f);
			disk_crash(&disk);
			CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error),
				 &error);
			check(f, &e);
			check_all_whole();
			keyfile_close(f);
			disk_release(&disk);
		}
	CHECK(finished);
}

TEST(a_power_failure_while_a_torn_file_is_opened_changes_nothing_more)
{
	for (long power = 0; power < 6; power++) {
		struct expected e;
		struct keyfile *f = begin(&e, (uint64_t)power + 1), *none = NULL;
		keyfile_close(f);
		uint8_t *bytes = media_find(&disk.media, "subjects.0")->now.at;
		bytes[SLOTS_HEADER_BYTES + (KEPT + 4) * SLOT_BYTES] ^= 1;
		disk.power = power;
		if (keyfile_open(&none, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error) == 0)
			keyfile_close(none);
		disk_crash(&disk);
		CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), &error);
		check(f, &e);
		keyfile_close(f);
		disk_release(&disk);
	}
}

TEST(a_power_failure_while_the_file_grows_costs_no_key)
{
	enum { FULL = KEYFILE_GROWTH_SLOTS };
	for (long power = 0; power < 24; power++) {
		struct keyfile *f = NULL;
		const uint8_t *key = NULL;
		crypt_init();
		disk_init(&disk, (uint64_t)power);
		CHECK_OK(keyfile_create(disk_open(&disk, "subjects.0"), root, 1, &error), &error);
		CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), &error);
		for (uint64_t i = 0; i < FULL; i++)
			CHECK_OK(keyfile_make(f, &(struct key_id){KEY_SUBJECT, STR("a"), {0}, i}, &key, &error),
				 &error);
		CHECK_OK(keyfile_sync(f, &error), &error);
		disk.power = power;
		struct key_id more = person(1);
		bool synced = keyfile_make(f, &more, &key, &error) == 0 && keyfile_sync(f, &error) == 0;
		uint8_t right[CRYPT_KEY_BYTES] = {0};
		if (synced)
			memcpy(right, key, sizeof right);
		keyfile_close(f);
		disk_crash(&disk);
		CHECK_OK(keyfile_open(&f, disk_open(&disk, "subjects.0"), root, KEYFILE_SLOTS_MAX, &error), &error);
		struct keyfile_state state;
		keyfile_state(f, &state);
		CHECK(state.used[KEY_SUBJECT] >= FULL + (uint32_t)synced);
		CHECK(!synced || memcmp(keyfile_find(f, &more), right, sizeof right) == 0);
		check_all_whole();
		CHECK_INT(synced, power >= 18); /* 16 writes of 64 slots, the key, the sync */
		keyfile_close(f);
		disk_release(&disk);
	}
}

TEST(after_a_failed_sync_no_later_one_succeeds)
{
	struct expected e;
	struct keyfile *f = begin(&e, 5);
	const uint8_t *key = NULL;
	struct key_id id = person(99);
	CHECK_OK(keyfile_make(f, &id, &key, &error), &error);
	disk.power = 0;
	CHECK_INT(keyfile_sync(f, &error), ERROR_SYSTEM);
	disk.off = false;
	disk.power = DISK_FOREVER;
	CHECK_INT(keyfile_sync(f, &error), ERROR_SYSTEM);
	CHECK_INT(keyfile_destroy(f, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, 1}, 1, &error), ERROR_SYSTEM);
	keyfile_close(f);
	disk_release(&disk);
}
