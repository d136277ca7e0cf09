/* helper_test.c: a second process looks at entries; what it does not do is done here. */
#include "journal/helper.h"

#include "base/sandbox.h"
#include "base/test.h"
#include "journal/merkle_naive.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

/* What `prepare` says of an entry: how long it was, who looked, and what else it tried. */
struct note {
	size_t len;
	pid_t by;
	bool opened_a_file;
};

static const void *note_it(struct str entry, struct arena *arena)
{
	struct note *note = ARENA_TAKE(arena, struct note, 1);
	*note = (struct note){entry.len, getpid(), false};
	return note;
}

static const void *open_a_file(struct str entry, struct arena *arena)
{
	struct note *note = ARENA_TAKE(arena, struct note, 1);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	*note = (struct note){entry.len, getpid(), fd >= 0};
	if (fd >= 0)
		close(fd);
	return note;
}

static const void *take_all_it_may(struct str entry, struct arena *arena)
{
	(void)entry;
	return arena_take(arena, HELPER_PREPARED_BYTES_MAX, 1);
}

static const void *waste_time(struct str entry, struct arena *arena)
{
	(void)entry, (void)arena;
	for (volatile unsigned i = 0; i < 1 << 16; i = i + 1)
		;
	return NULL;
}

/* Entry i of all, and of a length that no neighbour has. */
static struct str entry(uint64_t i)
{
	static char text[512];
	int n = snprintf(text, sizeof text, "entry %llu ", (unsigned long long)i);
	size_t len = (size_t)n + i % 400;
	memset(text + n, 'x', len - (size_t)n);
	return (struct str){text, len};
}

/* A block of so many entries, of which the first has this number. */
static void give(struct helper *helper, uint64_t from, size_t n)
{
	struct helper_block *block = helper_free(helper);
	ASSERT(block);
	for (size_t i = 0; i < n; i++)
		if (!helper_put(block, entry(from + i)))
			WRONG("the block is full");
	helper_give(helper);
}

/* The oldest block is these entries, hashed. */
static bool take(struct helper *helper, uint64_t from, size_t n)
{
	const struct helper_block *block = helper_take(helper);
	bool right = block && block->n == n;
	for (size_t i = 0; right && i < n; i++) {
		struct merkle_hash leaf = merkle_naive_leaf(entry(from + i));
		right = str_eq(helper_entry(block, i), entry(from + i)) && merkle_eq(&block->leaf[i], &leaf);
	}
	if (block)
		helper_done(helper);
	return right;
}

/* So many blocks, given as soon as there is room; right when all came back, in order. */
static bool pass(struct helper *helper, int blocks)
{
	bool right = true;
	int given = 0;
	for (int taken = 0; taken < blocks; taken++) {
		for (; given < blocks && given < taken + HELPER_BLOCKS; given++)
			give(helper, (uint64_t)given * 100, 100);
		right = take(helper, (uint64_t)taken * 100, 100) && right;
	}
	return right && !helper_take(helper);
}

static bool is_gone(pid_t pid)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (kill(pid, 0) < 0)
			return true;
		usleep(1000);
	}
	return false;
}

TEST(blocks_come_back_in_order_with_the_hash_of_each_entry)
{
	struct helper *helper = helper_begin(NULL);
	CHECK(helper_process(helper) > 0);
	CHECK(!helper_take(helper));
	CHECK(pass(helper, 50));
	CHECK(helper_process(helper) > 0);
	helper_end(helper);
}

TEST(what_was_prepared_lies_in_the_block_and_was_made_by_the_other_process)
{
	struct helper *helper = helper_begin(note_it);
	give(helper, 0, 1000);
	const struct helper_block *block = helper_take(helper);
	ASSERT(block);
	for (size_t i = 0; i < block->n; i++) {
		const struct note *note = block->prepared[i];
		CHECK_INT(note->len, entry(i).len);
		CHECK_INT(note->by, helper_process(helper));
	}
	helper_done(helper);
	helper_end(helper);
}

TEST(nothing_is_prepared_where_no_room_is_left)
{
	enum { ROOM = HELPER_ARENA_BYTES / HELPER_PREPARED_BYTES_MAX };
	struct helper *helper = helper_begin(take_all_it_may);
	give(helper, 0, ROOM + 2);
	const struct helper_block *block = helper_take(helper);
	ASSERT(block);
	for (size_t i = 0; i < block->n; i++)
		CHECK((block->prepared[i] != NULL) == (i < ROOM));
	helper_done(helper);
	helper_end(helper);
}

