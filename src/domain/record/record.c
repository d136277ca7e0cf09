#include "domain/record/record.h"

#include "domain/mission/mission.h"
#include "schema/text.h"

static const int64_t day_ms = 24 * 60 * 60 * 1000;

/* The clock */

bool record_clock_is_doubted(const struct state *state)
{
	const struct clock *clock = clock_get(state, RECORD_CLOCK_ROW);
	return clock && clock->doubted;
}

static void set_clock(struct state *s, bool doubted)
{
	if (!clock_get(s, RECORD_CLOCK_ROW))
		clock_add(s, &(struct clock){.clock = RECORD_CLOCK_ROW});
	clock_edit(s, RECORD_CLOCK_ROW)->doubted = doubted;
}

void record_decide_doubt_clock(struct turn *t, const struct record_doubt_clock *ask)
{
	emit(t, record_clock_doubted, .machine = ask->machine, .last = ask->last, .why = ask->why);
}

void record_apply_clock_doubted(struct state *s, const struct record_clock_doubted *ev)
{
	set_clock(s, true);
	clock_edit(s, RECORD_CLOCK_ROW)->since = ev->last;
}

void record_decide_confirm_clock(struct turn *t, const struct record_confirm_clock *ask)
{
	(void)ask;
	if (!record_clock_is_doubted(t->state))
		refuse(t, RECORD_CLOCK_GOOD);
	else
		emit(t, record_clock_trusted, .has_witness = false);
}

void record_decide_trust_clock(struct turn *t, const struct record_trust_clock *ask)
{
	if (!record_clock_is_doubted(t->state))
		refuse(t, RECORD_CLOCK_GOOD);
	else
		emit(t, record_clock_trusted, .has_witness = true, .witness = ask->witness);
}

void record_apply_clock_trusted(struct state *s, const struct record_clock_trusted *ev)
{
	(void)ev;
	set_clock(s, false);
}

/* What is staged */

bool record_is_staged(const struct state *state, struct str hash)
{
	const struct stage *stage = stage_by_hash(state, hash);
	return stage && stage->parts == stage->of;
}

struct part {
	struct str hash;
	int64_t part, of;
};

static void take_part(struct turn *t, const struct part *part)
{
	const struct stage *stage = stage_by_hash(t->state, part->hash);
	int64_t next = stage ? stage->parts + 1 : 1;
	if (stage && stage->of != part->of)
		refuse(t, RECORD_STAGE_OTHER, .of = stage->of);
	else if (part->part != next || part->part > part->of)
		refuse(t, RECORD_STAGE_ORDER, .next = next);
	else if (!stage && stage_full(t->state))
		refuse(t, RECORD_FULL, .at_most = STAGE_AT_MOST);
	else if (stage_part_full(t->state))
		refuse(t, RECORD_FULL, .at_most = STAGE_PART_AT_MOST);
	else
		emit(t, record_staged, .hash = part->hash, .part = part->part, .of = part->of,
		     .entry = (int64_t)t->entry, .until = t->now + RECORD_STAGE_MS);
}

/* The text of what is in force already, which the core brings behind its first entry: it is kept like one that comes into force. */
static void keep_if_in_force(struct turn *t, struct str hash)
{
	const struct environment *now = environment_get(t->state, ENVIRONMENT_ROW);
	if (t->refusal == REFUSAL_NONE && now && str_eq(text_str(now->access), hash) &&
	    record_is_staged(t->state, hash))
		emit(t, record_stage_kept, .stage = stage_by_hash(t->state, hash)->stage);
}

void record_decide_stage_part(struct turn *t, const struct record_stage_part *ask)
{
	take_part(t, &(struct part){ask->hash, ask->part, ask->of});
}

void record_decide_bring_part(struct turn *t, const struct record_bring_part *ask)
{
	take_part(t, &(struct part){ask->hash, ask->part, ask->of});
	keep_if_in_force(t, ask->hash);
}

void record_apply_staged(struct state *s, const struct record_staged *ev)
{
	const struct stage *known = stage_by_hash(s, ev->hash);
	if (!known) {
		struct stage row = {.stage = stage_next_id(s), .of = ev->of};
		text_set(&row.hash, ev->hash);
		stage_add(s, &row);
		known = stage_by_hash(s, ev->hash);
	}
	stage_edit(s, known->stage)->parts = ev->part;
	stage_set_until(s, known->stage, ev->until);
	stage_part_add(
	    s, &(struct stage_part){
		   .part = stage_part_next_id(s), .stage = known->stage, .number = ev->part, .entry = ev->entry});
}

static void remove_stage(struct state *s, uint64_t stage)
{
	const struct stage_part *part;
	while ((part = stage_part_first_by_stage(s, stage)))
		stage_part_remove(s, part->part);
	stage_remove(s, stage);
}

