/* passkey_file.h: a passkey (WebAuthn level 2, ES256) that lies in a file, for commands that need one at a terminal. It is
 * as good as the guard of that file: whoever reads it can speak as its owner.
 *
 *     chancery passkey 1
 *     label Duty laptop              at most 40 bytes
 *     credential 3f0a…               32 bytes: what the mission knows it by
 *     counter 17                     of the newest assertion
 *     point 04b7…                    the public key, uncompressed
 *     key 91c2…                      the private key, 32 bytes
 *
 * Each line ends with LF and there is nothing else in it; bytes are lower-case hexadecimal digits.
 *
 * A file that others may read or write, or that is somebody else's, is refused. The counter is on the disk before an
 * assertion is given out, so no crash makes one come twice: a new file takes the name of the old one. As long as it is
 * open it is locked, because the core takes assertions only in the order of their counters.
 */
#ifndef CLI_PASSKEY_FILE_H
#define CLI_PASSKEY_FILE_H

#include "base/error.h"
#include "serve/assertion.h"

enum {
	PASSKEY_FILE_BYTES_MAX = 512,
	PASSKEY_PATH_BYTES_MAX = 1024,
	PASSKEY_LABEL_BYTES_MAX = 40,
	PASSKEY_CREDENTIAL_BYTES = 32,
	PASSKEY_SCALAR_BYTES = 32,
	PASSKEY_SIGNATURE_BYTES_MAX = 72, /* DER of two numbers of 32 bytes */
};

struct passkey_file {
	int fd; /* locked */
	char path[PASSKEY_PATH_BYTES_MAX + 1];
	char label[PASSKEY_LABEL_BYTES_MAX + 1];
	uint8_t credential[PASSKEY_CREDENTIAL_BYTES];
	uint8_t point[ASSERTION_KEY_BYTES];
	uint8_t scalar[PASSKEY_SCALAR_BYTES];
	uint32_t counter;
	/* Of the newest assertion, which points here. */
	uint8_t authenticator[ASSERTION_AUTHENTICATOR_BYTES];
	uint8_t signature[PASSKEY_SIGNATURE_BYTES_MAX];
	char client[256];
};

/* Makes one, in a file that must not be there yet, and opens it. */
int passkey_file_make(struct passkey_file *ret_passkey, const char *path, struct str label, struct error *error);

/* Waits while another command uses it. */
int passkey_file_open(struct passkey_file *ret_passkey, const char *path, struct error *error);

/* Wipes what was read of it. */
void passkey_file_close(struct passkey_file *passkey);

/* Its word for a command; `asked` needs name, body and nonce. Holds until the next one. ERROR_LIMIT: it has counted to the
 * end; ERROR_SYSTEM: its counter cannot be kept, and nothing was given out. */
int passkey_file_assert(struct passkey_file *passkey, const struct assertion_asked *asked,
			struct assertion *ret_assertion, struct error *error);

/* What a file says, without the file: ERROR_INPUT names the line. */
int passkey_file_read(struct passkey_file *ret_passkey, struct str text, struct error *error);
void passkey_file_write(struct buf *b, const struct passkey_file *passkey);

#endif
