#include "base/test.h"

#include "checkpoint.h"

#include <stdio.h>
#include <string.h>

/* The key and note of C2SP's signed-note page would not be a checkpoint; these are made here, once for every test. */

#define MAKER_NOTE_BYTES 2048

struct maker {
	EVP_PKEY *key;
	char vkey[256], note[MAKER_NOTE_BYTES];
	struct checkpoint_key public;
};

static size_t maker_base64(char *ret_text, const uint8_t *bytes, size_t len)
{
	return (size_t)EVP_EncodeBlock((uint8_t *)ret_text, bytes, (int)len);
}

static void maker_init(struct maker *maker, uint8_t seed_byte, const char *name)
{
	uint8_t seed[32], bytes[33] = {0x01}, message[128], hash[32];
	char base64[64];
	size_t len = 32;
	struct complaint complaint;
	memset(seed, seed_byte, sizeof(seed));
	maker->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	EVP_PKEY_get_raw_public_key(maker->key, bytes + 1, &len);
	size_t name_len = (size_t)snprintf((char *)message, sizeof(message), "%s\n", name);
	memcpy(message + name_len, bytes, sizeof(bytes));
	EVP_Digest(message, name_len + sizeof(bytes), hash, NULL, EVP_sha256(), NULL);
	maker_base64(base64, bytes, sizeof(bytes));
	snprintf(maker->vkey, sizeof(maker->vkey), "%s+%02x%02x%02x%02x+%s\n", name, hash[0], hash[1], hash[2], hash[3],
		 base64);
	CHECK(checkpoint_key_read((const uint8_t *)maker->vkey, strlen(maker->vkey), &maker->public, &complaint));
}

/* Appends a signature line over `text` to the note. */
static void maker_sign(const struct maker *maker, const char *signed_text, char note[MAKER_NOTE_BYTES])
{
	uint8_t bytes[4 + 64];
	char base64[128];
	size_t len = 64;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	memcpy(bytes, maker->public.id, 4);
	EVP_DigestSignInit(context, NULL, NULL, NULL, maker->key);
	EVP_DigestSign(context, bytes + 4, &len, (const uint8_t *)signed_text, strlen(signed_text));
	EVP_MD_CTX_free(context);
	maker_base64(base64, bytes, sizeof(bytes));
	snprintf(note + strlen(note), MAKER_NOTE_BYTES - strlen(note), "\xe2\x80\x94 %s %s\n", maker->public.name,
		 base64);
}

static const char text[] = "chancery/lakeside\n1042\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static const char *read_says(const struct maker *maker, const char *note, size_t len)
{
	static struct complaint complaint;
	struct checkpoint checkpoint;
	return checkpoint_read((const uint8_t *)note, len, &maker->public, &checkpoint, &complaint) ? "good"
												    : complaint.what;
}

TEST(a_signed_checkpoint_is_read)
{
	struct maker maker;
	struct checkpoint checkpoint;
	struct complaint complaint;
	maker_init(&maker, 1, "chancery/lakeside");
	snprintf(maker.note, sizeof(maker.note), "%s\n", text);
	maker_sign(&maker, text, maker.note);
	CHECK(checkpoint_read((const uint8_t *)maker.note, strlen(maker.note), &maker.public, &checkpoint, &complaint));
	CHECK_INT(checkpoint.size, 1042);
	CHECK_STR(str_of(checkpoint_root_text(&checkpoint.root).text),
		  STR("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="));
	EVP_PKEY_free(maker.key);
}

