/* hub_command_trial_test.c: commands as the trial's schema has them (tests/trial): grave, life-saving, undone, with secrets, in boxes, and those that end the
 * process. */
#include "sim/rig.h"

#include "base/traffic.h"

#include "sim/authenticator.h"

#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

/* What waits */

RIG_TEST(of_what_waits_a_reader_sees_what_is_for_him_and_is_told_whether_that_is_all)
{
	rig_say(OFFICER, COMMAND("trial.propose", "'person':1,'why':'kept from the duty officer'"));
	rig_commit();
	rig_forget();
	rig_say(SECOND, "{'waiting':{}}");
	struct str told = rig_told(SECOND);
	CHECK_HAS(told, "'may':true,");
	CHECK_HAS(told, "'body':{'person':1,'why':'kept from the duty officer'},'whole':true,");
	rig_say(AUDITOR, "{'waiting':{}}");
	CHECK_HAS(rig_told(AUDITOR), "'body':{'person':1},'whole':false,");
	rig_say(DUTY, "{'waiting':{}}");
	told = rig_told(DUTY);
	CHECK_HAS(told, "'may':true,");
	CHECK_HAS(told, "'whole':false,");
	CHECK_HAS_NO(told, "kept from");
}

/* Grave ones */

static struct authenticator keys[2]; /* of ana and ben, as passkeys 1 and 2 */

static void enrol(void)
{
	static const char *const logins[] = {"ana", "ben"};
	for (uint8_t i = 0; i < 2; i++) {
		char line[1024];
		struct buf b = BUF(line);
		authenticator_init(&keys[i], (uint8_t)(i + 1));
		BUF_LIT(&b, "{'command':{'name':'operators.enrol_passkey','body':{'login':'");
		buf_put_str(&b, str_of(logins[i]));
		BUF_LIT(&b, "','label':'key','credential':'");
		buf_put_hex(&b, keys[i].credential, sizeof keys[i].credential);
		BUF_LIT(&b, "','key':'");
		buf_put_hex(&b, keys[i].point, sizeof keys[i].point);
		BUF_LIT(&b, "'}}}");
		buf_put_char(&b, 0);
		rig_say(OFFICER, line);
	}
	rig_commit();
	rig_forget();
	CHECK_INT(passkey_count(rig_state()), 2);
}

static void release(void)
{
	authenticator_release(&keys[0]);
	authenticator_release(&keys[1]);
}

static struct assertion touched(enum rig_who who, struct str name, struct str body)
{
	struct answer_line nonce = rig_ask_one(who, (struct ask_line){.kind = ASK_LINE_NONCE});
	return authenticator_assert(&keys[who - OFFICER], name, body, nonce.nonce.nonce, &rig.arena);
}

static struct answer_line command_with(enum rig_who who, struct str name, struct str body)
{
	struct ask_line line = {.kind = ASK_LINE_COMMAND,
				.command = {name, body, .has_assertion = true, .assertion = touched(who, name, body)}};
	return rig_ask_one(who, line);
}

RIG_TEST(what_is_grave_is_done_with_a_passkeys_word_and_refused_without)
{
	enrol();
	PLAY({OFFICER, COMMAND("trial.arm", "'code':7"),
	      "{'refused':{'entry':78,'name':'OVERSIGHT_UNASSERTED','takes':{'command':'trial.arm'}}}"});
	CHECK_INT(command_with(OFFICER, STR("trial.arm"), STR("{\"code\":7}")).kind, ANSWER_LINE_DONE);
	CHECK_HAS(rig_entry(79), "\"asserted\":1,");
	release();
}

