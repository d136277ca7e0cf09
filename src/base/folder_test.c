/* folder_test.c: files and directories, whole or not at all. */
#include "base/test.h"
#include "base/folder.h"

#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static struct arena arena;

static const char *in(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", directory, name);
	return path;
}

#define FOLDER_TEST(name)                                                                                              \
	static void folder_##name(struct error *error);                                                                \
	TEST(name)                                                                                                     \
	{                                                                                                              \
		struct error error;                                                                                    \
		snprintf(directory, sizeof directory, "/tmp/folder_test.XXXXXX");                                      \
		ASSERT(mkdtemp(directory));                                                                            \
		arena = arena_map(1 << 20);                                                                            \
		folder_##name(&error);                                                                                 \
		folder_remove(directory);                                                                              \
		CHECK(access(directory, F_OK) != 0);                                                                   \
		arena_unmap(&arena);                                                                                   \
	}                                                                                                              \
	static void folder_##name(struct error *error)

static struct str read_all(const char *name)
{
	struct str bytes = {0};
	struct error error;
	CHECK_OK(folder_read(in(name), &arena, 100, &bytes, &error), &error);
	return bytes;
}

FOLDER_TEST(a_file_is_new_or_replaced_and_never_written_over)
{
	struct stat status;
	CHECK_OK(folder_write(in("a"), STR("one"), 0600, error), error);
	CHECK_INT(folder_write(in("a"), STR("two"), 0600, error), ERROR_SYSTEM);
	CHECK_STR(read_all("a"), STR("one"));
	CHECK_OK(folder_replace(in("a"), STR("three"), 0640, error), error);
	CHECK_STR(read_all("a"), STR("three"));
	CHECK(stat(in("a"), &status) == 0 && (status.st_mode & 0777) == 0640);
	CHECK(access(in("a.new"), F_OK) != 0);
	/* A writing that did not end left something beside. */
	CHECK_OK(folder_write(in("a.new"), STR("half"), 0600, error), error);
	CHECK_OK(folder_replace(in("a"), STR("four"), 0600, error), error);
	CHECK_STR(read_all("a"), STR("four"));
}

FOLDER_TEST(a_file_may_be_as_long_as_is_said_and_no_byte_longer)
{
	struct str bytes;
	CHECK_OK(folder_write(in("a"), STR("12345"), 0600, error), error);
	CHECK_OK(folder_read(in("a"), &arena, 5, &bytes, error), error);
	CHECK_INT(folder_read(in("a"), &arena, 4, &bytes, error), ERROR_LIMIT);
	CHECK(strstr(error->where, "/a"));
	CHECK_INT(folder_read(in("none"), &arena, 4, &bytes, error), ERROR_SYSTEM);
	CHECK_INT(symlink(in("a"), in("link")), 0);
	CHECK_INT(folder_read(in("link"), &arena, 5, &bytes, error), ERROR_SYSTEM);
}

static int note(void *context, const char *path, struct error *error)
{
	struct buf *b = context;
	(void)error;
	buf_put_str(b, str_of(path));
	buf_put_char(b, ' ');
	return str_eq(str_of(path), STR("stop")) ? 7 : 0;
}

FOLDER_TEST(a_walk_meets_regular_files_in_the_order_of_their_names)
{
	char text[128];
	struct buf met = BUF(text);
	static const char *const names[] = {"b", "a/z", "a/c/d", ".hidden", "Z"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CHECK_OK(folder_make_parents(in(names[i]), error), error);
		CHECK_OK(folder_write(in(names[i]), STR("x"), 0600, error), error);
	}
	CHECK_INT(symlink(in("b"), in("link")), 0);
	CHECK_INT(folder_walk(directory, note, &met, error), 0);
	CHECK_STR(buf_str(&met), STR("Z a/c/d a/z b "));
	CHECK_OK(folder_write(in("stop"), STR("x"), 0600, error), error);
	CHECK_OK(folder_write(in("zz"), STR("x"), 0600, error), error);
	buf_clear(&met);
	CHECK_INT(folder_walk(directory, note, &met, error), 7);
	CHECK_STR(buf_str(&met), STR("Z a/c/d a/z b stop "));
	CHECK_INT(folder_walk(in("none"), note, &met, error), ERROR_SYSTEM);
}

FOLDER_TEST(a_path_is_as_long_as_it_may_be_and_no_longer)
{
	static char name[FOLDER_PATH_BYTES + 1], path[FOLDER_PATH_BYTES];
	memset(name, 'n', FOLDER_PATH_BYTES - 3);
	CHECK_INT(folder_path(path, "d", name, error), 0);
	CHECK_INT(strlen(path), FOLDER_PATH_BYTES - 1);
	name[FOLDER_PATH_BYTES - 3] = 'n';
	CHECK_INT(folder_path(path, "d", name, error), ERROR_LIMIT);
	CHECK_OK(folder_sync(directory, error), error);
	CHECK_INT(folder_sync(in("none"), error), ERROR_SYSTEM);
}
