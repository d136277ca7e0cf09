/* hub_index_test.c: the index by ref behind the commit: what is in it, and that it may be lost. */
#include "sim/rig.h"

#include <sqlite3.h>

enum { PAGE_BYTES = 4096 };

/* All that is in the index, as one text; the hub is closed for it. */
static struct str content(void)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	struct buf b = arena_buf(&rig.arena);
	rig_close();
	CHECK_INT(sqlite3_open_v2("index.db", &db, SQLITE_OPEN_READWRITE, "rig"), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	CHECK_INT(sqlite3_prepare_v2(db, "SELECT hex(row), entry FROM ref ORDER BY row, entry", -1, &s, NULL),
		  SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		buf_put_str(&b, str_of((const char *)sqlite3_column_text(s, 0)));
		buf_put_char(&b, ' ');
		buf_put_i64(&b, sqlite3_column_int64(s, 1));
		buf_put_char(&b, '\n');
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	struct str text = arena_keep(&rig.arena, &b);
	rig_open();
	return text;
}

static void change(const char *sql)
{
	sqlite3 *db;
	CHECK_INT(sqlite3_open_v2("index.db", &db, SQLITE_OPEN_READWRITE, "rig"), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Bytes of the file from a place on; more than it has are written behind it. */
static void overwrite(uint64_t at, size_t n)
{
	static uint8_t garbage[64 * PAGE_BYTES];
	struct error error;
	struct file file;
	memset(garbage, 0xa5, sizeof garbage);
	CHECK_OK(disk_file(rig.disk, "index.db", &file, &error), &error);
	CHECK_OK(file_write(file, at, garbage, n, &error), &error);
	CHECK_OK(file_sync(file, &error), &error);
	file_close(file);
}

static void cut(uint64_t bytes)
{
	struct error error;
	struct file file;
	CHECK_OK(disk_file(rig.disk, "index.db", &file, &error), &error);
	CHECK_OK(file_resize(file, bytes, &error), &error);
	CHECK_OK(file_sync(file, &error), &error);
	file_close(file);
}

static void furnish_more(void)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_say(ONE, SHOW("2", "3", CARD_UNKNOWN));
	rig_commit();
	rig_forget();
}

static void delete_it(void)
{
	cut(0);
}
static void fill_with_garbage(void)
{
	overwrite(0, 8 * PAGE_BYTES);
}
static void damage_its_head(void)
{
	overwrite(20, 40);
}
static void damage_what_it_holds(void)
{
	overwrite(PAGE_BYTES, 64 * PAGE_BYTES - PAGE_BYTES);
}
static void damage_all_but_the_progress(void)
{
	overwrite(3 * PAGE_BYTES, 32 * PAGE_BYTES);
}
static void cut_it_short(void)
{
	cut(PAGE_BYTES + 100);
}
static void be_something_else(void)
{
	change("PRAGMA application_id=7");
}
static void be_of_another_form(void)
{
	change("PRAGMA user_version=2; DROP TABLE ref; CREATE TABLE ref(x)");
}
static void be_of_another_record(void)
{
	change("UPDATE progress SET mark=zeroblob(16); INSERT OR IGNORE INTO ref SELECT row, 3 FROM ref");
}
static void be_ahead_of_the_record(void)
{
	change("UPDATE progress SET size=size+1; INSERT INTO ref VALUES(zeroblob(16), 5)");
}
static void have_a_mark_that_is_none(void)
{
	change("UPDATE progress SET mark=x'00'; DELETE FROM ref");
}
static void be_behind(void)
{
	change("DELETE FROM progress; DELETE FROM ref");
}

RIG_TEST(an_index_that_is_lost_damaged_or_of_something_else_is_made_anew)
{
	static const struct {
		const char *name;
		void (*spoil)(void);
	} rows[] = {{"deleted", delete_it},
		    {"garbage", fill_with_garbage},
		    {"its head", damage_its_head},
		    {"its pages", damage_what_it_holds},
		    {"its rows", damage_all_but_the_progress},
		    {"cut short", cut_it_short},
		    {"something else", be_something_else},
		    {"another form", be_of_another_form},
		    {"another record", be_of_another_record},
		    {"ahead", be_ahead_of_the_record},
		    {"no mark", have_a_mark_that_is_none},
		    {"behind", be_behind}};
	furnish_more();
	struct str before = content();
	CHECK(before.len > 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_close();
		rows[i].spoil();
		rig_open();
		rig_say(OFFICER, "{'history':{'ref':'person:1','limit':9}}");
		struct str found = rig_numbers(rig_told(OFFICER));
		if (!test_count(str_eq(found, STR("76 21 20 {'end':{}}"))))
			test_fail(__FILE__, __LINE__, "%s: " STR_FMT, rows[i].name, STR_ARG(found));
		CHECK(str_eq(content(), before));
	}
}

/* The same entries are in it whether they came one by one, in batches, or long afterwards. */
RIG_TEST(what_is_in_it_does_not_depend_on_when_it_was_filled)
{
	struct error error;
	furnish_more();
	struct str before = content();
	rig_close();
	delete_it();
	rig_open();
	for (int i = 0; i < 3; i++)
		CHECK_INT(hub_commit(rig.hub, &error), 1);
	rig_reopen(); /* in between */
	rig_commit();
	CHECK(str_eq(content(), before));
}

RIG_TEST(an_entry_that_mentions_a_row_twice_is_found_once_and_pages_are_newest_first)
{
	enum { ENTRIES = 300 };
	for (int i = 1; i <= ENTRIES; i++) {
		char line[256];
		snprintf(line, sizeof line, TAMPER("%d", "1", "%s"), i, i % 2 ? "true" : "false");
		rig_say(ONE, line);
	}
	rig_commit();
	rig_forget();
	struct answer_line answers[ENTRIES + 8];
	struct ask_line ask = {.kind = ASK_LINE_HISTORY, .history = {.ref = STR("door:1"), .limit = 1000}};
	size_t n = rig_ask(OFFICER, &ask, answers, ARRAY_LEN(answers));
	CHECK_INT(n, ENTRIES + 3 + 1); /* the door, its reader, the key; the end */
	for (size_t i = 1; i + 1 < n; i++)
		CHECK(answers[i].entry.index < answers[i - 1].entry.index);
}

RIG_TEST(the_index_tells_nothing_without_the_keys)
{
	furnish_more();
	struct str before = content();
	CHECK_HAS_NO(before, "706572736F6E3A31"); /* person:1 */
	CHECK(!disk_holds(rig.disk, "person:1", 8));
}
