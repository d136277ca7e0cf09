/* rules_naive.h: a rule of a rulebook judged straight from the text, without anything that the loader makes of it:
 * for the tests that decide twice. Slow, and only for what those tests write: names of two letters, ASCII, no escapes.
 */
#ifndef RULES_RULES_NAIVE_H
#define RULES_RULES_NAIVE_H

#include "base/yaml.h"
#include "rules/rules_try.h"

#include <regex.h>

enum { NO, UNKNOWN, YES };
enum { NAIVE_TEXT_BYTES = 64 };

/* ---- values ---- */

static inline bool has_word(const char *modifiers, const char *word)
{
	struct str rest = str_of(modifiers), one;
	for (bool more = rest.len > 0; more;) {
		struct str next = {"", 0};
		more = str_cut(rest, '|', &one, &next);
		if (str_eq(more ? one : rest, str_of(word)))
			return true;
		rest = next;
	}
	return false;
}

static inline char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool is_dash(char c)
{
	return c == '-' || c == '/';
}

static inline bool same_letter(char a, char b, const char *modifiers)
{
	if (has_word(modifiers, "windash") && is_dash(a))
		return is_dash(b);
	return has_word(modifiers, "cased") ? a == b : small(a) == small(b);
}

/* ASCII only, so that a character is a byte. */
static inline bool is_like(struct str text, struct str pattern, const char *modifiers)
{
	if (pattern.len == 0)
		return text.len == 0;
	struct str rest = {pattern.at + 1, pattern.len - 1};
	if (pattern.at[0] == '*') {
		for (size_t i = 0; i <= text.len; i++) {
			if (is_like((struct str){text.at + i, text.len - i}, rest, modifiers))
				return true;
		}
		return false;
	}
	return text.len > 0 && (pattern.at[0] == '?' || same_letter(pattern.at[0], text.at[0], modifiers)) &&
	       is_like((struct str){text.at + 1, text.len - 1}, rest, modifiers);
}

/* By the C library's extended expressions, which mean the same where they are as plain as here. Compiled once. */
static inline bool expression_is(struct str text, const char *modifiers, struct str value)
{
	static struct {
		char expression[NAIVE_TEXT_BYTES];
		bool any_case;
		regex_t compiled;
	} known[32];
	char subject[NAIVE_TEXT_BYTES] = {0};
	bool any_case = has_word(modifiers, "i");
	size_t i = 0;
	while (known[i].expression[0] && !(str_eq(str_of(known[i].expression), value) && known[i].any_case == any_case))
		ASSERT(++i < ARRAY_LEN(known));
	if (!known[i].expression[0]) {
		memcpy(known[i].expression, value.at, value.len);
		known[i].any_case = any_case;
		int flags = REG_EXTENDED | REG_NOSUB | (any_case ? REG_ICASE : 0);
		ASSERT(regcomp(&known[i].compiled, known[i].expression, flags) == 0);
	}
	memcpy(subject, text.at, text.len);
	return regexec(&known[i].compiled, subject, 0, NULL, 0) == 0;
}

static inline bool text_is(struct str text, const char *modifiers, struct str value)
{
	char memory[NAIVE_TEXT_BYTES];
	struct buf b = BUF(memory);
	bool contains = has_word(modifiers, "contains");
	if (has_word(modifiers, "re"))
		return expression_is(text, modifiers, value);
	if (contains || has_word(modifiers, "endswith"))
		buf_put_char(&b, '*');
	buf_put_str(&b, value);
	if (contains || has_word(modifiers, "startswith"))
		buf_put_char(&b, '*');
	return is_like(text, buf_str(&b), modifiers);
}

static inline bool number_is(int64_t number, const char *modifiers, int64_t bound)
{
	if (has_word(modifiers, "gte"))
		return number >= bound;
	if (has_word(modifiers, "gt"))
		return number > bound;
	if (has_word(modifiers, "lte"))
		return number <= bound;
	return has_word(modifiers, "lt") ? number < bound : number == bound;
}

