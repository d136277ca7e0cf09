#include "rules/filter_build.h"
#include "rules/filter.h"

/* A text of which an event must have one: a whole value of the field, or, where it is not whole, a text that has four
 * bytes or more. */
struct anchor {
	uint16_t field;
	bool whole;
	struct str text;
};

/* Texts of which one is needed, and how well the worst of them tells events apart; 0 when there are none. */
struct anchors {
	struct anchor *at;
	size_t n;
	unsigned worth;
};

struct builder {
	struct detection *detection;
	struct arena *scratch;
	struct bag keys; /* of struct keyed */
	uint8_t *used;	 /* how often a hash of pieces is used, up to 255 */
};

/* A key, and a rule that needs it. */
struct keyed {
	uint64_t key;
	uint16_t rule;
	bool whole;
};

/* ---- what a rule needs ---- */

/* The longest run of the pattern's text without a star, question mark or dash. */
static struct str longest_run(struct str pattern)
{
	struct str best = {"", 0};
	size_t begin = 0;
	for (size_t i = 0; i <= pattern.len; i++) {
		if (i < pattern.len && (uint8_t)pattern.at[i] > PATTERN_DASH)
			continue;
		if (i - begin > best.len)
			best = (struct str){pattern.at + begin, i - begin};
		begin = i + 1;
	}
	return best;
}

static unsigned least(size_t a, size_t b)
{
	return (unsigned)(a < b ? a : b);
}

static struct anchors of_leaf(const struct builder *b, const struct node *node)
{
	const struct predicate *p = node->predicate;
	struct anchors a = {.worth = UINT8_MAX};
	if (node->negated || p->kind != PREDICATE_TEXT)
		return (struct anchors){0};
	a.at = ARENA_TAKE(b->scratch, struct anchor, p->n);
	for (size_t i = 0; i < p->n; i++) {
		const struct pattern *pattern = &p->patterns[i];
		bool whole = !pattern->wild && p->fact != 0;
		struct str text = whole ? pattern->text : longest_run(pattern->text);
		if (!whole && text.len < GRAM_BYTES)
			return (struct anchors){0};
		/* A short value, such as a number, is more often met than a long piece. */
		a.worth = least(a.worth, whole ? 3 + text.len : text.len);
		a.at[a.n++] = (struct anchor){p->fact, whole, text};
	}
	return a;
}

static struct anchors needed(const struct builder *b, const struct node *node);

static struct anchors of_or(const struct builder *b, const struct node *node)
{
	struct anchors all = {.at = ARENA_TAKE(b->scratch, struct anchor, 0), .worth = UINT8_MAX};
	struct bag bag = BAG(b->scratch, struct anchor);
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		struct anchors a = needed(b, part);
		if (a.worth == 0)
			return (struct anchors){0};
		all.worth = least(all.worth, a.worth);
		for (size_t i = 0; i < a.n; i++)
			*(struct anchor *)bag_add(&bag) = a.at[i];
	}
	all.at = bag.at;
	all.n = bag.n;
	return all;
}

static struct anchors of_and(const struct builder *b, const struct node *node)
{
	struct anchors best = {0};
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		struct anchors a = needed(b, part);
		if (a.worth > best.worth || (a.worth == best.worth && a.n < best.n))
			best = a;
	}
	return best;
}

/* Recursion is as deep as the expression. */
static struct anchors needed(const struct builder *b, const struct node *node)
{
	if (node->op == NODE_PREDICATE)
		return of_leaf(b, node);
	return node->op == NODE_AND ? of_and(b, node) : of_or(b, node);
}

/* ---- keys ---- */

/* Four bytes of the text: those that fewest rules need so far, because the rest is probably common too. */
static uint64_t choose_piece(struct builder *b, struct str text)
{
	uint64_t best = 0;
	unsigned fewest = UINT8_MAX + 1;
	for (size_t i = 0; i + GRAM_BYTES <= text.len; i++) {
		uint64_t key = filter_piece_key(text.at + i);
		unsigned used = b->used[filter_bit(key)];
		if (used < fewest) {
			fewest = used;
			best = key;
		}
	}
	uint8_t *used = &b->used[filter_bit(best)];
	*used = (uint8_t)(*used + (*used < UINT8_MAX));
	return best;
}

