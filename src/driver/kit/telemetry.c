#include "driver/kit/telemetry.h"

#include "driver/kit/little.h"

#include <sodium.h>

static uint64_t block_at(const struct telemetry *t, uint64_t number)
{
	return number % t->blocks * TELEMETRY_BLOCK_BYTES;
}

static struct telemetry_block *entry_of(struct telemetry *t, uint64_t number)
{
	return &t->at[number % t->blocks];
}

static void begin_block(struct telemetry *t, uint64_t number)
{
	t->number = number;
	t->newest_ms = 0;
	t->changed = false;
	t->used = 2;
}

int telemetry_open(struct telemetry *t, struct file file, uint32_t blocks, int64_t age_ms, const uint8_t *key,
		   struct error *error)
{
	uint64_t bytes, newest = 0;
	ASSERT(blocks > 1 && blocks <= TELEMETRY_BLOCKS_MAX);
	*t = (struct telemetry){.file = file, .blocks = blocks, .age_ms = age_ms, .key = key};
	int code = file_size(file, &bytes, error);
	for (uint32_t place = 0; place < blocks && code == 0; place++) {
		uint8_t head[TELEMETRY_HEAD_BYTES];
		if (bytes < (uint64_t)(place + 1) * TELEMETRY_BLOCK_BYTES)
			break;
		code = file_read(file, (uint64_t)place * TELEMETRY_BLOCK_BYTES, head, sizeof head, error);
		uint64_t number = little_get(head, 8);
		if (code < 0 || number == 0 || number >= INT64_MAX || number % blocks != place)
			continue;
		t->at[place] = (struct telemetry_block){number, (int64_t)little_get(head + 8, 8)};
		newest = number > newest ? number : newest;
	}
	begin_block(t, newest + 1);
	return code;
}

/* Writing */

static int write_block(struct telemetry *t, struct error *error)
{
	uint8_t *head = t->sealed;
	little_put(t->plain, t->used - 2, 2);
	memset(t->plain + t->used, 0, sizeof t->plain - t->used);
	little_put(head, t->number, 8);
	little_put(head + 8, (uint64_t)t->newest_ms, 8);
	seal_put(t->key, head, TELEMETRY_HEAD_BYTES, t->plain, sizeof t->plain, head + TELEMETRY_HEAD_BYTES);
	int code = file_write(t->file, block_at(t, t->number), t->sealed, sizeof t->sealed, error);
	if (code < 0)
		return code;
	*entry_of(t, t->number) = (struct telemetry_block){t->number, t->newest_ms};
	t->changed = false;
	return 0;
}

int telemetry_put(struct telemetry *t, const struct telemetry_record *record, struct error *error)
{
	ASSERT(record->bytes.len <= TELEMETRY_BYTES_MAX);
	if (TELEMETRY_RECORD_HEAD_BYTES + record->bytes.len > sizeof t->plain - t->used) {
		int code = write_block(t, error);
		if (code < 0)
			return code;
		begin_block(t, t->number + 1);
	}
	uint8_t *at = t->plain + t->used;
	little_put(at, (uint64_t)record->time_ms, 8);
	little_put(at + 8, record->kind, 2);
	little_put(at + 10, record->bytes.len, 2);
	if (record->bytes.len > 0)
		memcpy(at + TELEMETRY_RECORD_HEAD_BYTES, record->bytes.at, record->bytes.len);
	t->used += TELEMETRY_RECORD_HEAD_BYTES + record->bytes.len;
	t->newest_ms = record->time_ms;
	t->changed = true;
	return 0;
}

static int wipe_block(struct telemetry *t, uint32_t place, struct error *error)
{
	memset(t->sealed, 0, sizeof t->sealed);
	t->at[place].number = 0;
	return file_write(t->file, (uint64_t)place * TELEMETRY_BLOCK_BYTES, t->sealed, sizeof t->sealed, error);
}

