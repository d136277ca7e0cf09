#include "rules/classes.h"
#include "rules/judged.h"

static void put_fact(struct classes *c, struct fact *facts, struct fact fact)
{
	facts[c->n++] = fact;
}

static void put_absent(struct classes *c, struct fact *facts)
{
	put_fact(c, facts, (struct fact){.state = FACT_ABSENT});
	c->facts = facts;
}

static void texts_to_facts(const struct judged *judged, struct arena *arena, struct classes *ret_classes)
{
	struct fact *facts = ARENA_TAKE(arena, struct fact, judged->n + 1);
	for (size_t i = 0; i < judged->n; i++)
		put_fact(ret_classes, facts, (struct fact){.state = FACT_KNOWN, .text = judged->texts[i]});
	put_absent(ret_classes, facts);
}

static void put_set(struct classes *c, struct fact *facts, struct arena *arena, const struct fact *before,
		    struct str text)
{
	size_t n = before ? before->texts.n : 0;
	struct str *texts = ARENA_TAKE(arena, struct str, n + 1);
	if (n > 0)
		memcpy(texts, before->texts.at, n * sizeof *texts);
	texts[n] = text;
	put_fact(c, facts, (struct fact){.state = FACT_KNOWN, .texts = {n + 1, texts}});
}

/* All unions, from the empty set on. */
static bool sets_to_facts(const struct judged *judged, size_t n, struct arena *arena, struct classes *ret_classes,
			  size_t *work)
{
	uint64_t *unions = ARENA_TAKE(arena, uint64_t, judged_max(n));
	struct fact *facts = ARENA_TAKE(arena, struct fact, judged_max(n) + 1);
	put_fact(ret_classes, facts, (struct fact){.state = FACT_KNOWN});
	for (size_t t = 0; t < judged->n; t++) {
		size_t before = ret_classes->n;
		for (size_t i = 0; i < before; i++) {
			uint64_t both = unions[i] | judged->judgements[t];
			*work += ret_classes->n / 16 + 1;
			if (judged_find(unions, ret_classes->n, both) < ret_classes->n)
				continue;
			if (ret_classes->n == CLASSES_MAX)
				return false;
			unions[ret_classes->n] = both;
			put_set(ret_classes, facts, arena, &facts[i], judged->texts[t]);
		}
	}
	put_absent(ret_classes, facts);
	return true;
}

static bool text_classes(const struct predicate *const *predicates, size_t n, enum fact_kind kind, struct arena *arena,
			 struct classes *ret_classes, size_t *work)
{
	struct judged judged;
	if (!judged_texts(predicates, n, arena, &judged, work))
		return false;
	if (kind == FACT_TEXTS)
		return sets_to_facts(&judged, n, arena, ret_classes, work);
	texts_to_facts(&judged, arena, ret_classes);
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* The first number of the kind, and every number at which a range begins or has just ended. */
static bool number_classes(const struct predicate *const *predicates, size_t n, enum fact_kind kind,
			   struct arena *arena, struct classes *ret_classes, size_t *work)
{
	bool small = kind == FACT_TIME || kind == FACT_BOOL;
	int64_t first = small ? 0 : INT64_MIN, last = kind == FACT_TIME	  ? 24 * 60 - 1
						      : kind == FACT_BOOL ? 1
									  : INT64_MAX;
	size_t n_breaks = 1;
	for (size_t i = 0; i < n; i++)
		n_breaks += (size_t)2 * predicates[i]->n;
	int64_t *breaks = ARENA_TAKE(arena, int64_t, n_breaks);
	n_breaks = 0;
	breaks[n_breaks++] = first;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < predicates[i]->n; k++) {
			breaks[n_breaks++] = predicates[i]->ranges[k].low;
			if (predicates[i]->ranges[k].high < last)
				breaks[n_breaks++] = predicates[i]->ranges[k].high + 1;
		}
	}
	*work += n_breaks;
	qsort(breaks, n_breaks, sizeof *breaks, compare_numbers);
	struct fact *facts = ARENA_TAKE(arena, struct fact, n_breaks + 1);
	for (size_t i = 0; i < n_breaks; i++) {
		if (i == 0 || breaks[i] != breaks[i - 1])
			put_fact(ret_classes, facts, (struct fact){.state = FACT_KNOWN, .number = breaks[i]});
	}
	put_absent(ret_classes, facts);
	return ret_classes->n <= CLASSES_MAX;
}

/* The address behind a network's last; false when there is none. */
static bool address_behind(const struct net *net, struct fact_address *ret_address)
{
	struct fact_address a = {.n = net->n};
	memcpy(a.at, net->at, net->n);
	for (size_t bit = net->bits; bit-- > 0;) {
		uint8_t one = (uint8_t)(1 << (7 - bit % 8));
		a.at[bit / 8] ^= one;
		if (a.at[bit / 8] & one) {
			*ret_address = a;
			return true;
		}
	}
	return false;
}

static void put_address(struct classes *c, struct fact *facts, const struct fact_address *address)
{
	put_fact(c, facts, (struct fact){.state = FACT_KNOWN, .address = *address});
}

/* Networks nest or are apart, so these are the ends of ranges as with numbers. */
static bool address_classes(const struct predicate *const *predicates, size_t n, struct arena *arena,
			    struct classes *ret_classes, size_t *work)
{
	size_t room = 3;
	for (size_t i = 0; i < n; i++)
		room += (size_t)2 * predicates[i]->n;
	struct fact *facts = ARENA_TAKE(arena, struct fact, room);
	put_address(ret_classes, facts, &(struct fact_address){.n = 4});
	put_address(ret_classes, facts, &(struct fact_address){.n = 16});
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < predicates[i]->n; k++) {
			const struct net *net = &predicates[i]->nets[k];
			struct fact_address address = {.n = net->n};
			memcpy(address.at, net->at, net->n);
			put_address(ret_classes, facts, &address);
			if (address_behind(net, &address))
				put_address(ret_classes, facts, &address);
		}
	}
	*work += ret_classes->n;
	put_absent(ret_classes, facts);
	return ret_classes->n <= CLASSES_MAX;
}

bool classes_of(const struct predicate *const *predicates, size_t n, enum fact_kind kind, struct arena *arena,
		struct classes *ret_classes, size_t *work)
{
	ASSERT(n > 0 && n <= CLASSES_PREDICATES_MAX);
	if (arena->size - arena->used < CLASSES_BYTES_MAX)
		return false;
	*ret_classes = (struct classes){0};
	switch (kind) {
	case FACT_TEXT:
	case FACT_TEXTS:
		return text_classes(predicates, n, kind, arena, ret_classes, work);
	case FACT_ADDRESS:
		return address_classes(predicates, n, arena, ret_classes, work);
	default:
		return number_classes(predicates, n, kind, arena, ret_classes, work);
	}
}
