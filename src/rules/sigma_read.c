#include "rules/sigma_read.h"
#include "rules/nearest.h"

/* One document while it is read. */
struct reading {
	struct sigma_reader *r;
	const struct source *source;
	const struct yaml *yaml;
	struct sigma_draft *draft;
};

static struct str kept(const struct reading *g, struct str text)
{
	return arena_str(g->r->compiler.values.arena, text);
}

/* ---- which members there are ---- */

/* What rules and correlations may have (rules specification, "Components"). */
static const struct str rule_keys[] = {
    {"title", 5},	 {"id", 2},	      {"name", 4},     {"related", 7},	       {"taxonomy", 8}, {"status", 6},
    {"description", 11}, {"license", 7},      {"author", 6},   {"references", 10},     {"date", 4},	{"modified", 8},
    {"logsource", 9},	 {"detection", 9},    {"fields", 6},   {"falsepositives", 14}, {"level", 5},	{"tags", 4},
    {"scope", 5},	 {"correlation", 11}, {"generate", 8},
};

static int check_keys(const struct reading *g)
{
	for (const struct yaml *member = g->yaml->first; member; member = member->next) {
		size_t i = 0;
		while (i < ARRAY_LEN(rule_keys) && !str_eq(member->key, rule_keys[i]))
			i++;
		size_t meant = i < ARRAY_LEN(rule_keys) ? i : nearest_of(member->key, rule_keys, ARRAY_LEN(rule_keys));
		if (i == ARRAY_LEN(rule_keys) && meant < ARRAY_LEN(rule_keys)) {
			source_fail_key(g->source, member, "Sigma's rules have no \"" STR_FMT "\"",
					STR_ARG(source_shown(member->key)));
			return source_remedy(g->source, "did you mean \"" STR_FMT "\"?", STR_ARG(rule_keys[meant]));
		}
	}
	return 0;
}

static int refuse_others(const struct reading *g)
{
	static const struct {
		const char *key, *what, *remedy;
	} rows[] = {
	    {"action", "collections with `action` are of a Sigma that is gone",
	     "write each rule as a document of its own"},
	    {"filter", "Sigma's filters are not known here", "write what is not meant into the rules' own conditions"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml *member = yaml_get(g->yaml, rows[i].key);
		if (!member)
			continue;
		source_fail_key(g->source, member, "%s", rows[i].what);
		return source_remedy(g->source, "%s", rows[i].remedy);
	}
	return 0;
}

/* ---- texts ---- */

static int read_text(const struct reading *g, const char *key, size_t bytes_max, struct str *ret_text)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	struct str text;
	int code = node ? source_text(g->source, node, key, bytes_max, &text) : 0;
	if (node && code == 0)
		*ret_text = kept(g, text);
	return code;
}

/* A list of texts, or one alone. */
static int read_list(const struct reading *g, const char *key, const struct str **ret_texts, size_t *ret_n)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	if (!node)
		return 0;
	size_t n = node->kind == YAML_LIST ? node->n : 1;
	if (node->kind == YAML_MAP || n > SIGMA_LIST_MAX) {
		source_fail(g->source, node, "`%s` must be a list of at most %d texts", key, SIGMA_LIST_MAX);
		return source_remedy(g->source, "write a line `- text` for each");
	}
	struct str *texts = ARENA_TAKE(g->r->compiler.values.arena, struct str, n);
	const struct yaml *item = node->kind == YAML_LIST ? node->first : node;
	for (size_t i = 0; i < n; i++, item = item->next) {
		int code = source_text(g->source, item, key, SIGMA_TEXT_BYTES_MAX, &texts[i]);
		if (code < 0)
			return code;
		texts[i] = kept(g, texts[i]);
	}
	*ret_texts = texts;
	*ret_n = n;
	return 0;
}

static int read_one_of(const struct reading *g, const char *key, const struct str *names, size_t n, size_t *ret_i)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	struct str word;
	int code = node ? source_text(g->source, node, key, YAML_BYTES_MAX, &word) : 0;
	if (!node || code < 0)
		return code;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(word, names[i]))
			continue;
		*ret_i = i;
		return 0;
	}
	source_fail(g->source, node, "there is no %s \"" STR_FMT "\"", key, STR_ARG(source_shown(word)));
	return source_remedy_nearest(g->source, word, names, n, "it is one of");
}

static int read_level(const struct reading *g)
{
	struct str names[LEVEL_CRITICAL + 1];
	size_t level = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		names[i] = detection_level_name((enum detection_level)i);
	int code = read_one_of(g, "level", names + 1, LEVEL_CRITICAL, &level);
	if (code == 0 && yaml_get(g->yaml, "level"))
		g->draft->rule.words.level = (enum detection_level)(level + 1);
	return code;
}

static int read_status(const struct reading *g)
{
	static const struct str names[] = {
	    {"stable", 6}, {"test", 4}, {"experimental", 12}, {"deprecated", 10}, {"unsupported", 11}};
	size_t status = 0;
	int code = read_one_of(g, "status", names, ARRAY_LEN(names), &status);
	if (code == 0 && yaml_get(g->yaml, "status"))
		g->draft->rule.words.status = names[status];
	return code;
}

static int read_taxonomy(const struct reading *g)
{
	static const struct str sigma = {"sigma", 5};
	size_t i;
	return read_one_of(g, "taxonomy", &sigma, 1, &i);
}

