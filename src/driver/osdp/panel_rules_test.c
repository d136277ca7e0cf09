#include "driver/osdp/line_test.h"

/* What a hardened panel refuses: twelve rules, numbered as in the README. Each has at least one test with its
 * number. */

static void refuse_handshake(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)l;
	answer->n = fake_clear(fake, FRAME_NAK, 0, 5, answer->bytes);
}

TEST(rule_1_secure_is_what_the_configuration_says_whatever_the_reader_claims)
{
	line_open(1);
	line.fault = refuse_handshake;
	line_run_ms(20000);
	CHECK_INT(line_count(NOTICE_ONLINE), 0);
	CHECK_INT(line_last(NOTICE_OFFLINE).offline, NOTICE_REFUSED_BY_READER);
	CHECK(line.commands > 10);
	line_close(); /* has counted commands in the clear: none */
}

TEST(rule_2_a_card_outside_the_channel_is_refused)
{
	static const uint8_t card[] = {0, 1, 26, 0, 0xAB, 0xCD, 0xEF, 0x40};
	for (uint8_t sequence = 0; sequence < 4; sequence++) {
		line_up(1);
		line_run_us(36000);
		line_inject_frame(&(struct frame){.address = FRAME_REPLY,
						  .sequence = sequence,
						  .code = FRAME_RAW,
						  .data = card,
						  .data_len = sizeof card},
				  0);
		line_run_ms(2000);
		CHECK_INT(line_count(NOTICE_CARD), 0);
		CHECK_INT(line_count(NOTICE_REFUSED), 1);
		CHECK_INT(line_count(NOTICE_OFFLINE), 0);
		line_close();
	}
}

TEST(rule_2_a_card_under_a_mac_but_in_the_clear_is_refused)
{
	line_up(1);
	line.fakes[0].card_type = FRAME_REPLY_MAC;
	line_show_card(0);
	line_run_ms(2000);
	CHECK_INT(line_count(NOTICE_CARD), 0);
	CHECK_INT(line_count(NOTICE_REFUSED), 1);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_CLEAR_DATA);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.count, 1);
	line.fakes[0].card_type = 0;
	line_show_card(0);
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	line_close();
}

TEST(rule_3_the_default_key_is_never_used_and_no_key_is_ever_sent)
{
	static const uint8_t default_key[16] = {0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
						0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F};
	enum { KEYSET = 0x75 };
	struct pd_settings settings = {.reader = 1, .address = 9};
	struct error error;
	line_open(1);
	memcpy(settings.key, default_key, 16);
	CHECK_INT(panel_add(&line.panel, &settings, 0, &error), ERROR_INPUT);
	line.fakes[0] = fake_new(0, default_key);
	line.fakes[0].ccrypt_byte = 0;
	line_run_ms(12000);
	CHECK_INT(line_count(NOTICE_ONLINE), 0);
	CHECK_INT(line_last(NOTICE_OFFLINE).offline, NOTICE_HANDSHAKE_FAILED);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_WRONG_KEY);
	CHECK_INT(line.fakes[0].heard[FRAME_SCRYPT_CODE], 0);
	CHECK_INT(line.fakes[0].heard[KEYSET], 0);
	line_close();
}

TEST(rule_4_a_cryptogram_that_does_not_prove_the_key_ends_the_attempt)
{
	line_open(1);
	line.fakes[0].cryptogram_flip = 0x10;
	line_run_ms(12000);
	CHECK_INT(line_count(NOTICE_ONLINE), 0);
	CHECK_INT(line_last(NOTICE_OFFLINE).offline, NOTICE_HANDSHAKE_FAILED);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_BAD_CRYPTOGRAM);
	CHECK_INT(line.fakes[0].heard[FRAME_SCRYPT_CODE], 0);
	line.fakes[0].cryptogram_flip = 0;
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_ONLINE), 1);
	line_close();
}

