/* rules_naive.h: a rule of a rulebook judged straight from the text, without anything that the loader makes of it:
 * for the test that decides twice. Slow, and only for what that test writes: names of two letters, ASCII, no escapes.
 */
#ifndef RULES_RULES_NAIVE_H
#define RULES_RULES_NAIVE_H

#include "base/yaml.h"
#include "rules/rules_try.h"

enum { NO, UNKNOWN, YES };
enum { NAIVE_TEXT_BYTES = 64 };

/* ---- values ---- */

static inline char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* ASCII only, so that a character is a byte. */
static inline bool is_like(struct str text, struct str pattern)
{
	if (pattern.len == 0)
		return text.len == 0;
	struct str rest = {pattern.at + 1, pattern.len - 1};
	if (pattern.at[0] == '*') {
		for (size_t i = 0; i <= text.len; i++) {
			if (is_like((struct str){text.at + i, text.len - i}, rest))
				return true;
		}
		return false;
	}
	return text.len > 0 && (pattern.at[0] == '?' || small(text.at[0]) == small(pattern.at[0])) &&
	       is_like((struct str){text.at + 1, text.len - 1}, rest);
}

static inline bool text_is(struct str text, const char *modifier, struct str value)
{
	char memory[NAIVE_TEXT_BYTES];
	struct buf b = BUF(memory);
	bool contains = strstr(modifier, "contains");
	if (contains || strstr(modifier, "endswith"))
		buf_put_char(&b, '*');
	buf_put_str(&b, value);
	if (contains || strstr(modifier, "startswith"))
		buf_put_char(&b, '*');
	return is_like(text, buf_str(&b));
}

static inline bool number_is(int64_t number, const char *modifier, int64_t bound)
{
	if (strstr(modifier, "gte"))
		return number >= bound;
	if (strstr(modifier, "gt"))
		return number > bound;
	if (strstr(modifier, "lte"))
		return number <= bound;
	return strstr(modifier, "lt") ? number < bound : number == bound;
}

/* Bit by bit. */
static inline bool address_is(const struct fact_address *address, const char *modifier, struct str value)
{
	struct str text = value, bits;
	int64_t n = 128;
	if (strstr(modifier, "cidr"))
		ASSERT(str_cut(value, '/', &text, &bits) && str_to_i64(bits, 0, 128, &n));
	struct fact net = try_address(text);
	if (net.address.n != address->n)
		return false;
	for (int64_t i = 0; i < n && i < address->n * 8; i++) {
		unsigned shift = (unsigned)(7 - i % 8);
		if ((net.address.at[i / 8] >> shift & 1) != (address->at[i / 8] >> shift & 1))
			return false;
	}
	return true;
}

static inline bool value_is(enum fact_kind kind, const struct fact *fact, const char *modifier, struct str value)
{
	if (kind == FACT_TEXT)
		return text_is(fact->text, modifier, value);
	if (kind == FACT_ADDRESS)
		return address_is(&fact->address, modifier, value);
	if (kind != FACT_TEXTS)
		return number_is(fact->number, modifier, try_number(kind, value).number);
	for (size_t i = 0; i < fact->texts.n; i++) {
		if (text_is(fact->texts.at[i], modifier, value))
			return true;
	}
	return false;
}

/* `field|modifier: value or list` */
static inline int judge_member(const struct yaml *member, const struct fact *request)
{
	struct str name = member->key, rest;
	char modifier[NAIVE_TEXT_BYTES] = "";
	if (str_cut(member->key, '|', &name, &rest))
		memcpy(modifier, rest.at, rest.len);
	size_t f = 0;
	while (!str_eq(try_facts[f].name, name))
		f++;
	if (request[f].state != FACT_KNOWN)
		return request[f].state == FACT_UNKNOWN ? UNKNOWN : NO;
	if (member->kind == YAML_TEXT)
		return value_is(try_facts[f].kind, &request[f], modifier, member->text) ? YES : NO;
	bool all = strstr(modifier, "all");
	for (const struct yaml *value = member->first; value; value = value->next) {
		if (value_is(try_facts[f].kind, &request[f], modifier, value->text) != all)
			return all ? NO : YES;
	}
	return all ? YES : NO;
}

/* ---- conditions, read and judged at once ---- */

struct judge {
	const struct yaml *clause;
	const struct fact *request;
	struct str rest;
};

static inline int least(int a, int b)
{
	return a < b ? a : b;
}

static inline int most(int a, int b)
{
	return a > b ? a : b;
}

static inline int judge_selection(const struct yaml *selection, const struct fact *request)
{
	int truth = YES;
	for (const struct yaml *member = selection->first; member; member = member->next)
		truth = least(truth, judge_member(member, request));
	return truth;
}

static inline bool next_is(struct judge *j, const char *word)
{
	j->rest = try_trim(j->rest);
	if (!str_starts(j->rest, str_of(word)))
		return false;
	j->rest = (struct str){j->rest.at + strlen(word), j->rest.len - strlen(word)};
	return true;
}

static inline int judge_of(struct judge *j, bool all)
{
	int truth = all ? YES : NO;
	bool them = next_is(j, "them");
	if (!them)
		ASSERT(next_is(j, "s*"));
	for (const struct yaml *selection = j->clause->first; selection; selection = selection->next) {
		if (str_eq(selection->key, STR("condition")) || (!them && selection->key.at[0] != 's'))
			continue;
		int one = judge_selection(selection, j->request);
		truth = all ? least(truth, one) : most(truth, one);
	}
	return truth;
}

static inline int judge_or(struct judge *j);

static inline int judge_not(struct judge *j)
{
	if (next_is(j, "not "))
		return YES - judge_not(j);
	if (next_is(j, "(")) {
		int truth = judge_or(j);
		ASSERT(next_is(j, ")"));
		return truth;
	}
	if (next_is(j, "1 of "))
		return judge_of(j, false);
	if (next_is(j, "all of "))
		return judge_of(j, true);
	/* Names are of two letters. */
	const struct yaml *selection = yaml_get_str(j->clause, (struct str){j->rest.at, 2});
	ASSERT(selection);
	j->rest = (struct str){j->rest.at + 2, j->rest.len - 2};
	return judge_selection(selection, j->request);
}

static inline int judge_and(struct judge *j)
{
	int truth = judge_not(j);
	while (next_is(j, "and "))
		truth = least(truth, judge_not(j));
	return truth;
}

static inline int judge_or(struct judge *j)
{
	int truth = judge_and(j);
	while (next_is(j, "or "))
		truth = most(truth, judge_and(j));
	return truth;
}

static inline int judge_clause(const struct yaml *clause, const struct fact *request)
{
	struct judge j = {clause, request, yaml_get(clause, "condition")->text};
	int truth = judge_or(&j);
	ASSERT(j.rest.len == 0);
	return truth;
}

static inline int judge_rule(const struct yaml *rule, const struct fact *request)
{
	const struct yaml *unless = yaml_get(rule, "unless");
	int truth = judge_clause(yaml_get(rule, "match"), request);
	return unless ? least(truth, YES - judge_clause(unless, request)) : truth;
}

#endif
