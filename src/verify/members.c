#include "members.h"

#include "base64.h"

enum members_kind { KIND_REPORT, KIND_COMMAND, KIND_TIMER, KIND_START, KINDS };
enum members_sender { FROM_DRIVER, FROM_OPERATOR, FROM_CORE };

static const char *const kind_names[KINDS] = {"report", "command", "timer", "start"};
static const char *const sender_names[] = {"a driver", "an operator", "the core"};
/* "a report of a driver", "a person at this machine", "the core itself: its start, a timer". */
static const enum members_sender kind_senders[KINDS] = {FROM_DRIVER, FROM_OPERATOR, FROM_CORE, FROM_CORE};

/* The entry that is being read. */
struct entry {
	struct canonical_reader r;
	struct complaint *complaint;
	struct members m;
	enum members_sender from;
	enum members_kind kind;
	bool refused;
	unsigned pairs;	     /* pairs of integers that were looked at */
	int64_t packets_min; /* one more than the greatest packet that a marker names */
};

static bool is_hex(struct canonical_text text, size_t len)
{
	static const bool digit[256] = {['0' ... '9'] = true, ['a' ... 'f'] = true};
	bool good = text.len == len;
	for (size_t i = 0; i < text.len; i++)
		good &= digit[(uint8_t)text.at[i]];
	return good;
}

/* `domain.name`: two words with one dot between. */
static bool is_dotted(struct canonical_text text)
{
	static const bool in_word[256] = {
	    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true, ['-'] = true};
	size_t dots = 0, dot = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (in_word[(uint8_t)text.at[i]])
			continue;
		if (text.at[i] != '.')
			return false;
		dots++;
		dot = i;
	}
	return dots == 1 && dot > 0 && dot + 1 < text.len;
}

/* `literal`, then a string; most objects begin so. */
static inline bool take_named(struct entry *e, const char *literal, struct canonical_text *ret_text)
{
	return canonical_take(&e->r, literal) && canonical_take_string(&e->r, ret_text);
}

static inline bool take_string_after(struct entry *e, const char *literal)
{
	struct canonical_text ignored;
	return take_named(e, literal, &ignored);
}

/* The members, each behind its name and colon. Where one is not of its form it says only that it is wrong (returns
 * false without a complaint of its own), and take_member says which it was; what needs more words complains. */

static bool read_format(struct entry *e)
{
	int64_t format;
	return canonical_take_integer(&e->r, &format) &&
	       (format == MEMBERS_FORMAT ||
		complain(e->complaint, "is %lld, expected %d", (long long)format, MEMBERS_FORMAT));
}

/* Times and counts; whether they fit the entries before is order.h's. */
static bool read_count(struct entry *e, int64_t *ret_value)
{
	return canonical_take_integer(&e->r, ret_value) &&
	       (*ret_value >= 0 || complain(e->complaint, "is %lld, less than zero", (long long)*ret_value));
}

static bool read_index(struct entry *e)
{
	return read_count(e, &e->m.index);
}

static bool read_incarnation(struct entry *e)
{
	return read_count(e, &e->m.incarnation);
}

static bool read_wall(struct entry *e)
{
	return read_count(e, &e->m.wall_ms);
}

static bool read_elapsed(struct entry *e)
{
	return read_count(e, &e->m.elapsed_ms);
}

static bool read_env(struct entry *e)
{
	return read_count(e, &e->m.env);
}

static bool read_salt(struct entry *e)
{
	struct canonical_text salt;
	return canonical_take_string(&e->r, &salt) &&
	       (is_hex(salt, 32) || complain(e->complaint, "is not 32 lower-case hexadecimal digits"));
}

