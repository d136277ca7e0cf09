#include "rules/index_build.h"
#include "rules/index.h"
#include "rules/match.h"
#include "rules/rulebook_load.h"

struct builder {
	struct rulebook *rulebook;
	struct arena *arena, *scratch;
	size_t fact;
	struct field *field;
};

static uint64_t *take_set(const struct builder *b)
{
	return ARENA_TAKE(b->arena, uint64_t, b->rulebook->set_words);
}

static bool looks_at(const struct rule *rule, size_t fact)
{
	return rule->facts >> fact & 1;
}

/* Rules that are not "no" when only this is known. */
static void fill_possible(const struct builder *b, struct fact known, uint64_t *set)
{
	struct fact request[FACTS_MAX] = {0};
	request[b->fact] = known;
	for (size_t i = 0; i < b->rulebook->n; i++) {
		const struct rule *rule = &b->rulebook->rules[i];
		if (!looks_at(rule, b->fact) || match_expression(rule->applies, request) != TRUTH_NO)
			set_add(set, i);
	}
}

static uint64_t *possible(const struct builder *b, struct fact known)
{
	uint64_t *set = take_set(b);
	fill_possible(b, known, set);
	return set;
}

/* The state may be one of those of compiled.h. */
static struct fact text_fact(int state, struct str text)
{
	return (struct fact){.state = (enum fact_state)state, .text = text};
}

/* ---- the values that rules name ---- */

/* The rule's next predicate on the fact, behind this node or from the first on; NULL when there is none. */
static const struct node *next_on_fact(const struct builder *b, const struct rule *rule, const struct node *behind)
{
	const struct node *end = rule->applies + rule->applies->size, *node = behind ? behind + 1 : rule->applies;
	while (node < end && !(node->op == NODE_PREDICATE && node->predicate->fact == b->fact &&
			       node->predicate->kind != PREDICATE_FACT))
		node++;
	return node < end ? node : NULL;
}

/* How many values the rules compare the fact with, each counted as often as a rule does it, and the nodes of those
 * rules. */
static void count(const struct builder *b, size_t *ret_values, size_t *ret_nodes)
{
	*ret_values = *ret_nodes = 0;
	for (size_t i = 0; i < b->rulebook->n; i++) {
		const struct rule *rule = &b->rulebook->rules[i];
		if (!looks_at(rule, b->fact))
			continue;
		*ret_nodes += rule->applies->size;
		for (const struct node *node = next_on_fact(b, rule, NULL); node; node = next_on_fact(b, rule, node))
			*ret_values += node->predicate->n;
	}
}

/* ---- texts ---- */

static size_t slots_for(size_t n)
{
	size_t slots = 2;
	while (slots < 2 * n)
		slots *= 2;
	return slots;
}

static struct field_slot *slot_of(struct field_slot *slots, size_t n, struct str text, uint64_t hash)
{
	size_t i = hash >> 32;
	while (slots[i & (n - 1)].text.at &&
	       !(slots[i & (n - 1)].hash == hash && str_eq(slots[i & (n - 1)].text, text)))
		i++;
	return &slots[i & (n - 1)];
}

/* A text that is named in full, in any case of its letters. */
static bool is_named(const struct predicate *p, size_t i)
{
	return p->kind == PREDICATE_TEXT && !p->patterns[i].wild && !p->patterns[i].cased;
}

/* Puts the text where a decision will find it; true when it was not there. */
static bool add_text(struct field_slot *slots, size_t n, struct str text)
{
	uint64_t hash = index_hash(text);
	struct field_slot *slot = slot_of(slots, n, text, hash);
	if (slot->text.at)
		return false;
	slot->hash = hash;
	slot->text = text;
	return true;
}

static size_t collect_texts(const struct builder *b, struct field_slot *slots, size_t n_slots)
{
	size_t n = 0;
	for (size_t i = 0; i < b->rulebook->n; i++) {
		const struct rule *rule = &b->rulebook->rules[i];
		for (const struct node *node = next_on_fact(b, rule, NULL); node; node = next_on_fact(b, rule, node)) {
			for (size_t k = 0; k < node->predicate->n; k++) {
				const struct pattern *pattern = &node->predicate->patterns[k];
				n += is_named(node->predicate, k) && add_text(slots, n_slots, pattern->text);
			}
		}
	}
	return n;
}

/* Rules that name a text belong to the text's slot. */
static void add_naming_rules(const struct builder *b, struct field_slot *slots, size_t n_slots)
{
	for (size_t i = 0; i < b->rulebook->n; i++) {
		const struct rule *rule = &b->rulebook->rules[i];
		for (const struct node *node = next_on_fact(b, rule, NULL); node; node = next_on_fact(b, rule, node)) {
			for (size_t k = 0; k < node->predicate->n; k++) {
				struct str text = node->predicate->patterns[k].text;
				if (is_named(node->predicate, k))
					set_add((uint64_t *)slot_of(slots, n_slots, text, index_hash(text))->keep, i);
			}
		}
	}
}

static const uint64_t *ruled_out(const struct builder *b, struct str text)
{
	uint64_t *set = possible(b, text_fact(FACT_SOME, text));
	for (size_t i = 0; i < b->rulebook->n; i++) {
		if (set_has(set, i))
			set_remove(set, i);
		else
			set_add(set, i);
	}
	return set;
}

