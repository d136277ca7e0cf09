#include "sim/disk.h"

#include "sim/media.h"

#include <malloc.h>
#include <sqlite3.h>

enum { HOST_SECTOR_BYTES = 4096 }; /* what SQLite is told, as its own VFS says */

struct disk {
	sqlite3_vfs vfs;
	struct media media;
	uint64_t random, life; /* life counts power failures: open files of an earlier one are dead */
	uint64_t fail_step, fail_seed, fail_sync, bytes_max;
	bool is_down;
	struct disk_counts counts;
};

struct open_file {
	sqlite3_file base;
	struct disk *disk;
	struct media_node *node;
	uint64_t life;
	int lock;
	bool syncs_directory, is_deleted_on_close;
	char name[MEDIA_NAME_BYTES_MAX + 1];
};

/* Power */

static void power_fails(struct disk *disk, uint64_t seed)
{
	uint64_t random = seed;
	media_crash(&disk->media, &random);
	disk->is_down = true;
	disk->fail_step = DISK_NEVER;
	disk->life++;
}

/* One more step that can fail. False when the power fails at it, or failed before. */
static bool step(struct disk *disk)
{
	if (disk->is_down)
		return false;
	disk->counts.steps++;
	if (disk->fail_step == DISK_NEVER || --disk->fail_step > 0)
		return true;
	return false;
}

static bool is_dead(const struct open_file *file)
{
	return file->disk->is_down || file->life != file->disk->life;
}

void disk_crash(struct disk *disk, uint64_t seed)
{
	ASSERT(!disk->is_down);
	power_fails(disk, seed);
}

void disk_fail_at(struct disk *disk, uint64_t n, uint64_t seed)
{
	disk->fail_step = n;
	disk->fail_seed = seed;
}

bool disk_is_down(const struct disk *disk)
{
	return disk->is_down;
}

void disk_restart(struct disk *disk)
{
	disk->is_down = false;
}

void disk_fail_sync(struct disk *disk, uint64_t n)
{
	disk->fail_sync = n;
}

void disk_bound(struct disk *disk, uint64_t bytes_max)
{
	disk->bytes_max = bytes_max;
}

struct disk_counts disk_counts(const struct disk *disk)
{
	return disk->counts;
}

/* SQLite's verbs on an open file */

static int sqlite_read(sqlite3_file *base, void *to, int n, sqlite3_int64 offset)
{
	struct open_file *file = (struct open_file *)base;
	if (is_dead(file))
		return SQLITE_IOERR_READ;
	const struct media_bytes *now = &file->node->now;
	size_t begin = (size_t)offset < now->len ? (size_t)offset : now->len;
	size_t there = now->len - begin < (size_t)n ? now->len - begin : (size_t)n;
	if (there > 0)
		memcpy(to, now->at + begin, there);
	memset((uint8_t *)to + there, 0, (size_t)n - there);
	return there == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int sqlite_write(sqlite3_file *base, const void *from, int n, sqlite3_int64 offset)
{
	struct open_file *file = (struct open_file *)base;
	struct disk *disk = file->disk;
	if (is_dead(file))
		return SQLITE_IOERR_WRITE;
	size_t end = (size_t)offset + (size_t)n, len = file->node->now.len;
	if (disk->bytes_max > 0 && end > len && media_size(&disk->media) + (end - len) > disk->bytes_max)
		return SQLITE_FULL;
	bool is_last = !step(disk);
	media_write(file->node, (size_t)offset, from, (size_t)n);
	disk->counts.writes++;
	disk->counts.bytes += (uint64_t)n;
	if (is_last)
		power_fails(disk, disk->fail_seed);
	return is_last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

/* A step that does not happen at all when the power fails at it. */
static bool whole_step(struct disk *disk)
{
	if (step(disk))
		return true;
	if (!disk->is_down)
		power_fails(disk, disk->fail_seed);
	return false;
}

static int sqlite_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	struct open_file *file = (struct open_file *)base;
	if (is_dead(file) || !whole_step(file->disk))
		return SQLITE_IOERR_TRUNCATE;
	media_truncate(file->node, (size_t)len);
	return SQLITE_OK;
}

static int sqlite_sync(sqlite3_file *base, int flags)
{
	(void)flags;
	struct open_file *file = (struct open_file *)base;
	struct disk *disk = file->disk;
	if (is_dead(file) || !whole_step(disk))
		return SQLITE_IOERR_FSYNC;
	disk->counts.syncs++;
	if (disk->fail_sync != DISK_NEVER && --disk->fail_sync == 0) {
		media_drop(file->node);
		return SQLITE_IOERR_FSYNC;
	}
	media_sync(file->node);
	if (file->syncs_directory)
		media_sync_names(&disk->media);
	file->syncs_directory = false;
	return SQLITE_OK;
}

static int sqlite_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	struct open_file *file = (struct open_file *)base;
	if (is_dead(file))
		return SQLITE_IOERR_FSTAT;
	*ret_size = (sqlite3_int64)file->node->now.len;
	return SQLITE_OK;
}

