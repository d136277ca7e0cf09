/* bag.h: a list that grows in an arena while nobody knows how long it will be. Pure. */
#ifndef RULES_BAG_H
#define RULES_BAG_H

#include "base/arena.h"

struct bag {
	struct arena *arena;
	void *at;
	size_t n, room, each; /* bytes of one */
};

#define BAG(arena, type)  ((struct bag){(arena), NULL, 0, 0, sizeof(type)})
#define BAG_AT(bag, type) ((type *)(bag)->at)

/* A new last one, zeroed. The list may move. */
static inline void *bag_add(struct bag *bag)
{
	if (bag->n == bag->room) {
		bag->room = bag->room ? 2 * bag->room : 8;
		void *grown = arena_take(bag->arena, bag->room, bag->each);
		if (bag->n)
			memcpy(grown, bag->at, bag->n * bag->each);
		bag->at = grown;
	}
	return (uint8_t *)bag->at + bag->each * bag->n++;
}

#endif
