#include "base/arena.h"

#include <sys/mman.h>

struct arena arena_map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT(memory != MAP_FAILED);
	return (struct arena){.at = memory, .size = size};
}

void arena_unmap(struct arena *arena)
{
	ASSERT(munmap(arena->at, arena->size) == 0);
	*arena = (struct arena){0};
}
