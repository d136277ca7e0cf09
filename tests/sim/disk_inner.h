/* disk_inner.h: what the disk's files share. Nobody else includes it.
 *
 *     disk.c         power, faults, and SQLite's verbs on an open file
 *     disk_vfs.c     SQLite's verbs on the disk, and the disk itself
 *     disk_plain.c   plain files, and looking at all bytes
 */
#ifndef TESTS_SIM_DISK_INNER_H
#define TESTS_SIM_DISK_INNER_H

#include "sim/disk.h"
#include "sim/media.h"

#include <sqlite3.h>

struct disk {
	sqlite3_vfs vfs;
	struct media media;
	uint64_t random;
	uint64_t powers,
	    lives; /* how often the power failed, and that or the process ended: open files of an earlier one are dead */
	uint64_t fail_step, fail_seed, fail_sync, bytes_max;
	bool dies;    /* at fail_step the process ends, not the power */
	bool is_down; /* until disk_restart */
	struct disk_counts counts;
	disk_watch_fn *watch;
	void *watch_context;
};

struct open_file {
	sqlite3_file base;
	struct disk *disk;
	struct media_node *node;
	uint64_t power, life;
	int lock;
	bool outlives; /* the process that opened it */
	bool syncs_directory, is_deleted_on_close;
	char name[MEDIA_NAME_BYTES_MAX + 1];
};

bool disk_file_is_dead(const struct open_file *file);

/* A step that does not happen at all when the power fails at it, or the process ends. */
bool disk_whole_step(struct disk *disk);

/* SQLite's verbs that plain files are made of. */
int disk_write(struct open_file *file, const void *from, int n, sqlite3_int64 offset);
int disk_truncate(struct open_file *file, sqlite3_int64 len);
int disk_sync(struct open_file *file);

extern const sqlite3_io_methods disk_methods;

#endif
