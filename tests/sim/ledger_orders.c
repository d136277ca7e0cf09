/* ledger_orders.c: orders, desired states, and what drivers answer. */
#include "sim/ledger_inner.h"

static struct ledger_order *find(const struct ledger *ledger, int64_t entry, int64_t event)
{
	for (size_t i = ledger->n_orders; i > 0; i--) {
		struct ledger_order *order = &ledger->orders[i - 1];
		if ((int64_t)order->entry == entry && order->event == event)
			return order;
	}
	return NULL;
}

const struct ledger_order *ledger_order(const struct ledger *ledger, uint64_t entry, unsigned event)
{
	return find(ledger, (int64_t)entry, event);
}

static struct str line_of(const struct ledger *ledger, int64_t reader)
{
	bool there = reader >= 1 && (uint64_t)reader <= ledger->n_readers;
	return there ? str_of(ledger->readers[reader].line) : (struct str){0};
}

static void give(const struct taken *t, unsigned event, struct str name, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct str line = line_of(ledger, peek_int(body, "reader", 0));
	bool answers = str_eq(line, t->line);
	ASSERT(ledger->n_orders < LEDGER_ORDERS_MAX);
	ledger->orders[ledger->n_orders++] =
	    (struct ledger_order){.entry = t->index,
				  .event = event,
				  .not_after = t->wall + LEDGER_ORDER_MS,
				  .line = ledger_keep(ledger, line),
				  .name = ledger_keep(ledger, name),
				  .body = ledger_keep(ledger, body),
				  .boot = answers ? ledger_keep(ledger, t->boot) : (struct str){0},
				  .answers = answers ? t->sequence : 0};
}

static void released(const struct taken *t, unsigned event, struct str body)
{
	give(t, event, STR("doors.Released"), body);
}

static void signalled(const struct taken *t, unsigned event, struct str body)
{
	give(t, event, STR("doors.Signalled"), body);
}

/* Answers */

static void close_order(const struct taken *t, struct str body, enum ledger_order_state state)
{
	struct ledger_order *order = find(t->ledger, peek_int(body, "entry", -1), peek_int(body, "event", -1));
	MUST(order && order->state == LEDGER_OPEN, "entry %llu closes an order that is not open",
	     (unsigned long long)t->index);
	if (!order)
		return;
	order->state = state;
	MUST(t->line.len == 0 || str_eq(t->line, order->line), "another driver answers an order");
	MUST(t->line.len > 0 || order->not_after + LEDGER_ANSWER_MS <= t->wall, "an order is over before its time");
}

static void done(const struct taken *t, unsigned event, struct str body)
{
	struct str name, next;
	close_order(t, body, LEDGER_DONE);
	if (str_eq(peek_text(body, "name"), STR("doors.Released")))
		MUST(taken_event(t, event + 1, &name, &next) && str_eq(name, STR("doors.StrikeReleased")),
		     "an order is done and the door is not said to have opened");
}

static void over(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	close_order(t, body, LEDGER_OVER);
}

static struct ledger_desired *find_desired(const struct ledger *ledger, int64_t entry, int64_t event)
{
	for (size_t i = 0; i < ledger->n_desired; i++)
		if ((int64_t)ledger->desired[i].entry == entry && ledger->desired[i].event == event)
			return (struct ledger_desired *)&ledger->desired[i];
	return NULL;
}

/* What a driver answers to an order of its own that is open, or to a desired state, is believed; all else is
 * refused. */
static void decide_answer(const struct taken *t)
{
	int64_t entry = peek_int(t->input, "entry", -1), event = peek_int(t->input, "event", -1);
	bool is_done = str_eq(t->name, STR("drivers.done"));
	const struct ledger_order *order = find(t->ledger, entry, event);
	const struct ledger_desired *desired = is_done ? find_desired(t->ledger, entry, event) : NULL;
	bool own_order = order && order->state == LEDGER_OPEN && str_eq(order->line, t->line);
	bool own_desired = desired && str_eq(desired->line, t->line);
	MUST(t->is_refused == !(own_order || own_desired), "entry %llu: the answer to %lld.%lld is %s",
	     (unsigned long long)t->index, (long long)entry, (long long)event, t->is_refused ? "refused" : "believed");
	if (own_order)
		MUST(taken_has(t, 0, is_done ? "drivers.OrderDone" : "drivers.OrderExpired"),
		     "an answer closes nothing");
	if (own_desired)
		MUST(desired->is_reached ? t->n_events == 0 : taken_has(t, 0, "drivers.DesiredReached"),
		     "a desired state is not reached, or twice");
}

/* Desired states: the newest of a reader counts. */

static void desire(const struct taken *t, unsigned event, struct str line, const char *table, int64_t id,
		   struct str name, struct str body)
{
	struct ledger *ledger = t->ledger;
	char key[64];
	size_t i = 0;
	snprintf(key, sizeof key, "%s:%lld", table, (long long)id);
	while (i < ledger->n_desired &&
	       !(str_eq(ledger->desired[i].key, str_of(key)) && str_eq(ledger->desired[i].name, name)))
		i++;
	ASSERT(i < LEDGER_DESIRED_MAX);
	ledger->n_desired += i == ledger->n_desired;
	ledger->desired[i] = (struct ledger_desired){.entry = t->index,
						     .event = event,
						     .line = ledger_keep(ledger, line),
						     .key = ledger_keep(ledger, str_of(key)),
						     .name = ledger_keep(ledger, name),
						     .body = ledger_keep(ledger, body)};
}

static void mode_set(const struct taken *t, unsigned event, struct str body)
{
	int64_t reader = peek_int(body, "reader", 0);
	desire(t, event, line_of(t->ledger, reader), "reader", reader, STR("trial.ModeSet"), body);
}

/* Under a lockdown all of a line's readers are held, without one none. */
static void held(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	int64_t driver = peek_int(body, "driver", 0), n = 0;
	bool there = driver >= 1 && (size_t)driver <= ledger->n_drivers;
	MUST(there, "a driver that nobody knows is to hold its doors");
	if (!there)
		return;
	for (size_t i = 1; i <= ledger->n_readers; i++)
		n += str_eq(str_of(ledger->readers[i].line), ledger->drivers[driver]);
	MUST(peek_int(body, "readers", -1) == (ledger->is_held ? n : 0), "entry %llu holds other doors than it should",
	     (unsigned long long)t->index);
	desire(t, event, ledger->drivers[driver], "driver", driver, STR("doors.Held"), body);
}

static void reached(const struct taken *t, unsigned event, struct str body)
{
	struct ledger_desired *desired =
	    find_desired(t->ledger, peek_int(t->input, "entry", -1), peek_int(t->input, "event", -1));
	(void)event;
	(void)body;
	if (!desired)
		return;
	desired->is_reached = true;
	desired->reached = t->ledger->elapsed;
}

void ledger_orders_decide(const struct taken *t)
{
	if (str_eq(t->kind, STR("report")) &&
	    (str_eq(t->name, STR("drivers.done")) || str_eq(t->name, STR("drivers.expired"))))
		decide_answer(t);
}

const struct ledger_event ledger_orders_events[] = {
    {"doors.Released", released},   {"doors.Signalled", signalled},	 {"drivers.OrderDone", done},
    {"drivers.OrderExpired", over}, {"drivers.OrderUnanswered", over},	 {"trial.ModeSet", mode_set},
    {"doors.Held", held},	    {"drivers.DesiredReached", reached}, {NULL, NULL},
};
