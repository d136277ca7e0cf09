/* access.h: who may pass which door.
 *
 * A card read at a reader becomes a request: facts of the person, the badge, the door and the moment. What no rulebook may overrule comes
 * first and in this order; the number is the one in the code, in access_test.c and in README.md:
 *
 *   1  the reader hangs on the reporting driver's line, and the card's bytes fit its bits      else the report is refused
 *      A card that waited so long that the driver's grant table has decided is not decided again: ReadLate
 *   2  the card is a badge                                                                     else Denied unknown_card
 *   3  the badge is not suspended                                                              else Denied badge_suspended
 *   4  the badge has not expired                                                               else Denied badge_expired
 *   5  the person's stay has begun and not ended                                               else Denied not_present
 *   6  no lockdown holds the doors                                                             else Denied held
 *   7  the access rulebook permits      else Denied forbidden_by_rule, no_rule_permits (only its default spoke) or facts_not_known
 *   8  Granted
 */
#ifndef DOMAIN_ACCESS_H
#define DOMAIN_ACCESS_H

#include "gen/dispatch.h"
#include "gen/facts.h"
#include "rules/rulebook.h"
#include "schema/turn.h"

/* A driver that has had no answer to a card for so long decides by its grant table; what the core says then is void. */
enum { ACCESS_GROUPS_MAX = 8, ACCESS_ANSWER_MS = 1500 };

/* The facts of one request, and the texts that they point to. */
struct access_request {
	struct fact facts[ACCESS_REQUEST_FACTS];
	struct str groups[ACCESS_GROUPS_MAX];
};

/* Fills ret_request: what the rulebook is asked when this badge is shown at this reader at this moment. It points into the state. */
void access_request_of(const struct state *state, const struct badge *badge, const struct reader *reader, int64_t now,
		       struct access_request *ret_request);

#endif
