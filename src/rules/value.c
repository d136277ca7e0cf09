#include "rules/value.h"
#include "rules/rulebook_load.h"

#include <arpa/inet.h>

enum {
	MINUTES_PER_DAY = 24 * 60,
	ADDRESS_BYTES_MAX = 45, /* the longest way to write one */
};

enum modifier {
	MODIFIER_NONE,
	MODIFIER_STARTSWITH,
	MODIFIER_ENDSWITH,
	MODIFIER_CONTAINS,
	MODIFIER_CIDR,
	MODIFIER_GTE,
	MODIFIER_GT,
	MODIFIER_LTE,
	MODIFIER_LT,
	MODIFIER_ALL, /* beside one of the others */
	MODIFIERS,
};

enum {
	TEXTS = 1 << FACT_TEXT | 1 << FACT_TEXTS,
	ORDERED = 1 << FACT_NUMBER | 1 << FACT_TIME | 1 << FACT_DATE,
};

/* In the order of enum modifier. */
static const struct str modifier_names[MODIFIERS] = {{"", 0},	  {"startswith", 10}, {"endswith", 8}, {"contains", 8},
						     {"cidr", 4}, {"gte", 3},	      {"gt", 2},       {"lte", 3},
						     {"lt", 2},	  {"all", 3}};
static const unsigned modifier_kinds[MODIFIERS] = {~0u,	    TEXTS,   TEXTS,   TEXTS,   1 << FACT_ADDRESS,
						   ORDERED, ORDERED, ORDERED, ORDERED, TEXTS};

static const struct {
	const char *is, *write;
} kinds[FACT_KINDS] = {
    [FACT_TEXT] = {"a text", "write a text"},
    [FACT_TEXTS] = {"a set of texts", "write a text that one of them must be"},
    [FACT_NUMBER] = {"a number", "write an integer of at most 18 digits, such as 42 or -3"},
    [FACT_TIME] = {"a time of day", "write hours and minutes, such as \"07:00\"; the last is \"23:59\""},
    [FACT_DATE] = {"a date", "write year, month and day, such as 2026-11-23"},
    [FACT_ADDRESS] = {"an address", "write 192.0.2.7 or 2001:db8::1, or |cidr and 192.0.2.0/24"},
    [FACT_BOOL] = {"true or false", "write true or false"},
};

/* A member while it is read. */
struct member {
	struct value_reader *r;
	const struct yaml *yaml;
	struct str name;
	uint8_t fact;
	enum fact_kind kind;
	enum modifier modifier;
	bool all;
};

/* ---- the key ---- */

static int find_fact(struct member *m)
{
	const struct vocabulary *v = m->r->vocabulary;
	struct str names[FACTS_MAX];
	ASSERT(v->n <= FACTS_MAX);
	for (size_t i = 0; i < v->n; i++) {
		names[i] = v->facts[i].name;
		if (!str_eq(names[i], m->name))
			continue;
		m->fact = (uint8_t)i;
		m->kind = v->facts[i].kind;
		return 0;
	}
	source_fail_key(m->r->source, m->yaml, "there is no field \"" STR_FMT "\" in " STR_FMT,
			STR_ARG(source_shown(m->name)), STR_ARG(v->name));
	return source_remedy_nearest(m->r->source, m->name, names, v->n, "its fields are");
}

/* What may stand behind a field of this kind, for a remedy. */
static int remedy_modifiers(const struct member *m, struct str wrong)
{
	struct str names[MODIFIERS];
	size_t n = 0;
	for (size_t i = 1; i < MODIFIERS; i++) {
		if (modifier_kinds[i] & 1u << m->kind)
			names[n++] = modifier_names[i];
	}
	if (n == 0)
		return source_remedy(m->r->source, "it takes none: write \"" STR_FMT "\" alone", STR_ARG(m->name));
	return source_remedy_nearest(m->r->source, wrong, names, n, "it takes");
}

