#include "rules/profile.h"

#include "rules/compiled.h"
#include "rules/match.h"

static uint32_t bit(size_t fact)
{
	return UINT32_C(1) << fact;
}

/* The facts that a predicate compares with, beside its own. */
static uint32_t others_of(const struct predicate *p)
{
	uint32_t facts = 0;
	if (p->kind == PREDICATE_FACT)
		for (size_t i = 0; i < p->n; i++)
			facts |= bit(p->others[i].fact);
	return facts;
}

uint32_t profile_facts(const struct rulebook *rulebook)
{
	uint32_t facts = 0;
	for (size_t i = 0; i < rulebook->n_predicates; i++)
		facts |= bit(rulebook->predicates[i]->fact) | others_of(rulebook->predicates[i]);
	return facts;
}

static void put_text(struct buf *b, struct str text)
{
	buf_put_u64(b, text.len);
	buf_put_char(b, ':');
	buf_put_str(b, text);
}

static void put_raw(struct buf *b, enum fact_kind kind, const struct fact *fact)
{
	buf_put_char(b, (char)('0' + fact->state));
	if (fact->state != FACT_KNOWN)
		return;
	switch (kind) {
	case FACT_TEXT:
		put_text(b, fact->text);
		break;
	case FACT_TEXTS:
		buf_put_u64(b, fact->texts.n);
		for (size_t i = 0; i < fact->texts.n; i++)
			put_text(b, fact->texts.at[i]);
		break;
	case FACT_ADDRESS:
		put_text(b, (struct str){(const char *)fact->address.at, fact->address.n});
		break;
	case FACT_NUMBER:
	case FACT_TIME:
	case FACT_DATE:
	case FACT_BOOL:
		buf_put_i64(b, fact->number);
		break;
	case FACT_KINDS:
		WRONG("no fact is of that kind");
	}
}

/* Facts of ours that are compared with those that are not. */
static uint32_t as_they_are(const struct rulebook *rulebook, uint32_t facts)
{
	uint32_t raw = 0;
	for (size_t i = 0; i < rulebook->n_predicates; i++) {
		const struct predicate *p = rulebook->predicates[i];
		uint32_t all = bit(p->fact) | others_of(p);
		if (all & ~facts)
			raw |= all & facts;
	}
	return raw;
}

void profile_put(struct buf *b, const struct rulebook *rulebook, const struct fact *request, uint32_t facts)
{
	uint32_t raw = as_they_are(rulebook, facts);
	for (size_t i = 0; i < rulebook->n_predicates; i++) {
		const struct predicate *p = rulebook->predicates[i];
		if (((bit(p->fact) | others_of(p)) & ~facts) == 0)
			buf_put_char(b, (char)('0' + match_predicate(p, request)));
	}
	for (size_t i = 0; i < rulebook->vocabulary->n; i++)
		if (raw & bit(i))
			put_raw(b, rulebook->vocabulary->facts[i].kind, &request[i]);
}

/* Edges */

struct edges {
	int64_t *at;
	size_t n, max;
	bool anywhere;
};

static void add_edge(struct edges *e, int64_t value)
{
	size_t i = e->n;
	for (size_t k = 0; k < e->n; k++)
		if (e->at[k] == value)
			return;
	if (e->n == e->max) {
		e->anywhere = true;
		return;
	}
	for (; i > 0 && e->at[i - 1] > value; i--)
		e->at[i] = e->at[i - 1];
	e->at[i] = value;
	e->n++;
}

/* The least value and the one behind the greatest are edges of nothing. */
static void add_ranges(struct edges *e, const struct predicate *p, enum fact_kind kind)
{
	int64_t least = kind == FACT_TIME ? 0 : INT64_MIN,
		greatest = kind == FACT_TIME ? MINUTES_PER_DAY - 1 : INT64_MAX;
	for (size_t i = 0; i < p->n; i++) {
		if (p->ranges[i].low > least)
			add_edge(e, p->ranges[i].low);
		if (p->ranges[i].high < greatest)
			add_edge(e, p->ranges[i].high + 1);
	}
}

static void add_predicate(struct edges *e, const struct predicate *p, enum fact_kind kind)
{
	if (p->kind == PREDICATE_RANGE && p->part == PART_NONE)
		add_ranges(e, p, kind);
	else if (p->kind != PREDICATE_EXISTS)
		e->anywhere = true;
}

int profile_edges(const struct rulebook *rulebook, size_t fact, int64_t *ret_edges, size_t max)
{
	struct edges e = {.at = ret_edges, .max = max};
	for (size_t i = 0; i < rulebook->n_predicates; i++) {
		const struct predicate *p = rulebook->predicates[i];
		if (p->fact == fact)
			add_predicate(&e, p, rulebook->vocabulary->facts[fact].kind);
		else if (others_of(p) & bit(fact))
			e.anywhere = true;
	}
	return e.anywhere ? PROFILE_ANYWHERE : (int)e.n;
}
