#include "world/plan.h"

#include "base/yaml.h"

/* What `as: x` made. The handles of one kind are told from the others by their table. */
enum kind { ZONE, DOOR, PERSON, BADGE, KINDS };

struct handle {
	struct str name;
	enum kind kind;
	uint16_t index;
};

enum { HANDLES_MAX = PLAN_ZONES_MAX + PLAN_DOORS_MAX + 2 * PLAN_PEOPLE_MAX };

struct reading {
	struct plan *plan;
	struct arena *arena;
	const char *file; /* the one being read, for errors */
	struct handle *handles;
	size_t handles_len;
	struct plan_card *badges; /* by the badge's index */
	size_t badges_len;
	struct error *error;
};

static int wrong(struct reading *r, const struct yaml *at, const char *what, const char *remedy)
{
	error_set(r->error, ERROR_INPUT, "%s", what);
	error_remedy(r->error, "%s", remedy);
	return yaml_where(at, r->file, r->error);
}

static int too_many(struct reading *r, const struct yaml *at, const char *of)
{
	error_set(r->error, ERROR_LIMIT, "too many %s for the simulated world", of);
	return yaml_where(at, r->file, r->error);
}

/* --- Values. Each reads one member of a map, and says where it is missing or wrong. --- */

static int get(struct reading *r, const struct yaml *map, const char *key, const struct yaml **ret_value)
{
	*ret_value = yaml_get(map, key);
	if (*ret_value)
		return 0;
	error_set(r->error, ERROR_INPUT, "“%s” is missing", key);
	return yaml_where(map, r->file, r->error);
}

static int get_text(struct reading *r, const struct yaml *map, const char *key, struct str *ret_text)
{
	const struct yaml *value;
	int rc = get(r, map, key, &value);
	if (rc == 0 && value->kind != YAML_TEXT)
		rc = wrong(r, value, "a text is wanted here", "");
	if (rc == 0)
		*ret_text = value->text;
	return rc;
}

static int get_number(struct reading *r, const struct yaml *map, const char *key, int64_t min, int64_t max,
		      int64_t *ret_number)
{
	struct str text = {0};
	int rc = get_text(r, map, key, &text);
	if (rc == 0 && !str_to_i64(text, min, max, ret_number)) {
		error_set(r->error, ERROR_INPUT, "“%s” is a whole number from %lld to %lld", key, (long long)min,
			  (long long)max);
		rc = yaml_where(yaml_get(map, key), r->file, r->error);
	}
	return rc;
}

static struct handle *find_handle(struct reading *r, enum kind kind, struct str name)
{
	for (size_t i = 0; i < r->handles_len; i++)
		if (r->handles[i].kind == kind && str_eq(r->handles[i].name, name))
			return &r->handles[i];
	return NULL;
}

/* A reference, "$gate" or, in world.yaml, where nothing else can stand, "gate". */
static int resolve(struct reading *r, const struct yaml *value, enum kind kind, uint16_t *ret_index)
{
	static const char *const names[KINDS] = {"zone", "door", "person", "badge"};
	struct str name = value->text;
	if (value->kind == YAML_TEXT && str_starts(name, STR("$")))
		name = (struct str){name.at + 1, name.len - 1};
	struct handle *handle = value->kind == YAML_TEXT ? find_handle(r, kind, name) : NULL;
	if (!handle) {
		error_set(r->error, ERROR_INPUT, "there is no %s “" STR_FMT "”", names[kind], STR_ARG(name));
		error_remedy(r->error, "Name one that an earlier “as:” of site.yaml or people.yaml made.");
		return yaml_where(value, r->file, r->error);
	}
	*ret_index = handle->index;
	return 0;
}

static int get_ref(struct reading *r, const struct yaml *map, const char *key, enum kind kind, uint16_t *ret_index)
{
	const struct yaml *value;
	int rc = get(r, map, key, &value);
	return rc < 0 ? rc : resolve(r, value, kind, ret_index);
}

static int get_refs(struct reading *r, const struct yaml *map, const char *key, uint16_t *ret_refs, uint16_t *ret_len)
{
	const struct yaml *list = yaml_get(map, key);
	if (!list)
		return 0;
	if (list->kind != YAML_LIST || list->n > PLAN_GOES_MAX)
		return wrong(r, list, "a list of at most 16 zones is wanted here", "");
	for (const struct yaml *item = list->first; item; item = item->next) {
		int rc = resolve(r, item, ZONE, &ret_refs[*ret_len]);
		if (rc < 0)
			return rc;
		(*ret_len)++;
	}
	return 0;
}

