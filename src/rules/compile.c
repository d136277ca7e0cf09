#include "rules/compile.h"
#include "rules/condition.h"

/* All of its terms must hold. */
struct alternative {
	size_t n;
	const struct term *terms;
};

/* One of its alternatives must hold. */
struct selection {
	size_t n;
	const struct alternative *alternatives;
};

enum { CONDITIONS_MAX = 16 }; /* of one detection */

struct clause {
	const struct yaml *text; /* of the condition */
	size_t n_conditions, n;
	const struct condition *conditions[CONDITIONS_MAX];
	struct str names[CONDITION_SELECTIONS_MAX];
	struct selection selections[CONDITION_SELECTIONS_MAX];
};

/* Where nodes are written, in prefix order; `n` counts on beyond the limit. */
struct writer {
	struct node *nodes;
	size_t n;
	uint32_t facts;
	struct node beyond;
};

/* ---- reading ---- */

static bool of_events(const struct compiler *c)
{
	return !c->values.vocabulary;
}

static int read_map(struct compiler *c, const struct yaml *map, struct alternative *ret_alternative)
{
	const struct source *s = c->values.source;
	struct bag terms = BAG(c->scratch, struct term);
	for (const struct yaml *member = map->first; member; member = member->next) {
		int code = value_read(&c->values, member, &terms);
		if (code < 0)
			return code;
		if (terms.n > RULE_NODES_MAX) {
			source_limit(s, member, "more than %d conditions in one rule", RULE_NODES_MAX);
			return source_remedy(s, "make it several rules");
		}
	}
	*ret_alternative = (struct alternative){terms.n, terms.at};
	return 0;
}

static int read_keywords(struct compiler *c, const struct yaml *node, struct alternative *ret_alternative)
{
	struct bag terms = BAG(c->scratch, struct term);
	int code = value_read_keywords(&c->values, node, &terms);
	*ret_alternative = (struct alternative){terms.n, terms.at};
	return code;
}

static int no_selection(const struct compiler *c, const struct yaml *yaml)
{
	const struct source *s = c->values.source;
	if (!of_events(c) && (yaml->kind == YAML_LIST || yaml->kind == YAML_TEXT)) {
		source_fail(s, yaml, "keywords are for detection rules, which look at whole events");
		return source_remedy(s, "write {field: value}, or a list of such maps");
	}
	source_fail(s, yaml, "the selection \"" STR_FMT "\" must be a map of fields", STR_ARG(source_shown(yaml->key)));
	return source_remedy(s, "write {field: value}, or {field|modifier: [value, value]}, or a list of such maps");
}

static bool has_map(const struct yaml *list)
{
	const struct yaml *item = list->first;
	while (item && item->kind != YAML_MAP)
		item = item->next;
	return item;
}

static int read_alternative(struct compiler *c, const struct yaml *item, const struct yaml *selection,
			    struct alternative *ret_alternative)
{
	if (item->kind == YAML_MAP && item->n > 0)
		return read_map(c, item, ret_alternative);
	bool keyword = of_events(c) && item->kind == YAML_TEXT;
	return keyword ? read_keywords(c, item, ret_alternative) : no_selection(c, selection);
}

/* A map, a list of maps of which one is enough, or keywords (Sigma, rules specification, "Lists", "Maps"). */
static int read_selection(struct compiler *c, const struct yaml *yaml, struct selection *ret_selection)
{
	bool list = yaml->kind == YAML_LIST && has_map(yaml);
	size_t n = list ? yaml->n : 1;
	struct alternative *alternatives = ARENA_TAKE(c->scratch, struct alternative, n);
	*ret_selection = (struct selection){n, alternatives};
	if (yaml->kind == YAML_LIST && !list)
		return of_events(c) && yaml->n > 0 ? read_keywords(c, yaml, alternatives) : no_selection(c, yaml);
	const struct yaml *item = list ? yaml->first : yaml;
	int code = 0;
	for (size_t i = 0; code == 0 && i < n; i++, item = item->next)
		code = read_alternative(c, item, yaml, &alternatives[i]);
	return code;
}

