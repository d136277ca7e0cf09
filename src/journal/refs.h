/* refs.h: which entries mention what, so that "everything about door 3" is one look-up.
 *
 * The index is filled behind the commit and says nothing that the journal does not: it may be lost, and is then made anew. A row is 16 bytes that stand
 * for a ref (src/keys/vault.h); which ref that is, only the keys tell, so what was forgotten is forgotten here too.
 *
 * A database of its own beside the journal: index.db, tables ref(row, entry) and progress(size, mark). `mark` is the salt of the last entry that is in
 * it; an index whose mark is not the journal's belongs to another journal, and is emptied.
 */
#ifndef JOURNAL_REFS_H
#define JOURNAL_REFS_H

#include "base/error.h"
#include "base/str.h"

enum { REFS_ROW_BYTES = 16, REFS_MARK_BYTES = 16 };

struct refs;

/* Opens the index, or makes an empty one where there is none, what is there is no index of this kind, or it is damaged. ERROR_SYSTEM: the disk. */
int refs_open(struct refs **ret_refs, const char *path, const char *vfs, struct error *error);
void refs_close(struct refs *refs);

/* Entries that are in it, and the mark of the last one, once refs_commit returned. */
uint64_t refs_size(const struct refs *refs);
const uint8_t *refs_mark(const struct refs *refs);

/* Everything out: it begins anew, also when it is damaged. */
int refs_clear(struct refs *refs, struct error *error);

/* Whether what failed last failed because the file is damaged: then refs_clear helps. */
bool refs_is_damaged(const struct refs *refs);

/* The entry mentions it. The same twice is once. */
int refs_put(struct refs *refs, const uint8_t row[REFS_ROW_BYTES], uint64_t entry, struct error *error);
/* All entries before `size` are in it now; durable sooner or later. */
int refs_commit(struct refs *refs, uint64_t size, const uint8_t mark[REFS_MARK_BYTES], struct error *error);

/* The entries below `before` under this row, newest first, at most `max`. Their number, or an error. */
int refs_find(struct refs *refs, const uint8_t row[REFS_ROW_BYTES], uint64_t before, uint64_t *ret_entries, size_t max,
	      struct error *error);

#endif
