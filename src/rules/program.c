#include "rules/program_parts.h"

/* ---- characters ---- */

bool characters_have(const struct characters *set, uint32_t character)
{
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (set->at[middle].high < character)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->n && set->at[low].low <= character;
}

bool is_word_character(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void characters_add(struct characters_in *in, uint32_t low, uint32_t high)
{
	if (in->n == RANGES_MAX) {
		in->over = true;
		return;
	}
	in->at[in->n].low = low;
	in->at[in->n++].high = high;
}

static void sort(struct characters_in *in)
{
	size_t n = 0;
	for (size_t i = 1; i < in->n; i++) {
		for (size_t k = i; k > 0 && in->at[k - 1].low > in->at[k].low; k--) {
			uint32_t low = in->at[k].low, high = in->at[k].high;
			in->at[k] = in->at[k - 1];
			in->at[k - 1].low = low;
			in->at[k - 1].high = high;
		}
	}
	for (size_t i = 0; i < in->n; i++) {
		if (n > 0 && in->at[i].low <= in->at[n - 1].high + 1) {
			if (in->at[i].high > in->at[n - 1].high)
				in->at[n - 1].high = in->at[i].high;
		} else {
			in->at[n++] = in->at[i];
		}
	}
	in->n = n;
}

/* The part of a range that lies in [low, high], moved by `by`. */
static void add_moved(struct characters_in *in, size_t i, uint32_t low, uint32_t high, int32_t by)
{
	uint32_t from = in->at[i].low > low ? in->at[i].low : low, to = in->at[i].high < high ? in->at[i].high : high;
	if (from <= to)
		characters_add(in, (uint32_t)((int32_t)from + by), (uint32_t)((int32_t)to + by));
}

static bool has(const struct characters_in *in, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++) {
		if (in->at[i].low <= c && c <= in->at[i].high)
			return true;
	}
	return false;
}

void characters_add_cases(struct characters_in *in)
{
	sort(in);
	size_t n = in->n;
	bool s = has(in, n, 's') || has(in, n, 'S'), k = has(in, n, 'k') || has(in, n, 'K');
	for (size_t i = 0; i < n; i++) {
		add_moved(in, i, 'a', 'z', 'A' - 'a');
		add_moved(in, i, 'A', 'Z', 'a' - 'A');
	}
	if (s)
		characters_add(in, 0x17F, 0x17F);
	if (k)
		characters_add(in, 0x212A, 0x212A);
}

void characters_invert(struct characters_in *in)
{
	struct characters_in out = {.over = in->over};
	uint32_t next = 1;
	sort(in);
	for (size_t i = 0; i < in->n; i++) {
		if (in->at[i].low > next)
			characters_add(&out, next, in->at[i].low - 1);
		next = in->at[i].high + 1;
	}
	if (next <= CHARACTER_MAX)
		characters_add(&out, next, CHARACTER_MAX);
	*in = out;
}

const struct characters *characters_keep(struct characters_in *in, struct arena *arena)
{
	sort(in);
	struct characters *kept = arena_take(arena, 1, sizeof *kept + in->n * sizeof kept->at[0]);
	kept->n = in->n;
	for (size_t i = 0; i < in->n; i++) {
		kept->at[i].low = in->at[i].low;
		kept->at[i].high = in->at[i].high;
	}
	return kept;
}

const struct characters *characters_any(struct arena *arena, bool but_newline)
{
	struct characters_in in = {0};
	if (but_newline)
		characters_add(&in, '\n', '\n');
	characters_invert(&in);
	return characters_keep(&in, arena);
}

uint32_t character_at(struct str text, size_t byte, size_t *ret_length)
{
	uint8_t first = (uint8_t)text.at[byte];
	size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	uint32_t c = n == 1 ? first : first & (0x7Fu >> n);
	ASSERT(n <= text.len - byte);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)text.at[byte + i] & 0x3F);
	*ret_length = n;
	return c;
}

/* ---- steps ---- */

void steps_put(struct steps *s, struct step step)
{
	if (s->n == PROGRAM_STEPS_MAX) {
		s->over = true;
		return;
	}
	s->at[s->n++] = step;
}

void steps_insert(struct steps *s, size_t begin, struct step step)
{
	steps_put(s, step);
	if (s->over)
		return;
	memmove(s->at + begin + 1, s->at + begin, (s->n - 1 - begin) * sizeof *s->at);
	s->at[begin] = step;
}

void steps_put_run(struct steps *s, const struct characters *set)
{
	steps_put(s, (struct step){.kind = STEP_SPLIT, .to = 3});
	steps_put(s, (struct step){.kind = STEP_CHARACTER, .set = set});
	steps_put(s, (struct step){.kind = STEP_GO, .to = -2});
}

/* ---- patterns ---- */

static const struct characters *set_of(const struct pattern *pattern, size_t byte, struct arena *arena,
				       size_t *ret_length)
{
	struct characters_in in = {0};
	uint32_t c = character_at(pattern->text, byte, ret_length);
	if (c == PATTERN_ONE)
		return characters_any(arena, false);
	if (c == PATTERN_DASH) {
		characters_add(&in, '-', '-');
		characters_add(&in, '/', '/');
		characters_add(&in, 0x2013, 0x2015);
	} else {
		characters_add(&in, c, c);
		if (!pattern->cased && c >= 'a' && c <= 'z')
			characters_add(&in, c - 0x20, c - 0x20);
	}
	return characters_keep(&in, arena);
}

bool program_of_pattern(const struct pattern *pattern, struct arena *arena, struct program *ret_program)
{
	struct str text = pattern->text;
	struct steps s = {.at = ARENA_TAKE(arena, struct step, 3 * text.len + 1)};
	const struct characters *any = characters_any(arena, false);
	bool run_last = pattern->wild && text.len > 0 && text.at[text.len - 1] == PATTERN_RUN;
	size_t length;
	for (size_t i = 0; i < text.len - run_last && s.n + 4 < PROGRAM_STEPS_MAX; i += length) {
		length = 1;
		if (text.at[i] == PATTERN_RUN)
			steps_put_run(&s, any);
		else
			steps_put(&s, (struct step){.kind = STEP_CHARACTER, .set = set_of(pattern, i, arena, &length)});
	}
	if (s.n + 4 >= PROGRAM_STEPS_MAX)
		return false;
	steps_put(&s, (struct step){.kind = run_last ? STEP_WHATEVER : STEP_END});
	*ret_program = (struct program){s.n, s.at};
	return true;
}
