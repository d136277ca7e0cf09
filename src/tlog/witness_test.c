/* witness_test.c: what a witness signs, and what it never signs, whatever it is asked, whatever its disk and its clock
 * do. */
#include "base/arena.h"
#include "base/test.h"
#include "journal/merkle_naive.h"
#include "sim/disk.h"
#include "tlog/witness.h"

#include <sodium.h>
#include <sqlite3.h>

enum { LEAVES = 300, NOON = 1700000000 };

static struct scene {
	struct disk *disk;
	struct witness witness;
	struct note_signer log, other; /* of lakeside and of another log that the witness knows too */
	struct witness_log logs[2];
	struct witness_answer answer;
	struct arena arena;
} s;

static int64_t clock_s;

static int64_t now_s(void)
{
	return clock_s;
}

static int open_state(struct error *error)
{
	return witness_state_open(&s.witness.state, "witness.db", "witness", error);
}

static void begin(void)
{
	static const uint8_t seeds[3][NOTE_SEED_BYTES] = {{1}, {2}, {3}};
	struct error error;
	s = (struct scene){.disk = disk_new("witness", 1), .arena = arena_map(16 << 20)};
	CHECK_OK(note_signer_init(&s.log, STR("chancery/lakeside"), seeds[0], &error), &error);
	CHECK_OK(note_signer_init(&s.other, STR("chancery/harbour"), seeds[1], &error), &error);
	CHECK_OK(note_witness_init(&s.witness.signer, STR("witness.example/w1"), seeds[2], &error), &error);
	s.logs[0] = (struct witness_log){STR("chancery/lakeside"), s.log.key};
	s.logs[1] = (struct witness_log){STR("an origin of its own"), s.other.key};
	s.witness.logs = s.logs;
	s.witness.n_logs = 2;
	s.witness.now_s = now_s;
	clock_s = NOON;
	CHECK_OK(open_state(&error), &error);
}

static void end(void)
{
	witness_state_close(s.witness.state);
	disk_free(s.disk);
	arena_unmap(&s.arena);
}

/* A tree whose leaves are numbers; of another history from a leaf on. */
static const struct merkle_hash *leaves(uint64_t fork)
{
	static struct merkle_hash at[LEAVES];
	for (uint64_t i = 0; i < LEAVES; i++) {
		char memory[24];
		struct str entry = merkle_naive_entry(&memory, i < fork ? i : i + 1000);
		at[i] = merkle_naive_leaf(entry);
	}
	return at;
}

static struct str text_for(uint64_t size, uint64_t fork)
{
	struct note_checkpoint checkpoint = {note_key_name(&s.log.key), size, merkle_naive_root(leaves(fork), size)};
	struct buf b = arena_buf(&s.arena);
	note_checkpoint_write(&b, &checkpoint);
	return arena_keep(&s.arena, &b);
}

static struct str signed_text(struct str text)
{
	struct buf b = arena_buf(&s.arena);
	note_sign(&b, &s.log, text);
	return arena_keep(&s.arena, &b);
}

/* The request by RFC 6962's own words. */
static struct str request(uint64_t old, uint64_t size, uint64_t fork)
{
	struct add_checkpoint asked = {.old = old, .note = signed_text(text_for(size, fork))};
	if (old > 0 && old < size)
		merkle_naive_subproof(&asked.proof, old, leaves(fork), size, true);
	struct buf b = arena_buf(&s.arena);
	add_checkpoint_write(&b, &asked);
	return arena_keep(&s.arena, &b);
}

static int ask(struct str body)
{
	struct error error;
	CHECK_OK(witness_add_checkpoint(&s.witness, body, &s.answer, &error), &error);
	return s.answer.status;
}

/* The time of the cosignature that was answered, under this checkpoint. */
static uint64_t cosigned_at(uint64_t size)
{
	struct str signed_note = signed_text(text_for(size, LEAVES)), text;
	struct note_line line = {0};
	struct error error;
	struct buf note = arena_buf(&s.arena);
	buf_put_str(&note, signed_note);
	buf_put_str(&note, buf_str(&s.answer.body));
	CHECK_OK(note_find(arena_keep(&s.arena, &note), &s.witness.signer.key, &text, &line, &error), &error);
	return line.time_s;
}

