#include "rules/correlation_read.h"

/* All correlations while they are read. A draft's number is that of its rule, or, of a correlation, behind all rules that
 * of its place among correlations; `order` says in which they will stand. */
struct binder {
	struct sigma_reader *r;
	struct source source;
	struct sigma_draft *drafts;
	size_t n, n_rules, n_correlations;
	size_t *numbers; /* of each draft */
	struct detected *rules;
	struct correlation *made; /* by their places among drafts */
	struct str *names;	  /* of drafts, for remedies */
};

static int fail(struct binder *b, const struct yaml *at, const char *what, const char *remedy)
{
	source_fail(&b->source, at, "%s", what);
	return source_remedy(&b->source, "%s", remedy);
}

/* ---- members ---- */

static int read_type(struct binder *b, const struct yaml *yaml, struct correlation *c)
{
	static const struct str names[] = {[CORRELATION_EVENT_COUNT] = {"event_count", 11},
					   [CORRELATION_VALUE_COUNT] = {"value_count", 11},
					   [CORRELATION_TEMPORAL] = {"temporal", 8},
					   [CORRELATION_TEMPORAL_ORDERED] = {"temporal_ordered", 16}};
	const struct yaml *node;
	struct str word;
	int code = source_member(&b->source, yaml, "type", &node);
	if (code == 0)
		code = source_text(&b->source, node, "type", YAML_BYTES_MAX, &word);
	for (size_t i = 0; code == 0 && i < ARRAY_LEN(names); i++) {
		if (!str_eq(word, names[i]))
			continue;
		c->type = (enum correlation_type)i;
		return 0;
	}
	if (code < 0)
		return code;
	source_fail(&b->source, node, "there is no type \"" STR_FMT "\" here", STR_ARG(source_shown(word)));
	return source_remedy_nearest(&b->source, word, names, ARRAY_LEN(names), "it is one of");
}

/* "15m": a number, and s, m, h or d. */
static int read_span(struct binder *b, const struct yaml *yaml, struct correlation *c)
{
	static const char units[] = "smhd";
	static const int64_t ms[] = {1000, 60 * 1000, 60 * 60 * 1000, 24 * 60 * 60 * 1000};
	const struct yaml *node;
	struct str text;
	int64_t number = 0;
	int code = source_member(&b->source, yaml, "timespan", &node);
	if (code == 0)
		code = source_text(&b->source, node, "timespan", 16, &text);
	if (code < 0)
		return code;
	const char *unit = strchr(units, text.at[text.len - 1]);
	bool good = unit && *unit && str_to_i64((struct str){text.at, text.len - 1}, 1, 1000000, &number) &&
		    number <= CORRELATION_SPAN_MS_MAX / ms[unit - units];
	if (!good)
		return fail(b, node, "this is no time span",
			    "write a number and s, m, h or d, such as 15m; at most 30d");
	c->span_ms = number * ms[unit - units];
	return 0;
}

/* ---- the rules that it refers to ---- */

static int find_draft(struct binder *b, const struct yaml *node, size_t *ret_draft)
{
	struct str name;
	int code = source_text(&b->source, node, "rules", SIGMA_TITLE_BYTES_MAX, &name);
	for (size_t i = 0; code == 0 && i < b->n; i++) {
		const struct detection_words *w = &b->drafts[i].rule.words;
		if (!str_eq(name, w->id) && !str_eq(name, w->name))
			continue;
		*ret_draft = i;
		return 0;
	}
	if (code < 0)
		return code;
	source_fail(&b->source, node, "there is no rule of the id or name \"" STR_FMT "\"",
		    STR_ARG(source_shown(name)));
	return source_remedy_nearest(&b->source, name, b->names, b->n, "there are");
}

