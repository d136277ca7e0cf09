/* Builds the journal of a small mission with a key of its own, breaks each thing that docs/journal-format.md names, and
 * expects the exact complaint. Tiles and roots are built here once more, from the words of the page. */
#include "base/test.h"

#include "sample.h"
#include "verify.h"

#include <openssl/sha.h>
#include <sqlite3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#define ENTRIES	    600 /* two full tiles, a partial one, and one above them */
#define ENTRIES_MAX 2000

static char folder[] = "/tmp/verify_test-XXXXXX", db_path[64], wal_path[80], shm_path[80];

static void folder_make(void)
{
	if (db_path[0])
		return;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(db_path, sizeof(db_path), "%s/journal.db", folder);
	snprintf(wal_path, sizeof(wal_path), "%s-wal", db_path);
	snprintf(shm_path, sizeof(shm_path), "%s-shm", db_path);
}

static void folder_clear(void)
{
	unlink(db_path);
	unlink(wal_path);
	unlink(shm_path);
}

__attribute__((destructor)) static void folder_remove(void)
{
	rmdir(folder);
}

/* The mission: a key, and a database that it appends to as the page says. */

struct mission {
	sqlite3 *db;
	EVP_PKEY *key;
	struct checkpoint_key public;
	unsigned entries;
	struct tree_hash leaf[ENTRIES_MAX];
};

static struct mission mission;

static void hash_join(uint8_t prefix, const void *a, size_t a_len, const void *b, size_t b_len, struct tree_hash *ret)
{
	static uint8_t bytes[1 << 17];
	bytes[0] = prefix;
	memcpy(bytes + 1, a, a_len);
	memcpy(bytes + 1 + a_len, b, b_len);
	SHA256(bytes, 1 + a_len + b_len, ret->bytes);
}

static struct tree_hash root_of(const struct tree_hash *leaf, size_t n)
{
	struct tree_hash left, right, root;
	size_t k = 1;
	if (n == 1)
		return leaf[0];
	while (k * 2 < n)
		k *= 2;
	left = root_of(leaf, k);
	right = root_of(leaf + k, n - k);
	hash_join(0x01, &left, 32, &right, 32, &root);
	return root;
}

static void mission_exec(const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(mission.db, sql, NULL, NULL, &why) != SQLITE_OK)
		test_fail(sql, 0, "%s", why);
	sqlite3_free(why);
}

static void mission_put(const char *sql, sqlite3_int64 a, sqlite3_int64 b, const void *bytes, size_t len)
{
	sqlite3_stmt *put;
	CHECK_INT(sqlite3_prepare_v2(mission.db, sql, -1, &put, NULL), SQLITE_OK);
	sqlite3_bind_int64(put, 1, a);
	sqlite3_bind_int64(put, 2, b);
	sqlite3_bind_blob(put, 3, bytes, (int)len, SQLITE_STATIC);
	CHECK_INT(sqlite3_step(put), SQLITE_DONE);
	sqlite3_finalize(put);
}

static void mission_key(uint8_t seed_byte)
{
	uint8_t seed[32], message[64] = "chancery/test\n\x01", hash[32];
	size_t len = 32;
	memset(seed, seed_byte, sizeof(seed));
	EVP_PKEY_free(mission.key);
	mission.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	EVP_PKEY_get_raw_public_key(mission.key, mission.public.public, &len);
	memcpy(message + 15, mission.public.public, 32);
	SHA256(message, 15 + 32, hash);
	memcpy(mission.public.id, hash, 4);
	snprintf(mission.public.name, sizeof(mission.public.name), "chancery/test");
}

static void mission_open(void)
{
	folder_make();
	folder_clear();
	mission_key(7);
	mission.entries = 0;
	CHECK_INT(sqlite3_open(db_path, &mission.db), SQLITE_OK);
	mission_exec(
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA application_id=1128813433; PRAGMA user_version=1;"
	    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	    "CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, number))"
	    " WITHOUT ROWID;"
	    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL)");
}

static void mission_close(void)
{
	sqlite3_close(mission.db);
	mission.db = NULL;
}

static void mission_entry(const char *body, size_t len)
{
	hash_join(0x00, body, len, "", 0, &mission.leaf[mission.entries]);
	mission_put("INSERT INTO entry SELECT ?1, ?3 WHERE ?2 = 0", mission.entries, 0, body, len);
	mission.entries++;
}

