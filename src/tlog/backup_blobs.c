/* backup_blobs.c: the files that entries name: those that are new come, those that the mission has no more go. */
#include "tlog/backup.h"

#include <sodium.h>

enum { MEMORY_BYTES = 16 << 20 };

struct copying {
	struct backup *backup;
	struct journal *copy;
	struct journal_blob_name mine; /* the next one of the copy */
	bool has_mine;
	struct arena memory;
};

static struct str hash_of(const struct journal_blob_name *name)
{
	return (struct str){(const char *)name->hash, sizeof name->hash};
}

static int next_of_copy(struct copying *c, struct str after, struct error *error)
{
	int found = journal_next_blob(c->copy, after, &c->mine, error);
	c->has_mine = found > 0;
	return found < 0 ? found : 0;
}

static int drop_before(struct copying *c, const struct journal_blob_name *theirs, struct error *error)
{
	int failed = 0;
	while (failed == 0 && c->has_mine && (!theirs || memcmp(c->mine.hash, theirs->hash, sizeof c->mine.hash) < 0)) {
		failed = journal_drop_blob(c->copy, hash_of(&c->mine), error);
		if (failed == 0)
			failed = next_of_copy(c, hash_of(&c->mine), error);
	}
	return failed;
}

static int fetch(struct copying *c, const struct journal_blob_name *name, struct error *error)
{
	uint8_t hash[JOURNAL_BLOB_HASH_BYTES];
	struct str data;
	arena_clear(&c->memory);
	int found = source_blob(c->backup->source, hash_of(name), &c->memory, &data, error);
	if (found <= 0)
		return found;
	crypto_hash_sha256(hash, (const uint8_t *)data.at, data.len);
	if (memcmp(hash, name->hash, sizeof hash) != 0)
		return error_set(error, ERROR_RECORD, "a file that an entry names is not what its hash says");
	struct journal_blob blob = {hash_of(name), {name->owner, name->owner_len}, data};
	int failed = journal_put_blob(c->copy, &blob, error);
	c->backup->blobs += failed == 0;
	return failed;
}

static int copy(struct copying *c, struct error *error)
{
	struct journal_blob_name name = {0};
	struct str after = {0};
	int found, failed = next_of_copy(c, after, error);
	while (failed == 0 && (found = source_next_blob(c->backup->source, after, &name, error)) != 0) {
		after = hash_of(&name);
		failed = found < 0 ? found : drop_before(c, &name, error);
		bool is_there = c->has_mine && memcmp(c->mine.hash, name.hash, sizeof name.hash) == 0;
		c->backup->blobs += is_there;
		if (failed == 0)
			failed = is_there ? next_of_copy(c, after, error) : fetch(c, &name, error);
	}
	return failed < 0 ? failed : drop_before(c, NULL, error);
}

int backup_blobs(struct backup *backup, struct journal *into, struct error *error)
{
	struct copying c = {.backup = backup, .copy = into, .memory = arena_map(MEMORY_BYTES)};
	backup->blobs = 0;
	int failed = copy(&c, error);
	arena_unmap(&c.memory);
	return failed;
}
