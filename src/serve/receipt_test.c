/* The receipt is a note by the journal's key: checked here as an auditor would, with the public key alone. */
#include "serve/receipt.h"

#include "base/test.h"
#include "journal/journal.h"
#include "journal/journal_keys.h"

#include <sys/stat.h>
#include <unistd.h>

enum { WALL_MS = 1000, ENTRIES = 3 };
static const int64_t at = INT64_C(1773000000) * WALL_MS; /* 2026-03-08T20:00:00Z */

static struct error error;
static struct note_key vkey;
static uint8_t seed[NOTE_SEED_BYTES];

static char directory[32];

static void enter(void)
{
	snprintf(directory, sizeof directory, "/tmp/receipt_test.XXXXXX");
	struct journal_keys keys;
	ASSERT(mkdtemp(directory) && chdir(directory) == 0 && mkdir("keys", 0700) == 0);
	CHECK_OK(journal_keys_make("keys", STR("chancery/Lakeside"), &error), &error);
	CHECK_OK(journal_keys_load("keys", STR("chancery/Lakeside"), &keys, &error), &error);
	vkey = keys.key;
	memcpy(seed, keys.seed, sizeof seed);
}

static void leave(void)
{
	unlink("keys/journal.seed");
	unlink("keys/journal.vkey");
	unlink("journal.db");
	CHECK(rmdir("keys") == 0 && chdir("/") == 0 && rmdir(directory) == 0);
}

/* The receipt's text, when it is signed as it should be. */
static struct str receipt(const struct destroyed *d)
{
	static char memory[RECEIPT_BYTES_MAX];
	struct buf b = BUF(memory);
	struct str text = {0};
	CHECK_OK(receipt_write(&b, d, at, &error), &error);
	CHECK(!b.over);
	CHECK_OK(note_open(buf_str(&b), &vkey, &text, &error), &error);
	return text;
}

TEST(a_receipt_names_the_mission_the_time_and_each_file)
{
	struct destroyed d = {.n = 2, .n_failed = 1, .bytes = 8192};
	enter();
	snprintf(d.files[0].name, sizeof d.files[0].name, "master");
	d.files[0].bytes = 8192;
	snprintf(d.files[1].name, sizeof d.files[1].name, "door\nkey\x1b é");
	d.files[1].failed = true;
	CHECK_STR(receipt(&d), STR("chancery/destroyed/v1\nmission chancery/Lakeside\ntime 2026-03-08T20:00:00Z\n"
				   "journal unread\nwiped 8192 master\nfailed door?key???\?\nlast journal.seed\n"));
	leave();
}

TEST(a_receipt_says_where_the_journal_ends)
{
	struct destroyed d = {.n = 0};
	struct journal *journal = NULL;
	enter();
	struct journal_options options = {.path = "journal.db", .origin = STR("chancery/Lakeside"), .seed = seed};
	CHECK_OK(journal_open(&journal, &options, &error), &error);
	for (int i = 0; i < ENTRIES; i++)
		CHECK_OK(journal_append(journal, STR("{}"), &error), &error);
	CHECK_OK(journal_commit(journal, &error), &error);
	char line[128];
	uint8_t root[MERKLE_HASH_BYTES];
	struct buf b = BUF(line);
	journal_root(journal, root);
	BUF_LIT(&b, "journal 3 ");
	buf_put_base64(&b, root, sizeof root);
	BUF_LIT(&b, "\nlast");
	CHECK(str_contains(receipt(&d), STR("journal unread\n"))); /* somebody has it open */
	journal_close(journal);
	CHECK(str_contains(receipt(&d), buf_str(&b)));
	leave();
}

TEST(the_largest_receipt_is_whole)
{
	struct destroyed d = {.n = DESTROY_FILES_MAX + 3, .bytes = UINT64_MAX};
	enter();
	for (size_t i = 0; i < DESTROY_FILES_MAX; i++) {
		memset(d.files[i].name, 'x', sizeof d.files[i].name - 1);
		d.files[i].bytes = UINT64_MAX;
	}
	CHECK(str_contains(receipt(&d), STR("\nmore 3 18446744073709551615\nlast journal.seed\n")));
	leave();
}

TEST(without_the_journals_key_there_is_no_receipt)
{
	struct destroyed d = {.n = 0};
	char memory[64];
	struct buf b = BUF(memory);
	enter();
	CHECK_INT(unlink("keys/journal.seed"), 0);
	CHECK(receipt_write(&b, &d, at, &error) < 0);
	CHECK(strstr(error.where, "journal.seed"));
	CHECK_INT(unlink("keys/journal.vkey"), 0);
	CHECK_INT(receipt_write(&b, &d, at, &error), ERROR_SYSTEM);
	CHECK_INT(b.len, 0);
	leave();
}
