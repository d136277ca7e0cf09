#include "driver/osdp/outbox.h"
#include "base/test.h"

static struct outbox box;

static void put(uint64_t reader)
{
	outbox_put(&box, &(struct notice){.kind = NOTICE_OFFLINE, .reader = reader});
}

static void fill(uint64_t n)
{
	outbox_init(&box);
	for (uint64_t i = 1; i <= n; i++)
		put(i);
}

/* Sends all that may be sent; the sequences one behind the other. Each event's reader is its sequence. */
static struct str sent(int64_t now_us)
{
	static char text[256];
	size_t n = 0;
	int64_t sequence;
	text[0] = 0;
	for (const struct notice *notice; (notice = outbox_next(&box, now_us, &sequence)) != NULL; outbox_sent(&box)) {
		CHECK_INT(notice->reader, sequence);
		n += (size_t)snprintf(text + n, sizeof text - n, "%lld ", (long long)sequence);
	}
	return str_of(text);
}

TEST(reports_are_numbered_from_one_and_sent_once)
{
	fill(3);
	CHECK_STR(sent(0), STR("1 2 3 "));
	CHECK_STR(sent(0), STR(""));
	put(4);
	CHECK_STR(sent(0), STR("4 "));
}

TEST(what_is_acknowledged_is_forgotten_and_the_rest_is_sent_again)
{
	fill(5);
	sent(0);
	outbox_ack(&box, 3);
	CHECK_INT(box.first, 4);
	CHECK_INT(box.n, 2);
	outbox_again(&box);
	CHECK_STR(sent(0), STR("4 5 "));
	outbox_ack(&box, 5);
	outbox_again(&box);
	CHECK_STR(sent(0), STR(""));
	put(6);
	CHECK_STR(sent(0), STR("6 "));
}

TEST(what_is_refused_is_settled_alone)
{
	fill(4);
	sent(0);
	outbox_refused(&box, 2);
	CHECK_INT(box.first, 1);
	outbox_again(&box);
	CHECK_STR(sent(0), STR("1 3 4 "));
	outbox_refused(&box, 1);
	CHECK_INT(box.first, 3);
}

TEST(a_busy_core_gets_the_same_again_later_and_in_order)
{
	fill(4);
	sent(0);
	outbox_busy(&box, 2, 500);
	outbox_busy(&box, 3, 600);
	put(5);
	CHECK_STR(sent(599), STR(""));
	CHECK_STR(sent(600), STR("2 3 4 5 "));
}

TEST(answers_to_what_does_not_wait_are_ignored)
{
	fill(3);
	sent(0);
	outbox_ack(&box, 2);
	outbox_ack(&box, 1);
	outbox_ack(&box, 99);
	outbox_refused(&box, 99);
	outbox_busy(&box, 1, 1000);
	CHECK_INT(box.first, 3);
	CHECK_INT(box.n, 1);
	outbox_again(&box);
	CHECK_STR(sent(0), STR("3 "));
}

TEST(an_acknowledgement_before_sending_skips_what_needs_no_sending)
{
	fill(3);
	outbox_ack(&box, 2);
	CHECK_STR(sent(0), STR("3 "));
}

TEST(the_ring_goes_round)
{
	outbox_init(&box);
	for (uint64_t i = 1; i <= 3 * OUTBOX_MAX; i++) {
		int64_t sequence = 0;
		put(i);
		const struct notice *notice = outbox_next(&box, 0, &sequence);
		CHECK(notice && notice->reader == i && sequence == (int64_t)i);
		outbox_sent(&box);
		if (i % 100 == 0)
			outbox_ack(&box, sequence);
	}
}
