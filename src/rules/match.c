#include "rules/match.h"

/* `?` is one character, however many bytes it has. */
static size_t next_character(struct str text, size_t i)
{
	do
		i++;
	while (i < text.len && ((uint8_t)text.at[i] & 0xC0) == 0x80);
	return i;
}

/* Greedy with one point to return to: a later `*` makes every earlier one's choice final. */
static bool match_wild(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, run = SIZE_MAX, run_text = 0;
	while (t < text.len) {
		if (p < pattern.len && pattern.at[p] == PATTERN_RUN) {
			run = p++;
			run_text = t;
		} else if (p < pattern.len && pattern.at[p] == PATTERN_ONE) {
			p++;
			t = next_character(text, t);
		} else if (p < pattern.len && pattern.at[p] == fold(text.at[t])) {
			p++;
			t++;
		} else if (run != SIZE_MAX) {
			p = run + 1;
			run_text = next_character(text, run_text);
			t = run_text;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == PATTERN_RUN)
		p++;
	return p == pattern.len;
}

static bool match_whole(struct str pattern, struct str text)
{
	if (pattern.len != text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (pattern.at[i] != fold(text.at[i]))
			return false;
	}
	return true;
}

bool match_pattern(const struct pattern *pattern, struct str text)
{
	return pattern->wild ? match_wild(pattern->text, text) : match_whole(pattern->text, text);
}

static bool match_text(const struct predicate *p, struct str text)
{
	for (size_t i = 0; i < p->n; i++) {
		if (match_pattern(&p->patterns[i], text))
			return true;
	}
	return false;
}

static bool match_texts(const struct predicate *p, size_t n, const struct str *texts)
{
	for (size_t i = 0; i < n; i++) {
		if (match_text(p, texts[i]))
			return true;
	}
	return false;
}

static bool match_range(const struct predicate *p, int64_t number)
{
	for (size_t i = 0; i < p->n; i++) {
		if (number >= p->ranges[i].low && number <= p->ranges[i].high)
			return true;
	}
	return false;
}

bool match_net(const struct net *net, const struct fact_address *address)
{
	if (net->n != address->n)
		return false;
	size_t whole = net->bits / 8;
	if (memcmp(net->at, address->at, whole) != 0)
		return false;
	unsigned rest = net->bits % 8;
	return rest == 0 || (net->at[whole] ^ address->at[whole]) >> (8 - rest) == 0;
}

static bool match_nets(const struct predicate *p, const struct fact_address *address)
{
	for (size_t i = 0; i < p->n; i++) {
		if (match_net(&p->nets[i], address))
			return true;
	}
	return false;
}

static bool match_known(const struct predicate *p, const struct fact *fact)
{
	switch (p->kind) {
	case PREDICATE_TEXT:
		return p->of_set ? match_texts(p, fact->texts.n, fact->texts.at) : match_text(p, fact->text);
	case PREDICATE_RANGE:
		return match_range(p, fact->number);
	case PREDICATE_NET:
		return match_nets(p, &fact->address);
	}
	WRONG("a predicate of no kind");
}

/* Of a text that no rule names in full, only wild patterns can still hold. */
static enum truth match_other(const struct predicate *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->patterns[i].wild)
			return TRUTH_UNKNOWN;
	}
	return TRUTH_NO;
}

enum truth match_predicate(const struct predicate *p, const struct fact *fact)
{
	switch ((int)fact->state) {
	case FACT_UNKNOWN:
		return TRUTH_UNKNOWN;
	case FACT_ABSENT:
		return TRUTH_NO;
	case FACT_KNOWN:
		return match_known(p, fact) ? TRUTH_YES : TRUTH_NO;
	case FACT_OTHER:
		return match_other(p);
	case FACT_SOME:
		return match_text(p, fact->text) ? TRUTH_YES : TRUTH_UNKNOWN;
	default:
		WRONG("a fact in no state");
	}
}

static enum truth match_leaf(const struct node *node, const struct fact *request)
{
	enum truth truth = match_predicate(node->predicate, &request[node->predicate->fact]);
	return node->negated ? (enum truth)(TRUTH_YES - truth) : truth;
}

/* Recursion is as deep as the expression, which the loader bounds by RULE_DEPTH_MAX. */
enum truth match_expression(const struct node *node, const struct fact *request)
{
	if (node->op == NODE_PREDICATE)
		return match_leaf(node, request);
	enum truth last = node->op == NODE_AND ? TRUTH_NO : TRUTH_YES; /* settles the whole */
	enum truth truth = (enum truth)(TRUTH_YES - last);
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size) {
		enum truth found = match_expression(part, request);
		if (found == last)
			return last;
		if (found == TRUTH_UNKNOWN)
			truth = TRUTH_UNKNOWN;
	}
	return truth;
}

uint32_t match_unknowns(const struct node *node, const struct fact *request)
{
	if (match_expression(node, request) != TRUTH_UNKNOWN)
		return 0;
	if (node->op == NODE_PREDICATE)
		return UINT32_C(1) << node->predicate->fact;
	uint32_t facts = 0;
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size)
		facts |= match_unknowns(part, request);
	return facts;
}
