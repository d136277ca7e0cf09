#include "keys/keyfile.h"

#include "keys/secret.h"

enum { NO_SLOT = UINT32_MAX, NO_NAME = UINT32_MAX };

/* Kind KEY_NONE is zero: memory that was never touched holds nothing. */
struct entry {
	uint8_t key[CRYPT_KEY_BYTES]; /* not of a secret */
	uint64_t number;
	uint32_t serial;
	uint16_t name, member; /* places in names; 0 is the empty text */
	uint8_t kind;
};

struct name {
	uint8_t len;
	char at[RECORD_NAME_BYTES_MAX];
};

struct keyfile {
	struct slots slots; /* with the root key */
	struct slots copy;  /* under another root key, as far as `copy.n` slots; begun: copying */
	struct error failure, copy_failure;
	bool failed, dirty, locked, copying, copy_failed;
	struct keyfile_watcher watcher;
	uint32_t slots_max, hint, serial, torn; /* below hint no slot is free */
	uint32_t used[KEY_KINDS];
	uint32_t n_names;
	struct name names[1 + KEYFILE_NAMES_MAX];
	struct entry *entries; /* by slot */
	uint32_t *cells;       /* slot + 1 by the hash of the name; 0 is free */
	uint32_t mask;
	size_t bytes; /* of the whole mapping: this, the entries, the cells */
};

/* Names */

static struct str text_of(const struct keyfile *f, uint32_t name)
{
	return (struct str){f->names[name].at, f->names[name].len};
}

static struct key_id id_of(const struct keyfile *f, const struct entry *e)
{
	return (struct key_id){(enum key_kind)e->kind, text_of(f, e->name), text_of(f, e->member), e->number};
}

/* There are few, and the newest is the likeliest. */
static uint32_t name_of(struct keyfile *f, struct str text)
{
	if (text.len == 0)
		return 0;
	for (uint32_t i = f->n_names; i > 0; i--)
		if (str_eq(text_of(f, i), text))
			return i;
	if (f->n_names == KEYFILE_NAMES_MAX)
		return NO_NAME;
	struct name *name = &f->names[++f->n_names];
	name->len = (uint8_t)text.len;
	memcpy(name->at, text.at, text.len);
	return f->n_names;
}

/* The table */

static uint32_t cell_of(const struct keyfile *f, const struct key_id *id)
{
	uint64_t h = str_hash(id->name) ^ (uint64_t)id->kind;
	if (id->member.len > 0)
		h = h * 31 + str_hash(id->member);
	h = (h ^ id->number) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(h >> 32) & f->mask;
}

static bool is_called(const struct keyfile *f, const struct entry *e, const struct key_id *id)
{
	return e->kind == (uint8_t)id->kind && e->number == id->number && str_eq(text_of(f, e->name), id->name) &&
	       str_eq(text_of(f, e->member), id->member);
}

static uint32_t find(const struct keyfile *f, const struct key_id *id)
{
	for (uint32_t cell = cell_of(f, id); f->cells[cell]; cell = (cell + 1) & f->mask)
		if (is_called(f, &f->entries[f->cells[cell] - 1], id))
			return f->cells[cell] - 1;
	return NO_SLOT;
}

static void insert(struct keyfile *f, uint32_t slot)
{
	struct key_id id = id_of(f, &f->entries[slot]);
	uint32_t cell = cell_of(f, &id);
	while (f->cells[cell])
		cell = (cell + 1) & f->mask;
	f->cells[cell] = slot + 1;
	f->used[id.kind]++;
}

/* Linear probing without graves: whoever stands behind the gap and may move there moves. */
static void close_gap(struct keyfile *f, uint32_t gap)
{
	for (uint32_t cell = (gap + 1) & f->mask; f->cells[cell]; cell = (cell + 1) & f->mask) {
		struct key_id id = id_of(f, &f->entries[f->cells[cell] - 1]);
		uint32_t home = cell_of(f, &id);
		if (((cell - home) & f->mask) < ((cell - gap) & f->mask))
			continue;
		f->cells[gap] = f->cells[cell];
		gap = cell;
	}
	f->cells[gap] = 0;
}

