#include "domain/access/access_table.h"

#include "base/test.h"
#include "core/try.h"
#include "domain/access/access.h"
#include "rules/rulebook_text.h"
#include "schema/text.h"

/* What the core would answer at any minute, the table answers, as long as it is good. */

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const char rules[] =
    "name: access\nlayers: [law, mission]\ndefault: {outcome: refuse, reason: No rule permits this.}\nrules:\n"
    "- {id: staff, title: t, layer: mission, outcome: permit, match: {a: {person.groups: staff, "
    "'now.time|gte': '07:30', 'now.time|lt': '19:00'}, b: {now.weekday: [sat, sun]}, condition: a and not b}}\n"
    "- {id: guard, title: t, layer: mission, outcome: permit, match: {a: {person.groups: guard}, condition: a}}\n"
    "- {id: named, title: t, layer: mission, outcome: permit, match: {a: {person.name: Zoe Marsh, door.name: Side "
    "door}, condition: a}}\n"
    "- {id: young, title: t, layer: mission, outcome: permit, match: {a: {person.groups: cleaner, "
    "'credential.age_days|lt': 2}, condition: a}}\n"
    "- {id: led, title: t, layer: mission, outcome: permit, conditions: [escort], match: {a: {person.groups: visitor}, "
    "condition: a}}\n"
    "- {id: night, title: t, layer: law, outcome: refuse, match: {a: {door.name: Side door, 'now.time|gte': '23:00'}, "
    "condition: a}}\n";

static void token_of(void *context, int64_t bits, struct str card, uint8_t ret_token[GRANT_TOKEN_BYTES])
{
	(void)context;
	memset(ret_token, 0, GRANT_TOKEN_BYTES);
	ret_token[0] = (uint8_t)bits;
	memcpy(ret_token + 1, card.at, card.len);
}

static struct {
	struct try try;
	struct arena arena;
	struct buf out;
	struct grant grant;
	int64_t badges;
} s;

static void enrol(const char *name, const char *groups, const char *card, const char *more)
{
	char body[256];
	snprintf(body, sizeof body, "{\"name\":\"%s\",\"groups\":[\"%s\"],\"clearance\":1%s}", name, groups, more);
	CHECK_INT(try_command(&s.try, "people.enrol", body), CORE_DONE);
	snprintf(body, sizeof body, "{\"person\":%llu,\"card\":\"%s\",\"bits\":26,\"kind\":\"card\"}",
		 (unsigned long long)person_count(&s.try.core.state), card);
	CHECK_INT(try_command(&s.try, "people.issue_badge", body), CORE_DONE);
}

static void issue_for_a_day(uint64_t person, const char *card)
{
	char body[256];
	snprintf(body, sizeof body,
		 "{\"person\":%llu,\"card\":\"%s\",\"bits\":26,\"kind\":\"fob\",\"until\":1795510800000}",
		 (unsigned long long)person, card);
	CHECK_INT(try_command(&s.try, "people.issue_badge", body), CORE_DONE);
}

static void begin(void)
{
	try_init(&s.try, rulebook_of_text(&access_request_vocabulary, rules));
	try_furnish(&s.try);
	enrol("Zoe Marsh", "technician", "11111100", "");
	enrol("Ivo Dunn", "guard", "22222200", ",\"until\":1795510800000"); /* for a day */
	enrol("Mia Frost", "guard", "33333300", ",\"from\":1795510800000");
	enrol("Tom Reed", "cleaner", "44444400", "");
	issue_for_a_day(1, "55555500");
	issue_for_a_day(6, "66666600");
	s.arena = arena_map(ACCESS_TABLE_BYTES + GRANT_BYTES_MAX);
}

static void make(int64_t hours)
{
	struct grant_head head = {.number = 1,
				  .made = s.try.now,
				  .until = s.try.now + hours * HOUR,
				  .mission = STR("chancery/try"),
				  .driver = STR("line-1")};
	struct grant_fault fault;
	arena_clear(&s.arena);
	s.out = (struct buf){.at = arena_take(&s.arena, GRANT_BYTES_MAX, 1), .size = GRANT_BYTES_MAX};
	const char *wrong = access_table_make(&s.try.core.state, s.try.core.rulebooks.access, &head, token_of, NULL,
					      &s.arena, &s.out, &s.badges);
	CHECK_STR(str_of(wrong ? wrong : ""), STR(""));
	CHECK(grant_open(s.out.at, s.out.len, &s.grant, &fault));
}

static void end(void)
{
	arena_unmap(&s.arena);
	try_release(&s.try);
}

static bool table_grants(const struct badge *badge, uint64_t reader, int64_t at)
{
	uint8_t token[GRANT_TOKEN_BYTES];
	token_of(NULL, badge->bits, text_str(badge->card), token);
	struct grant_question question = {.reader = reader, .token = token, .now = at};
	return grant_decide(&s.grant, &question).granted;
}

static bool core_grants(const struct badge *badge, uint64_t reader, int64_t at)
{
	struct access_request request;
	struct answer answer;
	const struct state *state = &s.try.core.state;
	const struct person *person = person_get(state, badge->person);
	bool present = (!person->has_from || person->from <= at) && (!person->has_until || at < person->until);
	if (badge->state != BADGE_STATE_ACTIVE || (badge->has_until && badge->until <= at) || !present)
		return false;
	access_request_of(state, badge, reader_get(state, reader), at, &request);
	rulebook_decide(s.try.core.rulebooks.access, request.facts, &answer);
	return answer.outcome == OUTCOME_PERMIT && answer.conditions == 0;
}

