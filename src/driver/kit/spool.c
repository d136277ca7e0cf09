#include "driver/kit/spool.h"

#include "driver/kit/little.h"

enum { NUMBER_BYTES = 8, PLAIN_BYTES = SPOOL_RECORD_BYTES - NUMBER_BYTES - SEAL_MORE_BYTES, BODY_AT = 10 };
enum { PIECE_RECORDS = 64 };

static uint64_t place_at(uint32_t place)
{
	return SPOOL_HEAD_BYTES + (uint64_t)place * SPOOL_RECORD_BYTES;
}

/* What a record is sealed for. */
struct record_place {
	char what[8];
	uint8_t number[NUMBER_BYTES];
};

static struct record_place record_place(const uint8_t *number)
{
	struct record_place place = {"record", {0}};
	memcpy(place.number, number, NUMBER_BYTES);
	return place;
}

/* Opens a record where it lies; its plain bytes, or NULL. */
static const uint8_t *open_record(const struct spool *spool, uint8_t *record, size_t *ret_n)
{
	struct record_place place = record_place(record);
	uint8_t *sealed = record + NUMBER_BYTES, *plain = sealed + SEAL_NONCE_BYTES;
	if (!seal_open(spool->key, &place, sizeof place, sealed, PLAIN_BYTES + SEAL_MORE_BYTES, plain))
		return NULL;
	*ret_n = (size_t)little_get(plain + 8, 2);
	return *ret_n <= SPOOL_BYTES_MAX ? plain : NULL;
}

/* Finding what waits */

struct scan {
	uint64_t settled, newest; /* the greatest of each */
	uint32_t place;		  /* of the newest */
};

static void scan_record(struct spool *spool, struct scan *scan, uint32_t place, uint8_t *record)
{
	uint64_t number = little_get(record, NUMBER_BYTES);
	size_t n;
	const uint8_t *plain = number > 0 && number < SPOOL_NUMBERS ? open_record(spool, record, &n) : NULL;
	spool->unreadable += number > 0 && !plain;
	if (!plain)
		return;
	if (number > scan->newest) {
		scan->newest = number;
		scan->place = place;
	}
	uint64_t settled = little_get(plain, 8);
	if (settled < number && settled > scan->settled)
		scan->settled = settled;
}

static int scan_file(struct spool *spool, struct scan *scan, struct arena *scratch, struct error *error)
{
	uint64_t bytes;
	int code = file_size(spool->file, &bytes, error);
	if (code < 0)
		return code;
	uint8_t *piece = ARENA_TAKE(scratch, uint8_t, PIECE_RECORDS * SPOOL_RECORD_BYTES);
	uint64_t there = bytes > SPOOL_HEAD_BYTES ? (bytes - SPOOL_HEAD_BYTES) / SPOOL_RECORD_BYTES : 0;
	uint32_t places = there < spool->places ? (uint32_t)there : spool->places;
	for (uint32_t from = 0; from < places && code == 0; from += PIECE_RECORDS) {
		uint32_t n = places - from < PIECE_RECORDS ? places - from : PIECE_RECORDS;
		code = file_read(spool->file, place_at(from), piece, (size_t)n * SPOOL_RECORD_BYTES, error);
		for (uint32_t i = 0; i < n && code == 0; i++)
			scan_record(spool, scan, from + i, piece + (size_t)i * SPOOL_RECORD_BYTES);
	}
	return code;
}

static void take_scan(struct spool *spool, const struct scan *scan)
{
	spool->first = (int64_t)scan->settled + 1;
	spool->next = scan->newest > scan->settled ? (int64_t)scan->newest + 1 : spool->first;
	/* Older ones than the ring has places are written over. */
	if (spool->next - spool->first > spool->places)
		spool->first = spool->next - spool->places;
	spool->place = scan->newest > 0 ? (scan->place + 1) % spool->places : 0;
}

static void take_names(struct str value, struct spool_names *ret_names)
{
	const uint8_t *at = (const uint8_t *)value.at;
	ASSERT(value.len == SPOOL_NAMES_BYTES);
	memcpy(ret_names->boot, at, SPOOL_BOOT_BYTES);
	ret_names->base = (int64_t)little_get(at + 8, 8);
	ret_names->unsure = (int64_t)little_get(at + 16, 8);
	memcpy(ret_names->machine, at + 24, SPOOL_BOOT_BYTES);
}

/* Sequences begin at 1: what the names would give less was settled when they were made. Names of records that
 * are not there any more are none. */
