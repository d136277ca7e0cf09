#include "driver/kit/outbox.h"
#include "base/test.h"
#include "driver/kit/disk_test.h"

/* Many lives of a driver and of a core, in every order: processes killed, the power failing, answers lost, a
 * core restored from an old backup. The core is a few lines that take what the contract lets it take
 * (docs/journal-format.md, src/domain/drivers). What must hold:
 *
 *   1  nothing comes twice, but to a core that has forgotten it
 *   2  what was put comes, but for what a power failure took before it was synced
 *   3  it comes in the order in which it was put
 *   4  sequences of a boot rise by one, and no boot comes back
 */

enum { PLACES = 64, REPORTS_MAX = 4000, LIVES = 60, BOOTS_MAX = 200 };

static struct {
	uint64_t dice, seed;
	struct disk_test disk;
	struct outbox box;
	struct spool spool;
	char machine[SPOOL_BOOT_BYTES];
	unsigned boots_drawn;
	bool connected;
	/* Reports by the value that they carry, 1 first. */
	uint32_t put, unsynced_from; /* those put behind the last sync begin here */
	bool may_be_lost[REPORTS_MAX];
	unsigned taken[REPORTS_MAX];
	/* The core. */
	uint8_t boots[BOOTS_MAX][SPOOL_BOOT_BYTES];
	unsigned n_boots;
	int64_t sequence;
	uint8_t hello[SPOOL_BOOT_BYTES];
	uint32_t newest; /* value */
} sim;

static _Alignas(16) uint8_t scratch_memory[SPOOL_SCRATCH_BYTES + 4096];
static const uint8_t key[SEAL_KEY_BYTES] = {1};

static uint32_t roll(uint32_t below)
{
	return (uint32_t)(media_random(&sim.dice) % below);
}

static void fresh_boot(uint8_t ret[SPOOL_BOOT_BYTES])
{
	memset(ret, 0, SPOOL_BOOT_BYTES);
	memcpy(ret, &(unsigned){++sim.boots_drawn}, sizeof(unsigned));
}

static void driver_starts(void)
{
	struct spool_names names = {0};
	struct arena scratch = arena_over(scratch_memory, sizeof scratch_memory);
	bool is_new;
	memset(scratch_memory, 0, sizeof scratch_memory);
	fresh_boot(names.boot);
	memcpy(names.machine, sim.machine, SPOOL_BOOT_BYTES);
	disk_starts(&sim.disk);
	int code = spool_open(&sim.spool, disk_file(&sim.disk, "spool"), PLACES, key, &names, &scratch, &is_new, NULL);
	CHECK_INT(code, 0);
	outbox_init(&sim.box, &names);
	outbox_use(&sim.box, &sim.spool);
	sim.connected = false;
}

static void driver_puts(void)
{
	bool failed;
	struct outbox_report report = {.kind = OUTBOX_CONFIRMED, .entry = sim.put + 1};
	if (sim.put + 1 == REPORTS_MAX || outbox_waiting(&sim.box) == PLACES)
		return;
	CHECK(outbox_put(&sim.box, &report, true, &failed, NULL) > 0);
	sim.put++;
}

static void driver_syncs(void)
{
	CHECK_INT(spool_sync(&sim.spool, NULL), 0);
	sim.unsynced_from = sim.put + 1;
}

/* Promises 1, 3 and 4. */
static void core_takes(int64_t sequence, uint32_t value)
{
	bool same = sim.n_boots > 0 && memcmp(sim.boots[sim.n_boots - 1], sim.hello, SPOOL_BOOT_BYTES) == 0;
	int64_t expected = same ? sim.sequence + 1 : 1;
	if (sequence < expected)
		return; /* taken already */
	if (!test_count(sequence == expected))
		test_fail(__FILE__, __LINE__, "seed %llu: a gap", (unsigned long long)sim.seed);
	for (unsigned i = 0; i + same < sim.n_boots; i++)
		CHECK(memcmp(sim.boots[i], sim.hello, SPOOL_BOOT_BYTES) != 0);
	if (!same)
		memcpy(sim.boots[sim.n_boots++], sim.hello, SPOOL_BOOT_BYTES);
	ASSERT(sim.n_boots < BOOTS_MAX);
	sim.sequence = sequence;
	if (!test_count(++sim.taken[value] == 1 && value > sim.newest))
		test_fail(__FILE__, __LINE__, "seed %llu: %u comes twice, or behind %u", (unsigned long long)sim.seed,
			  value, sim.newest);
	sim.newest = value;
}

