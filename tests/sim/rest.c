#include "sim/rest.h"

#include "keys/stream.h"
#include "sim/trace.h"

enum { PLAIN_BYTES_MAX = 64 << 20, SNAPSHOT_AT = 4096 };

static void check_write(void *context, const char *name, const uint8_t *bytes, size_t n)
{
	const struct rest *rest = context;
	const struct values *values = rest->ledger->values;
	uint32_t value;
	for (size_t at = 0; values_find(values, bytes, n, &at, &value);)
		MUST(!value_is_sealed(values->at[value].kind), "%s is written with the %s of person %llu in clear",
		     name, value_kind_name(values->at[value].kind), (unsigned long long)values->at[value].person);
}

void rest_init(struct rest *rest, struct machine *machine, struct ledger *ledger)
{
	*rest = (struct rest){.machine = machine, .ledger = ledger};
	disk_watch(machine->disk, check_write, rest);
}

void rest_release(struct rest *rest)
{
	for (size_t i = 0; i < rest->n_copies; i++)
		free(rest->copies[i].at);
}

/* Keys of what is forgotten */

static struct key_id key_of(const struct ledger *ledger, const struct ledger_forgetting *row)
{
	if (row->person != 0)
		return key_of_subject(STR("person"), row->person);
	return key_of_month(ledger->months[row->month].keep, ledger->months[row->month].month);
}

void rest_catch_up(struct rest *rest)
{
	const struct ledger *ledger = rest->ledger;
	for (; rest->n_doomed < ledger->n_forgettings; rest->n_doomed++) {
		struct key_id id = key_of(ledger, &ledger->forgettings[rest->n_doomed]);
		const uint8_t *key = keyfile_find(rest->machine->keys.file, &id);
		struct rest_doomed *doomed = &rest->doomed[rest->n_doomed];
		ASSERT(rest->n_doomed < REST_DOOMED_MAX);
		doomed->there = key != NULL;
		if (key)
			memcpy(doomed->key, key, CRYPT_KEY_BYTES);
	}
}

void rest_copy(struct rest *rest)
{
	static const char *const names[] = {"snapshot.0", "snapshot.1"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const uint8_t *bytes;
		size_t n;
		if (!disk_bytes_of(rest->machine->disk, names[i], &bytes, &n) || n <= SNAPSHOT_AT)
			continue;
		struct rest_copy *copy = &rest->copies[rest->n_copies % REST_COPIES_MAX];
		if (rest->n_copies >= REST_COPIES_MAX)
			free(copy->at);
		else
			rest->n_copies++;
		*copy = (struct rest_copy){malloc(n), n};
		ASSERT(copy->at);
		memcpy(copy->at, bytes, n);
	}
}

/* Every key that lies in any file of keys */

struct found {
	struct rest *rest;
	struct record *records; /* of kind snapshot, whoever's */
	size_t n;
	const char *name;
	struct arena plain;
};

void rest_restore(struct rest *rest)
{
	for (size_t i = 0; i < rest->n_doomed; i++)
		if (rest->doomed[i].there && rest->ledger->forgettings[i].is_erased && rest->n_gone < REST_DOOMED_MAX)
			memcpy(rest->gone[rest->n_gone++], rest->doomed[i].key, CRYPT_KEY_BYTES);
	rest->n_doomed = 0;
	rest->erased = 0;
}

static bool is_doomed(const struct rest *rest, const uint8_t *key)
{
	for (size_t i = 0; i < rest->n_gone; i++)
		if (memcmp(rest->gone[i], key, CRYPT_KEY_BYTES) == 0)
			return true;
	for (size_t i = 0; i < rest->n_doomed; i++)
		if (rest->doomed[i].there && rest->ledger->forgettings[i].is_erased &&
		    memcmp(rest->doomed[i].key, key, CRYPT_KEY_BYTES) == 0)
			return true;
	return false;
}

static void take_record(struct found *found, const uint8_t bytes[RECORD_BYTES])
{
	struct record record;
	if (record_read(bytes, &record, NULL) < 0 || record.id.kind == KEY_NONE)
		return;
	MUST(!is_doomed(found->rest, record.value), "%s holds a key of what was forgotten", found->name);
	if (record.id.kind == KEY_SNAPSHOT && found->n < REST_KEYS_MAX)
		found->records[found->n++] = record;
}

