#include "rules/texts.h"

enum {
	STATE_WORDS_MAX = TEXTS_STEPS_MAX / 64,
	SYMBOLS_MAX = 512, /* different characters that matter in one state */
	TABLE_SLOTS = 4 * TEXTS_STATES_MAX,
	CHARACTER_BYTES_MAX = 4,
};

/* What stands before a place, as far as places can tell. */
enum before {
	BEFORE_NOTHING, /* it is the beginning; also, where no program asks for places, everything else */
	BEFORE_NEWLINE,
	BEFORE_WORD,
	BEFORE_OTHER,
};

/* Where all programs are after one text: the steps that wait for a character, a place or the end. `settled` are
 * predicates that hold whatever follows; their programs are left. */
struct state {
	uint64_t *waiting;
	uint64_t settled[TEXTS_JUDGEMENT_WORDS];
	enum before before;
	uint32_t times;
	uint32_t character; /* that led here, from `parent` */
	const struct state *parent;
};

struct walker {
	struct texts *texts;
	struct arena *arena;
	size_t n_steps, words;
	struct step *steps;	/* of all programs */
	uint16_t *predicate_of; /* of each step */
	bool places;		/* some step asks for one */
	struct state **states;
	size_t n_states;
	uint32_t *table; /* of states by their hash; 0 is free, else the number of the state and 1 */
};

static bool bit_is(const uint64_t *bits, size_t bit)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

