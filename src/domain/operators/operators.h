/* operators.h: the passkeys of those who operate the mission.
 *
 * The core process checks an assertion (src/serve/assertion.h) by the key that stands here; its counter is kept, so that a passkey that was copied is
 * found out. Who has which role stands in mission.yaml.
 */
#ifndef DOMAIN_OPERATORS_H
#define DOMAIN_OPERATORS_H

#include "gen/dispatch.h"
#include "schema/turn.h"

/* Behind the decision of a command that t->checked says was asserted. */
void operators_passkey_used(struct turn *t);

#endif
