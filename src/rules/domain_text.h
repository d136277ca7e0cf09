/* domain_text.h: domain.h for one text. Pure. */
#ifndef RULES_DOMAIN_TEXT_H
#define RULES_DOMAIN_TEXT_H

#include "rules/domain.h"

static inline bool domain_has_room(const struct domain *d)
{
	return d->arena->size - d->arena->used >= DOMAIN_ROOM_BYTES;
}

/* A text of which the predicates hold or do not, as is wanted; best the hint. It is kept in d->arena. */
enum found domain_find_text(struct domain *d, const struct want *wants, size_t n, struct str hint,
			    struct str *ret_text);

/* domain_list of texts, without the absent one. */
bool domain_list_texts(struct domain *d, const struct predicate *const *predicates, size_t n, size_t times,
		       bool by_case, struct bag *values);

#endif
