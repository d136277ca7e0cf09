/* view_test.c: what is left of an entry for each reader, by the trial's schema (tests/trial). */
#include "sim/rig.h"

#include "base/lines.h"

#define OPEN(person)                                                                                                   \
	COMMAND("trial.open_dossier",                                                                                  \
		"'person':" person ",'title':'Affair','health':'poor','said':'Sorry','colour':'red'")
/* The newest entry, as somebody sees it: its input and its first event, or nothing. */
static struct str seen(enum rig_who who)
{
	rig_commit();
	rig.n_heard = 0;
	rig_say(who, "{'follow':{'last':1}}");
	return rig_told(who);
}

static void open_dossier(void)
{
	rig_say(OFFICER, OPEN("1"));
	rig_commit();
	rig_forget();
}

RIG_TEST(each_role_sees_the_members_that_name_it_and_no_sign_of_the_others)
{
	static const struct {
		enum rig_who who;
		const char *input, *event;
	} rows[] = {
	    {OFFICER, "{'person':1,'title':'Affair','health':null,'colour':'red'}",
	     "{'dossier':1,'person':1,'title':'Affair','health':null,'colour':'red'}"},
	    /* Above the guards, and with no clearance */
	    {DUTY, "{'health':null,'colour':'red'}", "{'dossier':1,'health':null,'colour':'red'}"},
	    {GUARD, "{'health':null,'colour':'red'}", "{'dossier':1,'health':null,'colour':'red'}"},
	};
	open_dossier();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str entry = seen(rows[i].who);
		CHECK_HAS(entry, rows[i].input);
		CHECK_HAS(entry, rows[i].event);
		CHECK_HAS(entry, "'masked':true,'erased':false");
		CHECK_HAS_NO(entry, "poor");
	}
	CHECK_HAS_NO(seen(RECEPTION), "trial.");
	CHECK_HAS_NO(seen(AUDITOR), "trial.");
}

/* Of this entry person 1 sees what was said to it; person 2's is somebody else's. */
RIG_TEST(who_is_named_sees_what_is_for_whom_it_names)
{
	open_dossier();
	struct str entry = seen(STAFF);
	CHECK_HAS(entry, "'input':{'kind':'command','name':'trial.open_dossier','body':{'said':'Sorry'}}");
	CHECK_HAS(entry, "'events':[]");
	CHECK_HAS_NO(entry, "'from'");
	rig_say(OFFICER, COMMAND("trial.open_dossier", "'person':2,'title':'Affair','health':'poor','said':'Other'"));
	CHECK_HAS_NO(seen(STAFF), "Other");
}

RIG_TEST(what_is_marked_is_for_those_who_are_cleared)
{
	static const struct str roles[] = {{"security_officer", 16}};
	open_dossier();
	for (unsigned clearance = 0; clearance <= 3; clearance++) {
		hub_detach(rig.hub, SECOND);
		hub_attach_asker(rig.hub, &(struct hub_person){STR("ben"), 1, roles, 1, clearance, 0});
		CHECK_HAS_IF(seen(SECOND), "'title':'Affair'", clearance >= 2); /* confidential */
		CHECK_HAS_IF(seen(SECOND), "{'ref':'dossier:1','name':'Affair'}", clearance >= 2);
	}
}

#define HISTORY(ref) "{'history':{'ref':'" ref "','limit':1}}"

/* What is masked is open while a look is, to whom took it and of whom it is. */
RIG_TEST(what_has_a_purpose_is_masked_until_a_look_opens_it)
{
	enum { QUARTER_MS = 15 * 60 * 1000 };
	static const struct {
		enum rig_who who;
		const char *history;
		bool open;
	} rows[] = {{GUARD, HISTORY("dossier:1"), false},
		    {DUTY, HISTORY("dossier:1"), true},
		    {DUTY, HISTORY("dossier:2"), false},
		    {OFFICER, HISTORY("dossier:1"), false}};
	rig_say(OFFICER, OPEN("1"));
	rig_say(OFFICER, OPEN("2"));
	rig_say(DUTY, COMMAND("oversight.look", "'purpose':'an accident','subjects':['person:1']"));
	rig_commit();
	rig_forget();
	for (int over = 0; over < 2; over++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			bool open = rows[i].open && !over;
			rig_say(rows[i].who, rows[i].history);
			struct str entry = rig_told(rows[i].who);
			CHECK_HAS(entry, open ? "'health':'poor'" : "'health':null");
			CHECK_HAS(entry, open ? "'masked':false" : "'masked':true");
		}
		rig_wait_ms(QUARTER_MS);
	}
}

RIG_TEST(what_was_forgotten_is_null_for_everybody_and_says_so)
{
	open_dossier();
	rig_say(OFFICER, COMMAND("trial.forget", "'person':1"));
	rig_say(DUTY, COMMAND("oversight.look", "'purpose':'an accident','subjects':['person:1']"));
	rig_commit();
	rig_forget();
	rig_say(DUTY, HISTORY("dossier:1"));
	struct str entry = rig_told(DUTY);
	CHECK_HAS(entry, "'health':null");
	CHECK_HAS(entry, "'masked':false,'erased':true");
	rig_say(OFFICER, HISTORY("dossier:1"));
	CHECK_HAS(rig_told(OFFICER), "'masked':false,'erased':true"); /* a look would open nothing */
}

