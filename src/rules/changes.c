#include "rules/changes.h"
#include "rules/compiled.h"

enum { TEXTS_MAX = 64 }; /* of a set that is changed */

struct trying {
	const struct rulebook *rulebook;
	const struct fact *request;
	struct changes *changes;
	enum outcome outcome; /* that is to be another one */
	uint32_t changeable;
	size_t decisions;
	struct fact facts[FACTS_MAX]; /* the request as it is tried */
	struct str texts[CHANGES_FACTS_MAX][TEXTS_MAX + 1];
	size_t n_options[FACTS_MAX]; /* 0: not listed yet */
	struct change options[FACTS_MAX][CHANGES_OPTIONS_MAX];
};

static enum fact_kind kind_of(const struct trying *t, size_t fact)
{
	return t->rulebook->vocabulary->facts[fact].kind;
}

/* ---- what may be tried ---- */

static bool is_number(enum fact_kind kind)
{
	return kind == FACT_NUMBER || kind == FACT_TIME || kind == FACT_DATE || kind == FACT_BOOL;
}

static bool are_same(enum fact_kind kind, const struct fact *a, const struct fact *b)
{
	if (a->state != b->state || a->state != FACT_KNOWN)
		return a->state == b->state;
	if (is_number(kind))
		return a->number == b->number;
	if (kind == FACT_ADDRESS)
		return a->address.n == b->address.n && memcmp(a->address.at, b->address.at, a->address.n) == 0;
	return str_eq(a->text, b->text);
}

static void add_option(struct trying *t, size_t fact, enum change_how how, struct fact value)
{
	for (size_t i = 0; i < t->n_options[fact]; i++) {
		const struct change *option = &t->options[fact][i];
		if (option->how == how && are_same(kind_of(t, fact), &option->value, &value))
			return;
	}
	if (t->n_options[fact] == CHANGES_OPTIONS_MAX) {
		t->changes->gave_up = true;
		return;
	}
	t->options[fact][t->n_options[fact]++] = (struct change){(uint8_t)fact, how, value};
}

static bool holds_text(const struct fact *set, struct str text)
{
	for (size_t i = 0; set->state == FACT_KNOWN && i < set->texts.n; i++) {
		if (str_eq(set->texts.at[i], text))
			return true;
	}
	return false;
}

static void list_set(struct trying *t, size_t fact, const struct options *options)
{
	const struct fact *now = &t->request[fact];
	if (now->state == FACT_KNOWN && now->texts.n >= TEXTS_MAX) {
		t->changes->gave_up = true;
		return;
	}
	for (size_t i = 0; i < options->n; i++) {
		const struct fact *value = &options->values[i];
		if (value->state == FACT_KNOWN && !holds_text(now, value->text))
			add_option(t, fact, CHANGE_ADD, *value);
	}
	for (size_t i = 0; now->state == FACT_KNOWN && i < now->texts.n; i++)
		add_option(t, fact, CHANGE_REMOVE, (struct fact){.state = FACT_KNOWN, .text = now->texts.at[i]});
	if (now->state != FACT_ABSENT)
		add_option(t, fact, CHANGE_TO_NOTHING, (struct fact){.state = FACT_ABSENT});
}

/* Whether rules compare the one with the other; by_parts gets true where they look for the one text in the other. */
static bool are_compared(const struct trying *t, size_t fact, size_t other, bool *by_parts)
{
	bool found = false;
	for (size_t k = 0; k < t->rulebook->n_predicates; k++) {
		const struct predicate *p = t->rulebook->predicates[k];
		for (size_t i = 0; p->kind == PREDICATE_FACT && i < p->n; i++) {
			size_t one = p->others[i].fact;
			if ((p->fact != fact || one != other) && (p->fact != other || one != fact))
				continue;
			found = true;
			*by_parts = *by_parts || (p->compare >= COMPARE_STARTS && p->compare <= COMPARE_CONTAINS);
		}
	}
	return found;
}