TEST(a_note_with_any_one_bit_changed_is_refused)
{
	struct maker maker;
	maker_init(&maker, 1, "chancery/lakeside");
	snprintf(maker.note, sizeof(maker.note), "%s\n", text);
	maker_sign(&maker, text, maker.note);
	size_t len = strlen(maker.note);
	CHECK_STR(str_of(read_says(&maker, maker.note, len)), STR("good"));
	for (size_t bit = 0; bit < len * 8; bit++) {
		maker.note[bit / 8] = (char)(maker.note[bit / 8] ^ 1 << bit % 8);
		CHECK(strcmp(read_says(&maker, maker.note, len), "good") != 0);
		maker.note[bit / 8] = (char)(maker.note[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++)
		CHECK(strcmp(read_says(&maker, maker.note, cut), "good") != 0);
	EVP_PKEY_free(maker.key);
}

/* Well signed, and wrong all the same. */
TEST(the_text_is_origin_size_and_root)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	static const char *const rows[][2] = {
	    {"chancery/lakeside\n1\n" ROOT "\n", "good"},
	    {"chancery/hillside\n1\n" ROOT "\n", "line 1: the origin is not the key's name chancery/lakeside"},
	    {"chancery/lakeside\n0\n" ROOT "\n", "line 2: the size is not a decimal number above 0"},
	    {"chancery/lakeside\n01\n" ROOT "\n", "line 2: the size is not a decimal number above 0"},
	    {"chancery/lakeside\n+1\n" ROOT "\n", "line 2: the size is not a decimal number above 0"},
	    {"chancery/lakeside\n\n" ROOT "\n", "line 2: the size is not a decimal number above 0"},
	    {"chancery/lakeside\n99999999999999999999\n" ROOT "\n", "line 2: the size is not a decimal number above 0"},
	    {"chancery/lakeside\n1\n" ROOT "=\n", "line 3: the root is not 32 bytes in base64"},
	    {"chancery/lakeside\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
	     "line 3: the root is not 32 bytes in base64"},
	    {"chancery/lakeside\n1\nCsUY\n", "line 3: the root is not 32 bytes in base64"},
	    {"chancery/lakeside\n1\n" ROOT "\nmore\n", "line 4 is not empty"},
	    {"chancery/lakeside\n1\t\n" ROOT "\n", "line 2 is not UTF-8 without control characters"},
	};
	struct maker maker;
	maker_init(&maker, 1, "chancery/lakeside");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(maker.note, sizeof(maker.note), "%s\n", rows[i][0]);
		maker_sign(&maker, rows[i][0], maker.note);
		CHECK_STR(str_of(read_says(&maker, maker.note, strlen(maker.note))), str_of(rows[i][1]));
	}
	EVP_PKEY_free(maker.key);
}

TEST(the_origin_begins_with_chancery)
{
	static const char *const names[] = {"lakeside", "chancery/", "chancery"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct maker maker;
		char origin[128];
		maker_init(&maker, 1, names[i]);
		snprintf(origin, sizeof(origin), "%s\n1\n" ROOT "\n", names[i]);
		snprintf(maker.note, sizeof(maker.note), "%s\n", origin);
		maker_sign(&maker, origin, maker.note);
		CHECK_STR(str_of(read_says(&maker, maker.note, strlen(maker.note))),
			  STR("line 1: the origin is not chancery/ and a mission's name"));
		EVP_PKEY_free(maker.key);
	}
}

TEST(one_signature_is_the_keys_and_others_are_ignored)
{
	struct maker ours, other, witness;
	maker_init(&ours, 1, "chancery/lakeside");
	maker_init(&other, 2, "chancery/lakeside");
	maker_init(&witness, 3, "witness.example/1");

	snprintf(ours.note, sizeof(ours.note), "%s\n", text);
	maker_sign(&witness, text, ours.note);
	maker_sign(&other, text, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("no line is a signature by key chancery/lakeside"));
	maker_sign(&ours, text, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), STR("good"));
	maker_sign(&ours, text, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("line 8 is a second signature by key chancery/lakeside"));

	snprintf(ours.note, sizeof(ours.note), "%s\n", text);
	maker_sign(&ours, "another text\n", ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("line 5: the signature by key chancery/lakeside is wrong"));
	snprintf(ours.note, sizeof(ours.note), "%s\n- x AAAAAAAA\n", text);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), STR("line 5 is not a signature"));
	EVP_PKEY_free(ours.key);
	EVP_PKEY_free(other.key);
	EVP_PKEY_free(witness.key);
}

static const char *key_says(const char *line)
{
	static struct complaint complaint;
	struct checkpoint_key key;
	return checkpoint_key_read((const uint8_t *)line, strlen(line), &key, &complaint) ? "good" : complaint.what;
}

TEST(a_verifier_key_is_name_id_and_key)
{
	/* The example of C2SP's signed-note page and of golang.org/x/mod/sumdb/note. */
	static const char *const rows[][2] = {
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "good"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", "good"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n\n",
	     "the key is not an Ed25519 key in base64"},
	    {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not that of its name and bytes"},
	    {"peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not that of its name and bytes"},
	    {"PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key is not one line NAME+ID+BASE64"},
	    {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not 8 hexadecimal digits"},
	    {"PeterNeumann+c74f20a3+AhpcLQcU", "the key is not an Ed25519 key in base64"},
	    {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "the key's name is not one"},
	    {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "the key's name is not one"},
	    {"", "the key is not one line NAME+ID+BASE64"},
	    {"x", "the key is not one line NAME+ID+BASE64"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(key_says(rows[i][0])), str_of(rows[i][1]));
}
