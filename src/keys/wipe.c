#include "keys/wipe.h"

#include "keys/crypt.h"

#include <sodium.h>

enum { BLOCK_BYTES = 65536 };

/* Random bytes that can be made again, to compare: those of the block that begins there, under this seed. */
static void fill(const uint8_t seed[CRYPT_KEY_BYTES], uint64_t at, uint8_t ret_block[BLOCK_BYTES])
{
	uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES] = {0};
	crypt_put_le(nonce, at, 8);
	crypto_stream_xchacha20(ret_block, BLOCK_BYTES, nonce, seed);
}

/* How much of the block that begins there is the file's: it never grows, a full disk must not keep it from being wiped. */
static size_t part_of(uint64_t size, uint64_t at)
{
	return size - at < BLOCK_BYTES ? (size_t)(size - at) : BLOCK_BYTES;
}

static int overwrite(struct file file, const uint8_t *seed, uint64_t size, uint8_t *block, struct error *error)
{
	int failed = 0;
	for (uint64_t at = 0; failed == 0 && at < size; at += BLOCK_BYTES) {
		fill(seed, at, block);
		failed = file_write(file, at, block, part_of(size, at), error);
	}
	return failed < 0 ? failed : file_sync(file, error);
}

static int compare(struct file file, const uint8_t *seed, uint64_t size, uint8_t *block, uint8_t *found,
		   struct error *error)
{
	int failed = 0;
	for (uint64_t at = 0; failed == 0 && at < size; at += BLOCK_BYTES) {
		size_t n = part_of(size, at);
		fill(seed, at, block);
		failed = file_read(file, at, found, n, error);
		if (failed == 0 && memcmp(block, found, n) != 0) {
			error_set(error, ERROR_SYSTEM, "a file was overwritten, and something else was read back");
			failed = error_remedy(error, "Do not trust this disk: destroy it.");
		}
	}
	return failed;
}

int file_wipe(struct file file, uint64_t *ret_bytes, struct error *error)
{
	uint8_t seed[CRYPT_KEY_BYTES], block[BLOCK_BYTES], found[BLOCK_BYTES];
	uint64_t size;
	int failed = file_size(file, &size, error);
	if (failed < 0)
		return failed;
	crypt_random(seed, sizeof seed);
	failed = overwrite(file, seed, size, block, error);
	if (failed == 0)
		failed = compare(file, seed, size, block, found, error);
	if (failed == 0)
		failed = file_resize(file, 0, error);
	if (failed == 0)
		failed = file_sync(file, error);
	if (failed == 0 && ret_bytes)
		*ret_bytes = size;
	return failed;
}