/* What the other fact is, or may be changed to, is a value to try, and so are the numbers beside it. */
static void add_compared(struct trying *t, size_t fact, size_t other, const struct fact *value)
{
	enum fact_kind kind = kind_of(t, other);
	bool is_set = kind_of(t, fact) == FACT_TEXTS;
	for (int64_t more = -1; is_number(kind) && more <= 1; more++) {
		struct range all = numbers_of(kind_of(t, fact));
		struct fact beside = {.state = FACT_KNOWN};
		if (!__builtin_add_overflow(value->number, more, &beside.number) && beside.number >= all.low &&
		    beside.number <= all.high)
			add_option(t, fact, CHANGE_TO, beside);
	}
	if (kind == FACT_TEXT || kind == FACT_ADDRESS)
		add_option(t, fact, is_set ? CHANGE_ADD : CHANGE_TO, *value);
}

static void list_compared_with(struct trying *t, size_t fact, size_t other)
{
	const struct fact *now = &t->request[other];
	const struct options *options = &t->rulebook->options[other];
	struct fact text = {.state = FACT_KNOWN};
	bool is_set = kind_of(t, other) == FACT_TEXTS;
	for (size_t i = 0; is_set && now->state == FACT_KNOWN && i < now->texts.n; i++) {
		text.text = now->texts.at[i];
		add_option(t, fact, CHANGE_TO, text);
	}
	if (!is_set && now->state == FACT_KNOWN)
		add_compared(t, fact, other, now);
	for (size_t i = 0; !is_set && i < options->n; i++) {
		if (options->values[i].state == FACT_KNOWN)
			add_compared(t, fact, other, &options->values[i]);
	}
}

/* Two facts that are compared may both change. Where there is a third, or one text is a part of the other, there may be
 * other values that would do. */