static bool read_driver(struct entry *e)
{
	int64_t ago;
	if (!canonical_take_string(&e->r, &e->m.driver) || !take_named(e, ",\"boot\":", &e->m.boot))
		return false;
	if (!is_hex(e->m.boot, MEMBERS_BOOT_LEN))
		return complain(e->complaint, "boot is not 16 lower-case hexadecimal digits");
	if (!canonical_take(&e->r, ",\"sequence\":") || !canonical_take_integer(&e->r, &e->m.sequence))
		return false;
	if (e->m.sequence < 1)
		return complain(e->complaint, "sequence is %lld, expected 1 or more", (long long)e->m.sequence);
	return canonical_take(&e->r, ",\"ago\":") && read_count(e, &ago) && canonical_take(&e->r, "}}");
}

static bool read_from(struct entry *e)
{
	if (canonical_take(&e->r, "{\"driver\":{\"name\":")) {
		e->from = FROM_DRIVER;
		e->m.is_report = true;
		return read_driver(e);
	}
	if (take_string_after(e, "{\"operator\":{\"login\":")) {
		e->from = FROM_OPERATOR;
		return canonical_take(&e->r, "}}");
	}
	e->from = FROM_CORE;
	return canonical_take(&e->r, "{\"core\":{}}");
}

static bool read_object_or_null(struct entry *e)
{
	struct canonical_text ignored;
	return canonical_take(&e->r, "null") || canonical_take_object(&e->r, &ignored);
}

/* A marker [P,V]: value V of packet P. How many packets there are stands behind all markers. */
static bool check_marker(struct entry *e, const int64_t marker[2])
{
	if (marker[0] < 0 || marker[1] < 0)
		return complain(e->complaint, "marker [%lld,%lld] has a number less than zero", (long long)marker[0],
				(long long)marker[1]);
	if (marker[0] >= e->packets_min)
		e->packets_min = marker[0] + 1;
	return true;
}

/* A body, in which every array of exactly two integers is a marker. */
static bool read_body(struct entry *e)
{
	struct canonical_text body;
	int64_t marker[2];
	if (!canonical_take_object(&e->r, &body))
		return false;
	while (canonical_pair(e->r.canonical, body, &e->pairs, marker))
		if (!check_marker(e, marker))
			return false;
	return true;
}

static bool read_kind(struct entry *e)
{
	struct canonical_text text;
	if (!take_named(e, "{\"kind\":", &text))
		return false;
	for (unsigned kind = 0; kind < KINDS; kind++)
		if (canonical_text_is(text, kind_names[kind])) {
			e->kind = (enum members_kind)kind;
			return true;
		}
	return complain(e->complaint, "kind \"" CANONICAL_FMT "\" is none of report, command, timer, start",
			CANONICAL_ARG(text));
}

/* `"name":N,"body":{…}}`, which an input and an event have in common. */
static bool read_name_and_body(struct entry *e, const char *before, struct canonical_text *ret_name)
{
	if (!take_named(e, before, ret_name))
		return false;
	if (!is_dotted(*ret_name))
		return complain(e->complaint, "name \"" CANONICAL_FMT "\" is not domain.name",
				CANONICAL_ARG(*ret_name));
	return canonical_take(&e->r, ",\"body\":") && read_body(e) && canonical_take(&e->r, "}");
}

static bool read_input(struct entry *e)
{
	struct canonical_text name;
	if (!read_kind(e))
		return false;
	e->m.is_start = e->kind == KIND_START;
	if (kind_senders[e->kind] != e->from)
		return complain(e->complaint, "a %s does not come from %s", kind_names[e->kind], sender_names[e->from]);
	return read_name_and_body(e, ",\"name\":", &name);
}

static bool read_refusal(struct entry *e)
{
	if (canonical_take(&e->r, "null"))
		return true;
	e->refused = true;
	return take_string_after(e, "{\"name\":") && canonical_take(&e->r, ",\"takes\":") && read_body(e) &&
	       canonical_take(&e->r, "}");
}

static bool read_event(struct entry *e)
{
	struct canonical_text name;
	if (!read_name_and_body(e, "{\"name\":", &name))
		return false;
	e->m.in_force |= canonical_text_is(name, "mission.InForce");
	return true;
}