static void check_says(int status, int wanted, const char *words)
{
	CHECK_INT(status, wanted);
	if (!str_contains(buf_str(&s.answer.body), str_of(words)))
		test_fail(__FILE__, __LINE__, "%s: " STR_FMT, words, STR_ARG(buf_str(&s.answer.body)));
}

#define WITNESS_TEST(name) TEST_BETWEEN(begin, name, end)

/* What it signs */

WITNESS_TEST(a_log_that_grows_is_cosigned)
{
	static const uint64_t sizes[] = {0, 1, 2, 3, 64, 255, 256, 257, 300};
	for (size_t i = 1; i < ARRAY_LEN(sizes); i++) {
		clock_s = NOON + (int64_t)i;
		CHECK_INT(ask(request(sizes[i - 1], sizes[i], LEAVES)), 200);
		CHECK_INT(cosigned_at(sizes[i]), NOON + i);
		CHECK_STR(str_of(s.answer.type), STR("text/plain; charset=utf-8"));
	}
}

WITNESS_TEST(the_same_checkpoint_again_is_cosigned_again_with_its_new_time)
{
	CHECK_INT(ask(request(0, 200, LEAVES)), 200);
	clock_s = NOON + 60;
	CHECK_INT(ask(request(200, 200, LEAVES)), 200);
	CHECK_INT(cosigned_at(200), NOON + 60);
}

WITNESS_TEST(a_tree_without_entries_may_be_cosigned_and_grows_from_there)
{
	struct note_checkpoint nothing = {note_key_name(&s.log.key), 0, merkle_empty()};
	struct buf b = arena_buf(&s.arena), body;
	note_checkpoint_write(&b, &nothing);
	struct str note = signed_text(arena_keep(&s.arena, &b));
	for (int round = 0; round < 2; round++) {
		body = arena_buf(&s.arena);
		add_checkpoint_write(&body, &(struct add_checkpoint){.note = note});
		CHECK_INT(ask(arena_keep(&s.arena, &body)), 200);
	}
	CHECK_INT(ask(request(0, 5, LEAVES)), 200);
	CHECK_INT(cosigned_at(5), NOON);
}

/* Lines that a log may add, and signatures of keys that nobody here knows, are signed with and passed over. */
WITNESS_TEST(further_lines_are_cosigned_and_further_signatures_passed_over)
{
	struct str three = text_for(7, LEAVES);
	struct buf b = arena_buf(&s.arena);
	buf_put_str(&b, three);
	BUF_LIT(&b, "an extension\n");
	struct str text = arena_keep(&s.arena, &b), found;
	struct buf note = arena_buf(&s.arena);
	struct note_line line;
	BUF_LIT(&note, "old 0\n\n");
	note_sign(&note, &s.log, text);
	BUF_LIT(&note, "\xe2\x80\x94 somebody AAAAAAA=\n");
	struct str body = arena_keep(&s.arena, &note);
	CHECK_INT(ask(body), 200);
	note = arena_buf(&s.arena);
	buf_put_str(&note, text);
	BUF_LIT(&note, "\n");
	buf_put_str(&note, buf_str(&s.answer.body));
	CHECK_INT(note_find(arena_keep(&s.arena, &note), &s.witness.signer.key, &found, &line, NULL), 0);
}

WITNESS_TEST(an_origin_need_not_be_the_keys_name)
{
	struct note_checkpoint checkpoint = {s.logs[1].origin, 1, leaves(0)[0]};
	struct buf b = arena_buf(&s.arena);
	buf_put_str(&b, s.logs[1].origin);
	BUF_LIT(&b, "\n1\n");
	buf_put_base64(&b, checkpoint.root.at, MERKLE_HASH_BYTES);
	BUF_LIT(&b, "\n");
	struct str text = arena_keep(&s.arena, &b);
	b = arena_buf(&s.arena);
	BUF_LIT(&b, "old 0\n\n");
	note_sign(&b, &s.other, text);
	CHECK_INT(ask(arena_keep(&s.arena, &b)), 200);
}