static void mission_tiles(void)
{
	static const char put[] = "INSERT OR REPLACE INTO tile VALUES(?1, ?2, ?3)";
	struct tree_hash upper[ENTRIES_MAX / 256];
	unsigned full = mission.entries / 256;
	for (unsigned n = 0; n * 256 < mission.entries; n++) {
		unsigned count = mission.entries - n * 256 < 256 ? mission.entries - n * 256 : 256;
		mission_put(put, 0, n, &mission.leaf[n * 256], count * sizeof(*mission.leaf));
	}
	for (unsigned n = 0; n < full; n++)
		upper[n] = root_of(&mission.leaf[n * 256], 256);
	if (full > 0)
		mission_put(put, 1, 0, upper, full * sizeof(*upper));
}

/* The note over a text; returns its length. */
static size_t mission_sign(const char *text, char *ret_note, size_t size)
{
	uint8_t signature[4 + 64];
	char base64[128];
	size_t len = 64;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	memcpy(signature, mission.public.id, 4);
	EVP_DigestSignInit(context, NULL, NULL, NULL, mission.key);
	EVP_DigestSign(context, signature + 4, &len, (const uint8_t *)text, strlen(text));
	EVP_MD_CTX_free(context);
	EVP_EncodeBlock((uint8_t *)base64, signature, sizeof(signature));
	return (size_t)snprintf(ret_note, size, "%s\n\xe2\x80\x94 %s %s\n", text, mission.public.name, base64);
}

/* Signs the checkpoint with a size and root that may not be the tree's. */
static void mission_checkpoint(const char *origin, unsigned size, const struct tree_hash *root)
{
	char text[256], note[1024];
	snprintf(text, sizeof(text), "%s\n%u\n%s\n", origin, size, checkpoint_root_text(root).text);
	mission_exec("DELETE FROM checkpoint");
	mission_put("INSERT INTO checkpoint SELECT ?1, ?3 WHERE ?2 = 0", size, 0, note,
		    mission_sign(text, note, sizeof(note)));
}

static void mission_seal(void)
{
	struct tree_hash root = root_of(mission.leaf, mission.entries);
	mission_tiles();
	mission_checkpoint("chancery/test", mission.entries, &root);
}

/* The sample's entries up to `entries`; in entry `broken` the first `find` becomes `put`. All else is right for it. */
static void mission_write(unsigned entries, unsigned broken, const char *find, const char *put)
{
	mission_exec("BEGIN");
	while (mission.entries < entries) {
		char body[SAMPLE_BYTES_MAX], changed[2 * SAMPLE_BYTES_MAX];
		unsigned i = mission.entries;
		int len = sample_entry(body, i);
		char *at = find && i == broken ? strstr(body, find) : NULL;
		if (find && i == broken)
			CHECK(at != NULL);
		if (at)
			len = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - body), body, put,
				       at + strlen(find));
		mission_entry(at ? changed : body, (size_t)len);
	}
	mission_seal();
	mission_exec("COMMIT");
}

static struct verify_result result;

static enum verify_answer answer_of(const struct checkpoint *since, const char **ret_says)
{
	static struct verify_fault fault;
	struct verify_request request = {db_path, &mission.public, since, NULL};
	enum verify_answer answer = verify_journal(&request, &result, &fault);
	*ret_says = answer == VERIFY_OK ? "good" : fault.complaint.what;
	if (answer != VERIFY_OK)
		CHECK(fault.next != NULL && strlen(fault.next) > 20);
	return answer;
}

static void check_says(const struct checkpoint *since, const char *expected)
{
	const char *says;
	enum verify_answer answer = answer_of(since, &says);
	CHECK_STR(str_of(says), str_of(expected));
	CHECK_INT(answer, strcmp(expected, "good") == 0 ? VERIFY_OK : VERIFY_WRONG);
}

TEST(a_journal_of_any_size_verifies)
{
	static const unsigned sizes[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, ENTRIES};
	mission_open();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mission_write(sizes[i], 0, NULL, NULL);
		struct tree_hash root = root_of(mission.leaf, sizes[i]);
		check_says(NULL, "good");
		CHECK_INT(result.entries, sizes[i]);
		CHECK(tree_hash_same(&root, &result.root));
		CHECK_INT(result.wall_first_ms, 1700000000000);
		CHECK_INT(result.wall_last_ms, 1700000000000 + 250 * (sizes[i] - 1));
	}
	mission_close();
	check_says(NULL, "good");
	folder_clear();
}

