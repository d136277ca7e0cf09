#include "rules/rulebook_head.h"

enum { DEFAULT_REASON_BYTES_MAX = 500 };

/* The head while it is read. */
struct reading {
	const struct source *source;
	const struct yaml *yaml;
	struct arena *arena;
	struct rulebook *rulebook;
	struct rulebook_head *head;
};

static int read_name(const struct reading *g)
{
	const struct yaml *node;
	struct str name;
	int code = source_member(g->source, g->yaml, "name", &node);
	if (code == 0)
		code = source_text(g->source, node, "name", RULEBOOK_NAME_BYTES_MAX, &name);
	if (code == 0)
		g->rulebook->name = arena_str(g->arena, name);
	return code;
}

static int check_vocabulary(const struct reading *g)
{
	const struct yaml *node = yaml_get(g->yaml, "vocabulary");
	struct str name = g->rulebook->vocabulary->name;
	if (!node || (node->kind == YAML_TEXT && str_eq(node->text, name)))
		return 0;
	source_fail(g->source, node, "these rules are asked about " STR_FMT, STR_ARG(name));
	return source_remedy(g->source, "write vocabulary: " STR_FMT ", or leave it out", STR_ARG(name));
}

static int read_layer(const struct reading *g, const struct yaml *node)
{
	struct rulebook_head *h = g->head;
	struct str name;
	int code = source_text(g->source, node, "layers", RULEBOOK_NAME_BYTES_MAX, &name);
	for (size_t i = 0; code == 0 && i < h->n_layers; i++) {
		if (!str_eq(name, h->layers[i]))
			continue;
		code = source_fail(g->source, node, "the layer \"" STR_FMT "\" stands here twice", STR_ARG(name));
		source_remedy(g->source, "name each layer once, the highest first");
	}
	if (code == 0)
		h->layers[h->n_layers++] = arena_str(g->arena, name);
	return code;
}

static int read_layers(const struct reading *g)
{
	const struct yaml *list;
	int code = source_member(g->source, g->yaml, "layers", &list);
	if (code == 0 && (list->kind != YAML_LIST || list->n == 0 || list->n > RULEBOOK_LAYERS_MAX)) {
		source_fail(g->source, list, "`layers` must be a list of 1 to %d names", RULEBOOK_LAYERS_MAX);
		code = source_remedy(g->source, "write layers: [mission], or more, the highest first");
	}
	for (const struct yaml *node = code == 0 ? list->first : NULL; node && code == 0; node = node->next)
		code = read_layer(g, node);
	return code;
}

static int read_default(const struct reading *g)
{
	static const struct str keys[] = {{"outcome", 7}, {"reason", 6}};
	const struct yaml *map, *outcome, *reason;
	struct str text;
	int code = source_member(g->source, g->yaml, "default", &map);
	if (code == 0)
		code = source_map(g->source, map, "`default`", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = source_member(g->source, map, "outcome", &outcome);
	if (code == 0 && (outcome->kind != YAML_TEXT || !str_eq(outcome->text, STR("refuse")))) {
		source_fail(g->source, outcome, "the default can only refuse");
		code = source_remedy(g->source, "write outcome: refuse, and rules for what is permitted");
	}
	if (code == 0)
		code = source_member(g->source, map, "reason", &reason);
	if (code == 0)
		code = source_text(g->source, reason, "reason", DEFAULT_REASON_BYTES_MAX, &text);
	if (code == 0)
		g->rulebook->default_reason = arena_str(g->arena, text);
	return code;
}

static int read_unsettled(const struct reading *g)
{
	const struct yaml *node = yaml_get(g->yaml, "unsettled");
	bool text = node && node->kind == YAML_TEXT;
	if (!node || (text && str_eq(node->text, STR("prohibition"))))
		return 0;
	if (text && str_eq(node->text, STR("conflict"))) {
		g->rulebook->unsettled_is_conflict = true;
		return 0;
	}
	source_fail(g->source, node, "what is left unsettled is settled by prohibition, or is a conflict");
	return source_remedy(g->source, "write unsettled: prohibition, or unsettled: conflict");
}

static int read_placeholders(const struct reading *g)
{
	const struct yaml *node = yaml_get(g->yaml, "placeholders");
	return node ? expand_read(g->source, node, g->arena, &g->head->placeholders) : 0;
}

int rulebook_head_read(const struct source *source, const struct yaml *yaml, struct arena *arena,
		       struct rulebook *rulebook, struct rulebook_head *ret_head)
{
	static const struct str keys[] = {{"name", 4},	 {"vocabulary", 10}, {"layers", 6},	   {"default", 7},
					  {"covers", 6}, {"unsettled", 9},   {"placeholders", 12}, {"rules", 5}};
	const struct reading g = {source, yaml, arena, rulebook, ret_head};
	int code = source_map(source, yaml, "the head of a rulebook", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = read_name(&g);
	if (code == 0)
		code = check_vocabulary(&g);
	if (code == 0)
		code = read_layers(&g);
	if (code == 0)
		code = read_default(&g);
	if (code == 0)
		code = read_unsettled(&g);
	if (code == 0)
		code = read_placeholders(&g);
	ret_head->covers = yaml_get(yaml, "covers");
	return code;
}
