/* fact_read.h: a fact from the words of a person: as a rule writes a value; texts of a set with commas between them; -
 * for that there is none. Pure. */
#ifndef RULES_FACT_READ_H
#define RULES_FACT_READ_H

#include "base/error.h"
#include "schema/facts.h"

/* The fact points into the words, and for a set into `texts`, which has room for so many. */
int fact_read(enum fact_kind kind, struct str words, struct str *texts, size_t max, struct fact *ret_fact,
	      struct error *error);

#endif
