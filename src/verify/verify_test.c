/* Builds the journal of a small mission with keys of its own, breaks each thing that docs/journal-format.md names, and
 * expects the exact complaint. */
#include "base/test.h"

#include "sample.h"
#include "verify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES	    600 /* two full tiles, a partial one, and one above them */
#define WITNESSED   300
#define WITNESSED_S 1700000123

static char folder[] = "/tmp/verify_test-XXXXXX", db_path[64];

static void folder_make(void)
{
	if (db_path[0])
		return;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(db_path, sizeof(db_path), "%s/journal.db", folder);
}

__attribute__((destructor)) static void folder_remove(void)
{
	unlink(db_path);
	rmdir(folder);
}

static struct sample mission;

/* The sample's entries up to `entries`; in entry `broken` the first `find` becomes `put`. All else is right for it. */
static void mission_write(unsigned entries, unsigned broken, const char *find, const char *put)
{
	sample_exec(&mission, "BEGIN");
	while (mission.entries < entries) {
		char body[SAMPLE_BYTES_MAX];
		unsigned i = mission.entries;
		int len = find && i == broken ? sample_entry_changed(body, i, find, put) : sample_entry(body, i);
		sample_add(&mission, body, (size_t)len);
	}
	sample_seal(&mission);
	sample_exec(&mission, "COMMIT");
}

static void mission_cosign(unsigned size)
{
	struct tree_hash root = sample_root(&mission, size);
	sample_cosign(&mission, size, &root, WITNESSED_S);
}

static void mission_open(void)
{
	folder_make();
	sample_open(&mission, db_path);
}

/* A whole one, with a witness's note. */
static void mission_make(void)
{
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	mission_cosign(WITNESSED);
}

static struct verify_result result;

static enum verify_answer answer_of(struct verify_request request, const char **ret_says)
{
	static struct verify_fault fault;
	request.path = db_path;
	request.key = &mission.key.public;
	enum verify_answer answer = verify_journal(&request, &result, &fault);
	bool good = answer == VERIFY_OK || answer == VERIFY_IN_PART;
	*ret_says = good ? "good" : fault.complaint.what;
	CHECK(good || (fault.next != NULL && strlen(fault.next) > 20));
	return answer;
}

static void check_says(const struct checkpoint *since, const char *expected)
{
	const char *says;
	enum verify_answer answer = answer_of((struct verify_request){.since = since}, &says);
	CHECK_STR(str_of(says), str_of(expected));
	CHECK_INT(answer, strcmp(expected, "good") == 0 ? VERIFY_OK : VERIFY_WRONG);
}

TEST(a_journal_of_any_size_verifies)
{
	static const unsigned sizes[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, ENTRIES};
	mission_open();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mission_write(sizes[i], 0, NULL, NULL);
		struct tree_hash root = sample_root(&mission, sizes[i]);
		check_says(NULL, "good");
		CHECK_INT(result.entries, sizes[i]);
		CHECK_INT(result.proved, sizes[i]);
		CHECK(tree_hash_same(&root, &result.root));
		CHECK_INT(result.wall_first_ms, SAMPLE_START_MS);
		CHECK_INT(result.wall_last_ms, SAMPLE_START_MS + SAMPLE_STEP_MS * (sizes[i] - 1));
	}
	sample_close(&mission);
	check_says(NULL, "good");
	sample_release(&mission);
}

