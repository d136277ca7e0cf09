#include "driver/osdp/porter.h"
#include "driver/kit/kit_rig_test.h"
#include "driver/osdp/line_test.h"

/* A line of readers in simulated time (line_test.h), a kit on a simulated disk (kit_rig_test.h), a core of a
 * script, and the porter between. */

static struct porter porter;

enum { ANSWER_MS = 1500, READER = 100, OTHER_READER = 101 };

/* The line's time is the kit's. */
static void run_ms(int64_t ms)
{
	int64_t end_us = line.now_us + ms * 1000;
	while (line.now_us < end_us) {
		rig.now_us = line.now_us;
		for (size_t i = 0; i < line.n_events; i++)
			notice_put(&line.panel.notices, &line.notices[i]);
		line.n_events = 0;
		int64_t next_us = porter_due(&porter, line.now_us);
		int64_t kit_us = kit_due(&rig.kit, line.now_us);
		next_us = kit_us < next_us ? kit_us : next_us;
		if (next_us > line.now_us + 1000)
			next_us = line.now_us + 1000;
		if (next_us <= line.now_us)
			next_us = line.now_us + 1;
		line_run_us((next_us < end_us ? next_us : end_us) - line.now_us);
	}
	rig.clock_ms += ms;
}

static void begin(size_t readers)
{
	rig_begin(1);
	line_up(readers);
	rig.now_us = line.now_us;
}

static void start(bool begun)
{
	rig_start(begun);
	porter_init(&porter, &rig.kit, &line.panel, line.now_us);
	rig.now_us = line.now_us;
}

static void say_config(void)
{
	rig.now_us = line.now_us;
	rig_say_config(NULL, 0, "{}");
}

static void end(void)
{
	line_close();
	rig_end();
}

static const uint8_t card_bytes[4] = {0xAB, 0xCD, 0xEF, 0x40};
static const uint8_t stranger_bytes[4] = {0x11, 0x22, 0x33, 0x40};

/* A table in which the card opens the doors of both readers, until that many ms from now; for the first reader
 * it stands. */
static void give_table(uint64_t number, int64_t good_ms)
{
	struct grant_head head = {.number = number,
				  .made = rig.clock_ms,
				  .until = rig.clock_ms + good_ms,
				  .mission = STR("chancery/test"),
				  .driver = STR("line-1")};
	struct str card = {(const char *)card_bytes, 4};
	uint8_t token[GRANT_TOKEN_BYTES];
	memcpy(rig.sample.driver_key, rig_key, sizeof rig.sample.driver_key);
	grant_sample_begin(&rig.sample, &head);
	grant_sample_reader(&rig.sample, READER, 1, 0);
	grant_sample_reader(&rig.sample, OTHER_READER, 2, 0);
	grant_sample_card(&rig.sample, card, 26, head.made, head.until);
	grant_sample_token(&rig.sample, card, 26, token);
	grant_add_standing(&rig.sample.builder, 1, token);
	grant_sample_end(&rig.sample, rig_seed);
	rig.now_us = line.now_us;
	rig_say_table(number);
}

static void show(size_t fake, const uint8_t *bytes)
{
	fake_card(&line.fakes[fake], bytes, 26);
}

static unsigned opened(size_t fake)
{
	return line.fakes[fake].heard[FRAME_OUT];
}

/* A core that is there, has given a table, and is about to be silent. */
static void begin_with_table(size_t readers)
{
	begin(readers);
	start(true);
	say_config();
	give_table(5, GRANT_VALID_MS);
	run_ms(50);
	rig_say_due("{\"ack\":{\"sequence\":1}}"); /* the confirmation */
	rig.n_lines = 0;
}

static void hold(bool held)
{
	char line_text[160];
	static int entry = 900;
	snprintf(line_text, sizeof line_text,
		 "{\"desired\":{\"entry\":%d,\"event\":0,\"name\":\"doors.Held\",\"key\":\"driver:1\",\"body\":{"
		 "\"driver\":1,\"readers\":%d,\"addresses\":\"%s000000000000000000000000000000\"}}}",
		 entry++, held, held ? "01" : "00");
	rig.now_us = line.now_us;
	rig_say("%s", line_text);
	porter_take(&porter, &rig.said, line.now_us);
	kit_due(&rig.kit, line.now_us);
}

static void order_release(int entry, int64_t answers)
{
	char text[256], answer[32] = "";
	if (answers > 0)
		snprintf(answer, sizeof answer, "\"answers\":%lld,", (long long)answers);
	snprintf(text, sizeof text,
		 "{\"order\":{\"entry\":%d,\"event\":1,\"name\":\"doors.Released\",\"now\":1000,\"not_after\":4000,%s"
		 "\"body\":{\"door\":1,\"reader\":100,\"release\":2000}}}",
		 entry, answer);
	rig.now_us = line.now_us;
	rig_say("%s", text);
	porter_take(&porter, &rig.said, line.now_us);
}

