#include "rules/member.h"

enum {
	BOUNDS = (int)(MODIFIER(GT) | MODIFIER(GTE) | MODIFIER(LT) | MODIFIER(LTE)),
	PLACES = (int)(MODIFIER(STARTSWITH) | MODIFIER(ENDSWITH) | MODIFIER(CONTAINS)),
};

/* ---- the fields of events ---- */

void field_names_init(struct field_names *fields, struct arena *arena)
{
	*fields = (struct field_names){.arena = arena, .names = BAG(arena, struct str), .slots = 4 * FIELD_NAMES_MAX};
	fields->table = ARENA_TAKE(arena, uint32_t, fields->slots);
	*(struct str *)bag_add(&fields->names) = (struct str){"", 0};
}

bool field_names_take(struct field_names *fields, struct str name, uint16_t *ret_number)
{
	size_t i = str_hash(name) & (fields->slots - 1);
	for (; fields->table[i]; i = (i + 1) & (fields->slots - 1)) {
		if (str_eq(BAG_AT(&fields->names, struct str)[fields->table[i]], name)) {
			*ret_number = (uint16_t)fields->table[i];
			return true;
		}
	}
	if (fields->names.n > FIELD_NAMES_MAX) /* field 0 is one too */
		return false;
	*ret_number = (uint16_t)fields->names.n;
	fields->table[i] = (uint32_t)fields->names.n;
	*(struct str *)bag_add(&fields->names) = arena_str(fields->arena, name);
	return true;
}

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
		m->fact = (uint16_t)i;
		m->kind = v->facts[i].kind;
		return 0;
	}
	source_fail_key(m->r->source, m->yaml, "there is no field \"" STR_FMT "\" in " STR_FMT,
			STR_ARG(source_shown(m->name)), STR_ARG(v->name));
	return source_remedy_nearest(m->r->source, m->name, names, v->n, "its fields are");
}

/* Field 0, which has no name, is the whole event. */
static int take_field(struct member *m)
{
	m->kind = FIELD_OF_EVENT;
	m->fact = 0;
	if (m->name.len == 0)
		return 0;
	if (m->name.len > FIELD_NAME_BYTES_MAX || !field_names_take(m->r->fields, m->name, &m->fact)) {
		source_limit(m->r->source, m->yaml, "more than %d fields, or a name of more than %d bytes",
			     FIELD_NAMES_MAX, FIELD_NAME_BYTES_MAX);
		return source_remedy(m->r->source, "load fewer rules together");
	}
	return 0;
}

/* Of a whole event only texts can be asked. */
static int check_whole(struct member *m)
{
	uint32_t foreign = MODIFIER(EXISTS) | MODIFIER(FIELDREF) | MODIFIER(NEQ) | MODIFIER(CIDR) | (uint32_t)BOUNDS;
	for (size_t i = MODIFIER_MINUTE; i <= MODIFIER_YEAR; i++)
		foreign |= UINT32_C(1) << i;
	if (member_has(m, foreign)) {
		source_fail_key(m->r->source, m->yaml, "a modifier that needs a field before it");
		return source_remedy(m->r->source, "write the field's name; alone stand |all, |re and those of texts");
	}
	if (!member_has(m, (uint32_t)PLACES | MODIFIER(RE)))
		m->modifiers |= MODIFIER(CONTAINS);
	return 0;
}

static int read_key(struct member *m)
{
	struct str words;
	bool more = str_cut(m->yaml->key, '|', &m->name, &words);
	if (!more)
		m->name = m->yaml->key;
	int code = m->r->vocabulary ? find_fact(m) : take_field(m);
	if (code == 0 && more)
		code = modifier_read(m->r->source, m->yaml, m->name, m->kind, words, &m->modifiers);
	return code == 0 && m->kind == FIELD_OF_EVENT && m->fact == 0 ? check_whole(m) : code;
}

/* ---- the shape of the values ---- */

static const char *how_to_write(const struct member *m)
{
	return kind_words[m->kind].write;
}

