#include "base/test.h"
#include "journal/merkle_naive.h"
#include "tlog/proof_file.h"

enum { SIZE = 11, INDEX = 6 };

static struct note_signer signer(const char *name, uint8_t first)
{
	uint8_t seed[NOTE_SEED_BYTES] = {first};
	struct note_signer made;
	int failed = note_signer_init(&made, str_of(name), seed, NULL);
	ASSERT(failed == 0);
	return made;
}

static struct str body(uint64_t i)
{
	static char memory[24];
	return merkle_naive_entry(&memory, i);
}

/* A proof of entry INDEX of SIZE, made by RFC 6962's own words. */
static struct str make(const char *extra)
{
	static char bytes[PROOF_FILE_BYTES_MAX];
	char text_bytes[NOTE_OWN_BYTES_MAX];
	struct merkle_hash leaves[SIZE];
	struct note_signer by = signer("chancery/lakeside", 5);
	struct proof path = {0};
	struct buf b = BUF(bytes), text = BUF(text_bytes);
	for (uint64_t i = 0; i < SIZE; i++)
		leaves[i] = merkle_naive_leaf(body(i));
	struct note_checkpoint checkpoint = {STR("chancery/lakeside"), SIZE, merkle_naive_root(leaves, SIZE)};
	merkle_naive_path(&path, INDEX, leaves, SIZE);
	buf_put_str(&b, STR("c2sp.org/tlog-proof@v1\n"));
	buf_put_str(&b, str_of(extra));
	buf_put_str(&b, STR("index 6\n"));
	for (size_t i = 0; i < path.n; i++) {
		buf_put_base64(&b, path.at[i].at, MERKLE_HASH_BYTES);
		buf_put_char(&b, '\n');
	}
	buf_put_char(&b, '\n');
	note_checkpoint_write(&text, &checkpoint);
	note_sign(&b, &by, buf_str(&text));
	return buf_str(&b);
}

TEST(a_proof_is_read_written_and_proves_its_entry)
{
	static const char *const extras[] = {"", "extra YWdlLXYxLjIuMS1kYXJ3aW4=\n", "extra \n"};
	for (size_t i = 0; i < ARRAY_LEN(extras); i++) {
		struct proof_file file;
		struct note_checkpoint checkpoint = {0};
		struct note_signer by = signer("chancery/lakeside", 5);
		struct error error;
		char again_bytes[4096];
		struct buf again = BUF(again_bytes);
		CHECK_OK(proof_file_parse(make(extras[i]), &file, &error), &error);
		CHECK_INT(file.index, INDEX);
		CHECK_OK(proof_file_check(&file, body(INDEX), &by.key, &checkpoint, &error), &error);
		CHECK_INT(checkpoint.size, SIZE);
		proof_file_write(&again, &file);
		CHECK_STR(buf_str(&again), make(""));
	}
}

TEST(any_changed_byte_of_a_proof_breaks_it)
{
	struct note_signer by = signer("chancery/lakeside", 5);
	struct str text = make("");
	for (size_t i = 0; i < text.len; i++) {
		struct proof_file file;
		struct note_checkpoint checkpoint;
		((char *)text.at)[i] ^= 1;
		bool proves = proof_file_parse(text, &file, NULL) == 0 &&
			      proof_file_check(&file, body(INDEX), &by.key, &checkpoint, NULL) == 0;
		if (proves)
			test_fail(__FILE__, __LINE__, "byte %zu", i);
		test_count(true);
		((char *)text.at)[i] ^= 1;
	}
}

TEST(a_proof_is_of_one_entry_of_one_log)
{
	struct proof_file file;
	struct note_checkpoint checkpoint;
	struct error error;
	struct note_signer by = signer("chancery/lakeside", 5), other_key = signer("chancery/lakeside", 6),
			   other = signer("chancery/harbour", 5);
	CHECK_OK(proof_file_parse(make(""), &file, &error), &error);
	CHECK_INT(proof_file_check(&file, STR("6\n"), &by.key, &checkpoint, &error), ERROR_RECORD);
	CHECK(strstr(error.what, "not entry 6 of the 11") && error.remedy[0]);
	CHECK_INT(proof_file_check(&file, STR("6"), &other_key.key, &checkpoint, &error), ERROR_CRYPTO);
	CHECK_INT(proof_file_check(&file, STR("6"), &other.key, &checkpoint, &error), ERROR_CRYPTO);
	file.index = 7;
	CHECK_INT(proof_file_check(&file, body(7), &by.key, &checkpoint, &error), ERROR_RECORD);
	file.index = SIZE;
	CHECK_INT(proof_file_check(&file, body(INDEX), &by.key, &checkpoint, &error), ERROR_RECORD);
}

