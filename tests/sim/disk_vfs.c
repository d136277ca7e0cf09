#include "sim/disk_inner.h"

#include <malloc.h>

/* SQLite's verbs on the disk */

static int vfs_open(sqlite3_vfs *vfs, const char *text, sqlite3_file *base, int flags, int *ret_flags)
{
	struct disk *disk = vfs->pAppData;
	struct open_file *file = (struct open_file *)base;
	*file = (struct open_file){0};
	ASSERT(text && strlen(text) <= MEDIA_NAME_BYTES_MAX);
	struct media_node *node = disk->is_down ? NULL : media_find(&disk->media, text);
	bool is_new = !node && (flags & SQLITE_OPEN_CREATE) != 0;
	if (disk->is_down || (!node && !is_new) || (is_new && !disk_whole_step(disk)))
		return SQLITE_CANTOPEN;
	if (is_new)
		node = media_create(&disk->media, text);
	*file = (struct open_file){
	    {&disk_methods}, .disk = disk, .node = media_hold(node), .power = disk->powers, .life = disk->lives};
	file->syncs_directory =
	    (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
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
	if (!disk_whole_step(disk))
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
