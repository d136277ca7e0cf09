#include "base/arena.h"

void *arena_take(struct arena *arena, size_t count, size_t each)
{
	size_t bytes;
	ASSERT(!__builtin_mul_overflow(count, each, &bytes));
	size_t start = (arena->used + 15) & ~(size_t)15;
	ASSERT(start <= arena->size && bytes <= arena->size - start);
	size_t end = start + bytes;
	if (start < arena->fresh)
		memset(arena->at + start, 0, (end < arena->fresh ? end : arena->fresh) - start);
	if (end > arena->fresh)
		arena->fresh = end;
	arena->used = end;
	return arena->at + start;
}

struct buf arena_buf(struct arena *arena)
{
	size_t start = (arena->used + 15) & ~(size_t)15;
	ASSERT(start <= arena->size);
	arena->fresh = arena->size;
	return (struct buf){.at = arena->at + start, .size = arena->size - start};
}

struct str arena_keep(struct arena *arena, const struct buf *written)
{
	ASSERT(!written->over);
	ASSERT(written->at == arena->at + ((arena->used + 15) & ~(size_t)15));
	arena->used = (size_t)(written->at - arena->at) + written->len;
	return buf_str(written);
}

struct str arena_str(struct arena *arena, struct str s)
{
	char *copy = ARENA_TAKE(arena, char, s.len + 1);
	if (s.len)
		memcpy(copy, s.at, s.len);
	return (struct str){copy, s.len};
}
