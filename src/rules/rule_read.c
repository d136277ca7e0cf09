#include "rules/rule_read.h"

/* One rule while it is read. */
struct reading {
	struct rule_reader *r;
	const struct source *source;
	const struct yaml *yaml;
	struct rule_draft *draft;
};

static struct str kept(const struct reading *g, struct str text)
{
	return arena_str(g->r->compiler.values.arena, text);
}

bool rule_read_is_id(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = fold(text.at[i]);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return text.len > 0 && text.len <= RULE_ID_BYTES_MAX;
}

/* A member that must be there where `needed`; else ret_text keeps what it has. */
static int read_text(const struct reading *g, const char *key, bool needed, size_t bytes_max, struct str *ret_text)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	struct str text;
	if (!node && !needed)
		return 0;
	int code = source_member(g->source, g->yaml, key, &node);
	if (code == 0)
		code = source_text(g->source, node, key, bytes_max, &text);
	if (code == 0)
		*ret_text = kept(g, text);
	return code;
}

/* One of the names, by its index. */
static int read_word(const struct reading *g, const char *key, const struct str *names, size_t n, size_t *ret_i)
{
	const struct yaml *node;
	struct str word;
	int code = source_member(g->source, g->yaml, key, &node);
	if (code == 0)
		code = source_text(g->source, node, key, YAML_BYTES_MAX, &word);
	if (code < 0)
		return code;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(word, names[i])) {
			*ret_i = i;
			return 0;
		}
	}
	source_fail(g->source, node, "there is no %s \"" STR_FMT "\"", key, STR_ARG(source_shown(word)));
	return source_remedy_nearest(g->source, word, names, n, "it is one of");
}

static int read_id(const struct reading *g)
{
	const struct yaml *node;
	int code = source_member(g->source, g->yaml, "id", &node);
	if (code < 0)
		return code;
	if (node->kind != YAML_TEXT || !rule_read_is_id(node->text)) {
		source_fail(g->source, node, "this is no id of a rule");
		return source_remedy(g->source, "write 1 to %d letters, digits, - and _", RULE_ID_BYTES_MAX);
	}
	g->draft->rule.words.id = kept(g, node->text);
	g->draft->file = g->source->name;
	g->draft->place = (struct yaml){.line = node->line, .column = node->column};
	g->draft->rule.words.file = kept(g, str_of(g->source->name));
	g->draft->rule.words.line = node->line;
	g->draft->rule.words.column = node->column;
	return 0;
}

static int read_layer(const struct reading *g)
{
	size_t layer = 0;
	int code = read_word(g, "layer", g->r->layers, g->r->n_layers, &layer);
	if (code < 0)
		return code;
	g->draft->rule.layer = (uint8_t)layer;
	g->draft->rule.words.layer = g->r->layers[layer];
	return 0;
}

static int read_outcome(const struct reading *g)
{
	static const struct str names[] = {[OUTCOME_REFUSE] = {"refuse", 6}, [OUTCOME_PERMIT] = {"permit", 6}};
	size_t outcome = OUTCOME_REFUSE;
	int code = read_word(g, "outcome", names, ARRAY_LEN(names), &outcome);
	g->draft->rule.words.outcome = (enum outcome)outcome;
	return code;
}

static int read_date(const struct reading *g)
{
	const struct yaml *node = yaml_get(g->yaml, "date");
	int64_t days;
	if (!node)
		return 0;
	if (node->kind != YAML_TEXT || !calendar_read_date(node->text, &days)) {
		source_fail(g->source, node, "this is no date");
		return source_remedy(g->source, "write year, month and day, such as 2026-11-23");
	}
	g->draft->rule.has_date = true;
	g->draft->rule.date = (int32_t)days;
	return 0;
}

/* ---- lists of texts; a text alone is a list of one ---- */

static int open_list(const struct reading *g, const char *key, size_t max, const struct yaml **ret_first, size_t *ret_n)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	*ret_first = node;
	*ret_n = node ? 1 : 0;
	if (!node || node->kind == YAML_TEXT)
		return 0;
	if (node->kind == YAML_MAP || node->n == 0) {
		source_fail(g->source, node, "`%s` must be a list of texts", key);
		return source_remedy(g->source, "write [one, another], or take it out");
	}
	if (node->n > max) {
		source_limit(g->source, node, "`%s` has %zu texts, more than %zu", key, node->n, max);
		return source_remedy(g->source, "shorten the list");
	}
	*ret_first = node->first;
	*ret_n = node->n;
	return 0;
}

