#include "rules/match.h"
#include "rules/regex.h"

#include <arpa/inet.h>

enum { ADDRESS_BYTES_MAX = 45 }; /* the longest way to write one */

/* ---- texts ---- */

/* `?` is one character, however many bytes it has. */
static size_t next_character(struct str text, size_t i)
{
	do
		i++;
	while (i < text.len && ((uint8_t)text.at[i] & 0xC0) == 0x80);
	return i;
}

/* Behind the dash that stands there: -, /, U+2013, U+2014 or U+2015; where none does, i. */
static size_t behind_dash(struct str text, size_t i)
{
	if (text.at[i] == '-' || text.at[i] == '/')
		return i + 1;
	bool dash = text.len - i >= 3 && (uint8_t)text.at[i] == 0xE2 && (uint8_t)text.at[i + 1] == 0x80 &&
		    (uint8_t)text.at[i + 2] >= 0x93 && (uint8_t)text.at[i + 2] <= 0x95;
	return dash ? i + 3 : i;
}

/* Behind what the pattern's byte, which is no run, takes of the text; where it takes nothing, i. */
static size_t behind_one(char pattern, bool cased, struct str text, size_t i)
{
	if (pattern == PATTERN_ONE)
		return next_character(text, i);
	if (pattern == PATTERN_DASH)
		return behind_dash(text, i);
	return pattern == (cased ? text.at[i] : fold(text.at[i])) ? i + 1 : i;
}

/* Greedy with one point to return to: a later `*` makes every earlier one's choice final. */
static bool match_wild(struct str pattern, bool cased, struct str text)
{
	size_t p = 0, t = 0, run = SIZE_MAX, run_text = 0;
	while (t < text.len) {
		if (p < pattern.len && pattern.at[p] == PATTERN_RUN) {
			run = p++;
			run_text = t;
			continue;
		}
		size_t behind = p < pattern.len ? behind_one(pattern.at[p], cased, text, t) : t;
		if (behind > t) {
			p++;
			t = behind;
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

static bool same_text(struct str a, struct str b, bool cased)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (cased ? a.at[i] != b.at[i] : fold(a.at[i]) != fold(b.at[i]))
			return false;
	}
	return true;
}

bool match_pattern(const struct pattern *pattern, struct str text)
{
	return pattern->wild ? match_wild(pattern->text, pattern->cased, text)
			     : same_text(pattern->text, text, pattern->cased);
}

static bool has_part(struct str text, struct str part, bool cased)
{
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (same_text((struct str){text.at + i, part.len}, part, cased))
			return true;
	}
	return false;
}

bool match_texts(enum compare compare, bool cased, struct str text, struct str other)
{
	bool longer = text.len >= other.len;
	switch (compare) {
	case COMPARE_EQUAL:
		return same_text(text, other, cased);
	case COMPARE_STARTS:
		return longer && same_text((struct str){text.at, other.len}, other, cased);
	case COMPARE_ENDS:
		return longer && same_text((struct str){text.at + (text.len - other.len), other.len}, other, cased);
	case COMPARE_CONTAINS:
		return other.len == 0 || has_part(text, other, cased);
	default:
		WRONG("texts are not greater than each other");
	}
}

/* ---- numbers and addresses ---- */

