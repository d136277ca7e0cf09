#include "driver/osdp/fake_test.h"
#include "base/buf.h"
#include "base/test.h"

static size_t hex(const char *text, uint8_t *ret)
{
	ASSERT(hex_read(str_of(text), ret, strlen(text) / 2));
	return strlen(text) / 2;
}

static struct str hex_of(const uint8_t *bytes, size_t n)
{
	static char text[4 * FRAME_BYTES_MAX];
	struct buf b = BUF(text);
	buf_put_hex(&b, bytes, n);
	return buf_str(&b);
}

static struct frame_reader reader;

static struct frame read_frame(const char *text)
{
	uint8_t bytes[FRAME_BYTES_MAX];
	struct frame frame;
	size_t n = hex(text, bytes);
	frame_reader_clear(&reader);
	frame_reader_put(&reader, bytes, n);
	ASSERT(frame_reader_next(&reader, &frame) == FRAME_GOOD);
	return frame;
}

static struct secure fresh(void)
{
	struct secure secure;
	CHECK_INT(secure_load(NULL), 0);
	secure_init(&secure);
	return secure;
}

/* A session seen on a wire between other people's panel and reader: a bus monitor's trace of
 * libosdp-conformance 1.38-4 in the OSDP-Embedded project's captures. The key was set under SCBK-D in the
 * same trace, so it is known. */
#define WIRE_KEY    "d459f02f6602e5651f3b553bc283d43e"
#define WIRE_A	    "636e3478f7085c57"
#define WIRE_CCRYPT "53802b000d031201760a00170300cafede6162636465666768597b8467ad2b557296e1234e379dc3112f55"
#define WIRE_RMAC_I "53801b000e03140178b1e1998a99229228c5b11a3d3922cc8d65f1"

static const struct {
	uint8_t code, sequence;
	const char *data, *command, *reply, *reply_data;
} wire[] = {
    {0x62, 3, "00", "53001e000f0217624cbdace660da28f9080d316704be7ae03ae55c7197fc",
     "53803e000f021846d98f68df2d3b69a8d0e0d7ec43d9b32e2abed1f57734c4baa3170b8063903588c4b2bf14a720361c56a2ff9"
     "7a6f6"
     "c7a43856377daa32",
     "0102080202100301000401010501000601010801000901010a00030b00030c00000d00000e00000f0000100200"},
    {0x69, 1, "000000bdac0000da280118010100", "53001e000d0217690245f090720128b1d00bfe54c7a9ef581edae77059d2",
     "53800e000d021640d66d222cfb95", ""},
    {0x6b, 2, "000200010120526561647920202020202020202020202020202020343a343520414d20202020",
     "53003e000e02176b0e1ad8d9f7f7b73e7b590cf3b5fa651d6ae3df83c71486d8ae488e7309d8a21bd1744d9f878a3f858acb7ca"
     "ba81c"
     "29de36fc2f80fcbd",
     "53800e000e021640ca21171b03dd", ""},
    {0x64, 3, "", "53001e000f0217647cba291c203920b54c9eed4462363ce8c5c8988f1eef",
     "53801e000f021848db34e7e81c61f12ff45fcb7602f6de2f1a5232df33d4", "0001"},
    {0x67, 1, "", "53001e000d0217676b5d290a899f39d3703cf854f2107d176bc0279c5941",
     "53801e000d02184bf244420c178936178cbc2a26e36d2d0df70b4c760e32", "01"},
    {0x7b, 2, "0008", "53001e000e02177b75cbfe2a3951c61660541538e34a8fdd47f6e197b8df", "53800e000e021640580338f60924",
     ""},
    {0x60, 3, "", "53000e000f02156098108d64b0c7", "53800e000f021640b39215543453", ""},
    {0x60, 1, "", "53000e000d0215607cb547fe0d8b", "53800e000d021640a28205f71874", ""},
};