static int read_rules(struct binder *b, const struct yaml *yaml, struct correlation *c, size_t *parts)
{
	const struct yaml *list;
	int code = source_member(&b->source, yaml, "rules", &list);
	if (code < 0)
		return code;
	const struct yaml *item = list->kind == YAML_LIST ? list->first : list;
	size_t n = list->kind == YAML_LIST ? list->n : 1;
	if (list->kind == YAML_MAP || n == 0 || n > CORRELATION_RULES_MAX) {
		source_fail(&b->source, list, "`rules` must be a list of 1 to %d ids or names", CORRELATION_RULES_MAX);
		return source_remedy(&b->source, "write a line `- name` for each");
	}
	for (; code == 0 && c->n_parts < n; item = item->next) {
		size_t i = c->n_parts++;
		code = find_draft(b, item, &parts[i]);
		for (size_t k = 0; code == 0 && k < i; k++) {
			if (parts[k] == parts[i])
				code = fail(b, item, "the same rule twice", "take one of them out");
		}
	}
	return code;
}

/* ---- group-by and aliases ---- */

static int take_field(struct binder *b, const struct yaml *at, struct str name, uint16_t *ret_field)
{
	if (name.len > 0 && name.len <= FIELD_NAME_BYTES_MAX &&
	    field_names_take(b->r->compiler.values.fields, name, ret_field))
		return 0;
	return fail(b, at, "this is no name of a field, or there are too many",
		    "write the name of a field of the events");
}

/* What the alias is in the events of that draft. */
static const struct yaml *aliased(const struct binder *b, const struct yaml *alias, size_t draft)
{
	const struct detection_words *w = &b->drafts[draft].rule.words;
	const struct yaml *field = w->name.len ? yaml_get_str(alias, w->name) : NULL;
	return field || !w->id.len ? field : yaml_get_str(alias, w->id);
}

static int read_group_field(struct binder *b, const struct yaml *yaml, const struct yaml *node, const size_t *parts,
			    struct correlation *c)
{
	struct str name;
	int code = source_text(&b->source, node, "group-by", FIELD_NAME_BYTES_MAX, &name);
	const struct yaml *alias = code == 0 ? yaml_get_str(yaml_get(yaml, "aliases"), name) : NULL;
	for (size_t i = 0; code == 0 && i < c->n_parts; i++) {
		const struct yaml *field = alias ? aliased(b, alias, parts[i]) : node;
		uint16_t *number = &c->parts[i].group[c->n_group];
		if (field)
			code =
			    take_field(b, field, field->kind == YAML_TEXT ? field->text : (struct str){"", 0}, number);
		else
			code = fail(b, alias, "the alias does not say what it is in each rule",
				    "write a line `name of the rule: field` for each");
	}
	c->n_group++;
	return code;
}

static int read_group(struct binder *b, const struct yaml *yaml, const size_t *parts, struct correlation *c)
{
	const struct yaml *list = yaml_get(yaml, "group-by");
	if (!list)
		return 0;
	const struct yaml *item = list->kind == YAML_LIST ? list->first : list;
	size_t n = list->kind == YAML_LIST ? list->n : 1;
	if (list->kind == YAML_MAP || n > CORRELATION_FIELDS_MAX) {
		source_fail(&b->source, list, "`group-by` must be a list of at most %d fields", CORRELATION_FIELDS_MAX);
		return source_remedy(&b->source, "write a line `- field` for each");
	}
	int code = 0;
	for (; code == 0 && c->n_group < n; item = item->next)
		code = read_group_field(b, yaml, item, parts, c);
	return code;
}

/* ---- the condition ---- */