/* What the storage can have wrong: done to a good journal. */
TEST(what_is_stored_wrong_is_named)
{
	static const char *const rows[][2] = {
	    {"PRAGMA application_id=1", "the database: application_id is 1, expected 1128813433"},
	    {"PRAGMA user_version=2", "the database: user_version is 2, expected 1"},
	    {"DROP TABLE entry", "the database: table entry is missing"},
	    {"DROP TABLE tile", "the database: table tile is missing"},
	    {"DROP TABLE checkpoint", "the database: table checkpoint is missing"},
	    {"ALTER TABLE entry RENAME TO e; CREATE VIEW entry AS SELECT * FROM e",
	     "the database: table entry is missing"},
	    {"ALTER TABLE entry ADD COLUMN more", "the database: table entry has columns (seq INTEGER, body BLOB, more "
						  "), expected (seq INTEGER, body BLOB)"},

	    {"DELETE FROM entry WHERE seq = 0", "entry 0: is missing; the next is 1"},
	    {"DELETE FROM entry WHERE seq = 300", "entry 300: is missing; the next is 301"},
	    {"DELETE FROM entry WHERE seq = 599", "entry 599: is missing; the checkpoint has 600 entries"},
	    {"DELETE FROM entry", "entry 0: is missing; the checkpoint has 600 entries"},
	    {"UPDATE entry SET seq = -1 WHERE seq = 0", "entry -1: there is no such number"},
	    {"UPDATE entry SET seq = 1000 WHERE seq = 599", "entry 599: is missing; the next is 1000"},
	    {"INSERT INTO entry SELECT 600, body FROM entry WHERE seq = 5",
	     "entry 600: is not under the checkpoint, which has 600 entries"},
	    {"UPDATE entry SET body = CAST(body AS TEXT) WHERE seq = 3", "entry 3: is not a blob"},
	    {"UPDATE entry SET body = X'' WHERE seq = 3", "entry 3: not canonical at byte 0: a value is missing"},
	    {"UPDATE entry SET body = zeroblob(65536) WHERE seq = 3",
	     "entry 3: has 65536 bytes, at most 65535 are allowed"},
	    {"UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 2) WHERE seq = 3",
	     "entry 3: member index: is 2, expected 3"},
	    {"UPDATE entry SET body = CAST(replace(body, 'D-01', 'D-09') AS BLOB) WHERE seq = 3",
	     "tile (0, 0): hash 3 is not that of entry 3"},
	    {"UPDATE entry SET body = CAST(replace(body, 'D-01', 'D-09') AS BLOB) WHERE seq = 597",
	     "tile (0, 2): hash 85 is not that of entry 597"},

	    {"UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1",
	     "tile (0, 1): hash 0 is not that of entry 256"},
	    {"UPDATE tile SET hashes = zeroblob(64) WHERE level = 1",
	     "tile (1, 0): hash 0 is not the root of tile (0, 0)"},
	    {"UPDATE tile SET hashes = zeroblob(32) WHERE level = 1", "tile (1, 0): has 1 hashes, expected 2"},
	    {"UPDATE tile SET hashes = hashes || X'00' WHERE level = 0 AND number = 2", "tile (0, 2): is not a blob"},
	    {"UPDATE tile SET hashes = zeroblob(33) WHERE level = 0 AND number = 2",
	     "tile (0, 2): has 33 bytes, not a multiple of 32"},
	    {"UPDATE tile SET hashes = zeroblob(0) WHERE level = 0 AND number = 2",
	     "tile (0, 2): has 0 hashes, expected 88"},
	    {"DELETE FROM tile WHERE level = 0 AND number = 0", "tile (0, 0): is missing"},
	    {"DELETE FROM tile WHERE level = 0 AND number = 2", "tile (0, 2): is missing"},
	    {"DELETE FROM tile WHERE level = 1", "tile (1, 0): is missing"},
	    {"INSERT INTO tile VALUES(0, 3, zeroblob(32))", "tile (0, 3): is too many"},
	    {"INSERT INTO tile VALUES(1, 1, X'')", "tile (1, 1): is too many"},
	    {"INSERT INTO tile VALUES(2, 0, zeroblob(32))", "tile (2, 0): is too many"},
	    {"INSERT INTO tile VALUES(-1, 0, zeroblob(32))", "tile (-1, 0): is too many"},
	    {"INSERT INTO tile VALUES(99, 0, zeroblob(32))", "tile (99, 0): is too many"},
	    {"INSERT INTO tile VALUES('x', 0, zeroblob(32))", "tile (x, 0): is too many"},

	    {"DELETE FROM checkpoint", "the checkpoint: there is none"},
	    {"INSERT INTO checkpoint SELECT 601, note FROM checkpoint", "the checkpoint: there is more than one"},
	    {"UPDATE checkpoint SET size = 601", "the checkpoint: line 2: the size is 600, the row says 601"},
	    {"UPDATE checkpoint SET note = CAST(note AS TEXT)", "the checkpoint: the note is not a blob"},
	    {"UPDATE checkpoint SET note = X''", "the checkpoint: line 1 does not end"},
	    {"UPDATE checkpoint SET note = CAST(replace(note, '600', '599') AS BLOB), size = 599",
	     "the checkpoint: line 5: the signature by key chancery/test is wrong"},
	    {"UPDATE checkpoint SET note = CAST(replace(note, 'test' || char(10), 'best' || char(10)) AS BLOB)",
	     "the checkpoint: line 1: the origin is not the key's name chancery/test"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mission_open();
		mission_write(ENTRIES, 0, NULL, NULL);
		mission_exec(rows[i][0]);
		check_says(NULL, rows[i][1]);
		mission_close();
		check_says(NULL, rows[i][1]);
	}
	folder_clear();
}

/* What an entry can have wrong, with tiles and checkpoint right for it: the mission itself would have written so. */
TEST(what_an_entry_says_wrong_is_named)
{
	static const struct {
		unsigned entry;
		const char *find, *put, *expected;
	} rows[] = {
	    {3, "{\"format\":1", "{ \"format\":1", "entry 3: not canonical at byte 1: a string is missing"},
	    {3, "\"format\":1", "\"format\":2", "entry 3: member format: is 2, expected 1"},
	    {3, "\"index\":3", "\"index\":2", "entry 3: member index: is 2, expected 3"},
	    {3, "\"incarnation\":1", "\"incarnation\":0",
	     "entry 3: member incarnation: is 0, less than 1 in the entry before"},
	    {0, "\"incarnation\":1", "\"incarnation\":0", "entry 0: member incarnation: is 0, expected 1 at first"},
	    {599, "\"wall\":17", "\"wall\":16",
	     "entry 599: member wall: is 1600000149750, less than 1700000149500 in the entry before"},
	    {599, "\"elapsed\":149750", "\"elapsed\":149499",
	     "entry 599: member elapsed: is 149499, less than 149500 in the entry before"},
	    {3, "\"env\":0", "\"env\":1",
	     "entry 3: member env: is 1, expected 0, the newest entry with mission.InForce"},
	    {0, "mission.InForce", "mission.Out",
	     "entry 0: member events: has no mission.InForce, which entry 0 must have"},
	    {3, "\"salt\":\"0", "\"salt\":\"", "entry 3: member salt: is not 32 lower-case hexadecimal digits"},
	    {4, "\"sequence\":2", "\"sequence\":3",
	     "entry 4: member from: sequence 3 of driver \"gate\", boot 00000000000000aa, follows 1"},
	    {304, "00bb", "00aa",
	     "entry 304: member from: driver \"gate\" reports under its older boot 00000000000000aa"},
	    {4, "\"kind\":\"report\"", "\"kind\":\"command\"",
	     "entry 4: member input: a command does not come from a driver"},
	    {5, "\"events\":[]", "\"events\":[{\"name\":\"access.Open\",\"body\":{}}]",
	     "entry 5: member events: has events although the input was refused"},
	    {5, "\"law\":{", "\"lore\":{", "entry 5: member law is not in its place"},
	    {5, "\"box\":\"AAEC\"", "\"box\":\"AAEC\",\"x\":0", "entry 5: there are members behind box"},
	    {5, "caf\xc3\xa9", "caf\x1b[2J",
	     "entry 5: not canonical at byte 264: a character below U+0020 is not escaped"},
	    {5, "not_permitted", "not\\u001bpermitted", "good"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mission_open();
		mission_write(ENTRIES, rows[i].entry, rows[i].find, rows[i].put);
		check_says(NULL, rows[i].expected);
		mission_close();
	}
	folder_clear();
}

TEST(a_checkpoint_signed_over_something_else_is_named)
{
	struct tree_hash root, nothing = {{0}};
	char expected[256];
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	root = root_of(mission.leaf, ENTRIES);
	snprintf(expected, sizeof(expected), "the checkpoint: line 3: the root is not that of the entries, %s",
		 checkpoint_root_text(&root).text);
	mission_checkpoint("chancery/test", ENTRIES, &nothing);
	check_says(NULL, expected);
	mission_checkpoint("chancery/test", ENTRIES + 1, &root);
	check_says(NULL, "entry 600: is missing; the checkpoint has 601 entries");
	mission_checkpoint("chancery/test", ENTRIES - 1, &root);
	check_says(NULL, "entry 599: is not under the checkpoint, which has 599 entries");
	mission_checkpoint("chancery/rest", ENTRIES, &root);
	check_says(NULL, "the checkpoint: line 1: the origin is not the key's name chancery/test");
	mission_checkpoint("chancery/test", ENTRIES, &root);
	check_says(NULL, "good");
	mission_key(8);
	check_says(NULL, "the checkpoint: no line is a signature by key chancery/test");
	mission_close();
	folder_clear();
}

TEST(a_journal_begins_with_what_was_saved)
{
	static const unsigned sizes[] = {1, 2, 255, 256, 257, 512, 599, 600};
	struct checkpoint since;
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		since = (struct checkpoint){sizes[i], root_of(mission.leaf, sizes[i])};
		check_says(&since, "good");
		since.root.bytes[31] ^= 1;
		char expected[128];
		snprintf(expected, sizeof(expected),
			 "the journal no longer begins with the %u entries of the saved checkpoint", sizes[i]);
		check_says(&since, expected);
	}
	since.size = ENTRIES + 1;
	check_says(&since, "the journal has 600 entries, the saved checkpoint 601");
	mission_close();
	folder_clear();
}

/* Files that are no journal at all */

static void file_write(const char *path, const char *bytes, size_t len, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len);
	close(fd);
}

