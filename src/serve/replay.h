/* replay.h: what a record holds, decided once more: each input on the state that the entries before it made, as they are recorded.
 *
 * By the rulebooks that were in force every decision must come out as it is recorded, byte for byte but for what encryption adds; this shows that the
 * record holds all that its decisions rested on. By another rulebook those that rules decided may come out otherwise: this shows what the rulebook would
 * change, before anybody enacts it.
 *
 * An entry with an erased value is not repeated, and one that differs before something was forgotten is not held against anybody: it may have rested on
 * values that are erased now. It only reads: no key is made, and nothing is written.
 */
#ifndef SERVE_REPLAY_H
#define SERVE_REPLAY_H

#include "core/core.h"
#include "journal/journal.h"

struct replay_side {
	struct str outcome; /* of the rulebook; empty: rules were not asked */
	const struct str *rules;
	size_t n_rules;	 /* that spoke */
	struct str what; /* the refusal, or the first event, or empty */
	struct str body; /* of that, its values in their places */
};

struct replay_difference {
	uint64_t entry;
	int64_t wall;
	struct str input;
	struct str who; /* the name of the person in the event, where there is one */
	struct replay_side was, would;
};

struct replay_options {
	struct journal *journal;
	struct vault vault; /* with the mission's keys */
	int (*load_rules)(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error);
	const struct rulebook *rules;			/* NULL: those that were in force */
	void (*progress)(uint64_t done, uint64_t size); /* may be NULL */
	/* Texts hold for the call. With rules that were in force it is called once at most, at the end, for the first. */
	void (*differs)(void *context, const struct replay_difference *difference);
	void *context;
};

struct replay_result {
	uint64_t entries, decided, same, different, not_repeatable;
	uint64_t first;	     /* the entry of the first difference */
	bool same_state;     /* deciding has made the state that the entries made */
	uint64_t state_hash; /* of the rows at the end, in one order */
};

int replay_run(const struct replay_options *options, struct replay_result *ret_result, struct error *error);

#endif
