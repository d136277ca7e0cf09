#include "keys/destroy.h"

#include "keys/crypt.h"
#include "keys/wipe.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

/* What opens most. */
static const char *const first[] = {"master",	  "master.key", "door",	   "door.key",
				    "subjects.0", "subjects.1", "doors.0", "doors.1"};
static const char seed[] = "journal.seed";
static const char public[] = "journal.vkey";

static bool is_first(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		if (strcmp(first[i], name) == 0)
			return true;
	return false;
}

static int wipe_named(const char *directory, const char *name, uint64_t *ret_bytes, struct error *error)
{
	char path[PATH_MAX];
	struct file file;
	if (snprintf(path, sizeof path, "%s/%s", directory, name) >= PATH_MAX)
		return error_set(error, ERROR_LIMIT, "a path is too long: %s", name);
	int failed = file_open(path, 0600, &file, error);
	if (failed < 0)
		return failed;
	failed = file_wipe(file, ret_bytes, error);
	file_close(file);
	return failed;
}

static bool is_there(const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	return snprintf(path, sizeof path, "%s/%s", directory, name) < PATH_MAX && lstat(path, &status) == 0;
}

static void wipe_one(const char *directory, const char *name, struct destroyed *d, struct error *error)
{
	struct destroyed_file file = {.failed = true};
	struct error failure;
	snprintf(file.name, sizeof file.name, "%s", name);
	file.failed = wipe_named(directory, name, &file.bytes, &failure) < 0;
	if (file.failed && d->n_failed++ == 0 && error)
		*error = failure;
	d->bytes += file.failed ? 0 : file.bytes;
	if (d->n < DESTROY_FILES_MAX)
		d->files[d->n] = file;
	d->n++;
}

int destroy_keys(const char *directory, struct destroyed *ret_destroyed, struct error *error)
{
	struct destroyed *d = ret_destroyed;
	const struct dirent *entry;
	*d = (struct destroyed){.n = 0};
	crypt_init();
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		if (is_there(directory, first[i]))
			wipe_one(directory, first[i], d, error);
	DIR *listing = opendir(directory);
	if (!listing)
		return error_system(error, "cannot list the directory %s", directory);
	while ((entry = readdir(listing)))
		if (!is_first(entry->d_name) && strcmp(entry->d_name, seed) != 0 &&
		    strcmp(entry->d_name, public) != 0 && strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			wipe_one(directory, entry->d_name, d, error);
	closedir(listing);
	return d->n_failed == 0 ? 0 : error ? (int)error->code : ERROR_SYSTEM;
}

int destroy_seed(const char *directory, struct error *error)
{
	return is_there(directory, seed) ? wipe_named(directory, seed, NULL, error) : 0;
}
