#include "base/buf.h"
#include "base/test.h"
#include "journal/journal.h"
#include "journal/merkle_naive.h"
#include "journal/note.h"
#include "sim/disk.h"

#include <sqlite3.h>
#include <unistd.h>

#define ORIGIN "chancery/lakeside"

enum { SEED = 7 };

static const uint8_t key_seed[JOURNAL_SEED_BYTES] = {1, 2, 3}, other_seed[JOURNAL_SEED_BYTES] = {9};

static const struct journal_options usual = {
    .path = "journal.db",
    .vfs = "disk",
    .origin = {ORIGIN, sizeof ORIGIN - 1},
    .seed = key_seed,
};

/* Entry i has from 10 to about 900 bytes. */
static struct str body(uint64_t i)
{
	static char memory[1024];
	int n = snprintf(memory, sizeof memory, "entry %08llu ", (unsigned long long)i);
	size_t len = (size_t)n + i * 37 % 900;
	memset(memory + n, 'a' + (int)(i % 26), len - (size_t)n);
	return (struct str){memory, len};
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

static void commit(struct journal *journal)
{
	struct error error;
	CHECK_OK(journal_commit(journal, &error), &error);
}

/* A closed journal of n entries on the disk, committed in batches of at most 100. */
static void write_journal(uint64_t n)
{
	struct journal *journal = open_with(&usual);
	while (journal_size(journal) < n) {
		uint64_t left = n - journal_size(journal);
		append(journal, left < 100 ? left : 100);
		commit(journal);
	}
	journal_close(journal);
}

/* Counts the entries that are as they were written, and the index that is next. */
struct seen {
	uint64_t next, right;
};

static int see(void *context, uint64_t index, struct str found)
{
	struct seen *seen = context;
	seen->right += index == seen->next && str_eq(found, body(index));
	seen->next = index + 1;
	return 0;
}

static void check_range(struct journal *journal, uint64_t from, uint64_t count)
{
	struct seen seen = {.next = from};
	struct error error;
	CHECK_OK(journal_read(journal, from, count, see, &seen, &error), &error);
	CHECK_INT(seen.right, count);
}

static struct merkle_hash naive_root(uint64_t n)
{
	static struct merkle_hash leaves[1000];
	ASSERT(n <= ARRAY_LEN(leaves));
	for (uint64_t i = 0; i < n; i++)
		leaves[i] = merkle_naive_leaf(body(i));
	return merkle_naive_root(leaves, n);
}

/* The checkpoint is of these entries, their root is right, and our key signed it. */
static void check_checkpoint(const struct journal *journal, uint64_t size)
{
	struct note_signer signer;
	struct note_checkpoint checkpoint = {0};
	struct merkle_hash root = naive_root(size), said;
	struct str text;
	struct error error;
	CHECK_OK(note_signer_init(&signer, usual.origin, usual.seed, &error), &error);
	CHECK_OK(note_open(journal_checkpoint(journal), &signer.key, &text, &error), &error);
	CHECK_OK(note_checkpoint_parse(text, &checkpoint, &error), &error);
	CHECK_STR(checkpoint.origin, usual.origin);
	CHECK_INT(checkpoint.size, size);
	CHECK(merkle_eq(&checkpoint.root, &root));
	journal_root(journal, said.at);
	CHECK(merkle_eq(&said, &root));
}

/* Writing and reading */

TEST(an_empty_journal_has_no_checkpoint)
{
	struct disk *disk = disk_new("disk", SEED);
	for (int open = 0; open < 2; open++) {
		struct journal *journal = open_with(&usual);
		struct merkle_hash root, empty = merkle_empty();
		CHECK_INT(journal_size(journal), 0);
		CHECK_INT(journal_checkpoint(journal).len, 0);
		journal_root(journal, root.at);
		CHECK(merkle_eq(&root, &empty));
		check_range(journal, 0, 0);
		journal_close(journal);
	}
	disk_free(disk);
}

TEST(what_was_committed_is_read_back_after_opening_anew)
{
	static const uint64_t batches[] = {1, 2, 252, 1, 1, 256, 255, 10}; /* sizes 1 3 255 256 257 513 768 778 */
	struct disk *disk = disk_new("disk", SEED);
	uint64_t size = 0;
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		struct journal *journal = open_with(&usual);
		append(journal, batches[i]);
		CHECK_INT(journal_size(journal), size);
		commit(journal);
		size += batches[i];
		CHECK_INT(journal_size(journal), size);
		check_range(journal, 0, size);
		check_checkpoint(journal, size);
		journal_close(journal);
		journal = open_with(&usual);
		CHECK_INT(journal_size(journal), size);
		check_range(journal, 0, size);
		check_checkpoint(journal, size);
		journal_close(journal);
	}
	disk_free(disk);
}

