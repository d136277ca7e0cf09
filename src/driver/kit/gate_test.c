#include "driver/kit/gate.h"
#include "base/test.h"

static struct gate gate;

static bool wait_for(int64_t number, int64_t until_us)
{
	struct gate_read read = {.number = number, .until_us = until_us, .card = {.reader = (uint64_t)number + 100}};
	return gate_wait(&gate, &read);
}

/* The numbers of the cards that are due now. */
static struct str due(int64_t now_us)
{
	static char text[64];
	struct gate_card card;
	int64_t number;
	size_t n = 0;
	text[0] = 0;
	while (gate_due(&gate, now_us, &card, &number)) {
		CHECK_INT(card.reader, number + 100);
		n += (size_t)snprintf(text + n, sizeof text - n, "%lld ", (long long)number);
	}
	return str_of(text);
}

static void begin(void)
{
	memset(&gate, 0, sizeof gate);
}

TEST(a_card_that_is_not_answered_is_due_once_at_its_time)
{
	begin();
	wait_for(1, 1000);
	wait_for(2, 900);
	CHECK_INT(gate_due_us(&gate), 900);
	CHECK_STR(due(899), STR(""));
	CHECK_STR(due(900), STR("2 "));
	CHECK_INT(gate_due_us(&gate), 1000);
	CHECK_STR(due(5000), STR("1 "));
	CHECK_STR(due(9000), STR(""));
	CHECK_INT(gate_due_us(&gate), INT64_MAX);
}

TEST(an_answer_in_time_keeps_the_table_out_and_lets_its_orders_count)
{
	begin();
	wait_for(1, 1000);
	wait_for(2, 1000);
	wait_for(3, 1000);
	gate_settled(&gate, 1);
	CHECK(gate_takes(&gate, 2)); /* an order is an answer too */
	CHECK_STR(due(5000), STR("3 "));
	CHECK(gate_takes(&gate, 1));
	CHECK(gate_takes(&gate, 1)); /* one report may have several */
	CHECK(gate_takes(&gate, 2));
}

TEST(what_the_table_has_decided_no_later_order_changes)
{
	begin();
	wait_for(1, 1000);
	CHECK_STR(due(1000), STR("1 "));
	gate_settled(&gate, 1);
	CHECK(!gate_takes(&gate, 1));
}

TEST(orders_for_cards_of_an_earlier_process_do_not_count)
{
	begin();
	CHECK(!gate_takes(&gate, 7));
	wait_for(8, 1000);
	CHECK(!gate_takes(&gate, 7));
}

TEST(answered_cards_make_room_and_too_many_that_wait_are_not_taken)
{
	begin();
	for (int64_t i = 1; i <= GATE_READS_MAX; i++)
		CHECK(wait_for(i, 1000));
	CHECK(!wait_for(GATE_READS_MAX + 1, 1000));
	gate_settled(&gate, 2);
	CHECK(wait_for(GATE_READS_MAX + 1, 1000));
	CHECK(!gate_takes(&gate, 1));
	CHECK(gate_takes(&gate, 2));
	CHECK(wait_for(GATE_READS_MAX + 2, 1000));
	CHECK(!wait_for(GATE_READS_MAX + 3, 1000));
}
