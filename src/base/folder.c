#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PARENT_MODE = 0750, WALK_FILES = 16 };

static int fail(struct error *error, const char *path, const char *doing)
{
	error_system(error, "%s", doing);
	return error_where(error, "%s", path);
}

int folder_path(char ret_path[FOLDER_PATH_BYTES], const char *directory, const char *name, struct error *error)
{
	if (snprintf(ret_path, FOLDER_PATH_BYTES, "%s/%s", directory, name) < FOLDER_PATH_BYTES)
		return 0;
	return error_set(error, ERROR_LIMIT, "a path is too long: %s", name);
}

int folder_read(const char *path, struct arena *arena, size_t bytes_max, struct str *ret_bytes, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(error, path, "cannot open the file");
	struct buf b = arena_buf(arena);
	ssize_t got = 1;
	while (got > 0 && b.len <= bytes_max) {
		size_t room = bytes_max + 1 - b.len, left = b.size - b.len;
		ASSERT(left > 0);
		got = read(fd, b.at + b.len, room < left ? room : left);
		b.len += got > 0 ? (size_t)got : 0;
	}
	int failed = got < 0 ? fail(error, path, "cannot read the file") : 0;
	close(fd);
	if (failed == 0 && b.len > bytes_max) {
		error_set(error, ERROR_LIMIT, "the file is longer than %zu bytes", bytes_max);
		failed = error_where(error, "%s", path);
	}
	if (failed == 0)
		*ret_bytes = arena_keep(arena, &b);
	return failed;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.at, bytes.len);
		if (n < 0)
			return false;
		bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
	}
	return true;
}

int folder_write(const char *path, struct str bytes, unsigned mode, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return fail(error, path, "cannot make the file");
	bool is_written = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
	int failed = is_written ? 0 : fail(error, path, "cannot write the file");
	close(fd);
	return failed;
}

int folder_replace(const char *path, struct str bytes, unsigned mode, struct error *error)
{
	char beside[FOLDER_PATH_BYTES];
	if (snprintf(beside, sizeof beside, "%s.new", path) >= FOLDER_PATH_BYTES)
		return error_set(error, ERROR_LIMIT, "a path is too long: %s", path);
	unlink(beside); /* of a writing that did not end */
	int failed = folder_write(beside, bytes, mode, error);
	if (failed == 0 && rename(beside, path) < 0)
		failed = fail(error, path, "cannot put the file in its place");
	return failed;
}

int folder_make(const char *path, unsigned mode, struct error *error)
{
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : fail(error, path, "cannot make the directory");
}

int folder_make_parents(const char *path, struct error *error)
{
	char way[FOLDER_PATH_BYTES];
	if (snprintf(way, sizeof way, "%s", path) >= FOLDER_PATH_BYTES)
		return error_set(error, ERROR_LIMIT, "a path is too long: %s", path);
	for (char *slash = strchr(way + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		int failed = folder_make(way, PARENT_MODE, error);
		*slash = '/';
		if (failed < 0)
			return failed;
	}
	return 0;
}

struct walk {
	const char *directory;
	folder_file_fn *file;
	void *context;
	struct error *error;
};

static int walk(const struct walk *w, const char *below);

static int walk_one(const struct walk *w, const char *path)
{
	char whole[FOLDER_PATH_BYTES];
	struct stat status;
	int failed = folder_path(whole, w->directory, path, w->error);
	if (failed < 0)
		return failed;
	if (lstat(whole, &status) < 0)
		return fail(w->error, whole, "cannot look at the file");
	if (S_ISDIR(status.st_mode))
		return walk(w, path);
	return S_ISREG(status.st_mode) ? w->file(w->context, path, w->error) : 0;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* By the values of their bytes, whatever the locale. */
static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(const struct walk *w, const char *below)
{
	char whole[FOLDER_PATH_BYTES], path[FOLDER_PATH_BYTES];
	struct dirent **names;
	int stop = folder_path(whole, w->directory, below, w->error);
	int n = stop < 0 ? 0 : scandir(whole, &names, is_shown, compare);
	if (stop < 0 || n < 0)
		return stop < 0 ? stop : fail(w->error, whole, "cannot read the directory");
	for (int i = 0; i < n; i++) {
		if (stop == 0 && *below)
			stop = folder_path(path, below, names[i]->d_name, w->error);
		else
			snprintf(path, sizeof path, "%s", names[i]->d_name);
		if (stop == 0)
			stop = walk_one(w, path);
		free(names[i]);
	}
	free(names);
	return stop;
}

int folder_walk(const char *directory, folder_file_fn *file, void *context, struct error *error)
{
	return walk(&(struct walk){directory, file, context, error}, "");
}

int folder_sync(const char *directory, struct error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = fd < 0 || syncfs(fd) < 0 ? fail(error, directory, "cannot sync the disk of this directory") : 0;
	if (fd >= 0)
		close(fd);
	return failed;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, WALK_FILES, FTW_DEPTH | FTW_PHYS);
}
