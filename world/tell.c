#include "world/tell.h"

void tell_init(struct tell *t, const struct plan *plan, FILE *out)
{
	*t = (struct tell){.plan = plan, .out = out};
}

static void put_key(struct tell *t, const char *key)
{
	BUF_LIT(&t->line, ",\"");
	buf_put_str(&t->line, str_of(key));
	BUF_LIT(&t->line, "\":");
}

void tell_text(struct tell *t, const char *key, struct str text)
{
	struct buf *b = &t->line;
	put_key(t, key);
	buf_put_char(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = (uint8_t)text.at[i];
		if (byte < 0x20) {
			BUF_LIT(b, "\\u00");
			buf_put_hex(b, &byte, 1);
			continue;
		}
		if (byte == '"' || byte == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, text.at[i]);
	}
	buf_put_char(b, '"');
}

void tell_number(struct tell *t, const char *key, int64_t number)
{
	put_key(t, key);
	buf_put_i64(&t->line, number);
}

void tell_bool(struct tell *t, const char *key, bool value)
{
	put_key(t, key);
	buf_put_str(&t->line, value ? STR("true") : STR("false"));
}

void tell_who(struct tell *t, uint16_t person)
{
	struct str who = person == PLAN_NONE ? STR("stranger") : t->plan->people[person].handle;
	if (who.len <= TELL_NAME_BYTES_MAX)
		tell_text(t, "who", who);
}

static void begin(struct tell *t, int64_t at_ms)
{
	t->line = BUF(t->memory);
	BUF_LIT(&t->line, "{\"at\":");
	buf_put_i64(&t->line, at_ms);
}

void tell_begin(struct tell *t, int64_t at_ms, const char *what)
{
	begin(t, at_ms);
	tell_text(t, "what", str_of(what));
}

void tell_begin_reader(struct tell *t, int64_t at_ms, uint16_t reader, const char *what)
{
	const struct plan_reader *r = &t->plan->readers[reader];
	char place[TELL_NAME_BYTES_MAX + 4];
	struct buf name = BUF(place);
	buf_put_str(&name, t->plan->lines[r->line].name);
	buf_put_char(&name, '/');
	buf_put_u64(&name, r->address);
	ASSERT(!name.over);
	begin(t, at_ms);
	tell_text(t, "reader", buf_str(&name));
	tell_text(t, "what", str_of(what));
}

void tell_end(struct tell *t)
{
	struct buf *b = &t->line;
	BUF_LIT(b, "}\n");
	ASSERT(!b->over);
	if (!t->out)
		return;
	if (fwrite(b->at, 1, b->len, t->out) != b->len || fflush(t->out) != 0)
		t->out = NULL;
}
