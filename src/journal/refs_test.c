/* refs_test.c: the index by ref, alone: what may be found, what the disk has of it, and what a process or a power failure leaves. */
#include "journal/refs.h"

#include "base/test.h"
#include "sim/disk.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	COMMITTED_TOGETHER = 128, /* entries */
	ROWS = 7,		  /* entry i mentions the rows i % ROWS and (i + 3) % ROWS */
	FOUND_MAX = 1000,
};

static struct error error;

static const uint8_t *row(uint64_t n)
{
	static uint8_t bytes[REFS_ROW_BYTES];
	memset(bytes, (int)n + 1, sizeof bytes);
	return bytes;
}

static const uint8_t *mark(uint64_t size)
{
	static uint8_t bytes[REFS_MARK_BYTES];
	memset(bytes, (int)size, sizeof bytes);
	memcpy(bytes, &size, sizeof size);
	return bytes;
}

/* Entries up to `size`, one by one. */
static int fill(struct refs *refs, uint64_t size)
{
	int failed = 0;
	for (uint64_t i = refs_size(refs); failed == 0 && i < size; i++) {
		failed = refs_put(refs, row(i % ROWS), i, &error);
		if (failed == 0)
			failed = refs_put(refs, row((i + 3) % ROWS), i, &error);
		if (failed == 0)
			failed = refs_commit(refs, i + 1, mark(i + 1), &error);
	}
	return failed;
}

/* The first `size` entries, all of them and nothing else below, with the mark of the last. */
static void check_filled(struct refs *refs, uint64_t size)
{
	CHECK_INT(refs_size(refs), size);
	CHECK(size == 0 || memcmp(refs_mark(refs), mark(size), REFS_MARK_BYTES) == 0);
	for (uint64_t n = 0; n < ROWS; n++) {
		uint64_t found[FOUND_MAX];
		int k = refs_find(refs, row(n), size, found, FOUND_MAX, &error), right = 0;
		for (uint64_t i = size; i-- > 0;) {
			bool mentioned = i % ROWS == n || (i + 3) % ROWS == n;
			if (mentioned)
				right += right < k && found[right] == i;
		}
		CHECK_INT(right, k);
		CHECK(k >= (int)(size / ROWS * 2));
	}
}

static struct refs *open_at(const char *path, const char *vfs)
{
	struct refs *refs = NULL;
	CHECK_OK(refs_open(&refs, path, vfs, &error), &error);
	ASSERT(refs);
	return refs;
}

/* What a process leaves that fills in so many entries and ends without a word, as one does that was killed. */
static uint64_t left_by_a_process(uint64_t entries)
{
	static char path[] = "/tmp/chancery-refs-XXXXXX";
	char log[sizeof path + 8];
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	close(mkstemp(path));
	pid_t child = fork();
	if (child == 0)
		_exit(fill(open_at(path, NULL), entries) < 0);
	waitpid(child, NULL, 0);
	struct refs *refs = open_at(path, NULL);
	uint64_t size = refs_size(refs);
	check_filled(refs, size);
	CHECK_OK(fill(refs, entries), &error);
	check_filled(refs, entries);
	refs_close(refs);
	snprintf(log, sizeof log, "%s-wal", path);
	unlink(log);
	unlink(path);
	return size;
}

TEST(so_many_entries_are_committed_together_and_what_is_not_is_filled_in_again)
{
	CHECK_INT(left_by_a_process(1), 0);
	CHECK_INT(left_by_a_process(COMMITTED_TOGETHER - 1), 0);
	CHECK_INT(left_by_a_process(COMMITTED_TOGETHER), COMMITTED_TOGETHER);
	CHECK_INT(left_by_a_process(COMMITTED_TOGETHER + 1), COMMITTED_TOGETHER);
	CHECK_INT(left_by_a_process(3 * COMMITTED_TOGETHER - 1), 2 * COMMITTED_TOGETHER);
}

TEST(what_is_not_committed_yet_is_found_and_closing_commits_it)
{
	struct disk *disk = disk_new("disk", 1);
	struct refs *refs = open_at("index.db", "disk");
	check_filled(refs, 0);
	CHECK_OK(fill(refs, 5), &error);
	check_filled(refs, 5);
	refs_close(refs);
	refs = open_at("index.db", "disk");
	check_filled(refs, 5);
	CHECK_OK(fill(refs, 6), &error);
	check_filled(refs, 6);
	refs_close(refs);
	disk_free(disk);
}

TEST(cleared_in_the_middle_it_begins_anew)
{
	struct disk *disk = disk_new("disk", 1);
	struct refs *refs = open_at("index.db", "disk");
	uint64_t found[1];
	CHECK_OK(fill(refs, 2 * COMMITTED_TOGETHER + 5), &error);
	CHECK_OK(refs_clear(refs, &error), &error);
	check_filled(refs, 0);
	CHECK_INT(refs_find(refs, row(1), UINT32_MAX, found, 1, &error), 0);
	CHECK_OK(fill(refs, COMMITTED_TOGETHER), &error);
	refs_close(refs);
	refs = open_at("index.db", "disk");
	check_filled(refs, COMMITTED_TOGETHER);
	refs_close(refs);
	disk_free(disk);
}

TEST(entries_are_found_newest_first_below_a_bound_and_as_many_as_are_asked_for)
{
	struct disk *disk = disk_new("disk", 1);
	struct refs *refs = open_at("index.db", "disk");
	uint64_t found[3];
	for (uint64_t i = 0; i < 10; i++)
		for (int twice = 0; twice < 2; twice++)
			CHECK_OK(refs_put(refs, row(0), i, &error), &error);
	CHECK_INT(refs_find(refs, row(0), 9, found, 3, &error), 3);
	CHECK_INT(found[0], 8);
	CHECK_INT(found[1], 7);
	CHECK_INT(found[2], 6);
	CHECK_INT(refs_find(refs, row(0), 2, found, 3, &error), 2);
	CHECK_INT(refs_find(refs, row(0), 0, found, 3, &error), 0);
	CHECK_INT(refs_find(refs, row(1), 9, found, 3, &error), 0);
	refs_close(refs);
	disk_free(disk);
}

/* Whether the power failed: at the n-th step of the disk, in a run that commits three times. */
static bool fails_at(uint64_t n)
{
	struct disk *disk = disk_new("disk", n);
	struct refs *refs = NULL;
	uint64_t size = 3 * COMMITTED_TOGETHER + 5;
	disk_fail_at(disk, n, n * 31);
	if (refs_open(&refs, "index.db", "disk", &error) == 0) {
		(void)fill(refs, size);
		refs_close(refs);
	}
	bool failed = disk_is_down(disk);
	disk_fail_at(disk, DISK_NEVER, 0);
	if (failed)
		disk_restart(disk);
	refs = open_at("index.db", "disk");
	check_filled(refs, refs_size(refs));
	CHECK(failed || refs_size(refs) == size);
	CHECK_OK(fill(refs, size), &error);
	check_filled(refs, size);
	refs_close(refs);
	disk_free(disk);
	return failed;
}

TEST(after_a_power_failure_at_any_step_all_that_it_says_it_has_is_there)
{
	uint64_t n = 1;
	while (fails_at(n))
		n++;
	CHECK(n > 30);
}
