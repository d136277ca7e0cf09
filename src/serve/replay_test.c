/* replay_test.c: a record decided once more: the same where it is what its decisions made, and told where it is not. */
#include "serve/replay.h"
#include "sim/staged.h"

#include "keys/vault.h"

#define RULE(id, match, outcome)                                                                                       \
	"  - id: " id "\n    title: A rule\n    layer: mission\n    match:\n      it: {" match                         \
	"}\n      condition: it\n"                                                                                     \
	"    outcome: " outcome "\n"

static struct staged guards, visitors;

/* Replaying a hub's journal while it is open */

struct told {
	size_t n;
	struct replay_difference last;
	char who[64], rule[64], was[64], would[64];
};

static void copy(char (*to)[64], struct str from)
{
	snprintf(*to, sizeof *to, STR_FMT, STR_ARG(from));
}

static void differs(void *context, const struct replay_difference *d)
{
	struct told *told = context;
	told->n++;
	told->last = *d;
	copy(&told->who, d->who);
	copy(&told->was, d->was.what);
	copy(&told->would, d->would.what);
	copy(&told->rule, d->was.n_rules > 0 ? d->was.rules[0] : STR("none"));
}

static int replay_of(struct journal *journal, const struct rulebook *rules, struct told *ret_told,
		     struct replay_result *ret_result, struct error *error)
{
	struct keys_vault *vault = keys_vault_open(&rig.premises.keys);
	struct replay_options options = {.journal = journal,
					 .vault = keys_vault_of(vault),
					 .load_rules = rig.options.load_rules,
					 .rules = rules,
					 .differs = differs,
					 .context = ret_told};
	*ret_told = (struct told){.n = 0};
	int failed = replay_run(&options, ret_result, error);
	keys_vault_close(vault);
	return failed;
}

static struct replay_result replay(const struct rulebook *rules, struct told *ret_told)
{
	struct replay_result result = {0};
	struct error error;
	CHECK_OK(replay_of(hub_journal(rig.hub), rules, ret_told, &result, &error), &error);
	return result;
}

static void begin(void)
{
	if (!guards.rules) {
		staged_make(&guards, "rules:\n" RULE("guards", "person.groups: guard", "permit"));
		staged_make(&visitors, "rules:\n" RULE("visitors", "person.groups: visitor", "permit"));
	}
	rig_new();
	staged_install(&guards);
	rig_open();
	for (size_t i = 0; i < HOUSE_COMMANDS; i++) {
		struct buf b = arena_buf(&rig.arena);
		house_command(i, &b);
		rig_line(OFFICER, buf_str(&b));
	}
	rig_wait_ms(HUB_CONFIG_QUIET_MS);
	rig_say(ONE, HELLO("1", "1"));
	rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
	rig_say(ONE, SHOW("2", "1", CARD_UNKNOWN));
	rig_commit();
}

#define REPLAY_TEST(name) TEST_BETWEEN(begin, name, rig_end)

REPLAY_TEST(every_decision_comes_out_as_it_was)
{
	struct told told;
	rig_wait_ms(60000);
	rig_say(OFFICER, COMMAND("doors.lock_down", "'why':'drill'"));
	rig_say(STAFF, COMMAND("doors.lift_lockdown", ""));
	rig_commit();
	struct replay_result r = replay(NULL, &told);
	CHECK_INT(r.entries, journal_size(hub_journal(rig.hub)));
	CHECK(r.decided == r.entries && r.same == r.entries && r.different == 0 && r.not_repeatable == 0);
	CHECK(r.same_state && told.n == 0);
}

REPLAY_TEST(a_rulebook_that_came_into_force_decides_from_then_on)
{
	struct told told;
	staged_say(&visitors);
	rig_commit();
	rig_line(OFFICER, staged_enact(&visitors));
	rig_commit();
	rig_say(ONE, SHOW("3", "1", CARD_OF_GUARD));
	rig_commit();
	struct replay_result r = replay(NULL, &told);
	CHECK(r.same == r.entries && r.same_state);
}

REPLAY_TEST(another_rulebook_is_tried_on_what_rules_decided_alone)
{
	struct told told;
	struct replay_result r = replay(visitors.rules, &told);
	CHECK_INT(r.decided, 1); /* a card that nobody has is no matter of rules */
	CHECK(r.different == 1 && r.same == 0 && told.n == 1);
	CHECK_STR(str_of(told.was), STR("access.Granted"));
	CHECK_STR(str_of(told.would), STR("access.Denied"));
	CHECK_STR(str_of(told.rule), STR("guards"));
	CHECK(told.who[0] != 0);
	r = replay(guards.rules, &told);
	CHECK(r.different == 0 && r.same == 1 && told.n == 0);
}