static int read_names(struct spool *spool, const struct spool_names *fresh, bool *ret_new, struct error *error)
{
	struct str value;
	struct spool_names names = *fresh;
	spool->head = pair_at(spool->file, 0, "names", SPOOL_NAMES_BYTES, spool->key, spool->head_memory);
	int found = pair_read(&spool->head, &value, error);
	if (found < 0 && found != ERROR_RECORD)
		return found;
	if (found == 1 && value.len == SPOOL_NAMES_BYTES)
		take_names(value, &names);
	*ret_new = found != 1 || value.len != SPOOL_NAMES_BYTES || names.base < 0 || names.base >= spool->next;
	if (*ret_new) {
		names = *fresh;
		names.base = spool->first - 1;
		names.unsure = 0;
	}
	spool_settle(spool, names.base);
	bool same_start = memcmp(names.machine, fresh->machine, SPOOL_BOOT_BYTES) == 0;
	if (!same_start && names.unsure == 0)
		names.unsure = spool->next;
	memcpy(names.machine, fresh->machine, SPOOL_BOOT_BYTES);
	spool->names = names;
	return *ret_new || !same_start ? spool_name(spool, &names, error) : 0;
}

int spool_open(struct spool *spool, struct file file, uint32_t places, const uint8_t *key,
	       const struct spool_names *fresh, struct arena *scratch, bool *ret_new, struct error *error)
{
	struct scan scan = {0};
	ASSERT(places > 0 && places <= SPOOL_RECORDS_MAX);
	*spool = (struct spool){.file = file, .places = places, .key = key};
	int code = scan_file(spool, &scan, scratch, error);
	if (code < 0)
		return code;
	take_scan(spool, &scan);
	return read_names(spool, fresh, ret_new, error);
}

/* Putting and getting */

static int begin_again(struct spool *spool, struct error *error)
{
	bool is_long = spool->place > SPOOL_LONG_RECORDS;
	spool->place = 0;
	return is_long ? file_resize(spool->file, SPOOL_HEAD_BYTES, error) : 0;
}

static int make_room(struct spool *spool, struct error *error)
{
	if (spool->first == spool->next)
		return begin_again(spool, error);
	if (spool->next - spool->first < spool->places)
		return 0;
	return error_set(error, ERROR_LIMIT, "%u reports wait for the core, and no more are kept", spool->places);
}

int spool_put(struct spool *spool, struct str bytes, struct error *error)
{
	uint8_t *record = spool->record, *plain = record + NUMBER_BYTES + SEAL_NONCE_BYTES;
	int code = make_room(spool, error);
	if (code < 0)
		return code;
	ASSERT(bytes.len <= SPOOL_BYTES_MAX);
	memset(plain, 0, PLAIN_BYTES);
	little_put(record, (uint64_t)spool->next, NUMBER_BYTES);
	little_put(plain, (uint64_t)spool->first - 1, 8);
	little_put(plain + 8, bytes.len, 2);
	memcpy(plain + BODY_AT, bytes.at, bytes.len);
	struct record_place place = record_place(record);
	seal_put(spool->key, &place, sizeof place, plain, PLAIN_BYTES, record + NUMBER_BYTES);
	code = file_write(spool->file, place_at(spool->place), record, SPOOL_RECORD_BYTES, error);
	if (code < 0)
		return code;
	spool->next++;
	spool->place = (spool->place + 1) % spool->places;
	spool->unsynced++;
	return 0;
}

int spool_get(struct spool *spool, int64_t number, struct buf *ret_bytes, struct error *error)
{
	ASSERT(number >= spool->first && number < spool->next);
	uint32_t back = (uint32_t)(spool->next - number);
	uint64_t at = place_at((spool->place + spool->places - back) % spool->places), bytes;
	const uint8_t *plain = NULL;
	size_t n = 0;
	int code = file_size(spool->file, &bytes, error);
	if (code == 0 && at + SPOOL_RECORD_BYTES <= bytes) {
		code = file_read(spool->file, at, spool->record, SPOOL_RECORD_BYTES, error);
		if (code == 0 && little_get(spool->record, NUMBER_BYTES) == (uint64_t)number)
			plain = open_record(spool, spool->record, &n);
	}
	if (code == 0 && !plain)
		code = error_set(error, ERROR_RECORD, "a report that was kept does not open");
	if (code == 0)
		buf_put(ret_bytes, plain + BODY_AT, n);
	return code;
}

void spool_settle(struct spool *spool, int64_t number)
{
	ASSERT(number < spool->next);
	if (number >= spool->first)
		spool->first = number + 1;
}

int spool_name(struct spool *spool, const struct spool_names *names, struct error *error)
{
	uint8_t value[SPOOL_NAMES_BYTES];
	spool->names = *names;
	memcpy(value, names->boot, SPOOL_BOOT_BYTES);
	little_put(value + 8, (uint64_t)names->base, 8);
	little_put(value + 16, (uint64_t)names->unsure, 8);
	memcpy(value + 24, names->machine, SPOOL_BOOT_BYTES);
	int code = pair_write(&spool->head, value, sizeof value, error);
	return code < 0 ? code : pair_sync(&spool->head, error);
}

int spool_sync(struct spool *spool, struct error *error)
{
	int code = file_sync(spool->file, error);
	if (code == 0)
		spool->unsynced = 0;
	return code;
}
