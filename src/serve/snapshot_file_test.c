/* snapshot_file_test.c: a state in a file, and back; written by hand from snapshot.h where the program would not write it so. */
#include "serve/snapshot.h"

#include "base/test.h"
#include "core/try.h"
#include "keys/stream.h"
#include "sim/audit.h"
#include "sim/disk.h"

#include <sodium.h>

enum { HEAD_BYTES = 4096, PEOPLE = 2000 };

static const uint8_t key[32] = {1}, other_key[32] = {2}, schema[32] = {3}, other_schema[32] = {4},
		     salt[SNAPSHOT_SALT_BYTES] = {5};
static struct disk *disk;
static struct file file;
static struct try try;
static struct core loaded;
static struct arena memory;
static struct error error;

static void begin(int people)
{
	disk = disk_new("snapshot", 1);
	CHECK_OK(disk_file(disk, "snapshot.0", &file, &error), &error);
	try_init(&try, NULL);
	try_furnish(&try);
	for (int i = 0; i < people; i++) {
		char body[128];
		snprintf(body, sizeof body, "{\"name\":\"Somebody %d\",\"groups\":[\"staff\"],\"clearance\":1}", i);
		try_command(&try, "people.enrol", body);
	}
	memory = arena_map(core_memory());
}

static void end(void)
{
	arena_unmap(&memory);
	try_release(&try);
	file_close(file);
	disk_free(disk);
}

static int write_it(struct snapshot_head *ret_head)
{
	*ret_head = (struct snapshot_head){.number = 7};
	return snapshot_write(file, &try.core, key, schema, salt, ret_head, &error);
}

/* Into a core that was just made. */
static int read_it(const uint8_t with[32], const uint8_t of[32], uint8_t ret_salt[SNAPSHOT_SALT_BYTES])
{
	struct snapshot_head head;
	arena_clear(&memory);
	core_init(&loaded, try.core.rulebooks, try.core.vault, &memory);
	if (!snapshot_head(file, &head))
		return 1;
	return snapshot_read(file, &head, with, of, &loaded, ret_salt, &error);
}

static bool is_the_same(void)
{
	uint8_t before[32], after[32];
	audit_state_hash(&try.core.state, before);
	audit_state_hash(&loaded.state, after);
	return memcmp(before, after, sizeof before) == 0 && loaded.size == try.core.size &&
	       loaded.env == try.core.env && loaded.wall == try.core.wall && loaded.elapsed == try.core.elapsed &&
	       loaded.incarnation == try.core.incarnation;
}

/* One chunk of the stream, and many. */
TEST(what_is_read_is_the_state_that_was_written)
{
	static const int people[] = {0, PEOPLE};
	for (size_t i = 0; i < ARRAY_LEN(people); i++) {
		struct snapshot_head head, found;
		uint8_t read[SNAPSHOT_SALT_BYTES];
		begin(people[i]);
		try.core.env = 3;
		try.core.incarnation = 2;
		CHECK_OK(write_it(&head), &error);
		CHECK(snapshot_head(file, &found));
		CHECK(found.number == 7 && found.entries == try.core.size && found.sealed_bytes == head.sealed_bytes);
		CHECK(memcmp(found.hash, head.hash, sizeof head.hash) == 0);
		CHECK(i == 0 ? head.sealed_bytes < STREAM_CHUNK_BYTES : head.sealed_bytes > 5 * STREAM_CHUNK_BYTES);
		CHECK_OK(read_it(key, schema, read), &error);
		CHECK(is_the_same() && memcmp(read, salt, sizeof read) == 0);
		/* And what is decided on it is what would have been decided. */
		try.core.env = 0;
		try.core.incarnation = 1;
		end();
	}
}

TEST(nothing_of_it_is_in_clear)
{
	struct snapshot_head head;
	begin(3);
	CHECK_OK(write_it(&head), &error);
	CHECK(!disk_holds(disk, "Somebody", 8) && !disk_holds(disk, key, 32));
	end();
}

TEST(another_key_another_schema_and_another_file_are_told_apart)
{
	struct snapshot_head head;
	uint8_t read[SNAPSHOT_SALT_BYTES];
	begin(0);
	CHECK_OK(write_it(&head), &error);
	CHECK_INT(read_it(other_key, schema, read), ERROR_CRYPTO);
	CHECK_INT(read_it(key, other_schema, read), ERROR_INPUT);
	CHECK(strstr(error.what, "of another schema"));
	head.hash[0] ^= 1;
	arena_clear(&memory);
	core_init(&loaded, try.core.rulebooks, try.core.vault, &memory);
	CHECK_INT(snapshot_read(file, &head, key, schema, &loaded, read, &error), ERROR_CRYPTO);
	CHECK(strstr(error.what, "not the one that its header names"));
	CHECK_INT(read_it(key, schema, read), 0);
	end();
}

