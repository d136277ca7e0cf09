#include "schema/table.h"

static uint64_t id_of(const void *row)
{
	uint64_t id;
	memcpy(&id, row, sizeof id);
	return id;
}

static void *row_at(const struct table *table, uint32_t slot)
{
	return table->rows + (size_t)slot * table->shape->row_size;
}

static uint32_t slot_of(const struct table *table, const void *row)
{
	return (uint32_t)((size_t)((const uint8_t *)row - table->rows) / table->shape->row_size);
}

/* Heads of an index: a power of two, at least one for each row. */
static uint32_t heads_of(uint32_t at_most)
{
	uint32_t n = 1;
	while (n < at_most)
		n *= 2;
	return n;
}

size_t table_memory(const struct table_shape *shape)
{
	size_t words = 2 + shape->n_dues * 2 + shape->n_indexes * 2;
	size_t takes = 1 + words + shape->n_indexes;
	return shape->at_most * (shape->row_size + words * sizeof(uint32_t)) +
	       shape->n_indexes * heads_of(shape->at_most) * sizeof(uint32_t) + takes * 64;
}

void table_init(struct table *table, const struct table_shape *shape, struct arena *arena)
{
	ASSERT(shape->n_indexes <= TABLE_INDEXES_MAX && shape->n_dues <= TABLE_DUES_MAX);
	uint32_t most = shape->at_most;
	*table = (struct table){.shape = shape};
	table->rows = arena_take(arena, most, shape->row_size);
	table->order = ARENA_TAKE(arena, uint32_t, most);
	table->free = ARENA_TAKE(arena, uint32_t, most);
	for (uint32_t i = 0; i < shape->n_indexes; i++) {
		uint32_t heads = heads_of(most);
		table->indexes[i] = (struct table_index){.heads = ARENA_TAKE(arena, uint32_t, heads),
							 .next = ARENA_TAKE(arena, uint32_t, most),
							 .before = ARENA_TAKE(arena, uint32_t, most),
							 .mask = heads - 1};
	}
	for (uint32_t i = 0; i < shape->n_dues; i++)
		table->dues[i] = (struct table_due){.heap = ARENA_TAKE(arena, uint32_t, most),
						    .place = ARENA_TAKE(arena, uint32_t, most)};
}

/* By id */

