/* hub_blob_test.c: files that entries name: sent in parts, sealed under their subject's key, read by who may; by the trial's schema (tests/trial). */
#include "sim/rig.h"

#include <sodium.h>
#include <sqlite3.h>

enum { PART = 24000, FILE_BYTES_MAX = 1 << 20, PARTS_MAX = (FILE_BYTES_MAX + PART - 1) / PART };

static char bytes[FILE_BYTES_MAX + PART];

static struct answer_line send_part(enum rig_who who, const char *subject, int64_t part, int64_t of, struct str data)
{
	return rig_ask_one(who, (struct ask_line){.kind = ASK_LINE_BLOB, .blob = {str_of(subject), part, of, data}});
}

/* A file of so many bytes; its hash, or an empty text when it was not taken. */
static struct str send_file(enum rig_who who, const char *subject, size_t n)
{
	static char hashes[64][JOURNAL_BLOB_HASH_BYTES];
	static size_t n_hashes;
	int64_t of = n == 0 ? 1 : (int64_t)((n + PART - 1) / PART);
	struct answer_line answer = {0};
	for (int64_t part = 1; part <= of; part++) {
		size_t at = (size_t)(part - 1) * PART;
		answer = send_part(who, subject, part, of, (struct str){bytes + at, n - at < PART ? n - at : PART});
		if (answer.kind != ANSWER_LINE_BLOB || answer.blob.has_hash != (part == of))
			return (struct str){0};
	}
	char *hash = hashes[n_hashes++ % ARRAY_LEN(hashes)];
	memcpy(hash, answer.blob.hash.at, JOURNAL_BLOB_HASH_BYTES);
	return (struct str){hash, JOURNAL_BLOB_HASH_BYTES};
}

/* Whether somebody is given this file, whole. */
static bool reads(enum rig_who who, struct str hash, size_t n)
{
	static struct answer_line parts[PARTS_MAX + 1];
	struct ask_line line = {.kind = ASK_LINE_BLOB_READ, .blob_read = {hash}};
	size_t of = rig_ask(who, &line, parts, ARRAY_LEN(parts)), at = 0;
	if (of == 1 && parts[0].kind == ANSWER_LINE_BAD) {
		CHECK_STR(parts[0].bad.what, STR("there is no such file for you"));
		return false;
	}
	CHECK_INT(of, n == 0 ? 1 : (n + PART - 1) / PART);
	for (size_t i = 0; i < of; i++) {
		CHECK(parts[i].kind == ANSWER_LINE_FILE && parts[i].file.part == (int64_t)i + 1 &&
		      parts[i].file.of == (int64_t)of);
		CHECK_STR(parts[i].file.data, ((struct str){bytes + at, n - at < PART ? n - at : PART}));
		at += parts[i].file.data.len;
	}
	CHECK_INT(at, n);
	rig_forget();
	return true;
}

static void fill(void)
{
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * i % 251);
	memcpy(bytes, "a face, in clear", 16);
}

RIG_TEST(a_file_comes_in_parts_and_goes_out_in_parts)
{
	static const size_t lengths[] = {0, 1, PART - 1, PART, PART + 1, 65536, FILE_BYTES_MAX - 1, FILE_BYTES_MAX};
	fill();
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct str hash = send_file(OFFICER, "person:1", lengths[i]);
		CHECK(hash.len > 0);
		CHECK(reads(RECEPTION, hash, lengths[i]));
		CHECK(!disk_holds(rig.disk, bytes, 16));
	}
}

RIG_TEST(parts_that_do_not_follow_are_refused_and_what_came_before_is_dropped)
{
	static const struct {
		int64_t part[3], of[3];
		const char *what;
	} rows[] = {
	    {{2}, {2}, "parts of a file come in order"},
	    {{1, 3}, {3, 3}, "parts of a file come in order"},
	    {{1, 2}, {3, 2}, "parts of a file come in order"},
	    {{2, 0}, {1, 0}, "parts of a file come in order"},
	    {{1}, {PARTS_MAX + 1}, "a file has at most 1,048,576 bytes"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer_line answer = {0};
		for (int k = 0; k < 3 && rows[i].part[k] != 0; k++)
			answer = send_part(OFFICER, "person:1", rows[i].part[k], rows[i].of[k], STR("x"));
		CHECK_INT(answer.kind, ANSWER_LINE_BAD);
		CHECK_HAS(answer.bad.what, rows[i].what);
		/* And nothing goes on from there. */
		CHECK_INT(send_part(OFFICER, "person:1", 2, 3, STR("x")).kind, ANSWER_LINE_BAD);
	}
	/* Beginning anew is always possible. */
	CHECK_INT(send_part(OFFICER, "person:1", 1, 2, STR("old")).kind, ANSWER_LINE_BLOB);
	memcpy(bytes, "new", 3);
	CHECK(reads(RECEPTION, send_file(OFFICER, "person:1", 3), 3));
}

RIG_TEST(a_file_of_one_byte_more_is_too_large)
{
	fill();
	CHECK_INT(send_file(OFFICER, "person:1", FILE_BYTES_MAX + 1).len, 0);
	CHECK_INT(send_part(OFFICER, "person:1", 1, 1, STR("x")).kind, ANSWER_LINE_BLOB);
}

RIG_TEST(a_file_is_somebodys_or_somethings)
{
	static const char *const subjects[] = {
	    "person:99", "person:0", "person", "person:", "fly:1", "person:01", ":1"};
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		struct answer_line answer = send_part(OFFICER, subjects[i], 1, 1, STR("x"));
		CHECK_INT(answer.kind, ANSWER_LINE_BAD);
		CHECK_HAS(answer.bad.what, "this is nobody");
	}
}

