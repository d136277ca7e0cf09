/* hasher.h: the leaf hashes of many entries, made by a second process while this one does something else with them.
 *
 *     hasher = hasher_begin();
 *     block = hasher_free(hasher);         … the oldest that nobody needs; fill it with hasher_put, until that says it is full
 *     hasher_give(hasher);                 … to the other process, which hashes blocks in the order in which they were given
 *     block = hasher_take(hasher);         … the oldest that was given, when its hashes are there
 *     hasher_done(hasher);                 … with that block
 *     hasher_end(hasher);
 *
 * The other process is a copy of this one that shares the blocks' memory and does nothing but hash. Nothing depends on it: when there is none to be had,
 * or it dies, hashes are made here, and take longer. It ends when it is told to, or when nobody has given it anything for so long that whoever began it
 * must be gone.
 */
#ifndef JOURNAL_HASHER_H
#define JOURNAL_HASHER_H

#include "journal/merkle.h"

enum {
	HASHER_BLOCKS = 4,
	HASHER_BLOCK_BYTES = 1 << 20,
	HASHER_BLOCK_ENTRIES = 4096,
	HASHER_IDLE_S = 10,
};

struct hasher_block {
	size_t n, used; /* entries, and their bytes */
	size_t end[HASHER_BLOCK_ENTRIES];
	struct merkle_hash leaf[HASHER_BLOCK_ENTRIES];
	char bytes[HASHER_BLOCK_BYTES];
};

struct hasher;

struct hasher *hasher_begin(void);
void hasher_end(struct hasher *hasher);

/* NULL when all blocks were given or taken. */
struct hasher_block *hasher_free(struct hasher *hasher);
/* False when the block has no room for it; an empty one has. */
bool hasher_put(struct hasher_block *block, struct str entry);
void hasher_give(struct hasher *hasher);

/* NULL when none was given. */
const struct hasher_block *hasher_take(struct hasher *hasher);
void hasher_done(struct hasher *hasher);

static inline struct str hasher_entry(const struct hasher_block *block, size_t i)
{
	size_t begin = i == 0 ? 0 : block->end[i - 1];
	return (struct str){block->bytes + begin, block->end[i] - begin};
}

/* For tests: the other process, 0 when there is none. */
int hasher_process(const struct hasher *hasher);

#endif