/* More batches than the crew has room for, of which some end by their bytes and not by their number. */
TEST(a_journal_of_many_batches_verifies)
{
	enum { MANY = 9000, LONG = 40000 };
	static char body[SAMPLE_BYTES_MAX + LONG], words[LONG];
	memset(words, 'x', LONG - 1);
	mission_open();
	sample_exec(&mission, "BEGIN");
	for (unsigned i = 0; i < MANY; i++) {
		char small[SAMPLE_BYTES_MAX];
		int len = sample_entry(small, i);
		char *door = strstr(small, "D-01");
		bool is_long = door && i > 4000 && i < 4300;
		if (is_long)
			len = snprintf(body, sizeof(body), "%.*s%s%s", (int)(door - small), small, words, door);
		sample_add(&mission, is_long ? body : small, (size_t)len);
	}
	sample_seal(&mission);
	sample_exec(&mission, "COMMIT");
	check_says(NULL, "good");
	CHECK_INT(result.entries, MANY);
	sample_exec(&mission, "UPDATE entry SET body = X'7B7D' WHERE seq IN (8000, 8999)");
	check_says(NULL, "entry 8000: member format is not in its place");
	sample_exec(&mission, "DELETE FROM entry WHERE seq = 8001");
	check_says(NULL, "entry 8000: member format is not in its place");
	sample_exec(&mission, "DELETE FROM entry WHERE seq = 7999");
	check_says(NULL, "entry 7999: is missing; the next is 8000");
	sample_release(&mission);
}

/* What the storage can have wrong: SQL done to a good journal, and what is said. */
struct broken {
	const char *sql, *expected;
};

static void check_broken(const struct broken *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mission_make();
		sample_exec(&mission, rows[i].sql);
		check_says(NULL, rows[i].expected);
		sample_close(&mission);
		check_says(NULL, rows[i].expected);
		sample_release(&mission);
	}
}

TEST(tables_entries_and_tiles_that_are_stored_wrong_are_named)
{
	static const struct broken rows[] = {
	    {"PRAGMA application_id=1", "the database: application_id is 1, expected 1128813433"},
	    {"PRAGMA user_version=1", "the database: user_version is 1, expected 2"},
	    {"PRAGMA user_version=3", "the database: user_version is 3, expected 2"},
	    {"DROP TABLE entry", "the database: table entry is missing"},
	    {"DROP TABLE tile", "the database: table tile is missing"},
	    {"DROP TABLE checkpoint", "the database: table checkpoint is missing"},
	    {"DROP TABLE cosigned", "the database: table cosigned is missing"},
	    {"DROP TABLE blob", "the database: table blob is missing"},
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
	     "entry 600: member index: is 5, expected 600"},
	    {"UPDATE entry SET body = CAST(body AS TEXT) WHERE seq = 3", "entry 3: is not a blob"},
	    {"UPDATE entry SET body = X'' WHERE seq = 3", "entry 3: not canonical at byte 0: a value is missing"},
	    {"UPDATE entry SET body = zeroblob(65536) WHERE seq = 3",
	     "entry 3: has 65536 bytes, at most 65535 are allowed"},
	    {"UPDATE entry SET body = zeroblob(65535) WHERE seq = 3",
	     "entry 3: not canonical at byte 0: a value is missing"},
	    {"UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 2) WHERE seq = 3",
	     "entry 3: member index: is 2, expected 3"},
	    {"UPDATE entry SET body = CAST(replace(body, 'D-01', 'D-09') AS BLOB) WHERE seq = 3",
	     "tile (0, 0): hash 3 is not that of entry 3"},
	    {"UPDATE entry SET body = CAST(replace(body, 'D-01', 'D-09') AS BLOB) WHERE seq = 270",
	     "tile (0, 1): hash 14 is not that of entry 270"},
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
	};
	check_broken(rows, sizeof(rows) / sizeof(rows[0]));
}

