#include "sim/sim_inner.h"

#include <sodium.h>
#include <stdlib.h>

enum {
	DICE_STREAM = 10,
	CLIMATE_STREAM,
	SCRATCH_BYTES = 16 << 20,
	HEARD_BYTES = 64 << 20,
	STARTS_MAX = 12, /* tries to start before all faults end */
	REST_ROUNDS = 60,
	REST_ROUND_MS = 3000,
};
static const int64_t begin_wall_ms = INT64_C(1795424400000); /* 2026-11-23T09:00:00Z */

const char *sim_deed_name(size_t deed)
{
	return deeds[deed].name;
}

const char *sim_fault_name(size_t fault)
{
	static const char *const names[FAULTS] = {"power", "death",	"full",	 "sync",    "worker",  "clock",
						  "index", "snapshots", "lines", "restore", "captured"};
	return fault < FAULTS ? names[fault] : NULL;
}

/* The climate: most deeds are as usual, some are rare or never done, some very often; each fault is there or not. */

static void make_climate(struct sim *sim)
{
	static const unsigned factors[] = {0, 1, 2, 2, 2, 2, 6}; /* halves */
	struct chance chance = chance_of(sim->plan->seed, CLIMATE_STREAM);
	for (size_t i = 0; deeds[i].name; i++) {
		ASSERT(i < SIM_DEEDS_MAX);
		bool left_out = (sim->plan->without >> i & 1) != 0;
		unsigned factor = factors[chance_below(&chance, ARRAY_LEN(factors))];
		sim->weights[i] = left_out ? 0 : deeds[i].weight * factor;
	}
	sim->weights[0] += deeds[0].weight / 2 + 1; /* so that there is something to do */
	for (unsigned i = 0; i < FAULTS; i++)
		sim->has_fault[i] = chance_in_thousand(&chance, 500) && (sim->plan->no_faults >> i & 1) == 0;
	sim->snapshot_entries = 20 + chance_below(&chance, 300);
	sim->log_pages = 4 + (int)chance_below(&chance, 60);
	for (size_t i = 0; i < PLACE_LINES; i++) {
		struct line_manner *manner = &sim->lines[i].manner;
		if (!sim->has_fault[FAULT_LINES])
			continue;
		manner->late = (unsigned)chance_below(&chance, 800);
		manner->late_ms = (unsigned)chance_below(&chance, 4000);
		manner->lost = (unsigned)chance_below(&chance, 100);
		manner->dies = chance_in_thousand(&chance, 500);
		manner->disk_fails = chance_in_thousand(&chance, 500);
		manner->is_captured = sim->has_fault[FAULT_CAPTURED] && i == 0;
		sim->ledger.liars |= (uint64_t)manner->is_captured << i;
	}
}

/* How a life will end */

static enum sim_fault choose_end(struct sim *sim)
{
	static const enum sim_fault ends[] = {FAULT_POWER, FAULT_DEATH, FAULT_FULL, FAULT_SYNC};
	enum sim_fault end = ends[sim_roll(sim, ARRAY_LEN(ends))];
	return sim->has_fault[end] ? end : FAULTS;
}

/* Some at once, in the middle of starting; most later. */
static uint64_t some_steps(struct sim *sim)
{
	static const uint64_t most[] = {30, 200, 1500};
	return 1 + sim_roll(sim, most[sim_roll(sim, ARRAY_LEN(most))]);
}

static void plan_end(struct sim *sim, enum sim_fault end)
{
	switch (end) {
	case FAULT_POWER:
		disk_fail_at(sim->machine.disk, some_steps(sim), sim_roll(sim, UINT32_MAX));
		break;
	case FAULT_DEATH:
		disk_die_at(sim->machine.disk, some_steps(sim));
		break;
	case FAULT_FULL:
		machine_bound(&sim->machine, 1 + sim_roll(sim, 300 << 10));
		break;
	case FAULT_SYNC:
		disk_fail_sync(sim->machine.disk, 1 + sim_roll(sim, 60));
		break;
	default:
		break;
	}
}

static void no_faults(struct sim *sim)
{
	disk_fail_at(sim->machine.disk, DISK_NEVER, 0);
	disk_fail_sync(sim->machine.disk, DISK_NEVER);
	machine_bound(&sim->machine, 0);
}

/* Steps */

static void work(struct sim *sim)
{
	if (!machine_is_working(&sim->machine))
		return;
	if (sim->has_fault[FAULT_WORKER] && sim_thousandths(sim, 30)) {
		trace_say("the process for long work dies");
		machine_kill_work(&sim->machine);
		return;
	}
	machine_let_work(&sim->machine, (unsigned)sim_roll(sim, 4));
}

static void step(struct sim *sim)
{
	arena_clear(&sim->scratch);
	uint64_t n = 1 + sim_roll(sim, sim_thousandths(sim, 100) ? 20 : 4);
	for (uint64_t i = 0; i < n && !sim->is_dead; i++) {
		deeds_do(sim);
		if (!sim->is_dead && sim_roll(sim, 3) == 0)
			sim_lines_speak(sim, 1 + sim_roll(sim, 8));
	}
	if (!sim->is_dead)
		sim_lines_speak(sim, sim_roll(sim, 30));
	if (sim->is_dead)
		return;
	sim_wait(sim, 1 + (int64_t)sim_roll(sim, 200));
	work(sim);
	sim_commit(sim);
}

