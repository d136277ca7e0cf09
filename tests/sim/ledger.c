#include "sim/ledger_inner.h"

#include <sodium.h>

enum { MEMORY_BYTES = 256 << 20, SCRATCH_BYTES = 8 << 20, TABLES_BYTES = 40 << 20 };

void ledger_init(struct ledger *ledger, struct values *values)
{
	memset(ledger, 0, sizeof *ledger);
	ledger->memory = arena_map(MEMORY_BYTES);
	ledger->scratch = arena_map(SCRATCH_BYTES);
	ledger->tables = arena_map(TABLES_BYTES);
	ledger->values = values;
	ledger->orders = ARENA_TAKE(&ledger->tables, struct ledger_order, LEDGER_ORDERS_MAX);
	ledger->tables_issued = ARENA_TAKE(&ledger->tables, struct ledger_table, LEDGER_TABLES_MAX);
	ledger->entries = ARENA_TAKE(&ledger->tables, struct ledger_entry, LEDGER_ENTRIES_MAX);
}

void ledger_release(struct ledger *ledger)
{
	arena_unmap(&ledger->memory);
	arena_unmap(&ledger->scratch);
	arena_unmap(&ledger->tables);
}

void ledger_put_back(struct ledger *ledger, uint64_t size)
{
	struct ledger fresh = {.memory = ledger->memory,
			       .scratch = ledger->scratch,
			       .tables = ledger->tables,
			       .values = ledger->values,
			       .orders = ledger->orders,
			       .tables_issued = ledger->tables_issued,
			       .liars = ledger->liars,
			       .known = size,
			       .entries = ledger->entries,
			       .n_rulebooks = ledger->n_rulebooks};
	arena_clear(&fresh.memory);
	memcpy(fresh.rulebooks, ledger->rulebooks, sizeof fresh.rulebooks);
	*ledger = fresh;
}

void ledger_know_rulebook(struct ledger *ledger, const uint8_t hash[32], size_t rulebook)
{
	ASSERT(ledger->n_rulebooks < LEDGER_RULEBOOKS_MAX);
	struct buf b = BUF(ledger->rulebooks[ledger->n_rulebooks].hash);
	buf_put_hex(&b, hash, 32);
	ledger->rulebooks[ledger->n_rulebooks++].rulebook = rulebook;
}

struct str ledger_keep(struct ledger *ledger, struct str text)
{
	return arena_str(&ledger->memory, text);
}

/* Markers */

/* [P,V] at the beginning of the text: its length, or 0. */
static size_t marker_bytes(struct str text, uint64_t ret_numbers[2])
{
	size_t i = 1;
	if (text.len < 5 || text.at[0] != '[')
		return 0;
	for (int k = 0; k < 2; k++) {
		size_t first = i;
		ret_numbers[k] = 0;
		while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
			ret_numbers[k] = ret_numbers[k] * 10 + (uint64_t)(text.at[i++] - '0');
		if (i == first || i == text.len || text.at[i++] != (k == 0 ? ',' : ']'))
			return 0;
	}
	return i;
}

static struct str value_of(const uint64_t numbers[2], const struct str *packets, size_t n_packets)
{
	struct str value = {0};
	MUST(numbers[0] < n_packets, "a marker names packet %llu of %zu", (unsigned long long)numbers[0], n_packets);
	if (numbers[0] >= n_packets || packets[numbers[0]].len == 0)
		return STR("null");
	struct peek_walk walk = peek_begin(packets[numbers[0]]);
	uint64_t i = 0;
	while (peek_item(&walk, &value))
		if (i++ == numbers[1])
			return value;
	trace_broken(__FILE__, __LINE__, "a marker names value %llu of %llu", (unsigned long long)numbers[1],
		     (unsigned long long)i);
	return STR("null");
}

struct str ledger_clear(struct str text, const struct str *packets, size_t n_packets, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t numbers[2];
		char c = text.at[i];
		size_t n = quoted || c != '[' ? 0 : marker_bytes((struct str){text.at + i, text.len - i}, numbers);
		if (n > 0) {
			buf_put_str(&b, value_of(numbers, packets, n_packets));
			i += n - 1;
			continue;
		}
		buf_put_char(&b, c);
		if (quoted && c == '\\')
			buf_put_char(&b, text.at[++i]);
		else if (c == '"')
			quoted = !quoted;
	}
	return arena_keep(arena, &b);
}

