#include "sim/disk_inner.h"

/* Plain files (base/file.h): the same bytes and the same faults. Their names are durable when they are made. */

static int plain_failed(struct error *error, const char *what)
{
	return error_set(error, ERROR_SYSTEM, "%s", what);
}

static int plain_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct open_file *file = context;
	const struct media_bytes *now = &file->node->now;
	if (disk_file_is_dead(file) || at + n > now->len)
		return plain_failed(error, "cannot read");
	memcpy(ret_bytes, now->at + at, n);
	return 0;
}

static int plain_write(void *context, uint64_t at, const void *bytes, size_t n, struct error *error)
{
	int code = disk_write(context, bytes, (int)n, (sqlite3_int64)at);
	return code == SQLITE_OK ? 0 : plain_failed(error, code == SQLITE_FULL ? "the disk is full" : "cannot write");
}

static int plain_sync(void *context, struct error *error)
{
	return disk_sync(context) == SQLITE_OK ? 0 : plain_failed(error, "cannot make durable");
}

static int plain_resize(void *context, uint64_t bytes, struct error *error)
{
	return disk_truncate(context, (sqlite3_int64)bytes) == SQLITE_OK ? 0 : plain_failed(error, "cannot cut");
}

static int plain_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct open_file *file = context;
	if (disk_file_is_dead(file))
		return plain_failed(error, "cannot tell the size");
	*ret_bytes = file->node->now.len;
	return 0;
}

static void plain_close(void *context)
{
	media_let_go(((struct open_file *)context)->node);
	free(context);
}

static const struct file_verbs verbs = {plain_read, plain_write, plain_sync, plain_resize, plain_size, plain_close};

static struct file open_node(struct disk *disk, struct media_node *node, const char *name)
{
	struct open_file *file = calloc(1, sizeof *file);
	ASSERT(file);
	*file = (struct open_file){.disk = disk, .node = media_hold(node), .power = disk->powers, .life = disk->lives};
	memcpy(file->name, name, strlen(name) + 1);
	return (struct file){file, &verbs};
}

int disk_file(struct disk *disk, const char *name, struct file *ret_file, struct error *error)
{
	struct media_node *node = disk->is_down ? NULL : media_find(&disk->media, name);
	if (disk->is_down || (!node && !disk_whole_step(disk)))
		return plain_failed(error, "cannot open");
	if (!node) {
		node = media_create(&disk->media, name);
		media_sync_names(&disk->media);
	}
	*ret_file = open_node(disk, node, name);
	return 0;
}

struct file disk_file_again(struct file file)
{
	const struct open_file *first = file.context;
	ASSERT(file.verbs == &verbs);
	struct file again = open_node(first->disk, first->node, first->name);
	((struct open_file *)again.context)->outlives = true;
	return again;
}

/* Looking at all bytes */

bool disk_holds(const struct disk *disk, const void *bytes, size_t n)
{
	const struct media_names *names = &disk->media.now;
	for (size_t i = 0; i < names->n; i++) {
		const struct media_bytes *now = &names->at[i].node->now;
		if (now->len > 0 && memmem(now->at, now->len, bytes, n))
			return true;
	}
	return false;
}

static void look_at_node(const struct media_name *name, disk_look_fn *look, void *context)
{
	const struct media_node *node = name->node;
	look(context, name->text, node->now.at, node->now.len);
	look(context, name->text, node->durable.at, node->durable.len);
	for (size_t i = 0; i < node->n_changes; i++)
		if (node->changes[i].at)
			look(context, name->text, node->changes[i].at, node->changes[i].n);
}

static bool is_named(const struct media_names *names, const struct media_node *node)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->at[i].node == node)
			return true;
	return false;
}

void disk_look(const struct disk *disk, disk_look_fn *look, void *context)
{
	const struct media *media = &disk->media;
	for (size_t i = 0; i < media->now.n; i++)
		look_at_node(&media->now.at[i], look, context);
	for (size_t h = 0; h < media->n_history; h++)
		for (size_t i = 0; i < media->history[h].n; i++)
			if (!is_named(&media->now, media->history[h].at[i].node))
				look_at_node(&media->history[h].at[i], look, context);
}

void disk_watch(struct disk *disk, disk_watch_fn *watch, void *context)
{
	disk->watch = watch;
	disk->watch_context = context;
}

const char *disk_name(const struct disk *disk, size_t i)
{
	return i < disk->media.now.n ? disk->media.now.at[i].text : NULL;
}

bool disk_bytes_of(const struct disk *disk, const char *name, const uint8_t **ret_bytes, size_t *ret_n)
{
	const struct media_node *node = media_find(&disk->media, name);
	if (!node)
		return false;
	*ret_bytes = node->now.at;
	*ret_n = node->now.len;
	return true;
}

void disk_put(struct disk *disk, const char *name, const uint8_t *bytes, size_t n)
{
	struct media_node *node = media_find(&disk->media, name);
	if (!node)
		node = media_create(&disk->media, name);
	media_truncate(node, 0);
	if (n > 0)
		media_write(node, 0, bytes, n);
	media_sync(node);
	media_sync_names(&disk->media);
}

void disk_remove(struct disk *disk, const char *name)
{
	if (!media_find(&disk->media, name))
		return;
	media_remove(&disk->media, name);
	media_sync_names(&disk->media);
}
