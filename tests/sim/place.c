#include "sim/place.h"

#include <stdarg.h>

static const int64_t grades[PLACE_ZONES] = {1, 2, 4};

const char *place_group_name(enum place_group group)
{
	static const char *const names[PLACE_GROUPS] = {"staff", "guard", "visitor"};
	return names[group];
}

struct str place_line(size_t line)
{
	static const struct str names[PLACE_LINES] = {{"line-0", 6}, {"line-1", 6}};
	return names[line];
}

static size_t zone_of(uint64_t door)
{
	return door % 3 == 0 ? 3 : 2;
}

int64_t place_grade(uint64_t door)
{
	return grades[zone_of(door) - 1];
}

/* Bodies */

static void put(struct buf *b, const char *format, ...) PRINTF(2, 3);

static void put(struct buf *b, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	buf_put(b, text, (size_t)n);
}

void place_enrol(struct values *values, enum place_group group, bool is_guest_of_honour, struct buf *b)
{
	char name[VALUE_BYTES + 1];
	value_text(values_new(values, VALUE_NAME, 0), name);
	put(b, "{\"name\":\"%s%s\",\"groups\":[\"%s\"],\"clearance\":1}", name, is_guest_of_honour ? " of honour" : "",
	    place_group_name(group));
}

void place_issue(struct values *values, uint64_t person, struct buf *b)
{
	char card[2 * VALUE_CARD_BYTES + 1];
	value_hex(values_new(values, VALUE_CARD, person), card);
	put(b, "{\"person\":%llu,\"card\":\"%s\",\"bits\":%d,\"kind\":\"card\"}", (unsigned long long)person, card,
	    PLACE_CARD_BITS);
}

void place_key(struct values *values, uint64_t reader, struct buf *b)
{
	char key[2 * VALUE_CARD_BYTES + 1];
	value_hex(values_new(values, VALUE_READER, 0), key);
	put(b, "{\"line\":\"line-%llu\",\"address\":%llu,\"key\":\"%s\"}", (unsigned long long)reader % PLACE_LINES,
	    (unsigned long long)reader, key);
}

/* Furnishing */

static void zone(size_t n, struct buf *b)
{
	static const char *const names[PLACE_ZONES] = {"Street", "Office", "Registry"};
	static const char *const kinds[PLACE_ZONES] = {"outside", "office", "secure"};
	put(b, "{\"name\":\"%s\",\"building\":1,\"grade\":%lld,\"kind\":\"%s\"}", names[n], (long long)grades[n],
	    kinds[n]);
}

static void door(uint64_t n, struct buf *b)
{
	put(b, "{\"name\":\"Door %llu\",\"zone\":%zu,\"from_zone\":1,\"release\":5000}", (unsigned long long)n,
	    zone_of(n));
}

static void reader(uint64_t n, struct buf *b)
{
	put(b, "{\"door\":%llu,\"line\":\"line-%llu\",\"address\":%llu,\"output\":0,\"secure\":true}",
	    (unsigned long long)n, (unsigned long long)n % PLACE_LINES, (unsigned long long)n);
}

static const char *body_of(size_t n, struct values *values, struct buf *b)
{
	if (n == 0) {
		put(b, "{\"name\":\"House\"}");
		return "site.add_building";
	}
	n -= 1;
	if (n < PLACE_ZONES) {
		zone(n, b);
		return "site.add_zone";
	}
	n -= PLACE_ZONES;
	if (n < 2 * PLACE_DOORS) {
		(n % 2 == 0 ? door : reader)(n / 2 + 1, b);
		return n % 2 == 0 ? "doors.add_door" : "doors.add_reader";
	}
	n -= 2 * PLACE_DOORS;
	if (n < 2 * PLACE_PEOPLE) {
		if (n % 2 == 0)
			place_enrol(values, (enum place_group)(n / 2 % PLACE_GROUPS), n == 4, b);
		else
			place_issue(values, n / 2 + 1, b);
		return n % 2 == 0 ? "people.enrol" : "people.issue_badge";
	}
	n -= 2 * PLACE_PEOPLE;
	place_key(values, n + 1, b);
	return "doors.key_reader";
}

void place_command(size_t n, struct values *values, struct buf *b)
{
	char body_bytes[512];
	struct buf body = BUF(body_bytes);
	ASSERT(n < PLACE_COMMANDS);
	const char *name = body_of(n, values, &body);
	put(b, "{\"command\":{\"name\":\"%s\",\"body\":" STR_FMT "}}", name, STR_ARG(buf_str(&body)));
}

/* Rulebooks */

#define HEAD                                                                                                           \
	"{\"name\":\"rulebook.yaml\",\"documents\":[{\"name\":\"house\",\"layers\":[\"mission\"],\"default\":{"        \
	"\"outcome\":\"refuse\",\"reason\":\"nobody said yes\"}}],\"places\":[]}"
#define RULE(id, match)                                                                                                \
	"{\"id\":\"" id "\",\"title\":\"" id "\",\"layer\":\"mission\",\"match\":{" match "},\"outcome\":\"permit\"}"
#define BOOK(rules)                                                                                                    \
	"{\"files\":[" HEAD ",{\"name\":\"rules.yaml\",\"documents\":[{\"rules\":[" rules "]}],\"places\":[]}]}"
#define GROUP(group) "\"who\":{\"person.groups\":\"" group "\"},"
#define BY_DAY	     "\"day\":{\"now.time|gte\":\"07:00\",\"now.time|lt\":\"20:00\"},"
#define GUARDS	     RULE("guards-always", GROUP("guard") "\"condition\":\"who\"")

static const char *const rulebooks[PLACE_RULEBOOKS + PLACE_BAD_RULEBOOKS] = {
    BOOK(RULE("staff-by-day", GROUP("staff") BY_DAY "\"condition\":\"who and day\"") "," GUARDS),
    BOOK(RULE("staff-always", GROUP("staff") "\"condition\":\"who\"") "," GUARDS "," RULE(
	"visitors-outside",
	GROUP("visitor") BY_DAY "\"open\":{\"zone.grade|lte\":\"2\"},\"condition\":\"who and day and open\"")),
    BOOK(GUARDS),
    BOOK(GUARDS "," RULE("of-honour", "\"who\":{\"person.name|endswith\":\"of honour\"},\"condition\":\"who\"")),
    BOOK(RULE("no-such-fact", "\"who\":{\"person.shoes\":\"red\"},\"condition\":\"who\"")),
    "{\"files\":[]",
};

void place_rulebook(size_t rulebook, struct buf *b)
{
	ASSERT(rulebook < ARRAY_LEN(rulebooks));
	buf_put_str(b, str_of(rulebooks[rulebook]));
}

bool place_permits(size_t rulebook, const struct place_request *r)
{
	bool day = r->minute >= 7 * 60 && r->minute < 20 * 60;
	if (r->group == PLACE_GUARD)
		return true;
	switch (rulebook) {
	case 0:
		return r->group == PLACE_STAFF && day;
	case 1:
		return r->group == PLACE_STAFF || (r->group == PLACE_VISITOR && day && r->grade <= 2);
	case 2:
		return false;
	case 3:
		return r->is_guest_of_honour;
	}
	WRONG("there is no such rulebook");
}
