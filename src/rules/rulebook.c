#include "rules/compiled.h"
#include "rules/precedence.h"

struct str rulebook_name(const struct rulebook *rulebook)
{
	return rulebook->name;
}

const struct vocabulary *rulebook_vocabulary(const struct rulebook *rulebook)
{
	return rulebook->vocabulary;
}

size_t rulebook_size(const struct rulebook *rulebook)
{
	return rulebook->n;
}

const uint8_t *rulebook_hash(const struct rulebook *rulebook)
{
	return rulebook->hash;
}

struct str rulebook_default_reason(const struct rulebook *rulebook)
{
	return rulebook->default_reason;
}

struct str rulebook_condition(const struct rulebook *rulebook, unsigned i)
{
	ASSERT(i < rulebook->n_conditions);
	return rulebook->conditions[i];
}

const struct rule_words *rulebook_rule(const struct rulebook *rulebook, uint16_t rule)
{
	ASSERT(rule >= 1 && rule <= rulebook->n);
	return &rulebook->rules[rule - 1].words;
}

uint32_t rulebook_rule_conditions(const struct rulebook *rulebook, uint16_t rule)
{
	ASSERT(rule >= 1 && rule <= rulebook->n);
	return rulebook->rules[rule - 1].conditions;
}

enum outweighs rulebook_outweighs(const struct rulebook *rulebook, uint16_t permission, uint16_t refusal,
				  bool *ret_permits)
{
	ASSERT(permission >= 1 && permission <= rulebook->n && refusal >= 1 && refusal <= rulebook->n);
	return precedence_of(rulebook, permission - 1U, refusal - 1U, ret_permits);
}

bool rulebook_covers(const struct rulebook *rulebook)
{
	return rulebook->covers;
}

struct str outweighs_name(enum outweighs why)
{
	static const struct str names[] = {
	    [OUTWEIGHS_NONE] = {"", 0},
	    [OUTWEIGHS_LAYER] = {"layer", 5},
	    [OUTWEIGHS_OVERRIDES] = {"overrides", 9},
	    [OUTWEIGHS_SPECIFICITY] = {"specificity", 11},
	    [OUTWEIGHS_DATE] = {"date", 4},
	    [OUTWEIGHS_PROHIBITION] = {"prohibition", 11},
	};
	ASSERT((unsigned)why < ARRAY_LEN(names));
	return names[why];
}

struct str outcome_name(enum outcome outcome)
{
	return outcome == OUTCOME_PERMIT ? STR("permit") : STR("refuse");
}