static void bit_set(uint64_t *bits, size_t bit)
{
	bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* ---- the programs ---- */

static bool add_program(struct walker *w, const struct program *program, size_t predicate)
{
	if (program->n > TEXTS_STEPS_MAX - w->n_steps)
		return false;
	for (size_t i = 0; i < program->n; i++) {
		w->steps[w->n_steps] = program->steps[i];
		w->predicate_of[w->n_steps++] = (uint16_t)predicate;
		w->places = w->places || program->steps[i].kind == STEP_PLACE;
	}
	return true;
}

static bool add_predicate(struct walker *w, size_t i, uint64_t *first_steps)
{
	const struct predicate *p = w->texts->predicates[i];
	struct program program;
	size_t byte;
	for (size_t k = 0; k < p->n; k++) {
		bool told = p->kind == PREDICATE_TEXT ? program_of_pattern(&p->patterns[k], w->arena, &program)
						      : !program_of_regex(&p->regexes[k], w->arena, &program, &byte);
		if (w->n_steps < TEXTS_STEPS_MAX)
			bit_set(first_steps, w->n_steps);
		if (!told || !add_program(w, &program, i))
			return false;
	}
	return true;
}

/* ---- steps that take no character ---- */

/* Between which characters a place is; next is 0 at the end. */
struct between {
	enum before before;
	uint32_t next;
	bool known; /* else no place is passed yet, or, where `all`, each */
	bool all;
};

static bool is_right(enum place place, const struct between *at)
{
	bool end = at->next == 0;
	bool edge = (at->before == BEFORE_WORD) != (!end && is_word_character(at->next));
	switch (place) {
	case PLACE_BEGIN:
		return at->before == BEFORE_NOTHING;
	case PLACE_END:
		return end;
	case PLACE_LINE_BEGIN:
		return at->before == BEFORE_NOTHING || (at->before == BEFORE_NEWLINE && !end);
	case PLACE_LINE_END:
		return end || at->next == '\n';
	case PLACE_WORD_EDGE:
		return edge;
	case PLACE_NO_WORD_EDGE:
		return !edge;
	}
	WRONG("a place that is none");
}

/* Where one stands after the text so far: `waiting` gets the steps that take a character, are places not passed, or
 * the end. `seen` keeps loops from going round. */
struct standing {
	uint64_t waiting[STATE_WORDS_MAX], seen[STATE_WORDS_MAX];
	uint64_t settled[TEXTS_JUDGEMENT_WORDS];
};

static void stand(const struct walker *w, struct standing *s, size_t first, const struct between *at)
{
	uint16_t stack[2 * STATE_WORDS_MAX * 64];
	size_t n = 0;
	stack[n++] = (uint16_t)first;
	while (n > 0) {
		size_t i = stack[--n];
		const struct step *step = &w->steps[i];
		if (bit_is(s->seen, i))
			continue;
		bit_set(s->seen, i);
		w->texts->work++;
		if (step->kind == STEP_WHATEVER)
			bit_set(s->settled, w->predicate_of[i]);
		else if (step->kind == STEP_SPLIT || step->kind == STEP_GO)
			stack[n++] = (uint16_t)((int)i + step->to);
		else
			bit_set(s->waiting, i);
		if (step->kind == STEP_SPLIT ||
		    (step->kind == STEP_PLACE && (at->all || (at->known && is_right(step->place, at)))))
			stack[n++] = (uint16_t)(i + 1);
	}
}

/* The same for all steps of a set. */
static void stand_on(const struct walker *w, struct standing *s, const uint64_t *steps, const struct between *at)
{
	for (size_t word = 0; word < w->words; word++) {
		for (uint64_t left = steps[word]; left; left &= left - 1)
			stand(w, s, word * 64 + (size_t)__builtin_ctzll(left), at);
	}
}

static void clear(const struct walker *w, struct standing *s)
{
	memset(s->waiting, 0, w->words * sizeof s->waiting[0]);
	memset(s->seen, 0, w->words * sizeof s->seen[0]);
	memset(s->settled, 0, sizeof s->settled);
}

/* ---- states ---- */

static uint64_t state_hash(const struct walker *w, const struct state *s)
{
	uint64_t hash = str_hash((struct str){(const char *)s->waiting, w->words * sizeof *s->waiting}) + s->before;
	for (size_t i = 0; i < TEXTS_JUDGEMENT_WORDS; i++)
		hash = (hash ^ s->settled[i]) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static bool same_state(const struct walker *w, const struct state *a, const struct state *b)
{
	return a->before == b->before && memcmp(a->settled, b->settled, sizeof a->settled) == 0 &&
	       memcmp(a->waiting, b->waiting, w->words * sizeof *a->waiting) == 0;
}

/* The programs of what is settled have nothing more to say. */
static void forget_settled(const struct walker *w, struct state *s)
{
	for (size_t word = 0; word < w->words; word++) {
		for (uint64_t left = s->waiting[word]; left; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			if (bit_is(s->settled, w->predicate_of[i]))
				s->waiting[word] &= ~(left & -left);
		}
	}
}

/* Keeps a state that is new, or not come to often enough yet. False when there are too many. */
static bool keep_state(struct walker *w, struct state *made)
{
	forget_settled(w, made);
	size_t i = state_hash(w, made) & (TABLE_SLOTS - 1);
	struct state *found = NULL;
	for (; w->table[i] && !found; i = (i + 1) & (TABLE_SLOTS - 1)) {
		if (same_state(w, w->states[w->table[i] - 1], made))
			found = w->states[w->table[i] - 1];
	}
	if (found && found->times == w->texts->times)
		return true;
	if (w->n_states == TEXTS_STATES_MAX || w->arena->size - w->arena->used < TEXTS_BYTES_MAX / 64)
		return false;
	struct state *kept = ARENA_TAKE(w->arena, struct state, 1);
	*kept = *made;
	kept->times = 1;
	w->states[w->n_states++] = kept;
	if (found) {
		found->times++;
		kept->waiting = found->waiting;
		return true;
	}
	kept->waiting = ARENA_TAKE(w->arena, uint64_t, w->words);
	memcpy(kept->waiting, made->waiting, w->words * sizeof *kept->waiting);
	w->table[i] = (uint32_t)w->n_states;
	return true;
}

/* ---- symbols: characters, one for each way in which the waiting steps can take one ---- */

struct symbols {
	size_t n;
	uint32_t at[SYMBOLS_MAX + 1];
};

static bool add_point(struct symbols *s, uint32_t c)
{
	if (c >= 0xD800 && c <= 0xDFFF)
		c = 0xE000;
	if (c > CHARACTER_MAX)
		return true;
	size_t i = 0;
	while (i < s->n && s->at[i] < c)
		i++;
	if (i < s->n && s->at[i] == c)
		return true;
	if (s->n == SYMBOLS_MAX)
		return false;
	memmove(s->at + i + 1, s->at + i, (s->n - i) * sizeof s->at[0]);
	s->at[i] = c;
	s->n++;
	return true;
}

static bool add_points(struct symbols *s, const struct characters *set)
{
	bool room = true;
	for (size_t i = 0; room && i < set->n; i++)
		room = add_point(s, set->at[i].low) && add_point(s, set->at[i].high + 1);
	return room;
}

/* Where a character's being in a word, a newline or a capital letter begins and ends to matter. */
static bool add_edges(struct symbols *s)
{
	static const char edges[] = {'\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1};
	bool room = true;
	for (size_t i = 0; room && i < sizeof edges; i++)
		room = add_point(s, (uint32_t)edges[i]);
	return room;
}

/* The character between the two, which a reader of the text likes best; 0 when there are only capital letters, and they
 * are not wanted. */
static uint32_t nicest(const struct walker *w, uint32_t low, uint32_t high)
{
	static const struct {
		uint32_t low, high;
	} likes[] = {{'a', 'z'}, {'0', '9'},	{'-', '.'},	{'!', '@'},	  {'[', '`'},	     {'{', '~'},
		     {' ', ' '}, {0xC0, 0x24F}, {0x3B1, 0x3C9}, {0x4E00, 0x9FFF}, {1, CHARACTER_MAX}};
	bool capital = !w->texts->one_case && low <= 'Z' && high >= 'A';
	for (size_t i = 0; i < ARRAY_LEN(likes); i++) {
		uint32_t from = low > likes[i].low ? low : likes[i].low;
		if (i == 1 && capital)
			return low > 'A' ? low : 'A';
		if (i == ARRAY_LEN(likes) - 1 && from >= 'A' && from <= 'Z')
			from = 'Z' + 1;
		if (from <= high && from <= likes[i].high)
			return from;
	}
	return 0;
}

static int rank(uint32_t c)
{
	if (c >= 'a' && c <= 'z')
		return 0;
	if (c >= 'A' && c <= 'Z')
		return 1;
	return c >= '0' && c <= '9' ? 2 : c > ' ' && c < 0x7F ? 3 : c >= 0xA0 ? 4 : 5;
}

/* Those that read well come first, so that they make the texts. */
static void sort_by_rank(struct symbols *s)
{
	for (size_t i = 1; i < s->n; i++) {
		uint32_t c = s->at[i];
		size_t k = i;
		for (; k > 0 && rank(s->at[k - 1]) > rank(c); k--)
			s->at[k] = s->at[k - 1];
		s->at[k] = c;
	}
}

static bool find_symbols(const struct walker *w, const struct standing *from, struct symbols *s)
{
	struct symbols points = {0};
	/* Where more than one text is wanted, also one that differs from another in the case of a letter. */
	bool edges = w->places || (w->texts->times > 1 && !w->texts->one_case);
	bool room = add_point(&points, 1) && (!edges || add_edges(&points));
	for (size_t word = 0; room && word < w->words; word++) {
		for (uint64_t left = from->waiting[word]; room && left; left &= left - 1) {
			const struct step *step = &w->steps[word * 64 + (size_t)__builtin_ctzll(left)];
			if (step->kind == STEP_CHARACTER)
				room = add_points(&points, step->set);
		}
	}
	s->n = 0;
	for (size_t i = 0; room && i < points.n; i++) {
		uint32_t end = i + 1 < points.n ? points.at[i + 1] - 1 : CHARACTER_MAX;
		uint32_t c = nicest(w, points.at[i], end);
		if (c == 0)
			continue;
		/* A second one where more than one text is wanted. */
		uint32_t other = w->texts->times > 1 && c < end ? nicest(w, c + 1, end) : 0;
		if (other && s->n < SYMBOLS_MAX - points.n)
			s->at[s->n++] = other;
		s->at[s->n++] = c;
	}
	sort_by_rank(s);
	return room;
}

/* ---- the walk ---- */

static size_t put_character(char *at, uint32_t c)
{
	static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		at[i] = (char)(0x80 | (c & 0x3F));
	at[0] = (char)(leads[n] | c);
	return n;
}

static struct str text_of(struct arena *arena, const struct state *state)
{
	size_t len = 0, n = 0;
	for (const struct state *s = state; s->parent; s = s->parent)
		n++;
	char *text = ARENA_TAKE(arena, char, CHARACTER_BYTES_MAX *n + 1);
	uint32_t *characters = ARENA_TAKE(arena, uint32_t, n);
	for (const struct state *s = state; s->parent; s = s->parent)
		characters[--n] = s->character;
	for (const struct state *s = state; s->parent; s = s->parent)
		len += put_character(text + len, characters[n++]);
	return (struct str){text, len};
}

static bool judge(struct walker *w, const struct state *state)
{
	struct standing s;
	size_t used = w->arena->used;
	clear(w, &s);
	memcpy(s.settled, state->settled, sizeof s.settled);
	stand_on(w, &s, state->waiting, &(struct between){state->before, 0, true, false});
	for (size_t word = 0; word < w->words; word++) {
		for (uint64_t left = s.waiting[word]; left; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			if (w->steps[i].kind == STEP_END)
				bit_set(s.settled, w->predicate_of[i]);
		}
	}
	bool more = w->texts->take(w->texts->context, s.settled, text_of(w->arena, state));
	w->arena->used = used;
	return more;
}

static enum before before_of(const struct walker *w, uint32_t c)
{
	if (!w->places)
		return BEFORE_NOTHING;
	return c == '\n' ? BEFORE_NEWLINE : is_word_character(c) ? BEFORE_WORD : BEFORE_OTHER;
}

static bool step_to(struct walker *w, const struct state *from, const struct standing *passed, uint32_t c)
{
	struct standing to;
	clear(w, &to);
	memcpy(to.settled, passed->settled, sizeof to.settled);
	for (size_t word = 0; word < w->words; word++) {
		for (uint64_t left = passed->waiting[word]; left; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			if (w->steps[i].kind == STEP_CHARACTER && characters_have(w->steps[i].set, c))
				stand(w, &to, i + 1, &(struct between){0});
		}
	}
	struct state made = {.waiting = to.waiting, .before = before_of(w, c), .character = c, .parent = from};
	memcpy(made.settled, to.settled, sizeof made.settled);
	w->texts->work += 4 + w->words;
	return keep_state(w, &made);
}

static bool walk_from(struct walker *w, const struct state *from)
{
	struct symbols symbols;
	struct standing passed;
	/* With every place passed: which characters may matter. */
	clear(w, &passed);
	memcpy(passed.settled, from->settled, sizeof passed.settled);
	stand_on(w, &passed, from->waiting, &(struct between){.all = true});
	if (!find_symbols(w, &passed, &symbols))
		return false;
	for (size_t i = 0; i < symbols.n; i++) {
		if (w->places) {
			clear(w, &passed);
			memcpy(passed.settled, from->settled, sizeof passed.settled);
			stand_on(w, &passed, from->waiting,
				 &(struct between){from->before, symbols.at[i], true, false});
		}
		if (!step_to(w, from, &passed, symbols.at[i]))
			return false;
	}
	return true;
}

static enum walk walk(struct walker *w, const uint64_t *first_steps)
{
	struct standing begin;
	clear(w, &begin);
	stand_on(w, &begin, first_steps, &(struct between){0});
	struct state first = {.waiting = begin.waiting};
	memcpy(first.settled, begin.settled, sizeof first.settled);
	w->states = ARENA_TAKE(w->arena, struct state *, TEXTS_STATES_MAX);
	w->table = ARENA_TAKE(w->arena, uint32_t, TABLE_SLOTS);
	if (!keep_state(w, &first))
		return WALK_TOO_HARD;
	for (size_t i = 0; i < w->n_states; i++) {
		if (!judge(w, w->states[i]))
			return WALK_STOPPED;
		if (!walk_from(w, w->states[i]))
			return WALK_TOO_HARD;
	}
	return WALK_ENDED;
}

enum walk texts_walk(struct texts *texts)
{
	struct walker w = {.texts = texts, .arena = texts->scratch};
	uint64_t first_steps[STATE_WORDS_MAX] = {0};
	size_t used = texts->scratch->used;
	bool room = texts->n <= TEXTS_PREDICATES_MAX && texts->scratch->size - used >= TEXTS_BYTES_MAX;
	w.steps = room ? ARENA_TAKE(w.arena, struct step, TEXTS_STEPS_MAX) : NULL;
	w.predicate_of = room ? ARENA_TAKE(w.arena, uint16_t, TEXTS_STEPS_MAX) : NULL;
	for (size_t i = 0; room && i < texts->n; i++)
		room = add_predicate(&w, i, first_steps);
	w.words = w.n_steps / 64 + 1;
	w.words = w.words > STATE_WORDS_MAX ? STATE_WORDS_MAX : w.words;
	enum walk answer = room ? walk(&w, first_steps) : WALK_TOO_HARD;
	texts->scratch->used = used;
	return answer;
}