static int get_card(struct reading *r, const struct yaml *map, struct plan_card *ret_card)
{
	struct str hex = {0};
	int64_t bits;
	int rc = get_text(r, map, "card", &hex);
	if (rc == 0)
		rc = get_number(r, map, "bits", 1, PLAN_CARD_BYTES_MAX * 8, &bits);
	if (rc < 0)
		return rc;
	size_t bytes = ((size_t)bits + 7) / 8;
	if (hex.len != 2 * bytes || !hex_read(hex, ret_card->bytes, bytes))
		return wrong(r, yaml_get(map, "card"), "the card's hexadecimal digits do not fit its bits",
			     "Write two lower-case digits a byte, left-aligned, as the reader sends them.");
	ret_card->bits = (uint16_t)bits;
	return 0;
}

/* --- Import files. --- */

static int name_handle(struct reading *r, const struct yaml *step, enum kind kind, size_t index)
{
	const struct yaml *as = yaml_get(step, "as");
	if (!as)
		return 0;
	if (as->kind != YAML_TEXT || find_handle(r, kind, as->text))
		return wrong(r, as, "this name is taken already, or is no text", "Choose another name.");
	ASSERT(r->handles_len < HANDLES_MAX);
	r->handles[r->handles_len++] = (struct handle){as->text, kind, (uint16_t)index};
	return 0;
}

static struct str handle_of(const struct yaml *step)
{
	const struct yaml *as = yaml_get(step, "as");
	return as ? as->text : STR("");
}

static int on_zone(struct reading *r, const struct yaml *step, const struct yaml *with)
{
	struct plan *p = r->plan;
	struct str kind = {0};
	if (p->zones_len == PLAN_ZONES_MAX)
		return too_many(r, step, "zones");
	int rc = get_text(r, with, "kind", &kind);
	if (rc < 0)
		return rc;
	p->zones[p->zones_len] = (struct plan_zone){handle_of(step), str_eq(kind, STR("outside"))};
	return name_handle(r, step, ZONE, p->zones_len++);
}

static int on_door(struct reading *r, const struct yaml *step, const struct yaml *with)
{
	struct plan *p = r->plan;
	if (p->doors_len == PLAN_DOORS_MAX)
		return too_many(r, step, "doors");
	struct plan_door *door = &p->doors[p->doors_len];
	*door = (struct plan_door){.handle = handle_of(step), .reader = PLAN_NONE};
	int rc = get_ref(r, with, "from_zone", ZONE, &door->from);
	if (rc == 0)
		rc = get_ref(r, with, "zone", ZONE, &door->to);
	return rc < 0 ? rc : name_handle(r, step, DOOR, p->doors_len++);
}

static int find_line(struct reading *r, const struct yaml *with, uint16_t *ret_line)
{
	struct str name = {0};
	int rc = get_text(r, with, "line", &name);
	for (size_t i = 0; rc == 0 && i < r->plan->lines_len; i++) {
		if (!str_eq(r->plan->lines[i].name, name))
			continue;
		*ret_line = (uint16_t)i;
		return 0;
	}
	return rc < 0 ? rc
		      : wrong(r, yaml_get(with, "line"), "mission.yaml has no OSDP driver of that name",
			      "Add the driver to mission.yaml, or name one of its lines.");
}

static int on_reader(struct reading *r, const struct yaml *step, const struct yaml *with)
{
	struct plan *p = r->plan;
	int64_t address = 0, output = 0;
	struct str secure = {0};
	if (p->readers_len == PLAN_READERS_MAX)
		return too_many(r, step, "readers");
	struct plan_reader *reader = &p->readers[p->readers_len];
	int rc = get_ref(r, with, "door", DOOR, &reader->door);
	if (rc == 0)
		rc = find_line(r, with, &reader->line);
	if (rc == 0)
		rc = get_number(r, with, "address", 0, READER_FRAME_ADDRESS_MAX, &address);
	if (rc == 0)
		rc = get_number(r, with, "output", 0, 255, &output);
	if (rc == 0)
		rc = get_text(r, with, "secure", &secure);
	if (rc < 0)
		return rc;
	reader->address = (uint8_t)address;
	reader->output = (uint8_t)output;
	reader->secure = str_eq(secure, STR("true"));
	p->doors[reader->door].reader = (uint16_t)p->readers_len++;
	return 0;
}

static int on_person(struct reading *r, const struct yaml *step, const struct yaml *with)
{
	struct plan *p = r->plan;
	(void)with;
	if (p->people_len == PLAN_PEOPLE_MAX)
		return too_many(r, step, "people");
	p->people[p->people_len] = (struct plan_person){.handle = handle_of(step), .habit = PLAN_NONE};
	return name_handle(r, step, PERSON, p->people_len++);
}

