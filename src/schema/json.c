#include "schema/json.h"

/* Tokens */

static inline void skip_space(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
		j->at++;
}

static inline bool take(struct json *j, char c)
{
	if (j->at < j->end && *j->at == c) {
		j->at++;
		return true;
	}
	skip_space(j);
	if (j->at < j->end && *j->at == c) {
		j->at++;
		return true;
	}
	return false;
}

static bool take_word(struct json *j, const char *word, size_t n)
{
	skip_space(j);
	if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0)
		return false;
	j->at += n;
	return true;
}

bool json_null(struct json *j)
{
	return take_word(j, "null", 4);
}

bool json_bool(struct json *j, bool *ret_value)
{
	if (take_word(j, "true", 4))
		*ret_value = true;
	else if (take_word(j, "false", 5))
		*ret_value = false;
	else
		return json_fail(j, "is not true or false");
	return true;
}

bool json_end(struct json *j)
{
	skip_space(j);
	return !j->what && (j->at == j->end || json_fail(j, "there is something behind the value"));
}

/* Eight bytes at a time: the high bit of each byte of the result is set where the byte is a quote, a backslash, a control character or not ASCII. The
 * test may also mark bytes above the first true one, which does no harm: only the lowest is used. */
static inline uint64_t special(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
	return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (w - ones * 0x20) | w) & high;
}

/* To the first byte that is not a plain ASCII character of a string. */
static inline const char *skip_plain(const char *at, const char *end)
{
	while (end - at >= 8) {
		uint64_t w, found;
		memcpy(&w, at, 8);
		found = special(w);
		if (found)
			return at + (__builtin_ctzll(found) >> 3);
		at += 8;
	}
	while (at < end && *at != '"' && *at != '\\' && (uint8_t)*at >= 0x20 && (uint8_t)*at < 0x80)
		at++;
	return at;
}

static bool four_hex(struct json *j, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	if (j->end - j->at < 4)
		return json_fail(j, "an escape is cut off");
	for (int i = 0; i < 4; i++, j->at++) {
		char c = *j->at;
		int digit = c >= '0' && c <= '9'		 ? c - '0'
			    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
								 : -1;
		if (digit < 0)
			return json_fail(j, "an escape has a character that is no hexadecimal digit");
		unit = unit << 4 | (uint32_t)digit;
	}
	*ret_unit = unit;
	return true;
}

static void put_utf8(struct buf *b, uint32_t c)
{
	uint8_t bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
	bytes[0] = (uint8_t)(lead[n] | c);
	buf_put(b, bytes, n);
}

static bool unicode_escape(struct json *j, struct buf *b)
{
	uint32_t unit = 0, low = 0;
	if (!four_hex(j, &unit))
		return false;
	if (unit >= 0xD800 && unit < 0xDC00) {
		if (!(take_word(j, "\\u", 2) && four_hex(j, &low)) || low < 0xDC00 || low > 0xDFFF)
			return json_fail(j, "an escape is half of a pair");
		unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
	} else if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) {
		return json_fail(j, unit ? "an escape is half of a pair" : "holds U+0000");
	}
	put_utf8(b, unit);
	return true;
}

/* What stands behind a backslash. */
static bool escape(struct json *j, struct buf *b)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	if (j->at == j->end)
		return json_fail(j, "a text has no end");
	char c = *j->at++;
	if (c == 'u')
		return unicode_escape(j, b);
	const char *found = c ? memchr(names, c, sizeof names - 1) : NULL;
	if (!found)
		return json_fail(j, "an escape is not one of JSON's");
	buf_put_char(b, values[found - names]);
	return true;
}

static bool not_plain(struct json *j)
{
	return json_fail(j, j->at == j->end ? "a text has no end" : "holds a control character");
}

