#include "rules/program_parts.h"

/* An expression while it is read. PCRE2 has found it well-formed, so what is not refused here is what it looks like. */
struct parser {
	const struct regex *regex;
	struct str text;
	size_t at;
	struct arena *arena;
	struct steps steps;
	const char *wrong; /* NULL: nothing so far */
	size_t wrong_at;
	size_t depth;
};

static void refuse(struct parser *p, const char *why)
{
	if (p->wrong)
		return;
	p->wrong = why;
	p->wrong_at = p->at;
}

static bool is_next(const struct parser *p, char c)
{
	return p->at < p->text.len && p->text.at[p->at] == c;
}

static bool take(struct parser *p, char c)
{
	bool found = is_next(p, c);
	p->at += found;
	return found;
}

static bool starts(const struct parser *p, const char *word)
{
	return str_starts((struct str){p->text.at + p->at, p->text.len - p->at}, str_of(word));
}

static uint32_t next_character(struct parser *p)
{
	size_t length;
	if (p->at >= p->text.len) {
		refuse(p, "it ends too early");
		return 'x';
	}
	uint32_t c = character_at(p->text, p->at, &length);
	p->at += length;
	return c;
}

/* ---- sets of characters ---- */

static void add_kind(struct characters_in *in, char kind)
{
	struct characters_in set = {0};
	switch (kind | 0x20) {
	case 'd':
		characters_add(&set, '0', '9');
		break;
	case 's':
		characters_add(&set, '\t', '\r');
		characters_add(&set, ' ', ' ');
		break;
	default:
		characters_add(&set, '0', '9');
		characters_add(&set, 'A', 'Z');
		characters_add(&set, '_', '_');
		characters_add(&set, 'a', 'z');
	}
	if (kind < 'a')
		characters_invert(&set);
	for (size_t i = 0; i < set.n; i++)
		characters_add(in, set.at[i].low, set.at[i].high);
}

static bool hex_digit(char c, uint32_t *ret_value)
{
	char small = fold(c);
	bool digit = c >= '0' && c <= '9', letter = small >= 'a' && small <= 'f';
	*ret_value = (uint32_t)(digit ? c - '0' : small - 'a' + 10);
	return digit || letter;
}

/* Behind \x: two digits, or some in braces. */
static uint32_t hex_character(struct parser *p)
{
	uint32_t c = 0, digit;
	bool braces = take(p, '{');
	for (size_t i = 0; p->at < p->text.len && (braces || i < 2) && hex_digit(p->text.at[p->at], &digit); i++) {
		c = c << 4 | digit;
		p->at++;
		if (c > CHARACTER_MAX)
			refuse(p, "no such character");
	}
	if (braces && !take(p, '}'))
		refuse(p, "its braces are not closed");
	if (c == 0)
		refuse(p, "it names the character 0, which no text has");
	return c;
}

/* The one character that an escape stands for, behind its backslash. */
static uint32_t escaped_character(struct parser *p)
{
	static const char letters[] = "tnrfea", characters[] = "\t\n\r\f\033\a";
	uint32_t c = next_character(p);
	const char *found = c && c < 0x80 ? strchr(letters, (int)c) : NULL;
	if (found)
		return (uint8_t)characters[found - letters];
	if (c == 'x')
		return hex_character(p);
	if (is_word_character(c) && c != '_') {
		p->at--;
		refuse(p, "an escape that cannot be told by its characters");
	}
	return c;
}

static void add_one(struct parser *p, struct characters_in *in, uint32_t low, uint32_t high)
{
	if (p->regex->any_case && high >= 0x80)
		refuse(p, "|i is about the letters a to z here; write both cases of others in brackets, without |i");
	characters_add(in, low, high);
}

static bool is_kind(const struct parser *p)
{
	return p->at + 1 < p->text.len && p->text.at[p->at] == '\\' && strchr("dDwWsS", p->text.at[p->at + 1]);
}

/* The end of a range, behind its hyphen. */
static uint32_t range_end(struct parser *p, uint32_t low)
{
	uint32_t high = low;
	if (is_kind(p) || starts(p, "[:"))
		refuse(p, "a range that ends in a kind of characters");
	else
		high = take(p, '\\') ? escaped_character(p) : next_character(p);
	return high < low ? low : high;
}

