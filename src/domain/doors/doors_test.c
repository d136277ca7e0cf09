#include "domain/doors/doors.h"

#include "base/test.h"
#include "core/try.h"

TEST(each_refusal_of_a_command_has_its_reason)
{
	static const struct try_refusal rows[] = {
	    {"doors.add_door", "{\"name\":\"Front door\",\"zone\":2,\"from_zone\":1,\"release\":5000}",
	     "DOORS_NAME_TAKEN"},
	    {"doors.add_door", "{\"name\":\"Hatch\",\"zone\":9,\"from_zone\":1,\"release\":5000}", "DOORS_NO_ZONE"},
	    {"doors.add_door", "{\"name\":\"Hatch\",\"zone\":1,\"from_zone\":9,\"release\":5000}", "DOORS_NO_ZONE"},
	    {"doors.add_reader", "{\"door\":9,\"line\":\"line-1\",\"address\":5,\"output\":0,\"secure\":true}",
	     "DOORS_NO_DOOR"},
	    {"doors.add_reader", "{\"door\":1,\"line\":\"line-1\",\"address\":1,\"output\":0,\"secure\":true}",
	     "DOORS_ADDRESS_TAKEN"},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	try_release(&try);
}

TEST(a_door_and_its_reader_exist_from_their_events_on)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "doors.add_door", "{\"name\":\"Hatch\",\"zone\":2,\"from_zone\":1,\"release\":3000}");
	CHECK_STR(try_events(&try), STR("doors.DoorAdded"));
	CHECK_STR(try.result.gives, STR("{\"door\":3}"));
	try_command(&try, "doors.add_reader",
		    "{\"door\":3,\"line\":\"line-2\",\"address\":1,\"output\":0,\"secure\":true}");
	CHECK_STR(try_events(&try), STR("doors.ReaderAdded"));
	CHECK_STR(try.result.gives, STR("{\"reader\":3}"));
	try_release(&try);
}

TEST(a_mission_has_at_most_4096_doors)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = door_count(&try.core.state); i < DOOR_AT_MOST; i++) {
		snprintf(body, sizeof body, "{\"name\":\"Door no. %zu\",\"zone\":2,\"from_zone\":1,\"release\":5000}",
			 i);
		try_command(&try, "doors.add_door", body);
		arena_clear(&try.arena);
	}
	CHECK_INT(door_count(&try.core.state), DOOR_AT_MOST);
	try_command(&try, "doors.add_door", "{\"name\":\"One more\",\"zone\":2,\"from_zone\":1,\"release\":5000}");
	CHECK_STR(try.result.refusal, STR("DOORS_FULL"));
	try_release(&try);
}

TEST(a_report_about_a_reader_comes_from_its_own_line)
{
	static const char *const reports[][2] = {
	    {"doors.reader_online", "{\"reader\":1,\"vendor\":\"aabbcc\",\"model\":1,\"version\":1,\"serial\":7,"
				    "\"firmware\":\"1.0.0\",\"secure\":true}"},
	    {"doors.reader_offline", "{\"reader\":1,\"why\":\"no_answer\"}"},
	    {"doors.reader_tamper", "{\"reader\":1,\"tamper\":true,\"power\":false}"},
	    {"doors.frame_refused", "{\"reader\":1,\"why\":\"bad_mac\",\"count\":2,\"frame\":\"53\"}"},
	};
	static const char *const events[] = {"doors.ReaderBecameOnline", "doors.ReaderBecameOffline",
					     "doors.TamperChanged", "doors.LineDisturbed"};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
		CHECK_INT(try_report(&try, reports[i][0], reports[i][1]), CORE_DONE);
		CHECK_STR(try_events(&try), str_of(events[i]));
	}
	try.line = STR("line-2");
	try.sequence = 0;
	for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
		CHECK_INT(try_report(&try, reports[i][0], reports[i][1]), CORE_REFUSED);
		CHECK_STR(try.result.refusal, STR("DOORS_UNKNOWN_READER"));
	}
	try_release(&try);
}

TEST(a_tamper_report_that_changes_nothing_makes_no_event)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_INT(try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":false,\"power\":false}"),
		  CORE_DONE);
	CHECK_STR(try_events(&try), STR(""));
	try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":false,\"power\":true}");
	CHECK_STR(try_events(&try), STR("doors.TamperChanged"));
	try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":false,\"power\":true}");
	CHECK_STR(try_events(&try), STR(""));
	try_release(&try);
}

TEST(readers_that_answer_are_counted)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_INT(doors_online_count(&try.core.state), 0);
	try_report(&try, "doors.reader_online",
		   "{\"reader\":2,\"vendor\":\"aabbcc\",\"model\":1,\"version\":1,\"serial\":7,\"firmware\":\"1.0.0\","
		   "\"secure\":true}");
	CHECK_INT(doors_online_count(&try.core.state), 1);
	try_report(&try, "doors.reader_offline", "{\"reader\":2,\"why\":\"bad_mac\"}");
	CHECK_INT(doors_online_count(&try.core.state), 0);
	try_release(&try);
}

TEST(every_reason_that_a_driver_gives_stands_in_the_event)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try);
	for (enum doors_reader_offline_why why = 1; why <= DOORS_READER_OFFLINE_WHY_LINE_LOST; why++) {
		struct str name = doors_reader_offline_why_name(why);
		snprintf(body, sizeof body, "{\"reader\":1,\"why\":\"" STR_FMT "\"}", STR_ARG(name));
		try_report(&try, "doors.reader_offline", body);
		CHECK_STR(try_events(&try), STR("doors.ReaderBecameOffline"));
		CHECK(str_contains(try.result.entry, name));
	}
	for (enum doors_frame_refused_why why = 1; why <= DOORS_FRAME_REFUSED_WHY_BAD_DATA; why++) {
		struct str name = doors_frame_refused_why_name(why);
		snprintf(body, sizeof body, "{\"reader\":1,\"why\":\"" STR_FMT "\",\"count\":1,\"frame\":\"53\"}",
			 STR_ARG(name));
		try_report(&try, "doors.frame_refused", body);
		CHECK_STR(try_events(&try), STR("doors.LineDisturbed"));
		CHECK(str_contains(try.result.entry, name));
	}
	try_release(&try);
}

