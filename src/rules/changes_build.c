#include "rules/changes_build.h"
#include "rules/changes.h"
#include "rules/domain_text.h"

struct builder {
	struct rulebook *rulebook;
	struct domain domain;
	size_t fact;
	enum fact_kind kind;
	struct bag values;   /* of struct fact, in the scratch arena */
	struct arena *found; /* keeps values until they are counted */
};

static bool is_of_value(const struct builder *b, const struct predicate *p)
{
	return p->fact == b->fact && p->kind != PREDICATE_FACT && p->kind != PREDICATE_EXISTS &&
	       p->kind != PREDICATE_FILLED;
}

static const struct predicate **predicates_of(const struct builder *b, size_t *ret_n)
{
	const struct rulebook *book = b->rulebook;
	const struct predicate **found = ARENA_TAKE(b->domain.scratch, const struct predicate *, book->n_predicates);
	*ret_n = 0;
	for (size_t i = 0; i < book->n_predicates; i++) {
		if (is_of_value(b, book->predicates[i]))
			found[(*ret_n)++] = book->predicates[i];
	}
	return found;
}

static bool same(enum fact_kind kind, const struct fact *a, const struct fact *b)
{
	if (a->state != b->state || a->state != FACT_KNOWN)
		return a->state == b->state;
	if (kind == FACT_TEXT || kind == FACT_TEXTS)
		return match_texts(COMPARE_EQUAL, false, a->text, b->text);
	if (kind == FACT_ADDRESS)
		return a->address.n == b->address.n && memcmp(a->address.at, b->address.at, a->address.n) == 0;
	return a->number == b->number;
}

static void add_value(struct builder *b, struct fact value)
{
	for (size_t i = 0; i < b->values.n; i++) {
		if (same(b->kind, &BAG_AT(&b->values, struct fact)[i], &value))
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

static bool are_alike(const struct predicate *const *predicates, size_t n, struct str a, struct str b)
{
	for (size_t i = 0; i < n; i++) {
		if (match_text(predicates[i], a) != match_text(predicates[i], b))
			return false;
	}
	return true;
}

/* One for each way in which all rules together can judge a value; of numbers also those on both sides of an edge. */
static bool add_listed(struct builder *b, const struct predicate *const *predicates, size_t n)
{
	struct bag listed = BAG(b->found, struct fact);
	/* Texts named in full are few ways, but many of them; the walk has enough with the patterns. */
	bool known = n <= 64 && domain_list(&b->domain, b->kind, predicates, n, 1, false, &listed);
	for (size_t i = 0; known && i < listed.n; i++) {
		struct fact *value = &BAG_AT(&listed, struct fact)[i];
		bool empty = b->kind == FACT_TEXT && value->state == FACT_KNOWN && value->text.len == 0;
		/* A person says "other", not the empty text. */
		if (empty && are_alike(predicates, n, value->text, STR("other")))
			value->text = STR("other");
		add_value(b, *value);
	}
	for (size_t i = 0; i < n; i++)
		known = known && predicates[i]->part == PART_NONE;
	return known;
}

static void build_fact(struct builder *b, struct arena *arena)
{
	size_t n;
	const struct predicate **predicates = predicates_of(b, &n);
	struct options *options = &b->rulebook->options[b->fact];
	for (size_t i = 0; i < n; i++)
		add_named(b, predicates[i]);
	for (size_t i = 0; i < b->rulebook->n; i++)
		add_wanted(b, &b->rulebook->rules[i]);
	options->partial = n > 0 && b->kind != FACT_TEXTS && !add_listed(b, predicates, n);
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