static int read_cites(const struct reading *g)
{
	const struct yaml *node;
	struct rule_words *words = &g->draft->rule.words;
	int code = open_list(g, "cite", RULE_CITES_MAX, &node, &words->n_cites);
	struct str *cites = ARENA_TAKE(g->r->compiler.values.arena, struct str, code == 0 ? words->n_cites : 0);
	for (size_t i = 0; code == 0 && i < words->n_cites; i++, node = node->next) {
		code = source_text(g->source, node, "cite", RULE_CITE_BYTES_MAX, &cites[i]);
		if (code == 0)
			cites[i] = kept(g, cites[i]);
	}
	words->cites = cites;
	return code;
}

static int add_condition(const struct reading *g, const struct yaml *node, struct str text)
{
	struct rulebook *b = g->r->rulebook;
	unsigned i = 0;
	while (i < b->n_conditions && !str_eq(b->conditions[i], text))
		i++;
	if (i == RULEBOOK_CONDITIONS_MAX) {
		source_limit(g->source, node, "more than %d different conditions in one rulebook",
			     RULEBOOK_CONDITIONS_MAX);
		return source_remedy(g->source, "word those that mean the same in the same way");
	}
	if (i == b->n_conditions)
		b->conditions[b->n_conditions++] = kept(g, text);
	g->draft->rule.conditions |= UINT32_C(1) << i;
	return 0;
}

static int read_conditions(const struct reading *g)
{
	const struct yaml *node;
	struct str text;
	size_t n;
	int code = open_list(g, "conditions", RULEBOOK_CONDITIONS_MAX, &node, &n);
	for (size_t i = 0; code == 0 && i < n; i++, node = node->next) {
		code = source_text(g->source, node, "conditions", RULE_CONDITION_BYTES_MAX, &text);
		if (code == 0)
			code = add_condition(g, node, text);
	}
	return code;
}

static int read_overrides(const struct reading *g)
{
	const struct yaml *node;
	struct rule_draft *d = g->draft;
	int code = open_list(g, "overrides", RULE_OVERRIDES_MAX, &node, &d->n_overrides);
	d->overrides = ARENA_TAKE(g->r->drafts, struct yaml, code == 0 ? d->n_overrides : 0);
	for (size_t i = 0; code == 0 && i < d->n_overrides; i++, node = node->next) {
		struct str id;
		code = source_text(g->source, node, "overrides", RULE_ID_BYTES_MAX, &id);
		if (code == 0)
			d->overrides[i] = (struct yaml){
			    .line = node->line, .column = node->column, .text = arena_str(g->r->drafts, id)};
	}
	return code;
}

/* ---- the rule ---- */

static int read_words(const struct reading *g)
{
	struct rule_words *words = &g->draft->rule.words;
	int code = read_id(g);
	if (code == 0)
		code = read_text(g, "title", true, RULE_TITLE_BYTES_MAX, &words->title);
	if (code == 0)
		code = read_text(g, "about", false, RULE_ABOUT_BYTES_MAX, &words->about);
	if (code == 0)
		code = read_layer(g);
	if (code == 0)
		code = read_outcome(g);
	if (code == 0)
		code = read_text(g, "reason", false, RULE_REASON_BYTES_MAX, &words->reason);
	if (code == 0)
		code = read_cites(g);
	return code;
}

int rule_read(struct rule_reader *r, const struct yaml *yaml, struct rule_draft *ret_draft)
{
	static const struct str keys[] = {{"id", 2},	 {"title", 5},	     {"about", 5},   {"layer", 5},
					  {"match", 5},	 {"unless", 6},	     {"outcome", 7}, {"overrides", 9},
					  {"reason", 6}, {"conditions", 10}, {"cite", 4},    {"date", 4}};
	const struct yaml *match;
	const struct reading g = {r, r->compiler.values.source, yaml, ret_draft};
	*ret_draft = (struct rule_draft){0};
	int code = source_map(g.source, yaml, "a rule", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = read_words(&g);
	if (code == 0)
		code = read_conditions(&g);
	if (code == 0)
		code = read_overrides(&g);
	if (code == 0)
		code = read_date(&g);
	if (code == 0)
		code = source_member(g.source, yaml, "match", &match);
	if (code == 0)
		code = compile_rule(&r->compiler, match, yaml_get(yaml, "unless"), &ret_draft->rule);
	return code;
}
