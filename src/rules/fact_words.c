#include "rules/fact_words.h"
#include "rules/calendar.h"

enum { CASE_BYTES = 4096 };

static void put_address(struct buf *b, const struct fact_address *address)
{
	for (size_t i = 0; i < address->n; i += address->n == 4 ? 1 : 2) {
		if (i)
			buf_put_char(b, address->n == 4 ? '.' : ':');
		if (address->n == 4)
			buf_put_u64(b, address->at[i]);
		else
			buf_put_hex(b, address->at + i, 2);
	}
}

static void put_text(struct buf *b, struct str text)
{
	buf_put_str(b, text.len ? text : STR("\"\""));
}

static void put_texts(struct buf *b, const struct fact *fact)
{
	if (fact->texts.n == 0)
		BUF_LIT(b, "empty");
	for (size_t i = 0; i < fact->texts.n; i++) {
		if (i)
			buf_put_str(b, i + 1 < fact->texts.n ? STR(", ") : STR(" and "));
		put_text(b, fact->texts.at[i]);
	}
}

void fact_put_value(struct buf *b, enum fact_kind kind, const struct fact *fact)
{
	switch (kind) {
	case FACT_TEXT:
		put_text(b, fact->text);
		return;
	case FACT_TEXTS:
		put_texts(b, fact);
		return;
	case FACT_NUMBER:
		buf_put_i64(b, fact->number);
		return;
	case FACT_TIME:
		calendar_put_time(b, fact->number);
		return;
	case FACT_DATE:
		calendar_put_date(b, fact->number);
		return;
	case FACT_ADDRESS:
		put_address(b, &fact->address);
		return;
	case FACT_BOOL:
		buf_put_str(b, fact->number ? STR("true") : STR("false"));
		return;
	case FACT_KINDS:
		break;
	}
	WRONG("a fact of no kind");
}

void fact_put(struct buf *b, const struct fact_name *name, const struct fact *fact)
{
	if (fact->state == FACT_ABSENT)
		BUF_LIT(b, "there is no ");
	buf_put_str(b, name->name);
	if (fact->state == FACT_UNKNOWN)
		BUF_LIT(b, " is not known");
	if (fact->state != FACT_KNOWN)
		return;
	BUF_LIT(b, " is ");
	fact_put_value(b, name->kind, fact);
}

/* As much of it as there is room for, whole characters, and … where that is not all. */
static void put_cut(struct buf *b, struct str text, bool all)
{
	static const struct str more = {"\u2026", 3};
	size_t room = b->size - b->len;
	if (all && text.len <= room) {
		buf_put_str(b, text);
		return;
	}
	size_t len = room < more.len ? 0 : room - more.len;
	len = len < text.len ? len : text.len;
	while (len > 0 && len < text.len && ((uint8_t)text.at[len] & 0xC0) == 0x80)
		len--;
	buf_put(b, text.at, len);
	buf_put_str(b, more);
}

void fact_put_case(struct buf *b, const struct vocabulary *vocabulary, const struct fact *facts)
{
	char memory[CASE_BYTES];
	struct buf all = BUF(memory);
	size_t n = 0;
	for (size_t i = 0; i < vocabulary->n; i++) {
		if (facts[i].state == FACT_ABSENT)
			continue;
		if (n++)
			BUF_LIT(&all, ", ");
		fact_put(&all, &vocabulary->facts[i], &facts[i]);
	}
	buf_put_str(&all, n == 0	      ? STR("no fact has a value")
			  : n < vocabulary->n ? STR(", and nothing else")
					      : STR(""));
	put_cut(b, (struct str){memory, all.len}, !all.over);
}
