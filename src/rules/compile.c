#include "rules/compile.h"
#include "rules/condition.h"

/* All of its predicates must hold. */
struct selection {
	size_t n;
	const struct predicate **predicates;
};

struct clause {
	const struct yaml *condition_text;
	const struct condition *condition;
	size_t n;
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

static int read_selection(struct compiler *c, const struct yaml *yaml, struct selection *ret_selection)
{
	const struct source *s = c->values.source;
	if (yaml->kind != YAML_MAP || yaml->n == 0) {
		source_fail(s, yaml, "the selection \"" STR_FMT "\" must be a map of fields",
			    STR_ARG(source_shown(yaml->key)));
		return source_remedy(s, "write {field: value}, or {field|modifier: [value, value]}");
	}
	struct selection all = {0, ARENA_TAKE(c->scratch, const struct predicate *, RULE_NODES_MAX)};
	for (const struct yaml *member = yaml->first; member; member = member->next) {
		const struct predicate *predicates;
		size_t n;
		int code = value_read(&c->values, member, &predicates, &n);
		if (code < 0)
			return code;
		if (n > RULE_NODES_MAX - all.n) {
			source_limit(s, member, "more than %d conditions in one rule", RULE_NODES_MAX);
			return source_remedy(s, "make it several rules");
		}
		for (size_t i = 0; i < n; i++)
			all.predicates[all.n++] = &predicates[i];
	}
	*ret_selection = all;
	return 0;
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

static int read_clause(struct compiler *c, const struct yaml *yaml, struct clause *clause)
{
	const struct source *s = c->values.source;
	*clause = (struct clause){0};
	if (yaml->kind != YAML_MAP || yaml->n < 2) {
		source_fail(s, yaml, "`" STR_FMT "` must be a map of selections and a `condition`", STR_ARG(yaml->key));
		return source_remedy(s, "write lines such as `staff: {person.groups: staff}` and `condition: staff`");
	}
	int code = source_member(s, yaml, "condition", &clause->condition_text);
	if (code == 0)
		code = read_selections(c, yaml, clause);
	if (code == 0)
		code =
		    condition_read(s, clause->condition_text, clause->names, clause->n, c->scratch, &clause->condition);
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

static void write_selection(struct writer *w, const struct selection *selection, bool negated, enum node_op parent)
{
	size_t begin = w->n;
	struct node *node = open_node(w, negated ? NODE_OR : NODE_AND, parent, selection->n == 1);
	for (size_t i = 0; i < selection->n; i++) {
		struct node *leaf = put_node(w, NODE_PREDICATE);
		leaf->negated = negated;
		leaf->size = 1;
		leaf->predicate = selection->predicates[i];
		w->facts |= UINT32_C(1) << leaf->predicate->fact;
	}
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

static void write_clause(struct writer *w, const struct clause *clause, bool negated, enum node_op parent)
{
	write_condition(w, clause, clause->condition, negated, parent);
}

static void write_rule(struct writer *w, const struct clause *match, const struct clause *unless)
{
	struct node *top = unless ? put_node(w, NODE_AND) : NULL;
	write_clause(w, match, false, unless ? NODE_AND : NODE_PREDICATE);
	if (unless)
		write_clause(w, unless, true, NODE_AND);
	close_node(w, top, 0);
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

static int compile(struct compiler *c, const struct yaml *match, const struct yaml *unless, struct rule *ret_rule)
{
	struct clause clauses[2];
	struct writer w = {.nodes = ARENA_TAKE(c->scratch, struct node, RULE_NODES_MAX)};
	int code = read_clause(c, match, &clauses[0]);
	if (code == 0 && unless)
		code = read_clause(c, unless, &clauses[1]);
	if (code < 0)
		return code;
	write_rule(&w, &clauses[0], unless ? &clauses[1] : NULL);
	if (w.n > RULE_NODES_MAX) {
		source_limit(c->values.source, clauses[0].condition_text, "%zu conditions in one rule, more than %d",
			     w.n, RULE_NODES_MAX);
		return source_remedy(c->values.source, "make it several rules");
	}
	struct node *nodes = ARENA_TAKE(c->values.arena, struct node, w.n);
	memcpy(nodes, w.nodes, w.n * sizeof *nodes);
	ASSERT(depth_of(nodes) <= RULE_DEPTH_MAX);
	ret_rule->applies = nodes;
	ret_rule->facts = w.facts;
	return 0;
}

int compile_rule(struct compiler *c, const struct yaml *match, const struct yaml *unless, struct rule *ret_rule)
{
	size_t used = c->scratch->used;
	int code = compile(c, match, unless, ret_rule);
	c->scratch->used = used;
	return code;
}