/* Out of the table, and wiped. */
static void forget(struct keyfile *f, uint32_t slot)
{
	struct entry *e = &f->entries[slot];
	struct key_id id = id_of(f, e);
	uint32_t cell = cell_of(f, &id);
	while (f->cells[cell] != slot + 1)
		cell = (cell + 1) & f->mask;
	close_gap(f, cell);
	f->used[e->kind]--;
	crypt_wipe(e, sizeof *e);
	if (slot < f->hint)
		f->hint = slot;
}

/* Slots of the file */

static int at_slot(struct error *error, uint32_t slot)
{
	return error_where(error, "key file, slot %u", slot);
}

/* What the copy has already it gets anew. A copy that cannot be written is nobody's trouble but its maker's. */
static int write_slot(struct keyfile *f, uint32_t slot, const uint8_t record[1][RECORD_BYTES], struct error *error)
{
	f->dirty = true;
	int failed = slots_write(&f->slots, slot, 1, record, error);
	if (failed == 0 && f->copying && !f->copy_failed && slot < f->copy.n)
		f->copy_failed = slots_write(&f->copy, slot, 1, record, &f->copy_failure) < 0;
	return failed;
}

static int write_record(struct keyfile *f, uint32_t slot, const struct record *record, struct error *error)
{
	uint8_t bytes[1][RECORD_BYTES];
	record_write(record, bytes[0]);
	int failed = write_slot(f, slot, bytes, error);
	crypt_wipe(bytes, sizeof bytes);
	return failed;
}

static int empty_slot(struct keyfile *f, uint32_t slot, struct error *error)
{
	static const uint8_t empty[1][RECORD_BYTES];
	return write_slot(f, slot, empty, error);
}

/* A slot that holds nothing; one of new ones when there is none. */
static int take_slot(struct keyfile *f, uint32_t *ret_slot, struct error *error)
{
	while (f->hint < f->slots.n && f->entries[f->hint].kind != KEY_NONE)
		f->hint++;
	if (f->hint == f->slots.n) {
		uint32_t room = f->slots_max - f->slots.n;
		if (room == 0) {
			error_set(error, ERROR_LIMIT, "the key file has its %u slots, and each holds a key",
				  f->slots_max);
			return error_remedy(error, "Remove people and things that are no more, so that their keys go.");
		}
		uint32_t more = room < KEYFILE_GROWTH_SLOTS ? room : KEYFILE_GROWTH_SLOTS;
		int failed = slots_write_empty(&f->slots, f->slots.n, more, error);
		if (failed < 0)
			return failed;
	}
	*ret_slot = f->hint;
	return 0;
}

/* The record into memory; not into the table. */
static int hold(struct keyfile *f, uint32_t slot, const struct record *record, struct error *error)
{
	uint32_t name = name_of(f, record->id.name), member = name_of(f, record->id.member);
	if (name == NO_NAME || member == NO_NAME) {
		error_set(error, ERROR_LIMIT, "the key file has %d names of tables and members already",
			  KEYFILE_NAMES_MAX);
		return error_remedy(error, "Start the mission again: names that are no more are then dropped.");
	}
	struct entry *e = &f->entries[slot];
	*e = (struct entry){.number = record->id.number,
			    .serial = record->serial,
			    .name = (uint16_t)name,
			    .member = (uint16_t)member,
			    .kind = (uint8_t)record->id.kind};
	if (record->id.kind != KEY_SECRET)
		memcpy(e->key, record->value, CRYPT_KEY_BYTES);
	return 0;
}

/* The record into a free slot, in the file and in memory; not into the table. */
static int place_record(struct keyfile *f, struct record *record, uint32_t *ret_slot, struct error *error)
{
	uint32_t slot = 0;
	int failed = take_slot(f, &slot, error);
	record->serial = f->serial + 1;
	if (failed == 0)
		failed = hold(f, slot, record, error);
	if (failed < 0)
		return failed;
	failed = write_record(f, slot, record, error);
	if (failed < 0) {
		crypt_wipe(&f->entries[slot], sizeof f->entries[slot]);
		return failed;
	}
	f->serial++;
	*ret_slot = slot;
	return 0;
}

/* Opening */

int keyfile_create(struct file file, const uint8_t root[CRYPT_KEY_BYTES], uint64_t generation, struct error *error)
{
	struct slots slots;
	int failed = slots_begin(&slots, file, root, generation, error);
	if (failed == 0)
		failed = slots_write_empty(&slots, 0, KEYFILE_GROWTH_SLOTS, error);
	if (failed == 0)
		failed = slots_finish(&slots, error);
	crypt_wipe(&slots, sizeof slots);
	return failed;
}

