/* source.h: a file of a rulebook while it is read: its mistakes, told by place, what and remedy, and its members,
 * checked.
 *
 * Every function that returns int returns 0, or a negative code after it has filled the error.
 */
#ifndef RULES_SOURCE_H
#define RULES_SOURCE_H

#include "base/yaml.h"

struct source {
	const char *name; /* what errors call the file */
	struct error *error;
};

enum { SOURCE_SHOWN_BYTES_MAX = 60 };

/* As much of a foreign text as an error shows, cut between characters: for "%.*s". */
struct str source_shown(struct str text);

/* The format says what is wrong, at a node, at the key of a node, or at a byte of a text. Always negative. */
int source_fail(const struct source *s, const struct yaml *at, const char *format, ...) PRINTF(3, 4);
int source_fail_key(const struct source *s, const struct yaml *at, const char *format, ...) PRINTF(3, 4);
int source_fail_byte(const struct source *s, const struct yaml *text, size_t offset, const char *format, ...)
    PRINTF(4, 5);

/* The limit, by the same means. */
int source_limit(const struct source *s, const struct yaml *at, const char *format, ...) PRINTF(3, 4);

/* Says what would help, and returns the error's code. */
int source_remedy(const struct source *s, const char *format, ...) PRINTF(2, 3);
/* "write X" for the name that is nearest to the wrong one, else the list of all that there are, after `known`. */
int source_remedy_nearest(const struct source *s, struct str wrong, const struct str *names, size_t n,
			  const char *known);

/* The node is a map, and has no other keys than these; `what` is what the map describes. */
int source_map(const struct source *s, const struct yaml *node, const char *what, const struct str *keys, size_t n);

/* The member of the map: at `ret_value` always something, never NULL. */
int source_member(const struct source *s, const struct yaml *map, const char *key, const struct yaml **ret_value);

/* A text of 1 to bytes_max bytes. */
int source_text(const struct source *s, const struct yaml *node, const char *key, size_t bytes_max,
		struct str *ret_text);

#endif
