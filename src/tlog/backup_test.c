/* backup_test.c: export and backup of a journal: the same bytes, continued, whatever moment they are cut short at, and
 * from a source that lies nothing is published. */
#include "base/test.h"
#include "tlog/backup.h"
#include "tlog/tile_dir.h"

#include <ftw.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIME_S = 1700000000 };

static const uint8_t seed[JOURNAL_SEED_BYTES] = {4};
static char directory[64];
static struct note_key key;

static const char *in(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

static struct journal *open_original(void)
{
	struct journal_options options = {.path = in("journal.db"), .origin = STR("chancery/lakeside"), .seed = seed};
	struct journal *journal = NULL;
	struct error error;
	CHECK_OK(journal_open(&journal, &options, &error), &error);
	ASSERT(journal);
	return journal;
}

static struct note_signer witness(uint8_t number)
{
	uint8_t own[NOTE_SEED_BYTES] = {number};
	char name[8] = {'w', (char)('0' + number)};
	struct note_signer made;
	int failed = note_witness_init(&made, str_of(name), own, NULL);
	ASSERT(failed == 0);
	return made;
}

static void write_to(uint64_t size)
{
	struct journal *journal = open_original();
	struct error error;
	for (uint64_t i = journal_size(journal); i < size; i++) {
		char body[64];
		int n = snprintf(body, sizeof body, "{\"index\":%llu}", (unsigned long long)i);
		CHECK_OK(journal_append(journal, (struct str){body, (size_t)n}, &error), &error);
	}
	CHECK_OK(journal_commit(journal, &error), &error);
	journal_close(journal);
}

static void cosign(uint8_t number)
{
	struct journal *journal = open_original();
	struct note_signer w = witness(number);
	char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf b = BUF(bytes);
	struct str text;
	struct error error;
	CHECK_OK(note_open(journal_checkpoint(journal), &key, &text, &error), &error);
	buf_put_str(&b, journal_checkpoint(journal));
	note_cosign(&b, &w, text, TIME_S);
	CHECK_INT(journal_keep_cosignature(journal, buf_str(&b), &w.key, &error), 1);
	journal_close(journal);
}

static void begin(void)
{
	struct note_signer signer;
	snprintf(directory, sizeof directory, "/tmp/backup_test.XXXXXX");
	ASSERT(mkdtemp(directory));
	int failed = note_signer_init(&signer, STR("chancery/lakeside"), seed, NULL);
	ASSERT(failed == 0);
	key = signer.key;
}

static int drop(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void end(void)
{
	CHECK_INT(nftw(directory, drop, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static struct source open_source(void)
{
	struct source source = {0};
	struct error error;
	CHECK_OK(source_of_journal(&source, in("journal.db"), &key, &error), &error);
	ASSERT(source.verbs);
	return source;
}

static int back_up_from(struct source source, struct backup *ret_backup, struct error *error)
{
	*ret_backup = (struct backup){.source = source, .key = &key, .path = in("backup")};
	return backup_run(ret_backup, error);
}

static struct backup back_up(void)
{
	struct source source = open_source();
	struct backup backup;
	struct error error;
	CHECK_OK(back_up_from(source, &backup, &error), &error);
	source_close(source);
	return backup;
}

static int64_t count(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	char attach[256];
	snprintf(attach, sizeof attach, "ATTACH '%s' AS copy", in("backup/journal.db"));
	ASSERT(sqlite3_open(in("journal.db"), &db) == SQLITE_OK);
	ASSERT(sqlite3_exec(db, attach, NULL, NULL, NULL) == SQLITE_OK);
	ASSERT(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
	int64_t found = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return found;
}

/* As many rows, and not one of them different. */
static void check_same(void)
{
	static const char *const tables[] = {"entry", "tile", "checkpoint", "cosigned", "blob"};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		char sql[256];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM copy.%s)",
			 tables[i], tables[i]);
		CHECK_INT(count(sql), 0);
		snprintf(sql, sizeof sql, "SELECT (SELECT count(*) FROM copy.%s) - (SELECT count(*) FROM main.%s)",
			 tables[i], tables[i]);
		CHECK_INT(count(sql), 0);
	}
}

TEST(a_backup_has_the_same_rows_and_goes_on_with_the_mission)
{
	static const uint64_t sizes[] = {1, 2, 300, 300, 9000};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		write_to(sizes[i]);
		cosign((uint8_t)(i % 2));
		struct backup made = back_up();
		CHECK_INT(made.before, i > 0 ? sizes[i - 1] : 0);
		CHECK_INT(made.size, sizes[i]);
		CHECK_INT(made.cosignatures, i > 0 ? 2 : 1);
		check_same();
	}
	end();
}

static void put_file(const char *owner, const char *text)
{
	struct journal *journal = open_original();
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct error error;
	crypto_hash_sha256(hash, (const uint8_t *)text, strlen(text));
	struct journal_blob blob = {{(const char *)hash, sizeof hash}, str_of(owner), str_of(text)};
	CHECK_OK(journal_put_blob(journal, &blob, &error), &error);
	journal_close(journal);
}

static void drop_files(const char *owner)
{
	struct journal *journal = open_original();
	struct error error;
	CHECK_OK(journal_drop_blobs(journal, str_of(owner), &error), &error);
	journal_close(journal);
}

TEST(files_that_entries_name_come_and_go_with_the_missions)
{
	char text[32];
	begin();
	write_to(3);
	for (int i = 0; i < 150; i++) {
		snprintf(text, sizeof text, "picture %d", i);
		put_file(i % 3 == 0 ? "person:3" : "person:4", text);
	}
	CHECK_INT(back_up().blobs, 150);
	check_same();
	drop_files("person:3");
	put_file("person:5", "one more");
	CHECK_INT(back_up().blobs, 101);
	check_same();
	drop_files("person:4");
	drop_files("person:5");
	CHECK_INT(back_up().blobs, 0);
	check_same();
	end();
}

TEST(a_backup_that_is_killed_at_any_moment_is_completed_by_the_next)
{
	begin();
	for (uint64_t round = 1; round <= 15; round++) {
		write_to(round * 6000);
		fflush(stdout);
		pid_t child = fork();
		ASSERT(child >= 0);
		if (child == 0) {
			back_up();
			_exit(0);
		}
		usleep((useconds_t)(round * 2000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		if (round % 3 == 0) {
			back_up();
			check_same();
		}
	}
	end();
}

/* A source that stands before the journal's and changes what it gives. */

struct liar {
	struct source source;
	uint64_t changed, ends; /* this entry is another one; behind that one nothing comes */
	journal_entry_fn *entry;
	void *entry_context;
	struct error *error;
	struct str note; /* instead of the checkpoint, with: */
	uint64_t size;
};

static int lie_checkpoint(void *context, struct buf *note, uint64_t *ret_size, struct error *error)
{
	struct liar *liar = context;
	if (liar->note.len == 0)
		return source_checkpoint(liar->source, note, ret_size, error);
	buf_put_str(note, liar->note);
	*ret_size = liar->size;
	return 0;
}

static int lie_entry(void *context, uint64_t index, struct str body)
{
	struct liar *liar = context;
	if (index == liar->ends)
		return error_set(liar->error, ERROR_GONE, "the core went away");
	return liar->entry(liar->entry_context, index, index == liar->changed ? STR("{\"index\":-1}") : body);
}

static int lie_entries(void *context, uint64_t from, uint64_t to, journal_entry_fn *entry, void *entry_context,
		       struct error *error)
{
	struct liar *liar = context;
	liar->entry = entry;
	liar->entry_context = entry_context;
	liar->error = error;
	return source_entries(liar->source, from, to, lie_entry, liar, error);
}

static int lie_cosigned(void *context, source_cosigned_fn *cosigned, void *cosigned_context, struct error *error)
{
	struct liar *liar = context;
	return source_cosigned(liar->source, cosigned, cosigned_context, error);
}

static int lie_next_blob(void *context, struct str after, struct journal_blob_name *ret_name, struct error *error)
{
	const struct liar *liar = context;
	return source_next_blob(liar->source, after, ret_name, error);
}

/* As long as it is, and not what its hash says. */
static int lie_blob(void *context, struct str hash, struct arena *arena, struct str *ret_data, struct error *error)
{
	const struct liar *liar = context;
	int found = source_blob(liar->source, hash, arena, ret_data, error);
	if (found > 0)
		*ret_data = STR("another file");
	return found;
}

static const struct source_verbs lies = {.checkpoint = lie_checkpoint,
					 .entries = lie_entries,
					 .cosigned = lie_cosigned,
					 .next_blob = lie_next_blob,
					 .blob = lie_blob};

static int export_from(struct source source, struct error *error)
{
	struct export_result result;
	return export_record(source, &key, in("export"), NULL, &result, error);
}

TEST(from_a_source_that_changes_an_entry_nothing_is_published)
{
	begin();
	write_to(300);
	struct liar liar = {.source = open_source(), .changed = 17, .ends = UINT64_MAX};
	struct backup backup;
	struct error error;
	CHECK_INT(back_up_from((struct source){&liar, &lies}, &backup, &error), ERROR_RECORD);
	CHECK_INT(export_from((struct source){&liar, &lies}, &error), ERROR_RECORD);
	CHECK(access(in("export/checkpoint"), F_OK) != 0);
	source_close(liar.source);
	CHECK_INT(count("SELECT count(*) FROM copy.checkpoint"), 0);
	end();
}

TEST(a_file_that_is_not_what_its_hash_says_is_not_taken)
{
	begin();
	write_to(3);
	put_file("person:3", "picture");
	struct liar liar = {.source = open_source(), .changed = UINT64_MAX, .ends = UINT64_MAX};
	struct backup backup;
	struct error error;
	CHECK_INT(back_up_from((struct source){&liar, &lies}, &backup, &error), ERROR_RECORD);
	source_close(liar.source);
	CHECK_INT(count("SELECT count(*) FROM copy.blob"), 0);
	end();
}

TEST(a_source_that_goes_away_leaves_what_the_next_run_completes)
{
	begin();
	write_to(10000);
	struct liar liar = {.source = open_source(), .changed = UINT64_MAX, .ends = 9000};
	struct source source = {&liar, &lies};
	struct backup backup;
	struct error error;
	CHECK_INT(back_up_from(source, &backup, &error), ERROR_GONE);
	CHECK_INT(export_from(source, &error), ERROR_GONE);
	liar.ends = UINT64_MAX;
	CHECK_OK(back_up_from(source, &backup, &error), &error);
	CHECK_INT(backup.before, 2 * BACKUP_BATCH_ENTRIES);
	CHECK_OK(export_from(source, &error), &error);
	source_close(liar.source);
	check_same();
	end();
}

/* The mission signs and is cosigned while its backup runs: the copy ends at the checkpoint that it began with. */
TEST(what_is_cosigned_meanwhile_waits_for_the_next_backup)
{
	static char early[NOTE_OWN_BYTES_MAX];
	struct buf note = BUF(early);
	struct error error;
	struct backup backup;
	begin();
	write_to(100);
	cosign(1);
	struct source source = open_source();
	uint64_t size;
	CHECK_OK(source_checkpoint(source, &note, &size, &error), &error);
	source_close(source);
	write_to(200);
	cosign(2);
	struct liar liar = {
	    .source = open_source(), .changed = UINT64_MAX, .ends = UINT64_MAX, .note = buf_str(&note), .size = 100};
	CHECK_OK(back_up_from((struct source){&liar, &lies}, &backup, &error), &error);
	CHECK_INT(backup.size, 100);
	CHECK_INT(backup.cosignatures, 1);
	source_close(liar.source);
	CHECK_INT(back_up().cosignatures, 2);
	check_same();
	end();
}

TEST(a_mission_that_was_put_back_does_not_overwrite_what_is_ahead_of_it)
{
	struct error error;
	struct backup backup;
	begin();
	write_to(100);
	ASSERT(rename(in("journal.db"), in("older.db")) == 0);
	write_to(200);
	back_up();
	struct source source = open_source();
	CHECK_OK(export_from(source, &error), &error);
	source_close(source);
	ASSERT(rename(in("older.db"), in("journal.db")) == 0);
	source = open_source();
	CHECK_INT(back_up_from(source, &backup, &error), ERROR_RECORD);
	CHECK(strstr(error.what, "has 200 entries") && error.remedy[0]);
	CHECK_INT(export_from(source, &error), ERROR_RECORD);
	CHECK(strstr(error.what, "knows of 100") && error.remedy[0]);
	source_close(source);
	end();
}

TEST(an_empty_mission_has_nothing_to_take_away)
{
	struct error error;
	struct backup backup;
	begin();
	journal_close(open_original());
	struct source source = open_source();
	CHECK_INT(back_up_from(source, &backup, &error), ERROR_INPUT);
	CHECK_INT(export_from(source, &error), ERROR_INPUT);
	source_close(source);
	end();
}

/* The witnesses' lines that stand under the exported checkpoint are those for just this one. */
TEST(an_exported_checkpoint_has_the_lines_of_who_cosigned_it)
{
	struct error error;
	begin();
	write_to(100);
	cosign(1);
	write_to(200);
	cosign(2);
	cosign(3);
	struct source source = open_source();
	struct export_result result;
	CHECK_OK(export_record(source, &key, in("export"), NULL, &result, &error), &error);
	CHECK_INT(result.cosignatures, 2);
	source_close(source);
	FILE *file = fopen(in("export/checkpoint"), "r");
	char bytes[4096];
	ASSERT(file);
	struct str note = {bytes, fread(bytes, 1, sizeof bytes, file)}, text;
	fclose(file);
	for (uint8_t i = 1; i <= 3; i++) {
		struct note_signer w = witness(i);
		CHECK_INT(note_open(note, &w.key, &text, &error), i == 1 ? ERROR_CRYPTO : 0);
	}
	end();
}
