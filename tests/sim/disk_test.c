#include "sim/disk.h"

#include "base/test.h"

#include <sqlite3.h>

/* One open file, by the verbs SQLite itself would call. */
struct open_file {
	sqlite3_file *file;
	union {
		uint8_t bytes[1024];
		uint64_t aligned;
	} memory;
};

static const int main_db = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE,
		 log_file = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE;

static bool open_file(struct open_file *f, const char *name, int flags)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("disk");
	ASSERT(vfs && (size_t)vfs->szOsFile <= sizeof f->memory);
	f->file = (sqlite3_file *)(void *)f->memory.bytes;
	return vfs->xOpen(vfs, name, f->file, flags, NULL) == SQLITE_OK;
}

static void create_file(struct open_file *f, const char *name, int flags)
{
	bool is_open = open_file(f, name, flags | SQLITE_OPEN_CREATE);
	ASSERT(is_open);
}

static bool put(struct open_file *f, char byte, int n, int64_t offset)
{
	char bytes[4096];
	ASSERT((size_t)n <= sizeof bytes);
	memset(bytes, byte, (size_t)n);
	return f->file->pMethods->xWrite(f->file, bytes, n, offset) == SQLITE_OK;
}

static char get(struct open_file *f, int64_t offset)
{
	char byte = 0;
	return f->file->pMethods->xRead(f->file, &byte, 1, offset) == SQLITE_OK ? byte : '-';
}

static int64_t size_of(struct open_file *f)
{
	sqlite3_int64 size = -1;
	f->file->pMethods->xFileSize(f->file, &size);
	return size;
}

static bool sync_file(struct open_file *f)
{
	return f->file->pMethods->xSync(f->file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

static void close_file(struct open_file *f)
{
	f->file->pMethods->xClose(f->file);
}

/* Power off and on, and the file opened anew. */
static void restart(struct disk *disk, struct open_file *f, uint64_t seed)
{
	disk_crash(disk, seed);
	close_file(f);
	disk_restart(disk);
	bool is_there = open_file(f, "a", main_db);
	ASSERT(is_there);
}

/* A disk with the file "a", whose name and first 1,024 bytes, all 'o', are durable. */
static struct disk *begin(struct open_file *f, uint64_t seed)
{
	struct disk *disk = disk_new("disk", seed);
	create_file(f, "a", log_file);
	CHECK(put(f, 'o', 1024, 0) && sync_file(f));
	return disk;
}

static void end(struct disk *disk, struct open_file *f)
{
	close_file(f);
	disk_free(disk);
}

TEST(what_is_written_is_read)
{
	struct open_file f;
	struct disk *disk = begin(&f, 1);
	CHECK(put(&f, 'n', 600, 1000));
	CHECK(get(&f, 999) == 'o' && get(&f, 1000) == 'n' && get(&f, 1599) == 'n' && get(&f, 1600) == '-');
	CHECK_INT(size_of(&f), 1600);
	CHECK(put(&f, 'n', 1, 3000));
	CHECK_INT(get(&f, 2000), 0);
	end(disk, &f);
}

TEST(what_is_synced_survives)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct open_file f;
		struct disk *disk = begin(&f, seed);
		CHECK(put(&f, 'n', 600, 512) && sync_file(&f));
		restart(disk, &f, seed);
		CHECK_INT(size_of(&f), 1112);
		CHECK(get(&f, 0) == 'o' && get(&f, 511) == 'o' && get(&f, 512) == 'n' && get(&f, 1111) == 'n');
		end(disk, &f);
	}
}

/* Over many seeds everything that may happen to two unsynced sectors does, and nothing else. */
TEST(what_is_not_synced_is_kept_or_lost_sector_by_sector)
{
	unsigned kept[2][2] = {0};
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct open_file f;
		struct disk *disk = begin(&f, seed);
		CHECK(put(&f, 'n', 824, 100));
		restart(disk, &f, seed);
		CHECK(get(&f, 99) == 'o' && get(&f, 924) == 'o');
		CHECK(get(&f, 100) == get(&f, 511) && get(&f, 512) == get(&f, 923));
		kept[get(&f, 100) == 'n'][get(&f, 512) == 'n']++;
		CHECK_INT(size_of(&f), 1024);
		end(disk, &f);
	}
	CHECK(kept[0][0] > 0 && kept[0][1] > 0 && kept[1][0] > 0 && kept[1][1] > 0);
}

TEST(a_file_has_one_of_the_sizes_it_had)
{
	unsigned seen[3] = {0};
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct open_file f;
		struct disk *disk = begin(&f, seed);
		CHECK(put(&f, 'n', 512, 1024));
		CHECK(f.file->pMethods->xTruncate(f.file, 10) == SQLITE_OK);
		restart(disk, &f, seed);
		int64_t size = size_of(&f);
		CHECK(size == 1024 || size == 1536 || size == 10);
		seen[size == 1536 ? 1 : size == 10 ? 2 : 0]++;
		CHECK(get(&f, 5) == 'o');
		end(disk, &f);
	}
	CHECK(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

TEST(the_same_seed_loses_the_same)
{
	char found[2] = {0};
	for (int i = 0; i < 2; i++) {
		struct open_file f;
		struct disk *disk = begin(&f, 5);
		for (int sector = 0; sector < 8; sector++)
			CHECK(put(&f, 'n', 512, sector * 512));
		restart(disk, &f, 99);
		for (int sector = 0; sector < 8; sector++)
			found[i] = (char)(found[i] << 1 | (get(&f, sector * 512) == 'n'));
		end(disk, &f);
	}
	CHECK_INT(found[0], found[1]);
}

/* A new database's name is not durable by a sync of its own data, but by the first sync of a log beside it.
 */
TEST(a_name_is_durable_when_the_directory_was_synced)
{
	unsigned there = 0;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct open_file database, log;
		struct disk *disk = disk_new("disk", seed);
		create_file(&database, "a", main_db);
		CHECK(put(&database, 'n', 512, 0) && sync_file(&database));
		bool with_log = seed % 2 == 1;
		if (with_log) {
			create_file(&log, "a-wal", log_file);
			CHECK(sync_file(&log));
			close_file(&log);
		}
		disk_crash(disk, seed);
		close_file(&database);
		disk_restart(disk);
		bool is_there = open_file(&database, "a", main_db);
		CHECK(is_there || !with_log);
		there += is_there && !with_log;
		if (is_there) {
			CHECK(get(&database, 0) == 'n');
			close_file(&database);
		}
		disk_free(disk);
	}
	CHECK(there > 0 && there < 20);
}

