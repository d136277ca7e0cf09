#include "core/core.h"

#include "base/test.h"
#include "base/traffic.h"
#include "core/try.h"

/* The last entry with one part replaced by another of any length. */
static struct str changed(struct try *try, const char *from, const char *to)
{
	struct str entry = try->result.entry;
	size_t at = 0, n = strlen(from);
	while (at + n <= entry.len && memcmp(entry.at + at, from, n) != 0)
		at++;
	if (at + n > entry.len)
		panic(__FILE__, __LINE__, from);
	struct buf b = arena_buf(&try->arena);
	buf_put(&b, entry.at, at);
	buf_put_str(&b, str_of(to));
	buf_put(&b, entry.at + at + n, entry.len - at - n);
	return arena_keep(&try->arena, &b);
}

TEST(an_entry_has_all_its_members_also_those_not_yet_used)
{
	static const char *const members[] = {"\"format\":2,",
					      "\"index\":12,",
					      "\"incarnation\":1,",
					      "\"wall\":1795424400000,",
					      "\"elapsed\":0,",
					      "\"env\":0,",
					      "\"salt\":\"00000000000000000000000000000000\",",
					      "\"from\":{\"operator\":{\"login\":\"test\"}},",
					      "\"checked\":null,",
					      "\"refusal\":null,",
					      "\"because\":null,",
					      "\"law\":null,",
					      "\"sealed\":[],",
					      "\"box\":null}"};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.suspend_badge", "{\"badge\":1,\"why\":\"lost\"}");
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!test_count(str_contains(try.result.entry, str_of(members[i]))))
			test_fail(__FILE__, __LINE__, "no %s in " STR_FMT, members[i], STR_ARG(try.result.entry));
	try_release(&try);
}

TEST(an_input_that_is_not_understood_leaves_no_trace)
{
	static const struct {
		const char *name, *body, *what;
		size_t offset;
	} rows[] = {
	    {"people.fly", "{}", "there is nothing of the name people.fly", 0},
	    {"access.card_read", "{}", "there is nothing of the name access.card_read",
	     0}, /* a report, not a command */
	    {"people.suspend_badge", "{\"badge\":1}", "has no member `why`", 11},
	    {"people.suspend_badge", "{\"badge\":1,\"why\":\"tired\"}", "why: is not one of its values: `tired`", 24},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	uint64_t size = try.core.size;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(try_command(&try, rows[i].name, rows[i].body), CORE_BAD);
		CHECK_STR(str_of(try.result.what), str_of(rows[i].what));
		CHECK_INT(try.result.offset, rows[i].offset);
	}
	CHECK_INT(try.core.size, size);
	try_release(&try);
}

