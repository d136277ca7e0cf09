/* record_life_test.c: what befalls the record as a whole: it is restored, what was forgotten is forgotten again, keys get another root key. */
#include "domain/record/record.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

#define RESTORE(entries, known, fetched)                                                                               \
	"{\"incarnation\":2,\"entries\":" entries ",\"known\":" known ",\"fetched\":" fetched "}"

TEST(a_restored_record_says_from_where_on_it_is_another)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK(!fork_get(&try.core.state, RECORD_FORK_ROW));
	uint64_t first = try.core.size;
	CHECK_INT(try_start(&try, "record.restore", RESTORE("10", "14", "2")), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Restored"));
	const struct fork *fork = fork_get(&try.core.state, RECORD_FORK_ROW);
	CHECK(fork && fork->incarnation == 2 && fork->first == (int64_t)first);
	CHECK_INT(
	    try_start(
		&try, "record.restore",
		"{\"incarnation\":3,\"entries\":1,\"known\":1,\"root\":\"00112233445566778899aabbccddeeff00112233445566"
		"778899aabbccddeeff\",\"fetched\":0}"),
	    CORE_DONE);
	fork = fork_get(&try.core.state, RECORD_FORK_ROW);
	CHECK(fork->incarnation == 3 && fork->first == (int64_t)first + 1);
	try_release(&try);
}

TEST(what_a_witness_knew_of_the_record_before_binds_the_restored_one_no_more)
{
	struct try try;
	try_init(&try, NULL);
	try_start(&try, "record.stop_signing", "{\"witness\":\"w\",\"entries\":20}");
	CHECK(record_is_unsigned(&try.core.state));
	try_start(&try, "record.restore", RESTORE("10", "20", "0"));
	CHECK(!record_is_unsigned(&try.core.state));
	try_release(&try);
}

static size_t to_destroy(const struct try *try, const char *table, int64_t subject)
{
	size_t n = 0;
	for (const struct forgetting *row = forgetting_after(&try->core.state, 0); row;
	     row = forgetting_after(&try->core.state, row->forgetting))
		n += row->subject == subject && str_eq(text_str(row->table), str_of(table));
	return n;
}

TEST(whoever_was_forgotten_before_is_forgotten_again)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	CHECK_INT(try_start(&try, "record.forget_again", "{\"table\":\"person\",\"subject\":1}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.SubjectForgotten people.PersonForgotten"));
	const struct person *ana = person_get(&try.core.state, 1), *odo = person_get(&try.core.state, 2);
	CHECK(ana->forgotten && ana->name.len == 0 && !odo->forgotten && odo->name.len > 0);
	CHECK_INT(badge_get(&try.core.state, 1)->state, BADGE_STATE_EXPIRED);
	CHECK(!badge_by_card(&try.core.state, STR("\x80\0\0\0")));
	CHECK(to_destroy(&try, "person", 1) > 0 && to_destroy(&try, "person", 2) == 0);
	try_release(&try);
}

/* A list of what was forgotten may name what this record has forgotten itself, or never had. */
TEST(what_is_forgotten_already_or_not_there_is_forgotten_again_without_harm)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	for (int i = 0; i < 2; i++)
		CHECK_INT(try_start(&try, "record.forget_again", "{\"table\":\"person\",\"subject\":1}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.SubjectForgotten"));
	CHECK_INT(try_start(&try, "record.forget_again", "{\"table\":\"person\",\"subject\":77}"), CORE_DONE);
	CHECK_INT(try_start(&try, "record.forget_again", "{\"table\":\"griffin\",\"subject\":1}"), CORE_DONE);
	CHECK_INT(to_destroy(&try, "griffin", 1), 1);
	try_release(&try);
}

static void month_of_row(const struct try *try, char *ret_body, size_t size)
{
	const struct retention *row = retention_after(&try->core.state, 0);
	ASSERT(row);
	snprintf(ret_body, size, "{\"keep\":\"" STR_FMT "\",\"month\":%lld}", STR_ARG(text_str(row->keep)),
		 (long long)row->month);
}

TEST(a_month_that_was_over_before_is_over_again_where_it_was_used)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try);
	try_report(&try, "access.card_read", "{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":\"ffffffc0\"}");
	size_t months = retention_count(&try.core.state);
	CHECK(months > 0);
	month_of_row(&try, body, sizeof body);
	CHECK_INT(try_start(&try, "record.forget_month_again", body), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.MonthForgotten"));
	CHECK_INT(retention_count(&try.core.state), months - 1);
	CHECK_INT(try_start(&try, "record.forget_month_again", body), CORE_DONE);
	CHECK_STR(try_events(&try), STR(""));
	CHECK_INT(try_start(&try, "record.forget_month_again", "{\"keep\":\"90d\",\"month\":1}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR(""));
	try_release(&try);
}

TEST(each_pair_of_keys_gets_one_new_root_key_at_a_time)
{
	static const struct try_refusal rows[] = {
	    {"record.rekey", "{\"keys\":\"mission\"}", "RECORD_REKEY_BUSY"},
	    {"record.rekey", "{\"keys\":\"doors\"}", "RECORD_REKEY_BUSY"},
	};
	struct try try;
	try_init(&try, NULL);
	CHECK_INT(try_command(&try, "record.rekey", "{\"keys\":\"mission\"}"), CORE_DONE);
	CHECK_INT(try_command(&try, "record.rekey", "{\"keys\":\"doors\"}"), CORE_DONE);
	CHECK_INT(rekey_count(&try.core.state), 2);
	CHECK_INT(rekey_get(&try.core.state, RECORD_REKEY_MISSION)->keys, REKEY_KEYS_MISSION);
	CHECK_INT(rekey_get(&try.core.state, RECORD_REKEY_DOORS)->keys, REKEY_KEYS_DOORS);
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	CHECK_INT(try_start(&try, "record.end_rekey", "{\"keys\":\"doors\"}"), CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.Rekeyed"));
	CHECK_INT(try_start(&try, "record.end_rekey", "{\"keys\":\"mission\",\"failed\":\"the disk is full\"}"),
		  CORE_DONE);
	CHECK_STR(try_events(&try), STR("record.RekeyFailed"));
	CHECK_INT(rekey_count(&try.core.state), 0);
	CHECK_INT(try_command(&try, "record.rekey", "{\"keys\":\"mission\"}"), CORE_DONE);
	try_start(&try, "record.restore", RESTORE("10", "10", "0"));
	CHECK_INT(rekey_count(&try.core.state), 0);
	try_release(&try);
}
