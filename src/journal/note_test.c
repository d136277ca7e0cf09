#include "base/test.h"
#include "journal/note.h"

#include <sodium.h>

/* The example of golang.org/x/mod/sumdb/note, which the C2SP text grew from. Its seed is public. */
#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_SIGNATURE                                                                                                \
	"\xe2\x80\x94 PeterNeumann "                                                                                   \
	"x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define PETER_TEXT                                                                                                     \
	"If you think cryptography is the answer to your problem,\n"                                                   \
	"then you don't know what your problem is.\n"
/* The other signer of the same tests. */
#define ENOCH_VKEY "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define ENOCH_SIGNATURE                                                                                                \
	"\xe2\x80\x94 EnochRoot "                                                                                      \
	"rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

static struct note_key key_of(const char *line)
{
	struct note_key key = {0};
	struct error error;
	CHECK_OK(note_key_parse(str_of(line), &key, &error), &error);
	return key;
}

static struct note_signer peter(void)
{
	uint8_t typed[1 + NOTE_SEED_BYTES];
	struct note_signer signer;
	struct error error;
	int done = sodium_base642bin(typed, sizeof typed, PETER_SEED, strlen(PETER_SEED), NULL, NULL, NULL,
				     sodium_base64_VARIANT_ORIGINAL);
	ASSERT(done == 0);
	CHECK_OK(note_signer_init(&signer, STR("PeterNeumann"), typed + 1, &error), &error);
	return signer;
}

/* Keys */

TEST(a_signer_has_the_published_verifier_key)
{
	struct note_signer signer = peter();
	char line[NOTE_VKEY_BYTES_MAX];
	struct buf b = BUF(line);
	note_key_write(&b, &signer.key);
	CHECK_STR(buf_str(&b), STR(PETER_VKEY));
}

