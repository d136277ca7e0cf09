/* journal_cosigned_test.c: what witnesses have seen is kept, a mission that must stop signing goes on, and a copy is
 * its original byte for byte. */
#include "base/test.h"
#include "journal/journal.h"
#include "journal/merkle_naive.h"
#include "sim/disk.h"

#include <sqlite3.h>

#define ORIGIN "chancery/lakeside"

enum { SEED = 7, TIME = 1700000000 };

static const uint8_t key_seed[JOURNAL_SEED_BYTES] = {1, 2, 3};

static const struct journal_options usual = {
    .path = "journal.db",
    .vfs = "disk",
    .origin = {ORIGIN, sizeof ORIGIN - 1},
    .seed = key_seed,
};

static struct str body(uint64_t i)
{
	static char memory[400];
	int n = snprintf(memory, sizeof memory, "entry %08llu ", (unsigned long long)i);
	size_t len = (size_t)n + i * 37 % 300;
	memset(memory + n, 'a' + (int)(i % 26), len - (size_t)n);
	return (struct str){memory, len};
}

static struct note_signer witness(uint8_t number)
{
	uint8_t seed[NOTE_SEED_BYTES] = {number};
	char name[32];
	struct note_signer signer;
	struct error error;
	int n = snprintf(name, sizeof name, "witness.example/w%u", number);
	CHECK_OK(note_witness_init(&signer, (struct str){name, (size_t)n}, seed, &error), &error);
	return signer;
}

static struct note_key own_key(void)
{
	struct note_signer signer;
	struct error error;
	CHECK_OK(note_signer_init(&signer, usual.origin, usual.seed, &error), &error);
	return signer.key;
}

static struct journal *open_with(const struct journal_options *options)
{
	struct journal *journal = NULL;
	struct error error;
	CHECK_OK(journal_open(&journal, options, &error), &error);
	ASSERT(journal);
	return journal;
}

static void append(struct journal *journal, uint64_t n)
{
	struct error error;
	uint64_t size = journal_size(journal);
	for (uint64_t i = 0; i < n; i++)
		CHECK_OK(journal_append(journal, body(size + i), &error), &error);
}

static void write_to(struct journal *journal, uint64_t size)
{
	struct error error;
	while (journal_size(journal) < size) {
		uint64_t left = size - journal_size(journal);
		append(journal, left < 100 ? left : 100);
		CHECK_OK(journal_commit(journal, &error), &error);
	}
}

/* The journal's checkpoint with the witness's line under it. */
static struct str cosigned(const struct journal *journal, const struct note_signer *by, uint64_t time_s)
{
	static char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct note_key key = own_key();
	struct buf b = BUF(bytes);
	struct str text;
	struct error error;
	CHECK_OK(note_open(journal_checkpoint(journal), &key, &text, &error), &error);
	buf_put_str(&b, journal_checkpoint(journal));
	note_cosign(&b, by, text, time_s);
	return buf_str(&b);
}

/* A checkpoint that our key signed, and that is of no journal here. */
static struct str foreign(uint64_t size, const struct note_signer *by)
{
	static char bytes[NOTE_COSIGNED_BYTES_MAX];
	char text_bytes[NOTE_OWN_BYTES_MAX];
	struct note_signer signer;
	struct note_checkpoint checkpoint = {usual.origin, size, merkle_leaf(STR("another"))};
	struct buf b = BUF(bytes), text = BUF(text_bytes);
	struct error error;
	CHECK_OK(note_signer_init(&signer, usual.origin, usual.seed, &error), &error);
	note_checkpoint_write(&text, &checkpoint);
	note_sign(&b, &signer, buf_str(&text));
	note_cosign(&b, by, buf_str(&text), TIME);
	return buf_str(&b);
}