/* A record that somebody made with the mission's keys: one word in one entry is another, and all is signed. */

#define ANYWHERE UINT64_MAX
struct forging {
	struct journal *into;
	struct arena arena;
	const char *word, *other;
	uint64_t at;
	struct error *error;
};

static int forge(void *context, uint64_t index, struct str body)
{
	struct forging *f = context;
	struct str from = str_of(f->word), to = str_of(f->other);
	struct buf b = arena_buf(&f->arena);
	for (size_t i = 0; i < body.len;) {
		struct str rest = {body.at + i, body.len - i};
		bool here = (f->at == ANYWHERE || index == f->at) && str_starts(rest, from);
		buf_put_str(&b, here ? to : (struct str){rest.at, 1});
		i += here ? from.len : 1;
	}
	return journal_append(f->into, arena_keep(&f->arena, &b), f->error);
}

static int replay_forged(uint64_t at, const char *word, const char *other, struct told *ret_told,
			 struct replay_result *ret_result, struct error *error)
{
	struct journal *from = hub_journal(rig.hub);
	struct journal_options options = rig.options.journal;
	struct forging f = {.arena = arena_map(64 << 20), .word = word, .other = other, .at = at, .error = error};
	options.path = "forged.db";
	CHECK_OK(journal_open(&f.into, &options, error), error);
	CHECK_OK(journal_read(from, 0, journal_size(from), forge, &f, error), error);
	CHECK_OK(journal_commit(f.into, error), error);
	int failed = replay_of(f.into, NULL, ret_told, ret_result, error);
	journal_close(f.into);
	arena_unmap(&f.arena);
	return failed;
}

REPLAY_TEST(a_record_that_says_what_was_not_decided_is_found_out)
{
	struct told told;
	struct replay_result r = {0};
	struct error error;
	uint64_t last = journal_size(hub_journal(rig.hub)) - 1;
	CHECK_OK(replay_forged(last, "unknown_card", "no_rule_permits", &told, &r, &error), &error);
	CHECK(r.different == 1 && r.first == last && r.same == r.entries - 1 && told.n == 1);
	CHECK_INT(told.last.entry, last);
	CHECK(r.same_state); /* it went on from what is recorded */
}

REPLAY_TEST(what_follows_a_difference_is_decided_on_what_is_recorded)
{
	struct told told;
	struct replay_result r = {0};
	struct error error;
	/* In the event alone, and in the state from then on. */
	CHECK_OK(replay_forged(ANYWHERE, "{\"building\":1,\"name\":\"", "{\"building\":1,\"name\":\"New ", &told, &r,
			       &error),
		 &error);
	CHECK(r.different == 1 && r.same == r.entries - 1 && r.same_state);
	CHECK_STR(str_of(told.was), STR("site.BuildingAdded"));
}

static void destroy_key(uint64_t person)
{
	struct error error;
	CHECK_OK(keys_forget(&rig.premises.keys, STR("person"), person, &error), &error);
}

REPLAY_TEST(what_rests_on_erased_values_is_not_repeated)
{
	struct told told;
	destroy_key(1);
	struct replay_result r = replay(NULL, &told);
	CHECK(r.not_repeatable >= 3 && r.different == 0); /* enrolled, badge, let in */
	CHECK_INT(r.same + r.not_repeatable, r.entries);
}

/* Person 2 is refused the card of person 1, whose number nobody knows any more. */
REPLAY_TEST(what_rested_on_somebody_elses_erased_values_is_no_difference_once_an_entry_forgets_them)
{
	struct told told;
	struct forgotten_subject whom = {{"person", 6}, 1};
	struct incarnation now = {.incarnation = 2, .entries = 1, .known = 1, .subjects = {1, &whom}};
	rig_say(OFFICER,
		COMMAND("people.issue_badge", "'person':2,'card':'" CARD_OF_GUARD "','bits':26,'kind':'card'"));
	CHECK_HAS(rig_told(OFFICER), "PEOPLE_CARD_TAKEN");
	destroy_key(1);
	struct replay_result r = replay(NULL, &told);
	CHECK(r.different == 1 && told.n == 1); /* for all that the record says */
	CHECK_STR(str_of(told.was), STR("PEOPLE_CARD_TAKEN"));
	rig.options.incarnation = &now;
	rig_reopen();
	rig_commit();
	r = replay(NULL, &told);
	CHECK(r.different == 0 && told.n == 0 && r.same_state);
}