bool match_numbers(enum compare compare, int64_t number, int64_t other)
{
	switch (compare) {
	case COMPARE_EQUAL:
		return number == other;
	case COMPARE_GT:
		return number > other;
	case COMPARE_GTE:
		return number >= other;
	case COMPARE_LT:
		return number < other;
	case COMPARE_LTE:
		return number <= other;
	default:
		WRONG("a number has no parts of text");
	}
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

bool match_read_address(struct str text, struct fact_address *ret_address)
{
	char zero_terminated[ADDRESS_BYTES_MAX + 1];
	if (text.len == 0 || text.len > ADDRESS_BYTES_MAX || memchr(text.at, 0, text.len))
		return false;
	memcpy(zero_terminated, text.at, text.len);
	zero_terminated[text.len] = 0;
	*ret_address = (struct fact_address){.n = memchr(text.at, ':', text.len) ? 16 : 4};
	return inet_pton(ret_address->n == 4 ? AF_INET : AF_INET6, zero_terminated, ret_address->at) == 1;
}

/* ---- the values of a fact ---- */

/* A text alone is a set of one. */
static const struct str *texts_of(const struct predicate *p, const struct fact *fact, size_t *ret_n)
{
	*ret_n = p->is_set ? fact->texts.n : 1;
	return p->is_set ? fact->texts.at : &fact->text;
}

/* A text of an event as the number that it names, or that its part of a date or time is. */
static bool read_number(const struct predicate *p, struct str text, int64_t *ret_number)
{
	struct str time = {"", 0};
	if (p->part == PART_NONE)
		return str_to_i64(text, INT64_MIN, INT64_MAX, ret_number);
	if (p->part >= PART_DAY)
		return text.len >= 10 && calendar_read_date((struct str){text.at, 10}, ret_number);
	/* "07:00…", or behind a date and one character: "2026-11-23T07:00…". */
	if (text.len >= 16 && text.at[4] == '-')
		time = (struct str){text.at + 11, 5};
	else if (text.len >= 5)
		time = (struct str){text.at, 5};
	return calendar_read_time(time, ret_number);
}

static bool match_range(const struct predicate *p, int64_t number)
{
	int64_t value = p->part == PART_NONE ? number : calendar_part(p->part, number);
	for (size_t i = 0; i < p->n; i++) {
		if (value >= p->ranges[i].low && value <= p->ranges[i].high)
			return true;
	}
	return false;
}

static bool match_patterns(const struct predicate *p, struct str text)
{
	for (size_t i = 0; i < p->n; i++) {
		if (match_pattern(&p->patterns[i], text))
			return true;
	}
	return false;
}

static bool match_nets(const struct predicate *p, const struct fact_address *address)
{
	for (size_t i = 0; i < p->n; i++) {
		if (match_net(&p->nets[i], address))
			return true;
	}
	return false;
}

static bool match_text_value(const struct predicate *p, struct str text)
{
	int64_t number;
	struct fact_address address;
	switch (p->kind) {
	case PREDICATE_TEXT:
		return match_patterns(p, text);
	case PREDICATE_RANGE:
		return read_number(p, text, &number) && match_range(p, number);
	case PREDICATE_NET:
		return match_read_address(text, &address) && match_nets(p, &address);
	default:
		WRONG("a predicate of no value");
	}
}

static bool match_value(const struct predicate *p, const struct fact *fact)
{
	size_t n;
	if (!p->is_set && p->kind == PREDICATE_RANGE)
		return match_range(p, fact->number);
	if (!p->is_set && p->kind == PREDICATE_NET)
		return match_nets(p, &fact->address);
	const struct str *texts = texts_of(p, fact, &n);
	for (size_t i = 0; i < n; i++) {
		if (match_text_value(p, texts[i]))
			return true;
	}
	return false;
}

static enum truth match_expressions(const struct predicate *p, struct str text)
{
	enum truth truth = TRUTH_NO;
	for (size_t i = 0; i < p->n && truth != TRUTH_YES; i++) {
		enum truth found = regex_match(&p->regexes[i], text);
		truth = found > truth ? found : truth;
	}
	return truth;
}

static enum truth match_regexes(const struct predicate *p, const struct fact *fact)
{
	enum truth truth = TRUTH_NO;
	size_t n;
	const struct str *texts = texts_of(p, fact, &n);
	for (size_t i = 0; i < n && truth != TRUTH_YES; i++) {
		enum truth found = match_expressions(p, texts[i]);
		truth = found > truth ? found : truth;
	}
	return truth;
}

enum truth match_text(const struct predicate *p, struct str text)
{
	if (p->kind == PREDICATE_REGEX)
		return match_expressions(p, text);
	ASSERT(p->kind == PREDICATE_TEXT);
	return match_patterns(p, text) ? TRUTH_YES : TRUTH_NO;
}

/* ---- another fact ---- */

static bool match_as(const struct predicate *p, struct str text, struct str other)
{
	int64_t number, limit;
	if (p->value == FACT_TEXT)
		return match_texts(p->compare, p->cased, text, other);
	return str_to_i64(text, INT64_MIN, INT64_MAX, &number) && str_to_i64(other, INT64_MIN, INT64_MAX, &limit) &&
	       match_numbers(p->compare, number, limit);
}

static bool match_known_facts(const struct predicate *p, const struct fact *fact, const struct other_fact *other,
			      const struct fact *known)
{
	if (!p->is_set && p->value == FACT_NUMBER)
		return match_numbers(p->compare, fact->number, known->number);
	if (!p->is_set && p->value == FACT_ADDRESS)
		return fact->address.n == known->address.n &&
		       memcmp(fact->address.at, known->address.at, fact->address.n) == 0;
	size_t n, m = other->is_set ? known->texts.n : 1;
	const struct str *texts = texts_of(p, fact, &n), *others = other->is_set ? known->texts.at : &known->text;
	for (size_t i = 0; i < n * m; i++) {
		if (match_as(p, texts[i / m], others[i % m]))
			return true;
	}
	return false;
}

/* What is absent is as nothing is. */
static enum truth match_facts(const struct predicate *p, const struct fact *request)
{
	const struct fact *fact = &request[p->fact];
	enum truth truth = TRUTH_NO;
	for (size_t i = 0; i < p->n && fact->state != FACT_ABSENT; i++) {
		const struct fact *other = &request[p->others[i].fact];
		bool known = fact->state == FACT_KNOWN && other->state == FACT_KNOWN;
		if (known && match_known_facts(p, fact, &p->others[i], other))
			return TRUTH_YES;
		if (!known && other->state != FACT_ABSENT)
			truth = TRUTH_UNKNOWN;
	}
	return truth;
}

/* ---- the states that only the index uses ---- */

/* Of a text that no rule names in full, and of one whose case is not known, plain patterns can be judged. */
static enum truth match_roughly(const struct predicate *p, const struct fact *fact)
{
	enum truth truth = TRUTH_NO;
	bool other = (int)fact->state == FACT_OTHER;
	if (p->kind == PREDICATE_RANGE && p->part == PART_NONE)
		return match_range(p, fact->number) ? TRUTH_YES : TRUTH_NO;
	if (p->kind != PREDICATE_TEXT)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < p->n; i++) {
		const struct pattern *pattern = &p->patterns[i];
		if (pattern->cased || (other && pattern->wild))
			truth = TRUTH_UNKNOWN;
		else if (!other && match_pattern(pattern, fact->text))
			return TRUTH_YES;
	}
	return truth;
}

