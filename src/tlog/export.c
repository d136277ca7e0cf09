#include "tlog/export.h"

#include "tlog/tile_dir.h"

#include <inttypes.h>

struct exporting {
	struct tile_dir *dir;
	uint64_t size;
	export_progress_fn *progress;
	struct error *error;
};

static int append(void *context, uint64_t index, struct str body)
{
	struct exporting *exporting = context;
	ASSERT(index == tile_dir_size(exporting->dir));
	if (exporting->progress && index % EXPORT_PROGRESS_ENTRIES == 0)
		exporting->progress(index, exporting->size);
	return tile_dir_append(exporting->dir, body, exporting->error);
}

/* The lines of witnesses under exactly this checkpoint. */
struct joining {
	struct str text; /* of the checkpoint */
	struct buf *note;
	uint64_t n;
};

static int join(void *context, struct str witness, struct str note)
{
	struct joining *joining = context;
	struct str line, rest = {note.at, note.len};
	(void)witness;
	size_t len = joining->text.len;
	if (!str_starts(note, joining->text) || note.len <= len || note.at[len] != '\n')
		return 0;
	rest = (struct str){note.at + len + 1, note.len - len - 1};
	for (int i = 0; str_cut(rest, '\n', &line, &rest); i++) {
		if (i == 0)
			continue; /* the mission's own */
		buf_put_str(joining->note, line);
		buf_put_char(joining->note, '\n');
		joining->n++;
	}
	return 0;
}

static int ahead(const struct tile_dir *dir, const char *path, uint64_t size, struct error *error)
{
	error_set(error, ERROR_RECORD, "%" PRIu64 " entries were exported here, and the mission knows of %" PRIu64,
		  tile_dir_size(dir), size);
	error_where(error, "%s", path);
	return error_remedy(error, "The mission was restored from an older backup, or this is another's: keep the "
				   "directory, it may hold what the mission has lost.");
}

static int publish(struct source source, const struct note_key *key, struct tile_dir *dir, struct buf *note,
		   struct export_result *result, struct error *error)
{
	struct joining joining = {.note = note};
	int failed = note_open(buf_str(note), key, &joining.text, error);
	if (failed == 0)
		failed = source_cosigned(source, join, &joining, error);
	if (failed == 0 && note->over)
		failed = error_set(error, ERROR_LIMIT, "the checkpoint has too many cosignatures");
	if (failed == 0)
		failed = tile_dir_publish(dir, buf_str(note), error);
	result->cosignatures = joining.n;
	return failed;
}

int export_record(struct source source, const struct note_key *key, const char *path, export_progress_fn *progress,
		  struct export_result *ret_result, struct error *error)
{
	static char note_bytes[NOTE_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	struct exporting exporting = {.progress = progress, .error = error};
	struct export_result result = {0};
	int failed = source_checkpoint(source, &note, &exporting.size, error);
	if (failed == 0 && exporting.size == 0) {
		error_set(error, ERROR_INPUT, "the mission has signed nothing yet");
		failed = error_remedy(error, "Start it once: chancery serve");
	}
	if (failed == 0)
		failed = tile_dir_open(&exporting.dir, path, key, error);
	if (failed < 0)
		return failed;
	result.before = tile_dir_size(exporting.dir);
	if (result.before > exporting.size)
		failed = ahead(exporting.dir, path, exporting.size, error);
	if (failed == 0)
		failed = source_entries(source, result.before, exporting.size, append, &exporting, error);
	if (failed == 0)
		failed = publish(source, key, exporting.dir, &note, &result, error);
	if (failed == 0 && progress)
		progress(exporting.size, exporting.size);
	result.size = tile_dir_size(exporting.dir);
	tile_dir_close(exporting.dir);
	if (failed == 0)
		*ret_result = result;
	return failed;
}
