/* hub_stage_test.c: rulebooks: staged, searched, enacted; and which one decides after a start. */
#include "sim/staged.h"

#include "domain/record/record.h"
#include "schema/text.h"
#include "serve/core_outside.h"
#include "sim/authenticator.h"

#define RULE(id, match, outcome)                                                                                       \
	"  - id: " id "\n    title: A rule\n    layer: mission\n    match:\n      it: {" match                         \
	"}\n      condition: it\n"                                                                                     \
	"    outcome: " outcome "\n"
#define GUARDS_MAY   "rules:\n" RULE("guards", "person.groups: guard", "permit")
#define VISITORS_MAY "rules:\n" RULE("visitors", "person.groups: visitor", "permit")

static struct staged guards, visitors, large, broken, conflicting;

/* 600 rules that say the same: two parts and more. */
static void make_large(void)
{
	enum { RULES = 300, SIZE = 1 << 20 };
	static char text[SIZE];
	size_t n = (size_t)snprintf(text, sizeof text, "rules:\n");
	for (int i = 0; i < RULES; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
				      RULE("rule-%d", "door.name: 'door %d', person.groups: staff", "permit"), i, i);
	staged_make(&large, text);
	CHECK(staged_parts(&large) > 2);
}

static void make_all(void)
{
	static bool made;
	if (made)
		return;
	made = true;
	staged_make(&guards, GUARDS_MAY);
	staged_make(&visitors, VISITORS_MAY);
	staged_make(&broken, "rules:\n" RULE("visitors", "person.group: visitor", "permit"));
	staged_make(&conflicting, "rules:\n" RULE("yes", "person.groups: visitor", "permit")
				      RULE("no", "person.groups: staff", "refuse"));
	make_large();
	CHECK(guards.rules && visitors.rules && large.rules && !broken.rules);
}

/* A house in which guards may enter, by a rulebook that the record keeps. */
#define STAGE_TEST(name) TEST_BETWEEN(begin, name, rig_end)

static int64_t shown; /* reports of line 1 */

static void hello(void)
{
	rig_say(ZERO, HELLO("0", "1"));
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	rig_forget();
}

static void begin(void)
{
	make_all();
	rig_new();
	staged_install(&guards);
	rig_open();
	for (size_t i = 0; i < HOUSE_COMMANDS; i++) {
		struct buf b = arena_buf(&rig.arena);
		house_command(i, &b);
		rig_line(OFFICER, buf_str(&b));
	}
	rig_wait_ms(HUB_CONFIG_QUIET_MS);
	hello();
	shown = 0;
}

/* Whether person 1 (a guard) and 2 (a visitor) may pass door 1 now. */
static void check_decides(bool guards_may, bool visitors_may)
{
	static const char *const cards[] = {"00000100", "00000200"};
	for (int i = 0; i < 2; i++) {
		char line[256];
		snprintf(line, sizeof line, SHOW("%lld", "1", "%s"), (long long)++shown, cards[i]);
		rig_say(ONE, line);
		bool granted = str_contains(rig_told(ONE), STR("'doors.Released'"));
		CHECK(granted == (i == 0 ? guards_may : visitors_may));
	}
}

static struct str told_of_enacting(const struct staged *staged)
{
	rig_line(OFFICER, staged_enact(staged));
	return rig_told(OFFICER);
}

static bool is_in_force(const struct staged *staged)
{
	const struct environment *now = environment_get(rig_state(), 1);
	return memcmp(now->access.at, staged->hash, sizeof staged->hash) == 0;
}

STAGE_TEST(a_rulebook_in_parts_decides_from_the_turn_after_its_enactment)
{
	check_decides(true, false);
	staged_say(&large);
	staged_say(&visitors);
	check_decides(true, false);
	CHECK_HAS(told_of_enacting(&visitors), "{'done':");
	CHECK(is_in_force(&visitors));
	check_decides(false, true);
	CHECK_HAS(told_of_enacting(&large), "{'done':");
	check_decides(false, false);
	rig_say(OFFICER, "{'history':{'ref':'door:1','limit':1}}");
	CHECK_HAS(rig_told(OFFICER), "'because':{'rulebook':'house'");
	/* Of what was in force before the text stays in the entries, and not in the tables. */
	CHECK_INT(stage_count(rig_state()), 1);
}