static const struct {
	const char *about, *line, *what;
	enum error_code code;
} bad_keys[] = {
    {"empty", "", "three parts", ERROR_INPUT},
    {"a name alone", "PeterNeumann", "three parts", ERROR_INPUT},
    {"no key", "PeterNeumann+c74f20a3", "three parts", ERROR_INPUT},
    {"no name", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name", ERROR_INPUT},
    {"a space in the name", "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name", ERROR_INPUT},
    {"a wide space in the name", "Peter\xe3\x80\x80+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name",
     ERROR_INPUT},
    {"a name that is not UTF-8", "Peter\xff+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name",
     ERROR_INPUT},
    {"an id in capitals", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "8 lower-case",
     ERROR_INPUT},
    {"a short id", "PeterNeumann+c74f20+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "8 lower-case", ERROR_INPUT},
    {"another id", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not that of its name",
     ERROR_CRYPTO},
    {"another name", "PeterNewmann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not that of its name",
     ERROR_CRYPTO},
    {"a short key", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=", "33 bytes", ERROR_INPUT},
    {"a long key", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==", "33 bytes", ERROR_INPUT},
    {"a line feed", PETER_VKEY "\n", "33 bytes", ERROR_INPUT},
    {"another algorithm", "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not Ed25519",
     ERROR_INPUT},
};

TEST(what_is_no_verifier_key_is_refused_with_the_reason)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_keys); i++) {
		struct note_key key;
		struct error error = {0};
		if (note_key_parse(str_of(bad_keys[i].line), &key, &error) != bad_keys[i].code ||
		    !strstr(error.what, bad_keys[i].what) || !error.remedy[0])
			test_fail(__FILE__, __LINE__, "%s: %s", bad_keys[i].about, error.what);
		test_count(true);
	}
}

TEST(a_name_is_255_bytes_and_not_one_more)
{
	static const uint8_t seed[NOTE_SEED_BYTES];
	char name[NOTE_NAME_BYTES_MAX + 1], line[NOTE_VKEY_BYTES_MAX + 1];
	memset(name, 'a', sizeof name);
	struct note_signer signer;
	struct note_key key;
	struct error error;
	struct buf b = BUF(line);
	CHECK_OK(note_signer_init(&signer, (struct str){name, NOTE_NAME_BYTES_MAX}, seed, &error), &error);
	note_key_write(&b, &signer.key);
	CHECK_INT(b.len, NOTE_VKEY_BYTES_MAX);
	CHECK_OK(note_key_parse(buf_str(&b), &key, &error), &error);
	CHECK_INT(note_signer_init(&signer, (struct str){name, sizeof name}, seed, &error), ERROR_INPUT);
	CHECK_INT(note_signer_init(&signer, STR(""), seed, &error), ERROR_INPUT);
	CHECK_INT(note_signer_init(&signer, STR("lake+side"), seed, &error), ERROR_INPUT);
	CHECK_INT(note_signer_init(&signer, STR("lake\nside"), seed, &error), ERROR_INPUT);
}

/* Notes */

TEST(signing_gives_the_published_note)
{
	struct note_signer signer = peter();
	char note[512];
	struct buf b = BUF(note);
	note_sign(&b, &signer, STR(PETER_TEXT));
	CHECK_STR(buf_str(&b), STR(PETER_TEXT "\n" PETER_SIGNATURE));
	note_signer_release(&signer);
	CHECK(sodium_is_zero(signer.secret, sizeof signer.secret));
}

static const struct {
	const char *about, *note;
} good_notes[] = {
    {"one signature", PETER_TEXT "\n" PETER_SIGNATURE},
    {"an unknown one before", PETER_TEXT "\n" ENOCH_SIGNATURE PETER_SIGNATURE},
    {"an unknown one behind", PETER_TEXT "\n" PETER_SIGNATURE ENOCH_SIGNATURE},
    {"the same one twice", PETER_TEXT "\n" PETER_SIGNATURE PETER_SIGNATURE},
    {"our name, another id", PETER_TEXT "\n\xe2\x80\x94 PeterNeumann AAAAAAA=\n" PETER_SIGNATURE},
};

TEST(a_note_signed_by_the_key_opens)
{
	struct note_key key = key_of(PETER_VKEY);
	for (size_t i = 0; i < ARRAY_LEN(good_notes); i++) {
		struct str text = {0};
		struct error error;
		CHECK_OK(note_open(str_of(good_notes[i].note), &key, &text, &error), &error);
		CHECK_STR(text, STR(PETER_TEXT));
	}
}

TEST(each_of_two_signers_opens_it)
{
	struct note_key key = key_of(ENOCH_VKEY);
	struct str text;
	struct error error;
	CHECK_OK(note_open(STR(PETER_TEXT "\n" PETER_SIGNATURE ENOCH_SIGNATURE), &key, &text, &error), &error);
}

#define DASH "\xe2\x80\x94 "

static const struct {
	const char *about, *note, *what;
	enum error_code code;
} bad_notes[] = {
    {"nothing", "", "no empty line", ERROR_INPUT},
    {"no signatures", PETER_TEXT, "no empty line", ERROR_INPUT},
    {"an empty line and no signature", PETER_TEXT "\n", "last line", ERROR_INPUT},
    {"no empty line", PETER_TEXT PETER_SIGNATURE, "no empty line", ERROR_INPUT},
    {"two empty lines", PETER_TEXT "\n\n" PETER_SIGNATURE, "is wrong", ERROR_CRYPTO},
    {"the signature without LF", PETER_TEXT "\n" DASH "PeterNeumann AAAAAAA=", "last line", ERROR_INPUT},
    {"text behind the signature", PETER_TEXT "\n" PETER_SIGNATURE "and so on\n", "dash", ERROR_INPUT},
    {"a hyphen for the dash", PETER_TEXT "\n- PeterNeumann AAAAAAA=\n", "dash", ERROR_INPUT},
    {"a changed text", "I" PETER_TEXT "\n" PETER_SIGNATURE, "is wrong", ERROR_CRYPTO},
    {"another signer alone", PETER_TEXT "\n" ENOCH_SIGNATURE, "not signed by PeterNeumann", ERROR_CRYPTO},
    {"a good and a wrong one", PETER_TEXT "\n" PETER_SIGNATURE DASH "PeterNeumann x08gowAA\n", "is wrong",
     ERROR_CRYPTO},
    {"no name", PETER_TEXT "\n" DASH " AAAAAAA=\n", "no name", ERROR_INPUT},
    {"no signature behind the name", PETER_TEXT "\n" DASH "PeterNeumann\n", "no name", ERROR_INPUT},
    {"a plus in the name", PETER_TEXT "\n" DASH "Peter+Neumann AAAAAAA=\n", "no name", ERROR_INPUT},
    {"an id alone", PETER_TEXT "\n" DASH "PeterNeumann AAAAAA==\n", "not base64", ERROR_INPUT},
    {"base64 without padding", PETER_TEXT "\n" DASH "PeterNeumann AAAAAAA\n", "not base64", ERROR_INPUT},
    {"base64 with bits left over", PETER_TEXT "\n" DASH "PeterNeumann AAAAAAB=\n", "not base64", ERROR_INPUT},
    {"base64 of URLs", PETER_TEXT "\n" DASH "PeterNeumann AAAAA-_=\n", "not base64", ERROR_INPUT},
    {"two spaces", PETER_TEXT "\n" DASH "PeterNeumann  AAAAAAA=\n", "not base64", ERROR_INPUT},
    {"a carriage return", PETER_TEXT "\r\n" PETER_SIGNATURE, "control character", ERROR_INPUT},
    {"bytes that are no UTF-8", "\xc0\x80" PETER_TEXT "\n" PETER_SIGNATURE, "not UTF-8", ERROR_INPUT},
};

TEST(what_is_no_note_of_the_key_is_refused_with_the_reason)
{
	struct note_key key = key_of(PETER_VKEY);
	for (size_t i = 0; i < ARRAY_LEN(bad_notes); i++) {
		struct str text;
		struct error error = {0};
		if (note_open(str_of(bad_notes[i].note), &key, &text, &error) != bad_notes[i].code ||
		    !strstr(error.what, bad_notes[i].what) || !error.remedy[0])
			test_fail(__FILE__, __LINE__, "%s: %s", bad_notes[i].about, error.what);
		test_count(true);
	}
}

TEST(no_byte_of_a_note_can_change)
{
	struct note_key key = key_of(PETER_VKEY);
	char note[] = PETER_TEXT "\n" PETER_SIGNATURE;
	for (size_t i = 0; i < sizeof note - 1; i++) {
		struct str text;
		note[i] ^= 1;
		CHECK(note_open((struct str){note, sizeof note - 1}, &key, &text, NULL) < 0);
		note[i] ^= 1;
	}
}

TEST(a_note_has_64_signatures_and_not_one_more)
{
	static char note[NOTE_BYTES_MAX];
	struct note_key key = key_of(PETER_VKEY);
	struct buf b = BUF(note);
	struct str text;
	struct error error;
	buf_put_str(&b, STR(PETER_TEXT "\n" PETER_SIGNATURE));
	for (int i = 1; i < NOTE_SIGNATURES_MAX; i++)
		buf_put_str(&b, STR(ENOCH_SIGNATURE));
	CHECK_OK(note_open(buf_str(&b), &key, &text, &error), &error);
	buf_put_str(&b, STR(ENOCH_SIGNATURE));
	CHECK_INT(note_open(buf_str(&b), &key, &text, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "more than 64"));
}

TEST(a_note_has_65535_bytes_and_not_one_more)
{
	static char text_bytes[NOTE_BYTES_MAX], note[NOTE_BYTES_MAX + 1];
	struct note_signer signer = peter();
	struct str found;
	struct error error;
	memset(text_bytes, 'a', sizeof text_bytes);
	for (size_t more = 0; more < 2; more++) {
		struct buf b = BUF(note);
		size_t len = NOTE_BYTES_MAX - strlen(PETER_SIGNATURE) - 1 + more;
		text_bytes[len - 1] = '\n';
		note_sign(&b, &signer, (struct str){text_bytes, len});
		text_bytes[len - 1] = 'a';
		CHECK(!b.over);
		CHECK_INT(note_open(buf_str(&b), &signer.key, &found, &error), more ? ERROR_INPUT : 0);
	}
	CHECK(strstr(error.what, "longer than"));
}

/* Witnesses. Made with another library (OpenSSL) from the seed 00 01 02 … 1f. */

#define SOFA	"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define W1_VKEY "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define W1_LINE                                                                                                        \
	"\xe2\x80\x94 witness.example/w1 "                                                                             \
	"519lMgAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUIoS83rE1nFZsVE8YiWV6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n"
#define W1_LATER                                                                                                       \
	"\xe2\x80\x94 witness.example/w1 "                                                                             \
	"519lMgAAAABkGFDMBRocFhIfGI4BW+XkmvI7A5yZUKbVLmeMT5oQ4iOZk7VEHCqmAisG5bqo+CppoqTayDOVz70+dTcaf3yNL+1CCA==\n"
/* The line of C2SP's own example: by a key of another name. */
#define OTHER_LINE                                                                                                     \
	"\xe2\x80\x94 witness.example.com/w1 "                                                                         \
	"jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"

static struct note_signer witness(void)
{
	uint8_t seed[NOTE_SEED_BYTES];
	struct note_signer signer;
	struct error error;
	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)i;
	CHECK_OK(note_witness_init(&signer, STR("witness.example/w1"), seed, &error), &error);
	return signer;
}

