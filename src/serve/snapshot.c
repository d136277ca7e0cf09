#include "serve/snapshot.h"

#include "keys/stream.h"

#include <sodium.h>

enum {
	FORMAT = 1,
	HEAD_BYTES = 4096,
	CHECK_BYTES = 8,
	CHECK_AT = HEAD_BYTES - CHECK_BYTES,
	PIECE_BYTES = 65536,
	SYNC_BYTES =
	    PIECE_BYTES, /* so much is on its way to the disk at once, and then for REST_MS nothing: commits of the journal wait behind it */
	REST_MS = 10,
};
static const char magic[8] = {'C', 'h', 'c', 'y', 'S', 'n', 'a', 'p'};

/* The header */

struct head {
	char magic[8];
	uint32_t format, zero;
	uint64_t number, entries, sealed_bytes;
	uint8_t hash[SNAPSHOT_HASH_BYTES];
};

static void check_of(const uint8_t head[HEAD_BYTES], uint8_t ret_check[CHECK_BYTES])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, head, CHECK_AT);
	memcpy(ret_check, hash, CHECK_BYTES);
}

bool snapshot_head(struct file file, struct snapshot_head *ret_head)
{
	uint8_t bytes[HEAD_BYTES], check[CHECK_BYTES];
	struct head head;
	uint64_t size;
	if (file_size(file, &size, NULL) < 0 || size < HEAD_BYTES || file_read(file, 0, bytes, sizeof bytes, NULL) < 0)
		return false;
	memcpy(&head, bytes, sizeof head);
	check_of(bytes, check);
	if (memcmp(head.magic, magic, sizeof magic) != 0 || head.format != FORMAT ||
	    memcmp(bytes + CHECK_AT, check, sizeof check) != 0 || head.sealed_bytes > size - HEAD_BYTES)
		return false;
	*ret_head = (struct snapshot_head){head.number, head.entries, head.sealed_bytes, {0}};
	memcpy(ret_head->hash, head.hash, sizeof ret_head->hash);
	return true;
}

static int write_head(struct file file, const struct snapshot_head *of, struct error *error)
{
	uint8_t bytes[HEAD_BYTES] = {0};
	struct head head = {
	    .format = FORMAT, .number = of->number, .entries = of->entries, .sealed_bytes = of->sealed_bytes};
	memcpy(head.magic, magic, sizeof magic);
	memcpy(head.hash, of->hash, sizeof head.hash);
	memcpy(bytes, &head, sizeof head);
	check_of(bytes, bytes + CHECK_AT);
	int failed = file_write(file, 0, bytes, sizeof bytes, error);
	return failed < 0 ? failed : file_sync(file, error);
}

/* Whoever finds the file from here on finds none. The rest is overwritten where it lies: making the file anew would change what the file system keeps of
 * it, and a commit of the journal would wait for that as well. */
static int drop_head(struct file file, struct error *error)
{
	static const uint8_t zeros[HEAD_BYTES];
	int failed = file_write(file, 0, zeros, sizeof zeros, error);
	return failed < 0 ? failed : file_sync(file, error);
}

/* What stands before the rows */
struct before {
	uint8_t schema[32], salt[SNAPSHOT_SALT_BYTES];
	uint64_t entries, env;
	int64_t incarnation, wall, elapsed;
};

/* Writing */

struct writing {
	struct file file;
	uint64_t at, synced;
	struct stream stream;
	struct error *error;
	int failed;
};

static int put_in_file(void *context, const void *bytes, size_t n, struct error *error)
{
	struct writing *w = context;
	int failed = file_write(w->file, w->at, bytes, n, error);
	w->at += n;
	if (failed < 0 || w->at - w->synced < SYNC_BYTES)
		return failed;
	w->synced = w->at;
	failed = file_sync(w->file, error);
	nanosleep(&(struct timespec){.tv_nsec = REST_MS * 1000000}, NULL);
	return failed;
}

static void put_row(void *context, const void *bytes, size_t n)
{
	struct writing *w = context;
	if (w->failed == 0)
		w->failed = stream_seal_put(&w->stream, bytes, n, w->error);
}

static int seal_all(struct writing *w, const struct core *core, const uint8_t key[SNAPSHOT_KEY_BYTES],
		    const struct before *before, uint8_t ret_hash[SNAPSHOT_HASH_BYTES], struct error *error)
{
	struct table_out out = {w, put_row};
	w->failed = stream_seal_begin(&w->stream, key, (struct stream_sink){w, put_in_file}, error);
	put_row(w, before, sizeof *before);
	state_save(&core->state, &out);
	if (w->failed == 0)
		w->failed = stream_seal_end(&w->stream, ret_hash, error);
	stream_release(&w->stream);
	return w->failed;
}

int snapshot_write(struct file file, const struct core *core, const uint8_t key[SNAPSHOT_KEY_BYTES],
		   const uint8_t schema[32], const uint8_t salt[SNAPSHOT_SALT_BYTES], struct snapshot_head *head,
		   struct error *error)
{
	static struct writing w;
	struct before before = {.entries = core->size,
				.env = core->env,
				.incarnation = core->incarnation,
				.wall = core->wall,
				.elapsed = core->elapsed};
	memcpy(before.schema, schema, sizeof before.schema);
	memcpy(before.salt, salt, sizeof before.salt);
	w = (struct writing){.file = file, .at = HEAD_BYTES, .synced = HEAD_BYTES, .error = error};
	int failed = drop_head(file, error);
	if (failed == 0)
		failed = seal_all(&w, core, key, &before, head->hash, error);
	if (failed == 0)
		failed = file_resize(file, w.at, error);
	if (failed == 0)
		failed = file_sync(file, error);
	head->entries = core->size;
	head->sealed_bytes = w.at - HEAD_BYTES;
	return failed < 0 ? failed : write_head(file, head, error);
}