/* Events */

bool taken_event(const struct taken *t, size_t i, struct str *ret_name, struct str *ret_body)
{
	struct str event;
	struct peek_walk walk = peek_begin(t->events);
	for (size_t k = 0; peek_item(&walk, &event); k++)
		if (k == i) {
			*ret_name = peek_text(event, "name");
			return peek(event, "body", ret_body);
		}
	return false;
}

bool taken_has(const struct taken *t, size_t i, const char *name)
{
	struct str found, body;
	return taken_event(t, i, &found, &body) && str_eq(found, str_of(name));
}

static const struct ledger_event *find_event(struct str name)
{
	static const struct ledger_event *const tables[] = {ledger_people_events, ledger_orders_events,
							    ledger_oversight_events, ledger_record_events,
							    ledger_tables_events};
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct ledger_event *row = tables[i]; row->name; row++)
			if (str_eq(name, str_of(row->name)))
				return row;
	return NULL;
}

static void take_events(const struct taken *t)
{
	struct str event, body = {0};
	unsigned number = 0;
	for (struct peek_walk walk = peek_begin(t->events); peek_item(&walk, &event); number++) {
		struct str name = peek_text(event, "name");
		const struct ledger_event *row = find_event(name);
		if (row && peek(event, "body", &body))
			row->take(t, number, body);
	}
}

/* Drivers */

uint64_t ledger_driver(struct ledger *ledger, struct str line)
{
	for (size_t i = 1; i <= ledger->n_drivers; i++)
		if (str_eq(ledger->drivers[i], line))
			return i;
	ASSERT(ledger->n_drivers < LEDGER_DRIVERS_MAX);
	ledger->drivers[++ledger->n_drivers] = ledger_keep(ledger, line);
	return ledger->n_drivers;
}

bool ledger_lies(const struct ledger *ledger, struct str line)
{
	for (size_t i = 0; i < PLACE_LINES; i++)
		if (str_eq(line, place_line(i)))
			return ledger->liars >> i & 1;
	return false;
}

/* The entry as a whole */

static void check_order(struct ledger *ledger, struct str text)
{
	int64_t wall = peek_int(text, "wall", -1), elapsed = peek_int(text, "elapsed", -1);
	int64_t incarnation = peek_int(text, "incarnation", -1);
	MUST(peek_int(text, "index", -1) == (int64_t)ledger->size, "entry %llu has another index",
	     (unsigned long long)ledger->size);
	MUST(peek_int(text, "format", -1) == 2, "an entry of another format");
	MUST(wall >= ledger->wall, "the wall clock goes back from %lld to %lld", (long long)ledger->wall,
	     (long long)wall);
	MUST(elapsed >= ledger->elapsed, "the elapsed clock goes back from %lld to %lld", (long long)ledger->elapsed,
	     (long long)elapsed);
	MUST(incarnation >= ledger->incarnation, "the incarnation goes back");
	ledger->wall = wall;
	ledger->elapsed = elapsed;
	ledger->incarnation = incarnation;
}

/* Sequences of one boot rise by one, and no report comes under an older boot. */
static void check_driver(struct ledger *ledger, const struct taken *t)
{
	struct ledger_boot *newest = NULL, *own = NULL;
	for (size_t i = 0; i < ledger->n_boots; i++) {
		struct ledger_boot *boot = &ledger->boots[i];
		if (!str_eq(boot->line, t->line))
			continue;
		newest = boot;
		own = str_eq(boot->boot, t->boot) ? boot : own;
	}
	MUST(!own || own == newest, "a report of an older boot of " STR_FMT, STR_ARG(t->line));
	if (!own) {
		ASSERT(ledger->n_boots < LEDGER_BOOTS_MAX);
		own = &ledger->boots[ledger->n_boots++];
		*own = (struct ledger_boot){ledger_keep(ledger, t->line), ledger_keep(ledger, t->boot), 0};
	}
	MUST(t->sequence == own->sequence + 1, "report %lld of " STR_FMT " comes behind %lld", (long long)t->sequence,
	     STR_ARG(t->line), (long long)own->sequence);
	own->sequence = t->sequence;
}

