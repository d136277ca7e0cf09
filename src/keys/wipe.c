#include "keys/wipe.h"

#include <sodium.h>

/* Random bytes that can be made again, to compare: those of the block that begins there, under this seed. */
static void fill(const uint8_t seed[CRYPT_KEY_BYTES], uint64_t at, uint8_t ret_block[WIPE_BLOCK_BYTES])
{
	uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES] = {0};
	crypt_put_le(nonce, at, 8);
	crypto_stream_xchacha20(ret_block, WIPE_BLOCK_BYTES, nonce, seed);
}

/* How much of the block that begins there is the file's: it never grows, a full disk must not keep it from being wiped. */
static size_t part_of(const struct wipe *wipe, uint64_t at)
{
	return wipe->size - at < WIPE_BLOCK_BYTES ? (size_t)(wipe->size - at) : WIPE_BLOCK_BYTES;
}

static int overwrite(const struct wipe *wipe, uint64_t end, uint8_t *block, struct error *error)
{
	int failed = 0;
	for (uint64_t at = wipe->at; failed == 0 && at < end; at += WIPE_BLOCK_BYTES) {
		fill(wipe->seed, at, block);
		failed = file_write(wipe->file, at, block, part_of(wipe, at), error);
	}
	return failed < 0 ? failed : file_sync(wipe->file, error);
}

static int compare(const struct wipe *wipe, uint64_t end, uint8_t *block, struct error *error)
{
	uint8_t found[WIPE_BLOCK_BYTES];
	int failed = 0;
	for (uint64_t at = wipe->at; failed == 0 && at < end; at += WIPE_BLOCK_BYTES) {
		size_t n = part_of(wipe, at);
		fill(wipe->seed, at, block);
		failed = file_read(wipe->file, at, found, n, error);
		if (failed == 0 && memcmp(block, found, n) != 0) {
			error_set(error, ERROR_SYSTEM, "a file was overwritten, and something else was read back");
			failed = error_remedy(error, "Do not trust this disk: destroy it.");
		}
	}
	return failed;
}

int wipe_begin(struct wipe *wipe, struct file file, struct error *error)
{
	*wipe = (struct wipe){.file = file};
	crypt_random(wipe->seed, sizeof wipe->seed);
	return file_size(file, &wipe->size, error);
}

int wipe_step(struct wipe *wipe, size_t blocks, struct error *error)
{
	uint8_t block[WIPE_BLOCK_BYTES];
	uint64_t left = (wipe->size - wipe->at + WIPE_BLOCK_BYTES - 1) / WIPE_BLOCK_BYTES;
	uint64_t end = blocks < left ? wipe->at + blocks * WIPE_BLOCK_BYTES : wipe->size;
	int failed = overwrite(wipe, end, block, error);
	if (failed == 0)
		failed = compare(wipe, end, block, error);
	wipe->at = end;
	if (failed < 0 || end < wipe->size)
		return failed < 0 ? failed : 1;
	failed = file_resize(wipe->file, 0, error);
	return failed < 0 ? failed : file_sync(wipe->file, error);
}

int file_wipe(struct file file, uint64_t *ret_bytes, struct error *error)
{
	struct wipe wipe;
	int failed = wipe_begin(&wipe, file, error);
	if (failed == 0)
		failed = wipe_step(&wipe, SIZE_MAX, error);
	if (failed == 0 && ret_bytes)
		*ret_bytes = wipe.size;
	return failed;
}
