/* record_test.c: what is staged, when a month is over, what is to be destroyed, the clock, and what ends the process. */
#include "domain/record/record.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static struct try try;

static void begin(void)
{
	try_init(&try, NULL);
	try_furnish(&try);
}

/* A hash as it stands in a row; in bodies it is "%064x". */
static struct str bytes_of(unsigned n)
{
	static uint8_t hash[32];
	hash[30] = (uint8_t)(n >> 8);
	hash[31] = (uint8_t)n;
	return (struct str){(const char *)hash, sizeof hash};
}

/* The clock */

#define DOUBT "{\"machine\":7,\"last\":5,\"why\":\"went_back\"}"

static void doubt(void)
{
	CHECK_INT(try_start(&try, "record.doubt_clock", DOUBT), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.ClockDoubted"));
}

TEST(a_clock_is_good_until_it_is_doubted_and_again_when_two_people_say_so)
{
	begin();
	CHECK(!record_clock_is_doubted(&try.core.state));
	doubt();
	CHECK(record_clock_is_doubted(&try.core.state));
	CHECK_INT(clock_get(&try.core.state, RECORD_CLOCK_ROW)->since, 5);
	CHECK_INT(try_command(&try, "record.confirm_clock", "{}"), CORE_DONE);
	CHECK(record_clock_is_doubted(&try.core.state));
	CHECK_INT(try_approve(&try, "second", "duty_officer", "record.confirm_clock", "{}"), CORE_DONE);
	CHECK(!record_clock_is_doubted(&try.core.state));
	CHECK(str_contains(try.result.entry, STR("{\"name\":\"record.ClockTrusted\",\"body\":{}}")));
	try_release(&try);
}

TEST(a_witness_that_tells_the_time_ends_the_doubt_and_is_named)
{
	begin();
	doubt();
	CHECK_INT(try_start(&try, "record.trust_clock", "{\"witness\":\"w.example\",\"told\":9}"), CORE_DONE);
	CHECK(str_contains(try.result.entry,
			   STR("{\"name\":\"record.ClockTrusted\",\"body\":{\"witness\":\"w.example\"}}")));
	CHECK(!record_clock_is_doubted(&try.core.state));
	try_release(&try);
}

TEST(a_clock_that_is_good_cannot_be_made_good)
{
	begin();
	CHECK_INT(try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":9}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("RECORD_CLOCK_GOOD"));
	doubt();
	doubt(); /* a second reason, and still one row */
	CHECK_INT(clock_count(&try.core.state), 1);
	try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":9}");
	CHECK_INT(try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":9}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("RECORD_CLOCK_GOOD"));
	doubt();
	CHECK(record_clock_is_doubted(&try.core.state));
	try_release(&try);
}

TEST(while_the_clock_is_doubted_no_month_is_forgotten)
{
	begin();
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"ffffffc0\"}");
	CHECK_INT(retention_count(&try.core.state), 1);
	doubt();
	try.now = retention_after(&try.core.state, 0)->ends;
	while (try_timer(&try))
		CHECK(!str_contains(try_events(&try), STR("MonthForgotten")));
	try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":9}");
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("record.MonthForgotten"));
	try_release(&try);
}

/* What is staged */

static enum core_verdict send(const char *command, unsigned hash, int part, int of)
{
	char body[256];
	snprintf(body, sizeof body, "{\"hash\":\"%064x\",\"part\":%d,\"of\":%d,\"data\":\"00\"}", hash, part, of);
	return strcmp(command, "record.bring_part") == 0 ? try_start(&try, command, body)
							 : try_command(&try, command, body);
}

static enum core_verdict stage(unsigned hash, int part, int of)
{
	return send("record.stage_part", hash, part, of);
}

static void refused(const char *refusal, const char *takes)
{
	CHECK_INT(try.result.verdict, CORE_REFUSED);
	CHECK_STR(try.result.refusal, str_of(refusal));
	CHECK_STR(try.result.refusal_takes, str_of(takes));
}

