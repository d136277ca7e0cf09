/* journal_crash_test.c: what a power failure leaves, at every step of a journal's life.
 *
 * One life: open, batches of several sizes, close in the middle, open again, more batches, close. It is lived again
 * and again on a disk whose power fails at step 1, 2, 3 … until one ends without failing. After each failure the
 * journal is opened anew and must hold everything that was confirmed, nothing but whole batches of what was appended,
 * and a tree and a checkpoint that fit. A witness's cosignature, alone or with a batch, and a tail behind the last
 * checkpoint are part of that life.
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

/* Entries in each batch, or what else is done. Both tiles of level 0 and one of level 1 come to be, and the log
 * is moved into the database by commits and by closing. */
enum { REOPEN = 0, COSIGN = 1000, COSIGN_IN_BATCH, STOP };
static const uint64_t life[] = {1,	2, REOPEN, 1, COSIGN, 30,     1, COSIGN_IN_BATCH, 230, 1,
				REOPEN, 1, STOP,   2, 30,     REOPEN, 1};

/* Entries are of different lengths; a few do not fit into a page. */
static struct str body(uint64_t i)
{
	static char memory[12000];
	int n = snprintf(memory, sizeof memory, "entry %08llu ", (unsigned long long)i);
	size_t len = i % 50 == 7 ? sizeof memory : (size_t)n + i * 37 % 300;
	memset(memory + n, 'a' + (int)(i % 26), len - (size_t)n);
	return (struct str){memory, len};
}

/* Entries confirmed, and those appended when the last commit was called; what the witness had seen, likewise; and for
 * how many entries the last checkpoint was when signing stopped, 0 when it did not. */
struct lived {
	uint64_t confirmed, tried, cosigned, cosigned_tried, stopped;
};

static struct note_signer witness(void)
{
	static const uint8_t seed[NOTE_SEED_BYTES] = {9};
	struct note_signer signer;
	int made = note_witness_init(&signer, STR("witness.example/w1"), seed, NULL);
	ASSERT(made == 0);
	return signer;
}

static int append(struct journal *journal, uint64_t n)
{
	uint64_t size = journal_size(journal);
	for (uint64_t i = 0; i < n; i++)
		if (journal_append(journal, body(size + i), NULL) < 0)
			return -1;
	return 0;
}

static int commit(struct journal *journal, uint64_t n, struct lived *lived)
{
	lived->tried = journal_size(journal) + n;
	if (journal_commit(journal, NULL) < 0)
		return -1;
	lived->confirmed = lived->tried;
	lived->cosigned = lived->cosigned_tried;
	return 0;
}

static int live_batch(struct journal *journal, uint64_t n, struct lived *lived)
{
	return append(journal, n) < 0 ? -1 : commit(journal, n, lived);
}

/* The witness's line comes back for the newest checkpoint, while a batch of so many entries is open. */
static int live_cosign(struct journal *journal, uint64_t n, struct lived *lived)
{
	struct note_signer w = witness();
	struct str text;
	char bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(bytes);
	struct note_signer own;
	if (append(journal, n) < 0)
		return -1;
	int made = note_signer_init(&own, options.origin, options.seed, NULL);
	ASSERT(made == 0);
	buf_put_str(&note, journal_checkpoint(journal));
	int opened = note_open(buf_str(&note), &own.key, &text, NULL);
	ASSERT(opened == 0);
	note_cosign(&note, &w, text, 1700000000);
	lived->cosigned_tried = journal_size(journal);
	if (journal_keep_cosignature(journal, buf_str(&note), &w.key, NULL) < 0)
		return -1;
	if (n > 0)
		return commit(journal, n, lived);
	lived->cosigned = lived->cosigned_tried;
	return 0;
}

static int live_step(struct journal **journal, uint64_t step, struct lived *lived)
{
	if (step == COSIGN || step == COSIGN_IN_BATCH)
		return live_cosign(*journal, step == COSIGN ? 0 : 5, lived);
	if (step == STOP) {
		journal_stop_signing(*journal);
		lived->stopped = journal_size(*journal);
		return 0;
	}
	return live_batch(*journal, step, lived);
}

/* True when the whole life passed without an error. */
static bool live(struct lived *lived)
{
	struct journal *journal;
	*lived = (struct lived){0};
	if (journal_open(&journal, &options, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(life); i++) {
		if (life[i] == REOPEN) {
			journal_close(journal);
			if (journal_open(&journal, &options, NULL) < 0)
				return false;
		} else if (live_step(&journal, life[i], lived) < 0) {
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

/* The checkpoint is for all entries, or for those before signing stopped; the witness's row is the last or the one
 * before. */
static bool fits_outside(struct journal *journal, const struct lived *lived)
{
	struct journal_cosigned row = {0};
	uint64_t size = journal_size(journal);
	uint64_t is_signed = lived->stopped > 0 && size > lived->stopped ? lived->stopped : size;
	int found = journal_next_cosigned(journal, (struct str){0}, &row, NULL);
	uint64_t cosigned = found > 0 ? row.size : 0;
	return found >= 0 && journal_signed_size(journal) == is_signed &&
	       journal_is_signing(journal) == (is_signed == size) &&
	       (cosigned == lived->cosigned || cosigned == lived->cosigned_tried);
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
		fits &= round > 0 || fits_outside(journal, lived);
		failed = journal_read(journal, 0, found, count_right, &right, &error);
		CHECK_OK(failed, &error);
		struct lived more = {0};
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
				lived =
				    (struct lived){.confirmed = journal_size(journal), .tried = journal_size(journal)};
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
