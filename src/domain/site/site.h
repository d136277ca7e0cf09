/* site.h: the premises: buildings, and zones of one grade of protection inside them.
 *
 * Places have names that no two share, because names are what people say on the radio. Other domains read the tables Building and Zone
 * (gen/tables.h) and name a place by its id.
 */
#ifndef DOMAIN_SITE_H
#define DOMAIN_SITE_H

#include "gen/dispatch.h"
#include "schema/turn.h"

/* The building that a zone lies in. Both exist: nothing removes a place. */
const struct building *site_building_of(const struct state *state, const struct zone *zone);

#endif
