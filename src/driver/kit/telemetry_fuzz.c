/* A telemetry store that somebody else wrote. The first byte says how: 0, the bytes are the file; else each 256
 * of them are the beginning of a block, sealed with the store's key. Whatever it is: it opens, is walked and
 * hashed within its bounds, and takes records. */
#include "driver/kit/memory_file_test.h"
#include "driver/kit/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCKS = 8, PIECE = 256 };

static struct memory_file memory;
static struct telemetry t;
static const uint8_t key[SEAL_KEY_BYTES] = {1};

static void put_sealed(struct file file, size_t place, const uint8_t *piece, size_t n)
{
	static uint8_t block[TELEMETRY_BLOCK_BYTES];
	uint8_t *plain = block + TELEMETRY_HEAD_BYTES + SEAL_NONCE_BYTES;
	memset(block, 0, sizeof block);
	memcpy(block, piece, n < TELEMETRY_HEAD_BYTES ? n : TELEMETRY_HEAD_BYTES);
	if (n > TELEMETRY_HEAD_BYTES)
		memcpy(plain, piece + TELEMETRY_HEAD_BYTES, n - TELEMETRY_HEAD_BYTES);
	seal_put(key, block, TELEMETRY_HEAD_BYTES, plain, TELEMETRY_PLAIN_BYTES, block + TELEMETRY_HEAD_BYTES);
	file_write(file, place * TELEMETRY_BLOCK_BYTES, block, sizeof block, NULL);
}

static bool visit(void *context, const struct telemetry_record *record)
{
	uint64_t *records = context;
	uint8_t sum = 0;
	for (size_t i = 0; i < record->bytes.len; i++)
		sum ^= (uint8_t)record->bytes.at[i];
	++*records;
	return sum != 77;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file file = memory_file(&memory);
	uint64_t walked = 0, hashed;
	uint8_t hash[TELEMETRY_HASH_BYTES];
	if (size == 0)
		return 0;
	seal_load();
	bool sealed = *data++;
	size--;
	if (!sealed)
		file_write(file, 0, data, size, NULL);
	for (size_t place = 0; sealed && place < BLOCKS && place * PIECE < size; place++)
		put_sealed(file, place, data + place * PIECE,
			   size - place * PIECE < PIECE ? size - place * PIECE : PIECE);
	ASSERT(telemetry_open(&t, file, BLOCKS, 1000, key, NULL) == 0);
	ASSERT(telemetry_walk(&t, INT64_MIN, INT64_MAX, visit, &walked, NULL) == 0);
	ASSERT(telemetry_hash(&t, INT64_MIN, INT64_MAX, hash, &hashed, NULL) == 0 && hashed >= walked);
	struct telemetry_record record = {5000, 1, STR("a record")};
	ASSERT(telemetry_put(&t, &record, NULL) == 0 && telemetry_flush(&t, 5000, NULL) == 0);
	walked = 0;
	ASSERT(telemetry_walk(&t, 5000, 5001, visit, &walked, NULL) == 0 && walked >= 1);
	return 0;
}
