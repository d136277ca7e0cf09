/* oversight.h: second persons: approval before, review after, and looks at what is masked.
 *
 * A command whose schema says `approve` becomes an entry that asks (ApprovalAsked). When a second person agrees, the same command is decided again, with
 * the state as it is then, and its entry names both people and both times. A `life_safety` command is done at once, and a
 * review of it is owed within the hour. A `grave` command needs a passkey's assertion, which the core process checks before the decision.
 *
 * The core calls these around every command's decision (core/core.c, decide_command).
 */
#ifndef DOMAIN_OVERSIGHT_H
#define DOMAIN_OVERSIGHT_H

#include "gen/dispatch.h"
#include "schema/turn.h"

enum {
	OVERSIGHT_REVIEW_MS = 60 * 60 * 1000,
	OVERSIGHT_LOOK_MS = 15 * 60 * 1000,
};

void oversight_refuse_unasserted(struct turn *t, struct str command);

/* In place of the decision: a second person is asked. */
void oversight_ask_approval(struct turn *t, const struct input_type *type);

/* Whether this person may agree to what t->checked names; refuses otherwise. */
bool oversight_may_approve(struct turn *t, const struct input_type *type);

/* Behind the decision. */
void oversight_approved(struct turn *t);
void oversight_owe_review(struct turn *t, const struct input_type *type);

/* Whether `login` has a look open at the subject, as in person:12. */
bool oversight_is_open(const struct state *state, struct str login, struct str subject);

#endif
