/* hub_forget_test.c: forgetting, from the entry that says so to the last key, by the trial's schema (tests/trial). */
#include "sim/rig.h"

#include "domain/record/record.h"
#include "schema/text.h"
#include "serve/snapshot.h"

#define FORGET(person)	    COMMAND("trial.forget", "'person':" person)
#define OPEN(person)	    COMMAND("trial.open_dossier", "'person':" person ",'title':'T','health':'poor','said':'Hm'")
#define HISTORY(ref, limit) "{'history':{'ref':'" ref "','limit':" limit "}}"

enum { RETRY_MS = 60000, NOVEMBER_2026 = 12 * (2026 - 1970) + 11 };

/* What there is */

static bool has_key(struct key_id id)
{
	return keyfile_find(rig.premises.keys.file, &id) != NULL;
}

static bool has_subject(uint64_t person)
{
	return has_key(key_of_subject(STR("person"), person));
}

static uint32_t snapshot_keys(void)
{
	struct keyfile_state state;
	keyfile_state(rig.premises.keys.file, &state);
	return state.used[KEY_SNAPSHOT];
}

/* Of the snapshot in a file; 0 when there is none. */
static uint64_t number_in(size_t file)
{
	struct snapshot_head head;
	return snapshot_head(rig.premises.snapshots[file], &head) ? head.number : 0;
}

/* Entries since the house was furnished that have this event: the last one's number, 0 when there is none. */
static uint64_t entry_with(const char *event)
{
	uint64_t found = 0;
	for (uint64_t i = RIG_FURNISHED; i < journal_size(hub_journal(rig.hub)); i++)
		if (str_contains(rig_entry(i), str_of(event)))
			found = i;
	return found;
}

static void check_same(struct rig_hash before)
{
	CHECK(memcmp(before.at, rig_hash().at, sizeof before.at) == 0);
}

static void blank_snapshots(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct error error;
		CHECK_OK(snapshot_wipe(rig.premises.snapshots[i], &error), &error);
	}
}

/* The state, from all entries; and then again from the snapshot that there was, if any. */
static void check_folds_the_same(void)
{
	struct rig_hash now = rig_hash();
	rig_reopen();
	check_same(now);
	blank_snapshots();
	rig_reopen();
	check_same(now);
}

/* Forgetting somebody */

RIG_TEST(nobody_forgets_who_is_not_there)
{
	rig_say(OFFICER, FORGET("99"));
	rig_commit();
	CHECK_HAS(rig_heard(OFFICER), "'name':'TRIAL_NO_PERSON','takes':{'person':99}");
}

RIG_TEST(somebody_is_forgotten_in_rows_entries_snapshots_and_keys)
{
	rig_say(OFFICER, OPEN("1"));
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	CHECK(has_subject(1));
	CHECK_STR(text_str(person_get(rig_state(), 1)->name), STR("Person 1"));
	rig_say(OFFICER, FORGET("1"));
	rig_commit();
	CHECK(!has_subject(1) && has_subject(2));
	CHECK_INT(person_get(rig_state(), 1)->name.len, 0);
	CHECK_INT(badge_get(rig_state(), 1)->card.len, 0);
	CHECK_INT(dossier_get(rig_state(), 1)->health.len, 0);
	CHECK_INT(forgetting_count(rig_state()), 0);
	rig_forget();
	rig_say(OFFICER, HISTORY("person:1", "9"));
	struct str history = rig_told(OFFICER);
	CHECK_HAS_NO(history, "Person 1");
	CHECK_HAS_NO(history, "poor");
	CHECK_HAS_NO(history, "access.Granted"); /* its ref was sealed: nobody finds it any more */
	CHECK_HAS(history, "'people.Enrolled','body':{'person':1,'name':null,");
	rig_say(OFFICER, HISTORY("door:1", "1"));
	CHECK_HAS(rig_told(OFFICER), "'access.Granted','body':{'door':1,'reader':1,'person':null,'badge':null}");
	rig_say(ONE, SHOW("2", "1", CARD_OF_GUARD)); /* the card is nobody's */
	CHECK_HAS(rig_told(ONE), "'signal':'refused'");
	check_folds_the_same();
}

