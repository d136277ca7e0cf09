#include "base/test.h"
#include "world/orders.h"

static struct plan_line lines[] = {{.name = {"line-1", 6}}, {.name = {"north", 5}}};
static struct plan_reader readers[] = {
    {.line = 0, .address = 0}, {.line = 0, .address = 12}, {.line = 1, .address = 0}};
static const struct plan plan = {.lines = lines, .lines_len = 2, .readers = readers, .readers_len = 3};

static struct order order;
static struct error error;

static int read(const char *text)
{
	order = (struct order){0};
	error = (struct error){0};
	return orders_read(&plan, str_of(text), &order, &error);
}

TEST(a_badge_has_its_bits_and_just_the_digits_they_fill)
{
	CHECK_OK(read("badge line-1/12 0012ab40 26"), &error);
	CHECK_INT(order.what, ORDER_BADGE);
	CHECK_INT(order.reader, 1);
	CHECK_INT(order.card.bits, 26);
	CHECK(memcmp(order.card.bytes, "\x00\x12\xab\x40", 4) == 0);
	CHECK_OK(read("badge north/0 80 1"), &error);
	CHECK_INT(order.reader, 2);
}

TEST(a_card_of_the_most_bits_is_taken_and_one_more_is_not)
{
	char text[160];
	char digits[2 * PLAN_CARD_BYTES_MAX + 3];
	memset(digits, 'a', sizeof(digits));
	snprintf(text, sizeof(text), "badge north/0 %.*s %d", 2 * PLAN_CARD_BYTES_MAX, digits, PLAN_CARD_BYTES_MAX * 8);
	CHECK_OK(read(text), &error);
	CHECK_INT(order.card.bytes[PLAN_CARD_BYTES_MAX - 1], 0xaa);
	snprintf(text, sizeof(text), "badge north/0 %.*s %d", 2 * PLAN_CARD_BYTES_MAX + 2, digits,
		 PLAN_CARD_BYTES_MAX * 8 + 1);
	CHECK_INT(read(text), ERROR_INPUT);
}

TEST(orders_about_a_reader)
{
	CHECK_OK(read("silence line-1/0 5000"), &error);
	CHECK(order.what == ORDER_SILENCE && order.reader == 0 && order.number == 5000);
	CHECK_OK(read("power  line-1/12 "), &error);
	CHECK(order.what == ORDER_POWER && order.reader == 1);
	CHECK_OK(read("tamper line-1/0 on"), &error);
	CHECK(order.what == ORDER_TAMPER && order.on);
	CHECK_OK(read("tamper line-1/0 off"), &error);
	CHECK(order.what == ORDER_TAMPER && !order.on);
	CHECK_OK(read("fault line-1/0 bad_mac 3"), &error);
	CHECK(order.what == ORDER_FAULT && order.fault.kind == READER_FAULT_bad_mac && order.fault.left == 3);
	CHECK_OK(read("fault line-1/0 late"), &error);
	CHECK(order.fault.kind == READER_FAULT_late && order.fault.left == 1);
}

TEST(every_fault_of_the_table_can_be_ordered)
{
#define X(name, fits, what)                                                                                            \
	CHECK_OK(read("fault line-1/0 " #name), &error);                                                               \
	CHECK_INT(order.fault.kind, READER_FAULT_##name);
	READER_FAULTS(X)
#undef X
}

TEST(orders_about_a_line_and_the_people)
{
	CHECK_OK(read("noise north 1024"), &error);
	CHECK(order.what == ORDER_NOISE && order.line == 1 && order.number == ORDERS_NOISE_BYTES_MAX);
	CHECK_OK(read("noise line-1"), &error);
	CHECK(order.line == 0 && order.number > 0);
	CHECK_OK(read("people off"), &error);
	CHECK(order.what == ORDER_PEOPLE && !order.on);
	CHECK_OK(read("people on"), &error);
	CHECK(order.on);
}

TEST(what_is_no_order_is_refused_with_the_form_of_one)
{
	static const char *const rows[][2] = {
	    {"", "Orders are"},
	    {"   ", "Orders are"},
	    {"open line-1/0", "Orders are"},
	    {"a b c d e f", "Orders are"},
	    {"badge line-1/0 0012ab40", "badge LINE/ADDRESS"},
	    {"badge line-1/0 0012AB40 26", "badge LINE/ADDRESS"},
	    {"badge line-1/0 0012ab4000 26", "badge LINE/ADDRESS"},
	    {"badge line-1/0 0012ab4 26", "badge LINE/ADDRESS"},
	    {"badge line-1/0 00 0", "badge LINE/ADDRESS"},
	    {"badge line-1/1 80 1", "badge LINE/ADDRESS"},
	    {"badge line-1 80 1", "badge LINE/ADDRESS"},
	    {"badge line-1/00 80 1", "badge LINE/ADDRESS"},
	    {"badge line-1/127 80 1", "badge LINE/ADDRESS"},
	    {"silence line-1/0", "silence LINE/ADDRESS"},
	    {"silence line-1/0 -1", "silence LINE/ADDRESS"},
	    {"silence line-1/0 3600001", "silence LINE/ADDRESS"},
	    {"power", "power LINE/ADDRESS"},
	    {"power line-1/0 on", "power LINE/ADDRESS"},
	    {"tamper line-1/0", "tamper LINE/ADDRESS"},
	    {"tamper line-1/0 open", "tamper LINE/ADDRESS"},
	    {"fault line-1/0", "fault LINE/ADDRESS"},
	    {"fault line-1/0 zap", "fault LINE/ADDRESS"},
	    {"fault line-1/0 late 0", "fault LINE/ADDRESS"},
	    {"fault line-1/0 late 1000001", "fault LINE/ADDRESS"},
	    {"fault line-1/0 late 1 1", "fault LINE/ADDRESS"},
	    {"noise", "noise LINE"},
	    {"noise line-2", "noise LINE"},
	    {"noise line-1 0", "noise LINE"},
	    {"noise line-1 1025", "noise LINE"},
	    {"people", "people on|off"},
	    {"people away", "people on|off"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(read(rows[i][0]), ERROR_INPUT);
		CHECK(str_contains(str_of(error.remedy), str_of(rows[i][1])));
		CHECK_INT(order.what, 0); /* untouched */
	}
}