/* What it does not sign */

WITNESS_TEST(what_is_no_request_is_400)
{
	static const char *const bodies[] = {"", "old 1", "old 0\n\n", "old 0\n\nno line feed"};
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		CHECK_INT(ask(str_of(bodies[i])), 400);
	CHECK_INT(ask(STR("old 0\n\nchancery/lakeside\nno note\n")), 400);
	struct buf b = arena_buf(&s.arena);
	BUF_LIT(&b, "old 0\n\n");
	note_sign(&b, &s.log, STR("chancery/lakeside\n07\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"));
	check_says(ask(arena_keep(&s.arena, &b)), 400, "not a checkpoint");
}

WITNESS_TEST(an_unknown_origin_is_404)
{
	struct note_signer log = s.log;
	static const uint8_t seed[NOTE_SEED_BYTES] = {9};
	CHECK_INT(note_signer_init(&s.log, STR("chancery/hillside"), seed, NULL), 0);
	check_says(ask(request(0, 5, LEAVES)), 404, "does not know that origin");
	s.log = log;
}

WITNESS_TEST(a_checkpoint_that_the_logs_key_did_not_sign_is_403)
{
	struct note_signer log = s.log;
	static const uint8_t seed[NOTE_SEED_BYTES] = {9};
	CHECK_INT(note_signer_init(&s.log, STR("chancery/lakeside"), seed, NULL), 0);
	check_says(ask(request(0, 5, LEAVES)), 403, "not signed by chancery/lakeside");
	s.log = log;
	struct str body = request(0, 5, LEAVES);
	((char *)body.at)[7 + strlen("chancery/lakeside\n")] = '6'; /* the size */
	check_says(ask(body), 403, "is wrong");
	CHECK_INT(ask(request(0, 5, LEAVES)), 200);
}

WITNESS_TEST(an_old_size_above_the_checkpoints_is_400)
{
	CHECK_INT(ask(request(0, 5, LEAVES)), 200);
	check_says(ask(request(6, 5, LEAVES)), 400, "greater than");
}

WITNESS_TEST(an_old_size_that_is_not_the_last_one_is_409_and_the_size_is_told)
{
	static const uint64_t wrong[] = {0, 9, 11, 20};
	check_says(ask(request(3, 10, LEAVES)), 409, "0\n");
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_INT(ask(request(wrong[i], 20, LEAVES)), 409);
		CHECK_STR(buf_str(&s.answer.body), STR("10\n"));
		CHECK_STR(str_of(s.answer.type), STR("text/x.tlog.size"));
	}
}

WITNESS_TEST(what_does_not_grow_out_of_what_was_cosigned_is_422)
{
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	check_says(ask(request(10, 20, 9)), 422, "does not lead");
	check_says(ask(request(10, 20, 3)), 422, "does not lead");
	check_says(ask(request(10, 10, 9)), 422, "another root for that size");
	CHECK_INT(ask(request(10, 20, LEAVES)), 200);
}

static struct str with_hashes(uint64_t old, struct str note, size_t n)
{
	struct add_checkpoint asked = {.old = old, .note = note, .proof = {.n = n}};
	struct buf b = arena_buf(&s.arena);
	add_checkpoint_write(&b, &asked);
	return arena_keep(&s.arena, &b);
}

WITNESS_TEST(a_proof_where_none_belongs_is_422)
{
	check_says(ask(with_hashes(0, signed_text(text_for(10, LEAVES)), 1)), 422, "nothing to prove");
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	check_says(ask(with_hashes(10, signed_text(text_for(10, LEAVES)), 1)), 422, "does not lead");
	check_says(ask(with_hashes(10, signed_text(text_for(20, LEAVES)), 0)), 422, "does not lead");
}

WITNESS_TEST(no_entries_with_a_root_of_some_is_422)
{
	struct note_checkpoint nothing = {note_key_name(&s.log.key), 0, leaves(0)[0]};
	struct buf b = arena_buf(&s.arena);
	note_checkpoint_write(&b, &nothing);
	struct str note = signed_text(arena_keep(&s.arena, &b));
	check_says(ask(with_hashes(0, note, 0)), 422, "without entries");
}

