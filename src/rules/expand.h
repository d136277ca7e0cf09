/* expand.h: %placeholders% of values behind |expand, and the lists that they stand for. Pure.
 *
 * A placeholder is a name of letters, digits and _ between two percent signs; it stands for each text of its list, with
 * the stars in it, so a value with one becomes several. `\%` is a percent sign (Sigma, rules specification,
 * "Placeholders").
 */
#ifndef RULES_EXPAND_H
#define RULES_EXPAND_H

#include "rules/bag.h"
#include "rules/source.h"

enum {
	PLACEHOLDERS_MAX = 128,
	PLACEHOLDER_VALUES_MAX = 1024, /* of one list */
	PLACEHOLDER_NAME_BYTES_MAX = 64,
	EXPANDED_VALUES_MAX = 1024, /* from one value */
};

struct placeholder {
	struct str name;
	size_t n;
	const struct str *values;
};

struct placeholders {
	size_t n;
	struct placeholder at[PLACEHOLDERS_MAX];
};

/* A map of names, each with a list of texts, which are kept in the arena. */
int expand_read(const struct source *source, const struct yaml *map, struct arena *arena, struct placeholders *ret);

/* Adds struct str to the bag: each text that the value stands for. They live in the bag's arena. */
int expand_text(const struct source *source, const struct yaml *value, const struct placeholders *placeholders,
		struct bag *texts);

#endif
