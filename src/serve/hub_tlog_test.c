/* hub_tlog_test.c: the record for outside, as the hub gives it: who may have it, byte for byte, with proofs, and what
 * it does with what witnesses answer. */
#include "sim/rig.h"

#include "gen/facts.h"

enum { TIME_S = 1700000000 };

static struct note_signer signers[2];
static struct hub_witness witnesses[2];

/* A record of one entry. */
static void begin(void)
{
	rig_new();
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t own[NOTE_SEED_BYTES] = {(uint8_t)(i + 1)};
		struct str name = i == 0 ? STR("witness.example/w1") : STR("witness.example/w2");
		int made = note_witness_init(&signers[i], name, own, NULL);
		ASSERT(made == 0);
		witnesses[i] = (struct hub_witness){i == 0 ? STR("Capital") : STR("Neighbour"), signers[i].key};
	}
	rig.options.witnesses = witnesses;
	rig.options.n_witnesses = ARRAY_LEN(witnesses);
	rig_open();
	rig_commit();
	rig_forget();
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
		hub_line(rig.hub, OFFICER, str_of(text));
		if (i % 100 == 99)
			rig_commit();
	}
	rig_commit();
}

static uint64_t size(void)
{
	return journal_size(hub_journal(rig.hub));
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
	struct str note = rig_ask_one(OFFICER, checkpoint).checkpoint.note, text, rest;
	struct buf b = arena_buf(&rig.arena);
	text = note;
	for (int i = 0; i < 3; i++)
		CHECK(str_cut(text, '\n', &rest, &text));
	text = (struct str){note.at, (size_t)(text.at - note.at)};
	buf_put_str(&b, note);
	for (size_t i = 0; i < n; i++)
		note_cosign(&b, &signers[i], text, TIME_S);
	return arena_keep(&rig.arena, &b);
}

/* A checkpoint that our key signed, for a tree that is not ours. */
static struct str foreign(uint64_t entries)
{
	struct note_signer signer;
	struct note_checkpoint of = {rig.options.journal.origin, entries, merkle_leaf(STR("another"))};
	char text[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(text), note = arena_buf(&rig.arena);
	int made = note_signer_init(&signer, rig.options.journal.origin, rig.options.journal.seed, NULL);
	ASSERT(made == 0);
	note_checkpoint_write(&b, &of);
	note_sign(&note, &signer, buf_str(&b));
	return arena_keep(&rig.arena, &note);
}

#define TLOG_TEST(name) TEST_BETWEEN(begin, name, rig_end)

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
		static const enum rig_who who[] = {OFFICER, AUDITOR, ADMINISTRATOR, GUARD, NOBODY, COSIGN};
		for (size_t k = 0; k < ARRAY_LEN(may); k++) {
			struct answer_line answers[8] = {{0}};
			size_t n = rig_ask(who[k], &line, answers, 8);
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
				.command = {.name = STR("site.add_building"), .body = STR("{\"name\":\"Hut\"}")}};
	uint64_t before = size();
	check_bad(rig_ask_one(COSIGN, line), "not for the process that talks to witnesses");
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
	bodies->at[bodies->n++] = arena_str(&rig.arena, body);
	return 0;
}

/* Answers are the entries from a number on, byte for byte; returns how many. */
static size_t check_raw(const struct answer_line *answers, size_t n, size_t from)
{
	static struct bodies bodies;
	struct error error;
	size_t right = 0;
	bodies.n = 0;
	CHECK_OK(journal_read(hub_journal(rig.hub), 0, size(), keep, &bodies, &error), &error);
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
		size_t n = rig_ask(AUDITOR, &line, answers, ARRAY_LEN(answers)),
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
	size_t n = rig_ask(AUDITOR, &line, answers, ARRAY_LEN(answers));
	CHECK_INT(n, 11);
	CHECK_INT(check_raw(answers, n, 290), 10);
	CHECK_INT(answers[10].kind, ANSWER_LINE_CHECKPOINT);
	CHECK_INT(answers[10].checkpoint.size, 300);
	rig.n_heard = 0;
	rig_commit();
	CHECK_INT(rig.n_heard, 0);
	write_entries(2);
	size_t raws = 0, checkpoints = 0;
	for (size_t i = 0; i < rig.n_heard; i++) {
		raws += rig.heard[i].peer == AUDITOR && str_starts(rig.heard[i].line, STR("{\"raw\":"));
		checkpoints += rig.heard[i].peer == AUDITOR &&
			       str_starts(rig.heard[i].line, STR("{\"checkpoint\":{\"size\":302,"));
	}
	CHECK_INT(raws, 2);
	CHECK_INT(checkpoints, 1);
}

