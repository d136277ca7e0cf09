/* backup_read.c: a backup, before something is made of it. */
#include "base/folder.h"
#include "gen/codec.h"
#include "tlog/backup.h"

#include <sodium.h>

enum { INDEX_BYTES_MAX = 2 << 20, FILE_MEMORY = BACKUP_FILE_BYTES_MAX + (1 << 20) };

static int not_whole(const char *path, struct error *error)
{
	error_where(error, "%s", path);
	return error_remedy(error, "Make the backup anew, or complete it: chancery backup DIR.");
}

/* A way into the backup and not out of it. */
static bool is_below(struct str path)
{
	struct str part, rest = path;
	bool more = path.len > 0;
	while (more) {
		more = str_cut(rest, '/', &part, &rest);
		if (!more)
			part = rest;
		if (part.len == 0 || part.at[0] == '.')
			return false;
	}
	return path.len > 0 && !memchr(path.at, 0, path.len);
}

static int check_file(const char *directory, const struct backup_file *file, struct arena *scratch, struct error *error)
{
	char name[FOLDER_PATH_BYTES], path[FOLDER_PATH_BYTES];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct str bytes;
	if (!is_below(file->path)) {
		error_set(error, ERROR_INPUT,
			  "a file of a backup lies inside it, and no part of its name begins with a dot");
		return not_whole(directory, error);
	}
	snprintf(name, sizeof name, STR_FMT, STR_ARG(file->path));
	int failed = folder_path(path, directory, name, error);
	arena_clear(scratch);
	if (failed == 0)
		failed = folder_read(path, scratch, BACKUP_FILE_BYTES_MAX, &bytes, error);
	if (failed < 0)
		return failed;
	crypto_hash_sha256(hash, (const uint8_t *)bytes.at, bytes.len);
	bool same = (int64_t)bytes.len == file->bytes && memcmp(hash, file->hash.at, sizeof hash) == 0;
	sodium_memzero(scratch->at, bytes.len);
	if (same)
		return 0;
	error_set(error, ERROR_RECORD, "the file is not what backup.json says of it");
	return not_whole(path, error);
}

int backup_read(const char *directory, struct arena *arena, struct backup_index *ret_index, struct error *error)
{
	char path[FOLDER_PATH_BYTES], what[256];
	struct str text;
	int failed = folder_path(path, directory, "backup.json", error);
	if (failed == 0)
		failed = folder_read(path, arena, INDEX_BYTES_MAX, &text, error);
	if (failed < 0)
		return failed;
	struct json json = json_over(text, arena);
	if (!backup_index_read(&json, ret_index)) {
		json_error_text(&json, what, sizeof what);
		error_set(error, ERROR_INPUT, "%s", what);
		return not_whole(path, error);
	}
	struct arena scratch = arena_map(FILE_MEMORY);
	for (size_t i = 0; failed == 0 && i < ret_index->files.n; i++)
		failed = check_file(directory, &ret_index->files.at[i], &scratch, error);
	arena_unmap(&scratch);
	return failed;
}
