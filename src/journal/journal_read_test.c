/* journal_read_test.c: long readings, that another process helps with, hand out what short ones do, and tell the same mistakes. */
#include "base/test.h"
#include "journal/journal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LONG = 16384, /* from so many entries on another process helps */
	ENTRIES = LONG + 1000,
	BATCH = 256,
};

static const uint8_t seed[JOURNAL_SEED_BYTES] = {1};
static char path[] = "/tmp/chancery-read-XXXXXX";

static struct str body(uint64_t i)
{
	static char memory[256];
	int n = snprintf(memory, sizeof memory, "entry %08llu ", (unsigned long long)i);
	size_t len = (size_t)n + i % 200;
	memset(memory + n, 'a' + (int)(i % 26), len - (size_t)n);
	return (struct str){memory, len};
}

static struct journal *open_journal(void)
{
	struct journal_options options = {.path = path, .origin = STR("chancery/Test"), .seed = seed};
	struct journal *journal = NULL;
	struct error error;
	CHECK_OK(journal_open(&journal, &options, &error), &error);
	ASSERT(journal);
	return journal;
}

static struct journal *make(void)
{
	struct error error;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	close(mkstemp(path));
	unlink(path);
	struct journal *journal = open_journal();
	for (uint64_t i = 0; i < ENTRIES; i++) {
		CHECK_OK(journal_append(journal, body(i), &error), &error);
		if (i % BATCH == BATCH - 1 || i == ENTRIES - 1)
			CHECK_OK(journal_commit(journal, &error), &error);
	}
	return journal;
}

static void end(struct journal *journal)
{
	char log[sizeof path + 8];
	journal_close(journal);
	snprintf(log, sizeof log, "%s-wal", path);
	unlink(log);
	unlink(path);
}

/* What was written, changed behind the journal's back. */
static struct journal *change(struct journal *journal, const char *sql)
{
	sqlite3 *db;
	journal_close(journal);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	return open_journal();
}

struct seen {
	uint64_t next, right, helped, stop_at;
};

/* The length, so that the reader can tell that it was this entry that was looked at. */
static const void *prepare(struct str entry, struct arena *arena)
{
	size_t *len = ARENA_TAKE(arena, size_t, 1);
	*len = entry.len;
	return len;
}

static int see(void *context, uint64_t index, struct str found, const void *prepared)
{
	struct seen *seen = context;
	if (index == seen->stop_at)
		return 7;
	seen->right += index == seen->next && str_eq(found, body(index));
	seen->helped += prepared && *(const size_t *)prepared == found.len;
	seen->next = index + 1;
	return 0;
}

static int read_all(struct journal *journal, uint64_t from, uint64_t count, struct seen *seen, struct error *error)
{
	struct journal_reader reader = {prepare, see, seen};
	seen->next = from;
	return journal_read_with(journal, from, count, &reader, error);
}

TEST(a_long_reading_hands_out_every_entry_in_order_and_prepared)
{
	static const struct {
		uint64_t from, count;
		bool helped;
	} rows[] = {{0, ENTRIES, true}, {500, LONG, true}, {500, LONG - 1, false}, {ENTRIES, 0, false}};
	struct journal *journal = make();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen = {.stop_at = UINT64_MAX};
		struct error error;
		CHECK_OK(read_all(journal, rows[i].from, rows[i].count, &seen, &error), &error);
		CHECK_INT(seen.right, rows[i].count);
		CHECK_INT(seen.helped, rows[i].helped ? rows[i].count : 0);
	}
	end(journal);
}

TEST(who_reads_may_stop_at_any_entry_and_read_again)
{
	static const uint64_t stops[] = {0, 1, 4095, 4096, 4097, LONG, ENTRIES - 1};
	struct journal *journal = make();
	for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
		struct seen seen = {.stop_at = stops[i]};
		struct error error;
		CHECK_INT(read_all(journal, 0, ENTRIES, &seen, &error), 7);
		CHECK_INT(seen.right, stops[i]);
	}
	end(journal);
}

TEST(a_mistake_is_told_behind_all_entries_before_it)
{
	static const struct {
		const char *sql;
		uint64_t right;
		const char *what;
	} rows[] = {
	    {"UPDATE entry SET body = CAST('other' AS BLOB) WHERE seq = 16999", 16999,
	     "entry 16999 is not the one that was signed"},
	    {"DELETE FROM entry WHERE seq = 9000", 9000, "entry 9000 is missing"},
	    {"UPDATE entry SET body = CAST('other' AS BLOB) WHERE seq = 0", 0,
	     "entry 0 is not the one that was signed"},
	};
	struct journal *journal = make();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen = {.stop_at = UINT64_MAX};
		struct error error;
		journal = change(journal, rows[i].sql);
		CHECK_INT(read_all(journal, 0, ENTRIES, &seen, &error), ERROR_RECORD);
		CHECK_INT(seen.right, rows[i].right);
		CHECK_STR(str_of(error.what), str_of(rows[i].what));
	}
	end(journal);
}