STAGE_TEST(a_rulebook_that_does_not_load_leaves_the_other_in_force_and_says_where_it_is_wrong)
{
	staged_say(&broken);
	struct str answer = told_of_enacting(&broken);
	CHECK_HAS(answer, "{'refused':{'entry':");
	CHECK_HAS(answer, "'name':'MISSION_RULEBOOK','takes':{'what':'rules/access/rules.yaml:6:12: ");
	CHECK(is_in_force(&guards));
	check_decides(true, false);
	/* And one that does, in the same memory, is looked at as if nothing had been there. */
	staged_say(&visitors);
	CHECK_HAS(told_of_enacting(&visitors), "{'done':");
	check_decides(false, true);
}

STAGE_TEST(a_conflict_is_told_with_a_case_of_it)
{
	staged_say(&conflicting);
	struct str answer = told_of_enacting(&conflicting);
	CHECK_HAS(answer, "'MISSION_RULEBOOK'");
	CHECK_HAS(answer, "yes");
	CHECK_HAS(answer, "person.groups");
	check_decides(true, false);
}

STAGE_TEST(what_is_not_all_there_or_not_what_its_hash_says_does_not_come_into_force)
{
	CHECK_HAS(told_of_enacting(&visitors), "'what':'its parts are not all there'");
	rig_line(OFFICER, staged_line(&large, 1));
	CHECK_HAS(told_of_enacting(&large), "'what':'its parts are not all there'");
	struct staged other = visitors;
	memset(other.hash, 0xab, sizeof other.hash);
	staged_say(&other);
	CHECK_HAS(told_of_enacting(&other), "'what':'what was staged is another rulebook than its hash says");
	check_decides(true, false);
}

STAGE_TEST(who_may_not_enact_is_told_so_without_a_search)
{
	staged_say(&visitors);
	rig.premises.work_slow = 100;
	rig_line(GUARD, staged_enact(&visitors));
	CHECK_HAS(rig_told(GUARD), "'MISSION_ROLE'");
	CHECK(!rig.premises.is_working);
	rig_say(OFFICER, COMMAND("mission.enact", "'rulebook':'00'"));
	CHECK_HAS(rig_told(OFFICER), "{'bad':");
	CHECK(!rig.premises.is_working);
}

static void end_work(void)
{
	rig.premises.work_slow = rig.premises.work_left = 0;
	rig_commit();
}

STAGE_TEST(one_rulebook_is_looked_at_at_a_time)
{
	static const char busy[] = BAD("0", "another rulebook is being looked at", "Try again in a moment.");
	staged_say(&visitors);
	staged_say(&broken);
	rig.premises.work_slow = 100;
	rig_line(OFFICER, staged_enact(&visitors));
	rig_line(SECOND, staged_enact(&broken)); /* before the search begins, and while it goes on */
	CHECK_TOLD(SECOND, busy);
	rig_line(SECOND, staged_enact(&broken));
	CHECK_TOLD(SECOND, busy);
	check_decides(true, false);
	end_work();
	CHECK_HAS(rig_heard(OFFICER), "{'done':");
	check_decides(false, true);
	CHECK_HAS(told_of_enacting(&broken), "'MISSION_RULEBOOK'");
}

/* Its place may be somebody else's by then. */
STAGE_TEST(what_was_asked_for_by_somebody_who_left_is_not_done)
{
	static const struct str guard[] = {{"guard", 5}}, officer[] = {{"security_officer", 16}};
	staged_say(&visitors);
	staged_say(&large);
	for (int is_searching = 0; is_searching < 2; is_searching++) {
		hub_detach(rig.hub, OFFICER);
		rig_attach(OFFICER);
		size_t before = hub_core(rig.hub)->size;
		rig.premises.work_slow = 100;
		rig_line(OFFICER, staged_enact(&visitors));
		if (is_searching)
			rig_commit();
		hub_detach(rig.hub, OFFICER);
		struct hub_person next = {STR("zoe"), 1, is_searching ? officer : guard, 1, 3, 0};
		CHECK_INT(hub_attach_asker(rig.hub, &next), OFFICER);
		rig_line(SECOND, staged_enact(&large));
		rig_commit();
		CHECK_HAS_IF(rig_heard(SECOND), "another rulebook is being looked at", is_searching);
		end_work();
		CHECK_STR(rig_heard(OFFICER), STR(""));
		CHECK_INT(hub_core(rig.hub)->size, before + !is_searching);
		CHECK(is_in_force(&large)); /* what the second one asked for, when it could */
	}
}

