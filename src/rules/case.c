#include "rules/case_solver.h"
#include "rules/index.h"

void cases_init(struct cases *cases, const struct vocabulary *vocabulary, size_t n_predicates, struct arena *scratch,
		size_t work_max)
{
	*cases = (struct cases){
	    .vocabulary = vocabulary,
	    .n_predicates = n_predicates,
	    .scratch = scratch,
	    .work_max = work_max,
	    .settled = ARENA_TAKE(scratch, uint8_t, n_predicates),
	    .assumed = ARENA_TAKE(scratch, uint8_t, n_predicates),
	    .trail = ARENA_TAKE(scratch, struct want, CASE_DEPTH_MAX),
	    .values = arena_over(arena_take(scratch, 1, CASE_VALUES_BYTES), CASE_VALUES_BYTES),
	};
}

/* ---- what is so: by what is settled, and in the case in hand ---- */

static enum truth settled_leaf(const struct solver *s, const struct node *node)
{
	static const enum truth truths[] = {TRUTH_UNKNOWN, TRUTH_NO, TRUTH_YES};
	enum truth truth = truths[s->cases->settled[node->predicate->number]];
	return node->negated ? (enum truth)(TRUTH_YES - truth) : truth;
}

static enum truth model_leaf(const struct solver *s, const struct node *node)
{
	const struct predicate *p = node->predicate;
	if (!solver_is_free(s, p))
		return match_leaf(node, s->model);
	bool holds = s->cases->assumed[p->number];
	return holds != node->negated ? TRUTH_YES : TRUTH_NO;
}

/* By Kleene, as match_expression. */
static enum truth truth_of(struct solver *s, const struct node *node,
			   enum truth (*leaf)(const struct solver *s, const struct node *node))
{
	s->work++;
	if (node->op == NODE_PREDICATE)
		return leaf(s, node);
	enum truth last = node->op == NODE_AND ? TRUTH_NO : TRUTH_YES;
	enum truth truth = (enum truth)(TRUTH_YES - last);
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		enum truth found = truth_of(s, part, leaf);
		if (found == last)
			return last;
		if (found == TRUTH_UNKNOWN)
			truth = TRUTH_UNKNOWN;
	}
	return truth;
}

static bool is_as_wanted(struct solver *s, const struct goal *goal)
{
	return truth_of(s, goal->expression, model_leaf) == (goal->holds ? TRUTH_YES : TRUTH_NO);
}

/* ---- choosing ---- */

static bool find_speaking(struct solver *s, const struct rulebook *silent, struct goal *ret_goal)
{
	uint64_t candidates[RULE_SET_WORDS_MAX];
	index_candidates(silent, s->model, candidates);
	s->work += 16;
	SET_EACH (candidates, silent->set_words, rule) {
		*ret_goal = (struct goal){silent->rules[rule].applies, false};
		if (!is_as_wanted(s, ret_goal))
			return true;
	}
	return false;
}

/* Something that is not as it is wanted in the case. */
static bool find_wrong(struct solver *s, struct goal *ret_goal)
{
	const struct case_question *q = s->question;
	for (size_t i = 0; i < q->n; i++) {
		*ret_goal = q->goals[i];
		if (!is_as_wanted(s, ret_goal))
			return true;
	}
	return q->silent && find_speaking(s, q->silent, ret_goal);
}

/* A predicate that is not settled, and that stands in the way of the expression's being as it is wanted. */
static const struct predicate *choose(struct solver *s, const struct node *node, bool holds)
{
	if (node->op == NODE_PREDICATE)
		return s->cases->settled[node->predicate->number] ? NULL : node->predicate;
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		if (truth_of(s, part, model_leaf) == (holds ? TRUTH_YES : TRUTH_NO))
			continue;
		const struct predicate *found = choose(s, part, holds);
		if (found)
			return found;
	}
	return NULL;
}

/* ---- settling ---- */

static void settle(struct solver *s, const struct predicate *p, bool holds)
{
	ASSERT(s->n_trail < CASE_DEPTH_MAX);
	s->cases->trail[s->n_trail++] = (struct want){p, holds};
	s->cases->settled[p->number] = holds ? SETTLED_YES : SETTLED_NO;
}

static void unsettle(struct solver *s)
{
	ASSERT(s->n_trail > 0);
	s->cases->settled[s->cases->trail[--s->n_trail].predicate->number] = SETTLED_NOT;
}

enum found solver_find_one(struct solver *s, size_t fact)
{
	struct bag wants = BAG(s->cases->scratch, struct want);
	size_t used = s->cases->scratch->used, before = s->domain.work;
	enum found found = FOUND_ONE;
	for (size_t i = 0; found == FOUND_ONE && i < s->n_trail; i++) {
		const struct want *w = &s->cases->trail[i];
		if (solver_is_free(s, w->predicate))
			continue;
		if (w->predicate->kind == PREDICATE_FACT && solver_concerns(w->predicate, fact))
			found = solver_instantiate(s, w, fact, &wants);
		else if (w->predicate->kind != PREDICATE_FACT && w->predicate->fact == fact)
			*(struct want *)bag_add(&wants) = *w;
	}
	struct fact value;
	if (found == FOUND_ONE)
		found = domain_find(&s->domain, fact, wants.at, wants.n, &s->model[fact], &value);
	if (found == FOUND_ONE)
		s->model[fact] = value;
	s->cases->scratch->used = used;
	s->work += s->domain.work - before;
	return found;
}

