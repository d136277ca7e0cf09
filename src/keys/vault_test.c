/* What schema/vault.h promises, and docs/journal-format.md specifies: the packets are opened here a second time,
 * by hand from that page. */
#include "keys/disk_test.h"
#include "keys/month.h"
#include "keys/vault.h"

#include "base/test.h"

#include <sodium.h>

static const uint8_t root[CRYPT_KEY_BYTES] = {1, 2, 3};
static const uint8_t salt[VAULT_SALT_BYTES] = "sixteen of salt!";
static const struct subject anna = {{"person", 6}, 12}, boris = {{"person", 6}, 13}, nobody = {{0}, 0};

static struct disk disk;
static struct error error;
static struct keys keys;
static struct keys_vault *keys_vault;
static struct vault vault;
static uint8_t memory[1 << 20];
static struct arena arena;

static void begin(uint32_t slots_max)
{
	crypt_init();
	disk_init(&disk, 1);
	struct file files[2] = {disk_open(&disk, "subjects.0"), disk_open(&disk, "subjects.1")};
	CHECK_OK(keys_create(files, root, &error), &error);
	CHECK_OK(keys_open(&keys, files, root, slots_max, &error), &error);
	keys_vault = keys_vault_open(&keys);
	vault = keys_vault_of(keys_vault);
	arena = arena_over(memory, sizeof memory);
}

static void end(void)
{
	keys_vault_close(keys_vault);
	keys_close(&keys);
	disk_release(&disk);
}

/* Entry 600, in March 2026 unless a month is named. */
static struct vault_place at_month(int64_t month, uint64_t packet)
{
	return (struct vault_place){600, salt, month_begin(month) + 5, packet};
}

enum { MARCH = 12 * (2026 - 1970) + 3 };

static struct vault_place at(uint64_t packet)
{
	return at_month(MARCH, packet);
}

static struct vault_packet seal(struct vault_place place, struct subject subject, const char *keep, const char *values)
{
	struct vault_packet packet;
	vault.seal(vault.context, &place, &subject, str_of(keep), str_of(values), &arena, &packet);
	return packet;
}

enum outcome { OPENS, ERASED, FORGED };

static enum outcome open_at(struct vault_place place, struct vault_packet packet, struct str expected)
{
	struct str values = {0};
	bool forged = true;
	if (!vault.open(vault.context, &place, &packet, &arena, &values, &forged))
		return forged ? FORGED : ERASED;
	CHECK(!forged);
	CHECK_STR(values, expected);
	return OPENS;
}

static const struct {
	const char *what, *keep, *values;
	const struct subject *subject;
} packets[] = {
    {"as long as the subject", "", "[\"Anna\"]", &anna},
    {"so long from the entry on", "90d", "[\"Anna\",12,[]]", &anna},
    {"of no known subject", "90d", "[\"4711\"]", &nobody},
    {"nothing in it", "90d", "[]", &boris},
    {"exactly one block", "2y", "[\"0123456789012345678901234567\"]", &boris},
    {"one byte more", "2y", "[\"01234567890123456789012345678\"]", &boris},
};

TEST(what_was_sealed_opens_to_the_same_array)
{
	begin(KEYFILE_SLOTS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
		struct vault_packet p = seal(at(i), *packets[i].subject, packets[i].keep, packets[i].values);
		size_t len = strlen(packets[i].values);
		CHECK_INT(p.data.len, (len + 31) / 32 * 32 + 16);
		CHECK_INT(p.month, packets[i].keep[0] ? MARCH : 0);
		CHECK_INT(crypt_is_zero(p.mark, sizeof p.mark), packets[i].subject->id == 0);
		CHECK_INT(open_at(at(i), p, str_of(packets[i].values)), OPENS);
		CHECK(len < 4 || !memmem(p.data.at, p.data.len, packets[i].values, 4));
	}
	end();
}

/* By hand, as a stranger would write it from the page. */
static void key_by_hand(const struct key_id *subject, const struct key_id *month, uint8_t ret_key[32])
{
	uint8_t message[12 + 32] = "packet entry";
	const uint8_t *s = subject ? keyfile_find(keys.file, subject) : NULL;
	const uint8_t *m = month ? keyfile_find(keys.file, month) : NULL;
	CHECK(!subject == !s && !month == !m);
	if (s && m) {
		memcpy(message + 12, m, 32);
		crypto_generichash(ret_key, 32, message, sizeof message, s, 32);
	} else if (s) {
		crypto_generichash(ret_key, 32, (const uint8_t *)"packet row", 10, s, 32);
	} else {
		crypto_generichash(ret_key, 32, (const uint8_t *)"packet nobody", 13, m, 32);
	}
}