TLOG_TEST(a_range_that_is_not_there_yet_comes_when_it_is)
{
	struct ask_line line = raw(0, 4);
	struct answer_line answers[8];
	write_entries(1);
	CHECK_INT(rig_ask(AUDITOR, &line, answers, 8), 2);
	write_entries(5);
	size_t n = 0;
	for (size_t i = 0; i < rig.n_heard; i++)
		n += rig.heard[i].peer == AUDITOR;
	CHECK_INT(n, 5); /* in all: two before are still in the list, two and the end */
}

TLOG_TEST(ranges_that_cannot_be_are_told)
{
	write_entries(3);
	check_bad(rig_ask_one(AUDITOR, raw(5, -1)), "not so many entries");
	check_bad(rig_ask_one(AUDITOR, raw(3, 2)), "`to` is before `from`");
}

TLOG_TEST(who_has_no_room_waits_and_who_does_not_take_is_let_go)
{
	struct ask_line line = raw(0, -1);
	struct answer_line answers[8];
	write_entries(3);
	rig.slow[AUDITOR] = true;
	CHECK_INT(rig_ask(AUDITOR, &line, answers, 8), 0);
	rig.slow[AUDITOR] = false;
	rig_commit();
	CHECK_INT(rig.n_heard, 5);
	rig.deaf[OFFICER] = true;
	CHECK_INT(rig_ask(OFFICER, &line, answers, 8), 0);
	CHECK(!hub_is_attached(rig.hub, OFFICER) && hub_is_attached(rig.hub, AUDITOR));
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
	struct proof_source source = journal_hashes(hub_journal(rig.hub));
	journal_root(hub_journal(rig.hub), root.at);
	CHECK_OK(journal_read(hub_journal(rig.hub), 0, 300, keep, &bodies, &error), &error);
	for (int64_t i = 0; i < 300; i += 23) {
		struct merkle_hash leaf = merkle_leaf(bodies.at[i]);
		struct proof made = proof_of(rig_ask_one(AUDITOR, proof(ASK_PROOF_OF_INCLUSION, i, 300)));
		CHECK(proof_has_inclusion(&made, (uint64_t)i, 300, &leaf, &root));
		made = proof_of(rig_ask_one(COSIGN, proof(ASK_PROOF_OF_CONSISTENCY, i + 1, 300)));
		CHECK_OK(proof_root(&source, (uint64_t)i + 1, &old, &error), &error);
		CHECK(proof_has_consistency(&made, (uint64_t)i + 1, 300, &old, &root));
	}
}

TLOG_TEST(what_is_not_signed_is_not_proven)
{
	write_entries(3);
	static const int64_t pairs[][2] = {{0, 5}, {4, 4}, {5, 5}, {5, 4}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		check_bad(rig_ask_one(AUDITOR, proof(ASK_PROOF_OF_INCLUSION, pairs[i][0], pairs[i][1])),
			  "no checkpoint is for");
	check_bad(rig_ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 0, 4)), "not inside");
	check_bad(rig_ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 4, 3)), "not inside");
	check_bad(rig_ask_one(AUDITOR, proof(ASK_PROOF_OF_CONSISTENCY, 1, 5)), "no checkpoint is for");
}

/* Witnesses */

TLOG_TEST(cosignatures_are_kept_told_and_survive_a_restart)
{
	write_entries(3);
	struct str note = newest(2);
	struct answer_line answers[4];
	CHECK_INT(rig_ask_one(COSIGN, cosigned(note)).kept.cosignatures, 2);
	CHECK_INT(rig_ask_one(COSIGN, cosigned(note)).kept.cosignatures, 2); /* the same again */
	for (int round = 0; round < 2; round++) {
		CHECK_INT(rig_ask(AUDITOR, &cosignatures, answers, 4), 3);
		CHECK_STR(answers[1].cosigned.witness, STR("witness.example/w2"));
		CHECK_INT(answers[1].cosigned.size, 4);
		CHECK_INT(answers[2].kind, ANSWER_LINE_END);
		CHECK(!rig_ask_one(GUARD, status).status.witnesses.at[0].has_size);
		struct answer_status told = rig_ask_one(AUDITOR, status).status;
		CHECK_INT(told.witnesses.n, 2);
		CHECK_STR(told.witnesses.at[0].name, STR("Capital"));
		CHECK_INT(told.witnesses.at[0].size, 4);
		CHECK_INT(told.witnesses.at[0].time, INT64_C(1000) * TIME_S);
		rig_reopen();
	}
}

TLOG_TEST(what_is_no_cosignature_of_a_witness_here_is_told)
{
	write_entries(3);
	check_bad(rig_ask_one(COSIGN, cosigned(newest(0))), "not signed by witness.example/w");
	check_bad(rig_ask_one(COSIGN, cosigned(STR("no note"))), "not a signed note");
	check_bad(rig_ask_one(COSIGN, cosigned(foreign(2))), "not signed by");
	CHECK_INT(rig_ask_one(AUDITOR, cosignatures).kind, ANSWER_LINE_END);
}

