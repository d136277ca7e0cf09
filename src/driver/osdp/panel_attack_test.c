/* What somebody on the wire, or a faulty device, may try without the key, and what a line of half-dead readers may cost. */
#include "driver/osdp/line_test.h"

/* Frames of types 15 and 17 are commands': a reply of such a type has no MAC that anybody checks. */
static uint8_t forged_type;

static void answer_with_forged_ack(struct line *l, struct fake *fake, struct line_answer *answer)
{
	static uint8_t sixteen[16];
	(void)fake;
	answer->n = 0;
	struct frame frame = {.address = FRAME_REPLY,
			      .sequence = l->command.sequence,
			      .security = forged_type,
			      .code = FRAME_ACK,
			      .data = sixteen,
			      .data_len = forged_type == FRAME_COMMAND_SEALED ? sizeof sixteen : 0};
	if (frame_has_mac(l->command.security))
		line_inject_frame(&frame, 1000);
}

TEST(a_reply_of_a_command_s_type_proves_nothing)
{
	static const uint8_t types[] = {FRAME_COMMAND_MAC, FRAME_COMMAND_SEALED};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		line_up(1);
		forged_type = types[i];
		line.fault = answer_with_forged_ack;
		line_release(100, 7, 5000, 3000);
		line_run_ms(30000);
		CHECK_INT(line_count(NOTICE_DONE), 0);
		CHECK_INT(line_count(NOTICE_OFFLINE), 1);
		line_close();
	}
}

static void lose_answers_to_out(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->command.code == FRAME_OUT)
		answer->n = 0;
}

TEST(a_release_whose_answers_are_lost_is_done_once_and_nothing_untrue_is_said_of_it)
{
	line_up(1);
	line.fault = lose_answers_to_out;
	line_release(100, 7, 5000, 3000);
	line_run_ms(6000);
	CHECK_INT(line.fakes[0].handshakes, 2);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	CHECK_INT(line_count(NOTICE_EXPIRED), 0);
	line_close();
}

TEST(busy_does_not_carry_an_order_past_its_time)
{
	line_up(1);
	line_run_ms(500);
	line.fakes[0].busy = true;
	line_release(100, 7, 5000, 3000);
	line_run_ms(7000);
	unsigned before = line.fakes[0].heard[FRAME_OUT];
	line.fakes[0].busy = false;
	line_run_ms(500);
	CHECK_INT(line.fakes[0].heard[FRAME_OUT], before);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	line_close();
}

/* The reader's answer becomes a NAK, under its MAC. */
static void answer_nak(const struct line *l, struct fake *fake, uint8_t security, const uint8_t *data, size_t n,
		       struct line_answer *answer)
{
	struct frame frame = {
	    .sequence = l->command.sequence, .security = security, .code = FRAME_NAK, .data = data, .data_len = n};
	answer->n = fake_finish(fake, &frame, answer->bytes);
}

static void nak_light(struct line *l, struct fake *fake, struct line_answer *answer)
{
	uint8_t data[16] = {3, 0x80};
	if (l->command.code != FRAME_LED)
		return;
	fake_crypt(&fake->keys, true, fake->c_mac, data, sizeof data);
	answer_nak(l, fake, FRAME_REPLY_SEALED, data, sizeof data, answer);
}

TEST(a_reader_without_a_light_does_not_make_its_door_wait)
{
	line_up(1);
	line.fault = nak_light;
	struct pd_order order = {
	    .name = {.entry = 1, .event = 1}, .kind = PD_SIGNAL_REFUSED, .until_us = line.now_us + 3000000};
	panel_order(&line.panel, 100, &order, line.now_us);
	line_run_ms(100);
	int64_t asked_us = line.now_us;
	line_release(100, 7, 5000, 3000);
	line_run_ms(4000);
	CHECK(line_last(NOTICE_DONE).at_us - asked_us < 200000);
	line_close();
}

static void nak_out_with_clear_data(struct line *l, struct fake *fake, struct line_answer *answer)
{
	static const uint8_t data[1] = {3};
	if (l->command.code == FRAME_OUT)
		answer_nak(l, fake, FRAME_REPLY_MAC, data, sizeof data, answer);
}