TEST(the_cipher_the_keys_and_the_marks_are_those_of_the_page)
{
	begin(KEYFILE_SLOTS_MAX);
	struct key_id subject = key_of_subject(STR("person"), 12), march = key_of_month(STR("90d"), MARCH);
	for (size_t i = 0; i < 3; i++) {
		struct vault_packet p = seal(at(i), *packets[i].subject, packets[i].keep, packets[i].values);
		uint8_t key[32], nonce[24], index[8] = {0x58, 2}, clear[32], mark[8];
		key_by_hand(i < 2 ? &subject : NULL, i > 0 ? &march : NULL, key);
		memcpy(nonce, salt, 16);
		memset(nonce + 16, 0, 8);
		nonce[16] = (uint8_t)i;
		CHECK_INT(crypto_aead_xchacha20poly1305_ietf_decrypt(clear, NULL, NULL, (const uint8_t *)p.data.at,
								     p.data.len, index, 8, nonce, key),
			  0);
		size_t len = strlen(packets[i].values);
		CHECK(memcmp(clear, packets[i].values, len) == 0 && clear[len] == ' ' && clear[31] == ' ');
		const char *text = i == 0 ? "packet mark  0" : "packet mark 90d 675";
		crypto_generichash(mark, 8, (const uint8_t *)text, strlen(text), keyfile_find(keys.file, &subject), 32);
		CHECK(i == 2 || memcmp(mark, p.mark, 8) == 0);
	}
	end();
}

TEST(a_packet_opens_at_its_place_only)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet p = seal(at(1), anna, "90d", "[\"Anna\"]");
	struct vault_place other = at(1);
	other.index++;
	CHECK_INT(open_at(other, p, (struct str){0}), FORGED);
	CHECK_INT(open_at(at(2), p, (struct str){0}), FORGED);
	other = at(1);
	other.salt = (const uint8_t *)"other than salt!";
	CHECK_INT(open_at(other, p, (struct str){0}), FORGED);
	CHECK_INT(open_at(at(1), p, STR("[\"Anna\"]")), OPENS);
	end();
}

TEST(every_changed_byte_is_told_from_an_erased_packet)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet p = seal(at(0), anna, "", "[\"Anna\"]");
	char *data = (char *)(uintptr_t)p.data.at;
	for (size_t i = 0; i < p.data.len; i++) {
		data[i] = (char)(data[i] ^ 4);
		CHECK_INT(open_at(at(0), p, (struct str){0}), FORGED);
		data[i] = (char)(data[i] ^ 4);
	}
	struct vault_packet wrong = p;
	wrong.data.len -= 1;
	CHECK_INT(open_at(at(0), wrong, (struct str){0}), FORGED);
	wrong.data.len = 16;
	CHECK_INT(open_at(at(0), wrong, (struct str){0}), FORGED);
	wrong = p;
	wrong.month = 3; /* without a class */
	CHECK_INT(open_at(at(0), wrong, (struct str){0}), FORGED);
	end();
}

/* Forgetting */

TEST(when_the_subject_is_forgotten_its_packets_are_erased_and_no_others)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet row = seal(at(0), anna, "", "[1]"), entry = seal(at(1), anna, "90d", "[2]");
	struct vault_packet other = seal(at(2), boris, "90d", "[3]"), none = seal(at(3), nobody, "90d", "[4]");
	CHECK_INT(open_at(at(1), entry, STR("[2]")), OPENS); /* the table is built before */
	CHECK_OK(keys_forget(&keys, STR("person"), 12, &error), &error);
	CHECK_INT(open_at(at(0), row, (struct str){0}), ERASED);
	CHECK_INT(open_at(at(1), entry, (struct str){0}), ERASED);
	CHECK_INT(open_at(at(2), other, STR("[3]")), OPENS);
	CHECK_INT(open_at(at(3), none, STR("[4]")), OPENS);
	struct vault_packet again = seal(at(4), anna, "90d", "[5]"); /* under a new key */
	CHECK_INT(open_at(at(4), again, STR("[5]")), OPENS);
	CHECK_INT(open_at(at(1), entry, (struct str){0}), ERASED);
	end();
}

TEST(when_a_month_is_destroyed_its_packets_are_erased_and_those_of_other_months_are_not)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet row = seal(at(0), anna, "", "[1]"), march = seal(at(1), anna, "90d", "[2]");
	struct vault_packet april = seal(at_month(MARCH + 1, 2), anna, "90d", "[3]");
	struct vault_packet long_one = seal(at(3), anna, "2y", "[4]"), none = seal(at(4), nobody, "90d", "[5]");
	CHECK_OK(keys_destroy_month(&keys, STR("90d"), MARCH, &error), &error);
	CHECK_INT(open_at(at(0), row, STR("[1]")), OPENS);
	CHECK_INT(open_at(at(1), march, (struct str){0}), ERASED);
	CHECK_INT(open_at(at_month(MARCH + 1, 2), april, STR("[3]")), OPENS);
	CHECK_INT(open_at(at(3), long_one, STR("[4]")), OPENS);
	CHECK_INT(open_at(at(4), none, (struct str){0}), ERASED);
	end();
}