TEST(a_card_waits_for_the_core_and_is_then_decided_by_the_table)
{
	begin_with_table(1);
	show(0, card_bytes);
	run_ms(ANSWER_MS - 100);
	CHECK(rig_sent("\"name\":\"access.card_read\"", "\"sequence\":2"));
	CHECK_INT(opened(0), 0);
	run_ms(200);
	CHECK_INT(opened(0), 1);
	const uint8_t out[] = {1, 5, 50, 0}; /* the table's 5 s */
	CHECK(memcmp(line.fakes[0].out, out, sizeof out) == 0);
	CHECK_INT(line.fakes[0].led[5], DATA_GREEN);
	size_t said = rig_find(0, "\"name\":\"access.card_decided\"", "\"sequence\":3");
	CHECK(said < RIG_LINES_MAX);
	CHECK(strstr(rig.lines[said],
		     "{\"reader\":100,\"read\":2,\"format\":\"wiegand\",\"bits\":26,\"card\":\"abcdef40\","
		     "\"outcome\":\"granted\",\"why\":\"schedule\",\"table\":5,\"at\":"));
	run_ms(10000);
	CHECK_INT(opened(0), 1);
	CHECK(!rig_sent("{\"done\"", "") && !rig_sent("{\"expired\"", "")); /* nobody ordered it */
	end();
}

TEST(an_answer_in_time_keeps_the_table_out)
{
	static const char *const answers[] = {"{\"ack\":{\"sequence\":2}}",
					      "{\"refused\":{\"sequence\":2,\"name\":\"ACCESS_UNKNOWN_READER\"}}"};
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		begin_with_table(1);
		show(0, card_bytes);
		run_ms(ANSWER_MS - 100);
		rig_say_due(answers[i]);
		run_ms(5000);
		CHECK_INT(opened(0), 0);
		CHECK(!rig_sent("access.card_decided", ""));
		end();
	}
}

TEST(the_core_s_order_in_time_opens_once_and_its_late_order_is_void)
{
	begin_with_table(1);
	show(0, card_bytes);
	run_ms(ANSWER_MS - 500);
	order_release(40, 2);
	run_ms(3000);
	CHECK_INT(opened(0), 1);
	CHECK(rig_sent("{\"done\"", "\"entry\":40") && !rig_sent("access.card_decided", ""));
	show(0, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 2);
	size_t read = rig_find(2, "access.card_read", "");
	CHECK(read < RIG_LINES_MAX && strstr(rig.lines[read], "\"sequence\":4"));
	order_release(41, 4); /* the core wakes up */
	run_ms(3000);
	CHECK_INT(opened(0), 2);
	CHECK(rig_sent("{\"expired\"", "\"entry\":41"));
	order_release(42, 0); /* a guard opens the door */
	run_ms(1000);
	CHECK_INT(opened(0), 3);
	end();
}

TEST(an_order_for_a_card_of_an_earlier_process_is_void)
{
	begin_with_table(1);
	show(0, card_bytes);
	run_ms(100);
	start(true);
	say_config();
	order_release(40, 2);
	run_ms(1000);
	CHECK_INT(opened(0), 0);
	CHECK(rig_sent("{\"expired\"", "\"entry\":40"));
	end();
}

TEST(once_a_card_went_unanswered_nobody_waits_until_the_core_speaks_again)
{
	begin_with_table(2);
	show(0, card_bytes);
	run_ms(ANSWER_MS + 100);
	CHECK_INT(opened(0), 1);
	rig.n_lines = 0;
	show(1, card_bytes);
	run_ms(150);
	CHECK_INT(opened(1), 1);
	CHECK(!rig_sent("access.card_read", ""));
	CHECK(rig_sent("access.card_decided", "{\"reader\":101,\"format\"")); /* no `read` */
	rig_say_due("{\"ack\":{\"sequence\":2}}");
	show(1, card_bytes);
	run_ms(150);
	CHECK_INT(opened(1), 1);
	CHECK(rig_sent("access.card_read", "\"reader\":101"));
	end();
}

TEST(who_is_not_in_the_table_gets_red_and_no_door)
{
	begin_with_table(1);
	show(0, stranger_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 0);
	CHECK_INT(line.fakes[0].heard[FRAME_BUZ], 1);
	CHECK(rig_sent("access.card_decided", "\"outcome\":\"denied\",\"why\":\"unknown_card\",\"table\":5"));
	end();
}

TEST(without_a_table_the_answer_is_no)
{
	begin(1);
	start(true);
	say_config();
	show(0, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 0);
	CHECK(rig_sent("access.card_decided", "\"outcome\":\"denied\",\"why\":\"no_table\",\"table\":0"));
	end();
}

TEST(when_the_table_has_expired_what_stands_opens_and_nothing_else)
{
	begin_with_table(2);
	give_table(6, 60000);
	run_ms(61000);
	for (size_t i = 0; i < 2; i++)
		show(i, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 1);
	CHECK_INT(opened(1), 0);
	CHECK(rig_sent("access.card_decided", "\"why\":\"standing\""));
	CHECK(rig_sent("access.card_decided", "\"why\":\"expired_table\""));
	CHECK(strstr(rig.heartbeat, "\"table\":0"));
	end();
}

