/* value.h: one member of a selection, `field|modifier: value or list`, as predicates.
 *
 *     kind of the fact         values                                       README.md has the modifiers
 *     text, texts              text; * is any run, ? any one character
 *     number, time, date       42; "07:00"; 2026-11-23
 *     address                  192.0.2.7, 2001:db8::1
 *     bool                     true, false
 *     field of an event        text, number or true and false: what the event's value is as a text
 *
 * `null` without quotes says that there is no value.
 */
#ifndef RULES_VALUE_H
#define RULES_VALUE_H

#include "rules/bag.h"
#include "rules/expand.h"
#include "rules/modifier.h"
#include "rules/predicates.h"

/* The fields that rules ask of events, numbered as they are found. Field 0 has no name: it is the whole event. */
struct field_names {
	struct arena *arena;
	struct bag names; /* of struct str */
	uint32_t *table;  /* of numbers; 0 is free */
	size_t slots;
};

enum { FIELD_NAMES_MAX = 4096, FIELD_NAME_BYTES_MAX = 256 };

struct value_reader {
	const struct source *source;
	const struct vocabulary *vocabulary; /* NULL: fields of events, */
	struct field_names *fields;	     /* which are these */
	const struct placeholders *placeholders;
	struct predicates *predicates;
	struct arena *arena;		/* keeps predicates */
	struct arena *scratch;		/* as it was after each call */
	size_t values, regexes;		/* read so far */
	size_t values_max, regexes_max; /* in the whole rulebook */
};

/* What a member says: the predicate, or that it does not hold. */
struct term {
	const struct predicate *predicate;
	bool negated;
};

/* Adds to the bag of struct term: all that the member adds must hold. */
int value_read(struct value_reader *r, const struct yaml *member, struct bag *terms);

/* A keyword, or a list of them: a text, or with `*` a pattern, that some value of an event has in it. */
int value_read_keywords(struct value_reader *r, const struct yaml *node, struct bag *terms);

void field_names_init(struct field_names *fields, struct arena *arena);
/* The number of the field, new or known; false when there are FIELD_NAMES_MAX already. */
bool field_names_take(struct field_names *fields, struct str name, uint16_t *ret_number);

#endif
