/* rulebook.h: a decision by rules. Pure: no memory of its own, no clock, no files.
 *
 * A rulebook is loaded once (rulebook_load.h) and never changes. A rule speaks when its `match` is yes and its `unless` is no; both are three-valued,
 * because a fact may be unknown. From the rules, the outcome:
 *
 *   1  A permission that speaks and outweighs every refusal that speaks, or that might speak were the unknown facts known, permits.
 *   2  Everything else refuses.
 *
 * A permission P outweighs a refusal R, or R outweighs P, by the first of these that tells them apart:
 *
 *   layer        one stands in a higher layer of the rulebook
 *   overrides    one names the other in its `overrides`
 *   specificity  one's conditions imply the other's, and not the other way round
 *   date         both are dated, and one is later
 *   prohibition  nothing else told them apart: R outweighs P
 *
 * So two permissions never join forces: each refusal must be outweighed by the one permission that stands, and where rules go
 * round in a circle the answer is no. Zeroed memory is an answer that refuses.
 *
 * The language is described in README.md beside this file.
 */
#ifndef RULES_RULEBOOK_H
#define RULES_RULEBOOK_H

#include "schema/facts.h"

enum {
	RULEBOOK_RULES_MAX = 1024,
	RULEBOOK_LAYERS_MAX = 8,
	RULEBOOK_CONDITIONS_MAX = 32, /* different texts in one rulebook, so that an answer can hold all of them */
	RULEBOOK_HASH_BYTES = 32,
	RULEBOOK_NAME_BYTES_MAX = 40, /* of a rulebook or layer */
	RULE_ID_BYTES_MAX = 64,

	ANSWER_RULES_MAX = 16,
	ANSWER_UNKNOWN_MAX = 4,
};

struct rulebook;

enum outcome {
	OUTCOME_REFUSE,
	OUTCOME_PERMIT,
};

/* What told a permission and a refusal apart, in order of precedence. */
enum outweighs {
	OUTWEIGHS_NONE,
	OUTWEIGHS_LAYER,
	OUTWEIGHS_OVERRIDES,
	OUTWEIGHS_SPECIFICITY,
	OUTWEIGHS_DATE,
	OUTWEIGHS_PROHIBITION,
};

struct answer_outweighed {
	uint16_t rule, by;
	enum outweighs why;
};

/* Rules are named by number: 1 is the first, 0 is none. Facts by their place in the vocabulary. The counts are exact; where there
 * is more than a list holds, the list is cut. */
struct answer {
	enum outcome outcome;
	bool by_default; /* no rule spoke, and no unknown fact could have made one permit */
	uint16_t
	    deciding; /* a permission; or a refusal that no permission outweighs; 0 by default, or when only the unknown refuses */
	uint32_t
	    conditions; /* bit i: rulebook_condition(i) goes with the outcome; all of them, from every rule that stands */
	uint32_t facts; /* bit i: fact i was looked at by a rule that spoke, or is in `unknown` */

	/* Facts that are not known and on which a permission hangs, the one that asks for the fewest: knowing them may turn the refusal. None when
	 * they could not. */
	size_t unknown_count;
	uint8_t unknown[ANSWER_UNKNOWN_MAX];

	size_t spoke_count; /* the deciding rule first, then in order of layers and files */
	uint16_t spoke[ANSWER_RULES_MAX];

	/* Rules of the other outcome that spoke, each with one rule that outweighs it. */
	size_t outweighed_count;
	struct answer_outweighed outweighed[ANSWER_RULES_MAX];
};

/* request has one fact for each entry of the rulebook's vocabulary. ret_answer is wholly written and points to nothing. */
void rulebook_decide(const struct rulebook *rulebook, const struct fact *request, struct answer *ret_answer);

struct str rulebook_name(const struct rulebook *rulebook);
const struct vocabulary *rulebook_vocabulary(const struct rulebook *rulebook);

/* The number of rules. */
size_t rulebook_size(const struct rulebook *rulebook);

/* SHA-256 of what the rulebook says: files in order, comments and white space left out (rulebook_load.h). */
const uint8_t *rulebook_hash(const struct rulebook *rulebook);

/* Why the default refuses. */
struct str rulebook_default_reason(const struct rulebook *rulebook);

/* A text that goes with an outcome ("escort"), by its bit in answer.conditions. */
struct str rulebook_condition(const struct rulebook *rulebook, unsigned i);

/* What people are told of a rule, by its number. Texts that were not given are empty. */
struct rule_words {
	struct str id, title, about, reason;
	enum outcome outcome;
	struct str layer;
	size_t n_cites;
	const struct str *cites;
	struct str file; /* where its id stands */
	int line, column;
};
const struct rule_words *rulebook_rule(const struct rulebook *rulebook, uint16_t rule);

/* Bits of rulebook_condition: what goes with the rule's outcome. */
uint32_t rulebook_rule_conditions(const struct rulebook *rulebook, uint16_t rule);

/* What tells a permission and a refusal apart; ret_permits is whether the permission outweighs. */
enum outweighs rulebook_outweighs(const struct rulebook *rulebook, uint16_t permission, uint16_t refusal,
				  bool *ret_permits);

/* Whether the head has `covers`: then in every case that it names some rule speaks. */
bool rulebook_covers(const struct rulebook *rulebook);

/* "layer", "overrides", …: as the journal writes it. */
struct str outweighs_name(enum outweighs why);
struct str outcome_name(enum outcome outcome);

#endif