static int read_selections(struct compiler *c, const struct yaml *yaml, struct clause *clause)
{
	const struct source *s = c->values.source;
	for (const struct yaml *member = yaml->first; member; member = member->next) {
		if (str_eq(member->key, STR("condition")))
			continue;
		if (!condition_is_name(member->key)) {
			source_fail_key(s, member, "\"" STR_FMT "\" is no name for a selection",
					STR_ARG(source_shown(member->key)));
			return source_remedy(s, "a letter, then letters, digits, _ or -; not a word of conditions");
		}
		if (clause->n == CONDITION_SELECTIONS_MAX) {
			source_limit(s, member, "more than %d selections", CONDITION_SELECTIONS_MAX);
			return source_remedy(s, "make it several rules");
		}
		clause->names[clause->n] = member->key;
		int code = read_selection(c, member, &clause->selections[clause->n++]);
		if (code < 0)
			return code;
	}
	return 0;
}

static int read_conditions(struct compiler *c, struct clause *clause)
{
	const struct source *s = c->values.source;
	bool list = of_events(c) && clause->text->kind == YAML_LIST && clause->text->n > 0;
	const struct yaml *text = list ? clause->text->first : clause->text;
	size_t n = list ? clause->text->n : 1;
	int code = 0;
	if (n > CONDITIONS_MAX) {
		source_limit(s, clause->text, "more than %d conditions", CONDITIONS_MAX);
		return source_remedy(s, "join some of them with `or`");
	}
	for (; code == 0 && clause->n_conditions < n; text = text->next)
		code = condition_read(s, text, clause->names, clause->n, !of_events(c), c->scratch,
				      &clause->conditions[clause->n_conditions++]);
	return code;
}

static int read_clause(struct compiler *c, const struct yaml *yaml, struct clause *clause)
{
	const struct source *s = c->values.source;
	*clause = (struct clause){0};
	if (yaml->kind != YAML_MAP || yaml->n < 2) {
		source_fail(s, yaml, "`" STR_FMT "` must be a map of selections and a `condition`", STR_ARG(yaml->key));
		return source_remedy(s, "write lines such as `staff: {person.groups: staff}` and `condition: staff`");
	}
	int code = source_member(s, yaml, "condition", &clause->text);
	if (code == 0)
		code = read_selections(c, yaml, clause);
	if (code == 0)
		code = read_conditions(c, clause);
	return code;
}

/* ---- writing ---- */

static struct node *put_node(struct writer *w, enum node_op op)
{
	struct node *node = w->n < RULE_NODES_MAX ? &w->nodes[w->n] : &w->beyond;
	w->n++;
	*node = (struct node){.op = op};
	return node;
}

/* A part of the same kind as its parent needs no node of its own; nor does one that is alone. */
static struct node *open_node(struct writer *w, enum node_op op, enum node_op parent, bool alone)
{
	return op == parent || alone ? NULL : put_node(w, op);
}

static void close_node(const struct writer *w, struct node *node, size_t begin)
{
	if (node)
		node->size = (uint16_t)(w->n - begin);
}

static void write_term(struct writer *w, const struct term *term, bool negated)
{
	struct node *leaf = put_node(w, NODE_PREDICATE);
	const struct predicate *p = term->predicate;
	leaf->negated = negated != term->negated;
	leaf->size = 1;
	leaf->predicate = p;
	w->facts |= p->fact < FACTS_MAX ? UINT32_C(1) << p->fact : 0;
	for (size_t i = 0; p->kind == PREDICATE_FACT && i < p->n; i++)
		w->facts |= p->others[i].fact < FACTS_MAX ? UINT32_C(1) << p->others[i].fact : 0;
}

static void write_alternative(struct writer *w, const struct alternative *a, bool negated, enum node_op parent)
{
	size_t begin = w->n;
	struct node *node = open_node(w, negated ? NODE_OR : NODE_AND, parent, a->n == 1);
	for (size_t i = 0; i < a->n; i++)
		write_term(w, &a->terms[i], negated);
	close_node(w, node, begin);
}

