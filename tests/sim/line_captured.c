/* line_captured.c: a driver through which somebody else speaks. It says hello as it must, so that the hub goes on listening, and reports
 * what it likes; and lines that are none, or of somebody else.
 */
#include "sim/line.h"

#include "sim/peek.h"
#include <stdarg.h>

enum { SAID_BYTES_MAX = 2048 };

static const struct ledger *ledger_of(const struct line *line)
{
	return line->talk->ledger;
}

static void new_boot(struct line *line)
{
	uint8_t boot[8];
	struct buf b = BUF(line->boot_text);
	chance_bytes(line->chance, boot, sizeof boot);
	buf_put_hex(&b, boot, sizeof boot);
	line->made = line->acked = line->sent = 0;
}

void line_captured_take(struct line *line, struct str kind, struct str body)
{
	int64_t sequence = peek_int(body, "sequence", 0);
	if (str_eq(kind, STR("config"))) {
		line->hello_is_due = true;
		if (line->made + 8 > LINE_REPORTS_MAX || line->boot_text[0] == 0)
			new_boot(line);
		/* What the hub has of this boot it will not want again. */
		if (str_eq(peek_text(body, "accepted.boot"), str_of(line->boot_text)))
			line->acked = peek_int(body, "accepted.sequence", 0);
	} else if ((str_eq(kind, STR("ack")) || str_eq(kind, STR("refused"))) && sequence > line->acked) {
		line->acked = sequence;
	} else if (str_eq(kind, STR("busy"))) {
		line->sent = sequence - 1 < line->sent ? sequence - 1 : line->sent;
	}
}

static bool keep(struct line *line, const char *format, ...) PRINTF(2, 3);

static bool keep(struct line *line, const char *format, ...)
{
	char text[SAID_BYTES_MAX];
	va_list args;
	if (line->made == LINE_REPORTS_MAX || line->boot_text[0] == 0)
		return false;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	line->made++;
	line->reports[line->made] = arena_str(&line->talk->memory, (struct str){text, (size_t)n});
	line_remember(line, line->reports[line->made]);
	return true;
}

void line_captured_report(struct line *line, const char *name, struct str body)
{
	keep(line, "{\"report\":{\"sequence\":%lld,\"ago\":0,\"name\":\"%s\",\"body\":" STR_FMT "}}",
	     (long long)line->made + 1, name, STR_ARG(body));
}

static void put_hello(struct line *line, struct buf *b)
{
	char text[256];
	int n = snprintf(
	    text, sizeof text,
	    "{\"hello\":{\"contract\":1,\"driver\":\"line-%zu\",\"kind\":\"osdp\",\"boot\":\"%s\",\"next\":%lld}}",
	    line->number, line->boot_text, (long long)line->acked + 1);
	line->hello_is_due = false;
	line->said_hello = true;
	memcpy(line->heard_boot, line->boot_text, sizeof line->heard_boot);
	line->sent = line->acked;
	buf_put(b, text, (size_t)n);
}

bool line_captured_next(struct line *line, struct buf *b)
{
	if (line->hello_is_due) {
		put_hello(line, b);
		return true;
	}
	line->sent = line->sent < line->acked ? line->acked : line->sent;
	if (!line->said_hello || line->sent >= line->made)
		return false;
	buf_put_str(b, line->reports[++line->sent]);
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
	line_remember(line, said);
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
	line_remember(line, text);
	buf_put_str(b, text);
}

/* An order of somebody's, done by this one. It is a report like any other from here on. */
static void put_false_answer(struct line *line, struct buf *b)
{
	const struct ledger *ledger = ledger_of(line);
	if (ledger->n_orders == 0)
		return;
	const struct ledger_order *order = &ledger->orders[chance_below(line->chance, ledger->n_orders)];
	if (!keep(line, "{\"done\":{\"sequence\":%lld,\"entry\":%llu,\"event\":%u}}", (long long)line->made + 1,
		  (unsigned long long)order->entry, order->event))
		return;
	line->sent = line->made;
	buf_put_str(b, line->reports[line->made]);
}

void line_odd(struct line *line, struct buf *b)
{
	switch (chance_below(line->chance, 4)) {
	case 0:
		put_mutated(line, b);
		break;
	case 1:
		put_nonsense(line, b);
		break;
	case 2:
		put_false_answer(line, b);
		break;
	default:
		if (line->sent > 0)
			buf_put_str(b, line->reports[1 + chance_below(line->chance, (uint64_t)line->sent)]);
	}
}
