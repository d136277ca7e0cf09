/* member.h: one value of a member of a selection (value.h), as what its predicate compares with. */
#ifndef RULES_MEMBER_H
#define RULES_MEMBER_H

#include "rules/value.h"

/* A member while its values are read. */
struct member {
	struct value_reader *r;
	const struct yaml *yaml;
	struct str name;
	uint16_t fact;
	unsigned kind; /* enum fact_kind, or FIELD_OF_EVENT */
	uint32_t modifiers;
};

static inline bool member_has(const struct member *m, uint32_t modifiers)
{
	return m->modifiers & modifiers;
}

/* The predicate that its values will make, but for them. */
struct predicate member_predicate(const struct member *m);

/* Adds to the bag what the predicate's kind has as values; `text` is what the value says, or was expanded to. */
int member_read_value(const struct member *m, const struct predicate *p, const struct yaml *value, struct str text,
		      struct bag *values);

#endif
