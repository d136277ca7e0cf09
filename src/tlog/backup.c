#include "tlog/backup.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

/* The record */

struct copying {
	struct backup *backup;
	struct journal *copy;
	uint64_t size;
	struct error *error;
};

static int copy_entry(void *context, uint64_t index, struct str body)
{
	struct copying *copying = context;
	int failed = journal_append(copying->copy, body, copying->error);
	if (failed == 0 && (index + 1) % BACKUP_BATCH_ENTRIES == 0) {
		failed = journal_commit(copying->copy, copying->error);
		if (failed == 0 && copying->backup->progress)
			copying->backup->progress(index + 1, copying->size);
	}
	return failed;
}

/* The mission may have signed more since its checkpoint was taken for this copy: that waits for the next run. */
static bool is_newer(const struct copying *copying, struct str note)
{
	struct note_checkpoint checkpoint;
	struct str text;
	return note_open(note, copying->backup->key, &text, NULL) == 0 &&
	       note_checkpoint_parse(text, &checkpoint, NULL) == 0 && checkpoint.size > copying->size;
}

static int copy_cosigned(void *context, struct str witness, struct str note)
{
	struct copying *copying = context;
	if (is_newer(copying, note))
		return 0;
	int kept = journal_keep_cosigned(copying->copy, witness, note, copying->error);
	copying->backup->cosignatures += kept > 0;
	return kept < 0 ? kept : 0;
}

static int ahead(const struct copying *copying, const char *path, uint64_t size, struct error *error)
{
	error_set(error, ERROR_RECORD, "the backup has %" PRIu64 " entries, and the mission knows of %" PRIu64, size,
		  copying->size);
	error_where(error, "%s", path);
	return error_remedy(error,
			    "The mission was restored from an older backup, or this is another's: keep this one, "
			    "and back up into another directory.");
}

static int copy_rows(struct copying *copying, struct str note, struct error *error)
{
	struct backup *backup = copying->backup;
	int failed = source_entries(backup->source, backup->before, copying->size, copy_entry, copying, error);
	if (failed == 0)
		failed = journal_adopt(copying->copy, note, error);
	if (failed == 0)
		failed = source_cosigned(backup->source, copy_cosigned, copying, error);
	if (failed == 0)
		failed = backup_blobs(backup, copying->copy, error);
	return failed;
}

static int copy_record(struct backup *backup, struct error *error)
{
	char path[PATH_BYTES], note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	struct copying copying = {.backup = backup, .error = error};
	struct journal_options options = {.path = path, .key = backup->key};
	snprintf(path, sizeof path, "%s/journal.db", backup->path);
	int failed = journal_open(&copying.copy, &options, error);
	if (failed < 0)
		return failed;
	failed = source_checkpoint(backup->source, &note, &copying.size, error);
	backup->before = journal_size(copying.copy);
	if (failed == 0 && copying.size == 0) {
		error_set(error, ERROR_INPUT, "the mission has signed nothing yet");
		failed = error_remedy(error, "Start it once: chancery serve");
	}
	if (failed == 0 && backup->before > copying.size)
		failed = ahead(&copying, path, backup->before, error);
	if (failed == 0)
		failed = copy_rows(&copying, buf_str(&note), error);
	backup->size = journal_signed_size(copying.copy);
	if (failed == 0 && backup->progress)
		backup->progress(backup->size, copying.size);
	journal_close(copying.copy);
	return failed;
}

/* The parts, in the order in which they are copied: the record first, because the others are named in it. */
static int (*const parts[])(struct backup *backup, struct error *error) = {
    copy_record,
    backup_files,
};

int backup_run(struct backup *backup, struct error *error)
{
	if (mkdir(backup->path, 0700) < 0 && errno != EEXIST) {
		error_system(error, "cannot make the directory");
		return error_where(error, "%s", backup->path);
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		int failed = parts[i](backup, error);
		if (failed < 0)
			return failed;
	}
	return 0;
}
