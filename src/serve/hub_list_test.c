/* hub_list_test.c: what is there now, row by row: what waits for a second person, whose doors decide by what, and the rulebook in force. */
#include "sim/staged.h"

#define WAITING	  "{'waiting':{}}"
#define TABLES	  "{'tables':{}}"
#define RULEBOOK  "{'rulebook':{}}"
#define END	  "{'end':{}}"
#define CONFIRM	  COMMAND("record.confirm_clock", "")
#define LOCK_DOWN COMMAND("doors.lock_down", "'why':'drill'")

/* The clock is doubted, and an administrator says that it is right: what a second person has to confirm. */
static void ask_for_approval(void)
{
	rig.premises.wall_us = rig.premises.clock_us + INT64_C(3600) * 1000000;
	rig_wait_ms(5000);
	rig_say(ADMINISTRATOR, CONFIRM);
	rig_commit();
	rig_forget();
}

/* What waits, of the reader's own kind. */
static size_t waits_for(enum rig_who who, struct answer_line answers[], size_t max)
{
	struct ask_line line = {.kind = ASK_LINE_WAITING};
	size_t n = rig_ask(who, &line, answers, max);
	CHECK(n > 0 && answers[n - 1].kind == ANSWER_LINE_END);
	return n - 1;
}

RIG_TEST(nothing_waits_in_a_quiet_mission)
{
	rig_say(OFFICER, WAITING);
	CHECK_TOLD(OFFICER, END);
}

RIG_TEST(what_waits_is_told_to_those_who_may_answer_who_asked_and_who_watches_over_it)
{
	static const struct {
		enum rig_who who;
		bool sees, may, sees_entry;
	} rows[] = {
	    {OFFICER, true, true, true},  {SECOND, true, true, true},	      {DUTY, true, true, true},
	    {AUDITOR, true, false, true}, {ADMINISTRATOR, true, false, true}, {GUARD, false, false, false},
	    {STAFF, false, false, false},
	};
	struct answer_line answers[4];
	ask_for_approval();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct answer_waiting *row = &answers[0].waiting;
		CHECK_INT(waits_for(rows[i].who, answers, ARRAY_LEN(answers)), rows[i].sees);
		if (!rows[i].sees)
			continue;
		CHECK_INT(row->of, ANSWER_WAITING_OF_APPROVAL);
		CHECK_INT(row->number, 1);
		CHECK_STR(row->command, STR("record.confirm_clock"));
		CHECK_INT(row->has_entry, rows[i].sees_entry);
		CHECK_INT(row->may, rows[i].may);
		CHECK_INT(row->until - row->wall, 3600 * 1000);
	}
}

