/* A pair of key files: forgetting, months, a new root key; and the power fails at every call of a rekey. */
#include "keys/disk_test.h"
#include "keys/keys.h"
#include "keys/month.h"
#include "keys/wipe.h"

#include "base/test.h"

static const uint8_t key_file[CRYPT_KEY_BYTES] = {4, 5, 6};

static struct disk disk;
static struct error error;
static struct master master;

static const struct file *pair(void)
{
	static struct file files[2];
	files[0] = disk_open(&disk, "subjects.0");
	files[1] = disk_open(&disk, "subjects.1");
	return files;
}

/* As a process starts: the protector's key, the root key, the keys. */
static int start(struct keys *keys)
{
	uint8_t root[CRYPT_KEY_BYTES];
	int failed = master_open(&master, disk_open(&disk, "master"), &error);
	if (failed == 0)
		failed = master_by_file(&master, key_file, root, &error);
	if (failed == 0)
		failed = keys_open(keys, pair(), root, KEYFILE_SLOTS_MAX, &error);
	crypt_wipe(root, sizeof root);
	return failed;
}

static struct keys fresh(void)
{
	uint8_t root[CRYPT_KEY_BYTES];
	struct keys keys = {.file = NULL};
	crypt_init();
	disk_init(&disk, 1);
	master_make(&master, disk_open(&disk, "master"), root);
	CHECK_OK(keys_create(pair(), root, &error), &error);
	CHECK_OK(master_add_file(&master, root, STR("sample"), key_file, &error), &error);
	CHECK_OK(start(&keys), &error);
	return keys;
}

static void done(struct keys *keys)
{
	keys_close(keys);
	disk_release(&disk);
}

static void make(struct keys *keys, struct key_id id, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	const uint8_t *key = NULL;
	CHECK_OK(keyfile_make(keys->file, &id, &key, &error), &error);
	memcpy(ret_key, key, CRYPT_KEY_BYTES);
}

static bool has(const struct keys *keys, struct key_id id, const uint8_t key[CRYPT_KEY_BYTES])
{
	const uint8_t *found = keyfile_find(keys->file, &id);
	return found && memcmp(found, key, CRYPT_KEY_BYTES) == 0;
}

TEST(forgetting_a_subject_destroys_its_key_and_its_secrets_and_nobody_elses)
{
	enum { SECRETS = KEYFILE_DESTROY_MAX + 5 };
	struct keys keys = fresh();
	uint8_t key[CRYPT_KEY_BYTES], other[CRYPT_KEY_BYTES], value[RECORD_VALUE_BYTES_MAX];
	struct key_id pin = key_of_secret(STR("person"), 13, STR("pin"));
	struct key_id badge = key_of_secret(STR("visit"), 12, STR("pin"));
	char member[16];
	make(&keys, key_of_subject(STR("person"), 12), key);
	make(&keys, key_of_subject(STR("person"), 13), other);
	make(&keys, key_of_subject(STR("visit"), 12), other);
	CHECK_OK(keyfile_put_secret(keys.file, &pin, (const uint8_t *)"1", 1, &error), &error);
	CHECK_OK(keyfile_put_secret(keys.file, &badge, (const uint8_t *)"1", 1, &error), &error);
	for (int i = 0; i < SECRETS; i++) {
		snprintf(member, sizeof member, "finger_%d", i);
		struct key_id id = key_of_secret(STR("person"), 12, str_of(member));
		CHECK_OK(keyfile_put_secret(keys.file, &id, (const uint8_t *)"1", 1, &error), &error);
	}
	CHECK_OK(keys_forget(&keys, STR("person"), 12, &error), &error);
	struct keyfile_state state;
	keyfile_state(keys.file, &state);
	CHECK_INT(state.used[KEY_SUBJECT], 2);
	CHECK_INT(state.used[KEY_SECRET], 2);
	CHECK(!keyfile_find(keys.file, &(struct key_id){KEY_SUBJECT, STR("person"), {0}, 12}));
	CHECK_INT(keyfile_secret(keys.file, &pin, value, &error), 1);
	CHECK_OK(keys_forget(&keys, STR("person"), 12, &error), &error);
	done(&keys);
}

