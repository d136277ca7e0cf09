/* hub_tlog_test.c: the record for outside, as the hub gives it: who may have it, byte for byte, with proofs, and what
 * it does with what witnesses answer. */
#include "serve/hub.h"

#include "base/test.h"
#include "gen/facts.h"
#include "rules/rulebook_text.h"
#include "sim/disk.h"
#include "sim/house.h"
#include "sim/premises.h"

enum { HEARD_MAX = 8192, ARENA_BYTES = 64 << 20, TIME_S = 1700000000 };

enum who { OFFICER = HUB_DRIVERS_MAX, AUDITOR, ADMINISTRATOR, GUARD, NOBODY, COSIGN };
static const struct {
	enum who who;
	const char *role;
} people[] = {{OFFICER, "security_officer"},
	      {AUDITOR, "auditor"},
	      {ADMINISTRATOR, "administrator"},
	      {GUARD, "guard"},
	      {NOBODY, NULL}};

static struct scene {
	struct premises *at; /* first: outside's context */
	struct premises premises;
	struct disk *disk;
	struct hub *hub;
	struct arena arena;
	struct {
		unsigned peer;
		struct str line;
	} heard[HEARD_MAX];
	size_t n_heard;
	struct hub_witness witnesses[2];
	struct note_signer signers[2];
	bool slow, deaf;
} s;

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint64_t number;
	memset(ret_bytes, context != NULL, n);
	number++;
	memcpy(ret_bytes, &number, sizeof number);
}

static bool send_line(void *context, unsigned peer, struct str line)
{
	struct scene *scene = context;
	if (scene->deaf)
		return false;
	ASSERT(scene->n_heard < HEARD_MAX);
	scene->heard[scene->n_heard].peer = peer;
	scene->heard[scene->n_heard++].line = arena_str(&scene->arena, line);
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	return peer < HUB_PEERS_MAX && !((struct scene *)context)->slow;
}

static const uint8_t seed[JOURNAL_SEED_BYTES] = {7};
static const struct journal_options record = {
    .path = "journal.db", .vfs = "hub", .origin = {"chancery/house", 14}, .seed = seed};

static void open_hub(void)
{
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	static const struct rulebook *rulebook;
	if (!rulebook)
		rulebook = rulebook_of_text(&access_request_vocabulary, house_rules());
	struct hub_options options = {.mission = STR("house"),
				      .journal = record,
				      .rulebooks = {rulebook},
				      .environment = {STR("test"), {zeros, 32}, {zeros, 32}, STR("UTC"), {1, &utc}},
				      .witnesses = s.witnesses,
				      .n_witnesses = ARRAY_LEN(s.witnesses),
				      .outside = {.context = &s, .salt = salt, .send = send_line, .has_room = has_room}};
	struct error error;
	s.at = &s.premises;
	CHECK_OK(premises_open(&s.premises, s.disk, &error), &error);
	premises_fill(&s.premises, &options);
	int opened = hub_open(&s.hub, &options, &error);
	CHECK_OK(opened, &error);
	ASSERT(opened == 0);
	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		struct str role = str_of(people[i].role ? people[i].role : "");
		struct hub_person person = {STR("ana"), 1000, &role, people[i].role ? 1 : 0, 0, 0};
		ASSERT(hub_attach_asker(s.hub, &person) == people[i].who);
	}
	ASSERT(hub_attach_cosign(s.hub) == COSIGN);
}

static void begin(void)
{
	s = (struct scene){.disk = disk_new("hub", 1),
			   .premises = {.clock_us = INT64_C(1795424400000000), .free_bytes = UINT64_MAX},
			   .arena = arena_map(ARENA_BYTES)};
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t own[NOTE_SEED_BYTES] = {(uint8_t)(i + 1)};
		struct str name = i == 0 ? STR("witness.example/w1") : STR("witness.example/w2");
		int made = note_witness_init(&s.signers[i], name, own, NULL);
		ASSERT(made == 0);
		s.witnesses[i] = (struct hub_witness){i == 0 ? STR("Capital") : STR("Neighbour"), s.signers[i].key};
	}
	open_hub();
}

static void end(void)
{
	hub_close(s.hub);
	premises_close(&s.premises);
	disk_free(s.disk);
	arena_unmap(&s.arena);
}

