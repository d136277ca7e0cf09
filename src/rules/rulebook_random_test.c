/* Random rulebooks and requests, judged a second time: straight from the text of the rulebook and the definition at
 * the head of rulebook.h, without index, compiled expressions or implications. What one rule implies, which rules go
 * round in a circle and which cases no rule speaks of is found by trying every request of a small world that has a
 * value for each way in which the words used here can judge one. */
#include "base/test.h"
#include "rules/changes.h"
#include "rules/rules_random.h"

enum {
	BOOKS = 300,
	REQUESTS = 15,
	COMPLETIONS = 4, /* of each request's unknown facts */
	CHANGES = 8,	 /* one request of so many is asked to change */
	RULES_MAX = 8,
	POINTS_MAX = 8192, /* a world with more is left out */
};

/* ---- a rulebook, and the order of its rules ---- */

struct book {
	char text[TRY_BOOK_BYTES];
	const struct yaml *root, *covers;
	const struct yaml *rules[RULES_MAX]; /* by layers */
	size_t n, n_points;
	struct making making;
	bool holds[RULES_MAX][POINTS_MAX], covered[POINTS_MAX];
	const struct rulebook *loaded;
};

static struct book book;

static struct str member(size_t rule, const char *key)
{
	const struct yaml *node = yaml_get(book.rules[rule], key);
	return node ? node->text : (struct str){"", 0};
}

static bool permits(size_t rule)
{
	return str_eq(member(rule, "outcome"), STR("permit"));
}

static bool overrides(size_t rule, size_t other)
{
	return str_eq(member(rule, "overrides"), member(other, "id"));
}

static bool implies(size_t rule, size_t other)
{
	for (size_t i = 0; i < book.n_points; i++) {
		if (book.holds[rule][i] && !book.holds[other][i])
			return false;
	}
	return true;
}

/* Why, and whether it is the permission that outweighs. */
static enum outweighs why(size_t p, size_t r, bool *ret_permits)
{
	struct str p_layer = member(p, "layer"), r_layer = member(r, "layer"), p_date = member(p, "date"),
		   r_date = member(r, "date");
	if (!str_eq(p_layer, r_layer)) {
		*ret_permits = str_eq(p_layer, STR("high"));
		return OUTWEIGHS_LAYER;
	}
	*ret_permits = overrides(p, r);
	if (overrides(p, r) || overrides(r, p))
		return OUTWEIGHS_OVERRIDES;
	*ret_permits = implies(p, r);
	if (implies(p, r) != implies(r, p))
		return OUTWEIGHS_SPECIFICITY;
	*ret_permits = p_date.len && r_date.len && str_compare(p_date, r_date) > 0;
	if (p_date.len && r_date.len && !str_eq(p_date, r_date))
		return OUTWEIGHS_DATE;
	return OUTWEIGHS_PROHIBITION;
}

static bool outweighs(size_t p, size_t r)
{
	bool found;
	why(p, r, &found);
	return found;
}

/* ---- making one ---- */

/* In a tangled rulebook all rules stand in one layer, and most say which they override, so that some go round in
 * circles. */
static void put_rule(struct buf *b, size_t i, size_t n, bool tangled)
{
	/* A rule may override one of the other outcome that stands in a layer no higher; the even ones permit, the
	 * last two stand low. */
	size_t other = i + 1 + 2 * pick(2);
	bool low = tangled || i + 2 >= n || pick(3) > 0;
	char line[200];
	snprintf(line, sizeof line, "- {id: r%zu, title: t, layer: %s, outcome: %s, conditions: c%zu, ", i,
		 low ? "low" : "high", i % 2 ? "refuse" : "permit", pick(4));
	buf_put_str(b, str_of(line));
	if (other < n && (tangled || other + 2 >= n) && pick(3) == 0) {
		snprintf(line, sizeof line, "overrides: r%zu, ", other);
		buf_put_str(b, str_of(line));
	}
	if (pick(2)) {
		snprintf(line, sizeof line, "date: 2026-11-2%zu, ", pick(3));
		buf_put_str(b, str_of(line));
	}
	BUF_LIT(b, "match: ");
	put_clause(b, &book.making);
	if (pick(3) == 0) {
		BUF_LIT(b, ", unless: ");
		put_clause(b, &book.making);
	}
	BUF_LIT(b, "}\n");
}