void record_due_drop_stage(struct turn *t, const struct stage *row)
{
	emit(t, record_stage_dropped, .stage = row->stage, .parts = row->parts);
}

void record_apply_stage_dropped(struct state *s, const struct record_stage_dropped *ev)
{
	remove_stage(s, ev->stage);
}

void record_on_mission_in_force(struct turn *t, const struct mission_in_force *ev)
{
	const struct stage *stage = stage_by_hash(t->state, ev->access);
	if (stage && stage->has_until)
		emit(t, record_stage_kept, .stage = stage->stage);
}

/* What was kept before is in force no more; its text stays in the entries. */
void record_apply_stage_kept(struct state *s, const struct record_stage_kept *ev)
{
	for (const struct stage *row = stage_after(s, 0), *next; row; row = next) {
		next = stage_after(s, row->stage);
		if (!row->has_until)
			remove_stage(s, row->stage);
	}
	stage_clear_until(s, ev->stage);
}

/* Forgetting */

/* Days since 1970-01-01 of the first day of a month, which may be any number of months after January 1970. (Howard Hinnant's days_from_civil.) */
static int64_t first_day(int64_t months)
{
	int64_t year = 1970 + months / 12, month = months % 12 + 1;
	year -= month <= 2;
	int64_t era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t record_month_ends(struct str keep, int64_t month)
{
	int64_t n = 0;
	bool read = str_to_i64((struct str){keep.at, keep.len - 1}, 1, 9999, &n);
	ASSERT(read && month >= 1);
	switch (keep.at[keep.len - 1]) {
	case 'd':
		return (first_day(month) + n) * day_ms;
	case 'm':
		return first_day(month + n) * day_ms;
	case 'y':
		return first_day(month + 12 * n) * day_ms;
	}
	WRONG("the schema knows days, months and years");
}

static const struct retention *find_retention(const struct state *s, struct str keep, int64_t month)
{
	const struct retention *row = retention_after(s, 0);
	while (row && !(row->month == month && str_eq(text_str(row->keep), keep)))
		row = retention_after(s, row->retention);
	return row;
}

void record_note_month(struct state *state, struct str keep, int64_t month)
{
	if (find_retention(state, keep, month))
		return;
	struct retention row = {
	    .retention = retention_next_id(state), .month = month, .ends = record_month_ends(keep, month)};
	text_set(&row.keep, keep);
	retention_add(state, &row);
}

static bool is_forgetting(const struct state *s, const struct subject *subject, struct str keep, int64_t month)
{
	for (const struct forgetting *row = forgetting_after(s, 0); row; row = forgetting_after(s, row->forgetting))
		if (row->subject == (int64_t)subject->id && row->month == month &&
		    str_eq(text_str(row->table), subject->table) && str_eq(text_str(row->keep), keep))
			return true;
	return false;
}

/* Once, though several events of one entry may say it. */
static void forget(struct state *s, const struct subject *subject, struct str keep, int64_t month)
{
	if (is_forgetting(s, subject, keep, month))
		return;
	struct forgetting row = {.forgetting = forgetting_next_id(s), .subject = (int64_t)subject->id, .month = month};
	text_set(&row.table, subject->table);
	text_set(&row.keep, keep);
	forgetting_add(s, &row);
}

void record_forget(struct state *state, const struct subject *subject)
{
	forget(state, subject, (struct str){0}, 0);
}

void record_due_forget_month(struct turn *t, const struct retention *row)
{
	emit(t, record_month_forgotten, .retention = row->retention, .keep = arena_str(t->arena, text_str(row->keep)),
	     .month = row->month);
}

void record_apply_month_forgotten(struct state *s, const struct record_month_forgotten *ev)
{
	forget(s, &(struct subject){0}, ev->keep, ev->month);
	retention_remove(s, ev->retention);
}

void record_decide_base(struct turn *t, const struct record_base *ask)
{
	emit(t, record_baseline, .entries = ask->entries, .snapshot = ask->snapshot);
}

void record_decide_erase(struct turn *t, const struct record_erase *ask)
{
	int64_t months = 0, subjects = 0;
	for (const struct forgetting *row = forgetting_after(t->state, 0); row && (int64_t)row->forgetting <= ask->upto;
	     row = forgetting_after(t->state, row->forgetting)) {
		months += row->month != 0;
		subjects += row->month == 0;
	}
	emit(t, record_erased, .upto = ask->upto, .subjects = subjects, .months = months);
}

void record_apply_erased(struct state *s, const struct record_erased *ev)
{
	for (const struct forgetting *row; (row = forgetting_after(s, 0)) && (int64_t)row->forgetting <= ev->upto;)
		forgetting_remove(s, row->forgetting);
}

/* What happened to the record itself: said, and remembered by nobody but the entry */

void record_decide_restore(struct turn *t, const struct record_restore *ask)
{
	emit(t, record_restored, .incarnation = ask->incarnation, .first = (int64_t)t->entry, .entries = ask->entries,
	     .known = ask->known, .has_root = ask->has_root, .root = ask->root, .fetched = ask->fetched);
}

/* Another history begins, under another name. A new root key that somebody had asked for was another machine's. */
void record_apply_restored(struct state *s, const struct record_restored *ev)
{
	ASSERT(ev->incarnation >= 2);
	if (record_is_unsigned(s))
		silence_remove(s, RECORD_SILENCE_ROW);
	if (fork_get(s, RECORD_FORK_ROW))
		fork_remove(s, RECORD_FORK_ROW);
	fork_add(s, &(struct fork){.fork = RECORD_FORK_ROW, .incarnation = ev->incarnation, .first = ev->first});
	for (const struct rekey *row; (row = rekey_after(s, 0));)
		rekey_remove(s, row->rekey);
}

void record_decide_forget_again(struct turn *t, const struct record_forget_again *ask)
{
	emit(t, record_subject_forgotten, .table = ask->table, .subject = ask->subject);
}

/* What the subject is, the core blanks and notes. */
void record_apply_subject_forgotten(struct state *s, const struct record_subject_forgotten *ev)
{
	ASSERT(s && ev->subject >= 1);
}

/* Of a month in which this record has sealed nothing there is nothing to forget. */
void record_decide_forget_month_again(struct turn *t, const struct record_forget_month_again *ask)
{
	const struct retention *row = find_retention(t->state, ask->keep, ask->month);
	if (row)
		emit(t, record_month_forgotten, .retention = row->retention, .keep = ask->keep, .month = ask->month);
}

/* A new root key */

static uint64_t rekey_id(enum rekey_keys keys)
{
	return keys == REKEY_KEYS_MISSION ? RECORD_REKEY_MISSION : RECORD_REKEY_DOORS;
}

void record_decide_rekey(struct turn *t, const struct record_rekey *ask)
{
	if (rekey_get(t->state, rekey_id(ask->keys)))
		refuse(t, RECORD_REKEY_BUSY, .keys = ask->keys);
	else
		emit(t, record_rekey_asked, .keys = ask->keys);
}

void record_apply_rekey_asked(struct state *s, const struct record_rekey_asked *ev)
{
	rekey_add(s, &(struct rekey){.rekey = rekey_id(ev->keys), .keys = ev->keys});
}

void record_decide_end_rekey(struct turn *t, const struct record_end_rekey *ask)
{
	if (ask->has_failed)
		emit(t, record_rekey_failed, .keys = ask->keys, .why = ask->failed);
	else
		emit(t, record_rekeyed, .keys = ask->keys);
}

void record_apply_rekeyed(struct state *s, const struct record_rekeyed *ev)
{
	rekey_remove(s, rekey_id(ev->keys));
}

void record_apply_rekey_failed(struct state *s, const struct record_rekey_failed *ev)
{
	rekey_remove(s, rekey_id(ev->keys));
}

void record_decide_change_space(struct turn *t, const struct record_change_space *ask)
{
	emit(t, record_space_changed, .free = ask->free, .low = ask->low);
}

void record_decide_put_aside(struct turn *t, const struct record_put_aside *ask)
{
	emit(t, record_set_aside, .input = ask->input, .hash = ask->hash);
}

void record_decide_stop_timer(struct turn *t, const struct record_stop_timer *ask)
{
	enum timer timer;
	if (timer_of(ask->timer, &timer))
		emit(t, record_timer_stopped, .timer = ask->timer, .row = ask->row);
	else
		refuse(t, RECORD_NO_TIMER, .timer = ask->timer);
}

void record_apply_timer_stopped(struct state *s, const struct record_timer_stopped *ev)
{
	enum timer timer;
	bool known = timer_of(ev->timer, &timer);
	ASSERT(known);
	state_stop_timer(s, timer, (uint64_t)ev->row);
}

void record_decide_lay_aside(struct turn *t, const struct record_lay_aside *ask)
{
	emit(t, record_set_aside, .input = ask->input, .hash = ask->hash);
}

void record_decide_stop_signing(struct turn *t, const struct record_stop_signing *ask)
{
	emit(t, record_signing_stopped, .witness = ask->witness, .entries = ask->entries);
}

bool record_is_unsigned(const struct state *state)
{
	return silence_get(state, RECORD_SILENCE_ROW) != NULL;
}

void record_apply_signing_stopped(struct state *s, const struct record_signing_stopped *ev)
{
	struct silence row = {.silence = RECORD_SILENCE_ROW, .entries = ev->entries};
	text_set(&row.witness, ev->witness);
	if (!record_is_unsigned(s))
		silence_add(s, &row);
}
