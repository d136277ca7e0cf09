/* Random Sigma rules and events, judged a second time straight from the rule's text over the event as it was made, not as
 * it was read: by members, modifiers and conditions of their own, without filter, fields or compiled expressions. And
 * correlations, told a second time by looking back over all events. */
#include "base/test.h"
#include "rules/correlation.h"
#include "rules/detection_load.h"
#include "rules/rules_random.h"

enum {
	ROUNDS = 250,
	RULES_MAX = 12,
	EVENTS = 40,
	VALUES_MAX = 12, /* of one event */
	STREAM = 120,	 /* events of a stream */
};

/* ---- events as they are made ---- */

struct made {
	struct str path;
	struct str text; /* null where `is_null` */
	bool is_null;
};

struct made_event {
	size_t n;
	struct made at[VALUES_MAX];
	char json[2000];
};

static const char *const paths[] = {"a", "b.c", "b.d", "Image", "n", "ip"};
static const char *const values[] = {
    "ann",  "ANN",  "bob",	"xannx", "",	     "c:\\cmd.exe",	"c:\\CMD.EXE -enc",
    "x",    "1",    "2",	"7",	 "10.0.0.7", "10.9.9.9",	"192.0.2.1",
    "anna", "null", "/enc run", "ab\"c", "true",     "\xc3\xa9\xc3\xa9"};

static void put_json_text(struct buf *b, struct str text)
{
	buf_put_char(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_put_char(b, '\\');
		if (text.at[i] == 'n' && pick(8) == 0)
			BUF_LIT(b, "\\u006e");
		else
			buf_put_char(b, text.at[i]);
	}
	buf_put_char(b, '"');
}

static void put_value(struct buf *b, struct made_event *e, struct str path)
{
	struct made *m = &e->at[e->n++];
	*m = (struct made){path, str_of(values[pick(ARRAY_LEN(values))]), pick(10) == 0};
	int64_t number;
	if (m->is_null)
		BUF_LIT(b, "null");
	else if (str_to_i64(m->text, 0, 100, &number) || (str_eq(m->text, STR("true")) && pick(2)))
		buf_put_str(b, m->text);
	else
		put_json_text(b, m->text);
}

static void put_member(struct buf *b, struct made_event *e, const char *name, const char *path)
{
	size_t n = pick(4) == 0 ? 2 : 1;
	BUF_LIT(b, "\"");
	buf_put_str(b, str_of(name));
	buf_put_str(b, n > 1 ? STR("\":[") : STR("\":"));
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(b, ',');
		put_value(b, e, str_of(path));
	}
	if (n > 1)
		buf_put_char(b, ']');
}

static void make_event(struct made_event *e)
{
	struct buf b = {.at = (uint8_t *)e->json, .size = sizeof e->json - 1};
	bool nested = pick(2), first = true;
	e->n = 0;
	BUF_LIT(&b, "{");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		bool below = str_starts(str_of(paths[i]), STR("b."));
		if (pick(3) == 0 || (below && nested))
			continue;
		if (!first)
			BUF_LIT(&b, ",");
		first = false;
		put_member(&b, e, paths[i], paths[i]);
	}
	if (nested) {
		BUF_LIT(&b, "");
		buf_put_str(&b, first ? STR("\"b\":{") : STR(",\"b\":{"));
		put_member(&b, e, "c", "b.c");
		BUF_LIT(&b, ",");
		put_member(&b, e, "d", "b.d");
		BUF_LIT(&b, "}");
	}
	BUF_LIT(&b, "}");
	ASSERT(!b.over);
	e->json[b.len] = 0;
}

/* ---- the second judgement ---- */