static const char *text_of_hash(const uint8_t hash[SNAPSHOT_HASH_BYTES])
{
	static char text[2 * SNAPSHOT_HASH_BYTES + 1];
	struct buf b = BUF(text);
	buf_put_hex(&b, hash, SNAPSHOT_HASH_BYTES);
	return text;
}

RIG_TEST(the_record_says_what_was_forgotten_which_snapshot_is_its_base_and_that_keys_are_gone)
{
	struct snapshot_head head;
	rig_say(OFFICER, FORGET("1"));
	rig_commit();
	uint64_t based = entry_with("record.Baseline"), erased = entry_with("record.Erased");
	CHECK_INT(entry_with("trial.PersonForgotten"), RIG_FURNISHED);
	CHECK(based == RIG_FURNISHED + 1 && erased == based + 1);
	CHECK_HAS(rig_entry(erased), "\"body\":{\"upto\":1,\"subjects\":1,\"months\":0}");
	CHECK(snapshot_head(rig.premises.snapshots[1], &head));
	CHECK_INT(head.entries, based);
	CHECK_HAS(rig_entry(based), text_of_hash(head.hash));
}

/* One step of the hub after the other: no key goes before the snapshot is the record's base. */
RIG_TEST(keys_go_when_the_baseline_is_durable_and_the_record_says_so_afterwards)
{
	struct error error;
	bool seen[2][2] = {{false}};
	rig_say(OFFICER, FORGET("1"));
	for (int i = 0; i < 20; i++) {
		CHECK_OK(hub_commit(rig.hub, &error), &error);
		bool is_based = entry_with("record.Baseline") != 0, is_gone = !has_subject(1);
		seen[is_based][is_gone] = true;
		CHECK(is_based || !is_gone);
		CHECK(is_gone || entry_with("record.Erased") == 0);
	}
	CHECK(seen[0][0] && seen[1][1]);
	CHECK(entry_with("record.Erased") != 0);
}

RIG_TEST(more_than_a_few_are_forgotten_a_few_at_a_time)
{
	struct error error;
	size_t steps = 0, left = 9;
	for (int person = 1; person <= 9; person++) {
		char line[128];
		snprintf(line, sizeof line, FORGET("%d"), person);
		rig_say(OFFICER, line);
	}
	while (left > 0 && steps < 50) {
		size_t now = 0;
		CHECK_OK(hub_commit(rig.hub, &error), &error);
		for (uint64_t person = 1; person <= 9; person++)
			now += has_subject(person);
		CHECK(left - now <= 4);
		left = now;
		steps++;
	}
	CHECK_INT(left, 0);
	rig_commit();
	CHECK_HAS(rig_entry(entry_with("record.Erased")), "\"upto\":9,\"subjects\":9,\"months\":0");
	check_folds_the_same();
}

/* What is forgotten while a snapshot is being written is not blank in it. */
RIG_TEST(who_is_forgotten_meanwhile_waits_for_the_next_snapshot)
{
	struct error error;
	rig.premises.work_slow = 3;
	rig_say(OFFICER, FORGET("1"));
	CHECK_OK(hub_commit(rig.hub, &error), &error);
	CHECK(rig.premises.is_working);
	rig_say(OFFICER, FORGET("2"));
	rig_commit();
	CHECK(rig.premises.is_working && has_subject(1) && has_subject(2));
	while (rig.premises.is_working)
		CHECK_OK(hub_commit(rig.hub, &error), &error);
	rig_commit();
	CHECK(!has_subject(1) && has_subject(2));
	CHECK(rig.premises.is_working);
	rig.premises.work_slow = rig.premises.work_left = 0;
	rig_commit();
	CHECK(!has_subject(1) && !has_subject(2));
	check_folds_the_same();
}

RIG_TEST(a_snapshot_that_fails_is_tried_again_after_a_minute)
{
	rig.premises.work_dies = 1;
	rig_say(OFFICER, FORGET("1"));
	rig_commit();
	CHECK(has_subject(1) && number_in(1) == 0);
	rig_wait_ms(RETRY_MS - 1);
	CHECK(has_subject(1));
	rig_wait_ms(1);
	CHECK(!has_subject(1) && number_in(1) == 1);
}

