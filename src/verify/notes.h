/* notes.h: the signed notes of a journal: its checkpoint, and the earlier ones that witnesses have cosigned.
 *
 * notes_check reads them all, verifies every signature whose key is known, and says when the witnesses that were asked
 * for have seen the journal. The roots are compared as the tree grows: notes_reached after each entry.
 */
#ifndef VERIFY_NOTES_H
#define VERIFY_NOTES_H

#include "check.h"

bool notes_check(struct check *check);

#define NOTES_WHERE_BYTES (CHECKPOINT_NAME_BYTES_MAX + 16) /* "cosigned by " and a witness's name */

struct notes {
	sqlite3_stmt *rows; /* of cosigned, by size */
	bool more;	    /* `next`, of `where`, is the first that the tree has not reached */
	struct checkpoint next;
	char where[NOTES_WHERE_BYTES];
};

/* Ends with notes_end, whatever happened. */
bool notes_begin(struct check *check, struct notes *notes);
bool notes_reached(struct check *check, struct notes *notes);
void notes_end(struct notes *notes);

#endif
