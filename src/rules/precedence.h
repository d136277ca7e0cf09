/* precedence.h: which of two rules outweighs the other, and by what; the order is told in rulebook.h. Pure. */
#ifndef RULES_PRECEDENCE_H
#define RULES_PRECEDENCE_H

#include "rules/compiled.h"

/* What tells the permission and the refusal apart; ret_permits is whether the permission outweighs. Never OUTWEIGHS_NONE. */
enum outweighs precedence_of(const struct rulebook *rulebook, size_t permission, size_t refusal, bool *ret_permits);

#endif