static void put_book(void)
{
	struct buf b = {.at = (uint8_t *)book.text, .size = sizeof book.text - 1};
	size_t n = 2 + pick(RULES_MAX - 1);
	bool tangled = pick(4) == 0;
	pick_facts(&book.making);
	buf_put_str(&b, str_of(try_head));
	buf_put_str(&b, str_of(naive_placeholders));
	if (pick(4) == 0)
		BUF_LIT(&b, "unsettled: conflict\n");
	if (pick(3) == 0) {
		BUF_LIT(&b, "covers: ");
		put_clause(&b, &book.making);
		buf_put_char(&b, '\n');
	}
	BUF_LIT(&b, "rules:\n");
	for (size_t i = 0; i < n; i++)
		put_rule(&b, i, n, tangled);
	ASSERT(!b.over);
	book.text[b.len] = 0;
}

/* The rules of the text, the high ones first. */
static void read_rules(struct arena *arena)
{
	struct error error = {0};
	book.n = 0;
	CHECK_OK(yaml_read(str_of(book.text), "book", arena, &book.root, &error), &error);
	for (int low = 0; low < 2; low++) {
		for (const struct yaml *rule = yaml_get(book.root, "rules")->first; rule; rule = rule->next) {
			if (str_eq(yaml_get(rule, "layer")->text, STR("low")) == low)
				book.rules[book.n++] = rule;
		}
	}
	book.covers = yaml_get(book.root, "covers");
}

/* The i-th request of the world, with all else absent. */
static void point(size_t i, struct fact request[TRY_FACTS])
{
	const size_t *f = book.making.facts;
	for (size_t k = 0; k < TRY_FACTS; k++)
		request[k] = (struct fact){.state = FACT_ABSENT};
	for (size_t k = 0; k < FACTS_USED; k++) {
		request[f[k]] = world.at[f[k]][i % world.n[f[k]]];
		i /= world.n[f[k]];
	}
}

static bool judge_world(void)
{
	const size_t *f = book.making.facts;
	make_world(book.root);
	book.n_points = world.n[f[0]] * world.n[f[1]] * world.n[f[2]];
	for (size_t i = 0; i < book.n_points && book.n_points <= POINTS_MAX; i++) {
		struct fact request[TRY_FACTS];
		point(i, request);
		for (size_t rule = 0; rule < book.n; rule++)
			book.holds[rule][i] = judge_rule(book.rules[rule], request) == YES;
		book.covered[i] = book.covers && judge_clause(book.covers, request) == YES;
	}
	return book.n_points <= POINTS_MAX;
}

static bool all_possible(void)
{
	for (size_t rule = 0; rule < book.n; rule++) {
		bool holds = false;
		for (size_t i = 0; i < book.n_points; i++)
			holds = holds || book.holds[rule][i];
		if (!holds)
			return false;
	}
	return true;
}

/* ---- what is unsettled or uncovered ---- */

static bool beats(size_t rule, size_t other)
{
	bool p_wins;
	if (permits(rule) == permits(other))
		return false;
	enum outweighs reason = permits(rule) ? why(rule, other, &p_wins) : why(other, rule, &p_wins);
	return reason != OUTWEIGHS_LAYER && reason != OUTWEIGHS_PROHIBITION && p_wins == permits(rule);
}

/* Whether a way leads from the last back to the first, through rules that speak at the point. */
static bool leads_back(size_t at, const bool edges[RULES_MAX][RULES_MAX], size_t first, size_t last, unsigned seen)
{
	for (size_t next = 0; next < book.n; next++) {
		if (!edges[last][next] || !book.holds[next][at])
			continue;
		if (next == first)
			return true;
		if (!(seen >> next & 1) && leads_back(at, edges, first, next, seen | 1u << next))
			return true;
	}
	return false;
}