static size_t count_items(struct str array)
{
	struct str item;
	size_t n = 0;
	for (struct peek_walk walk = peek_begin(array); peek_item(&walk, &item);)
		n++;
	return n;
}

/* Values are known from the first entry on that holds them. */
static void note_values(const struct taken *t, struct str clear)
{
	struct values *values = t->ledger->values;
	uint32_t number;
	for (size_t at = 0; values_find(values, clear.at, clear.len, &at, &number);) {
		struct value *value = &values->at[number];
		value->entry = value->is_entered ? value->entry : t->index;
		value->is_entered = true;
	}
}

static void read_entry(struct taken *t, struct str text, const struct str *packets, size_t n_packets)
{
	struct arena *scratch = &t->ledger->scratch;
	struct str clear = ledger_clear(text, packets, n_packets, scratch), value = {0};
	t->text = text;
	note_values(t, clear);
	t->kind = peek_text(clear, "input.kind");
	t->name = peek_text(clear, "input.name");
	t->line = peek_text(clear, "from.driver.name");
	t->boot = peek_text(clear, "from.driver.boot");
	t->sequence = peek_int(clear, "from.driver.sequence", 0);
	t->ago = peek_int(clear, "from.driver.ago", 0);
	t->login = peek_text(clear, "from.operator.login");
	t->is_from_core = peek_has(clear, "from.core");
	t->wall = peek_int(clear, "wall", 0);
	t->refusal = peek_text(clear, "refusal.name");
	t->is_refused = t->refusal.len > 0;
	bool whole = peek_path(clear, "input.body", &t->input) && peek(clear, "events", &t->events) &&
		     peek(clear, "checked", &t->checked);
	MUST(whole, "an entry without all its members");
	if (peek_path(clear, "refusal.takes", &value))
		t->takes = value;
	t->n_events = count_items(t->events);
}

static void keep_entry(const struct taken *t)
{
	struct ledger *ledger = t->ledger;
	ASSERT(ledger->size < LEDGER_ENTRIES_MAX);
	struct ledger_entry *entry = &ledger->entries[ledger->size];
	uint64_t concerns = entry->concerns, hash[4];
	crypto_hash_sha256((uint8_t *)hash, (const uint8_t *)t->text.at, t->text.len);
	MUST(ledger->size >= ledger->known || memcmp(hash, entry->hash, sizeof hash) == 0,
	     "entry %llu was changed by a restore", (unsigned long long)ledger->size);
	*entry = (struct ledger_entry){.wall = t->wall,
				       .text = ledger_keep(ledger, t->text),
				       .kind = ledger_keep(ledger, t->kind),
				       .name = ledger_keep(ledger, t->name),
				       .login = ledger_keep(ledger, t->login),
				       .line = ledger_keep(ledger, t->line),
				       .input = ledger_keep(ledger, t->input),
				       .refusal = ledger_keep(ledger, t->refusal),
				       .takes = ledger_keep(ledger, t->takes),
				       .events = ledger_keep(ledger, t->events),
				       .n_events = t->n_events,
				       .concerns = concerns};
	memcpy(entry->hash, hash, sizeof hash);
}

void ledger_take(struct ledger *ledger, struct str text, const struct str *packets, size_t n_packets)
{
	struct taken t = {.ledger = ledger, .index = ledger->size};
	arena_clear(&ledger->scratch);
	check_order(ledger, text);
	read_entry(&t, text, packets, n_packets);
	if (t.line.len > 0) {
		check_driver(ledger, &t);
		ledger_driver(ledger, t.line);
	}
	MUST(!t.is_refused || t.n_events == 0, "a refused input has events");
	ledger->entries[ledger->size].concerns = 0;
	ledger_oversight_decide(&t);
	ledger_people_decide(&t);
	ledger_orders_decide(&t);
	ledger_record_decide(&t);
	take_events(&t);
	MUST(peek_int(text, "env", -1) == (int64_t)ledger->env, "entry %llu names another environment",
	     (unsigned long long)t.index);
	keep_entry(&t);
	ledger->size++;
	ledger_note_bases(ledger);
}