static uint64_t kept_size(struct journal *journal, const char *name)
{
	struct journal_cosigned row = {0};
	struct error error;
	int found;
	while ((found = journal_next_cosigned(journal, row.witness, &row, &error)) > 0)
		if (str_eq(row.witness, str_of(name)))
			return row.size;
	CHECK_OK(found, &error);
	return 0;
}

static void change(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	int failed = sqlite3_open_v2(usual.path, &db, SQLITE_OPEN_READWRITE, usual.vfs);
	failed = failed ? failed : sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	failed = failed ? failed : sqlite3_exec(db, sql, NULL, NULL, &message);
	if (failed)
		test_fail(__FILE__, __LINE__, "%s: %s", sql, message ? message : "");
	sqlite3_close(db);
}

static void check_refused(const char *sql, const char *what)
{
	struct journal *journal;
	struct error error = {0};
	uint64_t code;
	change(sql);
	code = (uint64_t)journal_open(&journal, &usual, &error);
	if (code != (uint64_t)ERROR_RECORD || !strstr(error.what, what) || !error.remedy[0])
		test_fail(__FILE__, __LINE__, "%s: %d %s", sql, (int)code, error.what);
	test_count(true);
}

/* Cosignatures */

TEST(a_cosigned_checkpoint_is_kept_and_is_there_after_opening_anew)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1), w2 = witness(2);
	struct journal *journal = open_with(&usual);
	struct journal_cosigned row = {0};
	struct error error;
	char first[NOTE_COSIGNED_BYTES_MAX];
	struct buf kept = BUF(first);
	write_to(journal, 300);
	buf_put_str(&kept, cosigned(journal, &w1, TIME));
	CHECK_INT(journal_keep_cosignature(journal, buf_str(&kept), &w1.key, &error), 1);
	write_to(journal, 600);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w2, TIME), &w2.key, &error), 1);
	journal_close(journal);
	journal = open_with(&usual);
	CHECK_INT(journal_next_cosigned(journal, (struct str){0}, &row, &error), 1);
	CHECK_STR(row.witness, STR("witness.example/w1"));
	CHECK_STR(row.note, buf_str(&kept));
	CHECK_INT(row.size, 300);
	CHECK_INT(journal_next_cosigned(journal, row.witness, &row, &error), 1);
	CHECK_STR(row.witness, STR("witness.example/w2"));
	CHECK_INT(row.size, 600);
	CHECK_INT(journal_next_cosigned(journal, row.witness, &row, &error), 0);
	journal_close(journal);
	disk_free(disk);
}

/* A note that carries lines of three witnesses gives each only its own. */
TEST(what_is_kept_has_our_line_and_that_witnesss_and_no_other)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1), w2 = witness(2);
	struct journal *journal = open_with(&usual);
	struct journal_cosigned row = {0};
	struct error error;
	struct str text;
	write_to(journal, 5);
	char note_bytes[2 * NOTE_COSIGNED_BYTES_MAX], wanted_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(note_bytes), wanted = BUF(wanted_bytes);
	struct note_key key = own_key();
	buf_put_str(&note, cosigned(journal, &w1, TIME));
	CHECK_OK(note_open(buf_str(&note), &key, &text, &error), &error);
	note_cosign(&note, &w2, text, TIME);
	buf_put_str(&wanted, cosigned(journal, &w2, TIME));
	CHECK_INT(journal_keep_cosignature(journal, buf_str(&note), &w2.key, &error), 1);
	CHECK_INT(journal_next_cosigned(journal, (struct str){0}, &row, &error), 1);
	CHECK_STR(row.note, buf_str(&wanted));
	journal_close(journal);
	disk_free(disk);
}

TEST(the_newest_of_a_witness_stays)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1);
	struct journal *journal = open_with(&usual);
	struct error error;
	char old_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf old = BUF(old_bytes);
	write_to(journal, 10);
	buf_put_str(&old, cosigned(journal, &w1, TIME));
	write_to(journal, 20);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME + 5), &w1.key, &error), 1);
	CHECK_INT(journal_keep_cosignature(journal, buf_str(&old), &w1.key, &error), 0);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME + 4), &w1.key, &error), 0);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME + 6), &w1.key, &error), 1);
	CHECK_INT(kept_size(journal, "witness.example/w1"), 20);
	journal_close(journal);
	disk_free(disk);
}

