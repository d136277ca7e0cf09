/* line_doors.c: the readers of a line, and their doors. They speak to the driver's panel (driver/osdp/panel.h) not by the
 * protocol, which has tests of its own, but by what it makes of it: notices, and orders that wait.
 */
#include "sim/line.h"

#include "driver/osdp/contract.h"
#include "sim/trace.h"

enum { ARENA_BYTES = 1 << 17, US = 1000 };

static void entropy(uint8_t *bytes, size_t n)
{
	memset(bytes, 0, n);
}

bool line_set_up(struct line *line, struct str json)
{
	static struct contract_settings settings;
	static uint8_t memory[ARENA_BYTES];
	struct arena arena = arena_over(memory, sizeof memory);
	struct error error;
	int64_t now_us = line->machine->elapsed_us;
	bool good = contract_read_settings(json, &arena, &settings, &error) == 0;
	MUST(good, "settings of line-%zu: %s", line->number, good ? "" : error.what);
	panel_init(&line->panel, (uint32_t)settings.baud, entropy);
	for (size_t i = 0; good && i < settings.n_readers; i++) {
		good = panel_add(&line->panel, &settings.readers[i], now_us, &error) == 0;
		MUST(good, "a reader of line-%zu: %s", line->number, good ? "" : error.what);
	}
	memset(line->act_us, 0, sizeof line->act_us);
	porter_init(&line->porter, &line->kit, &line->panel, now_us);
	return good;
}

/* Modes of readers are none of OSDP's: these readers have them. */
void line_take(struct line *line, const struct kit_said *said)
{
	if (said->kind == KIT_DESIRED && str_eq(said->desired.name, STR("trial.ModeSet")))
		kit_desired(&line->kit, &said->desired, line->machine->elapsed_us);
	else if (said->kind == KIT_ORDER || said->kind == KIT_DESIRED)
		porter_take(&line->porter, said, line->machine->elapsed_us);
}

/* Orders */

static void check_opened(struct line *line, uint64_t reader, const struct pd_order *order)
{
	const struct ledger_order *given = ledger_order(line->talk->ledger, order->name.entry, order->name.event);
	MUST(given && str_eq(given->line, place_line(line->number)), "reader %llu does what nobody ordered",
	     (unsigned long long)reader);
	for (size_t i = 0; i < line->n_opened; i++)
		MUST(line->opened_at[i].entry != order->name.entry || line->opened_at[i].event != order->name.event,
		     "order %llu.%u is done twice", (unsigned long long)order->name.entry, order->name.event);
	ASSERT(line->n_opened < LINE_OPENED_MAX);
	line->opened_at[line->n_opened++] = (struct line_opened){order->name.entry, order->name.event};
}

/* The strike opens, or the reader shows red. One card gets one answer at most. */
static void act(struct line *line, struct pd *pd, int64_t now_us)
{
	struct pd_order order = pd->orders[0];
	struct notice notice = {
	    .kind = NOTICE_DONE, .reader = pd->settings.reader, .at_us = now_us, .order = order.name};
	memmove(pd->orders, pd->orders + 1, --pd->n_orders * sizeof pd->orders[0]);
	if (order.until_us <= now_us) {
		notice.kind = NOTICE_EXPIRED;
	} else {
		if (!order.name.own)
			check_opened(line, pd->settings.reader, &order);
		line->acted[pd->settings.reader % LEDGER_READERS_MAX]++;
		MUST(line->acted[pd->settings.reader % LEDGER_READERS_MAX] <=
			 line->shown[pd->settings.reader % LEDGER_READERS_MAX],
		     "reader %llu does more than cards were shown", (unsigned long long)pd->settings.reader);
	}
	notice_put(&line->panel.notices, &notice);
}

/* When the first order of that reader is done: at once, late, or not before it is over. */
static int64_t choose_time(const struct line *line, const struct pd_order *order, int64_t now_us)
{
	const struct line_manner *manner = &line->manner;
	if (chance_in_thousand(line->chance, manner->lost))
		return order->until_us;
	if (chance_in_thousand(line->chance, manner->late))
		return now_us + (int64_t)chance_below(line->chance, manner->late_ms + 1) * US;
	return now_us;
}

