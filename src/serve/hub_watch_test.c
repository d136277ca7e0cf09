/* hub_watch_test.c: the machine's clock and its disk. Inputs that end the process are in hub_command_trial_test.c. */
#include "sim/rig.h"

#include "domain/record/record.h"

enum { MINUTE_MS = 60000, LOOK_MS = 5000 };
#define WEEK_MS INT64_C(604800000)

static bool is_doubted(void)
{
	return record_clock_is_doubted(rig_state());
}

/* The machine's clock says so much more than the mission's. */
static void set_machine(int64_t ahead_ms)
{
	rig.premises.wall_us = rig.premises.clock_us + ahead_ms * 1000;
}

static struct str last_entry(void)
{
	return rig_entry(hub_core(rig.hub)->size - 1);
}

TEST(a_start_doubts_a_clock_that_went_back_or_that_the_record_has_not_seen_for_a_week)
{
	static const struct {
		int64_t ahead_ms; /* of the last entry */
		const char *why;
	} rows[] = {{0, NULL},
		    {-MINUTE_MS, NULL},
		    {-MINUTE_MS - 1, "\"why\":\"went_back\""},
		    {WEEK_MS, NULL},
		    {WEEK_MS + 1, "\"why\":\"long_gap\""}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_begin();
		rig_say(OFFICER, ADD_BUILDING("Annex"));
		rig_commit();
		set_machine(rows[i].ahead_ms);
		rig_reopen();
		CHECK_INT(is_doubted(), rows[i].why != NULL);
		CHECK_INT(rig_entries(), rows[i].why ? 2 : 1);
		if (rows[i].why) {
			CHECK_HAS(last_entry(), "\"record.ClockDoubted\"");
			CHECK_HAS(last_entry(), rows[i].why);
		}
		/* The record's time goes on from the greater of both. */
		rig_say(OFFICER, ADD_BUILDING("Hut"));
		rig_commit();
		int64_t now = RIG_WALL + (rows[i].ahead_ms > 0 ? rows[i].ahead_ms : 0);
		CHECK_INT(hub_core(rig.hub)->wall, now);
		rig_end();
	}
}

TEST(a_first_start_has_nothing_to_compare_the_clock_with)
{
	rig_new();
	set_machine(-INT64_C(50) * WEEK_MS);
	rig_open();
	CHECK(!is_doubted());
	rig_end();
}

RIG_TEST(a_clock_that_is_set_while_the_mission_runs_is_doubted_and_changes_nothing)
{
	static const struct {
		int64_t ahead_ms;
		bool doubted;
	} rows[] = {{MINUTE_MS, false}, {-MINUTE_MS, false}, {MINUTE_MS + 1, true}};
	rig_wait_ms(LOOK_MS);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_machine(rows[i].ahead_ms);
		rig_wait_ms(LOOK_MS - 1);
		CHECK(!is_doubted()); /* it is looked at now and then */
		rig_wait_ms(1);
		CHECK_INT(is_doubted(), rows[i].doubted);
	}
	CHECK_HAS(last_entry(), "\"why\":\"jumped\"");
	CHECK_INT(hub_core(rig.hub)->wall, RIG_WALL + 4 * LOOK_MS);
	size_t before = rig_entries();
	set_machine(-WEEK_MS);
	rig_wait_ms(LOOK_MS);
	CHECK_INT(rig_entries(), before); /* is doubted already */
	rig_reopen();
	CHECK(is_doubted());
}

/* By the watch: doors work, and nothing ends by date. */
RIG_TEST(while_the_clock_is_doubted_doors_work)
{
	set_machine(WEEK_MS);
	rig_wait_ms(LOOK_MS);
	CHECK(is_doubted());
	rig_forget();
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")});
	rig_say(ONE, SHOW("2", "1", CARD_OF_GUARD));
	CHECK_HAS(rig_told(ONE), "'doors.Released'");
	rig_wait_ms(MINUTE_MS);
	CHECK_INT(order_count(rig_state()), 0); /* what is due by elapsed time is over */
}

static void agree(void)
{
	static int pending;
	char line[64];
	rig_say(OFFICER, COMMAND("record.confirm_clock", ""));
	rig_commit();
	pending = (int)pending_after(rig_state(), 0)->pending;
	snprintf(line, sizeof line, "{'approve':{'pending':%d}}", pending);
	rig_say(SECOND, line);
	CHECK_HAS(rig_told(SECOND), "{'done':");
	rig_commit();
	CHECK(!is_doubted());
}

static void confirm(void)
{
	agree();
	rig_wait_ms(LOOK_MS);
	rig_forget();
}

RIG_TEST(when_two_people_say_that_it_is_right_the_missions_clock_goes_forward_to_it)
{
	set_machine(WEEK_MS);
	rig_wait_ms(LOOK_MS);
	confirm();
	CHECK(!is_doubted());
	rig_say(OFFICER, ADD_BUILDING("Annex"));
	rig_commit();
	CHECK_INT(hub_core(rig.hub)->wall, RIG_WALL + WEEK_MS + 2 * LOOK_MS);
	/* And from there on it is watched like before. */
	set_machine(2 * WEEK_MS);
	rig_wait_ms(LOOK_MS);
	CHECK(is_doubted());
}

RIG_TEST(what_two_people_confirm_is_what_the_clock_said_then)
{
	set_machine(WEEK_MS);
	rig_wait_ms(LOOK_MS);
	agree();
	set_machine(-WEEK_MS);
	rig_wait_ms(LOOK_MS);
	CHECK(is_doubted());
	CHECK_INT(hub_core(rig.hub)->wall, RIG_WALL + WEEK_MS + 2 * LOOK_MS);
}

RIG_TEST(a_clock_behind_the_missions_may_be_right_and_stay_behind)
{
	set_machine(-WEEK_MS);
	rig_wait_ms(LOOK_MS);
	CHECK(is_doubted());
	confirm();
	for (int i = 0; i < 3; i++) {
		rig_wait_ms(LOOK_MS);
		CHECK(!is_doubted());
	}
	rig_say(OFFICER, ADD_BUILDING("Annex"));
	rig_commit();
	CHECK_INT(hub_core(rig.hub)->wall, RIG_WALL + 5 * LOOK_MS);
	static const int64_t jumps[] = {-WEEK_MS - MINUTE_MS - 1, -WEEK_MS + MINUTE_MS + 1};
	for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
		set_machine(jumps[i]);
		rig_wait_ms(LOOK_MS);
		CHECK(is_doubted());
		set_machine(-WEEK_MS);
		confirm();
	}
}

/* The disk */

RIG_TEST(the_record_says_when_room_is_short_and_when_there_is_enough_again)
{
	static const struct {
		uint64_t free_bytes;
		const char *says;
	} rows[] = {{1000, NULL},
		    {999, "{\"free\":999,\"low\":true}"},
		    {1, NULL},
		    {1999, NULL}, /* twice as much is enough: it does not come and go */
		    {2000, "{\"free\":2000,\"low\":false}"},
		    {1000, NULL},
		    {0, "{\"free\":0,\"low\":true}"}};
	rig.options.space_low_bytes = 1000;
	rig_reopen();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t before = rig_entries();
		rig.premises.free_bytes = rows[i].free_bytes;
		rig_wait_ms(LOOK_MS);
		CHECK_INT(rig_entries(), before + (rows[i].says != NULL));
		if (rows[i].says)
			CHECK_HAS(last_entry(), rows[i].says);
	}
}