/* One record into memory. Of two of one name the older was about to be destroyed when the power failed. */
static int take_record(struct keyfile *f, uint32_t slot, const struct record *record, struct error *error)
{
	f->serial = record->serial > f->serial ? record->serial : f->serial;
	uint32_t other = find(f, &record->id);
	if (other != NO_SLOT && f->entries[other].serial > record->serial)
		return empty_slot(f, slot, error);
	int failed = 0;
	if (other != NO_SLOT) {
		forget(f, other);
		failed = empty_slot(f, other, error);
	}
	if (failed == 0)
		failed = hold(f, slot, record, error);
	if (failed == 0)
		insert(f, slot);
	return failed;
}

static int take_slots(struct keyfile *f, uint32_t first, uint32_t count, const uint8_t records[][RECORD_BYTES],
		      const bool *whole, struct error *error)
{
	int failed = 0;
	for (uint32_t i = 0; failed == 0 && i < count; i++) {
		struct record record;
		if (!whole[i]) {
			f->torn++;
			failed = empty_slot(f, first + i, error);
			continue;
		}
		failed = record_read(records[i], &record, error);
		if (failed < 0)
			return at_slot(error, first + i);
		if (record.id.kind != KEY_NONE)
			failed = take_record(f, first + i, &record, error);
		crypt_wipe(&record, sizeof record);
	}
	return failed;
}

static int take_all(struct keyfile *f, struct error *error)
{
	uint8_t records[SLOTS_CHUNK][RECORD_BYTES];
	bool whole[SLOTS_CHUNK];
	int failed = 0;
	for (uint32_t at = 0; failed == 0 && at < f->slots.n; at += SLOTS_CHUNK) {
		uint32_t count = f->slots.n - at < SLOTS_CHUNK ? f->slots.n - at : SLOTS_CHUNK;
		failed = slots_read(&f->slots, at, count, records, whole, error);
		if (failed == 0)
			failed = take_slots(f, at, count, records, whole, error);
	}
	crypt_wipe(records, sizeof records);
	return failed < 0 ? failed : keyfile_sync(f, error);
}

int keyfile_open(struct keyfile **ret_keyfile, struct file file, const uint8_t root[CRYPT_KEY_BYTES],
		 uint32_t slots_max, struct error *error)
{
	struct slots slots;
	ASSERT(slots_max >= 1 && slots_max <= KEYFILE_SLOTS_MAX);
	int failed = slots_open(&slots, file, root, error);
	if (failed == 0 && slots.n > slots_max)
		failed = error_set(error, ERROR_LIMIT, "the key file has %u slots, more than %u", slots.n, slots_max);
	if (failed < 0)
		return failed;
	uint32_t cells = 2;
	while (cells < 2 * slots_max)
		cells *= 2;
	size_t entries = (size_t)slots_max * sizeof(struct entry), locked;
	size_t bytes = sizeof(struct keyfile) + entries + (size_t)cells * sizeof(uint32_t);
	struct keyfile *f = secret_map(bytes, &locked);
	f->slots = slots;
	f->slots_max = slots_max;
	f->entries = (struct entry *)(f + 1);
	f->cells = (uint32_t *)((uint8_t *)(f + 1) + entries);
	f->mask = cells - 1;
	f->bytes = bytes;
	f->locked = locked >= sizeof *f + entries;
	crypt_wipe(&slots, sizeof slots);
	failed = take_all(f, error);
	if (failed < 0)
		keyfile_close(f);
	else
		*ret_keyfile = f;
	return failed;
}

void keyfile_close(struct keyfile *f)
{
	secret_unmap(f, f->bytes, sizeof *f + (size_t)f->slots.n * sizeof(struct entry));
}

/* Finding and making */

const uint8_t *keyfile_find(const struct keyfile *f, const struct key_id *id)
{
	ASSERT(id->kind != KEY_NONE && id->kind != KEY_SECRET);
	uint32_t slot = find(f, id);
	return slot == NO_SLOT ? NULL : f->entries[slot].key;
}