TEST(a_block_holds_so_many_entries_and_so_many_bytes)
{
	static char bytes[HELPER_BLOCK_BYTES];
	struct helper *helper = helper_begin(NULL);
	struct helper_block *block = helper_free(helper);
	for (size_t i = 0; i < HELPER_BLOCK_ENTRIES; i++)
		CHECK(helper_put(block, STR("")));
	CHECK(!helper_put(block, STR("")));
	helper_give(helper);
	block = helper_free(helper);
	CHECK(helper_put(block, (struct str){bytes, sizeof bytes - 1}));
	CHECK(!helper_put(block, STR("ab")));
	CHECK(helper_put(block, STR("a")));
	CHECK(!helper_put(block, STR("a")));
	helper_give(helper);
	CHECK_INT(helper_take(helper)->n, HELPER_BLOCK_ENTRIES);
	helper_done(helper);
	block = helper_free(helper); /* used before, and empty again */
	CHECK(helper_put(block, STR("a")));
	helper_end(helper);
}

TEST(none_is_free_while_all_are_given)
{
	struct helper *helper = helper_begin(NULL);
	for (uint64_t i = 0; i < HELPER_BLOCKS; i++)
		give(helper, i * 100, 100);
	CHECK(!helper_free(helper));
	const struct helper_block *block = helper_take(helper);
	CHECK(!helper_free(helper)); /* taken is not done */
	helper_done(helper);
	CHECK(helper_free(helper) == block);
	helper_end(helper);
}

/* Before it has begun, while it is at it, and when it has finished blocks that nobody has taken. */
TEST(when_the_other_process_dies_its_work_is_done_here)
{
	for (int taken = 0; taken <= HELPER_BLOCKS; taken++) {
		struct helper *helper = helper_begin(waste_time);
		pid_t pid = helper_process(helper);
		for (uint64_t i = 0; i < HELPER_BLOCKS; i++)
			give(helper, i * 100, 100);
		for (uint64_t i = 0; i < (uint64_t)taken; i++)
			CHECK(take(helper, i * 100, 100));
		kill(pid, SIGKILL);
		for (uint64_t i = (uint64_t)taken; i < HELPER_BLOCKS; i++)
			CHECK(take(helper, i * 100, 100));
		CHECK(pass(helper, 10));
		CHECK_INT(helper_process(helper), 0);
		CHECK(is_gone(pid));
		helper_end(helper);
	}
}

TEST(it_ends_when_it_is_told_to_with_blocks_that_nobody_took)
{
	struct helper *helper = helper_begin(NULL);
	pid_t pid = helper_process(helper);
	give(helper, 0, 100);
	give(helper, 100, 100);
	helper_end(helper);
	CHECK(kill(pid, 0) < 0);
}

/* A process of its own that begins a helper; `enter` is the sandbox that it is in, if any. Its exit code. */
static int in_sandbox(enum sandbox_profile enter, bool has_helper)
{
	struct error error;
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		if (sandbox_enter(enter, NULL, 0, &error) < 0)
			_exit(1);
		struct helper *helper = helper_begin(note_it);
		if ((helper_process(helper) > 0) != has_helper)
			_exit(2);
		if (!pass(helper, 20))
			_exit(3);
		if ((helper_process(helper) > 0) != has_helper)
			_exit(4);
		helper_end(helper);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(it_helps_a_core_that_is_in_its_sandbox)
{
	CHECK_INT(in_sandbox(SANDBOX_CORE_HERE, true), 0);
}

TEST(where_no_process_is_to_be_had_all_is_done_here)
{
	CHECK_INT(in_sandbox(SANDBOX_DRIVER_EPERM, false), 0);
}

/* It dies of it, and this process does the work; or, under a sanitizer, it is refused. */
TEST(the_other_process_can_open_nothing)
{
	struct helper *helper = helper_begin(open_a_file);
	give(helper, 0, 10);
	const struct helper_block *block = helper_take(helper);
	ASSERT(block);
	for (size_t i = 0; i < block->n; i++) {
		const struct note *note = block->prepared[i];
		CHECK_INT(note->opened_a_file, note->by == getpid());
	}
	helper_done(helper);
#ifndef SANDBOX_SANITIZED
	CHECK_INT(helper_process(helper), 0);
#endif
	helper_end(helper);
}

TEST(it_ends_with_the_process_that_began_it)
{
	int ends[2];
	pid_t pid = 0;
	ASSERT(pipe2(ends, O_CLOEXEC) == 0);
	pid_t child = fork();
	if (child == 0) {
		struct helper *helper = helper_begin(NULL);
		pid = pass(helper, 1) ? helper_process(helper) : 0; /* it is at work */
		_exit(write(ends[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
	}
	waitpid(child, NULL, 0);
	CHECK_INT(read(ends[0], &pid, sizeof pid), sizeof pid);
	CHECK(pid > 0 && is_gone(pid));
	close(ends[0]);
	close(ends[1]);
}
