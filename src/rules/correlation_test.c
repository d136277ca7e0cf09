#include "rules/correlation.h"
#include "base/test.h"
#include "rules/detection_load.h"

static struct arena arena;

static int load(const char *text, const struct detection **ret_detection, struct error *error)
{
	if (!arena.at)
		arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20));
	arena_clear(&arena);
	*error = (struct error){0};
	return detection_load_text(ret_detection, &arena, "f", str_of(text), error);
}

#define RULE(name) "---\ntitle: " name "\nname: " name "\nlogsource: {}\ndetection: {s: {e: " name "}, condition: s}\n"
#define RULES	   RULE("a") RULE("b") RULE("c")

/* A correlation with these members, over the rules a, b and c. */
static const struct detection *correlated(const char *members)
{
	static char text[4000];
	const struct detection *d = NULL;
	struct error error;
	snprintf(text, sizeof text, "title: cor\nname: cor\ncorrelation: {%s}\n" RULES, members);
	if (load(text, &d, &error) < 0)
		die(EXIT_FAILED, &error);
	return d;
}

/* Events in words, "a1@5 b2@7": what it is, the value of g, the second; a third letter is the value of v. After each that
 * fires stands a "!". */
static struct str told(const struct detection *d, const char *events)
{
	static char line[1000];
	static struct detection_hit hits[16];
	struct buf b = BUF(line);
	struct detection_event event;
	struct correlator *c = correlator_make(d, &arena);
	struct str rest = str_of(events), one;
	detection_event_init(&event, d, &arena);
	for (bool more = rest.len > 0; more;) {
		struct str next = {"", 0}, what, second;
		static const struct detection_source any;
		struct detection_unread unread;
		char json[200];
		int64_t at;
		uint16_t fired[4];
		more = str_cut(rest, ' ', &one, &next);
		one = more ? one : rest;
		rest = next;
		ASSERT(str_cut(one, '@', &what, &second) && str_to_i64(second, 0, 100000000, &at));
		snprintf(json, sizeof json, "{\"e\":\"%c\",\"%s\":\"%c\",\"v\":\"%c\"}", what.at[0],
			 what.len > 1 && what.at[1] != '-' ? "g" : "h", what.len > 1 ? what.at[1] : 'x',
			 what.len > 2 ? what.at[2] : 'x');
		ASSERT(detection_event_read(&event, str_of(json), &unread));
		size_t n = detection_match(&event, &any, hits, ARRAY_LEN(hits));
		size_t n_fired = correlator_observe(c, &event, hits, n, at * 1000 + 1, fired, ARRAY_LEN(fired));
		if (b.len)
			buf_put_char(&b, ' ');
		buf_put_str(&b, one);
		for (size_t i = 0; i < n_fired; i++)
			buf_put_char(&b, '!');
	}
	return buf_str(&b);
}

static void check(const char *members, const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char events[400] = {0};
		size_t len = 0;
		for (const char *at = rows[i]; *at; at++) {
			if (*at != '!')
				events[len++] = *at;
		}
		CHECK_STR(told(correlated(members), events), str_of(rows[i]));
	}
}

TEST(events_are_counted_in_a_window_that_slides)
{
	static const char *const rows[] = {
	    "a1@0 a1@5 a1@10!",		       /* the first is still within ten seconds */
	    "a1@0 a1@5 a1@11 a1@12!",	       /* the first is not */
	    "a1@0 a2@1 a1@2 a2@3 a1@4! a2@5!", /* each group by itself */
	    "a1@0 b1@1 a1@2 a1@3!",	       /* b is none of its rules */
	    "a1@0 a1@1 a1@2! a1@3 a1@4 a1@5!", /* after a hit it begins anew */
	    "a-@0 a-@1 a-@2",		       /* in no group */
	    "a1@10 a1@5 a1@0!",		       /* time does not go back */
	};
	check("type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {gte: 3}", rows,
	      ARRAY_LEN(rows));
	static const char *const any_group[] = {"a1@0 a-@1!"};
	check("type: event_count, rules: a, timespan: 10s, condition: {gt: 1}", any_group, 1);
	static const char *const either[] = {"a1@0 b1@1!", "a1@0 c1@1 b1@2!"};
	check("type: event_count, rules: [a, b], group-by: g, timespan: 1m, condition: {eq: 2}", either, 2);
}

TEST(values_are_counted_once_each)
{
	static const char *const rows[] = {
	    "a1x@0 a1y@1 a1z@2!",
	    "a1x@0 a1x@1 a1y@2 a1x@3 a1z@4!",
	    "a1x@0 a1y@1 a1z@11 a1x@12 a1y@13!", /* x and y of before are gone */
	    "a1x@0 a2y@1 a1z@2 a2x@3 a1y@4!",
	};
	check("type: value_count, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gte: 3}", rows,
	      ARRAY_LEN(rows));
}

