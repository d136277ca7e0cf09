/* zone.h: the offsets of a time zone, from the system's zone files, as an InForce entry keeps them.
 */
#ifndef SERVE_ZONE_H
#define SERVE_ZONE_H

#include "base/error.h"
#include "gen/types.h"

enum { ZONE_YEARS = 10, ZONE_OFFSETS_MAX = 64 };

/* Fills ret_offsets with the offset at the beginning of the UTC year of `wall` (ms) and every change in the ten years from then; returns how many.
 * The same all year, so that a restart does not change what is in force. Sets the process's TZ. */
int zone_offsets(const char *zone, int64_t wall, struct offset *ret_offsets, struct error *error);

#endif