/* Bit by bit. */
static inline bool address_is(const struct fact_address *address, const char *modifiers, struct str value)
{
	struct str text = value, bits;
	int64_t n = 128;
	if (has_word(modifiers, "cidr"))
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

/* The part of a date or time that is asked for, by the C library's calendar; false when none is. */
static inline bool part_of(enum fact_kind kind, int64_t number, const char *modifiers, int64_t *ret_part)
{
	static const char *const words[] = {"minute", "hour", "day", "week", "month", "year"};
	static const char *const formats[] = {"%M", "%H", "%d", "%V", "%m", "%Y"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char digits[16];
		struct tm broken;
		if (!has_word(modifiers, words[i]))
			continue;
		time_t seconds = (time_t)number * (kind == FACT_TIME ? 60 : 86400);
		gmtime_r(&seconds, &broken);
		ASSERT(strftime(digits, sizeof digits, formats[i], &broken) > 0);
		*ret_part = strtol(digits, NULL, 10);
		return true;
	}
	return false;
}

static inline bool value_is(enum fact_kind kind, const struct fact *fact, const char *modifiers, struct str value)
{
	int64_t part;
	if (kind == FACT_TEXT)
		return text_is(fact->text, modifiers, value);
	if (kind == FACT_ADDRESS)
		return address_is(&fact->address, modifiers, value);
	if (kind != FACT_TEXTS && part_of(kind, fact->number, modifiers, &part))
		return number_is(part, modifiers, try_digits(value));
	if (kind != FACT_TEXTS)
		return number_is(fact->number, modifiers, try_number(kind, value).number);
	for (size_t i = 0; i < fact->texts.n; i++) {
		if (text_is(fact->texts.at[i], modifiers, value))
			return true;
	}
	return false;
}

/* What %who% and %lv% stand for. */
static const char naive_placeholders[] = "placeholders: {who: [ann, 'b*'], lv: [1, 3]}\n";

static inline bool expanded_is(enum fact_kind kind, const struct fact *fact, const char *modifiers, struct str value)
{
	bool who = has_word(modifiers, "expand") && str_eq(value, STR("%who%")),
	     lv = has_word(modifiers, "expand") && str_eq(value, STR("%lv%"));
	if (!who && !lv)
		return value_is(kind, fact, modifiers, value);
	return value_is(kind, fact, modifiers, who ? STR("ann") : STR("1")) ||
	       value_is(kind, fact, modifiers, who ? STR("b*") : STR("3"));
}

/* ---- members ---- */

static inline size_t fact_named(struct str name)
{
	size_t f = 0;
	while (!str_eq(try_facts[f].name, name))
		f++;
	return f;
}

/* One text of the one as one of the other. */
static inline bool facts_are(enum fact_kind kind, enum fact_kind other_kind, const struct fact *fact,
			     const struct fact *other, const char *modifiers)
{
	size_t n = kind == FACT_TEXTS ? fact->texts.n : 1, m = other_kind == FACT_TEXTS ? other->texts.n : 1;
	if (kind != FACT_TEXT && kind != FACT_TEXTS && kind != FACT_ADDRESS)
		return number_is(fact->number, modifiers, other->number);
	if (kind == FACT_ADDRESS)
		return fact->address.n == other->address.n &&
		       memcmp(fact->address.at, other->address.at, fact->address.n) == 0;
	for (size_t i = 0; i < n * m; i++) {
		struct str a = kind == FACT_TEXTS ? fact->texts.at[i / m] : fact->text;
		struct str b = other_kind == FACT_TEXTS ? other->texts.at[i % m] : other->text;
		if (text_is(a, modifiers, b))
			return true;
	}
	return false;
}

/* One value, by all but `neq`. */
static inline int judge_value(size_t f, const struct fact *request, const char *modifiers, struct str value)
{
	const struct fact *fact = &request[f];
	if (has_word(modifiers, "fieldref")) {
		size_t o = fact_named(value);
		if (fact->state == FACT_ABSENT || request[o].state == FACT_ABSENT)
			return NO;
		if (fact->state == FACT_UNKNOWN || request[o].state == FACT_UNKNOWN)
			return UNKNOWN;
		return facts_are(try_facts[f].kind, try_facts[o].kind, fact, &request[o], modifiers) ? YES : NO;
	}
	if (fact->state != FACT_KNOWN)
		return fact->state == FACT_UNKNOWN ? UNKNOWN : NO;
	return expanded_is(try_facts[f].kind, fact, modifiers, value) ? YES : NO;
}

static inline int judge_presence(const struct fact *fact, bool present, bool filled)
{
	if (fact->state == FACT_UNKNOWN)
		return UNKNOWN;
	bool there = fact->state == FACT_KNOWN && (!filled || fact->texts.n > 0);
	return there == present ? YES : NO;
}

/* `field|modifier: value or list` */
static inline int judge_member(const struct yaml *member, const struct fact *request)
{
	struct str name = member->key, rest;
	char modifiers[NAIVE_TEXT_BYTES] = "";
	if (str_cut(member->key, '|', &name, &rest))
		memcpy(modifiers, rest.at, rest.len);
	size_t f = fact_named(name);
	if (member->kind == YAML_TEXT && !member->quoted && str_eq(member->text, STR("null")))
		return judge_presence(&request[f], false, try_facts[f].kind == FACT_TEXTS);
	if (has_word(modifiers, "exists"))
		return judge_presence(&request[f], str_eq(member->text, STR("true")), false);
	bool all = has_word(modifiers, "all");
	int truth = all ? YES : NO;
	const struct yaml *value = member->kind == YAML_TEXT ? member : member->first;
	for (; value; value = member->kind == YAML_TEXT ? NULL : value->next) {
		int one = judge_value(f, request, modifiers, value->text);
		truth = (one < truth) == all ? one : truth;
	}
	if (!has_word(modifiers, "neq"))
		return truth;
	int there = judge_presence(&request[f], true, false);
	return there < YES - truth ? there : YES - truth;
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

/* A map, or a list of maps of which one is enough. */
static inline int judge_selection(const struct yaml *selection, const struct fact *request)
{
	int truth = selection->kind == YAML_LIST ? NO : YES;
	for (const struct yaml *map = selection->first; map && selection->kind == YAML_LIST; map = map->next)
		truth = most(truth, judge_selection(map, request));
	if (selection->kind == YAML_LIST)
		return truth;
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
	bool them = next_is(j, "them"), first = !them && next_is(j, "s*");
	if (!them && !first)
		ASSERT(next_is(j, "*1"));
	for (const struct yaml *selection = j->clause->first; selection; selection = selection->next) {
		bool meant = them    ? selection->key.at[0] != '_'
			     : first ? selection->key.at[0] == 's'
				     : selection->key.at[1] == '1';
		if (str_eq(selection->key, STR("condition")) || !meant)
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