static int check_value(const struct member *m, const struct yaml *value)
{
	const struct source *s = m->r->source;
	if (value->kind != YAML_TEXT) {
		source_fail(s, value, "a %s where a value of \"" STR_FMT "\" belongs",
			    value->kind == YAML_MAP ? "map" : "list in a list", STR_ARG(m->name));
		return source_remedy(s, "%s", how_to_write(m));
	}
	if (value->text.len == 0 && !value->quoted) {
		source_fail(s, value, "\"" STR_FMT "\" has no value", STR_ARG(m->name));
		return source_remedy(s, "%s; the empty text is \"\", and that there is none is null", how_to_write(m));
	}
	return 0;
}

static bool is_null(const struct yaml *value)
{
	return value->kind == YAML_TEXT && !value->quoted && str_eq(value->text, STR("null"));
}

static int check_nulls(const struct member *m)
{
	const struct yaml *first = m->yaml->kind == YAML_LIST ? m->yaml->first : NULL;
	for (const struct yaml *value = first; value; value = value->next) {
		if (!is_null(value))
			continue;
		source_fail(m->r->source, value, "null, that there is no value, in a list of values");
		return source_remedy(m->r->source, "give it a selection of its own; the word is \"null\"");
	}
	if (!is_null(m->yaml) || m->modifiers == 0)
		return 0;
	source_fail(m->r->source, m->yaml, "null, that there is no value, behind a modifier");
	return source_remedy(m->r->source, "write \"" STR_FMT ": null\", or |exists: false; the word is \"null\"",
			     STR_ARG(m->name));
}

static int check_shape(const struct member *m)
{
	const struct source *s = m->r->source;
	const struct yaml *y = m->yaml;
	if (y->kind == YAML_MAP) {
		source_fail(s, y, "a map where a value of \"" STR_FMT "\" belongs", STR_ARG(m->name));
		return source_remedy(s, "%s, or a list", how_to_write(m));
	}
	if (y->kind == YAML_LIST && y->n == 0) {
		source_fail(s, y, "an empty list: nothing is in it");
		return source_remedy(s, "%s, or take the field out", how_to_write(m));
	}
	if (y->kind == YAML_LIST && member_has(m, (uint32_t)BOUNDS | MODIFIER(EXISTS))) {
		uint32_t one = m->modifiers & ((uint32_t)BOUNDS | MODIFIER(EXISTS));
		source_fail(s, y, "a list behind |" STR_FMT, STR_ARG(modifier_name((unsigned)__builtin_ctz(one))));
		return source_remedy(s, "write the one %s that counts",
				     member_has(m, MODIFIER(EXISTS)) ? "word, true or false," : "bound");
	}
	if (member_has(m, MODIFIER(ALL)) && (y->kind != YAML_LIST || y->n < 2)) {
		source_fail(s, y, "|all stands before a list of two or more");
		return source_remedy(s, "take |all away, or write a list");
	}
	return check_nulls(m);
}

/* ---- predicates ---- */

static int count_values(const struct member *m, size_t n)
{
	if (n > m->r->values_max - m->r->values) {
		source_limit(m->r->source, m->yaml, "the rulebook has more than %zu values", m->r->values_max);
		return source_remedy(m->r->source, "give those who are alike a group, and name the group");
	}
	m->r->values += n;
	return 0;
}

/* The one that is alike, or a new one. */
static const struct predicate *keep(const struct member *m, const struct predicate *made)
{
	const struct predicate *found = predicates_find(m->r->predicates, made);
	return found ? found : predicates_add(m->r->predicates, made, m->r->arena);
}

static void add_term(struct bag *terms, const struct predicate *predicate, bool negated)
{
	*(struct term *)bag_add(terms) = (struct term){predicate, negated};
}

/* That the fact is not absent, or, of a set, not empty. */
static const struct predicate *presence(const struct member *m, bool filled)
{
	bool set = m->kind == FACT_TEXTS || m->kind == FIELD_OF_EVENT;
	const struct predicate made = {
	    .kind = filled && set ? PREDICATE_FILLED : PREDICATE_EXISTS, .is_set = set, .fact = m->fact};
	return keep(m, &made);
}

