/* Checkpoints, cosignatures and keys. The note of C2SP's signed-note page would not be a checkpoint; these are made here. */
#include "base/test.h"

#include "sample.h"

#include <openssl/evp.h>

/* A key, and a note to sign by it. */
struct maker {
	struct sample_key key;
	char note[SAMPLE_NOTE_BYTES];
};

static void maker_init(struct maker *maker, uint8_t seed_byte, const char *name)
{
	sample_key_make(&maker->key, CHECKPOINT_LOG, name, seed_byte);
	maker->note[0] = 0;
}

static void maker_release(struct maker *maker)
{
	EVP_PKEY_free(maker->key.secret);
}

static const char text[] = "chancery/lakeside\n1042\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static const char *read_says(const struct maker *maker, const char *note, size_t len)
{
	static struct complaint complaint;
	struct checkpoint checkpoint;
	return checkpoint_read((const uint8_t *)note, len, &maker->key.public, &checkpoint, &complaint)
		   ? "good"
		   : complaint.what;
}

TEST(a_signed_checkpoint_is_read)
{
	struct maker maker;
	struct checkpoint checkpoint;
	struct complaint complaint;
	maker_init(&maker, 1, "chancery/lakeside");
	snprintf(maker.note, sizeof(maker.note), "%s\n", text);
	sample_sign(&maker.key, text, 0, maker.note);
	CHECK(checkpoint_read((const uint8_t *)maker.note, strlen(maker.note), &maker.key.public, &checkpoint,
			      &complaint));
	CHECK_INT(checkpoint.size, 1042);
	CHECK_STR(str_of(checkpoint_root_text(&checkpoint.root).text),
		  STR("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="));
	maker_release(&maker);
}

TEST(a_note_with_any_one_bit_changed_is_refused)
{
	struct maker maker;
	maker_init(&maker, 1, "chancery/lakeside");
	snprintf(maker.note, sizeof(maker.note), "%s\n", text);
	sample_sign(&maker.key, text, 0, maker.note);
	size_t len = strlen(maker.note);
	CHECK_STR(str_of(read_says(&maker, maker.note, len)), STR("good"));
	for (size_t bit = 0; bit < len * 8; bit++) {
		maker.note[bit / 8] = (char)(maker.note[bit / 8] ^ 1 << bit % 8);
		CHECK(strcmp(read_says(&maker, maker.note, len), "good") != 0);
		maker.note[bit / 8] = (char)(maker.note[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++)
		CHECK(strcmp(read_says(&maker, maker.note, cut), "good") != 0);
	maker_release(&maker);
}

/* Well signed, and wrong all the same. */
TEST(the_text_is_origin_size_and_root)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	static const char *const rows[][2] = {
	    {"chancery/lakeside\n1\n" ROOT "\n", "good"},
	    {"chancery/hillside\n1\n" ROOT "\n",
	     "line 1: the origin is chancery/hillside, the key's name chancery/lakeside"},
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
		sample_sign(&maker.key, rows[i][0], 0, maker.note);
		CHECK_STR(str_of(read_says(&maker, maker.note, strlen(maker.note))), str_of(rows[i][1]));
	}
	maker_release(&maker);
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
		sample_sign(&maker.key, origin, 0, maker.note);
		CHECK_STR(str_of(read_says(&maker, maker.note, strlen(maker.note))),
			  STR("line 1: the origin is not chancery/ and a mission's name"));
		maker_release(&maker);
	}
}

TEST(one_signature_is_the_keys_and_others_are_ignored)
{
	struct maker ours, other, witness;
	maker_init(&ours, 1, "chancery/lakeside");
	maker_init(&other, 2, "chancery/lakeside");
	maker_init(&witness, 3, "witness.example/1");

	snprintf(ours.note, sizeof(ours.note), "%s\n", text);
	sample_sign(&witness.key, text, 0, ours.note);
	sample_sign(&other.key, text, 0, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("no line is a signature by key chancery/lakeside"));
	sample_sign(&ours.key, text, 0, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), STR("good"));
	sample_sign(&ours.key, text, 0, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("line 8 is a second signature by key chancery/lakeside"));

	snprintf(ours.note, sizeof(ours.note), "%s\n", text);
	sample_sign(&ours.key, "another text\n", 0, ours.note);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))),
		  STR("line 5: the signature by key chancery/lakeside is wrong"));
	snprintf(ours.note, sizeof(ours.note), "%s\n- x AAAAAAAA\n", text);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), STR("line 5 is not a signature"));
	maker_release(&ours);
	maker_release(&other);
	maker_release(&witness);
}

