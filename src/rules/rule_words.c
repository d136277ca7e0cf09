#include "rules/rule_words.h"
#include "rules/compiled.h"
#include "rules/fact_words.h"
#include "rules/modifier.h"

enum {
	VALUES_SHOWN_MAX = 6,
	LINE_BYTES_MAX = 8 * PATTERN_BYTES_MAX, /* more than all values shown, and the rest */
};

/* ---- what a predicate compares, and how ---- */

static bool has(const struct predicate *p, uint32_t modifiers)
{
	return p->modifiers & modifiers;
}

static const char *verb_of(const struct predicate *p, bool negated)
{
	if (has(p, MODIFIER(STARTSWITH)))
		return negated ? " does not begin with " : " begins with ";
	if (has(p, MODIFIER(ENDSWITH)))
		return negated ? " does not end with " : " ends with ";
	if (has(p, MODIFIER(CONTAINS)))
		return negated ? " does not contain " : " contains ";
	if (p->kind == PREDICATE_REGEX)
		return negated ? " does not match " : " matches ";
	if (p->kind == PREDICATE_TEXT && p->is_set)
		return negated ? " has not " : " has ";
	return negated ? " is not " : " is ";
}

static void put_number(struct buf *b, enum fact_kind kind, enum part part, int64_t number)
{
	const struct fact fact = {.state = FACT_KNOWN, .number = number};
	if (part != PART_NONE)
		buf_put_i64(b, number);
	else
		fact_put_value(b, kind, &fact);
}

static void put_range(struct buf *b, enum fact_kind kind, enum part part, const struct range *r)
{
	bool time = kind == FACT_TIME && part == PART_NONE;
	int64_t first = part != PART_NONE ? calendar_part_min(part) : time ? 0 : INT64_MIN;
	int64_t last = part != PART_NONE ? calendar_part_max(part) : time ? MINUTES_PER_DAY - 1 : INT64_MAX;
	bool from = r->low != first, to = r->high != last;
	if (r->low == r->high) {
		put_number(b, kind, part, r->low);
		return;
	}
	if (!from && !to)
		BUF_LIT(b, "anything");
	if (from)
		buf_put_str(b, to ? STR("from ") : STR("at least "));
	if (from)
		put_number(b, kind, part, r->low);
	if (to)
		buf_put_str(b, from ? STR(" to ") : STR("at most "));
	if (to)
		put_number(b, kind, part, r->high);
}

static void put_net(struct buf *b, const struct net *net)
{
	struct fact fact = {.state = FACT_KNOWN, .address.n = net->n};
	memcpy(fact.address.at, net->at, net->n);
	if (net->bits < net->n * 8)
		BUF_LIT(b, "in ");
	fact_put_value(b, FACT_ADDRESS, &fact);
	if (net->bits < net->n * 8) {
		buf_put_char(b, '/');
		buf_put_u64(b, net->bits);
	}
}

static void put_other(struct buf *b, const struct vocabulary *v, const struct predicate *p, size_t i)
{
	static const char *const words[] = {
	    [COMPARE_EQUAL] = "the same as ", [COMPARE_STARTS] = "",	   [COMPARE_ENDS] = "",
	    [COMPARE_CONTAINS] = "",	      [COMPARE_GT] = "more than ", [COMPARE_GTE] = "at least ",
	    [COMPARE_LT] = "less than ",      [COMPARE_LTE] = "at most "};
	buf_put_str(b, str_of(words[p->compare]));
	buf_put_str(b, v->facts[p->others[i].fact].name);
}

static void put_value(struct buf *b, const struct vocabulary *v, const struct predicate *p, size_t i)
{
	switch (p->kind) {
	case PREDICATE_TEXT:
		buf_put_str(b, p->patterns[i].said.len ? p->patterns[i].said : STR("\"\""));
		return;
	case PREDICATE_REGEX:
		buf_put_char(b, '/');
		buf_put_str(b, p->regexes[i].source);
		buf_put_char(b, '/');
		return;
	case PREDICATE_RANGE:
		put_range(b, v->facts[p->fact].kind, p->part, &p->ranges[i]);
		return;
	case PREDICATE_NET:
		put_net(b, &p->nets[i]);
		return;
	case PREDICATE_FACT:
		put_other(b, v, p, i);
		return;
	default:
		WRONG("a predicate without values");
	}
}