TLOG_TEST(of_a_cosigned_checkpoint_of_another_history_that_is_told)
{
	write_entries(3);
	struct buf b = arena_buf(&rig.arena);
	struct str note = foreign(2), line;
	buf_put_str(&b, note);
	struct str text = {note.at, note.len};
	size_t end_of_text = 0;
	for (size_t i = 1; i < note.len; i++)
		if (note.at[i] == '\n' && note.at[i - 1] == '\n')
			end_of_text = i;
	text.len = end_of_text;
	b = arena_buf(&rig.arena);
	buf_put_str(&b, note);
	note_cosign(&b, &signers[0], text, TIME_S);
	line = arena_keep(&rig.arena, &b);
	check_bad(rig_ask_one(COSIGN, cosigned(line)), "another tree");
}

TLOG_TEST(a_disk_that_fails_under_a_cosignature_ends_the_process)
{
	struct error error;
	write_entries(3);
	struct str note = newest(1);
	struct buf b = arena_buf(&rig.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_COSIGNED, .cosigned = {note}});
	disk_fail_sync(rig.disk, 1);
	hub_line(rig.hub, COSIGN, arena_keep(&rig.arena, &b));
	rig.n_heard = 0;
	CHECK_INT(hub_commit(rig.hub, &error), ERROR_SYSTEM);
	CHECK_INT(rig.n_heard, 0);
}

TLOG_TEST(who_is_shown_another_history_of_itself_stops_signing_and_says_so)
{
	write_entries(3);
	CHECK_INT(rig_ask_one(COSIGN, ahead(foreign(1000))).kind, ANSWER_LINE_KEPT);
	write_entries(2);
	struct answer_line now = rig_ask_one(AUDITOR, checkpoint);
	CHECK_INT(now.checkpoint.size, 4);
	CHECK_INT(now.checkpoint.entries, 7); /* that it stopped is one */
	struct answer_status told = rig_ask_one(GUARD, status).status;
	CHECK(!told.signing && !told.has_ahead && !told.has_signed_size); /* how far is not for everybody */
	told = rig_ask_one(AUDITOR, status).status;
	CHECK(!told.signing && told.has_ahead);
	CHECK_INT(told.size, 7);
	CHECK_INT(told.signed_size, 4);
	CHECK_STR(told.ahead.witness, STR("witness.example/w1"));
	CHECK_INT(told.ahead.size, 1000);
	rig_reopen();
	write_entries(1);
	told = rig_ask_one(AUDITOR, status).status;
	CHECK(!told.signing && !told.has_ahead);
	CHECK_INT(told.signed_size, 4);
}

TLOG_TEST(another_root_for_fewer_entries_is_another_history_too)
{
	write_entries(3);
	CHECK_INT(rig_ask_one(COSIGN, ahead(foreign(2))).kind, ANSWER_LINE_KEPT);
	CHECK(!rig_ask_one(GUARD, status).status.signing);
}

TLOG_TEST(a_witnesss_word_alone_silences_nobody)
{
	write_entries(3);
	check_bad(rig_ask_one(COSIGN, ahead(newest(0))), "of our own tree");
	check_bad(rig_ask_one(COSIGN, ahead(STR("chancery/house\n1000\n"))), "not a signed note");
	struct str wrong = foreign(1000);
	((char *)wrong.at)[16] = '2';
	check_bad(rig_ask_one(COSIGN, ahead(wrong)), "is wrong");
	CHECK(rig_ask_one(GUARD, status).status.signing);
}

TLOG_TEST(how_it_stands_with_a_witness_is_told_in_words)
{
	struct ask_line line = {.kind = ASK_LINE_WITNESS_STATE,
				.witness_state = {STR("witness.example/w2"), STR("cannot be reached")}};
	CHECK_INT(rig_ask_one(COSIGN, line).kind, ANSWER_LINE_KEPT);
	struct answer_status told = rig_ask_one(GUARD, status).status;
	CHECK_STR(told.witnesses.at[0].says, STR(""));
	CHECK_STR(told.witnesses.at[1].says, STR("cannot be reached"));
	line.witness_state.says = STR("");
	CHECK_INT(rig_ask_one(COSIGN, line).kind, ANSWER_LINE_KEPT);
	CHECK_STR(rig_ask_one(GUARD, status).status.witnesses.at[1].says, STR(""));
	line.witness_state.witness = STR("somebody");
	check_bad(rig_ask_one(COSIGN, line), "no such witness");
}