WITNESS_TEST(any_one_changed_hash_of_a_proof_is_422)
{
	CHECK_INT(ask(request(0, 137, LEAVES)), 200);
	struct add_checkpoint asked = {.old = 137, .note = signed_text(text_for(300, LEAVES))};
	merkle_naive_subproof(&asked.proof, 137, leaves(LEAVES), 300, true);
	CHECK(asked.proof.n > 5);
	for (size_t i = 0; i < asked.proof.n; i++) {
		asked.proof.at[i].at[i] ^= 1;
		struct buf b = arena_buf(&s.arena);
		add_checkpoint_write(&b, &asked);
		CHECK_INT(ask(arena_keep(&s.arena, &b)), 422);
		asked.proof.at[i].at[i] ^= 1;
	}
}

/* Monitors */

static struct str hash_of(struct str origin)
{
	static char hex_bytes[64];
	uint8_t digest[crypto_hash_sha256_BYTES];
	struct buf hex = BUF(hex_bytes);
	crypto_hash_sha256(digest, (const uint8_t *)origin.at, origin.len);
	buf_put_hex(&hex, digest, sizeof digest);
	return buf_str(&hex);
}

WITNESS_TEST(a_monitor_gets_the_newest_checkpoint_with_both_signatures)
{
	struct error error;
	struct str text, hash = hash_of(note_key_name(&s.log.key));
	CHECK_OK(witness_get_checkpoint(&s.witness, hash, &s.answer, &error), &error);
	CHECK_INT(s.answer.status, 404);
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	CHECK_INT(ask(request(10, 20, LEAVES)), 200);
	CHECK_INT(ask(request(10, 30, LEAVES)), 409);
	CHECK_OK(witness_get_checkpoint(&s.witness, hash, &s.answer, &error), &error);
	CHECK_INT(s.answer.status, 200);
	CHECK_OK(note_open(buf_str(&s.answer.body), &s.log.key, &text, &error), &error);
	CHECK_STR(text, text_for(20, LEAVES));
	CHECK_OK(note_open(buf_str(&s.answer.body), &s.witness.signer.key, &text, &error), &error);
	CHECK_OK(witness_get_checkpoint(&s.witness, hash_of(STR("chancery/hillside")), &s.answer, &error), &error);
	CHECK_INT(s.answer.status, 404);
}

/* Clock and disk */

WITNESS_TEST(times_never_go_back_whatever_the_clock_does)
{
	struct error error;
	static const struct {
		int64_t clock;
		uint64_t wanted;
	} rows[] = {{NOON, NOON},    {NOON + 100, NOON + 100}, {NOON + 50, NOON + 100},
		    {0, NOON + 100}, {-5, NOON + 100},	       {NOON + 101, NOON + 101}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		clock_s = rows[i].clock;
		CHECK_INT(ask(request(i * 10, i * 10 + 10, LEAVES)), 200);
		CHECK_INT(cosigned_at(i * 10 + 10), rows[i].wanted);
		witness_state_close(s.witness.state); /* nor over a restart */
		CHECK_OK(open_state(&error), &error);
	}
}

WITNESS_TEST(without_a_clock_a_time_is_still_said)
{
	clock_s = 0;
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	CHECK_INT(cosigned_at(10), 1);
}

/* The power fails at step 1, 2, 3 … of a life of requests; after each failure, whatever was answered holds: the newest
 * answered size is there or a newer one, and what it says of it is what was answered. */
