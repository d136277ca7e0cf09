/* journal.h: the record. Entries go in, in batches; a batch is durable as a whole or not there at all.
 *
 *     journal_append(journal, entry1, &error);
 *     journal_append(journal, entry2, &error);
 *     journal_commit(journal, &error);         … from here on both survive anything but the loss of the disk
 *
 * The format is in docs/journal-format.md: a SQLite database of entries, the RFC 6962 tree over them in
 * tiles, and one signed checkpoint. A commit writes all three in one transaction and returns when the disk
 * has it (one fsync).
 *
 * Invariants:
 *   - The newest checkpoint signs exactly the entries that are durable, until signing has stopped
 * (journal_stop_signing). Then entries and tiles go on behind it, an unsigned tail, and a journal that is opened with
 * one signs nothing: whoever finds a tail cannot know who wrote it.
 *   - One process, one connection, for as long as the journal is open: SQLite holds the lock, a second open
 * is refused, and nothing else may read the file. Everybody else gets entries from the process that has it
 * open.
 *   - What is read is proven: each body is hashed and held against its tile, and the tile against the tree's
 * right edge, whose root journal_open held against the signed checkpoint. A changed row or tile is
 * ERROR_RECORD with its number, never an entry.
 *   - A failed append or commit is final. What the disk then holds is known only after opening the journal
 * anew: it is the last batch or the one before. The caller must end the process; a failed fsync is never
 * tried again, because the kernel may have dropped the pages and answers the second call with success. The
 * journal refuses every further verb but journal_close, which then writes nothing.
 *
 * One thread. Memory is allocated at open, and by SQLite within its own limits (a cache of 8 MB).
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "base/error.h"
#include "journal/note.h"
#include "journal/proof.h"

enum {
	JOURNAL_BODY_BYTES_MAX = 65535, /* tlog-tiles' entry length is a uint16 */
	JOURNAL_SEED_BYTES = 32,
	JOURNAL_WITNESSES_MAX = 64, /* whose cosignatures are kept */
};

struct journal;

struct journal_options {
	const char *path;  /* of the database; beside it lies path-wal */
	const char *vfs;   /* name of a registered SQLite VFS, NULL for the system's */
	struct str origin; /* "chancery/" and the mission's name; the name of the key */
	const uint8_t
	    *seed; /* JOURNAL_SEED_BYTES; not needed after journal_open. NULL for a copy, which has instead: */
	const struct note_key *key; /* whose journal it is a copy of; its name is the origin */
	int log_pages;		    /* the write-ahead log's length; 0 for STORE_LOG_PAGES. Tests want it short. */
};

/* Opens the journal, or makes an empty one where there is none. Checks what is cheap: format, numbers of
 * rows, the checkpoint's signature by our own key, the root of the tree's right edge against the
 * checkpoint's, cosigned checkpoints against the tree; and an unsigned tail against its tiles, entry by entry. An empty
 * journal has no checkpoint.
 *
 * ERROR_RECORD: the journal contradicts itself, is no journal, or is of a newer format. ERROR_CRYPTO: signed
 * by another key. ERROR_LIMIT: another process has it open. ERROR_SYSTEM: the disk. Nothing was changed in
 * any of these cases. */
int journal_open(struct journal **ret_journal, const struct journal_options *options, struct error *error);

/* Forgets what was appended and not committed. */
void journal_close(struct journal *journal);

/* Durable entries; also the index of the first one of the next batch. And how many of them the newest checkpoint is
 * for. */
uint64_t journal_size(const struct journal *journal);
uint64_t journal_signed_size(const struct journal *journal);

/* The newest signed note; empty when there is none. Holds until the next commit. */
struct str journal_checkpoint(const struct journal *journal);

/* The root that it signs. */
void journal_root(const struct journal *journal, uint8_t ret_root[MERKLE_HASH_BYTES]);

/* Whether the next commit signs a checkpoint. */
bool journal_is_signing(const struct journal *journal);

/* One more entry for the open batch. The body is copied; at most JOURNAL_BODY_BYTES_MAX, more is the caller's
 * mistake. */
int journal_append(struct journal *journal, struct str body, struct error *error);

/* Makes the open batch durable. Without one does nothing. */
int journal_commit(struct journal *journal, struct error *error);

/* From now on commits leave the checkpoint as it is. For a mission that has learnt that another history of its own was
 * signed before. Not on a journal that was never signed. */
void journal_stop_signing(struct journal *journal);

