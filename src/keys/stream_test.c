#include "keys/stream.h"

#include "base/buf.h"
#include "base/test.h"

enum { BYTES_MAX = 3 * STREAM_CHUNK_BYTES + 200, CHUNK = STREAM_CHUNK_BYTES + STREAM_ADDED_BYTES };

static const uint8_t key[CRYPT_KEY_BYTES] = {1}, other_key[CRYPT_KEY_BYTES] = {2};
static uint8_t clear[BYTES_MAX], opened[BYTES_MAX], sealed[BYTES_MAX + 4 * STREAM_ADDED_BYTES + STREAM_HEADER_BYTES];
static struct stream stream;
static struct error error;

static int collect(void *context, const void *bytes, size_t n, struct error *failure)
{
	struct buf *b = context;
	buf_put(b, bytes, n);
	return b->over ? error_set(failure, ERROR_LIMIT, "full") : 0;
}

/* In pieces of so many bytes. */
static size_t seal(size_t n, size_t piece, uint8_t hash[STREAM_HASH_BYTES])
{
	struct buf b = BUF(sealed);
	crypt_init();
	for (size_t i = 0; i < n; i++)
		clear[i] = (uint8_t)(i * 7 + i / 256);
	CHECK_OK(stream_seal_begin(&stream, key, (struct stream_sink){&b, collect}, &error), &error);
	for (size_t done = 0; done < n; done += piece)
		CHECK_OK(stream_seal_put(&stream, clear + done, n - done < piece ? n - done : piece, &error), &error);
	CHECK_OK(stream_seal_end(&stream, hash, &error), &error);
	stream_release(&stream);
	return b.len;
}

static int open_with(const uint8_t with[CRYPT_KEY_BYTES], size_t n, size_t piece, size_t *ret_n,
		     uint8_t hash[STREAM_HASH_BYTES])
{
	struct buf b = BUF(opened);
	int failed = 0;
	stream_open_begin(&stream, with, (struct stream_sink){&b, collect});
	for (size_t done = 0; failed == 0 && done < n; done += piece)
		failed = stream_open_put(&stream, sealed + done, n - done < piece ? n - done : piece, &error);
	if (failed == 0)
		failed = stream_open_end(&stream, hash, &error);
	*ret_n = b.len;
	stream_release(&stream);
	return failed;
}

TEST(bytes_of_any_length_in_pieces_of_any_size_come_back)
{
	static const size_t lengths[] = {
	    0,	      1, STREAM_CHUNK_BYTES - 1, STREAM_CHUNK_BYTES, STREAM_CHUNK_BYTES + 1, 2 * STREAM_CHUNK_BYTES,
	    BYTES_MAX};
	static const size_t pieces[] = {1000, STREAM_CHUNK_BYTES, BYTES_MAX};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			uint8_t name[STREAM_HASH_BYTES], hash[STREAM_HASH_BYTES], by_hand[STREAM_HASH_BYTES];
			size_t n = seal(lengths[i], pieces[k], name), back = 0;
			CHECK_INT(n, stream_sealed_bytes(lengths[i]));
			crypto_hash_sha256(by_hand, sealed, n);
			CHECK(memcmp(name, by_hand, sizeof name) == 0);
			CHECK_OK(open_with(key, n, pieces[ARRAY_LEN(pieces) - 1 - k], &back, hash), &error);
			CHECK(back == lengths[i] && memcmp(clear, opened, back) == 0);
			CHECK(memcmp(name, hash, sizeof name) == 0);
			CHECK(n < 100 || !memmem(sealed, n, clear, 16));
		}
}

TEST(one_file_sealed_twice_is_two_names)
{
	uint8_t a[STREAM_HASH_BYTES], b[STREAM_HASH_BYTES];
	seal(100, 100, a);
	seal(100, 100, b);
	CHECK(memcmp(a, b, sizeof a) != 0);
}

TEST(what_was_changed_cut_short_lengthened_or_put_in_another_order_does_not_open)
{
	uint8_t hash[STREAM_HASH_BYTES];
	size_t n = seal(2 * STREAM_CHUNK_BYTES + 50, BYTES_MAX, hash), back = 0;
	CHECK_INT(open_with(other_key, n, n, &back, hash), ERROR_CRYPTO);
	CHECK(error.remedy[0]);
	for (size_t at = 0; at < n; at += at < 64 ? 1 : 9973) {
		sealed[at] ^= 1;
		CHECK_INT(open_with(key, n, n, &back, hash), ERROR_CRYPTO);
		sealed[at] ^= 1;
	}
	static const size_t cuts[] = {0,
				      1,
				      STREAM_HEADER_BYTES,
				      STREAM_HEADER_BYTES + 16,
				      STREAM_HEADER_BYTES + CHUNK,
				      STREAM_HEADER_BYTES + 2 * CHUNK,
				      STREAM_HEADER_BYTES + 2 * CHUNK + 40};
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		CHECK_INT(open_with(key, cuts[i], BYTES_MAX, &back, hash), ERROR_CRYPTO);
	sealed[n] = 0;
	CHECK_INT(open_with(key, n + 1, n + 1, &back, hash), ERROR_CRYPTO);
	for (size_t i = 0; i < CHUNK; i++) {
		uint8_t *first = sealed + STREAM_HEADER_BYTES + i, kept = *first;
		*first = first[CHUNK];
		first[CHUNK] = kept;
	}
	CHECK_INT(open_with(key, n, n, &back, hash), ERROR_CRYPTO);
}

TEST(an_error_of_the_sink_ends_the_stream)
{
	struct buf small = {.at = opened, .size = STREAM_HEADER_BYTES};
	crypt_init();
	CHECK_OK(stream_seal_begin(&stream, key, (struct stream_sink){&small, collect}, &error), &error);
	CHECK_OK(stream_seal_put(&stream, clear, 10, &error), &error);
	uint8_t hash[STREAM_HASH_BYTES];
	CHECK_INT(stream_seal_end(&stream, hash, &error), ERROR_LIMIT);
	stream_release(&stream);
}
