/* rules_random.h: for tests of this folder: random rules, and a small world of facts that has a value for each way in
 * which the words used here can judge one. */
#ifndef RULES_RULES_RANDOM_H
#define RULES_RULES_RANDOM_H

#include "rules/rules_naive.h"

enum {
	FACTS_USED = 3, /* by the rules of one rulebook */
	WORLD_MAX = 96, /* values of one fact */
	SPELLINGS_MAX = 19 * 19 * 19,
	SPELLING_BYTES = 12,
	MEMBERS_MAX = 256,
	NAME = 0,
	GROUPS = 1,
	LEVEL = 2,
	TIME = 3,
	DATE = 4,
	FROM = 5,
	SECURE = 6,
	ZONE = 7,
	LIMIT = 8,
};

static uint64_t seed;

static inline void seed_from(uint64_t number)
{
	seed = number * 0x9E3779B97F4A7C15u + 1;
}

static inline size_t pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)((seed * 0x2545F4914F6CDD1Du) >> 33) % n;
}

/* The seeds to go through: a number is a bug report. More of them, or others, by the environment. */
static inline void seeds_of(const char *from, const char *count, int64_t usual, int64_t *ret_first, int64_t *ret_n)
{
	*ret_first = 1;
	*ret_n = usual;
	if (getenv(from))
		ASSERT(str_to_i64(str_of(getenv(from)), 0, INT64_MAX, ret_first));
	if (getenv(count))
		ASSERT(str_to_i64(str_of(getenv(count)), 1, INT64_MAX, ret_n));
	printf("seeds %lld to %lld (%s, %s)\n", (long long)*ret_first, (long long)(*ret_first + *ret_n - 1), from,
	       count);
	fflush(stdout);
}

/* ---- the words that rules are made of ---- */

static const char *const name_words[] = {"name: ann",
					 "name: [ANN, bob]",
					 "name|startswith: an",
					 "name|endswith: b",
					 "name|contains: nn",
					 "name: '?ob'",
					 "name: 'a*b'",
					 "name: '*'",
					 "name|contains|all: [a, b]",
					 "name|cased: Ann",
					 "name|re: '^an'",
					 "name|re|i: '^(AN|b)+$'",
					 "name|re: '[^n]n{2}$'",
					 "name|neq: ann",
					 "name|exists: true",
					 "name: null",
					 "name: ''",
					 "name|expand: '%who%'",
					 "name|cased|startswith: A",
					 "name|windash: a-n",
					 "name|fieldref: zone",
					 "name|neq|fieldref: zone",
					 "name|cased|fieldref: zone"};
static const char *const groups_words[] = {
    "groups: a",   "groups: [A, b]", "groups|all: [a, b]",  "groups: c",	   "groups|startswith: a",
    "groups: '*'", "groups: null",   "groups|exists: true", "groups|re: '^[ab]$'", "groups|cased: A"};
static const char *const level_words[] = {"level: 1",
					  "level: [1, 3]",
					  "level|gte: 2",
					  "level|lt: 3",
					  "level|gt: 1",
					  "level|lte: 1",
					  "level|neq: 2",
					  "level|exists: false",
					  "level|expand: '%lv%'",
					  "level|gte|fieldref: limit",
					  "level|fieldref: limit",
					  "level|neq|fieldref: limit"};
static const char *const time_words[] = {"time|gte: '07:00'", "time|lt: '07:00'",  "time: '07:00'",
					 "time|gt: '12:00'",  "time|lte: '12:00'", "time|hour: [7, 12]",
					 "time|minute|gt: 0", "time|hour|neq: 7"};
static const char *const date_words[] = {"date: 2026-11-23", "date|gte: 2026-11-23", "date|lt: 2026-11-24",
					 "date|day: 23",     "date|month|gte: 11",   "date|week: 48",
					 "date|year: 2026",  "date|year|lt: 2026"};
static const char *const from_words[] = {"from: 192.0.2.7",   "from|cidr: 192.0.2.0/25",     "from|cidr: 192.0.2.0/24",
					 "from|cidr: '::/0'", "from|cidr|neq: 192.0.2.0/25", "from|neq: 192.0.2.7"};
