/* hub_command_test.c */
#include "sim/rig.h"

RIG_TEST(a_command_is_answered_with_its_entry_or_with_the_refusal_and_what_it_takes)
{
	PLAY({OFFICER, ADD_BUILDING("Annex"), BUILT("76", "2")},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':1,'why':'lost'"), "{'done':{'entry':77,'gives':{}}}"},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':99,'why':'lost'"),
	      "{'refused':{'entry':78,'name':'PEOPLE_NO_BADGE','takes':{'badge':99}}}"},
	     {OFFICER, COMMAND("drivers.done", "'entry':1,'event':1"), /* a report, not a command */
	      BAD("41", "there is nothing of the name drivers.done",
		  "`chancery help` lists the commands and their members.")});
	CHECK_INT(rig_entries(), 3);
}

RIG_TEST(a_role_that_may_not_is_refused_and_the_entry_says_who_asked)
{
	static const struct str reception[] = {{"reception", 9}};
	hub_detach(rig.hub, SECOND);
	CHECK_INT(hub_attach_asker(rig.hub, &(struct hub_person){STR("odo"), 1001, reception, 1, 0, 0}), SECOND);
	rig_say(SECOND, ADD_BUILDING("Annex"));
	rig_say(OFFICER, "{'follow':{'from':76}}");
	CHECK_TOLD(SECOND, "{'refused':{'entry':76,'name':'MISSION_ROLE','takes':{'command':'site.add_building',"
			   "'login':'odo'}}}");
	struct str entry = rig_heard(OFFICER);
	CHECK_HAS(entry, "'from':{'operator':{'login':'odo'}},'checked':{'uid':1001,'roles':['reception']}");
	CHECK_HAS(entry, "'events':[]");
}