/* "2026-11-23", or as it was written once, "2026/11/23". */
static int check_date(const struct reading *g, const char *key)
{
	const struct yaml *node = yaml_get(g->yaml, key);
	char text[10] = {0};
	int64_t day;
	if (!node)
		return 0;
	for (size_t i = 0; node->kind == YAML_TEXT && node->text.len == sizeof text && i < sizeof text; i++)
		text[i] = node->text.at[i] == '/' ? '-' : node->text.at[i];
	if (calendar_read_date((struct str){text, sizeof text}, &day))
		return 0;
	source_fail(g->source, node, "this is no date");
	return source_remedy(g->source, "write year, month and day, such as 2026-11-23");
}

static int read_words(const struct reading *g)
{
	struct detection_words *w = &g->draft->rule.words;
	const struct yaml *title;
	int code = source_member(g->source, g->yaml, "title", &title);
	if (code == 0)
		code = read_text(g, "title", SIGMA_TITLE_BYTES_MAX, &w->title);
	if (code == 0)
		code = read_text(g, "id", SIGMA_TITLE_BYTES_MAX, &w->id);
	if (code == 0)
		code = read_text(g, "name", SIGMA_TITLE_BYTES_MAX, &w->name);
	if (code == 0)
		code = read_text(g, "description", SIGMA_TEXT_BYTES_MAX, &w->description);
	if (code == 0)
		code = read_text(g, "author", SIGMA_TEXT_BYTES_MAX, &w->author);
	if (code == 0)
		code = read_list(g, "references", &w->references, &w->n_references);
	if (code == 0)
		code = read_list(g, "tags", &w->tags, &w->n_tags);
	if (code == 0)
		code = read_list(g, "falsepositives", &w->falsepositives, &w->n_falsepositives);
	if (code == 0)
		code = read_list(g, "fields", &w->fields, &w->n_fields);
	if (code == 0)
		code = read_status(g);
	if (code == 0)
		code = read_level(g);
	if (code == 0)
		code = read_taxonomy(g);
	if (code == 0)
		code = check_date(g, "date");
	return code < 0 ? code : check_date(g, "modified");
}

/* ---- the rule ---- */

static int read_logsource(const struct reading *g)
{
	const struct yaml *map;
	struct detected *rule = &g->draft->rule;
	struct str *texts[] = {&rule->category, &rule->product, &rule->service};
	static const char *const keys[] = {"category", "product", "service"};
	int code = source_member(g->source, g->yaml, "logsource", &map);
	if (code == 0 && map->kind != YAML_MAP) {
		source_fail(g->source, map, "`logsource` must be a map");
		code = source_remedy(g->source, "write `category`, `product` or `service`");
	}
	const struct reading of_map = {g->r, g->source, map, g->draft};
	for (size_t i = 0; code == 0 && i < ARRAY_LEN(keys); i++)
		code = read_text(&of_map, keys[i], SIGMA_TITLE_BYTES_MAX, texts[i]);
	return code;
}

static int read_detection(const struct reading *g)
{
	const struct yaml *detection = yaml_get(g->yaml, "detection"), *frame = yaml_get(detection, "timeframe");
	uint32_t facts;
	if (frame) {
		source_fail_key(g->source, frame, "Sigma no longer counts in detections");
		return source_remedy(g->source, "write a correlation rule with a `timespan`");
	}
	return compile_clause(&g->r->compiler, detection, &g->draft->rule.applies, &facts);
}

static int check_form(const struct reading *g)
{
	bool rule = yaml_get(g->yaml, "detection"), correlation = yaml_get(g->yaml, "correlation");
	if (rule != correlation)
		return 0;
	source_fail(g->source, g->yaml,
		    rule ? "a document with both `detection` and `correlation`"
			 : "a document with neither `detection` nor `correlation`");
	return source_remedy(g->source, rule ? "make it two documents" : "add the one that it is about");
}

static bool is_left_out(const struct reading *g)
{
	struct str status = g->draft->rule.words.status;
	return str_eq(status, STR("deprecated")) || str_eq(status, STR("unsupported"));
}

static int read_generate(const struct reading *g)
{
	static const struct str names[] = {{"false", 5}, {"true", 4}};
	size_t generate = 0;
	int code = read_one_of(g, "generate", names, ARRAY_LEN(names), &generate);
	g->draft->generate = generate == 1;
	return code;
}

int sigma_read(struct sigma_reader *r, const struct yaml *document, struct bag *drafts)
{
	struct sigma_draft draft = {.file = r->compiler.values.source->name, .place = document};
	const struct reading g = {r, r->compiler.values.source, document, &draft};
	int code = 0;
	if (document->kind != YAML_MAP) {
		source_fail(g.source, document, "a rule must be a map");
		return source_remedy(g.source, "write lines of `key: value`");
	}
	code = refuse_others(&g);
	if (code == 0)
		code = check_keys(&g);
	if (code == 0)
		code = check_form(&g);
	if (code == 0)
		code = read_words(&g);
	if (code == 0 && is_left_out(&g)) {
		r->left_out++;
		return 0;
	}
	draft.correlation = yaml_get(document, "correlation");
	if (code == 0 && draft.correlation)
		code = read_generate(&g);
	if (code == 0 && !draft.correlation)
		code = read_logsource(&g);
	if (code == 0 && !draft.correlation)
		code = read_detection(&g);
	if (code < 0)
		return code;
	draft.name = draft.rule.words.name;
	draft.rule.words.file = kept(&g, str_of(draft.file));
	draft.rule.words.line = document->line;
	draft.rule.words.column = document->column;
	*(struct sigma_draft *)bag_add(drafts) = draft;
	return 0;
}