static bool has_circle(void)
{
	bool edges[RULES_MAX][RULES_MAX], any = false;
	for (size_t i = 0; i < book.n; i++) {
		for (size_t k = 0; k < book.n; k++)
			edges[i][k] = beats(i, k);
	}
	for (size_t at = 0; at < book.n_points && !any; at++) {
		for (size_t i = 0; i < book.n && !any; i++)
			any = book.holds[i][at] && leads_back(at, edges, i, i, 1u << i);
	}
	return any;
}

static bool is_unsettled(size_t p, size_t r)
{
	bool p_wins, together = false;
	for (size_t i = 0; i < book.n_points; i++)
		together = together || (book.holds[p][i] && book.holds[r][i]);
	return together && why(p, r, &p_wins) == OUTWEIGHS_PROHIBITION;
}

static bool has_unsettled(void)
{
	for (size_t p = 0; p < book.n; p++) {
		for (size_t r = 0; r < book.n; r++) {
			if (permits(p) && !permits(r) && is_unsettled(p, r))
				return true;
		}
	}
	return false;
}

static bool has_gap(void)
{
	for (size_t i = 0; i < book.n_points; i++) {
		bool spoken = false;
		for (size_t rule = 0; rule < book.n; rule++)
			spoken = spoken || book.holds[rule][i];
		if (book.covered[i] && !spoken)
			return true;
	}
	return false;
}

enum end { LOADS, NEVER, CIRCLE, UNSETTLED, GAP, ENDS };

/* What becomes of the rulebook, and what its error then says. */
static enum end end_of(void)
{
	if (!all_possible())
		return NEVER;
	if (has_circle())
		return CIRCLE;
	if (yaml_get(book.root, "unsettled") && has_unsettled())
		return UNSETTLED;
	return has_gap() ? GAP : LOADS;
}

static const char *const ends[ENDS] = {
    [LOADS] = "",
    [NEVER] = "can never speak",
    [CIRCLE] = "round in a circle",
    [UNSETTLED] = "nothing but prohibition tells them apart",
    [GAP] = "no rule speaks",
};

/* ---- the second decision ---- */

struct decision {
	int truth[RULES_MAX];
	enum outcome outcome;
	uint16_t deciding;
	uint32_t conditions;
	size_t n_spoke;
};

static uint32_t conditions_of(size_t rule)
{
	for (unsigned i = 0;; i++) {
		if (str_eq(rulebook_condition(book.loaded, i), member(rule, "conditions")))
			return UINT32_C(1) << i;
	}
}

static bool stands(const struct decision *d, size_t p)
{
	for (size_t r = 0; r < book.n; r++) {
		if (!permits(r) && d->truth[r] != NO && !outweighs(p, r))
			return false;
	}
	return true;
}

static bool is_outweighed(const struct decision *d, size_t r)
{
	for (size_t p = 0; p < book.n; p++) {
		if (permits(p) && d->truth[p] == YES && outweighs(p, r))
			return true;
	}
	return false;
}

static void add(struct decision *d, size_t rule)
{
	if (!d->deciding)
		d->deciding = (uint16_t)(rule + 1);
	d->conditions |= conditions_of(rule);
}

static void decide(const struct fact *request, struct decision *d)
{
	*d = (struct decision){0};
	for (size_t i = 0; i < book.n; i++) {
		d->truth[i] = judge_rule(book.rules[i], request);
		d->n_spoke += d->truth[i] == YES;
	}
	for (size_t p = 0; p < book.n; p++) {
		if (permits(p) && d->truth[p] == YES && stands(d, p))
			add(d, p);
	}
	d->outcome = d->deciding ? OUTCOME_PERMIT : OUTCOME_REFUSE;
	for (size_t r = 0; r < book.n && d->outcome == OUTCOME_REFUSE; r++) {
		if (!permits(r) && d->truth[r] == YES && !is_outweighed(d, r))
			add(d, r);
	}
	/* In a circle the first refusal. */
	for (size_t r = 0; r < book.n && !d->deciding; r++) {
		if (!permits(r) && d->truth[r] == YES)
			add(d, r);
	}
}