TEST(what_is_not_our_checkpoint_with_that_witnesss_line_is_not_kept)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1), w2 = witness(2);
	struct journal *journal = open_with(&usual);
	struct error error;
	write_to(journal, 300);
	CHECK_INT(journal_keep_cosignature(journal, STR("no note"), &w1.key, &error), ERROR_INPUT);
	CHECK_INT(journal_keep_cosignature(journal, journal_checkpoint(journal), &w1.key, &error), ERROR_CRYPTO);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w2.key, &error), ERROR_CRYPTO);
	static const uint64_t sizes[] = {0, 299, 300, 301};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CHECK_INT(journal_keep_cosignature(journal, foreign(sizes[i], &w1), &w1.key, &error), ERROR_RECORD);
		CHECK(strstr(error.what, "another tree") && error.remedy[0]);
	}
	CHECK_INT(kept_size(journal, "witness.example/w1"), 0);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w1.key, &error), 1);
	journal_close(journal);
	disk_free(disk);
}

TEST(with_an_open_batch_a_cosignature_is_durable_when_the_batch_is)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1);
	struct journal *journal = open_with(&usual);
	struct error error;
	write_to(journal, 255);
	for (int round = 0; round < 2; round++) {
		append(journal, 2);
		uint64_t syncs = disk_counts(disk).syncs;
		CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w1.key, &error), 1);
		CHECK_INT(disk_counts(disk).syncs - syncs, 0);
		if (round == 1)
			CHECK_OK(journal_commit(journal, &error), &error);
		journal_close(journal);
		journal = open_with(&usual);
		CHECK_INT(kept_size(journal, "witness.example/w1"), round == 1 ? 255 : 0);
	}
	write_to(journal, 300); /* and the log is begun */
	uint64_t syncs = disk_counts(disk).syncs;
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w1.key, &error), 1);
	CHECK_INT(disk_counts(disk).syncs - syncs, 1);
	journal_close(journal);
	disk_free(disk);
}

TEST(cosignatures_of_64_witnesses_are_kept_and_not_of_one_more)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual);
	struct error error;
	write_to(journal, 3);
	for (uint8_t i = 0; i < JOURNAL_WITNESSES_MAX; i++) {
		struct note_signer w = witness(i);
		CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w, TIME), &w.key, &error), 1);
	}
	struct note_signer more = witness(JOURNAL_WITNESSES_MAX), there = witness(0);
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &more, TIME), &more.key, &error), ERROR_LIMIT);
	CHECK(strstr(error.what, "64 witnesses"));
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &there, TIME + 1), &there.key, &error), 1);
	journal_close(journal);
	disk_free(disk);
}

static const struct {
	const char *sql, *what;
} cosigned_changes[] = {
    {"UPDATE cosigned SET size = 299", "cosigned is not a checkpoint of this journal"},
    {"UPDATE cosigned SET note = x'00'", "cosigned is not a checkpoint of this journal"},
    {"UPDATE cosigned SET note = CAST(replace(note, 'lakeside', 'fireside') AS BLOB)", "is not a checkpoint of"},
    {"UPDATE cosigned SET note = zeroblob(1537)", "too long"},
    {"UPDATE cosigned SET witness = printf('%256s', 'w')", "too long"},
};

TEST(a_changed_row_of_a_witness_is_refused_at_opening)
{
	for (size_t i = 0; i < ARRAY_LEN(cosigned_changes); i++) {
		struct disk *disk = disk_new("disk", SEED);
		struct note_signer w1 = witness(1);
		struct journal *journal = open_with(&usual);
		struct error error;
		write_to(journal, 300);
		CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w1.key, &error), 1);
		journal_close(journal);
		check_refused(cosigned_changes[i].sql, cosigned_changes[i].what);
		disk_free(disk);
	}
}

