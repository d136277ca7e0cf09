/* Random rulebooks and requests, judged a second time: straight from the text of the rulebook and the definition at
 * the head of rulebook.h, without index, compiled expressions or implications. What one rule implies is found by
 * trying every request of a small world that has a value for each way in which the words used here can judge one. */
#include "base/test.h"
#include "rules/rules_naive.h"

enum {
	BOOKS = 400,
	REQUESTS = 15,
	COMPLETIONS = 4, /* of each request's unknown facts */
	RULES_MAX = 8,
	WORLD_MAX = 64, /* values of one fact */
	POINTS_MAX = 4096,
	FACTS_USED = 3,
	VALUES_TEXT_BYTES = 64,
};

static uint64_t seed;

static size_t pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)((seed * 0x2545F4914F6CDD1Du) >> 33) % n;
}

/* ---- the words that rules are made of ---- */

static const char *const name_words[] = {"name: ann",	     "name: [ANN, bob]",  "name|startswith: an",
					 "name|endswith: b", "name|contains: nn", "name: '?ob'",
					 "name: 'a*b'",	     "name: '*'",	  "name|contains|all: [a, b]"};
static const char *const groups_words[] = {"groups: a", "groups: [A, b]",	"groups|all: [a, b]",
					   "groups: c", "groups|startswith: a", "groups: '*'"};
static const char *const level_words[] = {"level: 1",	 "level: [1, 3]", "level|gte: 2",
					  "level|lt: 3", "level|gt: 1",	  "level|lte: 1"};
static const char *const time_words[] = {"time|gte: '07:00'", "time|lt: '07:00'", "time: '07:00'", "time|gt: '12:00'",
					 "time|lte: '12:00'"};
static const char *const date_words[] = {"date: 2026-11-23", "date|gte: 2026-11-23", "date|lt: 2026-11-24"};
static const char *const from_words[] = {"from: 192.0.2.7", "from|cidr: 192.0.2.0/25", "from|cidr: 192.0.2.0/24",
					 "from|cidr: '::/0'"};
static const char *const secure_words[] = {"secure: true", "secure: false", "secure: [true, false]"};
static const char *const zone_words[] = {"zone: Lobby", "zone: [lobby, court]", "zone: court"};

static const struct {
	size_t n;
	const char *const *words;
} words_of[TRY_FACTS] = {{ARRAY_LEN(name_words), name_words},	  {ARRAY_LEN(groups_words), groups_words},
			 {ARRAY_LEN(level_words), level_words},	  {ARRAY_LEN(time_words), time_words},
			 {ARRAY_LEN(date_words), date_words},	  {ARRAY_LEN(from_words), from_words},
			 {ARRAY_LEN(secure_words), secure_words}, {ARRAY_LEN(zone_words), zone_words}};

/* Every way in which those words can judge a value; beginning with the absent one. */
static const char *const world_words[TRY_FACTS][WORLD_MAX] = {
    {"-"}, /* and what make_names finds */
    {"-", "", "a", "b", "c", "ax", "x", "a,b", "a,c", "b,c", "b,ax", "c,ax", "a,b,c", "b,c,ax"},
    {"-", "0", "1", "2", "3", "4"},
    {"-", "06:59", "07:00", "07:01", "12:00", "12:01"},
    {"-", "2026-11-22", "2026-11-23", "2026-11-24"},
    {"-", "192.0.2.7", "192.0.2.8", "192.0.2.200", "192.0.3.1", "2001:db8::1"},
    {"-", "true", "false"},
    {"-", "lobby", "court", "x"},
};

static struct try_request world[TRY_FACTS][WORLD_MAX];
static char world_texts[TRY_FACTS][WORLD_MAX][VALUES_TEXT_BYTES]; /* the facts point into them */
static size_t world_n[TRY_FACTS];

static void make_world(void)
{
	for (size_t f = 0; f < TRY_FACTS; f++) {
		world_n[f] = 0;
		while (world_n[f] < WORLD_MAX && world_words[f][world_n[f]]) {
			char *words = world_texts[f][world_n[f]];
			struct str name = try_facts[f].name;
			snprintf(words, VALUES_TEXT_BYTES, STR_FMT "=%s", STR_ARG(name), world_words[f][world_n[f]]);
			try_request(&world[f][world_n[f]], words);
			world_n[f]++;
		}
	}
}

static struct fact value_of(size_t fact, size_t i)
{
	return world[fact][i].facts[fact];
}