/* The note with the mission's line, and `lines` more. */
static void note_make(struct maker *ours, const char *lines)
{
	snprintf(ours->note, sizeof(ours->note), "%s\n", text);
	sample_sign(&ours->key, text, 0, ours->note);
	size_t len = strlen(ours->note);
	snprintf(ours->note + len, sizeof(ours->note) - len, "%s", lines);
}

TEST(lines_of_any_kind_and_length_are_let_be)
{
	static const char *const rows[][2] = {
	    {"\xe2\x80\x94 x AAAAAAA=\n", "good"}, /* one byte behind the id */
	    {"\xe2\x80\x94 x AAAAAA==\n", "line 6 is not a signature"},
	    {"\xe2\x80\x94 x AAAAAAB=\n", "line 6 is not a signature"}, /* bits that must be zero */
	    {"\xe2\x80\x94 x\n", "line 6 is not a signature"},
	    {"\xe2\x80\x94  AAAAAAA=\n", "line 6 is not a signature"},
	    {"\xe2\x80\x94 x+ AAAAAAA=\n", "line 6 is not a signature"},
	    {"\xe2\x80\x94 x\xe2\x80\x83 AAAAAAA=\n", "line 6 is not a signature"}, /* an em space */
	    {"\xe2\x80\x94 x\xc2\xa0y AAAAAAA=\n", "line 6 is not a signature"},
	    {"\xe2\x80\x94 x\xe2\x80\x94y AAAAAAA=\n", "good"},
	    {"\xe2\x80\x94 x AAAAAAA= \n", "line 6 is not a signature"},
	    {"\n", "line 6 is not a signature"},
	};
	struct maker ours;
	char longest[SAMPLE_NOTE_BYTES];
	maker_init(&ours, 1, "chancery/lakeside");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		note_make(&ours, rows[i][0]);
		CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), str_of(rows[i][1]));
	}
	/* As long as one of ML-DSA would be in kind: more bytes than any that is known here. */
	snprintf(longest, sizeof(longest), "\xe2\x80\x94 x %0*d\n", 1600, 0);
	note_make(&ours, longest);
	CHECK_STR(str_of(read_says(&ours, ours.note, strlen(ours.note))), STR("good"));
	maker_release(&ours);
}

static const char *seen_says(const struct maker *maker, const struct sample_key *witness, bool *ret_found,
			     uint64_t *ret_time_s)
{
	static struct complaint complaint;
	const uint8_t *note = (const uint8_t *)maker->note;
	CHECK_STR(str_of(read_says(maker, maker->note, strlen(maker->note))), STR("good"));
	return checkpoint_seen(note, strlen(maker->note), &witness->public, ret_found, ret_time_s, &complaint)
		   ? "good"
		   : complaint.what;
}

TEST(a_witness_says_when_it_saw_a_checkpoint)
{
	static const uint64_t times[] = {0, 1, 1700000123, UINT64_MAX};
	struct sample_key witness, other;
	struct maker ours;
	bool found;
	uint64_t time_s = 7;
	maker_init(&ours, 1, "chancery/lakeside");
	sample_key_make(&witness, CHECKPOINT_WITNESS, "witness.example/w1", 3);
	sample_key_make(&other, CHECKPOINT_WITNESS, "witness.example/w1", 4);
	note_make(&ours, "");
	CHECK_STR(str_of(seen_says(&ours, &witness, &found, &time_s)), STR("good"));
	CHECK(!found && time_s == 7);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		note_make(&ours, "");
		sample_sign(&other, text, 5, ours.note);
		sample_sign(&witness, text, times[i], ours.note);
		CHECK_STR(str_of(seen_says(&ours, &witness, &found, &time_s)), STR("good"));
		CHECK(found && time_s == times[i]);
	}
	sample_sign(&witness, text, 2, ours.note);
	CHECK_STR(str_of(seen_says(&ours, &witness, &found, &time_s)),
		  STR("line 8 is a second signature by key witness.example/w1"));
	note_make(&ours, "");
	sample_sign(&witness, "another text\n", 2, ours.note);
	CHECK_STR(str_of(seen_says(&ours, &witness, &found, &time_s)),
		  STR("line 6: the signature by key witness.example/w1 is wrong"));
	EVP_PKEY_free(witness.secret);
	EVP_PKEY_free(other.secret);
	maker_release(&ours);
}