/* Of a copy: makes the open batch durable together with this checkpoint of its original, which is for exactly the
 * entries that are then there. A copy commits in between as it likes, and has an unsigned tail so long.
 * ERROR_RECORD: it is another tree's. ERROR_CRYPTO, ERROR_INPUT: it is not the original's checkpoint. */
int journal_adopt(struct journal *journal, struct str note, struct error *error);

/* What witnesses have seen */

/* Keeps what this witness has cosigned: a checkpoint of ours, the witness's line under it. Durable with the open batch,
 * at once when there is none. 1: kept; 0: a newer one of this witness is there.
 * ERROR_CRYPTO, ERROR_INPUT: it is not that. ERROR_RECORD: our key signed it, and it is not of this tree. ERROR_LIMIT:
 * JOURNAL_WITNESSES_MAX others are there. Those change nothing; ERROR_SYSTEM is final. */
int journal_keep_cosignature(struct journal *journal, struct str note, const struct note_key *witness,
			     struct error *error);

/* The same for a copy, as the original gives it; the witness's line is not looked at. */
int journal_keep_cosigned(struct journal *journal, struct str witness, struct str note, struct error *error);

/* The kept note of the first witness whose name is greater than `after`, which is empty at first. 1 found, 0 no more.
 * Texts hold until the next call. */
struct journal_cosigned {
	struct str witness, note;
	uint64_t size;
};
int journal_next_cosigned(struct journal *journal, struct str after, struct journal_cosigned *ret_cosigned,
			  struct error *error);

/* Whether this checkpoint, which our key must have signed, is of this journal's tree: 1 yes, 0 no: it is for more
 * entries than were signed here, or has another root. ret_checkpoint->origin points into the note. */
int journal_has_signed(struct journal *journal, struct str note, struct note_checkpoint *ret_checkpoint,
		       struct error *error);

/* Files that entries name: bytes that the caller has sealed, under their SHA-256, beside the entries. They are no part of the tree: an
 * entry holds the hash. Durable with the open batch, at once when there is none. */
enum {
	JOURNAL_BLOB_HASH_BYTES = 32,
	JOURNAL_BLOB_OWNER_BYTES_MAX = 64,
	JOURNAL_BLOB_BYTES_MAX = 2 << 20,
};
struct journal_blob {
	struct str hash;
	struct str owner; /* whose it is, as in person:12 */
	struct str data;
};
int journal_put_blob(struct journal *journal, const struct journal_blob *blob, struct error *error);
/* 1 when it is there: it lives in the arena. */
int journal_get_blob(struct journal *journal, struct str hash, struct arena *arena, struct journal_blob *ret_blob,
		     struct error *error);
/* All of this owner's; and one, where it is there. */
int journal_drop_blobs(struct journal *journal, struct str owner, struct error *error);
int journal_drop_blob(struct journal *journal, struct str hash, struct error *error);

/* The name of the first one whose hash is greater than `after`, which is empty at first. 1 found, 0 no more. */
struct journal_blob_name {
	uint8_t hash[JOURNAL_BLOB_HASH_BYTES];
	char owner[JOURNAL_BLOB_OWNER_BYTES_MAX];
	size_t owner_len;
};
int journal_next_blob(struct journal *journal, struct str after, struct journal_blob_name *ret_name,
		      struct error *error);

/* Called with each entry; the body holds only for the call. Must not call the journal. Not 0 ends the reading
 * and is what journal_read returns; who returns a negative code fills the error that it gave to journal_read.
 */
typedef int journal_entry_fn(void *context, uint64_t index, struct str body);

/* `count` durable entries in order, from + count <= journal_size. 0, what the callback returned, or a code.
 */
int journal_read(struct journal *journal, uint64_t from, uint64_t count, journal_entry_fn *entry, void *context,
		 struct error *error);

/* The same for whoever reads long stretches: from 16,384 entries on a second process (helper.h) looks at them beforehand. `prepare` depends on nothing but
 * the entry's bytes; what it makes lies in the arena, holds for the call of `entry`, and is NULL where nothing was prepared. */
struct journal_reader {
	const void *(*prepare)(struct str body, struct arena *arena);
	int (*entry)(void *context, uint64_t index, struct str body, const void *prepared);
	void *context;
};
int journal_read_with(struct journal *journal, uint64_t from, uint64_t count, const struct journal_reader *reader,
		      struct error *error);

/* Hashes of the durable entries' tree, proven, for proof_of_inclusion and its neighbours. Holds until the
 * next append. */
struct proof_source journal_hashes(struct journal *journal);

#endif
