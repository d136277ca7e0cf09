#include "rules/imply.h"
#include "rules/classes.h"
#include "rules/match.h"

struct search {
	struct imply *imply;
	const struct node *a, *b; /* b may be NULL: then it never holds */
	struct fact request[FACTS_MAX];
	struct classes classes[FACTS_MAX]; /* none yet while n is 0 */
	size_t weight;			   /* of judging both once */
	size_t work;
};

struct predicates {
	size_t n;
	const struct predicate *at[CLASSES_PREDICATES_MAX];
};

static bool add_predicate(struct predicates *list, const struct predicate *p)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->at[i] == p)
			return true;
	}
	if (list->n == CLASSES_PREDICATES_MAX)
		return false;
	list->at[list->n++] = p;
	return true;
}

static bool collect(const struct node *top, size_t fact, struct predicates *list)
{
	bool room = true;
	for (const struct node *node = top; room && node < top + top->size; node++) {
		if (node->op == NODE_PREDICATE && node->predicate->fact == fact)
			room = add_predicate(list, node->predicate);
	}
	return room;
}

static bool find_classes(struct search *s, size_t fact)
{
	struct predicates list = {0};
	if (s->classes[fact].n > 0)
		return true;
	return collect(s->a, fact, &list) && (!s->b || collect(s->b, fact, &list)) &&
	       classes_of(list.at, list.n, s->imply->vocabulary->facts[fact].kind, s->imply->scratch, &s->classes[fact],
			  &s->work);
}

static bool is_spent(const struct search *s)
{
	return s->work > IMPLY_WORK_MAX || s->imply->work + s->work > IMPLY_WORK_ALL_MAX;
}

static size_t weigh(const struct node *top)
{
	size_t weight = top->size;
	for (const struct node *node = top; node < top + top->size; node++)
		weight += node->op == NODE_PREDICATE ? node->predicate->n : 0U;
	return weight;
}

/* IMPLY_NO when there is a request that agrees with what is set and in which a holds and b does not. Each level sets
 * one fact more. */
static enum imply_answer search(struct search *s)
{
	s->work += s->weight;
	if (is_spent(s))
		return IMPLY_TOO_HARD;
	enum truth a = match_expression(s->a, s->request);
	enum truth b = s->b ? match_expression(s->b, s->request) : TRUTH_NO;
	if (a == TRUTH_NO || b == TRUTH_YES)
		return IMPLY_YES;
	if (a == TRUTH_YES && b == TRUTH_NO)
		return IMPLY_NO;
	size_t fact = (size_t)__builtin_ctz(match_unknowns(a == TRUTH_UNKNOWN ? s->a : s->b, s->request));
	if (!find_classes(s, fact))
		return IMPLY_TOO_HARD;
	enum imply_answer answer = IMPLY_YES;
	for (size_t i = 0; i < s->classes[fact].n && answer == IMPLY_YES; i++) {
		s->request[fact] = s->classes[fact].facts[i];
		answer = search(s);
	}
	s->request[fact] = (struct fact){0};
	return answer;
}

static enum imply_answer ask(struct imply *imply, const struct node *a, const struct node *b)
{
	struct search s = {.imply = imply, .a = a, .b = b, .weight = 1 + (weigh(a) + (b ? weigh(b) : 0)) / 16};
	size_t used = imply->scratch->used;
	enum imply_answer answer = search(&s);
	imply->scratch->used = used;
	imply->work += s.work;
	return answer;
}

enum imply_answer imply_follows(struct imply *imply, const struct node *a, const struct node *b)
{
	return ask(imply, a, b);
}

enum imply_answer imply_never(struct imply *imply, const struct node *a)
{
	return ask(imply, a, NULL);
}