/* Locks as SQLite defines them, without the pending one: whoever cannot have it now is told so. */
static int sqlite_lock(sqlite3_file *base, int lock)
{
	struct open_file *file = (struct open_file *)base;
	struct media_node *node = file->node;
	if (is_dead(file))
		return SQLITE_IOERR_LOCK;
	if (lock <= file->lock)
		return SQLITE_OK;
	const struct open_file *writer = node->writer;
	bool others_write = writer && writer != file;
	unsigned others_read = node->readers - (file->lock >= SQLITE_LOCK_SHARED);
	if (others_write && (lock > SQLITE_LOCK_SHARED || writer->lock == SQLITE_LOCK_EXCLUSIVE))
		return SQLITE_BUSY;
	if (lock == SQLITE_LOCK_EXCLUSIVE && others_read > 0)
		return SQLITE_BUSY;
	if (file->lock == SQLITE_LOCK_NONE)
		node->readers++;
	if (lock >= SQLITE_LOCK_RESERVED)
		node->writer = file;
	file->lock = lock;
	return SQLITE_OK;
}

static int sqlite_unlock(sqlite3_file *base, int lock)
{
	struct open_file *file = (struct open_file *)base;
	struct media_node *node = file->node;
	if (is_dead(file) || lock >= file->lock)
		return SQLITE_OK;
	if (lock < SQLITE_LOCK_RESERVED && node->writer == file)
		node->writer = NULL;
	if (lock == SQLITE_LOCK_NONE)
		node->readers--;
	file->lock = lock;
	return SQLITE_OK;
}

static int sqlite_close(sqlite3_file *base)
{
	struct open_file *file = (struct open_file *)base;
	struct media *media = &file->disk->media;
	sqlite_unlock(base, SQLITE_LOCK_NONE);
	if (file->is_deleted_on_close && !is_dead(file) && media_find(media, file->name) == file->node)
		media_remove(media, file->name);
	media_let_go(file->node);
	return SQLITE_OK;
}

static int sqlite_has_writer(sqlite3_file *base, int *ret_has)
{
	*ret_has = ((struct open_file *)base)->node->writer != NULL;
	return SQLITE_OK;
}

static int sqlite_control(sqlite3_file *base, int what, void *argument)
{
	(void)base, (void)what, (void)argument;
	return SQLITE_NOTFOUND;
}

static int sqlite_sector_bytes(sqlite3_file *base)
{
	(void)base;
	return HOST_SECTOR_BYTES;
}

static int sqlite_characteristics(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1 has no shared memory: a write-ahead log then works only for one connection, which is what the
 * journal promises. */
static const sqlite3_io_methods sqlite_methods = {
    .iVersion = 1,
    .xClose = sqlite_close,
    .xRead = sqlite_read,
    .xWrite = sqlite_write,
    .xTruncate = sqlite_truncate,
    .xSync = sqlite_sync,
    .xFileSize = sqlite_size,
    .xLock = sqlite_lock,
    .xUnlock = sqlite_unlock,
    .xCheckReservedLock = sqlite_has_writer,
    .xFileControl = sqlite_control,
    .xSectorSize = sqlite_sector_bytes,
    .xDeviceCharacteristics = sqlite_characteristics,
};

/* Plain files (base/file.h): the same bytes and the same faults. Their names are durable when they are made. */

static int plain_failed(struct error *error, const char *what)
{
	return error_set(error, ERROR_SYSTEM, "%s", what);
}

static int plain_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct open_file *file = context;
	const struct media_bytes *now = &file->node->now;
	if (is_dead(file) || at + n > now->len)
		return plain_failed(error, "cannot read");
	memcpy(ret_bytes, now->at + at, n);
	return 0;
}

static int plain_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	int code = sqlite_write(context, bytes, (int)n, (sqlite3_int64)at);
	return code == SQLITE_OK ? 0 : plain_failed(error, code == SQLITE_FULL ? "the disk is full" : "cannot write");
}

static int plain_sync(void *context, struct error *error)
{
	return sqlite_sync(context, 0) == SQLITE_OK ? 0 : plain_failed(error, "cannot make durable");
}

static int plain_resize(void *context, uint64_t bytes, struct error *error)
{
	return sqlite_truncate(context, (sqlite3_int64)bytes) == SQLITE_OK ? 0 : plain_failed(error, "cannot cut");
}

static int plain_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct open_file *file = context;
	if (is_dead(file))
		return plain_failed(error, "cannot tell the size");
	*ret_bytes = file->node->now.len;
	return 0;
}

