#include "sim/disk_inner.h"

enum { HOST_SECTOR_BYTES = 4096 }; /* what SQLite is told, as its own VFS says */

/* Power */

static void goes_down(struct disk *disk)
{
	disk->is_down = true;
	disk->fail_step = DISK_NEVER;
	disk->lives++;
}

static void power_fails(struct disk *disk, uint64_t seed)
{
	uint64_t random = seed;
	media_crash(&disk->media, &random);
	disk->powers++;
	goes_down(disk);
}

void disk_end_process(struct disk *disk)
{
	ASSERT(!disk->is_down);
	media_unlock(&disk->media);
	goes_down(disk);
}

/* One more step that can fail. False when the power fails at it, or failed before. */
static bool step(struct disk *disk)
{
	if (disk->is_down)
		return false;
	disk->counts.steps++;
	if (disk->fail_step == DISK_NEVER || --disk->fail_step > 0)
		return true;
	if (disk->dies)
		disk_end_process(disk);
	return false;
}

bool disk_file_is_dead(const struct open_file *file)
{
	const struct disk *disk = file->disk;
	if (file->outlives)
		return file->power != disk->powers;
	return disk->is_down || file->life != disk->lives;
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
	disk->dies = false;
}

void disk_die_at(struct disk *disk, uint64_t n)
{
	disk->fail_step = n;
	disk->dies = true;
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

uint64_t disk_bytes(const struct disk *disk)
{
	return media_size(&disk->media);
}

uint64_t disk_room(const struct disk *disk)
{
	uint64_t bytes = disk_bytes(disk);
	if (disk->bytes_max == 0)
		return UINT64_MAX;
	return disk->bytes_max > bytes ? disk->bytes_max - bytes : 0;
}

struct disk_counts disk_counts(const struct disk *disk)
{
	return disk->counts;
}

/* SQLite's verbs on an open file */

static int sqlite_read(sqlite3_file *base, void *to, int n, sqlite3_int64 offset)
{
	struct open_file *file = (struct open_file *)base;
	if (disk_file_is_dead(file))
		return SQLITE_IOERR_READ;
	const struct media_bytes *now = &file->node->now;
	size_t begin = (size_t)offset < now->len ? (size_t)offset : now->len;
	size_t there = now->len - begin < (size_t)n ? now->len - begin : (size_t)n;
	if (there > 0)
		memcpy(to, now->at + begin, there);
	memset((uint8_t *)to + there, 0, (size_t)n - there);
	return there == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

/* A write of the process that ends at it does not happen; one of a process that goes on is no step of this one's. */
static bool writes(struct open_file *file, bool *ret_is_last)
{
	struct disk *disk = file->disk;
	*ret_is_last = !file->outlives && !step(disk);
	return !*ret_is_last || !disk->is_down;
}

int disk_write(struct open_file *file, const void *from, int n, sqlite3_int64 offset)
{
	struct disk *disk = file->disk;
	bool is_last;
	if (disk_file_is_dead(file))
		return SQLITE_IOERR_WRITE;
	size_t end = (size_t)offset + (size_t)n, len = file->node->now.len;
	if (disk->bytes_max > 0 && end > len && media_size(&disk->media) + (end - len) > disk->bytes_max)
		return SQLITE_FULL;
	if (!writes(file, &is_last))
		return SQLITE_IOERR_WRITE;
	media_write(file->node, (size_t)offset, from, (size_t)n);
	disk->counts.writes++;
	disk->counts.bytes += (uint64_t)n;
	if (disk->watch)
		disk->watch(disk->watch_context, file->name, from, (size_t)n);
	if (is_last)
		power_fails(disk, disk->fail_seed);
	return is_last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int sqlite_write(sqlite3_file *base, const void *from, int n, sqlite3_int64 offset)
{
	return disk_write((struct open_file *)base, from, n, offset);
}

bool disk_whole_step(struct disk *disk)
{
	if (step(disk))
		return true;
	if (!disk->is_down)
		power_fails(disk, disk->fail_seed);
	return false;
}

static bool whole_step(struct open_file *file)
{
	return !disk_file_is_dead(file) && (file->outlives || disk_whole_step(file->disk));
}

int disk_truncate(struct open_file *file, sqlite3_int64 len)
{
	if (!whole_step(file))
		return SQLITE_IOERR_TRUNCATE;
	media_truncate(file->node, (size_t)len);
	return SQLITE_OK;
}

static int sqlite_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	return disk_truncate((struct open_file *)base, len);
}

int disk_sync(struct open_file *file)
{
	struct disk *disk = file->disk;
	if (!whole_step(file))
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

static int sqlite_sync(sqlite3_file *base, int flags)
{
	(void)flags;
	return disk_sync((struct open_file *)base);
}

static int sqlite_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	struct open_file *file = (struct open_file *)base;
	if (disk_file_is_dead(file))
		return SQLITE_IOERR_FSTAT;
	*ret_size = (sqlite3_int64)file->node->now.len;
	return SQLITE_OK;
}

/* Locks as SQLite defines them, without the pending one: whoever cannot have it now is told so. */
static int sqlite_lock(sqlite3_file *base, int lock)
{
	struct open_file *file = (struct open_file *)base;
	struct media_node *node = file->node;
	if (disk_file_is_dead(file))
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
	if (disk_file_is_dead(file) || lock >= file->lock)
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
	if (file->is_deleted_on_close && !disk_file_is_dead(file) && media_find(media, file->name) == file->node)
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
const sqlite3_io_methods disk_methods = {
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
