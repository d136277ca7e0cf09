#include "driver/osdp/line_test.h"

/* The ordinary day. */

TEST(a_reader_comes_online_by_handshake_identity_and_the_light_of_rest)
{
	line_open(1);
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_ONLINE), 1);
	struct notice online = line_last(NOTICE_ONLINE);
	CHECK_INT(online.reader, 100);
	CHECK_INT(online.online.vendor[0], 0x0A);
	CHECK_INT(online.online.model, 3);
	CHECK_INT(online.online.serial, 0x10000000);
	CHECK_INT(online.online.firmware[2], 3);
	CHECK(online.at_us - 5000000 < 30000);
	CHECK_INT(line_count(NOTICE_STATUS), 1);
	CHECK(!line_last(NOTICE_STATUS).status.tamper);
	CHECK_INT(line.fakes[0].heard[FRAME_CAP], 1);
	CHECK_INT(line.fakes[0].led[9], 1);
	CHECK_INT(line.fakes[0].led[12], DATA_AMBER);
	CHECK(line.fakes[0].heard[FRAME_POLL] > 0);
	line_close();
}

TEST(a_card_is_told_once_with_its_bits)
{
	line_up(1);
	line_show_card(0);
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	struct notice card = line_last(NOTICE_CARD);
	CHECK_INT(card.reader, 100);
	CHECK_INT(card.card.format, DATA_FORMAT_WIEGAND);
	CHECK_INT(card.card.bits, 26);
	CHECK_INT(card.card.bytes[0], 0xAB);
	CHECK_INT(card.card.bytes[3], 0x40);
	CHECK_INT(line.n_events, 1);
	line_close();
}

TEST(a_release_moves_the_output_lights_green_and_is_done_when_the_reader_says_so)
{
	line_up(1);
	CHECK(line_release(100, 812, 5000, 3000));
	line_run_ms(100);
	CHECK_INT(line_count(NOTICE_DONE), 1);
	CHECK_INT(line_last(NOTICE_DONE).order.entry, 812);
	CHECK_INT(line_last(NOTICE_DONE).order.event, 1);
	const uint8_t out[] = {1, 5, 50, 0}, led[] = {0, 0, 2, 1, 0, DATA_GREEN, DATA_GREEN, 50, 0};
	CHECK(memcmp(line.fakes[0].out, out, sizeof out) == 0);
	CHECK(memcmp(line.fakes[0].led, led, sizeof led) == 0);
	CHECK_INT(line.fakes[0].heard[FRAME_OUT], 1);
	CHECK_INT(line.n_events, 1);
	line_close();
}

static void signal_order(enum pd_order_kind kind, uint64_t entry)
{
	struct pd_order order = {.name = {.entry = entry, .event = 2}, .kind = kind, .until_us = line.now_us + 3000000};
	CHECK(panel_order(&line.panel, 100, &order, line.now_us));
}

TEST(a_signal_lights_red_and_sounds_where_the_reader_can)
{
	for (int buzzer = 0; buzzer < 2; buzzer++) {
		line_open(1);
		line.fakes[0].no_buzzer = !buzzer;
		line_run_ms(500);
		signal_order(PD_SIGNAL_REFUSED, 5);
		line_run_ms(100);
		CHECK_INT(line_count(NOTICE_DONE), 1);
		CHECK_INT(line.fakes[0].led[5], DATA_RED);
		CHECK_INT(line.fakes[0].led[7], 10);
		CHECK_INT(line.fakes[0].heard[FRAME_BUZ], buzzer);
		line_close();
	}
}

TEST(a_change_of_case_or_power_is_told_once)
{
	line_up(1);
	line.fakes[0].status[0] = 1;
	line.fakes[0].status_changed = true;
	line_run_ms(200);
	line.fakes[0].status_changed = true;
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_STATUS), 1);
	CHECK(line_last(NOTICE_STATUS).status.tamper);
	CHECK(!line_last(NOTICE_STATUS).status.power);
	line_close();
}

