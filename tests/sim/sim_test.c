#include "sim/sim.h"

#include "base/test.h"

/* One seed after the other; the first that breaks is told with all that is needed to see it again. */

static void show(const struct sim_plan *plan, const struct sim_outcome *o)
{
	printf("     seed %llu: %u steps, %u lives, %llu entries, %llu granted, %llu denied, %llu orders, %llu answers, %llu shown, "
	       "%llu erasures, %llu disk steps\n",
	       (unsigned long long)plan->seed, o->steps, o->lives, (unsigned long long)o->entries,
	       (unsigned long long)o->granted, (unsigned long long)o->denied, (unsigned long long)o->orders,
	       (unsigned long long)o->answered, (unsigned long long)o->shown, (unsigned long long)o->erased,
	       (unsigned long long)o->disk_steps);
}

TEST(the_same_seed_gives_the_same_bytes)
{
	struct sim_plan plan = {.seed = 5, .steps = 40};
	struct sim_outcome first, second, other;
	sim_run(&plan, &first);
	sim_run(&(struct sim_plan){.seed = 6, .steps = 10}, &other);
	sim_run(&plan, &second);
	CHECK_INT(first.entries, second.entries);
	CHECK(first.hash == second.hash && first.hash != other.hash);
}

TEST(many_seeds)
{
	const char *text = getenv("SIM_SEEDS");
	int64_t seeds = 1000;
	if (text)
		str_to_i64(str_of(text), 1, INT64_MAX / 2, &seeds);
	for (int64_t i = 1; i <= seeds; i++) {
		struct sim_plan plan = {.seed = (uint64_t)i, .steps = getenv("SIM_STEPS") ? 5 : 0};
		struct sim_outcome outcome;
		sim_run(&plan, &outcome);
		if (i % 20 == 0 || outcome.broken)
			show(&plan, &outcome);
		CHECK(!outcome.broken);
	}
}

TEST(one)
{
	const char *text = getenv("SIM_SEED");
	int64_t seed = 1;
	if (text)
		str_to_i64(str_of(text), 1, INT64_MAX / 2, &seed);
	struct sim_plan plan = {.seed = (uint64_t)seed, .loud = true};
	struct sim_outcome outcome;
	sim_run(&plan, &outcome);
	show(&plan, &outcome);
	CHECK(!outcome.broken);
}