/* Files go too; and what is asked of them is answered as if they had never been. */
RIG_TEST(the_files_of_somebody_forgotten_are_gone)
{
	struct ask_line put = {.kind = ASK_LINE_BLOB, .blob = {STR("person:1"), 1, 1, STR("a face")}};
	struct answer_line answer = rig_ask_one(OFFICER, put);
	CHECK(answer.kind == ANSWER_LINE_BLOB && answer.blob.has_hash);
	char hash[JOURNAL_BLOB_HASH_BYTES];
	memcpy(hash, answer.blob.hash.at, sizeof hash);
	struct ask_line get = {.kind = ASK_LINE_BLOB_READ, .blob_read = {{hash, sizeof hash}}};
	CHECK_STR(rig_ask_one(RECEPTION, get).file.data, STR("a face"));
	rig_say(OFFICER, FORGET("1"));
	rig_commit();
	CHECK_INT(rig_ask_one(RECEPTION, get).kind, ANSWER_LINE_BAD);
	struct journal_blob blob;
	struct error error;
	CHECK_INT(journal_get_blob(hub_journal(rig.hub), (struct str){hash, sizeof hash}, &rig.arena, &blob, &error),
		  0);
}

/* A restart in between goes on where it was. */
RIG_TEST(what_was_begun_is_ended_after_a_restart)
{
	rig.premises.work_slow = 1000;
	rig_say(OFFICER, FORGET("1"));
	rig_commit();
	CHECK(has_subject(1) && number_in(1) == 1); /* written, and not heard of */
	rig.premises.work_slow = 0;
	rig_power_failure();
	CHECK_INT(person_get(rig_state(), 1)->name.len, 0);
	rig_commit();
	CHECK(!has_subject(1));
	CHECK_INT(snapshot_keys(), 1);
	check_folds_the_same();
}

/* Months */

static int64_t month_end(void)
{
	return record_month_ends(STR("90d"), NOVEMBER_2026);
}

RIG_TEST(what_is_kept_for_a_time_is_forgotten_when_its_month_has_run_out)
{
	struct key_id november = key_of_month(STR("90d"), NOVEMBER_2026);
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	CHECK(has_key(november));
	rig_wait_ms(month_end() - RIG_WALL - 1);
	CHECK(has_key(november));
	rig_wait_ms(1);
	CHECK(!has_key(november) && has_subject(1));
	CHECK_HAS(rig_entry(entry_with("record.MonthForgotten")), "\"keep\":\"90d\",\"month\":683}");
	CHECK_HAS(rig_entry(entry_with("record.Erased")), "\"subjects\":0,\"months\":1}");
	CHECK_STR(text_str(person_get(rig_state(), 1)->name), STR("Person 1")); /* is kept with the row */
	rig_forget();
	rig_say(OFFICER, HISTORY("door:1", "1"));
	CHECK_HAS(rig_told(OFFICER), "'access.Granted','body':{'door':1,'reader':1,'person':null,'badge':null}");
	rig_say(OFFICER, HISTORY("person:1", "9"));
	CHECK_HAS_NO(rig_told(OFFICER), "access.Granted");
	check_folds_the_same();
}

RIG_TEST(while_the_clock_is_doubted_no_month_is_forgotten)
{
	struct key_id november = key_of_month(STR("90d"), NOVEMBER_2026);
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_commit();
	rig.premises.wall_us = rig.premises.clock_us + INT64_C(3600) * 1000000;
	rig_wait_ms(5000);
	CHECK(record_clock_is_doubted(rig_state()));
	rig_wait_ms(month_end() - RIG_WALL);
	CHECK(has_key(november));
	rig_say(OFFICER, COMMAND("record.confirm_clock", ""));
	rig_commit();
	rig_say(SECOND, "{'approve':{'pending':1}}");
	rig_commit();
	CHECK(!has_key(november));
}
