/* One input in, one entry out: what is understood, what an entry holds, what stands apart from it, orders and timers. */
#include "core/core.h"

#include "base/test.h"
#include "core/try.h"
#include "domain/record/record.h"
#include "schema/text.h"

TEST(an_entry_has_all_its_members_also_those_not_yet_used)
{
	static const char *const members[] = {"\"format\":2,",
					      "\"index\":12,",
					      "\"incarnation\":1,",
					      "\"wall\":1795424400000,",
					      "\"elapsed\":0,",
					      "\"env\":0,",
					      "\"salt\":\"00000000000000000000000000000000\",",
					      "\"from\":{\"operator\":{\"login\":\"test\"}},",
					      "\"checked\":null,",
					      "\"refusal\":null,",
					      "\"because\":null,",
					      "\"law\":null,",
					      "\"sealed\":[],",
					      "\"box\":null}"};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.suspend_badge", "{\"badge\":1,\"why\":\"lost\"}");
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!test_count(str_contains(try.result.entry, str_of(members[i]))))
			test_fail(__FILE__, __LINE__, "no %s in " STR_FMT, members[i], STR_ARG(try.result.entry));
	try_release(&try);
}

TEST(an_input_that_is_not_understood_leaves_no_trace)
{
	static const struct {
		const char *name, *body, *what;
		size_t offset;
	} rows[] = {
	    {"people.fly", "{}", "there is nothing of the name people.fly", 0},
	    {"access.card_read", "{}", "there is nothing of the name access.card_read",
	     0}, /* a report, not a command */
	    {"people.suspend_badge", "{\"badge\":1}", "has no member `why`", 11},
	    {"people.suspend_badge", "{\"badge\":1,\"why\":\"tired\"}", "why: is not one of its values: `tired`", 24},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t size = try.core.size;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(try_command(&try, rows[i].name, rows[i].body), CORE_BAD);
		CHECK_STR(str_of(try.result.what), str_of(rows[i].what));
		CHECK_INT(try.result.offset, rows[i].offset);
	}
	CHECK_INT(try.core.size, size);
	try_release(&try);
}

TEST(a_refused_command_is_an_entry_without_events)
{
	struct try try;
	try_init(&try, NULL);
	CHECK_INT(try_command(&try, "people.suspend_badge", "{\"badge\":7,\"why\":\"lost\"}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("PEOPLE_NO_BADGE"));
	CHECK(str_contains(try.result.entry,
			   STR("\"refusal\":{\"name\":\"PEOPLE_NO_BADGE\",\"takes\":{\"badge\":7}},\"events\":[]")));
	try_release(&try);
}

TEST(time_in_the_record_never_goes_back)
{
	struct try try;
	try_init(&try, NULL);
	int64_t before = try.core.wall;
	try.now -= 1000000;
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK_INT(try.core.wall, before);
	try.now += 2000000;
	try_command(&try, "site.add_building", "{\"name\":\"Hut\"}");
	CHECK_INT(try.core.wall, before + 1000000);
	try_release(&try);
}

TEST(the_same_inputs_at_the_same_moments_make_the_same_bytes)
{
	struct str entries[2];
	struct try tries[2];
	for (int i = 0; i < 2; i++) {
		try_init(&tries[i], NULL);
		try_furnish(&tries[i]);
		try_report(&tries[i], "access.card_read",
			   "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"ffffffc0\"}");
		entries[i] = tries[i].result.entry;
	}
	CHECK_STR(entries[0], entries[1]);
	for (int i = 0; i < 2; i++)
		try_release(&tries[i]);
}

TEST(a_timer_runs_once_and_only_when_it_is_due)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}");
	CHECK_INT(core_due(&try.core), 1795424460000);
	CHECK(!try_timer(&try));
	try.now = 1795424460000;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("people.BadgeExpired"));
	CHECK(str_contains(try.result.entry, STR("\"input\":{\"kind\":\"timer\",\"name\":\"people.expire_badge\","
						 "\"body\":{\"row\":3,\"due\":1795424460000}}")));
	CHECK(!try_timer(&try));
	CHECK(core_due(&try.core) > try.now);
	try_release(&try);
}

TEST(timers_run_one_after_the_other_the_earliest_first)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424480000}");
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"10000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}");
	try_command(&try, "oversight.look", "{\"purpose\":\"theft\",\"subjects\":[\"person:1\"]}");
	try.now = 1795424480000 + 900000;
	static const char *const bodies[] = {
	    "\"name\":\"people.expire_badge\",\"body\":{\"row\":4,\"due\":1795424460000}",
	    "\"name\":\"people.expire_badge\",\"body\":{\"row\":3,\"due\":1795424480000}",
	    "\"name\":\"oversight.look_over\",\"body\":{\"row\":1,\"due\":1795425300000}"};
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CHECK(try_timer(&try));
		CHECK(str_contains(try.result.entry, str_of(bodies[i])));
		CHECK_INT(try.core.wall, try.now);
	}
	CHECK(!try_timer(&try));
	CHECK_INT(core_due(&try.core), INT64_MAX);
	try_release(&try);
}

TEST(the_next_timer_is_the_one_that_runs_next)
{
	struct try try;
	struct str name;
	uint64_t row;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}");
	struct core_moment moment = {.wall = 1795424459999};
	CHECK(!core_next_timer(&try.core, &moment, &name, &row));
	moment.wall++;
	CHECK(core_next_timer(&try.core, &moment, &name, &row));
	CHECK_STR(name, STR("people.expire_badge"));
	CHECK_INT(row, 3);
	try_release(&try);
}