/* Whoever has more than one badge carries the newest. */
static int on_badge(struct reading *r, const struct yaml *step, const struct yaml *with)
{
	uint16_t person = 0;
	if (r->badges_len == PLAN_PEOPLE_MAX)
		return too_many(r, step, "badges");
	int rc = get_ref(r, with, "person", PERSON, &person);
	if (rc == 0)
		rc = get_card(r, with, &r->badges[r->badges_len]);
	if (rc < 0)
		return rc;
	r->plan->people[person].card = r->badges[r->badges_len];
	return name_handle(r, step, BADGE, r->badges_len++);
}

static const struct import {
	struct str command;
	int (*on)(struct reading *r, const struct yaml *step, const struct yaml *with);
} imports[] = {
    {{"site.add_zone", 13}, on_zone},  {{"doors.add_door", 14}, on_door},      {{"doors.add_reader", 16}, on_reader},
    {{"people.enrol", 12}, on_person}, {{"people.issue_badge", 18}, on_badge},
};

static int read_yaml(struct reading *r, const char *mission_dir, const char *file, const struct yaml **ret_root)
{
	char path[512];
	r->file = file;
	snprintf(path, sizeof(path), "%s/%s", mission_dir, file);
	return yaml_read_file(path, r->arena, ret_root, r->error);
}

static int read_import(struct reading *r, const char *mission_dir, const char *file)
{
	const struct yaml *root;
	int rc = read_yaml(r, mission_dir, file, &root);
	if (rc == 0 && root->kind != YAML_LIST)
		rc = wrong(r, root, "an import file is a list of commands", "Begin each with “- do: …”.");
	for (const struct yaml *step = rc == 0 ? root->first : NULL; step && rc == 0; step = step->next) {
		struct str command = {0};
		const struct yaml *with;
		rc = get_text(r, step, "do", &command);
		if (rc == 0)
			rc = get(r, step, "with", &with);
		for (size_t i = 0; rc == 0 && i < ARRAY_LEN(imports); i++)
			if (str_eq(imports[i].command, command))
				rc = imports[i].on(r, step, with);
	}
	return rc;
}

/* --- mission.yaml and the keys. --- */

static int add_line(struct reading *r, const struct yaml *driver)
{
	struct plan *p = r->plan;
	struct str kind = {0};
	int64_t baud = 0;
	int rc = get_text(r, driver, "kind", &kind);
	if (rc < 0 || !str_eq(kind, STR("osdp")))
		return rc;
	if (p->lines_len == PLAN_LINES_MAX)
		return too_many(r, driver, "lines");
	struct plan_line *line = &p->lines[p->lines_len];
	rc = get_text(r, driver, "name", &line->name);
	if (rc == 0)
		rc = get_text(r, driver, "device", &line->device);
	if (rc == 0)
		rc = get_number(r, driver, "baud", 9600, 230400, &baud);
	line->real = str_starts(line->device, STR("/"));
	line->baud = (uint32_t)baud;
	p->lines_len += rc == 0;
	return rc;
}

static int read_mission(struct reading *r, const char *mission_dir)
{
	const struct yaml *root, *drivers;
	int rc = read_yaml(r, mission_dir, "mission.yaml", &root);
	if (rc == 0)
		rc = get_text(r, root, "zone", &r->plan->clock_zone);
	if (rc == 0)
		rc = get(r, root, "drivers", &drivers);
	for (const struct yaml *driver = rc == 0 ? drivers->first : NULL; driver && rc == 0; driver = driver->next)
		rc = add_line(r, driver);
	return rc;
}

static bool has_text(const struct yaml *map, const char *key, struct str text)
{
	const struct yaml *node = yaml_get(map, key);
	return node && node->kind == YAML_TEXT && str_eq(node->text, text);
}

static const struct yaml *find_key(const struct yaml *keys, struct str line, uint8_t address)
{
	char digits[4];
	struct buf b = BUF(digits);
	buf_put_u64(&b, address);
	for (const struct yaml *item = keys->first; item; item = item->next) {
		const struct yaml *with = yaml_get(item, "with");
		if (has_text(item, "do", STR("doors.key_reader")) && has_text(with, "line", line) &&
		    has_text(with, "address", buf_str(&b)))
			return yaml_get(with, "key");
	}
	return NULL;
}