/* The second person's passkey speaks for the same command, its values in clear, as they stand in the record sealed. */
RIG_TEST(what_is_grave_and_needs_two_people_needs_a_passkey_of_each)
{
	static const char body[] = "{\"person\":1,\"why\":\"because\"}", name[] = "trial.launch";
	enrol();
	struct answer_line asked = command_with(OFFICER, STR("trial.launch"), str_of(body));
	CHECK(asked.kind == ANSWER_LINE_DONE && asked.done.has_pending && asked.done.pending == 1);
	CHECK_HAS(rig_entry(78), "\"body\":{\"person\":1,\"why\":[0,0]}");
	rig_say(SECOND, "{'approve':{'pending':1}}");
	CHECK_HAS(rig_told(SECOND), "'OVERSIGHT_UNASSERTED'");
	struct assertion said = touched(SECOND, str_of(name), STR("{\"person\":1,\"why\":[0,0]}"));
	struct ask_line approve = {.kind = ASK_LINE_APPROVE, .approve = {1, .has_assertion = true, .assertion = said}};
	CHECK_INT(rig_ask_one(SECOND, approve).kind, ANSWER_LINE_BAD);
	approve.approve.assertion = touched(SECOND, str_of(name), str_of(body));
	CHECK_INT(rig_ask_one(SECOND, approve).kind, ANSWER_LINE_DONE);
	struct str entry = rig_entry(hub_core(rig.hub)->size - 1);
	CHECK_HAS(entry, "\"asserted\":2,\"counter\":0,\"pending\":1,\"asked\":{\"entry\":78,\"login\":\"ana\",");
	CHECK_HAS(entry, "{\"name\":\"trial.Done\",\"body\":{\"what\":\"launch\"}}");
	release();
}

RIG_TEST(what_waits_and_was_forgotten_meanwhile_cannot_be_approved)
{
	PLAY({OFFICER, COMMAND("trial.propose", "'person':1,'why':'because'"),
	      "{'done':{'entry':76,'pending':1,'gives':{}}}"},
	     {OFFICER, COMMAND("trial.propose", "'person':2,'why':'because'"),
	      "{'done':{'entry':77,'pending':2,'gives':{}}}"},
	     {OFFICER, COMMAND("trial.forget", "'person':1"), NULL});
	rig_commit();
	rig_forget();
	PLAY({SECOND, "{'approve':{'pending':1}}",
	      BAD("0", "what was asked for has been forgotten meanwhile", "Let the command be given again.")});
	rig_say(SECOND, "{'approve':{'pending':2}}");
	CHECK_HAS(rig_told(SECOND), "{'done':");
	CHECK_HAS(rig_entry(hub_core(rig.hub)->size - 1), "\"what\":\"propose\"");
}

/* The hour counts, not when its timer runs: after a long sleep a line may come before it. */
RIG_TEST(an_approval_that_comes_too_late_is_refused_also_before_its_timer_has_run)
{
	enum { HOUR_MS = 60 * 60 * 1000 };
	for (int late = 0; late < 2; late++) {
		rig_say(OFFICER, COMMAND("trial.propose", "'person':1,'why':'because'"));
		rig_commit();
		rig_forget();
		rig.premises.clock_us += (HOUR_MS - 1 + late) * INT64_C(1000);
		rig_say(SECOND, late ? "{'approve':{'pending':2}}" : "{'approve':{'pending':1}}");
		CHECK_HAS(rig_told(SECOND), late ? "'OVERSIGHT_NO_PENDING'" : "{'done':");
	}
}

/* What saves life, and what is asked for too often */

RIG_TEST(what_saves_life_is_done_at_once_and_looked_at_afterwards)
{
	rig.options.space_low_bytes = 1000;
	rig_reopen();
	rig.premises.free_bytes = 1;
	rig_wait_ms(5000);
	rig_forget();
	size_t before = rig_entries();
	PLAY({GUARD, COMMAND("trial.shout", "'where':'gate'"), "{'done':{'gives':{}}}"},
	     {RECEPTION, COMMAND("trial.shout", "'where':'gate'"),
	      "{'refused':{'name':'MISSION_ROLE','takes':{'command':'trial.shout','login':'gil'}}}"});
	CHECK_INT(rig_entries(), before + 2);
	CHECK_INT(review_count(rig_state()), 1);
	CHECK_HAS(rig_entry(RIG_FURNISHED + before), "\"oversight.ReviewOwed\"");
	/* All else waits for room: */
	static const char *const rows[] = {COMMAND("trial.knock", ""), "{'undo':{'entry':3}}",
					   "{'approve':{'pending':1}}",
					   "{'blob':{'subject':'person:1','part':1,'of':1,'data':'00'}}"};
	rig.premises.free_bytes = 1500; /* not yet enough */
	rig_wait_ms(5000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(OFFICER, rows[i]);
		CHECK_HAS(rig_told(OFFICER), i == 0 || i == 3 ? "the disk is nearly full" : "{'bad':");
	}
	rig.premises.free_bytes = 2000;
	rig_wait_ms(5000);
	rig_say(OFFICER, rows[0]);
	CHECK_HAS(rig_told(OFFICER), "{'done':");
}