static void core_says_config(void)
{
	uint8_t fresh[SPOOL_BOOT_BYTES];
	fresh_boot(fresh);
	const uint8_t *boot = sim.n_boots > 0 ? sim.boots[sim.n_boots - 1] : NULL;
	CHECK_INT(outbox_config(&sim.box, boot, boot ? sim.sequence : 0, fresh, NULL), 0);
	memcpy(sim.hello, sim.box.names.boot, SPOOL_BOOT_BYTES);
	sim.connected = true;
}

/* Sends some of what may be sent. Some of it is lost with a core that dies, and so are some answers. */
static void driver_sends(uint32_t most, bool answers)
{
	struct outbox_report report;
	int64_t sequence;
	for (uint32_t i = 0; sim.connected && i < most; i++) {
		enum outbox_found found = outbox_next(&sim.box, 0, &sequence, &report);
		if (found == OUTBOX_GAP) {
			uint8_t fresh[SPOOL_BOOT_BYTES];
			fresh_boot(fresh);
			CHECK_INT(outbox_skip(&sim.box, fresh, NULL), 0);
			memcpy(sim.hello, sim.box.names.boot, SPOOL_BOOT_BYTES);
			continue;
		}
		if (found == OUTBOX_NONE)
			break;
		core_takes(sequence, (uint32_t)report.entry);
		outbox_sent(&sim.box);
	}
	bool knows = sim.n_boots > 0 && memcmp(sim.boots[sim.n_boots - 1], sim.box.names.boot, SPOOL_BOOT_BYTES) == 0;
	if (answers && knows && sim.connected)
		outbox_ack(&sim.box, sim.sequence);
}

static void power_fails(void)
{
	for (uint32_t value = sim.unsynced_from; value <= sim.put; value++)
		sim.may_be_lost[value] = true;
	disk_power_fails(&sim.disk);
	sim.unsynced_from = sim.put + 1;
	sim.machine[0]++;
	driver_starts();
}

static void live(void)
{
	uint32_t steps = 1 + roll(25);
	for (uint32_t i = 0; i < steps; i++) {
		switch (roll(8)) {
		case 0:
		case 1:
		case 2:
			driver_puts();
			break;
		case 3:
			driver_syncs();
			break;
		case 4:
			core_says_config();
			break;
		case 5:
			driver_sends(roll(9), false);
			break;
		default:
			driver_sends(roll(9), true);
		}
	}
}

static void run(uint64_t seed)
{
	memset(&sim, 0, sizeof sim);
	sim.seed = sim.dice = seed;
	sim.unsynced_from = 1;
	memcpy(sim.machine, "A start", SPOOL_BOOT_BYTES);
	disk_make(&sim.disk, seed);
	driver_starts();
	for (int life = 0; life < LIVES; life++) {
		live();
		if (roll(3) == 0)
			power_fails();
		else
			driver_starts();
	}
	core_says_config();
	while (outbox_waiting(&sim.box) > 0)
		driver_sends(PLACES, true);
	for (uint32_t value = 1; value <= sim.put; value++) { /* promise 2 */
		bool came = sim.taken[value] == 1 || sim.may_be_lost[value];
		if (!test_count(came))
			test_fail(__FILE__, __LINE__, "seed %llu: %u of %u never came", (unsigned long long)seed, value,
				  sim.put);
	}
	disk_release(&sim.disk);
}

TEST(in_many_lives_everything_comes_once_and_in_order)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		run(seed);
	CHECK(sim.put > 100);
}

/* A core restored from a backup takes again what it has forgotten, when the driver still has it, and the rest;
 * never a gap. */
TEST(a_restored_core_gets_what_waits_and_no_gap)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		memset(&sim, 0, sizeof sim);
		sim.seed = sim.dice = seed;
		memcpy(sim.machine, "A start", SPOOL_BOOT_BYTES);
		disk_make(&sim.disk, seed);
		driver_starts();
		core_says_config();
		for (uint32_t i = 0; i < 20; i++)
			driver_puts();
		driver_sends(10, true);
		int64_t backup = sim.sequence - (int64_t)roll(5);
		driver_sends(5, false);
		sim.sequence = backup;
		sim.newest = 0;
		memset(sim.taken, 0, sizeof sim.taken);
		core_says_config();
		driver_sends(PLACES, true);
		for (uint32_t value = 11; value <= sim.put; value++)
			CHECK_INT(sim.taken[value], 1);
		CHECK_INT(outbox_waiting(&sim.box), 0);
		disk_release(&sim.disk);
	}
}