/* The texts are ASCII but for one of them; no pattern here has a question mark. */
static bool one_is(struct str text, const char *modifiers, struct str value)
{
	int64_t number, bound;
	struct str net, bits;
	if (has_word(modifiers, "cidr")) {
		struct fact_address address;
		if (text.len < 8 || !str_cut(value, '/', &net, &bits) || memchr(text.at, ':', text.len) ||
		    !memchr(text.at, '.', text.len) || text.at[0] > '9')
			return false;
		struct fact fact = try_address(text);
		address = fact.address;
		return address_is(&address, modifiers, value);
	}
	bool bounded = has_word(modifiers, "gt") || has_word(modifiers, "gte") || has_word(modifiers, "lt") ||
		       has_word(modifiers, "lte");
	if (bounded)
		return str_to_i64(text, INT64_MIN, INT64_MAX, &number) &&
		       str_to_i64(value, INT64_MIN, INT64_MAX, &bound) && number_is(number, modifiers, bound);
	return text_is(text, modifiers, value);
}

static bool value_matches(const struct made_event *e, struct str field, const char *modifiers, struct str value)
{
	for (size_t i = 0; i < e->n; i++) {
		bool of_it = field.len == 0 || str_eq(e->at[i].path, field);
		if (!of_it || e->at[i].is_null)
			continue;
		if (!has_word(modifiers, "fieldref") && one_is(e->at[i].text, modifiers, value))
			return true;
		for (size_t k = 0; has_word(modifiers, "fieldref") && k < e->n; k++) {
			if (str_eq(e->at[k].path, value) && !e->at[k].is_null &&
			    one_is(e->at[i].text, modifiers, e->at[k].text))
				return true;
		}
	}
	return false;
}

static bool is_there(const struct made_event *e, struct str field, bool filled)
{
	for (size_t i = 0; i < e->n; i++) {
		if (str_eq(e->at[i].path, field) && (!filled || !e->at[i].is_null))
			return true;
	}
	return false;
}

static bool member_holds(const struct yaml *member, const struct made_event *e)
{
	struct str field = member->key, rest;
	char modifiers[NAIVE_TEXT_BYTES] = "";
	if (str_cut(member->key, '|', &field, &rest))
		memcpy(modifiers, rest.at, rest.len);
	if (field.len == 0 && !has_word(modifiers, "re"))
		memcpy(modifiers + strlen(modifiers), "|contains", 10);
	if (member->kind == YAML_TEXT && !member->quoted && str_eq(member->text, STR("null")))
		return !is_there(e, field, true);
	if (has_word(modifiers, "exists"))
		return is_there(e, field, false) == str_eq(member->text, STR("true"));
	bool all = has_word(modifiers, "all"), holds = all;
	const struct yaml *value = member->kind == YAML_TEXT ? member : member->first;
	for (; value; value = member->kind == YAML_TEXT ? NULL : value->next) {
		bool one = value_matches(e, field, modifiers, value->text);
		holds = all ? holds && one : holds || one;
	}
	return has_word(modifiers, "neq") ? is_there(e, field, false) && !holds : holds;
}

static bool selection_holds(const struct yaml *selection, const struct made_event *e)
{
	bool any = false, all = true;
	if (selection->kind == YAML_TEXT)
		return value_matches(e, (struct str){"", 0}, "contains", selection->text);
	for (const struct yaml *item = selection->first; item; item = item->next) {
		if (selection->kind == YAML_LIST)
			any = any || selection_holds(item, e);
		else
			all = all && member_holds(item, e);
	}
	return selection->kind == YAML_LIST ? any : all;
}

static bool clause_or(struct judge *j, const struct made_event *e);

static bool clause_of(struct judge *j, const struct made_event *e, bool all)
{
	bool holds = all, them = next_is(j, "them"), first = !them && next_is(j, "s*");
	if (!them && !first)
		ASSERT(next_is(j, "*1"));
	for (const struct yaml *s = j->clause->first; s; s = s->next) {
		bool meant = them ? s->key.at[0] != '_' : first ? s->key.at[0] == 's' : s->key.at[1] == '1';
		if (str_eq(s->key, STR("condition")) || !meant)
			continue;
		holds = all ? selection_holds(s, e) && holds : selection_holds(s, e) || holds;
	}
	return holds;
}