TEST(notes_and_blobs_that_are_stored_wrong_are_named)
{
	static const struct broken rows[] = {
	    {"DELETE FROM checkpoint", "the checkpoint: there is none"},
	    {"INSERT INTO checkpoint SELECT 601, note FROM checkpoint", "the checkpoint: there is more than one"},
	    {"UPDATE checkpoint SET size = 601", "the checkpoint: line 2: the size is 600, the row says 601"},
	    {"UPDATE checkpoint SET note = CAST(note AS TEXT)", "the checkpoint: the note is not a blob"},
	    {"UPDATE checkpoint SET note = X''", "the checkpoint: line 1 does not end"},
	    {"UPDATE checkpoint SET note = CAST(replace(note, '600', '599') AS BLOB), size = 599",
	     "the checkpoint: line 5: the signature by key chancery/test is wrong"},
	    {"UPDATE checkpoint SET note = CAST(replace(note, 'test' || char(10), 'best' || char(10)) AS BLOB)",
	     "the checkpoint: line 1: the origin is chancery/best, the key's name chancery/test"},

	    {"UPDATE cosigned SET size = 301",
	     "cosigned by witness.example/w1: line 2: the size is 300, the row says 301"},
	    {"UPDATE cosigned SET size = 'x'",
	     "cosigned by witness.example/w1: line 2: the size is 300, the row says x"},
	    {"UPDATE cosigned SET note = CAST(note AS TEXT)", "cosigned by witness.example/w1: the note is not a blob"},
	    {"UPDATE cosigned SET witness = NULL", "cosigned by : the witness is not a text"},
	    {"UPDATE cosigned SET witness = 'witness.example/w2'",
	     "cosigned by witness.example/w2: no line is a cosignature of that name"},
	    {"UPDATE cosigned SET witness = 'chancery/test'",
	     "cosigned by chancery/test: no line is a cosignature of that name"},
	    {"UPDATE cosigned SET note = CAST(replace(note, '300', '299') AS BLOB), size = 299",
	     "cosigned by witness.example/w1: line 5: the signature by key chancery/test is wrong"},
	    {"UPDATE cosigned SET (size, note) = (SELECT size, note FROM checkpoint)",
	     "cosigned by witness.example/w1: no line is a cosignature of that name"},

	    {"DELETE FROM blob", "good"},
	    {"UPDATE blob SET data = X'000001' WHERE owner = 'person:2'",
	     "blob 709E80C88487A2411E1EE4DFB9F22A861492D20C4765150C0C794ABD70F8147C: is not what its hash says"},
	    {"UPDATE blob SET data = '' WHERE owner = 'person:1'",
	     "blob E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855: is not what its hash says"},
	    {"UPDATE blob SET owner = X'00' WHERE owner = 'person:1'",
	     "blob E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855: is not what its hash says"},
	    {"INSERT INTO blob VALUES(X'', 'person:1', X'')", "blob : is not what its hash says"},
	};
	check_broken(rows, sizeof(rows) / sizeof(rows[0]));
}

/* What an entry can have wrong, with tiles and checkpoint right for it: the mission itself would have written so. The
 * members are canonical_test.c's and members_test.c's; here it is that they are asked, and where it is said to be. */
