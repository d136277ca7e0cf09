/* A mission of five short files in a temporary directory. Each bad row changes one text in one of them. */
#include "base/test.h"
#include "base/yaml.h"
#include "world/plan.h"

#include <sys/stat.h>
#include <unistd.h>

enum file { MISSION, SITE, PEOPLE, WORLD, KEYS, FILES };

static const char *const names[FILES] = {"mission.yaml", "site.yaml", "people.yaml", "world.yaml", "keys/readers.yaml"};

static const char *const good[FILES] = {
    [MISSION] = "name: Small house\n"
		"zone: Europe/Lisbon\n"
		"drivers:\n"
		"  - {name: line-1, kind: osdp, device: run/lines/line-1, baud: 115200}\n"
		"  - {name: clock, kind: ntp, server: here}\n"
		"  - {name: north, kind: osdp, device: run/lines/north, baud: 9600}\n",
    [SITE] = "- {do: site.add_building, as: house, with: {name: House}}\n"
	     "- {do: site.add_zone, as: hall, with: {name: Hall, building: $house, grade: 2, kind: public}}\n"
	     "- {do: site.add_zone, as: street, with: {name: Street, building: $house, grade: 1, kind: outside}}\n"
	     "- {do: doors.add_door, as: gate, with: {name: Gate, from_zone: $street, zone: $hall, release: "
	     "3000}}\n"
	     "- {do: doors.add_reader, with: {door: $gate, line: north, address: 126, output: 1, secure: true}}\n"
	     "- {do: doors.add_door, as: hatch, with: {name: Hatch, from_zone: $street, zone: $hall, release: "
	     "3000}}\n"
	     "- {do: doors.add_reader, with: {door: $hatch, line: line-1, address: 0, output: 0, secure: false}}\n"
	     "- {do: doors.add_door, as: flap, with: {name: Flap, from_zone: $street, zone: $hall, release: "
	     "3000}}\n",
    [PEOPLE] = "- {do: people.enrol, as: ines, with: {name: Ines, groups: [staff], clearance: 2}}\n"
	       "- {do: people.issue_badge, as: old, with: {person: $ines, card: \"80\", bits: 1}}\n"
	       "- {do: people.issue_badge, as: new, with: {person: $ines, card: 0012ab40, bits: 26}}\n"
	       "- {do: people.suspend_badge, with: {badge: $old}}\n"
	       "- {do: people.enrol, as: ivo, with: {name: Ivo, groups: [staff], clearance: 1}}\n",
    [WORLD] = "badges_a_minute: 40\n"
	      "habits:\n"
	      "  office: {hours: \"08:00-18:15\", stops: 4, goes: [hall, $street], avoids: [hall]}\n"
	      "  night: {hours: \"22:00-06:00\", stops: 1}\n"
	      "people:\n"
	      "  - {habit: night, home: $hall, people: [ines]}\n"
	      "tries:\n"
	      "  - {person: ines, door: flap, every_s: 300}\n"
	      "  - {badge: old, door: gate, every_s: 75}\n"
	      "  - {card: \"0123456780\", bits: 37, door: hatch, every_s: 1}\n",
    [KEYS] = ("- {do: doors.key_reader, with: {line: north, address: 126, key: 000102030405060708090a0b0c0d0e0f}}\n"
	      "- {do: doors.key_reader, with: {line: line-1, address: 0, key: \"00\"}}\n"),
};

static char directory[] = "/tmp/chancery-plan-XXXXXX";
static struct arena arena;
static struct plan plan;
static struct error error;

static void path_of(enum file file, char path[64])
{
	snprintf(path, 64, "%s/%s", directory, names[file]);
}

/* Every file as it is good, but for the first `from` in one of them, which becomes `to`. */
static void put(enum file file, const char *from, const char *to)
{
	char path[64];
	const char *text = good[file], *at = strstr(text, from);
	ASSERT(at);
	path_of(file, path);
	FILE *out = fopen(path, "w");
	ASSERT(out);
	fprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	fclose(out);
}

static void put_all(void)
{
	for (enum file file = 0; file < FILES; file++)
		put(file, "", "");
}

static int read_plan(void)
{
	if (arena.at)
		arena_unmap(&arena);
	arena = arena_map(8 * YAML_MEMORY_BYTES_MAX);
	error = (struct error){0};
	return plan_read(&plan, directory, &arena, &error);
}

static void begin(void)
{
	char keys[64];
	if (strstr(directory, "XXXXXX")) {
		bool made = mkdtemp(directory) != NULL;
		ASSERT(made);
	}
	snprintf(keys, sizeof(keys), "%s/keys", directory);
	mkdir(keys, 0700);
	put_all();
}

