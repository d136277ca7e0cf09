#include "rules/imply.h"

static enum imply_answer ask(struct cases *cases, const struct goal *goals, size_t n, struct fact *ret_facts)
{
	const struct case_question question = {.goals = goals, .n = n, .sound = true, .work_max = CASE_WORK_MAX};
	switch (case_find(cases, &question, ret_facts)) {
	case FOUND_NONE:
		return IMPLY_YES;
	case FOUND_ONE:
		return IMPLY_NO;
	default:
		return IMPLY_TOO_HARD;
	}
}

enum imply_answer imply_follows(struct cases *cases, const struct node *a, const struct node *b)
{
	const struct goal goals[] = {{a, true}, {b, false}};
	struct fact facts[FACTS_MAX];
	return ask(cases, goals, ARRAY_LEN(goals), facts);
}

enum imply_answer imply_never(struct cases *cases, const struct node *a, struct fact *ret_facts)
{
	const struct goal goal = {a, true};
	return ask(cases, &goal, 1, ret_facts);
}
