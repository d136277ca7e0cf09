/* canonical.h: canonical JSON, as docs/journal-format.md ("The entry") has it.
 *
 * A value has exactly one canonical form, so a text that has passed canonical_check can be read by comparing bytes: the
 * reader below takes literals, integers, strings and whole values, and never looks at white space or escapes.
 * The reader may only be used on a text that has passed.
 */
#ifndef VERIFY_CANONICAL_H
#define VERIFY_CANONICAL_H

#include "complaint.h"

#include <stddef.h>
#include <stdint.h>

#define CANONICAL_BYTES_MAX   65535
#define CANONICAL_DEPTH_MAX   16 /* nested objects and arrays, the outermost counted as one */
#define CANONICAL_INTEGER_MAX ((INT64_C(1) << 53) - 1)

/* True if the text is one canonical value and nothing else. A complaint names the byte, counted from 0. */
bool canonical_check(const uint8_t *text, size_t len, struct complaint *complaint);

/* The length in bytes of the UTF-8 character at `at` (Unicode, table 3-7); 0 if there is none. */
size_t canonical_utf8(const uint8_t *at, const uint8_t *end);

struct canonical_text {
	const char *at;
	size_t len;
};

/* For printf's "%.*s": long texts are cut. */
#define CANONICAL_FMT	    "%.*s"
#define CANONICAL_ARG(text) (int)((text).len < 60 ? (text).len : 60), (text).at

bool canonical_text_is(struct canonical_text text, const char *literal);
bool canonical_text_same(struct canonical_text a, struct canonical_text b);

struct canonical_reader {
	const char *at, *end;
};

/* Each takes what it names if that is next, and else returns false and stays where it was. */
bool canonical_take(struct canonical_reader *reader, const char *literal);
bool canonical_take_integer(struct canonical_reader *reader, int64_t *ret_value);
/* The string as it is written, between the quotes. */
bool canonical_take_string(struct canonical_reader *reader, struct canonical_text *ret_text);
bool canonical_take_object(struct canonical_reader *reader);
bool canonical_take_null(struct canonical_reader *reader);

#endif
