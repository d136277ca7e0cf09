/* fact_words.h: facts in words that a person understands. Pure. */
#ifndef RULES_FACT_WORDS_H
#define RULES_FACT_WORDS_H

#include "base/buf.h"
#include "schema/facts.h"

/* The value as a rule writes it; texts of a set with commas between them. Of a known fact. */
void fact_put_value(struct buf *b, enum fact_kind kind, const struct fact *fact);

/* "door.zone is Registry", "there is no person.company", "person.groups is not known". */
void fact_put(struct buf *b, const struct fact_name *name, const struct fact *fact);

/* All facts of the case that have a value, with commas between them, and that the others have none; as much as there is
 * room for, and … where that is not all. */
void fact_put_case(struct buf *b, const struct vocabulary *vocabulary, const struct fact *facts);

#endif