static int read_keys(struct reading *r, const char *mission_dir)
{
	const struct yaml *keys;
	int rc = read_yaml(r, mission_dir, "keys/readers.yaml", &keys);
	for (size_t i = 0; rc == 0 && i < r->plan->readers_len; i++) {
		struct plan_reader *reader = &r->plan->readers[i];
		struct str line = r->plan->lines[reader->line].name;
		if (!reader->secure)
			continue;
		const struct yaml *key = find_key(keys, line, reader->address);
		if (key && key->kind == YAML_TEXT && hex_read(key->text, reader->key, sizeof(reader->key)))
			continue;
		rc = error_set(r->error, ERROR_INPUT, "the secure reader " STR_FMT "/%u has no key of 32 hexadecimal digits",
			       STR_ARG(line), reader->address);
		error_where(r->error, "%s/keys/readers.yaml", mission_dir);
		error_remedy(r->error, "“chancery init” makes a key for every reader of site.yaml.");
	}
	return rc;
}

/* --- world.yaml. --- */

/* "07:30-18:00" */
static bool read_hours(struct str text, uint16_t *ret_from, uint16_t *ret_to)
{
	struct str half[2];
	uint16_t minutes[2];
	if (!str_cut(text, '-', &half[0], &half[1]))
		return false;
	for (int i = 0; i < 2; i++) {
		struct str h = half[i];
		if (h.len != 5 || h.at[2] != ':')
			return false;
		for (size_t at = 0; at < 5; at++)
			if (at != 2 && (h.at[at] < '0' || h.at[at] > '9'))
				return false;
		minutes[i] =
		    (uint16_t)(((h.at[0] - '0') * 10 + h.at[1] - '0') * 60 + (h.at[3] - '0') * 10 + h.at[4] - '0');
	}
	*ret_from = minutes[0];
	*ret_to = minutes[1];
	return minutes[0] < PLAN_DAY_MINUTES && minutes[1] <= PLAN_DAY_MINUTES;
}

static int add_habit(struct reading *r, const struct yaml *at)
{
	struct plan *p = r->plan;
	struct str hours = {0};
	int64_t stops = 0;
	if (p->habits_len == PLAN_HABITS_MAX)
		return too_many(r, at, "habits");
	struct plan_habit *habit = &p->habits[p->habits_len];
	habit->name = at->key;
	int rc = get_text(r, at, "hours", &hours);
	if (rc == 0 && !read_hours(hours, &habit->from, &habit->to))
		rc = wrong(r, yaml_get(at, "hours"), "hours are written 07:30-18:00", "");
	if (rc == 0)
		rc = get_number(r, at, "stops", 1, 100, &stops);
	if (rc == 0)
		rc = get_refs(r, at, "goes", habit->goes, &habit->goes_len);
	if (rc == 0)
		rc = get_refs(r, at, "avoids", habit->avoids, &habit->avoids_len);
	habit->stops = (uint16_t)stops;
	p->habits_len += rc == 0;
	return rc;
}

static int find_habit(struct reading *r, const struct yaml *at, uint16_t *ret_habit)
{
	struct str name = {0};
	int rc = get_text(r, at, "habit", &name);
	for (size_t i = 0; rc == 0 && i < r->plan->habits_len; i++) {
		if (!str_eq(r->plan->habits[i].name, name))
			continue;
		*ret_habit = (uint16_t)i;
		return 0;
	}
	return rc < 0 ? rc : wrong(r, at, "there is no such habit", "Name one that stands under “habits:”.");
}

/* {habit: office, home: floor_1, people: [ines, tomas]} */
static int settle(struct reading *r, const struct yaml *at)
{
	uint16_t habit = PLAN_NONE, home = PLAN_NONE;
	const struct yaml *who;
	int rc = find_habit(r, at, &habit);
	if (rc == 0)
		rc = get_ref(r, at, "home", ZONE, &home);
	if (rc == 0)
		rc = get(r, at, "people", &who);
	for (const struct yaml *item = rc == 0 ? who->first : NULL; item && rc == 0; item = item->next) {
		uint16_t person = 0;
		rc = resolve(r, item, PERSON, &person);
		if (rc < 0)
			break;
		r->plan->people[person].habit = habit;
		r->plan->people[person].home = home;
	}
	return rc;
}

/* {person: ines, door: archive_door, every_s: 300}, or a stranger's card: {badge: …} or {card: …, bits: …}.
 */
