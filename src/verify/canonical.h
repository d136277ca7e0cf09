/* canonical.h: canonical JSON, as docs/journal-format.md ("The entry") has it.
 *
 * A value has exactly one canonical form, so a text that has passed canonical_check can be read by comparing bytes: the
 * reader below takes literals, integers, strings and whole values, and never looks at white space or escapes. The check
 * notes on its way where strings and objects end and which arrays are pairs of integers, so that the reader jumps over
 * what it does not need: each byte is looked at once.
 *
 * One struct canonical serves one text after another and need not be cleared; a reader lives until the next check.
 */
#ifndef VERIFY_CANONICAL_H
#define VERIFY_CANONICAL_H

#include "complaint.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CANONICAL_BYTES_MAX   65535
#define CANONICAL_DEPTH_MAX   16 /* nested objects and arrays, the outermost counted as one */
#define CANONICAL_INTEGER_MAX ((INT64_C(1) << 53) - 1)
#define CANONICAL_NAMES_MAX   (CANONICAL_BYTES_MAX / 5 + 1) /* the shortest member is `"":0,` */
#define CANONICAL_PAIRS_MAX   (CANONICAL_BYTES_MAX / 6 + 1) /* the shortest pair is `[0,0],` */

struct canonical_name {
	uint16_t at, len;
};

struct canonical {
	const uint8_t *start, *end;
	struct complaint *complaint;
	unsigned depth;
	unsigned names; /* of all objects that are open, the innermost's last */
	struct canonical_name name[CANONICAL_NAMES_MAX];
	uint16_t end_of[CANONICAL_BYTES_MAX]; /* where the string or object that begins there ends */
	unsigned pairs;
	uint16_t pair[CANONICAL_PAIRS_MAX]; /* where each array of exactly two integers begins, in order */
};

/* True if the text is one canonical value and nothing else. A complaint names the byte, counted from 0. */
bool canonical_check(struct canonical *canonical, const uint8_t *text, size_t len, struct complaint *complaint);

/* The length in bytes of the UTF-8 character at `at` (Unicode, table 3-7); 0 if there is none. */
size_t canonical_utf8(const uint8_t *at, const uint8_t *end);

struct canonical_text {
	const char *at;
	size_t len;
};

/* For printf's "%.*s": long texts are cut. */
#define CANONICAL_FMT	    "%.*s"
#define CANONICAL_ARG(text) (int)((text).len < 60 ? (text).len : 60), (text).at

static inline bool canonical_text_is(struct canonical_text text, const char *literal)
{
	return text.len == strlen(literal) && memcmp(text.at, literal, text.len) == 0;
}

struct canonical_reader {
	const char *at, *end;
	const struct canonical *canonical;
};

/* At the beginning of the text that has just passed. */
static inline struct canonical_reader canonical_read(const struct canonical *c)
{
	return (struct canonical_reader){(const char *)c->start, (const char *)c->end, c};
}

/* Each takes what it names if that is next, and else returns false and stays where it was. */
static inline bool canonical_take(struct canonical_reader *reader, const char *literal)
{
	size_t len = strlen(literal);
	if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, literal, len) != 0)
		return false;
	reader->at += len;
	return true;
}

static inline bool canonical_take_integer(struct canonical_reader *reader, int64_t *ret_value)
{
	const char *at = reader->at;
	bool negative = at < reader->end && *at == '-';
	const char *first = at += negative;
	int64_t value = 0;
	for (; at < reader->end && *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	if (at == first)
		return false;
	reader->at = at;
	*ret_value = negative ? -value : value;
	return true;
}

/* What begins with `first` and ends where the check has noted. */
static inline bool canonical_take_noted(struct canonical_reader *reader, char first, struct canonical_text *ret_text)
{
	if (reader->at == reader->end || *reader->at != first)
		return false;
	const char *start = (const char *)reader->canonical->start;
	const char *end = start + reader->canonical->end_of[reader->at - start];
	*ret_text = (struct canonical_text){reader->at, (size_t)(end - reader->at)};
	reader->at = end;
	return true;
}

/* The object as it is written, with its braces. */
static inline bool canonical_take_object(struct canonical_reader *reader, struct canonical_text *ret_text)
{
	return canonical_take_noted(reader, '{', ret_text);
}

/* The string as it is written, between the quotes. */
static inline bool canonical_take_string(struct canonical_reader *reader, struct canonical_text *ret_text)
{
	struct canonical_text quoted;
	if (!canonical_take_noted(reader, '"', &quoted))
		return false;
	*ret_text = (struct canonical_text){quoted.at + 1, quoted.len - 2};
	return true;
}

/* Of the pairs of integers that stand inside `within`, the first at or behind number `*pair`, which becomes the number
 * behind it; false if there is none. Starting at 0, `within` must go forward from call to call. */
bool canonical_pair(const struct canonical *canonical, struct canonical_text within, unsigned *pair,
		    int64_t ret_pair[2]);

#endif
