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

enum truth match_predicate(const struct predicate *predicate, const struct fact *fact);
enum truth match_expression(const struct node *node, const struct fact *request);

/* The unknown facts that keep the expression from an answer, as bits; 0 when it has one. */
uint32_t match_unknowns(const struct node *node, const struct fact *request);

/* The text, in any case of its ASCII letters, against the pattern. */
bool match_pattern(const struct pattern *pattern, struct str text);
bool match_net(const struct net *net, const struct fact_address *address);

#endif