TEST(a_refused_command_is_an_entry_without_events)
{
	struct try try;
	try_init(&try, NULL);
	CHECK_INT(try_command(&try, "people.suspend_badge", "{\"badge\":7,\"why\":\"lost\"}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("PEOPLE_NO_BADGE"));
	CHECK(str_contains(try.result.entry,
			   STR("\"refusal\":{\"name\":\"PEOPLE_NO_BADGE\",\"takes\":{\"badge\":7}},\"events\":[]")));
	try_release(&try);
}

TEST(a_command_is_for_the_roles_that_its_who_names)
{
	struct try try;
	try_init(&try, NULL);
	static const struct str guard[] = {{"guard", 5}};
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_COMMAND,
	    .name = STR("site.add_building"),
	    .body = STR("{\"name\":\"Shed\"}"),
	    .from = {.kind = ENTRY_FROM_OPERATOR, .operator= {.login = STR("odo")} }, .roles = guard, .n_roles = 1};
	struct core_moment now = {.wall = try.now};
	core_turn(&try.core, &input, &now, &try.arena, &try.result);
	CHECK_INT(try.result.verdict, CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("MISSION_ROLE"));
	CHECK_STR(try.result.refusal_takes, STR("{\"command\":\"site.add_building\",\"login\":\"odo\"}"));
	CHECK_INT(building_count(&try.core.state), 0);
	try_give_back(&try);
}

TEST(time_in_the_record_never_goes_back)
{
	struct try try;
	try_init(&try, NULL);
	int64_t before = try.core.wall;
	try.now -= 1000000;
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK_INT(try.core.wall, before);
	try.now += 2000000;
	try_command(&try, "site.add_building", "{\"name\":\"Hut\"}");
	CHECK_INT(try.core.wall, before + 1000000);
	try_release(&try);
}

TEST(the_same_inputs_at_the_same_moments_make_the_same_bytes)
{
	struct str entries[2];
	struct try tries[2];
	for (int i = 0; i < 2; i++) {
		try_init(&tries[i], NULL);
		try_furnish(&tries[i]);
		try_report(&tries[i], "access.card_read",
			   "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"ffffffc0\"}");
		entries[i] = tries[i].result.entry;
	}
	CHECK_STR(entries[0], entries[1]);
	for (int i = 0; i < 2; i++)
		try_release(&tries[i]);
}

/* Each row changes the entry behind the furniture; the twin stands before it. */
TEST(an_entry_that_does_not_follow_is_not_folded)
{
	static const struct {
		const char *from, *to, *what;
	} rows[] = {
	    {"\"index\":12", "\"index\":13", "its index is not the next one"},
	    {"\"index\":12", "\"index\":11", "its index is not the next one"},
	    {"\"wall\":1795424400000", "\"wall\":1795424399999", "its time lies before the last entry's"},
	    {"\"incarnation\":1", "\"incarnation\":2", NULL},
	    {"\"sequence\":1", "\"sequence\":2", "its driver's sequence is not the next one"},
	    {"\"env\":0", "\"env\":5", "its env is not the newest InForce entry"},
	    {"access.Denied", "access.Defied", "it has an event that this program does not know"},
	    {"\"why\":\"unknown_card\"", "\"why\":\"bad_temper\"", "it has an event that this program does not know"},
	    {"\"format\":2", "\"format\":3", "is more than it may be"},
	    /* What the format has and this version does not write. */
	    {"\"why\":\"unknown_card\"", "\"why\":\"facts_not_known\"", NULL},
	    {"\"law\":null", "\"law\":{\"outcome\":\"lawful\"}", NULL},
	    {"\"box\":null", "\"box\":\"AAAA\"", NULL},
	    {",\"box\":null}", "}", "has no member"},
	    {",\"box\":null}", ",\"box\":null,\"extra\":1}", "has no member called"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct try try, judge;
		try_init(&try, NULL);
		try_furnish(&try);
		try_init(&judge, NULL);
		try_furnish(&judge);
		try_report(&try, "access.card_read",
			   "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"ffffffc0\"}");
		const char *what = NULL;
		struct str entry = changed(&try, rows[i].from, rows[i].to);
		bool folded = core_fold(&judge.core, entry, &judge.arena, &what);
		CHECK_INT(folded, rows[i].what == NULL);
		if (folded)
			traffic_put(NULL, "Entry", entry);
		CHECK_STR(str_of(what ? what : ""), str_of(rows[i].what ? rows[i].what : ""));
		try_release(&try);
		try_give_back(&judge);
	}
}

TEST(a_timer_runs_once_and_only_when_it_is_due)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "people.issue_badge",
		    "{\"person\":1,\"card\":\"20000000\",\"bits\":26,\"kind\":\"fob\",\"until\":1795424460000}");
	CHECK_INT(core_due(&try.core), 1795424460000);
	CHECK(!try_timer(&try));
	try.now = 1795424460000;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("people.BadgeExpired"));
	CHECK(str_contains(try.result.entry, STR("\"input\":{\"kind\":\"timer\",\"name\":\"people.expire_badge\","
						 "\"body\":{\"row\":3,\"due\":1795424460000}}")));
	CHECK(!try_timer(&try));
	CHECK(core_due(&try.core) > try.now);
	try_release(&try);
}
