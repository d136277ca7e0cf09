/* facts.h: what a decision by rules is asked about. Pure.
 *
 * A vocabulary is a closed list of facts, each with a name that rules use and a kind. It is written in the subject's schema (`facts:`) and
 * generated into gen/facts.h. A request is an array of facts, one for each entry of the vocabulary, in its order.
 *
 * A fact has one of three states, and zeroed memory knows nothing:
 *
 *   FACT_UNKNOWN  nobody has told: a permission must not rest on it
 *   FACT_ABSENT   it is known that there is none (an employee of ours has no company): no value matches
 *   FACT_KNOWN    the member of its kind holds
 */
#ifndef SCHEMA_FACTS_H
#define SCHEMA_FACTS_H

#include "base/str.h"

/* As many as the explanation in a journal entry holds (EntryBecause.facts in entry.yaml). */
enum { FACTS_MAX = 32 };

/* How the value is kept in struct fact, and how a rule writes it. */
enum fact_kind {
	FACT_TEXT,    /* text */
	FACT_TEXTS,   /* texts: a set; a rule's text matches when one of them does */
	FACT_NUMBER,  /* number: 42, -3 */
	FACT_TIME,    /* number: minutes of the local day, 0 to 1439; written "07:00" */
	FACT_DATE,    /* number: days since 1970-01-01; written 2026-11-23 */
	FACT_ADDRESS, /* address: written 192.0.2.7, 2001:db8::1, or with |cidr 192.0.2.0/24 */
	FACT_BOOL,    /* number: 0 or 1; written false or true */
	FACT_KINDS,
};

struct fact_name {
	struct str name;
	enum fact_kind kind;
	struct str about;
	bool personal; /* of whom the request is about: its value is sealed in the record */
};

struct vocabulary {
	struct str name;
	const struct fact_name *facts;
	size_t n; /* at most FACTS_MAX */
};

enum fact_state {
	FACT_UNKNOWN,
	FACT_ABSENT,
	FACT_KNOWN,
};

/* An IPv4 address has 4 bytes, an IPv6 address 16, in network order. */
struct fact_address {
	uint8_t n;
	uint8_t at[16];
};

struct fact {
	enum fact_state state;
	union {
		struct str text;
		int64_t number;
		struct {
			size_t n;
			const struct str *at;
		} texts;
		struct fact_address address;
	};
};

#endif