TEST(an_idle_reader_is_polled_about_twenty_times_a_second_and_an_active_one_oftener)
{
	line_up(1);
	unsigned before = line.fakes[0].heard[FRAME_POLL];
	line_run_ms(1000);
	unsigned idle = line.fakes[0].heard[FRAME_POLL] - before;
	CHECK(idle >= 18 && idle <= 25);
	line_show_card(0);
	line_run_ms(100);
	before = line.fakes[0].heard[FRAME_POLL];
	line_run_ms(1000);
	CHECK(line.fakes[0].heard[FRAME_POLL] - before > 50);
	line_run_ms(3000);
	before = line.fakes[0].heard[FRAME_POLL];
	line_run_ms(1000);
	CHECK(line.fakes[0].heard[FRAME_POLL] - before <= 25);
	line_close();
}

TEST(an_order_waits_only_for_the_exchange_under_way)
{
	line_up(8);
	for (uint64_t i = 0; i < 50; i++) {
		line_run_us(7777);
		int64_t asked_us = line.now_us;
		CHECK(line_release(100 + i % 8, i + 1, 1000, 3000));
		unsigned before = line.fakes[i % 8].heard[FRAME_OUT];
		while (line.fakes[i % 8].heard[FRAME_OUT] == before && line_step(INT64_MAX)) {
		}
		CHECK(line.command_us >= asked_us && line.command_us - asked_us <= LINE_ANSWER_US + 200);
	}
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_DONE), 50);
	line_close();
}

TEST(eight_readers_get_their_turns_while_some_are_busy)
{
	line_up(8);
	unsigned before[8];
	for (size_t i = 0; i < 8; i++)
		before[i] = line.fakes[i].heard[FRAME_POLL];
	for (int i = 0; i < 20; i++) {
		line_show_card(0);
		line_show_card(1);
		line_show_card(2);
		line_run_ms(50);
	}
	CHECK_INT(line_count(NOTICE_CARD), 60);
	for (size_t i = 0; i < 8; i++)
		CHECK(line.fakes[i].heard[FRAME_POLL] - before[i] >= 10);
	line_close();
}

TEST(a_quiet_panel_asks_for_no_cards_and_keeps_its_readers)
{
	line_up(2);
	line.panel.quiet = true;
	line_run_ms(100);
	line_show_card(0);
	line_run_ms(20000);
	CHECK_INT(line.n_events, 0);
	line.panel.quiet = false;
	line_run_ms(100);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	line_close();
}

/* A line that fails. */

static void lose_one(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ == 0)
		answer->n = 0;
}

TEST(a_lost_answer_is_asked_for_again_and_nothing_happens_twice)
{
	line_up(1);
	line_release(100, 7, 1000, 3000);
	line.fault = lose_one;
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_DONE), 1);
	CHECK_INT(line.fakes[0].heard[FRAME_OUT], 1);
	CHECK_INT(line.fakes[0].repeated, 1);
	CHECK_INT(line.fakes[0].handshakes, 1);
	CHECK_INT(line_count(NOTICE_OFFLINE), 0);
	line_close();
}

TEST(a_lost_card_answer_is_a_card_all_the_same)
{
	line_up(1);
	line_show_card(0);
	line.fault = lose_one;
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line.fakes[0].repeated, 1);
	line_close();
}

static void delay_one(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ == 0)
		answer->delay_us = 230000;
}

TEST(a_late_answer_is_harmless)
{
	line_up(2);
	line_show_card(0);
	line.fault = delay_one;
	line_run_ms(3000);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line.n_events, 1);
	CHECK_INT(line.fakes[0].handshakes + line.fakes[1].handshakes, 2);
	line_close();
}

/* The answer comes just behind our repetition, and the answer to that just behind it. */
static void delay_to_repetition(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ == 0)
		answer->delay_us = PD_ANSWER_US + 2500;
}

TEST(behind_a_repetition_the_line_is_left_to_its_answer)
{
	line_up(1);
	line.fault = delay_to_repetition;
	line_run_ms(1000);
	CHECK_INT(line.collisions, 1); /* the repetition itself */
	CHECK_INT(line.n_events, 0);
	line_close();
}

static void delay_handshake(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ == 0)
		answer->delay_us = 250000;
}

TEST(an_answer_too_late_for_its_handshake_is_not_held_against_the_reader)
{
	line_open(1);
	line.fault = delay_handshake;
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_ONLINE), 1);
	CHECK_INT(line_count(NOTICE_REFUSED), 0);
	line_close();
}

/* Half of the answer in time, the rest a little later. */
static void halve_one(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ > 0)
		return;
	size_t half = answer->n / 2;
	line_inject(answer->bytes, half, PD_ANSWER_US - 1000);
	memmove(answer->bytes, answer->bytes + half, answer->n - half);
	answer->n -= half;
	answer->delay_us = PD_ANSWER_US + 15000;
}