TEST(rule_5_rmac_i_and_its_result_byte_are_checked)
{
	const struct {
		uint8_t flip, result;
		bool good;
	} rows[] = {{0, 1, true}, {1, 1, false}, {0, 0, false}, {0, 0xFF, false}, {0, 2, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		line_open(1);
		line.fakes[0].rmac_flip = rows[i].flip;
		line.fakes[0].rmac_result = rows[i].result;
		line_run_ms(12000);
		CHECK_INT(line_count(NOTICE_ONLINE), rows[i].good);
		if (!rows[i].good)
			CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_BAD_RMAC);
		line_close();
	}
}

/* In front of every true answer a clear frame of the right address and number. */
static void inject_nak(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)answer;
	static const uint8_t code = 6;
	if (l->command.security != FRAME_CHLNG && l->command.security != FRAME_SCRYPT)
		line_inject_frame(&(struct frame){.address = fake->address | FRAME_REPLY,
						  .sequence = l->command.sequence,
						  .code = FRAME_NAK,
						  .data = &code,
						  .data_len = 1},
				  1000);
}

static void inject_ack(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)answer;
	if (l->command.security != FRAME_CHLNG && l->command.security != FRAME_SCRYPT)
		line_inject_frame(&(struct frame){.address = fake->address | FRAME_REPLY,
						  .sequence = l->command.sequence,
						  .code = FRAME_ACK},
				  1000);
}

TEST(rule_6_a_clear_answer_in_front_of_the_true_one_changes_nothing)
{
	void (*const rows[])(struct line *, struct fake *, struct line_answer *) = {inject_nak, inject_ack};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		line_up(1);
		line.fault = rows[i];
		line_release(100, 1, 1000, 3000);
		line_show_card(0);
		line_run_ms(5000);
		CHECK_INT(line_count(NOTICE_CARD), 1);
		CHECK_INT(line_count(NOTICE_DONE), 1);
		CHECK_INT(line_count(NOTICE_OFFLINE), 0);
		CHECK_INT(line.fakes[0].handshakes, 1);
		CHECK_INT(line.fakes[0].heard[FRAME_OUT], 1);
		line_close();
	}
}

/* In place of the true answer to OUT: nothing was done, somebody says it was. */
static void ack_for_out(struct line *l, struct fake *fake, struct line_answer *answer)
{
	inject_ack(l, fake, answer);
	answer->n = 0;
}

TEST(rule_6_a_clear_ack_does_not_make_an_order_done)
{
	line_up(1);
	line.fault = ack_for_out;
	line_release(100, 1, 1000, 3000);
	line_run_ms(4000);
	CHECK_INT(line_count(NOTICE_DONE), 0);
	/* Nor is it said that it was not: nobody knows. */
	CHECK_INT(line_count(NOTICE_EXPIRED), 0);
	line_close();
}

TEST(rule_6_a_reader_that_lost_its_session_gets_a_new_one_at_once)
{
	line_up(1);
	fake_restart(&line.fakes[0]);
	line_show_card(0);
	line_run_ms(400);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line_count(NOTICE_OFFLINE), 0);
	CHECK_INT(line.fakes[0].handshakes, 2);
	line_close();
}

/* The same answer with a checksum in place of the CRC. */
static void with_checksum(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)l;
	(void)fake;
	size_t n = answer->n - 1;
	answer->bytes[2] = (uint8_t)n;
	answer->bytes[4] &= (uint8_t)~4;
	uint8_t sum = 0;
	for (size_t i = 0; i + 1 < n; i++)
		sum = (uint8_t)(sum + answer->bytes[i]);
	answer->bytes[n - 1] = (uint8_t)-sum;
	answer->n = n;
}

TEST(rule_7_there_is_no_way_back_from_crc_to_checksum)
{
	line_open(1);
	line.fault = with_checksum;
	line_run_ms(12000);
	CHECK_INT(line_count(NOTICE_ONLINE), 0);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_BAD_CHECK);
	line_close(); /* commands with a checksum would not have been frames to line_take_command */
}

