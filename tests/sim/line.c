#include "sim/line.h"

#include "gen/codec.h"
#include "gen/dispatch.h"
#include "sim/peek.h"
#include "sim/trace.h"

void line_init(struct line *line, size_t number, struct talk *talk, struct chance *chance,
	       const struct machine *machine)
{
	memset(line, 0, offsetof(struct line, reports));
	line->number = number;
	line->talk = talk;
	line->chance = chance;
	line->machine = machine;
	line->peer = HUB_PEERS_MAX;
	line->disk = disk_new(place_line(number).at, chance_below(chance, UINT32_MAX));
	chance_bytes(chance, line->start, sizeof line->start);
}

void line_release(struct line *line)
{
	line_end(line);
	disk_free(line->disk);
}

void line_attach(struct line *line, unsigned peer)
{
	line->peer = peer;
	line->said_hello = line->hello_is_due = line->has_config = false;
}

/* What it has said lies in the socket that the keeper holds, for the next hub; or is gone with it. */
void line_detach(struct line *line)
{
	line->peer = HUB_PEERS_MAX;
	line->said_hello = line->hello_is_due = false;
	if (chance_in_thousand(line->chance, 500))
		line->n_out = 0;
}

/* What was said */

/* The entry's input, when the line may become one: its name and canonical body. */
static bool input_of(const struct driver_line *said, struct arena *memory, int64_t *ret_sequence, struct str *ret_name,
		     struct buf *b)
{
	const struct input_type *type = NULL;
	char text[80] = "";
	*ret_name = STR("drivers.done");
	switch (said->kind) {
	case DRIVER_LINE_REPORT:
		*ret_sequence = said->report.sequence;
		*ret_name = said->report.name;
		type = input_find(ENTRY_INPUT_KIND_REPORT, said->report.name);
		break;
	case DRIVER_LINE_DONE:
		*ret_sequence = said->done.sequence;
		snprintf(text, sizeof text, "{\"entry\":%lld,\"event\":%lld}", (long long)said->done.entry,
			 (long long)said->done.event);
		break;
	case DRIVER_LINE_EXPIRED:
		*ret_sequence = said->expired.sequence;
		*ret_name = STR("drivers.expired");
		snprintf(text, sizeof text, "{\"entry\":%lld,\"event\":%lld}", (long long)said->expired.entry,
			 (long long)said->expired.event);
		break;
	case DRIVER_LINE_CONFIRMED:
		*ret_sequence = said->confirmed.sequence;
		*ret_name = STR("drivers.confirmed");
		snprintf(text, sizeof text, "{\"number\":%lld}", (long long)said->confirmed.number);
		break;
	default:
		return false;
	}
	if (!type) {
		buf_put_str(b, str_of(text));
		return b->len > 0;
	}
	void *body = arena_take(memory, 1, type->size);
	struct json json = json_over(said->report.body, memory);
	if (!input_read(type, &json, body))
		return false;
	input_write(type, b, body, NULL);
	return true;
}

/* Whatever may become an entry is remembered as said. */
void line_remember(struct line *line, struct str text)
{
	enum { BODY_BYTES_MAX = 4096 };
	struct driver_line said;
	struct arena *memory = &line->talk->memory;
	struct json json = json_over(text, memory);
	struct str name;
	int64_t sequence;
	char who[80], body[BODY_BYTES_MAX];
	struct buf b = BUF(body);
	if (!driver_line_read(&json, &said) || !input_of(&said, memory, &sequence, &name, &b))
		return;
	snprintf(who, sizeof who, "line-%zu %s %lld", line->number, line->boot_text, (long long)sequence);
	talk_say(line->talk, str_of(who), name, buf_str(&b));
}

/* What it is told */

static const struct ledger *ledger_of(const struct line *line)
{
	return line->talk->ledger;
}