/* A row that is ours and signed, but of another history: as after a part of the file was put back. */
TEST(a_witnesss_row_of_another_history_is_refused_at_opening)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1);
	struct journal *journal = open_with(&usual);
	char sql[4 * NOTE_COSIGNED_BYTES_MAX];
	struct buf b = BUF(sql);
	struct str note = foreign(200, &w1);
	write_to(journal, 300);
	journal_close(journal);
	BUF_LIT(&b, "INSERT INTO cosigned VALUES('w', 200, x'");
	buf_put_hex(&b, (const uint8_t *)note.at, note.len);
	buf_put(&b, "')", 3);
	check_refused(sql, "is not a checkpoint of this journal");
	disk_free(disk);
}

TEST(a_checkpoint_of_ours_is_told_from_one_of_another_history)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1);
	struct journal *journal = open_with(&usual);
	struct note_checkpoint checkpoint;
	struct error error;
	write_to(journal, 300);
	CHECK_INT(journal_has_signed(journal, journal_checkpoint(journal), &checkpoint, &error), 1);
	CHECK_INT(checkpoint.size, 300);
	CHECK_INT(journal_has_signed(journal, foreign(300, &w1), &checkpoint, &error), 0);
	CHECK_INT(journal_has_signed(journal, foreign(301, &w1), &checkpoint, &error), 0);
	CHECK_INT(checkpoint.size, 301);
	CHECK_INT(journal_has_signed(journal, STR("no note"), &checkpoint, &error), ERROR_INPUT);
	journal_close(journal);
	disk_free(disk);
}

/* Stopping */

static int see(void *context, uint64_t index, struct str found)
{
	*(uint64_t *)context += str_eq(found, body(index));
	return 0;
}

/* All entries are there, and only the first are signed. */
static void check_tail(struct journal *journal, uint64_t is_signed, uint64_t size)
{
	uint64_t right = 0;
	struct error error;
	struct note_key key = own_key();
	struct str text;
	struct note_checkpoint checkpoint = {0};
	CHECK_INT(journal_size(journal), size);
	CHECK_INT(journal_signed_size(journal), is_signed);
	CHECK_OK(journal_read(journal, 0, size, see, &right, &error), &error);
	CHECK_INT(right, size);
	CHECK_OK(note_open(journal_checkpoint(journal), &key, &text, &error), &error);
	CHECK_OK(note_checkpoint_parse(text, &checkpoint, &error), &error);
	CHECK_INT(checkpoint.size, is_signed);
}

/* Tails that begin and end at, before and behind the end of a tile, and beyond one. */
TEST(who_stopped_signing_goes_on_writing_and_never_signs_a_tail)
{
	static const uint64_t sizes[][2] = {{1, 2},	{1, 700},   {255, 256}, {255, 257}, {256, 257},
					    {257, 511}, {257, 512}, {300, 301}, {300, 900}};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct disk *disk = disk_new("disk", SEED);
		struct journal *journal = open_with(&usual);
		uint64_t is_signed = sizes[i][0], size = sizes[i][1];
		write_to(journal, is_signed);
		CHECK(journal_is_signing(journal));
		journal_stop_signing(journal);
		CHECK(!journal_is_signing(journal));
		write_to(journal, size);
		check_tail(journal, is_signed, size);
		journal_close(journal);
		for (int more = 0; more < 2; more++) {
			journal = open_with(&usual);
			CHECK(!journal_is_signing(journal));
			check_tail(journal, is_signed, size + (uint64_t)more);
			write_to(journal, size + 1);
			journal_close(journal);
		}
		disk_free(disk);
	}
}

