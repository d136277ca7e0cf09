#include "check.h"

const char check_next_file[] = "Check that this is a journal of format 2. If it should be, take it from a backup.";
const char check_next_read[] = "Nothing is known of the journal yet. Put this right and verify again.";
const char check_next_entry[] =
    "Copy the journal away as it is. Then compare with the newest backup that verifies: what stands there before this\n"
    "place is good; who could write to this machine since then is the question.";
const char check_next_tile[] = "Copy the journal away as it is. Entries and tiles disagree: an entry was changed "
			       "after it was written, or the tile\n"
			       "was damaged. A backup that verifies shows which of the two.";
const char check_next_checkpoint[] =
    "Check that the key is this mission's, from a place outside this machine; after a fork its name has / and the\n"
    "incarnation behind it. If it is the right one, copy the journal away as it is: what was signed is not what lies "
    "here.";
const char check_next_witness[] = "Copy the journal away as it is, and ask the witness which checkpoint of this origin "
				  "it saw last: that one is proved\n"
				  "by the witness's own record.";
const char check_next_since[] = "Copy the journal away as it is, and keep the saved checkpoint: it proves, by the "
				"mission's own signature, that the\n"
				"journal once was another. Find the backup that begins with the saved tree.";

const char check_next_blob[] = "Copy the journal away as it is. The entries are what they were; a file that they name "
			       "is not. A backup that verifies\n"
			       "has it still, unless its owner was forgotten since.";

bool check_wrong(struct check *c, const char *next)
{
	c->answer = VERIFY_WRONG;
	c->fault->next = next;
	return false;
}

bool check_unreadable(struct check *c, const char *next)
{
	c->answer = VERIFY_UNREADABLE;
	c->fault->next = next;
	return false;
}

bool check_sqlite_failed(struct check *c, const char *where)
{
	complain(&c->fault->complaint, "%s: %s", where, sqlite3_errmsg(c->snapshot.db));
	c->answer = snapshot_answer(sqlite3_errcode(c->snapshot.db));
	c->fault->next = c->answer == VERIFY_WRONG ? check_next_file : check_next_read;
	return false;
}

bool check_prepare(struct check *c, const char *sql, sqlite3_stmt **ret_statement)
{
	return sqlite3_prepare_v2(c->snapshot.db, sql, -1, ret_statement, NULL) == SQLITE_OK ||
	       check_sqlite_failed(c, "the database");
}

const uint8_t *check_blob(sqlite3_stmt *row, int column, size_t *ret_len)
{
	const uint8_t *bytes = sqlite3_column_blob(row, column);
	*ret_len = (size_t)sqlite3_column_bytes(row, column);
	return bytes ? bytes : (const uint8_t *)"";
}