RIG_TEST(a_command_is_given_as_often_as_its_rate_and_once_more_is_once_too_often)
{
	enum { MINUTE_MS = 60000 };
	static const char knock[] = COMMAND("trial.knock", "");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++) {
			rig_say(GUARD, knock);
			CHECK_HAS(rig_told(GUARD), "{'done':");
		}
		rig_say(GUARD, knock);
		CHECK_TOLD(GUARD, "{'busy':{'retry_ms':60000}}");
		rig_wait_ms(MINUTE_MS);
	}
	/* One that was refused counts too. */
	for (int i = 0; i < 3; i++)
		rig_say(RECEPTION, knock);
	CHECK_HAS(rig_told(RECEPTION), "{'busy':");
}

/* Undoing: what the undoing command takes is in what the other took, or in what it made */

#define OPEN(more) COMMAND("trial.open_dossier", "'person':1,'title':'T','health':'good','said':'hello'" more)

RIG_TEST(an_undoing_gets_its_values_from_the_command_and_from_its_events)
{
	PLAY({OFFICER, OPEN(",'colour':'blue'"), "{'done':{'entry':76,'gives':{'dossier':1}}}"},
	     {OFFICER, OPEN(""), "{'done':{'entry':77,'gives':{'dossier':2}}}"},
	     {OFFICER, "{'undo':{'entry':76}}", "{'done':{'entry':78,'gives':{}}}"},
	     {OFFICER, "{'undo':{'entry':77}}", "{'done':{'entry':79,'gives':{}}}"});
	CHECK_HAS(rig_entry(78), "\"name\":\"trial.close_dossier\",\"body\":{\"dossier\":1,\"colour\":\"blue\"}}");
	CHECK_HAS(rig_entry(79), "\"name\":\"trial.close_dossier\",\"body\":{\"dossier\":2}}");
	CHECK(!dossier_get(rig_state(), 1)->open && !dossier_get(rig_state(), 2)->open);
}

/* Secrets */

static bool has_secret(const struct keys *file, uint64_t number)
{
	uint8_t value[RECORD_VALUE_BYTES_MAX];
	struct key_id id = key_of_secret(STR("secret"), number, STR("value"));
	return keyfile_secret(file->file, &id, value, NULL) > 0;
}

static uint32_t secrets(void)
{
	struct keyfile_state state;
	keyfile_state(rig.premises.keys.file, &state);
	return state.used[KEY_SECRET];
}

RIG_TEST(a_secret_is_a_number_in_the_record_and_its_value_in_the_file_of_keys)
{
	PLAY({OFFICER, OPEN(",'pin':'31343135'"), "{'done':{'entry':76,'gives':{'dossier':1}}}"});
	const struct dossier *row = dossier_get(rig_state(), 1);
	CHECK(row->has_pin && has_secret(&rig.premises.keys, row->pin) && !has_secret(&rig.premises.doors, row->pin));
	CHECK_HAS_NO(rig_entry(76), "31343135");
	CHECK(!disk_holds(rig.disk, "1415", 4) && !disk_holds(rig.disk, "31343135", 8));
	rig_say(OFFICER, "{'follow':{'from':76}}");
	CHECK_HAS_NO(rig_told(OFFICER), "'pin'");
	rig_power_failure();
	CHECK(has_secret(&rig.premises.keys, dossier_get(rig_state(), 1)->pin));
}

RIG_TEST(the_secret_of_a_command_that_was_refused_or_not_understood_is_destroyed)
{
	PLAY({GUARD, OPEN(",'pin':'31343135'"),
	      "{'refused':{'name':'MISSION_ROLE','takes':{'command':'trial.open_dossier','login':'finn'}}}"});
	CHECK_INT(secrets(), 0);
	rig_say(OFFICER, OPEN(",'pin':'31343135','colour':'green'"));
	CHECK_HAS(rig_told(OFFICER), "{'bad':");
	CHECK_INT(secrets(), 0);
	rig_say(OFFICER, OPEN(",'pin':'31343135'"));
	rig_commit();
	CHECK_INT(secrets(), 1);
}

/* Boxes */

static struct str box_of(struct str entry)
{
	struct str before, box, rest;
	const char *at = memmem(entry.at, entry.len, "\"box\":\"", 7);
	CHECK(at != NULL);
	before = (struct str){at + 7, (size_t)(entry.at + entry.len - at - 7)};
	CHECK(str_cut(before, '"', &box, &rest));
	return box;
}

