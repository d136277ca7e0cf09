/* rule_read.h: one rule of a file, as the rulebook will have it but for what it has to do with other rules. */
#ifndef RULES_RULE_READ_H
#define RULES_RULE_READ_H

#include "rules/compile.h"

enum {
	RULE_TITLE_BYTES_MAX = 200,
	RULE_ABOUT_BYTES_MAX = 2000,
	RULE_REASON_BYTES_MAX = 500,
	RULE_CITES_MAX = 16,
	RULE_CITE_BYTES_MAX = 200,
	RULE_CONDITION_BYTES_MAX = 40,
	RULE_OVERRIDES_MAX = 64,
};

/* A name of another rule, and where it stands: a text node whose `next` is nothing. */
struct rule_draft {
	struct rule rule;
	const char *file;
	struct yaml place; /* of its id */
	size_t n_overrides;
	struct yaml *overrides;
};

struct rule_reader {
	struct compiler compiler;  /* its arena also keeps the texts */
	struct rulebook *rulebook; /* its conditions grow */
	const struct str *layers;  /* the highest first */
	size_t n_layers;
	struct arena *drafts; /* keeps the names of overridden rules until all rules are read */
};

int rule_read(struct rule_reader *r, const struct yaml *yaml, struct rule_draft *ret_draft);

/* Letters, digits, - and _, up to RULE_ID_BYTES_MAX. */
bool rule_read_is_id(struct str text);

#endif