static enum truth match_some(const struct predicate *p, struct str text)
{
	for (size_t i = 0; p->kind == PREDICATE_TEXT && i < p->n; i++) {
		if (!p->patterns[i].cased && match_pattern(&p->patterns[i], text))
			return TRUTH_YES;
	}
	return p->kind == PREDICATE_FILLED ? TRUTH_YES : TRUTH_UNKNOWN;
}

/* ---- expressions ---- */

static enum truth match_state(const struct predicate *p, const struct fact *fact)
{
	switch ((int)fact->state) {
	case FACT_UNKNOWN:
		return TRUTH_UNKNOWN;
	case FACT_ABSENT:
		return TRUTH_NO;
	case FACT_OTHER:
	case FACT_ROUGH:
		return p->kind == PREDICATE_EXISTS ? TRUTH_YES : match_roughly(p, fact);
	case FACT_SOME:
		return p->kind == PREDICATE_EXISTS ? TRUTH_YES : match_some(p, fact->text);
	default:
		WRONG("a fact in no state");
	}
}

enum truth match_predicate(const struct predicate *p, const struct fact *request)
{
	const struct fact *fact = &request[p->fact];
	if (p->kind == PREDICATE_FACT)
		return match_facts(p, request);
	if (fact->state != FACT_KNOWN)
		return match_state(p, fact);
	switch (p->kind) {
	case PREDICATE_EXISTS:
		return TRUTH_YES;
	case PREDICATE_FILLED:
		return fact->texts.n > 0 ? TRUTH_YES : TRUTH_NO;
	case PREDICATE_REGEX:
		return match_regexes(p, fact);
	default:
		return match_value(p, fact) ? TRUTH_YES : TRUTH_NO;
	}
}

enum truth match_leaf(const struct node *node, const struct fact *request)
{
	enum truth truth = match_predicate(node->predicate, request);
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

static uint32_t unknowns_of(const struct predicate *p, const struct fact *request)
{
	uint32_t facts = 0;
	if (request[p->fact].state == FACT_UNKNOWN)
		facts = UINT32_C(1) << p->fact;
	for (size_t i = 0; p->kind == PREDICATE_FACT && i < p->n; i++) {
		if (request[p->others[i].fact].state == FACT_UNKNOWN)
			facts |= UINT32_C(1) << p->others[i].fact;
	}
	/* A match that was given up: the fact is known, but not what it says. */
	return facts ? facts : UINT32_C(1) << p->fact;
}

uint32_t match_unknowns(const struct node *node, const struct fact *request)
{
	if (match_expression(node, request) != TRUTH_UNKNOWN)
		return 0;
	if (node->op == NODE_PREDICATE)
		return unknowns_of(node->predicate, request);
	uint32_t facts = 0;
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size)
		facts |= match_unknowns(part, request);
	return facts;
}
