#include "sim/sim.h"

#include "base/test.h"

/* Seeds: SIM_SEEDS=n runs n of them from a new beginning each time (make soak); SIM_SEED=s runs that one alone. */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	int64_t value;
	return text && str_to_i64(str_of(text), 1, INT64_MAX / 2, &value) ? (uint64_t)value : otherwise;
}

static void show(const struct sim_plan *plan, const struct sim_outcome *o)
{
	printf("     seed %llu: %llu entries, %llu granted, %llu denied, %llu acknowledged, %llu orders, %llu disk "
	       "steps%s\n",
	       (unsigned long long)plan->seed, (unsigned long long)o->entries, (unsigned long long)o->granted,
	       (unsigned long long)o->denied, (unsigned long long)o->acknowledged, (unsigned long long)o->orders,
	       (unsigned long long)o->operations, o->crashed ? ", crashed" : "");
}

TEST(a_mission_without_faults_keeps_its_promises)
{
	struct sim_plan plan = {.seed = number("SIM_SEED", 1), .steps = 120};
	struct sim_outcome outcome;
	sim_run(&plan, &outcome);
	show(&plan, &outcome);
	CHECK(!outcome.crashed);
	CHECK(outcome.granted > 50 && outcome.denied > 50 && outcome.orders > 100);
}

TEST(the_same_seed_gives_the_same_state)
{
	struct sim_plan plan = {.seed = 5, .steps = 20};
	struct sim_outcome first, second;
	sim_run(&plan, &first);
	sim_run(&plan, &second);
	CHECK(memcmp(first.state_hash, second.state_hash, sizeof first.state_hash) == 0);
	CHECK_INT(first.entries, second.entries);
	printf("     state of seed 5: ");
	for (size_t i = 0; i < 32; i++)
		printf("%02x", first.state_hash[i]);
	printf("\n");
}

TEST(the_power_fails_at_every_write_and_every_sync)
{
	struct sim_plan plan = {.seed = number("SIM_SEED", 2), .steps = 6};
	struct sim_outcome outcome;
	sim_run(&plan, &outcome);
	uint64_t crashes = 0;
	for (plan.fail_at = 1; plan.fail_at <= outcome.operations; plan.fail_at++) {
		struct sim_outcome crashed;
		sim_run(&plan, &crashed);
		crashes += crashed.crashed;
	}
	printf("     %llu power failures, one at each step of the disk\n", (unsigned long long)crashes);
	CHECK(crashes > 30);
}

TEST(many_seeds_with_a_power_failure_somewhere)
{
	uint64_t seeds = number("SIM_SEEDS", 150), base = number("SIM_BASE", 1000);
	for (uint64_t i = 0; i < seeds; i++) {
		struct sim_plan plan = {
		    .seed = base + i, .steps = 10 + (unsigned)(i % 20), .fail_at = 20 + (base + i) * 7919 % 400};
		struct sim_outcome outcome;
		sim_run(&plan, &outcome);
		if (i % 50 == 0)
			show(&plan, &outcome);
	}
	CHECK(seeds > 0);
}
