#include "journal/hasher.h"

#include <errno.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_EVERY_S = 1 }; /* whether the other process lives */

/* What both processes see. Blocks are used in turn, so their numbers only grow. */
struct shared {
	sem_t given, hashed;
	bool ending;
	struct hasher_block blocks[HASHER_BLOCKS];
};

struct hasher {
	struct shared *shared;
	pid_t pid; /* 0: there is no other process */
	uint64_t given, taken, done;
};

static void hash(struct hasher_block *block)
{
	for (size_t i = 0; i < block->n; i++)
		block->leaf[i] = merkle_leaf(hasher_entry(block, i));
}

static bool wait_for(sem_t *semaphore, time_t seconds)
{
	struct timespec until;
	int waited;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	do
		waited = sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
	while (waited < 0 && errno == EINTR);
	return waited == 0;
}

_Noreturn static void help(struct shared *shared)
{
	for (uint64_t number = 0; wait_for(&shared->given, HASHER_IDLE_S) && !shared->ending; number++) {
		hash(&shared->blocks[number % HASHER_BLOCKS]);
		sem_post(&shared->hashed);
	}
	_exit(0);
}

struct hasher *hasher_begin(void)
{
	struct hasher *hasher = calloc(1, sizeof *hasher);
	ASSERT(hasher);
	hasher->shared = mmap(NULL, sizeof *hasher->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(hasher->shared != MAP_FAILED);
	sem_init(&hasher->shared->given, 1, 0);
	sem_init(&hasher->shared->hashed, 1, 0);
	pid_t pid = fork();
	if (pid == 0)
		help(hasher->shared);
	hasher->pid = pid > 0 ? pid : 0;
	return hasher;
}

void hasher_end(struct hasher *hasher)
{
	if (hasher->pid) {
		hasher->shared->ending = true;
		sem_post(&hasher->shared->given);
		waitpid(hasher->pid, NULL, 0);
	}
	munmap(hasher->shared, sizeof *hasher->shared);
	free(hasher);
}

struct hasher_block *hasher_free(struct hasher *hasher)
{
	if (hasher->given == hasher->done + HASHER_BLOCKS)
		return NULL;
	struct hasher_block *block = &hasher->shared->blocks[hasher->given % HASHER_BLOCKS];
	block->n = block->used = 0;
	return block;
}

bool hasher_put(struct hasher_block *block, struct str entry)
{
	if (block->n == HASHER_BLOCK_ENTRIES || entry.len > sizeof block->bytes - block->used)
		return false;
	if (entry.len)
		memcpy(block->bytes + block->used, entry.at, entry.len);
	block->used += entry.len;
	block->end[block->n++] = block->used;
	return true;
}

void hasher_give(struct hasher *hasher)
{
	hasher->given++;
	if (hasher->pid)
		sem_post(&hasher->shared->given);
}

/* Whether the other process has hashed one more block; from when it is dead, never. */
static bool was_hashed(struct hasher *hasher)
{
	while (hasher->pid && !wait_for(&hasher->shared->hashed, LOOK_EVERY_S))
		if (waitpid(hasher->pid, NULL, WNOHANG) != 0)
			hasher->pid = 0;
	return hasher->pid != 0;
}

const struct hasher_block *hasher_take(struct hasher *hasher)
{
	ASSERT(hasher->taken == hasher->done);
	if (hasher->taken == hasher->given)
		return NULL;
	struct hasher_block *block = &hasher->shared->blocks[hasher->taken % HASHER_BLOCKS];
	if (!was_hashed(hasher))
		hash(block);
	hasher->taken++;
	return block;
}

void hasher_done(struct hasher *hasher)
{
	ASSERT(hasher->taken == hasher->done + 1);
	hasher->done++;
}

int hasher_process(const struct hasher *hasher)
{
	return hasher->pid;
}