STAGE_TEST(a_search_that_ends_badly_is_told)
{
	staged_say(&visitors);
	rig.premises.work_dies = 1;
	CHECK_HAS(told_of_enacting(&visitors), "'what':'the process that searched it ended'");
	check_decides(true, false);
	CHECK_HAS(told_of_enacting(&visitors), "{'done':");
	check_decides(false, true);
}

/* A search and a snapshot are both work for a process of its own. */
STAGE_TEST(a_search_waits_until_a_snapshot_is_written)
{
	struct error error;
	staged_say(&visitors);
	rig.options.snapshot_entries = 1;
	rig.premises.work_slow = 3;
	rig_reopen();
	hello();
	CHECK(rig.premises.is_working);
	rig_line(OFFICER, staged_enact(&visitors));
	rig_commit();
	CHECK_HAS_NO(rig_heard(OFFICER), "{'done':");
	for (int i = 0; i < 50; i++)
		CHECK_OK(hub_commit(rig.hub, &error), &error);
	CHECK_HAS(rig_heard(OFFICER), "{'done':");
	CHECK(is_in_force(&visitors));
}

STAGE_TEST(a_passkeys_word_for_an_enactment_is_kept_until_it_is_decided)
{
	struct authenticator a;
	char line[1024];
	struct buf b = BUF(line);
	authenticator_init(&a, 1);
	BUF_LIT(&b, "{'command':{'name':'operators.enrol_passkey','body':{'login':'ana','label':'key','credential':'");
	buf_put_hex(&b, a.credential, sizeof a.credential);
	BUF_LIT(&b, "','key':'");
	buf_put_hex(&b, a.point, sizeof a.point);
	BUF_LIT(&b, "'}}}");
	buf_put_char(&b, 0);
	rig_say(OFFICER, line);
	staged_say(&visitors);
	struct str nonce = rig_ask_one(OFFICER, (struct ask_line){.kind = ASK_LINE_NONCE}).nonce.nonce;
	struct buf body = arena_buf(&rig.arena);
	mission_enact_write(&body, &(struct mission_enact){{(const char *)visitors.hash, sizeof visitors.hash}});
	struct str said = arena_keep(&rig.arena, &body), name = STR("mission.enact");
	struct assertion touched = authenticator_assert(&a, name, said, nonce, &rig.arena);
	struct ask_line ask = {.kind = ASK_LINE_COMMAND,
			       .command = {name, said, .has_assertion = true, .assertion = touched}};
	CHECK_INT(rig_ask_one(OFFICER, ask).kind, ANSWER_LINE_DONE);
	CHECK_HAS(rig_entry(hub_core(rig.hub)->size - 1), "\"asserted\":1,\"counter\":0}");
	authenticator_release(&a);
}

/* What decides after a start */

STAGE_TEST(a_power_failure_while_it_is_searched_leaves_what_was_in_force)
{
	staged_say(&visitors);
	rig.premises.work_slow = 100;
	rig_line(OFFICER, staged_enact(&visitors));
	rig_commit();
	rig.premises.work_slow = 0;
	rig_power_failure();
	hello();
	CHECK(is_in_force(&guards));
	check_decides(true, false);
	CHECK_HAS(told_of_enacting(&visitors), "{'done':"); /* its parts are there still */
	rig_power_failure();
	hello();
	check_decides(false, true);
}

STAGE_TEST(a_start_goes_by_the_text_in_the_record_and_not_by_the_files)
{
	staged_say(&visitors);
	CHECK_HAS(told_of_enacting(&visitors), "{'done':");
	static const struct staged nothing;
	const struct staged *const files[] = {&guards, &large, &broken, &nothing, &visitors};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		uint64_t before = hub_core(rig.hub)->size;
		staged_install(files[i]);
		rig_reopen();
		CHECK_INT(hub_core(rig.hub)->size, before); /* nothing is new */
		hello();
		CHECK(is_in_force(&visitors));
		check_decides(false, true);
	}
}

STAGE_TEST(the_text_of_the_first_rulebook_is_kept_as_long_as_it_is_in_force)
{
	rig_wait_ms(2 * RECORD_STAGE_MS);
	CHECK_INT(stage_count(rig_state()), 1);
	staged_install(&large);
	rig_reopen();
	hello();
	check_decides(true, false);
	/* What was staged and not used goes. */
	staged_say(&visitors);
	CHECK_INT(stage_count(rig_state()), 2);
	rig_wait_ms(RECORD_STAGE_MS);
	CHECK_INT(stage_count(rig_state()), 1);
	CHECK_HAS(told_of_enacting(&visitors), "'its parts are not all there'");
}

