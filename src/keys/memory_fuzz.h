/* memory_fuzz.h: for fuzz targets only: a file that is memory. */
#ifndef KEYS_MEMORY_FUZZ_H
#define KEYS_MEMORY_FUZZ_H

#include "base/file.h"

enum { MEMORY_FILE_BYTES_MAX = 1 << 20 };

struct memory_file {
	uint8_t at[MEMORY_FILE_BYTES_MAX];
	size_t len;
};

static inline int memory_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct memory_file *f = context;
	if (at + n > f->len)
		return error_set(error, ERROR_SYSTEM, "cannot read");
	memcpy(ret_bytes, f->at + at, n);
	return 0;
}

static inline int memory_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	struct memory_file *f = context;
	if (at + n > MEMORY_FILE_BYTES_MAX)
		return error_set(error, ERROR_SYSTEM, "cannot write");
	memcpy(f->at + at, bytes, n);
	f->len = at + n > f->len ? at + n : f->len;
	return 0;
}

static inline int memory_sync(void *context, struct error *error)
{
	(void)context;
	(void)error;
	return 0;
}

static inline int memory_resize(void *context, uint64_t bytes, struct error *error)
{
	struct memory_file *f = context;
	if (bytes > MEMORY_FILE_BYTES_MAX)
		return error_set(error, ERROR_SYSTEM, "cannot change the size");
	if (bytes > f->len)
		memset(f->at + f->len, 0, bytes - f->len);
	f->len = bytes;
	return 0;
}

static inline int memory_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct memory_file *f = context;
	(void)error;
	*ret_bytes = f->len;
	return 0;
}

static inline void memory_close(void *context)
{
	(void)context;
}

static inline struct file memory_file_of(struct memory_file *f, const uint8_t *bytes, size_t n)
{
	static const struct file_verbs verbs = {memory_read,   memory_write, memory_sync,
						memory_resize, memory_size,  memory_close};
	ASSERT(n <= MEMORY_FILE_BYTES_MAX);
	memcpy(f->at, bytes, n);
	f->len = n;
	return (struct file){f, &verbs};
}

#endif
