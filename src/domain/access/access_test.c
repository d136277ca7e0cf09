#include "domain/access/access.h"

#include "base/test.h"
#include "core/try.h"
#include "rules/rulebook_text.h"

static const char rules[] = "name: test access\n"
			    "layers: [mission]\n"
			    "default: {outcome: refuse, reason: nobody said yes}\n"
			    "rules:\n"
			    "  - id: staff-in-office-hours\n"
			    "    title: Staff may enter in office hours\n"
			    "    layer: mission\n"
			    "    match:\n"
			    "      staff: {person.groups: staff}\n"
			    "      hours: {now.time|gte: '07:00', now.time|lt: '20:00'}\n"
			    "      condition: staff and hours\n"
			    "    outcome: permit\n"
			    "  - id: no-visitors\n"
			    "    title: Visitors do not enter alone\n"
			    "    layer: mission\n"
			    "    match:\n"
			    "      visitor: {person.groups: visitor}\n"
			    "      condition: visitor\n"
			    "    outcome: refuse\n";

static void furnish(struct try *try)
{
	try_init(try, rulebook_of_text(&access_request_vocabulary, rules));
	try_furnish(try);
}

enum { HOURS = 60 * 60 * 1000 };

/* The numbers are those of access.h. */
TEST(each_rule_of_the_decision_gives_its_reason)
{
	static const struct {
		int rule;
		const char *before, *before_body; /* a command, or NULL */
		int64_t hours_later;
		const char *report;
		const char *expected; /* in the entry */
	} rows[] = {
	    {1, NULL, NULL, 0, "{\"reader\":9,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}",
	     "ACCESS_UNKNOWN_READER"},
	    {1, NULL, NULL, 0, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"800000\"}",
	     "ACCESS_CARD_LENGTH"},
	    {2, NULL, NULL, 0, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"c0000000\"}",
	     "\"why\":\"unknown_card\""},
	    {2, NULL, NULL, 0, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":25,\"card\":\"80000000\"}",
	     "\"why\":\"unknown_card\""},
	    {3, "people.suspend_badge", "{\"badge\":1,\"why\":\"lost\"}", 0,
	     "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}", "\"why\":\"badge_suspended\""},
	    {4, "people.issue_badge",
	     "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}", 1,
	     "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"20000000\"}", "\"why\":\"badge_expired\""},
	    {6, "doors.lock_down", "{\"why\":\"drill\"}", 0,
	     "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}", "\"why\":\"held\""},
	    {7, NULL, NULL, 0, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"40000000\"}",
	     "\"why\":\"forbidden_by_rule\""},
	    {7, NULL, NULL, 12, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}",
	     "\"why\":\"no_rule_permits\""},
	    {8, NULL, NULL, 0, "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}",
	     "access.Granted"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct try try;
		furnish(&try);
		if (rows[i].before)
			CHECK_INT(try_command(&try, rows[i].before, rows[i].before_body), CORE_DONE);
		try.now += rows[i].hours_later * HOURS;
		try_report(&try, "access.card_read", rows[i].report);
		if (!test_count(str_contains(try.result.entry, str_of(rows[i].expected))))
			test_fail(__FILE__, __LINE__, "rule %d: no %s in " STR_FMT, rows[i].rule, rows[i].expected,
				  STR_ARG(try.result.entry));
		try_release(&try);
	}
}

TEST(a_person_whose_stay_is_over_is_not_present)
{
	struct try try;
	furnish(&try);
	try_command(&try, "people.enrol",
		    "{\"name\":\"Ines Vo\",\"groups\":[\"staff\"],\"clearance\":1,\"until\":1795424460000}");
	try_command(&try, "people.issue_badge", "{\"person\":3,\"card\":\"10000000\",\"bits\":26,\"kind\":\"card\"}");
	static const char shown[] = "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"10000000\"}";
	try_report(&try, "access.card_read", shown);
	CHECK_STR(try_events(&try), STR("access.Granted doors.Released"));
	try.now += HOURS;
	try_report(&try, "access.card_read", shown);
	CHECK(str_contains(try.result.entry, STR("\"why\":\"not_present\"")));
	try_release(&try);
}

