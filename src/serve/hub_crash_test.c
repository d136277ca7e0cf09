/* hub_crash_test.c: the power fails at every write and sync of the disk while somebody is forgotten, a month ends, snapshots are written, a rulebook is
 * enacted and files are sent. Whatever was acknowledged is there afterwards, and nothing that was forgotten comes back. By the trial's schema (tests/trial). */
#include "sim/staged.h"

#include "domain/record/record.h"
#include "serve/snapshot.h"

enum { PROMISES_MAX = 64, PEOPLE = 4, NOVEMBER_2026 = 12 * (2026 - 1970) + 11 };

/* What was promised to somebody, or has become so. */
static struct promises {
	struct {
		uint64_t index;
		char body[4096];
		size_t len;
	} entries[PROMISES_MAX];
	size_t n_entries;
	char blobs[PROMISES_MAX][JOURNAL_BLOB_HASH_BYTES]; /* of person 3, who is never forgotten */
	size_t n_blobs;
	int64_t reports; /* of line 1 */
	bool forgotten[PEOPLE], gone[PEOPLE];
	bool had_month, month_gone, enacted;
} promised;

static struct staged guards, visitors;

/* A smaller house: one door, its reader, three people. */
static void begin(void)
{
	enum { PERSON_1 = 3 + 2 * HOUSE_READERS, KEY_1 = PERSON_1 + 2 * HOUSE_PEOPLE };
	static const size_t commands[] = {
	    0, 1, 2, 3, 4, PERSON_1, PERSON_1 + 1, PERSON_1 + 2, PERSON_1 + 3, PERSON_1 + 4, PERSON_1 + 5, KEY_1};
	if (!guards.text.at) {
		staged_make(&guards, "rules: []\n");
		staged_make(&visitors, "rules:\n  - id: all\n    title: All\n    layer: mission\n    match:\n"
				       "      it: {person.clearance: 1}\n      condition: it\n    outcome: permit\n");
	}
	rig_new();
	staged_install(&guards);
	promised = (struct promises){0};
	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct buf b = arena_buf(&rig.arena);
		house_command(commands[i], &b);
		rig_line(OFFICER, buf_str(&b));
	}
	rig_wait_ms(HUB_CONFIG_QUIET_MS);
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	rig_forget();
}

static bool has_subject(uint64_t person)
{
	struct key_id id = key_of_subject(STR("person"), person);
	return keyfile_find(rig.premises.keys.file, &id) != NULL;
}

static bool has_month(void)
{
	struct key_id id = key_of_month(STR("90d"), NOVEMBER_2026);
	return keyfile_find(rig.premises.keys.file, &id) != NULL;
}

/* Hearing what is promised */

static void hear_done(const struct answer_done *done)
{
	struct str body = rig_entry((uint64_t)done->entry);
	ASSERT(promised.n_entries < PROMISES_MAX && body.len <= sizeof promised.entries[0].body);
	promised.entries[promised.n_entries].index = (uint64_t)done->entry;
	promised.entries[promised.n_entries].len = body.len;
	memcpy(promised.entries[promised.n_entries++].body, body.at, body.len);
	for (uint64_t person = 1; person < PEOPLE; person++) {
		char event[64];
		snprintf(event, sizeof event, "\"trial.PersonForgotten\",\"body\":{\"person\":%d}", (int)person);
		promised.forgotten[person] |= str_contains(body, str_of(event));
	}
	promised.enacted |=
	    str_contains(body, STR("\"name\":\"mission.enact\"")) && str_contains(body, STR("\"refusal\":null"));
}

static void hear(const struct rig_heard *heard)
{
	struct json json = json_over(heard->line, &rig.arena);
	struct answer_line answer;
	struct core_line line;
	if (heard->peer == ONE) {
		CHECK(core_line_read(&json, &line));
		if (line.kind == CORE_LINE_ACK && line.ack.sequence > promised.reports)
			promised.reports = line.ack.sequence;
		return;
	}
	if (heard->peer != OFFICER)
		return;
	CHECK(answer_line_read(&json, &answer));
	if (answer.kind == ANSWER_LINE_DONE && answer.done.has_entry)
		hear_done(&answer.done);
	if (answer.kind == ANSWER_LINE_BLOB && answer.blob.has_hash)
		memcpy(promised.blobs[promised.n_blobs++], answer.blob.hash.at, JOURNAL_BLOB_HASH_BYTES);
}