static void commit(void)
{
	struct error error;
	int more;
	while ((more = hub_commit(s.hub, &error)) > 0)
		;
	CHECK_OK(more, &error);
}

/* A line, written by the codec; then what its sender is told, each line read by the codec. */
static size_t ask(enum who who, const struct ask_line *line, struct answer_line *ret_answers, size_t max)
{
	struct buf b = arena_buf(&s.arena);
	size_t n = 0;
	ask_line_write(&b, line);
	hub_line(s.hub, who, arena_keep(&s.arena, &b));
	s.n_heard = 0;
	commit();
	for (size_t i = 0; i < s.n_heard && n < max; i++) {
		struct json json = json_over(s.heard[i].line, &s.arena);
		bool is_read = s.heard[i].peer != (unsigned)who || answer_line_read(&json, &ret_answers[n]);
		CHECK(is_read);
		n += s.heard[i].peer == (unsigned)who && is_read;
	}
	return n;
}

static struct answer_line ask_one(enum who who, struct ask_line line)
{
	struct answer_line answers[2] = {{0}};
	size_t n = ask(who, &line, answers, 2);
	CHECK_INT(n, 1);
	return answers[0];
}

static void check_bad(struct answer_line answer, const char *what)
{
	CHECK_INT(answer.kind, ANSWER_LINE_BAD);
	if (answer.kind != ANSWER_LINE_BAD || !str_contains(answer.bad.what, str_of(what)) ||
	    answer.bad.remedy.len == 0)
		test_fail(__FILE__, __LINE__, "%s: " STR_FMT, what, STR_ARG(answer.bad.what));
}

/* One entry each. */
static void write_entries(int n)
{
	for (int i = 0; i < n; i++) {
		static int number;
		char text[120];
		snprintf(text, sizeof text,
			 "{\"command\":{\"name\":\"site.add_building\",\"body\":{\"name\":\"Hut %d\"}}}", ++number);
		hub_line(s.hub, OFFICER, str_of(text));
		if (i % 100 == 99)
			commit();
	}
	commit();
}

static uint64_t size(void)
{
	return journal_size(hub_journal(s.hub));
}

static struct ask_line raw(int64_t from, int64_t to)
{
	return (struct ask_line){.kind = ASK_LINE_RAW, .raw = {.from = from, .has_to = to >= 0, .to = to < 0 ? 0 : to}};
}

static struct ask_line cosigned(struct str note)
{
	return (struct ask_line){.kind = ASK_LINE_COSIGNED, .cosigned = {note}};
}

static struct ask_line ahead(struct str note)
{
	return (struct ask_line){.kind = ASK_LINE_WITNESS_AHEAD, .witness_ahead = {STR("witness.example/w1"), note}};
}

static const struct ask_line checkpoint = {.kind = ASK_LINE_CHECKPOINT}, status = {.kind = ASK_LINE_STATUS},
			     cosignatures = {.kind = ASK_LINE_COSIGNATURES};

static struct ask_line proof(enum ask_proof_of of, int64_t from, int64_t to)
{
	return (struct ask_line){.kind = ASK_LINE_PROOF, .proof = {of, from, to}};
}

/* The newest checkpoint with lines of so many witnesses. */
static struct str newest(size_t n)
{
	struct str note = ask_one(OFFICER, checkpoint).checkpoint.note, text, rest;
	struct buf b = arena_buf(&s.arena);
	text = note;
	for (int i = 0; i < 3; i++)
		CHECK(str_cut(text, '\n', &rest, &text));
	text = (struct str){note.at, (size_t)(text.at - note.at)};
	buf_put_str(&b, note);
	for (size_t i = 0; i < n; i++)
		note_cosign(&b, &s.signers[i], text, TIME_S);
	return arena_keep(&s.arena, &b);
}