/* Values that were written once, though they stand for several patterns. */
static bool is_said_again(const struct predicate *p, size_t i)
{
	return p->kind == PREDICATE_TEXT && i > 0 && str_eq(p->patterns[i].said, p->patterns[i - 1].said);
}

static size_t count_said(const struct predicate *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += !is_said_again(p, i);
	return n;
}

static void put_values(struct buf *b, const struct vocabulary *v, const struct predicate *p)
{
	size_t shown = 0, n = count_said(p);
	for (size_t i = 0; i < p->n; i++) {
		if (is_said_again(p, i))
			continue;
		if (shown == VALUES_SHOWN_MAX) {
			BUF_LIT(b, ", \u2026 (");
			buf_put_u64(b, n);
			BUF_LIT(b, " in all)");
			return;
		}
		if (shown++)
			buf_put_str(b, shown < n ? STR(", ") : STR(" or "));
		put_value(b, v, p, i);
	}
}

static void put_encoding(struct buf *b, const struct predicate *p)
{
	if (has(p, MODIFIER(BASE64) | MODIFIER(BASE64OFFSET)))
		BUF_LIT(b, ", in base64");
	if (has(p, MODIFIER(WIDE) | MODIFIER(UTF16) | MODIFIER(UTF16LE) | MODIFIER(UTF16BE)))
		BUF_LIT(b, " of UTF-16");
	if (has(p, MODIFIER(WINDASH)))
		BUF_LIT(b, ", with any dashes");
	if (has(p, MODIFIER(CASED)))
		BUF_LIT(b, ", letter for letter");
}

static void put_leaf(struct buf *b, const struct vocabulary *v, const struct node *node)
{
	static const char *const parts[PARTS] = {
	    [PART_DAY] = "the day of ", [PART_WEEK] = "the week of ", [PART_MONTH] = "the month of "};
	const struct predicate *p = node->predicate;
	struct str name = v->facts[p->fact].name;
	if (p->kind == PREDICATE_EXISTS) {
		buf_put_str(b, node->negated ? STR("there is no ") : STR("there is a "));
		buf_put_str(b, name);
		return;
	}
	if (p->part != PART_NONE && parts[p->part])
		buf_put_str(b, str_of(parts[p->part]));
	buf_put_str(b, name);
	if (p->kind == PREDICATE_FILLED) {
		buf_put_str(b, node->negated ? STR(" is empty, or there is none") : STR(" is not empty"));
		return;
	}
	buf_put_str(b, str_of(verb_of(p, node->negated)));
	put_values(b, v, p);
	put_encoding(b, p);
}

/* ---- lines ---- */

struct telling {
	const struct vocabulary *vocabulary;
	void (*put)(void *context, const struct rule_line *line);
	void *context;
};

static void tell_leaf(const struct telling *t, const struct node *node, size_t depth, const char *before)
{
	char memory[LINE_BYTES_MAX];
	struct buf b = BUF(memory);
	put_leaf(&b, t->vocabulary, node);
	t->put(t->context, &(struct rule_line){depth, before, buf_str(&b)});
}

/* Recursion is as deep as the expression. */
static void tell(const struct telling *t, const struct node *node, size_t depth, const char *before)
{
	if (node->op == NODE_PREDICATE) {
		tell_leaf(t, node, depth, before);
		return;
	}
	bool any = node->op == NODE_OR, first = true;
	if (any || before[0]) {
		struct str text = any ? STR("one of these:") : STR("all of these:");
		t->put(t->context, &(struct rule_line){depth++, before, text});
	}
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		tell(t, part, depth, any ? (first ? "either" : "or") : first ? "" : "and");
		first = false;
	}
}

void rule_put_lines(const struct rulebook *rulebook, uint16_t rule,
		    void (*put)(void *context, const struct rule_line *line), void *context)
{
	const struct telling t = {rulebook->vocabulary, put, context};
	ASSERT(rule >= 1 && rule <= rulebook->n);
	tell(&t, rulebook->rules[rule - 1].applies, 0, "");
}
