/* deeds_door.c: what happens at doors, to drivers, and to the machine. */
#include "sim/sim_inner.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
static const int64_t day_ms = INT64_C(24) * HOUR_MS;

static struct line *any_line(struct sim *sim)
{
	return &sim->lines[sim_roll(sim, PLACE_LINES)];
}

/* A card of somebody's, of nobody, or of one who is forgotten. */
static uint32_t any_card(struct sim *sim)
{
	const struct ledger *ledger = &sim->ledger;
	if (ledger->n_badges == 0 || sim_thousandths(sim, 60))
		return values_new(&sim->values, VALUE_CARD, 0);
	for (int i = 0; i < 8; i++) {
		uint32_t value = (uint32_t)sim_roll(sim, sim->values.n);
		if (sim->values.at[value].kind == VALUE_CARD)
			return value;
	}
	return ledger->badges[1 + sim_roll(sim, ledger->n_badges)].card;
}

/* Mostly a reader of its own; else one of another line, or none, where somebody speaks who lies. */
static uint64_t any_reader(struct sim *sim, const struct line *line)
{
	uint64_t reader = 1 + sim_roll(sim, PLACE_DOORS + 1);
	if (reader % PLACE_LINES != line->number && sim_thousandths(sim, 800))
		reader = reader > 1 ? reader - 1 : reader + 1;
	return reader;
}

void deed_show_badge(struct sim *sim)
{
	struct line *line = any_line(sim);
	uint32_t value = any_card(sim);
	if (value < sim->values.n)
		line_show_card(line, any_reader(sim, line), value);
}

void deed_reader_state(struct sim *sim)
{
	struct line *line = any_line(sim);
	line_tell_state(line, any_reader(sim, line), (unsigned)sim_roll(sim, 4));
}

/* Each reader's is another input; two deaths of one are all. */
static unsigned long long poison(struct sim *sim, int kind)
{
	uint64_t reader = sim_roll(sim, SIM_POISONS);
	return sim->kills[kind][reader] <= SIM_POISON_KILLS_MAX ? reader + 1 : 0;
}

void deed_poison_report(struct sim *sim)
{
	unsigned long long reader = poison(sim, 1);
	if (reader > 0)
		line_report(any_line(sim), "trial.stumbled", deeds_text(sim, "{\"reader\":%llu}", reader));
}

void deed_poison(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer"));
	unsigned long long reader = poison(sim, 0);
	if (c && reader > 0 && (c->viewer.roles & see_role("security_officer")) != 0)
		deeds_bad_command(sim, c, "trial.stumble", deeds_text(sim, "{\"reader\":%llu}", reader));
}

/* Drivers */

void deed_line_odd(struct sim *sim)
{
	struct line *line = any_line(sim);
	struct buf b = arena_buf(&sim->scratch);
	if (line->is_away || line->peer == HUB_PEERS_MAX || !line->manner.is_captured)
		return;
	line_odd(line, &b);
	struct str text = arena_keep(&sim->scratch, &b);
	if (text.len > 0)
		sim_line(sim, line->peer, text, place_line(line->number).at);
}

void deed_line_restart(struct sim *sim)
{
	struct line *line = any_line(sim);
	if (!sim->has_fault[FAULT_LINES])
		return;
	line_end(line);
	line_start(line);
	if (!line->is_away)
		sim_attach_line(sim, line->number);
	trace_say("line-%zu starts anew", line->number);
}

void deed_line_away(struct sim *sim)
{
	struct line *line = any_line(sim);
	if (!sim->has_fault[FAULT_LINES])
		return;
	line->is_away = !line->is_away;
	if (line->is_away)
		sim_detach_line(sim, line->number);
	else
		sim_attach_line(sim, line->number);
	trace_say("line-%zu is %s", line->number, line->is_away ? "away" : "back");
}

void deed_line_reconnect(struct sim *sim)
{
	struct line *line = any_line(sim);
	if (!line->is_away && sim->has_fault[FAULT_LINES])
		sim_attach_line(sim, line->number);
}

/* Time */

static void wait(struct sim *sim, int64_t ms)
{
	sim_wait(sim, ms);
	trace_say("%lld ms pass", (long long)ms);
}

void deed_wait(struct sim *sim)
{
	wait(sim, 500 + (int64_t)sim_roll(sim, 12000));
}

void deed_wait_minutes(struct sim *sim)
{
	wait(sim, (int64_t)sim_roll(sim, 20) * MINUTE_MS);
}

void deed_wait_hours(struct sim *sim)
{
	wait(sim, (int64_t)sim_roll(sim, 20) * HOUR_MS);
}

void deed_wait_days(struct sim *sim)
{
	wait(sim, (int64_t)sim_roll(sim, 60) * day_ms);
}

void deed_set_clock(struct sim *sim)
{
	static const int64_t most[] = {10 * 1000, 10 * MINUTE_MS, 30 * HOUR_MS};
	if (!sim->has_fault[FAULT_CLOCK])
		return;
	uint64_t kind = sim_roll(sim, 4);
	int64_t by = (int64_t)sim_roll(sim, kind < 3 ? (uint64_t)most[kind] : (uint64_t)(800 * day_ms));
	by = sim_roll(sim, 2) ? by : -by;
	sim->machine.wall_ms += by;
	trace_say("the machine's clock is set by %lld ms", (long long)by);
}

/* The machine */

void deed_copy(struct sim *sim)
{
	trace_say("somebody copies the snapshots");
	rest_copy(&sim->rest);
}