TEST(a_grant_names_its_rule_and_releases_the_door_by_an_order_to_its_line)
{
	struct try try;
	furnish(&try);
	try_report(&try, "access.card_read", "{\"reader\":2,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}");
	CHECK_STR(try_events(&try), STR("access.Granted doors.Released"));
	CHECK(str_contains(try.result.entry, STR("\"spoke\":[\"staff-in-office-hours\"]")));
	CHECK_INT(try.result.n_orders, 1);
	CHECK_STR(try.result.orders[0].driver, STR("line-1"));
	CHECK_STR(try.result.orders[0].body, STR("{\"door\":2,\"reader\":2,\"release\":3000}"));
	CHECK_INT(try.result.orders[0].not_after, try.now + 3000);
	try_release(&try);
}

TEST(a_refusal_orders_the_reader_to_show_it_and_nothing_else)
{
	struct try try;
	furnish(&try);
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"40000000\"}");
	CHECK_STR(try_events(&try), STR("access.Denied doors.Signalled"));
	CHECK_INT(try.result.n_orders, 1);
	CHECK_STR(try.result.orders[0].name, STR("doors.Signalled"));
	try_release(&try);
}

TEST(a_driver_speaks_only_for_its_own_line)
{
	struct try try;
	furnish(&try);
	try.line = STR("line-2");
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}");
	CHECK_STR(try.result.refusal, STR("ACCESS_UNKNOWN_READER"));
	try_release(&try);
}

TEST(the_driver_s_answer_to_a_release_records_that_the_strike_opened)
{
	struct try try;
	char body[64];
	furnish(&try);
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}");
	snprintf(body, sizeof body, "{\"entry\":%llu,\"event\":1}", (unsigned long long)try.result.index);
	CHECK_INT(try_report(&try, "drivers.done", body), CORE_DONE);
	CHECK_STR(try_events(&try), STR("drivers.OrderDone doors.StrikeReleased"));
	try_release(&try);
}

/* The card and the facts are the person's too, so that all of it goes when the person is forgotten; an entry of somebody forgotten is read like any other. */
TEST(what_a_card_tells_is_of_the_person_whose_it_is)
{
	static const struct {
		const char *report;
		size_t packets;
	} rows[] = {
	    {"{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}", 1}, /* granted */
	    {"{\"reader\":2,\"format\":\"wiegand\",\"bits\":26,\"card\":\"40000000\"}", 1}, /* denied */
	    {"{\"reader\":1,\"format\":\"wiegand\",\"bits\":25,\"card\":\"80000000\"}",
	     1}, /* denied, and names nobody */
	    {"{\"reader\":9,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}", 1}, /* refused */
	};
	struct try try;
	furnish(&try);
	try_vault_erase_subject(&try.vault, "person", 1);
	try_vault_erase_subject(&try.vault, "person", 2);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct entry entry;
		struct json_packets packets;
		try_report(&try, "access.card_read", rows[i].report);
		struct json json = json_over(try.result.entry, &try.arena);
		CHECK(entry_read(&json, &entry));
		CHECK_INT(entry.sealed.n, rows[i].packets);
		CHECK(core_open_packets(&try.vault.vault, &entry, &try.arena, &packets));
		for (size_t k = 0; k < packets.n; k++)
			CHECK(packets.at[k].state == JSON_PACKET_ERASED);
	}
	try_release(&try);
}
TEST(what_a_driver_decided_by_its_table_is_recorded_with_the_person_and_orders_nothing)
{
	static const struct {
		const char *report;
		const char *expected;
	} rows[] = {
	    {"{\"reader\":1,\"read\":7,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\",\"outcome\":"
	     "\"granted\","
	     "\"why\":\"schedule\",\"table\":5,\"at\":1795424400000}",
	     "{\"name\":\"access.DecidedByTable\",\"body\":{\"door\":1,\"reader\":1,\"outcome\":\"granted\",\"why\":"
	     "\"schedule\",\"table\":5,\"at\":1795424400000,\"person\":[0,1],\"badge\":[0,2]}}"},
	    {"{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"c0000000\",\"outcome\":\"denied\",\"why\":"
	     "\"no_table\",\"table\":0,\"at\":1795424400000}",
	     "\"why\":\"no_table\",\"table\":0,\"at\":1795424400000}}"},
	    {"{\"reader\":9,\"format\":\"raw\",\"bits\":26,\"card\":\"c0000000\",\"outcome\":\"denied\",\"why\":"
	     "\"no_table\",\"table\":0,\"at\":1795424400000}",
	     "ACCESS_UNKNOWN_READER"},
	    {"{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"c000\",\"outcome\":\"denied\",\"why\":"
	     "\"no_table\",\"table\":0,\"at\":1795424400000}",
	     "ACCESS_CARD_LENGTH"},
	};
	struct try try;
	furnish(&try);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		try_report(&try, "access.card_decided", rows[i].report);
		if (!test_count(str_contains(try.result.entry, str_of(rows[i].expected))))
			test_fail(__FILE__, __LINE__, "no %s in " STR_FMT, rows[i].expected, STR_ARG(try.result.entry));
		CHECK_INT(try.result.n_orders, 0);
	}
	try_release(&try);
}

