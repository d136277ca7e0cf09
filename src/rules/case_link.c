#include "rules/case_solver.h"

enum {
	TOGETHER_MAX = 4, /* facts whose values are found together */
	PARTS_MAX = 256,  /* of a text: what it begins with, ends with or contains */
};

bool solver_concerns(const struct predicate *p, size_t fact)
{
	bool concerns = p->fact == fact;
	for (size_t i = 0; !concerns && i < p->n; i++)
		concerns = p->others[i].fact == fact;
	return concerns;
}

/* ---- a comparison with what another fact is, as a predicate of one fact ---- */

/* What is said of the fact: values that it must have one of, or must not. */
struct saying {
	struct solver *s;
	const struct predicate *p;
	bool reversed; /* it is the fact that the other one is compared with */
	struct bag values;
	bool cut; /* there are more */
};

static void put_pattern(struct saying *y, struct str before, struct str text, struct str after)
{
	struct buf b = arena_buf(y->s->cases->scratch);
	buf_put_str(&b, before);
	for (size_t i = 0; i < text.len; i++)
		buf_put_char(&b, y->p->cased ? text.at[i] : fold(text.at[i]));
	buf_put_str(&b, after);
	struct str made = arena_keep(y->s->cases->scratch, &b);
	*(struct pattern *)bag_add(&y->values) =
	    (struct pattern){.text = made, .wild = before.len + after.len > 0, .cased = y->p->cased};
}

/* A part of the text, from byte to byte, where characters begin and end there. */
static void put_part(struct saying *y, struct str text, size_t from, size_t to)
{
	static const struct str nothing = {"", 0};
	bool whole = (from == text.len || ((uint8_t)text.at[from] & 0xC0) != 0x80) &&
		     (to == text.len || ((uint8_t)text.at[to] & 0xC0) != 0x80);
	if (y->values.n == PARTS_MAX)
		y->cut = true;
	else if (whole)
		put_pattern(y, nothing, (struct str){text.at + from, to - from}, nothing);
}

/* Everything that the other text begins with, ends with or contains. */
static void put_parts(struct saying *y, struct str text)
{
	enum compare c = y->p->compare;
	for (size_t from = 0; from <= text.len && !y->cut; from++) {
		bool first = from == 0 || c != COMPARE_STARTS;
		for (size_t to = from; first && to <= text.len && !y->cut; to++) {
			if (c != COMPARE_ENDS || to == text.len)
				put_part(y, text, from, to);
		}
	}
}

static void put_text(struct saying *y, struct str other)
{
	static const struct str run = {"\x01", 1}, nothing = {"", 0};
	enum compare c = y->p->compare;
	if (y->reversed && c != COMPARE_EQUAL) {
		put_parts(y, other);
		return;
	}
	put_pattern(y, c == COMPARE_ENDS || c == COMPARE_CONTAINS ? run : nothing, other,
		    c == COMPARE_STARTS || c == COMPARE_CONTAINS ? run : nothing);
}

static void put_number(struct saying *y, int64_t other)
{
	static const enum compare turned[] = {[COMPARE_EQUAL] = COMPARE_EQUAL,
					      [COMPARE_GT] = COMPARE_LT,
					      [COMPARE_GTE] = COMPARE_LTE,
					      [COMPARE_LT] = COMPARE_GT,
					      [COMPARE_LTE] = COMPARE_GTE};
	enum compare c = y->reversed ? turned[y->p->compare] : y->p->compare;
	struct range r = {c == COMPARE_LT || c == COMPARE_LTE ? INT64_MIN : other,
			  c == COMPARE_GT || c == COMPARE_GTE ? INT64_MAX : other};
	if ((c == COMPARE_GT && other == INT64_MAX) || (c == COMPARE_LT && other == INT64_MIN))
		return;
	r.low += c == COMPARE_GT;
	r.high -= c == COMPARE_LT;
	*(struct range *)bag_add(&y->values) = r;
}

