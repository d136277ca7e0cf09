/* share_input.h: shares that somebody types from paper, or that come by a descriptor. At a terminal a mistake is told, and the question asked again. */
#ifndef CLI_SHARE_INPUT_H
#define CLI_SHARE_INPUT_H

#include "cli/secret_input.h"
#include "keys/share.h"

/* Whether a share is one of those that are wanted; an error tells why not. */
typedef int share_input_check(void *context, const struct share *share, struct error *error);

/* As many as the first one says are needed, all different; how many, or an error when there is no terminal to ask again at. `check` may be NULL. The caller
 * wipes them. */
int share_input_read(struct secret_input *input, share_input_check *check, void *context,
		     struct share ret_shares[SHARES_MAX], struct error *error);

#endif