int telemetry_flush(struct telemetry *t, int64_t now_ms, struct error *error)
{
	int code = t->changed ? write_block(t, error) : 0;
	for (uint32_t place = 0; place < t->blocks && code == 0; place++)
		if (t->at[place].number > 0 && t->at[place].number != t->number &&
		    t->at[place].newest_ms < now_ms - t->age_ms)
			code = wipe_block(t, place, error);
	return code;
}

/* Reading */

struct walk {
	int64_t from_ms, until_ms;
	bool (*visit)(void *context, const struct telemetry_record *record);
	void *context;
};

/* False: that was enough. */
static bool walk_records(const struct walk *walk, const uint8_t *at, size_t n)
{
	while (n >= TELEMETRY_RECORD_HEAD_BYTES) {
		struct telemetry_record record = {
		    (int64_t)little_get(at, 8),
		    (uint16_t)little_get(at + 8, 2),
		    {(const char *)at + TELEMETRY_RECORD_HEAD_BYTES, (size_t)little_get(at + 10, 2)}};
		size_t whole = TELEMETRY_RECORD_HEAD_BYTES + record.bytes.len;
		if (whole > n)
			return true;
		bool wanted = record.time_ms >= walk->from_ms && record.time_ms < walk->until_ms;
		if (wanted && !walk->visit(walk->context, &record))
			return false;
		at += whole;
		n -= whole;
	}
	return true;
}

static int walk_block(struct telemetry *t, uint64_t number, const struct walk *walk, bool *ret_more,
		      struct error *error)
{
	uint8_t *head = t->sealed, *plain = head + TELEMETRY_HEAD_BYTES + SEAL_NONCE_BYTES;
	int code = file_read(t->file, block_at(t, number), t->sealed, sizeof t->sealed, error);
	if (code < 0 || little_get(head, 8) != number ||
	    !seal_open(t->key, head, TELEMETRY_HEAD_BYTES, head + TELEMETRY_HEAD_BYTES,
		       sizeof t->sealed - TELEMETRY_HEAD_BYTES, plain))
		return code;
	size_t n = (size_t)little_get(plain, 2);
	if (n <= TELEMETRY_PLAIN_BYTES - 2)
		*ret_more = walk_records(walk, plain + 2, n);
	return 0;
}

int telemetry_walk(struct telemetry *t, int64_t from_ms, int64_t until_ms,
		   bool (*visit)(void *context, const struct telemetry_record *record), void *context,
		   struct error *error)
{
	struct walk walk = {from_ms, until_ms, visit, context};
	uint64_t first = t->number > t->blocks ? t->number - t->blocks : 1;
	bool more = true;
	int code = 0;
	for (uint64_t number = first; number < t->number && more && code == 0; number++)
		if (entry_of(t, number)->number == number && entry_of(t, number)->newest_ms >= from_ms)
			code = walk_block(t, number, &walk, &more, error);
	if (more && code == 0)
		walk_records(&walk, t->plain + 2, t->used - 2);
	return code;
}

struct hashing {
	crypto_hash_sha256_state state;
	uint64_t records;
};

static bool hash_record(void *context, const struct telemetry_record *record)
{
	struct hashing *hashing = context;
	const uint8_t *bytes = (const uint8_t *)record->bytes.at;
	crypto_hash_sha256_update(&hashing->state, bytes - TELEMETRY_RECORD_HEAD_BYTES,
				  TELEMETRY_RECORD_HEAD_BYTES + record->bytes.len);
	hashing->records++;
	return true;
}

int telemetry_hash(struct telemetry *t, int64_t from_ms, int64_t until_ms, uint8_t ret_hash[TELEMETRY_HASH_BYTES],
		   uint64_t *ret_records, struct error *error)
{
	struct hashing hashing = {.records = 0};
	crypto_hash_sha256_init(&hashing.state);
	int code = telemetry_walk(t, from_ms, until_ms, hash_record, &hashing, error);
	if (code < 0)
		return code;
	crypto_hash_sha256_final(&hashing.state, ret_hash);
	*ret_records = hashing.records;
	return 0;
}