TEST(rule_8_guessable_keys_are_refused_and_keys_are_wiped)
{
	struct pd_settings settings = {.reader = 1, .address = 9};
	struct error error;
	line_open(1);
	CHECK_INT(panel_add(&line.panel, &settings, 0, &error), ERROR_INPUT);
	memcpy(settings.key, line_key, 16);
	settings.key[15] ^= 1;
	CHECK_INT(panel_add(&line.panel, &settings, 0, &error), 0);
	CHECK_INT(panel_add(&line.panel, &settings, 0, &error), ERROR_INPUT);
	settings.address = 0x7F;
	CHECK_INT(panel_add(&line.panel, &settings, 0, &error), ERROR_INPUT);
	line_run_ms(1000);
	CHECK(line.fakes[0].session);
	CHECK(memmem(&line.panel, sizeof line.panel, line_key, 16));
	panel_release(&line.panel);
	CHECK(!memmem(&line.panel, sizeof line.panel, line_key, 16));
	CHECK(!memmem(&line.panel, sizeof line.panel, &line.fakes[0].keys.enc, 16));
}

TEST(rule_8_every_handshake_has_a_random_of_its_own)
{
	line_open(1);
	line.fakes[0].cryptogram_flip = 1;
	line_run_ms(20000);
	CHECK(line.n_randoms > 20);
	for (size_t i = 1; i < line.n_randoms; i++)
		CHECK(memcmp(line.randoms[i], line.randoms[i - 1], 8) != 0);
	CHECK_INT(line.fakes[0].handshakes, line.n_randoms);
	line_close();
}

TEST(rule_9_another_device_with_the_same_key_is_not_the_reader)
{
	line_up(1);
	line.fakes[0].pdid[5] ^= 1;
	fake_restart(&line.fakes[0]);
	line_show_card(0);
	line_run_ms(10000);
	CHECK_INT(line_count(NOTICE_OFFLINE), 1);
	CHECK_INT(line_last(NOTICE_OFFLINE).offline, NOTICE_WRONG_IDENTITY);
	CHECK_INT(line_count(NOTICE_CARD), 0);
	CHECK_INT(line_count(NOTICE_ONLINE), 0);
	line.fakes[0].pdid[5] ^= 1;
	line_run_ms(2000);
	CHECK_INT(line_count(NOTICE_ONLINE), 1);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	line_close();
}

TEST(rule_9_an_updated_device_is_still_the_reader)
{
	line_up(1);
	line.fakes[0].pdid[11]++;
	fake_restart(&line.fakes[0]);
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_OFFLINE), 0);
	CHECK_INT(line.fakes[0].handshakes, 2);
	line_close();
}

TEST(rule_10_keys_are_renewed_by_time_and_by_frames_and_nobody_notices)
{
	line_up(1);
	line_run_ms(PD_SESSION_US / 1000 - 2000);
	CHECK_INT(line.fakes[0].handshakes, 1);
	line_run_ms(2000);
	CHECK_INT(line.fakes[0].handshakes, 2);
	line.panel.readers[0].frames = PD_SESSION_FRAMES_MAX - 1;
	line_show_card(0);
	line_run_ms(200);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line.fakes[0].handshakes, 2);
	line_run_ms(4000);
	CHECK_INT(line.fakes[0].handshakes, 3);
	CHECK_INT(line.n_events, 1);
	line_close();
}

/* A jammer: noise in place of every answer. */
static void jam(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	for (size_t i = 0; i < answer->n; i++)
		answer->bytes[i] = (uint8_t)(l->faults++ % 5 ? 0x53 : l->faults * 37);
}

TEST(rule_11_a_jammer_is_told_once_a_second_and_the_line_is_back_within_one)
{
	line_up(2);
	line.fault = jam;
	line_run_ms(20000);
	CHECK_INT(line_count(NOTICE_OFFLINE), 2);
	CHECK(line_count(NOTICE_REFUSED) >= 10 && line_count(NOTICE_REFUSED) <= 2 * 21);
	CHECK(line.fakes[0].handshakes < 20 * 10);
	line.fault = NULL;
	line_forget();
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_ONLINE), 2);
	line_close();
}

TEST(rule_11_a_reader_that_ends_each_session_gets_at_most_ten_a_second)
{
	line_up(1);
	line.fakes[0].naks_poll = true;
	line_run_ms(10000);
	CHECK(line.fakes[0].handshakes > 20);
	CHECK(line.fakes[0].handshakes <= 102);
	line_close();
}

