#include "rules/judged.h"
#include "rules/match.h"

enum {
	STATES_MAX = 4096, /* of the automaton */
	STATE_WORDS_MAX = 64,
	SYMBOLS_MAX = 256, /* different characters that matter in one state */
	TABLE_SLOTS = 4 * STATES_MAX,
};

struct exact {
	struct str text;
	uint64_t judgement;
};

/* One pattern with wild characters. Its positions are bits from `base` on, one for each byte and one for the end. */
struct walker {
	struct str pattern;
	size_t predicate, base;
};

/* Where all patterns are after one text. Exact texts that begin with it are [low, high) of their sorted list. The
 * first bits are predicates that hold whatever follows: the positions of their patterns are forgotten. */
struct state {
	uint64_t *bits;
	size_t low, high, length;
	struct state *parent;
	struct str symbol; /* the character that led here */
};

struct automaton {
	const struct predicate *const *predicates;
	size_t n;
	struct arena *arena;
	size_t n_exacts, n_walkers, words;
	struct exact *exacts;
	struct walker *walkers;
	struct state **states;
	size_t n_states;
	uint16_t *table; /* of states by their hash; 0 is free, else the number of the state */
	struct judged *judged;
	size_t *work;
};

/* ---- judgements ---- */

size_t judged_find(const uint64_t *judgements, size_t n, uint64_t judgement)
{
	size_t i = 0;
	while (i < n && judgements[i] != judgement)
		i++;
	return i;
}

size_t judged_max(size_t n)
{
	return n < 12 ? (size_t)1 << n : CLASSES_MAX;
}

static bool judge(struct judged *j, uint64_t judgement, struct str text)
{
	if (judged_find(j->judgements, j->n, judgement) < j->n)
		return true;
	if (j->n == CLASSES_MAX)
		return false;
	j->judgements[j->n] = judgement;
	j->texts[j->n++] = text;
	return true;
}

/* ---- exact texts ---- */

static int compare_exacts(const void *a, const void *b)
{
	return str_compare(((const struct exact *)a)->text, ((const struct exact *)b)->text);
}

static void merge_exacts(struct automaton *a)
{
	size_t n = 0;
	qsort(a->exacts, a->n_exacts, sizeof *a->exacts, compare_exacts);
	for (size_t i = 0; i < a->n_exacts; i++) {
		if (n > 0 && str_eq(a->exacts[n - 1].text, a->exacts[i].text))
			a->exacts[n - 1].judgement |= a->exacts[i].judgement;
		else
			a->exacts[n++] = a->exacts[i];
	}
	a->n_exacts = n;
}

static void collect(struct automaton *a)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n; i++)
		n += a->predicates[i]->n;
	a->exacts = ARENA_TAKE(a->arena, struct exact, n);
	a->walkers = ARENA_TAKE(a->arena, struct walker, n);
	size_t base = a->n;
	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < a->predicates[i]->n; k++) {
			const struct pattern *p = &a->predicates[i]->patterns[k];
			if (!p->wild) {
				a->exacts[a->n_exacts++] = (struct exact){p->text, UINT64_C(1) << i};
				continue;
			}
			a->walkers[a->n_walkers++] = (struct walker){p->text, i, base};
			base += p->text.len + 1;
		}
	}
	a->words = base / 64 + 1;
	*a->work += n;
	merge_exacts(a);
}

static bool judge_exacts(struct automaton *a)
{
	*a->work += a->n_exacts * a->n_walkers;
	for (size_t i = 0; i < a->n_exacts; i++) {
		uint64_t judgement = a->exacts[i].judgement;
		for (size_t k = 0; k < a->n_walkers; k++) {
			const struct pattern pattern = {a->walkers[k].pattern, true};
			if (match_pattern(&pattern, a->exacts[i].text))
				judgement |= UINT64_C(1) << a->walkers[k].predicate;
		}
		if (!judge(a->judged, judgement, a->exacts[i].text))
			return false;
	}
	return true;
}

/* Longer than every exact text. */
static bool judge_other(struct automaton *a)
{
	size_t longest = 0;
	for (size_t i = 0; i < a->n_exacts; i++)
		longest = a->exacts[i].text.len > longest ? a->exacts[i].text.len : longest;
	char *text = ARENA_TAKE(a->arena, char, longest + 1);
	memset(text, 'x', longest + 1);
	return judge(a->judged, 0, (struct str){text, longest + 1});
}

/* ---- states ---- */

static bool bit_is(const uint64_t *bits, size_t bit)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

