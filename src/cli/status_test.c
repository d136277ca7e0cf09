#include "cli/status.h"

#include "base/test.h"

static struct str cares(const struct answer_status *status)
{
	static char text[4096];
	struct buf b = BUF(text);
	status_put_cares(&b, status);
	return buf_str(&b);
}

TEST(of_a_mission_that_is_well_nothing_is_told)
{
	struct answer_driver drivers[] = {{.name = {"line-1", 6}, .connected = true, .confirmed = 3, .wanted = 2}};
	CHECK_STR(cares(&(struct answer_status){.signing = true}), STR(""));
	CHECK_STR(cares(&(struct answer_status){.signing = true,
						.has_set_aside = true,
						.has_approvals = true,
						.has_reviews = true,
						.drivers = {1, drivers}}),
		  STR(""));
}

TEST(what_somebody_must_see_to_is_told_with_what_to_do)
{
	struct answer_driver drivers[] = {{.name = {"line-1", 6}, .confirmed = 2, .wanted = 3},
					  {.name = {"line-2", 6}, .confirmed = 3, .wanted = 3},
					  {.name = {"line-3", 6}, .wanted = 1}};
	const struct {
		struct answer_status status;
		const char *told;
	} rows[] = {
	    {{.signing = true, .locked_down = true},
	     "  LOCKDOWN   every door is held shut from outside: chancery doors lift-lockdown\n\n"},
	    {{.signing = true, .space_low = true},
	     "  DISK       nearly full, only what keeps people safe is taken: free room on the mission's disk\n\n"},
	    {{.signing = false}, "  UNSIGNED   nothing is signed any more, as is told below: see docs/outside.md\n\n"},
	    {{.signing = true, .has_set_aside = true, .set_aside = 1},
	     "  SET ASIDE  1 that ended the core twice is not decided: chancery crashes\n\n"},
	    {{.signing = true, .has_set_aside = true, .set_aside = 2},
	     "  SET ASIDE  2 that ended the core twice are not decided: chancery crashes\n\n"},
	    {{.signing = true, .clock_doubted = true},
	     "  CLOCK      doubted, nothing expires or is forgotten by date: compare it, then chancery record "
	     "confirm-clock\n\n"},
	    {{.signing = true, .drivers = {ARRAY_LEN(drivers), drivers}},
	     "  TABLES     not confirmed yet by line-1, line-3: without the core what was before decides there\n\n"},
	    {{.signing = true, .has_approvals = true, .approvals = 2, .has_reviews = true, .reviews = 1},
	     "  APPROVALS  2 wait for a second person: chancery pending\n"
	     "  REVIEWS    1 wait for a second person: chancery pending\n\n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(cares(&rows[i].status), str_of(rows[i].told));
}

TEST(more_drivers_than_a_line_bears_are_told_as_far_as_it_does)
{
	struct answer_driver drivers[64];
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		drivers[i] =
		    (struct answer_driver){.name = {"a-line-whose-name-is-as-long-as-may-be-40", 40}, .wanted = 1};
	struct str told = cares(&(struct answer_status){.signing = true, .drivers = {ARRAY_LEN(drivers), drivers}});
	CHECK(str_ends(told, STR("a-line-whose-name-is-as-long-as-may-be-4: without the core what was before decides "
				 "there\n\n")));
}
