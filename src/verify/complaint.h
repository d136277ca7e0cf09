/* complaint.h: one sentence on what is wrong, the first found. Whoever complains returns false; whoever hears of it may
 * put in front where it was found, and passes it on. */
#ifndef VERIFY_COMPLAINT_H
#define VERIFY_COMPLAINT_H

#include <stdbool.h>

/* The answers, which are the exit codes. */
enum verify_answer {
	VERIFY_OK = 0,
	VERIFY_UNREADABLE = 1, /* nothing is known of the journal */
	VERIFY_USAGE = 2,
	VERIFY_WRONG = 4,   /* the journal is not what it must be */
	VERIFY_IN_PART = 5, /* it is, but not all that was asked is proved */
};

struct complaint {
	char what[400];
};

/* Both always return false. What comes from the journal is made printable: bytes below 0x20 and 0x7f become '?'. */
bool complain(struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool complain_in(struct complaint *complaint, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
