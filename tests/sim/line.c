#include "sim/line.h"

#include "gen/codec.h"
#include "gen/dispatch.h"
#include "sim/peek.h"
#include "sim/trace.h"

#include <stdarg.h>

enum { MS = 1000, LINE_BYTES_MAX = 2048 };

void line_init(struct line *line, size_t number, struct talk *talk, struct chance *chance)
{
	memset(line, 0, offsetof(struct line, done));
	line->number = number;
	line->talk = talk;
	line->chance = chance;
	line->peer = HUB_PEERS_MAX;
}

static const struct ledger *ledger_of(const struct line *line)
{
	return line->talk->ledger;
}

/* Life */

static void new_boot(struct line *line)
{
	struct buf b = BUF(line->boot_text);
	chance_bytes(line->chance, line->boot, sizeof line->boot);
	buf_put_hex(&b, line->boot, sizeof line->boot);
	line->made = line->acked = line->sent = 0;
}

/* Without a spool what was not acknowledged is lost, and what it was about to answer is not known any more. */
void line_start(struct line *line)
{
	if (!line->manner.spools || line->boot_text[0] == 0) {
		new_boot(line);
		line->n_answers = 0;
	}
	line->is_away = line->said_hello = line->hello_is_due = false;
}

void line_attach(struct line *line, unsigned peer)
{
	line->peer = peer;
	line->said_hello = line->hello_is_due = false;
}

void line_detach(struct line *line)
{
	line->peer = HUB_PEERS_MAX;
	line->said_hello = line->hello_is_due = false;
}

/* Reports */

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
static void remember(struct line *line, struct str text)
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

/* A report's line has a hole for how long ago it was. */
static const char ago[] = "\"ago\":";

static bool keep(struct line *line, int64_t now_us, const char *format, ...) PRINTF(3, 4);

static bool keep(struct line *line, int64_t now_us, const char *format, ...)
{
	char text[LINE_BYTES_MAX];
	va_list args;
	if (line->made == LINE_REPORTS_MAX)
		return false;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	line->made++;
	line->made_us[line->made] = now_us;
	line->reports[line->made] = arena_str(&line->talk->memory, (struct str){text, (size_t)n});
	return true;
}

void line_report(struct line *line, const char *name, struct str body, int64_t now_us)
{
	long long sequence = line->made + 1;
	if (keep(line, now_us, "{\"report\":{\"sequence\":%lld,%s0,\"name\":\"%s\",\"body\":" STR_FMT "}}", sequence,
		 ago, name, STR_ARG(body)))
		remember(line, line->reports[sequence]);
}

static void answer(struct line *line, const struct line_answer *a, int64_t now_us)
{
	const char *kind = a->expires ? "expired" : "done";
	long long sequence = line->made + 1;
	if (keep(line, now_us, "{\"%s\":{\"sequence\":%lld,\"entry\":%llu,\"event\":%u}}", kind, sequence,
		 (unsigned long long)a->entry, a->event))
		remember(line, line->reports[sequence]);
}

/* Orders */

static bool has_done(const struct line *line, uint64_t entry, unsigned event)
{
	for (size_t i = line->n_done; i > 0; i--)
		if (line->done[i - 1].entry == entry && line->done[i - 1].event == event)
			return true;
	return false;
}

static void will_answer(struct line *line, const struct line_answer *a)
{
	if (line->n_answers < LINE_ANSWERS_MAX)
		line->answers[line->n_answers++] = *a;
}

