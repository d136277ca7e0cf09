/* tile_dir_test.c: what an outside reader finds in an exported directory, read back here by the specification's words
 * alone. */
#include "base/test.h"
#include "journal/merkle_naive.h"
#include "tlog/tile_dir.h"
#include "tlog/tile_form.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES_MAX = 70001 };

static char directory[64];
static struct merkle_hash leaves[ENTRIES_MAX];

static struct note_signer signer(void)
{
	static const uint8_t seed[NOTE_SEED_BYTES] = {5};
	struct note_signer made;
	int failed = note_signer_init(&made, STR("chancery/lakeside"), seed, NULL);
	ASSERT(failed == 0);
	return made;
}

static struct str body(uint64_t i)
{
	static char memory[64];
	int n = snprintf(memory, sizeof memory, "{\"index\":%llu}", (unsigned long long)i);
	return (struct str){memory, (size_t)n};
}

/* The checkpoint of the first `size` entries. */
static struct str note_for(uint64_t size)
{
	static char bytes[NOTE_OWN_BYTES_MAX];
	char text_bytes[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(bytes), text = BUF(text_bytes);
	struct note_signer by = signer();
	ASSERT(size <= ENTRIES_MAX);
	for (uint64_t i = 0; i < size; i++)
		leaves[i] = merkle_naive_leaf(body(i));
	struct note_checkpoint checkpoint = {STR("chancery/lakeside"), size, merkle_naive_root(leaves, size)};
	note_checkpoint_write(&text, &checkpoint);
	note_sign(&b, &by, buf_str(&text));
	return buf_str(&b);
}

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/tile_dir_test.XXXXXX");
	ASSERT(mkdtemp(directory));
}

