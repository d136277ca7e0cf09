/* pattern.h: a value that is a text, as the patterns that it stands for. Pure.
 *
 * `*` is any run of characters and `?` any one (Sigma, rules specification, "String Wildcard"). A backslash takes the
 * meaning of a star, a question mark or a backslash behind it; before anything else it is itself ("Escape Character").
 *
 * The encodings make of one value several patterns: |windash beside them one for each way to write its dashes,
 * |base64offset three. What is encoded is a text; a star in it would be, too, and is a mistake.
 */
#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

#include "rules/bag.h"
#include "rules/compiled.h"
#include "rules/modifier.h"

enum { PATTERN_SPELLINGS_MAX = 125 }; /* of the dashes in a value that is encoded: three dashes */

struct pattern_reader {
	const struct source *source;
	struct arena *arena; /* keeps the texts */
};

/* `text` is what the value says, or what it was expanded to. Adds struct pattern to the bag. */
int pattern_read(const struct pattern_reader *r, const struct yaml *value, struct str text, uint32_t modifiers,
		 struct bag *patterns);

#endif
