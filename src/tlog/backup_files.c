/* backup_files.c: what lies beside the record, and the keys. */
#include "tlog/backup.h"

#include "base/file.h"
#include "base/folder.h"
#include "gen/codec.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_BYTES = 256 << 20, ATTEMPTS = 20 };

static const char index_name[] = "backup.json", keys_name[] = "keys", vkey_name[] = "keys/journal.vkey";
static const char *const single[] = {"mission.yaml", "incarnation.json"};
static const char *const folders[] = {"rules", "earlier"};

struct listing {
	struct backup *backup;
	struct arena kept, scratch;
	struct backup_file *files;
	size_t n;
	const char *folder;
	crypto_generichash_state seen; /* all keys of one pass */
};

static int full(struct error *error)
{
	return error_set(error, ERROR_LIMIT, "there are more than %d files beside the record", BACKUP_FILES_MAX);
}

static void note(struct listing *l, const char *name, struct str bytes)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const uint8_t *)bytes.at, bytes.len);
	l->files[l->n++] = (struct backup_file){arena_str(&l->kept, str_of(name)), (int64_t)bytes.len,
						arena_str(&l->kept, (struct str){(const char *)hash, sizeof hash})};
}

static int read_one(struct listing *l, const char *name, struct str *ret_bytes, struct error *error)
{
	char from[FOLDER_PATH_BYTES];
	int failed = folder_path(from, l->backup->mission, name, error);
	arena_clear(&l->scratch);
	return failed < 0 ? failed : folder_read(from, &l->scratch, BACKUP_FILE_BYTES_MAX, ret_bytes, error);
}

static int copy_one(struct listing *l, const char *name, unsigned mode, struct error *error)
{
	char to[FOLDER_PATH_BYTES];
	struct str bytes = {0};
	if (l->n == BACKUP_FILES_MAX)
		return full(error);
	int failed = read_one(l, name, &bytes, error);
	if (failed == 0)
		failed = folder_path(to, l->backup->path, name, error);
	if (failed == 0)
		failed = folder_make_parents(to, error);
	if (failed == 0)
		failed = folder_replace(to, bytes, mode, error);
	if (failed == 0)
		note(l, name, bytes);
	sodium_memzero(l->scratch.at, bytes.len);
	return failed;
}

static int copy_in_folder(void *context, const char *path, struct error *error)
{
	struct listing *l = context;
	char name[FOLDER_PATH_BYTES];
	int failed = folder_path(name, l->folder, path, error);
	return failed < 0 ? failed : copy_one(l, name, 0640, error);
}

static bool is_there(const struct listing *l, const char *name)
{
	char path[FOLDER_PATH_BYTES];
	return folder_path(path, l->backup->mission, name, NULL) == 0 && access(path, F_OK) == 0;
}

/* A rulebook's file that is no more is no more in the backup. */
static int copy_folder(struct listing *l, const char *name, struct error *error)
{
	char from[FOLDER_PATH_BYTES], to[FOLDER_PATH_BYTES];
	int failed = folder_path(to, l->backup->path, name, error);
	if (failed == 0)
		failed = folder_path(from, l->backup->mission, name, error);
	if (failed < 0)
		return failed;
	folder_remove(to);
	l->folder = name;
	return is_there(l, name) ? folder_walk(from, copy_in_folder, l, error) : 0;
}

/* The keys: the mission may change them meanwhile. What two looks in a row find the same was so at the moment between
 * them. */

static int look_at_key(void *context, const char *path, struct error *error)
{
	struct listing *l = context;
	char name[FOLDER_PATH_BYTES];
	struct str bytes;
	int failed = folder_path(name, keys_name, path, error);
	if (failed == 0)
		failed = read_one(l, name, &bytes, error);
	if (failed < 0)
		return failed;
	crypto_generichash_update(&l->seen, (const uint8_t *)path, strlen(path) + 1);
	crypto_generichash_update(&l->seen, (const uint8_t *)bytes.at, bytes.len);
	sodium_memzero(l->scratch.at, bytes.len);
	return 0;
}

static int copy_key(void *context, const char *path, struct error *error)
{
	struct listing *l = context;
	char name[FOLDER_PATH_BYTES];
	int failed = folder_path(name, keys_name, path, error);
	if (failed == 0)
		failed = look_at_key(l, path, error);
	return failed < 0 ? failed : copy_one(l, name, 0600, error);
}

static int pass(struct listing *l, folder_file_fn *key, uint8_t ret_hash[crypto_generichash_BYTES], struct error *error)
{
	char from[FOLDER_PATH_BYTES];
	int failed = folder_path(from, l->backup->mission, keys_name, error);
	crypto_generichash_init(&l->seen, NULL, 0, crypto_generichash_BYTES);
	if (failed == 0)
		failed = folder_walk(from, key, l, error);
	crypto_generichash_final(&l->seen, ret_hash, crypto_generichash_BYTES);
	return failed;
}