RIG_TEST(what_a_connection_has_sent_goes_with_it)
{
	CHECK_INT(send_part(OFFICER, "person:1", 1, 2, STR("half")).kind, ANSWER_LINE_BLOB);
	hub_detach(rig.hub, OFFICER);
	rig_attach(OFFICER);
	CHECK_INT(send_part(OFFICER, "person:1", 2, 2, STR(" a face")).kind, ANSWER_LINE_BAD);
	CHECK_INT(send_part(SECOND, "person:1", 1, 2, STR("half")).kind,
		  ANSWER_LINE_BLOB); /* is open when the hub ends */
}

/* Naming it */

static const char *dossier_with(struct str hash)
{
	static char line[512];
	struct buf b = BUF(line);
	BUF_LIT(&b,
		"{'command':{'name':'trial.open_dossier','body':{'person':1,'title':'T','health':'good','said':'Hm',"
		"'picture':'");
	buf_put_hex(&b, (const uint8_t *)hash.at, hash.len);
	BUF_LIT(&b, "'}}}");
	buf_put_char(&b, 0);
	return line;
}

RIG_TEST(a_command_names_a_file_that_is_there)
{
	static const char none[32] = {1};
	fill();
	struct str hash = send_file(OFFICER, "person:1", 100);
	rig_say(OFFICER, dossier_with((struct str){none, sizeof none}));
	CHECK_HAS(rig_told(OFFICER), "{'bad':{'offset':47,'what':'a blob that it names was not sent before'");
	CHECK_INT(rig_entries(), 0);
	rig_say(OFFICER, dossier_with(hash));
	CHECK_HAS(rig_told(OFFICER), "{'done':{'entry':76,");
	rig_power_failure();
	rig_say(OFFICER, dossier_with(hash));
	CHECK_HAS(rig_told(OFFICER), "{'done':{'entry':77,");
	CHECK(reads(RECEPTION, hash, 100));
}

/* In one batch a file and the command that names it. */
RIG_TEST(a_file_is_durable_with_the_batch_that_names_it)
{
	struct buf b = arena_buf(&rig.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_BLOB, .blob = {STR("person:1"), 1, 1, STR("x")}});
	struct str line = arena_keep(&rig.arena, &b);
	rig_say(OFFICER, ADD_BUILDING("Annex"));
	rig_line(OFFICER, line);
	CHECK_INT(rig.n_heard, 0);
	CHECK_HAS(rig_told(OFFICER), "\n{'blob':{'hash':'");
}

RIG_TEST(a_file_is_named_by_its_cipher_text_and_never_twice_the_same)
{
	struct journal_blob blob;
	struct error error;
	uint8_t hash[crypto_hash_sha256_BYTES];
	fill();
	struct str one = send_file(OFFICER, "person:1", 100), two = send_file(OFFICER, "person:1", 100);
	CHECK(!str_eq(one, two));
	CHECK_INT(journal_get_blob(hub_journal(rig.hub), one, &rig.arena, &blob, &error), 1);
	crypto_hash_sha256(hash, (const uint8_t *)blob.data.at, blob.data.len);
	CHECK_STR(one, ((struct str){(const char *)hash, sizeof hash}));
	CHECK_STR(blob.owner, STR("person:1"));
}

/* Reading it */

RIG_TEST(a_file_is_for_those_who_see_the_members_that_hold_such_files)
{
	static const struct {
		enum rig_who who;
		bool persons, buildings, own;
	} rows[] = {{OFFICER, true, true, true}, {DUTY, true, true, true},	 {RECEPTION, true, false, true},
		    {GUARD, false, true, false}, {AUDITOR, false, false, false}, {ADMINISTRATOR, false, false, false},
		    {STAFF, false, false, true}};
	fill();
	struct str other = send_file(OFFICER, "person:2", 10), own = send_file(OFFICER, "person:1", 10),
		   building = send_file(OFFICER, "building:1", 10);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(reads(rows[i].who, other, 10) == rows[i].persons);
		CHECK(reads(rows[i].who, own, 10) == rows[i].own);
		CHECK(reads(rows[i].who, building, 10) == rows[i].buildings);
	}
}

