#include "domain/site/site.h"

#include "base/test.h"
#include "core/try.h"

TEST(each_refusal_has_its_reason)
{
	static const struct try_refusal rows[] = {
	    {"site.add_building", "{\"name\":\"Main building\"}", "SITE_NAME_TAKEN"},
	    {"site.add_building", "{\"name\":\"Street\"}", "SITE_NAME_TAKEN"},
	    {"site.add_zone", "{\"name\":\"Street\",\"building\":1,\"grade\":1,\"kind\":\"outside\"}",
	     "SITE_NAME_TAKEN"},
	    {"site.add_zone", "{\"name\":\"Attic\",\"building\":7,\"grade\":1,\"kind\":\"service\"}",
	     "SITE_NO_BUILDING"},
	};
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	try_check_refusals(&try, rows, ARRAY_LEN(rows));
	try_release(&try);
}

TEST(a_mission_has_at_most_64_buildings)
{
	struct try try;
	char body[64];
	try_init(&try, NULL);
	for (int i = 1; i <= BUILDING_AT_MOST; i++) {
		snprintf(body, sizeof body, "{\"name\":\"Building %d\"}", i);
		CHECK_INT(try_command(&try, "site.add_building", body), CORE_DONE);
	}
	CHECK_INT(try_command(&try, "site.add_building", "{\"name\":\"One more\"}"), CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("SITE_FULL"));
	CHECK_STR(try.result.refusal_takes, STR("{\"at_most\":64}"));
	try_release(&try);
}

TEST(a_place_exists_from_its_event_on)
{
	struct try try;
	try_init(&try, NULL);
	try_command(&try, "site.add_building", "{\"name\":\"Annexe\"}");
	CHECK_STR(try_events(&try), STR("site.BuildingAdded"));
	CHECK_STR(try.result.gives, STR("{\"building\":1}"));
	try_command(&try, "site.add_zone", "{\"name\":\"Visa hall\",\"building\":1,\"grade\":2,\"kind\":\"public\"}");
	CHECK_STR(try_events(&try), STR("site.ZoneAdded"));
	CHECK_STR(try.result.gives, STR("{\"zone\":1}"));
	try_release(&try);
}

TEST(a_zone_lies_in_its_building)
{
	struct try try;
	try_init(&try, NULL);
	try_furnish(&try);
	const struct zone *zone = zone_by_name(&try.core.state, STR("Chancery"));
	CHECK_INT(zone->grade, 3);
	CHECK_INT(site_building_of(&try.core.state, zone)->building, 1);
	try_release(&try);
}

TEST(a_mission_has_at_most_1024_zones)
{
	struct try try;
	char body[128];
	try_init(&try, NULL);
	try_furnish(&try);
	for (size_t i = zone_count(&try.core.state); i < ZONE_AT_MOST; i++) {
		snprintf(body, sizeof body, "{\"name\":\"Zone %zu\",\"building\":1,\"grade\":1,\"kind\":\"office\"}",
			 i);
		CHECK_INT(try_command(&try, "site.add_zone", body), CORE_DONE);
	}
	CHECK_INT(try_command(&try, "site.add_zone",
			      "{\"name\":\"One more\",\"building\":1,\"grade\":1,\"kind\":\"office\"}"),
		  CORE_REFUSED);
	CHECK_STR(try.result.refusal, STR("SITE_FULL"));
	CHECK_STR(try.result.refusal_takes, STR("{\"at_most\":1024}"));
	try_release(&try);
}
