#include "tlog/restore.h"

#include "base/folder.h"
#include "gen/codec.h"
#include "journal/journal_keys.h"
#include "tlog/backup.h"
#include "tlog/tile_form.h"

#include <inttypes.h>

enum { BUNDLE_ENTRIES = 256, MEMORY_BYTES = TILE_FORM_BUNDLE_BYTES_MAX + (1 << 20) };

struct restoring {
	struct restore *r;
	struct journal *into;
	struct merkle_edge edge; /* of what has been looked at */
	struct note_checkpoint known, tail;
	bool has_known, known_fits;
	struct error *error;
};

/* Checkpoints */

static int open_note(const struct restore *r, struct str note, const char *where,
		     struct note_checkpoint *ret_checkpoint, struct error *error)
{
	struct str text;
	int failed = note_open(note, r->key, &text, error);
	if (failed == 0)
		failed = note_checkpoint_parse(text, ret_checkpoint, error);
	if (failed == 0 && !str_eq(ret_checkpoint->origin, note_key_name(r->key)))
		failed =
		    error_set(error, ERROR_INPUT, "the checkpoint is of " STR_FMT, STR_ARG(ret_checkpoint->origin));
	return failed < 0 ? error_where(error, "%s", where) : 0;
}

static int keep_no_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
			struct error *error)
{
	(void)context, (void)level, (void)number, (void)hashes, (void)error;
	return 0;
}

/* One more entry of the tree; whether it then is the one that somebody knew. */
static int look(struct restoring *s, struct str body)
{
	static const struct merkle_sink nowhere = {keep_no_tile, NULL};
	struct merkle_hash leaf = merkle_leaf(body);
	int failed = merkle_edge_append(&s->edge, &leaf, &nowhere, s->error);
	if (s->has_known && s->known.size == s->edge.size) {
		struct merkle_hash root = merkle_edge_root(&s->edge);
		s->known_fits = merkle_eq(&root, &s->known.root);
	}
	return failed;
}

/* The backup's entries */

static int take(void *context, uint64_t index, struct str body)
{
	struct restoring *s = context;
	int failed = look(s, body);
	if (failed == 0)
		failed = journal_append(s->into, body, s->error);
	if (failed == 0 && (index + 1) % BACKUP_BATCH_ENTRIES == 0) {
		failed = journal_commit(s->into, s->error);
		if (s->r->progress)
			s->r->progress(index + 1, s->r->entries);
	}
	return failed;
}

/* The tail: bundles of an export */

static int read_bundle(const struct restoring *s, uint64_t number, struct arena *arena, struct str *ret_bundle)
{
	char name[TILE_FORM_PATH_BYTES_MAX + 1] = {0}, path[FOLDER_PATH_BYTES];
	struct buf b = {.at = (uint8_t *)name, .size = TILE_FORM_PATH_BYTES_MAX};
	uint64_t left = s->tail.size - number * BUNDLE_ENTRIES;
	tile_form_put_path(&b, TILE_FORM_ENTRIES, number, left < BUNDLE_ENTRIES ? (unsigned)left : 0);
	arena_clear(arena);
	int failed = folder_path(path, s->r->tail, name, s->error);
	return failed < 0 ? failed : folder_read(path, arena, TILE_FORM_BUNDLE_BYTES_MAX, ret_bundle, s->error);
}

/* The entries from the backup's end to the tail's, each to `entry`. */
static int walk_tail(struct restoring *s, struct arena *arena, int (*entry)(struct restoring *s, struct str body))
{
	for (uint64_t at = s->r->entries; at < s->tail.size;) {
		struct str bundle, body;
		uint64_t index = at / BUNDLE_ENTRIES * BUNDLE_ENTRIES;
		int more, failed = read_bundle(s, at / BUNDLE_ENTRIES, arena, &bundle);
		while (failed == 0 && (more = tile_form_next_entry(&bundle, &body, s->error)) != 0)
			if (more < 0 || index++ >= at)
				failed = more < 0 ? more : entry(s, body);
		if (failed < 0)
			return failed;
		if (index <= at)
			return error_set(s->error, ERROR_RECORD, "%s has no entry %" PRIu64, s->r->tail, at);
		at = index;
	}
	return 0;
}

static int append(struct restoring *s, struct str body)
{
	s->r->fetched++;
	return journal_append(s->into, body, s->error);
}

static int other_history(struct error *error, const char *what, const char *where)
{
	error_set(error, ERROR_RECORD, "%s is of another history than the backup", what);
	error_where(error, "%s", where);
	return error_remedy(error, "Somebody has written two records under one key: keep both, and ask who.");
}

static int read_tail_note(struct restoring *s, struct arena *arena)
{
	char path[FOLDER_PATH_BYTES];
	struct str note;
	int failed = folder_path(path, s->r->tail, "checkpoint", s->error);
	if (failed == 0)
		failed = folder_read(path, arena, NOTE_BYTES_MAX, &note, s->error);
	return failed < 0 ? failed : open_note(s->r, note, path, &s->tail, s->error);
}