static void check_order(const struct line *line, struct str body, const struct ledger_order *order)
{
	struct str own = {0};
	int64_t answers = peek_int(body, "answers", 0);
	bool same_boot = order->answers != 0 && str_eq(order->boot, str_of(line->boot_text));
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

static void take_order(struct line *line, struct str body, int64_t now_us)
{
	const struct line_manner *manner = &line->manner;
	struct line_answer a = {.at_us = now_us,
				.entry = (uint64_t)peek_int(body, "entry", -1),
				.event = (unsigned)peek_int(body, "event", -1)};
	const struct ledger_order *order = ledger_order(ledger_of(line), a.entry, a.event);
	MUST(order && a.entry < ledger_of(line)->size, "an order leaves that is in no durable entry: " STR_FMT,
	     STR_ARG(body));
	MUST(line->said_hello, "an order comes before hello");
	line->orders++;
	if (!order)
		return;
	check_order(line, body, order);
	if (has_done(line, a.entry, a.event))
		return; /* it comes again: the answer is under way, or was lost and is not known */
	ASSERT(line->n_done < LINE_ORDERS_MAX);
	line->done[line->n_done++] = (struct line_done){a.entry, a.event};
	a.expires = peek_int(body, "now", 0) >= order->not_after;
	line->opened += !a.expires && str_eq(order->name, STR("doors.Released"));
	if (chance_in_thousand(line->chance, manner->late))
		a.at_us += (int64_t)chance_below(line->chance, manner->late_ms + 1) * MS;
	if (!chance_in_thousand(line->chance, manner->lost))
		will_answer(line, &a);
	if (chance_in_thousand(line->chance, manner->twice))
		will_answer(line, &a);
}

static void take_desired(struct line *line, struct str body, int64_t now_us)
{
	struct str own = {0}, key = peek_text(body, "key"), table, number;
	int64_t reader = 0;
	bool good = peek(body, "body", &own) && str_cut(key, ':', &table, &number) && str_eq(table, STR("reader")) &&
		    str_to_i64(number, 1, INT64_MAX, &reader);
	MUST(good, "a desired state of nothing: " STR_FMT, STR_ARG(body));
	size_t i = 0;
	while (i < line->n_desired && line->desired[i].reader != (uint64_t)reader)
		i++;
	ASSERT(i < LINE_DESIRED_MAX);
	line->n_desired += i == line->n_desired;
	line->desired[i] =
	    (struct line_desired){(uint64_t)reader, (uint64_t)peek_int(body, "entry", -1),
				  (unsigned)peek_int(body, "event", 0), arena_str(&line->talk->memory, own)};
	will_answer(line, &(struct line_answer){now_us, line->desired[i].entry, line->desired[i].event, false});
}

/* Lines of the hub */

static void take_ack(struct line *line, int64_t sequence)
{
	const struct ledger *ledger = ledger_of(line);
	int64_t taken = 0;
	for (size_t i = 0; i < ledger->n_boots; i++)
		if (str_eq(ledger->boots[i].line, place_line(line->number)) &&
		    str_eq(ledger->boots[i].boot, str_of(line->boot_text)))
			taken = ledger->boots[i].sequence;
	MUST(sequence <= taken, "report %lld of line-%zu is acknowledged, and %lld are durable", (long long)sequence,
	     line->number, (long long)taken);
	MUST(line->manner.is_captured || sequence <= line->made, "a report is acknowledged that was not made");
	line->acked = sequence > line->acked ? sequence : line->acked;
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

static void take_config(struct line *line, struct str body, struct str text)
{
	check_config(line, text);
	MUST(str_eq(peek_text(body, "driver"), place_line(line->number)), "config names another driver");
	/* What the hub has of this boot it will not want again. */
	if (str_eq(peek_text(body, "accepted.boot"), str_of(line->boot_text)))
		take_ack(line, peek_int(body, "accepted.sequence", 0));
	line->hello_is_due = true;
	line->said_hello = false;
}

static void take_busy(struct line *line, struct str body, int64_t now_us)
{
	int64_t sequence = peek_int(body, "sequence", 1);
	line->held_until_us = now_us + peek_int(body, "retry_ms", 1) * MS;
	line->sent = sequence - 1 < line->sent ? sequence - 1 : line->sent;
}

void line_hear(struct line *line, struct str text, int64_t now_us)
{
	struct peek_walk walk = peek_begin(text);
	struct str kind, body;
	bool read = peek_member(&walk, &kind, &body);
	MUST(read, "line-%zu is told what is no line", line->number);
	if (!read)
		return;
	if (str_eq(kind, STR("config"))) {
		take_config(line, body, text);
		return;
	}
	check_no_values(line, text);
	if (str_eq(kind, STR("order")))
		take_order(line, body, now_us);
	else if (str_eq(kind, STR("desired")))
		take_desired(line, body, now_us);
	else if (str_eq(kind, STR("ack")) || str_eq(kind, STR("refused")))
		take_ack(line, peek_int(body, "sequence", 0));
	else if (str_eq(kind, STR("busy")))
		take_busy(line, body, now_us);
	else if (str_eq(kind, STR("bad")))
		MUST(line->manner.is_captured, "line-%zu is told that a good line is bad: " STR_FMT, line->number,
		     STR_ARG(peek_text(body, "what")));
}

/* Lines of its own */

static void put_hello(struct line *line, struct buf *b)
{
	char text[256];
	int n = snprintf(
	    text, sizeof text,
	    "{\"hello\":{\"contract\":1,\"driver\":\"line-%zu\",\"kind\":\"osdp\",\"boot\":\"%s\",\"next\":%lld}}",
	    line->number, line->boot_text, (long long)line->acked + 1);
	line->hello_is_due = false;
	line->said_hello = true;
	line->sent = line->acked;
	buf_put(b, text, (size_t)n);
}

static void put_report(const struct line *line, int64_t sequence, int64_t now_us, struct buf *b)
{
	struct str text = line->reports[sequence];
	const char *at = memmem(text.at, text.len, ago, sizeof ago - 1);
	if (!at) {
		buf_put_str(b, text);
		return;
	}
	size_t before = (size_t)(at - text.at) + sizeof ago - 1;
	buf_put(b, text.at, before);
	buf_put_i64(b, (now_us - line->made_us[sequence]) / MS);
	buf_put(b, text.at + before + 1, text.len - before - 1);
}

bool line_next(struct line *line, int64_t now_us, struct buf *b)
{
	for (size_t i = 0; i < line->n_answers; i++)
		if (line->answers[i].at_us <= now_us) {
			struct line_answer due = line->answers[i];
			line->answers[i] = line->answers[--line->n_answers];
			answer(line, &due, now_us);
		}
	if (line->is_away || line->peer == HUB_PEERS_MAX)
		return false;
	if (line->hello_is_due) {
		put_hello(line, b);
		return true;
	}
	line->sent = line->sent < line->acked ? line->acked : line->sent;
	if (!line->said_hello || line->sent >= line->made || now_us < line->held_until_us)
		return false;
	put_report(line, ++line->sent, now_us, b);
	return true;
}

static void put_mutated(struct line *line, struct buf *b)
{
	static const char bytes[] = "{}[]\",:0123456789abcdef \xff\\";
	if (line->made == 0)
		return;
	struct str text = line->reports[1 + chance_below(line->chance, (uint64_t)line->made)];
	size_t from = b->len;
	buf_put_str(b, text);
	for (uint64_t n = 1 + chance_below(line->chance, 3); n > 0; n--)
		b->at[from + chance_below(line->chance, text.len)] =
		    (uint8_t)bytes[chance_below(line->chance, sizeof bytes - 1)];
	struct str said = {(const char *)b->at + from, text.len};
	remember(line, said);
}

static void put_nonsense(struct line *line, struct buf *b)
{
	static const char *const lines[] = {
	    "{",
	    "null",
	    "{\"hello\":{\"contract\":2}}",
	    "\xff\xfe",
	    "{\"heartbeat\":{\"frames\":9007199254740991,\"refused\":0}}",
	    "{\"confirmed\":{\"sequence\":1,\"number\":1}}",
	    "{\"done\":{\"sequence\":9007199254740991,\"entry\":0,\"event\":0}}",
	    "{\"expired\":{\"sequence\":1,\"entry\":9007199254740991,\"event\":63}}",
	    "{\"hello\":{\"contract\":1,\"driver\":\"line-7\",\"kind\":\"osdp\",\"boot\":\"00\",\"next\":1}}",
	    "{\"report\":{\"sequence\":1,\"ago\":0,\"name\":\"access.card_read\",\"body\":{}}}"};
	struct str text = str_of(lines[chance_below(line->chance, ARRAY_LEN(lines))]);
	remember(line, text);
	buf_put_str(b, text);
}

/* An order of somebody's, done by this one. */
static void put_false_answer(struct line *line, struct buf *b)
{
	const struct ledger *ledger = ledger_of(line);
	char text[160];
	if (ledger->n_orders == 0)
		return;
	const struct ledger_order *order = &ledger->orders[chance_below(line->chance, ledger->n_orders)];
	long long sequence = line->made + 1;
	int n = snprintf(text, sizeof text, "{\"done\":{\"sequence\":%lld,\"entry\":%llu,\"event\":%u}}", sequence,
			 (unsigned long long)order->entry, order->event);
	remember(line, (struct str){text, (size_t)n});
	/* It is a report like any other from here on. */
	if (keep(line, 0, "%s", text))
		line->sent = line->made;
	buf_put(b, text, (size_t)n);
}

void line_odd(struct line *line, struct buf *b)
{
	if (!line->manner.is_captured) {
		if (line->said_hello && line->sent > 0)
			buf_put_str(b, line->reports[1 + chance_below(line->chance, (uint64_t)line->sent)]);
		return;
	}
	switch (chance_below(line->chance, 3)) {
	case 0:
		put_mutated(line, b);
		break;
	case 1:
		put_nonsense(line, b);
		break;
	default:
		put_false_answer(line, b);
	}
}

void line_check_rest(const struct line *line)
{
	const struct ledger *ledger = ledger_of(line);
	if (line->manner.is_captured)
		return;
	MUST(line->acked == line->made, "line-%zu made %lld reports, and %lld are acknowledged", line->number,
	     (long long)line->made, (long long)line->acked);
	for (size_t i = 0; i < ledger->n_desired; i++) {
		const struct ledger_desired *want = &ledger->desired[i];
		const struct ledger_reader *reader = &ledger->readers[want->reader];
		bool is = false;
		if (!str_eq(str_of(reader->line), place_line(line->number)))
			continue;
		for (size_t k = 0; k < line->n_desired; k++)
			is |= line->desired[k].reader == want->reader && str_eq(line->desired[k].body, want->body);
		MUST(is && want->is_reached, "reader %llu is not as it is to be", (unsigned long long)want->reader);
	}
}