TEST(what_cannot_be_read_is_told_from_what_is_wrong)
{
	const char *says;
	char noise[5000];
	folder_make();
	folder_clear();
	mission_key(7);
	CHECK_INT(answer_of(NULL, &says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "journal.db: No such file or directory") != NULL);
	CHECK_INT(mkdir(db_path, 0700), 0);
	CHECK_INT(answer_of(NULL, &says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "journal.db: not a regular file") != NULL);
	rmdir(db_path);
	memset(noise, 'x', sizeof(noise));
	file_write(db_path, noise, sizeof(noise), 0);
	check_says(NULL, "the database: file is not a database");
	CHECK_INT(truncate(db_path, 0), 0);
	check_says(NULL, "the database: application_id is 0, expected 1128813433");
	folder_clear();
}

/* Any byte of the file may be damaged: the answer is never "good" for other entries, and never a crash. */
TEST(a_damaged_file_is_never_taken_for_another_journal)
{
	struct stat stat_before;
	struct tree_hash root;
	mission_open();
	mission_write(40, 0, NULL, NULL);
	mission_close();
	root = root_of(mission.leaf, 40);
	CHECK_INT(stat(db_path, &stat_before), 0);
	for (off_t at = 0; at < stat_before.st_size; at += 61) {
		const char *says;
		char byte, other;
		int fd = open(db_path, O_RDONLY);
		CHECK(pread(fd, &byte, 1, at) == 1);
		close(fd);
		other = (char)(byte ^ 0xff);
		file_write(db_path, &other, 1, at);
		enum verify_answer answer = answer_of(NULL, &says);
		CHECK(answer == VERIFY_WRONG || answer == VERIFY_UNREADABLE || tree_hash_same(&root, &result.root));
		file_write(db_path, &byte, 1, at);
	}
	check_says(NULL, "good");
	folder_clear();
}