static void put_value(struct saying *y, const struct fact *other, bool is_set)
{
	if (other->state != FACT_KNOWN)
		return;
	if (y->p->value == FACT_NUMBER) {
		put_number(y, other->number);
	} else if (y->p->value == FACT_ADDRESS) {
		struct net *net = bag_add(&y->values);
		*net = (struct net){.n = other->address.n, .bits = (uint8_t)(other->address.n * 8)};
		memcpy(net->at, other->address.at, other->address.n);
	} else if (!is_set) {
		put_text(y, other->text);
	} else {
		for (size_t i = 0; i < other->texts.n; i++)
			put_text(y, other->texts.at[i]);
	}
}

static struct bag values_for(struct solver *s, const struct predicate *p)
{
	struct arena *scratch = s->cases->scratch;
	return p->value == FACT_NUMBER	  ? BAG(scratch, struct range)
	       : p->value == FACT_ADDRESS ? BAG(scratch, struct net)
					  : BAG(scratch, struct pattern);
}

/* Whether one of the others, but for this fact, makes the comparison hold already. */
static bool holds_by_another(const struct solver *s, const struct predicate *p, size_t fact)
{
	for (size_t i = 0; i < p->n; i++) {
		struct predicate one = *p;
		one.n = 1;
		one.others = &p->others[i];
		if (p->others[i].fact != fact && match_predicate(&one, s->model) == TRUTH_YES)
			return true;
	}
	return false;
}

enum found solver_instantiate(struct solver *s, const struct want *comparison, size_t fact, struct bag *wants)
{
	const struct predicate *p = comparison->predicate;
	struct saying y = {.s = s, .p = p, .reversed = p->fact != fact, .values = values_for(s, p)};
	if (y.reversed && holds_by_another(s, p, fact))
		return comparison->holds ? FOUND_ONE : FOUND_NONE;
	if (y.reversed)
		put_value(&y, &s->model[p->fact], p->is_set);
	for (size_t i = 0; !y.reversed && i < p->n; i++)
		put_value(&y, &s->model[p->others[i].fact], p->others[i].is_set);
	if (y.cut)
		return FOUND_TOO_HARD;
	if (y.values.n == 0)
		return comparison->holds ? FOUND_NONE : FOUND_ONE;
	struct predicate *made = ARENA_TAKE(s->cases->scratch, struct predicate, 1);
	*made = (struct predicate){.kind = p->value == FACT_NUMBER    ? PREDICATE_RANGE
					   : p->value == FACT_ADDRESS ? PREDICATE_NET
								      : PREDICATE_TEXT,
				   .value = p->value,
				   .is_set = s->cases->vocabulary->facts[fact].kind == FACT_TEXTS,
				   .fact = (uint16_t)fact,
				   .n = (uint16_t)y.values.n,
				   .values = y.values.at};
	*(struct want *)bag_add(wants) = (struct want){made, comparison->holds};
	return FOUND_ONE;
}

/* ---- values of several facts together ---- */

struct group {
	struct solver *s;
	size_t n, facts[TOGETHER_MAX];	 /* sets of texts last */
	struct bag values[TOGETHER_MAX]; /* of struct fact; none for a set */
};

static bool is_set(const struct group *g, size_t fact)
{
	return g->s->cases->vocabulary->facts[fact].kind == FACT_TEXTS;
}

static bool has_fact(const struct group *g, size_t fact)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->facts[i] == fact)
			return true;
	}
	return false;
}

/* False when there are too many. */
static bool add_fact(struct group *g, size_t fact)
{
	if (has_fact(g, fact))
		return true;
	if (g->n == TOGETHER_MAX)
		return false;
	g->facts[g->n++] = fact;
	return true;
}

/* All facts that settled comparisons tie to those that the group has. */
static bool gather(struct group *g)
{
	bool room = true;
	for (size_t known = 0; room && known < g->n;) {
		known = g->n;
		for (size_t i = 0; room && i < g->s->n_trail; i++) {
			const struct predicate *p = g->s->cases->trail[i].predicate;
			bool ties = false;
			if (p->kind != PREDICATE_FACT || solver_is_free(g->s, p))
				continue;
			for (size_t k = 0; !ties && k < known; k++)
				ties = solver_concerns(p, g->facts[k]);
			room = !ties || add_fact(g, p->fact);
			for (size_t k = 0; room && ties && k < p->n; k++)
				room = add_fact(g, p->others[k].fact);
		}
	}
	size_t sorted[TOGETHER_MAX], n = 0;
	for (int set = 0; set < 2; set++) {
		for (size_t i = 0; i < g->n; i++) {
			if (is_set(g, g->facts[i]) == set)
				sorted[n++] = g->facts[i];
		}
	}
	memcpy(g->facts, sorted, n * sizeof sorted[0]);
	return room;
}

