#include "rules/member.h"
#include "rules/match.h"
#include "rules/pattern.h"
#include "rules/program.h"
#include "rules/regex_load.h"

enum {
	BOUNDS = (int)(MODIFIER(GT) | MODIFIER(GTE) | MODIFIER(LT) | MODIFIER(LTE)),
};

static bool is_text(unsigned kind)
{
	return kind == FACT_TEXT || kind == FACT_TEXTS || kind == FIELD_OF_EVENT;
}

static enum part part_of(const struct member *m)
{
	for (int i = 0; i < PARTS - 1; i++) {
		if (m->modifiers >> (MODIFIER_MINUTE + i) & 1)
			return (enum part)(PART_MINUTE + i);
	}
	return PART_NONE;
}

static enum compare compare_of(const struct member *m)
{
	static const struct {
		uint32_t modifier;
		enum compare compare;
	} rows[] = {
	    {MODIFIER(STARTSWITH), COMPARE_STARTS}, {MODIFIER(ENDSWITH), COMPARE_ENDS},
	    {MODIFIER(CONTAINS), COMPARE_CONTAINS}, {MODIFIER(GT), COMPARE_GT},
	    {MODIFIER(GTE), COMPARE_GTE},	    {MODIFIER(LT), COMPARE_LT},
	    {MODIFIER(LTE), COMPARE_LTE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (member_has(m, rows[i].modifier))
			return rows[i].compare;
	}
	return COMPARE_EQUAL;
}

/* The parts that a range of the whole fact can say are no parts any more: hours, minutes, years. */
static bool is_unfolded(const struct member *m)
{
	return (m->kind == FACT_TIME && part_of(m) != PART_NONE) || (m->kind == FACT_DATE && part_of(m) == PART_YEAR);
}

struct predicate member_predicate(const struct member *m)
{
	struct predicate p = {.kind = PREDICATE_RANGE,
			      .value = FACT_NUMBER,
			      .is_set = m->kind == FACT_TEXTS || m->kind == FIELD_OF_EVENT,
			      .fact = m->fact,
			      .modifiers = m->modifiers};
	if (member_has(m, MODIFIER(FIELDREF))) {
		p.kind = PREDICATE_FACT;
		p.compare = compare_of(m);
		p.cased = member_has(m, MODIFIER(CASED));
		if (m->kind == FACT_ADDRESS)
			p.value = FACT_ADDRESS;
		else if (is_text(m->kind) && p.compare < COMPARE_GT)
			p.value = FACT_TEXT;
		return p;
	}
	if (member_has(m, MODIFIER(RE)))
		p.kind = PREDICATE_REGEX;
	else if (m->kind == FACT_ADDRESS || member_has(m, MODIFIER(CIDR)))
		p.kind = PREDICATE_NET;
	else if (is_text(m->kind) && !member_has(m, BOUNDS) && part_of(m) == PART_NONE)
		p.kind = PREDICATE_TEXT;
	if (p.kind == PREDICATE_NET)
		p.value = FACT_ADDRESS;
	else if (p.kind != PREDICATE_RANGE)
		p.value = FACT_TEXT;
	else if (!is_unfolded(m))
		p.part = part_of(m);
	return p;
}

/* ---- numbers ---- */

static int wrong_value(const struct member *m, const struct yaml *value, struct str text)
{
	bool numeric = m->kind == FIELD_OF_EVENT;
	source_fail(m->r->source, value, "\"" STR_FMT "\" is %s, and \"" STR_FMT "\" is not", STR_ARG(m->name),
		    numeric ? "compared as a number" : kind_words[m->kind].is, STR_ARG(source_shown(text)));
	return source_remedy(m->r->source, "%s", kind_words[numeric ? FACT_NUMBER : m->kind].write);
}

static bool read_number(unsigned kind, struct str text, int64_t *ret_number)
{
	switch (kind) {
	case FACT_NUMBER:
	case FIELD_OF_EVENT:
		return str_to_i64(text, INT64_MIN, INT64_MAX, ret_number);
	case FACT_TIME:
		return calendar_read_time(text, ret_number);
	case FACT_DATE:
		return calendar_read_date(text, ret_number);
	default:
		*ret_number = str_eq(text, STR("true"));
		return *ret_number || str_eq(text, STR("false"));
	}
}

/* The numbers that the kind, or the part of it, can be. */
static struct range domain_of(const struct member *m)
{
	enum part part = part_of(m);
	if (part != PART_NONE)
		return (struct range){calendar_part_min(part), calendar_part_max(part)};
	if (m->kind == FACT_TIME)
		return (struct range){0, MINUTES_PER_DAY - 1};
	return (struct range){INT64_MIN, INT64_MAX};
}

static int read_bound(const struct member *m, const struct yaml *value, struct str text, struct range *ret_range)
{
	static const struct {
		bool up, down; /* the side that is open */
		int64_t more;
	} shapes[] = {[COMPARE_EQUAL] = {false, false, 0},
		      [COMPARE_GT] = {true, false, 1},
		      [COMPARE_GTE] = {true, false, 0},
		      [COMPARE_LT] = {false, true, -1},
		      [COMPARE_LTE] = {false, true, 0}};
	struct range domain = domain_of(m);
	enum compare compare = compare_of(m);
	int64_t number;
	bool part = part_of(m) != PART_NONE;
	if (part && !str_to_i64(text, domain.low, domain.high, &number)) {
		source_fail(m->r->source, value, "\"" STR_FMT "\" is no such part of a date or time",
			    STR_ARG(source_shown(text)));
		return source_remedy(m->r->source, "write a number from %lld to %lld", (long long)domain.low,
				     (long long)domain.high);
	}
	if (!part && !read_number(m->kind, text, &number))
		return wrong_value(m, value, text);
	if ((compare == COMPARE_GT && number == domain.high) || (compare == COMPARE_LT && number == domain.low)) {
		source_fail(m->r->source, value, "no %s is %s " STR_FMT, m->kind == FACT_TIME ? "time" : "value",
			    compare == COMPARE_GT ? "after" : "before", STR_ARG(text));
		return source_remedy(m->r->source, "write |%s, or take it out", compare == COMPARE_GT ? "gte" : "lte");
	}
	number += shapes[compare].more;
	*ret_range =
	    (struct range){shapes[compare].down ? domain.low : number, shapes[compare].up ? domain.high : number};
	return 0;
}

static void add_range(struct bag *values, int64_t low, int64_t high)
{
	*(struct range *)bag_add(values) = (struct range){low, high};
}

static int read_range(const struct member *m, const struct yaml *value, struct str text, struct bag *values)
{
	struct range r = {0};
	int code = read_bound(m, value, text, &r);
	if (code < 0)
		return code;
	if (!is_unfolded(m))
		add_range(values, r.low, r.high);
	else if (part_of(m) == PART_YEAR)
		add_range(values, calendar_day(r.low, 1, 1), calendar_day(r.high, 12, 31));
	else if (part_of(m) == PART_HOUR)
		add_range(values, r.low * 60, r.high * 60 + 59);
	else
		for (int64_t hour = 0; hour < 24; hour++)
			add_range(values, hour * 60 + r.low, hour * 60 + r.high);
	return 0;
}

/* ---- addresses ---- */

static bool read_address(struct str text, struct net *ret_net)
{
	struct fact_address address;
	if (!match_read_address(text, &address))
		return false;
	*ret_net = (struct net){.n = address.n, .bits = (uint8_t)(address.n * 8)};
	memcpy(ret_net->at, address.at, address.n);
	return true;
}

static bool has_bits_beyond(const struct net *net)
{
	for (size_t bit = net->bits; bit < (size_t)net->n * 8; bit++) {
		if (net->at[bit / 8] >> (7 - bit % 8) & 1)
			return true;
	}
	return false;
}

static int read_net(const struct member *m, const struct yaml *value, struct str text, struct bag *values)
{
	struct str address = text, bits;
	struct net net;
	int64_t n;
	if (!member_has(m, MODIFIER(CIDR))) {
		if (!read_address(address, &net))
			return wrong_value(m, value, text);
		*(struct net *)bag_add(values) = net;
		return 0;
	}
	if (!str_cut(text, '/', &address, &bits) || !read_address(address, &net) ||
	    !str_to_i64(bits, 0, net.n * 8, &n)) {
		source_fail(m->r->source, value, "\"" STR_FMT "\" is no network", STR_ARG(source_shown(text)));
		return source_remedy(m->r->source,
				     "write its first address, a slash and the bits it fixes: 192.0.2.0/24");
	}
	net.bits = (uint8_t)n;
	*(struct net *)bag_add(values) = net;
	if (!has_bits_beyond(&net))
		return 0;
	source_fail(m->r->source, value, STR_FMT " is not the first address of its network",
		    STR_ARG(source_shown(address)));
	return source_remedy(m->r->source, "put zeros behind the first " STR_FMT " bits, or fix more bits",
			     STR_ARG(bits));
}

/* ---- regular expressions ---- */

static int wrong_regex(const struct member *m, const struct yaml *value, size_t byte, const char *what)
{
	source_fail_byte(m->r->source, value, byte < value->text.len ? byte : value->text.len,
			 "this is no regular expression: %s", what);
	return source_remedy(m->r->source, "the expression is PCRE2's; write a backslash before a sign that is meant "
					   "itself");
}

/* In a rulebook rules are compared by what they match, and that can be found only of Sigma's own kind of expression. */
static int check_flavour(const struct member *m, const struct yaml *value, const struct regex *regex)
{
	struct program program;
	size_t byte, used = m->r->scratch->used;
	const char *what = program_of_regex(regex, m->r->scratch, &program, &byte);
	m->r->scratch->used = used;
	if (!what)
		return 0;
	source_fail_byte(m->r->source, value, byte < value->text.len ? byte : value->text.len,
			 "rules with this expression cannot be compared: %s", what);
	return source_remedy(m->r->source, "write it with . [ ] ( ) | * + ? {n,m} ^ $ and the letters after a "
					   "backslash, or with |startswith, |contains …");
}

static int read_regex(const struct member *m, const struct yaml *value, struct str text, struct bag *values)
{
	char what[REGEX_MESSAGE_BYTES];
	size_t byte;
	struct regex regex = {.source = text,
			      .any_case = member_has(m, MODIFIER(I)),
			      .lines = member_has(m, MODIFIER(M)),
			      .dot_all = member_has(m, MODIFIER(S))};
	if (text.len == 0) {
		source_fail(m->r->source, value, "the empty expression matches every text");
		return source_remedy(m->r->source, "write what it must match, or |exists: true");
	}
	if (text.len > REGEX_BYTES_MAX || m->r->regexes == m->r->regexes_max) {
		source_limit(m->r->source, value,
			     text.len > REGEX_BYTES_MAX ? "an expression of more than %zu bytes"
							: "more than %zu regular expressions",
			     text.len > REGEX_BYTES_MAX ? (size_t)REGEX_BYTES_MAX : m->r->regexes_max);
		return source_remedy(m->r->source, "use |startswith, |endswith or |contains where they do");
	}
	m->r->regexes++;
	if (!regex_compile(&regex, m->r->arena, &byte, what))
		return wrong_regex(m, value, byte, what);
	int code = m->r->vocabulary ? check_flavour(m, value, &regex) : 0;
	if (code == 0)
		*(struct regex *)bag_add(values) = regex;
	return code;
}

/* ---- other facts ---- */

static bool are_comparable(unsigned kind, unsigned other)
{
	/* Of two sets it could mean that they share one, or all. */
	return kind == other ? kind != FACT_TEXTS : is_text(kind) && is_text(other);
}

static int find_other(const struct member *m, const struct yaml *value, struct str text, struct other_fact *ret_other)
{
	const struct vocabulary *v = m->r->vocabulary;
	struct str names[FACTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++) {
		unsigned kind = v->facts[i].kind;
		if (!are_comparable(m->kind, kind) || i == m->fact)
			continue;
		names[n++] = v->facts[i].name;
		*ret_other = (struct other_fact){(uint16_t)i, kind == FACT_TEXTS};
		if (str_eq(v->facts[i].name, text))
			return 0;
	}
	source_fail(m->r->source, value, "\"" STR_FMT "\" is no other field that \"" STR_FMT "\" can be compared with",
		    STR_ARG(source_shown(text)), STR_ARG(m->name));
	if (n == 0)
		return source_remedy(m->r->source, "there is none: take |fieldref away");
	return source_remedy_nearest(m->r->source, text, names, n, "there are");
}

static int read_other(const struct member *m, const struct yaml *value, struct str text, struct bag *values)
{
	struct other_fact other = {.is_set = true};
	int code = 0;
	if (m->r->vocabulary) {
		code = find_other(m, value, text, &other);
	} else if (text.len == 0 || text.len > FIELD_NAME_BYTES_MAX ||
		   !field_names_take(m->r->fields, text, &other.fact)) {
		source_fail(m->r->source, value, "this is no name of a field");
		code = source_remedy(m->r->source, "write the name of another field of the event");
	}
	if (code == 0)
		*(struct other_fact *)bag_add(values) = other;
	return code;
}

int member_read_value(const struct member *m, const struct predicate *p, const struct yaml *value, struct str text,
		      struct bag *values)
{
	const struct pattern_reader patterns = {m->r->source, m->r->scratch};
	switch (p->kind) {
	case PREDICATE_TEXT:
		return pattern_read(&patterns, value, text, m->modifiers, values);
	case PREDICATE_REGEX:
		return read_regex(m, value, text, values);
	case PREDICATE_RANGE:
		return read_range(m, value, text, values);
	case PREDICATE_NET:
		return read_net(m, value, text, values);
	case PREDICATE_FACT:
		return read_other(m, value, text, values);
	default:
		WRONG("a predicate without values");
	}
}