static void check_order(const struct line *line, struct str body, const struct ledger_order *order)
{
	struct str own = {0};
	int64_t answers = peek_int(body, "answers", 0);
	bool same_boot = order->answers != 0 && str_eq(order->boot, str_of(line->heard_boot));
	MUST(str_eq(order->line, place_line(line->number)), "an order of " STR_FMT " goes to line-%zu",
	     STR_ARG(order->line), line->number);
	MUST(order->state == LEDGER_OPEN, "order %llu.%u is given again, and was answered",
	     (unsigned long long)order->entry, order->event);
	MUST(peek(body, "body", &own) && str_eq(own, order->body) && str_eq(peek_text(body, "name"), order->name) &&
		 peek_int(body, "not_after", 0) == order->not_after,
	     "order %llu.%u is another than its entry says", (unsigned long long)order->entry, order->event);
	MUST(answers == (same_boot ? order->answers : 0), "order %llu.%u answers report %lld and says %lld",
	     (unsigned long long)order->entry, order->event, (long long)order->answers, (long long)answers);
}

static void hear_order(struct line *line, struct str body)
{
	uint64_t entry = (uint64_t)peek_int(body, "entry", -1);
	const struct ledger_order *order = ledger_order(ledger_of(line), entry, (unsigned)peek_int(body, "event", -1));
	MUST(order && entry < ledger_of(line)->size, "an order leaves that is in no durable entry: " STR_FMT,
	     STR_ARG(body));
	MUST(line->said_hello, "an order comes before hello");
	line->orders++;
	if (order)
		check_order(line, body, order);
}

static void hear_ack(struct line *line, int64_t sequence)
{
	const struct ledger *ledger = ledger_of(line);
	int64_t taken = 0;
	for (size_t i = 0; i < ledger->n_boots; i++)
		if (str_eq(ledger->boots[i].line, place_line(line->number)) &&
		    str_eq(ledger->boots[i].boot, str_of(line->heard_boot)))
			taken = ledger->boots[i].sequence;
	MUST(sequence <= taken, "report %lld of line-%zu is acknowledged, and %lld are durable", (long long)sequence,
	     line->number, (long long)taken);
}

/* Its own readers' keys, and nothing else that is secret. */
static void check_config(const struct line *line, struct str text)
{
	const struct values *values = line->talk->values;
	uint32_t value;
	for (size_t at = 0; values_find(values, text.at, text.len, &at, &value);)
		MUST(values->at[value].kind == VALUE_READER, "config tells the %s of person %llu",
		     value_kind_name(values->at[value].kind), (unsigned long long)values->at[value].person);
}

static void check_no_values(const struct line *line, struct str text)
{
	uint32_t value;
	for (size_t at = 0; values_find(line->talk->values, text.at, text.len, &at, &value);)
		MUST(false, "line-%zu is told a value that is none of its business: " STR_FMT, line->number,
		     STR_ARG(text));
}

static void hear_config(struct line *line, struct str body, struct str text)
{
	check_config(line, text);
	MUST(str_eq(peek_text(body, "driver"), place_line(line->number)), "config names another driver");
	/* The first one was on its way when hello came, which may have been meant for the hub before. */
	line->said_hello &= !line->has_config;
	line->has_config = true;
}

/* A table that is sent was issued; the newest of what is durable. */
static void hear_table(const struct line *line, struct str body)
{
	const struct ledger_table *table =
	    ledger_table(ledger_of(line), place_line(line->number), peek_int(body, "number", 0));
	MUST(table, "grant table %lld is sent to line-%zu, and no entry says so",
	     (long long)peek_int(body, "number", 0), line->number);
}

/* Only what was under way when the settings came again is behind the times. */
static void hear_bad(const struct line *line, struct str what)
{
	MUST(line->manner.is_captured || str_contains(what, STR("before hello")),
	     "line-%zu is told that a good line is bad: " STR_FMT, line->number, STR_ARG(what));
}

static void check_line(struct line *line, struct str kind, struct str body, struct str text)
{
	if (str_eq(kind, STR("config"))) {
		hear_config(line, body, text);
		return;
	}
	check_no_values(line, text);
	if (str_eq(kind, STR("order")))
		hear_order(line, body);
	else if (str_eq(kind, STR("table")))
		hear_table(line, body);
	else if (str_eq(kind, STR("ack")) || str_eq(kind, STR("refused")))
		hear_ack(line, peek_int(body, "sequence", 0));
	else if (str_eq(kind, STR("bad")))
		hear_bad(line, peek_text(body, "what"));
}

