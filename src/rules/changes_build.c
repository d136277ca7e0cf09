#include "rules/changes_build.h"
#include "rules/changes.h"
#include "rules/domain_text.h"

struct builder {
	struct rulebook *rulebook;
	struct domain domain;
	size_t fact;
	enum fact_kind kind;
	const struct predicate **predicates; /* on the fact's value */
	size_t n_predicates;
	struct bag values;   /* of struct fact, in the scratch arena */
	struct arena *found; /* keeps values until they are counted */
};

static bool is_of_value(const struct builder *b, const struct predicate *p)
{
	return p->fact == b->fact && p->kind != PREDICATE_FACT && p->kind != PREDICATE_EXISTS &&
	       p->kind != PREDICATE_FILLED;
}

static void take_predicates(struct builder *b)
{
	const struct rulebook *book = b->rulebook;
	b->predicates = ARENA_TAKE(b->domain.scratch, const struct predicate *, book->n_predicates);
	for (size_t i = 0; i < book->n_predicates; i++) {
		if (is_of_value(b, book->predicates[i]))
			b->predicates[b->n_predicates++] = book->predicates[i];
	}
}

static bool are_alike(const struct builder *b, struct str one, struct str other)
{
	for (size_t i = 0; i < b->n_predicates; i++) {
		if (match_text(b->predicates[i], one) != match_text(b->predicates[i], other))
			return false;
	}
	return true;
}

/* Texts that differ in the case of their letters are two only where rules look at that. */
static bool are_same(const struct builder *b, const struct fact *one, const struct fact *other)
{
	if (one->state != other->state || one->state != FACT_KNOWN)
		return one->state == other->state;
	if (b->kind == FACT_TEXT || b->kind == FACT_TEXTS)
		return match_texts(COMPARE_EQUAL, false, one->text, other->text) &&
		       are_alike(b, one->text, other->text);
	if (b->kind == FACT_ADDRESS)
		return one->address.n == other->address.n &&
		       memcmp(one->address.at, other->address.at, one->address.n) == 0;
	return one->number == other->number;
}

static void add_value(struct builder *b, struct fact value)
{
	for (size_t i = 0; i < b->values.n; i++) {
		if (are_same(b, &BAG_AT(&b->values, struct fact)[i], &value))
			return;
	}
	*(struct fact *)bag_add(&b->values) = value;
}

/* A value, or for a set a text, for which the rule's own leaves on the fact are as they would be wanted alone. */
static void add_wanted(struct builder *b, const struct rule *rule)
{
	const struct node *top = rule->applies;
	struct want wants[64];
	size_t n = 0;
	for (const struct node *node = top; node < top + top->size && n < ARRAY_LEN(wants); node++) {
		if (node->op == NODE_PREDICATE && is_of_value(b, node->predicate) && !node->negated)
			wants[n++] = (struct want){node->predicate, true};
	}
	struct fact value = {.state = FACT_ABSENT}, now = value;
	if (n > 0 && b->kind != FACT_TEXTS && domain_find(&b->domain, b->fact, wants, n, &now, &value) == FOUND_ONE)
		add_value(b, value);
	for (size_t i = 0; i < n && b->kind == FACT_TEXTS; i++) {
		if (domain_find_text(&b->domain, &wants[i], 1, (struct str){"", 0}, &value.text) != FOUND_ONE)
			continue;
		value.state = FACT_KNOWN;
		add_value(b, value);
	}
}

/* Texts that predicates name in full, as far as there is room. */
static void add_named(struct builder *b, const struct predicate *p)
{
	for (size_t i = 0; p->kind == PREDICATE_TEXT && i < p->n; i++) {
		const struct pattern *pattern = &p->patterns[i];
		/* As it is written, with its capital letters, where that is the text itself. */
		if (!pattern->wild)
			add_value(b, (struct fact){.state = FACT_KNOWN,
						   .text = match_pattern(pattern, pattern->said) ? pattern->said
												 : pattern->text});
	}
}

/* One for each way in which all rules together can judge a value; of numbers also those on both sides of an edge. */
static bool add_listed(struct builder *b)
{
	size_t n = b->n_predicates;
	struct bag listed = BAG(b->found, struct fact);
	/* Texts named in full are few ways, but many of them; the walk has enough with the patterns. */
	bool known = n <= 64 && domain_list(&b->domain, b->kind, b->predicates, n, 1, false, &listed);
	for (size_t i = 0; known && i < listed.n; i++) {
		struct fact *value = &BAG_AT(&listed, struct fact)[i];
		bool empty = b->kind == FACT_TEXT && value->state == FACT_KNOWN && value->text.len == 0;
		/* A person says "other", not the empty text. */
		if (empty && are_alike(b, value->text, STR("other")))
			value->text = STR("other");
		add_value(b, *value);
	}
	for (size_t i = 0; i < n; i++)
		known = known && b->predicates[i]->part == PART_NONE;
	return known;
}

static void build_fact(struct builder *b, struct arena *arena)
{
	struct options *options = &b->rulebook->options[b->fact];
	take_predicates(b);
	for (size_t i = 0; i < b->n_predicates; i++)
		add_named(b, b->predicates[i]);
	for (size_t i = 0; i < b->rulebook->n; i++)
		add_wanted(b, &b->rulebook->rules[i]);
	options->partial = b->kind != FACT_TEXTS && !add_listed(b);
	if (b->kind == FACT_TEXTS) /* one more, where rules only ask whether there is one */
		add_value(b, (struct fact){.state = FACT_KNOWN, .text = STR("other")});
	add_value(b, (struct fact){.state = FACT_ABSENT});
	options->partial = options->partial || b->values.n > CHANGES_OPTIONS_MAX;
	options->n = b->values.n < CHANGES_OPTIONS_MAX ? b->values.n : CHANGES_OPTIONS_MAX;
	struct fact *values = ARENA_TAKE(arena, struct fact, options->n);
	for (size_t i = 0; i < options->n; i++) {
		values[i] = BAG_AT(&b->values, struct fact)[i];
		bool text = b->kind == FACT_TEXT || b->kind == FACT_TEXTS;
		if (text && values[i].state == FACT_KNOWN)
			values[i].text = arena_str(arena, values[i].text);
	}
	options->values = values;
}

void changes_build(struct rulebook *rulebook, struct arena *arena, struct arena *scratch)
{
	enum { FOUND_BYTES = 4 << 20 };
	size_t used = scratch->used;
	struct arena found = arena_over(arena_take(scratch, 1, FOUND_BYTES), FOUND_BYTES);
	for (size_t fact = 0; fact < rulebook->vocabulary->n; fact++) {
		size_t before = scratch->used;
		arena_clear(&found);
		struct builder b = {
		    .rulebook = rulebook,
		    .domain = {.vocabulary = rulebook->vocabulary, .arena = &found, .scratch = scratch},
		    .fact = fact,
		    .kind = rulebook->vocabulary->facts[fact].kind,
		    .values = BAG(scratch, struct fact),
		    .found = &found,
		};
		build_fact(&b, arena);
		scratch->used = before;
	}
	scratch->used = used;
}