/* False when the power, or a sync, has failed. */
static bool go_on(void)
{
	struct error error;
	int more;
	do {
		more = hub_commit(rig.hub, &error);
		if (more < 0)
			break;
		for (size_t i = 0; i < rig.n_heard; i++)
			hear(&rig.heard[i]);
		rig_forget();
		for (uint64_t person = 1; person < PEOPLE; person++)
			promised.gone[person] |= !has_subject(person);
		promised.month_gone |= promised.had_month && !has_month();
		promised.had_month |= has_month();
	} while (more > 0 || rig.premises.is_working);
	if (more < 0)
		CHECK_INT(more, ERROR_SYSTEM);
	return more >= 0 && !disk_is_down(rig.disk);
}

/* What goes on meanwhile */

static bool show_card(int sequence)
{
	char line[256];
	snprintf(line, sizeof line, SHOW("%d", "1", "00000%d00"), sequence, 1 + sequence % 3);
	rig_say(ONE, line);
	return go_on();
}

static bool send_file(const char *subject, const char *text)
{
	struct buf b = arena_buf(&rig.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_BLOB, .blob = {str_of(subject), 1, 1, str_of(text)}});
	rig_line(OFFICER, arena_keep(&rig.arena, &b));
	return true;
}

static bool forgetting(void)
{
	send_file("person:1", "a face");
	promised.n_blobs = 0;
	if (!show_card(1))
		return false;
	promised.n_blobs = 0; /* goes with the person */
	rig_say(OFFICER, COMMAND("trial.open_dossier", "'person':1,'title':'T','health':'poor','said':'Hm'"));
	rig_say(OFFICER, COMMAND("trial.forget", "'person':1"));
	if (!go_on() || !show_card(2))
		return false;
	rig_say(OFFICER, COMMAND("trial.forget", "'person':2"));
	return go_on() && show_card(3);
}

static bool months(void)
{
	if (!show_card(1))
		return false;
	rig.premises.clock_us += (record_month_ends(STR("90d"), NOVEMBER_2026) - RIG_WALL) * 1000;
	return go_on() && show_card(2);
}

static bool snapshots(void)
{
	for (int i = 1; i <= 8; i++)
		if (!show_card(i))
			return false;
	return true;
}

static bool rulebooks(void)
{
	rig_line(OFFICER, staged_line(&visitors, 1));
	if (!go_on() || !show_card(1))
		return false;
	rig_line(OFFICER, staged_enact(&visitors));
	return go_on() && show_card(2);
}

static bool files(void)
{
	for (int i = 1; i <= 3; i++) {
		send_file("person:3", "a plan of the house");
		if (i == 2) /* in a batch with an entry */
			rig_say(OFFICER, ADD_BUILDING("Annex"));
		if (!go_on())
			return false;
	}
	return show_card(1);
}

/* All of it at once. */
static bool everything(void)
{
	rig_line(OFFICER, staged_line(&visitors, 1));
	send_file("person:3", "a plan");
	rig_say(OFFICER, COMMAND("trial.forget", "'person':1"));
	if (!show_card(1))
		return false;
	rig_line(OFFICER, staged_enact(&visitors));
	rig_say(OFFICER, COMMAND("trial.forget", "'person':2"));
	return go_on() && months();
}

/* Afterwards */

static void check_promises(void)
{
	struct journal_blob blob;
	struct error error;
	for (size_t i = 0; i < promised.n_entries; i++) {
		bool is_there = promised.entries[i].index < journal_size(hub_journal(rig.hub));
		CHECK(is_there);
		if (is_there)
			CHECK_STR(rig_entry(promised.entries[i].index),
				  ((struct str){promised.entries[i].body, promised.entries[i].len}));
	}
	for (size_t i = 0; i < promised.n_blobs; i++)
		CHECK_INT(journal_get_blob(hub_journal(rig.hub),
					   (struct str){promised.blobs[i], JOURNAL_BLOB_HASH_BYTES}, &rig.arena, &blob,
					   &error),
			  1);
	const struct driver *line = driver_by_name(rig_state(), STR("line-1"));
	CHECK((line ? line->sequence : 0) >= promised.reports);
	if (promised.enacted)
		CHECK(memcmp(environment_get(rig_state(), 1)->access.at, visitors.hash, sizeof visitors.hash) == 0);
	for (uint64_t person = 1; person < PEOPLE; person++) {
		if (promised.forgotten[person])
			CHECK_INT(person_get(rig_state(), person)->name.len, 0);
		if (promised.gone[person])
			CHECK(!has_subject(person));
	}
	if (promised.month_gone)
		CHECK(!has_month());
}