/* A checkpoint that our key signed, for a tree that is not ours. */
static struct str foreign(uint64_t entries)
{
	struct note_signer signer;
	struct note_checkpoint of = {record.origin, entries, merkle_leaf(STR("another"))};
	char text[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(text), note = arena_buf(&s.arena);
	int made = note_signer_init(&signer, record.origin, record.seed, NULL);
	ASSERT(made == 0);
	note_checkpoint_write(&b, &of);
	note_sign(&note, &signer, buf_str(&b));
	return arena_keep(&s.arena, &note);
}

#define TLOG_TEST(name)                                                                                                \
	static void tlog_##name(void);                                                                                 \
	TEST(name)                                                                                                     \
	{                                                                                                              \
		begin();                                                                                               \
		tlog_##name();                                                                                         \
		end();                                                                                                 \
	}                                                                                                              \
	static void tlog_##name(void)

/* Who may */

TLOG_TEST(the_record_is_for_three_roles_and_some_of_it_for_the_one_who_asks_witnesses)
{
	static const struct {
		enum ask_line_kind kind;
		bool officer, auditor, administrator, guard, nobody, cosign;
	} rows[] = {
	    {ASK_LINE_RAW, true, true, true, false, false, false},
	    {ASK_LINE_CHECKPOINT, true, true, true, false, false, true},
	    {ASK_LINE_COSIGNATURES, true, true, true, false, false, true},
	    {ASK_LINE_PROOF, true, true, true, false, false, true},
	    {ASK_LINE_COSIGNED, true, true, true, false, false, true},
	    {ASK_LINE_WITNESS_AHEAD, true, true, true, false, false, true},
	    {ASK_LINE_WITNESS_STATE, false, false, false, false, false, true},
	    {ASK_LINE_STATUS, true, true, true, true, false, false},
	    {ASK_LINE_FOLLOW, true, true, true, true, false, false},
	};
	write_entries(3);
	struct str own = newest(1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const bool may[] = {rows[i].officer, rows[i].auditor, rows[i].administrator,
				    rows[i].guard,   rows[i].nobody,  rows[i].cosign};
		struct ask_line line = {.kind = rows[i].kind};
		if (line.kind == ASK_LINE_RAW)
			line = raw(0, 1);
		else if (line.kind == ASK_LINE_PROOF)
			line = proof(ASK_PROOF_OF_INCLUSION, 0, 1);
		else if (line.kind == ASK_LINE_COSIGNED)
			line = cosigned(own);
		else if (line.kind == ASK_LINE_WITNESS_AHEAD)
			line = ahead(foreign(1000));
		else if (line.kind == ASK_LINE_WITNESS_STATE)
			line.witness_state = (struct ask_witness_state){STR("witness.example/w1"), STR("")};
		for (size_t k = 0; k < ARRAY_LEN(may); k++) {
			struct answer_line answers[8] = {{0}};
			size_t n = ask(OFFICER + (enum who)k, &line, answers, 8);
			bool was = n > 0 && answers[0].kind != ANSWER_LINE_BAD;
			if (was != may[k])
				test_fail(__FILE__, __LINE__, "line %d, peer %zu: %d", (int)line.kind, k, (int)was);
			test_count(true);
		}
	}
}

TLOG_TEST(whoever_asks_witnesses_gives_no_commands)
{
	struct ask_line line = {.kind = ASK_LINE_COMMAND,
				.command = {STR("site.add_building"), STR("{\"name\":\"Hut\"}")}};
	uint64_t before = size();
	check_bad(ask_one(COSIGN, line), "not for the process that talks to witnesses");
	CHECK_INT(size(), before);
}

/* Exact entries */

struct bodies {
	struct str at[600];
	size_t n;
};

static int keep(void *context, uint64_t index, struct str body)
{
	struct bodies *bodies = context;
	ASSERT(index < ARRAY_LEN(bodies->at));
	bodies->at[bodies->n++] = arena_str(&s.arena, body);
	return 0;
}

/* Answers are the entries from a number on, byte for byte; returns how many. */
static size_t check_raw(const struct answer_line *answers, size_t n, size_t from)
{
	static struct bodies bodies;
	struct error error;
	size_t right = 0;
	bodies.n = 0;
	CHECK_OK(journal_read(hub_journal(s.hub), 0, size(), keep, &bodies, &error), &error);
	while (right < n && answers[right].kind == ANSWER_LINE_RAW &&
	       answers[right].raw.entry == (int64_t)(from + right) &&
	       str_eq(answers[right].raw.body, bodies.at[from + right]))
		right++;
	return right;
}

TLOG_TEST(entries_come_byte_for_byte_and_end_where_they_were_asked_to)
{
	static struct answer_line answers[600];
	write_entries(400);
	static const int64_t ranges[][2] = {{0, 0}, {0, 1}, {5, 5}, {7, 300}, {0, 401}, {401, 401}};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct ask_line line = raw(ranges[i][0], ranges[i][1]);
		size_t n = ask(AUDITOR, &line, answers, ARRAY_LEN(answers)),
		       wanted = (size_t)(ranges[i][1] - ranges[i][0]);
		CHECK_INT(n, wanted + 1);
		CHECK_INT(check_raw(answers, n, (size_t)ranges[i][0]), wanted);
		CHECK_INT(answers[n - 1].kind, ANSWER_LINE_END);
	}
}