/* An array, whatever its elements; ret_count may be NULL. */
static bool read_list(struct entry *e, bool (*element)(struct entry *), size_t *ret_count)
{
	size_t count = 0;
	if (!canonical_take(&e->r, "["))
		return false;
	if (!canonical_take(&e->r, "]")) {
		do {
			if (!element(e))
				return false;
			count++;
		} while (canonical_take(&e->r, ","));
		if (!canonical_take(&e->r, "]"))
			return false;
	}
	if (ret_count)
		*ret_count = count;
	return true;
}

static bool read_events(struct entry *e)
{
	size_t events;
	if (!read_list(e, read_event, &events))
		return false;
	if (events > MEMBERS_EVENTS_MAX)
		return complain(e->complaint, "has %zu events, at most %d are allowed", events, MEMBERS_EVENTS_MAX);
	if (e->refused && events > 0)
		return complain(e->complaint, "has events although the input was refused");
	return true;
}

static bool read_string(struct entry *e)
{
	return take_string_after(e, "");
}

static bool read_outweighed(struct entry *e)
{
	return take_string_after(e, "{\"rule\":") && take_string_after(e, ",\"by\":") &&
	       take_string_after(e, ",\"why\":") && canonical_take(&e->r, "}");
}

static bool read_fact(struct entry *e)
{
	size_t values;
	if (!take_string_after(e, "{\"name\":") || !canonical_take(&e->r, ",\"value\":") ||
	    !read_list(e, read_string, &values))
		return false;
	if (canonical_take(&e->r, ",\"known\":false") && values > 0)
		return complain(e->complaint, "an unknown fact has values");
	return canonical_take(&e->r, "}");
}

static bool read_personal(struct entry *e)
{
	int64_t marker[2];
	return canonical_take(&e->r, "[") && canonical_take_integer(&e->r, &marker[0]) && canonical_take(&e->r, ",") &&
	       canonical_take_integer(&e->r, &marker[1]) && canonical_take(&e->r, "]") && check_marker(e, marker);
}

static bool read_because(struct entry *e)
{
	if (canonical_take(&e->r, "null"))
		return true;
	return take_string_after(e, "{\"rulebook\":") && take_string_after(e, ",\"outcome\":") &&
	       canonical_take(&e->r, ",\"spoke\":") && read_list(e, read_string, NULL) &&
	       canonical_take(&e->r, ",\"outweighed\":") && read_list(e, read_outweighed, NULL) &&
	       canonical_take(&e->r, ",\"facts\":") && read_list(e, read_fact, NULL) &&
	       canonical_take(&e->r, ",\"personal\":") && read_personal(e) && canonical_take(&e->r, "}");
}

/* 12 (year - 1970) + month, 1 first, in UTC. Years of 400 are all alike; theirs begin in March here, so that the leap
 * day is the last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static int64_t month_of(int64_t wall_ms)
{
	int64_t days = wall_ms / 86400000 + 719468; /* since 1 March of the year 0 */
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153; /* 0 is March */
	return 12 * (era * 400 + year - 1970) + month + 3;
}

/* How long it is kept: as long as its subject, or from this entry's month on. */
static bool read_keep(struct entry *e)
{
	struct canonical_text keep;
	int64_t month;
	if (!take_named(e, "{\"keep\":", &keep) || !canonical_take(&e->r, ",\"month\":") ||
	    !canonical_take_integer(&e->r, &month))
		return false;
	int64_t expected = keep.len == 0 ? 0 : month_of(e->m.wall_ms);
	return month == expected ||
	       complain(e->complaint, "month is %lld, expected %lld", (long long)month, (long long)expected);
}