TEST(an_answer_that_is_arriving_is_waited_for)
{
	line_up(1);
	line.fault = halve_one;
	line_run_ms(1000);
	CHECK_INT(line.fakes[0].repeated, 0);
	CHECK_INT(line.n_events, 0);
	line_close();
}

static void delay_all(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)l;
	(void)fake;
	answer->delay_us = 190000;
}

TEST(a_reader_that_takes_nearly_all_the_time_stays_online)
{
	line_up(1);
	line.fault = delay_all;
	line_run_ms(30000);
	CHECK_INT(line.n_events, 0);
	CHECK_INT(line.fakes[0].handshakes, 1);
	line_close();
}

static void twice(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)l;
	(void)fake;
	line_inject(answer->bytes, answer->n, 2000);
}

TEST(every_answer_twice_is_heard_once)
{
	line_up(1);
	line.fault = twice;
	line_show_card(0);
	line_run_ms(2000);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line.n_events, 1);
	CHECK_INT(line.fakes[0].handshakes, 1);
	line_close();
}

/* Every nth answer has a bit turned. */
static void corrupt_some(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->faults++ % 7 == 3)
		answer->bytes[(size_t)l->faults % answer->n] ^= (uint8_t)(1 << l->faults % 8);
}

TEST(corrupted_answers_cost_time_and_nothing_else)
{
	line_up(4);
	line.fault = corrupt_some;
	for (int i = 0; i < 40; i++) {
		line_show_card((size_t)i % 4);
		line_run_ms(2500);
	}
	CHECK_INT(line_count(NOTICE_CARD), 40);
	CHECK_INT(line_count(NOTICE_OFFLINE), 0);
	CHECK(line_count(NOTICE_REFUSED) > 0);
	line_close();
}

TEST(a_busy_reader_is_asked_again_and_its_silence_is_not_mistaken_for_life)
{
	line_up(1);
	line.fakes[0].busy = true;
	line_run_ms(2000);
	line.fakes[0].busy = false;
	line_show_card(0);
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line.fakes[0].handshakes, 1);
	line.fakes[0].busy = true;
	line_run_ms(9000);
	CHECK_INT(line_count(NOTICE_OFFLINE), 1);
	line.fakes[0].busy = false;
	line_run_ms(500);
	CHECK_INT(line_count(NOTICE_ONLINE), 1);
	line_close();
}

TEST(having_been_busy_does_not_count_against_a_reader)
{
	line_up(1);
	line.fakes[0].busy = true;
	line_run_ms(1000);
	line.fakes[0].busy = false;
	line.fault = lose_one;
	line_run_ms(1000);
	CHECK_INT(line.fakes[0].handshakes, 1);
	line_close();
}

TEST(a_silent_reader_is_offline_after_eight_seconds)
{
	line_up(2);
	line_run_ms(333);
	line.fakes[1].dead = true;
	int64_t dead_us = line.now_us;
	line_run_ms(10000);
	CHECK_INT(line_count(NOTICE_OFFLINE), 1);
	struct notice offline = line_last(NOTICE_OFFLINE);
	CHECK_INT(offline.reader, 101);
	CHECK_INT(offline.offline, NOTICE_NO_ANSWER);
	CHECK(offline.at_us - dead_us > 7800000 && offline.at_us - dead_us < 8200000);
	line_close();
}

TEST(a_reader_that_never_answers_is_told_too)
{
	line_open(1);
	line.fakes[0].dead = true;
	line_run_ms(30000);
	CHECK_INT(line.n_events, 1);
	CHECK_INT(line_last(NOTICE_OFFLINE).at_us, 5000000 + PD_OFFLINE_US);
	line_close();
}

TEST(a_reader_is_back_within_a_second_of_being_able_to_talk)
{
	line_up(3);
	for (int64_t off_ms = 50; off_ms < 20000; off_ms = off_ms * 3 / 2 + 7) {
		line.fakes[1].dead = true;
		line_run_ms(off_ms);
		line.fakes[1].dead = false;
		fake_restart(&line.fakes[1]);
		int64_t back_us = line.now_us;
		unsigned polls = line.fakes[1].heard[FRAME_POLL];
		while (line.fakes[1].heard[FRAME_POLL] == polls && line_step(back_us + 5000000)) {
		}
		CHECK(line.now_us - back_us < 1000000);
		line_run_ms(500);
	}
	line_close();
}

