/* check.h: what the checks of one journal share. Each check is a function that returns false when it has found something
 * wrong (or cannot read on), with the fault filled in; verify.c calls them in order. */
#ifndef VERIFY_CHECK_H
#define VERIFY_CHECK_H

#include "order.h"
#include "snapshot.h"
#include "verify.h"

struct check {
	const struct verify_request *request;
	struct verify_result *result;
	struct verify_fault *fault;
	enum verify_answer answer;
	struct snapshot snapshot;
	struct checkpoint
	    checkpoint; /* read and its signature verified; its root is compared when the tree has its size */
	struct order order;
	struct tree_hasher hasher;
	struct tree tree;
};

/* What a reader should do next, by what was found. */
extern const char check_next_file[], check_next_read[], check_next_entry[], check_next_tile[], check_next_checkpoint[],
    check_next_witness[], check_next_since[], check_next_blob[];

/* These return false, as complain does. */
bool check_wrong(struct check *check, const char *next);
bool check_unreadable(struct check *check, const char *next);
bool check_sqlite_failed(struct check *check, const char *where);

#define CHECK_COMPLAIN(check, next, ...) (complain(&(check)->fault->complaint, __VA_ARGS__), check_wrong(check, next))

bool check_prepare(struct check *check, const char *sql, sqlite3_stmt **ret_statement);
/* SQLite gives NULL for an empty blob; this does not. */
const uint8_t *check_blob(sqlite3_stmt *row, int column, size_t *ret_len);

#endif