TEST(all_rules_must_match_within_the_time)
{
	static const char *const rows[] = {
	    "b1@0 c1@1 a1@2!",	      "a1@0 b1@5 c1@10!", "a1@0 b1@5 c1@11",
	    "a1@0 b1@5 c1@11 a1@12!", "a1@0 b2@1 c1@2",	  "a1@0 b1@1 c1@2! a1@3 b1@4 c1@5!",
	};
	check("type: temporal, rules: [a, b, c], group-by: [g], timespan: 10s", rows, ARRAY_LEN(rows));
	static const char *const two[] = {"a1@0 a1@1 c1@2!"};
	check("type: temporal, rules: [a, b, c], group-by: [g], timespan: 10s, condition: {gte: 2}", two, 1);
}

TEST(the_order_matters_where_it_is_asked_for)
{
	static const char *const rows[] = {
	    "a1@0 b1@1 c1@2!",
	    "b1@0 a1@1 c1@2",
	    "a1@0 c1@1 b1@2 c1@3!",
	    "a1@0 b1@5 c1@11",
	    "a1@0 b1@1 a1@9 b1@10 c1@11!",
	    "a1@0 b1@1 a1@9 c1@11",
	};
	check("type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 10s", rows, ARRAY_LEN(rows));
}

/* Two rules, on e and on f, whose events are grouped by src and by dst. */
#define ALIASES                                                                                                        \
	"  rules: [in, out]\n  group-by: [ip]\n  timespan: 10s\n  aliases: {ip: {in: src, out: dst}}\n"                \
	"---\ntitle: in\nname: in\nlogsource: {}\ndetection: {s: {e: in}, condition: s}\n"                             \
	"---\ntitle: out\nname: out\nlogsource: {}\ndetection: {s: {f: out}, condition: s}\n"

static void check_events(const char *text, const char *const *events, const size_t *fires, size_t n)
{
	static const struct detection_source any;
	const struct detection *d;
	struct detection_event event;
	struct error error;
	CHECK_OK(load(text, &d, &error), &error);
	struct correlator *c = correlator_make(d, &arena);
	detection_event_init(&event, d, &arena);
	for (size_t i = 0; i < n; i++) {
		struct detection_hit hits[4];
		struct detection_unread unread;
		uint16_t fired[4];
		CHECK(detection_event_read(&event, str_of(events[i]), &unread));
		size_t n_hits = detection_match(&event, &any, hits, 4);
		CHECK(n_hits > 0 && hits[0].quiet);
		CHECK_INT(correlator_observe(c, &event, hits, n_hits, 1000 + (int64_t)i, fired, 4), fires[i]);
	}
}

TEST(aliases_group_different_fields)
{
	static const char *const events[] = {"{\"e\":\"in\",\"src\":\"1\",\"dst\":\"2\"}",
					     "{\"f\":\"out\",\"src\":\"1\",\"dst\":\"2\"}",
					     "{\"f\":\"out\",\"src\":\"3\",\"dst\":\"1\"}"};
	static const size_t fires[] = {0, 0, 1};
	check_events("title: cor\ncorrelation:\n  type: temporal\n" ALIASES, events, fires, ARRAY_LEN(fires));
}

/* It matches both rules, and has the field of only one, or of both: then it counts once all the same. */
TEST(an_event_counts_by_the_rule_that_gives_it_a_group)
{
	static const char *const events[] = {
	    "{\"e\":\"in\",\"f\":\"out\",\"src\":\"1\"}", "{\"e\":\"in\",\"f\":\"out\",\"dst\":\"1\"}",
	    "{\"e\":\"in\",\"f\":\"out\",\"src\":\"1\",\"dst\":\"1\"}", "{\"e\":\"in\",\"src\":\"1\"}"};
	static const size_t fires[] = {0, 0, 0, 1};
	check_events("title: cor\ncorrelation:\n  type: event_count\n  condition: {gte: 4}\n" ALIASES, events, fires,
		     ARRAY_LEN(fires));
}

/* Sigma's own example: many failures, then a success. */
TEST(correlations_feed_correlations)
{
	const struct detection *d;
	struct error error;
	CHECK_OK(load("title: both\ncorrelation: {type: temporal_ordered, rules: [many, c], group-by: [g], timespan: "
		      "10m}\n---\n"
		      "title: many\nname: many\ngenerate: true\ncorrelation: {type: event_count, rules: [a], group-by: "
		      "[g], timespan: "
		      "10m, condition: {gte: 3}}\n" RULES,
		      &d, &error),
		 &error);
	/* `many` is quiet, because it only feeds; c does not count before it. */
	CHECK_STR(told(d, "c1@0 a1@1 a1@2 a1@3 c2@4 c1@5"), STR("c1@0 a1@1 a1@2 a1@3 c2@4 c1@5!"));
	struct detection_event event;
	struct detection_unread unread;
	struct detection_hit hit;
	static const struct detection_source any;
	detection_event_init(&event, d, &arena);
	CHECK(detection_event_read(&event, STR("{\"e\":\"a\"}"), &unread));
	CHECK_INT(detection_match(&event, &any, &hit, 1), 1);
	CHECK(!hit.quiet); /* `generate` */
}

