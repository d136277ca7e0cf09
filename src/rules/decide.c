#include "rules/index.h"
#include "rules/match.h"
#include "rules/precedence.h"

/* The rules that matter to one request, by what they permit and how sure that is. */
struct voices {
	const struct rulebook *rulebook;
	const struct fact *request;
	size_t words;
	uint64_t permit_yes[RULE_SET_WORDS_MAX], permit_unknown[RULE_SET_WORDS_MAX];
	uint64_t refuse_yes[RULE_SET_WORDS_MAX], refuse_unknown[RULE_SET_WORDS_MAX];
};

static const struct rule *rule_at(const struct voices *v, size_t rule)
{
	ASSERT(rule < v->rulebook->n);
	return &v->rulebook->rules[rule];
}

static bool permits(const struct voices *v, size_t rule)
{
	return set_has(v->rulebook->permits, rule);
}

static void hear(struct voices *v)
{
	uint64_t candidates[RULE_SET_WORDS_MAX];
	for (size_t w = 0; w < v->words; w++)
		v->permit_yes[w] = v->permit_unknown[w] = v->refuse_yes[w] = v->refuse_unknown[w] = 0;
	index_candidates(v->rulebook, v->request, candidates);
	SET_EACH (candidates, v->words, rule) {
		enum truth truth = match_expression(rule_at(v, rule)->applies, v->request);
		if (truth == TRUTH_YES)
			set_add(permits(v, rule) ? v->permit_yes : v->refuse_yes, rule);
		else if (truth == TRUTH_UNKNOWN)
			set_add(permits(v, rule) ? v->permit_unknown : v->refuse_unknown, rule);
	}
}

/* Whether the permission outweighs every refusal of the set. */
static bool outweighs_all(const struct voices *v, size_t permission, const uint64_t *refusals)
{
	const uint64_t *outweighs = rule_at(v, permission)->outweighs;
	for (size_t w = 0; w < v->words; w++) {
		if (refusals[w] & ~outweighs[w])
			return false;
	}
	return true;
}

static bool stands(const struct voices *v, size_t permission)
{
	return outweighs_all(v, permission, v->refuse_yes) && outweighs_all(v, permission, v->refuse_unknown);
}

static bool is_outweighed(const struct voices *v, size_t refusal)
{
	SET_EACH (v->permit_yes, v->words, permission) {
		if (set_has(rule_at(v, permission)->outweighs, refusal))
			return true;
	}
	return false;
}

static uint16_t number_of(size_t rule)
{
	return (uint16_t)(rule + 1);
}

/* The first permission that stands decides; conditions of all that stand go with it, so that none gets lost. */
static bool decide_permit(const struct voices *v, struct answer *a)
{
	SET_EACH (v->permit_yes, v->words, permission) {
		if (!stands(v, permission))
			continue;
		if (a->deciding == 0)
			a->deciding = number_of(permission);
		a->conditions |= rule_at(v, permission)->conditions;
	}
	if (a->deciding == 0)
		return false;
	a->outcome = OUTCOME_PERMIT;
	return true;
}

/* The first refusal that nothing outweighs decides, or in a circle the first. */
static void decide_refuse(const struct voices *v, struct answer *a)
{
	size_t first = set_next(v->refuse_yes, v->words, 0);
	if (first == v->words * 64)
		return;
	SET_EACH (v->refuse_yes, v->words, refusal) {
		if (is_outweighed(v, refusal))
			continue;
		if (a->deciding == 0)
			a->deciding = number_of(refusal);
		a->conditions |= rule_at(v, refusal)->conditions;
	}
	if (a->deciding == 0) {
		a->deciding = number_of(first);
		a->conditions = rule_at(v, first)->conditions;
	}
}

static uint32_t facts_to_ask(const struct voices *v, size_t permission)
{
	const struct rule *p = rule_at(v, permission);
	uint32_t facts = match_unknowns(p->applies, v->request);
	SET_EACH (v->refuse_unknown, v->words, refusal) {
		if (!set_has(p->outweighs, refusal))
			facts |= match_unknowns(rule_at(v, refusal)->applies, v->request);
	}
	ASSERT(facts != 0);
	return facts;
}

static unsigned count(uint32_t facts)
{
	unsigned n = 0;
	for (; facts; facts &= facts - 1)
		n++;
	return n;
}