RIG_TEST(duress_shows_to_nobody_but_those_of_the_compartment)
{
	PLAY({GUARD, COMMAND("trial.enter_code", "'code':1"), "{'done':{'gives':{}}}"},
	     {GUARD, COMMAND("trial.enter_code", "'code':999"), "{'done':{'gives':{}}}"});
	struct str open = rig_entry(76), pressed = rig_entry(77);
	CHECK_INT(open.len, pressed.len - 2); /* the code has two digits more */
	CHECK_INT(box_of(open).len, box_of(pressed).len);
	CHECK_HAS_NO(pressed, "trial.Duress");
	rig_say(OFFICER, "{'follow':{'last':1}}");
	CHECK_HAS(rig_told(OFFICER), "{'name':'trial.Duress','body':{'login':'finn'}}");
	rig_say(AUDITOR, "{'follow':{'last':1}}");
	CHECK_HAS_NO(rig_told(AUDITOR), "Duress");
}

/* Inputs that end the process */

/* In a process of its own; true when it was ended by what was said. */
static bool ends_the_process(enum rig_who who, const char *line)
{
	int status = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		rig_say(who, line);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status);
}

#define STUMBLE	 COMMAND("trial.stumble", "'reader':1")
#define STUMBLED REPORT("1", "trial.stumbled", "'reader':1")

RIG_TEST(a_command_that_has_ended_the_process_twice_is_not_decided_a_third_time)
{
	for (int i = 0; i < 2; i++) {
		CHECK(ends_the_process(OFFICER, STUMBLE));
		rig_reopen();
	}
	size_t before = rig_entries();
	PLAY({OFFICER, STUMBLE,
	      "{'bad':{'offset':0,'what':'this command has ended the core twice and was not decided a third time',"
	      "'remedy':'The record says so; `chancery doctor` tells where the reports of the crashes lie.'}}"});
	CHECK_INT(rig_entries(), before + 1);
	struct str entry = rig_entry(RIG_FURNISHED + before);
	CHECK_HAS(entry, "\"from\":{\"core\":{}}");
	CHECK_HAS(entry, "{\"name\":\"record.SetAside\",\"body\":{\"input\":\"trial.stumble\",\"hash\":\"");
	/* Another body is another input. */
	CHECK(ends_the_process(OFFICER, COMMAND("trial.stumble", "'reader':2")));
}

RIG_TEST(a_report_that_has_ended_the_process_twice_is_entered_under_its_number_and_acknowledged)
{
	for (int i = 0; i < 2; i++) {
		CHECK(ends_the_process(ONE, STUMBLED));
		rig_reopen();
		rig_say(ONE, HELLO("1", "1"));
		rig_commit();
		rig_forget();
	}
	PLAY({ONE, STUMBLED, ACK("1")}, {ONE, TAMPER("2", "1", "true"), ACK("2")});
	struct str entry = rig_entry(RIG_FURNISHED);
	CHECK_HAS(entry, "\"from\":{\"driver\":{\"name\":\"line-1\",");
	CHECK_HAS(entry, "\"input\":{\"kind\":\"report\",\"name\":\"record.lay_aside\",");
	CHECK_HAS(entry, "\"input\":\"trial.stumbled\"");
	rig_reopen();
	CHECK_INT(rig_entries(), 2);
}

RIG_TEST(what_happens_between_two_crashes_is_no_suspect)
{
	CHECK(ends_the_process(OFFICER, STUMBLE));
	rig_reopen();
	rig_say(ONE, HELLO("1", "1"));
	for (int i = 1; i <= 3; i++) {
		rig_say(OFFICER, ADD_BUILDING("Annex"));
		rig_commit();
		rig_reopen();
	}
	CHECK_INT(rig.premises.danger->now, 0);
	CHECK_INT(rig.premises.danger->n, 1);
	CHECK(ends_the_process(OFFICER, STUMBLE)); /* the second time */
	rig_reopen();
	CHECK_INT(rig.premises.danger->n, 1);
	CHECK_INT(rig.premises.danger->suspects[0].kills, 2);
}