TEST(dead_readers_leave_the_line_to_the_others)
{
	line_up(6);
	line.fakes[4].dead = line.fakes[5].dead = true;
	line_run_ms(20000);
	unsigned before = line.fakes[0].heard[FRAME_POLL];
	line_run_ms(10000);
	CHECK(line.fakes[0].heard[FRAME_POLL] - before > 120);
	printf("%u\n", line.fakes[0].heard[FRAME_POLL] - before);
	line_close();
}

TEST(an_order_that_cannot_be_done_in_time_is_expired_and_not_done_later)
{
	line_up(1);
	line.fakes[0].dead = true;
	line_run_ms(1000);
	int64_t asked_us = line.now_us;
	CHECK(line_release(100, 9, 1000, 3000));
	line_run_ms(5000);
	CHECK_INT(line_count(NOTICE_EXPIRED), 1);
	CHECK_INT(line_last(NOTICE_EXPIRED).order.entry, 9);
	CHECK_INT(line_last(NOTICE_EXPIRED).at_us - asked_us, 3000000);
	line.fakes[0].dead = false;
	line_run_ms(3000);
	CHECK_INT(line.fakes[0].heard[FRAME_OUT], 0);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	line_close();
}

TEST(an_order_is_done_when_the_reader_is_back_in_time)
{
	line_up(1);
	line.fakes[0].dead = true;
	line_run_ms(1000);
	CHECK(line_release(100, 9, 1000, 3000));
	line_run_ms(1000);
	line.fakes[0].dead = false;
	fake_restart(&line.fakes[0]);
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_DONE), 1);
	CHECK_INT(line.fakes[0].heard[FRAME_OUT], 1);
	line_close();
}

TEST(an_order_that_the_reader_does_not_take_is_tried_until_it_expires)
{
	line_up(1);
	line.fakes[0].naks_out = true;
	CHECK(line_release(100, 9, 1000, 3000));
	line_show_card(0);
	line_run_ms(2000);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK(line.fakes[0].heard[FRAME_OUT] > 5);
	line_run_ms(2000);
	CHECK_INT(line_count(NOTICE_EXPIRED), 1);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	line_close();
}

TEST(an_order_under_way_when_its_time_ends_is_done_if_the_reader_says_so)
{
	line_up(1);
	CHECK(line_release(100, 9, 1000, 100));
	line.fault = lose_one;
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_DONE), 1);
	CHECK_INT(line_count(NOTICE_EXPIRED), 0);
	line_close();
}

TEST(orders_for_nobody_or_too_many_are_not_taken)
{
	line_up(1);
	CHECK(!line_release(999, 1, 1000, 3000));
	for (uint64_t i = 0; i < PD_ORDERS_MAX; i++)
		CHECK(line_release(100, i + 1, 1000, 3000));
	CHECK(!line_release(100, 99, 1000, 3000));
	line_run_ms(500);
	CHECK_INT(line_count(NOTICE_DONE), PD_ORDERS_MAX);
	line_close();
}

TEST(a_lost_line_is_told_for_every_reader)
{
	line_up(3);
	panel_line_lost(&line.panel, line.now_us);
	struct notice notice = {0};
	for (uint64_t i = 0; i < 3; i++) {
		CHECK(notice_take(&line.panel.notices, &notice));
		CHECK_INT(notice.kind, NOTICE_OFFLINE);
		CHECK_INT(notice.offline, NOTICE_LINE_LOST);
		CHECK_INT(notice.reader, 100 + i);
	}
	line_close();
}

TEST(after_a_card_the_line_is_kept_free_for_what_is_decided)
{
	line_up(8);
	for (int i = 0; i < 20; i++) {
		size_t had = line_count(NOTICE_CARD);
		line_show_card(3);
		while (line_count(NOTICE_CARD) == had)
			line_run_us(100);
		unsigned commands = line.commands;
		line_run_us(PANEL_HOLD_US - 1000);
		CHECK_INT(line.commands, commands);
		line_release(103, (uint64_t)i + 1, 5000, 3000);
		line_run_us(200);
		CHECK_INT(line.commands, commands + 1);
		CHECK_INT(line.command.code, FRAME_OUT);
		line_run_ms(500);
	}
	line_close();
}