static void look_at_slots(struct found *found, const uint8_t root[CRYPT_KEY_BYTES], const uint8_t *bytes, size_t n)
{
	uint8_t place[SLOTS_BEGIN_BYTES + 8], plain[RECORD_BYTES];
	if (n < SLOTS_HEADER_BYTES)
		return;
	memcpy(place, bytes, SLOTS_BEGIN_BYTES);
	for (size_t slot = 0; SLOTS_HEADER_BYTES + (slot + 1) * SLOT_BYTES <= n; slot++) {
		crypt_put_le(place + SLOTS_BEGIN_BYTES, slot, 8);
		const uint8_t *wrapped = bytes + SLOTS_HEADER_BYTES + slot * SLOT_BYTES;
		if (crypt_unwrap(root, (struct str){(const char *)place, sizeof place}, wrapped, plain, sizeof plain) &&
		    plain[0] != KEY_NONE)
			take_record(found, plain);
	}
}

/* The first slot tells whether the file is under this root key: a file that is being written begins with it too. */
static void look_at_file(void *context, const char *name, const uint8_t *bytes, size_t n)
{
	struct found *found = context;
	struct rest *rest = found->rest;
	for (size_t i = 0; n > 0 && i < rest->n_doomed; i++)
		MUST(!rest->doomed[i].there || !rest->ledger->forgettings[i].is_erased ||
			 !memmem(bytes, n, rest->doomed[i].key, CRYPT_KEY_BYTES),
		     "%s holds a key of what was forgotten, in clear", name);
	if (strncmp(name, "subjects", 8) != 0 || n <= SLOTS_HEADER_BYTES)
		return;
	found->name = name;
	for (size_t i = 0; i < rest->machine->n_roots; i++)
		look_at_slots(found, rest->machine->roots[i], bytes, n);
}

/* Snapshots */

static int put_plain(void *context, const void *bytes, size_t n, struct error *error)
{
	struct buf *plain = context;
	(void)error;
	buf_put(plain, bytes, n);
	return 0;
}

/* What opens of the stream, as far as it does. */
static void look_into(struct found *found, const char *name, const uint8_t *bytes, size_t n)
{
	static struct stream stream;
	const struct values *values = found->rest->ledger->values;
	uint32_t value;
	if (n <= SNAPSHOT_AT)
		return;
	for (size_t i = 0; i < found->n; i++) {
		arena_clear(&found->plain);
		struct buf plain = arena_buf(&found->plain);
		stream_open_begin(&stream, found->records[i].value, (struct stream_sink){&plain, put_plain});
		if (stream_open_put(&stream, bytes + SNAPSHOT_AT, n - SNAPSHOT_AT, NULL) == 0)
			stream_open_end(&stream, (uint8_t[STREAM_HASH_BYTES]){0}, NULL);
		stream_release(&stream);
		for (size_t at = 0; values_find(values, plain.at, plain.len, &at, &value);)
			MUST(!values->at[value].is_erased || !value_is_sealed(values->at[value].kind),
			     "%s opens, and holds the %s of person %llu, who is forgotten", name,
			     value_kind_name(values->at[value].kind), (unsigned long long)values->at[value].person);
	}
}

static void look_at_snapshot(void *context, const char *name, const uint8_t *bytes, size_t n)
{
	if (strncmp(name, "snapshot", 8) == 0)
		look_into(context, name, bytes, n);
}

bool rest_check(struct rest *rest)
{
	struct found found = {.rest = rest, .plain = arena_map(PLAIN_BYTES_MAX)};
	if (rest->erased == rest->ledger->erased) {
		arena_unmap(&found.plain);
		return false;
	}
	rest->erased = rest->ledger->erased;
	found.records = calloc(REST_KEYS_MAX, sizeof *found.records);
	ASSERT(found.records);
	disk_look(rest->machine->disk, look_at_file, &found);
	disk_look(rest->machine->disk, look_at_snapshot, &found);
	for (size_t i = 0; i < rest->n_copies; i++)
		look_into(&found, "a snapshot that was copied", rest->copies[i].at, rest->copies[i].n);
	free(found.records);
	arena_unmap(&found.plain);
	return true;
}