/* What was set aside is named by a hash that needs the mission's key: a card's number could be guessed from another. */
RIG_TEST(what_was_set_aside_tells_nothing_of_its_body)
{
	static const char body[] = "{\"reader\":1}";
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof hash + 1] = "";
	struct buf b = BUF(hex);
	crypto_hash_sha256(hash, (const uint8_t *)body, sizeof body - 1);
	buf_put_hex(&b, hash, sizeof hash);
	for (int i = 0; i < 2; i++) {
		CHECK(ends_the_process(OFFICER, STUMBLE));
		rig_reopen();
	}
	rig_say(OFFICER, STUMBLE);
	rig_commit();
	struct str entry = rig_entry(hub_core(rig.hub)->size - 1);
	CHECK_HAS(entry, "\"hash\":\"");
	CHECK_HAS_NO(entry, hex);
}

/* How a device is to be */

#define SET_MODE(mode) COMMAND("trial.set_mode", "'reader':1,'mode':'" mode "'")
#define DESIRED(entry, mode)                                                                                           \
	"{'desired':{'entry':" entry                                                                                   \
	",'event':0,'name':'trial.ModeSet','key':'reader:1','body':{'reader':1,'mode':'" mode "'}}}"

RIG_TEST(what_is_desired_is_told_to_its_driver_at_once_and_at_each_hello)
{
	PLAY({OFFICER, SET_MODE("card"), NULL}, {OFFICER, SET_MODE("card_and_pin"), NULL});
	rig_commit();
	CHECK_HEARD(OFFICER, "{'done':{'entry':76,'gives':{}}}\n{'done':{'entry':77,'gives':{}}}");
	CHECK_HEARD(
	    ONE,
	    DESIRED("77", "card_and_pin")); /* what another took the place of in the same batch nobody needs to know */
	CHECK_HEARD(ZERO, "");
	PLAY({ONE, HELLO("1", "1"), DESIRED("77", "card_and_pin")}, {ZERO, HELLO("0", "1"), ""},
	     {ONE, "{'done':{'sequence':1,'entry':77,'event':0}}", ACK("1")},
	     {ONE, HELLO("1", "2"), DESIRED("77", "card_and_pin")}); /* it has no end */
	hub_detach(rig.hub, ONE);
	PLAY({OFFICER, SET_MODE("card"), "{'done':{'entry':79,'gives':{}}}"});
	rig_attach(ONE);
	rig_commit();
	rig_forget();
	PLAY({ONE, HELLO("1", "1"), DESIRED("79", "card")});
	PLAY({OFFICER, COMMAND("trial.set_mode", "'reader':99,'mode':'card'"),
	      "{'refused':{'entry':80,'name':'TRIAL_NO_READER','takes':{'reader':99}}}"});
}

/* An entry of so many bytes that a line has no room for it beside its envelope. */
static struct str enter_long(void)
{
	enum { WHAT_BYTES = 64900 };
	static char line[70000];
	struct buf b = BUF(line);
	BUF_LIT(&b, "{\"command\":{\"name\":\"trial.recite\",\"body\":{\"door\":1,\"what\":\"");
	for (size_t n = 0; n < WHAT_BYTES; n++)
		buf_put_char(&b, 'a');
	BUF_LIT(&b, "\"}}}");
	rig_line(OFFICER, buf_str(&b));
	rig_commit();
	rig_forget();
	return rig_entry(hub_core(rig.hub)->size - 1);
}

RIG_TEST(an_entry_that_is_too_long_for_a_line_comes_in_parts)
{
	enum { RAW_BYTES_MAX = 65000 };
	static char whole[70000];
	struct answer_line answers[8];
	struct buf b = BUF(whole);
	rig.options.outside.tap = traffic_put; /* no other subject has so long an entry */
	rig_reopen();
	struct str entry = enter_long();
	int64_t index = (int64_t)hub_core(rig.hub)->size - 1, left = (int64_t)entry.len;
	CHECK(entry.len > RAW_BYTES_MAX);
	struct ask_line ask = {.kind = ASK_LINE_RAW, .raw = {.from = index, .has_to = true, .to = index + 1}};
	size_t n = rig_ask(AUDITOR, &ask, answers, ARRAY_LEN(answers));
	CHECK_INT(n, 4);
	for (size_t i = 0; i + 1 < n; i++) {
		CHECK_INT(answers[i].kind, ANSWER_LINE_PART);
		CHECK_INT(answers[i].part.entry, index);
		left -= (int64_t)answers[i].part.data.len;
		CHECK_INT(answers[i].part.left, left);
		buf_put_str(&b, answers[i].part.data);
	}
	CHECK_INT(answers[n - 1].kind, ANSWER_LINE_END);
	CHECK(str_eq(buf_str(&b), rig_entry((uint64_t)index)));
}
