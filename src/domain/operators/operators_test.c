/* operators_test.c: passkeys. That one spoke for a command is checked before (src/serve/assertion_test.c), and said behind it (core_gate_test.c). */
#include "domain/operators/operators.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

static struct try try;

/* Its credential is one byte, and its key says so. */
static enum core_verdict enrol(const char *login, const char *label, unsigned credential)
{
	char body[512];
	snprintf(body, sizeof body, "{\"login\":\"%s\",\"label\":\"%s\",\"credential\":\"%04x\",\"key\":\"04%0128x\"}",
		 login, label, credential, credential);
	return try_command(&try, "operators.enrol_passkey", body);
}

static void refused(const char *refusal, const char *takes)
{
	CHECK_INT(try.result.verdict, CORE_REFUSED);
	CHECK_STR(try.result.refusal, str_of(refusal));
	CHECK_STR(try.result.refusal_takes, str_of(takes));
}

TEST(a_passkey_is_found_by_its_credential_and_has_not_been_used_yet)
{
	try_init(&try, NULL);
	CHECK_INT(enrol("kim", "blue key", 0x0102), CORE_DONE);
	CHECK_STR(try_events(&try), STR("operators.PasskeyEnrolled"));
	CHECK_STR(try.result.gives, STR("{\"passkey\":1}"));
	const struct passkey *row = passkey_by_credential(&try.core.state, STR("\x01\x02"));
	CHECK(row && row->passkey == 1 && row->counter == 0);
	CHECK_STR(text_str(row->login), STR("kim"));
	CHECK_STR(text_str(row->label), STR("blue key"));
	CHECK(row->key.len == 65 && row->key.at[0] == 4 && row->key.at[63] == 1 && row->key.at[64] == 2);
	CHECK(!passkey_by_credential(&try.core.state, STR("\x01\x03")));
	try_release(&try);
}

TEST(a_passkey_belongs_to_one_person)
{
	try_init(&try, NULL);
	enrol("kim", "blue key", 1);
	enrol("lee", "blue key", 1);
	refused("OPERATORS_PASSKEY_KNOWN", "{\"passkey\":1}");
	enrol("kim", "red key", 1); /* nor twice to the same */
	refused("OPERATORS_PASSKEY_KNOWN", "{\"passkey\":1}");
	CHECK_INT(passkey_count(&try.core.state), 1);
	try_release(&try);
}

TEST(a_person_may_have_several)
{
	try_init(&try, NULL);
	enrol("kim", "blue key", 1);
	enrol("lee", "green key", 2);
	enrol("kim", "red key", 3);
	size_t n = 0;
	for (const struct passkey *row = passkey_first_by_login(&try.core.state, STR("kim")); row;
	     row = passkey_next_by_login(&try.core.state, row))
		n += row->passkey == 1 || row->passkey == 3;
	CHECK_INT(n, 2);
	try_release(&try);
}

TEST(a_passkey_that_is_removed_speaks_for_nobody_and_may_be_enrolled_again)
{
	try_init(&try, NULL);
	enrol("kim", "blue key", 1);
	enrol("lee", "green key", 2);
	CHECK_INT(try_command(&try, "operators.remove_passkey", "{\"passkey\":1}"), CORE_DONE);
	CHECK(str_contains(try.result.entry, STR("{\"name\":\"operators.PasskeyRemoved\",\"body\":{\"passkey\":1,"
						 "\"login\":\"kim\"}}")));
	CHECK(!passkey_by_credential(&try.core.state, STR("\0\1")) && passkey_get(&try.core.state, 2));
	try_command(&try, "operators.remove_passkey", "{\"passkey\":1}");
	refused("OPERATORS_NO_PASSKEY", "{\"passkey\":1}");
	CHECK_INT(enrol("lee", "blue key", 1), CORE_DONE);
	CHECK_STR(try.result.gives, STR("{\"passkey\":3}"));
	try_release(&try);
}

TEST(a_mission_has_at_most_512_passkeys)
{
	try_init(&try, NULL);
	for (unsigned i = 0; i < PASSKEY_AT_MOST; i++)
		CHECK_INT(enrol("kim", "key", i), CORE_DONE);
	enrol("kim", "key", PASSKEY_AT_MOST);
	refused("OPERATORS_FULL", "{\"at_most\":512}");
	enrol("kim", "key", 7); /* the better reason */
	refused("OPERATORS_PASSKEY_KNOWN", "{\"passkey\":8}");
	try_release(&try);
}

TEST(each_use_keeps_the_counter_of_its_own_passkey)
{
	try_init(&try, NULL);
	enrol("test", "blue key", 1);
	enrol("test", "red key", 2);
	try.was = (struct turn_checked){.asserted = true, .passkey = 2, .counter = 4294967295};
	CHECK_INT(try_command(&try, "site.add_building", "{\"name\":\"Shed\"}"), CORE_DONE);
	CHECK(str_contains(try.result.entry,
			   STR("{\"name\":\"operators.PasskeyUsed\",\"body\":{\"passkey\":2,\"login\":\"test\","
			       "\"counter\":4294967295}}")));
	CHECK_INT(passkey_get(&try.core.state, 1)->counter, 0);
	CHECK_INT(passkey_get(&try.core.state, 2)->counter, 4294967295);
	try_release(&try);
}