TEST(what_an_entry_says_wrong_is_named)
{
	static const struct {
		unsigned entry;
		const char *find, *put, *expected;
	} rows[] = {
	    {3, "{\"format\":2", "{ \"format\":2", "entry 3: not canonical at byte 1: a string is missing"},
	    {3, "\"format\":2", "\"format\":1", "entry 3: member format: is 1, expected 2"},
	    {3, "\"index\":3", "\"index\":2", "entry 3: member index: is 2, expected 3"},
	    {599, "\"elapsed\":149750", "\"elapsed\":149499",
	     "entry 599: member elapsed: is 149499, less than 149500 in the entry before"},
	    {0, "mission.InForce", "mission.Out", "entry 1: member input: is no start, and nothing is in force yet"},
	    {304, "00bb", "00aa",
	     "entry 304: member from: driver \"gate\" reports under its older boot 00000000000000aa"},
	    {256, "\"law\":null", "\"lore\":null", "entry 256: member law is not in its place"},
	    {4, "\"card\":[0,0]", "\"card\":[1,0]",
	     "entry 4: member sealed: has 1 packets, and there is a marker of packet 1"},
	    {5, "caf\xc3\xa9", "caf\x1b[2J",
	     "entry 5: not canonical at byte 264: a character below U+0020 is not escaped"},
	    {5, "not_permitted", "not\\u001bpermitted", "good"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mission_open();
		mission_write(ENTRIES, rows[i].entry, rows[i].find, rows[i].put);
		check_says(NULL, rows[i].expected);
		sample_release(&mission);
	}
}

TEST(a_checkpoint_signed_over_something_else_is_named)
{
	struct tree_hash root, nothing = {{0}};
	char expected[256];
	mission_make();
	root = sample_root(&mission, ENTRIES);
	snprintf(expected, sizeof(expected), "the checkpoint: line 3: the root is not that of the entries, %s",
		 checkpoint_root_text(&root).text);
	sample_checkpoint(&mission, "chancery/test", ENTRIES, &nothing);
	check_says(NULL, expected);
	sample_checkpoint(&mission, "chancery/test", ENTRIES + 1, &root);
	check_says(NULL, "entry 600: is missing; the checkpoint has 601 entries");
	sample_checkpoint(&mission, "chancery/rest", ENTRIES, &root);
	check_says(NULL, "the checkpoint: line 1: the origin is chancery/rest, the key's name chancery/test");
	sample_checkpoint(&mission, "chancery/test/2", ENTRIES, &root);
	check_says(NULL, "the checkpoint: line 1: the origin is chancery/test/2, the key's name chancery/test");
	sample_checkpoint(&mission, "chancery/test", ENTRIES, &root);
	check_says(NULL, "good");
	mission.key.public.public[0] ^= 1;
	check_says(NULL, "the checkpoint: line 5: the signature by key chancery/test is wrong");
	mission.key.public.id[0] ^= 1;
	check_says(NULL, "the checkpoint: no line is a signature by key chancery/test");
	sample_release(&mission);
}

TEST(a_mission_after_a_fork_signs_under_its_incarnation)
{
	mission_open();
	EVP_PKEY_free(mission.key.secret);
	sample_key_make(&mission.key, CHECKPOINT_LOG, "chancery/test/2", 7);
	mission_write(ENTRIES, WITNESSED, "\"incarnation\":1", "\"incarnation\":2");
	check_says(NULL, "entry 301: member incarnation: is 1, less than 2 in the entry before");
	sample_release(&mission);
	mission_open();
	EVP_PKEY_free(mission.key.secret);
	sample_key_make(&mission.key, CHECKPOINT_LOG, "chancery/test/2", 7);
	mission_write(ENTRIES, ENTRIES - 1, "\"incarnation\":1", "\"incarnation\":2");
	check_says(NULL, "good");
	sample_release(&mission);
}

TEST(what_lies_behind_the_checkpoint_is_told)
{
	static const unsigned sizes[] = {1, 255, 256, 257, 512, ENTRIES - 1};
	const char *says;
	struct tree_hash root;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned size = sizes[i];
		mission_open();
		mission_write(ENTRIES, 0, NULL, NULL);
		root = sample_root(&mission, size);
		sample_checkpoint(&mission, "chancery/test", size, &root);
		CHECK_INT(answer_of((struct verify_request){0}, &says), VERIFY_IN_PART);
		CHECK_STR(str_of(says), STR("good"));
		CHECK_INT(result.entries, ENTRIES);
		CHECK_INT(result.proved, size);
		CHECK_INT(result.wall_unproved_ms, SAMPLE_START_MS + SAMPLE_STEP_MS * size);
		CHECK(tree_hash_same(&root, &result.root));
		sample_exec(&mission, "UPDATE entry SET body = X'7B7D' WHERE seq = 599");
		check_says(NULL, "entry 599: member format is not in its place");
		sample_release(&mission);
	}
}

TEST(what_a_witness_saw_is_told)
{
	static const unsigned sizes[] = {1, 256, 257, ENTRIES};
	struct sample_key other;
	const char *says;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mission_open();
		mission_write(ENTRIES, 0, NULL, NULL);
		struct verify_request request = {.witness = &mission.witness.public, .witnesses = 1};
		CHECK_INT(answer_of(request, &says), VERIFY_IN_PART);
		CHECK_INT(result.seen[0].size, 0);
		mission_cosign(sizes[i]);
		CHECK_INT(answer_of(request, &says), VERIFY_OK);
		CHECK_INT(result.seen[0].size, sizes[i]);
		CHECK_INT(result.seen[0].time_s, WITNESSED_S);
		sample_release(&mission);
	}
	mission_make();
	sample_key_make(&other, CHECKPOINT_WITNESS, "witness.example/w1", 9);
	struct checkpoint_key both[2] = {other.public, mission.witness.public};
	CHECK_INT(answer_of((struct verify_request){.witness = both, .witnesses = 2}, &says), VERIFY_IN_PART);
	CHECK_INT(result.seen[0].size, 0); /* that name, but another key */
	CHECK_INT(result.seen[1].size, WITNESSED);
	both[1].public[0] ^= 1;
	CHECK_INT(answer_of((struct verify_request){.witness = both, .witnesses = 2}, &says), VERIFY_WRONG);
	CHECK_STR(str_of(says),
		  STR("cosigned by witness.example/w1: line 6: the signature by key witness.example/w1 is "
		      "wrong"));
	EVP_PKEY_free(other.secret);
	sample_release(&mission);
}