TLOG_TEST(without_an_end_entries_come_as_they_become_durable_and_a_checkpoint_after_each_batch)
{
	static struct answer_line answers[600];
	write_entries(299);
	struct ask_line line = raw(290, -1);
	size_t n = ask(AUDITOR, &line, answers, ARRAY_LEN(answers));
	CHECK_INT(n, 11);
	CHECK_INT(check_raw(answers, n, 290), 10);
	CHECK_INT(answers[10].kind, ANSWER_LINE_CHECKPOINT);
	CHECK_INT(answers[10].checkpoint.size, 300);
	s.n_heard = 0;
	commit();
	CHECK_INT(s.n_heard, 0);
	write_entries(2);
	size_t raws = 0, checkpoints = 0;
	for (size_t i = 0; i < s.n_heard; i++) {
		raws += s.heard[i].peer == AUDITOR && str_starts(s.heard[i].line, STR("{\"raw\":"));
		checkpoints +=
		    s.heard[i].peer == AUDITOR && str_starts(s.heard[i].line, STR("{\"checkpoint\":{\"size\":302,"));
	}
	CHECK_INT(raws, 2);
	CHECK_INT(checkpoints, 1);
}

TLOG_TEST(a_range_that_is_not_there_yet_comes_when_it_is)
{
	struct ask_line line = raw(0, 4);
	struct answer_line answers[8];
	write_entries(1);
	CHECK_INT(ask(AUDITOR, &line, answers, 8), 2);
	write_entries(5);
	size_t n = 0;
	for (size_t i = 0; i < s.n_heard; i++)
		n += s.heard[i].peer == AUDITOR;
	CHECK_INT(n, 5); /* in all: two before are still in the list, two and the end */
}

TLOG_TEST(ranges_that_cannot_be_are_told)
{
	write_entries(3);
	check_bad(ask_one(AUDITOR, raw(5, -1)), "not so many entries");
	check_bad(ask_one(AUDITOR, raw(3, 2)), "`to` is before `from`");
}

TLOG_TEST(who_has_no_room_waits_and_who_does_not_take_is_let_go)
{
	struct ask_line line = raw(0, -1);
	struct answer_line answers[8];
	write_entries(3);
	s.slow = true;
	CHECK_INT(ask(AUDITOR, &line, answers, 8), 0);
	s.slow = false;
	commit();
	CHECK_INT(s.n_heard, 5);
	s.deaf = true;
	CHECK_INT(ask(OFFICER, &line, answers, 8), 0);
	CHECK(!hub_is_attached(s.hub, OFFICER) && hub_is_attached(s.hub, AUDITOR));
}

/* Bodies that are no JSON, that have a line feed, and that are too long for one line. */
TLOG_TEST(an_entry_that_fits_no_line_comes_in_parts)
{
	static char longest[JOURNAL_BODY_BYTES_MAX], joined[JOURNAL_BODY_BYTES_MAX];
	memset(longest, 'a', sizeof longest);
	longest[0] = longest[sizeof longest - 1] = '"';
	struct str bodies[] = {STR(""),	       STR("no JSON"), STR("{\"a\":1} "),
			       STR("[1,\n2]"), STR("\xff"),    {longest, sizeof longest},
			       STR("{}")};
	struct error error;
	struct answer_line answers[16];
	uint64_t first = size();
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		CHECK_OK(journal_append(hub_journal(s.hub), bodies[i], &error), &error);
	CHECK_OK(journal_commit(hub_journal(s.hub), &error), &error);
	struct ask_line line = raw((int64_t)first, (int64_t)size());
	size_t n = ask(AUDITOR, &line, answers, 16), at = 0;
	CHECK_INT(n, 5 + 3 + 1 + 1);
	for (size_t i = 0; i < ARRAY_LEN(bodies) - 1; i++) {
		struct buf b = BUF(joined);
		int64_t left = 1;
		for (; left > 0 && at < n && answers[at].kind == ANSWER_LINE_PART; at++) {
			buf_put_str(&b, answers[at].part.data);
			left = answers[at].part.left;
			CHECK_INT(answers[at].part.entry, first + i);
			CHECK_INT(left, bodies[i].len - b.len);
		}
		CHECK(str_eq(buf_str(&b), bodies[i]));
	}
	CHECK_INT(answers[at].kind, ANSWER_LINE_RAW);
}