static const char *const secure_words[] = {"secure: true", "secure: false", "secure: [true, false]",
					   "secure|exists: true"};
static const char *const zone_words[] = {"zone: Ann", "zone: [ann, bob]", "zone|startswith: b", "zone|neq: bob"};
static const char *const limit_words[] = {"limit: 2", "limit|gte: 1", "limit: null"};

#define WORDS(words)                                                                                                   \
	{                                                                                                              \
		ARRAY_LEN(words), words                                                                                \
	}
static const struct {
	size_t n;
	const char *const *words;
} words_of[TRY_FACTS] = {WORDS(name_words),   WORDS(groups_words), WORDS(level_words),
			 WORDS(time_words),   WORDS(date_words),   WORDS(from_words),
			 WORDS(secure_words), WORDS(zone_words),   WORDS(limit_words)};

/* ---- rules ---- */

/* What may be asked here, and how far. */
struct making {
	size_t facts[FACTS_USED];
};

/* A comparison with a fact that is not used would be about a value that never changes. */
static inline bool is_used(const struct making *m, const char *words)
{
	bool used = !strstr(words, "fieldref");
	for (size_t i = 0; i < FACTS_USED && !used; i++) {
		struct str name = try_facts[m->facts[i]].name;
		used = str_ends(str_of(words), name) && words[strlen(words) - name.len - 1] == ' ';
	}
	return used;
}

static inline void put_map(struct buf *b, const struct making *m)
{
	size_t first = pick(FACTS_USED), n = 1 + (pick(4) == 0);
	buf_put_char(b, '{');
	for (size_t i = 0; i < n; i++) {
		size_t fact = m->facts[(first + i) % FACTS_USED];
		const char *words;
		do
			words = words_of[fact].words[pick(words_of[fact].n)];
		while (!is_used(m, words));
		if (i)
			BUF_LIT(b, ", ");
		buf_put_str(b, str_of(words));
	}
	buf_put_char(b, '}');
}

static inline void put_selection(struct buf *b, const struct making *m, const char *name)
{
	bool list = pick(5) == 0;
	buf_put_str(b, str_of(name));
	buf_put_str(b, list ? STR(": [") : STR(": "));
	put_map(b, m);
	if (list) {
		BUF_LIT(b, ", ");
		put_map(b, m);
		buf_put_char(b, ']');
	}
	BUF_LIT(b, ", ");
}

static inline void put_condition(struct buf *b, const char *const *names, size_t n, size_t depth)
{
	static const char *const quantified[] = {"1 of them", "all of them", "1 of s*",
						 "all of s*", "1 of *1",     "all of *1"};
	size_t shape = depth == 0 ? 0 : pick(8);
	if (shape <= 2) {
		buf_put_str(b, str_of(names[pick(n)]));
	} else if (shape == 3) {
		BUF_LIT(b, "not ");
		put_condition(b, names, n, depth - 1);
	} else if (shape == 4) {
		buf_put_str(b, str_of(quantified[pick(ARRAY_LEN(quantified))]));
	} else {
		buf_put_char(b, '(');
		put_condition(b, names, n, depth - 1);
		buf_put_str(b, shape == 5 ? STR(" or ") : STR(" and "));
		put_condition(b, names, n, depth - 1);
		buf_put_char(b, ')');
	}
}

static inline void put_clause(struct buf *b, const struct making *m)
{
	static const char *const names[] = {"s1", "s2", "t1"};
	size_t n = 1 + pick(ARRAY_LEN(names));
	buf_put_char(b, '{');
	for (size_t i = 0; i < n; i++)
		put_selection(b, m, names[i]);
	BUF_LIT(b, "condition: '");
	put_condition(b, names, n, 3);
	/* Every selection must be named: these say nothing new, or little. */
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, pick(2) ? STR(" and ") : STR(" or "));
		buf_put_str(b, str_of(names[i]));
	}
	BUF_LIT(b, "'}");
}

/* Different ones. Of texts and sets of them not both, so that the world stays small; name and zone, and level and limit,
 * often together, so that they are compared. */