TEST(a_first_start_that_the_power_cut_short_brings_the_rest_of_the_text)
{
	make_all();
	for (uint64_t step = 1; step < 2000; step += 1 + step / 16) {
		struct error error;
		rig_new();
		staged_install(&large);
		disk_fail_at(rig.disk, step, step);
		bool whole = rig_try_open(&error) == 0 && !disk_is_down(rig.disk);
		disk_fail_at(rig.disk, DISK_NEVER, 0);
		if (!whole) {
			rig_close();
			disk_restart(rig.disk);
			rig_open();
		}
		staged_install(&guards); /* other files */
		rig_reopen();
		CHECK(is_in_force(&large));
		CHECK_INT(stage_count(rig_state()), 1);
		CHECK_INT(stage_part_count(rig_state()), staged_parts(&large));
		rig_end();
		if (whole)
			return;
	}
	CHECK(false);
}

TEST(without_a_rulebook_nothing_starts)
{
	struct error error = {0};
	static const struct staged nothing;
	make_all();
	rig_new();
	staged_install(&nothing);
	CHECK_INT(rig_try_open(&error), ERROR_INPUT);
	CHECK(strstr(error.what, "none is in force") && strstr(error.remedy, "chancery rules check"));
	/* One that decided when the record did not keep texts yet, and whose files have changed since. */
	staged_install(&guards);
	rig.options.load_rules = NULL;
	rig.options.rules_text = (struct str){0};
	rig_open();
	rig_close();
	staged_install(&large);
	CHECK_INT(rig_try_open(&error), ERROR_RECORD);
	CHECK(strstr(error.what, "is not in the record"));
	staged_install(&guards);
	rig_open();
	CHECK_INT(stage_count(rig_state()), 1);
	rig_end();
}

TEST(a_text_that_is_too_long_for_the_record_is_not_brought)
{
	enum { TOO_LONG = (4 << 20) + 1 };
	static char text[TOO_LONG];
	struct error error = {0};
	make_all();
	rig_new();
	staged_install(&guards);
	rig.options.rules_text = (struct str){text, sizeof text};
	CHECK_INT(rig_try_open(&error), ERROR_LIMIT);
	CHECK(strstr(error.what, "longer than the 4194304 bytes"));
	rig_end();
}

STAGE_TEST(what_is_staged_is_not_longer_than_what_is_searched)
{
	enum { TOO_LONG = (4 << 20) + 1 };
	static char text[TOO_LONG];
	memset(text, ' ', sizeof text);
	struct staged long_one = {.text = {text, sizeof text}};
	memset(long_one.hash, 0xcd, sizeof long_one.hash);
	for (int64_t part = 1; part <= staged_parts(&long_one); part++) {
		rig_line(OFFICER, staged_line(&long_one, part));
		rig_commit();
		rig_forget();
	}
	CHECK_HAS(told_of_enacting(&long_one), "'what':'what was staged is longer than 4194304 bytes");
}

/* In a process of its own, as the core does it (core_outside.h). */

static struct core_outside outside;

static void fork_work(void *context, int (*work)(void *hub, void *shared), void *hub)
{
	ASSERT(context == &rig);
	core_outside_work(&outside, work, hub);
}

static bool fork_ended(void *context, bool *ret_done)
{
	ASSERT(context == &rig);
	return core_outside_work_ended(&outside, ret_done);
}

static void *fork_shared(void *context, size_t size)
{
	ASSERT(context == &rig && size <= HUB_SHARED_BYTES);
	return outside.shared;
}

STAGE_TEST(the_process_that_searches_gives_back_what_it_found)
{
	struct error error;
	struct arena shared = arena_map_shared(HUB_SHARED_BYTES);
	outside = (struct core_outside){.shared = shared.at};
	rig.forks = (struct rig_forks){fork_work, fork_ended, fork_shared};
	rig_reopen();
	hello();
	staged_say(&broken);
	staged_say(&visitors);
	rig_line(OFFICER, staged_enact(&broken));
	struct str answer = {0};
	while (answer.len == 0) {
		CHECK_OK(hub_commit(rig.hub, &error), &error);
		answer = rig_heard(OFFICER);
	}
	CHECK_HAS(answer, "'what':'rules/access/rules.yaml:6:12: ");
	rig_line(OFFICER, staged_enact(&visitors));
	while ((answer = rig_heard(OFFICER)).len == 0)
		CHECK_OK(hub_commit(rig.hub, &error), &error);
	CHECK_HAS(answer, "{'done':");
	check_decides(false, true);
	arena_unmap(&shared);
}