/* Checkpoints and proofs */

static struct proof proof_of(struct answer_line answer)
{
	struct proof made = {.n = answer.proof.hashes.n};
	CHECK_INT(answer.kind, ANSWER_LINE_PROOF);
	for (size_t i = 0; i < made.n; i++)
		CHECK(note_hash_read(answer.proof.hashes.at[i], &made.at[i]));
	return made;
}

TLOG_TEST(entries_and_growth_are_proven_to_whoever_asks)
{
	static struct bodies bodies;
	struct error error;
	struct merkle_hash root, old;
	bodies.n = 0;
	write_entries(299);
	struct proof_source source = journal_hashes(hub_journal(s.hub));
	journal_root(hub_journal(s.hub), root.at);
	CHECK_OK(journal_read(hub_journal(s.hub), 0, 300, keep, &bodies, &error), &error);
	for (int64_t i = 0; i < 300; i += 23) {
		struct merkle_hash leaf = merkle_leaf(bodies.at[i]);
		struct proof made = proof_of(ask_one(AUDITOR, proof(ASK_PROOF_OF_INCLUSION, i, 300)));
		CHECK(proof_has_inclusion(&made, (uint64_t)i, 300, &leaf, &root));
		made = proof_of(ask_one(COSIGN, proof(ASK_PROOF_OF_CONSISTENCY, i + 1, 300)));
		CHECK_OK(proof_root(&source, (uint64_t)i + 1, &old, &error), &error);
		CHECK(proof_has_consistency(&made, (uint64_t)i + 1, 300, &old, &root));
	}
}

TLOG_TEST(what_is_not_signed_is_not_proven)
{
	write_entries(3);
	static const int64_t pairs[][2] = {{0, 5}, {4, 4}, {5, 5}, {5, 4}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		check_bad(ask_one(AUDITOR, proof(ASK_PROOF_OF_INCLUSION, pairs[i][0], pairs[i][1])),
			  "no checkpoint is for");
	check_bad(ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 0, 4)), "not inside");
	check_bad(ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 4, 3)), "not inside");
	check_bad(ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 1, 5)), "no checkpoint is for");
}

/* Witnesses */

TLOG_TEST(cosignatures_are_kept_told_and_survive_a_restart)
{
	write_entries(3);
	struct str note = newest(2);
	struct answer_line answers[4];
	CHECK_INT(ask_one(COSIGN, cosigned(note)).kept.cosignatures, 2);
	CHECK_INT(ask_one(COSIGN, cosigned(note)).kept.cosignatures, 2); /* the same again */
	for (int round = 0; round < 2; round++) {
		CHECK_INT(ask(AUDITOR, &cosignatures, answers, 4), 3);
		CHECK_STR(answers[1].cosigned.witness, STR("witness.example/w2"));
		CHECK_INT(answers[1].cosigned.size, 4);
		CHECK_INT(answers[2].kind, ANSWER_LINE_END);
		struct answer_status told = ask_one(GUARD, status).status;
		CHECK_INT(told.witnesses.n, 2);
		CHECK_STR(told.witnesses.at[0].name, STR("Capital"));
		CHECK_INT(told.witnesses.at[0].size, 4);
		CHECK_INT(told.witnesses.at[0].time, INT64_C(1000) * TIME_S);
		hub_close(s.hub);
	premises_close(&s.premises);
		open_hub();
	}
}

TLOG_TEST(what_is_no_cosignature_of_a_witness_here_is_told)
{
	write_entries(3);
	check_bad(ask_one(COSIGN, cosigned(newest(0))), "not signed by witness.example/w");
	check_bad(ask_one(COSIGN, cosigned(STR("no note"))), "not a signed note");
	check_bad(ask_one(COSIGN, cosigned(foreign(2))), "not signed by");
	CHECK_INT(ask_one(AUDITOR, cosignatures).kind, ANSWER_LINE_END);
}