/* The time is signed too, and so is every byte of the text. */
TEST(a_cosignature_of_which_any_bit_is_changed_is_wrong)
{
	struct sample_key witness;
	struct maker ours;
	bool found;
	uint64_t time_s;
	maker_init(&ours, 1, "chancery/lakeside");
	sample_key_make(&witness, CHECKPOINT_WITNESS, "witness.example/w1", 3);
	note_make(&ours, "");
	sample_sign(&witness, text, 1700000123, ours.note);
	const uint8_t *note = (const uint8_t *)ours.note;
	char *line = strstr(ours.note, "witness.example/w1 ") + strlen("witness.example/w1 ") + 8; /* behind the id */
	for (char *at = line; *at != '\n'; at++) {
		char was = *at;
		struct complaint complaint;
		*at = was == 'A' ? 'B' : 'A';
		CHECK(!checkpoint_seen(note, strlen(ours.note), &witness.public, &found, &time_s, &complaint));
		*at = was;
	}
	CHECK(checkpoint_names_witness(note, strlen(ours.note), "witness.example/w1", 18));
	CHECK(!checkpoint_names_witness(note, strlen(ours.note), "witness.example/w", 17));
	CHECK(!checkpoint_names_witness(note, strlen(ours.note), "chancery/lakeside", 17));
	EVP_PKEY_free(witness.secret);
	maker_release(&ours);
}

TEST(a_kept_note_may_be_of_another_incarnation)
{
	static const char then[] = "chancery/lakeside\n7\n" ROOT "\n";
	struct maker now, before, other;
	struct checkpoint checkpoint;
	struct complaint complaint;
	maker_init(&now, 1, "chancery/lakeside/2");
	maker_init(&before, 1, "chancery/lakeside");
	maker_init(&other, 2, "chancery/lakeside");
	snprintf(before.note, sizeof(before.note), "%s\n", then);
	sample_sign(&before.key, then, 0, before.note);
	const uint8_t *note = (const uint8_t *)before.note;
	size_t len = strlen(before.note);
	CHECK(!checkpoint_read(note, len, &now.key.public, &checkpoint, &complaint));
	CHECK(checkpoint_read_kept(note, len, &now.key.public, &checkpoint, &complaint));
	CHECK_INT(checkpoint.size, 7);
	CHECK(!checkpoint_read_kept(note, len, &other.key.public, &checkpoint, &complaint));
	CHECK_STR(str_of(complaint.what), STR("no line is a signature by key chancery/lakeside"));
	CHECK(!checkpoint_read_kept(note, 0, &now.key.public, &checkpoint, &complaint));
	CHECK(!checkpoint_read_kept(note, 5, &now.key.public, &checkpoint, &complaint));
	maker_release(&now);
	maker_release(&before);
	maker_release(&other);
}

static const char *key_says(const char *line, enum checkpoint_type type)
{
	static struct complaint complaint;
	struct checkpoint_key key;
	return checkpoint_key_read((const uint8_t *)line, strlen(line), type, &key, &complaint) ? "good"
												: complaint.what;
}

TEST(a_verifier_key_is_name_id_and_key)
{
	/* The example of C2SP's signed-note page and of golang.org/x/mod/sumdb/note. */
	static const char *const rows[][2] = {
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "good"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n", "good"},
	    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n\n",
	     "the key is not 33 bytes in base64"},
	    {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not that of its name and bytes"},
	    {"peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not that of its name and bytes"},
	    {"PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key is not one line NAME+ID+BASE64"},
	    {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	     "the key's id is not 8 hexadecimal digits"},
	    {"PeterNeumann+c74f20a3+AhpcLQcU", "the key is not 33 bytes in base64"},
	    {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "the key's name is not one"},
	    {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "the key's name is not one"},
	    {"", "the key is not one line NAME+ID+BASE64"},
	    {"x", "the key is not one line NAME+ID+BASE64"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(str_of(key_says(rows[i][0], CHECKPOINT_LOG)), str_of(rows[i][1]));
	CHECK_STR(str_of(key_says(rows[0][0], CHECKPOINT_WITNESS)),
		  STR("the key is of type 0x01, expected 0x04, cosignature/v1 of a witness"));
	/* The same, of a witness: another type, and so another id. */
	static const char witness[] = "PeterNeumann+01234567+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	CHECK_STR(str_of(key_says(witness, CHECKPOINT_LOG)), STR("the key is of type 0x04, expected 0x01, Ed25519"));
	CHECK_STR(str_of(key_says(witness, CHECKPOINT_WITNESS)), STR("the key's id is not that of its name and bytes"));
}
