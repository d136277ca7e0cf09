/* hub_command_test.c: what askers ask to be done: by whom, how often, with whose passkey, approved and undone. */
#include "sim/rig.h"

#include "sim/authenticator.h"

RIG_TEST(a_command_is_answered_with_its_entry_or_with_the_refusal_and_what_it_takes)
{
	PLAY({OFFICER, ADD_BUILDING("Annex"), BUILT("76", "2")},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':1,'why':'lost'"), "{'done':{'entry':77,'gives':{}}}"},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':99,'why':'lost'"),
	      "{'refused':{'entry':78,'name':'PEOPLE_NO_BADGE','takes':{'badge':99}}}"},
	     {OFFICER, COMMAND("drivers.done", "'entry':1,'event':1"), /* a report, not a command */
	      BAD("41", "there is nothing of the name drivers.done",
		  "`chancery help` lists the commands and their members.")});
	CHECK_INT(rig_entries(), 3);
}

RIG_TEST(a_role_that_may_not_is_refused_and_the_entry_says_who_asked)
{
	static const struct {
		enum rig_who who;
		const char *answer, *entry;
	} rows[] = {
	    {RECEPTION, "{'refused':{'name':'MISSION_ROLE','takes':{'command':'site.add_building','login':'gil'}}}",
	     "\"from\":{\"operator\":{\"login\":\"gil\"}},\"checked\":{\"uid\":1070,\"roles\":[\"reception\"]}"},
	    {NOBODY, "{'refused':{'name':'MISSION_ROLE','takes':{'command':'site.add_building','login':'ida'}}}",
	     "\"from\":{\"operator\":{\"login\":\"ida\"}},\"checked\":{\"uid\":1072,\"roles\":[]}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(rows[i].who, ADD_BUILDING("Annex"));
		CHECK_TOLD(rows[i].who, rows[i].answer);
		CHECK_HAS(rig_entry(RIG_FURNISHED + i), rows[i].entry);
		CHECK_HAS(rig_entry(RIG_FURNISHED + i), "\"events\":[]");
	}
}

RIG_TEST(indexes_are_told_to_those_who_may_read_the_record)
{
	PLAY({GUARD, COMMAND("people.suspend_badge", "'badge':1,'why':'lost'"), "{'done':{'gives':{}}}"},
	     {DUTY, COMMAND("record.confirm_clock", ""), "{'done':{'entry':77,'pending':1,'gives':{}}}"});
}

/* How often */

#define LOOK COMMAND("oversight.look", "'purpose':'a test','subjects':['person:1']")

static void look(enum rig_who who, int times)
{
	for (int i = 0; i < times; i++) {
		rig_say(who, LOOK);
		CHECK(str_starts(rig_told(who), STR("{'done':")));
	}
}

RIG_TEST(what_is_asked_for_too_often_is_to_be_asked_again_later_and_is_no_entry)
{
	look(OFFICER, 12);
	rig_wait_ms(1000);
	size_t before = rig_entries();
	PLAY({OFFICER, LOOK, "{'busy':{'retry_ms':3599000}}"}, {OFFICER, LOOK, "{'busy':{'retry_ms':3599000}}"});
	CHECK_INT(rig_entries(), before);
	look(SECOND, 12);			      /* somebody else */
	PLAY({OFFICER, ADD_BUILDING("Annex"), NULL}); /* something else */
	CHECK(str_starts(rig_told(OFFICER), STR("{'done':")));
	rig_wait_ms(3598999);
	PLAY({OFFICER, LOOK, "{'busy':{'retry_ms':1}}"}, {SECOND, LOOK, "{'busy':{'retry_ms':1001}}"});
	rig_wait_ms(1);
	look(OFFICER, 12);
	rig_say(OFFICER, LOOK);
	CHECK_HAS(rig_told(OFFICER), "{'busy':{'retry_ms':3600000}}");
}

RIG_TEST(two_connections_of_one_person_are_one_person)
{
	static const struct str roles[] = {{"security_officer", 16}};
	hub_detach(rig.hub, SECOND);
	CHECK_INT(hub_attach_asker(rig.hub, &(struct hub_person){STR("ana"), 1000, roles, 1, 0, 0}), SECOND);
	look(OFFICER, 6);
	look(SECOND, 6);
	rig_say(SECOND, LOOK);
	CHECK_HAS(rig_told(SECOND), "{'busy':");
}

/* Only so many windows are remembered, so the oldest is forgotten when that many people ask at once. */
RIG_TEST(of_too_many_people_the_one_who_asked_first_may_ask_again)
{
	enum { WINDOWS = 256 };
	static const struct str roles[] = {{"auditor", 7}};
	char login[8];
	look(OFFICER, 12);
	for (int i = 0; i < WINDOWS; i++) {
		rig_say(OFFICER, LOOK);
		CHECK_HAS(rig_told(OFFICER), "{'busy':");
		rig.premises.clock_us++;
		snprintf(login, sizeof login, "p%d", i);
		hub_detach(rig.hub, AUDITOR);
		hub_attach_asker(rig.hub, &(struct hub_person){str_of(login), 1, roles, 1, 0, 0});
		rig_say(AUDITOR, LOOK);
		rig_commit();
		rig_forget();
	}
	rig_say(OFFICER, LOOK);
	CHECK_HAS(rig_told(OFFICER), "'OVERSIGHT_FULL'"); /* is asked again, and the core has enough open */
}

/* Passkeys */

static struct authenticator passkey;

static void enrol(const char *login)
{
	char line[1024];
	struct buf b = BUF(line);
	BUF_LIT(&b, "{'command':{'name':'operators.enrol_passkey','body':{'login':'");
	buf_put_str(&b, str_of(login));
	BUF_LIT(&b, "','label':'key','credential':'");
	buf_put_hex(&b, passkey.credential, sizeof passkey.credential);
	BUF_LIT(&b, "','key':'");
	buf_put_hex(&b, passkey.point, sizeof passkey.point);
	BUF_LIT(&b, "'}}}");
	buf_put_char(&b, 0);
	rig_say(OFFICER, line);
	CHECK_HAS(rig_told(OFFICER), "'gives':{'passkey':1}");
}

static struct str nonce(enum rig_who who)
{
	struct answer_line answer = rig_ask_one(who, (struct ask_line){.kind = ASK_LINE_NONCE});
	CHECK_INT(answer.kind, ANSWER_LINE_NONCE);
	return answer.nonce.nonce;
}

static const struct str asserted = {"site.add_building", 17};

/* A command with this passkey's word for it, over this nonce. */
static struct answer_line assert_it(enum rig_who who, struct str body, struct str over)
{
	struct assertion said = authenticator_assert(&passkey, asserted, body, over, &rig.arena);
	return rig_ask_one(who,
			   (struct ask_line){.kind = ASK_LINE_COMMAND,
					     .command = {asserted, body, .has_assertion = true, .assertion = said}});
}

static void check_bad(struct answer_line answer, const char *what)
{
	CHECK_INT(answer.kind, ANSWER_LINE_BAD);
	CHECK_HAS(answer.bad.what, what);
	CHECK_STR(answer.bad.remedy,
		  STR("Use one that is enrolled for you, with a nonce that was asked for just now."));
}

#define ANNEX STR("{\"name\":\"Annex\"}")

RIG_TEST(a_passkeys_word_enters_the_record_and_its_counter_is_remembered)
{
	authenticator_init(&passkey, 1);
	passkey.counter = 41;
	enrol("ana");
	CHECK_INT(assert_it(OFFICER, ANNEX, nonce(OFFICER)).kind, ANSWER_LINE_DONE);
	struct str entry = rig_entry(RIG_FURNISHED + 1);
	CHECK_HAS(entry, "\"checked\":{\"uid\":1064,\"roles\":[\"security_officer\"],\"asserted\":1,\"counter\":41}");
	CHECK_HAS(entry,
		  "{\"name\":\"operators.PasskeyUsed\",\"body\":{\"passkey\":1,\"login\":\"ana\",\"counter\":41}}");
	CHECK_INT(passkey_get(rig_state(), 1)->counter, 41);
	check_bad(assert_it(OFFICER, STR("{\"name\":\"Hut\"}"), nonce(OFFICER)), "its counter did not rise");
	passkey.counter = 42;
	CHECK_INT(assert_it(OFFICER, STR("{\"name\":\"Hut\"}"), nonce(OFFICER)).kind, ANSWER_LINE_DONE);
	authenticator_release(&passkey);
}

RIG_TEST(a_nonce_is_good_once_for_two_minutes_and_for_who_asked_for_it)
{
	static const char stale[] = "its nonce was used already or is older than two minutes";
	enum { TWO_MINUTES_MS = 120000 };
	static const uint8_t zeros[32];
	authenticator_init(&passkey, 1);
	enrol("ana");
	size_t before = rig_entries();
	struct str never = {(const char *)zeros, sizeof zeros};
	check_bad(assert_it(OFFICER, ANNEX, never), stale);
	struct str late = nonce(OFFICER);
	rig_wait_ms(TWO_MINUTES_MS);
	check_bad(assert_it(OFFICER, ANNEX, late), stale);
	struct str first = nonce(OFFICER), second = nonce(OFFICER);
	CHECK(!str_eq(first, second));
	check_bad(assert_it(OFFICER, ANNEX, first), "it was made for something else");
	check_bad(assert_it(OFFICER, ANNEX, second), stale); /* the wrong try has used it up */
	check_bad(assert_it(OFFICER, ANNEX, nonce(SECOND)), stale);
	CHECK_INT(rig_entries(), before);
	struct str good = nonce(OFFICER);
	rig_wait_ms(TWO_MINUTES_MS - 1);
	CHECK_INT(assert_it(OFFICER, ANNEX, good).kind, ANSWER_LINE_DONE);
	check_bad(assert_it(OFFICER, STR("{\"name\":\"Hut\"}"), good), stale);
	CHECK_INT(rig_entries(), before + 1);
	authenticator_release(&passkey);
}

RIG_TEST(a_passkey_speaks_for_its_person_and_for_one_command)
{
	authenticator_init(&passkey, 1);
	check_bad(assert_it(OFFICER, ANNEX, nonce(OFFICER)), "that passkey is not one of yours"); /* nobody's yet */
	enrol("ana");
	size_t before = rig_entries();
	check_bad(assert_it(SECOND, ANNEX, nonce(SECOND)), "that passkey is not one of yours");
	struct str over = nonce(OFFICER);
	struct assertion said = authenticator_assert(&passkey, asserted, ANNEX, over, &rig.arena);
	struct ask_line other = {
	    .kind = ASK_LINE_COMMAND,
	    .command = {asserted, STR("{\"name\":\"Hut\"}"), .has_assertion = true, .assertion = said}};
	check_bad(rig_ask_one(OFFICER, other), "it was made for something else");
	passkey.flags = AUTHENTICATOR_UP;
	check_bad(assert_it(OFFICER, ANNEX, nonce(OFFICER)), "was not touched by somebody whom it knows");
	passkey.flags |= AUTHENTICATOR_UV;
	passkey.rp = "example";
	check_bad(assert_it(OFFICER, ANNEX, nonce(OFFICER)), "it is for another site");
	passkey.rp = "localhost";
	struct authenticator another;
	authenticator_init(&another, 1); /* of the same name, with another key */
	struct authenticator own = passkey;
	passkey = another;
	check_bad(assert_it(OFFICER, ANNEX, nonce(OFFICER)), "its signature is not that passkey's");
	passkey = own;
	CHECK_INT(rig_entries(), before);
	CHECK_INT(assert_it(OFFICER, ANNEX, nonce(OFFICER)).kind, ANSWER_LINE_DONE);
	authenticator_release(&passkey);
	authenticator_release(&another);
}

/* Approval */

/* The machine's clock jumps: confirming it needs two people. */
static void doubt_clock(void)
{
	rig.premises.wall_us = rig.premises.clock_us + INT64_C(3600) * 1000000;
	rig_wait_ms(5000);
	CHECK_INT(rig_entries(), 1);
	rig_forget();
}

#define CONFIRM		 COMMAND("record.confirm_clock", "")
#define APPROVE(pending) "{'approve':{'pending':" pending "}}"

RIG_TEST(a_second_person_agrees_and_the_entry_names_both)
{
	doubt_clock();
	PLAY({OFFICER, CONFIRM, "{'done':{'entry':77,'pending':1,'gives':{}}}"});
	rig_wait_ms(1000);
	PLAY({STAFF, APPROVE("1"),
	      "{'refused':{'name':'MISSION_ROLE','takes':{'command':'record.confirm_clock','login':'hal'}}}"},
	     {OFFICER, APPROVE("1"), "{'refused':{'entry':79,'name':'OVERSIGHT_SAME_PERSON','takes':{'login':'ana'}}}"},
	     {SECOND, APPROVE("1"), "{'done':{'entry':80,'gives':{}}}"});
	struct str entry = rig_entry(80);
	CHECK_HAS(entry, "\"from\":{\"operator\":{\"login\":\"ben\"}}");
	CHECK_HAS(entry, "\"pending\":1,\"asked\":{\"entry\":77,\"login\":\"ana\",\"wall\":1795424405000}}");
	CHECK_HAS(entry, "\"record.ClockTrusted\"");
	CHECK_HAS(entry, "\"oversight.Approved\"");
	CHECK_INT(pending_count(rig_state()), 0);
}

RIG_TEST(what_does_not_wait_cannot_be_approved)
{
	static const char nothing[] = BAD("0", "nothing waits for approval under that number",
					  "Its time may be over: let the command be given again.");
	enum { HOUR_MS = 3600000 };
	doubt_clock();
	PLAY({SECOND, APPROVE("1"), nothing}, {OFFICER, CONFIRM, NULL},
	     {SECOND, APPROVE("1"), nothing}, /* it was not durable then */
	     {SECOND, APPROVE("2"), nothing}, {SECOND, APPROVE("1"), NULL});
	CHECK_HAS(rig_told(SECOND), "{'done':");
	PLAY({SECOND, APPROVE("1"), nothing});
	rig.premises.wall_us += INT64_C(3600) * 1000000;
	rig_wait_ms(5000);
	PLAY({OFFICER, CONFIRM, NULL});
	CHECK_HAS(rig_told(OFFICER), "'pending':1");
	rig_wait_ms(HOUR_MS);
	PLAY({SECOND, APPROVE("1"), nothing});
}

RIG_TEST(who_approves_may_touch_a_passkey_for_the_command_that_waits)
{
	authenticator_init(&passkey, 1);
	enrol("ben");
	rig.premises.wall_us = rig.premises.clock_us + INT64_C(3600) * 1000000;
	rig_wait_ms(5000);
	rig_say(OFFICER, CONFIRM);
	rig_commit();
	for (int good = 0; good < 2; good++) {
		struct assertion said = authenticator_assert(&passkey, STR("record.confirm_clock"),
							     good ? STR("{}") : STR("{ }"), nonce(SECOND), &rig.arena);
		struct answer_line answer =
		    rig_ask_one(SECOND, (struct ask_line){.kind = ASK_LINE_APPROVE,
							  .approve = {1, .has_assertion = true, .assertion = said}});
		CHECK_INT(answer.kind, good ? ANSWER_LINE_DONE : ANSWER_LINE_BAD);
	}
	CHECK_HAS(rig_entry(hub_core(rig.hub)->size - 1), "\"asserted\":1,\"counter\":0,\"pending\":1,");
	authenticator_release(&passkey);
}

/* Undoing */

#define UNDO(entry) "{'undo':{'entry':" entry "}}"
static const char nothing_undoes[] =
    BAD("0", "there is nothing that undoes this entry",
	"Only a command that was done, and whose schema names what undoes it, can be undone.");

RIG_TEST(a_command_is_undone_by_the_one_that_its_schema_names)
{
	PLAY({GUARD, COMMAND("people.suspend_badge", "'badge':3,'why':'lost'"), "{'done':{'gives':{}}}"},
	     {OFFICER, UNDO("76"), "{'done':{'entry':77,'gives':{}}}"});
	struct str entry = rig_entry(77);
	CHECK_HAS(entry, "\"input\":{\"kind\":\"command\",\"name\":\"people.restore_badge\",\"body\":{\"badge\":3}}");
	CHECK_HAS(entry, "\"checked\":{\"uid\":1064,\"roles\":[\"security_officer\"],\"undoes\":76}");
	CHECK_INT(badge_get(rig_state(), 3)->state, BADGE_STATE_ACTIVE);
	/* What may not be done any more is refused like any command. */
	PLAY({OFFICER, UNDO("76"), "{'refused':{'entry':78,'name':'PEOPLE_BADGE_ALREADY','takes':{'badge':3}}}"});
	CHECK_HAS(rig_entry(78), "\"undoes\":76}");
}

RIG_TEST(what_has_no_undoing_is_told)
{
	PLAY({OFFICER, COMMAND("people.suspend_badge", "'badge':99,'why':'lost'"), NULL}, /* is refused */
	     {OFFICER, ADD_BUILDING("Annex"), NULL},					  /* has none */
	     {ONE, TAMPER("1", "1", "true"), NULL},					  /* no command */
	     {GUARD, COMMAND("people.suspend_badge", "'badge':3,'why':'lost'"), NULL});
	rig_commit();
	rig_forget();
	PLAY({OFFICER, UNDO("76"), nothing_undoes}, {OFFICER, UNDO("77"), nothing_undoes},
	     {OFFICER, UNDO("78"), nothing_undoes}, {OFFICER, UNDO("80"), nothing_undoes},
	     {GUARD, UNDO("79"), nothing_undoes}, /* knows no index */
	     {ADMINISTRATOR, UNDO("79"),
	      "{'refused':{'entry':80,'name':'MISSION_ROLE','takes':{'command':'people.restore_badge','login':'eva'}}"
	      "}"});
}

/* A disk that is nearly full */

RIG_TEST(when_the_disk_is_nearly_full_commands_wait_and_doors_do_not)
{
	static const char full[] =
	    BAD("0", "the disk is nearly full: only what keeps people safe is taken",
		"Free room on the disk of the mission's directory; `chancery doctor` says how much.");
	rig.options.space_low_bytes = 1000;
	rig_reopen();
	rig_say(ONE, HELLO("1", "1"));
	rig.premises.free_bytes = 999;
	rig_wait_ms(5000);
	rig_forget();
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")});
	size_t before = rig_entries();
	static const struct {
		enum rig_who who;
		const char *line;
	} rows[] = {{OFFICER, ADD_BUILDING("Annex")}, {OFFICER, CONFIRM}, {NOBODY, ADD_BUILDING("Annex")}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(rows[i].who, rows[i].line);
		CHECK_TOLD(rows[i].who, full);
	}
	CHECK_INT(rig_entries(), before);
}
