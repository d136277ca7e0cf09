#include "canonical.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Each function below takes what begins at `at`, and returns where it ends, or NULL with a complaint. */

static const uint8_t *canonical_value(struct canonical *c, const uint8_t *at);

static const uint8_t *canonical_wrong(struct canonical *c, const uint8_t *at, const char *what)
{
	complain(c->complaint, "not canonical at byte %zu: %s", (size_t)(at - c->start), what);
	return NULL;
}

static inline bool canonical_is(const struct canonical *c, const uint8_t *at, char byte)
{
	return at < c->end && *at == (uint8_t)byte;
}

/* A value that begins so is an integer or nothing. */
static inline bool canonical_is_integer(const struct canonical *c, const uint8_t *at)
{
	return at < c->end && ((*at >= '0' && *at <= '9') || *at == '-');
}

static const uint8_t *canonical_integer(struct canonical *c, const uint8_t *at)
{
	bool negative = *at == '-';
	const uint8_t *first = at += negative;
	int64_t value = 0;
	for (; at < c->end && *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (*at - '0');
		if (value > CANONICAL_INTEGER_MAX)
			return canonical_wrong(c, at, "an integer's magnitude is below 2^53");
	}
	if (at == first)
		return canonical_wrong(c, at, "a digit is missing");
	if (*first == '0' && at - first > 1)
		return canonical_wrong(c, at, "an integer has no leading zero");
	if (*first == '0' && negative)
		return canonical_wrong(c, at, "zero has no sign");
	if (at < c->end && (*at == '.' || *at == 'e' || *at == 'E'))
		return canonical_wrong(c, at, "there are no fractions or exponents");
	return at;
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
static const uint8_t *canonical_escape_u(struct canonical *c, const uint8_t *at)
{
	static const char digits[] = "0123456789abcdef";
	if (c->end - at < 4 || memcmp(at, "00", 2) != 0 || (at[2] != '0' && at[2] != '1'))
		return canonical_wrong(c, at, "only characters below U+0020 are written \\u00xx");
	const char *low = at[3] ? strchr(digits, at[3]) : NULL;
	if (!low)
		return canonical_wrong(c, at, "\\u00xx has lower-case hexadecimal digits");
	int value = (at[2] - '0') * 16 + (int)(low - digits);
	if (value == 0)
		return canonical_wrong(c, at, "U+0000 does not occur");
	if (value == 8 || value == 9 || value == 10 || value == 12 || value == 13)
		return canonical_wrong(c, at, "this character has a shorter escape");
	return at + 4;
}

static const uint8_t *canonical_escape(struct canonical *c, const uint8_t *at)
{
	if (canonical_is(c, at, 'u'))
		return canonical_escape_u(c, at + 1);
	if (at == c->end || *at == 0 || !strchr("\"\\btnfr", *at))
		return canonical_wrong(c, at, "this is not escaped by a backslash");
	return at + 1;
}

/* The first byte that is not plain: a quote, a backslash, below 0x20 or above 0x7f. */
static inline const uint8_t *canonical_plain(const uint8_t *at, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
	for (; end - at >= 16; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)at);
		__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
		found = _mm_or_si128(found, _mm_cmplt_epi8(bytes, space)); /* signed: those above 0x7f are below 0 */
		unsigned mask = (unsigned)_mm_movemask_epi8(found);
		if (mask)
			return at + __builtin_ctz(mask);
	}
#endif
	while (at < end && *at != '"' && *at != '\\' && *at >= 0x20 && *at < 0x80)
		at++;
	return at;
}

/* What stands in a string and is not plain. */
static const uint8_t *canonical_special(struct canonical *c, const uint8_t *at)
{
	if (at == c->end)
		return canonical_wrong(c, at, "the string does not end");
	if (*at < 0x20)
		return canonical_wrong(c, at, "a character below U+0020 is not escaped");
	if (*at == '\\')
		return canonical_escape(c, at + 1);
	size_t len = canonical_utf8(at, c->end);
	return len > 0 ? at + len : canonical_wrong(c, at, "not UTF-8");
}

static inline const uint8_t *canonical_string(struct canonical *c, const uint8_t *first)
{
	if (!canonical_is(c, first, '"'))
		return canonical_wrong(c, first, "a string is missing");
	const uint8_t *at = canonical_plain(first + 1, c->end);
	while (!canonical_is(c, at, '"')) {
		if (!(at = canonical_special(c, at)))
			return NULL;
		at = canonical_plain(at, c->end);
	}
	c->end_of[first - c->start] = (uint16_t)(at + 1 - c->start);
	return at + 1;
}