TEST(marks_of_one_subject_differ_from_month_to_month_and_class_to_class)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet a = seal(at(0), anna, "90d", "[1]"), b = seal(at_month(MARCH + 1, 0), anna, "90d", "[1]");
	struct vault_packet c = seal(at(0), anna, "2y", "[1]"), d = seal(at(1), anna, "90d", "[1]");
	CHECK(memcmp(a.mark, b.mark, 8) != 0 && memcmp(a.mark, c.mark, 8) != 0);
	CHECK(memcmp(a.mark, d.mark, 8) == 0);
	end();
}

TEST(the_tables_of_marks_keep_step_with_subjects_that_come_and_go)
{
	enum { PEOPLE = 300, MONTHS = VAULT_MONTHS_MAX + 3 };
	begin(KEYFILE_SLOTS_MAX);
	for (uint64_t i = 1; i <= PEOPLE; i++)
		for (uint64_t month = 0; month < 3; month++) {
			struct vault_place place = at_month(MARCH + (int64_t)(i * 7 + month) % MONTHS, 0);
			arena_clear(&arena);
			struct vault_packet p = seal(place, (struct subject){STR("person"), i}, "90d", "[7]");
			CHECK_INT(open_at(place, p, STR("[7]")), OPENS);
			if (i % 100 == 0 && month == 2) {
				CHECK_OK(keys_forget(&keys, STR("person"), i, &error), &error);
				CHECK_INT(open_at(place, p, (struct str){0}), ERASED);
			}
		}
	end();
}

TEST(a_table_of_marks_grows_with_its_subjects)
{
	enum { PEOPLE = 500 };
	static struct vault_packet sealed[PEOPLE];
	begin(KEYFILE_SLOTS_MAX);
	for (uint64_t i = 0; i < PEOPLE; i++) {
		sealed[i] = seal(at(0), (struct subject){STR("person"), 1 + i}, "90d", "[7]");
		CHECK_INT(open_at(at(0), sealed[i], STR("[7]")), OPENS);
	}
	for (uint64_t i = 0; i < PEOPLE; i++)
		CHECK_INT(open_at(at(0), sealed[i], STR("[7]")), OPENS);
	end();
}

TEST(a_vault_opened_anew_opens_what_an_earlier_one_sealed)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet p = seal(at(0), anna, "90d", "[\"Anna\"]");
	struct file files[2] = {keys.files[0], keys.files[1]};
	CHECK_OK(keys_sync(&keys, &error), &error);
	keys_vault_close(keys_vault);
	keys_close(&keys);
	CHECK_OK(keys_open(&keys, files, root, KEYFILE_SLOTS_MAX, &error), &error);
	keys_vault = keys_vault_open(&keys);
	vault = keys_vault_of(keys_vault);
	CHECK_INT(open_at(at(0), p, STR("[\"Anna\"]")), OPENS);
	end();
}

TEST(what_goes_wrong_while_sealing_the_sync_before_the_commit_tells)
{
	begin(KEYFILE_GROWTH_SLOTS);
	for (uint64_t i = 1; i <= KEYFILE_GROWTH_SLOTS; i++)
		seal(at(0), (struct subject){STR("person"), i}, "", "[]");
	CHECK_OK(keys_sync(&keys, &error), &error);
	struct vault_packet p = seal(at(0), (struct subject){STR("person"), KEYFILE_GROWTH_SLOTS + 1}, "", "[]");
	CHECK_INT(p.data.len, 48);
	CHECK_INT(keys_sync(&keys, &error), ERROR_LIMIT);
	CHECK(error.remedy[0]);
	end();
}

/* Boxes */

TEST(a_box_is_of_one_size_and_looks_alike_whether_there_is_something_in_it_or_not)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_place place = at(0);
	struct str empty, full, brim, found = {0};
	vault.box(vault.context, &place, STR("duress"), (struct str){0}, 64, &arena, &empty);
	vault.box(vault.context, &place, STR("duress"), STR("{\"duress\":1}"), 64, &arena, &full);
	char most[64];
	memset(most, 'x', sizeof most);
	vault.box(vault.context, &place, STR("duress"), (struct str){most, sizeof most}, 64, &arena, &brim);
	CHECK(empty.len == 80 && full.len == 80 && brim.len == 80);
	CHECK(!vault.unbox(vault.context, &place, STR("duress"), empty, &arena, &found));
	CHECK(vault.unbox(vault.context, &place, STR("duress"), full, &arena, &found));
	CHECK_STR(found, STR("{\"duress\":1}"));
	CHECK(vault.unbox(vault.context, &place, STR("duress"), brim, &arena, &found));
	CHECK_INT(found.len, 64);
	CHECK(!vault.unbox(vault.context, &place, STR("other"), full, &arena, &found));
	place.index++;
	CHECK(!vault.unbox(vault.context, &place, STR("duress"), full, &arena, &found));
	end();
}