static void read_class_item(struct parser *p, struct characters_in *in)
{
	if (starts(p, "[:") || starts(p, "[.") || starts(p, "[=")) {
		refuse(p, "a named class; write its characters, or \\d, \\w, \\s");
		return;
	}
	if (is_kind(p)) {
		add_kind(in, p->text.at[p->at + 1]);
		p->at += 2;
		if (is_next(p, '-') && !starts(p, "-]"))
			refuse(p, "a hyphen behind a kind of characters; write \\-");
		return;
	}
	uint32_t low = next_character(p);
	if (low == '\\')
		low = take(p, 'b') ? '\b' : escaped_character(p);
	bool range = is_next(p, '-') && !starts(p, "-]");
	p->at += range;
	add_one(p, in, low, range ? range_end(p, low) : low);
}

/* Behind the bracket. A closing bracket that comes first is a character. */
static void read_class(struct parser *p)
{
	struct characters_in in = {0};
	bool inverted = take(p, '^');
	bool first = true;
	while (!p->wrong && (first || !is_next(p, ']'))) {
		read_class_item(p, &in);
		first = false;
	}
	p->at++;
	if (p->regex->any_case)
		characters_add_cases(&in);
	if (inverted)
		characters_invert(&in);
	if (in.over)
		refuse(p, "too many ranges in brackets");
	steps_put(&p->steps, (struct step){.kind = STEP_CHARACTER, .set = characters_keep(&in, p->arena)});
}

static void put_character(struct parser *p, uint32_t c)
{
	struct characters_in in = {0};
	add_one(p, &in, c, c);
	if (p->regex->any_case)
		characters_add_cases(&in);
	steps_put(&p->steps, (struct step){.kind = STEP_CHARACTER, .set = characters_keep(&in, p->arena)});
}

/* ---- what stands between quantifiers ---- */

static void put_place(struct parser *p, enum place place)
{
	steps_put(&p->steps, (struct step){.kind = STEP_PLACE, .place = place});
}

/* Places behind a backslash; false when it is none. */
static bool read_escaped_place(struct parser *p)
{
	static const char letters[] = "AzbB";
	static const enum place places[] = {PLACE_BEGIN, PLACE_END, PLACE_WORD_EDGE, PLACE_NO_WORD_EDGE};
	const char *found = p->at < p->text.len && p->text.at[p->at] ? strchr(letters, p->text.at[p->at]) : NULL;
	if (!found)
		return false;
	p->at++;
	put_place(p, places[found - letters]);
	return true;
}

static void read_alternatives(struct parser *p);

static void read_group(struct parser *p)
{
	if (is_next(p, '*') || (is_next(p, '?') && !starts(p, "?:"))) {
		refuse(p, "a group that looks around, captures by name, or sets options");
		return;
	}
	p->at += starts(p, "?:") ? 2 : 0;
	if (p->depth == PROGRAM_DEPTH_MAX) {
		refuse(p, "too many groups inside each other");
		return;
	}
	p->depth++;
	read_alternatives(p);
	p->depth--;
	if (!take(p, ')'))
		refuse(p, "a group is not closed");
}

/* One character, class, group or place; false when it is a place, which takes no quantifier. */
static bool read_atom(struct parser *p)
{
	if (take(p, '(')) {
		read_group(p);
	} else if (take(p, '[')) {
		read_class(p);
	} else if (take(p, '.')) {
		const struct characters *any = characters_any(p->arena, !p->regex->dot_all);
		steps_put(&p->steps, (struct step){.kind = STEP_CHARACTER, .set = any});
	} else if (take(p, '^')) {
		put_place(p, p->regex->lines ? PLACE_LINE_BEGIN : PLACE_BEGIN);
		return false;
	} else if (take(p, '$')) {
		put_place(p, p->regex->lines ? PLACE_LINE_END : PLACE_END);
		return false;
	} else if (is_kind(p)) {
		struct characters_in in = {0};
		add_kind(&in, p->text.at[p->at + 1]);
		p->at += 2;
		steps_put(&p->steps, (struct step){.kind = STEP_CHARACTER, .set = characters_keep(&in, p->arena)});
	} else if (take(p, '\\')) {
		if (read_escaped_place(p))
			return false;
		put_character(p, escaped_character(p));
	} else {
		put_character(p, next_character(p));
	}
	return true;
}

/* ---- quantifiers ---- */

enum { UNLIMITED = -1, TIMES_MAX = 1000 };

