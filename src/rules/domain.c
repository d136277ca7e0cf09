#include "rules/domain.h"
#include "rules/domain_text.h"

/* One fact while a value is looked for. */
struct looking {
	struct domain *d;
	enum fact_kind kind;
	size_t fact;
	const struct want *wants;
	size_t n;
	struct fact request[FACTS_MAX]; /* only this fact is looked at */
};

static bool is_wanted(struct looking *l, const struct fact *value)
{
	l->request[l->fact] = *value;
	for (size_t i = 0; i < l->n; i++) {
		enum truth truth = match_predicate(l->wants[i].predicate, l->request);
		if (truth != (l->wants[i].holds ? TRUTH_YES : TRUTH_NO))
			return false;
	}
	l->d->work += l->n;
	return true;
}

static bool accept(struct looking *l, struct fact value, struct fact *ret_value)
{
	if (!is_wanted(l, &value))
		return false;
	*ret_value = value;
	return true;
}

/* ---- numbers ---- */

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void add_number(struct bag *numbers, struct range domain, int64_t number)
{
	if (number >= domain.low && number <= domain.high)
		*(int64_t *)bag_add(numbers) = number;
}

/* Where ranges begin, end, and have just ended or not yet begun. */
static void add_ends(struct bag *numbers, const struct predicate *p, struct range domain)
{
	for (size_t i = 0; p->kind == PREDICATE_RANGE && p->part == PART_NONE && i < p->n; i++) {
		struct range r = p->ranges[i];
		if (r.low > domain.low) {
			add_number(numbers, domain, r.low);
			add_number(numbers, domain, r.low - 1);
		}
		if (r.high < domain.high) {
			add_number(numbers, domain, r.high);
			add_number(numbers, domain, r.high + 1);
		}
	}
}

/* First numbers that read well, last the least of all. */
static void add_numbers(struct bag *numbers, enum fact_kind kind, const struct predicate *const *predicates, size_t n)
{
	struct range domain = numbers_of(kind);
	add_number(numbers, domain, any_number(kind));
	for (size_t i = 0; i < n; i++)
		add_ends(numbers, predicates[i], domain);
	add_number(numbers, domain, domain.low);
}

static const struct predicate **predicates_of(const struct looking *l)
{
	const struct predicate **predicates = ARENA_TAKE(l->d->scratch, const struct predicate *, l->n);
	for (size_t i = 0; i < l->n; i++)
		predicates[i] = l->wants[i].predicate;
	return predicates;
}

static bool asks_for_parts(const struct looking *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->wants[i].predicate->part != PART_NONE)
			return true;
	}
	return false;
}

/* Every date and week that there can be is met within CALENDAR_ROUND_DAYS behind a place where a range begins; a year
 * before it stand days that read better than the first of all. */
static bool find_day(struct looking *l, int64_t begin, struct fact *ret_value)
{
	int64_t from = begin == ANY_DAY ? begin : begin - 366 > CALENDAR_DAY_MIN ? begin - 366 : CALENDAR_DAY_MIN;
	for (int64_t day = from; day <= CALENDAR_DAY_MAX && day < begin + CALENDAR_ROUND_DAYS; day++) {
		if (accept(l, (struct fact){.state = FACT_KNOWN, .number = day}, ret_value))
			return true;
	}
	return false;
}

static enum found find_number(struct looking *l, struct fact *ret_value)
{
	struct bag numbers = BAG(l->d->scratch, int64_t);
	add_numbers(&numbers, l->kind, predicates_of(l), l->n);
	bool parts = asks_for_parts(l);
	for (size_t i = 0; i < numbers.n; i++) {
		int64_t number = BAG_AT(&numbers, int64_t)[i];
		if (parts ? find_day(l, number, ret_value)
			  : accept(l, (struct fact){.state = FACT_KNOWN, .number = number}, ret_value))
			return FOUND_ONE;
	}
	return FOUND_NONE;
}

/* ---- addresses ---- */

/* The address behind this one's first `bits` bits; false when there is none. */
static bool address_behind(const struct fact_address *first, size_t bits, struct fact_address *ret_address)
{
	struct fact_address a = *first;
	for (size_t bit = bits; bit-- > 0;) {
		uint8_t one = (uint8_t)(1 << (7 - bit % 8));
		a.at[bit / 8] ^= one;
		if (a.at[bit / 8] & one) {
			*ret_address = a;
			return true;
		}
	}
	return false;
}

