/* journal_crash_test.c: what a power failure leaves, at every step of a journal's life.
 *
 * One life: open, batches of several sizes, close in the middle, open again, more batches, close. It is lived
 * again and again on a disk whose power fails at step 1, 2, 3 … until one ends without failing. After each
 * failure the journal is opened anew and must hold everything that was confirmed, nothing but whole batches
 * of what was appended, and a tree and a checkpoint that fit.
 */
#include "base/test.h"
#include "journal/journal.h"
#include "sim/disk.h"

static const uint8_t key_seed[JOURNAL_SEED_BYTES] = {1, 2, 3};

static const struct journal_options options = {
    .path = "journal.db",
    .vfs = "disk",
    .origin = {"chancery/lakeside", 17},
    .seed = key_seed,
};

/* Entries in each batch; 0 closes and opens. Both tiles of level 0 and one of level 1 come to be, and the log
 * is moved into the database by commits and by closing. */
static const uint64_t life[] = {1, 2, 0, 1, 30, 1, 230, 1, 0, 1};

/* Entries are of different lengths; a few do not fit into a page. */
static struct str body(uint64_t i)
{
	static char memory[12000];
	int n = snprintf(memory, sizeof memory, "entry %08llu ", (unsigned long long)i);
	size_t len = i % 50 == 7 ? sizeof memory : (size_t)n + i * 37 % 300;
	memset(memory + n, 'a' + (int)(i % 26), len - (size_t)n);
	return (struct str){memory, len};
}

/* Entries confirmed, and those appended when the last commit was called. */
struct lived {
	uint64_t confirmed, tried;
};

static int live_batch(struct journal *journal, uint64_t n, struct lived *lived)
{
	uint64_t size = journal_size(journal);
	for (uint64_t i = 0; i < n; i++)
		if (journal_append(journal, body(size + i), NULL) < 0)
			return -1;
	lived->tried = size + n;
	if (journal_commit(journal, NULL) < 0)
		return -1;
	lived->confirmed = size + n;
	return 0;
}

/* True when the whole life passed without an error. */
static bool live(struct lived *lived)
{
	struct journal *journal;
	*lived = (struct lived){0};
	if (journal_open(&journal, &options, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(life); i++) {
		if (life[i] == 0) {
			journal_close(journal);
			if (journal_open(&journal, &options, NULL) < 0)
				return false;
		} else if (live_batch(journal, life[i], lived) < 0) {
			journal_close(journal);
			return false;
		}
	}
	journal_close(journal);
	return true;
}

static int count_right(void *context, uint64_t index, struct str found)
{
	*(uint64_t *)context += str_eq(found, body(index));
	return 0;
}

/* Opens what is left, checks it against what was lived, goes on for one batch and looks again. */
static bool check_left(const struct lived *lived)
{
	struct error error;
	uint64_t right = 0, size = 0;
	for (int round = 0; round < 2; round++) {
		struct journal *journal;
		int failed = journal_open(&journal, &options, &error);
		CHECK_OK(failed, &error);
		if (failed < 0)
			return false;
		uint64_t found = journal_size(journal);
		bool fits = round == 0 ? found == lived->confirmed || found == lived->tried : found == size + 3;
		right = 0;
		failed = journal_read(journal, 0, found, count_right, &right, &error);
		CHECK_OK(failed, &error);
		struct lived more;
		fits &= right == found && live_batch(journal, 3, &more) == 0;
		journal_close(journal);
		CHECK(fits);
		if (!fits)
			return false;
		size = found;
	}
	return true;
}

static void say(const char *what, uint64_t seed)
{
	test_fail(__FILE__, __LINE__, "%s, step and seed %llu", what, (unsigned long long)seed);
}

TEST(what_was_confirmed_survives_a_power_failure_at_any_step)
{
	bool is_done = false;
	uint64_t step = 0;
	while (!is_done) {
		struct lived lived;
		struct disk *disk = disk_new("disk", ++step);
		disk_fail_at(disk, step, step);
		is_done = live(&lived) && !disk_is_down(disk);
		disk_fail_at(disk, DISK_NEVER, 0);
		disk_restart(disk);
		if (!check_left(&lived))
			say("lost after a power failure", step);
		disk_free(disk);
	}
	CHECK(step > 200);
}

TEST(what_was_confirmed_survives_a_power_failure_after_a_failed_sync)
{
	bool is_done = false;
	uint64_t n = 0;
	while (!is_done) {
		struct lived lived;
		struct disk *disk = disk_new("disk", ++n);
		disk_fail_sync(disk, n);
		is_done = live(&lived) && disk_counts(disk).syncs < n;
		disk_fail_sync(disk, DISK_NEVER);
		disk_crash(disk, n);
		disk_restart(disk);
		if (!check_left(&lived))
			say("lost after a failed sync", n);
		disk_free(disk);
	}
	CHECK(n > 10);
}

TEST(power_failures_one_after_the_other_lose_nothing_confirmed)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct disk *disk = disk_new("disk", seed);
		struct lived lived = {0};
		for (uint64_t round = 0; round < 10; round++) {
			struct journal *journal;
			disk_fail_at(disk, 1 + (seed * 31 + round * 17) % 60, seed + round);
			if (journal_open(&journal, &options, NULL) == 0) {
				CHECK(journal_size(journal) == lived.confirmed || journal_size(journal) == lived.tried);
				lived = (struct lived){journal_size(journal), journal_size(journal)};
				while (live_batch(journal, 5, &lived) == 0)
					;
				journal_close(journal);
			}
			CHECK(disk_is_down(disk));
			disk_restart(disk);
		}
		if (!check_left(&lived))
			say("lost after several power failures", seed);
		disk_free(disk);
	}
}