/* One frame with a wrong MAC, as if somebody had tried. */
static void one_bad_mac(struct line *l, struct fake *fake, struct line_answer *answer)
{
	if (l->faults++ == 0)
		line_inject_frame(&(struct frame){.address = fake->address | FRAME_REPLY,
						  .sequence = l->command.sequence,
						  .security = FRAME_REPLY_MAC,
						  .code = FRAME_ACK},
				  100);
	(void)answer;
}

TEST(rule_11_one_injected_frame_costs_nothing)
{
	line_up(1);
	line.fault = one_bad_mac;
	line_run_us(100000);
	line_show_card(0);
	line_run_ms(60);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line_count(NOTICE_REFUSED), 1);
	CHECK_INT(line_last(NOTICE_REFUSED).refused.why, NOTICE_BAD_MAC);
	CHECK_INT(line.fakes[0].handshakes, 1);
	CHECK_INT(line.fakes[0].repeated, 0);
	line_close();
}

/* The reader's MACs do not fit any more: it lost its place in the chain. */
static void bad_macs(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	if (l->command.security == FRAME_COMMAND_MAC && l->faults++ < 3) {
		answer->bytes[9] ^= 1;
		uint16_t crc = frame_crc(answer->bytes, answer->n - 2);
		answer->bytes[answer->n - 2] = (uint8_t)crc;
		answer->bytes[answer->n - 1] = (uint8_t)(crc >> 8);
	}
}

TEST(rule_11_a_reader_out_of_step_is_back_within_a_second)
{
	line_up(1);
	line.fault = bad_macs;
	line_run_ms(100);
	line_show_card(0);
	line_run_ms(900);
	CHECK_INT(line_count(NOTICE_CARD), 1);
	CHECK_INT(line_count(NOTICE_OFFLINE), 0);
	CHECK_INT(line.fakes[0].handshakes, 2);
	line_close();
}

static struct frame planned;

/* Once, in front of a true answer: the planned frame. Its sequence 4 means the number asked for, 5 the next.
 */
static void inject_planned(struct line *l, struct fake *fake, struct line_answer *answer)
{
	(void)fake;
	(void)answer;
	if (l->faults++ > 0)
		return;
	if (planned.sequence > 3)
		planned.sequence = (uint8_t)((l->command.sequence - 1U + (planned.sequence - 4U)) % 3 + 1);
	line_inject_frame(&planned, 100);
}

TEST(rule_12_every_refusal_is_told_with_its_reason_and_its_bytes)
{
	static const uint8_t four[4] = {0, 1, 26, 0};
	const struct {
		struct frame frame;
		enum notice_refusal why;
	} rows[] = {
	    {{.address = 0x80, .sequence = 1, .code = FRAME_RAW, .data = four, .data_len = 4}, NOTICE_CLEAR_DATA},
	    {{.address = 0x80, .sequence = 4, .security = FRAME_REPLY_MAC, .code = FRAME_ACK}, NOTICE_BAD_MAC},
	    {{.address = 0x80, .sequence = 5, .security = FRAME_REPLY_MAC, .code = FRAME_ACK}, NOTICE_WRONG_SEQUENCE},
	    {{.address = 0x81, .sequence = 1, .code = FRAME_ACK}, NOTICE_WRONG_ADDRESS},
	    {{.address = 0x00, .sequence = 1, .code = FRAME_POLL}, NOTICE_WRONG_ADDRESS},
	    {{.address = 0xFF, .sequence = 1, .code = FRAME_ACK}, NOTICE_WRONG_ADDRESS},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		line_up(1);
		planned = rows[i].frame;
		line.fault = inject_planned;
		line_run_ms(1500);
		struct notice refused = line_last(NOTICE_REFUSED);
		CHECK_INT(line_count(NOTICE_REFUSED), 1);
		CHECK_INT(refused.refused.why, rows[i].why);
		CHECK_INT(refused.refused.count, 1);
		CHECK_INT(refused.refused.frame[0], FRAME_START);
		CHECK_INT(refused.refused.frame[1], planned.address);
		CHECK_INT(refused.refused.frame_len, refused.refused.frame[2]);
		CHECK_INT(panel_refused(&line.panel), 1);
		CHECK_INT(line_count(NOTICE_OFFLINE), 0);
		line_close();
	}
}