/* Brings a session up as far as the wire did. */
static void replay_handshake(struct secure *secure)
{
	uint8_t key[16], a[8];
	hex(WIRE_KEY, key);
	hex(WIRE_A, a);
	secure_start(secure, key, a);
	struct frame ccrypt = read_frame(WIRE_CCRYPT);
	CHECK_INT(secure_accept(secure, &ccrypt), SECURE_FINE);
	struct frame rmac_i = read_frame(WIRE_RMAC_I);
	CHECK_INT(secure_finish(secure, &rmac_i), SECURE_FINE);
}

TEST(a_handshake_seen_on_a_wire_is_repeated)
{
	struct secure secure = fresh();
	replay_handshake(&secure);
	CHECK_STR(hex_of(secure.scrypt, 16), STR("dbd8cb35c81188cbdcf560521ec84469"));
	secure_release(&secure);
}

/* Commands without data are sealed by the other panel with a block of padding, and by us with a MAC only:
 * both are standard. There the chain goes on from the command that was on the wire. */
static void replay_command(struct secure *secure, size_t row)
{
	uint8_t data[64], sent[64], out[FRAME_COMMAND_BYTES_MAX], key[16], a[8];
	size_t n = hex(wire[row].data, data), sent_len = hex(wire[row].command, sent);
	if (n > 0 || wire[row].code == FRAME_POLL) {
		n = secure_seal(secure, out, 0, wire[row].sequence, wire[row].code, data, n);
		CHECK_STR(hex_of(out, n), str_of(wire[row].command));
		return;
	}
	hex(WIRE_KEY, key);
	hex(WIRE_A, a);
	struct fake_keys reference = fake_derive(key, a);
	fake_mac(&reference, secure->r_mac, sent, sent_len - 6, secure->c_mac);
	CHECK(memcmp(secure->c_mac, sent + sent_len - 6, 4) == 0);
}

TEST(a_session_seen_on_a_wire_is_repeated_byte_by_byte)
{
	struct secure secure = fresh();
	uint8_t data[FRAME_BYTES_MAX];
	size_t n;
	replay_handshake(&secure);
	for (size_t i = 0; i < ARRAY_LEN(wire); i++) {
		replay_command(&secure, i);
		struct frame reply = read_frame(wire[i].reply);
		CHECK_INT(secure_open(&secure, &reply, data, &n), SECURE_FINE);
		CHECK_STR(hex_of(data, n), str_of(wire[i].reply_data));
	}
	secure_release(&secure);
}

TEST(commands_of_every_length_agree_with_the_second_opinion)
{
	struct secure secure = fresh();
	struct frame_reader frames = {0};
	uint8_t key[16], a[8], data[64], out[FRAME_COMMAND_BYTES_MAX], mac[16];
	hex("0f1e2d3c4b5a69788796a5b4c3d2e1f1", key);
	hex("1122334455667788", a);
	secure_start(&secure, key, a);
	struct fake_keys reference = fake_derive(key, a);
	for (size_t n = 0; n < sizeof data; n++) {
		struct frame frame;
		data[n] = (uint8_t)(n * 7);
		size_t len = secure_seal(&secure, out, 5, 2, FRAME_LED, data, n);
		frame_reader_put(&frames, out, len);
		CHECK_INT(frame_reader_next(&frames, &frame), FRAME_GOOD);
		fake_mac(&reference, secure.r_mac, out, len - 6, mac);
		CHECK(memcmp(mac, out + len - 6, 4) == 0);
		CHECK_INT(frame.security, n ? FRAME_COMMAND_SEALED : FRAME_COMMAND_MAC);
		CHECK_INT(frame.data_len, n ? n / 16 * 16 + 16 : 0);
		uint8_t clear[80];
		memcpy(clear, frame.data, frame.data_len);
		fake_crypt(&reference, false, secure.r_mac, clear, frame.data_len);
		CHECK(memcmp(clear, data, n) == 0);
		CHECK(n == 0 || clear[n] == 0x80);
		memcpy(secure.r_mac, mac, 16);
	}
	secure_release(&secure);
}