TEST(months_are_listed_with_their_end_and_destroyed_by_class_and_month)
{
	struct keys keys = fresh();
	uint8_t key[CRYPT_KEY_BYTES];
	int64_t march = 12 * (2026 - 1970) + 3, now = month_begin(march + 4);
	make(&keys, key_of_month(STR("90d"), march), key);
	make(&keys, key_of_month(STR("90d"), march + 1), key);
	make(&keys, key_of_month(STR("2y"), march), key);
	make(&keys, key_of_month(STR("later"), march), key);
	struct keys_month month = {.month = 0};
	uint32_t cursor = 0;
	int met = 0, past = 0;
	while (keys_next_month(&keys, &cursor, &month)) {
		met++;
		if (month.end > now)
			continue;
		past++;
		CHECK_STR(month.keep, STR("90d"));
		CHECK_INT(month.month, march);
		CHECK_OK(keys_destroy_month(&keys, month.keep, month.month, &error), &error);
	}
	CHECK_INT(met, 4);
	CHECK_INT(past, 1);
	CHECK(!keyfile_find(keys.file, &(struct key_id){KEY_MONTH, STR("90d"), {0}, (uint64_t)march}));
	CHECK(keyfile_find(keys.file, &(struct key_id){KEY_MONTH, STR("2y"), {0}, (uint64_t)march}));
	done(&keys);
}

/* A new root key */

TEST(after_a_rekey_everything_is_found_and_the_old_file_is_empty)
{
	struct keys keys = fresh();
	struct key_id id = key_of_subject(STR("person"), 12), pin = key_of_secret(STR("person"), 12, STR("pin"));
	uint8_t key[CRYPT_KEY_BYTES], later[CRYPT_KEY_BYTES], old_root[CRYPT_KEY_BYTES], value[RECORD_VALUE_BYTES_MAX];
	make(&keys, id, key);
	CHECK_OK(keyfile_put_secret(keys.file, &pin, (const uint8_t *)"1234", 4, &error), &error);
	memcpy(old_root, keyfile_root(keys.file), sizeof old_root);
	for (unsigned round = 1; round <= 3; round++) {
		CHECK_OK(keys_rekey(&keys, &master, &error), &error);
		CHECK_INT(keys.current, round % 2);
		CHECK_INT(media_find(&disk.media, round % 2 ? "subjects.0" : "subjects.1")->now.len, 0);
		CHECK(has(&keys, id, key));
		make(&keys, key_of_subject(STR("person"), 100 + round), later);
		CHECK_OK(keys_sync(&keys, &error), &error);
		keys_close(&keys);
		CHECK_OK(start(&keys), &error);
		CHECK(has(&keys, id, key) && has(&keys, key_of_subject(STR("person"), 100 + round), later));
		CHECK_INT(keyfile_secret(keys.file, &pin, value, &error), 4);
	}
	keys_close(&keys);
	CHECK_INT(keys_open(&keys, pair(), old_root, KEYFILE_SLOTS_MAX, &error), ERROR_CRYPTO);
	disk_release(&disk);
}

TEST(a_disk_that_does_not_take_the_wiping_of_a_file_is_told)
{
	uint64_t bytes = 0;
	disk_init(&disk, 1);
	struct file file = disk_open(&disk, "master");
	CHECK_OK(file_write(file, 0, "something", 9, &error), &error);
	disk.files[0].lies = true;
	CHECK_INT(file_wipe(file, &bytes, &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "read back") && error.remedy[0]);
	CHECK(!disk_holds(&disk, "something", 9));
	disk.files[0].lies = false;
	CHECK_OK(file_wipe(file, &bytes, &error), &error);
	CHECK(bytes == 9 && media_find(&disk.media, "master")->now.len == 0);
	disk_release(&disk);
}

TEST(with_a_wrong_root_key_nothing_is_written)
{
	struct keys keys = fresh(), none;
	uint8_t wrong[CRYPT_KEY_BYTES] = {1};
	CHECK_OK(file_write(disk_open(&disk, "subjects.1"), 0, "something", 9, &error), &error);
	disk.power = 0;
	CHECK_INT(keys_open(&none, pair(), wrong, KEYFILE_SLOTS_MAX, &error), ERROR_CRYPTO);
	disk.power = DISK_FOREVER;
	CHECK_INT(media_find(&disk.media, "subjects.1")->now.len, 9);
	done(&keys);
}

