#include "domain/mission/mission.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

static void begin(struct try *try, const char *offsets)
{
	static char body[1024];
	snprintf(
	    body, sizeof body,
	    "{\"program\":\"test\",\"schema\":\"%064d\",\"access\":\"%064d\",\"zone\":\"Test/Zone\",\"offsets\":%s}", 0,
	    0, offsets);
	struct core_input input = {.kind = ENTRY_INPUT_KIND_START,
				   .name = STR("mission.begin"),
				   .body = str_of(body),
				   .from = {.kind = ENTRY_FROM_CORE}};
	struct core_moment now = {.wall = try->now};
	core_turn(&try->core, &input, &now, &try->arena, &try->result);
	const char *what;
	CHECK(core_fold(&try->twin, try->result.entry, &try->arena, &what));
}

TEST(local_time_follows_the_offsets_in_force)
{
	/* Winter time +60, summer time +120 from 2026-03-29T01:00:00Z. */
	static const struct {
		int64_t now;
		int64_t minute;
		int weekday;
	} rows[] = {
	    {1767225600000, 60, 3},	  /* 2026-01-01T00:00Z, a Thursday: 01:00 */
	    {1774745999999, 119, 6},	  /* a millisecond before the change: 01:59, Sunday */
	    {1774746000000, 180, 6},	  /* the change: 03:00 */
	    {1774738800000 - 1, 1439, 5}, /* 23:59 on the Saturday before */
	    {1774738800000, 0, 6},	  /* midnight */
	    {0, 60, 3},			  /* before the first offset the first holds */
	    {-60000, 59, 3},
	};
	struct try try;
	try_init(&try, NULL);
	begin(&try, "[{\"from\":1767225600000,\"minutes\":60},{\"from\":1774746000000,\"minutes\":120}]");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mission_local_time local = mission_local_time(&try.core.state, rows[i].now);
		CHECK_INT(local.minute, rows[i].minute);
		CHECK_INT(local.weekday, rows[i].weekday);
	}
	try_release(&try);
}

TEST(entries_name_the_environment_in_force)
{
	struct try try;
	try_init(&try, NULL);
	try_command(&try, "site.add_building", "{\"name\":\"One\"}");
	CHECK(str_contains(try.result.entry, STR("\"index\":1,")) && str_contains(try.result.entry, STR("\"env\":0,")));
	begin(&try, "[{\"from\":0,\"minutes\":0}]");
	CHECK(str_contains(try.result.entry, STR("\"index\":2,")) && str_contains(try.result.entry, STR("\"env\":2,")));
	try_command(&try, "site.add_building", "{\"name\":\"Two\"}");
	CHECK(str_contains(try.result.entry, STR("\"env\":2,")));
	try_release(&try);
}

TEST(a_command_needs_one_of_its_roles)
{
	static const struct str guard[] = {{"guard", 5}};
	struct try try;
	try_init(&try, NULL);
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_COMMAND,
	    .name = STR("site.add_building"),
	    .body = STR("{\"name\":\"Annex\"}"),
	    .from = {.kind = ENTRY_FROM_OPERATOR, .operator= {.login = STR("kim")} }, .roles = guard, .n_roles = 1};
	struct core_moment now = {.wall = try.now};
	core_turn(&try.core, &input, &now, &try.arena, &try.result);
	CHECK_INT(try.result.verdict, CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	CHECK_STR(try.result.refusal_takes, STR("{\"command\":\"site.add_building\",\"login\":\"kim\"}"));
	CHECK_INT(building_count(&try.core.state), 0);
	const char *what;
	CHECK(core_fold(&try.twin, try.result.entry, &try.arena, &what));
	try_release(&try);
}

/* Rulebooks that are enacted while the mission runs */

#define HASH  "00000000000000000000000000000000000000000000000000000000000000ab"
#define STAGE "{\"hash\":\"" HASH "\",\"part\":1,\"of\":%d,\"data\":\"00\"}"
#define ENACT "{\"rulebook\":\"" HASH "\"}"