int keyfile_make(struct keyfile *f, const struct key_id *id, const uint8_t **ret_key, struct error *error)
{
	const uint8_t *found = keyfile_find(f, id);
	struct record record = {.id = *id, .n = CRYPT_KEY_BYTES};
	uint32_t slot = 0;
	int failed = found ? 0 : key_id_check(id, error);
	if (!found && failed == 0) {
		crypt_random(record.value, CRYPT_KEY_BYTES);
		failed = place_record(f, &record, &slot, error);
		crypt_wipe(record.value, sizeof record.value);
	}
	if (failed < 0)
		return failed;
	if (!found) {
		insert(f, slot);
		if (id->kind == KEY_SUBJECT && f->watcher.made)
			f->watcher.made(f->watcher.context, slot);
	}
	*ret_key = found ? found : f->entries[slot].key;
	return 0;
}

int keyfile_sync(struct keyfile *f, struct error *error)
{
	if (!f->failed && f->dirty) {
		struct error failure;
		if (file_sync(f->slots.file, &failure) < 0)
			keyfile_fail(f, &failure);
		else
			f->dirty = false;
	}
	if (f->failed && error)
		*error = f->failure;
	return f->failed ? (int)f->failure.code : 0;
}

void keyfile_fail(struct keyfile *f, const struct error *error)
{
	if (!f->failed)
		f->failure = *error;
	f->failed = true;
}

/* Destroying */

static int check_empty(const struct keyfile *f, uint32_t slot, struct error *error)
{
	uint8_t records[1][RECORD_BYTES];
	bool whole;
	int failed = slots_read(&f->slots, slot, 1, records, &whole, error);
	if (failed == 0 && (!whole || !crypt_is_zero(records[0], RECORD_BYTES))) {
		error_set(error, ERROR_SYSTEM, "a key was overwritten, and something else was read back");
		at_slot(error, slot);
		failed = error_remedy(error, "Do not trust this disk: move the mission to another, then rekey.");
	}
	crypt_wipe(records, sizeof records);
	return failed;
}

/* In memory they are gone whatever the disk says. */
static int destroy_slots(struct keyfile *f, const uint32_t *slots, size_t n, struct error *error)
{
	int failed = 0;
	for (size_t i = 0; i < n; i++)
		forget(f, slots[i]);
	for (size_t i = 0; failed == 0 && i < n; i++)
		failed = empty_slot(f, slots[i], error);
	if (failed == 0)
		failed = keyfile_sync(f, error);
	for (size_t i = 0; failed == 0 && i < n; i++)
		failed = check_empty(f, slots[i], error);
	return failed;
}

int keyfile_destroy(struct keyfile *f, const struct key_id *ids, size_t n, struct error *error)
{
	uint32_t slots[KEYFILE_DESTROY_MAX];
	size_t n_slots = 0;
	ASSERT(n <= KEYFILE_DESTROY_MAX);
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = find(f, &ids[i]);
		bool twice = false;
		for (size_t k = 0; k < n_slots; k++)
			twice |= slots[k] == slot;
		if (slot != NO_SLOT && !twice)
			slots[n_slots++] = slot;
	}
	if (n_slots > 0 && f->watcher.destroying)
		f->watcher.destroying(f->watcher.context);
	return n_slots > 0 ? destroy_slots(f, slots, n_slots, error) : 0;
}

/* Secrets */

int keyfile_secret(const struct keyfile *f, const struct key_id *id, uint8_t ret_value[RECORD_VALUE_BYTES_MAX],
		   struct error *error)
{
	uint8_t records[1][RECORD_BYTES];
	struct record record = {.n = 0};
	bool whole;
	ASSERT(id->kind == KEY_SECRET);
	uint32_t slot = find(f, id);
	if (slot == NO_SLOT)
		return 0;
	int failed = slots_read(&f->slots, slot, 1, records, &whole, error);
	if (failed == 0 &&
	    (!whole || record_read(records[0], &record, NULL) < 0 || !is_called(f, &f->entries[slot], &record.id))) {
		error_set(error, ERROR_RECORD, "a secret is no longer in its slot");
		failed = at_slot(error, slot);
	}
	if (failed == 0)
		memcpy(ret_value, record.value, record.n);
	int n = (int)record.n;
	crypt_wipe(records, sizeof records);
	crypt_wipe(&record, sizeof record);
	return failed < 0 ? failed : n;
}