TEST(a_witness_has_a_key_and_a_line_as_another_library_makes_them)
{
	struct note_signer signer = witness();
	struct note_key key;
	struct error error;
	char line[512];
	struct buf b = BUF(line);
	note_key_write(&b, &signer.key);
	CHECK_STR(buf_str(&b), STR(W1_VKEY));
	CHECK_OK(note_witness_parse(STR(W1_VKEY), &key, &error), &error);
	CHECK(memcmp(key.public_key, signer.key.public_key, sizeof key.public_key) == 0);
	buf_clear(&b);
	note_cosign(&b, &signer, STR(SOFA), 1679315147);
	CHECK_STR(buf_str(&b), STR(W1_LINE));
}

TEST(a_logs_key_is_no_witnesss_and_the_other_way_round)
{
	struct note_key key;
	struct error error;
	CHECK_INT(note_witness_parse(STR(PETER_VKEY), &key, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "not a witness's"));
	CHECK_INT(note_key_parse(STR(W1_VKEY), &key, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "not Ed25519"));
}

TEST(the_newest_line_of_a_witness_is_found_with_its_time)
{
	struct note_signer signer = witness();
	static const struct {
		const char *note, *line;
		uint64_t time_s;
	} notes[] = {
	    {SOFA "\n" W1_LINE, W1_LINE, 1679315147},
	    {SOFA "\n" OTHER_LINE W1_LINE OTHER_LINE, W1_LINE, 1679315147},
	    {SOFA "\n" W1_LINE W1_LATER, W1_LATER, 1679315148},
	    {SOFA "\n" W1_LATER W1_LINE, W1_LATER, 1679315148},
	};
	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		struct note_line line = {0};
		struct str text = {0};
		struct error error;
		CHECK_OK(note_find(str_of(notes[i].note), &signer.key, &text, &line, &error), &error);
		CHECK_STR(text, STR(SOFA));
		CHECK_STR(line.line, str_of(notes[i].line));
		CHECK_INT(line.time_s, notes[i].time_s);
	}
}

