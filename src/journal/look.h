/* look.h: a look at a journal that nobody has open, which changes nothing: no lock is taken, no log is taken in, no file is made. What lies in the write-ahead
 * log is not seen, only its size is told; whether the record is right is chancery-verify's to say.
 */
#ifndef JOURNAL_LOOK_H
#define JOURNAL_LOOK_H

#include "base/buf.h"
#include "base/error.h"

struct journal_look {
	uint64_t entries;	 /* that the newest checkpoint signs */
	uint64_t bytes, waiting; /* of the database, of its log */
};

/* ret_last gets the newest entry's body. ERROR_RECORD when this is no journal of this program's format; ERROR_SYSTEM when it cannot be read. */
int journal_look(const char *path, struct journal_look *ret_look, struct buf *ret_last, struct error *error);

#endif
