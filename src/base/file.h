/* file.h: a file that is open already, as a few verbs, so that what is kept in files can lie on a simulated disk too.
 *
 * A process in its sandbox opens nothing; what it will write it has opened before (sandbox.h). What lies in such a file is written in
 * place, in slots of fixed size or in turn into one of two, so that a power failure leaves the old or the new (each module says how).
 *
 * Every verb returns 0, or ERROR_SYSTEM after it has filled the error. A failed sync is final: what the disk holds is known only
 * after opening anew.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/error.h"

struct file {
	void *context;
	const struct file_verbs *verbs;
};

struct file_verbs {
	/* All of the bytes, or an error: also when the file ends before. */
	int (*read)(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error);
	int (*write)(void *context, uint64_t at, const void *bytes, size_t n, struct error *error);
	int (*sync)(void *context, struct error *error);
	int (*resize)(void *context, uint64_t bytes, struct error *error);
	int (*size)(void *context, uint64_t *ret_bytes, struct error *error);
	void (*close)(void *context);
};

/* A regular file of this machine, made with this mode where there is none; never through a symbolic link. The name and its
 * directory are durable when this returns. */
int file_open(const char *path, unsigned mode, struct file *ret_file, struct error *error);

/* Writes all of the file once more, and syncs it. What an earlier process wrote, and could not make durable because its sync failed, can still be read; but the
 * kernel takes it for written, and no later sync makes it durable. So whoever opens a file to rely on what is in it does this first. The same bytes go to
 * the same places: a power failure meanwhile changes nothing. */
int file_renew(struct file file, struct error *error);

/* Its descriptor, to be named to sandbox_enter; only of a file that file_open gave. */
int file_descriptor(struct file f);

static inline int file_read(struct file f, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	return f.verbs->read(f.context, at, ret_bytes, n, error);
}

static inline int file_write(struct file f, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	return f.verbs->write(f.context, at, bytes, n, error);
}

static inline int file_sync(struct file f, struct error *error)
{
	return f.verbs->sync(f.context, error);
}

static inline int file_resize(struct file f, uint64_t bytes, struct error *error)
{
	return f.verbs->resize(f.context, bytes, error);
}

static inline int file_size(struct file f, uint64_t *ret_bytes, struct error *error)
{
	return f.verbs->size(f.context, ret_bytes, error);
}

static inline void file_close(struct file f)
{
	if (f.verbs)
		f.verbs->close(f.context);
}

#endif