static size_t compare(int64_t step)
{
	size_t granted = 0;
	for (int64_t at = s.try.now; at < s.grant.until; at += step)
		for (const struct badge *badge = badge_after(&s.try.core.state, 0); badge;
		     badge = badge_after(&s.try.core.state, badge->badge))
			for (uint64_t reader = 1; reader <= 2; reader++) {
				bool table = table_grants(badge, reader, at);
				if (!test_count(table == core_grants(badge, reader, at)))
					test_fail(__FILE__, __LINE__,
						  "badge %llu, reader %llu, at %lld: the table says %d",
						  (unsigned long long)badge->badge, (unsigned long long)reader,
						  (long long)at, table);
				granted += table;
			}
	return granted;
}

TEST(the_table_answers_each_minute_as_the_core_would)
{
	begin();
	try_command(&s.try, "people.suspend_badge", "{\"badge\":3,\"why\":\"lost\"}");
	try_command(&s.try, "people.restore_badge", "{\"badge\":3}");
	try_command(&s.try, "people.suspend_badge", "{\"badge\":2,\"why\":\"lost\"}");
	s.try.now += 7 * HOUR + 17 * MINUTE + 11;
	make(7 * 24);
	CHECK_INT(s.badges, 7); /* all but the suspended one */
	CHECK(compare(MINUTE) > 1000);
	end();
}

TEST(a_change_of_the_clocks_is_in_the_table)
{
	/* From an hour before 2026-11-24T00:00Z on, local time is an hour less. */
	begin();
	try_start(&s.try, "mission.begin",
		  "{\"program\":\"try\",\"schema\":\""
		  "0000000000000000000000000000000000000000000000000000000000000000\",\"access\":\""
		  "0000000000000000000000000000000000000000000000000000000000000000\",\"zone\":\"Try/"
		  "Try\",\"offsets\":[{\"from\":0,\"minutes\":60},"
		  "{\"from\":1795474800000,\"minutes\":0},{\"from\":1795561200000,\"minutes\":30}]}");
	make(72);
	CHECK(compare(MINUTE) > 1000);
	end();
}

TEST(the_same_state_makes_the_same_bytes_and_a_mission_without_badges_or_readers_a_table_that_refuses)
{
	begin();
	make(72);
	struct buf first = s.out;
	uint8_t *kept = malloc(first.len);
	memcpy(kept, first.at, first.len);
	make(72);
	CHECK_INT(s.out.len, first.len);
	CHECK(memcmp(kept, s.out.at, first.len) == 0);
	free(kept);
	try_give_back(&s.try);
	try_init(&s.try, rulebook_of_text(&access_request_vocabulary, rules));
	make(72);
	CHECK_INT(s.badges, 0);
	CHECK_INT(s.grant.n_readers, 0);
	end();
}

TEST(who_stands_for_a_door_passes_it_by_a_table_that_has_run_out_and_nobody_else)
{
	begin();
	CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":1,\"person\":1}"), CORE_DONE);
	CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":2,\"person\":4}"), CORE_DONE);
	make(72);
	int64_t later = s.grant.until + INT64_C(60) * DAY;
	CHECK(table_grants(badge_get(&s.try.core.state, 1), 1, later));
	CHECK(!table_grants(badge_get(&s.try.core.state, 1), 2, later));
	CHECK(!table_grants(badge_get(&s.try.core.state, 3), 1, later));
	CHECK(!table_grants(badge_get(&s.try.core.state, 4), 2, later)); /* whose stay is over by then */
	CHECK_INT(try_command(&s.try, "access.revoke_standing", "{\"standing\":1}"), CORE_DONE);
	make(72);
	CHECK(!table_grants(badge_get(&s.try.core.state, 1), 1, later));
	static const struct try_refusal rows[] = {
	    {"access.declare_standing", "{\"door\":9,\"person\":1}", "ACCESS_NO_DOOR"},
	    {"access.declare_standing", "{\"door\":1,\"person\":99}", "ACCESS_NO_PERSON"},
	    {"access.revoke_standing", "{\"standing\":1}", "ACCESS_NO_STANDING"},
	};
	try_check_refusals(&s.try, rows, ARRAY_LEN(rows));
	end();
}

TEST(who_was_declared_twice_stands_once_until_both_are_revoked)
{
	begin();
	CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":1,\"person\":1}"), CORE_DONE);
	make(72);
	uint32_t once = s.grant.n_standing;
	CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":1,\"person\":1}"), CORE_DONE);
	make(72);
	int64_t later = s.grant.until + INT64_C(60) * DAY;
	CHECK_INT(s.grant.n_standing, once);
	CHECK(table_grants(badge_get(&s.try.core.state, 1), 1, later));
	CHECK_INT(try_command(&s.try, "access.revoke_standing", "{\"standing\":1}"), CORE_DONE);
	make(72);
	CHECK(table_grants(badge_get(&s.try.core.state, 1), 1, later));
	CHECK_INT(try_command(&s.try, "access.revoke_standing", "{\"standing\":2}"), CORE_DONE);
	make(72);
	CHECK(!table_grants(badge_get(&s.try.core.state, 1), 1, later));
	end();
}

TEST(at_most_1024_stand_for_doors)
{
	begin();
	for (size_t i = 0; i < STANDING_AT_MOST; i++) {
		CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":1,\"person\":1}"), CORE_DONE);
		arena_clear(&s.try.arena);
	}
	CHECK_INT(try_command(&s.try, "access.declare_standing", "{\"door\":1,\"person\":1}"), CORE_REFUSED);
	CHECK_STR(s.try.result.refusal, STR("ACCESS_FULL"));
	end();
}