static int copy_keys(struct listing *l, struct error *error)
{
	uint8_t copied[crypto_generichash_BYTES], again[crypto_generichash_BYTES];
	size_t before = l->n;
	for (int i = 0; i < ATTEMPTS; i++) {
		l->n = before;
		int failed = pass(l, copy_key, copied, error);
		if (failed == 0)
			failed = pass(l, look_at_key, again, error);
		if (failed < 0 || memcmp(copied, again, sizeof copied) == 0)
			return failed;
	}
	error_set(error, ERROR_LIMIT, "the keys changed each of the %d times that they were copied", ATTEMPTS);
	return error_remedy(error, "Try again in a moment.");
}

/* What an earlier run took of the keys, and may have been forgotten since, is written over where it lies. */
static int wipe_key(void *context, const char *path, struct error *error)
{
	static const uint8_t zeros[65536];
	char whole[FOLDER_PATH_BYTES];
	struct stat status;
	struct file file;
	int failed = folder_path(whole, context, path, error);
	if (failed == 0)
		failed = file_open(whole, 0600, &file, error);
	if (failed < 0)
		return failed;
	uint64_t size = stat(whole, &status) == 0 ? (uint64_t)status.st_size : 0;
	for (uint64_t at = 0; failed == 0 && at < size; at += sizeof zeros)
		failed = file_write(file, at, zeros, size - at < sizeof zeros ? size - at : sizeof zeros, error);
	if (failed == 0)
		failed = file_sync(file, error);
	file_close(file);
	return failed;
}

static int drop_old_keys(const struct listing *l, struct error *error)
{
	char path[FOLDER_PATH_BYTES];
	int failed = folder_path(path, l->backup->path, keys_name, error);
	if (failed == 0 && access(path, F_OK) == 0)
		failed = folder_walk(path, wipe_key, path, error);
	if (failed == 0)
		folder_remove(path);
	if (failed == 0)
		failed = folder_make(path, 0700, error);
	return failed;
}

static int copy_all(struct listing *l, struct error *error)
{
	int failed = 0;
	for (size_t i = 0; failed == 0 && i < ARRAY_LEN(single); i++)
		if (is_there(l, single[i]))
			failed = copy_one(l, single[i], 0640, error);
	for (size_t i = 0; failed == 0 && i < ARRAY_LEN(folders); i++)
		failed = copy_folder(l, folders[i], error);
	if (failed == 0)
		failed = drop_old_keys(l, error);
	if (failed == 0)
		failed = l->backup->keys ? copy_keys(l, error) : copy_one(l, vkey_name, 0640, error);
	return failed;
}

/* The note that ends the copy, not one that the mission has signed since. */
static int put_index(struct listing *l, struct error *error)
{
	const struct backup *backup = l->backup;
	char path[FOLDER_PATH_BYTES], note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note_text = BUF(note_bytes);
	struct source copy;
	uint64_t size;
	int failed = folder_path(path, backup->path, "journal.db", error);
	if (failed == 0)
		failed = source_of_journal(&copy, path, backup->key, error);
	if (failed < 0)
		return failed;
	failed = source_checkpoint(copy, &note_text, &size, error);
	source_close(copy);
	struct backup_index index = {.format = 1,
				     .entries = (int64_t)size,
				     .checkpoint = buf_str(&note_text),
				     .blobs = (int64_t)backup->blobs,
				     .keys = backup->keys,
				     .files = {l->n, l->files}};
	arena_clear(&l->scratch);
	struct buf b = arena_buf(&l->scratch);
	backup_index_write(&b, &index);
	buf_put_char(&b, '\n');
	if (failed == 0)
		failed = folder_path(path, backup->path, index_name, error);
	if (failed == 0)
		failed = folder_replace(path, arena_keep(&l->scratch, &b), 0640, error);
	return failed < 0 ? failed : folder_sync(backup->path, error);
}

int backup_files(struct backup *backup, struct error *error)
{
	char path[FOLDER_PATH_BYTES];
	if (!backup->mission)
		return 0;
	struct listing l = {.backup = backup, .kept = arena_map(MEMORY_BYTES / 64), .scratch = arena_map(MEMORY_BYTES)};
	l.files = ARENA_TAKE(&l.kept, struct backup_file, BACKUP_FILES_MAX);
	int failed = folder_path(path, backup->path, index_name, error);
	if (failed == 0)
		unlink(path);
	if (failed == 0)
		failed = copy_all(&l, error);
	if (failed == 0)
		failed = put_index(&l, error);
	arena_unmap(&l.kept);
	arena_unmap(&l.scratch);
	return failed;
}