static inline void pick_facts(struct making *m)
{
	size_t *f = m->facts;
	f[0] = pick(TRY_FACTS);
	f[1] = f[0] == NAME && pick(2) ? ZONE : f[0] == LEVEL && pick(2) ? LIMIT : f[0];
	while (f[1] == f[0] || f[1] < 2)
		f[1] = pick(TRY_FACTS);
	do
		f[2] = 2 + pick(TRY_FACTS - 2);
	while (f[2] == f[0] || f[2] == f[1]);
}

/* ---- the world ---- */

static const char *const plain_worlds[TRY_FACTS][32] = {
    [GROUPS] = {"",	 "a",	  "A",	   "b",	     "B",      "c",   "ax",  "x",     "a,b",   "A,b",
		"a,B",	 "A,B",	  "a,c",   "A,c",    "b,c",    "B,c", "b,A", "B,ax",  "b,ax",  "c,ax",
		"a,b,c", "A,b,c", "A,B,c", "b,c,ax", "B,c,ax", "c,x", "a,A", "a,A,b", "a,A,c", "a,A,b,c"},
    [LEVEL] = {"-2", "-1", "0", "1", "2", "3", "4", "5"},
    [FROM] = {"192.0.2.7", "192.0.2.8", "192.0.2.200", "192.0.3.1", "2001:db8::1"},
    [SECURE] = {"true", "false"},
    [LIMIT] = {"-1", "0", "1", "2", "3", "4"},
};

/* 1998-01-01 to 2055-12-31: weeks, days and leap years meet in every way in 28 years, before what rules name and behind. */
enum { DAY_FIRST = 10227, DAY_LAST = 31410 };

/* Whether rules can tell the day from all others of its month: most of the 21,000 are like their neighbours. */
static inline bool is_telling_day(int64_t number)
{
	time_t seconds = (time_t)(number * 86400);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	return tm.tm_mon == 10 || tm.tm_mday == 1 || tm.tm_mday == 23;
}

struct world {
	size_t n[TRY_FACTS];
	struct fact at[TRY_FACTS][WORLD_MAX];
};

static struct world world;

/* Texts put together from pieces of what rules name. */
static char spellings[SPELLINGS_MAX][SPELLING_BYTES];

static inline void make_spellings(void)
{
	static const char *const pieces[] = {"",  "a",	"an",  "ann", "n", "nn", "b", "bob", "ob", "x",
					     "A", "An", "Ann", "N",   "B", "-",	 "/", "a-n", "AN"};
	size_t n = ARRAY_LEN(pieces);
	_Static_assert(SPELLINGS_MAX == 19 * 19 * 19, "three pieces each");
	for (size_t i = 0; i < SPELLINGS_MAX; i++)
		snprintf(spellings[i], SPELLING_BYTES, "%s%s%s", pieces[i % n], pieces[i / n % n], pieces[i / n / n]);
}

/* What the members of some rules say of a value: those on this fact alone. */
struct judging {
	size_t n;
	const struct yaml *members[MEMBERS_MAX];
};

static inline bool is_field(struct str key)
{
	struct str name = key, rest;
	size_t f = 0;
	str_cut(key, '|', &name, &rest);
	while (f < TRY_FACTS && !str_eq(name, try_facts[f].name))
		f++;
	return f < TRY_FACTS;
}

/* Whether another one says the same; lists of values are few enough to stand twice. */
static inline bool has_member(const struct judging *j, const struct yaml *member)
{
	for (size_t i = 0; i < j->n; i++) {
		if (str_eq(j->members[i]->key, member->key) && member->kind == YAML_TEXT &&
		    j->members[i]->kind == YAML_TEXT && str_eq(j->members[i]->text, member->text))
			return true;
	}
	return false;
}

static inline void gather_members(struct judging *j, const struct yaml *node)
{
	for (const struct yaml *item = node->first; item; item = item->next) {
		if (item->kind != YAML_MAP && is_field(item->key) && !has_member(j, item) && j->n < MEMBERS_MAX)
			j->members[j->n++] = item;
		gather_members(j, item);
	}
}