static void end(void)
{
	char path[64];
	for (enum file file = 0; file < FILES; file++) {
		path_of(file, path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/keys", directory);
	rmdir(path);
	rmdir(directory);
	bool again = mkdir(directory, 0700) == 0;
	ASSERT(again);
}

__attribute__((destructor)) static void remove_directory(void)
{
	rmdir(directory);
}

TEST(lines_are_the_osdp_drivers)
{
	begin();
	CHECK_OK(read_plan(), &error);
	CHECK_STR(plan.clock_zone, STR("Europe/Lisbon"));
	CHECK_INT(plan.lines_len, 2);
	CHECK_STR(plan.lines[1].name, STR("north"));
	CHECK_STR(plan.lines[1].device, STR("run/lines/north"));
	CHECK_INT(plan.lines[1].baud, 9600);
	end();
}

TEST(readers_stand_at_doors_between_zones)
{
	begin();
	CHECK_OK(read_plan(), &error);
	CHECK_INT(plan.zones_len, 2);
	CHECK_INT(plan.street, 1);
	CHECK(plan.zones[1].outside && !plan.zones[0].outside);
	CHECK_INT(plan.doors_len, 3);
	CHECK(plan.doors[0].from == 1 && plan.doors[0].to == 0 && plan.doors[0].reader == 0);
	CHECK_INT(plan.doors[2].reader, PLAN_NONE);
	const struct plan_reader *r = &plan.readers[0];
	CHECK(r->line == 1 && r->door == 0 && r->address == 126 && r->output == 1 && r->secure);
	CHECK(r->key[0] == 0 && r->key[15] == 15);
	CHECK(!plan.readers[1].secure);
	CHECK_INT(plan_find_reader(&plan, STR("north/126")), 0);
	CHECK_INT(plan_find_reader(&plan, STR("line-1/0")), 1);
	static const char *const none[] = {"", "north", "north/", "north/0", "line-1/00", "line-1/127", "line/0"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		CHECK_INT(plan_find_reader(&plan, str_of(none[i])), PLAN_NONE);
	end();
}

TEST(people_carry_their_newest_badge_and_have_a_habit_or_stay_away)
{
	begin();
	CHECK_OK(read_plan(), &error);
	CHECK_INT(plan.people_len, 2);
	CHECK_STR(plan.people[0].handle, STR("ines"));
	CHECK_INT(plan.people[0].card.bits, 26);
	CHECK(memcmp(plan.people[0].card.bytes, "\x00\x12\xab\x40", 4) == 0);
	CHECK_INT(plan.people[0].habit, 1);
	CHECK_INT(plan.people[0].home, 0);
	CHECK_INT(plan.people[1].habit, PLAN_NONE);
	CHECK_INT(plan.people[1].card.bits, 0);
	end();
}

TEST(habits_and_tries)
{
	begin();
	CHECK_OK(read_plan(), &error);
	CHECK_INT(plan.badges_a_minute, 40);
	CHECK_INT(plan.habits_len, 2);
	const struct plan_habit *office = &plan.habits[0], *night = &plan.habits[1];
	CHECK_STR(office->name, STR("office"));
	CHECK(office->from == 480 && office->to == 1095 && office->stops == 4);
	CHECK(office->goes_len == 2 && office->goes[0] == 0 && office->goes[1] == 1);
	CHECK(office->avoids_len == 1 && office->avoids[0] == 0);
	CHECK(night->from == 1320 && night->to == 360 && night->goes_len == 0);
	CHECK_INT(plan.tries_len, 3);
	CHECK(plan.tries[0].person == 0 && plan.tries[0].door == 2 && plan.tries[0].every_s == 300);
	CHECK(plan.tries[1].person == PLAN_NONE && plan.tries[1].card.bits == 1);
	CHECK(plan.tries[2].person == PLAN_NONE && plan.tries[2].card.bits == 37 && plan.tries[2].every_s == 1);
	end();
}

TEST(a_mistake_is_told_with_its_place)
{
	static const struct {
		enum file file;
		const char *from, *to, *where, *what;
	} rows[] = {
	    {MISSION, "zone: Europe/Lisbon\n", "", "mission.yaml:1:1", "“zone” is missing"},
	    {MISSION, "baud: 9600", "baud: 9599", "mission.yaml:6:", "from 9600 to 230400"},
	    {MISSION, "baud: 9600", "baud: fast", "mission.yaml:6:", "whole number"},
	    {MISSION, "drivers:", "{", "mission.yaml:", ""},
	    {SITE, "$street, zone", "$road, zone", "site.yaml:4:", "no zone “road”"},
	    {SITE, "$gate, line", "$hall, line", "site.yaml:5:", "no door “hall”"},
	    {SITE, "line: north", "line: south", "site.yaml:5:", "no OSDP driver"},
	    {SITE, "address: 126", "address: 127", "site.yaml:5:", "from 0 to 126"},
	    {SITE, ", kind: public", "", "site.yaml:2:", "“kind” is missing"},
	    {SITE, "as: hatch", "as: gate", "site.yaml:6:", "taken already"},
	    {SITE, "outside", "public", "site.yaml", "nobody could come"},
	    {PEOPLE, "0012ab40", "0012ab4", "people.yaml:3:", "do not fit its bits"},
	    {PEOPLE, "0012ab40", "0012AB40", "people.yaml:3:", "do not fit its bits"},
	    {PEOPLE, "bits: 1}", "bits: 257}", "people.yaml:2:", "from 1 to 256"},
	    {PEOPLE, "$ines, card", "$ida, card", "people.yaml:2:", "no person “ida”"},
	    {KEYS, "126", "125", "keys/readers.yaml", "north/126 has no key"},
	    {KEYS, "0e0f", "0e", "keys/readers.yaml", "north/126 has no key"},
	    {WORLD, "badges_a_minute: 40\n", "", "world.yaml:1:1", "“badges_a_minute” is missing"},
	    {WORLD, "40", "0", "world.yaml:1:", "from 1 to 6000"},
	    {WORLD, "08:00-18:15", "8-18", "world.yaml:3:", "07:30-18:00"},
	    {WORLD, "08:00-18:15", "24:00-18:15", "world.yaml:3:", "07:30-18:00"},
	    {WORLD, "stops: 4", "stops: 0", "world.yaml:3:", "from 1 to 100"},
	    {WORLD, "goes: [hall", "goes: [attic", "world.yaml:3:", "no zone “attic”"},
	    {WORLD, "habit: night", "habit: day", "world.yaml:6:", "no such habit"},
	    {WORLD, "[ines]", "[ida]", "world.yaml:6:", "no person “ida”"},
	    {WORLD, "person: ines", "person: ivo", "world.yaml:8:", "no habit"},
	    {WORLD, "badge: old", "badge: lost", "world.yaml:9:", "no badge “lost”"},
	    {WORLD, "every_s: 1}", "every_s: 0}", "world.yaml:10:", "from 1 to 86400"},
	    {WORLD, "bits: 37", "bits: 41", "world.yaml:10:", "do not fit its bits"},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put(rows[i].file, rows[i].from, rows[i].to);
		bool failed = read_plan() < 0, place = str_contains(str_of(error.where), str_of(rows[i].where));
		bool what = str_contains(str_of(error.what), str_of(rows[i].what));
		CHECK(failed && place && what);
		if (!failed || !place || !what)
			printf("  row %zu (%s): %s: %s\n", i, rows[i].to, error.where, error.what);
		put(rows[i].file, "", "");
	}
	CHECK_OK(read_plan(), &error);
	end();
}

static size_t real_lines(void)
{
	size_t n = 0;
	for (size_t i = 0; i < plan.lines_len; i++)
		n += plan.lines[i].real;
	return n;
}

TEST(a_line_on_a_serial_port_is_left_to_its_real_readers)
{
	begin();
	CHECK_OK(read_plan(), &error);
	CHECK_INT(real_lines(), 0);
	put(MISSION, "run/lines/north", "/dev/ttyS4");
	CHECK_OK(read_plan(), &error);
	CHECK_INT(real_lines(), 1);
	end();
}

TEST(a_file_that_is_missing_is_named)
{
	begin();
	for (enum file file = 0; file < FILES; file++) {
		char path[64];
		path_of(file, path);
		unlink(path);
		CHECK(read_plan() < 0);
		CHECK(str_contains(str_of(error.what), str_of(names[file])) ||
		      str_contains(str_of(error.where), str_of(names[file])));
		put(file, "", "");
	}
	end();
}

/* A list of n zones that have business for somebody. */
static void put_goes(size_t n)
{
	char goes[512];
	struct buf b = {.at = (uint8_t *)goes, .size = sizeof(goes) - 1};
	BUF_LIT(&b, "goes: [hall");
	for (size_t i = 1; i < n; i++)
		BUF_LIT(&b, ", hall");
	goes[b.len] = 0;
	put(WORLD, "goes: [hall, $street", goes);
}

TEST(the_limit_of_a_list_is_kept)
{
	begin();
	put_goes(PLAN_GOES_MAX);
	CHECK_OK(read_plan(), &error);
	CHECK_INT(plan.habits[0].goes_len, PLAN_GOES_MAX);
	put_goes(PLAN_GOES_MAX + 1);
	CHECK_INT(read_plan(), ERROR_INPUT);
	end();
}

/* So many zones in all. */
static void put_zones(int n)
{
	char path[64];
	path_of(SITE, path);
	put(SITE, "", "");
	FILE *out = fopen(path, "a");
	ASSERT(out);
	for (int i = 2; i < n; i++)
		fprintf(out, "- {do: site.add_zone, with: {name: Room, grade: 1, kind: public}}\n");
	fclose(out);
}

TEST(the_limit_of_zones_is_kept)
{
	begin();
	put_zones(PLAN_ZONES_MAX);
	CHECK_OK(read_plan(), &error);
	CHECK_INT(plan.zones_len, PLAN_ZONES_MAX);
	put_zones(PLAN_ZONES_MAX + 1);
	CHECK_INT(read_plan(), ERROR_LIMIT);
	CHECK(str_contains(str_of(error.where), STR("site.yaml:71:")));
	end();
}
