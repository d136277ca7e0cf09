/* memory_file_test.h: for tests only: struct file (base/file.h) over bytes in memory, which never fails. */
#ifndef KIT_MEMORY_FILE_TEST_H
#define KIT_MEMORY_FILE_TEST_H

#include "base/file.h"

enum { MEMORY_FILE_BYTES_MAX = 6 << 20 };

struct memory_file {
	size_t n, touched; /* touched: all behind is zero */
	uint8_t at[MEMORY_FILE_BYTES_MAX];
};

static inline int memory_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct memory_file *f = context;
	if (at > f->n || n > f->n - at)
		return error_set(error, ERROR_SYSTEM, "the file ends before");
	memcpy(ret_bytes, f->at + at, n);
	return 0;
}

static inline int memory_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	struct memory_file *f = context;
	(void)error;
	ASSERT(at + n <= sizeof f->at);
	memcpy(f->at + at, bytes, n);
	f->n = at + n > f->n ? at + n : f->n;
	f->touched = f->n > f->touched ? f->n : f->touched;
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
	(void)error;
	f->n = bytes;
	return 0;
}

static inline int memory_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct memory_file *f = context;
	(void)error;
	*ret_bytes = f->n;
	return 0;
}

static inline void memory_close(void *context)
{
	(void)context;
}

/* Empty. */
static inline struct file memory_file(struct memory_file *f)
{
	static const struct file_verbs verbs = {memory_read,   memory_write, memory_sync,
						memory_resize, memory_size,  memory_close};
	memset(f->at, 0, f->touched);
	f->n = f->touched = 0;
	return (struct file){f, &verbs};
}

#endif
