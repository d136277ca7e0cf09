#include "rules/pattern.h"

/* One value while it is read. */
struct reading {
	const struct pattern_reader *r;
	const struct yaml *value;
	struct str said;
	uint32_t modifiers;
	struct bag *patterns;
};

enum {
	ENCODINGS = (int)(MODIFIER(WIDE) | MODIFIER(UTF16LE) | MODIFIER(UTF16BE) | MODIFIER(UTF16) | MODIFIER(BASE64) |
			  MODIFIER(BASE64OFFSET))
};

static bool has(const struct reading *g, uint32_t modifiers)
{
	return g->modifiers & modifiers;
}

/* ---- one pattern ---- */

/* A star beside a star says nothing more. */
static void put_run(struct buf *b)
{
	if (b->len == 0 || b->at[b->len - 1] != PATTERN_RUN)
		buf_put_char(b, PATTERN_RUN);
}

static const struct str dashes[] = {{"-", 1}, {"/", 1}, {"\u2013", 3}, {"\u2014", 3}, {"\u2015", 3}};

/* The bytes of the dash that stands there, or 0. */
static size_t dash_at(struct str text, size_t i)
{
	struct str rest = {text.at + i, text.len - i};
	for (size_t k = 0; k < ARRAY_LEN(dashes); k++) {
		if (str_starts(rest, dashes[k]))
			return dashes[k].len;
	}
	return 0;
}

static bool is_escaped(struct str text, size_t i)
{
	return text.at[i] == '\\' && i + 1 < text.len && strchr("*?\\", text.at[i + 1]);
}

/* The text's stars, question marks and, for |windash, dashes as bytes of a pattern; true when it has some. */
static bool put_pattern(const struct reading *g, struct buf *b, struct str text)
{
	bool wild = false, cased = has(g, MODIFIER(CASED));
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		size_t dash = has(g, MODIFIER(WINDASH)) ? dash_at(text, i) : 0;
		if (is_escaped(text, i)) {
			buf_put_char(b, text.at[++i]);
			continue;
		}
		if (c == '*')
			put_run(b);
		else if (c == '?' || dash)
			buf_put_char(b, dash ? PATTERN_DASH : PATTERN_ONE);
		else
			buf_put_char(b, cased ? c : fold(c));
		wild = wild || c == '*' || c == '?' || dash;
		i += dash ? dash - 1 : 0;
	}
	return wild;
}

static int too_long(const struct reading *g)
{
	source_limit(g->r->source, g->value, "a text of more than %d bytes", PATTERN_BYTES_MAX);
	return source_remedy(g->r->source, "shorten it, and put * for the rest");
}

static int add_pattern(const struct reading *g, struct str text, bool encoded)
{
	char memory[PATTERN_BYTES_MAX];
	struct buf b = BUF(memory);
	bool wild = has(g, MODIFIER(STARTSWITH) | MODIFIER(ENDSWITH) | MODIFIER(CONTAINS));
	if (has(g, MODIFIER(ENDSWITH) | MODIFIER(CONTAINS)))
		put_run(&b);
	if (encoded) {
		for (size_t i = 0; i < text.len; i++)
			buf_put_char(&b, has(g, MODIFIER(CASED)) ? text.at[i] : fold(text.at[i]));
	} else {
		wild = put_pattern(g, &b, text) || wild;
	}
	if (has(g, MODIFIER(STARTSWITH) | MODIFIER(CONTAINS)))
		put_run(&b);
	if (b.over)
		return too_long(g);
	struct pattern *pattern = bag_add(g->patterns);
	*pattern = (struct pattern){arena_str(g->r->arena, buf_str(&b)), wild, has(g, MODIFIER(CASED)), g->said};
	return 0;
}

/* ---- encodings ---- */

static void put_unit(struct buf *b, uint32_t unit, bool big_endian)
{
	uint8_t bytes[2] = {(uint8_t)(big_endian ? unit >> 8 : unit), (uint8_t)(big_endian ? unit : unit >> 8)};
	buf_put(b, bytes, sizeof bytes);
}

/* The text is UTF-8 (yaml.h). */
static void put_utf16(const struct reading *g, struct buf *b, struct str text)
{
	bool big = has(g, MODIFIER(UTF16BE));
	if (has(g, MODIFIER(UTF16)))
		put_unit(b, 0xFEFF, big);
	for (size_t i = 0; i < text.len;) {
		uint8_t first = (uint8_t)text.at[i];
		size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
		uint32_t c = n == 1 ? first : first & (0x7Fu >> n);
		for (size_t k = 1; k < n; k++)
			c = c << 6 | ((uint8_t)text.at[i + k] & 0x3F);
		if (c >= 0x10000)
			put_unit(b, 0xD800 + ((c - 0x10000) >> 10), big);
		put_unit(b, c >= 0x10000 ? 0xDC00 + ((c - 0x10000) & 0x3FF) : c, big);
		i += n;
	}
}