static bool read_packet(struct entry *e)
{
	struct canonical_text mark, data;
	size_t bytes;
	if (!read_keep(e) || !take_named(e, ",\"mark\":", &mark) || !take_named(e, ",\"data\":", &data))
		return false;
	if (!is_hex(mark, 16))
		return complain(e->complaint, "mark is not 16 lower-case hexadecimal digits");
	if (!base64_check(data.at, data.len, &bytes))
		return complain(e->complaint, "data is not base64");
	if (bytes < MEMBERS_PACKET_BYTES + MEMBERS_TAG_BYTES || bytes % MEMBERS_PACKET_BYTES != MEMBERS_TAG_BYTES)
		return complain(e->complaint, "data has %zu bytes, expected 48, or 32, 64 and so on more", bytes);
	return canonical_take(&e->r, "}");
}

static bool read_sealed(struct entry *e)
{
	size_t packets;
	if (!read_list(e, read_packet, &packets))
		return false;
	if (packets > MEMBERS_PACKETS_MAX)
		return complain(e->complaint, "has %zu packets, at most %d are allowed", packets, MEMBERS_PACKETS_MAX);
	return e->packets_min <= (int64_t)packets ||
	       complain(e->complaint, "has %zu packets, and there is a marker of packet %lld", packets,
			(long long)e->packets_min - 1);
}

static bool read_box(struct entry *e)
{
	struct canonical_text box;
	size_t bytes;
	if (canonical_take(&e->r, "null"))
		return true;
	return canonical_take_string(&e->r, &box) &&
	       (base64_check(box.at, box.len, &bytes) || complain(e->complaint, "is not base64"));
}

/* Each with all that stands before its value. */
#define MEMBER(before, name, read)                                                                                     \
	{                                                                                                              \
#name, before "\"" #name "\":", sizeof(before "\"" #name "\":") - 1, read                              \
	}

static const struct member {
	const char *name, *before;
	size_t before_len;
	bool (*read)(struct entry *e);
} members_in_order[] = {
    MEMBER("{", format, read_format),
    MEMBER(",", index, read_index),
    MEMBER(",", incarnation, read_incarnation),
    MEMBER(",", wall, read_wall),
    MEMBER(",", elapsed, read_elapsed),
    MEMBER(",", env, read_env),
    MEMBER(",", salt, read_salt),
    MEMBER(",", from, read_from),
    MEMBER(",", checked, read_object_or_null),
    MEMBER(",", input, read_input),
    MEMBER(",", refusal, read_refusal),
    MEMBER(",", events, read_events),
    MEMBER(",", because, read_because),
    MEMBER(",", law, read_object_or_null),
    MEMBER(",", sealed, read_sealed),
    MEMBER(",", box, read_box),
};

static bool take_member(struct entry *e, const struct member *member)
{
	const char *at = e->r.at;
	if ((size_t)(e->r.end - at) < member->before_len || memcmp(at, member->before, member->before_len) != 0)
		return complain(e->complaint, "member %s is not in its place", member->name);
	e->r.at += member->before_len;
	e->complaint->what[0] = 0;
	if (member->read(e))
		return true;
	if (!e->complaint->what[0])
		complain(e->complaint, "is not of its form near \"%.*s\"",
			 (int)(e->r.end - at < 40 ? e->r.end - at : 40), at);
	return complain_in(e->complaint, "member %s", member->name);
}

bool members_read(struct canonical *canonical, const uint8_t *body, size_t len, struct members *ret_members,
		  struct complaint *complaint)
{
	if (!canonical_check(canonical, body, len, complaint))
		return false;
	struct entry e = {.r = canonical_read(canonical), .complaint = complaint};
	for (size_t i = 0; i < sizeof(members_in_order) / sizeof(members_in_order[0]); i++)
		if (!take_member(&e, &members_in_order[i]))
			return false;
	if (!canonical_take(&e.r, "}") || e.r.at != e.r.end)
		return complain(complaint, "there are members behind box");
	*ret_members = e.m;
	return true;
}
