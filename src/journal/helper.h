/* helper.h: a second process that looks at many entries while this one does something else with them: it hashes each, and prepares it.
 *
 *     helper = helper_begin(prepare);
 *     block = helper_free(helper);         … one that nobody needs; fill it with helper_put, until that says it is full
 *     helper_give(helper);                 … to the other process, which does blocks in the order in which they were given
 *     block = helper_take(helper);         … the oldest that was given, when it is done
 *     helper_done(helper);                 … with that block
 *     helper_end(helper);
 *
 * The other process is a copy of this one that shares the blocks' memory, at the same addresses, and does nothing else. What it looks at is proven by
 * nobody yet, so it does so in a sandbox: a driver's, where that of whoever began it is none. What it says is believed. It may be missing: when there is
 * none to be had, or it dies, its work is done here, and takes longer. It ends when it is told to, and with the process that began it.
 *
 * To prepare is what the caller likes, as long as it depends on the entry's bytes alone: the result lies in the block's arena and is NULL where there is
 * none, and then the caller does it itself.
 */
#ifndef JOURNAL_HELPER_H
#define JOURNAL_HELPER_H

#include "base/arena.h"
#include "journal/merkle.h"

enum {
	HELPER_BLOCKS = 4,
	HELPER_BLOCK_BYTES = 1 << 20,
	HELPER_BLOCK_ENTRIES = 4096,
	HELPER_ARENA_BYTES = 4 << 20,
	HELPER_PREPARED_BYTES_MAX = 256 << 10, /* of one entry; none is prepared where less is left */
};

typedef const void *helper_prepare_fn(struct str entry, struct arena *arena);

struct helper_block {
	size_t n, used; /* entries, and their bytes */
	size_t end[HELPER_BLOCK_ENTRIES];
	struct merkle_hash leaf[HELPER_BLOCK_ENTRIES];
	const void *prepared[HELPER_BLOCK_ENTRIES];
	char bytes[HELPER_BLOCK_BYTES];
	uint8_t memory[HELPER_ARENA_BYTES];
};

struct helper;

/* `prepare` may be NULL. */
struct helper *helper_begin(helper_prepare_fn *prepare);
void helper_end(struct helper *helper);

/* NULL when all blocks were given or taken. */
struct helper_block *helper_free(struct helper *helper);
/* False when the block has no room for it; an empty one has. */
bool helper_put(struct helper_block *block, struct str entry);
void helper_give(struct helper *helper);

/* NULL when none was given. */
const struct helper_block *helper_take(struct helper *helper);
void helper_done(struct helper *helper);

static inline struct str helper_entry(const struct helper_block *block, size_t i)
{
	size_t begin = i == 0 ? 0 : block->end[i - 1];
	return (struct str){block->bytes + begin, block->end[i] - begin};
}

/* For tests: the other process, 0 when there is none. */
int helper_process(const struct helper *helper);

#endif