static bool digits(struct parser *p, int *ret_number)
{
	int number = 0;
	size_t begin = p->at;
	for (; p->at < p->text.len && p->text.at[p->at] >= '0' && p->text.at[p->at] <= '9'; p->at++)
		number = number < TIMES_MAX ? number * 10 + (p->text.at[p->at] - '0') : number;
	*ret_number = number;
	return p->at > begin;
}

/* {n}, {n,}, {n,m}; what looks otherwise is characters, and then nothing was read. */
static bool read_braces(struct parser *p, int *ret_least, int *ret_most)
{
	size_t begin = p->at;
	bool good = take(p, '{') && digits(p, ret_least);
	*ret_most = *ret_least;
	if (good && take(p, ',') && !digits(p, ret_most))
		*ret_most = UNLIMITED;
	good = good && take(p, '}');
	if (!good)
		p->at = begin;
	return good;
}

static bool read_quantifier(struct parser *p, int *ret_least, int *ret_most)
{
	if (take(p, '*') || take(p, '+')) {
		*ret_least = p->text.at[p->at - 1] == '+';
		*ret_most = UNLIMITED;
	} else if (take(p, '?')) {
		*ret_least = 0;
		*ret_most = 1;
	} else if (!read_braces(p, ret_least, ret_most)) {
		return false;
	}
	if (is_next(p, '+'))
		refuse(p, "a quantifier that does not give back");
	take(p, '?'); /* which match it takes first does not change whether there is one */
	return true;
}

static void put_body(struct steps *s, const struct step *body, size_t n)
{
	for (size_t i = 0; i < n; i++)
		steps_put(s, body[i]);
}

/* What stands from `begin` on, so many times. */
static void quantify(struct parser *p, size_t begin, int least, int most)
{
	struct steps *s = &p->steps;
	size_t n = s->n - begin;
	struct step *body = ARENA_TAKE(p->arena, struct step, n);
	memcpy(body, s->at + begin, n * sizeof *body);
	s->n = begin;
	for (int i = 0; i < least && !s->over; i++)
		put_body(s, body, n);
	if (most == UNLIMITED) {
		steps_put(s, (struct step){.kind = STEP_SPLIT, .to = (int16_t)(n + 2)});
		put_body(s, body, n);
		steps_put(s, (struct step){.kind = STEP_GO, .to = (int16_t)(-(int)n - 1)});
	}
	for (int i = least; i < most && !s->over; i++) {
		steps_put(s, (struct step){.kind = STEP_SPLIT, .to = (int16_t)(n + 1)});
		put_body(s, body, n);
	}
}

static void read_repeated(struct parser *p)
{
	size_t begin = p->steps.n;
	int least, most;
	bool repeatable = read_atom(p);
	if (p->wrong || !read_quantifier(p, &least, &most))
		return;
	if (!repeatable)
		refuse(p, "a quantifier behind a place");
	else
		quantify(p, begin, least, most);
}

/* ---- the whole ---- */

static void read_sequence(struct parser *p)
{
	while (!p->wrong && p->at < p->text.len && !is_next(p, '|') && !is_next(p, ')'))
		read_repeated(p);
}

/* It calls itself as often as there are bars: at most REGEX_BYTES_MAX times. */
static void read_alternatives(struct parser *p)
{
	struct steps *s = &p->steps;
	size_t begin = s->n;
	read_sequence(p);
	if (p->wrong || !take(p, '|'))
		return;
	steps_insert(s, begin, (struct step){.kind = STEP_SPLIT, .to = (int16_t)(s->n - begin + 2)});
	size_t go = s->n;
	steps_put(s, (struct step){.kind = STEP_GO});
	read_alternatives(p);
	if (!s->over)
		s->at[go].to = (int16_t)(s->n - go);
}

const char *program_of_regex(const struct regex *regex, struct arena *arena, struct program *ret_program,
			     size_t *ret_byte)
{
	struct parser p = {.regex = regex, .text = regex->source, .arena = arena};
	p.steps.at = ARENA_TAKE(arena, struct step, PROGRAM_STEPS_MAX);
	steps_put_run(&p.steps, characters_any(arena, false));
	read_alternatives(&p);
	if (p.at < p.text.len)
		refuse(&p, "something that cannot be told by its characters");
	steps_put(&p.steps, (struct step){.kind = STEP_WHATEVER});
	if (p.steps.over)
		refuse(&p, "it is too long");
	*ret_byte = p.wrong_at;
	*ret_program = (struct program){p.steps.n, p.steps.at};
	return p.wrong;
}
