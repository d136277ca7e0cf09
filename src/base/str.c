#include "base/str.h"

int str_compare(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){s.at, prefix.len}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq((struct str){s.at + (s.len - suffix.len), suffix.len}, suffix);
}

bool str_contains(struct str s, struct str part)
{
	for (size_t i = 0; i + part.len <= s.len; i++)
		if (str_eq((struct str){s.at + i, part.len}, part))
			return true;
	return false;
}

bool str_cut(struct str s, char mark, struct str *ret_head, struct str *ret_tail)
{
	const char *found = s.len ? memchr(s.at, mark, s.len) : NULL;
	if (!found)
		return false;
	size_t head = (size_t)(found - s.at);
	*ret_head = (struct str){s.at, head};
	*ret_tail = (struct str){found + 1, s.len - head - 1};
	return true;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret_value)
{
	bool negative = s.len && s.at[0] == '-';
	size_t i = negative;
	if (s.len - i == 0 || s.len - i > 18 || (s.at[i] == '0' && (s.len - i > 1 || negative)))
		return false;
	int64_t value = 0;
	for (; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		value = value * 10 + (s.at[i] - '0');
	}
	value = negative ? -value : value;
	if (value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

/* The length of the well-formed sequence at s, or 0. */
static size_t utf8_sequence(const uint8_t *s, size_t left)
{
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (s[0] < 0xC2 || s[0] > 0xF4 || left < n)
		return 0;
	uint8_t low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
	uint8_t high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

bool str_is_utf8(struct str s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_sequence((const uint8_t *)s.at + i, s.len - i);
		if (n == 0)
			return false;
	}
	return true;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint8_t)s.at[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15u;
}
