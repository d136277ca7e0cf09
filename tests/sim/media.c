#include "sim/media.h"

enum { SECTOR_BYTES = 512 };

uint64_t media_random(uint64_t *random)
{
	uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void *grow(void *at, size_t size)
{
	at = realloc(at, size);
	ASSERT(at || size == 0);
	return at;
}

/* Bytes */

static void bytes_resize(struct media_bytes *b, size_t len)
{
	if (len > b->room) {
		b->room = len + len / 2 + 4096;
		b->at = grow(b->at, b->room);
	}
	if (len > b->len)
		memset(b->at + b->len, 0, len - b->len);
	b->len = len;
}

static void bytes_write(struct media_bytes *b, size_t offset, const uint8_t *from, size_t n)
{
	if (offset + n > b->len)
		bytes_resize(b, offset + n);
	memcpy(b->at + offset, from, n);
}

/* Nodes */

void media_drop(struct media_node *node)
{
	for (size_t i = 0; i < node->n_changes; i++)
		free(node->changes[i].at);
	node->n_changes = 0;
}

struct media_node *media_hold(struct media_node *node)
{
	node->users++;
	return node;
}

void media_let_go(struct media_node *node)
{
	ASSERT(node->users > 0);
	if (--node->users > 0)
		return;
	media_drop(node);
	free(node->changes);
	free(node->now.at);
	free(node->durable.at);
	free(node);
}

static struct media_change *add_change(struct media_node *node, size_t offset)
{
	if (node->n_changes == node->room) {
		node->room = 2 * node->room + 16;
		node->changes = grow(node->changes, node->room * sizeof *node->changes);
	}
	struct media_change *change = &node->changes[node->n_changes++];
	*change = (struct media_change){.offset = offset};
	return change;
}

void media_write(struct media_node *node, size_t offset, const uint8_t *at, size_t n)
{
	struct media_change *change = add_change(node, offset);
	change->n = n;
	change->at = grow(NULL, n + 1);
	memcpy(change->at, at, n);
	bytes_write(&node->now, offset, at, n);
}

void media_truncate(struct media_node *node, size_t len)
{
	add_change(node, len);
	bytes_resize(&node->now, len);
}

void media_sync(struct media_node *node)
{
	for (size_t i = 0; i < node->n_changes; i++) {
		const struct media_change *c = &node->changes[i];
		if (c->at)
			bytes_write(&node->durable, c->offset, c->at, c->n);
		else
			bytes_resize(&node->durable, c->offset);
	}
	media_drop(node);
}

/* Each sector of the write that lies inside the size is kept or lost. */
static void keep_some(struct media_bytes *durable, const struct media_change *c, uint64_t *random)
{
	for (size_t at = c->offset, end = c->offset + c->n; at < end;) {
		size_t sector_end = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
		size_t n = (sector_end < end ? sector_end : end) - at;
		if ((media_random(random) & 1) != 0 && at + n <= durable->len)
			bytes_write(durable, at, c->at + (at - c->offset), n);
		at += n;
	}
}

/* What the first changes did to the size stays; of all writes, those sectors that the dice keep. */
static void keep_part(struct media_node *node, size_t sized, uint64_t *random)
{
	for (size_t i = 0; i < node->n_changes; i++) {
		const struct media_change *c = &node->changes[i];
		size_t end = c->offset + c->n;
		if (i < sized && (!c->at || end > node->durable.len))
			bytes_resize(&node->durable, end);
		if (c->at)
			keep_some(&node->durable, c, random);
	}
}

/* One time in four everything unsynced is lost and one in four nothing: the commonest cases in life. */
static void crash_node(struct media_node *node, uint64_t *random)
{
	uint64_t kind = media_random(random) % 4;
	if (kind == 0)
		media_drop(node);
	else if (kind == 1)
		media_sync(node);
	else
		keep_part(node, media_random(random) % (node->n_changes + 1), random);
	media_drop(node);
	bytes_resize(&node->now, 0);
	if (node->durable.len > 0)
		bytes_write(&node->now, 0, node->durable.at, node->durable.len);
	node->readers = 0;
	node->writer = NULL;
}

/* Names */

static void hold_all(const struct media_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		media_hold(names->at[i].node);
}

static void let_all_go(const struct media_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		media_let_go(names->at[i].node);
}

static void add_moment(struct media *media)
{
	media->history = grow(media->history, (media->n_history + 1) * sizeof *media->history);
	media->history[media->n_history++] = media->now;
	hold_all(&media->now);
}

/* Only one moment of the history is left. */
static void settle(struct media *media, size_t which)
{
	struct media_names kept = media->history[which];
	hold_all(&kept);
	for (size_t i = 0; i < media->n_history; i++)
		let_all_go(&media->history[i]);
	media->history[0] = kept;
	media->n_history = 1;
}

void media_init(struct media *media)
{
	*media = (struct media){0};
	add_moment(media);
}

void media_release(struct media *media)
{
	for (size_t i = 0; i < media->n_history; i++)
		let_all_go(&media->history[i]);
	let_all_go(&media->now);
	free(media->history);
}

struct media_node *media_find(const struct media *media, const char *name)
{
	for (size_t i = 0; i < media->now.n; i++)
		if (strcmp(media->now.at[i].text, name) == 0)
			return media->now.at[i].node;
	return NULL;
}

struct media_node *media_create(struct media *media, const char *name)
{
	ASSERT(media->now.n < MEDIA_NAMES_MAX && strlen(name) <= MEDIA_NAME_BYTES_MAX);
	struct media_node *node = calloc(1, sizeof *node);
	ASSERT(node);
	struct media_name *slot = &media->now.at[media->now.n++];
	memcpy(slot->text, name, strlen(name) + 1);
	slot->node = media_hold(node);
	add_moment(media);
	return node;
}

void media_remove(struct media *media, const char *name)
{
	for (size_t i = 0; i < media->now.n; i++)
		if (strcmp(media->now.at[i].text, name) == 0) {
			media_let_go(media->now.at[i].node);
			media->now.at[i] = media->now.at[--media->now.n];
			add_moment(media);
			return;
		}
	WRONG("no such name");
}

void media_sync_names(struct media *media)
{
	settle(media, media->n_history - 1);
}

uint64_t media_size(const struct media *media)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < media->now.n; i++)
		sum += media->now.at[i].node->now.len;
	return sum;
}

void media_unlock(struct media *media)
{
	for (size_t i = 0; i < media->now.n; i++) {
		media->now.at[i].node->readers = 0;
		media->now.at[i].node->writer = NULL;
	}
}

void media_crash(struct media *media, uint64_t *random)
{
	for (size_t i = 0; i < media->n_history; i++)
		for (size_t k = 0; k < media->history[i].n; k++)
			crash_node(media->history[i].at[k].node, random);
	settle(media, media_random(random) % media->n_history);
	let_all_go(&media->now);
	media->now = media->history[0];
	hold_all(&media->now);
}