static void check_same(const struct rig_hash *before)
{
	struct rig_hash after = rig_hash();
	CHECK(memcmp(before->at, after.at, sizeof after.at) == 0);
}

/* The same state from the snapshots that are there, and from all entries. */
static void check_folds(void)
{
	struct error error;
	struct rig_hash before = rig_hash();
	rig_reopen();
	check_same(&before);
	for (size_t i = 0; i < 2; i++)
		CHECK_OK(snapshot_wipe(rig.premises.snapshots[i], &error), &error);
	rig_reopen();
	check_same(&before);
}

/* What was begun is ended, and the mission goes on. */
static void check_goes_on(void)
{
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	CHECK_INT(forgetting_count(rig_state()), 0);
	for (uint64_t person = 1; person < PEOPLE; person++)
		CHECK(!promised.forgotten[person] || !has_subject(person));
	check_promises();
	rig_say(OFFICER, ADD_BUILDING("Afterwards"));
	rig_commit();
	CHECK_HAS(rig_heard(OFFICER), "{'done':");
}

static void begin_with(uint64_t snapshot_entries)
{
	begin();
	rig.options.snapshot_entries = snapshot_entries;
	rig_reopen();
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	rig_forget();
}

static void start_again(void)
{
	rig_close();
	if (disk_is_down(rig.disk))
		disk_restart(rig.disk);
	rig_forget();
	rig_open();
}

/* Returns false when the power did not fail: there are not so many steps. */
static bool fails_at(bool (*play)(void), uint64_t snapshot_entries, uint64_t step)
{
	begin_with(snapshot_entries);
	disk_fail_at(rig.disk, step, step);
	bool whole = play();
	disk_fail_at(rig.disk, DISK_NEVER, 0);
	start_again();
	check_promises();
	check_goes_on();
	check_folds();
	rig_end();
	return !whole;
}

static void fail_at_every_step(bool (*play)(void), uint64_t snapshot_entries)
{
	uint64_t step = 1;
	while (fails_at(play, snapshot_entries, step))
		step++;
	printf("     %llu power failures\n", (unsigned long long)step - 1);
	CHECK(step > 30);
}

TEST(the_power_fails_while_people_are_forgotten)
{
	fail_at_every_step(forgetting, 0);
}

TEST(the_power_fails_while_a_month_ends)
{
	fail_at_every_step(months, 0);
}

TEST(the_power_fails_while_snapshots_are_written)
{
	fail_at_every_step(snapshots, 2);
}

TEST(the_power_fails_while_a_rulebook_comes_into_force)
{
	fail_at_every_step(rulebooks, 0);
}

TEST(the_power_fails_while_files_are_sent)
{
	fail_at_every_step(files, 0);
}

TEST(the_power_fails_while_all_of_it_goes_on)
{
	fail_at_every_step(everything, 5);
}

/* One that fails is never tried again: the process ends, and so does the power, which takes what was not synced. A snapshot's ends only the process that
 * writes it. */
TEST(each_sync_fails_once)
{
	begin_with(5);
	uint64_t before = disk_counts(rig.disk).syncs;
	CHECK(everything());
	uint64_t syncs = disk_counts(rig.disk).syncs - before, ended = 0;
	rig_end();
	for (uint64_t n = 1; n <= syncs; n++) {
		begin_with(5);
		disk_fail_sync(rig.disk, n);
		ended += !everything();
		disk_fail_sync(rig.disk, DISK_NEVER);
		disk_crash(rig.disk, n);
		start_again();
		check_promises();
		rig.premises.clock_us += INT64_C(60000) * 1000; /* a snapshot that failed is tried again */
		check_goes_on();
		check_folds();
		rig_end();
	}
	printf("     %llu syncs, the process ended at %llu\n", (unsigned long long)syncs, (unsigned long long)ended);
	CHECK(ended > 10 && ended < syncs);
}
