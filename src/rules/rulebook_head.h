/* rulebook_head.h: what rulebook.yaml says of the whole rulebook. */
#ifndef RULES_RULEBOOK_HEAD_H
#define RULES_RULEBOOK_HEAD_H

#include "rules/compile.h"

struct rulebook_head {
	struct str layers[RULEBOOK_LAYERS_MAX]; /* the highest first */
	size_t n_layers;
	struct placeholders placeholders;
	const struct yaml *covers; /* or NULL */
};

/* Fills the head, and of the rulebook name, default and what is unsettled; texts are kept in the arena. */
int rulebook_head_read(const struct source *source, const struct yaml *yaml, struct arena *arena,
		       struct rulebook *rulebook, struct rulebook_head *ret_head);

#endif
