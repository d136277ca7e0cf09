/* The frames of the secure session were reckoned apart, with openssl's command line: key 00..0F, A = B0..B7,
 * B = A0..A7. */
#include "base/test.h"
#include "world/reader.h"

static struct reader reader;
static int64_t now;
static struct reader_happening happenings[32];
static size_t happenings_len;

static void nonce(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(0xa0 + i);
}

static void happened(void *context, const struct reader_happening *happening)
{
	(void)context;
	ASSERT(happenings_len < ARRAY_LEN(happenings));
	happenings[happenings_len++] = *happening;
}

static const struct reader_config reader_5 = {
    .address = 5,
    .identity = {.vendor = {0xaa, 0xbb, 0xcc}, .model = 7, .version = 1, .serial = 0x01020304, .firmware = {2, 5, 9}},
    .secure = true,
    .key = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    .nonce = nonce,
    .happened = happened,
};

static void begin(bool secure)
{
	struct reader_config config = reader_5;
	config.secure = secure;
	if (reader.secure.aes)
		reader_release(&reader);
	reader_init(&reader, &config);
	now = 1000;
	happenings_len = 0;
}

/* --- A panel of few words. --- */

static int64_t delay_ms;

static struct str hear(const uint8_t *bytes, size_t n)
{
	static uint8_t answer[4 * READER_FRAME_BYTES_MAX];
	static char hex[2 * sizeof(answer)];
	struct buf said = BUF(answer), shown = BUF(hex);
	reader_hear(&reader, bytes, n, now, &said, &delay_ms);
	buf_put_hex(&shown, said.at, said.len);
	return buf_str(&shown);
}

static struct str hear_hex(const char *hex)
{
	uint8_t bytes[READER_FRAME_BYTES_MAX];
	size_t n = strlen(hex) / 2;
	CHECK(n <= sizeof(bytes) && hex_read(str_of(hex), bytes, n));
	return hear(bytes, n);
}

static struct str clear_to(uint8_t address, uint8_t sequence, uint8_t code, const char *data_hex)
{
	uint8_t data[64], frame[READER_FRAME_BYTES_MAX];
	struct reader_frame_parts parts = {.address = address, .sequence = sequence, .crc = true, .code = code};
	parts.data = data;
	parts.data_len = strlen(data_hex) / 2;
	CHECK(hex_read(str_of(data_hex), data, parts.data_len));
	size_t n = reader_frame_write(&parts, frame);
	return hear(frame, reader_frame_close(frame, n, true));
}

static struct str clear(uint8_t sequence, uint8_t code, const char *data_hex)
{
	return clear_to(5, sequence, code, data_hex);
}

/* "sequence code data", in hexadecimal, of an answer in the clear. */
static struct str short_form(struct str hex)
{
	static char text[256];
	struct buf out = BUF(text);
	uint8_t bytes[READER_FRAME_BYTES_MAX];
	struct reader_frame f;
	if (hex.len == 0)
		return STR("silence");
	CHECK(hex_read(hex, bytes, hex.len / 2));
	reader_frame_find(bytes, hex.len / 2, &f);
	if (!f.well_formed)
		return STR("no frame");
	buf_put_u64(&out, f.sequence);
	BUF_LIT(&out, " ");
	buf_put_hex(&out, &f.code, 1);
	if (f.data_len)
		BUF_LIT(&out, " ");
	buf_put_hex(&out, f.data, f.data_len);
	return buf_str(&out);
}
#define CHECK_ANSWER(hex, expected) CHECK_STR(short_form(hex), STR(expected))

/* --- Known frames. --- */