RIG_TEST(nobody_answers_for_what_they_asked_for_themselves)
{
	struct answer_line answers[8];
	ask_for_approval();
	rig_say(OFFICER, LOCK_DOWN);
	rig_say(OFFICER, CONFIRM);
	rig_commit();
	rig_forget();
	CHECK_INT(waits_for(OFFICER, answers, ARRAY_LEN(answers)), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(answers[i].waiting.may, str_eq(answers[i].waiting.login, STR("eva")));
	CHECK_INT(waits_for(SECOND, answers, ARRAY_LEN(answers)), 3);
	for (size_t i = 0; i < 3; i++)
		CHECK(answers[i].waiting.may);
}

RIG_TEST(an_approval_that_is_over_waits_for_nobody)
{
	struct answer_line answers[4];
	ask_for_approval();
	rig_wait_ms(3600 * 1000);
	CHECK_INT(waits_for(OFFICER, answers, ARRAY_LEN(answers)), 0);
}

RIG_TEST(what_was_done_at_once_is_told_behind_the_approvals_until_it_was_reviewed_also_when_that_is_late)
{
	struct answer_line answers[4];
	rig_say(GUARD, LOCK_DOWN);
	ask_for_approval();
	CHECK_INT(waits_for(GUARD, answers, ARRAY_LEN(answers)), 1);
	CHECK(!answers[0].waiting.may && !answers[0].waiting.has_entry); /* it was theirs */
	CHECK_INT(waits_for(OFFICER, answers, ARRAY_LEN(answers)), 2);
	CHECK_INT(answers[0].waiting.of, ANSWER_WAITING_OF_APPROVAL);
	CHECK_INT(answers[1].waiting.of, ANSWER_WAITING_OF_REVIEW);
	CHECK(answers[1].waiting.may && answers[1].waiting.has_until && answers[1].waiting.whole);
	CHECK_STR(answers[1].waiting.body, STR("{\"why\":\"drill\"}"));
	rig_wait_ms(3600 * 1000);
	CHECK_INT(waits_for(OFFICER, answers, ARRAY_LEN(answers)), 1);
	CHECK(!answers[0].waiting.has_until);
	rig_say(SECOND, COMMAND("oversight.review", "'review':1,'finding':'proper'"));
	rig_commit();
	CHECK_INT(waits_for(OFFICER, answers, ARRAY_LEN(answers)), 0);
}

RIG_TEST(how_many_wait_is_in_the_status_of_those_who_see_all_of_them)
{
	rig_say(GUARD, LOCK_DOWN);
	ask_for_approval();
	struct answer_status status = rig_ask_one(OFFICER, (struct ask_line){.kind = ASK_LINE_STATUS}).status;
	CHECK(status.has_approvals && status.approvals == 1 && status.has_reviews && status.reviews == 1);
	CHECK(status.locked_down && status.clock_doubted);
	status = rig_ask_one(GUARD, (struct ask_line){.kind = ASK_LINE_STATUS}).status;
	CHECK(!status.has_approvals && !status.has_reviews && status.locked_down);
}

RIG_TEST(a_list_goes_on_when_there_is_room_and_answers_to_others_come_between)
{
	rig_say(GUARD, LOCK_DOWN);
	rig_commit();
	rig_forget();
	rig.slow[OFFICER] = true;
	rig_say(OFFICER, WAITING);
	CHECK_TOLD(OFFICER, "");
	rig_say(SECOND, WAITING);
	CHECK_HAS(rig_told(SECOND), "'of':'review'");
	rig.slow[OFFICER] = false;
	CHECK_HAS(rig_told(OFFICER), END);
}

/* Tables */

RIG_TEST(whose_doors_decide_by_what_is_told_a_driver_a_line)
{
	struct answer_line answers[4];
	size_t n = rig_ask(OFFICER, &(struct ask_line){.kind = ASK_LINE_TABLES}, answers, ARRAY_LEN(answers));
	CHECK_INT(n, 3);
	for (size_t i = 0; i < 2; i++) {
		const struct answer_table *table = &answers[i].table;
		CHECK_STR(table->driver, i == 0 ? STR("line-0") : STR("line-1"));
		CHECK_INT(table->doors.n, 4); /* reader n is at door n, on line n % 2 */
		CHECK_STR(table->doors.at[3].ref, i == 0 ? STR("door:2") : STR("door:1"));
		CHECK_STR(table->doors.at[3].name, i == 0 ? STR("Door 2") : STR("Door 1"));
	}
	CHECK_INT(answers[2].kind, ANSWER_LINE_END);
}

RIG_TEST(doors_are_named_to_those_who_may_know_their_names)
{
	rig_say(ADMINISTRATOR, TABLES);
	struct str told = rig_told(ADMINISTRATOR);
	CHECK_HAS(told, "'driver':'line-1'");
	CHECK_HAS_NO(told, "Door");
}

/* The rulebook in force */

#define RULE_FOR(group)                                                                                                \
	"  - id: " group "\n    title: A rule\n    layer: mission\n    match:\n      it: {person.groups: " group       \
	"}\n      condition: it\n    outcome: permit\n"

TEST(the_text_of_the_rulebook_in_force_is_told_as_it_was_staged_to_those_who_may_read_the_record)
{
	static struct staged rules;
	struct answer_line answers[4];
	staged_make(&rules, "rules:\n" RULE_FOR("guard"));
	rig_new();
	staged_install(&rules);
	rig_open();
	rig_wait_ms(1000);
	rig_forget();
	size_t n = rig_ask(AUDITOR, &(struct ask_line){.kind = ASK_LINE_RULEBOOK}, answers, ARRAY_LEN(answers));
	CHECK_INT(n, 2);
	CHECK_STR(answers[0].file.data, rules.text);
	CHECK_INT(answers[0].file.part, 1);
	CHECK_INT(answers[0].file.of, 1);
	CHECK_INT(answers[1].kind, ANSWER_LINE_END);
	rig_say(GUARD, RULEBOOK);
	CHECK_HAS(rig_told(GUARD), "text is for those who may read the record");
	rig_end();
}

RIG_TEST(a_rulebook_whose_text_the_record_has_not_is_not_told)
{
	rig_say(OFFICER, RULEBOOK);
	CHECK_HAS(rig_told(OFFICER), "the text of the rulebook in force is not in the record");
}