/* A reply as a reader would make it, from the second opinion's blocks. `clear` is padded by the caller. */
static struct frame reference_reply(const struct fake_keys *r, const uint8_t c_mac[16], uint8_t type, const char *clear)
{
	static uint8_t out[FRAME_COMMAND_BYTES_MAX];
	uint8_t data[64], mac[16];
	struct frame frame = {.address = 0x80, .sequence = 1, .code = FRAME_RAW, .security = type, .data = data};
	frame.data_len = hex(clear, data);
	if (type == FRAME_REPLY_SEALED)
		fake_crypt(r, true, c_mac, data, frame.data_len);
	size_t n = frame_begin(out, &frame);
	fake_mac(r, c_mac, out, n, mac);
	n = frame_end(out, n, mac);
	frame_reader_clear(&reader);
	frame_reader_put(&reader, out, n);
	ASSERT(frame_reader_next(&reader, &frame) == FRAME_GOOD);
	return frame;
}

TEST(replies_are_taken_only_enciphered_and_well_padded)
{
	const struct {
		uint8_t type;
		const char *clear, *data;
		enum secure_fault fault;
	} rows[] = {
	    {FRAME_REPLY_SEALED, "00010203800000000000000000000000", "00010203", SECURE_FINE},
	    {FRAME_REPLY_SEALED, "80000000000000000000000000000000", "", SECURE_FINE},
	    {FRAME_REPLY_SEALED, "", "", SECURE_FINE},
	    {FRAME_REPLY_SEALED, "00010203000000000000000000000080", "000102030000000000000000000000", SECURE_FINE},
	    {FRAME_REPLY_SEALED, "00010203000000000000000000000000", NULL, SECURE_BAD_DATA},
	    {FRAME_REPLY_SEALED, "00000000000000000000000000000000", NULL, SECURE_BAD_DATA},
	    {FRAME_REPLY_SEALED, "00010203000000000000000000000081", NULL, SECURE_BAD_DATA},
	    {FRAME_REPLY_SEALED, "0001020380000000000000000000000000000000000000000000000000000000", NULL,
	     SECURE_BAD_DATA},
	    {FRAME_REPLY_MAC, "", "", SECURE_FINE},
	    {FRAME_REPLY_MAC, "00010203", NULL, SECURE_CLEAR_DATA},
	};
	uint8_t key[16], a[8], data[FRAME_BYTES_MAX], out[FRAME_COMMAND_BYTES_MAX];
	size_t n;
	hex(WIRE_KEY, key);
	hex(WIRE_A, a);
	struct fake_keys reference = fake_derive(key, a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct secure secure = fresh();
		secure_start(&secure, key, a);
		secure_seal(&secure, out, 0, 1, FRAME_POLL, NULL, 0);
		struct frame reply = reference_reply(&reference, secure.c_mac, rows[i].type, rows[i].clear);
		CHECK_INT(secure_open(&secure, &reply, data, &n), rows[i].fault);
		if (rows[i].data)
			CHECK_STR(hex_of(data, n), str_of(rows[i].data));
		secure_release(&secure);
	}
}

