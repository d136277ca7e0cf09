/* What stands before a command's decision: roles, the passkey of a grave one, the second person, and what saves life, which waits for none of them. */
#include "core/core.h"

#include "base/test.h"
#include "core/try.h"
#include "domain/oversight/oversight.h"
#include "schema/text.h"

enum { HOUR_MS = 60 * 60 * 1000, DAY_MS = 24 * HOUR_MS };

#define FORGET "{\"person\":2,\"why\":\"asked_for\"}"
static struct try try;

static void begin(void)
{
	try_init(&try, NULL);
	try_furnish(&try);
}

static void enrol_passkey(const char *login, const char *credential)
{
	char body[512];
	snprintf(body, sizeof body, "{\"login\":\"%s\",\"label\":\"key\",\"credential\":\"%s\",\"key\":\"04%0128d\"}",
		 login, credential, 0);
	CHECK_INT(try_command(&try, "operators.enrol_passkey", body), CORE_DONE);
}

static void assert_with(uint64_t passkey, int64_t counter)
{
	try.was.asserted = true;
	try.was.passkey = passkey;
	try.was.counter = counter;
}

/* Both have a passkey. */
static void begin_grave(void)
{
	begin();
	enrol_passkey("test", "aa");
	enrol_passkey("second", "bb");
}

static void ask_to_forget(void)
{
	assert_with(1, 5);
	CHECK_INT(try_command(&try, "people.forget", FORGET), CORE_DONE);
}

static enum core_verdict agree(const char *login, const char *role)
{
	assert_with(2, 9);
	return try_approve(&try, login, role, "people.forget", FORGET);
}

/* Roles */

TEST(a_command_is_for_the_roles_that_its_who_names)
{
	static const struct {
		const char *role, *command, *body;
		enum core_verdict verdict;
	} rows[] = {
	    {"security_officer", "people.suspend_badge", "{\"badge\":1,\"why\":\"lost\"}", CORE_DONE},
	    {"reception", "people.suspend_badge", "{\"badge\":2,\"why\":\"lost\"}", CORE_DONE},
	    {"staff", "people.restore_badge", "{\"badge\":1}", CORE_REFUSED},
	    {"guard", "people.restore_badge", "{\"badge\":1}", CORE_REFUSED},
	    {"", "people.restore_badge", "{\"badge\":1}", CORE_REFUSED},
	    {"security_office", "people.restore_badge", "{\"badge\":1}", CORE_REFUSED},
	    {"security_officer", "people.restore_badge", "{\"badge\":1}", CORE_DONE},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		try_as(&try, "odo", rows[i].role);
		CHECK_INT(try_command(&try, rows[i].command, rows[i].body), rows[i].verdict);
		if (rows[i].verdict == CORE_REFUSED)
			CHECK_STR(try.result.refusal_takes,
				  STR("{\"command\":\"people.restore_badge\",\"login\":\"odo\"}"));
	}
	try_release(&try);
}

TEST(one_role_of_several_is_enough_and_none_is_not)
{
	static const struct str roles[] = {{"auditor", 7}, {"guard", 5}, {"security_officer", 16}};
	static const enum core_verdict verdicts[] = {CORE_REFUSED, CORE_REFUSED, CORE_REFUSED, CORE_DONE};
	begin();
	for (size_t n = 0; n <= ARRAY_LEN(roles); n++) {
		struct core_input input = {.kind = ENTRY_INPUT_KIND_COMMAND,
					   .name = STR("site.add_building"),
					   .body = STR("{\"name\":\"Shed\"}"),
					   .from = {.kind = ENTRY_FROM_OPERATOR, .operator= {.login = STR("odo")} },
						    .roles = roles,
						    .n_roles = n};
		struct core_moment now = {.wall = try.now};
		core_turn(&try.core, &input, &now, &try.arena, &try.result);
		CHECK_INT(try.result.verdict, verdicts[n]);
	}
	try_give_back(&try);
}

TEST(reports_and_starts_come_from_our_own_processes_and_need_no_role)
{
	begin();
	try_as(&try, "", "");
	CHECK_INT(try_report(&try, "doors.reader_tamper", "{\"reader\":1,\"tamper\":true,\"power\":false}"), CORE_DONE);
	CHECK_INT(try_start(&try, "record.change_space", "{\"free\":1,\"low\":true}"), CORE_DONE);
	try_release(&try);
}

