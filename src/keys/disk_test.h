/* disk_test.h: for tests only: files on a simulated disk (tests/sim/media.h) whose power fails at the n-th write,
 * sync or change of size.
 *
 * The call at which it fails, and every later one, returns an error; disk_crash then leaves on the disk what a
 * power failure may leave there, and the power is back.
 */
#ifndef KEYS_DISK_TEST_H
#define KEYS_DISK_TEST_H

#include "base/file.h"
#include "sim/media.h"

enum { DISK_FILES_MAX = 8, DISK_FOREVER = -1 };

struct disk {
	struct media media;
	uint64_t random;
	long power; /* calls that still succeed, or DISK_FOREVER */
	long room;  /* bytes by which files may still grow, or DISK_FOREVER */
	bool off;
	struct disk_file {
		struct disk *disk;
		char name[32];
		bool lies; /* what is read back is not what was written */
	} files[DISK_FILES_MAX];
	size_t n;
};

/* False: the power fails at this call. */
static inline bool disk_powered(struct disk *disk)
{
	if (disk->power == 0)
		disk->off = true;
	if (disk->power > 0)
		disk->power--;
	return !disk->off;
}

static inline struct media_node *disk_node(struct disk_file *f)
{
	return media_find(&f->disk->media, f->name);
}

static inline int disk_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	struct disk_file *f = context;
	struct media_bytes *now = &disk_node(f)->now;
	if (f->disk->off || at + n > now->len)
		return error_set(error, ERROR_SYSTEM, "cannot read");
	memcpy(ret_bytes, now->at + at, n);
	if (f->lies && n > 0)
		*(uint8_t *)ret_bytes ^= 1;
	return 0;
}

static inline int disk_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	struct disk_file *f = context;
	bool was_off = f->disk->off, powered = disk_powered(f->disk);
	size_t len = disk_node(f)->now.len, grown = at + n > len ? at + n - len : 0;
	if (f->disk->room >= 0 && grown > (size_t)f->disk->room)
		return error_set(error, ERROR_SYSTEM, "the disk is full");
	f->disk->room -= f->disk->room >= 0 ? (long)grown : 0;
	if (!was_off)
		media_write(disk_node(f), at, bytes, n);
	return powered ? 0 : error_set(error, ERROR_SYSTEM, "cannot write");
}

static inline int disk_sync(void *context, struct error *error)
{
	struct disk_file *f = context;
	if (!disk_powered(f->disk))
		return error_set(error, ERROR_SYSTEM, "cannot make durable");
	media_sync(disk_node(f));
	return 0;
}

static inline int disk_resize(void *context, uint64_t bytes, struct error *error)
{
	struct disk_file *f = context;
	bool was_off = f->disk->off, powered = disk_powered(f->disk);
	if (!was_off)
		media_truncate(disk_node(f), bytes);
	return powered ? 0 : error_set(error, ERROR_SYSTEM, "cannot change the size");
}

static inline int disk_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	struct disk_file *f = context;
	if (f->disk->off)
		return error_set(error, ERROR_SYSTEM, "cannot tell the size");
	*ret_bytes = disk_node(f)->now.len;
	return 0;
}

static inline void disk_close(void *context)
{
	(void)context;
}

static inline void disk_init(struct disk *disk, uint64_t seed)
{
	*disk = (struct disk){.random = seed, .power = DISK_FOREVER, .room = DISK_FOREVER};
	media_init(&disk->media);
}

/* The file of that name, made where there is none; the names are durable. */
static inline struct file disk_open(struct disk *disk, const char *name)
{
	static const struct file_verbs verbs = {disk_read, disk_write, disk_sync, disk_resize, disk_size, disk_close};
	for (size_t i = 0; i < disk->n; i++)
		if (strcmp(disk->files[i].name, name) == 0)
			return (struct file){&disk->files[i], &verbs};
	ASSERT(disk->n < DISK_FILES_MAX);
	struct disk_file *f = &disk->files[disk->n++];
	f->disk = disk;
	snprintf(f->name, sizeof f->name, "%s", name);
	media_create(&disk->media, name);
	media_sync_names(&disk->media);
	return (struct file){f, &verbs};
}

static inline void disk_crash(struct disk *disk)
{
	media_crash(&disk->media, &disk->random);
	disk->off = false;
	disk->power = DISK_FOREVER;
}

/* Whether the n bytes stand anywhere on the disk, as everybody sees it now. */
static inline bool disk_holds(const struct disk *disk, const void *bytes, size_t n)
{
	for (size_t i = 0; i < disk->n; i++) {
		const struct media_bytes *now = &media_find(&disk->media, disk->files[i].name)->now;
		if (now->len >= n && memmem(now->at, now->len, bytes, n))
			return true;
	}
	return false;
}

static inline void disk_release(struct disk *disk)
{
	media_release(&disk->media);
}

#endif
