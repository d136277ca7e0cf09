#include "base/arena.h"

#include <sys/mman.h>

static void *map(size_t size, int sharing)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT(memory != MAP_FAILED);
	return memory;
}

struct arena arena_map(size_t size)
{
	return (struct arena){.at = map(size, MAP_PRIVATE), .size = size};
}

/* Nobody knows what another process wrote: nothing of it is fresh. */
struct arena arena_map_shared(size_t size)
{
	return (struct arena){.at = map(size, MAP_SHARED), .size = size, .fresh = size};
}

void arena_unmap(struct arena *arena)
{
	ASSERT(munmap(arena->at, arena->size) == 0);
	*arena = (struct arena){0};
}