/* ---- comparing ---- */

static size_t n_finished, n_changed; /* of requests that were asked to change */

static void fail(const char *what, uint64_t of_seed)
{
	test_fail(__FILE__, __LINE__, "seed %llu: %s\n%s", (unsigned long long)of_seed, what, book.text);
}

static bool check_outweighed(const struct decision *d, const struct answer *a)
{
	size_t expected = 0;
	for (size_t i = 0; i < book.n; i++)
		expected += d->truth[i] == YES && permits(i) != (d->outcome == OUTCOME_PERMIT);
	/* Permissions that speak and that only the unknown stops are outweighed by none. */
	bool ok = a->outcome == OUTCOME_PERMIT ? a->outweighed_count == expected : a->outweighed_count <= expected;
	for (size_t i = 0; i < a->outweighed_count; i++) {
		const struct answer_outweighed *o = &a->outweighed[i];
		size_t rule = o->rule - 1U, by = o->by - 1U;
		bool permission_wins, refusal = !permits(rule);
		enum outweighs reason = refusal ? why(by, rule, &permission_wins) : why(rule, by, &permission_wins);
		ok = ok && reason == o->why && permission_wins == refusal && d->truth[rule] == YES &&
		     d->truth[by] == YES;
	}
	return ok;
}

static bool check_answer(const struct decision *d, const struct answer *a)
{
	bool ok = a->outcome == d->outcome && a->deciding == d->deciding && a->conditions == d->conditions &&
		  a->spoke_count == d->n_spoke && a->by_default == (d->n_spoke == 0 && a->unknown_count == 0);
	for (size_t i = 0; i < a->spoke_count; i++)
		ok = ok && d->truth[a->spoke[i] - 1] == YES;
	for (size_t i = 0; i < a->unknown_count && i < ANSWER_UNKNOWN_MAX; i++)
		ok = ok && a->outcome == OUTCOME_REFUSE;
	return ok && check_outweighed(d, a);
}

/* Whatever the unknown facts turn out to be, a permission stays; and a refusal that asks for nothing stays too. */
static bool check_completion(const struct fact *request, const struct answer *a)
{
	struct fact known[TRY_FACTS];
	struct answer then;
	for (size_t i = 0; i < TRY_FACTS; i++)
		known[i] = request[i].state == FACT_UNKNOWN ? world.at[i][pick(world.n[i])] : request[i];
	rulebook_decide(book.loaded, known, &then);
	return then.unknown_count == 0 &&
	       (a->outcome == OUTCOME_PERMIT || a->unknown_count == 0 ? then.outcome == a->outcome : true);
}

/* ---- the smallest changes ---- */

/* Whether some values of the world for these facts lead to another outcome. */
static bool may_change(const struct fact *request, enum outcome outcome, const size_t *facts, size_t n)
{
	size_t points = 1;
	for (size_t i = 0; i < n; i++)
		points *= world.n[facts[i]];
	for (size_t p = 0; p < points; p++) {
		struct fact changed[TRY_FACTS];
		struct decision d;
		size_t rest = p;
		memcpy(changed, request, sizeof changed);
		for (size_t i = 0; i < n; rest /= world.n[facts[i++]])
			changed[facts[i]] = world.at[facts[i]][rest % world.n[facts[i]]];
		decide(changed, &d);
		if (d.outcome != outcome)
			return true;
	}
	return false;
}

/* The fewest facts of the book's that would change the outcome, 1 or 2; 0 when more, or none. Sets of texts stay. */
static size_t fewest(const struct fact *request, enum outcome outcome)
{
	const size_t *f = book.making.facts;
	size_t two[2];
	for (size_t i = 0; i < FACTS_USED; i++) {
		if (f[i] != GROUPS && may_change(request, outcome, &f[i], 1))
			return 1;
	}
	for (size_t i = 0; i < FACTS_USED; i++) {
		for (size_t k = 0; k < i; k++) {
			two[0] = f[i];
			two[1] = f[k];
			if (f[i] != GROUPS && f[k] != GROUPS && may_change(request, outcome, two, 2))
				return 2;
		}
	}
	return 0;
}