TEST(with_any_byte_changed_it_is_no_snapshot)
{
	struct snapshot_head head;
	uint8_t read[SNAPSHOT_SALT_BYTES], byte;
	uint64_t size;
	size_t good = 0, tried = 0;
	begin(0);
	CHECK_OK(write_it(&head), &error);
	CHECK_OK(file_size(file, &size, &error), &error);
	for (uint64_t at = 0; at < size; at += at < 72 || (at > HEAD_BYTES - 10 && at < HEAD_BYTES) ? 1 : 701) {
		CHECK_OK(file_read(file, at, &byte, 1, &error), &error);
		byte ^= 0x10;
		file_write(file, at, &byte, 1, &error);
		good += read_it(key, schema, read) == 0;
		tried++;
		byte ^= 0x10;
		file_write(file, at, &byte, 1, &error);
	}
	CHECK_INT(good, 0);
	CHECK(tried > 80);
	CHECK_INT(read_it(key, schema, read), 0);
	end();
}

/* The process that wrote it was killed, or the disk refused: what is there until then is none. */

struct failing {
	struct file inner;
	unsigned left; /* calls until one fails; what failed once fails from then on */
};

static int failed(struct error *e)
{
	return error_set(e, ERROR_SYSTEM, "no more");
}

static int failing_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *e)
{
	struct failing *f = context;
	if (f->left == 0)
		return failed(e);
	return --f->left == 0 ? (file_write(f->inner, at, bytes, n / 2, e), failed(e))
			      : file_write(f->inner, at, bytes, n, e);
}

static int failing_sync(void *context, struct error *e)
{
	struct failing *f = context;
	return f->left == 0 || --f->left == 0 ? failed(e) : file_sync(f->inner, e);
}

static int failing_resize(void *context, uint64_t bytes, struct error *e)
{
	struct failing *f = context;
	return f->left == 0 || --f->left == 0 ? failed(e) : file_resize(f->inner, bytes, e);
}

TEST(one_that_was_not_written_to_its_end_is_none)
{
	static const struct file_verbs verbs = {.write = failing_write, .sync = failing_sync, .resize = failing_resize};
	struct snapshot_head head, found;
	begin(PEOPLE);
	CHECK_OK(write_it(&head), &error); /* what was there before */
	unsigned calls = 1;
	for (;; calls++) {
		struct failing f = {file, calls};
		head = (struct snapshot_head){.number = 9};
		int done = snapshot_write((struct file){&f, &verbs}, &try.core, key, schema, salt, &head, &error);
		if (done == 0)
			break;
		CHECK_INT(done, ERROR_SYSTEM);
		/* The first call blanks the file; the last one syncs the header. */
		CHECK(calls == 1 || !snapshot_head(file, &found) || found.number == 9);
	}
	CHECK(calls > 8);
	CHECK(snapshot_head(file, &found) && found.number == 9);
	end();
}

/* A power failure leaves the old one, none, or the new one, whole. */
TEST(after_a_power_failure_what_looks_like_one_is_one)
{
	bool whole = false;
	size_t found_new = 0;
	for (uint64_t at = 1; !whole; at++) {
		struct snapshot_head head, found;
		uint8_t read[SNAPSHOT_SALT_BYTES];
		begin(20);
		CHECK_OK(write_it(&head), &error);
		try_command(&try, "site.add_building", "{\"name\":\"Annex\"}");
		disk_fail_at(disk, at, at);
		head = (struct snapshot_head){.number = 9};
		whole = snapshot_write(file, &try.core, key, schema, salt, &head, &error) == 0;
		file_close(file);
		if (disk_is_down(disk))
			disk_restart(disk);
		disk_fail_at(disk, DISK_NEVER, 0);
		CHECK_OK(disk_file(disk, "snapshot.0", &file, &error), &error);
		if (snapshot_head(file, &found)) {
			CHECK_OK(read_it(key, schema, read), &error);
			CHECK(found.number == 7 || is_the_same());
			found_new += found.number == 9;
		}
		end();
	}
	CHECK(found_new >= 1);
}

TEST(what_is_wiped_is_zeros_and_then_nothing)
{
	struct snapshot_head head;
	uint64_t size;
	begin(PEOPLE);
	CHECK_OK(write_it(&head), &error);
	CHECK_OK(snapshot_wipe(file, &error), &error);
	CHECK_OK(file_size(file, &size, &error), &error);
	CHECK_INT(size, 0);
	CHECK(!snapshot_head(file, &head));
	CHECK_OK(snapshot_wipe(file, &error), &error); /* again */
	end();
}

