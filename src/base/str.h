/* str.h: a string that somebody else owns: bytes and their number, no terminating zero. Pure.
 *
 * `at` may be NULL only when `len` is 0. Comparison is by bytes; nothing here knows a locale.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

struct str {
	const char *at;
	size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT	     "%.*s"
#define STR_ARG(s)   (int)(s).len, (s).at ? (s).at : ""

static inline struct str str_of(const char *zero_terminated)
{
	return (struct str){zero_terminated, strlen(zero_terminated)};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Order by bytes, the shorter first where one begins the other: <0, 0, >0. */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str part);

/* Cuts at the first `mark`: ret_head gets what stands before it, ret_tail what stands behind. False, and both
 * untouched, when there is no mark. */
bool str_cut(struct str s, char mark, struct str *ret_head, struct str *ret_tail);

/* A decimal integer, the whole string, no sign but '-', no leading zero, inside [min, max]. */
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret_value);

/* Well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms). */
bool str_is_utf8(struct str s);

/* FNV-1a, 64 bits, with a final mix: for tables in memory; never stored, never sent. */
uint64_t str_hash(struct str s);

#endif
