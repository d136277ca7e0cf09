/* restore_test.c: the record of a backup under another origin, with what others have kept of it, and nothing of another history. */
#include "base/test.h"
#include "base/folder.h"
#include "gen/codec.h"
#include "journal/journal_keys.h"
#include "tlog/export.h"
#include "tlog/forgotten.h"
#include "tlog/restore.h"

#include <unistd.h>

enum { ENTRIES = 300, LATER = 700, MEMORY_BYTES = 32 << 20 };

static char directory[64];
static struct note_key key;

static const char *in(const char *name)
{
	static char paths[8][128];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

static struct journal *open_original(const char *name)
{
	struct journal_keys keys;
	struct journal *journal = NULL;
	struct error error;
	CHECK_OK(journal_keys_load(in("keys"), STR("chancery/lakeside"), &keys, &error), &error);
	key = keys.key;
	struct journal_options options = {.path = in(name), .origin = STR("chancery/lakeside"), .seed = keys.seed};
	CHECK_OK(journal_open(&journal, &options, &error), &error);
	ASSERT(journal);
	return journal;
}

/* Entry 5 forgets person 7, in two events; entry 6 a month. */
static struct entry_event_list events_of(uint64_t index)
{
	static struct entry_event forgets[] = {
	    {{"record.SubjectForgotten", 23}, {"{\"table\":\"person\",\"subject\":7}", 30}},
	    {{"people.PersonForgotten", 22}, {"{\"person\":7,\"why\":\"before\"}", 27}}};
	static struct entry_event month[] = {
	    {{"record.MonthForgotten", 21}, {"{\"retention\":1,\"keep\":\"90d\",\"month\":683}", 40}}};
	if (index == 5)
		return (struct entry_event_list){2, forgets};
	return index == 6 ? (struct entry_event_list){1, month} : (struct entry_event_list){0};
}

static void write_entries(const char *name, uint64_t to, int64_t incarnation, const char *input)
{
	struct journal *journal = open_original(name);
	struct arena arena = arena_map(1 << 20);
	struct error error;
	for (uint64_t i = journal_size(journal); i < to; i++) {
		arena_clear(&arena);
		struct entry entry = {.format = 2,
				      .index = (int64_t)i,
				      .incarnation = incarnation,
				      .salt = {"0123456789abcdef", 16},
				      .from = {.kind = ENTRY_FROM_CORE},
				      .input = {ENTRY_INPUT_KIND_START, str_of(input), {"{}", 2}},
				      .events = events_of(i)};
		struct buf b = arena_buf(&arena);
		entry_write(&b, &entry);
		CHECK_OK(journal_append(journal, arena_keep(&arena, &b), &error), &error);
	}
	CHECK_OK(journal_commit(journal, &error), &error);
	journal_close(journal);
	arena_unmap(&arena);
}

static struct source open_source(const char *name)
{
	struct source source = {0};
	struct error error;
	CHECK_OK(source_of_journal(&source, in(name), &key, &error), &error);
	ASSERT(source.verbs);
	return source;
}

static void export_to(const char *name, const char *to)
{
	struct source source = open_source(name);
	struct export_result result;
	struct error error;
	CHECK_OK(export_record(source, &key, in(to), NULL, &result, &error), &error);
	source_close(source);
}

/* A backup of 300 entries; what is read from outside has 700; another record under the same key has 700 others. */
static void begin(void)
{
	struct error error;
	snprintf(directory, sizeof directory, "/tmp/restore_test.XXXXXX");
	ASSERT(mkdtemp(directory));
	CHECK_OK(folder_make(in("keys"), 0700, &error), &error);
	CHECK_OK(journal_keys_make(in("keys"), STR("chancery/lakeside"), &error), &error);
	write_entries("backup.db", ENTRIES, 3, "mission.begin");
	write_entries("later.db", ENTRIES, 3, "mission.begin");
	export_to("later.db", "same");
	write_entries("later.db", LATER, 3, "mission.begin");
	write_entries("other.db", LATER, 3, "mission.other");
	export_to("later.db", "later");
	export_to("other.db", "other");
}

static void end(void)
{
	folder_remove(directory);
}

#define RESTORE_TEST(name) TEST_BETWEEN(begin, name, end)

static struct str note_in(const char *export, struct arena *arena)
{
	char path[128];
	struct str note = {0};
	struct error error;
	snprintf(path, sizeof path, "%s/checkpoint", in(export));
	CHECK_OK(folder_read(path, arena, NOTE_BYTES_MAX, &note, &error), &error);
	return note;
}

/* `known` is an export whose checkpoint somebody has, or NULL. */
static int restore_with(const char *tail, const char *known, struct restore *ret, struct error *error)
{
	struct arena arena = arena_map(1 << 20);
	struct source source = open_source("backup.db");
	folder_remove(in("made"));
	CHECK_OK(folder_make(in("made"), 0700, error), error);
	*ret = (struct restore){.from = source,
				.key = &key,
				.directory = in("made"),
				.keys = in("keys"),
				.origin = STR("chancery/lakeside/4"),
				.tail = tail ? in(tail) : NULL,
				.known = known ? note_in(known, &arena) : (struct str){0}};
	int failed = restore_record(ret, error);
	source_close(source);
	arena_unmap(&arena);
	return failed;
}

static struct restore restored(const char *tail, const char *known)
{
	struct restore r;
	struct error error;
	CHECK_OK(restore_with(tail, known, &r, &error), &error);
	return r;
}

/* Signed under the new origin: the old key does not open it. */
static void check_made(struct restore *r, uint64_t entries)
{
	struct source made = {0};
	struct error error;
	char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(bytes);
	uint64_t size;
	CHECK_OK(source_of_journal(&made, in("made/journal.db"), &r->new_key, &error), &error);
	ASSERT(made.verbs);
	CHECK_OK(source_checkpoint(made, &note, &size, &error), &error);
	CHECK_INT(size, entries);
	source_close(made);
	CHECK_INT(source_of_journal(&made, in("made/journal.db"), &key, &error), ERROR_CRYPTO);
	CHECK_STR(note_key_name(&r->new_key), STR("chancery/lakeside/4"));
}

RESTORE_TEST(entries_are_signed_anew_and_what_was_signed_before_is_kept)
{
	struct arena arena = arena_map(1 << 20);
	struct restore r = restored(NULL, NULL);
	struct str text, note = {0};
	struct error error;
	CHECK(r.entries == ENTRIES && r.fetched == 0 && r.known_size == ENTRIES && !r.has_root && r.incarnation == 3);
	check_made(&r, ENTRIES);
	CHECK_INT(r.notes, 1);
	CHECK_OK(folder_read(in("made/earlier/3/0"), &arena, NOTE_BYTES_MAX, &note, &error), &error);
	CHECK_OK(note_open(note, &key, &text, &error), &error);
	arena_unmap(&arena);
}

RESTORE_TEST(a_tail_is_taken_over_when_it_goes_on_from_the_backup)
{
	struct restore r = restored("later", "later");
	CHECK(r.fetched == LATER - ENTRIES && r.known_size == LATER && !r.has_root);
	check_made(&r, LATER);
	struct source a = open_source("later.db"), b = {0};
	struct error error;
	char one[NOTE_COSIGNED_BYTES_MAX], other[NOTE_COSIGNED_BYTES_MAX];
	struct buf first = BUF(one), second = BUF(other);
	uint64_t size;
	CHECK_OK(source_of_journal(&b, in("made/journal.db"), &r.new_key, &error), &error);
	CHECK_OK(source_checkpoint(a, &first, &size, &error), &error);
	CHECK_OK(source_checkpoint(b, &second, &size, &error), &error);
	/* One tree: the third line of both is its root. */
	struct str root, rest = buf_str(&first);
	for (int i = 0; i < 3; i++)
		str_cut(rest, '\n', &root, &rest);
	CHECK(str_contains(buf_str(&second), root));
	source_close(a);
	source_close(b);
}

RESTORE_TEST(a_tail_that_has_no_more_adds_nothing)
{
	struct restore r = restored("same", NULL);
	CHECK(r.fetched == 0 && r.known_size == ENTRIES);
	check_made(&r, ENTRIES);
}

RESTORE_TEST(what_was_known_and_is_lost_is_told_with_its_root)
{
	struct restore r = restored(NULL, "later");
	CHECK(r.fetched == 0 && r.known_size == LATER && r.has_root);
	check_made(&r, ENTRIES);
}

RESTORE_TEST(what_is_of_another_history_is_refused)
{
	struct restore r;
	struct error error;
	CHECK_INT(restore_with("other", NULL, &r, &error), ERROR_RECORD);
	CHECK(strstr(error.what, "the export") && error.remedy[0]);
	CHECK_INT(restore_with("later", "other", &r, &error), ERROR_RECORD);
	CHECK(strstr(error.what, "was known") && error.remedy[0]);
}

static void spoil(const char *path, char from)
{
	FILE *file = fopen(in(path), "r+b");
	ASSERT(file);
	int c;
	while ((c = fgetc(file)) != EOF && c != from)
		;
	fseek(file, -1, SEEK_CUR);
	fputc(c ^ 1, file);
	fclose(file);
}

RESTORE_TEST(a_tail_with_another_byte_or_a_bundle_less_is_refused)
{
	struct restore r;
	struct error error;
	spoil("later/tile/entries/002.p/188", 'm');
	CHECK_INT(restore_with("later", NULL, &r, &error), ERROR_RECORD);
	CHECK_INT(unlink(in("later/tile/entries/001")), 0);
	CHECK_INT(restore_with("later", NULL, &r, &error), ERROR_SYSTEM);
	spoil("later/checkpoint", '7');
	CHECK(restore_with("later", NULL, &r, &error) == ERROR_CRYPTO);
}

RESTORE_TEST(who_and_what_is_forgotten_stands_in_the_entries)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	struct source source = open_source("backup.db");
	struct forgotten list = {0};
	struct error error;
	CHECK_OK(forgotten_list(source, &key, NULL, &arena, &list, &error), &error);
	source_close(source);
	CHECK(list.subjects.n == 1 && list.months.n == 1 && list.entries == ENTRIES);
	CHECK_STR(list.subjects.at[0].table, STR("person"));
	CHECK_INT(list.subjects.at[0].subject, 7);
	CHECK_STR(list.months.at[0].keep, STR("90d"));
	CHECK_INT(list.months.at[0].month, 683);
	struct buf b = arena_buf(&arena);
	forgotten_write(&b, &list);
	struct str text = arena_keep(&arena, &b);
	CHECK_OK(folder_write(in("list"), text, 0600, &error), &error);
	CHECK_OK(forgotten_read_file(in("list"), STR("chancery/lakeside"), &arena, &list, &error), &error);
	CHECK_INT(forgotten_read_file(in("list"), STR("chancery/lakeside/2"), &arena, &list, &error), ERROR_INPUT);
	CHECK_OK(folder_replace(in("list"), (struct str){text.at, text.len - 1}, 0600, &error), &error);
	CHECK_INT(forgotten_read_file(in("list"), STR("chancery/lakeside"), &arena, &list, &error), ERROR_INPUT);
	CHECK(strstr(error.where, "byte") && strstr(error.remedy, "--list-forgotten"));
	arena_unmap(&arena);
}