TEST(any_changed_byte_of_a_cosigned_note_is_found)
{
	struct note_signer signer = witness();
	static char note[] = SOFA "\n" W1_LINE;
	struct str text;
	for (size_t i = 0; i < sizeof note - 1; i++) {
		note[i] ^= 1;
		CHECK(note_open((struct str){note, sizeof note - 1}, &signer.key, &text, NULL) < 0);
		note[i] ^= 1;
	}
}

/* A log's signature under a witness's name and id, and a time that no decimal of 63 bits says. */
TEST(a_line_of_another_length_or_a_time_beyond_63_bits_is_a_wrong_signature)
{
	struct note_signer signer = witness();
	for (int what = 0; what < 3; what++) {
		uint8_t blob[4 + 8 + 64] = {0};
		char note_bytes[512];
		struct buf note = BUF(note_bytes);
		struct str text;
		struct error error;
		static const char late[] = "cosignature/v1\ntime 9223372036854775808\n" SOFA;
		memcpy(blob, signer.key.id, 4);
		blob[4] = 0x80;
		crypto_sign_detached(blob + 12, NULL, (const uint8_t *)late, sizeof late - 1, signer.secret);
		buf_put_str(&note, STR(SOFA "\n\xe2\x80\x94 witness.example/w1 "));
		buf_put_base64(&note, blob, what == 0 ? 4 + 64 : what == 1 ? sizeof blob - 1 : sizeof blob);
		buf_put_char(&note, '\n');
		CHECK_INT(note_open(buf_str(&note), &signer.key, &text, &error), ERROR_CRYPTO);
		CHECK(strstr(error.what, "is wrong"));
	}
}

