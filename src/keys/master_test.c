/* The protectors of a root key: each kind opens it, what does not belong is told, and the power may fail at any
 * write. */
#include "keys/disk_test.h"
#include "keys/master.h"

#include "base/test.h"

static const struct master_cost cheap = {1, MASTER_MEMORY_KIB_MIN};
static const uint8_t key_file[CRYPT_KEY_BYTES] = {4, 5, 6}, other_file[CRYPT_KEY_BYTES] = {7};

static struct disk disk;
static struct error error;
static uint8_t root[CRYPT_KEY_BYTES];

static struct master fresh(void)
{
	struct master master;
	crypt_init();
	disk_init(&disk, 1);
	master_make(&master, disk_open(&disk, "master"), root);
	CHECK_OK(master_add_file(&master, root, STR("sample"), key_file, &error), &error);
	return master;
}

static struct master again(void)
{
	struct master master = {.place = 0};
	CHECK_OK(master_open(&master, disk_open(&disk, "master"), &error), &error);
	return master;
}

static bool is_root(const uint8_t found[CRYPT_KEY_BYTES])
{
	return memcmp(found, root, CRYPT_KEY_BYTES) == 0;
}

static size_t protectors(const struct master *master)
{
	struct protector p;
	size_t n = 0;
	while (master_protector(master, n, &p))
		n++;
	return n;
}

TEST(each_kind_of_protector_opens_the_same_root_key)
{
	struct master master = fresh();
	struct share shares[3];
	uint8_t found[CRYPT_KEY_BYTES] = {0};
	CHECK_OK(master_add_passphrase(&master, root, STR("duty officer"), STR("correct horse battery"), cheap, &error),
		 &error);
	CHECK_OK(master_add_shares(&master, root, STR("the safe"), 2, 3, shares, &error), &error);
	master = again();
	CHECK_OK(master_by_file(&master, key_file, found, &error), &error);
	CHECK(is_root(found));
	crypt_wipe(found, sizeof found);
	CHECK_OK(master_by_passphrase(&master, STR("correct horse battery"), found, &error), &error);
	CHECK(is_root(found));
	crypt_wipe(found, sizeof found);
	CHECK_OK(master_by_shares(&master, shares + 1, 2, found, &error), &error);
	CHECK(is_root(found));
	disk_release(&disk);
}

TEST(what_does_not_open_it_is_told_by_kind)
{
	struct master master = fresh();
	struct share shares[3];
	uint8_t found[CRYPT_KEY_BYTES] = {0};
	CHECK_INT(master_by_file(&master, other_file, found, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "“file” opens") && error.remedy[0]);
	CHECK_INT(master_by_passphrase(&master, STR("anything at all"), found, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "there is no protector of the kind “passphrase”"));
	CHECK_OK(master_add_passphrase(&master, root, STR(""), STR("correct horse battery"), cheap, &error), &error);
	CHECK_INT(master_by_passphrase(&master, STR("correct horse batterz"), found, &error), ERROR_CRYPTO);
	CHECK_OK(master_add_shares(&master, root, STR(""), 2, 3, shares, &error), &error);
	CHECK_INT(master_by_shares(&master, shares, 1, found, &error), ERROR_INPUT);
	CHECK(master_knows_share(&master, &shares[2]));
	shares[2].set[1] ^= 1;
	CHECK(!master_knows_share(&master, &shares[2]));
	shares[0].value[5] ^= 1;
	CHECK_INT(master_by_shares(&master, shares, 2, found, &error), ERROR_CRYPTO);
	CHECK(crypt_is_zero(found, sizeof found));
	disk_release(&disk);
}

TEST(protectors_are_listed_with_all_that_is_no_secret)
{
	struct master master = fresh();
	struct share shares[SHARES_MAX];
	struct protector p = {.number = 0};
	CHECK_OK(master_add_passphrase(&master, root, STR("Zoë"), STR("correct horse battery"), cheap, &error), &error);
	CHECK_OK(master_add_shares(&master, root, STR("safe"), 3, 5, shares, &error), &error);
	CHECK(master_protector(&master, 0, &p) && p.kind == PROTECTOR_FILE && p.number == 1);
	CHECK(master_protector(&master, 1, &p) && p.kind == PROTECTOR_PASSPHRASE && p.number == 2);
	CHECK_STR(str_of(p.label), STR("Zoë"));
	CHECK(p.cost.passes == 1 && p.cost.memory_kib == MASTER_MEMORY_KIB_MIN);
	CHECK(master_protector(&master, 2, &p) && p.kind == PROTECTOR_SHARES && p.threshold == 3 && p.shares == 5);
	CHECK(!master_protector(&master, 3, &p));
	disk_release(&disk);
}

