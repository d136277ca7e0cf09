/* json_scan.h: JSON, token by token: of events that others write, and of the text of a rulebook. Pure.
 *
 * RFC 8259 and no more, but for two things: a text may not be nested deeper than SCAN_DEPTH_MAX, and half of a surrogate
 * pair in an escape becomes U+FFFD, because an event that holds one must not go unseen. A member may stand twice; who
 * cannot have that looks itself. Numbers are left as they are written.
 *
 * Texts without escapes are views into what is scanned; others are taken from the arena.
 */
#ifndef RULES_JSON_SCAN_H
#define RULES_JSON_SCAN_H

#include "base/arena.h"

enum { SCAN_DEPTH_MAX = 32 };

enum scan_token {
	SCAN_WRONG, /* `wrong` says what, `at` where; nothing else comes */
	SCAN_DONE,  /* the value is whole, and nothing stands behind it */
	SCAN_OBJECT,
	SCAN_OBJECT_END,
	SCAN_ARRAY,
	SCAN_ARRAY_END,
	SCAN_KEY,
	SCAN_TEXT,
	SCAN_NUMBER,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL,
};

struct scan {
	const char *start, *at, *end;
	struct arena *arena;
	const char *wrong;
	size_t depth;
	uint64_t objects; /* bit i: level i is an object, else an array */
	bool begun;	  /* of the innermost one, something has stood there already */
	bool keyed;	  /* a key waits for its value */
};

struct scan scan_over(struct str text, struct arena *arena);

/* The next token; ret_text gets the text of a key or text, and how a number is written. */
enum scan_token scan_next(struct scan *s, struct str *ret_text);

/* The byte at which the scan stands. */
static inline size_t scan_offset(const struct scan *s)
{
	return (size_t)(s->at - s->start);
}

#endif