TEST(what_a_witness_saw_is_what_lies_here)
{
	static const unsigned sizes[] = {1, 255, 256, 257, ENTRIES};
	struct tree_hash nothing = {{0}}, root;
	char expected[256];
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mission_open();
		mission_write(ENTRIES, 0, NULL, NULL);
		root = sample_root(&mission, sizes[i]);
		sample_cosign(&mission, sizes[i], &nothing, WITNESSED_S);
		snprintf(expected, sizeof(expected),
			 "cosigned by witness.example/w1: line 3: the root is not that of the first %u entries, %s",
			 sizes[i], checkpoint_root_text(&root).text);
		check_says(NULL, expected);
		sample_release(&mission);
	}
	mission_open();
	mission_write(ENTRIES, 0, NULL, NULL);
	sample_cosign(&mission, ENTRIES + 1, &nothing, WITNESSED_S);
	check_says(NULL, "cosigned by witness.example/w1: has 601 entries, the checkpoint 600");
	sample_release(&mission);
}

TEST(a_journal_begins_with_what_was_saved)
{
	static const unsigned sizes[] = {1, 2, 255, 256, 257, 512, 599, 600};
	struct checkpoint since;
	mission_make();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		since = (struct checkpoint){sizes[i], sample_root(&mission, sizes[i])};
		check_says(&since, "good");
		since.root.bytes[31] ^= 1;
		char expected[128];
		snprintf(expected, sizeof(expected),
			 "the journal no longer begins with the %u entries of the saved checkpoint", sizes[i]);
		check_says(&since, expected);
	}
	since.size = ENTRIES + 1;
	check_says(&since, "the journal has 600 signed entries, the saved checkpoint 601");
	sample_release(&mission);
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
	unlink(db_path);
	CHECK_INT(answer_of((struct verify_request){0}, &says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "journal.db: No such file or directory") != NULL);
	CHECK_INT(mkdir(db_path, 0700), 0);
	CHECK_INT(answer_of((struct verify_request){0}, &says), VERIFY_UNREADABLE);
	CHECK(strstr(says, "journal.db: not a regular file") != NULL);
	rmdir(db_path);
	memset(noise, 'x', sizeof(noise));
	file_write(db_path, noise, sizeof(noise), 0);
	check_says(NULL, "the database: file is not a database");
	CHECK_INT(truncate(db_path, 0), 0);
	check_says(NULL, "the database: application_id is 0, expected 1128813433");
}

/* Any byte of the file may be damaged: the answer is never "good" for other entries, and never a crash. */
TEST(a_damaged_file_is_never_taken_for_another_journal)
{
	struct stat stat_before;
	struct tree_hash root;
	mission_open();
	mission_write(40, 0, NULL, NULL);
	mission_cosign(20);
	root = sample_root(&mission, 40);
	sample_close(&mission);
	CHECK_INT(stat(db_path, &stat_before), 0);
	for (off_t at = 0; at < stat_before.st_size; at += 61) {
		const char *says;
		char byte, other;
		int fd = open(db_path, O_RDONLY);
		CHECK(pread(fd, &byte, 1, at) == 1);
		close(fd);
		other = (char)(byte ^ 0xff);
		file_write(db_path, &other, 1, at);
		enum verify_answer answer = answer_of((struct verify_request){0}, &says);
		CHECK(answer == VERIFY_WRONG || answer == VERIFY_UNREADABLE || tree_hash_same(&root, &result.root));
		file_write(db_path, &byte, 1, at);
	}
	check_says(NULL, "good");
	sample_release(&mission);
}