static void add_address(struct bag *addresses, const struct fact_address *address)
{
	*(struct fact_address *)bag_add(addresses) = *address;
}

/* Networks nest or are apart, so these are the ends of ranges as with numbers. */
static void add_nets(struct bag *addresses, const struct predicate *p)
{
	for (size_t i = 0; p->kind == PREDICATE_NET && i < p->n; i++) {
		struct fact_address address = {.n = p->nets[i].n}, behind;
		memcpy(address.at, p->nets[i].at, address.n);
		add_address(addresses, &address);
		if (address_behind(&address, p->nets[i].bits, &behind))
			add_address(addresses, &behind);
	}
}

static void add_first_addresses(struct bag *addresses)
{
	add_address(addresses, &(struct fact_address){.n = 4});
	add_address(addresses, &(struct fact_address){.n = 16});
}

static enum found find_address(struct looking *l, struct fact *ret_value)
{
	struct bag addresses = BAG(l->d->scratch, struct fact_address);
	for (size_t i = 0; i < l->n; i++)
		add_nets(&addresses, l->wants[i].predicate);
	add_first_addresses(&addresses);
	for (size_t i = 0; i < addresses.n; i++) {
		const struct fact_address *address = &BAG_AT(&addresses, struct fact_address)[i];
		if (accept(l, (struct fact){.state = FACT_KNOWN, .address = *address}, ret_value))
			return FOUND_ONE;
	}
	return FOUND_NONE;
}

/* ---- texts ---- */

static enum found find_text(struct looking *l, const struct fact *now, struct fact *ret_value)
{
	struct str hint = now->state == FACT_KNOWN ? now->text : (struct str){"", 0}, text;
	struct bag wants = BAG(l->d->scratch, struct want);
	for (size_t i = 0; i < l->n; i++) {
		if (l->wants[i].predicate->kind == PREDICATE_TEXT || l->wants[i].predicate->kind == PREDICATE_REGEX)
			*(struct want *)bag_add(&wants) = l->wants[i];
	}
	enum found found = domain_find_text(l->d, BAG_AT(&wants, struct want), wants.n, hint, &text);
	if (found != FOUND_ONE)
		return found;
	return accept(l, (struct fact){.state = FACT_KNOWN, .text = text}, ret_value) ? FOUND_ONE : FOUND_NONE;
}

/* A text for the i-th want, which none of those that must not hold hold of; for SIZE_MAX any text will do. */
static enum found find_member(struct looking *l, size_t want, struct str *ret_text)
{
	struct bag wants = BAG(l->d->scratch, struct want);
	for (size_t i = 0; i < l->n; i++) {
		const struct want *w = &l->wants[i];
		bool textual = w->predicate->kind == PREDICATE_TEXT || w->predicate->kind == PREDICATE_REGEX;
		if (textual && (i == want || !w->holds))
			*(struct want *)bag_add(&wants) = *w;
	}
	return domain_find_text(l->d, BAG_AT(&wants, struct want), wants.n, (struct str){"", 0}, ret_text);
}

/* A text for each predicate that must hold; one text may do for several. */
static enum found find_set(struct looking *l, struct fact *ret_value)
{
	struct bag texts = BAG(l->d->arena, struct str);
	struct fact set = {.state = FACT_KNOWN};
	bool filled = false;
	for (size_t i = 0; i < l->n; i++) {
		const struct want *w = &l->wants[i];
		filled = filled || (w->holds && w->predicate->kind == PREDICATE_FILLED);
		l->request[l->fact] = set;
		if (!w->holds || w->predicate->kind == PREDICATE_EXISTS || w->predicate->kind == PREDICATE_FILLED ||
		    match_predicate(w->predicate, l->request) == TRUTH_YES)
			continue;
		struct str text;
		enum found found = domain_has_room(l->d) ? find_member(l, i, &text) : FOUND_TOO_HARD;
		if (found != FOUND_ONE)
			return found;
		*(struct str *)bag_add(&texts) = text;
		set.texts.n = texts.n;
		set.texts.at = texts.at;
	}
	if (filled && set.texts.n == 0) {
		struct str text;
		enum found found = find_member(l, SIZE_MAX, &text);
		if (found != FOUND_ONE)
			return found;
		*(struct str *)bag_add(&texts) = text;
		set.texts.n = 1;
		set.texts.at = texts.at;
	}
	return accept(l, set, ret_value) ? FOUND_ONE : FOUND_NONE;
}

