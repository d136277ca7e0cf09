/* rules.h: what `chancery rules …` shares: the rulebook that is meant, and how its words are laid out. */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "cli/paint.h"
#include "rules/rulebook.h"
#include "rules/search.h"

enum { RULES_LINE_BYTES = 1 << 16 };

/* The rulebook of the directory, or without one the mission's access rules; ends the process with the error when it does not
 * load. `shown` is what it is called. */
const struct rulebook *rules_load(const char *directory, const char **ret_shown);

int rules_check(const char *directory, bool all);
int rules_explain(const char *directory, const char *rule);
int rules_try(const char *directory, char **facts, size_t n, const char *keep);
/* The rulebook of the directory as one text, and its hash; it must load. */
int rules_read(const char *directory, struct arena *arena, struct str *ret_text, uint8_t ret_hash[RULEBOOK_HASH_BYTES],
	       struct error *error);

int rules_enact(const char *directory);
int rules_detect(const char *directory, const char *file, const char *time_field);

/* Text in lines of the terminal's width, or 80 columns, the first behind what `b` has, the others behind `indent` blanks. */
void rules_put_wrapped(struct buf *b, size_t indent, struct str text);

/* A word in the left column, and what it says wrapped beside it. */
void rules_put_row(struct buf *b, const char *word, struct str text);

/* "staff-on-working-days: Staff may enter …", as a row. */
void rules_put_rule(struct buf *b, const struct rulebook *rules, const char *word, uint16_t rule);

/* Room for a search, and the search. */
void rules_search_init(struct search *search, const struct rulebook *rules);

/* "The higher layer", "overrides" …: why one rule outweighs another, as words behind "by". */
struct str rules_why(enum outweighs why);

/* The same of two rules by their numbers; ret_first is whether the first outweighs. */
enum outweighs rules_compare(const struct rulebook *rules, uint16_t first, uint16_t other, bool *ret_first);

#endif
