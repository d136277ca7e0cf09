/* mission.h: what the mission runs on: its program, schema, rulebooks and local time.
 *
 * Decisions need local time ("after 20:00", "on a Friday"), and must not ask the operating system for it: a replay in another year, on
 * another machine, has to find the same hour. So the offsets of the zone are part of an InForce entry, and local time is read from there.
 */
#ifndef DOMAIN_MISSION_H
#define DOMAIN_MISSION_H

#include "gen/dispatch.h"
#include "schema/turn.h"

enum { ENVIRONMENT_ROW = 1 }; /* what is in force now */

struct mission_local_time {
	int64_t day;	/* days since 1970-01-01 */
	int64_t minute; /* of the day, 0 to 1439 */
	int weekday;	/* 0 Monday to 6 Sunday */
};

/* Local time at `now` (ms since the epoch) by the offsets in force; UTC before the first InForce entry. */
struct mission_local_time mission_local_time(const struct state *state, int64_t now);

/* "mon" to "sun". */
struct str mission_weekday_name(int weekday);

/* Refuses a command whose giver has none of its roles. Any command can be refused so, before it is decided. */
void mission_refuse_role(struct turn *t, struct str command, struct str login);

#endif
