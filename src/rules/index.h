/* index.h: which rules can still speak, from each fact by itself. Pure.
 *
 * For every fact and every class of its values the index keeps the set of rules that are not "no" when only that fact is known. Knowing more never turns a
 * "no" (match.h), so a rule outside any of these sets cannot speak; a decision intersects one set for each known fact and looks
 * only at the rules that are left. This is the bit-vector scheme of packet classification (Lakshman and Stiliadis, SIGCOMM 1998), with the
 * sets made by the matcher itself, so that there is no second definition of what a rule means. An unknown fact rules nothing out.
 */
#ifndef RULES_INDEX_H
#define RULES_INDEX_H

#include "rules/compiled.h"

/* ret_set has rulebook->set_words words. */
void index_candidates(const struct rulebook *rulebook, const struct fact *request, uint64_t *ret_set);

/* FNV-1a over the text with ASCII letters made small: the hash of field_slot. */
uint64_t index_hash(struct str text);

#endif