TEST(a_removed_protector_opens_nothing_any_more_and_the_last_one_stays)
{
	struct master master = fresh();
	uint8_t found[CRYPT_KEY_BYTES], old[MASTER_SLOT_BYTES];
	CHECK_INT(master_remove(&master, 1, &error), ERROR_LIMIT);
	CHECK(strstr(error.what, "last") && error.remedy[0]);
	CHECK_OK(master_add_passphrase(&master, root, STR(""), STR("correct horse battery"), cheap, &error), &error);
	memcpy(old, master.slot, sizeof old);
	CHECK_INT(master_remove(&master, 7, &error), ERROR_INPUT);
	CHECK_OK(master_remove(&master, 1, &error), &error);
	master = again();
	CHECK_INT(master_by_file(&master, key_file, found, &error), ERROR_CRYPTO);
	CHECK_OK(master_by_passphrase(&master, STR("correct horse battery"), found, &error), &error);
	CHECK(!disk_holds(&disk, old + MASTER_SLOT_BYTES / 16 + 104, 72)); /* not in the other slot either */
	CHECK_OK(master_add_file(&master, root, STR(""), key_file, &error), &error);
	struct protector p = {.number = 0};
	CHECK(master_protector(&master, 1, &p) && p.number == 3);
	disk_release(&disk);
}

TEST(another_root_key_is_put_behind_all_protectors_without_asking_anybody)
{
	struct master master = fresh();
	struct share shares[3];
	uint8_t found[CRYPT_KEY_BYTES], new_root[CRYPT_KEY_BYTES] = {42};
	CHECK_OK(master_add_passphrase(&master, root, STR(""), STR("correct horse battery"), cheap, &error), &error);
	CHECK_OK(master_add_shares(&master, root, STR(""), 2, 3, shares, &error), &error);
	CHECK_INT(master_switch(&master, new_root, root, &error), ERROR_CRYPTO);
	CHECK_OK(master_switch(&master, root, new_root, &error), &error);
	master = again();
	memcpy(root, new_root, sizeof root);
	CHECK_OK(master_by_file(&master, key_file, found, &error), &error);
	CHECK(is_root(found));
	CHECK_OK(master_by_passphrase(&master, STR("correct horse battery"), found, &error), &error);
	CHECK(is_root(found));
	CHECK_OK(master_by_shares(&master, shares, 2, found, &error), &error);
	CHECK(is_root(found));
	disk_release(&disk);
}

TEST(only_who_has_the_root_key_adds_a_protector)
{
	struct master master = fresh();
	CHECK_INT(master_add_file(&master, other_file, STR(""), other_file, &error), ERROR_CRYPTO);
	CHECK_INT(protectors(&master), 1);
	disk_release(&disk);
}

TEST(nothing_secret_lies_in_the_file_in_clear)
{
	struct master master = fresh();
	struct share shares[2];
	CHECK_OK(master_add_passphrase(&master, root, STR(""), STR("correct horse battery"), cheap, &error), &error);
	CHECK_OK(master_add_shares(&master, root, STR(""), 2, 2, shares, &error), &error);
	CHECK(!disk_holds(&disk, root, 8) && !disk_holds(&disk, key_file, 8) && !disk_holds(&disk, "correct horse", 8));
	CHECK(!disk_holds(&disk, shares[0].value, 8) && disk_holds(&disk, "ChcyMstr", 8));
	disk_release(&disk);
}

/* Limits */

