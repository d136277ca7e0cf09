/* disk_test.h: for tests only: struct file (base/file.h) on a disk that loses what was not synced, as
 * sim/disk.h says.
 *
 *     disk_make(&disk, seed);
 *     struct file file = disk_file(&disk, "spool");      made when there is none; its name is durable
 *     disk.fail_at = 3;                                  the power fails at the third step from now: write,
 *                                                        sync or resize
 *     disk.stop_at = 3;                                  the process dies just before that: nothing is lost
 *     disk_power_fails(&disk);                           or it fails now
 *     disk_starts(&disk);                                it is back: open the files anew
 *     disk_release(&disk);
 */
#ifndef KIT_DISK_TEST_H
#define KIT_DISK_TEST_H

#include "base/file.h"
#include "sim/media.h"

enum { DISK_FILES_MAX = 4 };

struct disk_test {
	struct media media;
	uint64_t random, fail_at, stop_at, fail_sync; /* fail_sync: the n-th sync from now fails with an error, once */
	uint64_t steps, syncs;
	unsigned life; /* files that were open in an earlier one are dead */
	bool down;
	size_t n_files;
	struct disk_file {
		struct disk_test *disk;
		struct media_node *node;
		unsigned life;
	} files[DISK_FILES_MAX];
};

static inline void disk_make(struct disk_test *disk, uint64_t seed)
{
	memset(disk, 0, sizeof *disk);
	disk->random = seed;
	media_init(&disk->media);
}

static inline void disk_release(struct disk_test *disk)
{
	media_release(&disk->media);
}

static inline void disk_power_fails(struct disk_test *disk)
{
	media_crash(&disk->media, &disk->random);
	disk->down = true;
	disk->fail_at = 0;
}

static inline void disk_starts(struct disk_test *disk)
{
	disk->down = false;
	disk->life++;
	disk->n_files = 0;
}

static inline int disk_gone(struct error *error)
{
	return error_set(error, ERROR_SYSTEM, "the disk is gone");
}

static inline bool disk_is_dead(const struct disk_file *f)
{
	return f->disk->down || f->life != f->disk->life;
}

/* Whether the process dies before this step. */
static inline bool disk_stops(struct disk_test *disk)
{
	if (disk->stop_at > 0 && --disk->stop_at == 0)
		disk->down = true;
	return disk->down;
}

/* Whether the power fails at this step. */
static inline bool disk_last_step(struct disk_test *disk)
{
	disk->steps++;
	return disk->fail_at > 0 && --disk->fail_at == 0;
}

static inline int disk_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct disk_file *f = context;
	if (disk_is_dead(f) || at + n > f->node->now.len)
		return disk_gone(error);
	if (n > 0)
		memcpy(ret_bytes, f->node->now.at + at, n);
	return 0;
}

static inline int disk_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	struct disk_file *f = context;
	if (disk_is_dead(f) || disk_stops(f->disk))
		return disk_gone(error);
	bool last = disk_last_step(f->disk);
	media_write(f->node, at, bytes, n);
	if (last)
		disk_power_fails(f->disk);
	return last ? disk_gone(error) : 0;
}

static inline int disk_sync(void *context, struct error *error)
{
	struct disk_file *f = context;
	if (disk_is_dead(f) || disk_stops(f->disk))
		return disk_gone(error);
	if (disk_last_step(f->disk)) {
		disk_power_fails(f->disk);
		return disk_gone(error);
	}
	f->disk->syncs++;
	if (f->disk->fail_sync > 0 && --f->disk->fail_sync == 0) {
		media_drop(f->node);
		return error_set(error, ERROR_SYSTEM, "a sync failed");
	}
	media_sync(f->node);
	return 0;
}

static inline int disk_resize(void *context, uint64_t bytes, struct error *error)
{
	struct disk_file *f = context;
	if (disk_is_dead(f) || disk_stops(f->disk))
		return disk_gone(error);
	if (disk_last_step(f->disk)) {
		disk_power_fails(f->disk);
		return disk_gone(error);
	}
	media_truncate(f->node, bytes);
	return 0;
}

static inline int disk_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct disk_file *f = context;
	if (disk_is_dead(f))
		return disk_gone(error);
	*ret_bytes = f->node->now.len;
	return 0;
}

static inline void disk_close(void *context)
{
	(void)context;
}

static inline struct file disk_file(struct disk_test *disk, const char *name)
{
	static const struct file_verbs verbs = {disk_read, disk_write, disk_sync, disk_resize, disk_size, disk_close};
	ASSERT(disk->n_files < DISK_FILES_MAX);
	struct disk_file *f = &disk->files[disk->n_files++];
	struct media_node *node = media_find(&disk->media, name);
	if (!node) {
		node = media_create(&disk->media, name);
		media_sync_names(&disk->media);
	}
	*f = (struct disk_file){disk, node, disk->life};
	return (struct file){f, &verbs};
}

#endif
