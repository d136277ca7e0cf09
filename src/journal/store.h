/* store.h: the journal's database: SQL and nothing else. What the rows mean is journal.c's matter.
 *
 * Tables as docs/journal-format.md gives them. The first row put begins a transaction, store_commit ends it.
 * After an error of a verb that writes the store is broken: it refuses to write, and closing it leaves the
 * files as they are.
 *
 * The write-ahead log is moved into the database by store_commit, when it has grown to log_pages_max.
 * SQLite's own automatic checkpoint would do it at the same moment, but keeps an fsync that failed there to
 * itself.
 */
#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

#include "base/buf.h"
#include "base/error.h"

enum {
	STORE_APPLICATION_ID = 1128813433, /* "Chcy" */
	STORE_FORMAT = 2,
	STORE_PAGE_BYTES = 4096,
	STORE_LOG_PAGES = 256, /* 1 MB; fewer cost more syncs, more make the slowest commits slower */
	STORE_CACHE_KIB = 8192,
};

struct store;

/* Opens the database or makes an empty one, and checks that it is a journal of our format with no tables but
 * ours. */
int store_open(struct store **ret_store, const char *path, const char *vfs, int log_pages_max, struct error *error);
void store_close(struct store *store);

/* Breaks the store on purpose: what the caller knows no longer fits what it wrote. */
void store_abandon(struct store *store);

/* 0, or the error that a broken store answers to everything. */
int store_check(const struct store *store, struct error *error);

/* For what the caller finds wrong: ERROR_RECORD with the database's path and what to do about a damaged
 * journal. */
int store_damaged(const struct store *store, struct error *error, const char *format, ...) PRINTF(3, 4);

int store_put_entry(struct store *store, uint64_t seq, struct str body, struct error *error);
int store_put_tile(struct store *store, unsigned level, uint64_t number, struct str hashes, struct error *error);
int store_put_checkpoint(struct store *store, uint64_t size, struct str note, struct error *error);
int store_put_cosigned(struct store *store, struct str witness, uint64_t size, struct str note, struct error *error);

/* The same hash twice is one blob. */
int store_put_blob(struct store *store, struct str hash, struct str owner, struct str data, struct error *error);
int store_drop_blob(struct store *store, struct str hash, struct error *error);
int store_drop_blobs(struct store *store, struct str owner, struct error *error);

/* Durable when it returns 0. */
int store_commit(struct store *store, struct error *error);

/* 1 when the row is there, 0 when not. Bytes are put into the buffer, which is `over` when they are too many.
 */
int store_get_checkpoint(struct store *store, uint64_t *ret_size, struct buf *note, struct error *error);
int store_get_tile(struct store *store, unsigned level, uint64_t number, struct buf *hashes, struct error *error);

int store_get_blob(struct store *store, struct str hash, struct buf *owner, struct buf *data, struct error *error);
/* The first one whose hash is greater, in order of their bytes. */
int store_next_blob(struct store *store, struct str after, struct buf *hash, struct buf *owner, struct error *error);

/* The note of this witness, or of the first one whose name is greater: names in order of their bytes, from an empty
 * one on. */
int store_get_cosigned(struct store *store, struct str witness, uint64_t *ret_size, struct buf *note,
		       struct error *error);
int store_next_cosigned(struct store *store, struct str after, struct buf *witness, struct error *error);

/* The lowest and the highest number of an entry; 0 when there is none. */
int store_get_bounds(struct store *store, uint64_t *ret_first, uint64_t *ret_last, struct error *error);

/* Entries in order from a number on: seek, next until it returns 0 or enough was read, then done. A body
 * holds until the next call. */
void store_entries_seek(struct store *store, uint64_t seq);
int store_entries_next(struct store *store, uint64_t *ret_seq, struct str *ret_body, struct error *error);
void store_entries_done(struct store *store);

#endif
