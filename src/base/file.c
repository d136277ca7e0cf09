#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct open_file {
	int fd;
	char path[PATH_MAX];
};

static int failed(const struct open_file *f, const char *doing, struct error *error)
{
	error_system(error, "%s", doing);
	return error_where(error, "%s", f->path);
}

static int read_bytes(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct open_file *f = context;
	uint8_t *to = ret_bytes;
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(f->fd, to + done, n - done, (off_t)(at + done));
		if (got == 0)
			errno = ENODATA;
		if (got == 0 || (got < 0 && errno != EINTR))
			return failed(f, "cannot read", error);
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int write_bytes(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	const struct open_file *f = context;
	const uint8_t *from = bytes;
	for (size_t done = 0; done < n;) {
		ssize_t put = pwrite(f->fd, from + done, n - done, (off_t)(at + done));
		if (put < 0 && errno != EINTR)
			return failed(f, "cannot write", error);
		done += put > 0 ? (size_t)put : 0;
	}
	return 0;
}

static int sync_file(void *context, struct error *error)
{
	const struct open_file *f = context;
	return fdatasync(f->fd) == 0 ? 0 : failed(f, "cannot make durable", error);
}

static int resize(void *context, uint64_t bytes, struct error *error)
{
	const struct open_file *f = context;
	return ftruncate(f->fd, (off_t)bytes) == 0 ? 0 : failed(f, "cannot change the size", error);
}

static int size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct open_file *f = context;
	off_t end = lseek(f->fd, 0, SEEK_END);
	if (end < 0)
		return failed(f, "cannot tell the size", error);
	*ret_bytes = (uint64_t)end;
	return 0;
}

static void close_file(void *context)
{
	struct open_file *f = context;
	close(f->fd);
	free(f);
}

static const struct file_verbs verbs = {read_bytes, write_bytes, sync_file, resize, size, close_file};

static int sync_directory(const struct open_file *f, struct error *error)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", f->path);
	int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;
	int result = done ? 0 : failed(f, "cannot make the file's name durable", error);
	if (fd >= 0)
		close(fd);
	return result;
}

int file_open(const char *path, unsigned mode, struct file *ret_file, struct error *error)
{
	struct open_file *f = calloc(1, sizeof *f);
	struct stat status;
	ASSERT(f);
	snprintf(f->path, sizeof f->path, "%s", path);
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, (mode_t)mode);
	int result = f->fd < 0 ? failed(f, "cannot open", error) : 0;
	if (result == 0 && (fstat(f->fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		error_set(error, ERROR_INPUT, "this is not a regular file");
		result = error_where(error, "%s", path);
	}
	if (result == 0)
		result = sync_directory(f, error);
	if (result < 0) {
		if (f->fd >= 0)
			close(f->fd);
		free(f);
		return result;
	}
	*ret_file = (struct file){f, &verbs};
	return 0;
}

int file_renew(struct file file, struct error *error)
{
	enum { PIECE_BYTES = 65536 };
	static uint8_t piece[PIECE_BYTES];
	uint64_t size;
	int code = file_size(file, &size, error);
	for (uint64_t at = 0; code == 0 && at < size; at += PIECE_BYTES) {
		size_t n = size - at < PIECE_BYTES ? (size_t)(size - at) : PIECE_BYTES;
		code = file_read(file, at, piece, n, error);
		if (code == 0)
			code = file_write(file, at, piece, n, error);
	}
	explicit_bzero(piece, sizeof piece);
	return code < 0 ? code : file_sync(file, error);
}

int file_descriptor(struct file f)
{
	const struct open_file *open = f.context;
	ASSERT(f.verbs == &verbs);
	return open->fd;
}