static int add_try(struct reading *r, const struct yaml *at)
{
	struct plan *p = r->plan;
	int64_t every_s = 0;
	uint16_t badge = 0;
	if (p->tries_len == PLAN_TRIES_MAX)
		return too_many(r, at, "tries");
	struct plan_try *t = &p->tries[p->tries_len];
	t->person = PLAN_NONE;
	int rc = get_ref(r, at, "door", DOOR, &t->door);
	if (rc == 0)
		rc = get_number(r, at, "every_s", 1, 86400, &every_s);
	if (rc == 0 && yaml_get(at, "person")) {
		rc = get_ref(r, at, "person", PERSON, &t->person);
		if (rc == 0 && p->people[t->person].habit == PLAN_NONE)
			rc = wrong(r, at, "this person has no habit, and never comes",
				   "Name the person under “people:”.");
	} else if (rc == 0 && yaml_get(at, "badge")) {
		rc = get_ref(r, at, "badge", BADGE, &badge);
		if (rc == 0)
			t->card = r->badges[badge];
	} else if (rc == 0) {
		rc = get_card(r, at, &t->card);
	}
	t->every_s = (uint32_t)every_s;
	p->tries_len += rc == 0;
	return rc;
}

static int each(struct reading *r, const struct yaml *root, const char *key,
		int (*on)(struct reading *r, const struct yaml *at))
{
	const struct yaml *all;
	int rc = get(r, root, key, &all);
	for (const struct yaml *at = rc == 0 ? all->first : NULL; at && rc == 0; at = at->next)
		rc = on(r, at);
	return rc;
}

static int read_world(struct reading *r, const char *mission_dir)
{
	const struct yaml *root;
	int64_t badges_a_minute = 0;
	int rc = read_yaml(r, mission_dir, "world.yaml", &root);
	if (rc == 0)
		rc = get_number(r, root, "badges_a_minute", 1, 6000, &badges_a_minute);
	if (rc == 0)
		rc = each(r, root, "habits", add_habit);
	if (rc == 0)
		rc = each(r, root, "people", settle);
	if (rc == 0)
		rc = each(r, root, "tries", add_try);
	r->plan->badges_a_minute = (uint32_t)badges_a_minute;
	return rc;
}

static int find_street(struct reading *r)
{
	for (uint16_t i = 0; i < r->plan->zones_len; i++) {
		if (!r->plan->zones[i].outside)
			continue;
		r->plan->street = i;
		return 0;
	}
	error_set(r->error, ERROR_INPUT, "no zone is of the kind “outside”: nobody could come from anywhere");
	error_where(r->error, "site.yaml");
	return error_remedy(r->error, "Add a zone of the kind “outside”, and a door from it.");
}

int plan_read(struct plan *plan, const char *mission_dir, struct arena *arena, struct error *error)
{
	*plan = (struct plan){
	    .lines = ARENA_TAKE(arena, struct plan_line, PLAN_LINES_MAX),
	    .readers = ARENA_TAKE(arena, struct plan_reader, PLAN_READERS_MAX),
	    .zones = ARENA_TAKE(arena, struct plan_zone, PLAN_ZONES_MAX),
	    .doors = ARENA_TAKE(arena, struct plan_door, PLAN_DOORS_MAX),
	    .habits = ARENA_TAKE(arena, struct plan_habit, PLAN_HABITS_MAX),
	    .people = ARENA_TAKE(arena, struct plan_person, PLAN_PEOPLE_MAX),
	    .tries = ARENA_TAKE(arena, struct plan_try, PLAN_TRIES_MAX),
	};
	struct reading r = {.plan = plan, .arena = arena, .error = error};
	r.handles = ARENA_TAKE(arena, struct handle, HANDLES_MAX);
	r.badges = ARENA_TAKE(arena, struct plan_card, PLAN_PEOPLE_MAX);
	int rc = read_mission(&r, mission_dir);
	if (rc == 0)
		rc = read_import(&r, mission_dir, "site.yaml");
	if (rc == 0)
		rc = read_import(&r, mission_dir, "people.yaml");
	if (rc == 0)
		rc = read_keys(&r, mission_dir);
	if (rc == 0)
		rc = read_world(&r, mission_dir);
	return rc < 0 ? rc : find_street(&r);
}

uint16_t plan_find_reader(const struct plan *plan, struct str name)
{
	struct str line, address;
	int64_t number;
	if (!str_cut(name, '/', &line, &address) || !str_to_i64(address, 0, READER_FRAME_ADDRESS_MAX, &number))
		return PLAN_NONE;
	for (uint16_t i = 0; i < plan->readers_len; i++) {
		const struct plan_reader *r = &plan->readers[i];
		if (r->address == number && str_eq(plan->lines[r->line].name, line))
			return i;
	}
	return PLAN_NONE;
}