/* Guards see reports about people while they look at them. They have no role for it, so an officer without other rights stands for them. */
RIG_TEST(a_file_with_a_purpose_is_for_those_who_have_a_look_open)
{
	static const struct str roles[] = {{"guard", 5}, {"auditor", 7}};
	fill();
	struct str hash = send_file(OFFICER, "person:2", 10);
	for (unsigned clearance = 0; clearance < 2; clearance++) {
		hub_detach(rig.hub, GUARD);
		CHECK_INT(hub_attach_asker(rig.hub, &(struct hub_person){STR("finn"), 1, roles, 2, clearance, 0}),
			  GUARD);
		if (clearance == 0)
			CHECK(!reads(GUARD, hash, 10));
		rig_say(GUARD, COMMAND("oversight.look", "'purpose':'a theft','subjects':['person:2']"));
		rig_commit();
		CHECK(reads(GUARD, hash, 10) == (clearance == 1)); /* restricted */
	}
}

RIG_TEST(a_file_that_is_not_there_or_not_what_it_was_is_answered_alike)
{
	static const char none[32] = {1};
	sqlite3 *db;
	fill();
	CHECK(!reads(OFFICER, (struct str){none, sizeof none}, 0));
	struct str hash = send_file(OFFICER, "person:1", 100);
	rig_close();
	CHECK_INT(sqlite3_open_v2("journal.db", &db, SQLITE_OPEN_READWRITE, "rig"), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; UPDATE blob SET data = zeroblob(200)", NULL, NULL, NULL);
	sqlite3_close(db);
	rig_open();
	CHECK(!reads(OFFICER, hash, 100));
}

/* As much as can be asked for in one batch. */
RIG_TEST(many_files_at_once_fit_into_a_batch)
{
	struct buf b = arena_buf(&rig.arena);
	fill();
	struct str hash = send_file(OFFICER, "person:1", FILE_BYTES_MAX);
	rig_forget();
	b = arena_buf(&rig.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_BLOB_READ, .blob_read = {hash}});
	char line[256];
	memcpy(line, b.at, b.len);
	struct str read = {line, b.len};
	size_t lines = 0;
	while (!hub_is_full(rig.hub)) {
		rig_line(OFFICER, read);
		lines++;
	}
	CHECK(lines > 40);
	rig.deaf[OFFICER] = true; /* nobody takes so much */
	rig_commit();
	CHECK(!hub_is_attached(rig.hub, OFFICER));
	rig.deaf[OFFICER] = false;
	rig_attach(OFFICER);
	read = STR("{\"blob\":{\"subject\":\"person:1\",\"part\":1,\"of\":1,\"data\":\"00\"}}");
	for (lines = 0; !hub_is_full(rig.hub); lines++)
		rig_line(OFFICER, read);
	CHECK(lines > 1000);
	rig_commit();
}

/* For a backup: sealed as they are kept, whoever's they are; pages of at most 64 names. */
enum { NAMES_IN_A_PAGE = 64 };

static size_t names_behind(struct str after, struct str *ret_last)
{
	struct ask_line ask = {.kind = ASK_LINE_BLOB_NAMES, .blob_names = {after}};
	struct answer_line answer = rig_ask_one(AUDITOR, ask);
	CHECK_INT(answer.kind, ANSWER_LINE_BLOB_NAMES);
	size_t n = answer.blob_names.blobs.n;
	if (n > 0)
		*ret_last = answer.blob_names.blobs.at[n - 1].hash;
	for (size_t i = 0; i < n; i++) {
		struct str hash = answer.blob_names.blobs.at[i].hash;
		CHECK(str_compare(hash, after) > 0);
		CHECK_STR(answer.blob_names.blobs.at[i].owner, STR("person:1"));
		after = hash;
	}
	return n;
}

RIG_TEST(a_backup_gets_all_names_page_by_page_and_each_file_as_it_is_kept)
{
	struct str last = {0};
	struct answer_line answer;
	fill();
	for (size_t i = 0; i < NAMES_IN_A_PAGE; i++)
		last = send_file(OFFICER, "person:1", 100 + i);
	struct str hash = arena_str(&rig.arena, last);
	last = (struct str){0};
	CHECK_INT(names_behind(last, &last), NAMES_IN_A_PAGE);
	CHECK_INT(names_behind(last, &last), 0);
	send_file(OFFICER, "person:1", 1000);
	last = (struct str){0};
	CHECK_INT(names_behind(last, &last), NAMES_IN_A_PAGE);
	CHECK_INT(names_behind(last, &last), 1);
	struct ask_line part = {.kind = ASK_LINE_BLOB_PART, .blob_part = {hash, 1}};
	answer = rig_ask_one(AUDITOR, part);
	CHECK(answer.kind == ANSWER_LINE_FILE && answer.file.part == 1 && answer.file.of == 1);
	uint8_t sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(sum, (const uint8_t *)answer.file.data.at, answer.file.data.len);
	CHECK(memcmp(sum, hash.at, sizeof sum) == 0);
	part.blob_part.part = 2;
	CHECK_INT(rig_ask_one(AUDITOR, part).kind, ANSWER_LINE_END);
	part.blob_part = (struct ask_blob_part){STR("00000000000000000000000000000000"), 1};
	CHECK_INT(rig_ask_one(AUDITOR, part).kind, ANSWER_LINE_END);
	CHECK_INT(rig_ask_one(GUARD, part).kind, ANSWER_LINE_BAD);
}