static void write_selection(struct writer *w, const struct selection *selection, bool negated, enum node_op parent)
{
	size_t begin = w->n;
	bool alone = selection->n == 1;
	enum node_op op = negated ? NODE_AND : NODE_OR;
	struct node *node = open_node(w, op, parent, alone);
	for (size_t i = 0; i < selection->n; i++)
		write_alternative(w, &selection->alternatives[i], negated, alone ? parent : op);
	close_node(w, node, begin);
}

/* Recursion is bounded by CONDITION_DEPTH_MAX. */
static void write_condition(struct writer *w, const struct clause *clause, const struct condition *c, bool negated,
			    enum node_op parent)
{
	size_t begin = w->n;
	if (c->op == CONDITION_SELECTION) {
		write_selection(w, &clause->selections[c->selection], negated, parent);
		return;
	}
	if (c->op == CONDITION_NOT) {
		write_condition(w, clause, c->first, !negated, parent);
		return;
	}
	enum node_op op = (c->op == CONDITION_AND) != negated ? NODE_AND : NODE_OR;
	bool alone = !c->first->next;
	struct node *node = open_node(w, op, parent, alone);
	for (const struct condition *part = c->first; part; part = part->next)
		write_condition(w, clause, part, negated, alone ? parent : op);
	close_node(w, node, begin);
}

/* One of the conditions is enough. */
static void write_clause(struct writer *w, const struct clause *clause, bool negated, enum node_op parent)
{
	size_t begin = w->n;
	bool alone = clause->n_conditions == 1;
	enum node_op op = negated ? NODE_AND : NODE_OR;
	struct node *node = open_node(w, op, parent, alone);
	for (size_t i = 0; i < clause->n_conditions; i++)
		write_condition(w, clause, clause->conditions[i], negated, alone ? parent : op);
	close_node(w, node, begin);
}

static size_t depth_of(const struct node *node)
{
	size_t deepest = 0;
	if (node->op == NODE_PREDICATE)
		return 1;
	for (const struct node *part = node + 1; part < node + node->size; part += part->size) {
		size_t depth = depth_of(part);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + 1;
}

/* What was written, kept. */
static int keep(struct compiler *c, const struct writer *w, const struct yaml *place, const struct node **ret_nodes)
{
	if (w->n > RULE_NODES_MAX) {
		source_limit(c->values.source, place, "%zu conditions in one rule, more than %d", w->n, RULE_NODES_MAX);
		return source_remedy(c->values.source, "make it several rules");
	}
	struct node *nodes = ARENA_TAKE(c->values.arena, struct node, w->n);
	memcpy(nodes, w->nodes, w->n * sizeof *nodes);
	ASSERT(depth_of(nodes) <= RULE_DEPTH_MAX);
	*ret_nodes = nodes;
	return 0;
}

static int compile(struct compiler *c, const struct yaml *match, const struct yaml *unless,
		   const struct node **ret_expression, uint32_t *ret_facts)
{
	struct clause clauses[2];
	struct writer w = {.nodes = ARENA_TAKE(c->scratch, struct node, RULE_NODES_MAX)};
	int code = read_clause(c, match, &clauses[0]);
	if (code == 0 && unless)
		code = read_clause(c, unless, &clauses[1]);
	if (code < 0)
		return code;
	struct node *top = unless ? put_node(&w, NODE_AND) : NULL;
	write_clause(&w, &clauses[0], false, unless ? NODE_AND : NODE_PREDICATE);
	if (unless)
		write_clause(&w, &clauses[1], true, NODE_AND);
	close_node(&w, top, 0);
	*ret_facts = w.facts;
	return keep(c, &w, clauses[0].text, ret_expression);
}

int compile_rule(struct compiler *c, const struct yaml *match, const struct yaml *unless, struct rule *ret_rule)
{
	size_t used = c->scratch->used;
	int code = compile(c, match, unless, &ret_rule->applies, &ret_rule->facts);
	c->scratch->used = used;
	return code;
}

int compile_clause(struct compiler *c, const struct yaml *clause, const struct node **ret_expression,
		   uint32_t *ret_facts)
{
	size_t used = c->scratch->used;
	int code = compile(c, clause, NULL, ret_expression, ret_facts);
	c->scratch->used = used;
	return code;
}