static int take_modifier(struct member *m, struct str word)
{
	const struct source *s = m->r->source;
	size_t i = 1;
	while (i < MODIFIERS && !str_eq(word, modifier_names[i]))
		i++;
	if (i == MODIFIERS) {
		source_fail_key(s, m->yaml, "there is no modifier \"" STR_FMT "\"", STR_ARG(source_shown(word)));
		return remedy_modifiers(m, word);
	}
	if (!(modifier_kinds[i] & 1u << m->kind)) {
		source_fail_key(s, m->yaml, "\"" STR_FMT "\" is %s, and |" STR_FMT " is not for those",
				STR_ARG(m->name), kinds[m->kind].is, STR_ARG(word));
		return remedy_modifiers(m, word);
	}
	if (i == MODIFIER_ALL ? m->all : m->modifier != MODIFIER_NONE) {
		source_fail_key(s, m->yaml, "|" STR_FMT " is one modifier too many", STR_ARG(word));
		return source_remedy(s, "keep one of them; for two bounds write two fields of the selection");
	}
	if (i == MODIFIER_ALL)
		m->all = true;
	else
		m->modifier = (enum modifier)i;
	return 0;
}

static int read_key(struct member *m)
{
	struct str rest, word, next;
	bool more = str_cut(m->yaml->key, '|', &m->name, &rest);
	if (!more)
		m->name = m->yaml->key;
	int code = find_fact(m);
	while (code == 0 && more) {
		more = str_cut(rest, '|', &word, &next);
		if (!more)
			word = rest;
		code = take_modifier(m, word);
		rest = next;
	}
	return code;
}

/* ---- values ---- */

static int wrong_value(const struct member *m, const struct yaml *value)
{
	source_fail(m->r->source, value, "\"" STR_FMT "\" is %s, and \"" STR_FMT "\" is not", STR_ARG(m->name),
		    kinds[m->kind].is, STR_ARG(source_shown(value->text)));
	return source_remedy(m->r->source, "%s", kinds[m->kind].write);
}

/* A star beside a star says nothing more. */
static void put_run(struct buf *b)
{
	if (b->len == 0 || b->at[b->len - 1] != PATTERN_RUN)
		buf_put_char(b, PATTERN_RUN);
}

/* A backslash takes the meaning of a star, a question mark or a backslash behind it; before anything else it is
 * itself. */
static bool put_pattern(struct buf *b, struct str text)
{
	bool wild = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool escapes = c == '\\' && i + 1 < text.len && strchr("*?\\", text.at[i + 1]);
		if (escapes)
			buf_put_char(b, text.at[++i]);
		else if (c == '*')
			put_run(b);
		else
			buf_put_char(b, c == '?' ? PATTERN_ONE : fold(c));
		wild = wild || (!escapes && (c == '*' || c == '?'));
	}
	return wild;
}

static int read_pattern(const struct member *m, const struct yaml *value, struct pattern *ret_pattern)
{
	char memory[PATTERN_BYTES_MAX];
	struct buf b = BUF(memory);
	enum modifier how = m->modifier;
	bool wild = how != MODIFIER_NONE;
	if (how != MODIFIER_NONE && value->text.len == 0) {
		source_fail(m->r->source, value, "every text has the empty one in it");
		return source_remedy(m->r->source, "write what it must have in it, or \"*\" for any text");
	}
	if (how == MODIFIER_ENDSWITH || how == MODIFIER_CONTAINS)
		put_run(&b);
	wild = put_pattern(&b, value->text) || wild;
	if (how == MODIFIER_STARTSWITH || how == MODIFIER_CONTAINS)
		put_run(&b);
	if (b.over) {
		source_limit(m->r->source, value, "a text of more than %d bytes", PATTERN_BYTES_MAX);
		return source_remedy(m->r->source, "shorten it, and put * for the rest");
	}
	*ret_pattern = (struct pattern){arena_str(m->r->arena, buf_str(&b)), wild};
	return 0;
}

static bool read_time(struct str text, int64_t *ret_minutes)
{
	int64_t part[2] = {0, 0};
	if (text.len != 5 || text.at[2] != ':')
		return false;
	for (size_t i = 0; i < 4; i++) {
		char c = text.at[i < 2 ? i : i + 1];
		if (c < '0' || c > '9')
			return false;
		part[i / 2] = part[i / 2] * 10 + (c - '0');
	}
	*ret_minutes = part[0] * 60 + part[1];
	return part[0] < 24 && part[1] < 60;
}

static bool digits(struct str text, int64_t *ret_value)
{
	int64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (text.at[i] - '0');
	}
	*ret_value = value;
	return true;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