/* The key may sign for other origins than its own name: a proof of those is not one of this log. */
TEST(a_checkpoint_of_another_origin_proves_nothing_here)
{
	char text_bytes[NOTE_OWN_BYTES_MAX], note_bytes[NOTE_OWN_BYTES_MAX];
	struct buf text = BUF(text_bytes), note = BUF(note_bytes);
	struct note_signer by = signer("chancery/lakeside", 5);
	struct note_checkpoint checkpoint = {STR("chancery/harbour"), 1, merkle_leaf(body(0))};
	struct error error;
	note_checkpoint_write(&text, &checkpoint);
	note_sign(&note, &by, buf_str(&text));
	struct proof_file file = {.note = buf_str(&note)};
	CHECK_INT(proof_file_check(&file, body(0), &by.key, &checkpoint, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "of chancery/harbour, not of"));
}

#define HASH "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
#define HEAD "c2sp.org/tlog-proof@v1\n"

TEST(what_is_no_proof_is_refused_with_its_line)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
	    {"", "line 1"},
	    {"c2sp.org/tlog-proof@v1", "line 1"},
	    {"c2sp.org/tlog-proof@v2\nindex 1\n\n", "line 1"},
	    {HEAD "\n", "line 2"},
	    {HEAD "index\n\n", "line 2"},
	    {HEAD "index 01\n\n", "line 2"},
	    {HEAD "index -1\n\n", "line 2"},
	    {HEAD "index 1000000000000000000\n\n", "line 2"},
	    {HEAD "extra Y*\nindex 1\n\n", "line 2"},
	    {HEAD "extra YQ==\n\n", "line 3"},
	    {HEAD "extra YQ==\nextra YQ==\nindex 1\n\n", "line 3"},
	    {HEAD "index 1\n" HASH, "line 4"},
	    {HEAD "index 1\nPlRN\n\n", "line 3"},
	    {HEAD "extra YQ==\nindex 1\nPlRN\n\n", "line 4"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proof_file file;
		struct error error = {0};
		CHECK_INT(proof_file_parse(str_of(rows[i].text), &file, &error), ERROR_INPUT);
		CHECK_STR(str_of(error.where), str_of(rows[i].where));
		CHECK(error.remedy[0]);
	}
}

TEST(a_proof_has_64_hashes_and_not_one_more)
{
	for (size_t n = PROOF_HASHES_MAX; n <= PROOF_HASHES_MAX + 1; n++) {
		char bytes[8192];
		struct buf b = BUF(bytes);
		struct proof_file file;
		buf_put_str(&b, STR(HEAD "index 1\n"));
		for (size_t i = 0; i < n; i++)
			buf_put_str(&b, STR(HASH));
		buf_put_char(&b, '\n');
		CHECK_INT(proof_file_parse(buf_str(&b), &file, NULL), n > PROOF_HASHES_MAX ? ERROR_INPUT : 0);
	}
}

TEST(an_extra_line_has_65536_bytes_and_not_one_more)
{
	static char bytes[PROOF_FILE_BYTES_MAX];
	for (size_t n = PROOF_FILE_EXTRA_BYTES_MAX; n <= PROOF_FILE_EXTRA_BYTES_MAX + 1; n++) {
		struct buf b = BUF(bytes);
		struct proof_file file;
		buf_put_str(&b, STR(HEAD "extra "));
		for (size_t i = sizeof "extra " - 1; i < n; i++)
			buf_put_char(&b, 'A');
		buf_put_str(&b, STR("\nindex 1\n\n"));
		CHECK_INT(proof_file_parse(buf_str(&b), &file, NULL), n > PROOF_FILE_EXTRA_BYTES_MAX ? ERROR_INPUT : 0);
	}
}
