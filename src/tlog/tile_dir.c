#include "tlog/tile_dir.h"

#include "base/arena.h"
#include "tlog/tile_form.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, WIDTH_MAX = MERKLE_TILE_HASHES - 1 };

static const char beside[] = ".new"; /* what is being written, before it has its name */

struct tile_dir {
	int at;
	char path[PATH_BYTES]; /* for messages */
	struct note_key key;
	uint64_t published;
	struct merkle_edge edge;
	struct arena memory;
	struct buf bundle; /* the entries behind the last full bundle */
};

/* Files */

static int fail(const struct tile_dir *dir, struct error *error, const char *name, const char *doing)
{
	error_system(error, "%s", doing);
	error_where(error, "%s/%s", dir->path, name);
	return error_remedy(error, "Check the disk and the rights to the directory; the next run goes on from here.");
}

static int damaged(const struct tile_dir *dir, struct error *error, const char *name, const char *what)
{
	error_set(error, ERROR_RECORD, "%s", what);
	error_where(error, "%s/%s", dir->path, name);
	return error_remedy(error, "Keep the directory if you need to know why; then export into another one.");
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.at, bytes.len);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
	}
	return true;
}

static int make_parents(const struct tile_dir *dir, const char *name, struct error *error)
{
	char part[TILE_FORM_PATH_BYTES_MAX];
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
		if (mkdirat(dir->at, part, 0755) < 0 && errno != EEXIST)
			return fail(dir, error, part, "cannot make the directory");
	}
	return 0;
}