/* The rest of a text whose beginning had no escapes: copied to the arena without them. */
static bool escaped_text(struct json *j, const char *begin, struct str *ret_text)
{
	struct buf b = arena_buf(j->arena);
	buf_put(&b, begin, (size_t)(j->at - begin));
	while (j->at < j->end && *j->at != '"') {
		if (*j->at == '\\') {
			j->at++;
			if (!escape(j, &b))
				return false;
			continue;
		}
		if ((uint8_t)*j->at < 0x20)
			return not_plain(j);
		buf_put_char(&b, *j->at++);
	}
	if (j->at == j->end)
		return not_plain(j);
	j->at++;
	*ret_text = arena_keep(j->arena, &b);
	return true;
}

/* A text, its quotes included. */
static inline bool string(struct json *j, struct str *ret_text)
{
	if (!take(j, '"'))
		return json_fail(j, "is not a text");
	const char *begin = j->at;
	bool ascii = true; /* as far as was looked: an escaped text was not looked through */
	for (;;) {
		j->at = skip_plain(j->at, j->end);
		if (j->at == j->end || *j->at == '\\' || (uint8_t)*j->at < 0x80)
			break;
		ascii = false;
		j->at++;
	}
	if (j->at < j->end && *j->at == '"') {
		*ret_text = (struct str){begin, (size_t)(j->at - begin)};
		j->at++;
	} else if (j->at < j->end && *j->at == '\\') {
		ascii = false;
		if (!escaped_text(j, begin, ret_text))
			return false;
	} else {
		return not_plain(j);
	}
	return ascii || str_is_utf8(*ret_text) || json_fail(j, "is not UTF-8");
}

/* Values */

bool json_text(struct json *j, size_t bytes_max, struct str *ret_text)
{
	return string(j, ret_text) &&
	       (ret_text->len <= bytes_max ||
		json_fail_limit(j, "is longer than it may be", "at most % bytes", (int64_t)bytes_max));
}

bool json_bytes(struct json *j, size_t bytes_min, size_t bytes_max, struct str *ret_bytes)
{
	struct str hex = {0};
	if (!string(j, &hex))
		return false;
	size_t n = hex.len / 2;
	if (hex.len % 2)
		return json_fail(j, "has half a byte: an odd number of hexadecimal digits");
	if (n < bytes_min)
		return json_fail_limit(j, "is shorter than it may be", "at least % bytes", (int64_t)bytes_min);
	if (n > bytes_max)
		return json_fail_limit(j, "is longer than it may be", "at most % bytes", (int64_t)bytes_max);
	uint8_t *bytes = ARENA_TAKE(j->arena, uint8_t, n + 1);
	if (!hex_read(hex, bytes, n))
		return json_fail(j, "is not lower-case hexadecimal digits");
	*ret_bytes = (struct str){(const char *)bytes, n};
	return true;
}

bool json_int(struct json *j, int64_t min, int64_t max, int64_t *ret_value)
{
	if (j->at < j->end && *j->at <= ' ')
		skip_space(j);
	const char *at = j->at;
	bool negative = at < j->end && *at == '-';
	at += negative;
	const char *digits = at;
	uint64_t value = 0;
	while (at < j->end && (uint8_t)(*at - '0') < 10 && at - digits < 17)
		value = value * 10 + (uint64_t)(*at++ - '0');
	bool shortest = at > digits && (*digits != '0' || (at == digits + 1 && !negative));
	bool whole = at == j->end || !((uint8_t)(*at - '0') < 10 || *at == '.' || (*at | 32) == 'e');
	if (!shortest || !whole || value > (uint64_t)JSON_INT_MAX)
		return json_fail(j, "is not a whole number in its shortest form, below 2^53");
	int64_t result = negative ? -(int64_t)value : (int64_t)value;
	if (result < min)
		return json_fail_limit(j, "is less than it may be", "at least %", min);
	if (result > max)
		return json_fail_limit(j, "is more than it may be", "at most %", max);
	j->at = at;
	*ret_value = result;
	return true;
}

bool json_id(struct json *j, uint64_t *ret_id)
{
	int64_t value;
	if (!json_int(j, 0, JSON_INT_MAX, &value))
		return false;
	*ret_id = (uint64_t)value;
	return true;
}

