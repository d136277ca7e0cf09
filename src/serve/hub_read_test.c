/* hub_read_test.c: what askers read: history and the stream, in pieces, cut by their rights, resumed by marks. */
#include "sim/rig.h"

#include "serve/cursor.h"

#define FOLLOW(what)	    "{'follow':{" what "}}"
#define HISTORY(ref, limit) "{'history':{'ref':'" ref "','limit':" limit "}}"

/* What somebody hears of a line, read by the codec; what others hear meanwhile is forgotten. */
static struct answer_line answers[512];
static size_t answers_to(enum rig_who who, const char *line)
{
	size_t n = 0;
	rig_commit();
	rig.n_heard = 0;
	rig_say(who, line);
	rig_commit();
	for (size_t i = 0; i < rig.n_heard; i++) {
		struct json json = json_over(rig.heard[i].line, &rig.arena);
		if (rig.heard[i].peer == (unsigned)who)
			CHECK(n < ARRAY_LEN(answers) && answer_line_read(&json, &answers[n++]));
	}
	rig.n_heard = 0;
	return n;
}

/* History */

static void show_three_cards(void)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_say(ZERO, SHOW("1", "2", CARD_UNKNOWN));
	rig_say(ONE, SHOW("2", "1", CARD_UNKNOWN));
	rig_commit();
	rig_forget();
}

RIG_TEST(history_is_what_mentions_a_ref_newest_first)
{
	static const char *const rows[][2] = {
	    {HISTORY("door:1", "10"), "78 76 68 5 4 {'end':{}}"},
	    {HISTORY("Door 1", "10"), "78 76 68 5 4 {'end':{}}"},
	    {HISTORY("Door 1", "5"), "78 76 68 5 4 {'end':{'older':'"}, /* there may be more */
	    {HISTORY("door:1", "1"), "78 {'end':{'older':'"},
	    {HISTORY("Person 1", "9"),
	     "76 21 20 {'end':{}}"}, /* the door, by a ref that is sealed; the badge; the person */
	    {HISTORY("badge:1", "9"), "76 21 {'end':{}}"},
	    {HISTORY("door:99", "10"), "{'end':{}}"},
	};
	show_three_cards();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(OFFICER, rows[i][0]);
		struct str found = rig_numbers(rig_told(OFFICER));
		if (!test_count(str_starts(found, str_of(rows[i][1]))))
			test_fail(__FILE__, __LINE__, "%s: " STR_FMT, rows[i][0], STR_ARG(found));
	}
	rig_say(OFFICER, HISTORY("door:2", "1"));
	CHECK_HAS(rig_told(OFFICER), "{'ref':'door:2','name':'Door 2'}");
}

RIG_TEST(a_page_ends_with_a_mark_for_the_next_one_until_there_is_no_more)
{
	static const int64_t pages[][2] = {{78, 76}, {68, 5}, {4, -1}};
	char mark[CURSOR_TEXT_BYTES + 1] = "", line[256];
	show_three_cards();
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		snprintf(line, sizeof line, "{'history':{'ref':'door:1'%s%s%s,'limit':2}}", i ? ",'older':'" : "", mark,
			 i ? "'" : "");
		size_t n = answers_to(OFFICER, line), expected = pages[i][1] < 0 ? 1 : 2;
		CHECK_INT(n, expected + 1);
		for (size_t k = 0; k + 1 < n; k++)
			CHECK_INT(answers[k].entry.index, pages[i][k]);
		CHECK_INT(answers[n - 1].kind, ANSWER_LINE_END);
		CHECK_INT(answers[n - 1].end.has_older, expected == 2);
		if (answers[n - 1].end.has_older)
			memcpy(mark, answers[n - 1].end.older.at, CURSOR_TEXT_BYTES);
	}
}