TEST(of_a_tail_that_was_signed_before_entries_can_be_proven_still)
{
	struct disk *disk = disk_new("disk", SEED);
	struct note_signer w1 = witness(1);
	struct journal *journal = open_with(&usual);
	struct merkle_hash root;
	struct error error;
	struct proof proof;
	write_to(journal, 300);
	journal_stop_signing(journal);
	write_to(journal, 700);
	journal_close(journal);
	journal = open_with(&usual);
	struct proof_source source = journal_hashes(journal);
	struct merkle_hash leaf = merkle_leaf(body(299));
	journal_root(journal, root.at);
	CHECK_OK(proof_of_inclusion(&source, 299, 300, &proof, &error), &error);
	CHECK(proof_has_inclusion(&proof, 299, 300, &leaf, &root));
	CHECK_INT(journal_keep_cosignature(journal, cosigned(journal, &w1, TIME), &w1.key, &error), 1);
	journal_close(journal);
	disk_free(disk);
}

/* As when the newest checkpoint was put back to an older one: what is signed elsewhere is told, not believed. */
TEST(a_checkpoint_for_a_part_of_the_tail_is_of_another_history)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal_options more = usual;
	more.path = "more.db";
	struct journal *journal = open_with(&usual), *signing = open_with(&more);
	struct note_checkpoint checkpoint;
	struct error error;
	write_to(journal, 300);
	journal_stop_signing(journal);
	write_to(journal, 700);
	write_to(signing, 500);
	CHECK_INT(journal_has_signed(journal, journal_checkpoint(signing), &checkpoint, &error), 0);
	CHECK_INT(checkpoint.size, 500);
	CHECK_INT(journal_has_signed(signing, journal_checkpoint(journal), &checkpoint, &error), 1);
	journal_close(signing);
	journal_close(journal);
	disk_free(disk);
}

static const struct {
	const char *sql, *what;
} tail_changes[] = {
    {"UPDATE entry SET body = x'00' WHERE seq = 299", "entry 299 is not the one that was signed"},
    {"UPDATE entry SET body = x'00' WHERE seq = 300", "tile (0, 1) is not that of its entries"},
    {"UPDATE entry SET body = x'00' WHERE seq = 699", "tile (0, 2) is not that of its entries"},
    {"DELETE FROM entry WHERE seq = 650", "entry 650 is missing"},
    {"DELETE FROM entry WHERE seq > 298", "from 0 to 298"},
    {"DELETE FROM entry WHERE seq = 699", "tile (0, 2) has not the size of 187 hashes"},
    {"DELETE FROM tile WHERE level = 0 AND number = 2", "tile (0, 2) is missing"},
    {"UPDATE tile SET hashes = CAST(substr(hashes, 1, 8191) || x'00' AS BLOB) WHERE level = 0 AND number = 1",
     "tile (0, 1) is not that of its entries"},
    {"UPDATE tile SET hashes = CAST(x'00' || substr(hashes, 2) AS BLOB) WHERE level = 0 AND number = 1",
     "the tiles' root is not the checkpoint's"},
    {"UPDATE tile SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE level = 1",
     "tile (1, 0) is not that of its entries"},
};

TEST(a_changed_tail_is_refused_with_the_place)
{
	for (size_t i = 0; i < ARRAY_LEN(tail_changes); i++) {
		struct disk *disk = disk_new("disk", SEED);
		struct journal *journal = open_with(&usual);
		struct error error = {0};
		uint64_t right = 0;
		write_to(journal, 300);
		journal_stop_signing(journal);
		write_to(journal, 700);
		journal_close(journal);
		change(tail_changes[i].sql);
		int failed = journal_open(&journal, &usual, &error);
		if (failed == 0) {
			failed = journal_read(journal, 0, journal_size(journal), see, &right, &error);
			journal_close(journal);
		}
		if (failed != ERROR_RECORD || !strstr(error.what, tail_changes[i].what))
			test_fail(__FILE__, __LINE__, "%s: %d %s", tail_changes[i].sql, failed, error.what);
		test_count(true);
		disk_free(disk);
	}
}