#define CHLNG	      "530513000c03110176b0b1b2b3b4b5b6b7e175"
#define CCRYPT	      "53852b000c03120176aabbcc0704030201a0a1a2a3a4a5a6a79bbe9b05c1912e029431f91e37d82d068dce"
#define SCRYPT	      "53051b000d031301776b106f278b0ed256ad16561f428d5f953a20"
#define RMAC_I	      "53851b000d03140178dd5b1d875553ab1c86d2e1bedc4824aae1a3"
#define SECURE_POLL_2 "53050e000e0215609c3cca828839"
#define SECURE_ACK_2  "53850e000e021640bb1d34d65c8b"
#define SECURE_OUT_3  "53051e000f02176845418c57cb3ed192ac6d4704745f15bd30818682598d"
#define SECURE_ACK_3  "53850e000f0216402a4e966b5076"
#define SECURE_POLL_1 "53050e000d021560619026720b25"
#define SECURE_RAW_1  "53851e000d021850f9f6b156c1b72fa17732cee570b6300dd3658d13260e"

static void open_channel(void)
{
	begin(true);
	hear_hex(CHLNG);
	hear_hex(SCRYPT);
	CHECK_INT(reader.secure.stage, READER_SECURE_STANDS);
}

TEST(crc_of_the_standard_check_string)
{
	CHECK_INT(reader_frame_crc((const uint8_t *)"123456789", 9), 0xe5cc);
}

TEST(it_says_who_it_is)
{
	begin(true);
	CHECK_STR(hear_hex("53050900046100c125"), STR("538514000445aabbcc070104030201020509f4d7"));
}

TEST(a_whole_secure_session)
{
	static const uint8_t card[] = {0x00, 0x12, 0xab, 0x40};
	begin(true);
	CHECK_STR(hear_hex(CHLNG), STR(CCRYPT));
	CHECK_STR(hear_hex(SCRYPT), STR(RMAC_I));
	CHECK_INT(happenings[0].what, READER_CHANNEL_UP);
	CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
	CHECK_STR(hear_hex(SECURE_OUT_3), STR(SECURE_ACK_3));
	CHECK_INT(happenings[1].what, READER_OUT_ON);
	CHECK_INT(happenings[1].ms, 5000);
	CHECK(reader_badge(&reader, card, 26, now));
	CHECK_STR(hear_hex(SECURE_POLL_1), STR(SECURE_RAW_1));
}

/* --- The sequence. --- */

TEST(sequence_goes_0_1_2_3_1)
{
	begin(false);
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 40");
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 40");
	CHECK_ANSWER(clear(2, READER_POLL, ""), "2 40");
	CHECK_ANSWER(clear(3, READER_POLL, ""), "3 40");
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 40");
	CHECK_ANSWER(clear(3, READER_POLL, ""), "3 41 04");
	CHECK_ANSWER(clear(2, READER_POLL, ""), "2 40");
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 40");
}

TEST(a_reader_without_a_session_says_so_with_sequence_0)
{
	begin(false);
	CHECK_ANSWER(clear(2, READER_POLL, ""), "0 41 04");
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 40");
	now += READER_SESSION_MS - 1;
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 40");
	now += READER_SESSION_MS;
	CHECK_ANSWER(clear(2, READER_POLL, ""), "0 41 04");
}

TEST(the_same_number_again_gets_the_stored_answer_and_nothing_is_done_twice)
{
	static const uint8_t card[] = {0x00, 0x12, 0xab, 0x40};
	begin(false);
	clear(0, READER_POLL, "");
	reader_badge(&reader, card, 26, now);
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 50 00011a000012ab40");
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 50 00011a000012ab40");
	CHECK_ANSWER(clear(2, READER_OUT, "00053200"), "2 40");
	CHECK_ANSWER(clear(2, READER_OUT, "00053200"), "2 40");
	CHECK_INT(happenings_len, 1);

	open_channel();
	CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
	CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
	CHECK_STR(hear_hex(SECURE_OUT_3), STR(SECURE_ACK_3));
}

TEST(a_foreign_sequence_number_does_not_end_the_secure_session)
{
	open_channel();
	CHECK_ANSWER(clear(3, READER_POLL, ""), "3 41 06");
	CHECK_ANSWER(hear_hex(SECURE_OUT_3), "3 41 04");
	CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
}

TEST(sequence_0_ends_the_secure_session)
{
	open_channel();
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 41 06");
	CHECK_INT(happenings[1].what, READER_CHANNEL_DOWN);
	CHECK_ANSWER(hear_hex(SECURE_POLL_1), "1 41 06");
}