/* ---- the fact ---- */

static enum found find(struct looking *l, const struct fact *now, struct fact *ret_value)
{
	enum found found;
	if (accept(l, *now, ret_value))
		return FOUND_ONE;
	switch (l->kind) {
	case FACT_TEXT:
		found = find_text(l, now, ret_value);
		break;
	case FACT_TEXTS:
		found = find_set(l, ret_value);
		break;
	case FACT_ADDRESS:
		found = find_address(l, ret_value);
		break;
	default:
		found = find_number(l, ret_value);
	}
	bool absent = found == FOUND_NONE && accept(l, (struct fact){.state = FACT_ABSENT}, ret_value);
	return absent ? FOUND_ONE : found;
}

enum found domain_find(struct domain *d, size_t fact, const struct want *wants, size_t n, const struct fact *now,
		       struct fact *ret_value)
{
	struct looking l = {.d = d, .kind = d->vocabulary->facts[fact].kind, .fact = fact, .wants = wants, .n = n};
	size_t used = d->scratch->used;
	if (n > DOMAIN_WANTS_MAX || d->scratch->size - used < DOMAIN_SCRATCH_BYTES || !domain_has_room(d))
		return FOUND_TOO_HARD;
	enum found found = find(&l, now, ret_value);
	d->scratch->used = used;
	return found;
}

/* ---- all ways ---- */

static void add_known(struct bag *values, struct fact value)
{
	value.state = FACT_KNOWN;
	*(struct fact *)bag_add(values) = value;
}

static void list_numbers(struct domain *d, enum fact_kind kind, const struct predicate *const *predicates, size_t n,
			 size_t times, struct bag *values)
{
	struct bag numbers = BAG(d->scratch, int64_t);
	struct range domain = numbers_of(kind);
	add_numbers(&numbers, kind, predicates, n);
	int64_t *at = BAG_AT(&numbers, int64_t);
	qsort(at, numbers.n, sizeof *at, compare_numbers);
	d->work += numbers.n;
	for (size_t i = 0; i < numbers.n; i++) {
		int64_t next = i + 1 < numbers.n ? at[i + 1] : domain.high;
		if (i > 0 && at[i] == at[i - 1])
			continue;
		add_known(values, (struct fact){.number = at[i]});
		for (size_t k = 1; k < times && at[i] < next - (int64_t)k; k++)
			add_known(values, (struct fact){.number = at[i] + (int64_t)k});
	}
}

static void list_addresses(struct domain *d, const struct predicate *const *predicates, size_t n, size_t times,
			   struct bag *values)
{
	struct bag addresses = BAG(d->scratch, struct fact_address);
	for (size_t i = 0; i < n; i++)
		add_nets(&addresses, predicates[i]);
	add_first_addresses(&addresses);
	d->work += addresses.n;
	for (size_t i = 0; i < addresses.n; i++) {
		struct fact_address address = BAG_AT(&addresses, struct fact_address)[i];
		bool more = true;
		for (size_t k = 0; more && k < times; k++) {
			add_known(values, (struct fact){.address = address});
			more = address_behind(&address, (size_t)address.n * 8, &address);
		}
	}
}

bool domain_list(struct domain *d, enum fact_kind kind, const struct predicate *const *predicates, size_t n,
		 size_t times, bool by_case, struct bag *values)
{
	size_t used = d->scratch->used;
	bool known = true;
	ASSERT(kind != FACT_TEXTS);
	if (d->scratch->size - used < DOMAIN_SCRATCH_BYTES || !domain_has_room(d))
		return false;
	if (kind == FACT_TEXT)
		known = domain_list_texts(d, predicates, n, times, by_case, values);
	else if (kind == FACT_ADDRESS)
		list_addresses(d, predicates, n, times, values);
	else
		list_numbers(d, kind, predicates, n, times, values);
	*(struct fact *)bag_add(values) = (struct fact){.state = FACT_ABSENT};
	d->scratch->used = used;
	return known;
}
