/* journal_blob.c: files that entries name. */
#include "journal/journal_inner.h"

/* Without an open batch it is durable at once. */
static int settle(struct journal *journal, struct error *error)
{
	return journal->edge.size == journal->size ? store_commit(journal->store, error) : 0;
}

int journal_put_blob(struct journal *journal, const struct journal_blob *blob, struct error *error)
{
	ASSERT(blob->hash.len == JOURNAL_BLOB_HASH_BYTES && blob->data.len <= JOURNAL_BLOB_BYTES_MAX);
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = store_put_blob(journal->store, blob->hash, blob->owner, blob->data, error);
	return failed < 0 ? failed : settle(journal, error);
}

int journal_get_blob(struct journal *journal, struct str hash, struct arena *arena, struct journal_blob *ret_blob,
		     struct error *error)
{
	int failed = store_check(journal->store, error);
	if (failed < 0)
		return failed;
	char *owner_at = arena_take(arena, JOURNAL_BLOB_OWNER_BYTES_MAX, 1);
	struct buf owner = {.at = (uint8_t *)owner_at, .size = JOURNAL_BLOB_OWNER_BYTES_MAX}, data = arena_buf(arena);
	int found = store_get_blob(journal->store, hash, &owner, &data, error);
	if (found > 0 && (owner.over || data.over))
		return store_damaged(journal->store, error, "a blob or the name of its owner is too long");
	if (found > 0)
		*ret_blob = (struct journal_blob){hash, buf_str(&owner), arena_keep(arena, &data)};
	return found;
}

int journal_drop_blobs(struct journal *journal, struct str owner, struct error *error)
{
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = store_drop_blobs(journal->store, owner, error);
	return failed < 0 ? failed : settle(journal, error);
}

int journal_drop_blob(struct journal *journal, struct str hash, struct error *error)
{
	int failed = store_check(journal->store, error);
	if (failed == 0)
		failed = store_drop_blob(journal->store, hash, error);
	return failed < 0 ? failed : settle(journal, error);
}

int journal_next_blob(struct journal *journal, struct str after, struct journal_blob_name *ret_name,
		      struct error *error)
{
	struct journal_blob_name name;
	struct buf hash = BUF(name.hash), owner = BUF(name.owner);
	int failed = store_check(journal->store, error);
	if (failed < 0)
		return failed;
	int found = store_next_blob(journal->store, after, &hash, &owner, error);
	if (found > 0 && (hash.over || owner.over || hash.len < sizeof name.hash))
		return store_damaged(journal->store, error,
				     "the hash of a blob or the name of its owner has another length");
	name.owner_len = owner.len;
	if (found > 0)
		*ret_name = name;
	return found;
}
