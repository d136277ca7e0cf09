/* nearest.h: the name that somebody probably meant. Pure. */
#ifndef RULES_NEAREST_H
#define RULES_NEAREST_H

#include "base/str.h"

/* The index of the name that becomes `wrong` by the fewest slips (a letter too many, too few, another one, two
 * swapped; the case of ASCII letters is none), the first of equals; n when every one is too far away to be meant. */
size_t nearest_of(struct str wrong, const struct str *names, size_t n);

#endif