int keyfile_put_secret(struct keyfile *f, const struct key_id *id, const uint8_t *value, size_t n, struct error *error)
{
	struct record record = {.id = *id, .n = n};
	uint32_t slot = 0, old = find(f, id);
	ASSERT(id->kind == KEY_SECRET && n >= 1 && n <= RECORD_VALUE_BYTES_MAX);
	int failed = key_id_check(id, error);
	if (failed < 0)
		return failed;
	memcpy(record.value, value, n);
	failed = place_record(f, &record, &slot, error);
	crypt_wipe(&record, sizeof record);
	if (failed == 0 && old != NO_SLOT)
		failed = keyfile_sync(f, error);
	if (failed == 0 && old != NO_SLOT)
		failed = destroy_slots(f, &old, 1, error);
	if (failed == 0)
		insert(f, slot);
	return failed;
}

/* Looking around */

bool keyfile_next(const struct keyfile *f, enum key_kind kind, uint32_t *cursor, struct key_id *ret_id)
{
	while (*cursor < f->slots.n) {
		const struct entry *e = &f->entries[(*cursor)++];
		if (e->kind != (uint8_t)kind)
			continue;
		*ret_id = id_of(f, e);
		return true;
	}
	return false;
}

const uint8_t *keyfile_at(const struct keyfile *f, uint32_t slot)
{
	ASSERT(slot < f->slots.n && f->entries[slot].kind != KEY_NONE && f->entries[slot].kind != KEY_SECRET);
	return f->entries[slot].key;
}

void keyfile_watch(struct keyfile *f, struct keyfile_watcher watcher)
{
	f->watcher = watcher;
}

void keyfile_state(const struct keyfile *f, struct keyfile_state *ret_state)
{
	struct keyfile_state state = {.generation = f->slots.generation,
				      .slots = f->slots.n,
				      .room = f->slots_max,
				      .torn = f->torn,
				      .locked = f->locked};
	for (int kind = KEY_NONE + 1; kind < KEY_KINDS; kind++) {
		state.used[kind] = f->used[kind];
		state.room -= f->used[kind];
	}
	*ret_state = state;
}

/* Another root key */

const uint8_t *keyfile_root(const struct keyfile *f)
{
	return f->slots.root;
}

int keyfile_copy_begin(struct keyfile *f, struct file to, const uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	ASSERT(!f->copying);
	f->copying = true;
	f->copy_failed = false;
	return slots_begin(&f->copy, to, root, f->slots.generation + 1, error);
}

static int copy_some(struct keyfile *f, uint32_t count, struct error *error)
{
	uint8_t records[SLOTS_CHUNK][RECORD_BYTES];
	bool whole[SLOTS_CHUNK];
	uint32_t first = f->copy.n;
	int failed = slots_read(&f->slots, first, count, records, whole, error);
	for (uint32_t i = 0; failed == 0 && i < count; i++)
		if (!whole[i])
			failed = error_set(error, ERROR_RECORD, "slot %u no longer opens", first + i);
	if (failed == 0)
		failed = slots_write(&f->copy, first, count, records, error);
	crypt_wipe(records, sizeof records);
	return failed;
}

int keyfile_copy_step(struct keyfile *f, struct error *error)
{
	ASSERT(f->copying);
	int failed = f->copy_failed ? (int)f->copy_failure.code : 0;
	if (failed < 0 && error)
		*error = f->copy_failure;
	for (uint32_t done = 0; failed == 0 && done < KEYFILE_COPY_SLOTS && f->copy.n < f->slots.n;) {
		uint32_t left = f->slots.n - f->copy.n, count = left < SLOTS_CHUNK ? left : SLOTS_CHUNK;
		failed = copy_some(f, count, error);
		done += count;
	}
	if (failed < 0)
		return failed;
	if (f->copy.n == f->slots.n)
		return slots_finish(&f->copy, error);
	failed = file_sync(f->copy.file, error);
	return failed < 0 ? failed : 1;
}

const uint8_t *keyfile_copy_root(const struct keyfile *f)
{
	ASSERT(f->copying);
	return f->copy.root;
}

void keyfile_copy_take(struct keyfile *f)
{
	ASSERT(f->copying && f->copy.n == f->slots.n);
	f->slots = f->copy;
	f->dirty = false;
	keyfile_copy_drop(f);
}

void keyfile_copy_drop(struct keyfile *f)
{
	crypt_wipe(&f->copy, sizeof f->copy);
	f->copying = false;
}