TEST(a_timer_that_was_stopped_does_not_run)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}");
	try_start(&try, "record.stop_timer", "{\"timer\":\"people.expire_badge\",\"row\":3}");
	CHECK_STR(try_events(&try), STR("record.TimerStopped"));
	CHECK_INT(core_due(&try.core), INT64_MAX);
	try_release(&try);
}

/* What stands apart */

TEST(a_secret_is_taken_out_before_anything_is_decided_and_a_number_stands_in_its_place)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_INT(try_command(&try, "doors.key_reader",
			      "{\"line\":\"line-1\",\"address\":1,\"key\":\"000102030405060708090a0b0c0d0e0f\"}"),
		  CORE_DONE);
	CHECK_INT(try.n_secrets, 1);
	CHECK(try.secrets[0].door);
	CHECK_STR(try.secrets[0].value, STR("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17"));
	CHECK(str_contains(try.result.entry, STR("\"body\":{\"line\":\"line-1\",\"address\":1,\"key\":1}}")));
	CHECK(str_contains(try.result.entry, STR("\"body\":{\"reader\":2,\"door\":2,\"key\":1}}")));
	CHECK(!str_contains(try.result.entry, STR("0a0b0c")));
	CHECK_INT(reader_get(&try.core.state, 2)->key, 1);
	try_release(&try);
}

TEST(a_secret_that_is_refused_was_none)
{
	static const struct {
		const char *body, *what;
	} rows[] = {
	    {"{\"line\":\"line-1\",\"address\":1,\"key\":\"0001\"}",
	     "key: is shorter than it may be (at least 16 bytes)"},
	    {"{\"line\":\"line-1\",\"address\":1,\"key\":1}", "key: is not a text"},
	    {"{\"line\":\"line-1\",\"address\":1,\"key\":\"000102030405060708090a0b0c0d0e0f\"}",
	     "key: finds no room among the mission's secrets"},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try.n_secrets = TRY_SECRETS_MAX;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(try_command(&try, "doors.key_reader", rows[i].body), CORE_BAD);
		CHECK_STR(str_of(try.result.what), str_of(rows[i].what));
	}
	try_release(&try);
}

#define PHOTO "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

TEST(a_command_may_name_a_file_that_is_durable_and_no_other)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t size = try.core.size;
	try.no_blobs = true;
	CHECK_INT(try_command(&try, "people.set_photo", "{\"person\":1,\"photo\":\"" PHOTO "\"}"), CORE_BAD);
	CHECK_STR(str_of(try.result.what), STR("a blob that it names was not sent before"));
	CHECK_INT(try.core.size, size);
	struct core_input input = {.kind = ENTRY_INPUT_KIND_COMMAND,
				   .name = STR("people.set_photo"),
				   .body = STR("{\"person\":1,\"photo\":\"" PHOTO "\"}"),
				   .roles = &try.role,
				   .n_roles = 1};
	struct core_moment now = {.wall = try.now};
	core_turn(&try.core, &input, &now, &try.arena, &try.result);
	CHECK_INT(try.result.verdict, CORE_BAD); /* nobody knows of any */
	try.no_blobs = false;
	CHECK_INT(try_command(&try, "people.set_photo", "{\"person\":1,\"photo\":\"" PHOTO "\"}"), CORE_DONE);
	try_release(&try);
}

/* What drivers are told */

TEST(an_order_says_what_it_is_for_whom_and_until_when)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"ffffffc0\"}");
	CHECK_INT(try.result.n_orders, 1);
	CHECK_INT(try.result.n_desired, 0);
	const struct core_order *order = &try.result.orders[0];
	CHECK_INT(order->event, 1);
	CHECK_STR(order->driver, STR("line-1"));
	CHECK_STR(order->name, STR("doors.Signalled"));
	CHECK_STR(order->body, STR("{\"reader\":1,\"signal\":\"refused\"}"));
	CHECK_INT(order->not_after, try.now + 3000);
	CHECK_INT(order->answers, 1); /* the report of its own */
	const struct order *row = order_get(&try.core.state, try.result.index * TURN_EVENTS_MAX + 1 + 1);
	CHECK(row && row->answers == 1 && str_eq(text_str(row->boot), STR("12345678")));
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK_INT(try.result.n_orders, 0); /* the next result has none of this one's */
	try_release(&try);
}

TEST(what_is_desired_of_a_device_names_it_and_has_no_end)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":true,\"power\":false}");
	try_command(&try, "doors.lock_down", "{\"why\":\"intruder\"}");
	CHECK_STR(try_events(&try), STR("doors.LockedDown doors.Held oversight.ReviewOwed"));
	CHECK_INT(try.result.n_desired, 1);
	CHECK_INT(try.result.n_orders, 0);
	const struct core_order *wish = &try.result.desired[0];
	CHECK_INT(wish->event, 1);
	CHECK_STR(wish->driver, STR("line-1"));
	CHECK_STR(wish->device.table, STR("driver"));
	CHECK_INT(wish->device.id, 1);
	CHECK_INT(wish->not_after, 0);
	CHECK_INT(wish->answers, 0);
	CHECK_STR(wish->body, STR("{\"driver\":1,\"readers\":2,\"addresses\":\"03000000000000000000000000000000\"}"));
	CHECK_INT(desired_count(&try.core.state), 1);
	try_command(&try, "doors.lift_lockdown", "{}");
	CHECK_INT(desired_count(&try.core.state), 1); /* in place of the first */
	try_release(&try);
}

TEST(a_command_gives_what_its_schema_says_and_nothing_where_it_says_nothing)
{
	struct try try;
	try_init(&try, NULL);
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK_STR(try.result.gives, STR("{\"building\":1}"));
	try_furnish(&try);
	try_command(&try, "people.suspend_badge", "{\"badge\":1,\"why\":\"left\"}");
	CHECK_STR(try.result.gives, STR("{}"));
	try_release(&try);
}