static int drop(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void end(void)
{
	CHECK_INT(nftw(directory, drop, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *in(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static struct tile_dir *open_dir(void)
{
	struct tile_dir *dir = NULL;
	struct note_signer by = signer();
	struct error error;
	CHECK_OK(tile_dir_open(&dir, directory, &by.key, &error), &error);
	ASSERT(dir);
	return dir;
}

static void append_to(struct tile_dir *dir, uint64_t size)
{
	struct error error;
	int failed = 0;
	while (tile_dir_size(dir) < size && failed == 0)
		failed = tile_dir_append(dir, body(tile_dir_size(dir)), &error);
	CHECK_OK(failed, &error);
}

static void export_to(uint64_t size)
{
	struct tile_dir *dir = open_dir();
	struct error error;
	append_to(dir, size);
	CHECK_OK(tile_dir_publish(dir, note_for(size), &error), &error);
	CHECK_INT(tile_dir_published(dir), size);
	tile_dir_close(dir);
}

static size_t read_file(const char *name, void *bytes, size_t size)
{
	int fd = open(in(name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, size);
	if (fd >= 0)
		close(fd);
	return n < 0 ? SIZE_MAX : (size_t)n;
}

/* The hashes of tile n of a level, by the specification: MTH(D[(n * 256 + i) * 256^l : …]). */
static bool is_tile(const char *name, uint64_t width, uint64_t first, unsigned level)
{
	static struct merkle_hash found[MERKLE_TILE_HASHES + 1];
	uint64_t leaves_each = UINT64_C(1) << (8 * level);
	if (read_file(name, found, sizeof found) != width * sizeof *found)
		return false;
	for (uint64_t i = 0; i < width; i++) {
		struct merkle_hash wanted = merkle_naive_root(leaves + (first + i) * leaves_each, leaves_each);
		if (!merkle_eq(&found[i], &wanted))
			return false;
	}
	return true;
}

static bool is_bundle(const char *name, uint64_t first, uint64_t n)
{
	static char bytes[1 << 20];
	size_t len = read_file(name, bytes, sizeof bytes);
	struct str rest = {bytes, len}, entry;
	if (len == SIZE_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (tile_form_next_entry(&rest, &entry, NULL) != 1 || !str_eq(entry, body(first + i)))
			return false;
	return rest.len == 0;
}

TEST(seventy_thousand_entries_lie_as_the_specifications_example_says)
{
	char note[NOTE_OWN_BYTES_MAX];
	begin();
	export_to(70000);
	CHECK(is_tile("tile/0/000", 256, 0, 0));
	CHECK(is_tile("tile/0/272", 256, UINT64_C(272) * 256, 0));
	CHECK(is_tile("tile/0/273.p/112", 112, UINT64_C(273) * 256, 0));
	CHECK(is_tile("tile/1/000", 256, 0, 1));
	CHECK(is_tile("tile/1/001.p/17", 17, 256, 1));
	CHECK(is_tile("tile/2/000.p/1", 1, 0, 2));
	CHECK(is_bundle("tile/entries/000", 0, 256));
	CHECK(is_bundle("tile/entries/272", UINT64_C(272) * 256, 256));
	CHECK(is_bundle("tile/entries/273.p/112", UINT64_C(273) * 256, 112));
	CHECK(access(in("tile/0/273"), F_OK) != 0 && access(in("tile/3"), F_OK) != 0);
	CHECK_STR(((struct str){note, read_file("checkpoint", note, sizeof note)}), note_for(70000));
	end();
}

TEST(a_tree_of_256_entries_has_a_full_tile_and_a_partial_one_above)
{
	begin();
	export_to(256);
	CHECK(is_tile("tile/0/000", 256, 0, 0) && is_tile("tile/1/000.p/1", 1, 0, 1));
	CHECK(is_bundle("tile/entries/000", 0, 256));
	CHECK(access(in("tile/0/001.p"), F_OK) != 0);
	end();
}

TEST(an_export_goes_on_from_where_it_ended_and_partial_tiles_go_when_the_full_one_is_there)
{
	static const uint64_t sizes[] = {1, 2, 2, 255, 256, 257, 600, 65536, 65537};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		export_to(sizes[i]);
	CHECK(access(in("tile/0/000.p"), F_OK) != 0 && access(in("tile/entries/002.p"), F_OK) != 0);
	CHECK(is_tile("tile/0/002", 256, 512, 0) && is_tile("tile/1/000", 256, 0, 1));
	CHECK(is_tile("tile/2/000.p/1", 1, 0, 2) && is_tile("tile/0/256.p/1", 1, 65536, 0));
	end();
}

TEST(partial_tiles_of_every_published_checkpoint_stay_until_the_tile_is_full)
{
	begin();
	export_to(3);
	export_to(7);
	CHECK(is_tile("tile/0/000.p/3", 3, 0, 0) && is_tile("tile/0/000.p/7", 7, 0, 0));
	CHECK(is_bundle("tile/entries/000.p/3", 0, 3));
	end();
}

static struct timespec written(const char *name)
{
	struct stat info = {0};
	CHECK_INT(stat(in(name), &info), 0);
	return info.st_mtim;
}

TEST(what_was_published_is_never_written_again)
{
	static const char *const names[] = {"tile/0/000", "tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"};
	struct timespec before[ARRAY_LEN(names)];
	begin();
	export_to(300);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		before[i] = written(names[i]);
	usleep(20000);
	export_to(300);
	export_to(400);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct timespec after = written(names[i]);
		CHECK(after.tv_sec == before[i].tv_sec && after.tv_nsec == before[i].tv_nsec);
	}
	end();
}

/* The writer is killed after more and more entries, with more and more in place; each next run goes on. */
TEST(whoever_is_killed_at_any_moment_goes_on_from_the_published_checkpoint)
{
	begin();
	for (uint64_t round = 0; round < 40; round++) {
		uint64_t size = 100 + round * 37;
		fflush(stdout);
		pid_t child = fork();
		ASSERT(child >= 0);
		if (child == 0) {
			export_to(size);
			_exit(0);
		}
		usleep((useconds_t)(round % 10 * 300));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		struct tile_dir *dir = open_dir();
		CHECK(tile_dir_size(dir) == tile_dir_published(dir) && tile_dir_size(dir) <= size);
		tile_dir_close(dir);
	}
	export_to(2000);
	CHECK(is_tile("tile/0/006", 256, 1536, 0) && is_bundle("tile/entries/006", 1536, 256));
	end();
}

TEST(entries_behind_the_checkpoint_are_forgotten)
{
	begin();
	export_to(250);
	struct tile_dir *dir = open_dir();
	append_to(dir, 600);
	tile_dir_close(dir);
	dir = open_dir();
	CHECK_INT(tile_dir_size(dir), 250);
	tile_dir_close(dir);
	export_to(700);
	CHECK(is_tile("tile/0/001", 256, 256, 0));
	end();
}

TEST(a_checkpoint_that_is_not_of_what_is_here_is_not_published)
{
	struct error error;
	char other[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(other);
	begin();
	export_to(10);
	struct tile_dir *dir = open_dir();
	append_to(dir, 20);
	buf_put_str(&b, note_for(21));
	CHECK_INT(tile_dir_publish(dir, buf_str(&b), &error), ERROR_RECORD);
	*strchr(other, '1') = '2';
	CHECK_INT(tile_dir_publish(dir, buf_str(&b), &error), ERROR_CRYPTO);
	CHECK_INT(tile_dir_publish(dir, STR("no note"), &error), ERROR_INPUT);
	tile_dir_close(dir);
	dir = open_dir();
	CHECK_INT(tile_dir_size(dir), 10);
	CHECK_OK(tile_dir_append(dir, STR("another"), &error), &error);
	CHECK_INT(tile_dir_publish(dir, note_for(11), &error), ERROR_RECORD);
	CHECK(strstr(error.remedy, "two histories"));
	tile_dir_close(dir);
	end();
}

TEST(two_writers_do_not_meet)
{
	struct tile_dir *second;
	struct note_signer by = signer();
	struct error error;
	begin();
	struct tile_dir *dir = open_dir();
	CHECK_INT(tile_dir_open(&second, directory, &by.key, &error), ERROR_LIMIT);
	tile_dir_close(dir);
	end();
}

static void write_file(const char *name, size_t at, char byte, off_t length)
{
	int fd = open(in(name), O_RDWR | O_CLOEXEC);
	ASSERT(fd >= 0);
	if (length >= 0)
		ASSERT(ftruncate(fd, length) == 0);
	else
		ASSERT(pwrite(fd, &byte, 1, (off_t)at) == 1);
	close(fd);
}

TEST(a_changed_directory_is_refused_with_the_file)
{
	static const struct {
		const char *name; /* changed: */
		size_t at;
		off_t length; /* or cut to; -2: taken away */
		const char *what;
		enum error_code code;
	} rows[] = {
	    {"checkpoint", 19, -1, "signature", ERROR_CRYPTO},
	    {"checkpoint", 0, 0, "not a signed note", ERROR_INPUT},
	    {"tile/0/001.p/44", 7, -1, "root is not the checkpoint's", ERROR_RECORD},
	    {"tile/0/001.p/44", 0, 31, "missing or cut short", ERROR_RECORD},
	    {"tile/0/001.p/44", 0, 2000, "too long", ERROR_RECORD},
	    {"tile/0/001.p/44", 0, -2, "missing", ERROR_RECORD},
	    {"tile/1/000.p/1", 3, -1, "root is not the checkpoint's", ERROR_RECORD},
	    {"tile/entries/001.p/44", 5, -1, "not that of its tile", ERROR_RECORD},
	    {"tile/entries/001.p/44", 0, -1, "not that of its tile", ERROR_RECORD},
	    {"tile/entries/001.p/44", 0, 9, "not that of its tile", ERROR_RECORD},
	    {"tile/entries/001.p/44", 0, -2, "missing", ERROR_RECORD},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tile_dir *dir;
		struct note_signer by = signer();
		struct error error = {0};
		begin();
		export_to(300);
		if (rows[i].length == -2)
			ASSERT(unlink(in(rows[i].name)) == 0);
		else
			write_file(rows[i].name, rows[i].at, '~', rows[i].length);
		CHECK_INT(tile_dir_open(&dir, directory, &by.key, &error), rows[i].code);
		bool is_named = strstr(error.where, rows[i].name) || strstr(error.what, "root");
		if (!strstr(error.what, rows[i].what) || !is_named || !error.remedy[0])
			test_fail(__FILE__, __LINE__, "%s: %s: %s", rows[i].name, error.where, error.what);
		end();
	}
}

TEST(another_logs_directory_is_refused)
{
	static const uint8_t seed[NOTE_SEED_BYTES] = {6};
	struct note_signer other;
	struct tile_dir *dir;
	struct error error;
	CHECK_OK(note_signer_init(&other, STR("chancery/harbour"), seed, &error), &error);
	begin();
	export_to(3);
	CHECK_INT(tile_dir_open(&dir, directory, &other.key, &error), ERROR_CRYPTO);
	end();
}
