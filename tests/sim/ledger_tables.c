/* ledger_tables.c: grant tables: when one is issued and confirmed, and what a driver may have decided by it. */
#include "sim/ledger_inner.h"

enum { VALID_MS = 72 * 60 * 60 * 1000 };

/* What tables are made of */

static struct ledger_basis *basis_of(struct ledger *ledger, uint64_t size)
{
	struct ledger_basis *newest = NULL;
	for (size_t i = 0; i < ARRAY_LEN(ledger->bases); i++) {
		struct ledger_basis *basis = &ledger->bases[i];
		if (basis->is_wanted && basis->size <= size && (!newest || basis->size > newest->size))
			newest = basis;
	}
	return newest;
}

void ledger_want_basis(struct ledger *ledger, uint64_t size)
{
	struct ledger_basis *basis = &ledger->bases[ledger->n_bases++ % ARRAY_LEN(ledger->bases)];
	*basis = (struct ledger_basis){.is_wanted = true, .size = size};
	ledger_note_bases(ledger);
}

void ledger_drop_bases(struct ledger *ledger)
{
	memset(ledger->bases, 0, sizeof ledger->bases);
}

static void *copy(struct ledger *ledger, const void *rows, size_t bytes)
{
	void *at = arena_take(&ledger->memory, bytes, 1);
	memcpy(at, rows, bytes);
	return at;
}

void ledger_note_bases(struct ledger *ledger)
{
	for (size_t i = 0; i < ARRAY_LEN(ledger->bases); i++) {
		struct ledger_basis *basis = &ledger->bases[i];
		if (!basis->is_wanted || basis->is_there || basis->size != ledger->size)
			continue;
		basis->is_there = true;
		basis->n_badges = ledger->n_badges;
		basis->badges = copy(ledger, ledger->badges, (ledger->n_badges + 1) * sizeof ledger->badges[0]);
		basis->people = copy(ledger, ledger->people, (ledger->n_people + 1) * sizeof ledger->people[0]);
		basis->n_readers = ledger->n_readers;
		basis->in_force = ledger->in_force;
	}
}

/* Tables */

const struct ledger_table *ledger_table(const struct ledger *ledger, struct str line, int64_t number)
{
	for (size_t i = ledger->n_tables; i > 0; i--)
		if (ledger->tables_issued[i - 1].number == number && str_eq(ledger->tables_issued[i - 1].line, line))
			return &ledger->tables_issued[i - 1];
	return NULL;
}

const struct ledger_table *ledger_newest_table(const struct ledger *ledger, struct str line)
{
	for (size_t i = ledger->n_tables; i > 0; i--)
		if (str_eq(ledger->tables_issued[i - 1].line, line))
			return &ledger->tables_issued[i - 1];
	return NULL;
}

static void issued(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct str line = peek_text(body, "driver");
	int64_t number = peek_int(body, "number", 0);
	const struct ledger_table *before = ledger_newest_table(ledger, line);
	const struct ledger_basis *basis = basis_of(ledger, t->index);
	(void)event;
	ASSERT(ledger->n_tables < LEDGER_TABLES_MAX);
	MUST(!before || before->number < number, "grant table %lld of " STR_FMT " comes behind %lld", (long long)number,
	     STR_ARG(line), before ? (long long)before->number : 0);
	struct ledger_table *table = &ledger->tables_issued[ledger->n_tables++];
	*table = (struct ledger_table){
	    .line = ledger_keep(ledger, line), .number = number, .until = peek_int(body, "until", 0)};
	if (basis && basis->is_there)
		table->basis = *basis;
	MUST(table->until <= t->wall + VALID_MS, "a grant table is good for longer than it may be");
	ledger_driver(ledger, line);
}

static void confirmed(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct ledger_table *table = (struct ledger_table *)ledger_table(ledger, t->line, peek_int(body, "number", 0));
	(void)event;
	MUST(table || ledger_lies(ledger, t->line), "entry %llu confirms a grant table that was never issued",
	     (unsigned long long)t->index);
	if (table)
		table->is_confirmed = true;
}

/* What it may have decided */

static bool stands(const struct ledger *ledger, const struct ledger_basis *basis, uint64_t door, uint64_t person)
{
	for (size_t i = 1; i <= ledger->n_standing; i++) {
		const struct ledger_standing *row = &ledger->standing[i];
		if (row->door == door && row->person == person && row->since < basis->size &&
		    (row->revoked == 0 || row->revoked >= basis->size))
			return true;
	}
	return false;
}