static bool clause_not(struct judge *j, const struct made_event *e)
{
	if (next_is(j, "not "))
		return !clause_not(j, e);
	if (next_is(j, "(")) {
		bool holds = clause_or(j, e);
		ASSERT(next_is(j, ")"));
		return holds;
	}
	if (next_is(j, "1 of "))
		return clause_of(j, e, false);
	if (next_is(j, "all of "))
		return clause_of(j, e, true);
	const struct yaml *selection = yaml_get_str(j->clause, (struct str){j->rest.at, 2});
	ASSERT(selection);
	j->rest = (struct str){j->rest.at + 2, j->rest.len - 2};
	return selection_holds(selection, e);
}

static bool clause_and(struct judge *j, const struct made_event *e)
{
	bool holds = clause_not(j, e);
	while (next_is(j, "and "))
		holds = clause_not(j, e) && holds;
	return holds;
}

static bool clause_or(struct judge *j, const struct made_event *e)
{
	bool holds = clause_and(j, e);
	while (next_is(j, "or "))
		holds = clause_and(j, e) || holds;
	return holds;
}

static bool rule_holds(const struct yaml *rule, const struct made_event *e)
{
	const struct yaml *detection = yaml_get(rule, "detection");
	struct judge j = {.clause = detection, .rest = yaml_get(detection, "condition")->text};
	bool holds = clause_or(&j, e);
	ASSERT(j.rest.len == 0);
	return holds;
}

/* ---- rules ---- */

static const char *const words[] = {"a: ann",
				    "a: [ann, bob]",
				    "a|contains: nn",
				    "a|startswith: an",
				    "b.c|endswith: '.exe'",
				    "b.c: 'c:*exe'",
				    "Image|contains: 'cmd.exe'",
				    "Image|endswith: '\\cmd.exe'",
				    "b.d|re: '^an+'",
				    "b.d|re|i: '^AN+$'",
				    "a|cased: ANN",
				    "n: 1",
				    "n: [2, 7]",
				    "n|gte: 2",
				    "n|lt: 7",
				    "ip|cidr: 10.0.0.0/8",
				    "ip|cidr: [10.0.0.0/16, 192.0.2.0/24]",
				    "a: null",
				    "a: ''",
				    "b.c|exists: true",
				    "b.d|exists: false",
				    "a|neq: ann",
				    "a|fieldref: b.c",
				    "b.d|contains|fieldref: a",
				    "n|gt|fieldref: b.c",
				    "a|contains|all: [a, n]",
				    "Image|windash|contains: '-enc'",
				    "'|all': [ann, x]",
				    "'|re': '^bob$'",
				    "a: 'null'",
				    "n: 'true'",
				    "Image: ['*enc*', '*run']"};
static const char *const keywords[] = {"[ann, cmd.exe]", "[bob]",	    "xann",
				       "['c:*enc']",	 "[{a: bob}, ann]", "[zzzz, yyyyy]"};

static void put_sigma_map(struct buf *b)
{
	size_t n = 1 + (pick(3) == 0), first = pick(ARRAY_LEN(words));
	buf_put_char(b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			BUF_LIT(b, ", ");
		buf_put_str(b, str_of(words[(first + i * 7) % ARRAY_LEN(words)]));
	}
	buf_put_char(b, '}');
}

static void put_sigma_rule(struct buf *b, size_t i)
{
	static const char *const names[] = {"s1", "s2", "_1"};
	char line[100];
	snprintf(line, sizeof line, "%stitle: r%zu\nname: r%zu\nlogsource: {}\ndetection: {", i ? "---\n" : "", i, i);
	buf_put_str(b, str_of(line));
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		buf_put_str(b, str_of(names[k]));
		BUF_LIT(b, ": ");
		if (pick(6) == 0)
			buf_put_str(b, str_of(keywords[pick(ARRAY_LEN(keywords))]));
		else
			put_sigma_map(b);
		BUF_LIT(b, ", ");
	}
	BUF_LIT(b, "condition: '");
	put_condition(b, names, ARRAY_LEN(names), 3);
	BUF_LIT(b, "'}\n");
}

struct round {
	char text[1 << 15];
	const struct yaml *rules; /* the list of documents */
	size_t n;
	const struct detection *detection;
	struct detection_event event;
};

static struct round r;