/* What is to be known of a permission on which nothing but unknown facts casts doubt: of the one that asks for the
 * fewest; one that speaks comes before one that only might. 0 when there is none. */
static uint32_t cheapest_hope(const struct voices *v)
{
	const uint64_t *sets[] = {v->permit_yes, v->permit_unknown};
	uint32_t cheapest = 0;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		SET_EACH (sets[i], v->words, permission) {
			if (!outweighs_all(v, permission, v->refuse_yes))
				continue;
			uint32_t facts = facts_to_ask(v, permission);
			if (!cheapest || count(facts) < count(cheapest))
				cheapest = facts;
		}
	}
	return cheapest;
}

static void ask(struct answer *a, uint32_t facts)
{
	a->facts |= facts;
	for (; facts; facts &= facts - 1) {
		if (a->unknown_count < ANSWER_UNKNOWN_MAX)
			a->unknown[a->unknown_count] = (uint8_t)__builtin_ctz(facts);
		a->unknown_count++;
	}
}

static void add_spoke(struct answer *a, uint16_t number)
{
	if (a->spoke_count < ANSWER_RULES_MAX)
		a->spoke[a->spoke_count] = number;
	a->spoke_count++;
}

static void tell_spoke(const struct voices *v, struct answer *a)
{
	uint64_t spoke[RULE_SET_WORDS_MAX];
	for (size_t w = 0; w < v->words; w++)
		spoke[w] = v->permit_yes[w] | v->refuse_yes[w];
	if (a->deciding)
		add_spoke(a, a->deciding);
	SET_EACH (spoke, v->words, rule) {
		a->facts |= rule_at(v, rule)->facts;
		if (number_of(rule) != a->deciding)
			add_spoke(a, number_of(rule));
	}
}

static void add_outweighed(struct answer *a, size_t rule, size_t by, enum outweighs why)
{
	if (a->outweighed_count < ANSWER_RULES_MAX)
		a->outweighed[a->outweighed_count] = (struct answer_outweighed){number_of(rule), number_of(by), why};
	a->outweighed_count++;
}

static void tell_outweighed_refusals(const struct voices *v, struct answer *a)
{
	size_t by = a->deciding - 1U;
	SET_EACH (v->refuse_yes, v->words, refusal) {
		bool permission_wins;
		enum outweighs why = precedence_of(v->rulebook, by, refusal, &permission_wins);
		ASSERT(permission_wins);
		add_outweighed(a, refusal, by, why);
	}
}

/* A permission's opponent is the deciding refusal where that outweighs it, else the first that does. */
static bool find_opponent(const struct voices *v, const struct answer *a, size_t permission, size_t *ret_refusal)
{
	const uint64_t *outweighs = rule_at(v, permission)->outweighs;
	if (a->deciding && !set_has(outweighs, a->deciding - 1U)) {
		*ret_refusal = a->deciding - 1U;
		return true;
	}
	SET_EACH (v->refuse_yes, v->words, refusal) {
		if (!set_has(outweighs, refusal)) {
			*ret_refusal = refusal;
			return true;
		}
	}
	return false;
}

static void tell_outweighed_permissions(const struct voices *v, struct answer *a)
{
	SET_EACH (v->permit_yes, v->words, permission) {
		size_t by;
		bool permission_wins;
		if (!find_opponent(v, a, permission, &by))
			continue;
		enum outweighs why = precedence_of(v->rulebook, permission, by, &permission_wins);
		ASSERT(!permission_wins);
		add_outweighed(a, permission, by, why);
	}
}

void rulebook_decide(const struct rulebook *rulebook, const struct fact *request, struct answer *ret_answer)
{
	struct voices v;
	struct answer *a = ret_answer;
	v.rulebook = rulebook;
	v.request = request;
	v.words = rulebook->set_words;
	memset(a, 0, sizeof *a);
	hear(&v);
	if (decide_permit(&v, a)) {
		tell_spoke(&v, a);
		tell_outweighed_refusals(&v, a);
		return;
	}
	ask(a, cheapest_hope(&v));
	decide_refuse(&v, a);
	/* Where only unknown refusals stand in the way of a permission, nobody has decided yet. */
	tell_spoke(&v, a);
	tell_outweighed_permissions(&v, a);
	a->by_default = a->spoke_count == 0 && a->unknown_count == 0;
}