/* Where the id stands in the order, or would stand. */
static uint32_t place_of(const struct table *table, uint64_t id)
{
	uint32_t low = 0, high = table->n;
	if (id > table->last_id)
		return table->n;
	/* Where nothing was removed, the place of an id is known from the last one's. */
	uint64_t behind = table->last_id - id;
	if (behind < table->n && id_of(row_at(table, table->order[table->n - 1 - behind])) == id)
		return table->n - 1 - (uint32_t)behind;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (id_of(row_at(table, table->order[middle])) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *table_get(const struct table *table, uint64_t id)
{
	/* Where nothing was removed, rows lie in the order of their ids. */
	if (id - 1 < table->used && id_of(row_at(table, (uint32_t)id - 1)) == id)
		return row_at(table, (uint32_t)id - 1);
	uint32_t place = place_of(table, id);
	if (place == table->n)
		return NULL;
	void *row = row_at(table, table->order[place]);
	return id_of(row) == id ? row : NULL;
}

const void *table_after(const struct table *table, uint64_t id)
{
	uint32_t place = place_of(table, id + 1);
	return place < table->n ? row_at(table, table->order[place]) : NULL;
}

/* By value */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xFF51AFD7ED558CCDu;
	return x ^ x >> 33;
}

static struct key key_of(const struct column *column, const void *row)
{
	const uint8_t *at = (const uint8_t *)row + column->at;
	struct key key = {0};
	if (column->kind == COLUMN_TEXT) {
		uint16_t len;
		memcpy(&len, at, sizeof len);
		key.text = (struct str){(const char *)at + sizeof len, len};
	} else {
		memcpy(&key.number, at, sizeof key.number);
	}
	return key;
}

static bool key_eq(const struct column *column, struct key a, struct key b)
{
	return column->kind == COLUMN_TEXT ? str_eq(a.text, b.text) : a.number == b.number;
}

static bool is_nothing(const struct column *column, struct key key)
{
	return column->kind == COLUMN_TEXT ? key.text.len == 0 : key.number == 0;
}

static uint32_t *head_of(const struct table *table, uint32_t index, struct key key)
{
	const struct column *column = &table->shape->indexes[index];
	uint64_t hash = column->kind == COLUMN_TEXT ? str_hash(key.text) : mix(key.number);
	return &table->indexes[index].heads[hash & table->indexes[index].mask];
}

static const void *search_chain(const struct table *table, uint32_t index, uint32_t link, struct key key)
{
	const struct column *column = &table->shape->indexes[index];
	for (; link; link = table->indexes[index].next[link - 1]) {
		const void *row = row_at(table, link - 1);
		if (key_eq(column, key_of(column, row), key))
			return row;
	}
	return NULL;
}

const void *table_first_by(const struct table *table, uint32_t index, struct key key)
{
	if (is_nothing(&table->shape->indexes[index], key))
		return NULL;
	return search_chain(table, index, *head_of(table, index, key), key);
}

const void *table_next_by(const struct table *table, uint32_t index, const void *row)
{
	uint32_t next = table->indexes[index].next[slot_of(table, row)];
	return search_chain(table, index, next, key_of(&table->shape->indexes[index], row));
}

void table_index_in(struct table *table, uint32_t index, const void *row)
{
	const struct column *column = &table->shape->indexes[index];
	struct key key = key_of(column, row);
	if (is_nothing(column, key))
		return;
	ASSERT(!column->unique || !table_first_by(table, index, key));
	struct table_index *x = &table->indexes[index];
	uint32_t *link = head_of(table, index, key), before = 0, slot = slot_of(table, row);
	while (*link && id_of(row_at(table, *link - 1)) > id_of(row)) {
		before = *link;
		link = &x->next[*link - 1];
	}
	if (*link)
		x->before[*link - 1] = slot + 1;
	x->next[slot] = *link;
	x->before[slot] = before;
	*link = slot + 1;
}

void table_index_out(struct table *table, uint32_t index, const void *row)
{
	const struct column *column = &table->shape->indexes[index];
	struct key key = key_of(column, row);
	struct table_index *x = &table->indexes[index];
	uint32_t slot = slot_of(table, row), before = x->before[slot], next = x->next[slot];
	if (is_nothing(column, key))
		return;
	uint32_t *link = before ? &x->next[before - 1] : head_of(table, index, key);
	ASSERT(*link == slot + 1);
	*link = next;
	if (next)
		x->before[next - 1] = before;
}

/* By due time */

static bool is_due(const struct due_column *column, const void *row)
{
	return column->has == TABLE_NO_FIELD || *((const bool *)row + column->has);
}

static int64_t due_of(const struct due_column *column, const void *row)
{
	int64_t due;
	memcpy(&due, (const uint8_t *)row + column->at, sizeof due);
	return due;
}

static bool earlier(const struct table *table, uint32_t due, uint32_t a, uint32_t b)
{
	const struct due_column *column = &table->shape->dues[due];
	const void *row_a = row_at(table, a), *row_b = row_at(table, b);
	int64_t due_a = due_of(column, row_a), due_b = due_of(column, row_b);
	return due_a != due_b ? due_a < due_b : id_of(row_a) < id_of(row_b);
}

static void put_in_heap(struct table_due *d, uint32_t at, uint32_t slot)
{
	d->heap[at] = slot;
	d->place[slot] = at + 1;
}

static void sift_up(struct table *table, uint32_t due, uint32_t at, uint32_t slot)
{
	struct table_due *d = &table->dues[due];
	while (at > 0 && earlier(table, due, slot, d->heap[(at - 1) / 2])) {
		put_in_heap(d, at, d->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put_in_heap(d, at, slot);
}

static void sift_down(struct table *table, uint32_t due, uint32_t at, uint32_t slot)
{
	struct table_due *d = &table->dues[due];
	for (uint32_t child; (child = 2 * at + 1) < d->n; at = child) {
		if (child + 1 < d->n && earlier(table, due, d->heap[child + 1], d->heap[child]))
			child++;
		if (!earlier(table, due, d->heap[child], slot))
			break;
		put_in_heap(d, at, d->heap[child]);
	}
	put_in_heap(d, at, slot);
}

static void due_out(struct table *table, uint32_t due, uint32_t slot)
{
	struct table_due *d = &table->dues[due];
	if (d->place[slot] == 0)
		return;
	uint32_t at = d->place[slot] - 1, last = d->heap[--d->n];
	d->place[slot] = 0;
	if (at == d->n)
		return;
	if (at > 0 && earlier(table, due, last, d->heap[(at - 1) / 2]))
		sift_up(table, due, at, last);
	else
		sift_down(table, due, at, last);
}

void table_due_changed(struct table *table, uint32_t due, const void *row)
{
	uint32_t slot = slot_of(table, row);
	due_out(table, due, slot);
	if (is_due(&table->shape->dues[due], row))
		sift_up(table, due, table->dues[due].n++, slot);
}

const void *table_due_first(const struct table *table, uint32_t due, int64_t *ret_due)
{
	if (table->dues[due].n == 0)
		return NULL;
	const void *row = row_at(table, table->dues[due].heap[0]);
	*ret_due = due_of(&table->shape->dues[due], row);
	return row;
}

/* A row that lies in its slot joins the order, the indexes and the heaps. */
static void table_place(struct table *table, uint32_t slot, const void *row)
{
	uint64_t id = id_of(row);
	uint32_t place = place_of(table, id);
	ASSERT(place == table->n || id_of(row_at(table, table->order[place])) != id);
	memmove(table->order + place + 1, table->order + place, (table->n - place) * sizeof *table->order);
	table->order[place] = slot;
	table->n++;
	if (id > table->last_id)
		table->last_id = id;
	for (uint32_t i = 0; i < table->shape->n_indexes; i++)
		table_index_in(table, i, row);
	for (uint32_t i = 0; i < table->shape->n_dues; i++)
		table_due_changed(table, i, row);
}

/* All of them, as they lie */

struct saved_head {
	char name[40];
	uint64_t row_size, n, last_id;
};

static struct saved_head head_for(const struct table *table)
{
	struct saved_head head = {.row_size = table->shape->row_size, .n = table->n, .last_id = table->last_id};
	size_t length = strlen(table->shape->name);
	ASSERT(length < sizeof head.name);
	memcpy(head.name, table->shape->name, length);
	return head;
}

void table_save(const struct table *table, const struct table_out *out)
{
	struct saved_head head = head_for(table);
	out->put(out->context, &head, sizeof head);
	for (uint32_t i = 0; i < table->n; i++)
		out->put(out->context, row_at(table, table->order[i]), table->shape->row_size);
}

bool table_load(struct table *table, const struct table_in *in)
{
	struct saved_head head, mine = head_for(table);
	ASSERT(table->n == 0 && table->used == 0);
	if (!in->get(in->context, &head, sizeof head) || memcmp(head.name, mine.name, sizeof head.name) != 0 ||
	    head.row_size != mine.row_size || head.n > table->shape->at_most)
		return false;
	for (uint64_t i = 0; i < head.n; i++) {
		void *row = row_at(table, table->used);
		if (!in->get(in->context, row, table->shape->row_size) || id_of(row) <= table->last_id)
			return false;
		table_place(table, table->used++, row);
	}
	if (head.last_id < table->last_id)
		return false;
	table->last_id = head.last_id;
	return true;
}

/* Rows come and go */

void table_add(struct table *table, const void *row)
{
	ASSERT(id_of(row) != 0 && table->n < table->shape->at_most);
	uint32_t slot = table->n_free ? table->free[--table->n_free] : table->used++;
	void *to = row_at(table, slot);
	memcpy(to, row, table->shape->row_size);
	table_place(table, slot, to);
}

void table_remove(struct table *table, uint64_t id)
{
	uint32_t place = place_of(table, id);
	ASSERT(place < table->n);
	uint32_t slot = table->order[place];
	void *row = row_at(table, slot);
	ASSERT(id_of(row) == id);
	for (uint32_t i = 0; i < table->shape->n_indexes; i++)
		table_index_out(table, i, row);
	for (uint32_t i = 0; i < table->shape->n_dues; i++)
		due_out(table, i, slot);
	table->n--;
	memmove(table->order + place, table->order + place + 1, (table->n - place) * sizeof *table->order);
	memset(row, 0, table->shape->row_size);
	table->free[table->n_free++] = slot;
}