static void add_rule(struct builder *b, size_t rule, uint64_t *always)
{
	size_t used = b->keys.n;
	struct anchors a = needed(b, b->detection->rules[rule].applies);
	if (a.worth == 0) {
		set_add(always, rule);
		return;
	}
	for (size_t i = 0; i < a.n; i++) {
		const struct anchor *anchor = &a.at[i];
		uint64_t key =
		    anchor->whole ? filter_value_key(anchor->field, anchor->text) : choose_piece(b, anchor->text);
		*(struct keyed *)bag_add(&b->keys) = (struct keyed){key, (uint16_t)rule, anchor->whole};
		b->detection->filter.whole = b->detection->filter.whole || anchor->field == 0;
	}
	ASSERT(b->keys.n > used);
}

static int compare(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	if (x->whole != y->whole)
		return x->whole - y->whole;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* ---- tables ---- */

static size_t slots_for(size_t n)
{
	size_t slots = 2;
	while (slots < 2 * n)
		slots *= 2;
	return slots;
}

static void put_entry(struct filter_entry *slots, size_t n_slots, struct filter_entry entry)
{
	size_t i = (size_t)(entry.key * 0x9e3779b97f4a7c15u >> 32) & (n_slots - 1);
	while (slots[i].n > 0)
		i = (i + 1) & (n_slots - 1);
	slots[i] = entry;
}

static void count(const struct bag *keys, size_t ret_n[2])
{
	const struct keyed *k = keys->at;
	ret_n[0] = ret_n[1] = 0;
	for (size_t i = 0; i < keys->n; i++)
		ret_n[k[i].whole] += i == 0 || k[i].key != k[i - 1].key || k[i].whole != k[i - 1].whole;
}

static void put_tables(struct builder *b, struct arena *arena)
{
	struct filter *f = &b->detection->filter;
	struct keyed *k = b->keys.at;
	size_t n[2];
	if (b->keys.n > 0)
		qsort(k, b->keys.n, sizeof *k, compare);
	count(&b->keys, n);
	f->piece_slots = slots_for(n[0]);
	f->value_slots = slots_for(n[1]);
	struct filter_entry *tables[] = {ARENA_TAKE(arena, struct filter_entry, f->piece_slots),
					 ARENA_TAKE(arena, struct filter_entry, f->value_slots)};
	uint64_t *bits = ARENA_TAKE(arena, uint64_t, ((size_t)1 << FILTER_BITS_LOG2) / 64);
	uint16_t *rules = ARENA_TAKE(arena, uint16_t, b->keys.n);
	for (size_t i = 0, same; i < b->keys.n; i = same) {
		for (same = i; same < b->keys.n && k[same].key == k[i].key && k[same].whole == k[i].whole; same++)
			rules[same] = k[same].rule;
		put_entry(tables[k[i].whole], k[i].whole ? f->value_slots : f->piece_slots,
			  (struct filter_entry){k[i].key, (uint32_t)i, (uint32_t)(same - i)});
		if (!k[i].whole)
			set_add(bits, filter_bit(k[i].key));
	}
	f->pieces = tables[0];
	f->values = tables[1];
	f->bits = bits;
	f->rules = rules;
}

void filter_build(struct detection *detection, struct arena *arena, struct arena *scratch)
{
	size_t used = scratch->used;
	struct builder b = {.detection = detection, .scratch = scratch, .keys = BAG(scratch, struct keyed)};
	uint64_t *always = ARENA_TAKE(arena, uint64_t, detection->set_words);
	b.used = ARENA_TAKE(scratch, uint8_t, (size_t)1 << FILTER_BITS_LOG2);
	for (size_t i = 0; i < detection->n; i++)
		add_rule(&b, i, always);
	detection->filter.always = always;
	put_tables(&b, arena);
	scratch->used = used;
}
