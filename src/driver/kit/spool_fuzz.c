/* A spool that somebody else wrote. The first byte says how: 0, the bytes are the file; else they are cut into
 * records of 64 bytes, each of which is sealed with the spool's key (number and all), so that the fuzzer gets
 * behind the cipher. Whatever it is: it opens, what waits can be asked for, reports go in and come out again,
 * and another process finds them. */
#include "driver/kit/memory_file_test.h"
#include "driver/kit/little.h"
#include "driver/kit/outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLACES = 32, PIECE = 64, PLAIN_BYTES = SPOOL_RECORD_BYTES - 8 - SEAL_MORE_BYTES };

static struct memory_file memory;
static struct spool spool;
static struct outbox box;
static _Alignas(16) uint8_t scratch_memory[SPOOL_SCRATCH_BYTES + 4096];
static const uint8_t key[SEAL_KEY_BYTES] = {1};
static const struct spool_names fresh = {.boot = "boot one", .machine = "start 1"};

static void put_sealed(struct file file, size_t place, const uint8_t *piece, size_t n)
{
	struct {
		char what[8];
		uint8_t number[8];
	} where = {"record", {0}};
	uint8_t record[SPOOL_RECORD_BYTES] = {0}, *plain = record + 8 + SEAL_NONCE_BYTES;
	memcpy(record, piece, n < 8 ? n : 8);
	if (n > 8)
		memcpy(plain, piece + 8, n - 8);
	memcpy(where.number, record, 8);
	seal_put(key, &where, sizeof where, plain, PLAIN_BYTES, record + 8);
	file_write(file, SPOOL_HEAD_BYTES + place * SPOOL_RECORD_BYTES, record, sizeof record, NULL);
}

static void open_spool(struct file file)
{
	struct arena scratch = arena_over(scratch_memory, sizeof scratch_memory);
	bool is_new;
	ASSERT(spool_open(&spool, file, PLACES, key, &fresh, &scratch, &is_new, NULL) == 0);
	ASSERT(spool.first > 0 && spool.first <= spool.next && spool.next - spool.first <= PLACES);
	ASSERT(spool.names.base >= 0 && spool.names.base < spool.first && spool.place < PLACES);
	outbox_init(&box, &fresh);
	outbox_use(&box, &spool);
}

/* Everything to a core that knows nothing; how many came. */
static size_t drain(void)
{
	struct outbox_report report;
	int64_t sequence, expected = 1;
	size_t came = 0;
	ASSERT(outbox_config(&box, NULL, 0, (const uint8_t *)"boot new", NULL) == 0);
	for (enum outbox_found found;
	     (found = outbox_next(&box, 0, &sequence, &report)) != OUTBOX_NONE || box.sent < box.next;) {
		if (found == OUTBOX_GAP) {
			ASSERT(outbox_skip(&box, (const uint8_t *)"boot gap", NULL) == 0);
			expected = 1;
		} else if (found == OUTBOX_NEXT) {
			ASSERT(sequence == expected++);
			ASSERT(report.name.len <= OUTBOX_NAME_BYTES_MAX && report.body.len <= SPOOL_BYTES_MAX);
			outbox_sent(&box);
			came++;
			outbox_ack(&box, sequence);
		} else {
			WRONG("something waits, and is neither sent nor gone");
		}
	}
	ASSERT(outbox_waiting(&box) == 0);
	return came;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file file = memory_file(&memory);
	bool failed;
	if (size == 0)
		return 0;
	seal_load();
	bool sealed = *data++;
	size--;
	if (!sealed)
		file_write(file, 0, data, size < SPOOL_HEAD_BYTES * 2 ? size : SPOOL_HEAD_BYTES * 2, NULL);
	for (size_t place = 0; sealed && place < PLACES && place * PIECE < size; place++)
		put_sealed(file, place, data + place * PIECE,
			   size - place * PIECE < PIECE ? size - place * PIECE : PIECE);
	open_spool(file);
	drain();
	struct outbox_report report = {.kind = OUTBOX_REPORT, .name = STR("trial.happened"), .body = STR("{}")};
	for (int i = 0; i < 3; i++)
		ASSERT(outbox_put(&box, &report, true, &failed, NULL) > 0 && !failed);
	open_spool(file);
	ASSERT(drain() >= 3);
	return 0;
}