TEST(a_reply_with_a_wrong_mac_changes_nothing_and_the_right_one_is_still_taken)
{
	struct secure secure = fresh();
	uint8_t data[FRAME_BYTES_MAX], out[FRAME_COMMAND_BYTES_MAX];
	size_t n;
	replay_handshake(&secure);
	hex("00", data);
	secure_seal(&secure, out, 0, 3, FRAME_CAP, data, 1);
	struct frame reply = read_frame(wire[0].reply);
	for (size_t bit = 0; bit < 32; bit++) {
		struct secure before = secure;
		uint8_t *mac = reader.at + reply.maced_len;
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(secure_open(&secure, &reply, data, &n), SECURE_BAD_MAC);
		CHECK(memcmp(&before, &secure, sizeof before) == 0);
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK_INT(secure_open(&secure, &reply, data, &n), SECURE_FINE);
	secure_release(&secure);
}

TEST(a_clear_reply_is_never_opened)
{
	struct secure secure = fresh();
	uint8_t data[FRAME_BYTES_MAX], bytes[4] = {0};
	size_t n;
	replay_handshake(&secure);
	struct frame reply = {.address = 0x80, .code = FRAME_RAW, .data = bytes, .data_len = 4};
	CHECK_INT(secure_open(&secure, &reply, data, &n), SECURE_CLEAR_DATA);
	reply.security = FRAME_COMMAND_SEALED;
	CHECK_INT(secure_open(&secure, &reply, data, &n), SECURE_CLEAR_DATA);
	secure_release(&secure);
}

TEST(a_ccrypt_that_does_not_prove_the_key_is_refused)
{
	uint8_t key[16], a[8];
	hex(WIRE_KEY, key);
	hex(WIRE_A, a);
	for (size_t at = 0; at < SECURE_CCRYPT_BYTES; at++) {
		struct secure secure = fresh();
		secure_start(&secure, key, a);
		struct frame ccrypt = read_frame(WIRE_CCRYPT);
		reader.at[(size_t)(ccrypt.data - reader.at) + at] ^= 1;
		/* The reader's identifier in front is not part of the proof. */
		CHECK_INT(secure_accept(&secure, &ccrypt), at < 8 ? SECURE_FINE : SECURE_BAD_CRYPTOGRAM);
		secure_release(&secure);
	}
	struct secure secure = fresh();
	secure_start(&secure, key, a);
	struct frame ccrypt = read_frame(WIRE_CCRYPT);
	ccrypt.security_byte = 0;
	CHECK_INT(secure_accept(&secure, &ccrypt), SECURE_WRONG_KEY);
	ccrypt.security_byte = SECURE_KEY_OWN;
	ccrypt.data_len = 31;
	CHECK_INT(secure_accept(&secure, &ccrypt), SECURE_BAD_CRYPTOGRAM);
	secure_release(&secure);
}

TEST(an_rmac_i_that_is_not_the_one_computed_or_does_not_say_good_is_refused)
{
	uint8_t key[16], a[8];
	hex(WIRE_KEY, key);
	hex(WIRE_A, a);
	for (size_t row = 0; row < SECURE_BLOCK_BYTES + 3; row++) {
		struct secure secure = fresh();
		secure_start(&secure, key, a);
		struct frame frame = read_frame(WIRE_CCRYPT);
		CHECK_INT(secure_accept(&secure, &frame), SECURE_FINE);
		frame = read_frame(WIRE_RMAC_I);
		if (row < SECURE_BLOCK_BYTES)
			reader.at[(size_t)(frame.data - reader.at) + row] ^= 0x40;
		else
			frame.security_byte = (uint8_t[]){0x00, 0xFF, 0x01}[row - SECURE_BLOCK_BYTES];
		bool good = row == SECURE_BLOCK_BYTES + 2;
		CHECK_INT(secure_finish(&secure, &frame), good ? SECURE_FINE : SECURE_BAD_RMAC);
		secure_release(&secure);
	}
}

TEST(keys_that_anybody_could_guess_are_weak)
{
	const struct {
		const char *key;
		bool weak;
	} rows[] = {
	    {"303132333435363738393a3b3c3d3e3f", true},
	    {"00000000000000000000000000000000", true},
	    {"ffffffffffffffffffffffffffffffff", true},
	    {"0f0e0d0c0b0a09080706050403020100", true},
	    {"f8f9fafbfcfdfeff0001020304050607", true},
	    {"0706050403020100fffefdfcfbfaf9f8", true},
	    {"303132333435363738393a3b3c3d3e40", false},
	    {"00000000000000000000000000000001", false},
	    {WIRE_KEY, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t key[16];
		hex(rows[i].key, key);
		CHECK_INT(secure_key_is_weak(key), rows[i].weak);
	}
}

TEST(dropping_a_session_leaves_nothing_of_it)
{
	struct secure secure = fresh();
	replay_handshake(&secure);
	secure_drop(&secure);
	struct secure empty = {secure.seal, secure.open, secure.mac1, secure.mac2, {0}, {0}, {0}, {0}, {0}};
	CHECK(memcmp(&secure, &empty, sizeof empty) == 0);
	CHECK(EVP_CIPHER_CTX_get0_cipher(secure.seal) == NULL);
	CHECK(EVP_CIPHER_CTX_get0_cipher(secure.mac2) == NULL);
	replay_handshake(&secure);
	secure_release(&secure);
}
