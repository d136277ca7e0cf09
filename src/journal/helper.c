#include "journal/helper.h"

#include "base/sandbox.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 100 }; /* whether the other process lives */

/* What both processes see. Blocks are used in turn, so their numbers only grow. */
struct shared {
	sem_t given, finished;
	bool ending;
	helper_prepare_fn *prepare;
	struct helper_block blocks[HELPER_BLOCKS];
};

struct helper {
	struct shared *shared;
	pid_t pid; /* 0: there is no other process */
	uint64_t given, taken, done;
};

static void look_at(struct helper_block *block, helper_prepare_fn *prepare)
{
	struct arena arena = arena_over(block->memory, sizeof block->memory);
	for (size_t i = 0; i < block->n; i++) {
		struct str entry = helper_entry(block, i);
		bool has_room = arena.size - arena.used >= HELPER_PREPARED_BYTES_MAX;
		block->leaf[i] = merkle_leaf(entry);
		block->prepared[i] = prepare && has_room ? prepare(entry, &arena) : NULL;
	}
}

/* False when that is dead already. */
static bool is_bound_to(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool is_behind_walls(void)
{
	struct error error;
	return sandbox_is_entered() || sandbox_enter(SANDBOX_DRIVER_HERE, NULL, 0, &error) >= 0;
}

static bool wait_for_more(struct shared *shared)
{
	while (sem_wait(&shared->given) < 0)
		if (errno != EINTR)
			return false;
	return !shared->ending;
}

_Noreturn static void help(struct shared *shared, pid_t parent)
{
	if (!is_bound_to(parent) || !is_behind_walls())
		_exit(1);
	for (uint64_t number = 0; wait_for_more(shared); number++) {
		look_at(&shared->blocks[number % HELPER_BLOCKS], shared->prepare);
		sem_post(&shared->finished);
	}
	_exit(0);
}

struct helper *helper_begin(helper_prepare_fn *prepare)
{
	struct helper *helper = calloc(1, sizeof *helper);
	ASSERT(helper);
	helper->shared = mmap(NULL, sizeof *helper->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(helper->shared != MAP_FAILED);
	helper->shared->prepare = prepare;
	sem_init(&helper->shared->given, 1, 0);
	sem_init(&helper->shared->finished, 1, 0);
	merkle_leaf(STR("")); /* opens what the library opens lazily, while that can be opened */
	pid_t self = getpid(), pid = fork();
	if (pid == 0)
		help(helper->shared, self);
	helper->pid = pid > 0 ? pid : 0;
	return helper;
}

void helper_end(struct helper *helper)
{
	if (helper->pid) {
		helper->shared->ending = true;
		sem_post(&helper->shared->given);
		waitpid(helper->pid, NULL, 0);
	}
	munmap(helper->shared, sizeof *helper->shared);
	free(helper);
}

struct helper_block *helper_free(struct helper *helper)
{
	if (helper->given == helper->done + HELPER_BLOCKS)
		return NULL;
	struct helper_block *block = &helper->shared->blocks[helper->given % HELPER_BLOCKS];
	block->n = block->used = 0;
	return block;
}

bool helper_put(struct helper_block *block, struct str entry)
{
	if (block->n == HELPER_BLOCK_ENTRIES || entry.len > sizeof block->bytes - block->used)
		return false;
	if (entry.len)
		memcpy(block->bytes + block->used, entry.at, entry.len);
	block->used += entry.len;
	block->end[block->n++] = block->used;
	return true;
}

void helper_give(struct helper *helper)
{
	helper->given++;
	if (helper->pid)
		sem_post(&helper->shared->given);
}

static bool wait_a_while(sem_t *semaphore)
{
	struct timespec until;
	int waited;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	do
		waited = sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
	while (waited < 0 && errno == EINTR);
	return waited == 0;
}

/* Whether the other process has finished one more block; from when it is dead, never. */
static bool is_finished(struct helper *helper)
{
	while (helper->pid && !wait_a_while(&helper->shared->finished))
		if (waitpid(helper->pid, NULL, WNOHANG) != 0)
			helper->pid = 0;
	return helper->pid != 0;
}

const struct helper_block *helper_take(struct helper *helper)
{
	ASSERT(helper->taken == helper->done);
	if (helper->taken == helper->given)
		return NULL;
	struct helper_block *block = &helper->shared->blocks[helper->taken % HELPER_BLOCKS];
	if (!is_finished(helper))
		look_at(block, helper->shared->prepare);
	helper->taken++;
	return block;
}

void helper_done(struct helper *helper)
{
	ASSERT(helper->taken == helper->done + 1);
	helper->done++;
}

int helper_process(const struct helper *helper)
{
	return helper->pid;
}
