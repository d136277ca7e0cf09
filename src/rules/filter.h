/* filter.h: which detection rules an event could match, from pieces of its texts. Pure.
 *
 * For each rule the loader chooses texts of which one must be in the event for it to match: a whole value of a field, or
 * four bytes of a text, in any case of their ASCII letters. The event's texts are gone through once, byte by byte; a
 * table of bits rules out most places before anything is looked up. A rule for which no texts can be chosen (it asks for
 * an address, a number or an expression only) is always looked at.
 */
#ifndef RULES_FILTER_H
#define RULES_FILTER_H

#include "rules/detected.h"

/* Adds to the set the rules without which one of these texts means nothing. */
void filter_add_pieces(const struct filter *filter, struct str text, uint64_t *set);
void filter_add_value(const struct filter *filter, uint16_t field, struct str value, uint64_t *set);

/* The key of a whole value of a field. */
uint64_t filter_value_key(uint16_t field, struct str value);
/* The key of a piece: its four bytes, small. */
uint64_t filter_piece_key(const char *at);
size_t filter_bit(uint64_t piece_key);

#endif
