/* The worked example of docs/journal-format.md, read from the page itself, is what this verifier and libsodium say. It was
 * made by tests/stranger/example.py. Run it from the root of the tree. */
#include "base/test.h"

#include "base64.h"
#include "order.h"
#include "sample.h"

#include <sodium.h>
#include <stdlib.h>

enum { PAGE_BYTES = 1 << 16, VALUE_BYTES = 2048, LABEL_CHARACTERS = 19 /* with the block's margin */ };

struct value {
	char text[VALUE_BYTES];
	size_t len;
};

static const char *page(void)
{
	static char text[PAGE_BYTES];
	FILE *file = fopen("docs/journal-format.md", "re");
	CHECK(file != NULL);
	if (!file)
		exit(1);
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = 0;
	const char *example = strstr(text, "\n## An example\n");
	CHECK(example != NULL);
	return example ? example : "";
}

static void value_add(struct value *value, const char *line, size_t len)
{
	memcpy(value->text + value->len, line, len);
	value->len += len;
	value->text[value->len] = 0;
}

/* What stands behind a label and in the lines below it, with `glue` between them. */
static struct value value_of(const char *label, const char *glue)
{
	static const char margin[LABEL_CHARACTERS + 1] = "                   ";
	struct value value = {"", 0};
	char begin[LABEL_CHARACTERS + 3];
	snprintf(begin, sizeof(begin), "\n    %-*s", LABEL_CHARACTERS - 4, label);
	const char *at = strstr(page(), begin);
	CHECK(at != NULL);
	for (bool first = true; at; first = false) {
		const char *end = strchr(++at, '\n');
		bool is_empty = end == at, goes_on = strncmp(at, margin, LABEL_CHARACTERS) == 0;
		if (!first && ((is_empty && end[1] != ' ') || (!is_empty && !goes_on)))
			break;
		if (!first)
			value_add(&value, glue, strlen(glue));
		if (!is_empty)
			value_add(&value, at + LABEL_CHARACTERS, (size_t)(end - at) - LABEL_CHARACTERS);
		at = end;
	}
	return value;
}

static void bytes_of(const char *label, void *ret_bytes, size_t size)
{
	struct value value = value_of(label, "");
	size_t len = 0;
	int code = sodium_hex2bin(ret_bytes, size, value.text, value.len, NULL, &len, NULL);
	CHECK(code == 0 && len == size);
}

static struct value entry_of(unsigned index)
{
	return value_of(index == 0 ? "entry 0" : "entry 1", "");
}

TEST(both_entries_are_as_the_page_says)
{
	static struct canonical canonical;
	struct order order = {0};
	struct complaint complaint = {""};
	struct members members;
	for (unsigned i = 0; i < 2; i++) {
		struct value entry = entry_of(i);
		CHECK(members_read(&canonical, (const uint8_t *)entry.text, entry.len, &members, &complaint));
		CHECK(order_check(&order, &members, &complaint));
		CHECK_STR(str_of(complaint.what), STR(""));
	}
	CHECK_INT(order.entries, 2);
	order_release(&order);
}

TEST(their_hashes_and_root_are_the_pages)
{
	struct tree_hasher hasher;
	struct tree tree;
	struct tree_hash root, expected;
	CHECK(tree_hasher_init(&hasher));
	tree_init(&tree, &hasher);
	for (unsigned i = 0; i < 2; i++) {
		struct value entry = entry_of(i);
		struct tree_hash leaf = tree_leaf(&hasher, (const uint8_t *)entry.text, entry.len);
		bytes_of(i == 0 ? "leaf 0" : "leaf 1", expected.bytes, sizeof(expected.bytes));
		CHECK(tree_hash_same(&leaf, &expected));
		tree_add(&tree, &leaf);
	}
	root = tree_root(&tree);
	bytes_of("root", expected.bytes, sizeof(expected.bytes));
	CHECK(tree_hash_same(&root, &expected));
	tree_hasher_release(&hasher);
}

