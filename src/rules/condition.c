#include "rules/condition.h"
#include "rules/match.h"

enum { CONDITION_NAME_BYTES_MAX = 256 };

struct parser {
	const struct source *source;
	const struct yaml *text;
	const struct str *selections;
	size_t n;
	struct arena *arena;
	size_t at; /* the next byte */
	struct str token;
	size_t token_at;
	size_t nodes;
	uint64_t used; /* selections */
	bool strict;
};

static const struct str reserved[] = {{"and", 3}, {"or", 2}, {"not", 3}, {"of", 2}, {"all", 3}, {"them", 4}};

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_name(char c)
{
	return begins_name(c) || (c >= '0' && c <= '9') || c == '-';
}

static bool is_reserved(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (str_eq(word, reserved[i]))
			return true;
	}
	return false;
}

bool condition_is_name(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!in_name(text.at[i]))
			return false;
	}
	return text.len > 0 && begins_name(text.at[0]) && !is_reserved(text);
}

/* ---- tokens: a parenthesis, or a run of letters, digits, _, - and *; at the end the empty token ---- */

static bool in_word(char c)
{
	return in_name(c) || c == '*';
}

static void advance(struct parser *p)
{
	struct str all = p->text->text;
	while (p->at < all.len && strchr(" \t\n", all.at[p->at]))
		p->at++;
	p->token_at = p->at;
	if (p->at < all.len && !in_word(all.at[p->at])) {
		do
			p->at++;
		while (p->at < all.len && ((uint8_t)all.at[p->at] & 0xC0) == 0x80);
	} else {
		while (p->at < all.len && in_word(all.at[p->at]))
			p->at++;
	}
	p->token = (struct str){all.at + p->token_at, p->at - p->token_at};
}

static bool is(const struct parser *p, const char *word)
{
	return str_eq(p->token, str_of(word));
}

static bool take(struct parser *p, const char *word)
{
	bool found = is(p, word);
	if (found)
		advance(p);
	return found;
}

static int unexpected(struct parser *p, const char *expected)
{
	if (p->token.len == 0)
		source_fail_byte(p->source, p->text, p->token_at, "the condition ends where %s belongs", expected);
	else
		source_fail_byte(p->source, p->text, p->token_at, "\"" STR_FMT "\" where %s belongs",
				 STR_ARG(source_shown(p->token)), expected);
	if (is(p, "|"))
		return source_remedy(p->source, "Sigma no longer counts in conditions: write a correlation rule");
	return source_remedy(
	    p->source,
	    "a condition is made of names of selections, and, or, not, parentheses, `1 of X*`, `all of them`");
}

static int too_much(struct parser *p, const char *what)
{
	source_fail_byte(p->source, p->text, p->token_at, "%s", what);
	if (p->source->error)
		p->source->error->code = ERROR_LIMIT;
	source_remedy(p->source, "write two rules, or move part of it to a selection");
	return ERROR_LIMIT;
}

/* ---- the tree ---- */

/* NULL when there are too many. */
static struct condition *make(struct parser *p, enum condition_op op)
{
	if (p->nodes == CONDITION_NODES_MAX)
		return NULL;
	p->nodes++;
	struct condition *node = ARENA_TAKE(p->arena, struct condition, 1);
	node->op = op;
	return node;
}

static int make_selection(struct parser *p, size_t selection, struct condition **ret_node)
{
	struct condition *node = make(p, CONDITION_SELECTION);
	if (!node)
		return too_much(p, "the condition has more than 1024 parts");
	node->selection = selection;
	p->used |= UINT64_C(1) << selection;
	*ret_node = node;
	return 0;
}

static int no_selection(struct parser *p)
{
	source_fail_byte(p->source, p->text, p->token_at, "there is no selection \"" STR_FMT "\"",
			 STR_ARG(source_shown(p->token)));
	return source_remedy_nearest(p->source, p->token, p->selections, p->n, "the selections are");
}

/* Whether the name is of the pattern; no name has a byte that a pattern could mean otherwise. */
static bool is_like(struct str name, struct str pattern)
{
	char memory[CONDITION_NAME_BYTES_MAX];
	struct buf b = BUF(memory);
	for (size_t i = 0; i < pattern.len; i++)
		buf_put_char(&b, pattern.at[i] == '*' ? PATTERN_RUN : pattern.at[i]);
	const struct pattern wild = {.text = buf_str(&b), .wild = true, .cased = true};
	return !b.over && match_pattern(&wild, name);
}

