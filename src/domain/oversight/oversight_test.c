/* oversight_test.c: looks, reviews, and what waits. What stands before a command's decision is core_gate_test.c's. */
#include "domain/oversight/oversight.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

static struct try try;

static void begin(void)
{
	try_init(&try, NULL);
	try_furnish(&try);
}

static void refused(const char *refusal, const char *takes)
{
	CHECK_INT(try.result.verdict, CORE_REFUSED);
	CHECK_STR(try.result.refusal, str_of(refusal));
	CHECK_STR(try.result.refusal_takes, str_of(takes));
}

/* Looks */

#define LOOK(subjects) "{\"purpose\":\"theft\",\"subjects\":[" subjects "]}"

static enum core_verdict look(const char *body)
{
	return try_command(&try, "oversight.look", body);
}

static bool is_open(const char *login, const char *subject)
{
	return oversight_is_open(&try.core.state, str_of(login), str_of(subject));
}

TEST(a_look_opens_its_subjects_to_whoever_asked_and_to_nobody_else)
{
	begin();
	CHECK(!is_open("test", "person:1"));
	CHECK_INT(look(LOOK("\"person:1\",\"badge:2\"")), CORE_DONE);
	CHECK_STR(try.result.gives, STR("{\"look\":1}"));
	CHECK(is_open("test", "person:1") && is_open("test", "badge:2"));
	CHECK(!is_open("test", "person:2") && !is_open("test", "person") && !is_open("test", ""));
	CHECK(!is_open("other", "person:1") && !is_open("", "person:1"));
	CHECK(str_contains(try.result.entry,
			   STR("{\"name\":\"oversight.Looked\",\"body\":{\"look\":1,\"login\":\"test\","
			       "\"purpose\":\"theft\",\"subjects\":[\"person:1\",\"badge:2\"],\"until\":")));
	try_release(&try);
}

TEST(a_look_is_over_after_a_quarter_of_an_hour)
{
	begin();
	look(LOOK("\"person:1\""));
	CHECK_INT(core_due(&try.core), try.now + 15 * MINUTE_MS);
	try.now += 15 * MINUTE_MS - 1;
	CHECK(!try_timer(&try) && is_open("test", "person:1"));
	try.now++;
	CHECK(try_timer(&try));
	CHECK(str_contains(try.result.entry, STR("{\"name\":\"oversight.LookOver\",\"body\":{\"look\":1,"
						 "\"login\":\"test\"}}")));
	CHECK(!is_open("test", "person:1"));
	CHECK_INT(look_count(&try.core.state), 0);
	try_release(&try);
}

TEST(of_two_looks_each_ends_by_itself)
{
	begin();
	look(LOOK("\"person:1\""));
	try.now += MINUTE_MS;
	look(LOOK("\"person:2\""));
	look(LOOK("\"person:1\""));
	try.now += 14 * MINUTE_MS;
	CHECK(try_timer(&try) && !try_timer(&try));
	CHECK(is_open("test", "person:1") && is_open("test", "person:2"));
	try.now += MINUTE_MS;
	CHECK(try_timer(&try) && try_timer(&try) && !try_timer(&try));
	CHECK(!is_open("test", "person:1") && !is_open("test", "person:2"));
	try_release(&try);
}

TEST(a_look_is_at_rows_that_there_are)
{
	static const char *const wrong[] = {"person:3",
					    "person:0",
					    "person:01",
					    "person:",
					    "person",
					    ":1",
					    "",
					    "griffin:1",
					    "person:1 ",
					    "person:-1",
					    "person:99999999999999999999"};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char body[128], takes[64];
		snprintf(body, sizeof body, LOOK("\"person:1\",\"%s\""), wrong[i]);
		snprintf(takes, sizeof takes, "{\"subject\":\"%s\"}", wrong[i]);
		look(body);
		refused("OVERSIGHT_NO_SUBJECT", takes);
	}
	CHECK(!is_open("test", "person:1"));
	CHECK_INT(look(LOOK("\"building:1\",\"door:2\",\"reader:1\"")), CORE_DONE);
	try_release(&try);
}

TEST(a_look_is_at_a_hundred_subjects_and_no_more)
{
	static char body[4096];
	begin();
	for (size_t n = 100; n <= 101; n++) {
		struct buf b = BUF(body);
		BUF_LIT(&b, "{\"purpose\":\"theft\",\"subjects\":[\"person:1\"");
		for (size_t i = 1; i < n; i++)
			BUF_LIT(&b, ",\"person:2\"");
		BUF_LIT(&b, "]}");
		buf_put_char(&b, 0);
		CHECK_INT(look(body), n == 100 ? CORE_DONE : CORE_BAD);
	}
	CHECK(is_open("test", "person:2"));
	try_release(&try);
}

TEST(so_many_looks_are_open_and_no_more)
{
	begin();
	for (size_t i = 0; i < LOOK_AT_MOST; i++)
		CHECK_INT(look(LOOK("\"person:1\"")), CORE_DONE);
	look(LOOK("\"person:1\""));
	refused("OVERSIGHT_FULL", "{\"at_most\":256}");
	try.now += 15 * MINUTE_MS;
	CHECK(try_timer(&try));
	CHECK_INT(look(LOOK("\"person:1\"")), CORE_DONE);
	try_release(&try);
}

/* Reviews of what saves life */

static void lock_down(void)
{
	try_as(&try, "gus", "guard");
	CHECK_INT(try_command(&try, "doors.lock_down", "{\"why\":\"intruder\"}"), CORE_DONE);
	CHECK(str_contains(try_events(&try), STR("oversight.ReviewOwed")));
	try_as(&try, "test", "security_officer");
}