TEST(any_range_can_be_read)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(600);
	struct journal *journal = open_with(&usual);
	for (uint64_t from = 0; from <= 600; from += 60)
		for (uint64_t count = 0; count <= 600 - from; count += 57)
			check_range(journal, from, count);
	journal_close(journal);
	disk_free(disk);
}

TEST(an_open_batch_is_not_read_and_not_signed)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(250);
	struct journal *journal = open_with(&usual);
	append(journal, 300);
	CHECK_INT(journal_size(journal), 250);
	check_range(journal, 0, 250);
	check_checkpoint(journal, 250);
	commit(journal);
	check_range(journal, 0, 550);
	check_checkpoint(journal, 550);
	journal_close(journal);
	disk_free(disk);
}

TEST(what_was_not_committed_is_forgotten)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(250);
	struct journal *journal = open_with(&usual);
	append(journal, 300);
	journal_close(journal);
	journal = open_with(&usual);
	check_range(journal, 0, 250);
	check_checkpoint(journal, 250);
	journal_close(journal);
	disk_free(disk);
}

static int keep_body(void *context, uint64_t index, struct str found)
{
	(void)index;
	buf_put_str(context, found);
	return 0;
}

TEST(an_entry_has_0_to_65535_bytes_of_any_kind)
{
	static uint8_t bytes[JOURNAL_BODY_BYTES_MAX], found[JOURNAL_BODY_BYTES_MAX];
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual);
	struct error error;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 >> 3);
	CHECK_OK(journal_append(journal, (struct str){(char *)bytes, sizeof bytes}, &error), &error);
	CHECK_OK(journal_append(journal, (struct str){0}, &error), &error);
	commit(journal);
	struct buf b = BUF(found);
	CHECK_OK(journal_read(journal, 0, 2, keep_body, &b, &error), &error);
	CHECK(!b.over && b.len == sizeof bytes && memcmp(found, bytes, sizeof bytes) == 0);
	journal_close(journal);
	disk_free(disk);
}

static int stop_at_5(void *context, uint64_t index, struct str found)
{
	(void)found;
	*(uint64_t *)context = index;
	return index == 5 ? 42 : 0;
}

TEST(the_reader_may_stop_early)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(10);
	struct journal *journal = open_with(&usual);
	uint64_t last = 0;
	CHECK_INT(journal_read(journal, 0, 10, stop_at_5, &last, NULL), 42);
	CHECK_INT(last, 5);
	append(journal, 1);
	commit(journal);
	journal_close(journal);
	disk_free(disk);
}

TEST(a_batch_costs_one_sync_and_an_empty_one_nothing)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual);
	append(journal, 1);
	commit(journal);
	uint64_t before = disk_counts(disk).syncs;
	append(journal, 100);
	commit(journal);
	CHECK_INT(disk_counts(disk).syncs - before, 1);
	uint64_t steps = disk_counts(disk).steps;
	commit(journal);
	CHECK_INT(disk_counts(disk).steps - steps, 0);
	journal_close(journal);
	disk_free(disk);
}

TEST(the_log_does_not_grow_with_the_journal)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual);
	uint64_t before = disk_counts(disk).syncs;
	for (int i = 0; i < 40; i++) {
		append(journal, 100);
		commit(journal);
	}
	CHECK(disk_counts(disk).syncs - before > 40 + 2);
	journal_close(journal);
	disk_free(disk);
}

TEST(entries_and_growth_can_be_proven_from_the_journals_hashes)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(600);
	struct journal *journal = open_with(&usual);
	struct proof_source source = journal_hashes(journal);
	struct merkle_hash root = naive_root(600);
	struct error error;
	struct proof proof;
	for (uint64_t i = 0; i < 600; i += 59) {
		struct merkle_hash leaf = merkle_leaf(body(i)), old = naive_root(i + 1), found;
		CHECK_OK(proof_of_inclusion(&source, i, 600, &proof, &error), &error);
		CHECK(proof_has_inclusion(&proof, i, 600, &leaf, &root));
		CHECK_OK(proof_of_consistency(&source, i + 1, 600, &proof, &error), &error);
		CHECK(proof_has_consistency(&proof, i + 1, 600, &old, &root));
		CHECK_OK(proof_root(&source, i + 1, &found, &error), &error);
		CHECK(merkle_eq(&found, &old));
	}
	journal_close(journal);
	disk_free(disk);
}