/* Also when the machine's clock is set back while the driver runs, and between two processes. */
TEST(setting_the_clock_back_makes_no_expired_table_good)
{
	begin_with_table(2);
	give_table(6, 120000);
	int64_t good_ms = rig.clock_ms + 60000;
	run_ms(140000);
	rig.clock_ms = good_ms;
	show(1, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(1), 0);
	rig.clock_ms = good_ms;
	start(true);
	show(1, card_bytes);
	run_ms(500);
	CHECK_INT(opened(1), 0);
	end();
}

TEST(a_held_door_is_opened_by_no_table_with_or_without_a_core_until_it_is_let_go)
{
	begin_with_table(2);
	hold(true);
	CHECK(rig_sent("{\"done\"", "\"event\":0"));
	show(0, card_bytes);
	show(1, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 0);
	CHECK_INT(opened(1), 1);
	CHECK(rig_sent("access.card_decided", "\"why\":\"held\""));
	disk_power_fails(&rig.disk);
	rig.machine[6] = '2';
	start(true);
	show(0, card_bytes);
	run_ms(500);
	CHECK_INT(opened(0), 0); /* no core ever spoke to this process */
	say_config();
	hold(false);
	show(0, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(0), 1);
	end();
}

TEST(the_core_s_own_order_opens_a_held_door)
{
	begin_with_table(1);
	hold(true);
	order_release(40, 0);
	run_ms(500);
	CHECK_INT(opened(0), 1);
	end();
}

TEST(a_desired_state_that_is_not_understood_is_not_done)
{
	begin_with_table(1);
	rig_say("{\"desired\":{\"entry\":4,\"event\":0,\"name\":\"lamps.Lit\",\"key\":\"\",\"body\":{}}}");
	porter_take(&porter, &rig.said, line.now_us);
	rig_say(
	    "{\"desired\":{\"entry\":5,\"event\":0,\"name\":\"doors.Held\",\"key\":\"\",\"body\":{\"readers\":true}}}");
	porter_take(&porter, &rig.said, line.now_us);
	run_ms(10);
	CHECK(rig_sent("{\"expired\"", "\"entry\":4") && rig_sent("{\"expired\"", "\"entry\":5"));
	end();
}

/* Escapes are unfolded before the bound is looked at. */
TEST(a_body_as_long_as_a_line_is_refused_and_no_more)
{
	static char text[LINE_BYTES_MAX], value[60000];
	begin_with_table(1);
	for (size_t i = 0; i + 7 < sizeof value; i += 6)
		memcpy(value + i, "\\u0061", 7);
	snprintf(text, sizeof text,
		 "{\"order\":{\"entry\":9,\"event\":1,\"name\":\"doors.Signalled\",\"now\":1000,\"not_after\":4000,"
		 "\"body\":{\"reader\":100,\"signal\":\"%s\"}}}",
		 value);
	rig.now_us = line.now_us;
	kit_line(&rig.kit, str_of(text), line.now_us, &rig.said);
	CHECK_INT(rig.said.kind, KIT_ORDER);
	porter_take(&porter, &rig.said, line.now_us);
	run_ms(10);
	CHECK(rig_sent("{\"expired\"", "\"entry\":9"));
	end();
}

TEST(a_process_to_which_no_core_speaks_decides_by_what_was_kept_and_reports_it_later)
{
	begin_with_table(1);
	start(true);
	show(0, card_bytes);
	run_ms(200);
	CHECK_INT(opened(0), 1);
	CHECK_INT(rig.n_lines, 0);
	run_ms(60000);
	say_config();
	run_ms(10);
	size_t said = rig_find(0, "access.card_decided", "\"outcome\":\"granted\"");
	CHECK(said < RIG_LINES_MAX && strstr(rig.lines[said], "\"ago\":60"));
	end();
}

TEST(a_reader_that_tells_too_many_cards_is_throttled_and_the_others_are_not)
{
	begin_with_table(2);
	for (int i = 0; i < 200; i++) {
		show(0, stranger_bytes);
		run_ms(20);
		if (i % 10 == 0)
			rig_say_due("{\"ack\":{\"sequence\":500}}");
	}
	size_t cards = 0;
	for (size_t i = 0; i < rig.n_lines; i++)
		cards += strstr(rig.lines[i], "access.card_read") || strstr(rig.lines[i], "access.card_decided");
	CHECK(cards <= 2 * (PORTER_CARDS_BURST + 4000 / 500 + 1));
	CHECK(rig.kit.throttled > 100);
	rig.n_lines = 0;
	show(1, card_bytes);
	run_ms(ANSWER_MS + 500);
	CHECK_INT(opened(1), 1);
	end();
}

TEST(of_a_state_that_changes_too_often_the_newest_is_reported_in_the_end)
{
	begin_with_table(1);
	for (int i = 0; i < 101; i++) {
		line.fakes[0].status[0] = (uint8_t)(i % 2 == 0);
		line.fakes[0].status_changed = true;
		run_ms(100);
	}
	CHECK(rig.n_lines <= PORTER_STATES_BURST + 3);
	CHECK(rig.kit.throttled > 50);
	run_ms(7000);
	CHECK(strstr(rig.lines[rig.n_lines - 1], "\"tamper\":true"));
	end();
}