TEST(a_full_disk_ends_a_rekey_and_the_mission_goes_on_as_before)
{
	struct keys keys = fresh();
	struct key_id id = key_of_subject(STR("person"), 12);
	uint8_t key[CRYPT_KEY_BYTES];
	make(&keys, id, key);
	disk.room = 100000; /* some of the slots of the other file */
	CHECK_INT(keys_rekey(&keys, &master, &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "full"));
	CHECK_INT(media_find(&disk.media, "subjects.1")->now.len, 0);
	CHECK_OK(keys_sync(&keys, &error), &error);
	CHECK(has(&keys, id, key));
	keys_close(&keys);
	CHECK_OK(start(&keys), &error);
	CHECK(has(&keys, id, key));
	done(&keys);
}

TEST(when_the_power_fails_at_any_call_of_a_rekey_exactly_one_pair_opens)
{
	enum { PEOPLE = 5, DICE = 6, CALLS_MAX = 200 };
	bool finished = false;
	unsigned old_seen = 0, new_seen = 0;
	for (long power = 0; !finished && power < CALLS_MAX; power++)
		for (uint64_t dice = 0; dice < DICE; dice++) {
			struct keys keys = fresh();
			uint8_t people[PEOPLE][CRYPT_KEY_BYTES];
			for (uint64_t i = 0; i < PEOPLE; i++)
				make(&keys, key_of_subject(STR("person"), i), people[i]);
			CHECK_OK(keys_sync(&keys, &error), &error);
			disk.random = dice * 1000 + (uint64_t)power;
			disk.power = power;
			finished = keys_rekey(&keys, &master, &error) == 0;
			keys_close(&keys);
			disk_crash(&disk);
			CHECK_OK(start(&keys), &error);
			for (uint64_t i = 0; i < PEOPLE; i++)
				CHECK(has(&keys, key_of_subject(STR("person"), i), people[i]));
			struct keyfile_state state;
			keyfile_state(keys.file, &state);
			*(state.generation == 1 ? &old_seen : &new_seen) += 1;
			CHECK(!finished || state.generation == 2);
			CHECK_INT(media_find(&disk.media, keys.current ? "subjects.0" : "subjects.1")->now.len, 0);
			done(&keys);
		}
	CHECK(finished && old_seen > 20 && new_seen > 20);
}

/* A new root key, while the keys are in use: PEOPLE more than one growth of the file, so that there are several steps. */

enum { PEOPLE = 3 * KEYFILE_COPY_SLOTS + 700, NEVER = 1 << 20 };

struct people {
	uint8_t keys[PEOPLE + 64][CRYPT_KEY_BYTES];
	bool there[PEOPLE + 64]; /* synced, and not to be destroyed */
	bool gone[PEOPLE + 64];	 /* destroyed, as the call said */
	uint64_t n;
};
static struct people people;

static struct key_id person(uint64_t id)
{
	return key_of_subject(STR("person"), id);
}

static void enrol(struct keys *keys, uint64_t n)
{
	people = (struct people){.n = n};
	for (uint64_t i = 0; i < n; i++) {
		make(keys, person(i), people.keys[i]);
		people.there[i] = true;
	}
	CHECK_OK(keys_sync(keys, &error), &error);
}

/* Somebody new, one destroyed that the copy has already, one that it has not yet, a secret replaced. */
static bool use(struct keys *keys, unsigned step)
{
	const struct key_id pin = key_of_secret(STR("person"), 0, STR("pin"));
	uint64_t gone[] = {step, PEOPLE - 1 - step};
	uint8_t value = (uint8_t)step;
	const uint8_t *key;
	struct key_id more = person(people.n);
	if (keyfile_make(keys->file, &more, &key, &error) < 0)
		return false;
	memcpy(people.keys[people.n], key, CRYPT_KEY_BYTES);
	if (keys_sync(keys, &error) < 0)
		return false;
	people.there[people.n++] = true;
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		people.there[gone[i]] = false;
		if (keys_forget(keys, STR("person"), gone[i], &error) < 0)
			return false;
		people.gone[gone[i]] = true;
	}
	return keyfile_put_secret(keys->file, &pin, &value, 1, &error) == 0 && keys_sync(keys, &error) == 0;
}