/* The whole file or none; with is_synced it is on the disk before it has its name. */
static int put_file(const struct tile_dir *dir, const char *name, struct str bytes, bool is_synced, struct error *error)
{
	int fd = openat(dir->at, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fail(dir, error, beside, "cannot make the file");
	bool is_written = write_all(fd, bytes) && (!is_synced || fsync(fd) == 0);
	int failed = is_written ? 0 : fail(dir, error, name, "cannot write");
	close(fd);
	if (failed == 0 && renameat(dir->at, beside, dir->at, name) == 0)
		return 0;
	if (failed == 0 && errno == ENOENT)
		failed = make_parents(dir, name, error);
	if (failed == 0 && renameat(dir->at, beside, dir->at, name) != 0)
		failed = fail(dir, error, name, "cannot put the file in its place");
	return failed;
}

/* 1 with all its bytes; 0 when there is no such file. */
static int get_file(const struct tile_dir *dir, const char *name, struct buf *b, struct error *error)
{
	int fd = openat(dir->at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail(dir, error, name, "cannot open the file");
	ssize_t n = 1;
	while (n > 0 && b->len < b->size) {
		n = read(fd, b->at + b->len, b->size - b->len);
		b->len += n > 0 ? (size_t)n : 0;
	}
	char more;
	bool is_whole = n == 0 || (n > 0 && read(fd, &more, 1) == 0);
	close(fd);
	if (n < 0)
		return fail(dir, error, name, "cannot read");
	return is_whole ? 1 : damaged(dir, error, name, "the file is too long");
}

struct tile_name {
	char at[TILE_FORM_PATH_BYTES_MAX];
};

static struct tile_name name_of(unsigned level, uint64_t number, unsigned width)
{
	struct tile_name name = {0};
	struct buf b = {.at = (uint8_t *)name.at, .size = sizeof name.at - 1};
	tile_form_put_path(&b, level, number, width);
	ASSERT(!b.over);
	return name;
}

/* Opening */

static int load_checkpoint(struct tile_dir *dir, struct note_checkpoint *ret_checkpoint, struct error *error)
{
	static const char name[] = "checkpoint";
	struct buf note = {.at = arena_take(&dir->memory, 1, NOTE_BYTES_MAX), .size = NOTE_BYTES_MAX};
	struct str text;
	int found = get_file(dir, name, &note, error);
	if (found <= 0)
		return found;
	int failed = note_open(buf_str(&note), &dir->key, &text, error);
	if (failed == 0)
		failed = note_checkpoint_parse(text, ret_checkpoint, error);
	if (failed < 0) {
		error_where(error, "%s/%s", dir->path, name);
		return error_remedy(error, "This directory is another log's, or was changed: export into another one.");
	}
	if (!str_eq(ret_checkpoint->origin, note_key_name(&dir->key)) || ret_checkpoint->size == 0)
		return damaged(dir, error, name, "the checkpoint is another log's, or empty");
	return 1;
}

static int load_edge(struct tile_dir *dir, const struct note_checkpoint *checkpoint, struct error *error)
{
	dir->edge.size = checkpoint->size;
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		unsigned n = merkle_edge_hashes(&dir->edge, level);
		struct tile_name name = name_of(level, merkle_edge_number(&dir->edge, level), n);
		struct buf tile = {.at = dir->edge.tile[level][0].at, .size = n * sizeof(struct merkle_hash)};
		int found = n > 0 ? get_file(dir, name.at, &tile, error) : 1;
		if (found < 0)
			return found;
		if (found == 0 || tile.len != tile.size)
			return damaged(dir, error, name.at, "the tile is missing or cut short");
	}
	merkle_edge_restore(&dir->edge);
	struct merkle_hash root = merkle_edge_root(&dir->edge);
	if (!merkle_eq(&root, &checkpoint->root))
		return damaged(dir, error, "tile", "the tiles' root is not the checkpoint's");
	return 0;
}

/* The entries that the next full bundle begins with, each held against its hash. */
static int load_bundle(struct tile_dir *dir, struct error *error)
{
	unsigned n = merkle_edge_hashes(&dir->edge, 0), i = 0;
	struct tile_name name = name_of(TILE_FORM_ENTRIES, merkle_edge_number(&dir->edge, 0), n);
	struct str entry;
	int found = n > 0 ? get_file(dir, name.at, &dir->bundle, error) : 1;
	if (found < 0)
		return found;
	if (found == 0)
		return damaged(dir, error, name.at, "the bundle is missing");
	struct str rest = buf_str(&dir->bundle);
	for (; i < n && (found = tile_form_next_entry(&rest, &entry, NULL)) > 0; i++) {
		struct merkle_hash leaf = merkle_leaf(entry);
		if (!merkle_eq(&leaf, &dir->edge.tile[0][i]))
			break;
	}
	return i == n && rest.len == 0 ? 0 : damaged(dir, error, name.at, "the bundle is not that of its tile");
}

static int load(struct tile_dir *dir, struct error *error)
{
	struct note_checkpoint checkpoint;
	int found = load_checkpoint(dir, &checkpoint, error);
	if (found <= 0)
		return found;
	int failed = load_edge(dir, &checkpoint, error);
	if (failed == 0)
		failed = load_bundle(dir, error);
	if (failed == 0)
		dir->published = checkpoint.size;
	return failed;
}

static int open_directory(struct tile_dir *dir, struct error *error)
{
	if (mkdir(dir->path, 0755) < 0 && errno != EEXIST)
		return fail(dir, error, "", "cannot make the directory");
	dir->at = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->at < 0)
		return fail(dir, error, "", "cannot open the directory");
	if (flock(dir->at, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error_set(error, ERROR_LIMIT, "another process writes here");
	error_where(error, "%s", dir->path);
	return error_remedy(error, "Wait until it has ended.");
}

int tile_dir_open(struct tile_dir **ret_dir, const char *path, const struct note_key *key, struct error *error)
{
	struct tile_dir *dir = calloc(1, sizeof *dir);
	ASSERT(dir);
	snprintf(dir->path, sizeof dir->path, "%s", path);
	dir->at = -1;
	dir->key = *key;
	dir->memory = arena_map(TILE_FORM_BUNDLE_BYTES_MAX + 2 * NOTE_BYTES_MAX);
	dir->bundle = (struct buf){.at = arena_take(&dir->memory, 1, TILE_FORM_BUNDLE_BYTES_MAX),
				   .size = TILE_FORM_BUNDLE_BYTES_MAX};
	int failed = open_directory(dir, error);
	if (failed == 0)
		failed = load(dir, error);
	if (failed < 0) {
		tile_dir_close(dir);
		return failed;
	}
	*ret_dir = dir;
	return 0;
}

void tile_dir_close(struct tile_dir *dir)
{
	if (dir->at >= 0)
		close(dir->at);
	arena_unmap(&dir->memory);
	free(dir);
}

uint64_t tile_dir_size(const struct tile_dir *dir)
{
	return dir->edge.size;
}

uint64_t tile_dir_published(const struct tile_dir *dir)
{
	return dir->published;
}

/* Growing */

static int put_tile(struct tile_dir *dir, unsigned level, uint64_t number, const struct merkle_hash *hashes, unsigned n,
		    struct error *error)
{
	struct tile_name name = name_of(level, number, n % MERKLE_TILE_HASHES);
	return put_file(dir, name.at, (struct str){(const char *)hashes, n * sizeof *hashes}, false, error);
}

static int put_full_tile(void *context, unsigned level, uint64_t number, const struct merkle_hash *hashes,
			 struct error *error)
{
	return put_tile(context, level, number, hashes, MERKLE_TILE_HASHES, error);
}

/* The bundle of the last tile, full when width is 0. */
static int put_bundle(struct tile_dir *dir, uint64_t number, unsigned width, struct error *error)
{
	struct tile_name name = name_of(TILE_FORM_ENTRIES, number, width);
	return put_file(dir, name.at, buf_str(&dir->bundle), false, error);
}

int tile_dir_append(struct tile_dir *dir, struct str body, struct error *error)
{
	struct merkle_hash leaf = merkle_leaf(body);
	struct merkle_sink sink = {put_full_tile, dir};
	tile_form_put_entry(&dir->bundle, body);
	ASSERT(!dir->bundle.over);
	int failed = merkle_edge_append(&dir->edge, &leaf, &sink, error);
	if (failed < 0 || merkle_edge_hashes(&dir->edge, 0) > 0)
		return failed;
	failed = put_bundle(dir, merkle_edge_number(&dir->edge, 0) - 1, 0, error);
	buf_clear(&dir->bundle);
	return failed;
}

/* Publishing */

static int check_note(const struct tile_dir *dir, struct str note, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text;
	struct merkle_hash root = merkle_edge_root(&dir->edge);
	int failed = note_open(note, &dir->key, &text, error);
	if (failed == 0)
		failed = note_checkpoint_parse(text, &checkpoint, error);
	if (failed < 0)
		return failed;
	if (str_eq(checkpoint.origin, note_key_name(&dir->key)) && checkpoint.size == dir->edge.size &&
	    merkle_eq(&checkpoint.root, &root))
		return 0;
	error_set(error, ERROR_RECORD, "the checkpoint for %" PRIu64 " entries is not of the %" PRIu64 " that are here",
		  checkpoint.size, dir->edge.size);
	error_where(error, "%s", dir->path);
	return error_remedy(error, "The directory and the journal are two histories: export into another directory, "
				   "and keep this one as evidence.");
}

/* A level that has no more hashes than were published has its partial tile there already. */
static int put_partial(struct tile_dir *dir, struct error *error)
{
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		unsigned n = merkle_edge_hashes(&dir->edge, level);
		if (merkle_level_hashes(dir->edge.size, level) == merkle_level_hashes(dir->published, level))
			break;
		int failed =
		    n > 0 ? put_tile(dir, level, merkle_edge_number(&dir->edge, level), dir->edge.tile[level], n, error)
			  : 0;
		if (failed < 0)
			return failed;
	}
	unsigned n = merkle_edge_hashes(&dir->edge, 0);
	return n > 0 ? put_bundle(dir, merkle_edge_number(&dir->edge, 0), n, error) : 0;
}

/* Partial files of a tile that has become full. They may stay, too: a failure is not told. */
static void drop_partial(const struct tile_dir *dir, unsigned level, uint64_t number)
{
	for (unsigned width = 1; width <= WIDTH_MAX; width++)
		unlinkat(dir->at, name_of(level, number, width).at, 0);
	struct tile_name name = name_of(level, number, 1);
	*strrchr(name.at, '/') = 0;
	unlinkat(dir->at, name.at, AT_REMOVEDIR);
}

static void drop_outgrown(const struct tile_dir *dir, uint64_t published)
{
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		uint64_t hashes = merkle_level_hashes(published, level), number = hashes >> MERKLE_TILE_BITS;
		if (hashes % MERKLE_TILE_HASHES == 0 || number == merkle_edge_number(&dir->edge, level))
			continue;
		drop_partial(dir, level, number);
		if (level == 0)
			drop_partial(dir, TILE_FORM_ENTRIES, number);
	}
}

int tile_dir_publish(struct tile_dir *dir, struct str note, struct error *error)
{
	uint64_t before = dir->published;
	int failed = check_note(dir, note, error);
	if (failed == 0 && before != dir->edge.size)
		failed = put_partial(dir, error);
	if (failed == 0 && syncfs(dir->at) != 0)
		failed = fail(dir, error, "tile", "cannot bring the tiles to the disk");
	if (failed == 0)
		failed = put_file(dir, "checkpoint", note, true, error);
	if (failed == 0 && fsync(dir->at) != 0)
		failed = fail(dir, error, "checkpoint", "cannot bring the checkpoint to the disk");
	if (failed < 0)
		return failed;
	dir->published = dir->edge.size;
	drop_outgrown(dir, before);
	return 0;
}
