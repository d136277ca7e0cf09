/* table.h: the rows of one table in memory, found by id, in order of their ids, by a field's value, or by when they are due. Pure.
 *
 * gen/tables.c declares one struct table for each table of the schema, with its columns, and gives it typed functions; this is what they share. A row's first
 * member is its id; ids rise and are never used again. Everything that the order of rows can be seen by depends on ids and values alone, never on
 * the history of the memory: a state that was read from the journal walks its rows as the one that wrote it did.
 *
 * All memory is taken at the beginning, for at_most rows. by id: O(log n), O(1) where no row was ever removed; by value: O(1) and as many steps as rows share
 * the value; add at the end: O(1); remove: O(n) moves of 4 bytes; due: O(log n).
 */
#ifndef SCHEMA_TABLE_H
#define SCHEMA_TABLE_H

#include "base/arena.h"

enum { TABLE_INDEXES_MAX = 4, TABLE_DUES_MAX = 2, TABLE_NO_FIELD = -1 };

enum column_kind {
	COLUMN_NUMBER, /* 8 bytes */
	COLUMN_TEXT,   /* struct text_N */
};

struct column {
	size_t at; /* offset in the row */
	enum column_kind kind;
	bool unique;
};

struct due_column {
	size_t at; /* offset of an int64_t, ms since the epoch */
	int has;   /* offset of a bool that tells whether there is one, or TABLE_NO_FIELD */
};

struct table_shape {
	const char *name;
	size_t row_size;
	uint32_t at_most;
	const struct column *indexes;
	uint32_t n_indexes;
	const struct due_column *dues;
	uint32_t n_dues;
};

/* Rows that share a hash stand in one chain, the newest id first. A slot's number is one more than its place, 0 is none. */
struct table_index {
	uint32_t *heads, *next, *before; /* before: the slot in front, 0 for the first of a chain */
	uint32_t mask;
};

/* A heap, the earliest first; `place` of a slot is one more than where it stands, 0 when it does not. */
struct table_due {
	uint32_t *heap, *place;
	uint32_t n;
};

struct table {
	const struct table_shape *shape;
	uint8_t *rows;
	uint32_t *order; /* slots by their ids */
	uint32_t *free;	 /* slots whose rows were removed */
	uint32_t n, n_free, used;
	uint64_t last_id;
	struct table_index indexes[TABLE_INDEXES_MAX];
	struct table_due dues[TABLE_DUES_MAX];
};

/* What a value is looked for by. An empty text and 0 are found by nobody: a row whose value was erased has them. */
struct key {
	struct str text;
	uint64_t number;
};

static inline struct key key_text(struct str text)
{
	return (struct key){.text = text};
}

static inline struct key key_number(uint64_t number)
{
	return (struct key){.number = number};
}

size_t table_memory(const struct table_shape *shape);
void table_init(struct table *table, const struct table_shape *shape, struct arena *arena);

/* NULL when there is no such row. A row's address holds until it is removed. */
void *table_get(const struct table *table, uint64_t id);
/* The row of the next id above; NULL at the end. */
const void *table_after(const struct table *table, uint64_t id);
/* Copies the row in. The id is new and not 0; there is room; what is unique is not there yet. */
void table_add(struct table *table, const void *row);
/* There is such a row. */
void table_remove(struct table *table, uint64_t id);

const void *table_first_by(const struct table *table, uint32_t index, struct key key);
const void *table_next_by(const struct table *table, uint32_t index, const void *row);

/* Around a change of an indexed or due field: out before it, in after it. */
void table_index_out(struct table *table, uint32_t index, const void *row);
void table_index_in(struct table *table, uint32_t index, const void *row);
void table_due_changed(struct table *table, uint32_t due, const void *row);

/* Rows as they lie in memory, behind a head with their number, size and the last id: for the same program on the same kind of machine. A table is
 * loaded right after table_init; false: the bytes are of another shape, or end before. */
struct table_out {
	void *context;
	void (*put)(void *context, const void *bytes, size_t n);
};
struct table_in {
	void *context;
	bool (*get)(void *context, void *ret_bytes, size_t n);
};
void table_save(const struct table *table, const struct table_out *out);
bool table_load(struct table *table, const struct table_in *in);

/* The row that is due first; NULL when none is. Rows due at the same time come in order of their ids. */
const void *table_due_first(const struct table *table, uint32_t due, int64_t *ret_due);

#endif
