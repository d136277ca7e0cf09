/* hub_index.c: the index by ref, filled behind the commit (journal/refs.h). What stands in it of a ref that was sealed hangs on the keys of its
 * packet (keys/vault.h), so forgetting needs nothing here. */
#include "serve/hub_inner.h"

#include "serve/bodies.h"

#include <sodium.h>

enum { KEYS_MAX = 64, REF_BYTES_MAX = 64 };

static struct str ref_text(char (*memory)[REF_BYTES_MAX], struct str table, uint64_t id)
{
	struct buf b = BUF(*memory);
	buf_put_str(&b, table);
	buf_put_char(&b, ':');
	buf_put_u64(&b, id);
	return buf_str(&b);
}

/* Filling */

struct filling {
	struct hub *hub;
	const struct entry *entry;
	uint64_t index;
	int failed;
	struct error *error;
};

static void put_ref(void *context, const struct body_value *value, uint64_t id)
{
	struct filling *f = context;
	uint8_t row[REFS_ROW_BYTES];
	char memory[REF_BYTES_MAX];
	struct str ref = ref_text(&memory, value->member->table, id);
	if (f->failed < 0)
		return;
	if (value->packet == BODIES_NO_PACKET) {
		keys_vault_row(f->hub->vault, ref, row);
	} else {
		const struct entry_packet *sealed = &f->entry->sealed.at[value->packet];
		struct vault_packet packet = {.keep = sealed->keep, .month = sealed->month};
		memcpy(packet.mark, sealed->mark.at, sizeof packet.mark);
		if (!keys_vault_packet_row(f->hub->vault, &packet, ref, row))
			return;
	}
	f->failed = refs_put(f->hub->refs, row, f->index, f->error);
}

static void put_body(struct filling *f, const struct word_members *members, struct str body,
		     const struct json_packets *packets)
{
	struct body_value *values = ARENA_TAKE(&f->hub->piece, struct body_value, members->n);
	if (body_split(members, body, packets, &f->hub->piece, values))
		body_refs(values, members->n, &f->hub->piece, put_ref, f);
}

static int put_entry(struct hub *hub, uint64_t index, uint8_t ret_mark[REFS_MARK_BYTES], struct error *error)
{
	struct hub_entry read;
	int failed = hub_read_entry(hub, index, &read, error);
	if (failed < 0)
		return failed;
	struct filling f = {hub, &read.entry, index, 0, error};
	const struct input_words *input = words_of_input(read.entry.input.name);
	if (input)
		put_body(&f, &input->takes, read.entry.input.body, &read.packets);
	for (size_t i = 0; i < read.entry.events.n; i++) {
		const struct event_words *event = words_of_event(read.entry.events.at[i].name);
		if (event)
			put_body(&f, &event->fields, read.entry.events.at[i].body, &read.packets);
	}
	memcpy(ret_mark, read.entry.salt.at, REFS_MARK_BYTES);
	return f.failed;
}

/* An index that is damaged is made anew; what failed is to be asked again. */
int hub_index_mend(struct hub *hub, int failed, struct error *error)
{
	return failed < 0 && refs_is_damaged(hub->refs) ? refs_clear(hub->refs, error) : failed;
}

/* Fills in `end - from` entries more. */
static int fill(struct hub *hub, uint64_t from, uint64_t end, struct error *error)
{
	uint8_t mark[REFS_MARK_BYTES];
	int failed = 0;
	for (uint64_t i = from; failed == 0 && i < end; i++)
		failed = put_entry(hub, i, mark, error);
	return failed < 0 ? failed : refs_commit(hub->refs, end, mark, error);
}

int hub_index_catch_up(struct hub *hub, struct error *error)
{
	uint64_t from = refs_size(hub->refs), size = journal_size(hub->journal);
	uint64_t end = size - from < HUB_INDEX_ENTRIES ? size : from + HUB_INDEX_ENTRIES;
	if (from >= size)
		return 0;
	int failed = hub_index_mend(hub, fill(hub, from, end, error), error);
	return failed < 0 ? failed : refs_size(hub->refs) < size;
}

/* An index that belongs to another journal is emptied. */
int hub_index_check(struct hub *hub, struct error *error)
{
	uint64_t size = refs_size(hub->refs);
	struct hub_entry read;
	if (size == 0)
		return 0;
	if (size > journal_size(hub->journal))
		return refs_clear(hub->refs, error);
	int failed = hub_read_entry(hub, size - 1, &read, error);
	if (failed < 0)
		return failed;
	bool ours = memcmp(read.entry.salt.at, refs_mark(hub->refs), REFS_MARK_BYTES) == 0;
	return ours ? 0 : refs_clear(hub->refs, error);
}

/* Finding */

struct found {
	uint64_t *at; /* newest first */
	size_t n, max;
};

static void insert(struct found *found, uint64_t entry)
{
	size_t place = 0;
	while (place < found->n && found->at[place] > entry)
		place++;
	if (place == found->max || (place < found->n && found->at[place] == entry))
		return;
	size_t moved = (found->n < found->max ? found->n : found->max - 1) - place;
	memmove(&found->at[place + 1], &found->at[place], moved * sizeof *found->at);
	found->at[place] = entry;
	found->n += found->n < found->max;
}

static int add_row(struct hub *hub, const uint8_t row[REFS_ROW_BYTES], uint64_t before, struct found *found,
		   struct error *error)
{
	uint64_t entries[HUB_PIECE_ENTRIES];
	ASSERT(found->max <= HUB_PIECE_ENTRIES);
	int n = refs_find(hub->refs, row, before, entries, found->max, error);
	for (int i = 0; i < n; i++)
		insert(found, entries[i]);
	return n < 0 ? n : 0;
}

int hub_index_find(struct hub *hub, const struct subject *ref, uint64_t before, uint64_t *ret_entries, size_t max,
		   struct error *error)
{
	struct found found = {ret_entries, 0, max};
	struct subject owner;
	char memory[REF_BYTES_MAX];
	uint8_t row[REFS_ROW_BYTES];
	uint32_t cursor = 0;
	struct str text = ref_text(&memory, ref->table, ref->id);
	keys_vault_row(hub->vault, text, row);
	int failed = add_row(hub, row, before, &found, error);
	bool is_owned = state_owner(&hub->core.state, ref->table, ref->id, &owner);
	while (failed == 0 && is_owned && keys_vault_next_row(hub->vault, &owner, text, &cursor, row))
		failed = add_row(hub, row, before, &found, error);
	return failed < 0 ? failed : (int)found.n;
}
