#include "rules/json_scan.h"

struct scan scan_over(struct str text, struct arena *arena)
{
	const char *at = text.len ? text.at : "";
	struct scan s = {.start = at, .at = at, .end = at + text.len, .arena = arena};
	if (!str_is_utf8(text))
		s.wrong = "is not UTF-8";
	return s;
}

static enum scan_token wrong(struct scan *s, const char *what)
{
	if (!s->wrong)
		s->wrong = what;
	return SCAN_WRONG;
}

static bool fail(struct scan *s, const char *what)
{
	wrong(s, what);
	return false;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

static bool is_next(const struct scan *s, char c)
{
	return s->at < s->end && *s->at == c;
}

static bool take(struct scan *s, char c)
{
	bool found = is_next(s, c);
	s->at += found;
	return found;
}

static bool take_word(struct scan *s, struct str word)
{
	if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.at, word.len) != 0)
		return false;
	s->at += word.len;
	return true;
}

/* ---- texts ---- */

static bool four_digits(struct scan *s, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		char c = s->at < s->end ? *s->at : 0;
		char small = (char)(c | 0x20);
		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if (small >= 'a' && small <= 'f')
			unit = unit << 4 | (uint32_t)(small - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

static void put_character(struct buf *b, uint32_t c)
{
	static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	uint8_t bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
	bytes[0] = (uint8_t)(leads[n] | c);
	buf_put(b, bytes, n);
}

/* Behind \u. A half without its other half stands for no character. */
static bool put_unicode(struct scan *s, struct buf *b)
{
	uint32_t unit, low;
	if (!four_digits(s, &unit))
		return false;
	const char *behind = s->at;
	if (unit >= 0xD800 && unit <= 0xDBFF && take_word(s, STR("\\u"))) {
		if (!four_digits(s, &low))
			return false;
		if (low >= 0xDC00 && low <= 0xDFFF)
			unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
		else
			s->at = behind;
	}
	put_character(b, unit >= 0xD800 && unit <= 0xDFFF ? 0xFFFD : unit);
	return true;
}

static bool put_escape(struct scan *s, struct buf *b)
{
	static const char names[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";
	if (take(s, 'u'))
		return put_unicode(s, b);
	const char *found = s->at < s->end && *s->at ? strchr(names, *s->at) : NULL;
	if (!found)
		return false;
	s->at++;
	buf_put_char(b, characters[found - names]);
	return true;
}

static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && *at != '"' && *at != '\\' && (uint8_t)*at >= 0x20)
		at++;
	return at;
}

/* Behind the opening quote. What an escape stands for is never longer than the escape. */
static bool read_text(struct scan *s, struct str *ret_text)
{
	const char *begin = s->at;
	s->at = skip_plain(s->at, s->end);
	if (take(s, '"')) {
		*ret_text = (struct str){begin, (size_t)(s->at - 1 - begin)};
		return true;
	}
	if ((size_t)(s->end - begin) + 64 > s->arena->size - s->arena->used)
		return fail(s, "has more texts with escapes than there is room for");
	struct buf b = arena_buf(s->arena);
	buf_put(&b, begin, (size_t)(s->at - begin));
	while (!take(s, '"')) {
		if (!take(s, '\\') || !put_escape(s, &b))
			return fail(s, "has a text that is not closed, or an escape that there is not");
		const char *plain = s->at;
		s->at = skip_plain(s->at, s->end);
		buf_put(&b, plain, (size_t)(s->at - plain));
	}
	*ret_text = arena_keep(s->arena, &b);
	return true;
}

/* ---- numbers ---- */

static bool take_digits(struct scan *s)
{
	const char *begin = s->at;
	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > begin;
}

static bool read_number(struct scan *s, struct str *ret_text)
{
	const char *begin = s->at;
	bool good;
	take(s, '-');
	good = take(s, '0') || take_digits(s);
	if (good && take(s, '.'))
		good = take_digits(s);
	if (good && (is_next(s, 'e') || is_next(s, 'E'))) {
		s->at++;
		if (!take(s, '+'))
			take(s, '-');
		good = take_digits(s);
	}
	*ret_text = (struct str){begin, (size_t)(s->at - begin)};
	return good;
}

/* ---- tokens ---- */

static bool in_object(const struct scan *s)
{
	return s->depth > 0 && s->objects >> (s->depth - 1) & 1;
}

static enum scan_token open(struct scan *s, bool object)
{
	if (s->depth == SCAN_DEPTH_MAX)
		return wrong(s, "has more levels inside each other than 32");
	s->objects = (s->objects & ~(UINT64_C(1) << s->depth)) | (uint64_t)object << s->depth;
	s->depth++;
	s->begun = s->keyed = false;
	return object ? SCAN_OBJECT : SCAN_ARRAY;
}

static enum scan_token close(struct scan *s)
{
	bool object = in_object(s);
	s->depth--;
	s->begun = true;
	return object ? SCAN_OBJECT_END : SCAN_ARRAY_END;
}

static enum scan_token read_value(struct scan *s, struct str *ret_text)
{
	static const struct {
		struct str word;
		enum scan_token token;
	} words[] = {{{"true", 4}, SCAN_TRUE}, {{"false", 5}, SCAN_FALSE}, {{"null", 4}, SCAN_NULL}};
	if (take(s, '{'))
		return open(s, true);
	if (take(s, '['))
		return open(s, false);
	s->begun = true;
	s->keyed = false;
	if (take(s, '"'))
		return read_text(s, ret_text) ? SCAN_TEXT : SCAN_WRONG;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (take_word(s, words[i].word))
			return words[i].token;
	}
	return read_number(s, ret_text) ? SCAN_NUMBER : wrong(s, "has something where a value belongs");
}

static enum scan_token read_key(struct scan *s, struct str *ret_text)
{
	if (!take(s, '"'))
		return wrong(s, "has something where the name of a member belongs");
	if (!read_text(s, ret_text))
		return SCAN_WRONG;
	skip_space(s);
	if (!take(s, ':'))
		return wrong(s, "has a member without a colon behind its name");
	s->keyed = true;
	return SCAN_KEY;
}

enum scan_token scan_next(struct scan *s, struct str *ret_text)
{
	*ret_text = (struct str){"", 0};
	if (s->wrong)
		return SCAN_WRONG;
	skip_space(s);
	if (s->depth == 0) {
		if (!s->begun)
			return read_value(s, ret_text);
		return s->at == s->end ? SCAN_DONE : wrong(s, "has something behind its end");
	}
	if (s->keyed)
		return read_value(s, ret_text);
	if (take(s, in_object(s) ? '}' : ']'))
		return close(s);
	if (s->begun && !take(s, ','))
		return wrong(s, "has something where a comma or the end belongs");
	skip_space(s);
	return in_object(s) ? read_key(s, ret_text) : read_value(s, ret_text);
}