/* False: all faults are over, and it does not start. */
static bool start(struct sim *sim)
{
	for (int i = 0; !sim_start_hub(sim); i++) {
		if (trace_is_broken())
			return false;
		enum machine_end how = disk_is_down(sim->machine.disk) ? MACHINE_LOSES_POWER : MACHINE_DIES;
		sim_stop_hub(sim, how);
		if (i < STARTS_MAX && sim_roll(sim, 3) != 0)
			continue;
		no_faults(sim);
		MUST(i < 2 * STARTS_MAX, "the core does not start any more");
	}
	for (size_t i = 0; i < PLACE_LINES; i++) {
		line_start(&sim->lines[i]);
		if (!sim->lines[i].is_away)
			sim_attach_line(sim, i);
	}
	return true;
}

/* What becomes of the machine while nothing runs */
static void between_lives(struct sim *sim)
{
	static const int64_t sleeps_ms[] = {100, 60 * 1000, INT64_C(9) * 24 * 3600 * 1000,
					    INT64_C(400) * 24 * 3600 * 1000};
	static const char *const index[] = {"index.db", "index.db-wal"}, *const snapshots[] = {"snapshot.0",
											       "snapshot.1"};
	no_faults(sim);
	uint64_t kind = sim_roll(sim, sim->has_fault[FAULT_CLOCK] ? 40 : 20);
	sim_wait(sim, (int64_t)sim_roll(sim, (uint64_t)sleeps_ms[kind < 10 ? 0 : kind < 36 ? 1 : kind - 36]));
	if (sim->has_fault[FAULT_CLOCK] && sim_thousandths(sim, 80))
		sim->machine.wall_ms = sim_roll(sim, 2) ? 0 : sim->machine.wall_ms - (int64_t)sim_roll(sim, UINT32_MAX);
	if (sim->machine.wall_ms < 0)
		sim->machine.wall_ms = 0;
	if (sim->has_fault[FAULT_INDEX] && sim_thousandths(sim, 300)) {
		trace_say("the index is lost");
		for (size_t i = 0; i < ARRAY_LEN(index); i++)
			disk_remove(sim->machine.disk, index[i]);
	}
	if (sim_thousandths(sim, 300))
		sim_restore(sim);
	if (sim->has_fault[FAULT_SNAPSHOTS] && sim_thousandths(sim, 300)) {
		trace_say("a snapshot is lost");
		disk_remove(sim->machine.disk, snapshots[sim_roll(sim, 2)]);
	}
}

static void end_life(struct sim *sim, enum sim_fault end)
{
	enum machine_end how = sim->is_dead ? sim->death : MACHINE_ENDS;
	/* Between two steps too. */
	if (!sim->is_dead && (end == FAULT_POWER || end == FAULT_DEATH))
		how = end == FAULT_POWER ? MACHINE_LOSES_POWER : MACHINE_DIES;
	if (sim->is_dead && end == FAULT_POWER && disk_is_down(sim->machine.disk))
		how = MACHINE_LOSES_POWER;
	/* Whoever finds the power gone has died first, for all that anybody knows. */
	if (how == MACHINE_DIES && sim->has_fault[FAULT_POWER] && sim_thousandths(sim, 100))
		how = MACHINE_LOSES_POWER;
	trace_say("the core %s", how == MACHINE_ENDS ? "ends" : how == MACHINE_DIES ? "dies" : "loses its power");
	sim_stop_hub(sim, how);
}

static void live(struct sim *sim, unsigned *step_number, unsigned until)
{
	enum sim_fault end = choose_end(sim);
	plan_end(sim, end);
	sim->outcome->lives++;
	if (!start(sim))
		return;
	deeds_furnish(sim);
	while (*step_number < until && !sim->is_dead && !trace_is_broken()) {
		trace_step(++*step_number);
		step(sim);
	}
	end_life(sim, end);
	between_lives(sim);
}

/* Rest: no more faults, everybody is connected, and what is under way ends. */

static void calm_line(struct line *line)
{
	line->manner.late = line->manner.lost = 0;
	line->manner.dies = line->manner.disk_fails = line->is_away = false;
	/* A disk that failed is believed again by the next process alone. */
	line_end(line);
	line_start(line);
}

static void come_to_rest(struct sim *sim)
{
	no_faults(sim);
	for (size_t i = 0; i < PLACE_LINES; i++)
		calm_line(&sim->lines[i]);
	if (!start(sim))
		return;
	deeds_furnish(sim);
	for (int i = 0; i < REST_ROUNDS && !sim->is_dead && !trace_is_broken(); i++) {
		arena_clear(&sim->scratch);
		sim_lines_speak(sim, SIM_HEARD_MAX);
		if (sim->is_dead)
			break;
		machine_let_work(&sim->machine, UINT32_MAX);
		sim_commit(sim);
		sim_wait(sim, REST_ROUND_MS);
	}
	/* A report that kills is laid aside in the third life. */
	if (sim->is_dead && !trace_is_broken()) {
		sim_stop_hub(sim, sim->death);
		come_to_rest(sim);
	}
}