/* Running and crashed missions */

struct trace {
	bool there;
	struct timespec changed;
	struct tree_hash bytes;
};

static struct trace trace_of(const char *path)
{
	static uint8_t bytes[1 << 22];
	struct trace trace = {0};
	struct stat now;
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return trace;
	ssize_t len = pread(fd, bytes, sizeof(bytes), 0);
	CHECK(len >= 0 && len < (ssize_t)sizeof(bytes) && fstat(fd, &now) == 0);
	close(fd);
	trace.there = true;
	trace.changed = now.st_mtim;
	SHA256(bytes, (size_t)len, trace.bytes.bytes);
	return trace;
}

static void check_leaves_no_trace(void)
{
	const char *const paths[] = {db_path, wal_path, shm_path};
	struct trace before[3];
	for (size_t i = 0; i < 3; i++)
		before[i] = trace_of(paths[i]);
	check_says(NULL, "good");
	CHECK_INT(result.entries, ENTRIES);
	for (size_t i = 0; i < 3; i++) {
		struct trace after = trace_of(paths[i]);
		CHECK_INT(after.there, before[i].there);
		CHECK(memcmp(&after.changed, &before[i].changed, sizeof(after.changed)) == 0);
		CHECK(tree_hash_same(&after.bytes, &before[i].bytes));
	}
}

