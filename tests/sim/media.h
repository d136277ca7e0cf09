/* media.h: what lies on the simulated disk: bytes and names, as everybody sees them now and as a power
 * failure leaves them. What a power failure may leave is said in disk.h.
 *
 * A node is a file's data, a name leads to a node. A node lives as long as a name, a moment in the
 * directory's history, or an open file (media_hold) has it.
 */
#ifndef TESTS_SIM_MEDIA_H
#define TESTS_SIM_MEDIA_H

#include "base/base.h"

enum {
	MEDIA_NAME_BYTES_MAX = 255,
	MEDIA_NAMES_MAX = 32,
};

struct media_bytes {
	uint8_t *at;
	size_t len, room;
};

struct media_node {
	struct media_bytes now, durable;
	struct media_change {
		size_t offset, n;
		uint8_t *at; /* NULL: a truncate to offset */
	} * changes;	     /* since the last sync */
	size_t n_changes, room;
	unsigned users;
	unsigned readers; /* the locks of those who have it open; disk.c's matter */
	void *writer;
};

struct media_names {
	struct media_name {
		char text[MEDIA_NAME_BYTES_MAX + 1];
		struct media_node *node;
	} at[MEDIA_NAMES_MAX];
	size_t n;
};

struct media {
	struct media_names now;
	struct media_names *history; /* after each step since the directory was synced; [0] is durable */
	size_t n_history;
};

void media_init(struct media *media);
void media_release(struct media *media);

/* NULL when there is no such name. */
struct media_node *media_find(const struct media *media, const char *name);
struct media_node *media_create(struct media *media, const char *name);
void media_remove(struct media *media, const char *name);
void media_sync_names(struct media *media);
uint64_t media_size(const struct media *media); /* of all files together */

struct media_node *media_hold(struct media_node *node);
void media_let_go(struct media_node *node);

void media_write(struct media_node *node, size_t offset, const uint8_t *at, size_t n);
void media_truncate(struct media_node *node, size_t len);
void media_sync(struct media_node *node);

/* Unsynced changes can still be read, and will never be durable. */
void media_drop(struct media_node *node);

/* Nobody has anything locked any more. */
void media_unlock(struct media *media);

/* The power fails. `random` is the state of media_random. */
void media_crash(struct media *media, uint64_t *random);

uint64_t media_random(uint64_t *random); /* SplitMix64 */

#endif
