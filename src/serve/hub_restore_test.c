/* hub_restore_test.c: the first start after a restore: what the record says, who is forgotten again, and what it is refused for. */
#include "sim/rig.h"

#include "domain/record/record.h"

enum { PERSON = 2, NOBODYS = 9999, MONTH = 12 * (2026 - 1970) + 11 };

static struct forgotten_subject subjects[] = {{{"person", 6}, PERSON}, {{"person", 6}, NOBODYS}};
static struct forgotten_month months[] = {{{"90d", 3}, MONTH}, {{"90d", 3}, MONTH - 1}};
static const uint8_t root[32] = {7};

static struct incarnation restored(int64_t number, int64_t entries)
{
	return (struct incarnation){.format = 1,
				    .incarnation = number,
				    .entries = entries,
				    .known = entries + 5,
				    .has_root = true,
				    .root = {(const char *)root, sizeof root},
				    .subjects = {ARRAY_LEN(subjects), subjects},
				    .months = {ARRAY_LEN(months), months}};
}

static void check_events(uint64_t index, const char *events)
{
	CHECK_HAS(rig_entry(index), "\"incarnation\":2");
	CHECK_HAS(rig_entry(index), events);
}

static size_t entries_with(const char *part, uint64_t from)
{
	size_t n = 0;
	for (uint64_t i = from; i < RIG_FURNISHED + rig_entries(); i++)
		n += str_contains(rig_entry(i), str_of(part));
	return n;
}

RIG_TEST(the_first_start_says_where_the_record_comes_from_and_forgets_again)
{
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD)); /* who was where is kept for 90 days */
	rig_commit();
	uint64_t size = RIG_FURNISHED + rig_entries();
	struct incarnation now = restored(2, (int64_t)size);
	rig.options.incarnation = &now;
	rig_reopen();
	rig_commit();
	check_events(size, "record.Restored");
	CHECK_HAS(rig_entry(size), "\"known\":");
	check_events(size + 1, "record.SubjectForgotten");
	check_events(size + 1, "people.PersonForgotten");
	check_events(size + 2, "record.MonthForgotten");
	CHECK_INT(person_get(rig_state(), PERSON)->forgotten, true);
	/* Somebody of a number that the backup does not know, and a month in which nothing was sealed, are no matter. */
	CHECK_INT(entries_with("record.SubjectForgotten", size), 1);
	CHECK_INT(entries_with("record.MonthForgotten", size), 1);
	/* Once, though two events say it. */
	CHECK_INT(entries_with("\"subjects\":1,\"months\":1}", size), 1);
	CHECK_INT(fork_get(rig_state(), RECORD_FORK_ROW)->first, (int64_t)size);
}

RIG_TEST(the_second_start_has_nothing_to_add)
{
	struct incarnation now = restored(2, RIG_FURNISHED);
	rig.options.incarnation = &now;
	rig_reopen();
	rig_commit();
	struct rig_hash before = rig_hash();
	size_t entries = rig_entries();
	rig_reopen();
	rig_commit();
	CHECK_INT(rig_entries(), entries);
	CHECK(memcmp(before.at, rig_hash().at, sizeof before.at) == 0);
}

RIG_TEST(a_power_failure_in_the_first_start_leaves_all_of_it_or_nothing)
{
	struct incarnation now = restored(2, RIG_FURNISHED);
	rig.options.incarnation = &now;
	rig_power_failure();
	CHECK_INT(entries_with("record.Restored", 0), 1);
	CHECK_INT(entries_with("record.SubjectForgotten", 0), 1);
}

RIG_TEST(the_record_of_a_later_incarnation_is_not_opened_as_an_earlier_one)
{
	struct incarnation now = restored(3, RIG_FURNISHED);
	struct error error;
	rig.options.incarnation = &now;
	rig_reopen();
	rig_close();
	rig.options.incarnation = NULL;
	CHECK_INT(rig_try_open(&error), ERROR_RECORD);
	CHECK(strstr(error.what, "incarnation 3") && strstr(error.remedy, "restore"));
	now.incarnation = 2;
	rig.options.incarnation = &now;
	CHECK_INT(rig_try_open(&error), ERROR_RECORD);
}
