#include "rules/predicates.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u;
}

static size_t bytes_of(const struct predicate *p)
{
	static const uint8_t bytes[] = {
	    [PREDICATE_TEXT] = sizeof(struct pattern),	  [PREDICATE_REGEX] = sizeof(struct regex),
	    [PREDICATE_RANGE] = sizeof(struct range),	  [PREDICATE_NET] = sizeof(struct net),
	    [PREDICATE_FACT] = sizeof(struct other_fact),
	};
	return (size_t)p->kind < ARRAY_LEN(bytes) ? bytes[p->kind] : 0;
}

/* The values without padding, as numbers and texts. */
static uint64_t hash_value(const struct predicate *p, size_t i)
{
	switch (p->kind) {
	case PREDICATE_TEXT:
		return mix(str_hash(p->patterns[i].text),
			   (p->patterns[i].wild ? 1u : 0u) + (p->patterns[i].cased ? 2u : 0u));
	case PREDICATE_REGEX:
		return str_hash(p->regexes[i].source);
	case PREDICATE_RANGE:
		return mix((uint64_t)p->ranges[i].low, (uint64_t)p->ranges[i].high);
	case PREDICATE_NET:
		return str_hash((struct str){(const char *)p->nets[i].at, p->nets[i].n}) + p->nets[i].bits;
	default:
		return p->others[i].fact;
	}
}

static bool same_value(const struct predicate *a, const struct predicate *b, size_t i)
{
	switch (a->kind) {
	case PREDICATE_TEXT:
		return a->patterns[i].wild == b->patterns[i].wild && a->patterns[i].cased == b->patterns[i].cased &&
		       str_eq(a->patterns[i].text, b->patterns[i].text);
	case PREDICATE_REGEX:
		return a->regexes[i].any_case == b->regexes[i].any_case && a->regexes[i].lines == b->regexes[i].lines &&
		       a->regexes[i].dot_all == b->regexes[i].dot_all &&
		       str_eq(a->regexes[i].source, b->regexes[i].source);
	case PREDICATE_RANGE:
		return a->ranges[i].low == b->ranges[i].low && a->ranges[i].high == b->ranges[i].high;
	case PREDICATE_NET:
		return a->nets[i].n == b->nets[i].n && a->nets[i].bits == b->nets[i].bits &&
		       memcmp(a->nets[i].at, b->nets[i].at, a->nets[i].n) == 0;
	default:
		return a->others[i].fact == b->others[i].fact;
	}
}

static uint64_t hash_of(const struct predicate *p)
{
	uint64_t hash = mix((uint64_t)p->kind << 32 | p->fact, (uint64_t)p->part << 16 | (uint64_t)p->compare << 8);
	for (size_t i = 0; i < p->n; i++)
		hash = mix(hash + i, hash_value(p, i));
	return hash ^ hash >> 32;
}

static bool same(const struct predicate *a, const struct predicate *b)
{
	bool alike = a->kind == b->kind && a->value == b->value && a->part == b->part && a->compare == b->compare &&
		     a->is_set == b->is_set && a->cased == b->cased && a->fact == b->fact && a->n == b->n;
	for (size_t i = 0; alike && i < a->n; i++)
		alike = same_value(a, b, i);
	return alike;
}

/* Where it stands, or the free slot where it would. */
static size_t slot_of(const struct predicates *all, const struct predicate *p)
{
	size_t i = hash_of(p) & (all->slots - 1);
	while (all->table[i] && !same(all->at[all->table[i] - 1], p))
		i = (i + 1) & (all->slots - 1);
	return i;
}

const struct predicate *predicates_find(const struct predicates *all, const struct predicate *sought)
{
	if (all->slots == 0)
		return NULL;
	uint32_t number = all->table[slot_of(all, sought)];
	return number ? all->at[number - 1] : NULL;
}

static void grow(struct predicates *all)
{
	const struct predicate **before = all->at;
	all->slots = all->slots ? 2 * all->slots : 64;
	all->at = ARENA_TAKE(all->memory, const struct predicate *, all->slots / 2);
	all->table = ARENA_TAKE(all->memory, uint32_t, all->slots);
	for (size_t i = 0; i < all->n; i++) {
		all->at[i] = before[i];
		all->table[slot_of(all, before[i])] = (uint32_t)i + 1;
	}
}

static void copy_values(struct predicate *p, struct arena *arena)
{
	size_t each = bytes_of(p);
	if (p->n == 0 || each == 0)
		return;
	void *values = arena_take(arena, p->n, each);
	memcpy(values, p->values, p->n * each);
	p->values = values;
	for (size_t i = 0; p->kind == PREDICATE_TEXT && i < p->n; i++) {
		struct pattern *pattern = (struct pattern *)values + i;
		pattern->text = arena_str(arena, pattern->text);
		pattern->said = arena_str(arena, pattern->said);
	}
	for (size_t i = 0; p->kind == PREDICATE_REGEX && i < p->n; i++) {
		struct regex *regex = (struct regex *)values + i;
		regex->source = arena_str(arena, regex->source);
	}
}

struct predicate *predicates_add(struct predicates *all, const struct predicate *made, struct arena *arena)
{
	if (2 * (all->n + 1) > all->slots)
		grow(all);
	struct predicate *kept = ARENA_TAKE(arena, struct predicate, 1);
	*kept = *made;
	kept->number = (uint32_t)all->n;
	copy_values(kept, arena);
	size_t slot = slot_of(all, kept);
	all->at[all->n++] = kept;
	all->table[slot] = (uint32_t)all->n;
	return kept;
}
