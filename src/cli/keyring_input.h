/* keyring_input.h: opens keys by what somebody types, or by the file beside them. */
#ifndef CLI_KEYRING_INPUT_H
#define CLI_KEYRING_INPUT_H

#include "cli/secret_input.h"
#include "keys/keyring.h"

/* Whether it is file, passphrase or shares, or NULL: whichever is easiest. */
bool keyring_input_knows(const char *way);

/* Asks for what is wanted. `input` is opened when it is needed and is not yet (its fd is -1): `fd` as in secret_input.h; the caller closes it. */
int keyring_input_open(struct keyring *ring, struct secret_input *input, const char *way, const char *fd,
		       struct error *error);

#endif
