/* hub_driver_test.c: what drivers say and are told. */
#include "sim/rig.h"

#include "domain/drivers/drivers.h"
#include "domain/record/record.h"

RIG_TEST(a_batch_has_one_acknowledgement_for_each_driver_with_the_highest_sequence)
{
	PLAY({ONE, TAMPER("1", "1", "true"), NULL}, {ZERO, TAMPER("1", "2", "true"), NULL},
	     {ONE, TAMPER("2", "1", "false"), NULL}, {ONE, TAMPER("3", "1", "true"), ACK("3")}, {ZERO, NULL, ACK("1")},
	     {ONE, "{'heartbeat':{'frames':1,'refused':0}}", ""},
	     {ONE, "{'heartbeat':{'frames':2,'refused':0,'spooled':1,'table':7}}", ""});
	CHECK_INT(rig_entries(), 4);
}

RIG_TEST(a_report_that_comes_again_is_acknowledged_again_and_entered_once)
{
	PLAY({ONE, TAMPER("1", "1", "true"), NULL}, {ONE, TAMPER("1", "1", "true"), ACK("1")},
	     {ONE, TAMPER("1", "1", "true"), ACK("1")}, {ONE, TAMPER("2", "1", "false"), ACK("2")},
	     {ONE, TAMPER("1", "1", "true"), ACK("1")},
	     {ONE, HELLO("1", "2"), ""}, /* the driver began again: its reports are numbered from 1 */
	     {ONE, TAMPER("1", "1", "true"), ACK("1")});
	CHECK_INT(rig_entries(), 3);
}

/* Line 1 has half of the house's readers. */
RIG_TEST(a_driver_is_back_when_it_has_said_hello_and_as_much_as_it_has_devices)
{
	CHECK(!hub_driver_is_back(rig.hub, ONE));
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")}, {ONE, TAMPER("2", "3", "true"), ACK("2")},
	     {ONE, TAMPER("3", "5", "true"), ACK("3")}, {ONE, TAMPER("3", "5", "true"), ACK("3")});
	CHECK(!hub_driver_is_back(rig.hub, ONE));
	PLAY({ONE, TAMPER("4", "7", "true"), ACK("4")});
	CHECK(hub_driver_is_back(rig.hub, ONE));
	CHECK(!hub_driver_is_back(rig.hub, ZERO));
	PLAY({ONE, HELLO("1", "2"), ""});
	CHECK(!hub_driver_is_back(rig.hub, ONE));
	hub_detach(rig.hub, ONE);
	CHECK(!hub_driver_is_back(rig.hub, ONE));
}

RIG_TEST(a_driver_is_told_what_is_wrong_with_its_line_and_no_entry_is_made)
{
	PLAY({ONE, TAMPER("2", "1", "true"),
	      BAD("0", "a report before this one is missing", "Send again from the last acknowledged one.")},
	     {ONE, "{'heartbeat':{'frames':1}}",
	      BAD("25", "heartbeat: has no member `refused`",
		  "See docs/adding.md for the lines that a driver may send.")},
	     {ONE, REPORT("1", "access.fly", ""),
	      BAD("59", "there is nothing of the name access.fly",
		  "See the report's declaration in the schema reference.")});
	hub_detach(rig.hub, ONE);
	rig_attach(ONE);
	rig_commit();
	rig_forget();
	PLAY({ONE, TAMPER("1", "1", "true"), BAD("0", "a report came before hello", "Answer config with hello first.")},
	     {ONE, HELLO("0", "1"), BAD("0", "hello names another driver", "Answer with the name that config gave.")},
	     {ONE, TAMPER("1", "1", "true"), ""});
	CHECK_INT(rig_entries(), 0);
}

RIG_TEST(a_hello_begins_anew_also_what_a_batch_acknowledges)
{
	PLAY({ONE, TAMPER("1", "1", "true"), NULL}, {ONE, TAMPER("2", "1", "false"), NULL},
	     {ONE, TAMPER("3", "1", "true"), NULL}, {ONE, HELLO("1", "2"), NULL},
	     {ONE, TAMPER("1", "1", "false"), ACK("1")}, /* report 3 was of another boot */
	     {ONE, TAMPER("2", "1", "true"), NULL}, {ONE, HELLO("1", "2"), NULL},
	     {ONE, TAMPER("2", "1", "true"), ACK("2")}); /* says hello twice, and sends again */
	CHECK_INT(rig_entries(), 5);
}

