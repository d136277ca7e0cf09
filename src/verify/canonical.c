#include "canonical.h"

#include <string.h>

/* The shortest member is `"":0,`, so an object of CANONICAL_BYTES_MAX bytes has fewer than this. */
#define CANONICAL_NAMES_MAX (CANONICAL_BYTES_MAX / 5 + 1)

struct canonical_name {
	uint16_t at, len;
};

/* One check: where it is, and the names of all objects that are open, the innermost's last. */
struct canonical {
	const uint8_t *start, *at, *end;
	unsigned depth;
	unsigned names;
	struct canonical_name name[CANONICAL_NAMES_MAX];
	struct complaint *complaint;
};

static bool canonical_value(struct canonical *c);

static bool canonical_wrong(struct canonical *c, const char *what)
{
	return complain(c->complaint, "not canonical at byte %zu: %s", (size_t)(c->at - c->start), what);
}

static bool canonical_next(struct canonical *c, char byte)
{
	if (c->at == c->end || *c->at != (uint8_t)byte)
		return false;
	c->at++;
	return true;
}

static bool canonical_is_digit(const struct canonical *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool canonical_integer(struct canonical *c)
{
	bool negative = canonical_next(c, '-');
	const uint8_t *first = c->at;
	int64_t value = 0;
	for (; canonical_is_digit(c); c->at++) {
		value = value * 10 + (*c->at - '0');
		if (value > CANONICAL_INTEGER_MAX)
			return canonical_wrong(c, "an integer's magnitude is below 2^53");
	}
	if (c->at == first)
		return canonical_wrong(c, "a digit is missing");
	if (*first == '0' && c->at - first > 1)
		return canonical_wrong(c, "an integer has no leading zero");
	if (*first == '0' && negative)
		return canonical_wrong(c, "zero has no sign");
	if (c->at < c->end && (*c->at == '.' || *c->at == 'e' || *c->at == 'E'))
		return canonical_wrong(c, "there are no fractions or exponents");
	return true;
}

size_t canonical_utf8(const uint8_t *at, const uint8_t *end)
{
	static const struct {
		uint8_t first_min, first_max, second_min, second_max, len;
	} rows[] = {
	    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; at < end && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (*at < rows[i].first_min || *at > rows[i].first_max)
			continue;
		if ((size_t)(end - at) < rows[i].len)
			return 0;
		if (rows[i].len > 1 && (at[1] < rows[i].second_min || at[1] > rows[i].second_max))
			return 0;
		for (size_t j = 2; j < rows[i].len; j++)
			if (at[j] < 0x80 || at[j] > 0xbf)
				return 0;
		return rows[i].len;
	}
	return 0;
}

/* Behind `\u`: 00xx in lower case, of a character that has no shorter escape and needs one. */
static bool canonical_escape_u(struct canonical *c)
{
	static const char digits[] = "0123456789abcdef";
	if (c->end - c->at < 4 || memcmp(c->at, "00", 2) != 0 || (c->at[2] != '0' && c->at[2] != '1'))
		return canonical_wrong(c, "only characters below U+0020 are written \\u00xx");
	const char *low = c->at[3] ? strchr(digits, c->at[3]) : NULL;
	if (!low)
		return canonical_wrong(c, "\\u00xx has lower-case hexadecimal digits");
	int value = (c->at[2] - '0') * 16 + (int)(low - digits);
	if (value == 0)
		return canonical_wrong(c, "U+0000 does not occur");
	if (value == 8 || value == 9 || value == 10 || value == 12 || value == 13)
		return canonical_wrong(c, "this character has a shorter escape");
	c->at += 4;
	return true;
}

static bool canonical_escape(struct canonical *c)
{
	if (canonical_next(c, 'u'))
		return canonical_escape_u(c);
	if (c->at == c->end || *c->at == 0 || !strchr("\"\\btnfr", *c->at))
		return canonical_wrong(c, "this is not escaped by a backslash");
	c->at++;
	return true;
}

static bool canonical_string(struct canonical *c)
{
	if (!canonical_next(c, '"'))
		return canonical_wrong(c, "a string is missing");
	while (!canonical_next(c, '"')) {
		if (c->at == c->end)
			return canonical_wrong(c, "the string does not end");
		if (*c->at == '\\') {
			c->at++;
			if (!canonical_escape(c))
				return false;
		} else if (*c->at < 0x20) {
			return canonical_wrong(c, "a character below U+0020 is not escaped");
		} else if (*c->at < 0x80) {
			c->at++;
		} else {
			size_t len = canonical_utf8(c->at, c->end);
			if (len == 0)
				return canonical_wrong(c, "not UTF-8");
			c->at += len;
		}
	}
	return true;
}

/* A character has one canonical form, so two names are the same if their bytes are. */
static bool canonical_name(struct canonical *c, unsigned first)
{
	const uint8_t *at = c->at;
	if (!canonical_string(c))
		return false;
	struct canonical_name name = {(uint16_t)(at - c->start), (uint16_t)(c->at - at)};
	for (unsigned i = first; i < c->names; i++)
		if (c->name[i].len == name.len && memcmp(c->start + c->name[i].at, at, name.len) == 0) {
			c->at = at;
			return canonical_wrong(c, "this member occurs twice");
		}
	c->name[c->names++] = name;
	return true;
}

static bool canonical_object(struct canonical *c)
{
	unsigned first = c->names;
	if (canonical_next(c, '}'))
		return true;
	do {
		if (!canonical_name(c, first))
			return false;
		if (!canonical_next(c, ':'))
			return canonical_wrong(c, "':' is missing");
		if (!canonical_value(c))
			return false;
	} while (canonical_next(c, ','));
	c->names = first;
	return canonical_next(c, '}') || canonical_wrong(c, "',' or '}' is missing");
}

static bool canonical_array(struct canonical *c)
{
	if (canonical_next(c, ']'))
		return true;
	do {
		if (!canonical_value(c))
			return false;
	} while (canonical_next(c, ','));
	return canonical_next(c, ']') || canonical_wrong(c, "',' or ']' is missing");
}

static bool canonical_nested(struct canonical *c, bool (*inside)(struct canonical *))
{
	if (c->depth == CANONICAL_DEPTH_MAX)
		return canonical_wrong(c, "nested more than 16 deep");
	c->at++;
	c->depth++;
	bool ok = inside(c);
	c->depth--;
	return ok;
}

static bool canonical_word(struct canonical *c)
{
	static const char *const words[] = {"null", "true", "false"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(c->end - c->at) >= len && memcmp(c->at, words[i], len) == 0) {
			c->at += len;
			return true;
		}
	}
	return canonical_wrong(c, "a value is missing");
}

