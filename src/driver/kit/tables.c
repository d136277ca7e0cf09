#include "driver/kit/tables.h"

#include "grant/grant_seal.h"

void tables_set_key(struct tables *tables, const uint8_t key[TABLES_KEY_BYTES])
{
	if (tables->has_key && memcmp(tables->key, key, TABLES_KEY_BYTES) == 0)
		return;
	memcpy(tables->key, key, TABLES_KEY_BYTES);
	tables->has_key = true;
	tables->holds = false;
}

static enum tables_found refuse(struct tables *tables, enum tables_why why)
{
	tables->why = why;
	tables->number = 0;
	return TABLES_REFUSED;
}

static bool is_of_mission(const struct tables *tables, const struct grant *grant)
{
	struct str mission = {tables->mission, tables->mission_len};
	return mission.len == 0 || str_eq(mission, grant->mission);
}

/* Everything but the number. True when it is good. */
static bool check(struct tables *tables, struct str driver, const uint8_t *bytes, size_t n, struct grant *ret_grant)
{
	struct grant_fault fault;
	if (!tables->has_key)
		tables->why = TABLES_NO_KEY;
	else if (!grant_open(bytes, n, ret_grant, &fault))
		tables->why = TABLES_FORM;
	else if (!grant_is_signed(bytes, n, tables->key))
		tables->why = TABLES_SIGNATURE;
	else if (!str_eq(ret_grant->driver, driver))
		tables->why = TABLES_DRIVER;
	else if (!is_of_mission(tables, ret_grant))
		tables->why = TABLES_MISSION;
	else
		return true;
	return false;
}

static enum tables_found check_whole(struct tables *tables, struct str driver)
{
	struct grant grant;
	const uint8_t *bytes = tables->bytes[tables->in], *held = tables->bytes[1 - tables->in];
	if (!check(tables, driver, bytes, tables->n, &grant))
		return refuse(tables, tables->why);
	if (tables->holds && tables->n == tables->held_n && memcmp(bytes, held, tables->n) == 0)
		return TABLES_SAME;
	if (grant.number != (uint64_t)tables->number || grant.number <= tables->highest)
		return refuse(tables, TABLES_NUMBER);
	return TABLES_WHOLE;
}

enum tables_found tables_part(struct tables *tables, struct str driver, const struct driver_table *line)
{
	bool begins = line->part == 1 && line->part <= line->of;
	bool goes_on = tables->number == line->number && tables->of == line->of && tables->part + 1 == line->part &&
		       line->part <= line->of;
	if (!begins && !goes_on)
		return refuse(tables, TABLES_PARTS);
	if (begins) {
		tables->number = line->number;
		tables->of = line->of;
		tables->n = 0;
	}
	if (line->data.len > GRANT_BYTES_MAX - tables->n)
		return refuse(tables, TABLES_FORM);
	tables->part = line->part;
	if (line->data.len > 0)
		memcpy(tables->bytes[tables->in] + tables->n, line->data.at, line->data.len);
	tables->n += line->data.len;
	return line->part < line->of ? TABLES_MORE : check_whole(tables, driver);
}

struct str tables_arrived(const struct tables *tables)
{
	return (struct str){(const char *)tables->bytes[tables->in], tables->n};
}

void tables_take(struct tables *tables)
{
	struct grant_fault fault;
	bool good = grant_open(tables->bytes[tables->in], tables->n, &tables->grant, &fault);
	ASSERT(good && tables->grant.number >= tables->highest);
	tables->holds = true;
	tables->held_n = tables->n;
	tables->highest = tables->grant.number;
	tables->in = 1 - tables->in;
	tables->number = 0;
	tables->mission_len = tables->grant.mission.len;
	memcpy(tables->mission, tables->grant.mission.at, tables->mission_len);
}

bool tables_load(struct tables *tables, struct str driver, struct str bytes)
{
	struct grant grant;
	if (bytes.len > GRANT_BYTES_MAX)
		return false;
	memcpy(tables->bytes[tables->in], bytes.at, bytes.len);
	tables->n = bytes.len;
	if (!check(tables, driver, tables->bytes[tables->in], tables->n, &grant) || grant.number < tables->highest)
		return false;
	tables_take(tables);
	return true;
}