/* First all of it is held against the checkpoint, then it is taken. */
static int take_tail(struct restoring *s)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	int failed = read_tail_note(s, &arena);
	if (failed == 0 && s->tail.size > s->r->entries) {
		failed = walk_tail(s, &arena, look);
		struct merkle_hash root = merkle_edge_root(&s->edge);
		if (failed == 0 && !merkle_eq(&root, &s->tail.root))
			failed = other_history(s->error, "the export", s->r->tail);
		if (failed == 0)
			failed = walk_tail(s, &arena, append);
		if (failed == 0)
			failed = journal_commit(s->into, s->error);
	}
	arena_unmap(&arena);
	return failed;
}

/* What was signed before the fork */

static int keep_note(struct restore *r, struct str note, struct error *error)
{
	char name[64], path[FOLDER_PATH_BYTES];
	snprintf(name, sizeof name, "earlier/%" PRId64 "/%" PRIu64, r->incarnation, r->notes);
	int failed = folder_path(path, r->directory, name, error);
	if (failed == 0)
		failed = folder_make_parents(path, error);
	if (failed == 0)
		failed = folder_write(path, note, 0640, error);
	r->notes += failed == 0;
	return failed;
}

static int keep_cosigned(void *context, struct str witness, struct str note)
{
	struct restoring *s = context;
	(void)witness;
	return keep_note(s->r, note, s->error);
}

static int keep_notes(struct restoring *s, struct str checkpoint)
{
	int failed = keep_note(s->r, checkpoint, s->error);
	return failed < 0 ? failed : source_cosigned(s->r->from, keep_cosigned, s, s->error);
}

/* All of it */

static int take_files(struct restoring *s)
{
	struct backup files = {.source = s->r->from, .key = s->r->key};
	int failed = backup_blobs(&files, s->into, s->error);
	s->r->blobs = files.blobs;
	return failed;
}

static int take_all(struct restoring *s)
{
	struct restore *r = s->r;
	char note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	int failed = source_checkpoint(r->from, &note, &r->entries, s->error);
	if (failed == 0)
		failed = restore_incarnation(r->from, &r->incarnation, s->error);
	if (failed == 0 && r->known.len > 0) {
		failed = open_note(r, r->known, "the checkpoint that was known", &s->known, s->error);
		s->has_known = failed == 0;
	}
	if (failed == 0)
		failed = source_entries(r->from, 0, r->entries, take, s, s->error);
	if (failed == 0)
		failed = journal_commit(s->into, s->error);
	if (failed == 0)
		failed = take_files(s);
	if (failed == 0 && r->tail)
		failed = take_tail(s);
	if (failed == 0 && s->has_known && s->known.size <= s->edge.size && !s->known_fits)
		failed = other_history(s->error, "the checkpoint that was known", "--checkpoint");
	return failed < 0 ? failed : keep_notes(s, buf_str(&note));
}

static void conclude(const struct restoring *s)
{
	struct restore *r = s->r;
	r->known_size = r->entries + r->fetched;
	if (!s->has_known || s->known.size <= r->known_size)
		return;
	r->known_size = s->known.size;
	r->has_root = true;
	r->root = s->known.root;
}

static int open_journal(struct restoring *s, const char *path, const uint8_t seed[NOTE_SEED_BYTES])
{
	struct journal_options options = {.path = path, .origin = s->r->origin, .seed = seed};
	struct note_signer signer;
	int failed = note_signer_init(&signer, options.origin, seed, s->error);
	if (failed < 0)
		return failed;
	s->r->new_key = signer.key;
	note_signer_release(&signer);
	return journal_open(&s->into, &options, s->error);
}

int restore_record(struct restore *restore, struct error *error)
{
	static struct restoring s;
	char path[FOLDER_PATH_BYTES];
	struct journal_keys keys;
	s = (struct restoring){.r = restore, .error = error};
	restore->fetched = restore->notes = 0;
	restore->has_root = false;
	int failed = folder_path(path, restore->directory, "journal.db", error);
	if (failed == 0)
		failed = journal_keys_load(restore->keys, note_key_name(restore->key), &keys, error);
	if (failed < 0)
		return failed;
	failed = open_journal(&s, path, keys.seed);
	journal_keys_release(&keys);
	if (failed < 0)
		return failed;
	failed = take_all(&s);
	journal_close(s.into);
	if (failed == 0)
		conclude(&s);
	return failed;
}

int restore_name_key(const char *keys, struct str origin, struct error *error)
{
	return journal_keys_rename(keys, origin, error);
}

struct last {
	int64_t incarnation;
	struct error *error;
};

static int read_incarnation(void *context, uint64_t index, struct str body)
{
	struct last *last = context;
	struct arena arena = arena_map(1 << 20);
	struct json json = json_over(body, &arena);
	struct entry entry;
	bool read = entry_read(&json, &entry);
	last->incarnation = read ? entry.incarnation : 0;
	arena_unmap(&arena);
	if (read)
		return 0;
	error_set(last->error, ERROR_RECORD, "this is no entry of this program's schema");
	return error_where(last->error, "journal entry %" PRIu64, index);
}

int restore_incarnation(struct source from, int64_t *ret_incarnation, struct error *error)
{
	char note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	struct last last = {.error = error};
	uint64_t size;
	int failed = source_checkpoint(from, &note, &size, error);
	if (failed == 0 && size == 0)
		failed = error_set(error, ERROR_RECORD, "the backup is empty");
	if (failed == 0)
		failed = source_entries(from, size - 1, size, read_incarnation, &last, error);
	if (failed == 0)
		*ret_incarnation = last.incarnation;
	return failed;
}
