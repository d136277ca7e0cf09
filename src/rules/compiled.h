/* compiled.h: a rulebook as the loader leaves it and the decision reads it. Seen only inside src/rules. Pure.
 *
 * A rule's conditions are one expression: match and not unless, with every `not` pushed down to the predicates. Kleene's logic
 * keeps De Morgan's laws, so that changes no answer. Inside, rules are numbered from 0; outside from 1.
 */
#ifndef RULES_COMPILED_H
#define RULES_COMPILED_H

#include "rules/calendar.h"
#include "rules/rulebook.h"

enum {
	RULE_NODES_MAX = 1024, /* of one rule's expression */
	RULE_DEPTH_MAX = 64,   /* of the expression; bounds the recursion of match.c */
	RULE_SET_WORDS_MAX = RULEBOOK_RULES_MAX / 64,
	PATTERN_BYTES_MAX = 1024,
	REGEX_BYTES_MAX = 1024, /* as it is written */
};

/* States of a fact that only the index uses, beside enum fact_state. Of what it does not sort by, nothing is known. */
enum {
	FACT_OTHER = FACT_KNOWN + 1, /* known, and none of the texts that rules name in full */
	FACT_SOME,		     /* a set that holds `text`; whether it holds more is unknown */
	FACT_ROUGH,		     /* known but for the case of its letters, or but for the parts of the calendar */
};

/* In a wild pattern these bytes stand for any run of characters, for any one, and for any of the five dashes of
 * |windash; no document holds them (yaml.h). */
enum {
	PATTERN_RUN = 0x01,
	PATTERN_ONE = 0x02,
	PATTERN_DASH = 0x03,
};

struct pattern {
	struct str text; /* ASCII letters are small, unless it is cased */
	bool wild, cased;
	struct str said; /* the value as it is written */
};

struct range {
	int64_t low, high; /* both included */
};

struct net {
	uint8_t n; /* bytes of an address: 4 or 16 */
	uint8_t bits;
	uint8_t at[16];
};

/* A regular expression by PCRE2 (regex.h). */
struct regex {
	const void *code;
	struct str source;
	bool any_case, lines, dot_all; /* |i, |m, |s */
};

enum predicate_kind {
	PREDICATE_EXISTS, /* the fact is not absent */
	PREDICATE_FILLED, /* a set that is not empty */
	PREDICATE_TEXT,
	PREDICATE_REGEX,
	PREDICATE_RANGE, /* of a number, or of one of its parts */
	PREDICATE_NET,
	PREDICATE_FACT, /* as another fact is */
};

/* How a fact is compared with another one: it begins with the other, is greater than the other … */
enum compare {
	COMPARE_EQUAL,
	COMPARE_STARTS,
	COMPARE_ENDS,
	COMPARE_CONTAINS,
	COMPARE_GT,
	COMPARE_GTE,
	COMPARE_LT,
	COMPARE_LTE,
};

struct other_fact {
	uint16_t fact;
	bool is_set;
};

/* Holds when the fact has one of the n values. Equal predicates of a rulebook are one, with one number. */
struct predicate {
	enum predicate_kind kind : 8;
	enum fact_kind value : 8; /* FACT_TEXT, FACT_NUMBER or FACT_ADDRESS: what is compared */
	enum part part : 8;	  /* PREDICATE_RANGE: the ranges are of this part of the date or time */
	enum compare compare : 8; /* PREDICATE_FACT */
	bool is_set;		  /* the fact is a set of texts: one of them must have the value */
	bool cased;		  /* PREDICATE_FACT: texts are compared with their case */
	uint16_t fact, n;
	uint32_t number;
	uint32_t modifiers; /* as they are written (modifier.h), for people */
	union {
		const void *values;
		const struct pattern *patterns;
		const struct regex *regexes;
		const struct range *ranges;
		const struct net *nets;
		const struct other_fact *others;
	};
};

enum node_op {
	NODE_AND,
	NODE_OR,
	NODE_PREDICATE,
};

/* Nodes lie in prefix order; a node and all below it are `size` nodes. */
struct node {
	enum node_op op : 8;
	bool negated; /* of a predicate */
	uint16_t size;
	const struct predicate *predicate;
};