static int read_counted(struct binder *b, const struct yaml *map, struct correlation *c)
{
	const struct yaml *node = yaml_get(map, "field");
	bool values = c->type == CORRELATION_VALUE_COUNT;
	if (!node)
		return values ? fail(b, map, "`value_count` without the `field` whose values are counted",
				     "add a line `field: …` to the condition")
			      : 0;
	if (!values)
		return fail(b, node, "only `value_count` has a field", "take it out, or change the type");
	const struct yaml *item = node->kind == YAML_LIST ? node->first : node;
	size_t n = node->kind == YAML_LIST ? node->n : 1;
	if (node->kind == YAML_MAP || n == 0 || n > CORRELATION_FIELDS_MAX)
		return fail(b, node, "`field` must be a field, or a list of them", "write the name of a field");
	int code = 0;
	for (; code == 0 && c->n_counted < n; item = item->next)
		code = take_field(b, item, item->kind == YAML_TEXT ? item->text : (struct str){"", 0},
				  &c->counted[c->n_counted++]);
	return code;
}

static int read_bound(struct binder *b, const struct yaml *node, struct correlation *c)
{
	static const struct {
		struct str key;
		int64_t more;
		bool least, most;
	} rows[] = {{{"gt", 2}, 1, true, false},
		    {{"gte", 3}, 0, true, false},
		    {{"lt", 2}, -1, false, true},
		    {{"lte", 3}, 0, false, true},
		    {{"eq", 2}, 0, true, true}};
	int64_t number;
	size_t i = 0;
	while (i < ARRAY_LEN(rows) && !str_eq(node->key, rows[i].key))
		i++;
	if (i == ARRAY_LEN(rows)) {
		source_fail_key(&b->source, node, "a condition has no \"" STR_FMT "\"",
				STR_ARG(source_shown(node->key)));
		return source_remedy(&b->source, "it has gt, gte, lt, lte, eq, and field");
	}
	if (node->kind != YAML_TEXT || !str_to_i64(node->text, 0, CORRELATION_COUNT_MAX, &number)) {
		source_fail(&b->source, node, "this is no number that can be counted to here");
		return source_remedy(&b->source, "write a number up to %d", CORRELATION_COUNT_MAX);
	}
	number += rows[i].more;
	if (rows[i].least)
		c->least = (size_t)number;
	if (rows[i].most)
		c->most = (size_t)(number < 0 ? 0 : number);
	return 0;
}

/* Without a condition all rules of a temporal correlation must match. */
static int read_condition(struct binder *b, const struct yaml *yaml, struct correlation *c)
{
	const struct yaml *map = yaml_get(yaml, "condition");
	bool temporal = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
	c->least = temporal ? c->n_parts : 0;
	c->most = SIZE_MAX;
	if (!map && temporal)
		return 0;
	int code = source_member(&b->source, yaml, "condition", &map);
	if (code == 0 && map->kind != YAML_MAP)
		return fail(b, map, "a condition of a correlation is a map",
			    "write `gte: 10`; for rules joined by words "
			    "write more correlations");
	for (const struct yaml *node = code == 0 ? map->first : NULL; node && code == 0; node = node->next) {
		if (!str_eq(node->key, STR("field")))
			code = read_bound(b, node, c);
	}
	if (code == 0)
		code = read_counted(b, map, c);
	if (code < 0)
		return code;
	if (c->least == 0 || c->least > CORRELATION_COUNT_MAX || c->least > c->most)
		return fail(b, map, "a count that cannot be waited for",
			    "write `gte:`, `gt:` or `eq:` with 1 or more; how "
			    "many there will not be is known only afterwards");
	if (temporal && (c->least > c->n_parts || (c->type == CORRELATION_TEMPORAL_ORDERED && c->least < c->n_parts)))
		return fail(b, map, "a count that does not fit the rules", "take the condition out: all must match");
	return 0;
}