static bool canonical_value(struct canonical *c)
{
	if (c->at == c->end)
		return canonical_wrong(c, "a value is missing");
	if (*c->at == '{')
		return canonical_nested(c, canonical_object);
	if (*c->at == '[')
		return canonical_nested(c, canonical_array);
	if (*c->at == '"')
		return canonical_string(c);
	if (*c->at == '-' || canonical_is_digit(c))
		return canonical_integer(c);
	return canonical_word(c);
}

bool canonical_check(const uint8_t *text, size_t len, struct complaint *complaint)
{
	struct canonical c; /* its names are not set to zero: that would cost more than the check */
	if (len > CANONICAL_BYTES_MAX)
		return complain(complaint, "has %zu bytes, at most %d are allowed", len, CANONICAL_BYTES_MAX);
	c.start = c.at = text;
	c.end = text + len;
	c.depth = c.names = 0;
	c.complaint = complaint;
	if (!canonical_value(&c))
		return false;
	return c.at == c.end || canonical_wrong(&c, "something follows the value");
}

/* Reading what has passed */

bool canonical_text_same(struct canonical_text a, struct canonical_text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool canonical_text_is(struct canonical_text text, const char *literal)
{
	return text.len == strlen(literal) && memcmp(text.at, literal, text.len) == 0;
}

bool canonical_take(struct canonical_reader *reader, const char *literal)
{
	size_t len = strlen(literal);
	if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, literal, len) != 0)
		return false;
	reader->at += len;
	return true;
}

bool canonical_take_integer(struct canonical_reader *reader, int64_t *ret_value)
{
	const char *at = reader->at;
	bool negative = at < reader->end && *at == '-';
	at += negative;
	int64_t value = 0;
	const char *first = at;
	for (; at < reader->end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	if (at == first)
		return false;
	reader->at = at;
	*ret_value = negative ? -value : value;
	return true;
}

bool canonical_take_string(struct canonical_reader *reader, struct canonical_text *ret_text)
{
	if (reader->at == reader->end || *reader->at != '"')
		return false;
	const char *first = reader->at + 1, *at = first;
	while (*at != '"')
		at += *at == '\\' ? 2 : 1;
	*ret_text = (struct canonical_text){first, (size_t)(at - first)};
	reader->at = at + 1;
	return true;
}

/* In a text that has passed, an object ends where its braces are balanced outside of strings. */
bool canonical_take_object(struct canonical_reader *reader)
{
	struct canonical_reader r = *reader;
	struct canonical_text ignored;
	unsigned depth = 0;
	if (!canonical_take(&r, "{"))
		return false;
	for (depth = 1; depth > 0;) {
		if (canonical_take_string(&r, &ignored))
			continue;
		depth += *r.at == '{';
		depth -= *r.at == '}';
		r.at++;
	}
	*reader = r;
	return true;
}

bool canonical_take_null(struct canonical_reader *reader)
{
	return canonical_take(reader, "null");
}