bool json_enum(struct json *j, const struct str *names, size_t n, unsigned *ret_index)
{
	struct str text;
	if (!string(j, &text))
		return false;
	for (unsigned i = 1; i < n; i++)
		if (str_eq(text, names[i])) {
			*ret_index = i;
			return true;
		}
	return json_fail_word(j, "is not one of its values:", text);
}

/* Objects */

bool json_object_begin(struct json *j, struct json_object *o, const struct json_member *members, int n)
{
	ASSERT(n <= JSON_MEMBERS_MAX);
	*o = (struct json_object){.members = members, .n = n};
	return take(j, '{') || json_fail(j, "is not an object");
}

static bool missing(struct json *j, const struct json_object *o)
{
	for (int i = 0; i < o->n; i++)
		if (!o->members[i].optional && !(o->seen >> i & 1)) {
			const struct str key = o->members[i].key;
			return json_fail_word(j, "has no member", (struct str){key.at + 1, key.len - 3});
		}
	return true;
}

/* A member that is not the next declared one, or not written canonically. */
static int any_member(struct json *j, struct json_object *o)
{
	struct str name;
	if (take(j, '}'))
		return missing(j, o) ? JSON_LAST : JSON_WRONG;
	if (o->seen && !take(j, ','))
		return json_fail(j, "has no comma or end where one must be"), JSON_WRONG;
	skip_space(j);
	const char *begin = j->at;
	if (!string(j, &name) || !(take(j, ':') || json_fail(j, "has no colon behind a member's name")))
		return JSON_WRONG;
	for (int i = 0; i < o->n; i++) {
		const struct str key = o->members[i].key;
		if (!str_eq(name, (struct str){key.at + 1, key.len - 3}))
			continue;
		if (o->seen >> i & 1) {
			j->at = begin;
			return json_fail_word(j, "has a member twice:", name), JSON_WRONG;
		}
		o->seen |= UINT64_C(1) << i;
		o->next = i + 1;
		return i;
	}
	j->at = begin;
	return json_fail_word(j, "has no member called", name), JSON_WRONG;
}

static inline uint64_t eight(const char *at)
{
	uint64_t w;
	memcpy(&w, at, sizeof w);
	return w;
}

static inline uint32_t four(const char *at)
{
	uint32_t w;
	memcpy(&w, at, sizeof w);
	return w;
}

/* Two keys of n >= 4 bytes, in line: a call costs more than they are long. The last step goes over bytes that were compared already. */
static inline bool same_key(const char *a, const char *b, size_t n)
{
	if (n < 8)
		return four(a) == four(b) && four(a + n - 4) == four(b + n - 4);
	for (size_t i = 0; i + 8 < n; i += 8)
		if (eight(a + i) != eight(b + i))
			return false;
	return eight(a + n - 8) == eight(b + n - 8);
}

int json_object_next(struct json *j, struct json_object *o)
{
	size_t left = (size_t)(j->end - j->at), comma = o->seen != 0;
	if (left > 0 && *j->at == (comma ? ',' : '"')) {
		for (int i = o->next; i < o->n; i++) {
			const struct json_member *m = &o->members[i];
			if (left - comma >= m->key.len && same_key(j->at + comma, m->key.at, m->key.len) &&
			    !(o->seen >> i & 1)) {
				j->at += comma + m->key.len;
				o->seen |= UINT64_C(1) << i;
				o->next = i + 1;
				return i;
			}
			if (!m->optional)
				break;
		}
	}
	return any_member(j, o);
}

/* Arrays */

bool json_array_begin(struct json *j, struct json_array *a, size_t max)
{
	*a = (struct json_array){.max = max};
	return take(j, '[') || json_fail(j, "is not a list");
}

bool json_array_next(struct json *j, struct json_array *a)
{
	if (take(j, ']'))
		return false;
	if (a->n > 0 && !take(j, ','))
		return json_fail(j, "has no comma or end where one must be");
	if (a->n == a->max)
		return json_fail_limit(j, "has more items than it may have", "at most %", (int64_t)a->max);
	a->n++;
	return true;
}

void *json_array_grow(struct json *j, const void *items, size_t *size, size_t max, size_t each)
{
	size_t more = *size ? 2 * *size : 4;
	if (more > max)
		more = max;
	void *grown = arena_take(j->arena, more, each);
	if (*size)
		memcpy(grown, items, *size * each);
	*size = more;
	return grown;
}

