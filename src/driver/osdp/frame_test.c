#include "driver/osdp/frame.h"
#include "base/buf.h"
#include "base/test.h"

/* Frames below were seen on wires: the buzzer command and the identity in the OSDP.Net project's packet
 * tests, the secured ones in a bus monitor's trace of a libosdp-conformance session. */
static size_t hex(const char *text, uint8_t *ret, size_t size)
{
	size_t n = strlen(text) / 2;
	ASSERT(n <= size && hex_read(str_of(text), ret, n));
	return n;
}

static struct frame_reader reader;

static enum frame_found feed(const char *text, struct frame *ret_frame)
{
	uint8_t bytes[2 * FRAME_BYTES_MAX];
	size_t n = hex(text, bytes, sizeof bytes);
	frame_reader_clear(&reader);
	CHECK_INT(frame_reader_put(&reader, bytes, n), (long long)n);
	return frame_reader_next(&reader, ret_frame);
}

static struct str hex_of(const uint8_t *bytes, size_t n)
{
	static char text[4 * FRAME_BYTES_MAX];
	struct buf b = BUF(text);
	buf_put_hex(&b, bytes, n);
	return buf_str(&b);
}

TEST(the_check_of_the_digits_is_that_of_the_standard)
{
	CHECK_INT(frame_crc((const uint8_t *)"123456789", 9), 0xE5CC);
}

TEST(a_clear_command_is_written_as_others_write_it)
{
	uint8_t out[FRAME_COMMAND_BYTES_MAX];
	const uint8_t buzzer[] = {0x00, 0x02, 0x02, 0x02, 0x01};
	size_t n = frame_begin(out, &(struct frame){.sequence = 2, .code = FRAME_BUZ, .data = buzzer, .data_len = 5});
	n = frame_end(out, n, NULL);
	CHECK_STR(hex_of(out, n), STR("53000d00066a00020202015992"));
}

TEST(a_challenge_is_written_as_others_write_it)
{
	uint8_t out[FRAME_COMMAND_BYTES_MAX], random[8];
	hex("cdcd921212d3ee6a", random, 8);
	size_t n = frame_begin(
	    out, &(struct frame){
		     .sequence = 1, .security = FRAME_CHLNG, .code = FRAME_CHLNG_CODE, .data = random, .data_len = 8});
	n = frame_end(out, n, NULL);
	CHECK_STR(hex_of(out, n), STR("530013000d03110076cdcd921212d3ee6a8c8b"));
}

TEST(a_command_under_mac_is_written_as_others_write_it)
{
	uint8_t out[FRAME_COMMAND_BYTES_MAX], mac[4];
	hex("98108d64", mac, 4);
	struct frame poll = {.sequence = 3, .security = FRAME_COMMAND_MAC, .code = FRAME_POLL};
	size_t n = frame_begin(out, &poll);
	CHECK_INT(n, 8);
	n = frame_end(out, n, mac);
	CHECK_STR(hex_of(out, n), STR("53000e000f02156098108d64b0c7"));
}

TEST(a_clear_reply_is_read)
{
	struct frame frame;
	CHECK_INT(feed("ff53801400064500"
		       "0ee3101000007497230606"
		       "1b88",
		       &frame),
		  FRAME_GOOD);
	CHECK_INT(frame.address, 0x80);
	CHECK_INT(frame.sequence, 2);
	CHECK_INT(frame.security, FRAME_CLEAR);
	CHECK_INT(frame.code, FRAME_PDID);
	CHECK_STR(hex_of(frame.data, frame.data_len), STR("000ee3101000007497230606"));
	CHECK(!frame_reader_waits(&reader));
}

TEST(a_handshake_reply_is_read)
{
	struct frame frame;
	CHECK_INT(
	    feed("53802b000d031200760a00170300cafede61626364656667684b7e2f98ad79bd968119a8d1d3dbdaee8efd", &frame),
	    FRAME_GOOD);
	CHECK_INT(frame.security, FRAME_CCRYPT);
	CHECK_INT(frame.security_byte, 0);
	CHECK_INT(frame.code, FRAME_CCRYPT_CODE);
	CHECK_INT(frame.data_len, 32);
}

TEST(a_reply_under_mac_is_read)
{
	struct frame frame;
	CHECK_INT(feed("53800e000f021640b3921554"
		       "3453",
		       &frame),
		  FRAME_GOOD);
	CHECK_INT(frame.security, FRAME_REPLY_MAC);
	CHECK_INT(frame.code, FRAME_ACK);
	CHECK_INT(frame.data_len, 0);
	CHECK_INT(frame.maced_len, 8);
	CHECK_STR(hex_of(frame.raw + frame.maced_len, 4), STR("b3921554"));
}

/* Appends the right CRC, so that only what the row says is wrong. */
static enum frame_found feed_checked(const char *text, struct frame *ret_frame)
{
	uint8_t bytes[64];
	size_t n = hex(text, bytes, sizeof bytes - 2);
	uint16_t crc = frame_crc(bytes, n);
	bytes[n] = (uint8_t)crc;
	bytes[n + 1] = (uint8_t)(crc >> 8);
	frame_reader_clear(&reader);
	frame_reader_put(&reader, bytes, n + 2);
	return frame_reader_next(&reader, ret_frame);
}

