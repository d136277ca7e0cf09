#include "domain/mission/mission.h"

#include "base/test.h"
#include "core/try.h"

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
