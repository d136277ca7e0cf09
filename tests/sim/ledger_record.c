/* ledger_record.c: the record's own affairs: rulebooks, forgetting, the clock, inputs that were set aside. */
#include "sim/ledger_inner.h"

#include "keys/month.h"

static void in_force(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct str hash = peek_text(body, "access");
	(void)event;
	ledger->env = t->index;
	ledger->in_force = SIZE_MAX;
	for (size_t i = 0; i < ledger->n_rulebooks; i++)
		if (str_eq(hash, str_of(ledger->rulebooks[i].hash)))
			ledger->in_force = ledger->rulebooks[i].rulebook;
	MUST(ledger->in_force < PLACE_RULEBOOKS,
	     "entry %llu: a rulebook comes into force that nobody has written, or that does not load",
	     (unsigned long long)t->index);
	MUST(t->is_from_core || str_eq(hash, peek_text(t->input, "rulebook")),
	     "entry %llu: another rulebook comes into force than was asked for", (unsigned long long)t->index);
}

static struct ledger_month *find_month(const struct ledger *ledger, struct str keep, int64_t month)
{
	for (size_t i = 0; i < ledger->n_months; i++)
		if (ledger->months[i].month == month && str_eq(ledger->months[i].keep, keep))
			return (struct ledger_month *)&ledger->months[i];
	return NULL;
}

const struct ledger_month *ledger_month(const struct ledger *ledger, struct str keep, int64_t month)
{
	return find_month(ledger, keep, month);
}

/* Every month of a class in which something was sealed is to be forgotten some day. */
static void note_months(const struct taken *t)
{
	struct ledger *ledger = t->ledger;
	struct str sealed = {0}, packet;
	bool there = peek(t->text, "sealed", &sealed);
	MUST(there, "an entry without packets");
	for (struct peek_walk walk = peek_begin(sealed); peek_item(&walk, &packet);) {
		struct str keep = peek_text(packet, "keep");
		int64_t month = peek_int(packet, "month", -1);
		MUST(month == (keep.len > 0 ? month_of(t->wall) : 0), "entry %llu: a packet of another month",
		     (unsigned long long)t->index);
		if (keep.len == 0 || find_month(ledger, keep, month))
			continue;
		ASSERT(ledger->n_months < LEDGER_MONTHS_MAX);
		ledger->months[ledger->n_months++] =
		    (struct ledger_month){.keep = ledger_keep(ledger, keep), .month = month};
	}
}

static void month_forgotten(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct ledger_month *month = find_month(ledger, peek_text(body, "keep"), peek_int(body, "month", 0));
	int64_t end = 0;
	(void)event;
	MUST(month && !month->is_forgotten, "a month is forgotten twice, or was never");
	bool again = str_eq(t->name, STR("record.forget_month_again"));
	MUST(again || !ledger->clock_is_doubted, "a month is forgotten while the clock is doubted");
	if (!month)
		return;
	bool known = month_keep_end(month->keep, month->month, &end);
	MUST(known && (again || end <= t->wall), "a month is forgotten before its time");
	month->is_forgotten = true;
	ASSERT(ledger->n_forgettings < LEDGER_FORGETTINGS_MAX);
	ledger->forgettings[ledger->n_forgettings++] =
	    (struct ledger_forgetting){.entry = t->index, .month = (size_t)(month - ledger->months)};
}

static void baseline(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	MUST(peek_int(body, "entries", -1) <= (int64_t)t->index, "a baseline of entries that are yet to come");
	t->ledger->baselines++;
}

/* Rows of Forgetting are counted from 1 as long as the record is; `upto` says how many are gone. */
static void erased(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	int64_t upto = peek_int(body, "upto", 0);
	(void)event;
	MUST(ledger->baselines > 0, "keys are destroyed without a baseline");
	MUST(upto >= 1 && upto <= (int64_t)ledger->n_forgettings, "more is erased than was forgotten");
	for (int64_t i = 0; i < upto && i < (int64_t)ledger->n_forgettings; i++) {
		struct ledger_forgetting *row = &ledger->forgettings[i];
		row->erased = row->is_erased ? row->erased : t->index;
		row->is_erased = true;
		if (row->person == 0)
			ledger->months[row->month].is_erased = true;
		for (uint32_t v = 0; row->person != 0 && v < ledger->values->n; v++) {
			struct value *value = &ledger->values->at[v];
			value->is_erased |= value->person == row->person && value->is_entered &&
					    value->entry < row->entry &&
					    value->entry >= ledger->people[row->person].since;
		}
	}
	ledger->erased++;
}

static void doubted(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	MUST(!t->ledger->clock_is_doubted, "the clock is doubted twice");
	t->ledger->clock_is_doubted = true;
}

static void trusted(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	MUST(t->ledger->clock_is_doubted, "a clock is trusted that was not doubted");
	t->ledger->clock_is_doubted = false;
}

static void space(const struct taken *t, unsigned event, struct str body)
{
	struct str low = {0};
	(void)event;
	bool there = peek(body, "low", &low);
	MUST(there, "nobody knows whether there is room");
	t->ledger->space_is_low = str_eq(low, STR("true"));
}

static void set_aside(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	t->ledger->set_aside++;
	MUST(str_starts(peek_text(body, "input"), STR("trial.stumble")),
	     "entry %llu sets " STR_FMT " aside, which ends no process", (unsigned long long)t->index,
	     STR_ARG(peek_text(body, "input")));
}

static void signing_stopped(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	t->ledger->signing_has_stopped = true;
}

void ledger_record_decide(const struct taken *t)
{
	note_months(t);
	MUST(!str_starts(t->name, STR("trial.stumble")), "entry %llu is of an input that ends every process",
	     (unsigned long long)t->index);
}

const struct ledger_event ledger_record_events[] = {
    {"mission.InForce", in_force},
    {"record.MonthForgotten", month_forgotten},
    {"record.Baseline", baseline},
    {"record.Erased", erased},
    {"record.ClockDoubted", doubted},
    {"record.ClockTrusted", trusted},
    {"record.SpaceChanged", space},
    {"record.SetAside", set_aside},
    {"record.SigningStopped", signing_stopped},
    {NULL, NULL},
};
