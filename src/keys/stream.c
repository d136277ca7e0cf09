#include "keys/stream.h"

_Static_assert(STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES, "the format's header");
_Static_assert(STREAM_ADDED_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES, "the format's chunk");

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Sealing */

static int put_sealed(struct stream *s, const uint8_t *bytes, size_t n, struct error *error)
{
	crypto_hash_sha256_update(&s->hash, bytes, n);
	return s->sink.put(s->sink.context, bytes, n, error);
}

int stream_seal_begin(struct stream *s, const uint8_t key[CRYPT_KEY_BYTES], struct stream_sink sink,
		      struct error *error)
{
	uint8_t header[STREAM_HEADER_BYTES];
	s->sink = sink;
	s->n = 0;
	crypto_hash_sha256_init(&s->hash);
	crypto_secretstream_xchacha20poly1305_init_push(&s->state, header, key);
	return put_sealed(s, header, sizeof header, error);
}

static int seal_chunk(struct stream *s, uint8_t tag, struct error *error)
{
	uint8_t sealed[STREAM_CHUNK_BYTES + STREAM_ADDED_BYTES];
	int done = crypto_secretstream_xchacha20poly1305_push(&s->state, sealed, NULL, s->chunk, s->n, NULL, 0, tag);
	ASSERT(done == 0);
	size_t n = s->n + STREAM_ADDED_BYTES;
	s->n = 0;
	return put_sealed(s, sealed, n, error);
}

/* A full chunk waits until more comes: it may be the last. */
int stream_seal_put(struct stream *s, const void *bytes, size_t n, struct error *error)
{
	const uint8_t *from = bytes;
	int failed = 0;
	while (failed == 0 && n > 0) {
		if (s->n == STREAM_CHUNK_BYTES)
			failed = seal_chunk(s, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, error);
		size_t part = least(n, STREAM_CHUNK_BYTES - s->n);
		memcpy(s->chunk + s->n, from, part);
		s->n += part;
		from += part;
		n -= part;
	}
	return failed;
}

int stream_seal_end(struct stream *s, uint8_t ret_hash[STREAM_HASH_BYTES], struct error *error)
{
	int failed = seal_chunk(s, crypto_secretstream_xchacha20poly1305_TAG_FINAL, error);
	if (failed == 0)
		crypto_hash_sha256_final(&s->hash, ret_hash);
	return failed;
}

/* Opening */

void stream_open_begin(struct stream *s, const uint8_t key[CRYPT_KEY_BYTES], struct stream_sink sink)
{
	s->sink = sink;
	s->n = 0;
	s->wanted = STREAM_HEADER_BYTES;
	s->begun = false;
	crypto_hash_sha256_init(&s->hash);
	memcpy(s->state.k, key, CRYPT_KEY_BYTES); /* until the header is here */
}

static int damaged(struct error *error)
{
	error_set(error, ERROR_CRYPTO, "what was sealed does not open: another key's, changed, or cut short");
	return error_remedy(error, "Restore it from a backup.");
}

static int open_header(struct stream *s)
{
	uint8_t key[CRYPT_KEY_BYTES];
	memcpy(key, s->state.k, sizeof key);
	int failed = crypto_secretstream_xchacha20poly1305_init_pull(&s->state, s->chunk, key);
	crypt_wipe(key, sizeof key);
	s->begun = true;
	s->n = 0;
	s->wanted = STREAM_CHUNK_BYTES + STREAM_ADDED_BYTES;
	return failed;
}

/* Only the last chunk may be shorter, and nothing is behind it. */
static int open_chunk(struct stream *s, bool is_last, struct error *error)
{
	uint8_t clear[STREAM_CHUNK_BYTES], tag;
	size_t n = s->n - STREAM_ADDED_BYTES;
	if (crypto_secretstream_xchacha20poly1305_pull(&s->state, clear, NULL, &tag, s->chunk, s->n, NULL, 0) != 0 ||
	    tag != (is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
			    : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE))
		return damaged(error);
	s->n = 0;
	int failed = s->sink.put(s->sink.context, clear, n, error);
	crypt_wipe(clear, sizeof clear);
	return failed;
}

int stream_open_put(struct stream *s, const void *bytes, size_t n, struct error *error)
{
	const uint8_t *from = bytes;
	int failed = 0;
	crypto_hash_sha256_update(&s->hash, from, n);
	while (failed == 0 && n > 0) {
		if (s->n == s->wanted)
			failed = open_chunk(s, false, error);
		size_t part = least(n, s->wanted - s->n);
		memcpy(s->chunk + s->n, from, part);
		s->n += part;
		from += part;
		n -= part;
		if (!s->begun && s->n == s->wanted && open_header(s) != 0)
			failed = damaged(error);
	}
	return failed;
}

int stream_open_end(struct stream *s, uint8_t ret_hash[STREAM_HASH_BYTES], struct error *error)
{
	if (!s->begun || s->n < STREAM_ADDED_BYTES)
		return damaged(error);
	int failed = open_chunk(s, true, error);
	if (failed == 0)
		crypto_hash_sha256_final(&s->hash, ret_hash);
	return failed;
}

void stream_release(struct stream *s)
{
	crypt_wipe(s, sizeof *s);
}