static void load_round(struct arena *arena, struct arena *trees)
{
	struct error error = {0};
	arena_clear(arena);
	arena_clear(trees);
	CHECK_OK(yaml_read_documents(str_of(r.text), "f", 64, trees, &r.rules, &error), &error);
	CHECK_OK(detection_load_text(&r.detection, arena, "f", str_of(r.text), &error), &error);
	detection_event_init(&r.event, r.detection, arena);
}

static size_t n_hits, n_misses;

static void check_event(uint64_t of_seed)
{
	static const struct detection_source any;
	struct made_event e;
	struct detection_hit hits[RULES_MAX];
	struct detection_unread unread;
	bool matched[RULES_MAX] = {false};
	make_event(&e);
	if (!test_count(detection_event_read(&r.event, str_of(e.json), &unread))) {
		test_fail(__FILE__, __LINE__, "%s: %s", e.json, unread.what);
		return;
	}
	size_t n = detection_match(&r.event, &any, hits, RULES_MAX), i = 0;
	for (size_t k = 0; k < n; k++)
		matched[hits[k].rule] = true;
	for (const struct yaml *rule = r.rules->first; rule; rule = rule->next, i++) {
		bool expected = rule_holds(rule, &e);
		n_hits += expected;
		n_misses += !expected;
		if (!test_count(matched[i] == expected))
			test_fail(__FILE__, __LINE__, "seed %llu: rule r%zu is %d, expected %d of\n%s\n%s",
				  (unsigned long long)of_seed, i, matched[i], expected, e.json, r.text);
	}
}

TEST(a_second_reading_of_sigma_rules_matches_the_same_events)
{
	struct arena arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (8 << 20)),
		     trees = arena_map(YAML_MEMORY_BYTES_MAX);
	int64_t first, n;
	seeds_of("DETECTION_SEED", "DETECTION_ROUNDS", ROUNDS, &first, &n);
	for (int64_t i = first; i < first + n; i++) {
		struct buf b = {.at = (uint8_t *)r.text, .size = sizeof r.text - 1};
		seed_from((uint64_t)i);
		r.n = 1 + pick(RULES_MAX);
		for (size_t k = 0; k < r.n; k++)
			put_sigma_rule(&b, k);
		ASSERT(!b.over);
		r.text[b.len] = 0;
		load_round(&arena, &trees);
		for (size_t k = 0; k < EVENTS; k++)
			check_event((uint64_t)i);
	}
	CHECK(n_hits > n_misses / 10 && n_misses > n_hits / 10);
	arena_unmap(&arena);
	arena_unmap(&trees);
}

/* ---- correlations, by looking back ---- */

struct happening {
	int64_t at;
	char rule, group, value;
};

struct stream {
	size_t n, since[8]; /* how far back each group may look: behind its last hit */
	struct happening at[STREAM];
	const char *type;
	int64_t span;
	size_t least;
};

static bool is_of(const struct stream *s, size_t i, size_t now, const char *rules)
{
	const struct happening *h = &s->at[i];
	return h->group == s->at[now].group && strchr(rules, h->rule) && h->at >= s->at[now].at - s->span &&
	       i >= s->since[h->group - '1'];
}

static size_t count_back(const struct stream *s, size_t now, const char *rules, bool by_value, bool by_rule)
{
	bool seen[256] = {false};
	size_t n = 0;
	for (size_t i = 0; i <= now; i++) {
		if (!is_of(s, i, now, rules))
			continue;
		uint8_t mark = (uint8_t)(by_value ? s->at[i].value : s->at[i].rule);
		n += (by_value || by_rule) ? !seen[mark] : 1;
		seen[mark] = true;
	}
	return n;
}

/* Whether a, then b, then c stand in order, with c now. */
static bool in_order(const struct stream *s, size_t now)
{
	for (size_t i = 0; i < now; i++) {
		for (size_t k = i + 1; k < now && s->at[i].rule == 'a' && is_of(s, i, now, "a"); k++) {
			if (s->at[k].rule == 'b' && is_of(s, k, now, "b"))
				return s->at[now].rule == 'c';
		}
	}
	return false;
}

