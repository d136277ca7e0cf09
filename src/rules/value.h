/* value.h: one member of a selection, `field|modifier: value or list`, as predicates.
 *
 *     kind of the fact         values                                       modifiers
 *     text, texts              text; * is any run, ? any one character      startswith endswith contains, and all
 *     number, time, date       42; "07:00"; 2026-11-23                      gte gt lte lt
 *     address                  192.0.2.7, 2001:db8::1                       cidr
 *     bool                     true, false
 */
#ifndef RULES_VALUE_H
#define RULES_VALUE_H

#include "rules/compiled.h"
#include "rules/source.h"

struct value_reader {
	const struct source *source;
	const struct vocabulary *vocabulary;
	struct arena *arena;
	size_t values; /* read so far, in the whole rulebook */
};

/* All ret_n predicates must hold; at least one, and more only with `all`. */
int value_read(struct value_reader *r, const struct yaml *member, const struct predicate **ret_predicates,
	       size_t *ret_n);

/* Days since 1970-01-01 of a date of the Gregorian calendar, 0001-01-01 to 9999-12-31. */
bool value_date(struct str text, int64_t *ret_days);

#endif
