#include "rules/precedence.h"

enum outweighs precedence_of(const struct rulebook *rulebook, size_t permission, size_t refusal, bool *ret_permits)
{
	const struct rule *p = &rulebook->rules[permission], *r = &rulebook->rules[refusal];
	ASSERT(p->words.outcome == OUTCOME_PERMIT && r->words.outcome == OUTCOME_REFUSE);
	if (p->layer != r->layer) {
		*ret_permits = p->layer < r->layer;
		return OUTWEIGHS_LAYER;
	}
	if (set_has(p->overrides, refusal) || set_has(r->overrides, permission)) {
		*ret_permits = set_has(p->overrides, refusal);
		return OUTWEIGHS_OVERRIDES;
	}
	if (set_has(p->implies, refusal) || set_has(r->implies, permission)) {
		*ret_permits = set_has(p->implies, refusal);
		return OUTWEIGHS_SPECIFICITY;
	}
	if (p->has_date && r->has_date && p->date != r->date) {
		*ret_permits = p->date > r->date;
		return OUTWEIGHS_DATE;
	}
	*ret_permits = false;
	return OUTWEIGHS_PROHIBITION;
}
