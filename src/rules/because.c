#include "rules/because.h"
#include "rules/fact_words.h"

enum {
	BECAUSE_TEXT_BYTES_MAX = 120, /* EntryFact.value */
	BECAUSE_TEXTS_MAX = 16,
	NUMBER_BYTES_MAX = 40, /* an IPv6 address */
};

struct teller {
	const struct rulebook *rulebook;
	struct arena *arena;
};

static struct str id_of(const struct teller *t, uint16_t rule)
{
	return rulebook_rule(t->rulebook, rule)->id;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct str cut(struct str text)
{
	if (text.len <= BECAUSE_TEXT_BYTES_MAX)
		return text;
	size_t len = BECAUSE_TEXT_BYTES_MAX;
	while (len > 0 && ((uint8_t)text.at[len] & 0xC0) == 0x80)
		len--;
	return (struct str){text.at, len};
}

static struct str_list spoke_of(const struct teller *t, const struct answer *answer)
{
	size_t n = least(answer->spoke_count, ANSWER_RULES_MAX);
	struct str *at = ARENA_TAKE(t->arena, struct str, n);
	for (size_t i = 0; i < n; i++)
		at[i] = id_of(t, answer->spoke[i]);
	return (struct str_list){n, at};
}

static struct entry_outweighed_list outweighed_of(const struct teller *t, const struct answer *answer)
{
	static const enum entry_outweighed_why whys[] = {
	    [OUTWEIGHS_LAYER] = ENTRY_OUTWEIGHED_WHY_LAYER,
	    [OUTWEIGHS_OVERRIDES] = ENTRY_OUTWEIGHED_WHY_OVERRIDES,
	    [OUTWEIGHS_SPECIFICITY] = ENTRY_OUTWEIGHED_WHY_SPECIFICITY,
	    [OUTWEIGHS_DATE] = ENTRY_OUTWEIGHED_WHY_DATE,
	    [OUTWEIGHS_PROHIBITION] = ENTRY_OUTWEIGHED_WHY_PROHIBITION,
	};
	size_t n = least(answer->outweighed_count, ANSWER_RULES_MAX);
	struct entry_outweighed *at = ARENA_TAKE(t->arena, struct entry_outweighed, n);
	for (size_t i = 0; i < n; i++) {
		const struct answer_outweighed *o = &answer->outweighed[i];
		ASSERT((unsigned)o->why < ARRAY_LEN(whys) && o->why != OUTWEIGHS_NONE);
		at[i] = (struct entry_outweighed){id_of(t, o->rule), id_of(t, o->by), whys[o->why]};
	}
	return (struct entry_outweighed_list){n, at};
}

static struct str_list one_of(const struct teller *t, struct str text)
{
	struct str *at = ARENA_TAKE(t->arena, struct str, 1);
	*at = text;
	return (struct str_list){1, at};
}

static struct str_list value_of(const struct teller *t, enum fact_kind kind, const struct fact *fact)
{
	if (fact->state != FACT_KNOWN)
		return (struct str_list){0, NULL};
	if (kind == FACT_TEXT)
		return one_of(t, cut(fact->text));
	if (kind == FACT_TEXTS) {
		size_t n = least(fact->texts.n, BECAUSE_TEXTS_MAX);
		struct str *at = ARENA_TAKE(t->arena, struct str, n);
		for (size_t i = 0; i < n; i++)
			at[i] = cut(fact->texts.at[i]);
		return (struct str_list){n, at};
	}
	char text[NUMBER_BYTES_MAX];
	struct buf b = BUF(text);
	fact_put_value(&b, kind, fact);
	ASSERT(!b.over);
	return one_of(t, arena_str(t->arena, buf_str(&b)));
}

static struct entry_fact_list facts_of(const struct teller *t, const struct fact *request, uint32_t facts)
{
	const struct vocabulary *vocabulary = rulebook_vocabulary(t->rulebook);
	struct entry_fact *at = ARENA_TAKE(t->arena, struct entry_fact, FACTS_MAX);
	size_t n = 0;
	for (; facts; facts &= facts - 1) {
		size_t i = (size_t)__builtin_ctz(facts);
		const struct fact_name *name = &vocabulary->facts[i];
		at[n++] = (struct entry_fact){.name = name->name,
					      .value = value_of(t, name->kind, &request[i]),
					      .has_known = request[i].state == FACT_UNKNOWN};
	}
	return (struct entry_fact_list){n, at};
}

static uint32_t personal_facts(const struct vocabulary *vocabulary)
{
	uint32_t facts = 0;
	for (size_t i = 0; i < vocabulary->n; i++)
		facts |= (uint32_t)vocabulary->facts[i].personal << i;
	return facts;
}

const struct entry_because *rules_because(const struct rulebook *rulebook, const struct fact *request,
					  const struct answer *answer, struct arena *arena)
{
	struct teller t = {rulebook, arena};
	struct entry_because *because = ARENA_TAKE(arena, struct entry_because, 1);
	because->rulebook = rulebook_name(rulebook);
	because->outcome = outcome_name(answer->outcome);
	because->spoke = spoke_of(&t, answer);
	because->outweighed = outweighed_of(&t, answer);
	uint32_t personal = personal_facts(rulebook_vocabulary(rulebook));
	because->facts = facts_of(&t, request, answer->facts & ~personal);
	because->personal = facts_of(&t, request, answer->facts & personal);
	return because;
}
