#include "domain/site/site.h"

#include "schema/text.h"

const struct building *site_building_of(const struct state *state, const struct zone *zone)
{
	const struct building *building = building_get(state, zone->building);
	ASSERT(building);
	return building;
}

static bool name_taken(const struct state *state, struct str name)
{
	return building_by_name(state, name) || zone_by_name(state, name);
}

void site_decide_add_building(struct turn *t, const struct site_add_building *ask)
{
	if (name_taken(t->state, ask->name)) {
		refuse(t, SITE_NAME_TAKEN, .name = ask->name);
		return;
	}
	if (building_full(t->state)) {
		refuse(t, SITE_FULL, .at_most = BUILDING_AT_MOST);
		return;
	}
	uint64_t building = building_next_id(t->state);
	emit(t, site_building_added, .building = building, .name = ask->name);
	give(t, site_add_building, .building = building);
}

void site_apply_building_added(struct state *s, const struct site_building_added *ev)
{
	struct building row = {.building = ev->building};
	text_set(&row.name, ev->name);
	building_add(s, &row);
}

void site_decide_add_zone(struct turn *t, const struct site_add_zone *ask)
{
	if (name_taken(t->state, ask->name)) {
		refuse(t, SITE_NAME_TAKEN, .name = ask->name);
		return;
	}
	if (!building_get(t->state, ask->building)) {
		refuse(t, SITE_NO_BUILDING, .building = (int64_t)ask->building);
		return;
	}
	if (zone_full(t->state)) {
		refuse(t, SITE_FULL, .at_most = ZONE_AT_MOST);
		return;
	}
	uint64_t zone = zone_next_id(t->state);
	emit(t, site_zone_added, .zone = zone, .name = ask->name, .building = ask->building, .grade = ask->grade,
	     .kind = ask->kind);
	give(t, site_add_zone, .zone = zone);
}

void site_apply_zone_added(struct state *s, const struct site_zone_added *ev)
{
	struct zone row = {.zone = ev->zone, .building = ev->building, .grade = ev->grade, .kind = ev->kind};
	text_set(&row.name, ev->name);
	zone_add(s, &row);
}
