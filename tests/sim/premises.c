#include "sim/premises.h"

static const char *const names[] = {"subjects.0", "subjects.1", "doors.0",    "doors.1",
				    "master",	  "door",	"snapshot.0", "snapshot.1"};
static const uint8_t key_beside[CRYPT_KEY_BYTES] = {1};

enum { SLOTS_MAX = 4096, MASTERS_AT = 4, SNAPSHOTS_AT = 6 };

/* The protectors are written last: a making that did not end left no key behind. */
static int make_pair(const struct file files[2], struct master *master, struct file protectors, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	master_make(master, protectors, root);
	int failed = keys_create(files, root, error);
	return failed < 0 ? failed : master_add_file(master, root, STR("the house"), key_beside, error);
}

static int open_pair(struct keys *keys, const struct file files[2], struct master *master, struct file protectors,
		     struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	uint64_t size;
	int failed = file_size(protectors, &size, error);
	if (failed == 0 && master_open(master, protectors, error) < 0)
		failed = make_pair(files, master, protectors, error);
	if (failed == 0)
		failed = master_by_file(master, key_beside, root, error);
	return failed < 0 ? failed : keys_open(keys, files, root, SLOTS_MAX, error);
}

int premises_open(struct premises *p, struct disk *disk, struct error *error)
{
	struct file files[ARRAY_LEN(names)];
	p->disk = disk;
	p->keys = p->doors = (struct keys){0};
	int failed = 0;
	for (p->n_files = 0; failed == 0 && p->n_files < ARRAY_LEN(names); p->n_files += failed == 0)
		failed = disk_file(disk, names[p->n_files], &files[p->n_files], error);
	memcpy(p->files, files, sizeof p->files);
	memcpy(p->snapshots, files + SNAPSHOTS_AT, sizeof p->snapshots);
	if (failed == 0)
		failed = open_pair(&p->keys, p->files, &p->master, p->files[MASTERS_AT], error);
	if (failed == 0)
		failed = open_pair(&p->doors, p->files + 2, &p->door_master, p->files[MASTERS_AT + 1], error);
	if (failed < 0)
		premises_close(p);
	return failed;
}

void premises_close(struct premises *p)
{
	if (p->keys.file)
		keys_close(&p->keys);
	if (p->doors.file)
		keys_close(&p->doors);
	for (size_t i = 0; i < p->n_files; i++)
		file_close(i < SNAPSHOTS_AT ? p->files[i] : p->snapshots[i - SNAPSHOTS_AT]);
	p->n_files = 0;
	p->is_working = false;
}

/* The hub's outside */

static struct premises *of(void *context)
{
	return *(struct premises **)context;
}

static int64_t elapsed_us(void *context)
{
	return of(context)->clock_us;
}

static int64_t wall_ms(void *context)
{
	const struct premises *p = of(context);
	return (p->wall_us ? p->wall_us : p->clock_us) / 1000;
}

static uint64_t free_bytes(void *context)
{
	return of(context)->free_bytes;
}

static void work(void *context, int (*work_now)(void *hub, void *shared), void *hub)
{
	struct premises *p = of(context);
	ASSERT(!p->is_working);
	p->is_working = true;
	p->work_left = p->work_slow;
	p->work_done = p->work_dies > 0 ? (p->work_dies--, false) : work_now(hub, p->shared) == 0;
}

static bool work_ended(void *context, bool *ret_done)
{
	struct premises *p = of(context);
	if (!p->is_working || (p->work_left > 0 && p->work_left--))
		return false;
	p->is_working = false;
	*ret_done = p->work_done;
	return true;
}

static void *shared(void *context, size_t size)
{
	ASSERT(size <= HUB_SHARED_BYTES);
	return of(context)->shared;
}

void premises_fill(struct premises *p, struct hub_options *options)
{
	options->keys = &p->keys;
	options->doors = &p->doors;
	options->master = &p->master;
	options->door_master = &p->door_master;
	options->index_path = "index.db";
	options->snapshots[0] = p->snapshots[0];
	options->snapshots[1] = p->snapshots[1];
	if (options->snapshot_entries == 0)
		options->snapshot_entries = UINT64_MAX;
	options->wall = (p->wall_us ? p->wall_us : p->clock_us) / 1000;
	options->danger = p->danger;
	memset(options->cursor_key, 9, sizeof options->cursor_key);
	options->outside.elapsed_us = elapsed_us;
	options->outside.wall_ms = wall_ms;
	options->outside.free_bytes = free_bytes;
	options->outside.work = work;
	options->outside.work_ended = work_ended;
	options->outside.shared = shared;
}