/* Checkpoints */

#define ORIGIN "chancery/lakeside\n"
#define ROOT   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" /* the empty tree's */

TEST(a_checkpoint_is_written_in_three_lines_and_read_again)
{
	struct note_checkpoint wrote = {STR("chancery/lakeside"), 600, merkle_empty()}, found;
	char text[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(text);
	struct error error;
	note_checkpoint_write(&b, &wrote);
	CHECK_STR(buf_str(&b), STR(ORIGIN "600\n" ROOT));
	CHECK_OK(note_checkpoint_parse(buf_str(&b), &found, &error), &error);
	CHECK_STR(found.origin, wrote.origin);
	CHECK_INT(found.size, 600);
	CHECK(merkle_eq(&found.root, &wrote.root));
}

static const struct {
	const char *text, *where;
} bad_checkpoints[] = {
    {"", "line 1"},
    {"\n600\n" ROOT, "line 1"},
    {"chancery/lake side\n600\n" ROOT, "line 1"},
    {ORIGIN, "line 2"},
    {ORIGIN "0600\n" ROOT, "line 2"},
    {ORIGIN "+600\n" ROOT, "line 2"},
    {ORIGIN "-1\n" ROOT, "line 2"},
    {ORIGIN " 600\n" ROOT, "line 2"},
    {ORIGIN "\n" ROOT, "line 2"},
    {ORIGIN "99999999999999999999\n" ROOT, "line 2"},
    {ORIGIN "600\n", "line 3"},
    {ORIGIN "600\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "line 3"},
    {ORIGIN "600\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n", "line 3"},
    {ORIGIN "600\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", "line 3"},
    {ORIGIN "600\n47DEQpj8HBSa+/TImW+5J\xc4"
	    "euQeRkm5NMpJWZG3hSuFU=\n",
     "line 3"},
    {ORIGIN "600\n" ROOT "extension\n", "line 4"},
    {ORIGIN "600\n" ROOT "\n", "line 4"},
};

TEST(what_is_no_checkpoint_is_refused_with_its_line)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_checkpoints); i++) {
		struct note_checkpoint checkpoint;
		struct error error = {0};
		CHECK_INT(note_checkpoint_parse(str_of(bad_checkpoints[i].text), &checkpoint, &error), ERROR_INPUT);
		CHECK_STR(str_of(error.where), str_of(bad_checkpoints[i].where));
		CHECK(error.remedy[0]);
	}
}

static const struct {
	const char *text, *where;
} any_checkpoints[] = {
    {ORIGIN "600\n" ROOT, NULL},
    {"any line with blanks and a +\n600\n" ROOT, NULL},
    {ORIGIN "600\n" ROOT "extension\n", NULL},
    {ORIGIN "600\n" ROOT "one\ntwo\n", NULL},
    {"\n600\n" ROOT, "line 1"},
    {ORIGIN "0600\n" ROOT, "line 2"},
    {ORIGIN "600\n" ROOT "\n", "line 4"},
    {ORIGIN "600\n" ROOT "one\n\ntwo\n", "line 4"},
    {ORIGIN "600\n" ROOT "extension", "line 4"},
};

TEST(a_checkpoint_of_any_log_may_have_any_origin_and_further_lines)
{
	for (size_t i = 0; i < ARRAY_LEN(any_checkpoints); i++) {
		struct note_checkpoint checkpoint;
		struct error error = {0};
		int failed = note_checkpoint_parse_any(str_of(any_checkpoints[i].text), &checkpoint, &error);
		CHECK_INT(failed, any_checkpoints[i].where ? ERROR_INPUT : 0);
		CHECK_STR(str_of(error.where), str_of(any_checkpoints[i].where ? any_checkpoints[i].where : ""));
	}
}
