/* sim_restore.c: a copy of the record, and the mission that goes on from it on another disk, under another incarnation,
 * as `chancery restore` makes it: the entries are the copy's, the keys are those that there are now, drivers have
 * nothing; who was forgotten since is forgotten again.
 */
#include "sim/sim_inner.h"

#include <stdlib.h>

static const char *const record_names[SIM_COPIES] = {"journal.db", "journal.db-wal"};

static void drop_copy(struct sim *sim)
{
	for (size_t i = 0; i < SIM_COPIES; i++)
		free(sim->copies[i].at);
	memset(sim->copies, 0, sizeof sim->copies);
}

void sim_copy_record(struct sim *sim)
{
	if (!sim->has_fault[FAULT_RESTORE] || sim->furnished < PLACE_COMMANDS)
		return;
	sim_commit(sim);
	if (sim->is_dead)
		return;
	drop_copy(sim);
	for (size_t i = 0; i < SIM_COPIES; i++) {
		const uint8_t *bytes;
		size_t n;
		if (!disk_bytes_of(sim->machine.disk, record_names[i], &bytes, &n) || n == 0)
			continue;
		sim->copies[i] = (struct sim_copy){.at = malloc(n), .n = n};
		ASSERT(sim->copies[i].at);
		memcpy(sim->copies[i].at, bytes, n);
	}
	sim->copy_size = sim->ledger.size;
	trace_say("the record is copied: %llu entries", (unsigned long long)sim->copy_size);
}

/* Whom the entries tell of that the copy does not have. */
static void list_forgotten(struct sim *sim)
{
	const struct ledger *ledger = &sim->ledger;
	struct incarnation *now = &sim->incarnation;
	now->subjects.n = now->months.n = 0;
	for (size_t i = 0; i < ledger->n_forgettings; i++) {
		const struct ledger_forgetting *row = &ledger->forgettings[i];
		if (row->entry < sim->copy_size)
			continue;
		if (row->person != 0) {
			sim->subjects[now->subjects.n++] =
			    (struct forgotten_subject){.table = STR("person"), .subject = (int64_t)row->person};
			continue;
		}
		const struct ledger_month *month = &ledger->months[row->month];
		struct forgotten_month *to = &sim->months[now->months.n++];
		snprintf(sim->keeps[row->month], sizeof sim->keeps[0], STR_FMT, STR_ARG(month->keep));
		*to = (struct forgotten_month){.keep = str_of(sim->keeps[row->month]), .month = month->month};
	}
	now->subjects.at = sim->subjects;
	now->months.at = sim->months;
}

/* What is known of the record is read anew; what was erased stays so, and whose a value is that is in no entry nobody knows. */
static void forget_history(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->values.n; i++)
		sim->values.at[i].is_entered = false;
	for (size_t i = 0; i < sim->talk.n_said; i++)
		sim->talk.said[i].entered = 0;
	rest_restore(&sim->rest);
	ledger_put_back(&sim->ledger, sim->copy_size);
	memset(sim->is_doomed, 0, sizeof sim->is_doomed);
}

static void put_record(struct sim *sim)
{
	static const char *const others[] = {"index.db", "index.db-wal", "snapshot.0", "snapshot.1"};
	for (size_t i = 0; i < SIM_COPIES; i++) {
		disk_remove(sim->machine.disk, record_names[i]);
		if (sim->copies[i].n > 0)
			disk_put(sim->machine.disk, record_names[i], sim->copies[i].at, sim->copies[i].n);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		disk_remove(sim->machine.disk, others[i]);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_begin_anew(&sim->lines[i]);
}

void sim_restore(struct sim *sim)
{
	struct incarnation *now = &sim->incarnation;
	/* One that was restored and has not recorded it yet is of the same incarnation still. */
	if (sim->copy_size == 0 || !sim->has_fault[FAULT_RESTORE])
		return;
	now->incarnation =
	    1 + (now->incarnation > sim->ledger.incarnation ? now->incarnation : sim->ledger.incarnation);
	now->format = 1;
	now->entries = (int64_t)sim->copy_size;
	now->known = (int64_t)(sim->ledger.size > sim->copy_size ? sim->ledger.size : sim->copy_size);
	list_forgotten(sim);
	trace_say("a mission of incarnation %lld is made of the copy: %lld entries of %lld",
		  (long long)now->incarnation, (long long)now->entries, (long long)now->known);
	put_record(sim);
	forget_history(sim);
	drop_copy(sim);
	sim->copy_size = 0;
}

void sim_release_copy(struct sim *sim)
{
	drop_copy(sim);
}