TEST(parts_come_in_order_and_the_entries_that_hold_them_are_known)
{
	begin();
	uint64_t first = try.core.size;
	CHECK_INT(stage(1, 1, 2), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Staged"));
	CHECK(!record_is_staged(&try.core.state, bytes_of(1)));
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK_INT(stage(1, 2, 2), CORE_DONE);
	CHECK(record_is_staged(&try.core.state, bytes_of(1)));
	CHECK(!record_is_staged(&try.core.state, bytes_of(2)));
	const struct stage_part *part = stage_part_after(&try.core.state, 0);
	CHECK(part->number == 1 && part->entry == (int64_t)first);
	part = stage_part_after(&try.core.state, part->part);
	CHECK(part->number == 2 && part->entry == (int64_t)first + 2);
	CHECK_INT(stage_part_count(&try.core.state), 2);
	try_release(&try);
}

TEST(a_part_that_is_not_the_next_one_is_refused)
{
	begin();
	stage(1, 2, 3);
	refused("RECORD_STAGE_ORDER", "{\"next\":1}");
	stage(1, 1, 3);
	stage(1, 1, 3);
	refused("RECORD_STAGE_ORDER", "{\"next\":2}");
	stage(1, 3, 3);
	refused("RECORD_STAGE_ORDER", "{\"next\":2}");
	stage(1, 2, 4);
	refused("RECORD_STAGE_OTHER", "{\"of\":3}");
	send("record.bring_part", 1, 2, 4); /* no more may the core itself */
	refused("RECORD_STAGE_OTHER", "{\"of\":3}");
	stage(1, 2, 3);
	CHECK_INT(stage(1, 3, 3), CORE_DONE);
	stage(1, 4, 3);
	refused("RECORD_STAGE_ORDER", "{\"next\":4}");
	CHECK_INT(stage_part_count(&try.core.state), 3);
	try_release(&try);
}

TEST(so_many_wholes_and_so_many_parts_and_no_more)
{
	begin();
	for (unsigned i = 0; i < STAGE_AT_MOST; i++)
		stage(i, 1, 1024);
	CHECK_INT(stage_count(&try.core.state), STAGE_AT_MOST);
	stage(STAGE_AT_MOST, 1, 1);
	refused("RECORD_FULL", "{\"at_most\":64}");
	send("record.bring_part", STAGE_AT_MOST, 1, 1);
	refused("RECORD_FULL", "{\"at_most\":64}");
	CHECK_INT(stage(0, 2, 1024), CORE_DONE);
	for (int part = 3; part <= 1024; part++)
		stage(0, part, 1024);
	for (unsigned i = 1; i < 8; i++)
		for (int part = 2; part <= 1024; part++)
			stage(i, part, 1024);
	CHECK_INT(stage_part_count(&try.core.state), STAGE_PART_AT_MOST);
	stage(9, 2, 1024);
	refused("RECORD_FULL", "{\"at_most\":8192}");
	try_release(&try);
}

TEST(what_is_not_used_within_the_hour_after_its_last_part_is_dropped)
{
	begin();
	stage(1, 1, 3);
	try.now += HOUR_MS - 1;
	stage(1, 2, 3);
	int64_t last = try.now;
	stage(2, 1, 1);
	try.now = last + HOUR_MS - 1;
	CHECK(!try_timer(&try));
	try.now++;
	CHECK(try_timer(&try));
	CHECK(str_contains(try.result.entry,
			   STR("{\"name\":\"record.StageDropped\",\"body\":{\"stage\":1,\"parts\":2}}")));
	CHECK(!stage_by_hash(&try.core.state, bytes_of(1)) && stage_by_hash(&try.core.state, bytes_of(2)));
	CHECK(try_timer(&try) && !try_timer(&try));
	CHECK_INT(stage_count(&try.core.state) + stage_part_count(&try.core.state), 0);
	try_release(&try);
}

static void in_force(unsigned hash)
{
	char body[512];
	snprintf(body, sizeof body,
		 "{\"program\":\"test\",\"schema\":\"%064d\",\"access\":\"%064x\",\"zone\":\"UTC\",\"offsets\":[]}", 0,
		 hash);
	try_start(&try, "mission.begin", body);
}

TEST(what_comes_into_force_is_kept_until_something_else_does)
{
	begin();
	stage(1, 1, 1);
	stage(2, 1, 1);
	in_force(1);
	CHECK_STR(try_events(&try), STR("mission.InForce record.StageKept"));
	in_force(1); /* once more, at the next start */
	CHECK_STR(try_events(&try), STR("mission.InForce"));
	in_force(2);
	CHECK_STR(try_events(&try), STR("mission.InForce record.StageKept"));
	CHECK(!stage_by_hash(&try.core.state, bytes_of(1)));
	try.now += 2 * HOUR_MS;
	CHECK(!try_timer(&try));
	CHECK(record_is_staged(&try.core.state, bytes_of(2)));
	CHECK_INT(stage_part_count(&try.core.state), 1);
	try_release(&try);
}

TEST(what_is_in_force_and_was_never_staged_is_not_missed)
{
	begin();
	stage(1, 1, 1);
	in_force(7);
	CHECK_STR(try_events(&try), STR("mission.InForce"));
	CHECK(stage_by_hash(&try.core.state, bytes_of(1))->has_until);
	try_release(&try);
}

TEST(the_text_of_what_is_in_force_already_is_kept_when_all_of_it_is_there)
{
	begin();
	in_force(5);
	CHECK_INT(send("record.bring_part", 5, 1, 2), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Staged"));
	CHECK_INT(send("record.bring_part", 5, 2, 2), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Staged record.StageKept"));
	send("record.bring_part", 5, 2, 2);
	refused("RECORD_STAGE_ORDER", "{\"next\":3}");
	CHECK_INT(send("record.bring_part", 6, 1, 1), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Staged"));
	try_release(&try);
}

/* Months */

TEST(a_month_is_over_so_long_after_its_end)
{
	static const struct {
		const char *keep;
		int64_t month, ends;
	} rows[] = {
	    {"90d", 683, 1803859200000},   /* November 2026: 2027-03-01 */
	    {"29d", 649, 1709251200000},   /* January 2024, behind it a leap day: 2024-03-01 */
	    {"1d", 650, 1709337600000},	   /* February 2024: 2024-03-02 */
	    {"1d", 1562, 4107628800000},   /* February 2100, of 28 days: 2100-03-02 */
	    {"1d", 361, 949449600000},	   /* January 2000: 2000-02-02 */
	    {"1d", 1560, 4102531200000},   /* December 2099: 2100-01-02 */
	    {"1d", 1, 2764800000},	   /* January 1970: 1970-02-02 */
	    {"9999d", 673, 2633817600000}, /* January 2026: 2053-06-18 */
	    {"6m", 683, 1811808000000},	   /* November 2026: 2027-06-01 */
	    {"1m", 684, 1801440000000},	   /* December 2026: 2027-02-01 */
	    {"12m", 675, 1806537600000},   /* March 2026: 2027-04-01 */
	    {"2y", 683, 1859241600000},	   /* November 2026: 2028-12-01 */
	    {"1y", 650, 1740787200000},	   /* February 2024: 2025-03-01 */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(record_month_ends(str_of(rows[i].keep), rows[i].month), rows[i].ends);
}

TEST(a_month_of_a_class_is_noted_once)
{
	begin();
	struct state *state = &try.core.state;
	size_t before = retention_count(state);
	record_note_month(state, STR("90d"), 700);
	record_note_month(state, STR("90d"), 700);
	record_note_month(state, STR("90d"), 701);
	record_note_month(state, STR("1y"), 700);
	CHECK_INT(retention_count(state), before + 3);
	uint64_t last = 0;
	for (const struct retention *row; (row = retention_after(state, last));)
		last = row->retention;
	const struct retention *row = retention_get(state, last);
	CHECK_STR(text_str(row->keep), STR("1y"));
	CHECK(row->month == 700 && row->ends == record_month_ends(STR("1y"), 700));
	try_give_back(&try);
}

/* What is to be destroyed */

static void forget_again(int person)
{
	char body[64];
	snprintf(body, sizeof body, "{\"table\":\"person\",\"subject\":%d}", person);
	CHECK_INT(try_start(&try, "record.forget_again", body), CORE_DONE);
}

static void erase(int upto, const char *event)
{
	char body[64];
	snprintf(body, sizeof body, "{\"upto\":%d}", upto);
	CHECK_INT(try_start(&try, "record.erase", body), CORE_DONE);
	CHECK(str_contains(try.result.entry, str_of(event)));
}

/* What was forgotten while a snapshot was written is not blank in it: its key waits for the next one. */
TEST(the_list_of_what_is_to_be_destroyed_is_emptied_as_far_as_it_was_and_counted)
{
	begin();
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"ffffffc0\"}");
	forget_again(1);
	try.now = retention_after(&try.core.state, 0)->ends;
	bool forgotten = false;
	while (!forgotten && try_timer(&try))
		forgotten = str_contains(try_events(&try), STR("MonthForgotten"));
	CHECK(forgotten);
	forget_again(2);
	size_t all = forgetting_count(&try.core.state);
	uint64_t upto = 0;
	const struct forgetting *row = forgetting_after(&try.core.state, 0);
	for (; row->month == 0; row = forgetting_after(&try.core.state, row->forgetting))
		CHECK_INT(row->subject, 1);
	upto = row->forgetting;
	char event[128];
	snprintf(event, sizeof event, "{\"upto\":%d,\"subjects\":%d,\"months\":1}", (int)upto, (int)upto - 1);
	erase((int)upto, event);
	CHECK_INT(forgetting_count(&try.core.state), all - upto);
	for (row = forgetting_after(&try.core.state, 0); row; row = forgetting_after(&try.core.state, row->forgetting))
		CHECK(row->subject == 2 && row->forgetting > upto);
	erase((int)upto, "\"subjects\":0,\"months\":0}"); /* twice is no harm */
	erase((int)all, "\"months\":0}");
	CHECK_INT(forgetting_count(&try.core.state), 0);
	try_release(&try);
}

TEST(a_baseline_names_the_snapshot_and_changes_nothing)
{
	char body[128], event[256];
	begin();
	snprintf(body, sizeof body, "{\"entries\":12,\"snapshot\":\"%064x\"}", 3);
	snprintf(event, sizeof event, "\"events\":[{\"name\":\"record.Baseline\",\"body\":%s}]", body);
	CHECK_INT(try_start(&try, "record.base", body), CORE_DONE);
	CHECK(str_contains(try.result.entry, str_of(event)));
	try_release(&try);
}

/* Signing */

TEST(signing_stops_once_and_the_first_witness_stays_named)
{
	begin();
	CHECK(!record_is_unsigned(&try.core.state));
	CHECK_INT(try_start(&try, "record.stop_signing", "{\"witness\":\"one\",\"entries\":20}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.SigningStopped"));
	CHECK_INT(try_start(&try, "record.stop_signing", "{\"witness\":\"two\",\"entries\":30}"), CORE_DONE);
	CHECK(record_is_unsigned(&try.core.state));
	const struct silence *row = silence_get(&try.core.state, RECORD_SILENCE_ROW);
	CHECK_STR(text_str(row->witness), STR("one"));
	CHECK_INT(row->entries, 20);
	try_release(&try);
}

/* What ends the process, and what the disk has */

TEST(a_timer_that_is_stopped_is_the_one_of_its_row_and_no_other)
{
	begin();
	try_command(&try, "oversight.look", "{\"purpose\":\"theft\",\"subjects\":[\"person:1\"]}");
	try_command(&try, "oversight.look", "{\"purpose\":\"theft\",\"subjects\":[\"person:2\"]}");
	CHECK_INT(try_start(&try, "record.stop_timer", "{\"timer\":\"oversight.look_over\",\"row\":1}"), CORE_DONE);
	try.now += HOUR_MS;
	CHECK(try_timer(&try));
	CHECK(!look_get(&try.core.state, 2));
	CHECK(!try_timer(&try));
	CHECK(look_get(&try.core.state, 1));
	try_release(&try);
}

TEST(a_timer_that_may_have_no_time_is_stopped_by_taking_it_away)
{
	begin();
	stage(1, 1, 1);
	try_start(&try, "record.stop_timer", "{\"timer\":\"record.drop_stage\",\"row\":1}");
	CHECK(!stage_get(&try.core.state, 1)->has_until);
	try.now += HOUR_MS;
	CHECK(!try_timer(&try));
	try_release(&try);
}

TEST(only_a_timer_that_there_is_can_be_stopped_of_whatever_row)
{
	begin();
	CHECK_INT(try_start(&try, "record.stop_timer", "{\"timer\":\"oversight.look\",\"row\":1}"), CORE_REFUSED);
	refused("RECORD_NO_TIMER", "{\"timer\":\"oversight.look\"}");
	CHECK_INT(try_start(&try, "record.stop_timer", "{\"timer\":\"oversight.look_over\",\"row\":9}"), CORE_DONE);
	try_release(&try);
}

TEST(what_was_not_decided_a_third_time_is_named_by_its_hash)
{
	char body[128], event[256];
	begin();
	snprintf(body, sizeof body, "{\"input\":\"trial.stumble\",\"hash\":\"%064x\"}", 9);
	snprintf(event, sizeof event, "\"events\":[{\"name\":\"record.SetAside\",\"body\":%s}]", body);
	CHECK_INT(try_start(&try, "record.put_aside", body), CORE_DONE);
	CHECK(str_contains(try.result.entry, str_of(event)));
	CHECK_INT(try_report(&try, "record.lay_aside", body), CORE_DONE);
	CHECK(str_contains(try.result.entry, str_of(event)));
	try_release(&try);
}

TEST(the_room_on_the_disk_is_said_as_it_is)
{
	static const char *const bodies[] = {"{\"free\":1048575,\"low\":true}", "{\"free\":2097152,\"low\":false}"};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CHECK_INT(try_start(&try, "record.change_space", bodies[i]), CORE_DONE);
		CHECK_STR(try_events(&try), STR("record.SpaceChanged"));
		CHECK(str_contains(try.result.entry, str_of(bodies[i])));
	}
	try_release(&try);
}