/* Copies */

static const struct note_key *copied_key(void)
{
	static struct note_key key;
	key = own_key();
	return &key;
}

static struct journal *open_copy(void)
{
	struct journal_options options = {.path = "copy.db", .vfs = "disk", .key = copied_key()};
	return open_with(&options);
}

static int copy_entry(void *context, uint64_t index, struct str found)
{
	(void)index;
	return journal_append(context, found, NULL);
}

static void copy_to(struct journal *original, struct journal *copy, uint64_t size)
{
	struct error error;
	while (journal_size(copy) < size) {
		uint64_t from = journal_size(copy), left = size - from;
		CHECK_OK(journal_read(original, from, left < 70 ? left : 70, copy_entry, copy, &error), &error);
		CHECK_OK(journal_commit(copy, &error), &error);
	}
}

TEST(a_copy_takes_entries_in_pieces_and_the_checkpoint_as_it_stands)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *original = open_with(&usual), *copy = open_copy();
	struct error error;
	write_to(original, 300);
	for (uint64_t size = 300; size < 1000; size += 300) {
		copy_to(original, copy, size - 100);
		journal_close(copy); /* cut short: the next one goes on */
		copy = open_copy();
		CHECK_INT(journal_size(copy), size - 100);
		copy_to(original, copy, size);
		CHECK_OK(journal_adopt(copy, journal_checkpoint(original), &error), &error);
		CHECK_STR(journal_checkpoint(copy), journal_checkpoint(original));
		check_tail(copy, size, size);
		write_to(original, size + 300);
	}
	journal_close(copy);
	copy = open_copy();
	CHECK(!journal_is_signing(copy));
	check_tail(copy, 900, 900);
	journal_close(copy);
	journal_close(original);
	disk_free(disk);
}

TEST(a_copy_takes_only_its_originals_checkpoint_for_exactly_what_it_has)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *original = open_with(&usual), *copy = open_copy();
	struct note_signer w1 = witness(1);
	struct error error;
	write_to(original, 300);
	copy_to(original, copy, 299);
	CHECK_INT(journal_adopt(copy, journal_checkpoint(original), &error), ERROR_RECORD);
	CHECK_INT(journal_adopt(copy, foreign(299, &w1), &error), ERROR_RECORD);
	CHECK(strstr(error.what, "of another tree"));
	CHECK_INT(journal_adopt(copy, STR("no note"), &error), ERROR_INPUT);
	copy_to(original, copy, 300);
	CHECK_OK(journal_adopt(copy, journal_checkpoint(original), &error), &error);
	journal_close(copy);
	journal_close(original);
	disk_free(disk);
}

TEST(a_copy_keeps_cosigned_checkpoints_as_the_original_gives_them)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *original = open_with(&usual), *copy = open_copy();
	struct note_signer w1 = witness(1);
	struct journal_cosigned row = {0}, kept = {0};
	struct error error;
	write_to(original, 300);
	CHECK_INT(journal_keep_cosignature(original, cosigned(original, &w1, TIME), &w1.key, &error), 1);
	CHECK_INT(journal_next_cosigned(original, (struct str){0}, &row, &error), 1);
	CHECK_INT(journal_keep_cosigned(copy, row.witness, row.note, &error), ERROR_RECORD); /* not that far yet */
	copy_to(original, copy, 300);
	CHECK_OK(journal_adopt(copy, journal_checkpoint(original), &error), &error);
	CHECK_INT(journal_keep_cosigned(copy, row.witness, row.note, &error), 1);
	CHECK_INT(journal_keep_cosigned(copy, (struct str){0}, row.note, &error), ERROR_INPUT);
	CHECK_INT(journal_next_cosigned(copy, (struct str){0}, &kept, &error), 1);
	CHECK_STR(kept.note, row.note);
	journal_close(copy);
	journal_close(original);
	disk_free(disk);
}
