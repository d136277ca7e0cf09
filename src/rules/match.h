/* match.h: whether a rule's conditions hold of a request: yes, no, or unknown. Pure.
 *
 * Kleene's strong three-valued logic: `and` is the least of its parts, `or` the greatest, `not` turns yes and no round. What is known decides
 * wherever it can; so knowing more never turns a yes into a no or back, and an answer that is not `unknown` is final.
 */
#ifndef RULES_MATCH_H
#define RULES_MATCH_H

#include "rules/compiled.h"

enum truth {
	TRUTH_NO,
	TRUTH_UNKNOWN,
	TRUTH_YES,
};

enum truth match_predicate(const struct predicate *predicate, const struct fact *request);
enum truth match_expression(const struct node *node, const struct fact *request);

/* The unknown facts that keep the expression from an answer, as bits; 0 when it has one. Of a vocabulary's facts. */
uint32_t match_unknowns(const struct node *node, const struct fact *request);

/* A leaf of an expression: its predicate, or the contrary where it is negated. */
enum truth match_leaf(const struct node *node, const struct fact *request);

/* One text, alone or of a set, against PREDICATE_TEXT or PREDICATE_REGEX. */
enum truth match_text(const struct predicate *predicate, struct str text);

/* The text, in any case of its ASCII letters unless the pattern is cased, against the pattern. */
bool match_pattern(const struct pattern *pattern, struct str text);
bool match_net(const struct net *net, const struct fact_address *address);

/* One known value against another, both of the kind; of texts by the compare's pattern. */
bool match_texts(enum compare compare, bool cased, struct str text, struct str other);
bool match_numbers(enum compare compare, int64_t number, int64_t other);

/* Reads an address as it is written. */
bool match_read_address(struct str text, struct fact_address *ret_address);

#endif
