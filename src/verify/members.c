#include "members.h"

#include <string.h>

enum members_kind { KIND_REPORT, KIND_COMMAND, KIND_TIMER, KIND_START, KINDS };
enum members_sender { FROM_DRIVER, FROM_OPERATOR, FROM_CORE };

static const char *const kind_names[KINDS] = {"report", "command", "timer", "start"};
static const char *const sender_names[] = {"a driver", "an operator", "the core"};
/* "a report of a driver", "a person at this machine", "the core itself: its start, a timer". */
static const enum members_sender kind_senders[KINDS] = {FROM_DRIVER, FROM_OPERATOR, FROM_CORE, FROM_CORE};

/* The entry that is being read, and the walk that it continues. */
struct entry {
	struct members *walk;
	struct canonical_reader r;
	struct complaint *complaint;
	int64_t incarnation, wall_ms, elapsed_ms, env;
	enum members_sender from;
	struct canonical_text driver, boot;
	int64_t sequence;
	enum members_kind kind;
	bool refused;
	bool in_force; /* has a mission.InForce event */
};

static bool is_hex(struct canonical_text text, size_t len, bool upper_too)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (upper_too && c >= 'A' && c <= 'F')))
			return false;
	}
	return text.len == len;
}

/* `domain.name`: two words with one dot between. */
static bool is_dotted(struct canonical_text text)
{
	size_t dots = 0, word = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool in_word =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (!in_word && (c != '.' || word == 0))
			return false;
		dots += !in_word;
		word = in_word ? word + 1 : 0;
	}
	return dots == 1 && word > 0;
}

/* `literal`, then a string; most objects begin so. */
static bool take_named(struct entry *e, const char *literal, struct canonical_text *ret_text)
{
	return canonical_take(&e->r, literal) && canonical_take_string(&e->r, ret_text);
}

static bool take_string_after(struct entry *e, const char *literal)
{
	struct canonical_text ignored;
	return take_named(e, literal, &ignored);
}

/* The members, each behind its name and colon. Where one is not of its form it says only that it is wrong (returns
 * false without a complaint of its own), and members_check says which it was; what needs more words complains. */

static bool read_format(struct entry *e)
{
	int64_t format;
	return canonical_take_integer(&e->r, &format) &&
	       (format == 1 || complain(e->complaint, "is %lld, expected 1", (long long)format));
}

static bool read_index(struct entry *e)
{
	int64_t index;
	return canonical_take_integer(&e->r, &index) &&
	       (index == (int64_t)e->walk->entries || complain(e->complaint, "is %lld, expected %llu", (long long)index,
							       (unsigned long long)e->walk->entries));
}

static bool read_rising(struct entry *e, int64_t before, int64_t *ret_value)
{
	if (!canonical_take_integer(&e->r, ret_value))
		return false;
	if (*ret_value < 0)
		return complain(e->complaint, "is %lld, less than zero", (long long)*ret_value);
	if (*ret_value < before)
		return complain(e->complaint, "is %lld, less than %lld in the entry before", (long long)*ret_value,
				(long long)before);
	return true;
}

static bool read_incarnation(struct entry *e)
{
	if (!read_rising(e, e->walk->incarnation, &e->incarnation))
		return false;
	if (e->walk->entries == 0 && e->incarnation != 1)
		return complain(e->complaint, "is %lld, expected 1 at first", (long long)e->incarnation);
	return true;
}

static bool read_wall(struct entry *e)
{
	return read_rising(e, e->walk->wall_ms, &e->wall_ms);
}

static bool read_elapsed(struct entry *e)
{
	if (!read_rising(e, e->walk->elapsed_ms, &e->elapsed_ms))
		return false;
	if (e->walk->entries == 0 && e->elapsed_ms != 0)
		return complain(e->complaint, "is %lld, expected 0 at first", (long long)e->elapsed_ms);
	return true;
}

static bool read_env(struct entry *e)
{
	return canonical_take_integer(&e->r, &e->env);
}

static bool read_salt(struct entry *e)
{
	struct canonical_text salt;
	return canonical_take_string(&e->r, &salt) &&
	       (is_hex(salt, 32, false) || complain(e->complaint, "is not 32 lower-case hexadecimal digits"));
}

static bool read_driver(struct entry *e)
{
	if (!canonical_take_string(&e->r, &e->driver) || !take_named(e, ",\"boot\":", &e->boot))
		return false;
	if (!is_hex(e->boot, 16, true))
		return complain(e->complaint, "boot is not 16 hexadecimal digits");
	if (!canonical_take(&e->r, ",\"sequence\":") || !canonical_take_integer(&e->r, &e->sequence))
		return false;
	if (e->sequence < 1)
		return complain(e->complaint, "sequence is %lld, expected 1 or more", (long long)e->sequence);
	return canonical_take(&e->r, "}}");
}