/* Several levels of tiles: read back through tiles whose root lies in a full tile of level 1. */
TEST(a_journal_of_seventy_thousand_entries_reads_back)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual);
	struct error error;
	int failed = 0;
	for (uint64_t i = 0; i < 70000 && failed == 0; i++) {
		struct str small = body(i);
		small.len = 14;
		failed = journal_append(journal, small, &error);
		if (failed == 0 && i % 5000 == 4999)
			failed = journal_commit(journal, &error);
	}
	CHECK_OK(failed, &error);
	commit(journal);
	journal_close(journal);
	journal = open_with(&usual);
	uint64_t last = 0;
	CHECK_INT(journal_read(journal, 4, 4, stop_at_5, &last, &error), 42);
	struct proof proof;
	struct proof_source source = journal_hashes(journal);
	struct str small = body(65536);
	small.len = 14;
	struct merkle_hash root, leaf = merkle_leaf(small);
	journal_root(journal, root.at);
	CHECK_OK(proof_of_inclusion(&source, 65536, 70000, &proof, &error), &error);
	CHECK(proof_has_inclusion(&proof, 65536, 70000, &leaf, &root));
	journal_close(journal);
	disk_free(disk);
}

TEST(the_systems_disk_serves_as_well)
{
	char directory[] = "/tmp/journal_test.XXXXXX", path[64], log[80];
	ASSERT(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/journal.db", directory);
	snprintf(log, sizeof log, "%s-wal", path);
	struct journal_options options = usual;
	options.path = path;
	options.vfs = NULL;
	for (uint64_t size = 0; size < 600; size += 200) {
		struct journal *journal = open_with(&options);
		check_range(journal, 0, size);
		append(journal, 200);
		commit(journal);
		CHECK(access(log, F_OK) == 0);
		journal_close(journal);
		CHECK(access(log, F_OK) != 0);
	}
	unlink(path);
	CHECK_INT(rmdir(directory), 0);
}

/* Failures */

TEST(a_second_open_is_refused)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal *journal = open_with(&usual), *second = NULL;
	struct error error;
	append(journal, 1);
	commit(journal);
	CHECK_INT(journal_open(&second, &usual, &error), ERROR_LIMIT);
	CHECK(!second && strstr(error.what, "another process"));
	append(journal, 1);
	commit(journal);
	journal_close(journal);
	disk_free(disk);
}

/* After an error nothing more is written, whatever is called. */
static void check_broken(struct disk *disk, struct journal *journal)
{
	uint64_t steps = disk_counts(disk).steps;
	struct seen seen = {0};
	struct error error;
	struct merkle_hash hash;
	struct proof_source source = journal_hashes(journal);
	CHECK_INT(journal_commit(journal, &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "earlier write failed"));
	CHECK_INT(journal_append(journal, body(0), &error), ERROR_SYSTEM);
	CHECK_INT(journal_read(journal, 0, 1, see, &seen, &error), ERROR_SYSTEM);
	CHECK_INT(source.hashes(source.context, 0, 0, 1, &hash, &error), ERROR_SYSTEM);
	journal_close(journal);
	CHECK_INT(disk_counts(disk).steps - steps, 0);
}

TEST(a_failed_sync_is_final_and_never_tried_again)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(50);
	struct journal *journal = open_with(&usual);
	struct error error;
	append(journal, 10);
	disk_fail_sync(disk, 1);
	CHECK_INT(journal_commit(journal, &error), ERROR_SYSTEM);
	CHECK(error.where[0] && error.remedy[0]);
	CHECK_INT(journal_size(journal), 50);
	check_checkpoint(journal, 50);
	check_broken(disk, journal);
	disk_crash(disk, SEED);
	disk_restart(disk);
	journal = open_with(&usual);
	check_range(journal, 0, 50);
	journal_close(journal);
	disk_free(disk);
}