TLOG_TEST(of_a_cosigned_checkpoint_of_another_history_that_is_told)
{
	write_entries(3);
	struct buf b = arena_buf(&s.arena);
	struct str note = foreign(2), line;
	buf_put_str(&b, note);
	struct str text = {note.at, note.len};
	size_t end_of_text = 0;
	for (size_t i = 1; i < note.len; i++)
		if (note.at[i] == '\n' && note.at[i - 1] == '\n')
			end_of_text = i;
	text.len = end_of_text;
	b = arena_buf(&s.arena);
	buf_put_str(&b, note);
	note_cosign(&b, &s.signers[0], text, TIME_S);
	line = arena_keep(&s.arena, &b);
	check_bad(ask_one(COSIGN, cosigned(line)), "another tree");
}

TLOG_TEST(a_disk_that_fails_under_a_cosignature_ends_the_process)
{
	struct error error;
	write_entries(3);
	struct str note = newest(1);
	struct buf b = arena_buf(&s.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_COSIGNED, .cosigned = {note}});
	disk_fail_sync(s.disk, 1);
	hub_line(s.hub, COSIGN, arena_keep(&s.arena, &b));
	s.n_heard = 0;
	CHECK_INT(hub_commit(s.hub, &error), ERROR_SYSTEM);
	CHECK_INT(s.n_heard, 0);
}

TLOG_TEST(who_is_shown_another_history_of_itself_stops_signing_and_says_so)
{
	write_entries(3);
	CHECK_INT(ask_one(COSIGN, ahead(foreign(1000))).kind, ANSWER_LINE_KEPT);
	write_entries(2);
	struct answer_line now = ask_one(AUDITOR, checkpoint);
	CHECK_INT(now.checkpoint.size, 4);
	CHECK_INT(now.checkpoint.entries, 6);
	struct answer_status told = ask_one(GUARD, status).status;
	CHECK(!told.signing && told.has_ahead);
	CHECK_INT(told.size, 6);
	CHECK_INT(told.signed_size, 4);
	CHECK_STR(told.ahead.witness, STR("witness.example/w1"));
	CHECK_INT(told.ahead.size, 1000);
	hub_close(s.hub);
	premises_close(&s.premises);
	open_hub();
	write_entries(1);
	told = ask_one(GUARD, status).status;
	CHECK(!told.signing && !told.has_ahead);
	CHECK_INT(told.signed_size, 4);
}

TLOG_TEST(another_root_for_fewer_entries_is_another_history_too)
{
	write_entries(3);
	CHECK_INT(ask_one(COSIGN, ahead(foreign(2))).kind, ANSWER_LINE_KEPT);
	CHECK(!ask_one(GUARD, status).status.signing);
}

TLOG_TEST(a_witnesss_word_alone_silences_nobody)
{
	write_entries(3);
	check_bad(ask_one(COSIGN, ahead(newest(0))), "of our own tree");
	check_bad(ask_one(COSIGN, ahead(STR("chancery/house\n1000\n"))), "not a signed note");
	struct str wrong = foreign(1000);
	((char *)wrong.at)[16] = '2';
	check_bad(ask_one(COSIGN, ahead(wrong)), "is wrong");
	CHECK(ask_one(GUARD, status).status.signing);
}

TLOG_TEST(how_it_stands_with_a_witness_is_told_in_words)
{
	struct ask_line line = {.kind = ASK_LINE_WITNESS_STATE,
				.witness_state = {STR("witness.example/w2"), STR("cannot be reached")}};
	CHECK_INT(ask_one(COSIGN, line).kind, ANSWER_LINE_KEPT);
	struct answer_status told = ask_one(GUARD, status).status;
	CHECK_STR(told.witnesses.at[0].says, STR(""));
	CHECK_STR(told.witnesses.at[1].says, STR("cannot be reached"));
	line.witness_state.says = STR("");
	CHECK_INT(ask_one(COSIGN, line).kind, ANSWER_LINE_KEPT);
	CHECK_STR(ask_one(GUARD, status).status.witnesses.at[1].says, STR(""));
	line.witness_state.witness = STR("somebody");
	check_bad(ask_one(COSIGN, line), "no such witness");
}