TEST(at_the_limit_of_protectors_one_more_is_refused)
{
	struct master master = fresh();
	for (int i = 1; i < MASTER_PROTECTORS_MAX; i++)
		CHECK_OK(master_add_file(&master, root, STR(""), key_file, &error), &error);
	CHECK_INT(master_add_file(&master, root, STR(""), key_file, &error), ERROR_LIMIT);
	CHECK(error.remedy[0]);
	master = again();
	CHECK_INT(protectors(&master), MASTER_PROTECTORS_MAX);
	disk_release(&disk);
}

TEST(passphrases_and_labels_have_limits)
{
	static char long_one[MASTER_PASSPHRASE_BYTES_MAX + 1];
	struct master master = fresh();
	memset(long_one, 'x', sizeof long_one);
	static const struct {
		size_t label, passphrase;
		int code;
	} rows[] = {
	    {0, MASTER_PASSPHRASE_BYTES_MIN - 1, ERROR_LIMIT},
	    {0, MASTER_PASSPHRASE_BYTES_MIN, 0},
	    {0, MASTER_PASSPHRASE_BYTES_MAX, 0},
	    {0, MASTER_PASSPHRASE_BYTES_MAX + 1, ERROR_LIMIT},
	    {MASTER_LABEL_BYTES_MAX, 20, 0},
	    {MASTER_LABEL_BYTES_MAX + 1, 20, ERROR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(master_add_passphrase(&master, root, (struct str){long_one, rows[i].label},
						(struct str){long_one, rows[i].passphrase}, cheap, &error),
			  rows[i].code);
	CHECK_INT(master_add_file(&master, root, STR("a\nb"), key_file, &error), ERROR_INPUT);
	disk_release(&disk);
}

/* Foreign bytes */

static uint8_t *slot_at(unsigned place)
{
	return media_find(&disk.media, "master")->now.at + place * MASTER_SLOT_BYTES;
}

static void hash_again(uint8_t *slot)
{
	static const uint8_t key[CRYPT_KEY_BYTES];
	memset(slot + 224, 0, 32);
	crypt_hash(key, (struct str){(const char *)slot, MASTER_SLOT_BYTES}, (struct str){0}, slot + 224, 32);
}

/* A slot that is whole, with one byte that says what cannot be. */
static void forge(size_t at, uint8_t value)
{
	for (unsigned place = 0; place < 2; place++) {
		slot_at(place)[at] = value;
		hash_again(slot_at(place));
	}
}

static const struct {
	size_t at;
	uint8_t value;
	const char *why;
} forged[] = {
    {8, 2, "another format"},
    {12, 0, "no protector"},
    {12, 3, "one more than there are"},
    {12, 16, "more than fit"},
    {40, 2, "a number that was not given yet"},
    {44, 1, "something behind the head"},
    {223, 1, "something before the hash"},
    {256, 0, "a protector without a kind"},
    {256, 6, "a kind that there is not"},
    {256 + 1, 2, "a file in shares"},
    {256 + 3, 65, "a label too long"},
    {256 + 3, 1, "text behind the label"},
    {256 + 4, 2, "a number that stands twice"},
    {256 + 8, 1, "a file with passes"},
    {256 + 32, 7, "a control character in the label"},
    {256 + 96, 1, "something behind the label's place"},
    {256 + 255, 1, "something behind what is wrapped"},
    {512 + 8, 0, "a passphrase without passes"},
    {512 + 8, 65, "too many passes"},
    {512 + 12, 7, "too little memory"},
    {512 + 15, 1, "too much memory"},
    {768, 1, "a third protector that is not counted"},
};

TEST(what_cannot_be_is_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
		struct master master = fresh(), none;
		CHECK_OK(master_add_passphrase(&master, root, STR(""), STR("correct horse battery"), cheap, &error),
			 &error);
		forge(forged[i].at, forged[i].value);
		if (!test_count(master_open(&none, disk_open(&disk, "master"), &error) == ERROR_RECORD))
			test_fail(__FILE__, __LINE__, "%s was taken", forged[i].why);
		CHECK(error.remedy[0]);
		disk_release(&disk);
	}
}

TEST(a_protector_whose_public_words_were_changed_does_not_open)
{
	struct master master = fresh();
	uint8_t found[CRYPT_KEY_BYTES];
	forge(256 + 32, 'S');
	master = again();
	CHECK_INT(master_by_file(&master, key_file, found, &error), ERROR_CRYPTO);
	disk_release(&disk);
}

/* Written by hand from the page of master.h. */
static void forge_tpm2(const uint8_t k[CRYPT_KEY_BYTES])
{
	uint8_t aad[16 + 104], ks[CRYPT_KEY_BYTES];
	for (unsigned place = 0; place < 2; place++) {
		uint8_t *slot = slot_at(place), *p = slot + 256;
		p[0] = PROTECTOR_TPM2;
		p[1] = 9;
		memcpy(aad, slot + 24, 16);
		memcpy(aad + 16, p, 104);
		crypt_hash(root, STR("protectors"), (struct str){0}, ks, sizeof ks);
		crypt_wrap(k, (struct str){(const char *)aad, sizeof aad}, root, sizeof root, p + 104);
		crypt_wrap(ks, (struct str){(const char *)aad, sizeof aad}, k, CRYPT_KEY_BYTES, p + 176);
		hash_again(slot);
	}
}

TEST(a_kind_of_a_later_version_is_kept_and_rewrapped)
{
	static const uint8_t new_root[CRYPT_KEY_BYTES] = {42}, k[CRYPT_KEY_BYTES] = {43};
	struct master master = fresh();
	struct protector p = {.number = 0};
	uint8_t aad[16 + 104], found[CRYPT_KEY_BYTES];
	forge_tpm2(k);
	master = again();
	CHECK(master_protector(&master, 0, &p) && p.kind == PROTECTOR_TPM2);
	CHECK_OK(master_switch(&master, root, new_root, &error), &error);
	memcpy(aad, master.slot + 24, 16);
	memcpy(aad + 16, master.slot + 256, 104);
	CHECK(
	    crypt_unwrap(k, (struct str){(const char *)aad, sizeof aad}, master.slot + 256 + 104, found, sizeof found));
	CHECK(memcmp(found, new_root, sizeof found) == 0);
	disk_release(&disk);
}

TEST(what_is_no_protector_file_is_told)
{
	struct master none;
	uint8_t zeros[2 * MASTER_SLOT_BYTES] = {0};
	crypt_init();
	disk_init(&disk, 1);
	struct file file = disk_open(&disk, "master");
	for (size_t n = 0; n <= sizeof zeros; n += MASTER_SLOT_BYTES / 2) {
		CHECK_OK(file_resize(file, n, &error), &error);
		CHECK_INT(master_open(&none, file, &error), ERROR_RECORD);
		CHECK(strstr(error.what, "no protector file") && error.remedy[0]);
	}
	disk_release(&disk);
}

/* The power fails */

static bool change(struct master *master, int what, const uint8_t new_root[CRYPT_KEY_BYTES])
{
	switch (what) {
	case 0:
		return master_add_file(master, root, STR(""), other_file, &error) == 0;
	case 1:
		return master_remove(master, 2, &error) == 0;
	default:
		return master_switch(master, root, new_root, &error) == 0;
	}
}

TEST(a_power_failure_at_any_call_leaves_what_opened_before_or_what_opens_after)
{
	static const uint8_t new_root[CRYPT_KEY_BYTES] = {42};
	for (int what = 0; what < 3; what++)
		for (uint64_t i = 0; i < 5 * 16; i++) {
			struct master master = fresh();
			uint8_t found[CRYPT_KEY_BYTES] = {0};
			CHECK_OK(master_add_file(&master, root, STR(""), other_file, &error), &error);
			disk.random = i;
			disk.power = (long)(i / 16);
			bool done = change(&master, what, new_root);
			CHECK_INT(done, i / 16 >= 4); /* two writes and two syncs */
			disk_crash(&disk);
			master = again();
			CHECK_OK(master_by_file(&master, key_file, found, &error), &error);
			bool switched = memcmp(found, new_root, sizeof found) == 0;
			CHECK(is_root(found) || (what == 2 && switched));
			size_t n = protectors(&master), after = what == 0 ? 3 : what == 1 ? 1 : 2;
			CHECK(n == 2 || n == after);
			CHECK(!done || (n == after && switched == (what == 2)));
			disk_release(&disk);
		}
}
