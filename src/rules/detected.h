/* detected.h: detection rules as the loader leaves them and the matcher reads them. Seen only inside src/rules. Pure. */
#ifndef RULES_DETECTED_H
#define RULES_DETECTED_H

#include "rules/compiled.h"
#include "rules/correlation.h"

enum {
	DETECTION_WORDS_MAX = DETECTION_RULES_MAX / 64,
	GRAM_BYTES = 4,
	FILTER_BITS_LOG2 = 17,
};

/* Rules that cannot match without a piece of text or a whole value. */
struct filter_entry {
	uint64_t key;	   /* of a piece its bytes; of a value the hash of it and its field */
	uint32_t first, n; /* of filter->rules; n is 0 where the slot is free */
};

struct filter {
	const uint64_t *always;		 /* rules that say nothing that could be looked for */
	const uint64_t *bits;		 /* of hashes of pieces, so that most are ruled out at once */
	size_t piece_slots, value_slots; /* powers of two */
	const struct filter_entry *pieces, *values;
	const uint16_t *rules;
	bool whole; /* pieces are looked for in the whole event, else in the fields that rules name */
};

struct detected {
	struct detection_words words;
	struct str category, product, service;
	const struct node *applies;
	bool quiet;
};

struct detection {
	size_t n, set_words, left_out;
	const struct detected *rules;
	size_t n_fields;
	const struct str *fields; /* their names; the first has none and is the whole event */
	size_t field_slots;
	const uint32_t *field_table; /* of their numbers by str_hash; 0 is free */
	bool keywords;		     /* a rule asks for the whole event */
	struct filter filter;
	size_t n_correlations;
	const struct correlation *correlations;
};

#endif
