/* disk.h: a disk in memory that loses what was not synced: a SQLite VFS, and plain files beside it (base/file.h),
 * for tests of what a power failure, a full disk or the end of a process leaves.
 *
 * The model, which is what Linux's journaling file systems promise and no more:
 *
 *   - A write or truncate is seen at once by everybody who reads, and is durable after the next sync of its
 * file.
 *   - When the power fails, each sector of 512 bytes of each unsynced write is kept or lost on its own,
 * whatever the order they were written in. What lies in a file's size and was never written reads as zeros. A
 * sector is never half old and half new, and bytes next to a write never change (SQLite's "powersafe overwrite",
 * which it assumes of real disks too).
 *   - Truncates and growth of one file keep their order: the file has one of the sizes it had since its last
 * sync.
 *   - Names are created and removed in order: after a power failure an arbitrary number of the last such
 * steps is undone. They are durable after a sync of the directory. SQLite's own VFS syncs it with the first sync of
 * a log or rollback journal that it was told to make if need be, and when it is told to after a delete; so does
 * this one. A file's data and its name are two things: what is synced in a file whose name is lost is lost.
 *   - A sync that fails (disk_fail_sync) drops the file's unsynced writes from what will ever become durable,
 * though they can still be read, and the next sync says all is well: this is what Linux's page cache does, and why
 * nobody may try again.
 *   - When a process ends (disk_die_at, disk_end_process) nothing that it wrote is lost, and nothing of it becomes durable by that.
 *
 * All of it follows from the seeds. Time stands still; SQLite's random numbers are the disk's.
 */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "base/file.h"

enum { DISK_NEVER = 0 }; /* for the n-th step or sync */

struct disk;

/* An empty disk, registered with SQLite under this name until disk_free. The name must outlive it. */
struct disk *disk_new(const char *name, uint64_t seed);
void disk_free(struct disk *disk); /* every file must be closed */

/* A plain file on it, made where there is none; the caller closes it, also after a power failure. */
int disk_file(struct disk *disk, const char *name, struct file *ret_file, struct error *error);

/* The same file for a process of its own, which goes on when the one that opened it ends. Closed by the caller too. */
struct file disk_file_again(struct file file);

/* Faults */

/* The power fails now. Unsynced writes are lost as the seed says; every later step, of open files too, is an
 * I/O error. */
void disk_crash(struct disk *disk, uint64_t seed);

/* The power fails at the n-th write, truncate, delete, create or sync from now, 1 first: a write may still
 * happen in part, nothing else does. */
void disk_fail_at(struct disk *disk, uint64_t n, uint64_t seed);

/* The process ends just before the n-th such step; or now. From then on every step of its files is an I/O error. */
void disk_die_at(struct disk *disk, uint64_t n);
void disk_end_process(struct disk *disk);

bool disk_is_down(const struct disk *disk);

/* The power is back, or another process begins. Files that were open stay useless; open them anew. */
void disk_restart(struct disk *disk);

/* The n-th sync from now fails with EIO, once; the disk goes on. */
void disk_fail_sync(struct disk *disk, uint64_t n);

/* Writes beyond this many bytes in all files together are refused as on a full disk; 0 for no bound. */
void disk_bound(struct disk *disk, uint64_t bytes_max);
uint64_t disk_bytes(const struct disk *disk); /* in all files together */
uint64_t disk_room(const struct disk *disk);  /* until the bound; UINT64_MAX without one */

/* Looking at it from outside */

/* Whether these bytes stand in any file, as everybody sees it now: for looking for what must not be there. */
bool disk_holds(const struct disk *disk, const void *bytes, size_t n);

/* All bytes that somebody who takes the disk away may find, file by file: as they are read now, as they are
 * durable, and unsynced writes between the two; also of files whose names are removed as long as that may be
 * undone. */
typedef void disk_look_fn(void *context, const char *name, const uint8_t *bytes, size_t n);
void disk_look(const struct disk *disk, disk_look_fn *look, void *context);

/* Called with what every write writes. */
typedef void disk_watch_fn(void *context, const char *name, const uint8_t *bytes, size_t n);
void disk_watch(struct disk *disk, disk_watch_fn *watch, void *context);

/* The i-th name; NULL behind the last. */
const char *disk_name(const struct disk *disk, size_t i);

/* A file's bytes as everybody sees them now; false when there is none of that name. They hold until the next step. */
bool disk_bytes_of(const struct disk *disk, const char *name, const uint8_t **ret_bytes, size_t *ret_n);

/* Somebody puts this file there, whole and durable, or takes it away. Nobody has it open. */
void disk_put(struct disk *disk, const char *name, const uint8_t *bytes, size_t n);
void disk_remove(struct disk *disk, const char *name);

/* What was done since disk_new. Steps are what disk_fail_at counts. */
struct disk_counts {
	uint64_t steps, writes, bytes, syncs;
};
struct disk_counts disk_counts(const struct disk *disk);

#endif