static int64_t act_all(struct line *line, int64_t now_us)
{
	int64_t next_us = INT64_MAX;
	for (size_t i = 0; i < line->panel.n_readers; i++) {
		struct pd *pd = &line->panel.readers[i];
		while (pd->n_orders > 0) {
			if (line->act_us[i] == 0)
				line->act_us[i] = choose_time(line, &pd->orders[0], now_us);
			if (line->act_us[i] > now_us)
				break;
			act(line, pd, now_us);
			line->act_us[i] = 0;
		}
		if (pd->n_orders > 0 && line->act_us[i] < next_us)
			next_us = line->act_us[i];
	}
	return next_us;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t line_run(struct line *line)
{
	int64_t now_us = line->machine->elapsed_us, next_us = INT64_MAX;
	uint64_t dropped = line->kit.outbox.dropped + line->kit.throttled;
	if (!line->is_alive)
		return INT64_MAX;
	/* Whoever dies at a step of its disk does nothing more. */
	if (line->is_set_up && !disk_is_down(line->disk))
		porter_due(&line->porter, now_us);
	if (line->is_set_up && !disk_is_down(line->disk))
		next_us = act_all(line, now_us);
	if (line->is_set_up && !disk_is_down(line->disk))
		next_us = earlier(next_us, porter_due(&line->porter, now_us));
	if (!disk_is_down(line->disk))
		next_us = earlier(next_us, kit_due(&line->kit, now_us));
	bool lossy = line->kit.outbox.dropped + line->kit.throttled != dropped;
	line->has_failed |= !line->kit.spools;
	for (size_t i = 0; lossy && i < line->n_cards; i++)
		line->cards[i].may_be_lost = true;
	if (!disk_is_down(line->disk))
		return next_us;
	trace_say("line-%zu dies", line->number);
	line_end(line);
	line->has_left = true;
	return INT64_MAX;
}

/* Notices */

static bool has_reader(const struct line *line, uint64_t reader)
{
	for (size_t i = 0; line->is_set_up && i < line->panel.n_readers; i++)
		if (line->panel.readers[i].settings.reader == reader)
			return true;
	return false;
}

static void put_card(struct line *line, uint64_t reader, uint32_t value)
{
	struct notice notice = {.kind = NOTICE_CARD,
				.reader = reader,
				.at_us = line->machine->elapsed_us,
				.card = {.format = DATA_FORMAT_WIEGAND, .bits = PLACE_CARD_BITS}};
	value_text(value, (char *)notice.card.bytes);
	notice_put(&line->panel.notices, &notice);
	line->shown[reader % LEDGER_READERS_MAX]++;
	trace_say("line-%zu: card %u at reader %llu", line->number, value, (unsigned long long)reader);
}

void line_show_card(struct line *line, uint64_t reader, uint32_t value)
{
	char card[2 * VALUE_CARD_BYTES + 1], body[128];
	if (line->manner.is_captured) {
		line->talk->values->at[value].times_shown = UINT32_MAX / 2; /* and who knows how often it is said */
		value_hex(value, card);
		snprintf(body, sizeof body, "{\"reader\":%llu,\"format\":\"wiegand\",\"bits\":%d,\"card\":\"%s\"}",
			 (unsigned long long)reader, PLACE_CARD_BITS, card);
		line_captured_report(line, "access.card_read", str_of(body));
	} else if (has_reader(line, reader)) {
		if (line->talk->values->at[value].person == 0 && line->talk->values->at[value].times_shown++ == 0 &&
		    line->n_cards < LINE_CARDS_MAX)
			line->cards[line->n_cards++] = (struct line_card){.value = value};
		put_card(line, reader, value);
		line_run(line);
	}
}

void line_tell_state(struct line *line, uint64_t reader, unsigned kind)
{
	struct notice notice = {.reader = reader, .at_us = line->machine->elapsed_us};
	if (!has_reader(line, reader))
		return;
	if (kind == 0) {
		notice.kind = NOTICE_ONLINE;
		notice.online = (struct data_pdid){.vendor = {0, 6, 0x8e}, .model = 1, .version = 1, .serial = 7};
	} else if (kind == 1) {
		notice.kind = NOTICE_OFFLINE;
		notice.offline = NOTICE_NO_ANSWER;
	} else {
		notice.kind = NOTICE_STATUS;
		notice.status.tamper = kind == 2;
	}
	notice_put(&line->panel.notices, &notice);
	line_run(line);
}

void line_report(struct line *line, const char *name, struct str body)
{
	if (line->manner.is_captured)
		line_captured_report(line, name, body);
	else if (line->is_alive)
		kit_report(&line->kit, str_of(name), body, true, line->machine->elapsed_us);
	line_run(line);
}