static void check_people(const struct keys *keys)
{
	unsigned lost = 0, back = 0;
	for (uint64_t i = 0; i < people.n; i++) {
		lost += people.there[i] && !has(keys, person(i), people.keys[i]);
		struct key_id id = person(i);
		back += people.gone[i] && keyfile_find(keys->file, &id);
	}
	CHECK_INT(lost, 0);
	CHECK_INT(back, 0);
}

TEST(what_is_made_destroyed_and_replaced_between_the_steps_is_so_in_the_new_file)
{
	struct keys keys = fresh();
	const struct key_id pin = key_of_secret(STR("person"), 0, STR("pin"));
	uint8_t value[RECORD_VALUE_BYTES_MAX], old_root[CRYPT_KEY_BYTES];
	unsigned steps = 0;
	int more = 1;
	enrol(&keys, PEOPLE);
	memcpy(old_root, keyfile_root(keys.file), sizeof old_root);
	CHECK_OK(keys_rekey_begin(&keys, &error), &error);
	while (more > 0) {
		CHECK(use(&keys, ++steps));
		more = keys_rekey_step(&keys, &master, &error);
	}
	CHECK_OK(more, &error);
	CHECK(steps > 6); /* five to copy at the least, one to switch, one to wipe */
	check_people(&keys);
	keys_close(&keys);
	CHECK_OK(start(&keys), &error);
	check_people(&keys);
	CHECK(keyfile_secret(keys.file, &pin, value, &error) == 1 && value[0] == steps);
	keys_close(&keys);
	CHECK_INT(keys_open(&keys, pair(), old_root, KEYFILE_SLOTS_MAX, &error), ERROR_CRYPTO);
	CHECK_INT(media_find(&disk.media, "subjects.0")->now.len, 0);
	disk_release(&disk);
}

TEST(when_the_power_fails_between_or_in_the_steps_nothing_synced_is_lost_and_nothing_destroyed_comes_back)
{
	unsigned old_seen = 0, new_seen = 0;
	bool finished = false;
	for (long power = 0; !finished && power < NEVER; power += 1 + power / 40) {
		struct keys keys = fresh();
		struct keyfile_state state;
		unsigned step = 0;
		int more = 1;
		enrol(&keys, PEOPLE);
		disk.random = (uint64_t)power;
		disk.power = power;
		bool living = keys_rekey_begin(&keys, &error) == 0;
		while (living && more > 0)
			living = use(&keys, ++step) && (more = keys_rekey_step(&keys, &master, &error)) >= 0;
		finished = living;
		keys_close(&keys);
		disk_crash(&disk);
		CHECK_OK(start(&keys), &error);
		check_people(&keys);
		keyfile_state(keys.file, &state);
		*(state.generation == 1 ? &old_seen : &new_seen) += 1;
		CHECK_INT(media_find(&disk.media, keys.current ? "subjects.0" : "subjects.1")->now.len, 0);
		done(&keys);
	}
	CHECK(finished && old_seen > 20 && new_seen > 5);
}

TEST(a_disk_that_fails_the_copy_between_the_steps_ends_the_rekey_and_nothing_else)
{
	struct keys keys = fresh();
	enrol(&keys, PEOPLE);
	CHECK_OK(keys_rekey_begin(&keys, &error), &error);
	CHECK_INT(keys_rekey_step(&keys, &master, &error), 1);
	disk.room = 0; /* the copy cannot grow */
	CHECK_INT(keys_rekey_step(&keys, &master, &error), ERROR_SYSTEM);
	disk.room = DISK_FOREVER;
	CHECK_INT(keys.rekeying, KEYS_SETTLED);
	CHECK_INT(media_find(&disk.media, "subjects.1")->now.len, 0);
	CHECK(use(&keys, 1));
	CHECK_OK(keys_rekey(&keys, &master, &error), &error);
	check_people(&keys);
	done(&keys);
}