static struct bag values_of(const struct member *m, const struct predicate *p)
{
	static const size_t each[] = {[PREDICATE_TEXT] = sizeof(struct pattern),
				      [PREDICATE_REGEX] = sizeof(struct regex),
				      [PREDICATE_RANGE] = sizeof(struct range),
				      [PREDICATE_NET] = sizeof(struct net),
				      [PREDICATE_FACT] = sizeof(struct other_fact)};
	return (struct bag){.arena = m->r->scratch, .each = each[p->kind]};
}

/* What one value says, or all texts that it is expanded to. */
static int read_one(const struct member *m, const struct predicate *p, const struct yaml *value, struct bag *values)
{
	struct bag texts = BAG(m->r->scratch, struct str);
	size_t before = values->n;
	int code = check_value(m, value);
	if (code == 0 && member_has(m, MODIFIER(EXPAND)))
		code = expand_text(m->r->source, value, m->r->placeholders, &texts);
	else if (code == 0)
		*(struct str *)bag_add(&texts) = value->text;
	for (size_t i = 0; code == 0 && i < texts.n; i++)
		code = member_read_value(m, p, value, BAG_AT(&texts, struct str)[i], values);
	if (code == 0 && values->n > UINT16_MAX) {
		source_limit(m->r->source, value, "more than %d values in one field", UINT16_MAX);
		code = source_remedy(m->r->source, "split the list");
	}
	return code < 0 ? code : count_values(m, values->n - before);
}

/* A predicate of the n values from the first on. */
static int read_predicate(const struct member *m, const struct yaml *first, size_t n, struct bag *terms)
{
	struct predicate made = member_predicate(m);
	struct bag values = values_of(m, &made);
	int code = 0;
	for (size_t i = 0; code == 0 && i < n; i++, first = first->next)
		code = read_one(m, &made, first, &values);
	if (code < 0)
		return code;
	made.n = (uint16_t)values.n;
	made.values = values.at;
	add_term(terms, keep(m, &made), member_has(m, MODIFIER(NEQ)));
	return 0;
}

static int read_exists(const struct member *m, struct bag *terms)
{
	int code = check_value(m, m->yaml);
	bool yes = code == 0 && str_eq(m->yaml->text, STR("true"));
	if (code < 0)
		return code;
	if (!yes && !str_eq(m->yaml->text, STR("false"))) {
		source_fail(m->r->source, m->yaml, "|exists is true or false");
		return source_remedy(m->r->source, "write true or false");
	}
	add_term(terms, presence(m, false), !yes);
	return count_values(m, 1);
}

static int read_values(const struct member *m, struct bag *terms)
{
	bool list = m->yaml->kind == YAML_LIST, all = member_has(m, MODIFIER(ALL));
	const struct yaml *first = list ? m->yaml->first : m->yaml;
	size_t n = list ? m->yaml->n : 1;
	int code = 0;
	/* What is absent is no other value either. */
	if (member_has(m, MODIFIER(NEQ)))
		add_term(terms, presence(m, false), false);
	if (!all)
		return read_predicate(m, first, n, terms);
	for (size_t i = 0; code == 0 && i < n; i++, first = first->next)
		code = read_predicate(m, first, 1, terms);
	return code;
}

static int read_member(struct member *m, struct bag *terms)
{
	int code = check_shape(m);
	if (code < 0)
		return code;
	if (member_has(m, MODIFIER(EXISTS)))
		return read_exists(m, terms);
	if (is_null(m->yaml)) {
		add_term(terms, presence(m, true), true);
		return count_values(m, 1);
	}
	return read_values(m, terms);
}

int value_read(struct value_reader *r, const struct yaml *member, struct bag *terms)
{
	struct member m = {.r = r, .yaml = member};
	int code = read_key(&m);
	return code == 0 ? read_member(&m, terms) : code;
}

int value_read_keywords(struct value_reader *r, const struct yaml *node, struct bag *terms)
{
	struct member m = {.r = r, .yaml = node, .kind = FIELD_OF_EVENT, .modifiers = MODIFIER(CONTAINS)};
	return read_member(&m, terms);
}