/* What is settled of any of the group's facts, as each of them must be told apart by it. */
static const struct predicate **predicates_of(const struct group *g, size_t *ret_n)
{
	struct bag found = BAG(g->s->cases->scratch, const struct predicate *);
	for (size_t i = 0; i < g->s->n_trail; i++) {
		const struct predicate *p = g->s->cases->trail[i].predicate;
		bool of_value = p->kind != PREDICATE_FACT && p->kind != PREDICATE_EXISTS && p->kind != PREDICATE_FILLED;
		if (of_value && has_fact(g, p->fact))
			*(const struct predicate **)bag_add(&found) = p;
	}
	*ret_n = found.n;
	return found.at;
}

static bool is_by_case(const struct group *g)
{
	for (size_t i = 0; i < g->s->n_trail; i++) {
		if (g->s->cases->trail[i].predicate->cased)
			return true;
	}
	return false;
}

static bool list_values(struct group *g)
{
	size_t n;
	const struct predicate **predicates = predicates_of(g, &n);
	bool known = true, by_case = is_by_case(g);
	for (size_t i = 0; known && i < g->n; i++) {
		enum fact_kind kind = g->s->cases->vocabulary->facts[g->facts[i]].kind;
		g->values[i] = BAG(&g->s->cases->values, struct fact);
		/* Twice as many as facts, because two texts may differ only in the case of a letter. */
		if (kind != FACT_TEXTS)
			known = domain_list(&g->s->domain, kind, predicates, n, 2 * g->n, by_case, &g->values[i]);
	}
	return known;
}

/* Whether all that is settled of the first n facts of the group, and of nothing else in it, is so. */
static bool is_so_far(const struct group *g, size_t n)
{
	for (size_t i = 0; i < g->s->n_trail; i++) {
		const struct want *w = &g->s->cases->trail[i];
		const struct predicate *p = w->predicate;
		bool about = p->fact == g->facts[n - 1], later = false;
		if (solver_is_free(g->s, p))
			continue;
		if (p->kind == PREDICATE_FACT)
			about = about || solver_concerns(p, g->facts[n - 1]);
		for (size_t k = n; k < g->n; k++)
			later = later || p->fact == g->facts[k] ||
				(p->kind == PREDICATE_FACT && solver_concerns(p, g->facts[k]));
		g->s->work++;
		if (about && !later && match_predicate(p, g->s->model) != (w->holds ? TRUTH_YES : TRUTH_NO))
			return false;
	}
	return true;
}

/* Each level gives one fact a value. */
static enum found assign(struct group *g, size_t n)
{
	if (g->s->work > g->s->question->work_max)
		return FOUND_TOO_HARD;
	if (n == g->n)
		return FOUND_ONE;
	size_t fact = g->facts[n];
	if (is_set(g, fact)) {
		enum found found = solver_find_one(g->s, fact);
		return found == FOUND_ONE ? assign(g, n + 1) : found;
	}
	for (size_t i = 0; i < g->values[n].n; i++) {
		g->s->model[fact] = BAG_AT(&g->values[n], struct fact)[i];
		if (!is_so_far(g, n + 1))
			continue;
		enum found found = assign(g, n + 1);
		if (found != FOUND_NONE)
			return found;
	}
	return FOUND_NONE;
}

enum found solver_find_together(struct solver *s, size_t fact)
{
	struct group g = {.s = s, .n = 1, .facts = {fact}};
	size_t used = s->cases->scratch->used, before = s->domain.work;
	bool known = gather(&g) && list_values(&g);
	enum found found = known ? assign(&g, 0) : FOUND_TOO_HARD;
	s->cases->scratch->used = used;
	s->work += s->domain.work - before;
	return found;
}