static bool read_from(struct entry *e)
{
	if (canonical_take(&e->r, "{\"driver\":{\"name\":")) {
		e->from = FROM_DRIVER;
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
	return canonical_take_null(&e->r) || canonical_take_object(&e->r);
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
	return canonical_take(&e->r, ",\"body\":") && canonical_take_object(&e->r) && canonical_take(&e->r, "}");
}

static bool read_input(struct entry *e)
{
	struct canonical_text name;
	if (!read_kind(e))
		return false;
	if (kind_senders[e->kind] != e->from)
		return complain(e->complaint, "a %s does not come from %s", kind_names[e->kind], sender_names[e->from]);
	return read_name_and_body(e, ",\"name\":", &name);
}

static bool read_refusal(struct entry *e)
{
	if (canonical_take_null(&e->r))
		return true;
	e->refused = true;
	return take_string_after(e, "{\"name\":") && canonical_take(&e->r, ",\"takes\":") &&
	       canonical_take_object(&e->r) && canonical_take(&e->r, "}");
}

static bool read_event(struct entry *e)
{
	struct canonical_text name;
	if (!read_name_and_body(e, "{\"name\":", &name))
		return false;
	e->in_force |= canonical_text_is(name, "mission.InForce");
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

static bool read_because(struct entry *e)
{
	if (canonical_take_null(&e->r))
		return true;
	return take_string_after(e, "{\"rulebook\":") && take_string_after(e, ",\"outcome\":") &&
	       canonical_take(&e->r, ",\"spoke\":") && read_list(e, read_string, NULL) &&
	       canonical_take(&e->r, ",\"outweighed\":") && read_list(e, read_outweighed, NULL) &&
	       canonical_take(&e->r, ",\"facts\":") && read_list(e, read_fact, NULL) && canonical_take(&e->r, "}");
}

static bool read_box(struct entry *e)
{
	return canonical_take_null(&e->r) || read_string(e);
}

static const struct member {
	const char *name;
	bool (*read)(struct entry *e);
} members_in_order[] = {
    {"format", read_format},   {"index", read_index},	     {"incarnation", read_incarnation},
    {"wall", read_wall},       {"elapsed", read_elapsed},    {"env", read_env},
    {"salt", read_salt},       {"from", read_from},	     {"checked", read_object_or_null},
    {"input", read_input},     {"refusal", read_refusal},    {"events", read_events},
    {"because", read_because}, {"law", read_object_or_null}, {"box", read_box},
};

static bool take_member(struct entry *e, const struct member *member, bool first)
{
	const char *at = e->r.at;
	bool there = canonical_take(&e->r, first ? "{\"" : ",\"") && canonical_take(&e->r, member->name) &&
		     canonical_take(&e->r, "\":");
	if (!there)
		return complain(e->complaint, "member %s is not in its place", member->name);
	e->complaint->what[0] = 0;
	if (member->read(e))
		return true;
	if (!e->complaint->what[0])
		complain(e->complaint, "is not of its form near \"%.*s\"",
			 (int)(e->r.end - at < 40 ? e->r.end - at : 40), at);
	return complain_in(e->complaint, "member %s", member->name);
}

/* What only the whole entry can show. */
static bool members_judge(struct entry *e)
{
	struct members *walk = e->walk;
	if (walk->entries == 0 && !e->in_force)
		return complain(e->complaint, "member events: has no mission.InForce, which entry 0 must have");
	int64_t env = e->in_force ? (int64_t)walk->entries : walk->env;
	if (e->env != env)
		return complain(e->complaint,
				"member env: is %lld, expected %lld, the newest entry with mission.InForce",
				(long long)e->env, (long long)env);
	if (e->from != FROM_DRIVER)
		return true;
	return boots_report(&walk->boots, e->driver, e->boot, e->sequence, e->complaint) ||
	       complain_in(e->complaint, "member from");
}

bool members_check(struct members *members, const uint8_t *body, size_t len, struct complaint *complaint)
{
	struct entry e = {.walk = members, .complaint = complaint};
	if (!canonical_check(body, len, complaint))
		return false;
	e.r = (struct canonical_reader){(const char *)body, (const char *)body + len};
	for (size_t i = 0; i < sizeof(members_in_order) / sizeof(members_in_order[0]); i++)
		if (!take_member(&e, &members_in_order[i], i == 0))
			return false;
	if (!canonical_take(&e.r, "}") || e.r.at != e.r.end)
		return complain(complaint, "there are members behind box");
	if (!members_judge(&e))
		return false;
	if (members->entries == 0)
		members->wall_first_ms = e.wall_ms;
	members->entries++;
	members->incarnation = e.incarnation;
	members->wall_ms = e.wall_ms;
	members->elapsed_ms = e.elapsed_ms;
	members->env = e.env;
	return true;
}

void members_release(struct members *members)
{
	boots_release(&members->boots);
}