static int read_one(struct binder *b, size_t draft, size_t *parts)
{
	static const struct str keys[] = {{"type", 4},	   {"rules", 5},   {"group-by", 8},
					  {"timespan", 8}, {"aliases", 7}, {"condition", 9}};
	const struct sigma_draft *d = &b->drafts[draft];
	struct correlation *c = &b->made[draft];
	c->words = d->rule.words;
	b->source.name = d->file;
	int code = source_map(&b->source, d->correlation, "`correlation`", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = read_type(b, d->correlation, c);
	if (code == 0)
		code = read_rules(b, d->correlation, c, parts);
	if (code == 0)
		code = read_span(b, d->correlation, c);
	if (code == 0)
		code = read_group(b, d->correlation, parts, c);
	return code < 0 ? code : read_condition(b, d->correlation, c);
}

/* ---- order ---- */

/* Whether all that the correlation refers to has its place already. */
static bool is_ready(const struct binder *b, size_t draft, const size_t (*parts)[CORRELATION_RULES_MAX])
{
	bool ready = true;
	for (size_t i = 0; ready && i < b->made[draft].n_parts; i++)
		ready = b->numbers[parts[draft][i]] != SIZE_MAX;
	return ready;
}

static void place(struct binder *b, size_t draft, size_t number, const size_t (*parts)[CORRELATION_RULES_MAX],
		  struct correlation *placed)
{
	struct correlation *c = &placed[number - b->n_rules];
	*c = b->made[draft];
	b->numbers[draft] = number;
	for (size_t i = 0; i < c->n_parts; i++) {
		size_t part = b->numbers[parts[draft][i]];
		bool *quiet = part < b->n_rules ? &b->rules[part].quiet : &placed[part - b->n_rules].quiet;
		c->parts[i].rule = (uint16_t)part;
		*quiet = *quiet || !b->drafts[draft].generate;
	}
}

static int place_all(struct binder *b, const size_t (*parts)[CORRELATION_RULES_MAX], struct correlation *placed)
{
	size_t n = 0;
	for (bool progress = true; progress;) {
		progress = false;
		for (size_t i = 0; i < b->n; i++) {
			if (b->numbers[i] != SIZE_MAX || !is_ready(b, i, parts))
				continue;
			place(b, i, b->n_rules + n++, parts, placed);
			progress = true;
		}
	}
	for (size_t i = 0; i < b->n; i++) {
		if (b->numbers[i] != SIZE_MAX)
			continue;
		b->source.name = b->drafts[i].file;
		return fail(b, b->drafts[i].correlation, "correlations that refer to each other in a circle",
			    "let one of them refer to rules instead");
	}
	return 0;
}

int correlation_read(struct sigma_reader *r, struct sigma_draft *drafts, size_t n, struct detected *rules,
		     struct detection *detection)
{
	struct arena *scratch = r->compiler.scratch;
	struct binder b = {.r = r, .source = *r->compiler.values.source, .drafts = drafts, .n = n, .rules = rules};
	size_t(*parts)[CORRELATION_RULES_MAX] = arena_take(scratch, n, sizeof *parts);
	b.numbers = ARENA_TAKE(scratch, size_t, n);
	b.made = ARENA_TAKE(scratch, struct correlation, n);
	b.names = ARENA_TAKE(scratch, struct str, n);
	for (size_t i = 0; i < n; i++) {
		b.names[i] = drafts[i].rule.words.name.len ? drafts[i].rule.words.name : drafts[i].rule.words.id;
		b.numbers[i] = drafts[i].correlation ? SIZE_MAX : b.n_rules++;
		b.n_correlations += drafts[i].correlation != NULL;
	}
	int code = 0;
	for (size_t i = 0; code == 0 && i < n; i++) {
		b.source.name = drafts[i].file;
		if (b.n_correlations > CORRELATIONS_MAX)
			code = fail(&b, drafts[i].place, "more than 256 correlations", "load fewer together");
		else if (drafts[i].correlation)
			code = read_one(&b, i, parts[i]);
	}
	struct correlation *placed = ARENA_TAKE(r->compiler.values.arena, struct correlation, b.n_correlations);
	if (code == 0)
		code = place_all(&b, (const size_t(*)[CORRELATION_RULES_MAX])parts, placed);
	detection->correlations = placed;
	detection->n_correlations = b.n_correlations;
	return code;
}