TEST(a_mission_has_at_most_56_lines_of_127_readers)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try); /* has two readers, at addresses 0 and 1 of line-1 */
	for (size_t i = 2; i < READER_AT_MOST; i++) {
		snprintf(body, sizeof body,
			 "{\"door\":1,\"line\":\"line-%zu\",\"address\":%zu,\"output\":0,\"secure\":true}", 1 + i / 127,
			 i % 127);
		try_command(&try, "doors.add_reader", body);
		arena_clear(&try.arena);
	}
	CHECK_INT(reader_count(&try.core.state), READER_AT_MOST);
	CHECK_INT(READER_AT_MOST, DOORS_LINES_MAX * 127);
	try_command(&try, "doors.add_reader",
		    "{\"door\":1,\"line\":\"line-57\",\"address\":0,\"output\":0,\"secure\":true}");
	CHECK_STR(try.result.refusal, STR("DOORS_LINES"));
	try_release(&try);
}

/* Lockdown */

#define TABLE(driver, number)                                                                                          \
	"{\"driver\":\"" driver "\",\"number\":" number ",\"until\":1795683600000,\"hash\":\""                         \
	"0000000000000000000000000000000000000000000000000000000000000000\",\"badges\":2}"

TEST(a_lockdown_is_told_to_every_driver_that_has_spoken_and_to_others_with_their_first_table)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "doors.add_reader",
		    "{\"door\":1,\"line\":\"line-1\",\"address\":9,\"output\":0,\"secure\":true}");
	try_command(&try, "doors.add_reader",
		    "{\"door\":1,\"line\":\"line-2\",\"address\":0,\"output\":0,\"secure\":true}");
	try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":true,\"power\":false}");
	try_command(&try, "doors.lock_down", "{\"why\":\"intruder\"}");
	CHECK(str_contains(try.result.entry,
			   STR("\"driver\":1,\"readers\":3,\"addresses\":\"03020000000000000000000000000000\"")));
	CHECK_INT(try.result.n_desired, 1);
	try_start(&try, "drivers.issue_table", TABLE("line-2", "1"));
	CHECK(str_contains(try.result.entry,
			   STR("\"driver\":2,\"readers\":1,\"addresses\":\"01000000000000000000000000000000\"")));
	try_command(&try, "doors.add_reader",
		    "{\"door\":1,\"line\":\"line-2\",\"address\":126,\"output\":0,\"secure\":true}");
	CHECK(str_contains(try.result.entry,
			   STR("\"driver\":2,\"readers\":2,\"addresses\":\"01000000000000000000000000000040\"")));
	try_command(&try, "doors.lift_lockdown", "{}");
	CHECK_INT(try.result.n_desired, 2);
	CHECK(str_contains(try.result.entry,
			   STR("\"driver\":2,\"readers\":0,\"addresses\":\"00000000000000000000000000000000\"")));
	try_start(&try, "drivers.issue_table", TABLE("line-2", "2"));
	CHECK_STR(try_events(&try), STR("drivers.TableIssued"));
	try_command(&try, "doors.lift_lockdown", "{}");
	CHECK_STR(try.result.refusal, STR("DOORS_NO_LOCKDOWN"));
	try_release(&try);
}

TEST(a_lockdown_that_is_in_force_takes_a_new_reason_and_keeps_its_beginning)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "doors.lock_down", "{\"why\":\"unrest\"}");
	int64_t since = try.now;
	try.now += 60000;
	static const struct {
		const char *body;
		enum lockdown_why why;
	} rows[] = {{"{\"why\":\"attack\"}", LOCKDOWN_WHY_ATTACK},
		    {"{\"why\":\"fire_outside\"}", LOCKDOWN_WHY_FIRE_OUTSIDE},
		    {"{\"why\":\"other\"}", LOCKDOWN_WHY_OTHER}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		try_command(&try, "doors.lock_down", rows[i].body);
		CHECK_INT(lockdown_get(&try.core.state, 1)->since, since);
		CHECK_INT(lockdown_get(&try.core.state, 1)->why, rows[i].why);
	}
	try_release(&try);
}

/* The core has taken the key out of the command; here it is a number. */
TEST(a_reader_s_newest_key_is_the_one_that_counts)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK(!reader_get(&try.core.state, 2)->has_key);
	for (uint64_t key = 1; key <= 2; key++) {
		CHECK_INT(
		    try_command(&try, "doors.key_reader",
				"{\"line\":\"line-1\",\"address\":1,\"key\":\"000102030405060708090a0b0c0d0e0f\"}"),
		    CORE_DONE);
		CHECK_STR(try_events(&try), STR("doors.ReaderKeyed"));
		CHECK(reader_get(&try.core.state, 2)->has_key && reader_get(&try.core.state, 2)->key == key);
	}
	CHECK(!reader_get(&try.core.state, 1)->has_key);
	static const struct try_refusal nobody[] = {
	    {"doors.key_reader", "{\"line\":\"line-1\",\"address\":77,\"key\":\"000102030405060708090a0b0c0d0e0f\"}",
	     "DOORS_NO_READER"}};
	try_check_refusals(&try, nobody, ARRAY_LEN(nobody));
	try_release(&try);
}