/* Any value: checked, and passed over */

static bool skip_value(struct json *j, int depth);

static bool skip_object(struct json *j, int depth)
{
	const char *names[JSON_MEMBERS_MAX];
	size_t lengths[JSON_MEMBERS_MAX], n = 0;
	while (!take(j, '}')) {
		struct str name;
		if (n > 0 && !take(j, ','))
			return json_fail(j, "has no comma or end where one must be");
		if (!string(j, &name) || !(take(j, ':') || json_fail(j, "has no colon behind a member's name")))
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(name, (struct str){names[i], lengths[i]}))
				return json_fail_word(j, "has a member twice:", name);
		if (n == JSON_MEMBERS_MAX)
			return json_fail_limit(j, "has more members than it may have", "at most %", JSON_MEMBERS_MAX);
		names[n] = name.at;
		lengths[n++] = name.len;
		if (!skip_value(j, depth + 1))
			return json_in_name(j, name);
	}
	return true;
}

static bool skip_array(struct json *j, int depth)
{
	for (size_t n = 0; !take(j, ']'); n++) {
		if (n > 0 && !take(j, ','))
			return json_fail(j, "has no comma or end where one must be");
		if (!skip_value(j, depth + 1))
			return json_in_item(j, n);
	}
	return true;
}

static bool skip_value(struct json *j, int depth)
{
	struct str text;
	int64_t number;
	bool truth;
	if (depth > JSON_DEPTH_MAX)
		return json_fail_limit(j, "is nested deeper than it may be", "at most %", JSON_DEPTH_MAX);
	skip_space(j);
	if (j->at == j->end)
		return json_fail(j, "ends too early");
	switch (*j->at) {
	case '{':
		j->at++;
		return skip_object(j, depth);
	case '[':
		j->at++;
		return skip_array(j, depth);
	case '"':
		return string(j, &text);
	case 't':
	case 'f':
		return json_bool(j, &truth);
	case 'n':
		return json_null(j) || json_fail(j, "is no value of JSON");
	default:
		return json_int(j, -JSON_INT_MAX, JSON_INT_MAX, &number);
	}
}

bool json_raw(struct json *j, struct str *ret_raw)
{
	skip_space(j);
	const char *begin = j->at;
	/* A raw value is a member of a member at least. */
	if (!skip_value(j, 3))
		return false;
	*ret_raw = (struct str){begin, (size_t)(j->at - begin)};
	return true;
}

/* Writing */

static void put_escaped(struct buf *b, char c)
{
	static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
	const char *found = memchr(values, c, sizeof values - 1);
	if (found) {
		char pair[2] = {'\\', names[found - values]};
		buf_put(b, pair, 2);
		return;
	}
	BUF_LIT(b, "\\u00");
	buf_put_hex(b, (const uint8_t *)&c, 1);
}

void json_put_text(struct buf *b, struct str text)
{
	const char *at = text.len ? text.at : "", *end = at + text.len;
	buf_put_char(b, '"');
	while (at < end) {
		const char *plain = skip_plain(at, end);
		while (plain < end && (uint8_t)*plain >= 0x80)
			plain = skip_plain(plain + 1, end);
		buf_put(b, at, (size_t)(plain - at));
		at = plain;
		if (at < end)
			put_escaped(b, *at++);
	}
	buf_put_char(b, '"');
}

void json_put_bytes(struct buf *b, struct str bytes)
{
	buf_put_char(b, '"');
	buf_put_hex(b, (const uint8_t *)bytes.at, bytes.len);
	buf_put_char(b, '"');
}

void json_put_name(struct buf *b, struct str name)
{
	buf_put_char(b, '"');
	buf_put_str(b, name);
	buf_put_char(b, '"');
}

void json_put_object_end(struct buf *b, size_t begin)
{
	if (b->len == begin)
		buf_put_char(b, '{');
	else if (!b->over)
		b->at[begin] = '{';
	buf_put_char(b, '}');
}