static void list_compared(struct trying *t, size_t fact)
{
	size_t n = 0;
	bool by_parts = false;
	for (size_t other = 0; other < t->rulebook->vocabulary->n; other++) {
		if (other == fact || !are_compared(t, fact, other, &by_parts))
			continue;
		n++;
		list_compared_with(t, fact, other);
		for (size_t third = 0; third < t->rulebook->vocabulary->n; third++)
			n += third != fact && third != other && are_compared(t, other, third, &by_parts);
	}
	t->changes->gave_up = t->changes->gave_up || by_parts || n > 1;
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* The nearest numbers first. Each moves before those that are farther away. */
static void sort_by_distance(struct trying *t, size_t fact)
{
	struct change *at = t->options[fact];
	const struct fact *request = &t->request[fact];
	int64_t now = request->state == FACT_KNOWN ? request->number : any_number(kind_of(t, fact));
	for (size_t i = 1; i < t->n_options[fact]; i++) {
		struct change one = at[i];
		size_t k = i;
		for (; k > 0 && one.how == CHANGE_TO &&
		       (at[k - 1].how != CHANGE_TO ||
			distance(at[k - 1].value.number, now) > distance(one.value.number, now));
		     k--)
			at[k] = at[k - 1];
		at[k] = one;
	}
}

static void list_options(struct trying *t, size_t fact)
{
	const struct options *options = &t->rulebook->options[fact];
	enum fact_kind kind = kind_of(t, fact);
	t->changes->gave_up = t->changes->gave_up || options->partial;
	if (kind == FACT_TEXTS)
		list_set(t, fact, options);
	for (size_t i = 0; kind != FACT_TEXTS && i < options->n; i++) {
		bool absent = options->values[i].state == FACT_ABSENT;
		if (!absent || t->request[fact].state != FACT_ABSENT)
			add_option(t, fact, absent ? CHANGE_TO_NOTHING : CHANGE_TO, options->values[i]);
	}
	list_compared(t, fact);
	if (is_number(kind))
		sort_by_distance(t, fact);
}

/* ---- trying it ---- */

static void apply(struct trying *t, const struct change *change, size_t level)
{
	const struct fact *now = &t->request[change->fact];
	struct fact *fact = &t->facts[change->fact];
	*fact = change->value;
	if (change->how != CHANGE_ADD && change->how != CHANGE_REMOVE)
		return;
	size_t n = 0;
	for (size_t i = 0; now->state == FACT_KNOWN && i < now->texts.n; i++) {
		if (change->how != CHANGE_REMOVE || !str_eq(now->texts.at[i], change->value.text))
			t->texts[level][n++] = now->texts.at[i];
	}
	if (change->how == CHANGE_ADD)
		t->texts[level][n++] = change->value.text;
	fact->state = FACT_KNOWN;
	fact->texts.n = n;
	fact->texts.at = t->texts[level];
}

/* Whether the outcome is, or with the facts that are unknown could become, another one. */
static bool may_differ(struct trying *t, bool known)
{
	struct answer answer;
	t->decisions++;
	rulebook_decide(t->rulebook, t->facts, &answer);
	if (known || t->outcome == OUTCOME_PERMIT)
		return answer.outcome != t->outcome;
	return answer.outcome != t->outcome || answer.unknown_count > 0;
}

/* Values for the set's facts from the level on; what is not set yet is unknown. */
static bool find_values(struct trying *t, struct change_set *set, size_t level)
{
	ASSERT(level < set->n && set->n <= CHANGES_FACTS_MAX);
	for (size_t i = 0; i < t->n_options[set->at[level].fact]; i++) {
		struct change *change = &set->at[level];
		*change = t->options[change->fact][i];
		if (t->decisions >= CHANGES_DECISIONS_MAX) {
			t->changes->gave_up = true;
			break;
		}
		apply(t, change, level);
		bool last = level + 1 == set->n;
		if (may_differ(t, last) && (last || find_values(t, set, level + 1)))
			return true;
	}
	t->facts[set->at[level].fact] = (struct fact){.state = FACT_UNKNOWN};
	return false;
}

static bool has_smaller(const struct trying *t, uint32_t facts)
{
	for (size_t i = 0; i < t->changes->n; i++) {
		uint32_t found = 0;
		for (size_t k = 0; k < t->changes->sets[i].n; k++)
			found |= UINT32_C(1) << t->changes->sets[i].at[k].fact;
		if ((found & facts) == found)
			return true;
	}
	return false;
}

static void try_set(struct trying *t, uint32_t facts)
{
	struct change_set set = {0};
	if (has_smaller(t, facts))
		return;
	memcpy(t->facts, t->request, t->rulebook->vocabulary->n * sizeof t->facts[0]);
	for (uint32_t left = facts; left && set.n < CHANGES_FACTS_MAX; left &= left - 1) {
		size_t fact = (size_t)__builtin_ctz(left);
		t->facts[fact] = (struct fact){.state = FACT_UNKNOWN};
		set.at[set.n++].fact = (uint8_t)fact;
	}
	if (!may_differ(t, false))
		return;
	for (size_t i = 0; i < set.n; i++) {
		if (t->n_options[set.at[i].fact] == 0)
			list_options(t, set.at[i].fact);
	}
	if (find_values(t, &set, 0))
		t->changes->sets[t->changes->n++] = set;
}

/* All sets of so many facts, of those from `from` on with `facts`. */
static void try_sets(struct trying *t, size_t size, uint32_t facts, size_t from)
{
	if (size == 0) {
		try_set(t, facts);
		return;
	}
	for (size_t fact = from; fact < t->rulebook->vocabulary->n; fact++) {
		if (t->changes->n == CHANGES_MAX)
			return;
		if (t->decisions >= CHANGES_DECISIONS_MAX) {
			t->changes->gave_up = true;
			return;
		}
		if (t->changeable >> fact & 1)
			try_sets(t, size - 1, facts | UINT32_C(1) << fact, fact + 1);
	}
}

void rulebook_changes(const struct rulebook *rulebook, const struct fact *request, uint32_t fixed,
		      struct changes *ret_changes)
{
	struct trying t;
	struct answer answer;
	uint32_t looked_at = 0;
	*ret_changes = (struct changes){0};
	rulebook_decide(rulebook, request, &answer);
	for (size_t i = 0; i < rulebook->n; i++)
		looked_at |= rulebook->rules[i].facts;
	t.rulebook = rulebook;
	t.request = request;
	t.changes = ret_changes;
	t.outcome = answer.outcome;
	t.changeable = looked_at & ~fixed;
	t.decisions = 0;
	memset(t.n_options, 0, sizeof t.n_options);
	for (size_t size = 1; size <= CHANGES_FACTS_MAX && ret_changes->n < CHANGES_MAX; size++)
		try_sets(&t, size, 0, 0);
	/* There is nothing smaller than one fact, and no more than enough. */
	if (ret_changes->n == CHANGES_MAX && ret_changes->sets[CHANGES_MAX - 1].n == 1)
		ret_changes->gave_up = false;
}
