/* rules_try.h: for the tests of this folder: a vocabulary with a fact of every kind, and requests and rulebooks in
 * few words. */
#ifndef RULES_RULES_TRY_H
#define RULES_RULES_TRY_H

#include "base/arena.h"
#include "rules/rulebook_load.h"
#include "rules/rulebook_text.h"
#include "rules/calendar.h"

#include <arpa/inet.h>

enum { TRY_TEXTS_MAX = 8, TRY_BOOK_BYTES = 1 << 16 };

static const struct fact_name try_facts[] = {
    {{"name", 4}, FACT_TEXT, {"", 0}, false},	 {{"groups", 6}, FACT_TEXTS, {"", 0}, false},
    {{"level", 5}, FACT_NUMBER, {"", 0}, false}, {{"time", 4}, FACT_TIME, {"", 0}, false},
    {{"date", 4}, FACT_DATE, {"", 0}, false},	 {{"from", 4}, FACT_ADDRESS, {"", 0}, false},
    {{"secure", 6}, FACT_BOOL, {"", 0}, false},	 {{"zone", 4}, FACT_TEXT, {"", 0}, false},
    {{"limit", 5}, FACT_NUMBER, {"", 0}, false},
};
enum { TRY_FACTS = ARRAY_LEN(try_facts) };
static const struct vocabulary try_vocabulary = {{"try.Request", 11}, try_facts, TRY_FACTS};

static const char try_head[] = "name: try\nlayers: [high, low]\ndefault: {outcome: refuse, reason: nobody said yes}\n";

struct try_request {
	struct fact facts[TRY_FACTS];
	struct str texts[TRY_TEXTS_MAX];
};

static inline struct str try_trim(struct str s)
{
	while (s.len > 0 && s.at[0] == ' ')
		s = (struct str){s.at + 1, s.len - 1};
	while (s.len > 0 && s.at[s.len - 1] == ' ')
		s.len--;
	return s;
}

static inline struct fact try_texts(struct try_request *r, struct str list)
{
	struct fact fact = {.state = FACT_KNOWN, .texts.at = r->texts};
	for (bool more = list.len > 0; more;) {
		struct str one = list;
		more = str_cut(list, ',', &one, &list);
		ASSERT(fact.texts.n < TRY_TEXTS_MAX);
		r->texts[fact.texts.n++] = try_trim(one);
	}
	return fact;
}

static inline struct fact try_address(struct str text)
{
	char zero_terminated[64] = {0};
	struct fact fact = {.state = FACT_KNOWN, .address.n = memchr(text.at, ':', text.len) ? 16 : 4};
	ASSERT(text.len < sizeof zero_terminated);
	memcpy(zero_terminated, text.at, text.len);
	ASSERT(inet_pton(fact.address.n == 4 ? AF_INET : AF_INET6, zero_terminated, fact.address.at) == 1);
	return fact;
}

static inline int64_t try_digits(struct str text)
{
	int64_t number = 0;
	for (size_t i = 0; i < text.len; i++)
		number = number * 10 + (text.at[i] - '0');
	return number;
}

static inline struct fact try_number(enum fact_kind kind, struct str text)
{
	struct fact fact = {.state = FACT_KNOWN};
	struct str hours, minutes;
	bool good = true;
	if (kind == FACT_DATE) {
		good = calendar_read_date(text, &fact.number);
	} else if (kind == FACT_TIME) {
		good = str_cut(text, ':', &hours, &minutes);
		fact.number = good ? try_digits(hours) * 60 + try_digits(minutes) : 0;
	} else if (kind == FACT_BOOL) {
		fact.number = str_eq(text, STR("true"));
	} else {
		good = str_to_i64(text, INT64_MIN, INT64_MAX, &fact.number);
	}
	ASSERT(good);
	return fact;
}

static inline struct fact try_fact(struct try_request *r, enum fact_kind kind, struct str value)
{
	if (str_eq(value, STR("-")))
		return (struct fact){.state = FACT_ABSENT};
	if (kind == FACT_TEXT)
		return (struct fact){.state = FACT_KNOWN, .text = value};
	if (kind == FACT_TEXTS)
		return try_texts(r, value);
	return kind == FACT_ADDRESS ? try_address(value) : try_number(kind, value);
}

/* "groups=a, b; level=3; name=-": what is not there is unknown, "-" is absent. */
static inline void try_request(struct try_request *r, const char *words)
{
	struct str rest = str_of(words);
	*r = (struct try_request){0};
	for (bool more = rest.len > 0; more;) {
		struct str part = rest, name, value;
		more = str_cut(rest, ';', &part, &rest);
		ASSERT(str_cut(part, '=', &name, &value));
		size_t i = 0;
		while (!str_eq(try_facts[i].name, try_trim(name)))
			ASSERT(++i < TRY_FACTS);
		r->facts[i] = try_fact(r, try_facts[i].kind, try_trim(value));
	}
}

/* A text of head and rules. */
static inline struct str try_book_text(char memory[TRY_BOOK_BYTES], const char *rules)
{
	struct buf b = {.at = (uint8_t *)memory, .size = TRY_BOOK_BYTES - 1};
	buf_put_str(&b, str_of(try_head));
	buf_put_str(&b, str_of(rules));
	ASSERT(!b.over);
	memory[b.len] = 0;
	return buf_str(&b);
}

static inline const struct rulebook *try_book(const char *rules)
{
	static char memory[TRY_BOOK_BYTES];
	return rulebook_of_text(&try_vocabulary, try_book_text(memory, rules).at);
}

/* A rulebook of one rule that permits, with these lines under `match`. */
static inline const struct rulebook *try_match(const char *match)
{
	static char memory[TRY_BOOK_BYTES];
	int n = snprintf(memory, sizeof memory,
			 "rules:\n  - id: only\n    title: t\n    layer: low\n    outcome: permit\n    match: {%s}\n",
			 match);
	ASSERT(n > 0 && (size_t)n < sizeof memory);
	return try_book(memory);
}

#endif