/* Every judgement of the words above on a text is that of some text of these letters and this length. */
static void make_names(void)
{
	static const char letters[] = "anbox";
	static const char *const patterns[] = {"ann", "bob", "an*", "*b", "*nn*", "?ob", "a*b", "*a*", "*b*"};
	bool found[1 << ARRAY_LEN(patterns)] = {false};
	for (size_t i = 0; i < 19531; i++) {
		size_t judgement = 0, len = 0;
		char text[8];
		for (size_t rest = i; rest > 0; rest = (rest - 1) / 5)
			text[len++] = letters[(rest - 1) % 5];
		for (size_t k = 0; k < ARRAY_LEN(patterns); k++)
			judgement |= (size_t)is_like((struct str){text, len}, str_of(patterns[k])) << k;
		if (found[judgement])
			continue;
		found[judgement] = true;
		ASSERT(world_n[0] < WORLD_MAX);
		char *kept = world_texts[0][world_n[0]];
		memcpy(kept, text, len);
		world[0][world_n[0]++].facts[0] = (struct fact){.state = FACT_KNOWN, .text = {kept, len}};
	}
}

/* ---- a rulebook, and the order of its rules ---- */

struct book {
	char text[TRY_BOOK_BYTES];
	const struct yaml *rules[RULES_MAX]; /* by layers */
	size_t n, n_points;
	size_t facts[FACTS_USED];
	bool holds[RULES_MAX][POINTS_MAX];
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

static void put_selection(struct buf *b, const char *name)
{
	size_t first = pick(FACTS_USED), n = 1 + (pick(4) == 0);
	buf_put_str(b, str_of(name));
	BUF_LIT(b, ": {");
	for (size_t i = 0; i < n; i++) {
		size_t fact = book.facts[(first + i) % FACTS_USED];
		if (i)
			BUF_LIT(b, ", ");
		buf_put_str(b, str_of(words_of[fact].words[pick(words_of[fact].n)]));
	}
	BUF_LIT(b, "}, ");
}

static void put_condition(struct buf *b, const char *const *names, size_t n, size_t depth)
{
	size_t shape = depth == 0 ? 0 : pick(8);
	if (shape <= 2) {
		buf_put_str(b, str_of(names[pick(n)]));
	} else if (shape == 3) {
		BUF_LIT(b, "not ");
		put_condition(b, names, n, depth - 1);
	} else if (shape == 4) {
		buf_put_str(b, pick(2) ? STR("1 of ") : STR("all of "));
		buf_put_str(b, pick(2) ? STR("them") : STR("s*"));
	} else {
		buf_put_char(b, '(');
		put_condition(b, names, n, depth - 1);
		buf_put_str(b, shape == 5 ? STR(" or ") : STR(" and "));
		put_condition(b, names, n, depth - 1);
		buf_put_char(b, ')');
	}
}

static void put_clause(struct buf *b)
{
	static const char *const names[] = {"s1", "s2", "t1"};
	size_t n = 1 + pick(ARRAY_LEN(names));
	buf_put_char(b, '{');
	for (size_t i = 0; i < n; i++)
		put_selection(b, names[i]);
	BUF_LIT(b, "condition: '");
	put_condition(b, names, n, 3);
	/* Every selection must be named: these say nothing new, or little. */
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, pick(2) ? STR(" and ") : STR(" or "));
		buf_put_str(b, str_of(names[i]));
	}
	BUF_LIT(b, "'}");
}

static void put_rule(struct buf *b, size_t i, size_t n)
{
	/* A rule may override one of the other outcome that stands in a layer no higher; the even ones permit, the
	 * last two stand low. */
	size_t other = i + 1 + 2 * pick(2);
	bool low = i + 2 >= n || pick(3) > 0;
	char line[200];
	snprintf(line, sizeof line, "- {id: r%zu, title: t, layer: %s, outcome: %s, conditions: c%zu, ", i,
		 low ? "low" : "high", i % 2 ? "refuse" : "permit", pick(4));
	buf_put_str(b, str_of(line));
	if (other < n && other + 2 >= n && pick(3) == 0) {
		snprintf(line, sizeof line, "overrides: r%zu, ", other);
		buf_put_str(b, str_of(line));
	}
	if (pick(2)) {
		snprintf(line, sizeof line, "date: 2026-11-2%zu, ", pick(3));
		buf_put_str(b, str_of(line));
	}
	BUF_LIT(b, "match: ");
	put_clause(b);
	if (pick(3) == 0) {
		BUF_LIT(b, ", unless: ");
		put_clause(b);
	}
	BUF_LIT(b, "}\n");
}