static enum core_verdict review(const char *body)
{
	return try_command(&try, "oversight.review", body);
}

TEST(what_was_done_at_once_is_reviewed_by_another_person_and_then_owed_no_more)
{
	begin();
	lock_down();
	CHECK_INT(review("{\"review\":1,\"finding\":\"proper\",\"note\":\"seen on camera\"}"), CORE_DONE);
	CHECK(
	    str_contains(try.result.entry,
			 STR("{\"name\":\"oversight.Reviewed\",\"body\":{\"review\":1,\"command\":\"doors.lock_down\","
			     "\"login\":\"test\",\"finding\":\"proper\",\"note\":\"seen on camera\"}}")));
	CHECK_INT(review_count(&try.core.state), 0);
	review("{\"review\":1,\"finding\":\"proper\"}");
	refused("OVERSIGHT_NO_REVIEW", "{\"review\":1}");
	lock_down();
	CHECK_INT(review("{\"review\":2,\"finding\":\"improper\"}"), CORE_DONE);
	CHECK(str_contains(try.result.entry, STR("\"finding\":\"improper\"}")));
	try.now += HOUR_MS;
	CHECK(!try_timer(&try));
	try_release(&try);
}

TEST(nobody_reviews_what_they_did_themselves)
{
	begin();
	lock_down();
	try_as(&try, "gus", "duty_officer");
	review("{\"review\":1,\"finding\":\"proper\"}");
	refused("OVERSIGHT_SAME_PERSON", "{\"login\":\"gus\"}");
	CHECK_INT(review_count(&try.core.state), 1);
	try_release(&try);
}

TEST(a_review_that_nobody_made_within_the_hour_is_told_once_and_stays_open)
{
	begin();
	lock_down();
	try.now += HOUR_MS - 1;
	CHECK(!try_timer(&try));
	try.now++;
	CHECK(try_timer(&try));
	CHECK(str_contains(
	    try.result.entry,
	    STR("{\"name\":\"oversight.ReviewMissed\",\"body\":{\"review\":1,\"command\":\"doors.lock_down\","
		"\"login\":\"gus\"}}")));
	CHECK(!try_timer(&try));
	CHECK(!review_get(&try.core.state, 1)->has_until);
	CHECK_INT(review("{\"review\":1,\"finding\":\"proper\"}"), CORE_DONE);
	CHECK_INT(review_count(&try.core.state), 0);
	try_release(&try);
}

TEST(two_things_that_were_done_at_once_are_reviewed_one_by_one)
{
	begin();
	lock_down();
	lock_down();
	CHECK_INT(review_get(&try.core.state, 2)->entry, review_get(&try.core.state, 1)->entry + 1);
	review("{\"review\":2,\"finding\":\"proper\"}");
	CHECK(review_get(&try.core.state, 1) && !review_get(&try.core.state, 2));
	try_release(&try);
}

/* What waits */

static void ask(void)
{
	try_start(&try, "record.doubt_clock", "{\"machine\":1,\"last\":2,\"why\":\"jumped\"}");
	try_as(&try, "test", "security_officer");
	CHECK_INT(try_command(&try, "record.confirm_clock", "{}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("oversight.ApprovalAsked"));
}

TEST(an_approval_that_nobody_gave_is_over_at_its_time)
{
	begin();
	ask();
	CHECK_INT(core_due(&try.core), try.now + HOUR_MS);
	try.now += HOUR_MS - 1;
	CHECK(!try_timer(&try));
	try.now++;
	CHECK(try_timer(&try));
	CHECK(str_contains(try.result.entry, STR("{\"name\":\"oversight.ApprovalOver\",\"body\":{\"pending\":1,"
						 "\"command\":\"record.confirm_clock\"}}")));
	CHECK(!try_timer(&try));
	CHECK_INT(pending_count(&try.core.state), 0);
	try_release(&try);
}

TEST(what_is_declined_is_said_with_who_and_why)
{
	begin();
	ask();
	try_as(&try, "second", "duty_officer");
	CHECK_INT(try_command(&try, "oversight.decline", "{\"pending\":1,\"why\":\"not sure\"}"), CORE_DONE);
	CHECK(str_contains(
	    try.result.entry,
	    STR("{\"name\":\"oversight.Declined\",\"body\":{\"pending\":1,\"command\":\"record.confirm_clock\","
		"\"login\":\"second\",\"why\":\"not sure\"}}")));
	try.now += HOUR_MS;
	CHECK(!try_timer(&try));
	try_release(&try);
}

TEST(only_what_waits_still_can_be_declined)
{
	begin();
	ask();
	try_command(&try, "oversight.decline", "{\"pending\":2,\"why\":\"no\"}");
	refused("OVERSIGHT_NO_PENDING", "{\"pending\":2}");
	try.now += HOUR_MS; /* the timer has not run yet */
	try_command(&try, "oversight.decline", "{\"pending\":1,\"why\":\"no\"}");
	refused("OVERSIGHT_NO_PENDING", "{\"pending\":1}");
	try_release(&try);
}

TEST(so_many_commands_wait_and_no_more)
{
	begin();
	for (size_t i = 0; i < PENDING_AT_MOST; i++)
		ask();
	try_command(&try, "record.confirm_clock", "{}");
	refused("OVERSIGHT_FULL", "{\"at_most\":256}");
	CHECK_INT(try.result.pending, 0);
	try_command(&try, "oversight.decline", "{\"pending\":7,\"why\":\"no\"}");
	ask();
	CHECK(pending_get(&try.core.state, PENDING_AT_MOST + 1));
	try_release(&try);
}