bool value_date(struct str text, int64_t *ret_days)
{
	int64_t year, month, day;
	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !digits((struct str){text.at, 4}, &year) ||
	    !digits((struct str){text.at + 5, 2}, &month) || !digits((struct str){text.at + 8, 2}, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
	for (int64_t m = 1; m < month; m++)
		days += days_of_month(year, m);
	*ret_days = days + day - 1;
	return true;
}

static bool read_number(enum fact_kind kind, struct str text, int64_t *ret_number)
{
	switch (kind) {
	case FACT_NUMBER:
		return str_to_i64(text, INT64_MIN, INT64_MAX, ret_number);
	case FACT_TIME:
		return read_time(text, ret_number);
	case FACT_DATE:
		return value_date(text, ret_number);
	default:
		*ret_number = str_eq(text, STR("true"));
		return *ret_number || str_eq(text, STR("false"));
	}
}

static int read_range(const struct member *m, const struct yaml *value, struct range *ret_range)
{
	int64_t number;
	int64_t first = m->kind == FACT_TIME ? 0 : INT64_MIN,
		last = m->kind == FACT_TIME ? MINUTES_PER_DAY - 1 : INT64_MAX;
	if (!read_number(m->kind, value->text, &number))
		return wrong_value(m, value);
	if ((m->modifier == MODIFIER_GT && number == last) || (m->modifier == MODIFIER_LT && number == first)) {
		source_fail(m->r->source, value, "no %s is %s " STR_FMT, m->kind == FACT_TIME ? "time" : "value",
			    m->modifier == MODIFIER_GT ? "after" : "before", STR_ARG(value->text));
		return source_remedy(m->r->source, "write |%s, or take it out",
				     m->modifier == MODIFIER_GT ? "gte" : "lte");
	}
	static const struct {
		bool up, down; /* the side that is open */
		int64_t more;
	} shapes[MODIFIERS] = {[MODIFIER_GTE] = {true, false, 0},
			       [MODIFIER_GT] = {true, false, 1},
			       [MODIFIER_LTE] = {false, true, 0},
			       [MODIFIER_LT] = {false, true, -1}};
	number += shapes[m->modifier].more;
	*ret_range = (struct range){shapes[m->modifier].down ? first : number, shapes[m->modifier].up ? last : number};
	return 0;
}

static bool read_address(struct str text, struct net *ret_net)
{
	char zero_terminated[ADDRESS_BYTES_MAX + 1] = {0};
	if (text.len == 0 || text.len > ADDRESS_BYTES_MAX)
		return false;
	memcpy(zero_terminated, text.at, text.len);
	ret_net->n = memchr(text.at, ':', text.len) ? 16 : 4;
	ret_net->bits = (uint8_t)(ret_net->n * 8);
	return inet_pton(ret_net->n == 4 ? AF_INET : AF_INET6, zero_terminated, ret_net->at) == 1;
}

static bool has_bits_beyond(const struct net *net)
{
	for (size_t bit = net->bits; bit < (size_t)net->n * 8; bit++) {
		if (net->at[bit / 8] >> (7 - bit % 8) & 1)
			return true;
	}
	return false;
}

static int read_net(const struct member *m, const struct yaml *value, struct net *ret_net)
{
	struct str address = value->text, bits;
	int64_t n;
	*ret_net = (struct net){0};
	if (m->modifier != MODIFIER_CIDR)
		return read_address(address, ret_net) ? 0 : wrong_value(m, value);
	if (!str_cut(value->text, '/', &address, &bits) || !read_address(address, ret_net) ||
	    !str_to_i64(bits, 0, ret_net->n * 8, &n)) {
		source_fail(m->r->source, value, "\"" STR_FMT "\" is no network", STR_ARG(source_shown(value->text)));
		return source_remedy(m->r->source,
				     "write its first address, a slash and the bits it fixes: 192.0.2.0/24");
	}
	ret_net->bits = (uint8_t)n;
	if (!has_bits_beyond(ret_net))
		return 0;
	source_fail(m->r->source, value, STR_FMT " is not the first address of its network",
		    STR_ARG(source_shown(address)));
	return source_remedy(m->r->source, "put zeros behind the first " STR_FMT " bits, or fix more bits",
			     STR_ARG(bits));
}

/* ---- the member ---- */

static int check_value(const struct member *m, const struct yaml *value)
{
	const struct source *s = m->r->source;
	if (value->kind != YAML_TEXT) {
		source_fail(s, value, "a %s where a value of \"" STR_FMT "\" belongs",
			    value->kind == YAML_MAP ? "map" : "list in a list", STR_ARG(m->name));
		return source_remedy(s, "%s", kinds[m->kind].write);
	}
	if (value->text.len == 0 && !value->quoted) {
		source_fail(s, value, "\"" STR_FMT "\" has no value", STR_ARG(m->name));
		return source_remedy(s, "%s; the empty text is \"\"", kinds[m->kind].write);
	}
	return 0;
}

static int check_shape(const struct member *m)
{
	const struct source *s = m->r->source;
	const struct yaml *y = m->yaml;
	bool bound = m->modifier >= MODIFIER_GTE && m->modifier <= MODIFIER_LT;
	if (y->kind == YAML_MAP) {
		source_fail(s, y, "a map where a value of \"" STR_FMT "\" belongs", STR_ARG(m->name));
		return source_remedy(s, "%s, or a list", kinds[m->kind].write);
	}
	if (y->kind == YAML_LIST && y->n == 0) {
		source_fail(s, y, "an empty list: nothing is in it");
		return source_remedy(s, "%s, or take the field out", kinds[m->kind].write);
	}
	if (y->kind == YAML_LIST && bound) {
		source_fail(s, y, "a list behind |" STR_FMT, STR_ARG(modifier_names[m->modifier]));
		return source_remedy(s, "write the one bound that counts");
	}
	if (m->all && (y->kind != YAML_LIST || y->n < 2)) {
		source_fail(s, y, "|all stands before a list of two or more");
		return source_remedy(s, "take |all away, or write a list");
	}
	return 0;
}

/* Room for n values of the member's kind. */
static void init_predicate(const struct member *m, struct predicate *p, size_t n)
{
	*p = (struct predicate){.of_set = m->kind == FACT_TEXTS, .fact = m->fact, .n = (uint16_t)n};
	if (modifier_kinds[MODIFIER_ALL] & 1u << m->kind) {
		p->kind = PREDICATE_TEXT;
		p->patterns = ARENA_TAKE(m->r->arena, struct pattern, n);
	} else if (m->kind == FACT_ADDRESS) {
		p->kind = PREDICATE_NET;
		p->nets = ARENA_TAKE(m->r->arena, struct net, n);
	} else {
		p->kind = PREDICATE_RANGE;
		p->ranges = ARENA_TAKE(m->r->arena, struct range, n);
	}
}

static int read_into(const struct member *m, const struct yaml *value, struct predicate *p, size_t i)
{
	int code = check_value(m, value);
	if (code < 0)
		return code;
	switch (p->kind) {
	case PREDICATE_TEXT:
		return read_pattern(m, value, (struct pattern *)&p->patterns[i]);
	case PREDICATE_RANGE:
		return read_range(m, value, (struct range *)&p->ranges[i]);
	case PREDICATE_NET:
		return read_net(m, value, (struct net *)&p->nets[i]);
	}
	WRONG("a predicate of no kind");
}

static int count_values(const struct member *m, size_t n)
{
	if (n > RULEBOOK_VALUES_MAX - m->r->values) {
		source_limit(m->r->source, m->yaml, "the rulebook has more than %d values", RULEBOOK_VALUES_MAX);
		return source_remedy(m->r->source, "give those who are alike a group, and name the group");
	}
	m->r->values += n;
	return 0;
}

int value_read(struct value_reader *r, const struct yaml *member, const struct predicate **ret_predicates,
	       size_t *ret_n)
{
	struct member m = {.r = r, .yaml = member};
	bool list = member->kind == YAML_LIST;
	size_t n = list ? member->n : 1, i = 0;
	int code = read_key(&m);
	if (code == 0)
		code = check_shape(&m);
	if (code == 0)
		code = count_values(&m, n);
	if (code < 0)
		return code;
	size_t n_predicates = m.all ? n : 1;
	struct predicate *predicates = ARENA_TAKE(r->arena, struct predicate, n_predicates);
	for (size_t p = 0; p < n_predicates; p++)
		init_predicate(&m, &predicates[p], m.all ? 1 : n);
	for (const struct yaml *value = list ? member->first : member; code == 0 && i < n; value = value->next, i++)
		code = read_into(&m, value, &predicates[m.all ? i : 0], m.all ? 0 : i);
	*ret_predicates = predicates;
	*ret_n = n_predicates;
	return code;
}
