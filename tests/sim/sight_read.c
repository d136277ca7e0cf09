/* sight_read.c: streams and histories: that all comes which should, in order, and nothing twice. */
#include "sim/sight.h"

#include "sim/peek.h"
#include "sim/trace.h"

static bool index_of(const struct talk *talk, struct str shown, uint64_t *ret_index)
{
	bool marked = cursor_read(peek_text(shown, "at"), talk->cursor_key, ret_index);
	MUST(marked && *ret_index < talk->ledger->size, "an entry is shown that is not durable");
	return marked && *ret_index < talk->ledger->size;
}

/* None of the entries that were passed over should have been shown. */
static void check_passed(const struct talk *talk, const struct talk_connection *c, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		MUST(!sight_has_entry(talk->ledger, &c->viewer, i), "%s is not shown entry %llu", people_login(c->who),
		     (unsigned long long)i);
}

static void stream(struct talk *talk, struct talk_connection *c, uint64_t index, struct str shown)
{
	MUST(index >= c->follow_from, "%s is shown entry %llu again", people_login(c->who), (unsigned long long)index);
	check_passed(talk, c, c->follow_from, index);
	c->follow_from = index + 1;
	sight_check_entry(talk->ledger, &c->viewer, index, shown);
}

/* A history */

/* Whether the entry must stand in this history, may, or must not. */
enum belongs { MUST_NOT, MAY, SHOULD };

static enum belongs belongs(const struct talk *talk, const struct talk_connection *c, uint64_t index)
{
	const struct talk_history *h = &c->history;
	const struct ledger_entry *entry = &talk->ledger->entries[index];
	bool sealed;
	if (!sight_mentions(talk->ledger, &c->viewer, index, h, &sealed))
		return MUST_NOT;
	/* What was asked for while its entry was not durable yet, and what hangs on keys that may be gone. */
	if (index >= h->before)
		return MAY;
	return sealed && sight_may_be_erased(talk->ledger, entry) ? MAY : SHOULD;
}

static void check_left_out(const struct talk *talk, const struct talk_connection *c, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		MUST(belongs(talk, c, i) != SHOULD, "the history of %s:%llu for %s leaves out entry %llu",
		     c->history.table, (unsigned long long)c->history.id, people_login(c->who), (unsigned long long)i);
}

static void history(struct talk *talk, struct talk_connection *c, uint64_t index, struct str shown)
{
	struct talk_history *h = &c->history;
	MUST(index < h->next && h->left > 0, "a history goes forward, or on behind its limit");
	MUST(belongs(talk, c, index) != MUST_NOT, "the history of %s:%llu for %s has entry %llu", h->table,
	     (unsigned long long)h->id, people_login(c->who), (unsigned long long)index);
	check_left_out(talk, c, index + 1, h->next < talk->ledger->size ? h->next : talk->ledger->size);
	h->next = index;
	h->left--;
	sight_check_entry(talk->ledger, &c->viewer, index, shown);
}

static void history_end(struct talk *talk, struct talk_connection *c, struct str body)
{
	struct talk_history *h = &c->history;
	bool more = peek_has(body, "older");
	MUST(h->is_asked, "%s is told the end of what was not asked for", people_login(c->who));
	MUST(!more || h->left == 0, "a history ends before its limit, and says that there is more");
	if (!more)
		check_left_out(talk, c, 0, h->next < talk->ledger->size ? h->next : talk->ledger->size);
	h->is_asked = false;
}

/* Entries as they are */

static void raw(struct talk *talk, struct talk_connection *c, struct str body)
{
	struct str text = {0};
	int64_t index = peek_int(body, "entry", -1);
	bool there = peek(body, "body", &text);
	MUST(c->reads_raw && see_may_read_raw(&c->viewer), "%s is sent raw entries", people_login(c->who));
	MUST(index == (int64_t)c->raw_next && (uint64_t)index < talk->ledger->size, "raw entry %lld instead of %llu",
	     (long long)index, (unsigned long long)c->raw_next);
	if (there && index >= 0 && (uint64_t)index < talk->ledger->size)
		MUST(str_eq(text, talk->ledger->entries[index].text), "raw entry %lld is another", (long long)index);
	c->raw_next++;
}

void sight_hear(struct talk *talk, struct talk_connection *c, struct str kind, struct str body, uint64_t then)
{
	uint64_t index;
	MUST(then <= talk->ledger->size, "more is told than is durable");
	if (str_eq(kind, STR("raw"))) {
		raw(talk, c, body);
	} else if (str_eq(kind, STR("part"))) {
		c->raw_next += peek_int(body, "left", 0) == 0;
	} else if (str_eq(kind, STR("end"))) {
		history_end(talk, c, body);
	} else if (index_of(talk, body, &index)) {
		talk->entries_shown++;
		MUST(c->follows || c->history.is_asked, "%s is shown an entry that nobody asked for",
		     people_login(c->who));
		(c->history.is_asked ? history : stream)(talk, c, index, body);
	}
}

void sight_check_idle(const struct talk *talk, const struct talk_connection *c)
{
	if (c->is_slow)
		return;
	MUST(!c->history.is_asked, "the history of %s:%llu for %s has no end", c->history.table,
	     (unsigned long long)c->history.id, people_login(c->who));
	if (c->follows)
		check_passed(talk, c, c->follow_from, talk->ledger->size);
	MUST(!c->reads_raw || c->raw_next == talk->ledger->size, "raw entries stop at %llu of %llu",
	     (unsigned long long)c->raw_next, (unsigned long long)talk->ledger->size);
}