static bool is_linked(const struct solver *s, size_t fact)
{
	for (size_t i = 0; i < s->n_trail; i++) {
		const struct predicate *p = s->cases->trail[i].predicate;
		if (p->kind == PREDICATE_FACT && !solver_is_free(s, p) && solver_concerns(p, fact))
			return true;
	}
	return false;
}

/* Changes the case so that the last that was settled is so too. */
static enum found make_so(struct solver *s)
{
	const struct want *last = &s->cases->trail[s->n_trail - 1];
	const struct predicate *p = last->predicate;
	if (solver_is_free(s, p)) {
		s->cases->assumed[p->number] = last->holds;
		return FOUND_ONE;
	}
	enum found found = solver_find_one(s, p->fact);
	for (size_t i = 0; p->kind == PREDICATE_FACT && found != FOUND_ONE && i < p->n; i++)
		found = solver_find_one(s, p->others[i].fact);
	return found != FOUND_ONE && is_linked(s, p->fact) ? solver_find_together(s, p->fact) : found;
}

/* ---- the search ---- */

static bool is_spent(const struct solver *s)
{
	return s->work > s->question->work_max || s->cases->work + s->work > s->cases->work_max;
}

static enum found search(struct solver *s);

/* With the predicate turned round; if that leads nowhere, the case is as it was. */
static enum found search_turned(struct solver *s, const struct predicate *p, bool holds)
{
	struct fact before[FACTS_MAX];
	size_t used = s->domain.arena->used;
	memcpy(before, s->model, s->cases->vocabulary->n * sizeof before[0]);
	bool assumed = s->cases->assumed[p->number];
	settle(s, p, holds);
	enum found found = make_so(s);
	if (found == FOUND_TOO_HARD) {
		s->unsure = true;
		found = FOUND_NONE;
	}
	if (found == FOUND_ONE)
		found = search(s);
	unsettle(s);
	if (found == FOUND_NONE) {
		memcpy(s->model, before, s->cases->vocabulary->n * sizeof before[0]);
		s->cases->assumed[p->number] = assumed;
		s->domain.arena->used = used;
	}
	return found;
}

/* Each level settles one predicate more; CASE_DEPTH_MAX bounds it. */
static enum found search(struct solver *s)
{
	struct goal wrong;
	if (is_spent(s) || s->n_trail == CASE_DEPTH_MAX)
		return FOUND_TOO_HARD;
	if (!find_wrong(s, &wrong))
		return FOUND_ONE;
	if (truth_of(s, wrong.expression, settled_leaf) == (wrong.holds ? TRUTH_NO : TRUTH_YES))
		return FOUND_NONE;
	const struct predicate *p = choose(s, wrong.expression, wrong.holds);
	if (!p)
		return FOUND_NONE;
	const struct node leaf = {.op = NODE_PREDICATE, .size = 1, .predicate = p};
	enum truth truth = model_leaf(s, &leaf);
	bool holds = truth == TRUTH_YES;
	s->unsure = s->unsure || truth == TRUTH_UNKNOWN; /* a regular expression that was given up */
	enum found found = search_turned(s, p, !holds);
	if (found != FOUND_NONE)
		return found;
	settle(s, p, holds);
	found = search(s);
	unsettle(s);
	return found;
}

static enum found find(struct solver *s)
{
	for (size_t i = 0; i < s->cases->vocabulary->n; i++)
		s->model[i] = (struct fact){.state = FACT_ABSENT};
	memset(s->cases->assumed, 0, s->cases->n_predicates);
	arena_clear(&s->cases->values);
	enum found found = search(s);
	return found == FOUND_NONE && s->unsure ? FOUND_TOO_HARD : found;
}

enum found case_find(struct cases *cases, const struct case_question *question, struct fact *ret_facts)
{
	struct solver s = {
	    .cases = cases,
	    .question = question,
	    .domain = {.vocabulary = cases->vocabulary,
		       .arena = &cases->values,
		       .scratch = cases->scratch,
		       .lately = &cases->lately},
	};
	size_t used = cases->scratch->used;
	enum found found = find(&s);
	if (found == FOUND_ONE)
		memcpy(ret_facts, s.model, cases->vocabulary->n * sizeof *ret_facts);
	cases->work += s.work;
	cases->scratch->used = used;
	return found;
}

void case_keep(const struct vocabulary *vocabulary, struct fact *facts, struct arena *arena)
{
	for (size_t i = 0; i < vocabulary->n; i++) {
		struct fact *fact = &facts[i];
		if (fact->state != FACT_KNOWN)
			continue;
		if (vocabulary->facts[i].kind == FACT_TEXT)
			fact->text = arena_str(arena, fact->text);
		if (vocabulary->facts[i].kind != FACT_TEXTS)
			continue;
		struct str *texts = ARENA_TAKE(arena, struct str, fact->texts.n);
		for (size_t k = 0; k < fact->texts.n; k++)
			texts[k] = arena_str(arena, fact->texts.at[k]);
		fact->texts.at = texts;
	}
}
