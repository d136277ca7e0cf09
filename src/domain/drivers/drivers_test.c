#include "domain/drivers/drivers.h"

#include "base/test.h"
#include "core/try.h"

/* A card that nobody has been given: the reader is ordered to show that. Event 1 of that entry is the order. */
static uint64_t order(struct try *try)
{
	try_report(try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"ffffffc0\"}");
	CHECK_STR(try_events(try), STR("access.Denied doors.Signalled"));
	return try->result.index;
}

static enum core_verdict answer(struct try *try, const char *name, uint64_t entry, int event)
{
	static char body[64];
	snprintf(body, sizeof body, "{\"entry\":%llu,\"event\":%d}", (unsigned long long)entry, event);
	return try_report(try, name, body);
}

TEST(an_order_waits_until_its_driver_has_answered_once)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t entry = order(&try);
	CHECK_INT(order_count(&try.core.state), 1);
	CHECK_INT(answer(&try, "drivers.done", entry, 0), CORE_REFUSED);
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_DONE);
	CHECK_STR(try_events(&try), STR("drivers.OrderDone"));
	CHECK_INT(order_count(&try.core.state), 0);
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("DRIVERS_NO_ORDER"));
	try_release(&try);
}

TEST(an_order_that_came_too_late_is_closed_as_expired)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t entry = order(&try);
	CHECK_INT(answer(&try, "drivers.expired", entry, 1), CORE_DONE);
	CHECK_STR(try_events(&try), STR("drivers.OrderExpired"));
	CHECK_INT(answer(&try, "drivers.expired", entry, 1), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("DRIVERS_NO_ORDER"));
	try_release(&try);
}

TEST(another_driver_cannot_answer_for_this_one)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t entry = order(&try);
	try.line = STR("line-2");
	try.sequence = 0;
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_REFUSED);
	CHECK_INT(order_count(&try.core.state), 1);
	try_release(&try);
}

TEST(an_order_that_nobody_answers_is_recorded_as_unanswered)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	order(&try);
	try.now += 3000 + DRIVERS_ANSWER_MS_MAX - 1;
	CHECK(!try_timer(&try));
	try.now += 1;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("drivers.OrderUnanswered"));
	CHECK_INT(order_count(&try.core.state), 0);
	try_release(&try);
}

TEST(reports_are_taken_once_and_in_order)
{
	static const struct {
		const char *boot;
		int64_t sequence;
		enum drivers_sequence expected;
	} rows[] = {
	    {"bootbo-1", 0, DRIVERS_TAKEN},
	    {"bootbo-1", 1, DRIVERS_NEXT},
	    {"bootbo-1", 2, DRIVERS_GAP},
	};
	struct try try;
	try_init(&try, NULL);
	struct state *state = &try.core.state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct entry_driver from = {STR("line-1"), str_of(rows[i].boot), rows[i].sequence, 0};
		CHECK_INT(drivers_check(state, &from), rows[i].expected);
	}
	struct entry_driver from = {STR("line-1"), STR("bootbo-1"), 1, 0};
	drivers_take(state, &from);
	CHECK_INT(drivers_check(state, &from), DRIVERS_TAKEN);
	from.sequence = 2;
	CHECK_INT(drivers_check(state, &from), DRIVERS_NEXT);
	from.boot = STR("bootbo-2");
	CHECK_INT(drivers_check(state, &from), DRIVERS_GAP);
	from.sequence = 1;
	CHECK_INT(drivers_check(state, &from), DRIVERS_NEXT);
	try_give_back(&try);
}