TEST(frames_that_are_not_what_they_must_be_are_refused)
{
	const struct {
		const char *bytes, *why;
		enum frame_found found;
	} rows[] = {
	    {"538008000440", "the shortest reply", FRAME_GOOD},
	    {"538008000040", "the CRC in a frame that announces a checksum", FRAME_BAD_CHECK},
	    {"53800f000c0316004001020304", "a MAC block with a byte too many", FRAME_BAD_LENGTH},
	    {"53800b000c02120176", "a handshake block with a byte too few", FRAME_BAD_LENGTH},
	    {"53800700004000", "a checksum in place of the CRC", FRAME_BAD_CHECK},
	    {"538006000440", "a length below the least", FRAME_BAD_LENGTH},
	    {"5380a1050440", "a length above the most", FRAME_BAD_LENGTH},
	    {"538008001440", "a control bit that means nothing", FRAME_BAD_LENGTH},
	    {"538008000c40", "a security block announced, and not there", FRAME_BAD_LENGTH},
	    {"53800a000c021040", "a security block of an unknown type", FRAME_BAD_LENGTH},
	    {"53800b000c03160040", "a MAC block of handshake length", FRAME_BAD_LENGTH},
	    {"53800a000c021240", "a handshake block without its byte", FRAME_BAD_LENGTH},
	    {"538009000c0312", "a handshake block without code", FRAME_BAD_LENGTH},
	    {"53800d000c021640010203", "a MAC of three bytes", FRAME_BAD_LENGTH},
	    {"53800e000c02164001020304", "a MAC of four bytes", FRAME_GOOD},
	    {"53800f000c0218400001020304", "cipher text of one byte", FRAME_BAD_LENGTH},
	    {"53800e000c02184001020304", "no cipher text", FRAME_GOOD},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct frame frame;
		enum frame_found found = feed_checked(rows[i].bytes, &frame);
		if (found != rows[i].found)
			printf("  %s:\n", rows[i].why);
		CHECK_INT(found, rows[i].found);
	}
}

TEST(any_single_changed_bit_is_refused_or_waits)
{
	uint8_t bytes[14];
	hex("53800e000f021640b39215543453", bytes, 14);
	for (size_t bit = 0; bit < 14 * 8; bit++) {
		struct frame frame;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		frame_reader_clear(&reader);
		frame_reader_put(&reader, bytes, 14);
		CHECK(frame_reader_next(&reader, &frame) != FRAME_GOOD);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

TEST(a_frame_comes_byte_by_byte)
{
	uint8_t bytes[14];
	struct frame frame;
	hex("53800e000f021640b39215543453", bytes, 14);
	frame_reader_clear(&reader);
	for (size_t i = 0; i < 14; i++) {
		CHECK_INT(frame_reader_next(&reader, &frame), FRAME_NONE);
		CHECK_INT(frame_reader_put(&reader, bytes + i, 1), 1);
	}
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_GOOD);
}

TEST(two_frames_at_once_are_two)
{
	struct frame frame;
	CHECK_INT(feed("53800e000f021640b39215543453"
		       "ff"
		       "53800e000d021640a2820"
		       "5f71874",
		       &frame),
		  FRAME_GOOD);
	CHECK_INT(frame.sequence, 3);
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_GOOD);
	CHECK_INT(frame.sequence, 1);
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_NONE);
}

TEST(a_good_frame_behind_noise_is_found_and_the_noise_is_told_once)
{
	struct frame frame;
	CHECK_INT(feed("00ff53800300055380ffffff00"
		       "53800e000f021640b39215543453",
		       &frame),
		  FRAME_BAD_LENGTH);
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_GOOD);
	CHECK_INT(frame.sequence, 3);
}

TEST(a_good_frame_inside_what_looked_longer_is_found_when_the_line_falls_silent)
{
	struct frame frame;
	CHECK_INT(feed("5380ff0300"
		       "53800e000f021640b39215543453",
		       &frame),
		  FRAME_NONE);
	CHECK(frame_reader_waits(&reader));
	frame_reader_silent(&reader);
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_GOOD);
	CHECK(!frame_reader_waits(&reader));
}

TEST(the_longest_frame_passes)
{
	static uint8_t bytes[FRAME_BYTES_MAX];
	struct frame frame;
	hex("5380a0050440", bytes, 6);
	memset(bytes + 6, 0x53, sizeof bytes - 6);
	uint16_t crc = frame_crc(bytes, sizeof bytes - 2);
	bytes[sizeof bytes - 2] = (uint8_t)crc;
	bytes[sizeof bytes - 1] = (uint8_t)(crc >> 8);
	frame_reader_clear(&reader);
	CHECK_INT(frame_reader_put(&reader, bytes, sizeof bytes), FRAME_BYTES_MAX);
	CHECK_INT(frame_reader_next(&reader, &frame), FRAME_GOOD);
	CHECK_INT(frame.data_len, FRAME_BYTES_MAX - 8);
}

TEST(the_reader_always_takes_a_byte_more)
{
	static uint8_t noise[8 * FRAME_BYTES_MAX];
	struct frame frame;
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)(i % 3 ? 0x53 : 0x05);
	frame_reader_clear(&reader);
	for (size_t done = 0; done < sizeof noise;) {
		size_t n = frame_reader_put(&reader, noise + done, sizeof noise - done);
		CHECK(n > 0);
		if (n == 0)
			break;
		done += n;
		while (frame_reader_next(&reader, &frame) != FRAME_NONE) {
		}
	}
}