static inline bool is_about(const struct yaml *member, size_t fact, size_t twin)
{
	struct str name = member->key, rest;
	str_cut(member->key, '|', &name, &rest);
	bool about = str_eq(name, try_facts[fact].name) || str_eq(name, try_facts[twin].name);
	return about && !(rest.len && str_ends(member->key, STR("fieldref")));
}

/* The judgement on the value as if it were the fact's, or its twin's with which it is compared. */
static inline uint64_t judgement_of(const struct judging *j, size_t fact, size_t twin, const struct fact *value)
{
	struct fact request[TRY_FACTS] = {0};
	uint64_t hash = 1;
	request[fact] = request[twin] = *value;
	for (size_t i = 0; i < j->n; i++) {
		if (is_about(j->members[i], fact, twin))
			hash = hash * 31 + (uint64_t)judge_member(j->members[i], request) + 7;
	}
	return hash * 0x9E3779B97F4A7C15u;
}

/* Keeps the value when there are not yet so many that are judged alike. */
static inline void add_value(const struct judging *j, size_t fact, size_t twin, size_t alike, struct fact value)
{
	static uint64_t judgements[TRY_FACTS][WORLD_MAX];
	uint64_t judgement = judgement_of(j, fact, twin, &value);
	size_t n = 0;
	for (size_t i = 0; i < world.n[fact]; i++)
		n += judgements[fact][i] == judgement;
	if (n >= alike || world.n[fact] == WORLD_MAX)
		return;
	judgements[fact][world.n[fact]] = judgement;
	world.at[fact][world.n[fact]++] = value;
}

static inline void add_words(const struct judging *j, size_t fact, size_t twin, size_t alike, const char *words)
{
	static char kept[TRY_FACTS][WORLD_MAX][NAIVE_TEXT_BYTES];
	static struct try_request requests[TRY_FACTS][WORLD_MAX];
	size_t i = world.n[fact] < WORLD_MAX ? world.n[fact] : 0;
	struct str name = try_facts[fact].name;
	snprintf(kept[fact][i], NAIVE_TEXT_BYTES, STR_FMT "=%s", STR_ARG(name), words);
	try_request(&requests[fact][i], kept[fact][i]);
	add_value(j, fact, twin, alike, requests[fact][i].facts[fact]);
}

static inline bool are_compared(const struct yaml *root)
{
	struct judging all = {0};
	gather_members(&all, root);
	for (size_t i = 0; i < all.n; i++) {
		if (str_ends(all.members[i]->key, STR("fieldref")))
			return true;
	}
	return false;
}

/* Values of the fact, one for each way in which the rules below the root judge one; more where facts are compared, so
 * that they can be the same, differ, and differ in case. */
static inline void make_fact(const struct yaml *root, size_t fact)
{
	struct judging j = {0};
	bool text = fact == NAME || fact == ZONE, compared = are_compared(root);
	size_t twin = !compared ? fact : fact == NAME ? ZONE : fact == ZONE ? NAME : fact;
	size_t alike = text && compared ? 4 : fact == LEVEL || fact == LIMIT ? WORLD_MAX : 1;
	gather_members(&j, root);
	world.n[fact] = 0;
	add_value(&j, fact, twin, alike, (struct fact){.state = FACT_ABSENT});
	for (size_t i = 0; text && i < SPELLINGS_MAX; i++)
		add_value(&j, fact, twin, alike, (struct fact){.state = FACT_KNOWN, .text = str_of(spellings[i])});
	for (size_t i = 0; i < ARRAY_LEN(plain_worlds[fact]) && plain_worlds[fact][i]; i++)
		add_words(&j, fact, twin, alike, plain_worlds[fact][i]);
	int64_t first = fact == DATE ? DAY_FIRST : 0, last = fact == DATE ? DAY_LAST : 24 * 60 - 1;
	for (int64_t i = first; (fact == DATE || fact == TIME) && i <= last; i++) {
		if (fact == TIME || is_telling_day(i))
			add_value(&j, fact, twin, alike, (struct fact){.state = FACT_KNOWN, .number = i});
	}
}

static inline void make_world(const struct yaml *root)
{
	if (!spellings[1][0])
		make_spellings();
	for (size_t f = 0; f < TRY_FACTS; f++)
		make_fact(root, f);
}

#endif