/* Runs `work` as the mission in a process of its own, until it says that it is ready. */
static pid_t mission_run(void (*work)(int ready))
{
	int ready[2];
	char byte;
	CHECK_INT(pipe(ready), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(ready[0]);
		work(ready[1]);
		_exit(0);
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void mission_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void write_and_wait(int ready)
{
	mission_open();
	mission_exec("PRAGMA wal_autocheckpoint=0");
	mission_write(ENTRIES - 100, 0, NULL, NULL);
	mission_exec("PRAGMA wal_checkpoint(TRUNCATE)");
	mission_write(ENTRIES - 50, 0, NULL, NULL);
	mission_write(ENTRIES, 0, NULL, NULL);
	if (write(ready, "", 1) == 1)
		pause();
}

TEST(a_mission_that_runs_or_has_crashed_is_read_without_a_trace)
{
	folder_make();
	mission_key(7);
	pid_t pid = mission_run(write_and_wait);
	CHECK(trace_of(wal_path).there && trace_of(shm_path).there);
	check_leaves_no_trace();
	mission_kill(pid);
	check_leaves_no_trace();
	unlink(shm_path);
	check_leaves_no_trace();
	CHECK(!trace_of(shm_path).there);

	struct stat wal; /* the power failed while the last transaction was written */
	CHECK_INT(stat(wal_path, &wal), 0);
	CHECK_INT(truncate(wal_path, wal.st_size - 100), 0);
	check_says(NULL, "good");
	CHECK_INT(result.entries, ENTRIES - 50);

	CHECK_INT(sqlite3_open(db_path, &mission.db), SQLITE_OK);
	mission_exec("SELECT count(*) FROM entry");
	mission_close();
	CHECK(!trace_of(wal_path).there);
	check_says(NULL, "good");
	folder_clear();
}

TEST(a_folder_that_may_not_be_written_is_enough)
{
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	mission_close();
	CHECK_INT(chmod(db_path, 0400), 0);
	CHECK_INT(chmod(folder, 0500), 0);
	check_leaves_no_trace();
	CHECK_INT(chmod(folder, 0700), 0);
	folder_clear();
}

static void write_on_and_on(int ready)
{
	mission_open();
	mission_exec("PRAGMA wal_autocheckpoint=1; CREATE TABLE ballast AS SELECT zeroblob(4000000)");
	mission_write(ENTRIES, 0, NULL, NULL);
	if (write(ready, "", 1) != 1)
		return;
	while (mission.entries < ENTRIES_MAX - 1)
		mission_write(mission.entries + 1, 0, NULL, NULL);
	pause();
}

/* Every state that is seen is one that was committed. The mission checkpoints the -wal at each commit, so that copies
 * are often overtaken. */
TEST(a_mission_that_writes_all_the_while_verifies)
{
	uint64_t last = 0;
	unsigned answers = 0;
	folder_make();
	mission_key(7);
	pid_t pid = mission_run(write_on_and_on);
	for (unsigned i = 0; i < 200 && last < ENTRIES_MAX - 1; i++) {
		const char *says;
		enum verify_answer answer = answer_of(NULL, &says);
		if (answer == VERIFY_UNREADABLE) /* it was faster: allowed, but not always */
			continue;
		CHECK_STR(str_of(says), STR("good"));
		CHECK(result.entries >= last);
		last = result.entries;
		answers++;
	}
	CHECK(answers > 0 && last > ENTRIES);
	mission_kill(pid);
	folder_clear();
}

TEST(nothing_is_left_in_the_temporary_folder)
{
	char temporary[80];
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	snprintf(temporary, sizeof(temporary), "%s/tmp", folder);
	CHECK_INT(mkdir(temporary, 0700), 0);
	setenv("TMPDIR", temporary, 1);
	check_says(NULL, "good");
	CHECK_INT(rmdir(temporary), 0); /* it is empty */
	const char *says;
	CHECK_INT(answer_of(NULL, &says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "No such file or directory") != NULL);
	unsetenv("TMPDIR");
	mission_close();
	folder_clear();
}