/* The batch is durable then, but nobody knows what of the log is in the database. */
TEST(a_failed_sync_while_the_log_is_moved_is_final_too)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal_options options = usual;
	struct error error;
	options.log_pages = 1;
	write_journal(50);
	struct journal *journal = open_with(&options);
	append(journal, 10);
	disk_fail_sync(disk, 3);
	CHECK_INT(journal_commit(journal, &error), ERROR_SYSTEM);
	CHECK(strstr(error.what, "write-ahead log"));
	check_broken(disk, journal);
	disk_crash(disk, SEED);
	disk_restart(disk);
	journal = open_with(&usual);
	check_range(journal, 0, 60);
	journal_close(journal);
	disk_free(disk);
}

TEST(a_full_disk_is_final_too)
{
	struct disk *disk = disk_new("disk", SEED);
	write_journal(50);
	struct journal *journal = open_with(&usual);
	struct error error;
	append(journal, 100);
	disk_bound(disk, 1);
	CHECK_INT(journal_commit(journal, &error), ERROR_SYSTEM);
	CHECK(strstr(error.remedy, "Make space"));
	check_broken(disk, journal);
	disk_bound(disk, 0);
	journal = open_with(&usual);
	CHECK_INT(journal_size(journal), 50);
	append(journal, 100);
	commit(journal);
	check_range(journal, 0, 150);
	journal_close(journal);
	disk_free(disk);
}

/* What a changed journal answers. `size` entries are written and the SQL is run; then the journal is opened
 * and all of it read. */
static const struct {
	const char *sql, *what;
	enum error_code code;
} changes[] = {
    /* entries */
    {"UPDATE entry SET body = x'00' WHERE seq = 5", "entry 5 is not the one that was signed", ERROR_RECORD},
    {"UPDATE entry SET body = x'00' WHERE seq = 599", "entry 599 is not the one that was signed", ERROR_RECORD},
    {"UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 6) WHERE seq = 5", "entry 5 is not", ERROR_RECORD},
    {"DELETE FROM entry WHERE seq = 300", "entry 300 is missing", ERROR_RECORD},
    {"DELETE FROM entry WHERE seq = 0", "from 1 to 599", ERROR_RECORD},
    {"DELETE FROM entry WHERE seq = 599", "from 0 to 598", ERROR_RECORD},
    {"DELETE FROM entry", "there is none", ERROR_RECORD},
    {"INSERT INTO entry SELECT 600, body FROM entry WHERE seq = 0", "tile (0, 2) has not the size of 89 hashes",
     ERROR_RECORD},
    {"INSERT INTO entry SELECT -1, body FROM entry WHERE seq = 0", "but they run from", ERROR_RECORD},
    /* tiles */
    {"UPDATE tile SET hashes = CAST(x'00' || substr(hashes, 2) AS BLOB) WHERE level = 0 AND number = 0",
     "tile (0, 0) is not the one that was signed", ERROR_RECORD},
    {"UPDATE tile SET hashes = CAST(substr(hashes, 1, 8191) || x'00' AS BLOB) WHERE level = 0 AND number = 1",
     "tile (0, 1) is not the one that was signed", ERROR_RECORD},
    {"UPDATE tile SET hashes = CAST(x'00' || substr(hashes, 2) AS BLOB) WHERE level = 0 AND number = 2",
     "the tiles' root is not the checkpoint's", ERROR_RECORD},
    {"UPDATE tile SET hashes = CAST(x'00' || substr(hashes, 2) AS BLOB) WHERE level = 1",
     "the tiles' root is not the checkpoint's", ERROR_RECORD},
    {"UPDATE tile SET hashes = CAST(substr(hashes, 33) AS BLOB) WHERE level = 0 AND number = 1",
     "tile (0, 1) has not the size of 256 hashes", ERROR_RECORD},
    {"UPDATE tile SET hashes = CAST(hashes || x'00' AS BLOB) WHERE level = 0 AND number = 2",
     "tile (0, 2) has not the size of 88 hashes", ERROR_RECORD},
    {"DELETE FROM tile WHERE level = 0 AND number = 1", "tile (0, 1) is missing", ERROR_RECORD},
    {"DELETE FROM tile WHERE level = 1", "tile (1, 0) is missing", ERROR_RECORD},
    /* an entry and its hash changed alike: SHA-256(0x00 || "x") stands for entry 0 */
    {"UPDATE entry SET body = x'78' WHERE seq = 0;"
     "UPDATE tile SET hashes = CAST(x'3c7e9bc930dc93f01fa69985ef242d9f9e861f3c5355aa24ce5ef4b4b8a70ccb' || "
     "substr(hashes, 33) AS BLOB) WHERE level = 0 AND number = 0",
     "tile (0, 0) is not the one that was signed", ERROR_RECORD},
    /* the checkpoint */
    {"DELETE FROM checkpoint", "the checkpoint is for 0 entries", ERROR_RECORD},
    {"UPDATE checkpoint SET size = 599", "its text for 600", ERROR_RECORD},
    {"INSERT INTO checkpoint SELECT 1, note FROM checkpoint", "there are 2 checkpoints", ERROR_RECORD},
    {"UPDATE checkpoint SET note = CAST('x' || note AS BLOB)", "the signature of chancery/lakeside is wrong",
     ERROR_CRYPTO},
    {"UPDATE checkpoint SET note = x'00'", "not a signed note", ERROR_RECORD},
    {"UPDATE checkpoint SET note = zeroblob(65536)", "longer than 65535 bytes", ERROR_RECORD},
    /* the database */
    {"PRAGMA user_version = 1", "the journal is of format 1, which no release wrote", ERROR_RECORD},
    {"PRAGMA user_version = 3", "the journal is of format 3, this program knows format 2", ERROR_RECORD},
    {"PRAGMA user_version = 0", "not a journal of Chancery", ERROR_RECORD},
    {"PRAGMA application_id = 7", "not a journal of Chancery", ERROR_RECORD},
    {"CREATE TABLE more(x)", "the tables are not those of format 2", ERROR_RECORD},
    {"CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END", "the tables are not those", ERROR_RECORD},
    {"DROP TABLE tile", "the tables are not those", ERROR_RECORD},
    {"DROP TABLE cosigned", "the tables are not those", ERROR_RECORD},
    {"ALTER TABLE entry RENAME COLUMN body TO text", "the tables are not those", ERROR_RECORD},
};

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