static void bit_set(uint64_t *bits, size_t bit)
{
	bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static void bit_clear(uint64_t *bits, size_t bit)
{
	bits[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static size_t character_length(struct str text, size_t i)
{
	size_t end = i + 1;
	while (end < text.len && ((uint8_t)text.at[end] & 0xC0) == 0x80)
		end++;
	return end - i;
}

/* A run may be empty; and what stands before a run that is reached can do nothing that the run cannot. */
static void settle(const struct walker *w, uint64_t *bits)
{
	size_t last = 0;
	bool reached = false;
	for (size_t i = 0; i < w->pattern.len; i++) {
		if (w->pattern.at[i] != PATTERN_RUN || !bit_is(bits, w->base + i))
			continue;
		bit_set(bits, w->base + i + 1);
		last = i;
		reached = true;
	}
	for (size_t i = 0; reached && i < last; i++)
		bit_clear(bits, w->base + i);
}

static bool ends_in_run(const struct walker *w, const uint64_t *bits)
{
	return w->pattern.len > 0 && w->pattern.at[w->pattern.len - 1] == PATTERN_RUN &&
	       bit_is(bits, w->base + w->pattern.len - 1);
}

/* Predicates that hold from here on whatever follows are noted, and their patterns forgotten. */
static void settle_all(const struct automaton *a, uint64_t *bits)
{
	for (size_t k = 0; k < a->n_walkers; k++) {
		settle(&a->walkers[k], bits);
		if (ends_in_run(&a->walkers[k], bits))
			bit_set(bits, a->walkers[k].predicate);
	}
	for (size_t k = 0; k < a->n_walkers; k++) {
		const struct walker *w = &a->walkers[k];
		for (size_t i = 0; bit_is(bits, w->predicate) && i <= w->pattern.len; i++)
			bit_clear(bits, w->base + i);
	}
}

static void step_walker(const struct walker *w, const uint64_t *from, struct str symbol, uint64_t *to)
{
	for (size_t i = 0; i < w->pattern.len; i++) {
		if (!bit_is(from, w->base + i))
			continue;
		struct str rest = {w->pattern.at + i, w->pattern.len - i};
		if (rest.at[0] == PATTERN_RUN)
			bit_set(to, w->base + i);
		else if (rest.at[0] == PATTERN_ONE)
			bit_set(to, w->base + i + 1);
		else if (str_starts(rest, symbol))
			bit_set(to, w->base + i + symbol.len);
	}
}

/* The exact texts that go on with the symbol. */
static void step_exacts(const struct automaton *a, const struct state *from, struct state *to)
{
	to->low = from->high;
	to->high = from->low;
	for (size_t i = from->low; i < from->high; i++) {
		struct str text = a->exacts[i].text;
		struct str rest = {text.at + from->length, text.len - from->length};
		if (rest.len == 0 || !str_starts(rest, to->symbol))
			continue;
		to->low = i < to->low ? i : to->low;
		to->high = i + 1;
	}
	to->length = from->length + to->symbol.len;
	if (to->low >= to->high)
		to->low = to->high = to->length = 0;
}

static uint64_t state_hash(const struct automaton *a, const struct state *s)
{
	uint64_t hash = str_hash((struct str){(const char *)s->bits, a->words * sizeof *s->bits});
	return (hash ^ s->low ^ s->high << 20 ^ s->length << 40) * 0x9e3779b97f4a7c15u;
}

static bool same_state(const struct automaton *a, const struct state *x, const struct state *y)
{
	return x->low == y->low && x->high == y->high && x->length == y->length &&
	       memcmp(x->bits, y->bits, a->words * sizeof *x->bits) == 0;
}

/* Keeps a state that is new. False when there are too many. */
static bool keep_state(struct automaton *a, const struct state *made)
{
	size_t i = state_hash(a, made) >> 40;
	for (;; i++) {
		uint16_t number = a->table[i % TABLE_SLOTS];
		if (number == 0)
			break;
		if (same_state(a, a->states[number - 1], made))
			return true;
	}
	if (a->n_states == STATES_MAX)
		return false;
	struct state *kept = ARENA_TAKE(a->arena, struct state, 1);
	a->states[a->n_states++] = kept;
	*kept = *made;
	kept->bits = ARENA_TAKE(a->arena, uint64_t, a->words);
	memcpy(kept->bits, made->bits, a->words * sizeof *kept->bits);
	a->table[i % TABLE_SLOTS] = (uint16_t)a->n_states;
	return true;
}

/* ---- symbols: the characters that lead on from a state, and one that stands for all others ---- */

struct symbols {
	size_t n;
	struct str at[SYMBOLS_MAX + 1];
	char other[4];
};

static bool has_symbol(const struct symbols *s, struct str symbol)
{
	for (size_t i = 0; i < s->n; i++) {
		if (str_eq(s->at[i], symbol))
			return true;
	}
	return false;
}

static bool add_symbol(struct symbols *s, struct str symbol)
{
	if (has_symbol(s, symbol))
		return true;
	if (s->n == SYMBOLS_MAX)
		return false;
	s->at[s->n++] = symbol;
	return true;
}

static bool walker_symbols(const struct walker *w, const uint64_t *bits, struct symbols *s)
{
	bool room = true;
	for (size_t i = 0; room && i < w->pattern.len; i++) {
		char c = w->pattern.at[i];
		if (bit_is(bits, w->base + i) && c != PATTERN_RUN && c != PATTERN_ONE)
			room = add_symbol(s, (struct str){w->pattern.at + i, character_length(w->pattern, i)});
	}
	return room;
}

static bool exact_symbols(const struct automaton *a, const struct state *from, struct symbols *s)
{
	bool room = true;
	for (size_t i = from->low; room && i < from->high; i++) {
		struct str text = a->exacts[i].text;
		if (text.len > from->length)
			room =
			    add_symbol(s, (struct str){text.at + from->length, character_length(text, from->length)});
	}
	*a->work += from->high - from->low;
	return room;
}

/* A letter that is none of the symbols; where all are, a Chinese character that is none. */
static void add_other(struct symbols *s)
{
	for (unsigned i = 0;; i++) {
		unsigned c = i < 26 ? 'a' + i : 0x4E00 + i;
		size_t n = i < 26 ? 1 : 3;
		if (n == 1)
			s->other[0] = (char)c;
		else
			memcpy(
			    s->other,
			    (char[]){(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3F)), (char)(0x80 | (c & 0x3F))},
			    3);
		struct str symbol = {s->other, n};
		if (has_symbol(s, symbol))
			continue;
		s->at[s->n++] = symbol;
		return;
	}
}

/* ---- the walk ---- */

static struct str text_of(struct arena *arena, const struct state *state)
{
	size_t len = 0;
	for (const struct state *s = state; s->parent; s = s->parent)
		len += s->symbol.len;
	char *text = ARENA_TAKE(arena, char, len + 1);
	size_t at = len;
	for (const struct state *s = state; s->parent; s = s->parent) {
		at -= s->symbol.len;
		memcpy(text + at, s->symbol.at, s->symbol.len);
	}
	return (struct str){text, len};
}

static bool judge_state(struct automaton *a, const struct state *s)
{
	uint64_t judgement = s->bits[0] & (a->n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << a->n) - 1);
	bool is_exact = s->low < s->high && a->exacts[s->low].text.len == s->length;
	for (size_t k = 0; k < a->n_walkers; k++) {
		if (bit_is(s->bits, a->walkers[k].base + a->walkers[k].pattern.len))
			judgement |= UINT64_C(1) << a->walkers[k].predicate;
	}
	return is_exact || judged_find(a->judged->judgements, a->judged->n, judgement) < a->judged->n ||
	       judge(a->judged, judgement, text_of(a->arena, s));
}

static bool walk_from(struct automaton *a, struct state *from)
{
	struct symbols symbols = {0};
	for (size_t k = 0; k < a->n_walkers; k++) {
		if (!walker_symbols(&a->walkers[k], from->bits, &symbols))
			return false;
	}
	if (!exact_symbols(a, from, &symbols))
		return false;
	add_other(&symbols);
	for (size_t i = 0; i < symbols.n; i++) {
		uint64_t bits[STATE_WORDS_MAX] = {0};
		struct state to = {.bits = bits, .parent = from, .symbol = symbols.at[i]};
		if (to.symbol.at == symbols.other)
			to.symbol = arena_str(a->arena, to.symbol);
		for (size_t p = 0; p < a->n; p++) {
			if (bit_is(from->bits, p))
				bit_set(bits, p);
		}
		for (size_t k = 0; k < a->n_walkers; k++)
			step_walker(&a->walkers[k], from->bits, to.symbol, bits);
		step_exacts(a, from, &to);
		settle_all(a, bits);
		*a->work += 1 + a->words + (from->high - from->low) / 8;
		if (!keep_state(a, &to))
			return false;
	}
	return true;
}

static bool walk(struct automaton *a)
{
	uint64_t bits[STATE_WORDS_MAX] = {0};
	struct state begin = {.bits = bits, .high = a->n_exacts};
	if (a->words > STATE_WORDS_MAX)
		return false;
	a->states = ARENA_TAKE(a->arena, struct state *, STATES_MAX);
	a->table = ARENA_TAKE(a->arena, uint16_t, TABLE_SLOTS);
	for (size_t k = 0; k < a->n_walkers; k++)
		bit_set(bits, a->walkers[k].base);
	settle_all(a, bits);
	keep_state(a, &begin);
	for (size_t i = 0; i < a->n_states; i++) {
		if (!judge_state(a, a->states[i]))
			return false;
		if (a->judged->n == judged_max(a->n))
			return a->n <= 12; /* every one there can be, or too many */
		if (!walk_from(a, a->states[i]))
			return false;
	}
	return true;
}

static bool judge_texts(struct automaton *a)
{
	collect(a);
	if (!judge_exacts(a))
		return false;
	return a->n_walkers == 0 ? judge_other(a) : walk(a);
}

bool judged_texts(const struct predicate *const *predicates, size_t n, struct arena *arena, struct judged *ret_judged,
		  size_t *work)
{
	*ret_judged = (struct judged){.judgements = ARENA_TAKE(arena, uint64_t, judged_max(n)),
				      .texts = ARENA_TAKE(arena, struct str, judged_max(n))};
	struct automaton a = {.predicates = predicates, .n = n, .arena = arena, .judged = ret_judged, .work = work};
	return judge_texts(&a);
}