/* Each reason that a driver may have: what it reports, and how the event begins, both up to the reason. */
static void check_reasons(const char *name, const char *report, const char *event, const char *const *reasons, size_t n)
{
	struct try try;
	char body[256], expected[256];
	furnish(&try);
	for (size_t i = 0; i < n; i++) {
		snprintf(body, sizeof body, "%s\"%s\"}", report, reasons[i]);
		snprintf(expected, sizeof expected, "%s\"%s\"", event, reasons[i]);
		CHECK_INT(try_report(&try, name, body), CORE_DONE);
		CHECK(str_contains(try.result.entry, str_of(expected)));
	}
	try_release(&try);
}

TEST(a_table_that_a_driver_did_not_take_is_recorded)
{
	static const char *const reasons[] = {"no_key", "parts", "form", "signature", "driver", "mission", "number"};
	check_reasons("access.table_refused", "{\"number\":7,\"why\":",
		      "\"access.TableNotTaken\",\"body\":{\"driver\":\"line-1\",\"number\":7,\"why\":", reasons,
		      ARRAY_LEN(reasons));
}

TEST(why_a_table_decided_so_is_recorded)
{
	static const char *const reasons[] = {"no_table", "unknown_reader", "held",	"door_shut", "unknown_card",
					      "not_now",  "expired_table",  "schedule", "standing"};
	check_reasons("access.card_decided",
		      "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"c0000000\",\"outcome\":\"denied\","
		      "\"table\":1,\"at\":1795424400000,\"why\":",
		      "\"door\":1,\"reader\":1,\"outcome\":\"denied\",\"why\":", reasons, ARRAY_LEN(reasons));
}

/* A report that says how long it has waited. */
static void read_late(struct try *try, int64_t ago)
{
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_REPORT,
	    .name = STR("access.card_read"),
	    .body = STR("{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"80000000\"}"),
	    .from = {.kind = ENTRY_FROM_DRIVER, .driver = {try->line, STR("12345678"), try->sequence + 1, .ago = ago}}};
	struct core_moment now = {.wall = try->now};
	const char *what;
	core_turn(&try->core, &input, &now, &try->arena, &try->result);
	CHECK(core_fold(&try->twin, try->result.entry, &try->arena, &what));
	try->sequence++;
}

/* The driver has stopped waiting by then, and decided by its table. */
TEST(a_card_that_has_waited_longer_than_its_driver_is_not_decided)
{
	struct try try;
	furnish(&try);
	read_late(&try, ACCESS_ANSWER_MS - 1);
	CHECK_STR(try_events(&try), STR("access.Granted doors.Released"));
	read_late(&try, ACCESS_ANSWER_MS);
	CHECK_STR(try_events(&try), STR("access.ReadLate"));
	CHECK_INT(try.result.n_orders, 0);
	try_release(&try);
}

TEST(nobody_who_was_forgotten_is_declared_to_stand_for_a_door)
{
	static const struct try_refusal rows[] = {
	    {"access.declare_standing", "{\"door\":1,\"person\":2}", "ACCESS_NO_PERSON"},
	    {"access.declare_standing", "{\"door\":1,\"person\":9}", "ACCESS_NO_PERSON"},
	    {"access.declare_standing", "{\"door\":9,\"person\":1}", "ACCESS_NO_DOOR"},
	    {"access.revoke_standing", "{\"standing\":1}", "ACCESS_NO_STANDING"},
	};
	struct try try;
	furnish(&try);
	try_start(&try, "record.forget_again", "{\"table\":\"person\",\"subject\":2}");
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	try_release(&try);
}