static bool check_set(const struct fact *request, enum outcome outcome, const struct change_set *set)
{
	struct fact changed[TRY_FACTS];
	struct decision d;
	memcpy(changed, request, sizeof changed);
	for (size_t i = 0; i < set->n; i++) {
		if (set->at[i].how != CHANGE_TO && set->at[i].how != CHANGE_TO_NOTHING)
			return false;
		changed[set->at[i].fact] = set->at[i].value;
	}
	decide(changed, &d);
	return d.outcome != outcome;
}

static void check_changes(uint64_t of_seed, const struct fact *request)
{
	struct decision d;
	struct changes changes;
	decide(request, &d);
	rulebook_changes(book.loaded, request, 1u << GROUPS, &changes);
	size_t expected = fewest(request, d.outcome);
	for (size_t i = 0; i < changes.n; i++) {
		if (!test_count(check_set(request, d.outcome, &changes.sets[i])))
			fail("a change that changes nothing", of_seed);
	}
	/* Fewer than expected there may be where facts are compared, by a value that the world has not. */
	bool right = changes.n == 0 ? expected == 0 : expected == 0 || changes.sets[0].n <= expected;
	if (!test_count(right || changes.gave_up))
		fail("other changes are smaller", of_seed);
	n_finished += !changes.gave_up;
	n_changed += changes.n > 0;
}

static void check_request(uint64_t of_seed)
{
	struct fact request[TRY_FACTS] = {0};
	struct decision decision;
	struct answer answer;
	for (size_t i = 0; i < TRY_FACTS; i++) {
		if (pick(4) > 0)
			request[i] = world.at[i][pick(world.n[i])];
	}
	decide(request, &decision);
	rulebook_decide(book.loaded, request, &answer);
	if (pick(CHANGES) == 0)
		check_changes(of_seed, request);
	if (!test_count(check_answer(&decision, &answer)))
		fail("another decision", of_seed);
	for (size_t i = 0; i < COMPLETIONS; i++) {
		if (!test_count(check_completion(request, &answer)))
			fail("more knowledge turned an answer that was final", of_seed);
	}
}

static size_t cases[ENDS], left_out;

static void check_book(uint64_t of_seed, struct arena *arena)
{
	struct error error = {0};
	seed_from(of_seed);
	arena_clear(arena);
	put_book();
	read_rules(arena);
	if (!judge_world()) {
		left_out++;
		return;
	}
	enum end end = end_of();
	int code = rulebook_load_text(&book.loaded, &try_vocabulary, arena, "book", str_of(book.text), &error);
	cases[end]++;
	if (!test_count(end == LOADS ? code == 0 : code < 0 && strstr(error.what, ends[end]))) {
		fail(code < 0 ? error.what : ends[end], of_seed);
		return;
	}
	for (size_t i = 0; i < REQUESTS && code == 0; i++)
		check_request(of_seed);
}

TEST(a_second_reading_of_the_text_decides_the_same)
{
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX + YAML_MEMORY_BYTES_MAX);
	int64_t first, n;
	seeds_of("RULEBOOK_SEED", "RULEBOOK_BOOKS", BOOKS, &first, &n);
	for (int64_t i = 0; i < n; i++)
		check_book((uint64_t)(first + i), &arena);
	/* Many rulebooks can be loaded, and some not, each for its reason. */
	CHECK(cases[LOADS] > (size_t)n / 6 && left_out < (size_t)n / 4);
	for (size_t i = 0; i < ENDS && n >= BOOKS; i++)
		CHECK(cases[i] > 0);
	printf("%zu load; %zu never, %zu circle, %zu unsettled, %zu gap; %zu left out\n", cases[LOADS], cases[NEVER],
	       cases[CIRCLE], cases[UNSETTLED], cases[GAP], left_out);
	printf("%zu requests could be changed, of %zu everything is known\n", n_changed, n_finished);
	CHECK(n_changed > 0 && n_finished > 0);
	arena_unmap(&arena);
}
