/* hub_asker_test.c: lines of askers that are not understood, and how the mission is. */
#include "sim/rig.h"

RIG_TEST(a_line_that_is_not_understood_is_answered_and_makes_no_entry)
{
	static const char *const rows[][2] = {
	    {"{", "'offset':1,'"},
	    {"null", "'offset':0,'"},
	    {"{'status':{}} ?", "'offset':14,'"},
	    {"\xff", "'offset':0,'"},
	    {"{'fly':{}}", "'offset':1,'what':'has no member called `fly`','remedy':'See src/schema/contract.yaml"},
	    {"{'history':{'ref':'door:1','limit':0}}", "'offset':35,'what':'history.limit: is less"},
	    {"{'history':{'ref':'Nobody','limit':1}}", "'that is neither a ref nor a name','remedy':'Write a table"},
	    {"{'history':{'ref':'fly:1','limit':1}}", "'that is neither a ref nor a name'"},
	    {"{'status':{},'follow':{'from':1}}", "'offset':22,'what':'has more than one member'"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(OFFICER, rows[i][0]);
		struct str answer = rig_told(OFFICER);
		CHECK(str_starts(answer, STR("{'bad':{'offset':")) && str_contains(answer, STR("','remedy':'")));
		CHECK_HAS(answer, rows[i][1]);
	}
	hub_line_too_long(rig.hub, OFFICER);
	hub_line(rig.hub, OFFICER, STR("")); /* is no line */
	CHECK_TOLD(OFFICER, BAD("0", "the line is longer than 65,535 bytes", "Send at most 65,535 bytes a line."));
	CHECK_INT(rig_entries(), 0);
}

RIG_TEST(an_offset_counts_from_the_beginning_of_the_line_also_where_the_mistake_is_inside_a_body)
{
	rig_say(OFFICER, COMMAND("people.suspend_badge", "'badge':1,'why':'tired'")); /* told at the value's end */
	rig_say(ONE, REPORT("1", "drivers.done", "'entry':-1,'event':1"));	      /* at its beginning */
	CHECK_HAS(rig_told(OFFICER), "{'bad':{'offset':73,");
	CHECK_HAS(rig_heard(ONE), "{'bad':{'offset':70,");
}

RIG_TEST(status_tells_the_numbers)
{
	PLAY({ONE, SHOW("1", "1", CARD_OF_GUARD), NULL}, {ONE, "{'heartbeat':{'frames':77,'refused':0}}", NULL},
	     {ONE, "{", NULL});
	hub_detach(rig.hub, ZERO);
	rig_commit();
	rig.premises.clock_us += 1000000;
	rig_say(OFFICER, "{'status':{}}");
	struct str answer = rig_told(OFFICER);
	CHECK_HAS(answer, "{'status':{'mission':'house','size':77,'wall':1795424401000,'root':'");
	CHECK_HAS(answer,
		  "'doors':8,'readers':8,'online':0,'people':24,'rules':2,'pending':1,'commit_us':0,'drivers':["
		  "{'name':'line-0','connected':false,'sequence':0,'frames':0,'bad':0,'spooled':0,'dropped':0,"
		  "'issued':0,'confirmed':0,'wanted':0},"
		  "{'name':'line-1','connected':true,'boot':'0000000000000001','sequence':1,'frames':77,'bad':1,"
		  "'spooled':0,'dropped':0,'issued':0,'confirmed':0,'wanted':0}],"
		  "'signed_size':77,'signing':true,'witnesses':[],'locked_down':false,'clock_doubted':false,"
		  "'space_low':false,'set_aside':0,'approvals':0,'reviews':0,'rulebook':'");
	rig.premises.free_bytes = 4096;
	rig_wait_ms(60000);
	rig_say(OFFICER, "{'status':{}}");
	CHECK_HAS(rig_told(OFFICER), ",'space_free':4096,");
}

RIG_TEST(status_tells_numbers_of_the_record_to_those_who_may_read_it)
{
	static const struct {
		enum rig_who who;
		bool sees;
	} rows[] = {{OFFICER, true}, {DUTY, true},	 {AUDITOR, true}, {ADMINISTRATOR, true},
		    {GUARD, false},  {RECEPTION, false}, {STAFF, false}};
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct answer_line answer = rig_ask_one(rows[i].who, (struct ask_line){.kind = ASK_LINE_STATUS});
		const struct answer_status *s = &answer.status;
		CHECK_INT(answer.kind, ANSWER_LINE_STATUS);
		CHECK(s->has_size == rows[i].sees && s->has_root == rows[i].sees && s->has_people == rows[i].sees);
		CHECK(s->has_signed_size == rows[i].sees && s->drivers.at[0].has_sequence == rows[i].sees);
		CHECK(s->doors == 8 && s->readers == 8 && s->signing);
	}
}