RIG_TEST(history_after_a_mark_is_what_came_since)
{
	char mark[CURSOR_TEXT_BYTES + 1], line[256];
	show_three_cards();
	size_t n = answers_to(OFFICER, HISTORY("door:1", "3"));
	CHECK_INT(n, 4);
	CHECK_INT(answers[2].entry.index, 68);
	snprintf(mark, sizeof mark, STR_FMT, STR_ARG(answers[2].entry.at));
	static const struct {
		const char *limit;
		int64_t indexes[2];
		size_t n;
	} rows[] = {{"9", {78, 76}, 2}, {"2", {78, 76}, 2}, {"1", {78}, 1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(line, sizeof line, "{'history':{'ref':'door:1','after':'%s','limit':%s}}", mark,
			 rows[i].limit);
		CHECK_INT(answers_to(OFFICER, line), rows[i].n + 1);
		for (size_t k = 0; k < rows[i].n; k++)
			CHECK_INT(answers[k].entry.index, rows[i].indexes[k]);
		CHECK_INT(answers[rows[i].n].kind, ANSWER_LINE_END);
		CHECK(answers[rows[i].n].end.has_older == (i > 0)); /* there may be more */
	}
}

RIG_TEST(a_page_mark_of_another_record_is_refused)
{
	static const uint8_t other[CURSOR_KEY_BYTES] = {1};
	char line[256], text[CURSOR_TEXT_BYTES + 1] = "";
	struct buf mark = BUF(text);
	cursor_write(&mark, other, 70);
	snprintf(line, sizeof line, "{'history':{'ref':'door:1','older':'%.64s','limit':2}}", text);
	rig_say(OFFICER, line);
	CHECK_HAS(rig_told(OFFICER), "'this page mark is not of this record'");
	rig_say(OFFICER, "{'history':{'ref':'door:1','after':'70','limit':2}}");
	CHECK_HAS(rig_told(OFFICER), "this mark is not of this record");
	rig_say(OFFICER, "{'history':{'ref':'door:1','older':'70','limit':2}}");
	CHECK_HAS(rig_told(OFFICER), "'this page mark is not of this record'");
}

RIG_TEST(a_name_leads_to_a_row_for_those_who_may_know_it_and_is_no_name_for_others)
{
	static const struct {
		enum rig_who who;
		const char *line, *answer;
	} rows[] = {
	    {GUARD, HISTORY("Person 1", "1"), "{'entry':{"},
	    {RECEPTION, HISTORY("Person 1", "1"), "{'end':{}}"}, /* knows the name, and sees it mentioned nowhere */
	    {AUDITOR, HISTORY("Person 1", "1"), "'that is neither a ref nor a name'"},
	    {AUDITOR, HISTORY("Nobody", "1"), "'that is neither a ref nor a name'"},
	    {AUDITOR, HISTORY("person:1", "1"), "{'entry':{"},
	    {STAFF, HISTORY("Door 1", "1"), "{'end':{}}"},
	    {ADMINISTRATOR, HISTORY("Door 1", "1"), "'that is neither a ref nor a name'"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(rows[i].who, rows[i].line);
		CHECK_HAS(rig_told(rows[i].who), rows[i].answer);
	}
	rig_say(AUDITOR, HISTORY("person:1", "1"));
	CHECK_HAS_NO(rig_told(AUDITOR), "Person 1");
}

RIG_TEST(history_is_sent_piece_by_piece_to_whoever_has_room)
{
	struct error error;
	rig_fill_orders();
	rig.slow[OFFICER] = true;
	rig_say(OFFICER, HISTORY("door:1", "200"));
	rig_commit();
	CHECK_INT(rig.n_heard, 0);
	rig.slow[OFFICER] = false;
	CHECK_INT(hub_commit(rig.hub, &error), 1);
	CHECK_INT(rig.n_heard, HUB_PIECE_ENTRIES);
	CHECK_INT(hub_commit(rig.hub, &error), 0);
	CHECK_INT(rig.n_heard, 200 + 1);
}

RIG_TEST(history_waits_until_the_index_has_what_was_entered_before_it_was_asked)
{
	struct error error;
	for (int i = 1; i <= 3 * HUB_INDEX_ENTRIES; i++) {
		char line[256];
		snprintf(line, sizeof line, TAMPER("%d", "1", "%s"), i, i % 2 ? "true" : "false");
		rig_say(ONE, line);
	}
	rig_say(OFFICER, HISTORY("door:1", "1"));
	CHECK_INT(hub_commit(rig.hub, &error), 1);
	CHECK_INT(rig_heard(OFFICER).len, 0);
	CHECK(str_starts(rig_numbers(rig_told(OFFICER)), STR("123 {'end'")));
}

/* The stream */

static const char *name_of(int number)
{
	static char line[256];
	snprintf(line, sizeof line, ADD_BUILDING("Annex %d"), number);
	return line;
}

RIG_TEST(a_follower_gets_every_entry_from_its_number_on_as_it_becomes_durable)
{
	static const struct {
		const char *follow, *command, *numbers;
	} rows[] = {
	    {FOLLOW("'from':74"), "{'status':{}}", "74 75"},
	    {NULL, ADD_BUILDING("Annex 1"), "76"},
	    {FOLLOW("'from':78"), ADD_BUILDING("Annex 2"), ""},
	    {NULL, ADD_BUILDING("Annex 3"), "78"},
	    {FOLLOW("'last':2"), ADD_BUILDING("Annex 4"), "77 78 79"},
	    {FOLLOW("'last':0"), ADD_BUILDING("Annex 5"), "80"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].follow)
			rig_say(SECOND, rows[i].follow);
		rig_say(OFFICER, rows[i].command);
		CHECK_STR(rig_numbers(rig_told(SECOND)), str_of(rows[i].numbers));
	}
	rig_say(SECOND, FOLLOW(""));
	CHECK(str_starts(rig_numbers(rig_told(SECOND)), STR("0 1 2 3 ")));
}

RIG_TEST(a_stream_begins_in_one_place_that_the_asker_may_name)
{
	static const struct {
		enum rig_who who;
		const char *line, *what;
	} rows[] = {
	    {OFFICER, FOLLOW("'from':1,'last':2"), "a stream begins in one place"},
	    {OFFICER, FOLLOW("'after':'','from':1,'last':2"), "a stream begins in one place"},
	    {GUARD, FOLLOW("'from':1"), "indexes are for those who may read the record as it is"},
	    {GUARD, FOLLOW("'after':'76'"), "this mark is not of this record"},
	    {OFFICER, FOLLOW("'last':1001"), "follow.last: is more than it may be"},
	    {NOBODY, FOLLOW("'last':1"), "whoever has no role here is told nothing"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(rows[i].who, rows[i].line);
		struct str answer = rig_told(rows[i].who);
		CHECK(str_starts(answer, STR("{'bad':")));
		CHECK_HAS(answer, rows[i].what);
	}
	rig_say(OFFICER, ADD_BUILDING("Annex"));
	for (enum rig_who who = OFFICER; who < RIG_PEERS_END; who++)
		CHECK_HAS_NO(rig_told(who), "{'entry':{");
}

/* Follows behind the mark of the last answer. */
static size_t follow_on(enum rig_who who, struct str mark)
{
	char line[256];
	snprintf(line, sizeof line, "{'follow':{'after':'" STR_FMT "'}}", STR_ARG(mark));
	return answers_to(who, line);
}

RIG_TEST(a_follower_resumes_by_the_mark_of_the_last_entry_that_came_also_after_a_restart)
{
	char mark[CURSOR_TEXT_BYTES];
	for (int i = 0; i < 4; i++)
		rig_say(OFFICER, name_of(i));
	size_t n = answers_to(STAFF, FOLLOW("'last':3"));
	CHECK_INT(n, 3);
	memcpy(mark, answers[0].entry.at.at, sizeof mark);
	struct rig_hash before = rig_hash();
	for (int restarted = 0; restarted < 2; restarted++) {
		CHECK_INT(follow_on(STAFF, (struct str){mark, sizeof mark}), 2);
		CHECK_HAS(answers[0].entry.events.at[0].body, "\"name\":\"Annex 2\"");
		CHECK_HAS(answers[1].entry.events.at[0].body, "\"name\":\"Annex 3\"");
		rig_reopen();
	}
	CHECK(memcmp(before.at, rig_hash().at, sizeof before.at) == 0);
}

RIG_TEST(the_mark_of_an_answer_is_the_mark_of_its_entry)
{
	CHECK_INT(answers_to(OFFICER, ADD_BUILDING("Annex")), 1);
	CHECK_INT(answers[0].kind, ANSWER_LINE_DONE);
	char mark[CURSOR_TEXT_BYTES];
	memcpy(mark, answers[0].done.at.at, sizeof mark);
	CHECK_INT(answers_to(OFFICER, FOLLOW("'from':76")), 1);
	CHECK_STR(answers[0].entry.at, ((struct str){mark, sizeof mark}));
	CHECK_INT(follow_on(SECOND, (struct str){mark, sizeof mark}), 0);
}

RIG_TEST(marks_of_another_mission_or_of_entries_that_are_not_there_are_refused)
{
	static const uint8_t other[CURSOR_KEY_BYTES] = {1};
	static const struct {
		const uint8_t *key;
		uint64_t index;
		bool is_ours;
	} rows[] = {{other, 70, false},
		    {rig.options.cursor_key, 75, true},
		    {rig.options.cursor_key, 76, false},
		    {rig.options.cursor_key, UINT64_MAX, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CURSOR_TEXT_BYTES];
		struct buf b = BUF(text);
		cursor_write(&b, rows[i].key, rows[i].index);
		size_t n = follow_on(OFFICER, buf_str(&b));
		CHECK(rows[i].is_ours ? n == 0 : n == 1 && answers[0].kind == ANSWER_LINE_BAD);
	}
}

/* Of tamper reports staff may see nothing, of buildings the name. */
static void say_tamper(int number)
{
	char line[256];
	snprintf(line, sizeof line, TAMPER("%d", "1", "%s"), number, number % 2 ? "true" : "false");
	rig_say(ONE, line);
}

RIG_TEST(what_somebody_may_not_see_leaves_no_trace)
{
	rig_say(STAFF, FOLLOW("'last':0"));
	rig_say(GUARD, FOLLOW("'last':0"));
	say_tamper(1);
	CHECK_TOLD(STAFF, "");
	CHECK_HAS(rig_told(GUARD), "'doors.TamperChanged'");
	say_tamper(2);
	rig_say(OFFICER, name_of(1));
	say_tamper(3);
	CHECK_TOLD(STAFF,
		   "{'entry':{'wall':1795424400000,'names':[],'input':{'kind':'command','name':'site.add_building',"
		   "'body':{'name':'Annex 1'}},'events':[{'name':'site.BuildingAdded','body':{'name':'Annex 1'}}],"
		   "'masked':false,'erased':false}}");
	CHECK_HAS_NO(rig_heard(GUARD), "'index'");
}

RIG_TEST(the_last_n_are_counted_by_what_the_asker_may_see)
{
	for (int i = 1; i <= 3; i++)
		rig_say(OFFICER, name_of(i));
	for (int i = 1; i <= 300; i++)
		say_tamper(i);
	CHECK_INT(answers_to(STAFF, FOLLOW("'last':2")), 2);
	CHECK_HAS(answers[0].entry.events.at[0].body, "Annex 2");
	CHECK_HAS(answers[1].entry.events.at[0].body, "Annex 3");
	CHECK_INT(answers_to(GUARD, FOLLOW("'last':2")), 2);
	CHECK_STR(answers[0].entry.events.at[0].name, STR("doors.TamperChanged"));
	/* And whoever asks for more than there are gets all. */
	size_t all = answers_to(STAFF, FOLLOW("")), last = answers_to(STAFF, FOLLOW("'last':1000"));
	CHECK_INT(last, all);
	CHECK(all > 3 && all < 100);
}

RIG_TEST(the_last_n_are_not_looked_for_further_back_than_so_many_entries)
{
	rig_say(OFFICER, name_of(1));
	for (int i = 1; i < HUB_BACK_ENTRIES; i++) {
		say_tamper(i);
		if (hub_is_full(rig.hub))
			rig_commit();
	}
	rig_commit();
	rig_forget();
	CHECK_INT(answers_to(STAFF, FOLLOW("'last':1")), 1);
	say_tamper(HUB_BACK_ENTRIES);
	CHECK_INT(answers_to(STAFF, FOLLOW("'last':1")), 0);
	rig_say(OFFICER, name_of(2));
	CHECK_HAS(rig_told(STAFF), "Annex 2");
}

RIG_TEST(a_stream_is_sent_piece_by_piece_to_whoever_has_room_and_history_comes_between)
{
	struct error error;
	for (int i = 1; i <= HUB_PIECE_ENTRIES; i++)
		say_tamper(i);
	rig_commit();
	rig_forget();
	rig.slow[OFFICER] = true;
	rig_say(OFFICER, FOLLOW("'from':76"));
	rig_say(OFFICER, HISTORY("person:1", "1"));
	rig_commit();
	CHECK_INT(rig.n_heard, 0);
	rig.slow[OFFICER] = false;
	CHECK_INT(hub_commit(rig.hub, &error), 1);
	CHECK_INT(rig.n_heard, 2); /* of history an entry and the end */
	CHECK_INT(hub_commit(rig.hub, &error), 0);
	CHECK_INT(rig.n_heard, 2 + HUB_PIECE_ENTRIES);
}

RIG_TEST(each_decision_names_the_rulebook_that_made_it_however_many_there_were)
{
	enum { BOOKS = 20 };
	static char hashes[BOOKS][32];
	for (int i = 0; i < BOOKS; i++) {
		char line[256];
		memset(hashes[i], i + 1, sizeof hashes[i]);
		rig.options.environment.access = (struct str){hashes[i], sizeof hashes[i]};
		rig_reopen();
		rig_say(ONE, HELLO("1", "1"));
		snprintf(line, sizeof line, SHOW("%d", "1", CARD_OF_GUARD), i + 1);
		rig_say(ONE, line);
		rig_commit();
	}
	for (int round = 0; round < 2; round++) {
		size_t n = answers_to(AUDITOR, FOLLOW("'from':76")), book = 0;
		for (size_t i = 0; i < n; i++) {
			CHECK_INT(answers[i].entry.has_rules, answers[i].entry.has_because);
			if (answers[i].entry.has_rules)
				CHECK_STR(answers[i].entry.rules, ((struct str){hashes[book++], 32}));
		}
		CHECK_INT(book, BOOKS);
	}
}

/* Readers that fail */

RIG_TEST(who_does_not_take_what_is_read_for_it_is_let_go_and_reads_no_more)
{
	rig_say(OFFICER, FOLLOW("'from':0"));
	rig_say(SECOND, HISTORY("door:1", "9"));
	rig_say(AUDITOR, FOLLOW("'from':70"));
	rig.deaf[OFFICER] = rig.deaf[SECOND] = true;
	CHECK_STR(rig_numbers(rig_told(AUDITOR)), STR("70 71 72 73 74 75"));
	CHECK(!hub_is_attached(rig.hub, OFFICER) && !hub_is_attached(rig.hub, SECOND));
}