RIG_TEST(a_table_is_confirmed_by_who_was_given_it)
{
	PLAY({ONE, "{'confirmed':{'sequence':1,'number':1}}", "{'refused':{'sequence':1,'name':'DRIVERS_NO_TABLE'}}"});
	CHECK_INT(rig_entries(), 1);
}

RIG_TEST(an_order_goes_to_its_driver_and_again_at_every_hello_until_it_is_answered)
{
	PLAY({ONE, SHOW("1", "1", CARD_OF_GUARD), ORDER("76", "1", "00000") "\n" ACK("1")}, {ZERO, NULL, ""});
	rig.premises.clock_us += 1000000;
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "01000")}, {ZERO, HELLO("0", "1"), ""},
	     {ONE, HELLO("1", "2"), ORDER_ALONE("76", "1", "01000")}, /* a driver that began again, too */
	     {ONE, DONE("1", "76"), ACK("1")}, {ONE, HELLO("1", "2"), ""});
	CHECK_INT(order_count(rig_state()), 0);
}

RIG_TEST(an_order_waits_for_a_driver_that_has_not_said_hello)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	hub_detach(rig.hub, ONE); /* before the commit */
	rig_commit();
	rig_attach(ONE);
	CHECK(!str_contains(rig_told(ONE), STR("order")));
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "00000")},
	     {ONE, "{'expired':{'sequence':2,'entry':76,'event':1}}", ACK("2")}, {ONE, HELLO("1", "1"), ""});
}

/* A commit may take seconds: the driver counts from when the order leaves, and one that is over by then does not leave. */
RIG_TEST(an_order_that_leaves_late_says_so)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig.premises.clock_us += 2000 * 1000;
	CHECK_TOLD(ONE, ORDER("76", "1", "02000") "\n" ACK("1"));
	rig_say(ONE, SHOW("2", "1", CARD_OF_GUARD));
	rig.premises.clock_us += (3000 + DRIVERS_ANSWER_MS_MAX) * 1000;
	CHECK_TOLD(ONE, ACK("2"));
	CHECK_HAS(rig_entry(RIG_FURNISHED + 3), "\"drivers.OrderUnanswered\"");
}

/* The driver starts again with its new settings, and passes over what comes before it has said hello. */
RIG_TEST(no_order_comes_between_settings_and_hello)
{
	rig_say(OFFICER, COMMAND("doors.key_reader", "'line':'line-1','address':1,'key':'000102030405060708090a0b0c0d0e0f'"));
	rig_commit();
	rig_forget();
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig.premises.clock_us += HUB_CONFIG_QUIET_MS * 1000;
	struct str told = rig_told(ONE);
	CHECK_HAS(told, "{'config':");
	CHECK_HAS_NO(told, "{'order':");
	CHECK_HAS(told, "{'ack':");
	rig_say(ONE, HELLO("1", "1"));
	CHECK_HAS(rig_told(ONE), "{'order':{'entry':77,");
}

/* When what a card has told is to be forgotten: 90 days after the month. */
static int64_t month_end_us(void)
{
	enum { NOVEMBER_2026 = 12 * (2026 - 1970) + 11 };
	return record_month_ends(STR("90d"), NOVEMBER_2026) * 1000;
}

RIG_TEST(an_order_that_nobody_answers_ends_by_itself)
{
	CHECK(hub_due_us(rig.hub) == INT64_MAX);
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	CHECK_INT(hub_due_us(rig.hub), rig.premises.clock_us + (3000 + DRIVERS_ANSWER_MS_MAX) * 1000);
	rig.premises.clock_us = hub_due_us(rig.hub);
	rig_commit();
	CHECK_INT(journal_size(hub_journal(rig.hub)), RIG_FURNISHED + 2);
	CHECK_INT(order_count(rig_state()), 0);
	CHECK_INT(hub_due_us(rig.hub), month_end_us());
}

RIG_TEST(a_refused_report_is_durable_and_told_with_the_name_of_the_refusal)
{
	PLAY({ONE, DONE("1", "3"), "{'refused':{'sequence':1,'name':'DRIVERS_NO_ORDER'}}"},
	     {ONE, SHOW("2", "2", CARD_OF_GUARD),
	      "{'refused':{'sequence':2,'name':'ACCESS_UNKNOWN_READER'}}"}, /* of line 0 */
	     {ZERO, SHOW("1", "2", CARD_OF_GUARD), ORDER("78", "2", "00000") "\n" ACK("1")},
	     {ONE, DONE("3", "78"), "{'refused':{'sequence':3,'name':'DRIVERS_NO_ORDER'}}"}, /* of line 0 */
	     {ZERO, DONE("2", "78"), ACK("2")});
	CHECK_INT(rig_entries(), 5);
}

