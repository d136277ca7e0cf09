#include "domain/people/people.h"

#include "base/test.h"
#include "core/try.h"

#define PHOTO "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

TEST(each_refusal_has_its_reason)
{
	static const struct try_refusal rows[] = {
	    {"people.enrol", "{\"name\":\"Uma Ray\",\"groups\":[],\"clearance\":0,\"until\":1000}", "PEOPLE_TIMES"},
	    {"people.enrol", "{\"name\":\"Uma Ray\",\"groups\":[],\"clearance\":0,\"until\":1795424400000}",
	     "PEOPLE_TIMES"}, /* now */
	    {"people.enrol",
	     "{\"name\":\"Uma Ray\",\"groups\":[],\"clearance\":0,\"from\":1895424400000,\"until\":1895424300000}",
	     "PEOPLE_TIMES"},
	    {"people.issue_badge", "{\"person\":9,\"card\":\"01000000\",\"bits\":26,\"kind\":\"card\"}",
	     "PEOPLE_NO_PERSON"},
	    {"people.issue_badge", "{\"person\":1,\"card\":\"010000\",\"bits\":26,\"kind\":\"card\"}",
	     "PEOPLE_CARD_LENGTH"},
	    {"people.issue_badge", "{\"person\":1,\"card\":\"80000000\",\"bits\":26,\"kind\":\"card\"}",
	     "PEOPLE_CARD_TAKEN"},
	    {"people.issue_badge", "{\"person\":1,\"card\":\"01000000\",\"bits\":26,\"kind\":\"card\",\"until\":5}",
	     "PEOPLE_TIMES"},
	    {"people.suspend_badge", "{\"badge\":9,\"why\":\"lost\"}", "PEOPLE_NO_BADGE"},
	    {"people.restore_badge", "{\"badge\":9}", "PEOPLE_NO_BADGE"},
	    {"people.restore_badge", "{\"badge\":1}", "PEOPLE_BADGE_ALREADY"},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	try_release(&try);
}

TEST(a_suspended_badge_is_suspended_once_and_restored_once)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_INT(try_command(&try, "people.suspend_badge", "{\"badge\":1,\"why\":\"stolen\"}"), CORE_DONE);
	CHECK_INT(try_command(&try, "people.suspend_badge", "{\"badge\":1,\"why\":\"stolen\"}"), CORE_REFUSED);
	CHECK_INT(try_command(&try, "people.restore_badge", "{\"badge\":1}"), CORE_DONE);
	CHECK_INT(badge_get(&try.core.state, 1)->state, BADGE_STATE_ACTIVE);
	try_release(&try);
}

TEST(a_badge_with_an_end_expires_by_itself_at_its_end_and_not_before)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"01000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424401000}");
	CHECK_INT(core_due(&try.core), 1795424401000);
	try.now = 1795424400999;
	CHECK(!try_timer(&try));
	try.now = 1795424401000;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("people.BadgeExpired"));
	CHECK_INT(badge_get(&try.core.state, 3)->state, BADGE_STATE_EXPIRED);
	CHECK(!try_timer(&try));
	CHECK_INT(try_command(&try, "people.restore_badge", "{\"badge\":3}"), CORE_REFUSED);
	try_release(&try);
}

TEST(a_mission_has_at_most_16384_people)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = person_count(&try.core.state); i < PERSON_AT_MOST; i++) {
		try_command(&try, "people.enrol", "{\"name\":\"Guest\",\"groups\":[\"visitor\"],\"clearance\":0}");
		arena_clear(&try.arena);
	}
	CHECK_INT(person_count(&try.core.state), PERSON_AT_MOST);
	try_command(&try, "people.enrol", "{\"name\":\"Guest\",\"groups\":[\"visitor\"],\"clearance\":0}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_FULL"));
	try_release(&try);
}

TEST(a_card_needs_a_byte_for_each_eight_bits_begun)
{
	CHECK(people_card_fits(26, 4));
	CHECK(people_card_fits(32, 4));
	CHECK(!people_card_fits(33, 4));
	CHECK(!people_card_fits(24, 4));
}

TEST(what_becomes_of_people_and_badges_is_told_by_events)
{
	static const struct {
		const char *command, *body, *event;
	} rows[] = {
	    {"people.enrol", "{\"name\":\"Ines Vo\",\"groups\":[\"staff\"],\"clearance\":1}", "people.Enrolled"},
	    {"people.issue_badge", "{\"person\":3,\"card\":\"10000000\",\"bits\":26,\"kind\":\"card\"}",
	     "people.BadgeIssued"},
	    {"people.suspend_badge", "{\"badge\":3,\"why\":\"stolen\"}", "people.BadgeSuspended"},
	    {"people.restore_badge", "{\"badge\":3}", "people.BadgeRestored"},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(try_command(&try, rows[i].command, rows[i].body), CORE_DONE);
		CHECK_STR(try_events(&try), str_of(rows[i].event));
	}
	try_release(&try);
}

TEST(a_mission_has_at_most_32768_badges)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = badge_count(&try.core.state); i < BADGE_AT_MOST; i++) {
		snprintf(body, sizeof body, "{\"person\":1,\"card\":\"00%06zx\",\"bits\":32,\"kind\":\"card\"}", i);
		try_command(&try, "people.issue_badge", body);
		arena_clear(&try.arena);
	}
	CHECK_INT(badge_count(&try.core.state), BADGE_AT_MOST);
	try_command(&try, "people.issue_badge", "{\"person\":1,\"card\":\"ff000000\",\"bits\":32,\"kind\":\"card\"}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_FULL"));
	try_release(&try);
}