/* Every selection of the pattern, under one node. */
static int read_of(struct parser *p, enum condition_op op, bool them, struct condition **ret_node)
{
	struct condition *whole = make(p, op), *last = NULL;
	for (size_t i = 0; whole && i < p->n; i++) {
		struct condition *part = NULL;
		struct str name = p->selections[i];
		if (them ? name.at[0] == '_' : !is_like(name, p->token))
			continue;
		int code = make_selection(p, i, &part);
		if (code < 0)
			return code;
		if (last)
			last->next = part;
		else
			whole->first = part;
		last = part;
	}
	if (!whole)
		return too_much(p, "the condition has more than 1024 parts");
	*ret_node = whole;
	return whole->first ? 0 : no_selection(p);
}

static bool is_pattern(const struct parser *p)
{
	bool star = false,
	     good = p->token.len > 0 && in_word(p->token.at[0]) && p->token.at[0] != '-' && !is_reserved(p->token);
	for (size_t i = 0; i < p->token.len; i++)
		star = star || p->token.at[i] == '*';
	return good && p->token.len <= CONDITION_NAME_BYTES_MAX && (star || !p->strict);
}

static int read_quantified(struct parser *p, struct condition **ret_node)
{
	enum condition_op op = is(p, "all") ? CONDITION_AND : CONDITION_OR;
	advance(p);
	if (!take(p, "of"))
		return unexpected(p, "`of`");
	bool them = is(p, "them");
	if (!them && !is_pattern(p))
		return unexpected(p, "`them`, or a pattern of names with a star,");
	int code = read_of(p, op, them, ret_node);
	if (code == 0)
		advance(p);
	return code;
}

static int read_name(struct parser *p, struct condition **ret_node)
{
	if (!condition_is_name(p->token))
		return unexpected(p, "the name of a selection");
	for (size_t i = 0; i < p->n; i++) {
		if (!str_eq(p->selections[i], p->token))
			continue;
		int code = make_selection(p, i, ret_node);
		advance(p);
		return code;
	}
	return no_selection(p);
}

static int read_or(struct parser *p, size_t depth, struct condition **ret_node);

static int read_not(struct parser *p, size_t depth, struct condition **ret_node)
{
	struct condition *part = NULL;
	int code;
	if (depth == CONDITION_DEPTH_MAX && (is(p, "not") || is(p, "(")))
		return too_much(p, "more than 16 parentheses and nots inside each other");
	if (take(p, "not")) {
		struct condition *node = make(p, CONDITION_NOT);
		if (!node)
			return too_much(p, "the condition has more than 1024 parts");
		code = read_not(p, depth + 1, &part);
		node->first = part;
		*ret_node = node;
		return code;
	}
	if (take(p, "(")) {
		code = read_or(p, depth + 1, ret_node);
		if (code == 0 && !take(p, ")"))
			code = unexpected(p, "`)`");
		return code;
	}
	return is(p, "1") || is(p, "all") ? read_quantified(p, ret_node) : read_name(p, ret_node);
}

/* Parts with `word` between them; a part alone is itself. */
static int read_parts(struct parser *p, enum condition_op op, size_t depth, struct condition **ret_node)
{
	struct condition *whole = NULL, *last = NULL;
	for (;;) {
		struct condition *part = NULL;
		int code = op == CONDITION_OR ? read_parts(p, CONDITION_AND, depth, &part) : read_not(p, depth, &part);
		if (code < 0)
			return code;
		bool more = take(p, op == CONDITION_OR ? "or" : "and");
		if (!last && !more) {
			*ret_node = part;
			return 0;
		}
		if (!whole && !(whole = make(p, op)))
			return too_much(p, "the condition has more than 1024 parts");
		if (last)
			last->next = part;
		else
			whole->first = part;
		last = part;
		*ret_node = whole;
		if (!more)
			return 0;
	}
}

static int read_or(struct parser *p, size_t depth, struct condition **ret_node)
{
	return read_parts(p, CONDITION_OR, depth, ret_node);
}

static int check_used(const struct parser *p)
{
	for (size_t i = 0; p->strict && i < p->n; i++) {
		if (p->used >> i & 1)
			continue;
		source_fail(p->source, p->text, "the condition never looks at \"" STR_FMT "\"",
			    STR_ARG(source_shown(p->selections[i])));
		return source_remedy(p->source, "name it in the condition, or take the selection out");
	}
	return 0;
}

int condition_read(const struct source *source, const struct yaml *text, const struct str *selections, size_t n,
		   bool strict, struct arena *arena, const struct condition **ret_condition)
{
	struct parser p = {
	    .source = source, .text = text, .selections = selections, .n = n, .strict = strict, .arena = arena};
	struct condition *whole = NULL;
	struct str ignored;
	ASSERT(n <= CONDITION_SELECTIONS_MAX);
	int code = source_text(source, text, "condition", YAML_BYTES_MAX, &ignored);
	if (code < 0)
		return code;
	advance(&p);
	code = read_or(&p, 0, &whole);
	if (code == 0 && p.token.len > 0)
		code = unexpected(&p, "`and`, `or` or the end");
	if (code == 0)
		code = check_used(&p);
	*ret_condition = whole;
	return code;
}