/* Reading: the stream is opened piece by piece, into a buffer that the rows are taken from. */

struct reading {
	struct file file;
	uint64_t at, end;
	struct stream stream;
	uint8_t plain[STREAM_CHUNK_BYTES + PIECE_BYTES];
	size_t begin, n; /* what is in `plain` and was not taken yet */
	uint8_t hash[STREAM_HASH_BYTES];
	bool ended; /* all of it is there, and `hash` is its hash */
	struct error *error;
	int failed;
};

static int put_in_memory(void *context, const void *bytes, size_t n, struct error *error)
{
	struct reading *r = context;
	(void)error;
	ASSERT(r->n == 0 && n <= sizeof r->plain);
	memcpy(r->plain, bytes, n);
	r->begin = 0;
	r->n = n;
	return 0;
}

/* When all that was there is taken: at most a chunk more. Only the end of the stream gives its last one. */
static bool read_more(struct reading *r)
{
	static uint8_t piece[PIECE_BYTES];
	size_t n = r->end - r->at < sizeof piece ? (size_t)(r->end - r->at) : sizeof piece;
	if (r->failed < 0 || r->ended)
		return false;
	if (n == 0) {
		r->failed = stream_open_end(&r->stream, r->hash, r->error);
		r->ended = r->failed == 0;
		return r->ended;
	}
	r->failed = file_read(r->file, r->at, piece, n, r->error);
	if (r->failed == 0)
		r->failed = stream_open_put(&r->stream, piece, n, r->error);
	r->at += n;
	return r->failed == 0;
}

static bool get_bytes(void *context, void *ret_bytes, size_t n)
{
	struct reading *r = context;
	uint8_t *to = ret_bytes;
	while (n > 0) {
		size_t taken = r->n < n ? r->n : n;
		memcpy(to, r->plain + r->begin, taken);
		to += taken;
		n -= taken;
		r->begin += taken;
		r->n -= taken;
		if (n > 0 && !read_more(r))
			return false;
	}
	return true;
}

/* All was taken, the stream ends well, and it is the one that the header names. */
static int end_reading(struct reading *r, const struct snapshot_head *head, struct error *error)
{
	while (r->n == 0 && read_more(r))
		;
	if (r->failed < 0)
		return r->failed;
	if (r->n != 0)
		return error_set(error, ERROR_INPUT, "the snapshot's rows are of another program");
	if (memcmp(r->hash, head->hash, sizeof r->hash) != 0)
		return error_set(error, ERROR_CRYPTO, "the snapshot is not the one that its header names");
	return 0;
}

static int load_core(struct reading *r, const struct before *before, struct core *core, struct error *error)
{
	struct table_in in = {r, get_bytes};
	if (!state_load(&core->state, &in))
		return r->failed < 0 ? r->failed
				     : error_set(error, ERROR_INPUT, "the snapshot's rows are of another program");
	core->size = before->entries;
	core->env = before->env;
	core->incarnation = before->incarnation;
	core->wall = before->wall;
	core->elapsed = before->elapsed;
	return 0;
}

int snapshot_read(struct file file, const struct snapshot_head *head, const uint8_t key[SNAPSHOT_KEY_BYTES],
		  const uint8_t schema[32], struct core *core, uint8_t ret_salt[SNAPSHOT_SALT_BYTES],
		  struct error *error)
{
	static struct reading r;
	struct before before;
	r = (struct reading){.file = file, .at = HEAD_BYTES, .end = HEAD_BYTES + head->sealed_bytes, .error = error};
	stream_open_begin(&r.stream, key, (struct stream_sink){&r, put_in_memory});
	int failed = 0;
	if (!get_bytes(&r, &before, sizeof before))
		failed = r.failed < 0 ? r.failed : error_set(error, ERROR_CRYPTO, "the snapshot ends too early");
	if (failed == 0 && memcmp(before.schema, schema, sizeof before.schema) != 0)
		failed = error_set(error, ERROR_INPUT, "the snapshot is of another schema");
	if (failed == 0)
		failed = load_core(&r, &before, core, error);
	if (failed == 0)
		failed = end_reading(&r, head, error);
	stream_release(&r.stream);
	sodium_memzero(r.plain, sizeof r.plain);
	if (failed == 0)
		memcpy(ret_salt, before.salt, SNAPSHOT_SALT_BYTES);
	return failed;
}

int snapshot_wipe(struct file file, struct error *error)
{
	static const uint8_t zeros[PIECE_BYTES];
	uint64_t size;
	int failed = file_size(file, &size, error);
	for (uint64_t at = 0; failed == 0 && at < size; at += sizeof zeros)
		failed =
		    file_write(file, at, zeros, size - at < sizeof zeros ? (size_t)(size - at) : sizeof zeros, error);
	if (failed == 0)
		failed = file_sync(file, error);
	return failed < 0 ? failed : file_resize(file, 0, error);
}