/* The key of a label, which is that of the seed before it. */
static struct checkpoint_key key_of(const char *label, const char *seed_label, enum checkpoint_type type)
{
	struct value line = value_of(label, "");
	struct checkpoint_key key = {0};
	struct complaint complaint;
	uint8_t seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	CHECK(checkpoint_key_read((const uint8_t *)line.text, line.len, type, &key, &complaint));
	bytes_of(seed_label, seed, sizeof(seed));
	crypto_sign_seed_keypair(public, secret, seed);
	CHECK(memcmp(public, key.public, sizeof(public)) == 0);
	return key;
}

TEST(the_note_is_signed_by_both_keys)
{
	struct checkpoint_key key = key_of("key", "seed", CHECKPOINT_LOG);
	struct checkpoint_key witness = key_of("witness key", "witness seed", CHECKPOINT_WITNESS);
	struct value note = value_of("note", "\n");
	struct checkpoint checkpoint = {0};
	struct complaint complaint = {""};
	struct tree_hash root;
	uint64_t time_s = 0;
	bool found = false;
	value_add(&note, "\n", 1);
	CHECK(checkpoint_read((const uint8_t *)note.text, note.len, &key, &checkpoint, &complaint));
	CHECK_STR(str_of(complaint.what), STR(""));
	bytes_of("root", root.bytes, sizeof(root.bytes));
	CHECK_INT(checkpoint.size, 2);
	CHECK(tree_hash_same(&checkpoint.root, &root));
	CHECK(checkpoint_seen((const uint8_t *)note.text, note.len, &witness, &found, &time_s, &complaint));
	CHECK(found);
	CHECK_INT(time_s, 1767232800);
}

/* The text between `begin` and the next quote, of entry 1. */
static struct value member_of(const char *begin)
{
	struct value entry = entry_of(1), member = {"", 0};
	const char *at = strstr(entry.text, begin);
	CHECK(at != NULL);
	if (at)
		value_add(&member, at + strlen(begin), strcspn(at + strlen(begin), "\""));
	return member;
}

TEST(the_packets_key_and_mark_follow_from_s_and_m)
{
	static const char entry[] = "packet entry", mark[] = "packet mark 90d 673";
	uint8_t s[32], message[sizeof(entry) - 1 + 32], key[32], expected[32], found[8];
	char hex[2 * sizeof(found) + 1];
	bytes_of("S", s, sizeof(s));
	memcpy(message, entry, sizeof(entry) - 1);
	bytes_of("M", message + sizeof(entry) - 1, 32);
	bytes_of("packet key", expected, sizeof(expected));
	crypto_generichash(key, sizeof(key), message, sizeof(message), s, sizeof(s));
	CHECK(memcmp(key, expected, sizeof(key)) == 0);

	/* A hash of eight bytes, which is not the beginning of a longer one. */
	CHECK(crypto_generichash(found, sizeof(found), (const uint8_t *)mark, sizeof(mark) - 1, s, sizeof(s)) == 0);
	sodium_bin2hex(hex, sizeof(hex), found, sizeof(found));
	CHECK_STR(str_of(member_of("\"mark\":\"").text), str_of(hex));
}

TEST(the_packet_opens_to_the_values)
{
	struct value data = member_of("\"data\":\""), salt = member_of("\"salt\":\""), values = value_of("values", "");
	uint8_t sealed[64], key[32], nonce[24] = {0}, index[8] = {1}, plain[64];
	size_t bytes = 0;
	unsigned long long len = 0;
	CHECK(base64_check(data.text, data.len, &bytes) && bytes == 48);
	base64_read(data.text, sealed, bytes);
	bytes_of("packet key", key, sizeof(key));
	CHECK(sodium_hex2bin(nonce, 16, salt.text, salt.len, NULL, NULL, NULL) == 0);
	CHECK(crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL, sealed, bytes, index, sizeof(index), nonce,
							 key) == 0);
	CHECK_INT(len, 32);
	CHECK(memcmp(plain, values.text, values.len) == 0);
	for (size_t i = values.len; i < len; i++)
		CHECK_INT(plain[i], ' ');
}
