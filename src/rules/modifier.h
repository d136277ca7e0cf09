/* modifier.h: what stands behind a field, `field|contains|all`, and what may stand together. Pure.
 *
 * The modifiers are Sigma's (modifiers appendix 2.1), each with the meaning it has there. Beyond it: an ordered fact
 * may be compared with another one by |gte|fieldref and its like.
 */
#ifndef RULES_MODIFIER_H
#define RULES_MODIFIER_H

#include "rules/source.h"
#include "schema/facts.h"

enum modifier {
	/* how the value and the fact are compared; without one of these they are the same */
	MODIFIER_STARTSWITH,
	MODIFIER_ENDSWITH,
	MODIFIER_CONTAINS,
	MODIFIER_RE,
	MODIFIER_CIDR,
	MODIFIER_GT,
	MODIFIER_GTE,
	MODIFIER_LT,
	MODIFIER_LTE,
	MODIFIER_EXISTS,
	/* what is made of it */
	MODIFIER_ALL,
	MODIFIER_NEQ,
	MODIFIER_CASED,
	MODIFIER_FIELDREF,
	MODIFIER_I,
	MODIFIER_M,
	MODIFIER_S,
	/* what is made of the value before */
	MODIFIER_EXPAND,
	MODIFIER_WINDASH,
	MODIFIER_WIDE,
	MODIFIER_UTF16LE,
	MODIFIER_UTF16BE,
	MODIFIER_UTF16,
	MODIFIER_BASE64,
	MODIFIER_BASE64OFFSET,
	/* which part of the fact is compared */
	MODIFIER_MINUTE,
	MODIFIER_HOUR,
	MODIFIER_DAY,
	MODIFIER_WEEK,
	MODIFIER_MONTH,
	MODIFIER_YEAR,
	MODIFIERS,
};

#define MODIFIER(name) (UINT32_C(1) << MODIFIER_##name)

enum {
	/* A field of an event, beside the kinds of facts: it may be anything. */
	FIELD_OF_EVENT = FACT_KINDS,
	FIELD_KINDS,
};

/* What a fact of this kind is, and how its value is written: for errors. */
struct kind_words {
	const char *is, *write;
};
extern const struct kind_words kind_words[FIELD_KINDS];

struct str modifier_name(enum modifier modifier);

/* The modifiers of a key behind its first `|`, as bits; `words` is what stands there, `field` and `kind` whose key it
 * is. `keyed` is the value of the key, for errors. */
int modifier_read(const struct source *source, const struct yaml *keyed, struct str field, unsigned kind,
		  struct str words, uint32_t *ret_modifiers);

#endif