/* As grant.h says it, from rule 4 on; a card that is in no table is known to none. */
static const char *by_table(const struct ledger *ledger, const struct ledger_table *table, uint64_t reader,
			    uint32_t card, int64_t at)
{
	enum { MINUTE_MS = 60000, DAY_MINUTES = 1440 };
	const struct ledger_basis *basis = &table->basis;
	const struct ledger_badge *badge = NULL;
	int64_t made = table->until - VALID_MS;
	if (reader < 1 || reader > basis->n_readers || !str_eq(str_of(ledger->readers[reader].line), table->line))
		return "unknown_reader";
	for (size_t i = 1; i <= basis->n_badges; i++)
		if (basis->badges[i].card == card && card != UINT32_MAX && basis->badges[i].state == LEDGER_ACTIVE &&
		    (basis->badges[i].until == 0 || basis->badges[i].until > made))
			badge = &basis->badges[i];
	if (!badge)
		return "unknown_card";
	if (badge->until != 0 && badge->until <= at)
		return "not_now";
	const struct ledger_person *person = &basis->people[badge->person];
	uint64_t door = ledger->readers[reader].door;
	struct place_request request = {.group = person->group,
					.is_guest_of_honour = person->is_guest_of_honour,
					.grade = place_grade(door),
					.minute = at / MINUTE_MS % DAY_MINUTES};
	if (at >= table->until)
		return stands(ledger, basis, door, badge->person) ? "standing" : "expired_table";
	return at >= made && place_permits(basis->in_force, &request) ? "schedule" : "not_now";
}

/* Its driver holds its doors, and has held them since that elapsed time or before. */
static bool is_held(const struct ledger *ledger, struct str line, int64_t elapsed)
{
	for (size_t i = 0; i < ledger->n_desired; i++) {
		const struct ledger_desired *row = &ledger->desired[i];
		if (str_eq(row->line, line) && str_eq(row->name, STR("doors.Held")))
			return row->is_reached && row->reached <= elapsed && peek_int(row->body, "readers", 0) > 0;
	}
	return false;
}

void ledger_tables_check(const struct taken *t, struct str line, uint32_t card)
{
	const struct ledger *ledger = t->ledger;
	struct str why = peek_text(t->input, "why"), outcome = peek_text(t->input, "outcome");
	int64_t number = peek_int(t->input, "table", 0), at = peek_int(t->input, "at", 0);
	bool granted = str_eq(outcome, STR("granted"));
	if (ledger_lies(ledger, line))
		return;
	MUST(!granted || !is_held(ledger, line, ledger->elapsed - t->ago),
	     "entry %llu: a door is opened by a table under a lockdown", (unsigned long long)t->index);
	MUST(granted == (str_eq(why, STR("schedule")) || str_eq(why, STR("standing"))), "a table grants for no reason");
	const struct ledger_table *table = ledger_table(ledger, line, number);
	MUST(table || number == 0, "entry %llu is decided by grant table %lld, which nobody issued",
	     (unsigned long long)t->index, (long long)number);
	MUST(number != 0 || str_eq(why, STR("no_table")), "entry %llu is decided by no table",
	     (unsigned long long)t->index);
	if (!table || !table->basis.is_there)
		return;
	if (str_eq(why, STR("held"))) {
		MUST(ledger->lockdowns > 0, "a door is held, and there never was a lockdown");
		return;
	}
	const char *should = by_table(ledger, table, (uint64_t)peek_int(t->input, "reader", 0), card, at);
	MUST(str_eq(why, str_of(should)), "entry %llu: grant table %lld decides " STR_FMT ", and should decide %s",
	     (unsigned long long)t->index, (long long)number, STR_ARG(why), should);
}

/* Who stands for a door, and lockdown */

static void standing_declared(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	(void)event;
	ASSERT(ledger->n_standing < LEDGER_STANDING_MAX);
	MUST(peek_int(body, "standing", 0) == (int64_t)ledger->n_standing + 1,
	     "standing entries are not counted one by one");
	ledger->standing[++ledger->n_standing] =
	    (struct ledger_standing){.door = (uint64_t)peek_int(body, "door", 0),
				     .person = (uint64_t)peek_int(body, "person", 0),
				     .since = t->index};
}

static void standing_revoked(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	int64_t standing = peek_int(body, "standing", 0);
	bool there = standing >= 1 && (size_t)standing <= ledger->n_standing && ledger->standing[standing].revoked == 0;
	(void)event;
	MUST(there, "what nobody declared is revoked");
	if (there)
		ledger->standing[standing].revoked = t->index;
}

static void locked_down(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	t->ledger->is_held = true;
	t->ledger->lockdowns++;
}

static void lockdown_lifted(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	MUST(t->ledger->is_held, "a lockdown is lifted that is not in force");
	t->ledger->is_held = false;
}

const struct ledger_event ledger_tables_events[] = {
    {"drivers.TableIssued", issued},
    {"drivers.TableConfirmed", confirmed},
    {"access.StandingDeclared", standing_declared},
    {"access.StandingRevoked", standing_revoked},
    {"doors.LockedDown", locked_down},
    {"doors.LockdownLifted", lockdown_lifted},
    {NULL, NULL},
};