TEST(a_deleted_file_can_come_back_until_the_directory_is_synced)
{
	unsigned back[2] = {0};
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct open_file f;
		struct disk *disk = begin(&f, seed);
		sqlite3_vfs *vfs = sqlite3_vfs_find("disk");
		close_file(&f);
		CHECK_INT(vfs->xDelete(vfs, "a", seed % 2 == 1), SQLITE_OK);
		CHECK(!open_file(&f, "a", main_db));
		disk_crash(disk, seed);
		disk_restart(disk);
		if (open_file(&f, "a", main_db)) {
			back[seed % 2]++;
			CHECK(get(&f, 0) == 'o');
			close_file(&f);
		}
		disk_free(disk);
	}
	CHECK(back[0] > 0 && back[0] < 20);
	CHECK_INT(back[1], 0);
}

TEST(power_fails_at_the_step_asked_for_and_stays_away)
{
	for (uint64_t n = 1; n <= 3; n++) {
		struct open_file f, other;
		struct disk *disk = begin(&f, n);
		disk_fail_at(disk, n, n);
		CHECK(put(&f, 'n', 512, 0) == (n > 1));
		CHECK(sync_file(&f) == (n > 2));
		CHECK(!put(&f, 'm', 512, 512));
		CHECK(disk_is_down(disk));
		CHECK(!sync_file(&f) && get(&f, 0) == '-' && !open_file(&other, "a", main_db));
		disk_restart(disk);
		CHECK(!put(&f, 'm', 512, 0) && get(&f, 0) == '-'); /* it was open when the power failed */
		close_file(&f);
		CHECK(open_file(&f, "a", main_db));
		CHECK(n <= 2 || get(&f, 0) == 'n');
		CHECK(put(&f, 'm', 512, 0));
		end(disk, &f);
	}
}

TEST(a_failed_sync_loses_the_writes_though_the_next_one_succeeds)
{
	struct open_file f;
	struct disk *disk = begin(&f, 1);
	disk_fail_sync(disk, 1);
	CHECK(put(&f, 'n', 512, 0));
	CHECK(!sync_file(&f));
	CHECK(get(&f, 0) == 'n');
	CHECK(sync_file(&f));
	restart(disk, &f, 1);
	CHECK(get(&f, 0) == 'o');
	end(disk, &f);
}

TEST(a_full_disk_takes_what_fits)
{
	struct open_file f;
	struct disk *disk = begin(&f, 1);
	disk_bound(disk, 2048);
	CHECK(put(&f, 'n', 1024, 1024));
	CHECK(!put(&f, 'n', 1, 2048));
	CHECK(put(&f, 'm', 1024, 0));
	end(disk, &f);
}

TEST(steps_writes_and_syncs_are_counted)
{
	struct open_file f;
	struct disk *disk = begin(&f, 1);
	struct disk_counts counts = disk_counts(disk);
	CHECK_INT(counts.steps, 3); /* create, write, sync */
	CHECK_INT(counts.writes, 1);
	CHECK_INT(counts.bytes, 1024);
	CHECK_INT(counts.syncs, 1);
	end(disk, &f);
}

TEST(one_writer_or_many_readers_have_the_lock)
{
	struct open_file a, b;
	struct disk *disk = begin(&a, 1);
	CHECK(open_file(&b, "a", main_db));
	const sqlite3_io_methods *verbs = a.file->pMethods;
	CHECK_INT(verbs->xLock(a.file, SQLITE_LOCK_SHARED), SQLITE_OK);
	CHECK_INT(verbs->xLock(b.file, SQLITE_LOCK_SHARED), SQLITE_OK);
	CHECK_INT(verbs->xLock(a.file, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
	CHECK_INT(verbs->xLock(a.file, SQLITE_LOCK_RESERVED), SQLITE_OK);
	CHECK_INT(verbs->xLock(b.file, SQLITE_LOCK_RESERVED), SQLITE_BUSY);
	CHECK_INT(verbs->xUnlock(b.file, SQLITE_LOCK_NONE), SQLITE_OK);
	CHECK_INT(verbs->xLock(a.file, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	CHECK_INT(verbs->xLock(b.file, SQLITE_LOCK_SHARED), SQLITE_BUSY);
	CHECK_INT(verbs->xUnlock(a.file, SQLITE_LOCK_NONE), SQLITE_OK);
	CHECK_INT(verbs->xLock(b.file, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	close_file(&b);
	end(disk, &a);
}
