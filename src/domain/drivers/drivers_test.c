#include "domain/drivers/drivers.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

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

/* The room is for the orders of one more entry, whatever it orders. */
TEST(there_is_room_for_orders_as_long_as_one_entry_more_fits)
{
	struct try try;
	try_init(&try, NULL);
	struct state *state = &try.core.state;
	struct entry_from from = {.kind = ENTRY_FROM_CORE};
	for (uint64_t i = 0; i < ORDER_AT_MOST - TURN_EVENTS_MAX; i++) {
		struct drivers_order order = {i, 0, STR("line-1"), STR("doors.Released"), STR("{}"), 1};
		CHECK(drivers_have_room(state));
		drivers_give_order(state, &order, &from);
	}
	CHECK(drivers_have_room(state));
	struct drivers_order last = {ORDER_AT_MOST, 0, STR("line-1"), STR("doors.Released"), STR("{}"), 1};
	drivers_give_order(state, &last, &from);
	CHECK(!drivers_have_room(state));
	try_give_back(&try);
}

TEST(an_order_answers_a_report_of_its_own_driver_and_of_no_other)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	order(&try);
	CHECK_INT(try.result.orders[0].answers, 1);
	const struct order *row = order_after(&try.core.state, 0);
	CHECK(row->answers == 1 && row->has_boot);
	CHECK_STR(text_str(row->boot), STR("12345678"));
	struct entry_from other = {.kind = ENTRY_FROM_DRIVER,
				   .driver = {.name = STR("line-2"), .boot = STR("12345678"), .sequence = 7}};
	struct drivers_order given = {99, 0, STR("line-1"), STR("doors.Released"), STR("{}"), 1};
	drivers_give_order(&try.core.state, &given, &other);
	row = order_after(&try.core.state, row->order);
	CHECK(row->answers == 0 && !row->has_boot);
	try_give_back(&try);
}

/* Desired states */

static void lock_down(struct try *try)
{
	try_command(try, "doors.lock_down", "{\"why\":\"drill\"}");
	CHECK_INT(try->result.n_desired, 1);
}

/* Event 1 is the desired state: 0 is the lockdown. */
TEST(a_desired_state_is_reached_once_and_until_another_is_wished_for)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":true,\"power\":false}");
	lock_down(&try);
	uint64_t entry = try.result.index;
	const struct desired *row = desired_after(&try.core.state, 0);
	CHECK_STR(text_str(row->device), STR("driver:1"));
	CHECK_STR(text_str(row->name), STR("doors.Held"));
	CHECK(row->entry == (int64_t)entry && row->event == 1 && !row->reached);
	CHECK_INT(answer(&try, "drivers.done", entry, 0), CORE_REFUSED);
	CHECK_INT(answer(&try, "drivers.done", entry, 2), CORE_REFUSED);
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_DONE);
	CHECK_STR(try_events(&try), STR("drivers.DesiredReached"));
	CHECK(desired_after(&try.core.state, 0)->reached);
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_DONE);
	CHECK_STR(try_events(&try), STR(""));
	lock_down(&try);
	CHECK_INT(desired_count(&try.core.state), 1);
	CHECK(!desired_after(&try.core.state, 0)->reached);
	CHECK_INT(answer(&try, "drivers.done", entry, 1), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("DRIVERS_NO_ORDER"));
	try_release(&try);
}

TEST(a_device_has_one_desired_state_of_each_name)
{
	static const struct {
		const char *name;
		uint64_t device;
		size_t rows;
	} rows[] = {
	    {"doors.Held", 1, 1}, {"doors.Held", 1, 1}, {"doors.Lit", 1, 2}, {"doors.Held", 2, 3}, {"doors.Lit", 1, 3},
	};
	struct try try;
	try_init(&try, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct subject device = {STR("reader"), rows[i].device};
		drivers_desire(&try.core.state, i, 0, STR("line-1"), str_of(rows[i].name), &device, STR("{}"));
		CHECK_INT(desired_count(&try.core.state), rows[i].rows);
	}
	try_give_back(&try);
}

/* Grant tables */

#define TABLE(number)                                                                                                  \
	"{\"driver\":\"line-1\",\"number\":" number ",\"until\":1795683600000,\"hash\":\""                             \
	"0000000000000000000000000000000000000000000000000000000000000000\",\"badges\":2}"

static enum core_verdict confirm(struct try *try, int number)
{
	char body[32];
	snprintf(body, sizeof body, "{\"number\":%d}", number);
	return try_report(try, "drivers.confirmed", body);
}

TEST(the_numbers_of_a_driver_s_tables_rise)
{
	struct try try;
	try_init(&try, NULL);
	CHECK_INT(try_start(&try, "drivers.issue_table", TABLE("3")), CORE_DONE);
	CHECK_INT(try_start(&try, "drivers.issue_table", TABLE("3")), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("DRIVERS_TABLE_OLD"));
	CHECK_INT(try_start(&try, "drivers.issue_table", TABLE("2")), CORE_REFUSED);
	CHECK_STR(try.result.refusal_takes, STR("{\"number\":3}"));
	CHECK_INT(try_start(&try, "drivers.issue_table", TABLE("4")), CORE_DONE);
	const struct driver *row = driver_by_name(&try.core.state, STR("line-1"));
	CHECK(row->issued == 4 && row->confirmed == 0 && row->until == 1795683600000);
	try_release(&try);
}

TEST(a_driver_confirms_a_table_that_it_was_given_and_each_once)
{
	struct try try;
	try_init(&try, NULL);
	CHECK_INT(confirm(&try, 1), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("DRIVERS_NO_TABLE"));
	try_start(&try, "drivers.issue_table", TABLE("1"));
	try_start(&try, "drivers.issue_table", TABLE("2"));
	CHECK_INT(confirm(&try, 3), CORE_REFUSED);
	CHECK_INT(confirm(&try, 2), CORE_DONE);
	CHECK_STR(try_events(&try), STR("drivers.TableConfirmed"));
	for (int number = 2; number >= 1; number--) {
		CHECK_INT(confirm(&try, number), CORE_DONE);
		CHECK_STR(try_events(&try), STR(""));
	}
	CHECK_INT(driver_by_name(&try.core.state, STR("line-1"))->confirmed, 2);
	try_release(&try);
}