/* What of the text's base64 stays the same whatever stands around it, when `shift` bytes stand before it in its group
 * of three (modifiers appendix, "Encoding"). */
static int add_shifted(const struct reading *g, struct str bytes, size_t shift)
{
	static const size_t skipped[] = {0, 2, 3}, cut[] = {0, 3, 2};
	char plain[2 * PATTERN_BYTES_MAX + 8], memory[4 * PATTERN_BYTES_MAX];
	struct buf before = BUF(plain), b = BUF(memory);
	for (size_t i = 0; i < shift; i++)
		buf_put_char(&before, ' ');
	buf_put_str(&before, bytes);
	buf_put_base64(&b, before.at, before.len);
	if (before.over || b.over)
		return too_long(g);
	size_t end = b.len - cut[(bytes.len + shift) % 3], begin = skipped[shift];
	if (begin >= end) {
		source_fail(g->r->source, g->value, "so short a text leaves no trace in a longer one's base64");
		return source_remedy(g->r->source, "write three bytes or more");
	}
	return add_pattern(g, (struct str){memory + begin, end - begin}, true);
}

static int add_encoded(const struct reading *g, struct str text)
{
	char wide[2 * PATTERN_BYTES_MAX], memory[4 * PATTERN_BYTES_MAX];
	struct buf b = BUF(wide), base64 = BUF(memory);
	if (has(g, MODIFIER(WIDE) | MODIFIER(UTF16LE) | MODIFIER(UTF16BE) | MODIFIER(UTF16)))
		put_utf16(g, &b, text);
	else
		buf_put_str(&b, text);
	if (b.over)
		return too_long(g);
	int code = 0;
	for (size_t shift = 0; has(g, MODIFIER(BASE64OFFSET)) && code == 0 && shift < 3; shift++)
		code = add_shifted(g, buf_str(&b), shift);
	if (code < 0 || has(g, MODIFIER(BASE64OFFSET)))
		return code;
	buf_put_base64(&base64, b.at, b.len);
	return base64.over ? too_long(g) : add_pattern(g, buf_str(&base64), true);
}

static int wild_and_encoded(const struct reading *g)
{
	source_fail(g->r->source, g->value, "a star or question mark would be encoded with the rest");
	return source_remedy(g->r->source, "take it out, or write a backslash before it if it is meant itself");
}

/* The text without its backslashes, in the spelling'th of all ways to write its dashes; ret_spellings is how many
 * there are. */
static int spell(const struct reading *g, struct str text, size_t spelling, struct buf *b, size_t *ret_spellings)
{
	*ret_spellings = 1;
	for (size_t i = 0; i < text.len; i++) {
		size_t dash = has(g, MODIFIER(WINDASH)) ? dash_at(text, i) : 0;
		if (!is_escaped(text, i) && (text.at[i] == '*' || text.at[i] == '?'))
			return wild_and_encoded(g);
		if (!dash) {
			i += is_escaped(text, i);
			buf_put_char(b, text.at[i]);
			continue;
		}
		buf_put_str(b, dashes[spelling % ARRAY_LEN(dashes)]);
		spelling /= ARRAY_LEN(dashes);
		i += dash - 1;
		if (*ret_spellings <= PATTERN_SPELLINGS_MAX)
			*ret_spellings *= ARRAY_LEN(dashes);
	}
	return b->over ? too_long(g) : 0;
}

static int add_spellings(const struct reading *g, struct str text)
{
	size_t n = 1;
	int code = 0;
	for (size_t i = 0; code == 0 && i < n; i++) {
		char memory[PATTERN_BYTES_MAX];
		struct buf b = BUF(memory);
		code = spell(g, text, i, &b, &n);
		if (code == 0 && n > PATTERN_SPELLINGS_MAX) {
			source_limit(g->r->source, g->value, "more than three dashes in a value that is encoded");
			return source_remedy(g->r->source, "take |windash away, or shorten the value");
		}
		if (code == 0)
			code = add_encoded(g, buf_str(&b));
	}
	return code;
}

int pattern_read(const struct pattern_reader *r, const struct yaml *value, struct str text, uint32_t modifiers,
		 struct bag *patterns)
{
	struct reading g = {r, value, text, modifiers, patterns};
	if (text.len == 0 && has(&g, MODIFIER(STARTSWITH) | MODIFIER(ENDSWITH) | MODIFIER(CONTAINS))) {
		source_fail(r->source, value, "every text has the empty one in it");
		return source_remedy(r->source, "write what it must have in it, or \"*\" for any text");
	}
	return has(&g, ENCODINGS) ? add_spellings(&g, text) : add_pattern(&g, text, false);
}
