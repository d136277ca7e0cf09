/* stream.h: bytes of any length, sealed piece by piece: snapshots and blobs.
 *
 *     a header (24 bytes), then chunks: each of 65,536 bytes in clear and 17 more, the last one of 0 to 65,536
 *
 * as libsodium's crypto_secretstream_xchacha20poly1305 makes them: chunks cannot be changed, left out or put in
 * another order, and only the last one says that it is the last. The key is a snapshot's own (key_of_snapshot) or
 * a blob's (keys_vault_blob_key); what was sealed is named by its SHA-256.
 *
 * Both directions take pieces of any size and hand on to a sink what is ready. Nothing is read or written but
 * through it, so it may be a file, a socket, or a hash. A struct holds one chunk: 65 KiB.
 */
#ifndef KEYS_STREAM_H
#define KEYS_STREAM_H

#include <sodium.h>

#include "base/error.h"
#include "keys/crypt.h"

enum {
	STREAM_CHUNK_BYTES = 65536,
	STREAM_HEADER_BYTES = 24,
	STREAM_ADDED_BYTES = 17, /* to each chunk */
	STREAM_HASH_BYTES = 32,
};

/* Takes bytes in order; a negative code ends the stream. */
struct stream_sink {
	void *context;
	int (*put)(void *context, const void *bytes, size_t n, struct error *error);
};

/* How long n bytes are when they are sealed. */
static inline uint64_t stream_sealed_bytes(uint64_t n)
{
	uint64_t chunks = n == 0 ? 1 : (n + STREAM_CHUNK_BYTES - 1) / STREAM_CHUNK_BYTES;
	return STREAM_HEADER_BYTES + n + chunks * STREAM_ADDED_BYTES;
}

struct stream {
	crypto_secretstream_xchacha20poly1305_state state;
	crypto_hash_sha256_state hash; /* of what is sealed */
	struct stream_sink sink;
	size_t n, wanted; /* in the chunk; opening: until it is whole */
	bool begun;
	uint8_t chunk[STREAM_CHUNK_BYTES + STREAM_ADDED_BYTES];
};

/* Sealing. After an error, and after the end, the stream is over: stream_release. */
int stream_seal_begin(struct stream *stream, const uint8_t key[CRYPT_KEY_BYTES], struct stream_sink sink,
		      struct error *error);
int stream_seal_put(struct stream *stream, const void *bytes, size_t n, struct error *error);
int stream_seal_end(struct stream *stream, uint8_t ret_hash[STREAM_HASH_BYTES], struct error *error);

/* Opening. What the sink was given counts only when stream_open_end returned 0: before that more may be missing.
 * ERROR_CRYPTO: sealed by another key, changed, cut short, or something stands behind the end. */
void stream_open_begin(struct stream *stream, const uint8_t key[CRYPT_KEY_BYTES], struct stream_sink sink);
int stream_open_put(struct stream *stream, const void *bytes, size_t n, struct error *error);
int stream_open_end(struct stream *stream, uint8_t ret_hash[STREAM_HASH_BYTES], struct error *error);

/* Wipes what is left of the key and of the chunk. */
void stream_release(struct stream *stream);

#endif