/* Grave */

TEST(a_grave_command_needs_a_passkey_s_word_after_the_role)
{
	begin_grave();
	CHECK_INT(try_command(&try, "people.forget", FORGET), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("OVERSIGHT_UNASSERTED"));
	CHECK_STR(try.result.refusal_takes, STR("{\"command\":\"people.forget\"}"));
	assert_with(1, 5);
	try_as(&try, "gus", "guard");
	CHECK_INT(try_command(&try, "people.forget", FORGET), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	try_as(&try, "test", "security_officer");
	ask_to_forget();
	CHECK(try.result.pending > 0);
	try_release(&try);
}

TEST(a_passkey_that_was_touched_is_recorded_with_its_counter_also_where_a_second_person_is_asked)
{
	begin_grave();
	ask_to_forget();
	CHECK_STR(try_events(&try), STR("oversight.ApprovalAsked operators.PasskeyUsed"));
	CHECK_INT(passkey_get(&try.core.state, 1)->counter, 5);
	agree("second", "duty_officer");
	CHECK_STR(try_events(&try), STR("people.PersonForgotten oversight.Approved operators.PasskeyUsed"));
	CHECK_INT(passkey_get(&try.core.state, 2)->counter, 9);
	/* A command that is not grave may carry one as well. */
	try_as(&try, "test", "security_officer");
	assert_with(1, 6);
	CHECK_INT(try_command(&try, "site.add_building", "{\"name\":\"Shed\"}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("site.BuildingAdded operators.PasskeyUsed"));
	CHECK_INT(passkey_get(&try.core.state, 1)->counter, 6);
	try_release(&try);
}

TEST(of_a_refused_command_the_passkey_stands_in_what_was_checked_and_nowhere_else)
{
	begin_grave();
	assert_with(1, 7);
	try.checked = STR("{\"uid\":1000,\"roles\":[\"security_officer\"],\"asserted\":1,\"counter\":7}");
	CHECK_INT(try_command(&try, "site.add_building", "{\"name\":\"Main building\"}"), CORE_REFUSED);
	CHECK_STR(try_events(&try), STR(""));
	CHECK(str_contains(try.result.entry,
			   STR("\"checked\":{\"uid\":1000,\"roles\":[\"security_officer\"],\"asserted\":1,"
			       "\"counter\":7},\"input\"")));
	CHECK_INT(passkey_get(&try.core.state, 1)->counter, 0);
	try_release(&try);
}

TEST(the_passkey_that_a_command_removes_speaks_for_it_once_more)
{
	begin_grave();
	assert_with(1, 8);
	CHECK_INT(try_command(&try, "operators.remove_passkey", "{\"passkey\":1}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("operators.PasskeyRemoved operators.PasskeyUsed"));
	CHECK(!passkey_get(&try.core.state, 1));
	try_release(&try);
}

TEST(what_was_checked_stands_in_the_entry_as_it_came_and_is_null_where_nothing_was)
{
	begin();
	try.checked = STR("{\"uid\":1001,\"roles\":[]}");
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK(str_contains(try.result.entry, STR(",\"checked\":{\"uid\":1001,\"roles\":[]},\"input\":")));
	try_command(&try, "site.add_building", "{\"name\":\"Hut\"}");
	CHECK(str_contains(try.result.entry, STR(",\"checked\":null,\"input\":")));
	try_release(&try);
}

/* The second person */

TEST(a_command_that_needs_a_second_person_waits_and_changes_nothing_yet)
{
	begin_grave();
	ask_to_forget();
	CHECK_INT(try.result.pending, 1);
	const struct pending *row = pending_get(&try.core.state, try.result.pending);
	CHECK_STR(text_str(row->command), STR("people.forget"));
	CHECK_STR(text_str(row->login), STR("test"));
	CHECK_INT(row->entry, try.result.index);
	CHECK_INT(row->until, try.now + DAY_MS);
	CHECK(!person_get(&try.core.state, 2)->forgotten);
	CHECK_STR(try.result.gives, STR("{}"));
	try_release(&try);
}

TEST(when_another_agrees_it_is_decided_and_the_entry_names_both)
{
	begin_grave();
	ask_to_forget();
	struct core_result asked = try.result;
	CHECK_INT(agree("second", "duty_officer"), CORE_DONE);
	CHECK_INT(try.result.pending, 0);
	CHECK(str_contains(try.result.entry,
			   STR("{\"name\":\"oversight.Approved\",\"body\":{\"pending\":1,\"command\":\"people.forget\","
			       "\"asked_by\":\"test\",\"login\":\"second\"}}")));
	CHECK(person_get(&try.core.state, 2)->forgotten);
	CHECK_INT(pending_count(&try.core.state), 0);
	try.result = asked;
	CHECK_INT(agree("second", "duty_officer"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("OVERSIGHT_NO_PENDING"));
	try_release(&try);
}

TEST(whoever_asked_cannot_agree_and_others_need_the_role_and_their_own_passkey)
{
	begin_grave();
	ask_to_forget();
	struct core_result asked = try.result;
	agree("test", "security_officer");
	CHECK_STR(try.result.refusal, STR("OVERSIGHT_SAME_PERSON"));
	CHECK_STR(try.result.refusal_takes, STR("{\"login\":\"test\"}"));
	try.result = asked;
	agree("second", "administrator"); /* who may ask for it, but not agree to it */
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	try.result = asked;
	try_approve(&try, "second", "duty_officer", "people.forget", FORGET);
	CHECK_STR(try.result.refusal, STR("OVERSIGHT_UNASSERTED"));
	try.result = asked;
	CHECK_INT(agree("second", "head_of_mission"), CORE_DONE); /* who may agree to it, but not ask for it */
	try_release(&try);
}

TEST(an_approval_is_for_the_command_that_was_asked_for)
{
	begin_grave();
	ask_to_forget();
	uint64_t pending = try.result.pending;
	try_as(&try, "second", "security_officer");
	try.was.pending = pending;
	CHECK_INT(try_command(&try, "record.confirm_clock", "{}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("OVERSIGHT_NO_PENDING"));
	/* A command that needs nobody's approval is approved by nobody. */
	try.was.pending = pending;
	CHECK_INT(try_command(&try, "site.add_building", "{\"name\":\"Shed\"}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	CHECK_INT(pending_count(&try.core.state), 1);
	try_release(&try);
}

TEST(an_approval_comes_in_time_or_not_at_all_whether_the_timer_has_run_or_not)
{
	static const struct {
		int64_t after;
		bool timer;
		const char *refusal;
	} rows[] = {
	    {DAY_MS - 1, false, ""},
	    {DAY_MS, false, "OVERSIGHT_NO_PENDING"},
	    {DAY_MS, true, "OVERSIGHT_NO_PENDING"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin_grave();
		ask_to_forget();
		struct core_result asked = try.result;
		try.now += rows[i].after;
		if (rows[i].timer) {
			CHECK(try_timer(&try));
			CHECK_STR(try_events(&try), STR("oversight.ApprovalOver"));
		}
		try.result = asked;
		agree("second", "duty_officer");
		CHECK_STR(try.result.verdict == CORE_REFUSED ? try.result.refusal : STR(""), str_of(rows[i].refusal));
		try_release(&try);
	}
}

TEST(it_is_decided_by_how_things_are_when_it_is_approved)
{
	begin();
	try_start(&try, "record.doubt_clock", "{\"machine\":1,\"last\":2,\"why\":\"jumped\"}");
	try_command(&try, "record.confirm_clock", "{}");
	struct core_result asked = try.result;
	CHECK(asked.pending > 0);
	try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":1}");
	try.result = asked;
	CHECK_INT(try_approve(&try, "second", "duty_officer", "record.confirm_clock", "{}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("RECORD_CLOCK_GOOD"));
	/* It still waits: things may change again before its time is over. */
	try_start(&try, "record.doubt_clock", "{\"machine\":1,\"last\":2,\"why\":\"jumped\"}");
	try.result = asked;
	CHECK_INT(try_approve(&try, "third", "duty_officer", "record.confirm_clock", "{}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.ClockTrusted oversight.Approved"));
	try_release(&try);
}

TEST(what_was_asked_for_may_be_declined_also_by_whoever_asked)
{
	static const char *const logins[] = {"second", "test"};
	for (size_t i = 0; i < ARRAY_LEN(logins); i++) {
		begin_grave();
		ask_to_forget();
		try_as(&try, logins[i], "security_officer");
		CHECK_INT(try_command(&try, "oversight.decline", "{\"pending\":1,\"why\":\"not yet\"}"), CORE_DONE);
		CHECK_STR(try_events(&try), STR("oversight.Declined"));
		CHECK_INT(try_command(&try, "oversight.decline", "{\"pending\":1,\"why\":\"not yet\"}"), CORE_REFUSED);
		CHECK_STR(try.result.refusal, STR("OVERSIGHT_NO_PENDING"));
		try.result.pending = 1;
		CHECK_INT(agree("third", "duty_officer"), CORE_REFUSED);
		CHECK_STR(try.result.refusal, STR("OVERSIGHT_NO_PENDING"));
		CHECK(!person_get(&try.core.state, 2)->forgotten);
		try_release(&try);
	}
}

TEST(two_that_wait_are_told_apart)
{
	begin_grave();
	ask_to_forget();
	struct core_result first = try.result;
	assert_with(1, 6);
	try_command(&try, "people.forget", "{\"person\":1,\"why\":\"law\"}");
	CHECK_INT(try.result.pending, 2);
	try.result = first;
	CHECK_INT(agree("second", "duty_officer"), CORE_DONE);
	CHECK(!pending_get(&try.core.state, 1) && pending_get(&try.core.state, 2));
	try_release(&try);
}

/* Life safety */

TEST(what_saves_life_is_done_at_once_and_looked_at_afterwards)
{
	begin();
	try_as(&try, "gus", "guard");
	CHECK_INT(try_command(&try, "doors.lock_down", "{\"why\":\"intruder\"}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("doors.LockedDown oversight.ReviewOwed"));
	CHECK_INT(try.result.pending, 0);
	const struct review *row = review_get(&try.core.state, 1);
	CHECK_STR(text_str(row->command), STR("doors.lock_down"));
	CHECK_STR(text_str(row->login), STR("gus"));
	CHECK_INT(row->entry, try.result.index);
	CHECK_INT(row->until, try.now + HOUR_MS);
	try_release(&try);
}

TEST(only_the_role_stands_before_what_saves_life)
{
	begin();
	try_as(&try, "val", "reception");
	CHECK_INT(try_command(&try, "doors.lock_down", "{\"why\":\"intruder\"}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, STR("doors.lock_down"));
	CHECK(type->life_safety && !type->grave && type->n_approvers == 0 && type->rate_times == 0);
	try_release(&try);
}

TEST(what_saves_life_is_done_also_when_no_more_reviews_can_be_owed)
{
	begin();
	for (size_t i = 0; i < REVIEW_AT_MOST; i++)
		try_command(&try, "doors.lock_down", "{\"why\":\"drill\"}");
	CHECK_INT(review_count(&try.core.state), REVIEW_AT_MOST);
	CHECK_INT(try_command(&try, "doors.lock_down", "{\"why\":\"attack\"}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("doors.LockedDown"));
	try_release(&try);
}

/* Undoing */

TEST(what_undoes_a_command_is_a_command_that_takes_what_the_first_one_told)
{
	static const struct {
		const char *command, *body, *undo, *undo_body;
	} rows[] = {
	    {"people.suspend_badge", "{\"badge\":1,\"why\":\"lost\"}", "people.restore_badge", "{\"badge\":1}"},
	    {"doors.lock_down", "{\"why\":\"drill\"}", "doors.lift_lockdown", "{}"},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, str_of(rows[i].command));
		CHECK_STR(type->undo, str_of(rows[i].undo));
		CHECK_INT(try_command(&try, rows[i].command, rows[i].body), CORE_DONE);
		CHECK_INT(try_command(&try, rows[i].undo, rows[i].undo_body), CORE_DONE);
	}
	CHECK_INT(badge_get(&try.core.state, 1)->state, BADGE_STATE_ACTIVE);
	CHECK_INT(lockdown_count(&try.core.state), 0);
	try_release(&try);
}