static void leave(struct line *line)
{
	kit_close(&line->kit, line->machine->elapsed_us);
	line_end(line);
	line->has_left = true;
	trace_say("line-%zu leaves, to begin with its new settings", line->number);
}

void line_hear(struct line *line, struct str text)
{
	struct peek_walk walk = peek_begin(text);
	struct str kind, body;
	struct kit_said said = {0};
	bool read = peek_member(&walk, &kind, &body);
	MUST(read, "line-%zu is told what is no line", line->number);
	if (!read)
		return;
	check_line(line, kind, body, text);
	if (line->manner.is_captured)
		line_captured_take(line, kind, body);
	if (!line->is_alive)
		return;
	kit_line(&line->kit, text, line->machine->elapsed_us, &said);
	if (said.kind == KIT_LEAVE)
		leave(line);
	else if (said.kind == KIT_SETTINGS)
		line->is_set_up = line_set_up(line, said.settings);
	else if (line->is_set_up)
		line_take(line, &said);
	line_run(line);
}

bool line_next(struct line *line, struct buf *b)
{
	if (line->is_away || line->peer == HUB_PEERS_MAX)
		return false;
	if (line->manner.is_captured)
		return line_captured_next(line, b);
	if (line->n_out == 0)
		return false;
	const struct line_out *out = &line->out[line->out_first];
	struct str text = {out->at, out->len};
	line->out_first = (line->out_first + 1) % LINE_OUT_MAX;
	line->n_out--;
	buf_put_str(b, text);
	/* What is hello to the hub begins here, not where it was said. */
	if (str_starts(text, STR("{\"hello\""))) {
		line->said_hello = true;
		snprintf(line->heard_boot, sizeof line->heard_boot, STR_FMT, STR_ARG(peek_text(text, "hello.boot")));
	}
	return true;
}

/* Rest */

static const struct kept_desired *find_desired(const struct line *line, const struct ledger_desired *want)
{
	for (size_t i = 0; i < line->kit.desired.n; i++) {
		const struct kept_desired *is = &line->kit.desired.at[i];
		if (str_eq((struct str){is->key, is->key_len}, want->key) &&
		    str_eq((struct str){is->name, is->name_len}, want->name))
			return is;
	}
	return NULL;
}

static void check_desired(const struct line *line)
{
	const struct ledger *ledger = ledger_of(line);
	for (size_t i = 0; i < ledger->n_desired; i++) {
		const struct ledger_desired *want = &ledger->desired[i];
		if (!str_eq(want->line, place_line(line->number)))
			continue;
		const struct kept_desired *is = find_desired(line, want);
		struct str body = is ? (struct str){is->body, is->body_len} : (struct str){0};
		/* Where its disk failed it may be so, and not have been able to say it. */
		MUST(str_eq(body, want->body) && (want->is_reached || line->has_failed),
		     STR_FMT " is to be " STR_FMT " and is " STR_FMT ", %s", STR_ARG(want->key), STR_ARG(want->body),
		     STR_ARG(body), want->is_reached ? "and said so" : "and never said so");
	}
}

static void check_card(const struct line *line, const struct line_card *card)
{
	const struct value *value = &line->talk->values->at[card->value];
	bool is_there = value->times_entered == 1 || (value->times_entered == 0 && card->may_be_lost);
	MUST(is_there || value->times_shown > 1, "card %u was shown once at line-%zu and is in the record %u times",
	     card->value, line->number, value->times_entered);
}

void line_check_rest(const struct line *line)
{
	if (line->manner.is_captured)
		return;
	MUST(line->is_alive && outbox_waiting(&line->kit.outbox) == 0, "line-%zu has %zu reports that nobody takes",
	     line->number, outbox_waiting(&line->kit.outbox));
	for (size_t i = 0; i < line->n_cards && !line->has_failed; i++)
		check_card(line, &line->cards[i]);
	check_desired(line);
	const struct ledger_table *newest = ledger_newest_table(ledger_of(line), place_line(line->number));
	const struct grant *held = tables_grant(&line->kit.tables);
	if (newest)
		MUST(held && held->number == (uint64_t)newest->number && newest->is_confirmed,
		     "line-%zu does not have its newest grant table", line->number);
}
