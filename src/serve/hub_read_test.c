/* hub_read_test.c */
#include "sim/rig.h"

RIG_TEST(history_is_what_mentions_a_ref_newest_first_and_says_where_older_entries_are)
{
	static const char *const rows[][2] = {
	    {"{'history':{'ref':'door:1','limit':10}}", "70 68 5 4 {'end':{}}"},
	    {"{'history':{'ref':'Door 1','limit':10}}", "70 68 5 4 {'end':{}}"},
	    {"{'history':{'ref':'Door 1','limit':2}}", "70 68 {'end':{'older':76}}"},
	    {"{'history':{'ref':'Door 1','before':76,'limit':2}}", "5 4 {'end':{'older':4}}"},
	    {"{'history':{'ref':'Door 1','before':4,'limit':2}}", "{'end':{}}"},
	    {"{'history':{'ref':'door:1','before':0,'limit':2}}", "{'end':{}}"},
	    {"{'history':{'ref':'door:1','before':999,'limit':1}}", "70 {'end':{'older':78}}"},
	    {"{'history':{'ref':'Person 1','limit':3}}", "69 68 21 {'end':{'older':21}}"},
	    {"{'history':{'ref':'door:99','limit':10}}", "{'end':{}}"},
	};
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_say(ZERO, SHOW("1", "2", CARD_OF_GUARD));
	rig_say(ONE, SHOW("2", "1", CARD_UNKNOWN));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(OFFICER, rows[i][0]);
		CHECK_STR(rig_numbers(rig_told(OFFICER)), str_of(rows[i][1]));
	}
	rig_say(OFFICER, "{'history':{'ref':'door:2','limit':1}}");
	CHECK_HAS(rig_told(OFFICER), "{'ref':'door:2','name':'Door 2'}");
}

RIG_TEST(history_is_sent_piece_by_piece_to_whoever_has_room)
{
	struct error error;
	rig_fill_orders();
	rig.slow[OFFICER] = true;
	rig_say(OFFICER, "{'history':{'ref':'door:1','limit':200}}");
	CHECK_INT(hub_commit(rig.hub, &error), 0);
	CHECK_INT(rig.n_heard, 0);
	rig.slow[OFFICER] = false;
	CHECK_INT(hub_commit(rig.hub, &error), 1);
	CHECK_INT(rig.n_heard, HUB_PIECE_ENTRIES);
	CHECK_INT(hub_commit(rig.hub, &error), 0);
	CHECK_INT(rig.n_heard, 200 + 1);
}

RIG_TEST(a_follower_gets_every_entry_from_its_number_on_as_it_becomes_durable)
{
	static const struct {
		const char *follow, *command, *numbers;
	} rows[] = {
	    {"{'follow':{'from':66}}", "{'status':{}}", "66 67"},
	    {NULL, ADD_BUILDING("Annex 1"), "76"},
	    {"{'follow':{'from':78}}", ADD_BUILDING("Annex 2"), ""},
	    {NULL, ADD_BUILDING("Annex 3"), "78"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].follow)
			rig_say(SECOND, rows[i].follow);
		rig_say(OFFICER, rows[i].command);
		CHECK_STR(rig_numbers(rig_told(SECOND)), str_of(rows[i].numbers));
	}
}