TEST(what_was_answered_survives_a_power_failure_at_any_step)
{
	bool is_done = false;
	uint64_t step = 0;
	while (!is_done) {
		struct error error;
		struct witness_seen seen = {0};
		uint64_t answered = 0;
		bool is_open;
		begin();
		witness_state_close(s.witness.state);
		step++;
		disk_fail_at(s.disk, step, step);
		is_open = open_state(&error) == 0;
		int failed = is_open ? 0 : -1;
		while (failed == 0 && answered < 60) {
			failed = witness_add_checkpoint(&s.witness, request(answered, answered + 10, LEAVES), &s.answer,
							&error);
			if (failed == 0 && s.answer.status == 200)
				answered += 10;
		}
		is_done = failed == 0 && !disk_is_down(s.disk);
		if (is_open)
			witness_state_close(s.witness.state);
		disk_fail_at(s.disk, DISK_NEVER, 0);
		disk_restart(s.disk);
		CHECK_OK(open_state(&error), &error);
		int found = witness_state_get(s.witness.state, note_key_name(&s.log.key), &seen, NULL, &error);
		struct merkle_hash root = seen.size > 0 ? merkle_naive_root(leaves(LEAVES), seen.size) : seen.root;
		if (found < 0 || seen.size < answered || seen.size > answered + 10 || !merkle_eq(&root, &seen.root))
			test_fail(__FILE__, __LINE__, "step %llu: answered %llu, kept %llu", (unsigned long long)step,
				  (unsigned long long)answered, (unsigned long long)seen.size);
		CHECK_INT(ask(request(seen.size, seen.size + 5, LEAVES)), 200);
		end();
	}
	CHECK(step > 20);
}

WITNESS_TEST(a_failed_sync_is_no_answer_and_final)
{
	struct error error;
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	disk_fail_sync(s.disk, 1);
	CHECK_INT(witness_add_checkpoint(&s.witness, request(10, 20, LEAVES), &s.answer, &error), ERROR_SYSTEM);
	CHECK(error.where[0] && error.remedy[0]);
	CHECK_INT(witness_add_checkpoint(&s.witness, request(10, 20, LEAVES), &s.answer, &error), ERROR_SYSTEM);
}

WITNESS_TEST(of_two_who_began_at_one_size_one_is_told)
{
	struct error error;
	struct witness_seen before = {.size = 10, .root = merkle_naive_root(leaves(LEAVES), 10), .time_s = NOON};
	struct witness_seen to = {.size = 20, .root = merkle_naive_root(leaves(LEAVES), 20), .time_s = NOON};
	struct str origin = note_key_name(&s.log.key);
	CHECK_INT(witness_state_advance(s.witness.state, origin, NULL, &before, STR("note"), &error), 1);
	CHECK_INT(witness_state_advance(s.witness.state, origin, NULL, &before, STR("note"), &error), 0);
	CHECK_INT(witness_state_advance(s.witness.state, origin, &before, &to, STR("note"), &error), 1);
	CHECK_INT(witness_state_advance(s.witness.state, origin, &before, &to, STR("note"), &error), 0);
	before = to;
	before.root.at[0] ^= 1;
	CHECK_INT(witness_state_advance(s.witness.state, origin, &before, &to, STR("note"), &error), 0);
}

static void change(const char *sql)
{
	sqlite3 *db;
	int failed = sqlite3_open_v2("witness.db", &db, SQLITE_OPEN_READWRITE, "witness");
	failed = failed ? failed : sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	failed = failed ? failed : sqlite3_exec(db, sql, NULL, NULL, NULL);
	ASSERT(failed == SQLITE_OK);
	sqlite3_close(db);
}

TEST(a_memory_that_is_none_is_refused)
{
	static const char *const changes[] = {"PRAGMA user_version=2", "PRAGMA application_id=7",
					      "CREATE TABLE more(x)", "ALTER TABLE seen RENAME COLUMN note TO text"};
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct error error = {0};
		begin();
		witness_state_close(s.witness.state);
		change(changes[i]);
		CHECK_INT(open_state(&error), ERROR_RECORD);
		CHECK(strstr(error.remedy, "must not go on") && error.where[0]);
		disk_free(s.disk);
		arena_unmap(&s.arena);
	}
}

WITNESS_TEST(a_second_witness_on_one_memory_is_refused)
{
	struct witness_state *second;
	struct error error;
	CHECK_INT(ask(request(0, 10, LEAVES)), 200);
	CHECK_INT(witness_state_open(&second, "witness.db", "witness", &error), ERROR_LIMIT);
	CHECK_INT(ask(request(10, 20, LEAVES)), 200);
}