/* By hand, from snapshot.h */

struct made {
	uint8_t at[HEAD_BYTES + 8 * STREAM_CHUNK_BYTES];
	size_t n;
};

static int put(void *context, const void *bytes, size_t n, struct error *e)
{
	struct made *made = context;
	ASSERT(!e || made->n + n <= sizeof made->at);
	memcpy(made->at + made->n, bytes, n);
	made->n += n;
	return 0;
}

/* These bytes, sealed, behind a header of this format and length. */
static void write_by_hand(const void *clear, size_t n, uint32_t format, uint64_t more)
{
	static struct stream stream;
	static struct made made;
	uint8_t hash[32];
	made.n = HEAD_BYTES;
	memset(made.at, 0, HEAD_BYTES);
	CHECK_OK(stream_seal_begin(&stream, key, (struct stream_sink){&made, put}, &error), &error);
	CHECK_OK(stream_seal_put(&stream, clear, n, &error), &error);
	CHECK_OK(stream_seal_end(&stream, hash, &error), &error);
	uint64_t number = 1, entries = 1, sealed = made.n - HEAD_BYTES + more;
	memcpy(made.at, "ChcySnap", 8);
	memcpy(made.at + 8, &format, 4);
	memcpy(made.at + 16, &number, 8);
	memcpy(made.at + 24, &entries, 8);
	memcpy(made.at + 32, &sealed, 8);
	memcpy(made.at + 40, hash, 32);
	crypto_hash_sha256(hash, made.at, HEAD_BYTES - 8);
	memcpy(made.at + HEAD_BYTES - 8, hash, 8);
	CHECK_OK(file_resize(file, 0, &error), &error);
	CHECK_OK(file_write(file, 0, made.at, made.n, &error), &error);
}

TEST(rows_of_another_program_are_not_taken_for_its_own)
{
	static uint8_t clear[2 * STREAM_CHUNK_BYTES];
	uint8_t read[SNAPSHOT_SALT_BYTES];
	static const struct {
		size_t n;
		const char *what;
	} rows[] = {{0, "ends too early"},
		    {87, "ends too early"},
		    {88, "of another program"},
		    {STREAM_CHUNK_BYTES, "of another program"},
		    {sizeof clear, "of another program"}};
	begin(0);
	memcpy(clear, schema, 32);
	memset(clear + 88, 0xff, sizeof clear - 88);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		write_by_hand(clear, rows[i].n, 1, 0);
		CHECK(read_it(key, schema, read) < 0);
		if (!test_count(strstr(error.what, rows[i].what) != NULL))
			test_fail(__FILE__, __LINE__, "%zu: %s", rows[i].n, error.what);
	}
	end();
}

static void put_rows(void *context, const void *bytes, size_t n)
{
	put(context, bytes, n, NULL);
}

TEST(more_rows_than_the_state_has_are_of_another_program_too)
{
	struct {
		uint8_t schema[32], salt[16];
		uint64_t entries, env;
		int64_t incarnation, wall, elapsed;
	} before = {.entries = 1};
	static struct made rows;
	uint8_t read[SNAPSHOT_SALT_BYTES];
	begin(0);
	memcpy(before.schema, schema, 32);
	rows.n = 0;
	put(&rows, &before, sizeof before, NULL);
	state_save(&try.core.state, &(struct table_out){&rows, put_rows});
	write_by_hand(rows.at, rows.n, 1, 0);
	CHECK_OK(read_it(key, schema, read), &error);
	CHECK_INT(loaded.size, 1);
	static const size_t more[] = {1, STREAM_CHUNK_BYTES, 2 * STREAM_CHUNK_BYTES};
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		write_by_hand(rows.at, rows.n + more[i], 1, 0);
		CHECK_INT(read_it(key, schema, read), ERROR_INPUT);
	}
	for (size_t cut = 1; cut < 4; cut++) {
		write_by_hand(rows.at, rows.n - cut, 1, 0);
		CHECK(read_it(key, schema, read) < 0);
	}
	end();
}

TEST(a_header_of_another_format_or_of_more_than_there_is_is_none)
{
	static uint8_t clear[100];
	struct snapshot_head head;
	begin(0);
	write_by_hand(clear, sizeof clear, 1, 0);
	CHECK(snapshot_head(file, &head));
	CHECK(head.number == 1 && head.entries == 1);
	write_by_hand(clear, sizeof clear, 2, 0);
	CHECK(!snapshot_head(file, &head));
	write_by_hand(clear, sizeof clear, 1, 1);
	CHECK(!snapshot_head(file, &head));
	write_by_hand(clear, sizeof clear, 1, UINT64_MAX - 4096);
	CHECK(!snapshot_head(file, &head));
	end();
}