static void fill_slots(const struct builder *b, struct field_slot *slots, size_t n_slots)
{
	bool sets = b->field->kind == FACT_TEXTS;
	for (size_t i = 0; i < n_slots; i++) {
		struct field_slot *slot = &slots[i];
		if (!slot->text.at)
			continue;
		slot->keep = sets ? take_set(b) : possible(b, text_fact(FACT_ROUGH, slot->text));
		slot->drop = sets ? ruled_out(b, slot->text) : NULL;
	}
	if (sets)
		add_naming_rules(b, slots, n_slots);
}

static bool build_texts(const struct builder *b, size_t values, size_t nodes)
{
	size_t n_slots = slots_for(values < RULEBOOK_VALUES_MAX ? values : RULEBOOK_VALUES_MAX);
	struct field_slot *found = ARENA_TAKE(b->scratch, struct field_slot, n_slots);
	size_t n = collect_texts(b, found, n_slots);
	if (n > INDEX_BUILD_WORK_MAX / (values + nodes))
		return false;
	b->field->other = possible(b, text_fact(FACT_OTHER, (struct str){"", 0}));
	if (n == 0)
		return true;
	b->field->slots = slots_for(n);
	struct field_slot *slots = ARENA_TAKE(b->arena, struct field_slot, b->field->slots);
	for (size_t i = 0; i < n_slots; i++) {
		if (found[i].text.at)
			add_text(slots, b->field->slots, found[i].text);
	}
	fill_slots(b, slots, b->field->slots);
	b->field->slot = slots;
	return true;
}

/* ---- numbers ---- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static size_t sort(int64_t *numbers, size_t n)
{
	size_t different = 0;
	qsort(numbers, n, sizeof *numbers, compare);
	for (size_t i = 0; i < n; i++) {
		if (different == 0 || numbers[different - 1] != numbers[i])
			numbers[different++] = numbers[i];
	}
	return different;
}

/* Where ranges begin, and where they have just ended. */
static size_t collect_breaks(const struct builder *b, int64_t *breaks)
{
	size_t n = 0;
	for (size_t i = 0; i < b->rulebook->n; i++) {
		const struct rule *rule = &b->rulebook->rules[i];
		size_t before = n;
		for (const struct node *node = next_on_fact(b, rule, NULL); node; node = next_on_fact(b, rule, node)) {
			bool sorts = node->predicate->kind == PREDICATE_RANGE && node->predicate->part == PART_NONE;
			for (size_t k = 0; sorts && k < node->predicate->n; k++) {
				const struct range *range = &node->predicate->ranges[k];
				if (range->low != INT64_MIN)
					breaks[n++] = range->low;
				if (range->high != INT64_MAX)
					breaks[n++] = range->high + 1;
			}
		}
		n = before + sort(breaks + before, n - before);
	}
	return sort(breaks, n);
}

static bool build_numbers(const struct builder *b, size_t values, size_t nodes)
{
	size_t words = b->rulebook->set_words;
	if (values > INDEX_BUILD_VALUES_MAX)
		return false;
	int64_t *found = ARENA_TAKE(b->scratch, int64_t, 2 * values);
	size_t n = collect_breaks(b, found);
	if (n > INDEX_BUILD_WORK_MAX / (values + nodes))
		return false;
	int64_t *breaks = ARENA_TAKE(b->arena, int64_t, n);
	uint64_t *classes = ARENA_TAKE(b->arena, uint64_t, (n + 1) * words);
	if (n > 0)
		memcpy(breaks, found, n * sizeof *breaks);
	for (size_t i = 0; i <= n; i++) {
		int64_t number = i == 0 ? INT64_MIN : breaks[i - 1];
		fill_possible(b, (struct fact){.state = (enum fact_state)FACT_ROUGH, .number = number},
			      classes + i * words);
	}
	b->field->n_breaks = n;
	b->field->breaks = breaks;
	b->field->classes = classes;
	return true;
}

/* ---- the index ---- */

static bool build_field(const struct builder *b)
{
	size_t values, nodes;
	count(b, &values, &nodes);
	if (values == 0)
		return false;
	bool texts = b->field->kind == FACT_TEXT || b->field->kind == FACT_TEXTS;
	if (!(texts ? build_texts(b, values, nodes) : build_numbers(b, values, nodes)))
		return false;
	b->field->absent = possible(b, (struct fact){.state = FACT_ABSENT});
	return true;
}

void index_build(struct rulebook *rulebook, struct arena *arena, struct arena *scratch)
{
	rulebook->n_fields = 0;
	for (size_t fact = 0; fact < rulebook->vocabulary->n; fact++) {
		struct field *field = &rulebook->fields[rulebook->n_fields];
		struct builder b = {rulebook, arena, scratch, fact, field};
		size_t used = scratch->used, kept = arena->used;
		*field = (struct field){.fact = (uint16_t)fact, .kind = rulebook->vocabulary->facts[fact].kind};
		/* Networks are no classes of single numbers: they are left to the matcher. */
		bool made = field->kind != FACT_ADDRESS && build_field(&b);
		rulebook->n_fields += made;
		if (!made)
			arena->used = kept;
		scratch->used = used;
	}
}