/* Different ones, and at most one of the two with many values, so that the world stays small. */
static void pick_facts(void)
{
	size_t *f = book.facts;
	f[0] = pick(TRY_FACTS);
	do
		f[1] = 2 + pick(TRY_FACTS - 2);
	while (f[1] == f[0]);
	do
		f[2] = 2 + pick(TRY_FACTS - 2);
	while (f[2] == f[0] || f[2] == f[1]);
}

static void put_book(void)
{
	struct buf b = {.at = (uint8_t *)book.text, .size = sizeof book.text - 1};
	size_t n = 2 + pick(RULES_MAX - 1);
	pick_facts();
	buf_put_str(&b, str_of(try_head));
	BUF_LIT(&b, "rules:\n");
	for (size_t i = 0; i < n; i++)
		put_rule(&b, i, n);
	ASSERT(!b.over);
	book.text[b.len] = 0;
}

/* The rules of the text, the high ones first. */
static void read_rules(struct arena *arena)
{
	const struct yaml *root;
	struct error error = {0};
	book.n = 0;
	CHECK_OK(yaml_read(str_of(book.text), "book", arena, &root, &error), &error);
	for (int low = 0; low < 2; low++) {
		for (const struct yaml *rule = yaml_get(root, "rules")->first; rule; rule = rule->next) {
			if (str_eq(yaml_get(rule, "layer")->text, STR("low")) == low)
				book.rules[book.n++] = rule;
		}
	}
}

static void judge_world(void)
{
	const size_t *f = book.facts;
	struct fact request[TRY_FACTS];
	book.n_points = 0;
	for (size_t i = 0; i < TRY_FACTS; i++)
		request[i] = (struct fact){.state = FACT_ABSENT};
	for (size_t i = 0; i < world_n[f[0]] * world_n[f[1]] * world_n[f[2]]; i++) {
		request[f[0]] = value_of(f[0], i % world_n[f[0]]);
		request[f[1]] = value_of(f[1], i / world_n[f[0]] % world_n[f[1]]);
		request[f[2]] = value_of(f[2], i / world_n[f[0]] / world_n[f[1]]);
		ASSERT(book.n_points < POINTS_MAX);
		for (size_t rule = 0; rule < book.n; rule++)
			book.holds[rule][book.n_points] = judge_rule(book.rules[rule], request) == YES;
		book.n_points++;
	}
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
		known[i] = request[i].state == FACT_UNKNOWN ? value_of(i, pick(world_n[i])) : request[i];
	rulebook_decide(book.loaded, known, &then);
	return then.unknown_count == 0 &&
	       (a->outcome == OUTCOME_PERMIT || a->unknown_count == 0 ? then.outcome == a->outcome : true);
}

static void check_request(uint64_t of_seed)
{
	struct fact request[TRY_FACTS] = {0};
	struct decision decision;
	struct answer answer;
	for (size_t i = 0; i < TRY_FACTS; i++) {
		if (pick(4) > 0)
			request[i] = value_of(i, pick(world_n[i]));
	}
	decide(request, &decision);
	rulebook_decide(book.loaded, request, &answer);
	if (!test_count(check_answer(&decision, &answer)))
		fail("another decision", of_seed);
	for (size_t i = 0; i < COMPLETIONS; i++) {
		if (!test_count(check_completion(request, &answer)))
			fail("more knowledge turned an answer that was final", of_seed);
	}
}

static size_t cases[2]; /* outcomes */

static void check_book(uint64_t of_seed, struct arena *arena)
{
	struct error error = {0};
	seed = of_seed * 0x9E3779B97F4A7C15u + 1;
	arena_clear(arena);
	put_book();
	read_rules(arena);
	judge_world();
	int code = rulebook_load_text(&book.loaded, &try_vocabulary, arena, "book", str_of(book.text), &error);
	bool never = code < 0 && strstr(error.what, "can never speak");
	if (!test_count(all_possible() ? code == 0 : never)) {
		fail(error.what, of_seed);
		return;
	}
	cases[code == 0]++;
	for (size_t i = 0; i < REQUESTS && code == 0; i++)
		check_request(of_seed);
}

TEST(a_second_reading_of_the_text_decides_the_same)
{
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX + YAML_MEMORY_BYTES_MAX);
	const char *from = getenv("RULEBOOK_SEED");
	int64_t first = 1;
	if (from)
		ASSERT(str_to_i64(str_of(from), 0, INT64_MAX, &first));
	make_world();
	make_names();
	for (uint64_t i = 0; i < BOOKS; i++)
		check_book((uint64_t)first + i, &arena);
	/* Many rulebooks can be loaded, and some not. */
	CHECK(cases[1] > BOOKS / 4 && cases[0] > 0);
	arena_unmap(&arena);
}