struct rule {
	struct rule_words words;
	uint8_t layer; /* 0 is the highest */
	bool has_date;
	int32_t date;
	uint32_t facts;	     /* that the conditions look at */
	uint32_t conditions; /* bits of rulebook_condition */
	const struct node *applies;
	uint64_t *overrides; /* sets of rules, all of the other outcome */
	uint64_t *implies;   /* rules whose conditions follow from this one's, and not the other way round */
	uint64_t *outweighs; /* of a permission: the refusals it outweighs */
};

/* What one fact alone rules out: for each class of its values, the rules that may still speak. */
struct field {
	uint16_t fact;
	enum fact_kind kind;
	const uint64_t *absent;

	/* FACT_TEXT, FACT_TEXTS: texts named in full, by open addressing; `other` is for every other text. */
	const uint64_t *other;
	size_t slots; /* a power of two, or 0 */
	const struct field_slot {
		uint64_t hash;
		struct str text;
		const uint64_t *keep; /* NULL: the slot is free */
		const uint64_t *drop; /* FACT_TEXTS only: a set that holds the text rules these out */
	} * slot;

	/* Numbers: class i is [breaks[i - 1], breaks[i]); classes are set after set. */
	size_t n_breaks;
	const int64_t *breaks;
	const uint64_t *classes;
};

/* Values that change what rules say of a fact: of a set the texts that it may have in it. */
struct options {
	size_t n;
	const struct fact *values;
	bool partial; /* there are more than are worth trying, or nobody knows them all */
};

struct rulebook {
	struct str name, default_reason;
	const struct vocabulary *vocabulary;
	uint8_t hash[RULEBOOK_HASH_BYTES];
	size_t n, set_words; /* of rules; of a set of them */
	const struct rule *rules;
	uint64_t *permits; /* the set of those that permit */
	size_t n_predicates;
	const struct predicate *const *predicates; /* by their numbers */
	const struct node *covers;		   /* or NULL: which cases rules must speak of */
	uint32_t covers_facts;
	bool unsettled_is_conflict;
	struct options options[FACTS_MAX];
	size_t n_fields;
	struct field fields[FACTS_MAX];
	unsigned n_conditions;
	struct str conditions[RULEBOOK_CONDITIONS_MAX];
};

/* What a fact of the kind can be, and one of it that reads well, where any will do. */
static inline struct range numbers_of(enum fact_kind kind)
{
	switch (kind) {
	case FACT_TIME:
		return (struct range){0, MINUTES_PER_DAY - 1};
	case FACT_DATE:
		return (struct range){CALENDAR_DAY_MIN, CALENDAR_DAY_MAX};
	case FACT_BOOL:
		return (struct range){0, 1};
	default:
		return (struct range){INT64_MIN, INT64_MAX};
	}
}

enum { ANY_DAY = 20454 /* 2026-01-01 */, NOON = 12 * 60 };

static inline int64_t any_number(enum fact_kind kind)
{
	return kind == FACT_DATE ? ANY_DAY : kind == FACT_TIME ? NOON : 0;
}

static inline bool set_has(const uint64_t *set, size_t rule)
{
	return set[rule / 64] >> (rule % 64) & 1;
}

static inline void set_add(uint64_t *set, size_t rule)
{
	set[rule / 64] |= UINT64_C(1) << (rule % 64);
}

static inline void set_remove(uint64_t *set, size_t rule)
{
	set[rule / 64] &= ~(UINT64_C(1) << (rule % 64));
}

/* The first rule in the set at or after `from`, or words * 64. */
static inline size_t set_next(const uint64_t *set, size_t words, size_t from)
{
	for (size_t w = from / 64; w < words; w++) {
		uint64_t left = w == from / 64 ? set[w] & ~UINT64_C(0) << (from % 64) : set[w];
		if (left)
			return w * 64 + (size_t)__builtin_ctzll(left);
	}
	return words * 64;
}

#define SET_EACH(set, words, rule)                                                                                     \
	for (size_t rule = set_next((set), (words), 0); rule < (words)*64; rule = set_next((set), (words), rule + 1))

/* ASCII letters made small: the language ignores their case, and no other letter's. */
static inline char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

#endif
