#include "driver/kit/kit_rig_test.h"

/* A day in a driver's life, cut off at each write, sync and resize in turn: by the power, or by the death of
 * the process alone. What was told to the core must be so for the next process, before any core speaks: the
 * table that was confirmed decides, the lockdown that was answered is in force, no order is handed on twice, no
 * report that was synced is gone and none comes twice. */

#define SETTINGS "{\"device\":\"here\"}"

enum { TABLES = 3, DESIRED = 3, REPORTS = 12 };

/* What a core keeps of what it was sent. */
static struct {
	int64_t sequence;
	char boot[17];
	int confirmed, desired;	      /* newest of each */
	int said;		      /* newest desired state */
	unsigned happened[REPORTS];   /* how often each report came */
	unsigned handed[REPORTS + 1]; /* how often each order was handed to the driver */
	int put;		      /* reports made */
	bool was_put[REPORTS], was_synced[REPORTS];
} core;

static void hear(void)
{
	for (size_t i = 0; i < rig.n_lines; i++) {
		const char *line = rig.lines[i], *at = strstr(line, "\"sequence\":");
		if (strstr(line, "{\"hello\"")) {
			bool same = strcmp(core.boot, rig_boot()) == 0;
			core.sequence = same ? core.sequence : 0;
			snprintf(core.boot, sizeof core.boot, "%s", rig_boot());
			continue;
		}
		int64_t sequence = at ? strtoll(at + 11, NULL, 10) : 0;
		if (sequence <= core.sequence)
			continue;
		CHECK_INT(sequence, core.sequence + 1);
		core.sequence = sequence;
		if ((at = strstr(line, "{\"n\":")))
			core.happened[strtoll(at + 5, NULL, 10)]++;
		if (strstr(line, "{\"confirmed\"") && (at = strstr(line, "\"number\":")))
			core.confirmed = (int)strtoll(at + 9, NULL, 10);
		if (strstr(line, "{\"done\"") && (at = strstr(line, "\"entry\":")))
			core.desired = (int)strtoll(at + 8, NULL, 10);
	}
	rig.n_lines = 0;
}

static void say_config(void)
{
	char boot[17];
	snprintf(boot, sizeof boot, "%s", core.boot);
	rig_say_config(boot, core.sequence, SETTINGS);
	hear();
}

static void happen(void)
{
	rig_report(core.put, true);
	core.was_put[core.put++] = !rig.disk.down; /* else it died in the middle of it */
}

/* The machine is dead when the power has failed: then the process is too. */
static void live_a_day(void)
{
	say_config();
	for (int i = 1; i <= TABLES && !rig.disk.down; i++) {
		happen();
		rig_make_table((uint64_t)i, "line-1", rig_seed);
		rig_say_table((uint64_t)i);
		if (rig.disk.down)
			return;
		hear();
		core.said = i;
		rig_say_desired(i, "reader:3", i % 2 ? "{\"held\":true}" : "{\"held\":false}");
		if (rig.disk.down)
			return;
		hear();
		rig_say_order(100 + i, 1000, 0);
		if (rig.disk.down)
			return;
		core.handed[i] += rig.said.kind == KIT_ORDER;
		happen();
		rig_wait_ms(150); /* no answer: they are synced */
		for (int n = 0; n < core.put && !rig.disk.down; n++)
			core.was_synced[n] = true;
		happen();
		if (!rig.disk.down)
			hear();
	}
}

static void check_next_process(bool power)
{
	const struct grant *grant;
	bool kept = rig_start(true);
	grant = tables_grant(&rig.kit.tables);
	CHECK(core.confirmed == 0 || (kept && grant && grant->number >= (uint64_t)core.confirmed));
	CHECK(!grant || (int64_t)grant->number <= TABLES);
	CHECK(core.desired == 0 || rig.kit.desired.n == 1);
	if (rig.kit.desired.n == 1) {
		struct driver_desired desired = desired_line(&rig.kit.desired.at[0]);
		CHECK(desired.entry >= core.desired);
		CHECK_STR(desired.body, desired.entry % 2 ? STR("{\"held\":true}") : STR("{\"held\":false}"));
	}
	say_config();
	for (int i = 1; i <= TABLES && !power; i++) { /* a power failure lasts longer than an order is good */
		rig_say_order(100 + i, 1000, 0);
		core.handed[i] += rig.said.kind == KIT_ORDER;
		CHECK(core.handed[i] <= 1);
	}
	if (core.said > 0)
		rig_say_desired(core.said, "reader:3", core.said % 2 ? "{\"held\":true}" : "{\"held\":false}");
	rig_wait_ms(50);
	hear();
	CHECK_INT(core.desired, core.said); /* answered, in this life or the one before */
	for (int n = 0; n < core.put; n++) {
		CHECK(core.happened[n] <= 1);
		CHECK(core.happened[n] == 1 || !core.was_put[n] || (power && !core.was_synced[n]));
	}
}

static bool cut_off(uint64_t seed, uint64_t at, bool power)
{
	memset(&core, 0, sizeof core);
	rig_begin(seed);
	rig_start(true);
	rig.dies = true;
	rig.disk.fail_at = at;
	live_a_day();
	bool cut = rig.disk.down;
	rig.disk.fail_at = 0;
	if (cut && power)
		rig.machine[6]++;
	check_next_process(cut && power);
	rig_end();
	return cut;
}

TEST(the_power_fails_at_each_step_and_what_was_told_is_so)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		uint64_t at = 1;
		while (cut_off(seed, at, true))
			at++;
		CHECK(at > 40);
	}
}

/* The same with the disk whole: each process dies between two of its steps. */
TEST(the_process_dies_at_each_step_and_what_was_told_is_so)
{
	for (uint64_t steps = 1; steps < 80; steps++) {
		memset(&core, 0, sizeof core);
		rig_begin(3);
		rig_start(true);
		rig.dies = true;
		rig.disk.stop_at = steps;
		live_a_day();
		rig.disk.stop_at = 0;
		rig.disk.down = false;
		check_next_process(false);
		rig_end();
	}
}
