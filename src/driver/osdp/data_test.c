#include "driver/osdp/data.h"
#include "base/buf.h"
#include "base/test.h"

static size_t hex(const char *text, uint8_t *ret)
{
	ASSERT(hex_read(str_of(text), ret, strlen(text) / 2));
	return strlen(text) / 2;
}

static struct str hex_of(const uint8_t *bytes, size_t n)
{
	static char text[256];
	struct buf b = BUF(text);
	buf_put_hex(&b, bytes, n);
	return buf_str(&b);
}

TEST(an_identity_seen_on_a_wire_is_read)
{
	uint8_t bytes[16];
	struct data_pdid pdid;
	size_t n = hex("000ee3101000007497230606", bytes);
	CHECK(data_read_pdid(bytes, n, &pdid));
	CHECK_STR(hex_of(pdid.vendor, 3), STR("000ee3"));
	CHECK_INT(pdid.model, 0x10);
	CHECK_INT(pdid.version, 0x10);
	CHECK_INT(pdid.serial, 0x97740000);
	CHECK_STR(hex_of(pdid.firmware, 3), STR("230606"));
	CHECK(!data_read_pdid(bytes, n - 1, &pdid));
	CHECK(!data_read_pdid(bytes, n + 1, &pdid));
}

TEST(a_device_is_vendor_model_and_serial)
{
	struct data_pdid a = {.vendor = {1, 2, 3}, .model = 4, .version = 5, .serial = 6, .firmware = {7, 8, 9}}, b = a;
	b.version = 50;
	b.firmware[1] = 80;
	CHECK(data_same_device(&a, &b));
	b.serial++;
	CHECK(!data_same_device(&a, &b));
	b = a;
	b.model++;
	CHECK(!data_same_device(&a, &b));
	b = a;
	b.vendor[2]++;
	CHECK(!data_same_device(&a, &b));
}

TEST(a_card_is_read_only_when_its_bytes_fit_its_bits)
{
	const struct {
		const char *data, *card;
	} rows[] = {
	    {"00011a00abcdef40", "abcdef40"},
	    {"00001a00abcdef40", "abcdef40"},
	    {"00011a00abcdef7f", "abcdef40"},
	    {"0001200012345678", "12345678"},
	    {"0000010080", "80"},
	    {"0000010000", "00"},
	    {"00011a00abcdef", NULL},
	    {"00011a00abcdef4000", NULL},
	    {"00021a00abcdef40", NULL},
	    {"01011a00abcdef40", NULL},
	    {"00010000", NULL},
	    {"000108", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bytes[16];
		struct data_card card;
		size_t n = hex(rows[i].data, bytes);
		bool good = data_read_card(bytes, n, &card);
		CHECK_INT(good, rows[i].card != NULL);
		if (good)
			CHECK_STR(hex_of(card.bytes, data_card_bytes(&card)), str_of(rows[i].card));
	}
}

TEST(the_longest_card_passes_and_one_bit_more_does_not)
{
	uint8_t bytes[4 + DATA_CARD_BYTES_MAX + 1] = {0, 0, 0, 1};
	struct data_card card;
	CHECK(data_read_card(bytes, 4 + DATA_CARD_BYTES_MAX, &card));
	CHECK_INT(card.bits, 256);
	bytes[2] = 1;
	CHECK(!data_read_card(bytes, 4 + DATA_CARD_BYTES_MAX + 1, &card));
}

TEST(status_is_two_yes_or_no)
{
	const struct {
		const char *data;
		bool good, tamper, power;
	} rows[] = {
	    {"0000", true, false, false},    {"0100", true, true, false},   {"0001", true, false, true},
	    {"0200", false, false, false},   {"0002", false, false, false}, {"00", false, false, false},
	    {"000000", false, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bytes[4];
		struct data_status status = {0};
		CHECK_INT(data_read_status(bytes, hex(rows[i].data, bytes), &status), rows[i].good);
		CHECK_INT(status.tamper, rows[i].tamper);
		CHECK_INT(status.power, rows[i].power);
	}
}

TEST(capabilities_seen_on_a_wire_are_read)
{
	uint8_t bytes[64];
	struct data_capabilities can;
	size_t n =
	    hex("0102080202100301000401010501000601010801000901010a00030b00030c00000d00000e00000f0000100200", bytes);
	CHECK(data_read_capabilities(bytes, n, &can));
	CHECK(can.led);
	CHECK(can.buzzer);
	CHECK(!data_read_capabilities(bytes, n - 1, &can));
	n = hex("040001050001", bytes);
	CHECK(data_read_capabilities(bytes, n, &can));
	CHECK(!can.led);
	CHECK(!can.buzzer);
}

TEST(commands_are_the_standards_bytes)
{
	uint8_t out[DATA_COMMAND_BYTES_MAX];
	CHECK_STR(hex_of(out, data_write_output(out, 3, 5000)), STR("03053200"));
	CHECK_STR(hex_of(out, data_write_output(out, 0, 501)), STR("00050600"));
	CHECK_STR(hex_of(out, data_write_output(out, 255, 60000)), STR("ff055802"));
	CHECK_STR(hex_of(out, data_write_led_for(out, DATA_GREEN, 3000)), STR("000002010002021e000000000000"));
	CHECK_STR(hex_of(out, data_write_led_always(out, DATA_AMBER)), STR("0000000000000000000101000303"));
	CHECK_STR(hex_of(out, data_write_buzzer(out, 2)), STR("0002010102"));
}