static int open_and_read(const struct journal_options *options, struct error *error)
{
	struct journal *journal;
	struct seen seen = {0};
	int failed = journal_open(&journal, options, error);
	if (failed < 0)
		return failed;
	failed = journal_read(journal, 0, journal_size(journal), see, &seen, error);
	journal_close(journal);
	return failed;
}

TEST(a_changed_journal_is_refused_with_the_place_and_not_touched)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct disk *disk = disk_new("disk", SEED);
		struct error error = {0};
		write_journal(600);
		change(changes[i].sql);
		uint64_t writes = disk_counts(disk).writes;
		int code = open_and_read(&usual, &error);
		if (code != changes[i].code || !strstr(error.what, changes[i].what))
			test_fail(__FILE__, __LINE__, "%s: %d %s", changes[i].sql, code, error.what);
		CHECK_STR(str_of(error.where), str_of(usual.path));
		CHECK(error.remedy[0]);
		CHECK_INT(disk_counts(disk).writes - writes, 0);
		disk_free(disk);
	}
}

TEST(another_key_or_origin_does_not_open_the_journal)
{
	struct disk *disk = disk_new("disk", SEED);
	struct journal_options other_key = usual, other_origin = usual;
	struct error error;
	other_key.seed = other_seed;
	other_origin.origin = STR("chancery/harbour");
	write_journal(3);
	CHECK_INT(open_and_read(&other_key, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "not signed by chancery/lakeside") && strstr(error.remedy, "keys"));
	CHECK_INT(open_and_read(&other_origin, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "not signed by chancery/harbour"));
	other_origin.origin = STR("two words");
	CHECK_INT(open_and_read(&other_origin, &error), ERROR_INPUT);
	CHECK_INT(open_and_read(&usual, &error), 0);
	disk_free(disk);
}

TEST(a_path_that_cannot_be_opened_is_an_error)
{
	struct journal_options options = usual;
	struct error error;
	options.vfs = NULL;
	options.path = "/tmp/no/such/directory/journal.db";
	CHECK_INT(open_and_read(&options, &error), ERROR_SYSTEM);
	CHECK_STR(str_of(error.where), str_of(options.path));
	options.path = "/dev/null";
	CHECK(open_and_read(&options, &error) < 0);
}