static void plain_close(void *context)
{
	media_let_go(((struct open_file *)context)->node);
	free(context);
}

int disk_file(struct disk *disk, const char *name, struct file *ret_file, struct error *error)
{
	static const struct file_verbs verbs = {plain_read,   plain_write, plain_sync,
						plain_resize, plain_size,  plain_close};
	struct media_node *node = disk->is_down ? NULL : media_find(&disk->media, name);
	if (disk->is_down || (!node && !whole_step(disk)))
		return plain_failed(error, "cannot open");
	if (!node) {
		node = media_create(&disk->media, name);
		media_sync_names(&disk->media);
	}
	struct open_file *file = calloc(1, sizeof *file);
	ASSERT(file);
	*file = (struct open_file){.disk = disk, .node = media_hold(node), .life = disk->life};
	*ret_file = (struct file){file, &verbs};
	return 0;
}

bool disk_holds(const struct disk *disk, const void *bytes, size_t n)
{
	const struct media_names *names = &disk->media.now;
	for (size_t i = 0; i < names->n; i++) {
		const struct media_bytes *now = &names->at[i].node->now;
		if (now->len > 0 && memmem(now->at, now->len, bytes, n))
			return true;
	}
	return false;
}

/* SQLite's verbs on the disk */

static int vfs_open(sqlite3_vfs *vfs, const char *text, sqlite3_file *base, int flags, int *ret_flags)
{
	struct disk *disk = vfs->pAppData;
	struct open_file *file = (struct open_file *)base;
	*file = (struct open_file){0};
	ASSERT(text && strlen(text) <= MEDIA_NAME_BYTES_MAX);
	struct media_node *node = disk->is_down ? NULL : media_find(&disk->media, text);
	bool is_new = !node && (flags & SQLITE_OPEN_CREATE) != 0;
	if (disk->is_down || (!node && !is_new) || (is_new && !whole_step(disk)))
		return SQLITE_CANTOPEN;
	if (is_new)
		node = media_create(&disk->media, text);
	*file = (struct open_file){{&sqlite_methods}, .disk = disk, .node = media_hold(node), .life = disk->life};
	file->syncs_directory = is_new && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	file->is_deleted_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
	memcpy(file->name, text, strlen(text) + 1);
	if (ret_flags)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *text, int syncs_directory)
{
	struct disk *disk = vfs->pAppData;
	if (!disk->is_down && !media_find(&disk->media, text))
		return SQLITE_IOERR_DELETE_NOENT;
	if (!whole_step(disk))
		return SQLITE_IOERR_DELETE;
	media_remove(&disk->media, text);
	if (syncs_directory)
		media_sync_names(&disk->media);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *text, int flags, int *ret_may)
{
	(void)flags;
	struct disk *disk = vfs->pAppData;
	*ret_may = media_find(&disk->media, text) != NULL;
	return disk->is_down ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *text, int size, char *ret_text)
{
	(void)vfs;
	snprintf(ret_text, (size_t)size, "%s", text);
	return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *ret_bytes)
{
	struct disk *disk = vfs->pAppData;
	for (int i = 0; i < n; i++)
		ret_bytes[i] = (char)media_random(&disk->random);
	return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_julian_ms)
{
	(void)vfs;
	*ret_julian_ms = INT64_C(2460000) * 24 * 60 * 60 * 1000;
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
	(void)vfs, (void)size, (void)ret_text;
	return 0;
}

/* Tests make thousands of disks: giving their memory back to the system each time would cost more than all
 * the rest. */
static void keep_memory(void)
{
	enum { KEPT_BYTES = 64 << 20 };
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
}

struct disk *disk_new(const char *name, uint64_t seed)
{
	keep_memory();
	struct disk *disk = calloc(1, sizeof *disk);
	ASSERT(disk);
	disk->random = seed;
	disk->vfs = (sqlite3_vfs){
	    .iVersion = 2,
	    .szOsFile = sizeof(struct open_file),
	    .mxPathname = MEDIA_NAME_BYTES_MAX,
	    .zName = name,
	    .pAppData = disk,
	    .xOpen = vfs_open,
	    .xDelete = vfs_delete,
	    .xAccess = vfs_access,
	    .xFullPathname = vfs_full_name,
	    .xRandomness = vfs_random,
	    .xSleep = vfs_sleep,
	    .xCurrentTimeInt64 = vfs_time,
	    .xGetLastError = vfs_last_error,
	};
	media_init(&disk->media);
	int registered = sqlite3_vfs_register(&disk->vfs, 0);
	ASSERT(registered == SQLITE_OK);
	return disk;
}

void disk_free(struct disk *disk)
{
	sqlite3_vfs_unregister(&disk->vfs);
	media_release(&disk->media);
	free(disk);
}
