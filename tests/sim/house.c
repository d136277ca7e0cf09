#include "sim/house.h"

static const char *group(uint64_t person)
{
	static const char *const names[] = {"staff", "guard", "visitor"};
	return names[person % 3];
}

void house_card(uint64_t person, char ret_hex[9])
{
	snprintf(ret_hex, 9, "%06x00", (unsigned)person);
}

static void command(struct buf *b, const char *name, const char *body)
{
	BUF_LIT(b, "{\"command\":{\"name\":\"");
	buf_put_str(b, str_of(name));
	BUF_LIT(b, "\",\"body\":{");
	buf_put_str(b, str_of(body));
	BUF_LIT(b, "}}}");
}

static void door_command(size_t n, struct buf *b)
{
	char body[256];
	size_t door = n / 2 + 1;
	if (n % 2 == 0)
		snprintf(body, sizeof body, "\"name\":\"Door %zu\",\"zone\":2,\"from_zone\":1,\"release\":5000", door);
	else
		snprintf(body, sizeof body,
			 "\"door\":%zu,\"line\":\"line-%zu\",\"address\":%zu,\"output\":0,\"secure\":true", door,
			 door % HOUSE_LINES, door);
	command(b, n % 2 == 0 ? "doors.add_door" : "doors.add_reader", body);
}

static void person_command(size_t n, struct buf *b)
{
	char body[256], card[9];
	size_t person = n / 2 + 1;
	house_card(person, card);
	if (n % 2 == 0)
		snprintf(body, sizeof body, "\"name\":\"Person %zu\",\"groups\":[\"%s\"],\"clearance\":1", person,
			 group(person));
	else
		snprintf(body, sizeof body, "\"person\":%zu,\"card\":\"%s\",\"bits\":26,\"kind\":\"card\"", person,
			 card);
	command(b, n % 2 == 0 ? "people.enrol" : "people.issue_badge", body);
}

/* The key of a reader is its address, sixteen times. */
static void key_command(size_t n, struct buf *b)
{
	char body[256];
	uint8_t key[16];
	size_t door = n + 1;
	memset(key, (int)door, sizeof key);
	struct buf text = BUF(body);
	BUF_LIT(&text, "\"line\":\"line-");
	buf_put_u64(&text, door % HOUSE_LINES);
	BUF_LIT(&text, "\",\"address\":");
	buf_put_u64(&text, door);
	BUF_LIT(&text, ",\"key\":\"");
	buf_put_hex(&text, key, sizeof key);
	BUF_LIT(&text, "\"");
	buf_put_char(&text, 0);
	command(b, "doors.key_reader", body);
}

void house_command(size_t n, struct buf *b)
{
	static const char *const places[][2] = {
	    {"site.add_building", "\"name\":\"House\""},
	    {"site.add_zone", "\"name\":\"Street\",\"building\":1,\"grade\":1,\"kind\":\"outside\""},
	    {"site.add_zone", "\"name\":\"Inside\",\"building\":1,\"grade\":2,\"kind\":\"office\""}};
	ASSERT(n < HOUSE_COMMANDS);
	if (n < ARRAY_LEN(places))
		command(b, places[n][0], places[n][1]);
	else if (n - ARRAY_LEN(places) < 2 * HOUSE_READERS)
		door_command(n - ARRAY_LEN(places), b);
	else if (n - ARRAY_LEN(places) - 2 * HOUSE_READERS < 2 * HOUSE_PEOPLE)
		person_command(n - ARRAY_LEN(places) - 2 * HOUSE_READERS, b);
	else
		key_command(n - ARRAY_LEN(places) - 2 * HOUSE_READERS - 2 * HOUSE_PEOPLE, b);
}

const char *house_rules(void)
{
	return "name: house\n"
	       "layers: [mission]\n"
	       "default: {outcome: refuse, reason: nobody said yes}\n"
	       "rules:\n"
	       "  - id: staff-by-day\n"
	       "    title: Staff may enter by day\n"
	       "    layer: mission\n"
	       "    match:\n"
	       "      staff: {person.groups: staff}\n"
	       "      day: {now.time|gte: '07:00', now.time|lt: '20:00'}\n"
	       "      condition: staff and day\n"
	       "    outcome: permit\n"
	       "  - id: guards-always\n"
	       "    title: Guards may enter at any time\n"
	       "    layer: mission\n"
	       "    match:\n"
	       "      guard: {person.groups: guard}\n"
	       "      condition: guard\n"
	       "    outcome: permit\n";
}

bool house_permits(uint64_t person, int64_t wall)
{
	int64_t hour = wall / 3600000 % 24;
	return person % 3 == 1 || (person % 3 == 0 && hour >= 7 && hour < 20);
}