/* The index */

static bool is_among(const struct subject *subject, struct str ref, const uint8_t row[VAULT_ROW_BYTES], int *ret_n)
{
	uint8_t found[VAULT_ROW_BYTES];
	uint32_t cursor = 0;
	bool met = false;
	for (*ret_n = 0; keys_vault_next_row(keys_vault, subject, ref, &cursor, found); ++*ret_n)
		met |= memcmp(found, row, sizeof found) == 0;
	return met;
}

TEST(rows_of_the_index_are_found_again_by_subject_until_the_keys_are_gone)
{
	begin(KEYFILE_SLOTS_MAX);
	struct vault_packet sealed[] = {seal(at(0), anna, "", "[1]"), seal(at(1), anna, "90d", "[2]"),
					seal(at_month(MARCH + 1, 2), anna, "90d", "[3]"),
					seal(at(3), nobody, "90d", "[4]")};
	uint8_t rows[4][VAULT_ROW_BYTES], other[VAULT_ROW_BYTES];
	int n;
	for (size_t i = 0; i < 4; i++) {
		CHECK(keys_vault_packet_row(keys_vault, &sealed[i], STR("door:3"), rows[i]));
		CHECK(keys_vault_packet_row(keys_vault, &sealed[i], STR("door:4"), other));
		CHECK(memcmp(rows[i], other, sizeof other) != 0);
		sealed[i].data = (struct str){0};
		CHECK(keys_vault_packet_row(keys_vault, &sealed[i], STR("door:3"), other));
		CHECK(memcmp(rows[i], other, sizeof other) == 0);
		CHECK_INT(is_among(&anna, STR("door:3"), rows[i], &n), i < 3);
		CHECK_INT(n, 3);
		CHECK_INT(is_among(&nobody, STR("door:3"), rows[i], &n), i == 3);
		CHECK_INT(n, 2);
	}
	CHECK_OK(keys_destroy_month(&keys, STR("90d"), MARCH, &error), &error);
	CHECK(!keys_vault_packet_row(keys_vault, &sealed[1], STR("door:3"), other));
	CHECK(!is_among(&anna, STR("door:3"), rows[1], &n) && is_among(&anna, STR("door:3"), rows[2], &n));
	CHECK_OK(keys_forget(&keys, STR("person"), 12, &error), &error);
	CHECK(!is_among(&anna, STR("door:3"), rows[0], &n) && n == 0);
	end();
}

TEST(rows_of_refs_in_clear_depend_on_the_index_key_alone)
{
	begin(KEYFILE_SLOTS_MAX);
	uint8_t a[VAULT_ROW_BYTES], b[VAULT_ROW_BYTES];
	struct key_id id = key_of_index();
	keys_vault_row(keys_vault, STR("door:3"), a);
	keys_vault_row(keys_vault, STR("door:3"), b);
	CHECK(memcmp(a, b, sizeof a) == 0);
	keys_vault_row(keys_vault, STR("door:4"), b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_OK(keyfile_destroy(keys.file, &id, 1, &error), &error);
	keys_vault_row(keys_vault, STR("door:3"), b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	end();
}

/* Blobs */

TEST(a_blobs_key_follows_from_its_subject_and_its_id_and_goes_with_the_subject)
{
	static const uint8_t id[VAULT_BLOB_ID_BYTES] = {1}, other_id[VAULT_BLOB_ID_BYTES] = {2};
	uint8_t made[CRYPT_KEY_BYTES], found[CRYPT_KEY_BYTES];
	begin(KEYFILE_SLOTS_MAX);
	CHECK(!keys_vault_blob_key(keys_vault, &anna, id, found));
	keys_vault_make_blob_key(keys_vault, &anna, id, made);
	CHECK(keys_vault_blob_key(keys_vault, &anna, id, found) && memcmp(made, found, sizeof made) == 0);
	CHECK(keys_vault_blob_key(keys_vault, &anna, other_id, found) && memcmp(made, found, sizeof made) != 0);
	CHECK_OK(keys_forget(&keys, STR("person"), 12, &error), &error);
	CHECK(!keys_vault_blob_key(keys_vault, &anna, id, found));
	end();
}