static bool fires(struct stream *s, size_t now)
{
	bool hit;
	if (strcmp(s->type, "event_count") == 0)
		hit = strchr("ab", s->at[now].rule) && count_back(s, now, "ab", false, false) >= s->least;
	else if (strcmp(s->type, "value_count") == 0)
		hit = strchr("ab", s->at[now].rule) && count_back(s, now, "ab", true, false) >= s->least;
	else if (strcmp(s->type, "temporal") == 0)
		hit = strchr("abc", s->at[now].rule) && count_back(s, now, "abc", false, true) == 3;
	else
		hit = in_order(s, now);
	if (hit)
		s->since[s->at[now].group - '1'] = now + 1;
	return hit;
}

static void put_stream(struct stream *s, struct buf *b)
{
	static const char *const types[] = {"event_count", "value_count", "temporal", "temporal_ordered"};
	char line[300];
	*s = (struct stream){
	    .n = STREAM, .type = types[pick(4)], .span = (int64_t)(1 + pick(30)) * 1000, .least = 1 + pick(4)};
	bool counts = strstr(s->type, "count");
	int n = snprintf(line, sizeof line,
			 "title: c\ncorrelation: {type: %s, rules: %s, group-by: [g], timespan: %llds%s", s->type,
			 counts ? "[a, b]" : "[a, b, c]", (long long)s->span / 1000, counts ? ", condition: {" : "}\n");
	if (counts)
		snprintf(line + n, sizeof line - (size_t)n, "%sgte: %zu}}\n",
			 strcmp(s->type, "value_count") == 0 ? "field: v, " : "", s->least);
	buf_put_str(b, str_of(line));
	for (char rule = 'a'; rule <= 'c'; rule++) {
		snprintf(line, sizeof line,
			 "---\ntitle: %c\nname: %c\nlogsource: {}\ndetection: {s: {e: %c}, condition: s}\n", rule, rule,
			 rule);
		buf_put_str(b, str_of(line));
	}
	int64_t at = 1000;
	for (size_t i = 0; i < s->n; i++) {
		at += (int64_t)pick(6) * 1000;
		s->at[i] = (struct happening){at, (char)('a' + pick(4)), (char)('1' + pick(2)), (char)('u' + pick(4))};
	}
}

TEST(looking_back_over_all_events_tells_the_same_correlations)
{
	struct arena arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20)),
		     trees = arena_map(YAML_MEMORY_BYTES_MAX);
	static const struct detection_source any;
	int64_t first, n;
	size_t hits_seen = 0;
	seeds_of("CORRELATION_SEED", "CORRELATION_ROUNDS", ROUNDS, &first, &n);
	for (int64_t round = first; round < first + n; round++) {
		struct buf b = {.at = (uint8_t *)r.text, .size = sizeof r.text - 1};
		struct stream s;
		seed_from((uint64_t)round);
		put_stream(&s, &b);
		r.text[b.len] = 0;
		load_round(&arena, &trees);
		struct correlator *c = correlator_make(r.detection, &arena);
		for (size_t i = 0; i < s.n; i++) {
			struct detection_hit hits[4];
			struct detection_unread unread;
			uint16_t fired[2];
			char json[100];
			snprintf(json, sizeof json, "{\"e\":\"%c\",\"g\":\"%c\",\"v\":\"%c\"}", s.at[i].rule,
				 s.at[i].group, s.at[i].value);
			ASSERT(detection_event_read(&r.event, str_of(json), &unread));
			size_t found = detection_match(&r.event, &any, hits, ARRAY_LEN(hits));
			bool expected = fires(&s, i);
			hits_seen += expected;
			size_t got = correlator_observe(c, &r.event, hits, found, s.at[i].at, fired, ARRAY_LEN(fired));
			if (!test_count(got == expected))
				test_fail(__FILE__, __LINE__, "seed %lld, event %zu: %zu, expected %d\n%s",
					  (long long)round, i, got, expected, r.text);
		}
	}
	CHECK(hits_seen > (size_t)n);
	arena_unmap(&arena);
	arena_unmap(&trees);
}