static void stage(struct try *try, int of)
{
	char body[256];
	snprintf(body, sizeof body, STAGE, of);
	CHECK_INT(try_command(try, "record.stage_part", body), CORE_DONE);
}

TEST(a_rulebook_that_is_all_there_comes_into_force_and_nothing_else_changes)
{
	struct try try;
	try_init(&try, NULL);
	begin(&try, "[{\"from\":0,\"minutes\":60},{\"from\":1774746000000,\"minutes\":120}]");
	stage(&try, 1);
	CHECK_INT(try_command(&try, "mission.enact", ENACT), CORE_DONE);
	CHECK_STR(try_events(&try), STR("mission.InForce record.StageKept"));
	CHECK_INT(try.core.env, try.result.index);
	const struct environment *now = environment_get(&try.core.state, ENVIRONMENT_ROW);
	CHECK(now->access.at[31] == '\xab');
	CHECK_STR(text_str(now->program), STR("test"));
	CHECK_STR(text_str(now->zone), STR("Test/Zone"));
	CHECK(now->offsets.n == 2 && now->offsets.at[1].from == 1774746000000 && now->offsets.at[1].minutes == 120);
	try_release(&try);
}

TEST(a_rulebook_that_is_not_all_there_does_not_come_into_force)
{
	struct try try;
	try_init(&try, NULL);
	uint64_t env = try.core.env;
	for (int parts = 0; parts < 2; parts++) {
		CHECK_INT(try_command(&try, "mission.enact", ENACT), CORE_REFUSED);
		CHECK_STR(try.result.refusal, STR("MISSION_RULEBOOK"));
		CHECK_STR(try.result.refusal_takes, STR("{\"what\":\"its parts are not all there\"}"));
		if (parts == 0)
			stage(&try, 2);
	}
	CHECK_INT(try.core.env, env);
	try_release(&try);
}

TEST(a_rulebook_that_does_not_load_leaves_the_one_in_force_and_says_where)
{
	struct try try;
	try_init(&try, NULL);
	stage(&try, 1);
	try.was.staged = STR("garden.yaml:7:14: there is no outcome “perhaps”");
	CHECK_INT(try_command(&try, "mission.enact", ENACT), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_RULEBOOK"));
	CHECK_STR(try.result.refusal_takes, STR("{\"what\":\"garden.yaml:7:14: there is no outcome “perhaps”\"}"));
	CHECK_INT(environment_get(&try.core.state, ENVIRONMENT_ROW)->access.at[31], 0);
	CHECK_INT(try_command(&try, "mission.enact", ENACT), CORE_DONE);
	try_release(&try);
}

TEST(before_anything_is_in_force_nothing_can_be_enacted)
{
	struct try try;
	struct arena memory = arena_map(core_memory()), twin_memory = arena_map(core_memory());
	try_init(&try, NULL);
	core_init(&try.core, (struct rulebooks){NULL}, &try.vault.vault, &memory);
	core_init(&try.twin, (struct rulebooks){NULL}, &try.vault.vault, &twin_memory);
	CHECK_INT(try_command(&try, "mission.enact", ENACT), CORE_REFUSED);
	CHECK_STR(try.result.refusal_takes, STR("{\"what\":\"nothing is in force yet\"}"));
	try_release(&try);
	arena_unmap(&memory);
	arena_unmap(&twin_memory);
}

TEST(that_somebody_opened_the_keys_is_said_with_who_and_how)
{
	static const char *const bodies[] = {"{\"login\":\"kim\",\"with\":\"passphrase\"}",
					     "{\"login\":\"kim\",\"with\":\"shares\"}"};
	struct try try;
	try_init(&try, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		CHECK_INT(try_start(&try, "mission.unlock", bodies[i]), CORE_DONE);
		CHECK_STR(try_events(&try), STR("mission.Unlocked"));
		CHECK(str_contains(try.result.entry, str_of(bodies[i])));
	}
	try_release(&try);
}

TEST(days_of_the_week_have_names)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	for (int i = 0; i < 7; i++)
		CHECK_STR(mission_weekday_name(i), str_of(names[i]));
}