TEST(a_badge_is_suspended_for_any_of_four_reasons)
{
	struct try try;
	char body[64];
	try_init(&try, NULL);
	try_furnish(&try);
	for (enum people_suspend_badge_why why = 1; why <= PEOPLE_SUSPEND_BADGE_WHY_DISCIPLINARY; why++) {
		struct str name = people_suspend_badge_why_name(why);
		snprintf(body, sizeof body, "{\"badge\":1,\"why\":\"" STR_FMT "\"}", STR_ARG(name));
		CHECK_INT(try_command(&try, "people.suspend_badge", body), CORE_DONE);
		CHECK(str_contains(try.result.entry, name));
		CHECK_INT(try_command(&try, "people.restore_badge", "{\"badge\":1}"), CORE_DONE);
	}
	try_release(&try);
}

/* Forgetting */

static void ask_to_forget(struct try *try, const char *body)
{
	try_as(try, "test", "security_officer");
	try->was = (struct turn_checked){.asserted = true, .passkey = 1};
	CHECK_INT(try_command(try, "people.forget", body), CORE_DONE);
	CHECK(try->result.pending > 0);
	try->was = (struct turn_checked){.asserted = true, .passkey = 2};
	try_approve(try, "second", "security_officer", "people.forget", body);
}

static void enrol_passkey(struct try *try, const char *login)
{
	char body[512], key[131];
	memset(key, '4', sizeof key - 1);
	key[130] = 0;
	memcpy(key, "04", 2);
	snprintf(body, sizeof body, "{\"login\":\"%s\",\"label\":\"key\",\"credential\":\"%02x\",\"key\":\"%s\"}",
		 login, (unsigned)strlen(login), key);
	CHECK_INT(try_command(try, "operators.enrol_passkey", body), CORE_DONE);
}

TEST(a_person_is_forgotten_when_two_agree_and_is_nobody_from_then_on)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	enrol_passkey(&try, "test");
	enrol_passkey(&try, "second");
	ask_to_forget(&try, "{\"person\":1,\"why\":\"asked_for\"}");
	CHECK(str_contains(try_events(&try), STR("people.PersonForgotten")));
	const struct person *person = person_get(&try.core.state, 1);
	CHECK(person->forgotten && person->name.len == 0);
	CHECK_INT(badge_get(&try.core.state, 1)->state, BADGE_STATE_EXPIRED);
	CHECK_INT(badge_get(&try.core.state, 1)->card.len, 0);
	CHECK(!badge_by_card(&try.core.state, STR("\x80\0\0\0")));
	static const struct try_refusal rows[] = {
	    {"people.issue_badge", "{\"person\":1,\"card\":\"01000000\",\"bits\":26,\"kind\":\"card\"}",
	     "PEOPLE_FORGOTTEN"},
	    {"people.set_photo", "{\"person\":1,\"photo\":\"" PHOTO "\"}", "PEOPLE_FORGOTTEN"},
	    {"people.set_photo", "{\"person\":9,\"photo\":\"" PHOTO "\"}", "PEOPLE_NO_PERSON"},
	    {"people.restore_badge", "{\"badge\":1}", "PEOPLE_BADGE_ALREADY"},
	};
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	ask_to_forget(&try, "{\"person\":1,\"why\":\"law\"}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_FORGOTTEN"));
	ask_to_forget(&try, "{\"person\":9,\"why\":\"law\"}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_NO_PERSON"));
	try_release(&try);
}

TEST(a_stay_that_is_over_is_forgotten_after_90_days_and_not_while_the_clock_is_doubted)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.enrol",
		    "{\"name\":\"Uma Ray\",\"groups\":[\"visitor\"],\"clearance\":0,\"until\":1795424500000}");
	int64_t on = 1795424500000 + PEOPLE_KEEP_MS;
	CHECK_INT(person_get(&try.core.state, 3)->forget_on, on);
	try_start(&try, "record.doubt_clock", "{\"machine\":1,\"last\":1795424400000,\"why\":\"went_back\"}");
	try.now = on;
	while (try_timer(&try))
		CHECK(!str_contains(try_events(&try), STR("people.PersonForgotten")));
	try_start(&try, "record.trust_clock", "{\"witness\":\"w\",\"told\":1}");
	bool forgotten = false;
	while (try_timer(&try))
		forgotten |= str_contains(try_events(&try), STR("people.PersonForgotten"));
	CHECK(forgotten && person_get(&try.core.state, 3)->forgotten);
	CHECK(!person_get(&try.core.state, 1)->forgotten); /* whose stay has no end */
	try_release(&try);
}

TEST(a_picture_is_the_person_s_until_it_is_forgotten)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.set_photo", "{\"person\":2,\"photo\":\"" PHOTO "\"}");
	CHECK_STR(try_events(&try), STR("people.PhotoSet"));
	CHECK(person_get(&try.core.state, 2)->has_photo);
	enrol_passkey(&try, "test");
	enrol_passkey(&try, "second");
	ask_to_forget(&try, "{\"person\":2,\"why\":\"mistake\"}");
	CHECK(!person_get(&try.core.state, 2)->has_photo);
	try_release(&try);
}

TEST(a_picture_of_somebody_whose_key_is_gone_is_none)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_vault_erase_subject(&try.vault, "person", 2);
	try_command(&try, "people.set_photo", "{\"person\":2,\"photo\":\"" PHOTO "\"}");
	CHECK(person_get(&try.core.state, 2)->has_photo && !person_get(&try.twin.state, 2)->has_photo);
	try_give_back(&try);
}