/* A character has one canonical form, so two names are the same if their bytes are. `seen` has a bit for each name of
 * the object, from its ends and length: where the bit is new, so is the name. */
static inline const uint8_t *canonical_name(struct canonical *c, const uint8_t *at, unsigned first, uint64_t *seen)
{
	const uint8_t *end = canonical_string(c, at);
	if (!end)
		return NULL;
	struct canonical_name name = {(uint16_t)(at - c->start), (uint16_t)(end - at)};
	uint64_t bit = UINT64_C(1) << ((at[1] + end[-2] * 2 + name.len * 8) & 63);
	for (unsigned i = *seen & bit ? first : c->names; i < c->names; i++)
		if (c->name[i].len == name.len && memcmp(c->start + c->name[i].at, at, name.len) == 0)
			return canonical_wrong(c, at, "this member occurs twice");
	*seen |= bit;
	c->name[c->names++] = name;
	return end;
}

static const uint8_t *canonical_object(struct canonical *c, const uint8_t *begin)
{
	const uint8_t *at = begin + 1;
	unsigned first = c->names;
	uint64_t seen = 0;
	while (!canonical_is(c, at, '}') || seen) {
		if (!(at = canonical_name(c, at, first, &seen)))
			return NULL;
		if (!canonical_is(c, at, ':'))
			return canonical_wrong(c, at, "':' is missing");
		if (!(at = canonical_value(c, at + 1)))
			return NULL;
		if (!canonical_is(c, at, ','))
			break;
		at++;
	}
	if (!canonical_is(c, at, '}'))
		return canonical_wrong(c, at, "',' or '}' is missing");
	c->names = first;
	c->end_of[begin - c->start] = (uint16_t)(at + 1 - c->start);
	return at + 1;
}

static const uint8_t *canonical_array(struct canonical *c, const uint8_t *begin)
{
	const uint8_t *at = begin + 1;
	unsigned items = 0, integers = 0;
	while (!canonical_is(c, at, ']') || items > 0) {
		items++;
		integers += canonical_is_integer(c, at);
		if (!(at = canonical_value(c, at)))
			return NULL;
		if (!canonical_is(c, at, ','))
			break;
		at++;
	}
	if (!canonical_is(c, at, ']'))
		return canonical_wrong(c, at, "',' or ']' is missing");
	if (items == 2 && integers == 2)
		c->pair[c->pairs++] = (uint16_t)(begin - c->start);
	return at + 1;
}

static const uint8_t *canonical_word(struct canonical *c, const uint8_t *at)
{
	static const char *const words[] = {"null", "true", "false"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(c->end - at) >= len && memcmp(at, words[i], len) == 0)
			return at + len;
	}
	return canonical_wrong(c, at, "a value is missing");
}

static const uint8_t *canonical_nested(struct canonical *c, const uint8_t *at)
{
	if (c->depth == CANONICAL_DEPTH_MAX)
		return canonical_wrong(c, at, "nested more than 16 deep");
	c->depth++;
	at = *at == '{' ? canonical_object(c, at) : canonical_array(c, at);
	c->depth--;
	return at;
}

static const uint8_t *canonical_value(struct canonical *c, const uint8_t *at)
{
	if (at == c->end)
		return canonical_wrong(c, at, "a value is missing");
	switch (*at) {
	case '"':
		return canonical_string(c, at);
	case '{':
	case '[':
		return canonical_nested(c, at);
	default:
		return canonical_is_integer(c, at) ? canonical_integer(c, at) : canonical_word(c, at);
	}
}

bool canonical_check(struct canonical *c, const uint8_t *text, size_t len, struct complaint *complaint)
{
	if (len > CANONICAL_BYTES_MAX)
		return complain(complaint, "has %zu bytes, at most %d are allowed", len, CANONICAL_BYTES_MAX);
	c->start = text;
	c->end = text + len;
	c->depth = c->names = c->pairs = 0;
	c->complaint = complaint;
	const uint8_t *end = canonical_value(c, text);
	if (!end)
		return false;
	return end == c->end || canonical_wrong(c, end, "something follows the value");
}

bool canonical_pair(const struct canonical *c, struct canonical_text within, unsigned *pair, int64_t ret_pair[2])
{
	size_t from = (size_t)(within.at - (const char *)c->start);
	while (*pair < c->pairs && c->pair[*pair] < from)
		++*pair;
	if (*pair == c->pairs || c->pair[*pair] >= from + within.len)
		return false;
	struct canonical_reader r = canonical_read(c);
	r.at += c->pair[(*pair)++] + 1;
	return canonical_take_integer(&r, &ret_pair[0]) && canonical_take(&r, ",") &&
	       canonical_take_integer(&r, &ret_pair[1]);
}
