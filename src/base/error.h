/* error.h: an expected failure, in words a person can act on.
 *
 * A function that can fail for reasons outside the program takes `struct error *` as its last parameter, returns a
 * negative `enum error_code` and fills the error; on success it returns 0 (or a count) and leaves the error alone.
 * An error has three parts: where (file:line:column, field path, device), what is wrong, and the remedy.
 * Texts longer than their field are cut. No secret and no personal value ever goes into an error.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/base.h"

enum error_code {
	ERROR_INPUT = -1,  /* foreign bytes are not what they should be */
	ERROR_LIMIT = -2,  /* a declared limit is reached */
	ERROR_SYSTEM = -3, /* the operating system refused */
	ERROR_CRYPTO = -4, /* a key, signature or cipher text does not fit */
	ERROR_RECORD = -5, /* what is stored contradicts itself */
	ERROR_GONE = -6,   /* the other side went away */
};

struct error {
	enum error_code code;
	char where[256];
	char what[512];
	char remedy[256];
};

/* Fills `what`, clears the other two, returns code. error may be NULL: then only the code is returned. */
int error_set(struct error *error, enum error_code code, const char *format, ...) PRINTF(3, 4);

/* As error_set with ERROR_SYSTEM, and the text of errno behind a colon. */
int error_system(struct error *error, const char *format, ...) PRINTF(2, 3);

/* Add the place or the remedy to an error that is already set; return its code. */
int error_where(struct error *error, const char *format, ...) PRINTF(2, 3);
int error_remedy(struct error *error, const char *format, ...) PRINTF(2, 3);

/* Exit codes of every Chancery program. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,  /* what was asked could not be done */
	EXIT_USAGE = 2,	  /* the command line is wrong */
	EXIT_REFUSED = 3, /* the mission refused the command, and said why */
	EXIT_RECORD = 4,  /* the record does not verify */
	EXIT_DEVICE = 5,  /* a driver lost its device: start it again */
};

/* Prints "chancery: where: what" and the remedy on standard error; of a process that has a keeper, a line of the log (log.h). */
void error_print(const struct error *error);

/* Prints the error and exits. */
_Noreturn void die(enum exit_code exit_code, const struct error *error);

#endif