RIG_TEST(reports_wait_while_orders_fill_their_table_and_answers_to_orders_do_not)
{
	rig_fill_orders();
	PLAY({ONE, SHOW("8130", "1", CARD_UNKNOWN), "{'busy':{'sequence':8130,'retry_ms':200}}"},
	     {ZERO, TAMPER("1", "2", "true"), "{'busy':{'sequence':1,'retry_ms':200}}"},
	     {ONE, DONE("8130", "76"), ACK("8130")}, {ZERO, TAMPER("1", "2", "true"), ACK("1")});
	CHECK_INT(rig_entries(), 8129 + 2);
}

/* Settings */

#define ADD_READER(address)                                                                                            \
	COMMAND("doors.add_reader", "'door':1,'line':'line-1','address':" address ",'output':1,'secure':true")
#define KEY_READER(address, key) COMMAND("doors.key_reader", "'line':'line-1','address':" address ",'key':'" key "'")
#define KEY_91			 "91919191919191919191919191919191"
#define KEY_92			 "92929292929292929292929292929292"

RIG_TEST(a_driver_that_is_attached_is_sent_its_settings_and_what_is_durable)
{
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")},
	     /* Has no key, is not polled. */
	     {OFFICER, ADD_READER("101"), "{'done':{'entry':77,'gives':{'reader':9}}}"});
	hub_detach(rig.hub, ONE);
	rig_attach(ONE);
	CHECK_INT(rig.n_heard, 0);
	struct str config = rig_told(ONE);
	CHECK_HAS(
	    config,
	    "{'config':{'contract':1,'driver':'line-1','accepted':{'boot':'0000000000000001','sequence':1},'now':");
	CHECK_HAS(config, "'answer':1500,'settings':{'device':'dev-1','baud':9600,'readers':[");
	CHECK_HAS(config, "{'reader':3,'address':3,'key':'03030303030303030303030303030303','output':0}");
	CHECK(!str_contains(config, STR("'reader':2")) && !str_contains(config, STR("'reader':9")));
}

RIG_TEST(settings_are_sent_again_once_readers_are_no_longer_being_added)
{
	static const char status[] = "{'heartbeat':{'frames':1,'refused':0}}";
	PLAY({OFFICER, ADD_READER("91"), NULL}, {OFFICER, KEY_READER("91", KEY_91), NULL}, {ONE, status, ""});
	rig.premises.clock_us += (HUB_CONFIG_QUIET_MS - 1) * 1000;
	PLAY({OFFICER, ADD_READER("92"), NULL}, {ONE, status, ""});
	rig.premises.clock_us += (HUB_CONFIG_QUIET_MS - 1) * 1000;
	PLAY({OFFICER, KEY_READER("92", KEY_92), NULL}, {ONE, status, ""});
	CHECK_INT(hub_due_us(rig.hub), rig.premises.clock_us + HUB_CONFIG_QUIET_MS * 1000);
	rig.premises.clock_us += (HUB_CONFIG_QUIET_MS - 1) * 1000;
	CHECK_TOLD(ONE, "");
	rig.premises.clock_us += 1000;
	struct str config = rig_told(ONE);
	CHECK(str_starts(config, STR("{'config':{'contract':1,'driver':'line-1','now':")));
	CHECK_HAS(config, "{'reader':9,'address':91,'key':'" KEY_91 "',");
	CHECK_HAS(config, "{'reader':10,'address':92,'key':'" KEY_92 "',");
	CHECK_HAS(rig_heard(ZERO), "{'config':{'contract':1,'driver':'line-0'");
	CHECK(hub_due_us(rig.hub) == INT64_MAX);
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	CHECK_HAS(rig_told(ONE), "a report came before hello"); /* the driver begins again */
}

RIG_TEST(another_key_for_a_reader_is_sent_like_another_reader)
{
	PLAY({OFFICER, KEY_READER("3", KEY_91), NULL});
	rig_commit();
	rig_forget();
	rig_wait_ms(HUB_CONFIG_QUIET_MS);
	CHECK_HAS(rig_heard(ONE), "{'reader':3,'address':3,'key':'" KEY_91 "','output':0}");
}

/* Stands last: where this goes wrong the process ends. */
RIG_TEST(a_hello_repeats_all_the_orders_that_their_table_can_hold)
{
	rig_fill_orders();
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	CHECK_INT(rig.n_heard, 8129);
}
