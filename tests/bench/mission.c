#include "bench/mission.h"

#include "base/clock.h"
#include "gen/facts.h"
#include "rules/rulebook_text.h"

#include <stdarg.h>
#include <unistd.h>

enum { ZONES = 12, TEXT_BYTES = 1 << 20 };

static const char *const groups[] = {"staff",	   "diplomat", "guard",	   "cleaner",	     "local_staff",
				     "contractor", "visitor",  "registry", "communications", "driver"};

static void put(struct buf *b, const char *format, ...) PRINTF(2, 3);

static void put(struct buf *b, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	buf_put(b, text, (size_t)n);
}

/* Rules as missions have them: a group in a zone at certain hours, some by door, clearance or company (half of these by a
 * regular expression), one in ten a refusal. */
static void put_rule(struct buf *b, int i)
{
	put(b, "  - id: rule-%d\n    title: Rule %d\n    layer: %s\n    match:\n", i, i,
	    i % 17 == 0 ? "standing" : "mission");
	put(b, "      who: {person.groups: %s}\n", groups[i % 10]);
	put(b, "      where: {door.zone: Zone %d}\n", i / 10 % ZONES);
	put(b, "      when: {now.time|gte: '%02d:00', now.time|lt: '%02d:30'}\n", i % 12, 12 + i % 11);
	switch (i % 5) {
	case 0:
		put(b, "      more: {person.clearance|gte: %d}\n", i % 4);
		break;
	case 1:
		put(b, "      more: {door.name|startswith: Door %d}\n", i % 40);
		break;
	case 2:
		put(b, "      more: {now.weekday: [mon, tue, wed, thu, fri]}\n");
		break;
	case 3:
		put(b, "      more: {person.company|%s, credential.kind: card}\n",
		    i % 10 == 3 ? "contains: works" : "re: '^Company [0-9]+ works$'");
		break;
	default:
		put(b, "      more: {zone.grade|lte: %d}\n", 2 + i % 4);
	}
	put(b, "      condition: who and where and when and %smore\n    outcome: %s\n", i % 7 == 0 ? "not " : "",
	    i % 10 == 9 ? "refuse" : "permit");
}

const struct rulebook *mission_rulebook(void)
{
	static const struct rulebook *rulebook;
	static char text[TEXT_BYTES];
	struct buf b = BUF(text);
	if (rulebook)
		return rulebook;
	put(&b,
	    "name: bench\nlayers: [standing, mission]\ndefault: {outcome: refuse, reason: nobody said yes}\nrules:\n");
	for (int i = 0; i < MISSION_RULES; i++)
		put_rule(&b, i);
	buf_put_char(&b, 0);
	ASSERT(!b.over);
	rulebook = rulebook_of_text(&access_request_vocabulary, text);
	return rulebook;
}

void mission_card(uint64_t person, char ret_hex[9])
{
	snprintf(ret_hex, 9, "%06x00", (unsigned)person);
}

static int64_t elapsed_us(void *context)
{
	(void)context;
	return clock_elapsed_us();
}

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint8_t next;
	(void)context;
	memset(ret_bytes, next++, n);
}

static bool has_room(void *context, unsigned peer)
{
	return !context && peer < HUB_PEERS_MAX;
}

static bool reader_key(void *context, struct str line, int64_t address, uint8_t ret_key[16])
{
	memset(ret_key, (int)address, 16);
	return !context && line.len > 0;
}

static struct hub *furnished;
static unsigned clerk;

static void command(const char *name, const char *format, ...) PRINTF(2, 3);

static void command(const char *name, const char *format, ...)
{
	char body[512], line[1024];
	struct error error;
	va_list args;
	va_start(args, format);
	vsnprintf(body, sizeof body, format, args);
	va_end(args);
	snprintf(line, sizeof line, "{\"command\":{\"name\":\"%s\",\"body\":{%s}}}", name, body);
	hub_line(furnished, clerk, str_of(line));
	if (hub_is_full(furnished) && hub_commit(furnished, &error) < 0)
		die(EXIT_FAILED, &error);
}

static void furnish(void)
{
	static const struct str roles[] = {{"security_officer", 16}};
	struct error error;
	clerk = hub_attach_asker(furnished, STR("bench"), 0, roles, 1);
	command("site.add_building", "\"name\":\"House\"");
	for (int i = 0; i < ZONES; i++)
		command("site.add_zone", "\"name\":\"Zone %d\",\"building\":1,\"grade\":%d,\"kind\":\"office\"", i,
			1 + i % 5);
	for (int i = 0; i < MISSION_DOORS; i++) {
		command("doors.add_door", "\"name\":\"Door %d\",\"zone\":%d,\"from_zone\":%d,\"release\":5000", i,
			1 + i % ZONES, 1 + (i + 1) % ZONES);
		command("doors.add_reader",
			"\"door\":%d,\"line\":\"line-1\",\"address\":%d,\"output\":0,\"secure\":true", i + 1, i);
	}
	for (int i = 1; i <= MISSION_PEOPLE; i++) {
		char card[9];
		mission_card((uint64_t)i, card);
		command("people.enrol",
			"\"name\":\"Person %d\",\"groups\":[\"%s\",\"%s\"],\"company\":\"Company %d "
			"works\",\"clearance\":%d",
			i, groups[i % 10], groups[i / 10 % 10], i % 50, i % 6);
		command("people.issue_badge", "\"person\":%d,\"card\":\"%s\",\"bits\":26,\"kind\":\"card\"", i, card);
	}
	while (hub_commit(furnished, &error) > 0)
		;
	hub_detach(furnished, clerk);
}

struct hub *mission_open(const char *path, bool (*send)(void *context, unsigned peer, struct str line))
{
	static const uint8_t seed[32] = {3};
	static const char zeros[32];
	static const struct offset utc = {0, 0};
	static const struct hub_driver driver = {{"line-1", 6}, {"osdp", 4}, {"none", 4}, 9600};
	struct error error;
	struct hub_options options = {.mission = STR("bench"),
				      .journal = {.path = path, .origin = STR("chancery/bench"), .seed = seed},
				      .rulebooks = {mission_rulebook()},
				      .environment = {.program = STR("bench"),
						      .schema = {zeros, 32},
						      .access = {zeros, 32},
						      .zone = STR("UTC"),
						      .offsets = {1, &utc}},
				      .drivers = &driver,
				      .n_drivers = 1,
				      .outside = {NULL, elapsed_us, salt, send, has_room, reader_key, NULL},
				      .wall = clock_wall_ms()};
	unlink(path);
	if (hub_open(&furnished, &options, &error) < 0)
		die(EXIT_FAILED, &error);
	furnish();
	return furnished;
}