static void check_rest(struct sim *sim)
{
	talk_check_idle(&sim->talk);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_check_rest(&sim->lines[i]);
	annals_check_fold(sim->hub);
	annals_check_erased(&sim->annals, sim->hub);
	annals_check_outside(&sim->annals);
	chance_rules(sim->plan->seed); /* chancery-verify has used SQLite's */
}

/* Beginning and ending */

/* What the hub and the drivers say to their log. */
static void say_log(struct str line)
{
	trace_say("log    " STR_FMT, STR_ARG(line));
}

static void begin(struct sim *sim, const struct sim_plan *plan, struct sim_outcome *outcome)
{
	memset(outcome, 0, sizeof *outcome);
	memset(sim, 0, offsetof(struct sim, talk));
	sim->plan = plan;
	sim->outcome = outcome;
	trace_begin(plan->seed, plan->loud);
	chance_rules(plan->seed);
	log_redirect(say_log);
	sim->dice = chance_of(plan->seed, DICE_STREAM);
	machine_init(&sim->machine, plan->seed);
	sim->at = &sim->machine;
	sim->machine.wall_ms = begin_wall_ms + (int64_t)sim_roll(sim, INT64_C(365) * 24 * 3600 * 1000);
	sim->machine.elapsed_us = 1000000;
	ledger_init(&sim->ledger, &sim->values);
	talk_init(&sim->talk, &sim->ledger, &sim->values);
	annals_init(&sim->annals, &sim->machine, &sim->ledger, &sim->talk, sim_journal_seed);
	rest_init(&sim->rest, &sim->machine, &sim->ledger);
	sim->scratch = arena_map(SCRATCH_BYTES);
	sim->heard_memory = arena_map(HEARD_BYTES);
	sim->n_heard = sim->furnished = 0;
	sim->dossiers = sim->works = sim->copy_size = 0;
	sim->incarnation = (struct incarnation){0};
	memset(sim->copies, 0, sizeof sim->copies);
	memset(sim->is_doomed, 0, sizeof sim->is_doomed);
	memset(sim->kills, 0, sizeof sim->kills);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_init(&sim->lines[i], i, &sim->talk, &sim->dice, &sim->machine);
	make_climate(sim);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_start(&sim->lines[i]);
}

static void hash_file(void *context, const char *name, const uint8_t *bytes, size_t n)
{
	uint64_t *hash = context;
	*hash = (*hash * 31 + str_hash(str_of(name))) * 31 + str_hash((struct str){(const char *)bytes, n});
}

static void end(struct sim *sim)
{
	struct sim_outcome *outcome = sim->outcome;
	outcome->broken = trace_is_broken();
	snprintf(outcome->where, sizeof outcome->where, "%s", trace_where());
	outcome->steps = trace_at();
	outcome->entries = sim->ledger.size;
	outcome->granted = sim->ledger.granted;
	outcome->denied = sim->ledger.denied;
	outcome->answered = sim->talk.answered;
	outcome->shown = sim->talk.entries_shown;
	outcome->erased = sim->ledger.erased;
	for (size_t i = 0; i < PLACE_LINES; i++)
		outcome->orders += sim->lines[i].orders;
	outcome->by_table = sim->ledger.by_table;
	outcome->tables = sim->ledger.n_tables;
	sim_stop_hub(sim, trace_is_broken() ? MACHINE_DIES : MACHINE_ENDS);
	outcome->hash = trace_hash();
	disk_look(sim->machine.disk, hash_file, &outcome->hash);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_release(&sim->lines[i]);
	sim_release_copy(sim);
	arena_unmap(&sim->scratch);
	arena_unmap(&sim->heard_memory);
	rest_release(&sim->rest);
	annals_release(&sim->annals);
	talk_release(&sim->talk);
	ledger_release(&sim->ledger);
	machine_release(&sim->machine);
}

/* Many short ones, some long, a few very long. */
static unsigned steps_of(struct sim *sim)
{
	uint64_t kind = sim_roll(sim, 100);
	if (sim->plan->steps > 0)
		return sim->plan->steps;
	return 5 + (unsigned)sim_roll(sim, kind < 80 ? 20 : kind < 99 ? 100 : 1500);
}

void sim_run(const struct sim_plan *plan, struct sim_outcome *ret_outcome)
{
	static struct sim sim;
	begin(&sim, plan, ret_outcome);
	unsigned steps = steps_of(&sim), number = 0;
	unsigned lives = 1 + (unsigned)sim_roll(&sim, 4);
	while (number < steps && !trace_is_broken())
		live(&sim, &number, number + 1 + (unsigned)sim_roll(&sim, 2 * steps / lives + 1));
	if (!trace_is_broken())
		come_to_rest(&sim);
	if (!trace_is_broken())
		check_rest(&sim);
	end(&sim);
}
