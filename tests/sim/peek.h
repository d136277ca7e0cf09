/* peek.h: JSON read by looking at it: for tests that must not believe the codec. Only for canonical text
 * (docs/journal-format.md), which what the hub writes is; it finds members and items, and gives values as they
 * stand.
 */
#ifndef TESTS_SIM_PEEK_H
#define TESTS_SIM_PEEK_H

#include "base/arena.h"

/* The value of an object's member; false when it has none, or this is no object. */
bool peek(struct str object, const char *name, struct str *ret_value);
/* The same, by a path: "entry.input.body". */
bool peek_path(struct str object, const char *path, struct str *ret_value);
/* A number or text by its path; `otherwise`, or an empty text, when there is none. Texts are without their quotes,
 * as they are escaped. */
int64_t peek_int(struct str object, const char *path, int64_t otherwise);
struct str peek_text(struct str object, const char *path);
bool peek_has(struct str object, const char *path);

/* Members and items one after the other: `rest` is the value at first. False at the end. */
struct peek_walk {
	struct str rest;
};
struct peek_walk peek_begin(struct str value);
bool peek_member(struct peek_walk *walk, struct str *ret_name, struct str *ret_value);
bool peek_item(struct peek_walk *walk, struct str *ret_value);

bool peek_is_null(struct str value);
/* Without its quotes; empty when it is no text. */
struct str peek_unquoted(struct str value);

#endif
