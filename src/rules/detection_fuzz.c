/* Foreign detection rules and events: the input is rules in YAML, then a byte 0, then events with LF between them. What
 * the filter leaves out matches no event. */
#include "rules/correlation.h"
#include "rules/detected.h"
#include "rules/detection_load.h"
#include "rules/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rules that events are tried on when the input has no rules of its own that load. */
static const char usual[] =
    "title: a\nid: a\nlogsource: {}\ndetection:\n  s: {a|contains: [abcd, bcde], b.c: 1}\n  t: {a|re: '^a+$'}\n  k: "
    "[word, 'x*y']\n"
    "  n: {n|gte: 5, ip|cidr: 10.0.0.0/8}\n  condition: s or t or k or not n\n---\n"
    "title: c\ncorrelation: {type: event_count, rules: [a], group-by: [a], timespan: 10s, condition: {gte: 2}}\n";

static struct arena arena;

static const struct detection *load(struct str rules)
{
	const struct detection *detection;
	struct error error = {0};
	arena_clear(&arena);
	int code = detection_load_text(&detection, &arena, "f", rules, &error);
	if (code == 0)
		return detection;
	ASSERT(code == (int)error.code && error.what[0] && error.remedy[0] && arena.used == 0);
	ASSERT(str_is_utf8(str_of(error.what)));
	code = detection_load_text(&detection, &arena, "f", (struct str){usual, sizeof usual - 1}, &error);
	ASSERT(code == 0);
	return detection;
}

static void look_at(const struct detection *d, struct detection_event *event, struct correlator *c, struct str json,
		    int64_t now)
{
	static const struct detection_source any;
	static struct detection_hit hits[64];
	uint16_t fired[4];
	struct detection_unread unread;
	if (!detection_event_read(event, json, &unread)) {
		ASSERT(unread.what && unread.byte <= json.len);
		return;
	}
	size_t n = detection_match(event, &any, hits, ARRAY_LEN(hits)), matched = 0;
	for (size_t i = 0; i < d->n; i++) {
		bool holds = match_expression(d->rules[i].applies, event->fields) == TRUTH_YES;
		ASSERT(!holds || set_has(event->candidates, i));
		matched += holds;
	}
	ASSERT(n == matched);
	if (d->n_correlations > 0)
		correlator_observe(c, event, hits, n < ARRAY_LEN(hits) ? n : ARRAY_LEN(hits), now, fired,
				   ARRAY_LEN(fired));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rules = {(const char *)data, size}, events = {"", 0}, one;
	struct detection_event event;
	if (!arena.at)
		arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20));
	if (!str_cut(rules, 0, &rules, &events))
		events = rules;
	const struct detection *d = load(rules);
	detection_event_init(&event, d, &arena);
	struct correlator *c = d->n_correlations > 0 ? correlator_make(d, &arena) : NULL;
	int64_t now = 1;
	for (bool more = events.len > 0; more; now += 1000) {
		struct str next = {"", 0};
		more = str_cut(events, '\n', &one, &next);
		look_at(d, &event, c, more ? one : events, now);
		events = next;
	}
	return 0;
}
