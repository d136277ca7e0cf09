/* sigma_read.h: one document of a detection's files. */
#ifndef RULES_SIGMA_READ_H
#define RULES_SIGMA_READ_H

#include "rules/compile.h"
#include "rules/detected.h"

enum {
	SIGMA_TITLE_BYTES_MAX = 256,
	SIGMA_TEXT_BYTES_MAX = 65535,
	SIGMA_LIST_MAX = 256, /* references, tags … of one rule */
};

/* A rule or correlation while the others are not read yet. */
struct sigma_draft {
	const char *file;
	struct str name;		/* by which correlations may refer to it */
	const struct yaml *place;	/* the document */
	const struct yaml *correlation; /* NULL: it is a rule, and `rule` holds it */
	bool generate;			/* of a correlation: its rules are hits by themselves too */
	struct detected rule;		/* of a correlation only the words */
};

struct sigma_reader {
	struct compiler compiler; /* its arena keeps the texts */
	size_t left_out;
};

/* What the document is; ret_drafts gets one more, unless the rule is left out. */
int sigma_read(struct sigma_reader *r, const struct yaml *document, struct bag *drafts);

#endif