TEST(groups_beyond_the_room_are_forgotten_and_counted)
{
	const struct detection *d =
	    correlated("type: event_count, rules: [a], group-by: [v], timespan: 30d, condition: {gte: 2}");
	struct correlator *c = correlator_make(d, &arena);
	struct detection_event event;
	static const struct detection_source any;
	CHECK(correlator_bytes(d) < 32 << 20);
	detection_event_init(&event, d, &arena);
	for (int i = 0; i < 2 * CORRELATOR_GROUPS_MAX; i++) {
		struct detection_hit hits[4];
		struct detection_unread unread;
		char json[100];
		uint16_t fired[4];
		snprintf(json, sizeof json, "{\"e\":\"a\",\"v\":\"%d\"}", i);
		ASSERT(detection_event_read(&event, str_of(json), &unread));
		size_t n = detection_match(&event, &any, hits, 4);
		correlator_observe(c, &event, hits, n, 1000 + i, fired, 4);
	}
	CHECK(correlator_forgotten(c) >= CORRELATOR_GROUPS_MAX && correlator_forgotten(c) < 2 * CORRELATOR_GROUPS_MAX);
}

TEST(mistakes_of_correlations_are_told)
{
	static const struct {
		const char *members, *where, *what;
	} rows[] = {
	    {"rules: [a], timespan: 1m", "f:3:14", "there is no `type`"},
	    {"type: value_sum, rules: [a], timespan: 1m", "f:3:21", "there is no type \"value_sum\""},
	    {"type: temporal, timespan: 1m", "f:3:14", "there is no `rules`"},
	    {"type: temporal, rules: [a, x], timespan: 1m", "f:3:42", "there is no rule of the id or name \"x\""},
	    {"type: temporal, rules: [a, a], timespan: 1m", "f:3:42", "the same rule twice"},
	    {"type: temporal, rules: [], timespan: 1m", "f:3:38", "`rules` must be a list of 1 to 16"},
	    {"type: temporal, rules: [a, b]", "f:3:14", "there is no `timespan`"},
	    {"type: temporal, rules: [a, b], timespan: 1", "f:3:56", "this is no time span"},
	    {"type: temporal, rules: [a, b], timespan: 31d", "f:3:56", "this is no time span"},
	    {"type: temporal, rules: [a, b], timespan: 1w", "f:3:56", "this is no time span"},
	    {"type: temporal, rules: [a], timespan: 1m, condition: a and b", "f:3:68", "is a map"},
	    {"type: event_count, rules: [a], timespan: 1m", "f:3:14", "there is no `condition`"},
	    {"type: event_count, rules: [a], timespan: 1m, condition: {lt: 5}", "f:3:71",
	     "a count that cannot be waited for"},
	    {"type: event_count, rules: [a], timespan: 1m, condition: {gte: 300}", "f:3:77", "this is no number"},
	    {"type: event_count, rules: [a], timespan: 1m, condition: {gte: 5, lt: 3}", "f:3:71",
	     "cannot be waited for"},
	    {"type: event_count, rules: [a], timespan: 1m, condition: {min: 5}", "f:3:72",
	     "a condition has no \"min\""},
	    {"type: event_count, rules: [a], timespan: 1m, condition: {gte: 5, field: x}", "f:3:87",
	     "only `value_count`"},
	    {"type: value_count, rules: [a], timespan: 1m, condition: {gte: 5}", "f:3:71", "without the `field`"},
	    {"type: temporal, rules: [a, b], timespan: 1m, condition: {gte: 3}", "f:3:71", "does not fit the rules"},
	    {"type: temporal_ordered, rules: [a, b], timespan: 1m, condition: {gte: 1}", "f:3:79", "does not fit"},
	    {"type: temporal, rules: [a, b], timespan: 1m, group-by: [x], aliases: {x: {a: y}}", "f:3:88",
	     "the alias does not say"},
	    {"type: temporal, rules: [a, b], timespan: 1m, groupby: [x]", "f:3:60", "`correlation` has no \"groupby\""},
	    {"type: temporal, rules: [cor, b], timespan: 1m", "f:3:14", "refer to each other in a circle"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[4000];
		const struct detection *d;
		struct error error;
		snprintf(text, sizeof text, "title: cor\nname: cor\ncorrelation: {%s}\n" RULES, rows[i].members);
		int code = load(text, &d, &error);
		if (!test_count(code < 0 && strstr(error.what, rows[i].what) && error.remedy[0] &&
				str_eq(str_of(error.where), str_of(rows[i].where))))
			test_fail(__FILE__, __LINE__, "%s: %d, %s: %s", rows[i].members, code, error.where, error.what);
	}
}
