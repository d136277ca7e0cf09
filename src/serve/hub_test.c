/* hub_test.c: batches: what leaves when, who is still there, and what a power failure leaves. */
#include "sim/rig.h"

RIG_TEST(nothing_is_sent_before_the_commit)
{
	PLAY({ZERO, "{", NULL}, {ONE, SHOW("1", "1", CARD_OF_GUARD), NULL}, {OFFICER, ADD_BUILDING("Annex"), NULL},
	     {OFFICER, "{'status':{}}", NULL}, {OFFICER, "{'history':{'ref':'door:1','limit':1}}", NULL},
	     {SECOND, "{'follow':{'from':0}}", NULL});
	CHECK_INT(rig.n_heard, 0);
	CHECK_INT(journal_size(hub_journal(rig.hub)), RIG_FURNISHED);
	rig_commit();
	static const enum rig_who all[] = {ZERO, ONE, OFFICER, SECOND};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK(rig_heard(all[i]).len > 0);
	CHECK_INT(journal_size(hub_journal(rig.hub)), RIG_FURNISHED + 2);
}

static int cannot_lock_in(void *context, struct error *error)
{
	(void)context;
	return error_set(error, ERROR_SYSTEM, "cannot lock itself in");
}

/* A start of another program is an entry; this one must not come so far. */
RIG_TEST(a_process_that_is_not_locked_in_reads_nothing_of_the_record)
{
	struct error error;
	struct str program = rig.options.environment.program;
	rig_close();
	rig.options.environment.program = STR("another");
	rig.options.outside.opened = cannot_lock_in;
	CHECK_INT(rig_try_open(&error), ERROR_SYSTEM);
	CHECK_HAS(str_of(error.what), "cannot lock itself in");
	rig.options.environment.program = program;
	rig.options.outside.opened = NULL;
	rig_open();
	CHECK_INT(rig_entries(), 0);
}

/* Peers that leave */

static const struct rig_step pipelined[] = {{OFFICER, "{'status':{}}", NULL},
					    {SECOND, ADD_BUILDING("Annex 1"), NULL},
					    {SECOND, ADD_BUILDING("Annex 2"), NULL},
					    {SECOND, ADD_BUILDING("Annex 3"), NULL}};
static const char answers[] = BUILT("76", "2") "\n" BUILT("77", "3") "\n" BUILT("78", "4");

RIG_TEST(what_was_parked_for_a_peer_that_left_reaches_nobody)
{
	rig_say(OFFICER, "{'status':{}}");
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	hub_detach(rig.hub, OFFICER);
	CHECK(!hub_is_attached(rig.hub, OFFICER));
	rig_attach(OFFICER); /* somebody else, in the same place */
	CHECK_TOLD(OFFICER, "");
	CHECK_HEARD(ONE, ORDER("76", "1", "00000") "\n" ACK("1"));
}

RIG_TEST(who_stays_hears_its_answers_in_order_when_another_leaves)
{
	rig_play(pipelined, ARRAY_LEN(pipelined));
	hub_detach(rig.hub, OFFICER);
	CHECK_TOLD(SECOND, answers);
}

RIG_TEST(a_peer_that_does_not_keep_up_is_let_go_and_the_others_hear_everything)
{
	rig.deaf[OFFICER] = true;
	rig_play(pipelined, ARRAY_LEN(pipelined));
	CHECK_TOLD(SECOND, answers);
	CHECK(!hub_is_attached(rig.hub, OFFICER) && hub_is_attached(rig.hub, SECOND));
	rig.deaf[SECOND] = true;
	PLAY({SECOND, "{'follow':{'from':0}}", ""});
	CHECK(!hub_is_attached(rig.hub, SECOND));
}

/* The disk */

RIG_TEST(a_commit_that_fails_is_final_and_tells_nobody_anything)
{
	struct error error;
	PLAY({OFFICER, "{'follow':{'from':0}}", NULL}, {SECOND, ADD_BUILDING("Annex"), NULL},
	     {ONE, SHOW("1", "1", CARD_OF_GUARD), NULL}, {ZERO, "{", NULL});
	disk_fail_sync(rig.disk, 1);
	CHECK_INT(hub_commit(rig.hub, &error), ERROR_SYSTEM);
	rig_say(ONE, HELLO("1", "1"));
	CHECK_INT(hub_commit(rig.hub, &error), ERROR_SYSTEM); /* the disk is well again, the hub is not */
	CHECK_INT(rig.n_heard, 0);
	rig_power_failure();
	CHECK_INT(rig_entries(), 0);
	rig_forget();
	/* What was not told is sent again, and counted once. */
	PLAY({ONE, HELLO("1", "1"), ""}, {ONE, TAMPER("1", "1", "true"), ACK("1")});
	CHECK_INT(rig_entries(), 1);
}

RIG_TEST(what_was_acknowledged_is_there_after_the_power_failed)
{
	PLAY({ONE, SHOW("1", "1", CARD_OF_GUARD), ORDER("76", "1", "00000") "\n" ACK("1")},
	     {OFFICER, ADD_BUILDING("Annex"), BUILT("77", "2")}, {ONE, TAMPER("2", "1", "true"), ACK("2")},
	     {ONE, TAMPER("3", "1", "false"), NULL}); /* never committed */
	rig_power_failure();
	CHECK_INT(rig_entries(), 3);
	CHECK_HAS(rig_heard(ONE), "'accepted':{'boot':'0000000000000001','sequence':2}");
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "00000")}, {ONE, TAMPER("2", "1", "true"), ACK("2")},
	     {ONE, TAMPER("3", "1", "false"), ACK("3")});
	CHECK_INT(rig_entries(), 4);
}