/* Decisions by rules */

RIG_TEST(who_decides_and_who_audits_sees_why_and_who_answers_for_people_what_was_known_of_them)
{
	static const struct {
		enum rig_who who;
		bool sees_why, sees_facts;
	} rows[] = {{OFFICER, true, true}, {DUTY, true, false}, {AUDITOR, true, true}, {GUARD, false, false}};
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	rig_forget();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str entry = seen(rows[i].who);
		CHECK_HAS(entry, "'access.Granted'");
		CHECK_HAS_IF(entry, "'because':{'rulebook':'house','outcome':'permit'", rows[i].sees_why);
		CHECK_HAS_IF(entry, "{'name':'person.groups','value':['guard']}", rows[i].sees_facts);
		CHECK_HAS_IF(entry, "'rules':'00", rows[i].sees_why);
	}
	CHECK_HAS_NO(seen(RECEPTION), "access.");
	rig_say(OFFICER, COMMAND("trial.forget", "'person':1"));
	rig_commit();
	rig_forget();
	rig_say(OFFICER, HISTORY("door:1"));
	struct str entry = rig_told(OFFICER);
	CHECK_HAS(entry, "'access.Granted','body':{'door':1,'reader':1,'person':null,'badge':null}");
	CHECK_HAS(entry, "'card':null");
	CHECK_HAS(entry, "'personal':[]");
	CHECK_HAS(entry, "'erased':true");
}

/* A timer's row, an index, and who asked are for those who read the record as it is. */
RIG_TEST(what_the_core_does_by_itself_is_seen_by_its_events)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	rig_wait_ms(60000);
	rig_forget();
	struct str entry = seen(OFFICER);
	CHECK_HAS(entry, "'from':{'core':{}},'input':{'kind':'timer','name':'drivers.order_overdue','body':{}}");
	CHECK_HAS(entry, "'drivers.OrderUnanswered'");
	entry = seen(GUARD);
	CHECK_HAS(entry, "'drivers.OrderUnanswered'");
	CHECK_HAS_NO(entry, "'input'");
	CHECK_HAS_NO(entry, "'from'");
	CHECK_HAS_NO(entry, "'index'");
}

/* Of a refusal whoever sees what was asked sees why. */
RIG_TEST(a_refusal_is_seen_with_its_input)
{
	rig_say(OFFICER, COMMAND("trial.close_dossier", "'dossier':9"));
	rig_commit();
	rig_forget();
	CHECK_HAS(seen(AUDITOR), "'refusal':{'name':'TRIAL_NO_DOSSIER','takes':{'dossier':9}}");
	CHECK_HAS_NO(seen(GUARD), "trial.");
}

RIG_TEST(history_shows_an_entry_to_whoever_sees_the_ref_in_it)
{
	open_dossier();
	static const struct {
		enum rig_who who;
		const char *history;
		bool sees;
	} rows[] = {{OFFICER, HISTORY("person:1"), true},
		    {GUARD, HISTORY("person:1"), false}, /* sees the dossier, and not whose it is */
		    {GUARD, HISTORY("dossier:1"), true}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_say(rows[i].who, rows[i].history);
		CHECK_HAS_IF(rig_told(rows[i].who), "trial.DossierOpened", rows[i].sees);
	}
}

/* A line has at most 65,535 bytes: what it would be too long for are the names of rows. This door's has 80 bytes that are six in JSON. */
RIG_TEST(an_entry_that_is_too_long_with_its_names_goes_without_them)
{
	static char line[70000];
	static const size_t lengths[] = {64000, 65000};
	struct buf door = BUF(line);
	BUF_LIT(&door, "{\"command\":{\"name\":\"doors.add_door\",\"body\":{\"name\":\"");
	for (int n = 0; n < 80; n++)
		BUF_LIT(&door, "\\u0001");
	BUF_LIT(&door, "\",\"zone\":2,\"from_zone\":1,\"release\":5000}}}");
	rig_line(OFFICER, buf_str(&door));
	CHECK_HAS(rig_told(OFFICER), "'gives':{'door':9}");
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct buf b = BUF(line);
		BUF_LIT(&b, "{\"command\":{\"name\":\"trial.recite\",\"body\":{\"door\":9,\"what\":\"");
		for (size_t n = 0; n < lengths[i]; n++)
			buf_put_char(&b, 'a');
		BUF_LIT(&b, "\"}}}");
		rig_line(OFFICER, buf_str(&b));
		rig_commit();
		rig_forget();
		struct str entry = seen(STAFF);
		CHECK(entry.len > lengths[i] && entry.len <= LINE_BYTES_MAX);
		CHECK_HAS_IF(entry, "{'ref':'door:9','name':'", i == 0);
	}
}
