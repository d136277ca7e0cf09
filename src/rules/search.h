/* search.h: what a rulebook leaves unsettled or uncovered, each with a case that shows it. Pure.
 *
 *     circle     permissions and refusals that outweigh each other round in a circle, by overrides, specificity and date,
 *                and that all speak in one case: always a conflict
 *     unsettled  a permission and a refusal that speak in one case, and that nothing but prohibition tells apart: a
 *                conflict where the head says `unsettled: conflict`
 *     gap        a case inside the head's `covers` in which no rule speaks, so that only the default meets it: always
 *                wrong
 *
 * Steps are counted, and a search that takes too many says that nobody knows. A rulebook with a conflict or a gap, and
 * one that cannot be searched, does not load.
 */
#ifndef RULES_SEARCH_H
#define RULES_SEARCH_H

#include "rules/case.h"
#include "rules/source.h"

enum {
	SEARCH_CIRCLE_MAX = 16,	   /* rules in one */
	SEARCH_WORK_MAX = 1 << 26, /* steps for circles, for gaps, and for conflicts at load */
	SEARCH_SCRATCH_BYTES = CASE_SCRATCH_BYTES + (4 << 20),
};

struct finding {
	size_t n; /* rules, by their numbers (rulebook.h); none for a gap */
	uint16_t rules[SEARCH_CIRCLE_MAX];
	struct fact facts[FACTS_MAX]; /* the case; its texts live until the next search */
};

struct search {
	const struct rulebook *book;
	struct cases cases;
};

/* scratch has SEARCH_SCRATCH_BYTES, and is in use as long as the search is. */
void search_init(struct search *s, const struct rulebook *book, struct arena *scratch, size_t work_max);

enum found search_circle(struct search *s, struct finding *ret_finding);
enum found search_gap(struct search *s, struct finding *ret_finding);

/* Whether the two, a permission and a refusal, are told apart by prohibition alone, and a case in which both speak. */
enum found search_unsettled(struct search *s, uint16_t permission, uint16_t refusal, struct finding *ret_finding);

/* A case in which the two rules speak. */
enum found search_overlap(struct search *s, uint16_t rule, uint16_t other, struct finding *ret_finding);

/* All of it, at load: an error names the rules, or `covers`, by file, line and column, and tells the case. */
int search_rulebook(const struct rulebook *book, const struct source *head, const struct yaml *covers,
		    struct arena *scratch);

#endif