/* --- What it refuses. --- */

TEST(commands_and_their_refusals)
{
	static const struct {
		uint8_t code;
		const char *data, *answer;
	} cases[] = {
	    {READER_ID, "", "0 41 02"},
	    {READER_ID, "01", "0 41 09"},
	    {READER_CAP, "00",
	     "0 46 010000020202030100040401050101080100090000"
	     "0aa0050d0000100200"},
	    {READER_POLL, "00", "0 41 02"},
	    {READER_LSTAT, "", "0 48 0000"},
	    {READER_OSTAT, "", "0 4a 0000"},
	    {READER_RSTAT, "", "0 4b 00"},
	    {READER_OUT, "", "0 41 02"},
	    {READER_OUT, "000532", "0 41 02"},
	    {READER_OUT, "0005320001020000", "0 40"},
	    {READER_OUT, "02050100", "0 41 09"},
	    {READER_OUT, "00070100", "0 41 09"},
	    {READER_LED, "0000020500020014000101000303", "0 40"},
	    {READER_LED, "0000020500050014000101000303", "0 41 09"},
	    {READER_LED, "00000205000200140001010003", "0 41 02"},
	    {READER_BUZ, "0002010103", "0 40"},
	    {READER_COMSET, "0680250000", "0 54 0500c20100"},
	    {READER_KEYSET, "0110000102030405060708090a0b0c0d0e0f", "0 41 06"},
	    {READER_ACURXSIZE, "a005", "0 40"},
	    {READER_KEEPACTIVE, "e803", "0 40"},
	    {READER_ABORT, "", "0 40"},
	    {0x6b, "00", "0 41 03"},
	    {0x00, "", "0 41 03"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(false);
		struct str found = short_form(clear(0, cases[i].code, cases[i].data));
		CHECK_STR(found, str_of(cases[i].answer));
	}
}

TEST(a_secure_reader_tells_a_clear_panel_who_it_is_and_nothing_more)
{
	static const uint8_t card[] = {0x00, 0x12, 0xab, 0x40};
	static const struct {
		uint8_t code;
		const char *data;
		bool told;
	} cases[] = {
	    {READER_ID, "00", true},	       {READER_CAP, "00", true},
	    {READER_ACURXSIZE, "a005", true},  {READER_POLL, "", false},
	    {READER_LSTAT, "", false},	       {READER_OSTAT, "", false},
	    {READER_RSTAT, "", false},	       {READER_OUT, "00053200", false},
	    {READER_BUZ, "0002010103", false}, {READER_KEEPACTIVE, "e803", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(true);
		reader_badge(&reader, card, 26, now);
		struct str found = short_form(clear(0, cases[i].code, cases[i].data));
		CHECK(str_eq(found, STR("0 41 06")) == !cases[i].told);
		CHECK_INT(reader.cards_len, 1);
	}
	CHECK_INT(happenings_len, 0);
}

TEST(a_clear_reader_knows_no_channel)
{
	begin(false);
	CHECK_ANSWER(hear_hex(CHLNG), "0 41 05");
}

/* Each row is a frame of the session with one byte changed, and its CRC made right again. */
TEST(what_ends_a_handshake_or_a_session)
{
	static const struct {
		const char *frame;
		size_t byte;
		uint8_t becomes;
		bool opened;
		const char *answer;
	} cases[] = {
	    {CHLNG, 7, 0x00, false, "0 41 06"},		       /* with the default key */
	    {CHLNG, 8, READER_POLL, false, "0 41 06"},	       /* a block that is not CHLNG's */
	    {SECURE_POLL_2, 9, 0x00, true, "2 41 06"},	       /* the MAC */
	    {SECURE_POLL_2, 7, READER_LSTAT, true, "2 41 06"}, /* what the MAC is over */
	    {SECURE_POLL_2, 6, 0x17, true, "2 41 06"},	       /* a type that says "encrypted" */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t bytes[64];
		size_t n = strlen(cases[i].frame) / 2;
		if (cases[i].opened)
			open_channel();
		else
			begin(true);
		CHECK(hex_read(str_of(cases[i].frame), bytes, n));
		bytes[cases[i].byte] = cases[i].becomes;
		reader_frame_close(bytes, n - 2, true);
		struct str found = short_form(hear(bytes, n));
		CHECK_STR(found, str_of(cases[i].answer));
		CHECK_INT(reader.secure.stage, READER_SECURE_NONE);
	}
}

TEST(a_panel_that_does_not_hold_the_key_gets_the_result_ff)
{
	uint8_t bytes[27];
	begin(true);
	hear_hex(CHLNG);
	CHECK(hex_read(STR(SCRYPT), bytes, sizeof(bytes)));
	bytes[9] ^= 1;
	reader_frame_close(bytes, sizeof(bytes) - 2, true);
	struct str found = hear(bytes, sizeof(bytes));
	CHECK(str_starts(found, STR("53851b000d0314ff7800000000000000000000000000000000")));
	CHECK_INT(reader.secure.stage, READER_SECURE_NONE);
	CHECK_INT(happenings_len, 0);
	CHECK_ANSWER(hear_hex(SECURE_POLL_2), "2 41 06");
}

TEST(a_proof_without_a_challenge_is_refused)
{
	begin(true);
	clear(0, READER_ID, "00");
	CHECK_ANSWER(hear_hex(SCRYPT), "1 41 06");
}

TEST(a_dropped_session_leaves_no_key)
{
	static const uint8_t zeros[READER_KEY_BYTES];
	open_channel();
	now += READER_SESSION_MS;
	reader_tick(&reader, now);
	CHECK_INT(happenings[1].what, READER_CHANNEL_DOWN);
	CHECK(memcmp(reader.secure.s_enc, zeros, sizeof(zeros)) == 0);
	CHECK(memcmp(reader.secure.s_mac2, zeros, sizeof(zeros)) == 0);
	CHECK(memcmp(reader.secure.reply_mac, zeros, sizeof(zeros)) == 0);
}

/* --- Bytes on the line. --- */

TEST(who_is_addressed_answers)
{
	begin(false);
	CHECK_ANSWER(clear_to(4, 0, READER_POLL, ""), "silence");
	CHECK_ANSWER(clear_to(0x85, 0, READER_POLL, ""), "silence"); /* another reader's answer */
	struct str answer = clear_to(READER_FRAME_BROADCAST, 0, READER_POLL, "");
	CHECK(str_starts(answer, STR("53ff")));
}

TEST(checksum_is_answered_with_checksum)
{
	begin(false);
	CHECK_STR(hear_hex("53050700006041"), STR("538507000040e1"));
}

TEST(bad_checks_and_lengths)
{
	static const struct {
		const char *frame, *answer;
	} cases[] = {
	    {"5305080004600000", "0 41 01"},	      /* CRC */
	    {"53050700006042", "0 41 01"},	      /* checksum */
	    {"530506000060", "silence"},	      /* shorter than any frame */
	    {"5305a105046000", "silence"},	      /* longer than any frame */
	    {"ff000153ffffff53050700006041", "0 40"}, /* noise; its 53 begins no frame */
	    {"5305070000604153050700006041", "0 40"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(false);
		struct str found = short_form(hear_hex(cases[i].frame));
		CHECK_STR(found, str_of(cases[i].answer));
	}
}

TEST(a_security_block_that_does_not_fit_is_a_bad_length)
{
	static const uint8_t block_lens[] = {0, 1, 3, 200};
	for (size_t i = 0; i < ARRAY_LEN(block_lens); i++) {
		uint8_t bytes[] = {0x53, 5, 14, 0, 0x0c, block_lens[i], 0x15, 0x60, 0, 0, 0, 0, 0, 0};
		begin(true);
		reader_frame_close(bytes, sizeof(bytes) - 2, true);
		CHECK_ANSWER(hear(bytes, sizeof(bytes)), "0 41 02");
	}
}

TEST(a_frame_may_come_byte_by_byte_but_not_with_a_long_gap)
{
	static const uint8_t poll[] = {0x53, 5, 7, 0, 0, 0x60, 0x41};
	for (size_t gap_at = 1; gap_at < sizeof(poll); gap_at++) {
		begin(false);
		hear(poll, gap_at);
		now += READER_GAP_MS - 1;
		CHECK_ANSWER(hear(poll + gap_at, sizeof(poll) - gap_at), "0 40");
		hear(poll, gap_at);
		now += READER_GAP_MS;
		CHECK_ANSWER(hear(poll + gap_at, sizeof(poll) - gap_at), "silence");
	}
}

/* --- Cards, lights, outputs. --- */

TEST(cards_wait_in_order_and_not_for_ever)
{
	begin(false);
	clear(0, READER_POLL, "");
	uint8_t card[] = {1, 0, 0, 0x40};
	for (uint8_t i = 0; i < READER_CARDS_MAX; i++, card[0]++)
		CHECK(reader_badge(&reader, card, 26, now));
	CHECK(!reader_badge(&reader, card, 26, now));
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 50 00011a0001000040");
	CHECK_ANSWER(clear(2, READER_POLL, ""), "2 50 00011a0002000040");
	now += READER_SESSION_MS - 1;
	CHECK_ANSWER(clear(3, READER_POLL, ""), "3 50 00011a0003000040");
	now += 1;
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 40");
}

TEST(a_card_of_another_length_is_raw)
{
	static const uint8_t card[] = {0x12, 0x34, 0x56, 0x78, 0x80};
	begin(false);
	reader_badge(&reader, card, 33, now);
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 50 0000210012345678"
						"80");
}

TEST(an_opened_housing_is_told_once)
{
	begin(false);
	reader_tamper(&reader, true);
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 48 0100");
	CHECK_ANSWER(clear(1, READER_POLL, ""), "1 40");
	CHECK_ANSWER(clear(2, READER_LSTAT, ""), "2 48 0100");
	reader_tamper(&reader, false);
	CHECK_ANSWER(clear(3, READER_POLL, ""), "3 48 0000");
}

/* Each row: an OUT record to a reader whose output is timed on for 1 s, and what the contact is before and
 * after that. */
TEST(output_codes)
{
	static const struct {
		const char *record;
		bool now, then;
	} cases[] = {
	    {"00000000", true, false},	{"00010000", false, false}, {"00020000", true, true},
	    {"00030000", true, false},	{"00040000", true, true},   {"00050a00", true, false},
	    {"00060a00", false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(false);
		clear(0, READER_OUT, "00050a00");
		clear(1, READER_OUT, cases[i].record);
		CHECK_INT(reader_face_output(&reader.face, 0), cases[i].now);
		reader_tick(&reader, now + 999);
		CHECK_INT(reader_face_output(&reader.face, 0), cases[i].now);
		reader_tick(&reader, now + 1000);
		CHECK_INT(reader_face_output(&reader.face, 0), cases[i].then);
	}
}

TEST(a_release_is_seen_and_its_end_too)
{
	begin(false);
	clear(0, READER_OUT, "01050500");
	CHECK_INT(happenings_len, 1);
	CHECK_INT(happenings[0].output, 1);
	CHECK_INT(happenings[0].ms, 500);
	reader_tick(&reader, now + 500);
	CHECK_INT(happenings_len, 2);
	CHECK_INT(happenings[1].what, READER_OUT_OFF);
}

TEST(a_timed_light_gives_way_to_the_permanent_one)
{
	begin(false);
	clear(0, READER_LED, "0000000000000000000101000303");
	clear(1, READER_LED, "0000020505020014000000000000");
	CHECK_INT(happenings_len, 2);
	CHECK_INT(happenings[0].colour, READER_AMBER);
	CHECK(!happenings[0].blinks);
	CHECK_INT(happenings[1].colour, READER_GREEN);
	CHECK(happenings[1].blinks);
	reader_tick(&reader, now + 2000);
	CHECK_INT(happenings[2].colour, READER_AMBER);
}

TEST(power_forgets_everything_but_the_key)
{
	static const uint8_t card[] = {0x00, 0x12, 0xab, 0x40};
	open_channel();
	hear_hex(SECURE_POLL_2);
	hear_hex(SECURE_OUT_3);
	reader_badge(&reader, card, 26, now);
	reader_power_cycle(&reader, now);
	CHECK_ANSWER(hear_hex(CHLNG), "silence");
	CHECK(!reader_face_output(&reader.face, 0));
	now += READER_POWER_UP_MS;
	CHECK_ANSWER(hear_hex(SECURE_POLL_1), "0 41 04");
	CHECK_STR(hear_hex(CHLNG), STR(CCRYPT));
	CHECK_STR(hear_hex(SCRYPT), STR(RMAC_I));
	CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
}

TEST(silence_is_silence)
{
	begin(false);
	reader_silence(&reader, now + 100);
	CHECK_ANSWER(clear(0, READER_POLL, ""), "silence");
	now += 100;
	CHECK_ANSWER(clear(0, READER_POLL, ""), "0 40");
}

/* --- Faults on demand. --- */

/* The check of a spoilt answer is right again, but where the check is the fault. */
TEST(a_fault_spoils_one_answer_and_the_repeat_is_whole)
{
	static const struct {
		const char *fault, *spoilt;
		bool check_ok;
	} cases[] = {
	    {"bad_check", "53850e000e021640bb1d34d65c8a", false},
	    {"bad_length", "5385ffff0e021640bb1d34d6", false},
	    {"wrong_address", "53860e000e021640bb1d34d6", true},
	    {"wrong_sequence", "53850e000d021640bb1d34d6", true},
	    {"bad_mac", "53850e000e021640ba1d34d6", true},
	    {"cut", "53850e000e0216", false},
	    {"late", SECURE_ACK_2, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		open_channel();
		reader.fault = (struct reader_fault){reader_fault_named(str_of(cases[i].fault)), 1};
		struct str spoilt = hear_hex(SECURE_POLL_2);
		CHECK(str_starts(spoilt, str_of(cases[i].spoilt)));
		CHECK_INT(delay_ms, strcmp(cases[i].fault, "late") == 0 ? READER_FAULT_LATE_MS : 0);
		CHECK(str_eq(short_form(spoilt), STR("no frame")) == !cases[i].check_ok);
		CHECK_STR(hear_hex(SECURE_POLL_2), STR(SECURE_ACK_2));
		CHECK_INT(delay_ms, 0);
	}
}

TEST(busy_is_said_with_sequence_0_and_nothing_is_done)
{
	begin(false);
	clear(0, READER_POLL, "");
	reader.fault = (struct reader_fault){READER_FAULT_busy, 1};
	CHECK_ANSWER(clear(1, READER_OUT, "00053200"), "0 79");
	CHECK_INT(happenings_len, 0);
	CHECK_ANSWER(clear(1, READER_OUT, "00053200"), "1 40");
	CHECK_INT(happenings_len, 1);
}

TEST(a_spoilt_handshake)
{
	begin(true);
	reader.fault = (struct reader_fault){READER_FAULT_wrong_key, 1};
	CHECK(str_starts(hear_hex(CHLNG), STR("53852b000c03120076")));
	begin(true);
	reader.fault = (struct reader_fault){READER_FAULT_bad_cryptogram, 1};
	CHECK(str_starts(hear_hex(CHLNG), STR("53852b000c03120176aabbcc0704030201a0a1a2a3a4a5a6a79bbe9b05"
					      "c1912e029431f91e37d82d07")));
	reader.fault = (struct reader_fault){READER_FAULT_bad_rmac, 1};
	CHECK(str_starts(hear_hex(SCRYPT), STR("53851b000d03140178dd5b1d875553ab1c86d2e1bedc4824ab")));
}

TEST(a_card_in_the_clear_in_the_middle_of_a_session)
{
	static const uint8_t card[] = {0x00, 0x12, 0xab, 0x40};
	open_channel();
	reader_badge(&reader, card, 26, now);
	reader.fault = (struct reader_fault){READER_FAULT_clear_data, 1};
	CHECK_ANSWER(hear_hex(SECURE_POLL_2), "2 50 00011a000012ab40");
}