TEST(a_nak_whose_data_are_not_sealed_is_still_no_consent)
{
	line_up(1);
	line.fault = nak_out_with_clear_data;
	line_release(100, 7, 5000, 3000);
	line_run_ms(100);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	line_close();
}

static void impostor(struct line *l, struct fake *fake, struct line_answer *answer)
{
	static const uint8_t card[] = {0, 1, 26, 0, 0xAB, 0xCD, 0xEF, 0x40};
	(void)fake;
	answer->n = 0;
	line_inject_frame(&(struct frame){.address = FRAME_REPLY,
					  .sequence = l->command.sequence,
					  .code = FRAME_RAW,
					  .data = card,
					  .data_len = sizeof card},
			  3000);
}

TEST(an_impostor_that_speaks_in_clear_is_reported_each_second)
{
	line_up(1);
	line.fault = impostor;
	line_run_ms(60000);
	CHECK_INT(line_count(NOTICE_CARD), 0);
	CHECK(line_count(NOTICE_REFUSED) >= 50);
	line_close();
}

static void lose_first_capabilities(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->command.code == FRAME_CAP && l->faults < 3) {
		l->faults++;
		answer->n = 0;
	}
}

TEST(capabilities_that_were_lost_are_asked_again)
{
	line_open(1);
	line.fault = lose_first_capabilities;
	line_run_ms(20000);
	CHECK(line.panel.readers[0].can.known);
	line_close();
}

/* One reader lives at address 0; the others are not there. */
static void line_half_dead(size_t dead)
{
	memset(&line, 0, sizeof line);
	line.now_us = 5000000;
	secure_load(NULL);
	panel_init(&line.panel, 115200, line_entropy);
	for (size_t i = 0; i < 1 + dead; i++) {
		struct pd_settings settings = {.reader = 100 + i, .address = (uint8_t)i};
		memcpy(settings.key, line_key, sizeof settings.key);
		settings.key[3] ^= (uint8_t)i;
		panel_add(&line.panel, &settings, line.now_us, NULL);
		if (i == 0)
			line.fakes[line.n_fakes++] = fake_new(0, settings.key);
	}
	line_run_ms(20000);
	line_forget();
}

static int64_t worst_card_us(int cards)
{
	int64_t worst = 0;
	for (int i = 0; i < cards; i++) {
		int64_t shown_us = line.now_us;
		size_t had = line_count(NOTICE_CARD);
		line_show_card(0);
		while (line_count(NOTICE_CARD) == had && line.now_us < shown_us + 60000000)
			line_run_ms(1);
		worst = line.now_us - shown_us > worst ? line.now_us - shown_us : worst;
		line_run_ms(2000);
	}
	return worst;
}

TEST(readers_that_are_not_there_do_not_starve_those_that_are)
{
	static const size_t rows[] = {1, 4, 31, 126};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		line_half_dead(rows[i]);
		CHECK(worst_card_us(10) < 300000);
		CHECK_INT(line_count(NOTICE_OFFLINE), 0);
		panel_release(&line.panel);
	}
}

TEST(a_key_that_another_reader_has_too_is_not_taken)
{
	line_open(1);
	struct pd_settings settings = {.reader = 7, .address = 7};
	struct error error;
	memcpy(settings.key, line_key, sizeof settings.key);
	CHECK_INT(panel_add(&line.panel, &settings, line.now_us, &error), ERROR_INPUT);
	CHECK(error.remedy[0] != 0);
	line_close();
}

TEST(all_orders_of_all_readers_may_expire_at_once)
{
	line_half_dead(126);
	for (size_t i = 0; i < 127; i++)
		for (int k = 0; k < 8; k++)
			line_release(100 + i, i * 8 + (size_t)k, 5000, 3000);
	line.now_us += 9000000;
	panel_tick(&line.panel, line.now_us);
	CHECK(line.panel.notices.n > 1000);
	panel_release(&line.panel);
}
